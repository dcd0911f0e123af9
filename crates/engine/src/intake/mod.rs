//! Filings on their way in: from the body's bytes to the sealed receipt.

pub mod body;
pub mod chunk;
pub mod filing;
pub mod lines;
pub mod quarantine;
pub(crate) mod warnings;

pub use body::{BodyError, ContentCoding};
pub use filing::{FilingError, FilingHead, FilingMode, Receipt};
