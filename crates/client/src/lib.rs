//! The institution's side of filing: checks a file against the standard offline, turns raw
//! numbers of persons and accounts into pseudonyms, sends it in batches with retries, and keeps
//! the receipts. `jianwei file` is a thin command over [`file`], `jianwei filings` over [`list`],
//! `jianwei call-up` over [`call_up`] and its neighbours, `jianwei notices` over [`notices()`].
//!
//! **Invariant:** a line that the offline check refuses never leaves the machine, so a raw number
//! in a pseudonym's place cannot.
//! **Invariant:** a batch whose receipt is in the receipts' folder is not sent again; a batch sent
//! twice bears the same idempotency key.
//! **Invariant:** no message, log line or `Debug` shows a secret or a value of a record.
#![deny(clippy::indexing_slicing)]

mod batch;
mod call_ups;
mod check;
mod connection;
mod filing;
mod lines;
mod listing;
mod notices;
mod prepare;
mod pseudonymise;
mod receipt;
mod receipts;
mod retry;
mod secret;

pub use batch::BatchLimits;
pub use call_ups::{
    CallUpAsked, CallUpError, ListedAnswer, ListedCallUp, answer_call_up, call_up, call_ups, digest_of_file,
    fetch_call_up, one_call_up,
};
pub use check::{CheckReport, REFUSALS_LISTED_MAX, check};
pub use connection::{Connection, ConnectionError, Mode};
pub use filing::{FilingError, FilingJob, FilingSummary, Progress, file};
pub use listing::{ListError, ListedFiling, list};
pub use notices::notices;
pub use pseudonymise::Pseudonymiser;
pub use receipt::{FieldFault, Positions, Problem, Receipt, Refusal};
pub use receipts::{ReceiptFolder, StoredReceipt};
pub use retry::RetryPolicy;
pub use secret::{Secret, SecretError};
