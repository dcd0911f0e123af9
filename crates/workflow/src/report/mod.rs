//! 举报: reports of whistle-blowers (requirement 5), from the public form and the API. They can stay
//! anonymous; a number and a secret token let the reporter ask later and be asked.
//!
//! Sources: 《银行保险违法行为举报处理办法》(银保监会令2019年第8号): whether a report is accepted is decided
//! and told within 15 days, it is dealt with within 60 days of that, which may be extended by 30
//! (for anonymous reports these terms do not bind, and are kept all the same). The articles were not
//! at hand. Secrecy of who reports: 《行政处罚法》第七十五条 and the same measures.
//!
//! Nothing in an event of a report says who an anonymous reporter is: the actor is `anonymous`, the
//! token stands there as a hash, and nothing of the connection is taken. What the reporter writes
//! is kept as it was written; the form warns of that. A way to answer is kept in the event alone,
//! whose body is encrypted, and is shown by no state: [`Report::contact`] is for who deals with it.
//!
//! **Invariant:** without the token, nothing of a report is told, not even that there is such a number.
//! **Invariant:** a report ends in a case, closed with a reason, or in another report.

mod decide;
mod event;
mod life;
mod state;
#[cfg(test)]
mod tests;
mod token;

pub use decide::{ReportCommand, Submission, ask, command, due, submit};
pub use event::{Clock, CloseReason, Contact, ReportEvent, ReportStep, Subject};
pub use life::{ReportState, Step, table};
pub use state::{Message, Report, ReporterView, Reports, Sender};
pub use token::{Token, TokenHash};

use serde::{Deserialize, Serialize};

use crate::term::Term;

/// What holds for reports; the policy may say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// To acknowledge a report, or to close it as one that is not accepted.
    pub acknowledge: Term,
    /// To deal with it, from the acknowledgement.
    pub handle: Term,
    /// By how much that may be extended, once.
    pub extend: Term,
}

impl Default for Terms {
    fn default() -> Self {
        Self { acknowledge: Term::Days(15), handle: Term::Days(60), extend: Term::Days(30) }
    }
}
