//! How records and events become ledger entries: a leaf in deterministic CBOR that holds a keyed
//! commitment in place of each sensitive value, and a payload, encrypted beside the tree, that
//! holds those values. Openings disclose chosen fields; destroying a subject's key makes the
//! payloads unreadable and the commitments meaningless while the tree still verifies.
//!
//! **Invariant:** no sensitive value is ever hashed bare: each commitment has a salt of its own,
//! derived from the subject's key.
//! **Invariant:** sealing is a function of (subject key, record): the same record gives the same
//! bytes again, so that a replay can be compared byte for byte.
#![deny(clippy::indexing_slicing)]

pub mod commitment;
mod hmac;
pub mod leaf;
mod record_key;

pub use leaf::{EventKind, EventOpening, LeafError, OpenedEvent, OpenedRecord, Opening, Subject, SubjectKey};
