//! 指令: what an addressee is told to do, by when, and what it reports back (requirements 3.2 to 3.4, 5).
//! An order carries out a measure of a case; what was approved is what it says.

mod decide;
mod event;
mod state;
mod table;

pub use decide::{OrderCommand, overdue};
pub(crate) use decide::{command, due, event, find};
pub use event::{Addressee, OrderEvent, OrderResult, OrderStep, OrderText};
pub use state::{Order, OrderReport, Orders};
pub(crate) use table::ORDER;
pub use table::{OrderState, OrderVerb};
