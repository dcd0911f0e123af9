//! 处置案件: from a finding that a person confirmed to those who answer for it (requirements 3.1 to
//! 3.4). A case goes through the stages of the library's table; its measures are proposed, approved
//! by another person, ordered, reported back and accepted; what is mandatory is done or waived before
//! its stage is left.

mod decide;
mod disposal;
mod event;
mod leave;
mod measure;
mod measures;
mod setting;
mod state;
mod table;
#[cfg(test)]
mod tests;

pub use decide::{CaseCommand, Opening, command, open};
pub use disposal::{Disposal, DisposalEvent, due, order_command, order_of};
pub(crate) use disposal::{case_due, dated, order_due};
pub use event::{CaseClock, CaseEvent, CaseStep, Draft, FindingRef, Listed, MeasureStep, Milestone, Opened};
pub use measure::{Effect, FollowUpCheck, InForce, Instalment, Measure};
pub use measures::MeasureCommand;
pub use setting::Setting;
pub use state::{Case, Cases, Ending, Finding, Judgement, Outcome, Said, Stay};
pub use table::{CaseVerb, MeasureState, MeasureVerb, states_table};
