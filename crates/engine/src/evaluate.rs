//! Evaluation: what arrived, in the order of the ledger, becomes findings and grades.
//!
//! When it runs decides only *when* something is evaluated, never *what* comes of it: each
//! evaluation is sealed as an occasion that says up to which position it went and to which time,
//! and the same occasions over the same ledger give the same bytes again.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use analysis::grade::{GradeBoard, News, Readings};
use analysis::indicators::{Tables, Turn};
use analysis::notices::Given;
use analysis::obligations::{Duties, Filed, Registered};
use analysis::windows::{LatestFindings, Settings, StreamingRules, Superseded};
use analysis::{INDUSTRY, indicators};
use model::arrow::{event_day, to_batch};
use model::columns::Columns;
use model::event::{FilingReceipt, Finding, GradeEvent, Notice, Occasion, to_body};
use model::field_types::RecordId;
use model::institution::InstitutionId;
use model::spec::{Record, StreamSpec};
use model::streams::{LineOfBusiness, Register, STANDING};
use model::time::{Day, Time};
use query::RecordBatch;
use rulebook::Rulebook;
use seal::EventKind;
use serde::Serialize;
use store::history::{History, HistorySession};

use crate::EngineError;
use crate::call_ups::{CallUpEvent, Calls, Recording, recording_sql};
use crate::derived::{self, Known, Wanted};
use crate::sealer::Event;

/// How many days before the present are judged again when what stands (the register, products,
/// accounts) is filed with an earlier day of effect.
const STANDING_DAYS_JUDGED: i32 = 31;

/// What changed since the last evaluation.
#[derive(Debug, Default)]
struct Changed {
    /// By table: the days of which rows changed.
    tables: Tables,
    /// The first day from which something filed in a standing stream holds.
    standing: BTreeMap<&'static str, Day>,
    /// Institutions and days that records came of.
    looked_at: BTreeSet<(Day, String)>,
}

impl Changed {
    fn note(&mut self, table: &'static str, days: RangeInclusive<Day>) {
        if STANDING.iter().any(|standing| standing.name == table) {
            let from = self.standing.entry(table).or_insert(*days.start());
            *from = (*from).min(*days.start());
        } else {
            self.note_days(table, days);
        }
    }

    fn note_days(&mut self, table: &'static str, days: RangeInclusive<Day>) {
        let known = self.tables.entry(table).or_insert_with(|| days.clone());
        *known = *known.start().min(days.start())..=*known.end().max(days.end());
    }

    /// What stands bears on every day since; those long past are not judged again for it.
    fn settle_standing(&mut self, now: Day) {
        for (table, from) in std::mem::take(&mut self.standing) {
            let first = from.max(now.plus(-STANDING_DAYS_JUDGED));
            self.note_days(table, first..=first.max(now));
        }
    }

    fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.standing.is_empty()
    }
}

/// Records to be applied.
pub(crate) struct Records<'a> {
    pub(crate) stream: &'static StreamSpec,
    pub(crate) institution: &'a str,
    pub(crate) columns: Columns,
    pub(crate) first_position: u64,
    /// (row, position of the revision that it replaces).
    pub(crate) supersedes: Vec<(usize, u64)>,
}

/// What an evaluation came to.
#[derive(Debug)]
pub(crate) struct Outputs {
    pub(crate) findings: Vec<Finding>,
    pub(crate) grades: Vec<GradeEvent>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) occasion: Occasion,
}

impl Outputs {
    /// As events to be sealed, the occasion last.
    pub(crate) fn events(&self) -> Result<Vec<Event>, EngineError> {
        let mut events = Vec::with_capacity(self.findings.len() + self.grades.len() + self.notices.len() + 1);
        for finding in &self.findings {
            events.push(event(EventKind::Finding, &finding.institution, finding)?);
        }
        for grade in &self.grades {
            events.push(event(EventKind::Grade, &grade.institution, grade)?);
        }
        for notice in &self.notices {
            events.push(event(EventKind::Notice, &notice.institution, notice)?);
        }
        events.push(event(EventKind::Occasion, INDUSTRY, &self.occasion)?);
        Ok(events)
    }
}

fn event(kind: EventKind, institution: &str, event: &impl Serialize) -> Result<Event, EngineError> {
    let body = to_body(event).map_err(EngineError::evaluation)?;
    Ok(Event { kind, institution: institution.to_owned(), body })
}

