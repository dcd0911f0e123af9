//! The derived tables of the rulebook over a history: one way to make them, for the evaluator and
//! for back-tests.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use analysis::grade::GradeBoard;
use analysis::indicators;
use analysis::obligations::{Duties, Filed, Registered};
use model::time::{Day, Time};
use query::{RecordBatch, Session, Table};
use rulebook::{Indicator, Rulebook};
use store::history::HistorySession;

use crate::EngineError;
use crate::call_ups::Calls;
use crate::reconcile::reconcile;

/// What is known beside the records.
pub(crate) struct Known<'a> {
    pub(crate) duties: &'a Duties,
    pub(crate) registered: &'a BTreeMap<String, Vec<Registered>>,
    pub(crate) filed: &'a Filed,
    pub(crate) called_up: &'a Calls,
    pub(crate) grades: &'a GradeBoard,
    pub(crate) now: Time,
}

/// Which tables are wanted, and for which days.
pub(crate) struct Wanted<'a> {
    pub(crate) tables: BTreeSet<&'a str>,
    /// The days that are read.
    pub(crate) shown: &'a RangeInclusive<Day>,
    /// The days that must be seen to read them.
    pub(crate) seen: &'a RangeInclusive<Day>,
}

/// Names the reference tables and the derived tables that are wanted in a session over the days seen.
/// `records` gives the history of other days; `known` is asked only where a table rests on it.
pub(crate) fn register<'k>(
    session: &Session,
    book: &Rulebook,
    wanted: &Wanted<'_>,
    records: impl Fn(RangeInclusive<Day>) -> Result<HistorySession, EngineError>,
    known: impl Fn() -> Result<Known<'k>, EngineError>,
) -> Result<(), EngineError> {
    for (name, table) in book.reference_tables() {
        session.register(&name, table).map_err(EngineError::evaluation)?;
    }
    let reconciles =
        |table: &&str| [rulebook::RECONCILIATION, rulebook::RECONCILIATION_BREAKS].contains(table);
    let reconciled = match wanted.tables.iter().any(reconciles) {
        true => Some(reconcile(&records, wanted.shown.clone())?),
        false => None,
    };
    for derived in rulebook::DERIVED.iter().filter(|derived| wanted.tables.contains(derived.name)) {
        let batch = match (derived.name, &reconciled) {
            (rulebook::RECONCILIATION, Some(reconciled)) => reconciled.totals(),
            (rulebook::RECONCILIATION_BREAKS, Some(reconciled)) => reconciled.breaks(),
            (name, _) => rows(name, session, book, wanted.seen, &known()?)?,
        };
        let table = Table::new(derived.schema()).with_batches([batch]);
        session.register(derived.name, table).map_err(EngineError::evaluation)?;
    }
    Ok(())
}

/// The rows of a derived table that is not a reconciliation.
fn rows(
    name: &str,
    session: &Session,
    book: &Rulebook,
    seen: &RangeInclusive<Day>,
    known: &Known<'_>,
) -> Result<RecordBatch, EngineError> {
    let until_now = *seen.start()..=(*seen.end()).min(known.now.day());
    let batch = match name {
        rulebook::OBLIGATIONS => {
            let standing = known.duties.standing(known.registered, known.filed, until_now, known.now);
            rulebook::obligations_batch(&standing)
        }
        rulebook::REGISTERED | rulebook::REGISTERED_ANY => {
            let register = session.run("SELECT * FROM register").map_err(EngineError::evaluation)?;
            rulebook::registered_batch(&[register.batch().clone()], until_now)
        }
        rulebook::GRADES => known.grades.table(book, seen, &indicators::resting_on_grades(book)),
        rulebook::CALL_UPS => rulebook::call_ups_batch(&known.called_up.standing(seen, known.now)),
        // An empty table would look like a rule that finds nothing.
        other => return Err(EngineError::evaluation(format!("nothing makes the table \"{other}\""))),
    };
    batch.map_err(EngineError::evaluation)
}

/// Of some days those for which an indicator can be read at a time: those that have closed, where it
/// waits for that.
pub(crate) fn closed(
    book: &Rulebook,
    duties: &Duties,
    indicator: &Indicator,
    days: &RangeInclusive<Day>,
    now: Time,
) -> Option<RangeInclusive<Day>> {
    let tables = indicators::tables(book, indicator);
    // A day's grade stands when everything that is owed for the day has come due.
    let closed = match tables.contains(rulebook::GRADES) {
        true => duties.all_closed_until(now),
        false => duties.closed_until(rulebook::streams_behind(tables), now),
    };
    let closed = closed.plus(-(indicator.lookahead_days as i32));
    let days = *days.start()..=closed.min(*days.end());
    (!days.is_empty()).then_some(days)
}
