//! The daily reconciliation of platforms against their custody banks, over the history.

use std::ops::RangeInclusive;

use custody::{Input, Reconciliation, TIMING_DAYS};
use model::time::Day;
use store::history::HistorySession;

use crate::EngineError;

/// Threads that reconcile; the follower waits for them.
const THREADS: usize = 2;

/// Transactions of the institutions that have money in custody, and no more of their columns than
/// are compared.
const TRANSACTIONS: &str = "SELECT institution, day, position, id, \"time\", payer_account, payee_account, amount \
     FROM transaction WHERE institution IN (SELECT institution FROM account \
     WHERE purpose IN ('custody', 'project') UNION SELECT platform FROM custody_statement)";

/// Reconciles some days, over the history of days that `records` gives.
///
/// # Errors
/// [`EngineError`] when the history cannot be read.
pub(crate) fn reconcile(
    records: impl FnOnce(RangeInclusive<Day>) -> Result<HistorySession, EngineError>,
    days: RangeInclusive<Day>,
) -> Result<Reconciliation, EngineError> {
    let session = records(days.start().plus(-TIMING_DAYS)..=days.end().plus(TIMING_DAYS))?;
    let rows = |sql: &str| {
        let mut batches = Vec::new();
        let take = |batch| {
            batches.push(batch);
            query::Flow::Continue
        };
        session.run_streaming(sql, take).map_err(EngineError::evaluation)?;
        Ok::<_, EngineError>(batches)
    };
    let (transactions, statements) = (rows(TRANSACTIONS)?, rows("SELECT * FROM custody_statement")?);
    let accounts = rows("SELECT * FROM account")?;
    let input = Input { transactions: &transactions, statements: &statements, accounts: &accounts };
    Reconciliation::of(&input, days, THREADS).map_err(EngineError::evaluation)
}
