//! Evaluation: what arrived, in the order of the ledger, becomes findings and grades.
//!
//! When it runs decides only *when* something is evaluated, never *what* comes of it: each
//! evaluation is sealed as an occasion that says up to which position it went and to which time,
//! and the same occasions over the same ledger give the same bytes again.

mod changed;
mod outputs;
mod reading;
mod records;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use analysis::grade::{GradeBoard, News};
use analysis::indicators::{self, Turn};
use analysis::notices::Given;
use analysis::obligations::{Duties, Filed, Registered};
use analysis::windows::{LatestFindings, Settings, StreamingRules};
use model::event::{FilingReceipt, Finding, GradeEvent, Notice, Occasion};
use model::field_types::RecordId;
use model::institution::InstitutionId;
use model::time::Time;
use rulebook::Rulebook;
use store::history::History;

use crate::EngineError;
use crate::call_ups::{CallUpEvent, Calls, Recording, recording_sql};
use changed::Changed;
pub(crate) use outputs::Outputs;
pub(crate) use records::Records;

/// The state of evaluation up to a position of the ledger.
pub(crate) struct Evaluator {
    book: Arc<Rulebook>,
    rules: StreamingRules,
    history: History,
    board: GradeBoard,
    duties: Duties,
    registered: BTreeMap<String, Vec<Registered>>,
    filed: Filed,
    called_up: Calls,
    changed: Changed,
    /// Everything before this position was applied.
    position: u64,
    /// The latest time that a receipt bears, or that was told.
    now: Time,
    /// Up to here obligations were judged.
    judged: Time,
    /// What was found and holds, so that nothing is found twice.
    latest: LatestFindings,
    /// What institutions were told, so that nothing is told twice.
    given: Given,
}

impl Evaluator {
    pub(crate) fn new(book: Arc<Rulebook>, history: History) -> Result<Self, EngineError> {
        let rules =
            StreamingRules::new(book.rules(), Settings::default()).map_err(EngineError::evaluation)?;
        let duties = Duties::of(&book);
        Ok(Self {
            book,
            rules,
            history,
            board: GradeBoard::default(),
            duties,
            registered: BTreeMap::new(),
            filed: Filed::default(),
            called_up: Calls::default(),
            changed: Changed::default(),
            position: 0,
            now: Time::default(),
            judged: Time::default(),
            latest: LatestFindings::default(),
            given: Given::default(),
        })
    }

    /// Applies a receipt.
    pub(crate) fn receive(&mut self, receipt: &FilingReceipt, position: u64) {
        self.now = self.now.max(receipt.received_at);
        self.filed.add(receipt);
        if let Some(date) = receipt.date {
            self.changed.note(rulebook::OBLIGATIONS, date..=date);
        }
        self.position = position + 1;
    }

    /// Applies a call-up or what came for it.
    pub(crate) fn call_up(&mut self, event: &CallUpEvent, position: u64) {
        self.now = self.now.max(event.time());
        if let Some(day) = self.called_up.take(event, position) {
            self.changed.note(rulebook::CALL_UPS, day..=day);
        }
        self.position = position + 1;
    }

    /// What was filed of the recording of a policy's sale, as far as records were applied.
    pub(crate) fn recording(
        &self,
        institution: &InstitutionId,
        policy: &RecordId,
    ) -> Result<Option<Recording>, EngineError> {
        let session = self.records(None)?;
        let found = session.run(&recording_sql(institution, policy)).map_err(EngineError::evaluation)?;
        Ok((!found.is_empty()).then(|| Recording::read(&found)))
    }

    /// Moves the time to which obligations are judged.
    pub(crate) fn tell_time(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    /// Whether anything came since the last evaluation.
    ///
    /// That time went on is news only where somebody owes something.
    pub(crate) fn has_news(&self) -> bool {
        !self.changed.is_empty()
            || (self.now > self.judged && !self.registered.is_empty())
            || self.called_up.due_between(self.judged, self.now).is_some()
    }

    /// Drops what the windows found and what changed: it was evaluated and sealed before.
    pub(crate) fn forget_changes(&mut self, occasion: &Occasion) {
        drop(self.rules.take_findings());
        drop(self.rules.needs_batch());
        self.changed = Changed::default();
        self.tell_time(occasion.time);
        self.judged = occasion.time;
    }

    /// Takes in a finding that was sealed before.
    pub(crate) fn restore_finding(&mut self, finding: &Finding) {
        self.latest.take(finding);
        self.board.restore_finding(&self.book, finding);
    }

    /// Takes in a grade that was sealed before.
    pub(crate) fn restore_grade(&mut self, grade: GradeEvent) {
        self.board.restore(&self.book, grade);
    }

    /// Takes in a notice that was given before.
    pub(crate) fn restore_notice(&mut self, notice: &Notice) {
        self.given.restore(notice);
    }

    /// Evaluates everything that was applied.
    pub(crate) fn evaluate(&mut self) -> Result<Outputs, EngineError> {
        if let Some(days) = self.duties.due_between(self.judged, self.now)
            && self.judged > Time::default()
        {
            self.changed.note(indicators::COMES_DUE, days);
        }
        if let Some(days) = self.called_up.due_between(self.judged, self.now) {
            self.changed.note(rulebook::CALL_UPS, days);
        }
        self.judged = self.now;
        self.changed.settle_standing(self.now.day());
        let mut findings = self.rules.take_findings();
        findings.retain(|finding| self.latest.take(finding));
        findings.extend(self.recomputed()?);
        let mut changed = std::mem::take(&mut self.changed);
        let book = Arc::clone(&self.book);
        let mut notices = Vec::new();
        let readings = self.take_turn(&book, &changed, Turn::BeforeGrades, &mut findings, &mut notices)?;
        let looked_at = std::mem::take(&mut changed.looked_at);
        let news = News { findings: &findings, readings, looked_at, as_of: self.position };
        let mut grades = self.board.update(&book, news);
        if !indicators::resting_on_grades(&book).is_empty() {
            let before = findings.len();
            grades.iter().for_each(|grade| changed.note(rulebook::GRADES, grade.day..=grade.day));
            let readings = self.take_turn(&book, &changed, Turn::AfterGrades, &mut findings, &mut notices)?;
            let found = findings.get(before..).unwrap_or_default();
            let news = News { findings: found, readings, looked_at: BTreeSet::new(), as_of: self.position };
            grades = latest_of_each(grades, self.board.update(&book, news));
        }
        let occasion = Occasion {
            as_of: self.position,
            time: self.now,
            rulebook: self.book.hash().to_string(),
            outputs: (findings.len() + grades.len() + notices.len()) as u64,
        };
        Ok(Outputs { findings, grades, notices, occasion })
    }

    /// Says that everything up to a size of the ledger, outputs included, is sealed.
    pub(crate) fn settle(&mut self, ledger_size: u64) -> Result<(), EngineError> {
        self.history.settle(ledger_size).map_err(EngineError::evaluation)
    }

    /// As [`Evaluator::settle`], and writes everything down.
    pub(crate) fn flush(&mut self, ledger_size: u64) -> Result<(), EngineError> {
        self.history.flush(ledger_size).map_err(EngineError::evaluation)
    }

    /// Everything before this position was applied.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }
}

/// Grades of two turns, of each institution and day the later one, in the order of day and
/// institution.
fn latest_of_each(first: Vec<GradeEvent>, then: Vec<GradeEvent>) -> Vec<GradeEvent> {
    let all = first.into_iter().chain(then);
    let by_key: BTreeMap<_, _> = all.map(|grade| ((grade.day, grade.institution.clone()), grade)).collect();
    by_key.into_values().collect()
}
