//! The daily reconciliation of platforms against their custody banks (存管对账, requirement 1.5):
//! what a platform says that happened on the accounts in custody, entry by entry, against the
//! statement that the bank filed. Pure functions over history batches; `docs/custody.md` says how
//! it works and what it costs.
//!
//! An **entry** is what one transaction does to one account: the platform's transaction gives one
//! (−amount) for the payer's account and one (+amount) for the payee's, where that account is in
//! custody; the bank's statement gives one for each line of kind `flow`. Entries of the two sides
//! belong together by (platform, account, the platform's transaction id).
//!
//! **Invariant:** what comes out is a function of the rows: neither their order, nor how they are
//! split into batches, nor the number of threads shows in it.
//! **Invariant:** what a day comes to is a function of that day, [`TIMING_DAYS`] before and
//! [`TIMING_DAYS`] after it; which days are asked for together does not show in it.
//! **Invariant:** two entries are paired only when the bytes of their ids are the same; a hash
//! decides where they are looked for, never what they are.
//! **Invariant:** what cannot be told (an amount or account that is NULL) is `undetermined`, never
//! a break and never "matched".

mod accounts;
mod breaks;
mod cells;
mod entries;
mod error;
mod input;
mod pairing;
mod partition;
mod scan;
mod sheets;
mod spread;
mod tally;
mod totals;

use std::ops::RangeInclusive;

use model::time::Day;
use query::RecordBatch;

pub use breaks::{BreakKind, LISTED_MAX, breaks_schema};
pub use error::CustodyError;
pub use input::Input;
pub use totals::reconciliation_schema;

use crate::accounts::Accounts;
use crate::input::Window;
use crate::tally::Tally;

/// Days by which the two sides may differ on when an entry happened (跨日): orders given just
/// before midnight are booked just after it. What stays unmatched longer is missing.
pub const TIMING_DAYS: i32 = 1;

/// What platforms and banks came to on some days.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconciliation {
    totals: RecordBatch,
    breaks: RecordBatch,
}

impl Reconciliation {
    /// Reconciles the days asked for, on up to `threads` threads.
    ///
    /// The rows must reach [`TIMING_DAYS`] further on both sides; what lies further away is not
    /// looked at.
    ///
    /// # Errors
    /// A [`CustodyError`] when a batch is not one of its stream.
    pub fn of(input: &Input<'_>, days: RangeInclusive<Day>, threads: usize) -> Result<Self, CustodyError> {
        let threads = threads.max(1);
        let window = Window::around(&days)?;
        let sources = input.read()?;
        let (accounts, sheets) = Accounts::known(&sources, window, threads)?;
        let scans = scan::scan(&sources, &accounts, &sheets, window, threads)?;
        let tally = partition::reconcile(scans, &accounts, window, threads)?;
        Self::written(tally, &accounts, window)
    }

    fn written(tally: Tally<'_>, accounts: &Accounts, window: Window) -> Result<Self, CustodyError> {
        let Tally { cells, listed, .. } = tally;
        Ok(Self { totals: totals::table(cells, accounts, window)?, breaks: breaks::table(listed, accounts)? })
    }

    /// What each account came to on each day, with the columns of [`reconciliation_schema`].
    pub fn totals(&self) -> RecordBatch {
        self.totals.clone()
    }

    /// The entries that do not match, with the columns of [`breaks_schema`].
    pub fn breaks(&self) -> RecordBatch {
        self.breaks.clone()
    }
}
