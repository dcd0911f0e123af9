//! The rulebook: rules, indicators and filing duties in files that a supervisor reads, loaded
//! strictly, compiled to conditions and queries, explained in two languages and tried on cases of
//! their own. It says what a finding is; it finds nothing by itself.
//!
//! **Invariant:** no clock, no randomness, and no I/O outside [`load`].
//! **Invariant:** an entry that is not sound is not loaded, and a rulebook with such an entry
//! neither: a rule that is left out is a breach that is missed.
//! **Invariant:** the identity of an entry is the digest of its file, so a finding names exactly
//! the text that it rests on.
#![deny(clippy::indexing_slicing)]

mod book;
mod calendar;
mod call_ups;
mod cases;
mod chain;
pub mod coverage;
mod demand;
mod derived;
pub mod diff;
mod draft;
mod duty;
mod editions;
mod entry;
mod explain;
mod fault;
mod grading;
mod indicator;
mod lines;
pub mod load;
mod notice;
mod obligations;
mod principle;
mod reading;
mod reference;
mod registered;
mod rule;
mod source;
mod yaml;

pub use book::{Entry, Rulebook};
pub use call_ups::{CALL_UPS, CalledUp, call_ups_batch, call_ups_schema};
pub use cases::{Case, CaseFailure, CaseTables, DEFAULT_INSTITUTION, Expectation, Expected};
pub use demand::{Demand, MetBy};
pub use derived::{
    DERIVED, Derived, GRADES, RECONCILIATION, RECONCILIATION_BREAKS, derived, grades_batch, grades_schema,
    is_derived, streams_behind,
};
pub use draft::Draft;
pub use duty::{Due, Duty, Period};
pub use entry::{Answerable, Basis, Effective, EntryHash, Meta, Nature, REQUIREMENTS, Text, Tier, Unit};
pub use explain::Language;
pub use fault::{Faults, RuleFault};
pub use grading::{Grading, WhenUndetermined};
pub use indicator::{Days, Indicator, IndicatorBand, Level, ROWS, Scope};
pub use model::calendar::{BeyondCalendar, Calendar};
pub use model::event::{Grade, Verdict};
pub use notice::Notice;
pub use obligations::{OBLIGATIONS, Obligation, ObligationStatus, obligations_batch, obligations_schema};
pub use principle::Principle;
pub use query::Number;
pub use reference::Reference;
pub use registered::{REGISTERED, REGISTERED_ANY, registered_batch, registered_schema};
pub use rule::{Comparison, Measure, Rule, RuleBand, Window};
pub use source::SourceFile;
