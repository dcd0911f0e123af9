//! What is derived from the ledger for speed: [`seen`] knows which records were accepted
//! before, [`history`] holds all of them in columns for SQL. All of it may be deleted and is built again from the ledger.
//!
//! **Invariant:** nothing here is a source of truth, and nothing here is acknowledged to anyone.
//!
//! **Invariant:** `covered()` never claims more than what is durable: after a crash whoever feeds
//! the store from `covered()` on gets the same answers as if there had been none.
//!
//! **Invariant:** a damaged file is an error that names the file.

mod files;
pub mod history;
pub mod seen;

pub use files::{FileError, OtherVersion};
