//! A seeded market: institutions of every line of business that file for some weeks, with planted
//! misconduct and the list of it. And a fast path ([`transactions`]) that makes transactions for
//! load tests as quickly as a core can write them.
//!
//! **Invariant:** the same plan gives the same bytes, on every machine: the generator is our own
//! xoshiro256++ ([`rng`]) and floats see only operations that IEEE 754 fixes to the bit.
//! **Invariant:** every line is accepted by the standard's reader at the time of its filing.
//! **Invariant:** no raw number of a person, real-looking or not, leaves this crate.

mod amounts;
mod calendar;
mod call_ups;
mod cycle;
mod extras;
mod findings;
mod line;
mod load;
mod loan;
mod market;
mod people;
mod planted;
mod plots;
pub mod rng;
mod rows;
mod schemes;
mod streams;
mod truth;
mod world;

pub use call_ups::{CallUp, CallUpAnswer};
pub use load::{LOAD_FIRST_DAY, TransactionLines, transactions};
pub use market::{Filing, Filings, Institution, Market, MarketPlan};
pub use planted::{Conduct, Planted};
pub use truth::{Expected, Truth};
