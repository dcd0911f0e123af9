//! At a start: the ledger is read once, and everything that is derived from it is brought up to
//! where it was.

use std::sync::Arc;

use ledger::Reader;
use ledger::keystore::KeyStore;
use model::columns::Columns;
use model::event::{Occasion, RuleStep};
use model::spec::StreamSpec;
use model::time::Time;
use rulebook::Rulebook;
use store::history::History;
use store::seen::Seen;
use workflow::desk::Desk;
use workflow::policy::Directory;

use crate::EngineError;
use crate::board::Board;
use crate::call_ups::CallUps;
use crate::desk::learn;
use crate::evaluate::{Evaluator, Outputs, Records};
use crate::filings::Filings;
use crate::identity::IdentityKey;
use crate::replay::superseded;
use crate::scan::{Item, record_at, scan};

pub(crate) struct Recovered {
    pub(crate) seen: Seen,
    pub(crate) evaluator: Evaluator,
    pub(crate) filings: Filings,
    pub(crate) call_ups: CallUps,
    pub(crate) board: Board,
    pub(crate) steps: Vec<RuleStep>,
    pub(crate) desk: Desk,
    /// The latest time that something bears that happened on the desk.
    pub(crate) desk_latest_at: Option<Time>,
    pub(crate) directory: Directory,
}

/// Reads the ledger: windows are filled again, records that the indices miss are added, receipts,
/// call-ups, findings, grades, notices and what happened on the desk are taken in as they were sealed. What was evaluated before is not
/// evaluated again; what came after the last occasion waits for the next. `planned` are all
/// occasions of the ledger.
pub(crate) fn recover(
    reader: &Reader,
    keys: &KeyStore,
    identity: &IdentityKey,
    mut seen: Seen,
    history: History,
    book: Arc<Rulebook>,
    planned: Vec<Occasion>,
) -> Result<Recovered, EngineError> {
    let mut boundaries: Vec<u64> = planned.iter().map(|occasion| occasion.as_of).collect();
    boundaries.extend([seen.covered(), history.covered()]);
    boundaries.sort_unstable();
    let mut planned = planned.into_iter().peekable();
    let mut evaluator = Evaluator::new(book, history)?;
    let (filings, call_ups, board) = (Filings::default(), CallUps::default(), Board::default());
    let mut steps = Vec::new();
    let (mut desk, mut directory) = (Desk::default(), Directory::default());
    let mut desk_latest_at = None;
    let (mut findings, mut grades, mut notices) = (Vec::new(), Vec::new(), Vec::new());
    let checkpoint = String::from_utf8_lossy(&reader.checkpoint()).into_owned();
    let old = |position| record_at(reader, keys, position);
    let indexed = seen.covered();
    scan(reader, keys, 0..reader.size(), &boundaries, |item| {
        match item {
            Item::Records { stream, institution, columns, positions, contents } => {
                while let Some(occasion) = planned.next_if(|occasion| occasion.as_of < positions.end) {
                    evaluator.forget_changes(&occasion);
                }
                let supersedes = match positions.start >= indexed {
                    true => superseded(
                        &mut seen,
                        identity,
                        &institution,
                        stream,
                        &columns,
                        &contents,
                        positions.start,
                    )?,
                    false => replaced(&mut seen, identity, &institution, stream, &columns)?,
                };
                learn(&mut directory, stream, &institution, &columns);
                let first_position = positions.start;
                let records =
                    Records { stream, institution: &institution, columns, first_position, supersedes };
                evaluator.apply(records, &old)?;
                evaluator.settle(positions.end)?;
            }
            Item::Receipt(receipt, position) => {
                while let Some(occasion) = planned.next_if(|occasion| occasion.as_of <= position) {
                    evaluator.forget_changes(&occasion);
                }
                evaluator.receive(&receipt, position);
                filings.add_sealed(*receipt, &checkpoint);
            }
            Item::CallUp(event, position) => {
                while let Some(occasion) = planned.next_if(|occasion| occasion.as_of <= position) {
                    evaluator.forget_changes(&occasion);
                }
                evaluator.call_up(&event, position);
                call_ups.take(&event, position);
            }
            Item::Finding(finding, _) => {
                evaluator.restore_finding(&finding);
                findings.push(*finding);
            }
            Item::Grade(grade, _) => {
                evaluator.restore_grade((*grade).clone());
                desk.take_grade(&grade);
                grades.push(*grade);
            }
            Item::Notice(notice, _, _) => {
                evaluator.restore_notice(&notice);
                notices.push(*notice);
            }
            Item::RuleStep(step, _) => steps.push(*step),
            Item::Desk(event, position) => {
                desk_latest_at = desk_latest_at.max(Some(event.at()));
                desk.apply(&event, position);
            }
            // It is the last of what it came to.
            Item::Occasion(occasion, _) => board.add(Outputs {
                findings: std::mem::take(&mut findings),
                grades: std::mem::take(&mut grades),
                notices: std::mem::take(&mut notices),
                occasion: *occasion,
            }),
            Item::Erasure => {}
        }
        Ok(())
    })?;
    for occasion in planned {
        evaluator.forget_changes(&occasion);
    }
    seen.settle(reader.size())?;
    Ok(Recovered { seen, evaluator, filings, call_ups, board, steps, desk, desk_latest_at, directory })
}

/// The revisions among rows that the index has already.
fn replaced(
    seen: &mut Seen,
    identity: &IdentityKey,
    institution: &str,
    stream: &'static StreamSpec,
    columns: &Columns,
) -> Result<Vec<(usize, u64)>, EngineError> {
    let mut found = Vec::new();
    for row in (0..columns.len()).filter(|row| columns.revision(*row) > 0) {
        if let (_, Some(previous)) = identity.row(institution, stream, columns, row)
            && let Some(position) = seen.position(previous)?
        {
            found.push((row, position));
        }
    }
    Ok(found)
}
