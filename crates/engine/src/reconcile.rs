//! The daily reconciliation of platforms against their custody banks, over the history.

use std::ops::RangeInclusive;

use custody::{Input, Reconciliation, TIMING_DAYS};
use model::time::Day;
use store::history::History;

use crate::EngineError;

/// Threads that reconcile; the follower waits for them.
const THREADS: usize = 2;

/// Transactions of the institutions that have money in custody, and no more of their columns than
/// are compared.
const TRANSACTIONS: &str = "SELECT institution, day, position, id, \"time\", payer_account, payee_account, amount \
     FROM transaction WHERE institution IN (SELECT institution FROM account \
     WHERE purpose IN ('custody', 'project') UNION SELECT platform FROM custody_statement)";

/// Reconciles some days.
///
/// # Errors
/// [`EngineError`] when the history cannot be read.
pub(crate) fn reconcile(history: &History, days: RangeInclusive<Day>) -> Result<Reconciliation, EngineError> {
    let read = days.start().plus(-TIMING_DAYS)..=days.end().plus(TIMING_DAYS);
    let session = history.session(Some(read), &query::Options::default()).map_err(EngineError::evaluation)?;
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
