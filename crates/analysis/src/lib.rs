//! Findings, grades and duties as functions of what was filed: rules over windows, indicators,
//! grades, notices, the calendar of what institutions owe.
//!
//! **Invariant:** no I/O, no clock, no randomness: the same input gives the same bytes.
//! **Invariant:** what is not determined is said to be so; it is never taken for "no hit".

pub mod grade;
pub mod indicators;
pub mod notices;
pub mod obligations;
pub mod review;
pub mod windows;

/// The name under which what concerns the whole industry is found and graded.
pub const INDUSTRY: &str = "*";

#[cfg(test)]
mod testing;
