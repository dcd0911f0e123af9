//! Replay: the ledger's records evaluated again from nothing, at the same occasions, under the
//! rulebook of their time; every finding, grade and notice must come out as it was sealed, byte for byte.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use ledger::Reader;
use ledger::keystore::KeyStore;
use model::event::Occasion;
use rulebook::Rulebook;
use store::history::History;
use store::seen::{RecordKey, Seen, Verdict};

use crate::evaluate::{Evaluator, Records};
use crate::identity::IdentityKey;
use crate::scan::{Item, occasions, record_at, scan};
use crate::sealer::Event;
use crate::{DataDir, EngineError};

/// What a replay came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// Records evaluated.
    pub records: u64,
    /// Occasions of evaluation.
    pub occasions: u64,
    /// Findings, grades, notices and occasions compared.
    pub compared: u64,
    /// Records whose subject was erased: what rested on them may come out otherwise.
    pub erased: u64,
    /// Occasions under another rulebook than the one given, which were not evaluated again.
    pub other_rulebook: u64,
    /// The first difference, in words.
    pub difference: Option<String>,
}

/// Replays the ledger of a data directory under a rulebook, with scratch space in `scratch`.
///
/// # Errors
/// [`EngineError`] when the ledger cannot be read.
pub fn replay(dir: &Path, book: Arc<Rulebook>, scratch: &Path) -> Result<ReplayReport, EngineError> {
    let dirs = DataDir::new(dir);
    let reader = Reader::open(&dirs.ledger())?;
    let keys = KeyStore::open_read_only(&dirs.ledger())?;
    let identity = IdentityKey::open(&dirs.ledger().join("keys")).map_err(crate::at(dirs.ledger()))?;
    let history = History::rebuild(&scratch.join("history")).map_err(EngineError::evaluation)?;
    let mut seen = Seen::rebuild(&scratch.join("seen"))?;
    let planned = occasions(&reader, &keys)?;
    let boundaries: Vec<u64> = planned.iter().map(|occasion| occasion.as_of).collect();
    let mut replay = Replay {
        rulebook: book.hash().to_string(),
        evaluator: Evaluator::new(book, history)?,
        planned: planned.into_iter(),
        next: None,
        expected: Vec::new(),
        evaluated: VecDeque::new(),
        report: ReplayReport::default(),
    };
    replay.next = replay.planned.next();
    let old = |position| record_at(&reader, &keys, position);
    let unreadable = scan(&reader, &keys, 0..reader.size(), &boundaries, |item| {
        match item {
            Item::Records { stream, institution, columns, positions, contents } => {
                replay.evaluate_before(positions.end)?;
                let supersedes = superseded(
                    &mut seen,
                    &identity,
                    &institution,
                    stream,
                    &columns,
                    &contents,
                    positions.start,
                )?;
                replay.report.records += columns.len() as u64;
                let records = Records {
                    stream,
                    institution: &institution,
                    columns,
                    first_position: positions.start,
                    supersedes,
                };
                replay.evaluator.apply(records, &old)?;
                replay.evaluator.settle(positions.end)?;
            }
            Item::Receipt(receipt, position) => {
                replay.evaluate_before(position + 1)?;
                replay.evaluator.receive(&receipt, position);
            }
            Item::CallUp(event, position) => {
                replay.evaluate_before(position + 1)?;
                replay.evaluator.call_up(&event, position);
            }
            Item::Finding(finding, body) => {
                if !replay.compare("finding", &body)? {
                    replay.evaluator.restore_finding(&finding);
                }
            }
            Item::Grade(grade, body) => {
                if !replay.compare("grade", &body)? {
                    replay.evaluator.restore_grade(*grade);
                }
            }
            Item::Notice(notice, body, _) => {
                if !replay.compare("notice", &body)? {
                    replay.evaluator.restore_notice(&notice);
                }
            }
            Item::Occasion(_, body) => {
                replay.compare("occasion", &body)?;
                replay.evaluated.pop_front();
            }
            // What people and the policy decided is no function of the ledger before it.
            Item::Erasure | Item::RuleStep(..) | Item::Desk(..) => {}
        }
        Ok(())
    })?;
    replay.report.erased = unreadable.erased;
    Ok(replay.report)
}

/// Tells which rows are revisions, and of which positions, by admitting all to an index as the
/// sealer did.
pub(crate) fn superseded(
    seen: &mut Seen,
    identity: &IdentityKey,
    institution: &str,
    stream: &'static model::spec::StreamSpec,
    columns: &model::columns::Columns,
    contents: &[u64],
    first_position: u64,
) -> Result<Vec<(usize, u64)>, EngineError> {
    let keys: Vec<RecordKey> = contents
        .iter()
        .enumerate()
        .map(|(row, content)| {
            let (id, previous) = identity.row(institution, stream, columns, row);
            RecordKey { id, previous, content: *content }
        })
        .collect();
    let mut verdicts = Vec::new();
    seen.admit(&keys, first_position, &mut verdicts)?;
    seen.settle(first_position + keys.len() as u64)?;
    let replaced = verdicts.iter().enumerate().filter_map(|(row, verdict)| match verdict {
        Verdict::New { supersedes: Some(position) } => Some((row, *position)),
        _ => None,
    });
    Ok(replaced.collect())
}

struct Replay {
    rulebook: String,
    evaluator: Evaluator,
    planned: std::vec::IntoIter<Occasion>,
    next: Option<Occasion>,
    /// What was computed and is to be found in the ledger next.
    expected: Vec<Event>,
    /// Occasions evaluated whose outputs were not met yet: whether they were under this rulebook.
    evaluated: VecDeque<bool>,
    report: ReplayReport,
}

impl Replay {
    /// Evaluates the occasions that saw nothing of what ends at `end`.
    fn evaluate_before(&mut self, end: u64) -> Result<(), EngineError> {
        while let Some(occasion) = self.next.take_if(|occasion| occasion.as_of < end) {
            self.evaluate(&occasion)?;
            self.next = self.planned.next();
        }
        Ok(())
    }

    fn evaluate(&mut self, occasion: &Occasion) -> Result<(), EngineError> {
        self.report.occasions += 1;
        let same = occasion.rulebook == self.rulebook;
        self.evaluated.push_back(same);
        if same {
            self.evaluator.tell_time(occasion.time);
            let mut events = self.evaluator.evaluate()?.events()?;
            events.reverse();
            self.expected.splice(0..0, events);
        } else {
            self.report.other_rulebook += 1;
            self.evaluator.forget_changes(occasion);
        }
        Ok(())
    }

    /// Holds a sealed body against the next one computed; says whether it could, which it cannot
    /// when the occasion was under another rulebook.
    fn compare(&mut self, what: &str, body: &[u8]) -> Result<bool, EngineError> {
        if self.evaluated.is_empty()
            && let Some(occasion) = self.next.take()
        {
            // Its outputs begin here, so nothing more was applied before it.
            self.evaluate(&occasion)?;
            self.next = self.planned.next();
        }
        if self.evaluated.front() == Some(&false) {
            return Ok(false);
        }
        self.report.compared += 1;
        let computed = self.expected.pop();
        if self.report.difference.is_none() && computed.as_ref().is_none_or(|event| event.body != body) {
            let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
            let computed = computed.map_or_else(|| "nothing".to_owned(), |event| text(&event.body));
            self.report.difference = Some(format!("sealed {what}: {}\ncomputed: {computed}", text(body)));
        }
        Ok(true)
    }
}
