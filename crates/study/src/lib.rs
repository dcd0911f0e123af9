//! Back-tests: what the rulebook would have said of real institutions at the time, held against
//! what became of them. It changes nothing and files nothing.
//!
//! **Invariant:** a score of a month rests on figures of that month and before, never on later
//! ones, nor on how long a history is or whether a month is missing from it.
//! **Invariant:** what became of an institution is read for the comparison alone, after all
//! scores are made.
//! **Invariant:** the same data, rulebook and seed give the same report, to the last digit.
#![deny(clippy::indexing_slicing)]

mod auc;
pub mod market;
mod rng;
pub mod wdzj;
