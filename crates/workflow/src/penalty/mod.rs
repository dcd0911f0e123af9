//! 问责: the double penalty 双罚制 against an institution and against the persons who answer for it
//! (requirement 3.4). Each party has a penalty of its own, with its own decision, service, appeal
//! and payment; those of one offence are drafted together and know of one another.
//!
//! Sources, all of 《中华人民共和国行政处罚法》(2021年修订) unless another is named. Those marked † are
//! from memory and to be confirmed by a lawyer:
//! - art. 44, 45: prior notice, statement and defence, which may not make the penalty heavier
//! - art. 63, 64: hearing for heavier penalties, asked for within five days of the notice, called
//!   seven days before; art. 85: these are working days
//! - art. 57: decision by the head, collectively where it is heavy; art. 61: service within seven days
//! - art. 67: fines are paid within fifteen days of service; art. 66: deferral; art. 72: 3 % a day of
//!   what is late, at most as much as the fine; art. 73: not counted while an appeal is pending
//! - art. 48: what was published and is changed or annulled is withdrawn within three days (working days, art. 85)
//! - 《行政复议法》(2023年修订) 第二十条: reconsideration within 60 days; 《行政诉讼法》第四十六条: lawsuit
//!   within six months; 第四十五条: within fifteen days of the decision on reconsideration
//! - the limit of five times the illegal income: requirement 3.4; 《银行业监督管理法》第四十五条† and
//!   《保险法》第一百六十一条† have one to five times, and a fixed range where there is little or none
//! - the standard of 双公示 (发改办财金〔2018〕424号)†: published within seven working days of the decision
//!
//! **Invariant:** a decision takes two persons, one of them a head, and is never heavier than what was announced.
//! **Invariant:** a fine by the multiple is at most five times the illegal income; a fixed one stays in the range of its law.
//! **Invariant:** who is barred is told from decisions that were served and stand.

mod barred;
mod command;
mod credit;
mod dates;
mod decide;
mod draft;
mod event;
mod life;
mod sanction;
mod state;
#[cfg(test)]
mod tests;

pub use barred::{BarHit, Barred, Revoked};
pub use command::PenaltyCommand;
pub use credit::{CREDIT_COLUMNS, CreditColumn, CreditEntry, CreditRow, credit_entries};
pub use decide::{command, due};
pub use draft::{Against, Draft, draft};
pub use event::{
    Addressee, AppealKind, Authority, Basis, Clock, Ground, Offence, PaymentKind, PenaltyEvent, PenaltyStep,
    ServiceWay,
};
pub use life::{PenaltyState, Step, table};
pub use sanction::{Bar, Fine, Licence, MULTIPLE_MAX, Multiple, Sanctions};
pub use state::{
    Appeal, Decision, Defence, Hearing, Owed, Payment, Penalties, Penalty, PriorNotice, Publication,
};

use model::money::Fen;
use serde::{Deserialize, Serialize};

use crate::term::Term;

/// What holds for penalties; the policy may say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// To state, to defend and to ask for a hearing, after the notice (art. 64, 85).
    pub respond: Term,
    /// Working days by which a hearing is called before it is held (art. 64, 85).
    pub hearing_called_days: u32,
    /// A fine, or a confiscation, of an institution from which on there is a right to a hearing
    /// (art. 63: 较大数额, which each authority fixes).
    pub hearing_institution_from: Fen,
    /// The same for a person.
    pub hearing_person_from: Fen,
    /// To serve a decision (art. 61, 85).
    pub serve: Term,
    /// To pay (art. 67).
    pub pay: Term,
    /// For reconsideration (《行政复议法》第二十条).
    pub reconsideration: Term,
    /// For a lawsuit, in months (《行政诉讼法》第四十六条).
    pub lawsuit_months: u32,
    /// For a lawsuit after reconsideration (《行政诉讼法》第四十五条).
    pub lawsuit_after: Term,
    /// To publish on the credit platform, from the decision.
    pub publish: Term,
    /// To withdraw what was published (art. 48, 85).
    pub withdraw: Term,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            respond: Term::WorkingDays(5),
            hearing_called_days: 7,
            hearing_institution_from: Fen::from_yuan(1_000_000),
            hearing_person_from: Fen::from_yuan(50_000),
            serve: Term::WorkingDays(7),
            pay: Term::Days(15),
            reconsideration: Term::Days(60),
            lawsuit_months: 6,
            lawsuit_after: Term::Days(15),
            publish: Term::WorkingDays(7),
            withdraw: Term::WorkingDays(3),
        }
    }
}
