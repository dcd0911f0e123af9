//! The vocabulary of Jianwei: identifiers, money, time, and the record types of the interface
//! standard v1 (requirement 2.1), with everything that is made from their tables: the reader, the
//! canonical form, Arrow columns, JSON Schemas and the standard's documentation.
//!
//! **Invariant:** no I/O, no randomness; the wall clock is read in [`clock`] alone.
//! **Invariant:** field, code and stream numbers are never reused.
//! **Invariant:** money and rates are integers; no float touches them.
#![deny(clippy::indexing_slicing)]

pub mod arrow;
pub mod calendar;
pub mod canonical;
pub mod cbor;
pub mod checks;
pub mod clock;
pub mod columns;
pub mod event;
pub mod fault;
pub mod field_types;
pub mod guide;
pub mod institution;
pub mod money;
pub mod pseudonym;
pub mod read;
pub mod schema;
pub mod spec;
pub mod streams;
pub mod text;
pub mod time;

/// Version of the interface standard.
pub const STANDARD_VERSION: u16 = 1;
