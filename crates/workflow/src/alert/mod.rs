//! 预警: an institution's grade became an owner's affair, with deadlines and an end (requirements 2.7
//! to 2.9).
//!
//! An institution has one open alert at most. What is found later joins it; what is worse raises
//! it and starts the clocks of its grade. It gets better when a person says so or by a lasting
//! improvement, and ends dismissed (a false alarm) or closed. What was answered raises none again.

mod decide;
mod event;
mod state;

pub use decide::{AlertCommand, command, dated, overdue, react};
pub(crate) use decide::{INDUSTRY, kept, of_system, raised_by_plan};
pub use event::{AlertEvent, AlertReason, AlertStep, Clock, Started, Worse};
pub use state::{Alert, Alerts, End, Ended, HeldReason};
