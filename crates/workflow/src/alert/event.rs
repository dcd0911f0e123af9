//! What happens to an alert, as it is sealed.

use model::event::Grade;
use model::time::{Day, Time};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::term::Deadline;

/// Something that happened to an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertEvent {
    /// The alert's number.
    pub id: String,
    /// The institution; `*` for the industry.
    pub institution: String,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Actor,
    /// What.
    pub step: AlertStep,
}

/// A finding of a day that is a reason of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertReason {
    /// The entry of the rulebook.
    pub entry: String,
    /// Which version of it: the digest of its file.
    pub entry_hash: String,
    /// The line of business that it is about, where the entry tells lines apart.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<String>,
    /// The day.
    pub day: Day,
    /// The grade that it gave.
    pub grade: Grade,
    /// The value, in the entry's unit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
    /// The condition that the value met.
    pub condition: String,
}

/// What a clock of an alert runs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// 推送: the responsible supervisor's phone has it (2.7).
    Push,
    /// 确认: somebody acknowledged it.
    Acknowledge,
    /// 风险提示函: the executives have the letter (2.8).
    Letter,
    /// 公示: it is published (2.9).
    Publish,
    /// 整改方案: the institution filed its plan (2.9).
    Plan,
}

impl Clock {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Push, Self::Acknowledge, Self::Letter, Self::Publish, Self::Plan];

    /// Its name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Push => "推送",
            Self::Acknowledge => "确认",
            Self::Letter => "风险提示函",
            Self::Publish => "公示",
            Self::Plan => "整改方案",
        }
    }

    /// Its name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Acknowledge => "acknowledgement",
            Self::Letter => "risk notice letter",
            Self::Publish => "publication",
            Self::Plan => "rectification plan",
        }
    }
}

/// A clock that starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// What it runs for.
    pub clock: Clock,
    /// Until when.
    pub deadline: Deadline,
}

/// Why an alert got worse although nothing new was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worse {
    /// Something worse was found.
    Found,
    /// The rectification plan did not come in time (2.9).
    PlanOverdue,
    /// The rectification plan was sent back too often (2.9).
    PlanRejected,
}

/// A step in the life of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStep {
    /// 触发: it was opened.
    Opened {
        /// Its grade.
        grade: Grade,
        /// Why.
        reasons: Vec<AlertReason>,
        /// The bureau that looks after the institution.
        bureau: String,
        /// Who owns it: the first of the bureau's chain.
        owner: String,
        /// The clocks that start.
        clocks: Vec<Started>,
        /// The grades that opened it took account of everything in the ledger before this position.
        as_of: u64,
    },
    /// 并入: more of the same or lesser weight was found.
    Joined {
        /// What.
        reasons: Vec<AlertReason>,
        /// As when it was opened.
        as_of: u64,
    },
    /// 升级: it is of a worse grade from now on.
    Raised {
        /// Its grade.
        grade: Grade,
        /// Why.
        because: Worse,
        /// What was found.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        reasons: Vec<AlertReason>,
        /// The clocks that start.
        clocks: Vec<Started>,
        /// As when it was opened.
        as_of: u64,
    },
    /// 确认收悉: somebody took note of it and sees to it.
    Acknowledged,
    /// 逐级上报: the next person was told.
    Escalated {
        /// Who.
        to: String,
        /// The how-manieth of the chain, from 0.
        rank: u32,
        /// Until when that person has to acknowledge it.
        deadline: Deadline,
    },
    /// 转办: another person owns it.
    Assigned {
        /// Who.
        owner: String,
    },
    /// 时限起算: a clock starts.
    Started(Started),
    /// 按期: what a clock ran for was done, late or not.
    Kept {
        /// Which.
        clock: Clock,
    },
    /// 逾期: a clock ran out.
    Missed {
        /// Which.
        clock: Clock,
    },
    /// The calendar reaches the deadline of a clock now.
    Dated {
        /// Which.
        clock: Clock,
        /// Until when.
        due: Time,
    },
    /// 立案: a case was opened for it, or it joined one.
    CaseJoined {
        /// Which.
        case: String,
    },
    /// 降级: a better grade takes the place of the worse one.
    Eased {
        /// The grade from now on.
        grade: Grade,
        /// Why a person did it; nothing where it is a lasting improvement.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
    },
    /// 排除: it was a false alarm.
    Dismissed {
        /// Why.
        reason: String,
        /// Until when the same reasons raise no new one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        mute_until: Option<Day>,
    },
    /// 解除: it is over.
    Closed {
        /// Why a person closed it; nothing where it is a lasting improvement.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
    },
}