/// What an indicator said of some days.
struct Read<'r> {
    indicator: &'r rulebook::Indicator,
    days: RangeInclusive<Day>,
    read: Vec<indicators::Reading>,
}

/// Records that an evaluator must fetch again: those that revisions supersede.
pub(crate) type OldRecord<'a> = &'a dyn Fn(u64) -> Result<(&'static StreamSpec, Columns), EngineError>;

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

    /// Applies records. `old` reads a superseded record back.
    pub(crate) fn apply(&mut self, records: Records<'_>, old: OldRecord<'_>) -> Result<(), EngineError> {
        let Records { stream, institution, columns, first_position, supersedes } = records;
        let rows = columns.len() as u64;
        if stream == Register::STREAM {
            self.register(institution, &columns);
        }
        let superseded = self.superseded(stream, institution, first_position, &supersedes, old)?;
        let days = days_of(stream, &columns);
        let positions = (first_position..first_position + rows).collect();
        let batch = to_batch(stream, institution, columns, positions).map_err(EngineError::evaluation)?;
        match &superseded {
            Some((rows, by)) => {
                let superseded = Superseded { rows, by };
                self.rules
                    .apply_revising(stream, &batch, Some(superseded))
                    .map_err(EngineError::evaluation)?;
                self.note_days_of(stream, rows);
            }
            None => self.rules.apply(stream, &batch).map_err(EngineError::evaluation)?,
        }
        self.note_records(stream, institution, &days);
        // At a start the history may have these rows already.
        if first_position >= self.history.covered() {
            self.history.append(stream, batch).map_err(EngineError::evaluation)?;
            for (_, position) in supersedes {
                self.history.supersede(stream, position).map_err(EngineError::evaluation)?;
            }
        }
        self.position = first_position + rows;
        Ok(())
    }

    fn note_records(&mut self, stream: &'static StreamSpec, institution: &str, days: &BTreeSet<Day>) {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return };
        self.changed.note(stream.name, *first..=*last);
        for day in days {
            self.board.note_records(institution, *day, stream.name);
            self.changed.looked_at.insert((*day, institution.to_owned()));
        }
    }

    fn register(&mut self, institution: &str, columns: &Columns) {
        let column = |name: &str| Register::STREAM.field_index(name).and_then(|index| columns.column(index));
        let (Some(line), Some(from)) = (column("line"), column("effective_from")) else { return };
        for row in 0..columns.len() {
            let line = line.byte(row).and_then(|number| LineOfBusiness::CODES.item(number));
            let line = line.and_then(|item| LineOfBusiness::from_code(item.code));
            if let (Some(line), Some(from)) = (line, from.date(row).map(Day)) {
                self.registered.entry(institution.to_owned()).or_default().push(Registered { line, from });
            }
        }
    }

    /// The superseded records as a batch, each with the position of the one that takes its place.
    fn superseded(
        &self,
        stream: &'static StreamSpec,
        institution: &str,
        first_position: u64,
        supersedes: &[(usize, u64)],
        old: OldRecord<'_>,
    ) -> Result<Option<(RecordBatch, Vec<u64>)>, EngineError> {
        if supersedes.is_empty() {
            return Ok(None);
        }
        let mut rows = Columns::new(stream.fields);
        let (mut positions, mut by) = (Vec::new(), Vec::new());
        for (row, position) in supersedes {
            rows.push_row_of(&old(*position)?.1, 0);
            positions.push(*position);
            by.push(first_position + *row as u64);
        }
        let batch = to_batch(stream, institution, rows, positions).map_err(EngineError::evaluation)?;
        Ok(Some((batch, by)))
    }

    fn note_days_of(&mut self, stream: &'static StreamSpec, batch: &RecordBatch) {
        let rows = query::Rows::new(batch.clone());
        for day in (0..rows.len()).filter_map(|row| rows.day("day", row)) {
            self.changed.note(stream.name, day..=day);
        }
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

    /// Reads what is read in a turn. Findings of entries that tell several of a day apart are added to
    /// the findings, what institutions are to be told to the notices; the readings of the other entries
    /// are given.
    fn take_turn(
        &mut self,
        book: &Rulebook,
        changed: &Changed,
        turn: Turn,
        findings: &mut Vec<Finding>,
        notices: &mut Vec<Notice>,
    ) -> Result<Vec<Readings>, EngineError> {
        let mut readings = Vec::new();
        for Read { indicator, days, read } in self.read_indicators(book, changed, turn)? {
            if indicator.per.is_empty() {
                notices.extend(read.iter().filter_map(|reading| self.given.take(reading, self.now)));
                readings.push(Readings { entry: indicator.meta.id.clone(), days, readings: read });
            } else {
                let found = indicators::findings(read, self.position);
                let at = self.position.saturating_sub(1);
                findings.extend(self.latest.take_read(&indicator.meta.id, &days, &found, at));
            }
        }
        Ok(readings)
    }

    fn read_indicators<'r>(
        &self,
        book: &'r Rulebook,
        changed: &Changed,
        turn: Turn,
    ) -> Result<Vec<Read<'r>>, EngineError> {
        // Those that look at the same days share the tables.
        let mut by_days: BTreeMap<_, Vec<&'r rulebook::Indicator>> = BTreeMap::new();
        for (indicator, days) in indicators::affected(book, &changed.tables, turn) {
            if let Some(shown) = self.shown(indicator, &days) {
                let seen = indicators::seen(indicator, &shown);
                let key = (*shown.start(), *shown.end(), *seen.start(), *seen.end());
                by_days.entry(key).or_default().push(indicator);
            }
        }
        let mut all = Vec::new();
        for ((first, last, seen_first, seen_last), group) in by_days {
            let shown = first..=last;
            let tables = group.iter().flat_map(|indicator| indicators::tables(book, indicator)).collect();
            let session = self.session(tables, &shown, seen_first..=seen_last)?;
            for indicator in group {
                let mut read =
                    indicators::read(book, indicator, &session, &shown).map_err(EngineError::evaluation)?;
                indicators::trace(book, indicator, &session, &mut read).map_err(EngineError::evaluation)?;
                all.push(Read { indicator, days: shown.clone(), read });
            }
        }
        Ok(all)
    }

    /// The days for which an indicator is read when records of some days changed; none yet where it
    /// waits for filings that are not due.
    fn shown(
        &self,
        indicator: &rulebook::Indicator,
        days: &RangeInclusive<Day>,
    ) -> Option<RangeInclusive<Day>> {
        let (shown, _) = indicators::reach(indicator, days);
        let shown = self.book.days_of(&indicator.meta, shown)?;
        if indicator.days == rulebook::Days::Any {
            return Some(shown);
        }
        derived::closed(&self.book, &self.duties, indicator, &shown, self.now)
    }

    /// The history of some days, the reference tables, and of the derived tables those that are
    /// wanted, for the days that are shown.
    fn session(
        &self,
        tables: BTreeSet<&str>,
        shown: &RangeInclusive<Day>,
        seen: RangeInclusive<Day>,
    ) -> Result<HistorySession, EngineError> {
        let session = self.records(Some(seen.clone()))?;
        let wanted = Wanted { tables, shown, seen: &seen };
        derived::register(
            &session,
            &self.book,
            &wanted,
            |days| self.records(Some(days)),
            || {
                Ok(Known {
                    duties: &self.duties,
                    registered: &self.registered,
                    filed: &self.filed,
                    called_up: &self.called_up,
                    grades: &self.board,
                    now: self.now,
                })
            },
        )?;
        Ok(session)
    }

    /// The history of some days; of all days when `None`.
    fn records(&self, days: Option<RangeInclusive<Day>>) -> Result<HistorySession, EngineError> {
        self.history.session(days, &query::Options::default()).map_err(EngineError::evaluation)
    }

    /// What is new about windows that the streaming rules handed over, by batch SQL over the
    /// history.
    fn recomputed(&mut self) -> Result<Vec<Finding>, EngineError> {
        let book = Arc::clone(&self.book);
        let mut findings = Vec::new();
        for windows in self.rules.needs_batch() {
            let Some(rule) = book.rules().get(windows.rule) else { continue };
            let session = self.records(windows.days_needed(rule))?;
            let found = analysis::windows::batch_findings(rule, &windows, &session)
                .map_err(EngineError::evaluation)?;
            let answers = |day| book.answers(&rule.meta, day);
            findings.extend(self.latest.take_recomputed(&rule.meta.id, &windows, &found, answers));
        }
        Ok(findings)
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

/// The days that records bear.
fn days_of(stream: &'static StreamSpec, columns: &Columns) -> BTreeSet<Day> {
    let mut days = BTreeSet::new();
    let mut last = None;
    for row in 0..columns.len() {
        let day = event_day(stream, columns, row);
        // Most records bear the day of the one before.
        if last.replace(day) != Some(day) {
            days.insert(day);
        }
    }
    days
}
