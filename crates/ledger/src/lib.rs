//! The durable event log: entries are appended in groups, hashed into an RFC 6962 tree, covered
//! by signed checkpoints and never changed again. Beside the tree lie payloads that the caller
//! encrypts with keys of the [`keystore`], so that a person can be erased while the tree still
//! verifies.
//!
//! ```text
//! LEDGER               who the ledger is: verifier key, second tree
//! LOCK                 held by the one writer
//! segments/*.seg       entries in frames: the ledger itself
//! tree/*.idx           derived from sealed segments; may be deleted
//! checkpoint           the latest signed checkpoint
//! checkpoints          the first of each civil day
//! checkpoint.cosigned  the last one that witnesses signed, too
//! keys/                signing key, master key, keys of subjects
//! ```
//!
//! ```
//! use ledger::{EntryBatch, Ledger, Options};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let dir = dir.path();
//! let mut ledger = Ledger::open_or_create(dir, Options::new("supervisor.example/ledger"))?;
//! let mut batch = EntryBatch::default();
//! batch.push(b"leaf", b"payload, encrypted by the caller")?;
//! batch.hash(ledger.reader().second_tree())?;
//! let indices = ledger.append_group(&[batch])?;
//! assert_eq!(indices[0], 0..1);
//! let note = ledger.checkpoint(1_793_678_400)?;
//! assert!(note.starts_with(b"supervisor.example/ledger\n1\n"));
//!
//! let reader = ledger.reader();
//! for frame in reader.read(0..reader.size()) {
//!     for entry in frame?.entries() {
//!         assert_eq!((entry.index, entry.leaf), (0, &b"leaf"[..]));
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! **Invariant:** what an append has returned is durable; what it has not returned is either
//! whole or gone after the next opening.
//!
//! **Invariant:** a checkpoint covers durable entries only, and a ledger that does not hold what
//! its checkpoint covers does not open.
//!
//! **Invariant:** after a failed write or fsync nothing more is written until the ledger is
//! opened again.
//!
//! **Invariant:** leaves are opaque bytes here: what they mean is the caller's.
#![deny(clippy::indexing_slicing)]

mod batch;
mod bytes;
mod checkpoints;
mod disk;
mod error;
pub mod faults;
mod frame;
mod identity;
pub mod keystore;
mod ledger;
mod load;
mod lock;
mod reader;
mod resources;
mod scan;
mod segment;
mod sidecar;
mod spots;
mod state;
mod verify;

pub use batch::{BatchError, EntryBatch, LEAF_BYTES_MAX, SecondTree};
pub use checkpoints::{DailyCheckpoint, Head};
pub use error::LedgerError;
pub use keystore::{Erasure, KeyError, KeyState, KeyStore, SubjectId, SubjectKey};
pub use ledger::{Ledger, Options, Recovery};
pub use load::TornTail;
pub use reader::{Entry, Reader};
pub use scan::{EntryRef, Frame, Scan};
pub use verify::{Problem, Report, VerifyOptions, verify};

#[cfg(test)]
mod tests;
