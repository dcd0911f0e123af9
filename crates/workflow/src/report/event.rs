//! What happens to a report, as it is sealed.

use std::fmt;

use model::institution::InstitutionId;
use model::time::Time;
use serde::{Deserialize, Serialize};

use super::token::TokenHash;
use crate::actor::Actor;
use crate::life::words;
use crate::term::Deadline;

/// 被举报人: about whom a report is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An institution, by its identifier.
    Institution(InstitutionId),
    /// A name, as the reporter wrote it.
    Named(String),
}

/// 联系方式: a way to answer the reporter, such as a telephone number. It is sensitive: it is not
/// shown by `Debug`, and stands in no state that is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contact(String);

impl Contact {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// As the reporter wrote it, for who deals with the report.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(…)")
    }
}

words! {
    /// 期限: the clocks of a report.
    Clock {
        Acknowledge "acknowledge" "受理" "to acknowledge",
        Handle "handle" "办理" "to deal with it",
    }
}

words! {
    /// 办结方式: why a report is closed.
    CloseReason {
        NotAccepted "not_accepted" "不予受理" "not accepted",
        NotOurs "not_ours" "不属于职责范围，已告知受理机关" "the affair of another authority",
        Unfounded "unfounded" "经查不属实" "found to be untrue",
        NoEvidence "no_evidence" "线索不足，无法查证" "too little to go by",
        Settled "settled" "属实，已另行处理" "true, and dealt with otherwise",
    }
}

/// Something that happened to a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportEvent {
    /// Its number.
    pub id: String,
    /// When.
    pub at: Time,
    /// By whom; `anonymous` for the reporter.
    pub by: Actor,
    /// What.
    pub step: ReportStep,
}

/// A step in the life of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportStep {
    /// 收到.
    Received {
        /// About whom.
        subject: Subject,
        /// What the reporter says.
        text: String,
        /// The hash of the token.
        token_sha256: TokenHash,
        /// A way to answer; nothing when the reporter stays anonymous.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        contact: Option<Contact>,
        /// Until when it is acknowledged.
        acknowledge: Deadline,
    },
    /// 受理.
    Acknowledged {
        /// Until when it is dealt with.
        handle: Deadline,
    },
    /// 分派.
    Assigned {
        /// To whom.
        to: String,
    },
    /// 追问或补充: the reporter says or asks something.
    Asked {
        /// What.
        text: String,
    },
    /// 答复: the reporter is told or asked something.
    Answered {
        /// What.
        text: String,
    },
    /// 延期.
    Extended {
        /// Until when it is dealt with.
        handle: Deadline,
        /// Why.
        reason: String,
    },
    /// 转案件.
    Led {
        /// The case.
        case: String,
    },
    /// 办结.
    Closed {
        /// In which way.
        reason: CloseReason,
        /// Why.
        text: String,
    },
    /// 并案: it is dealt with in another report.
    Merged {
        /// Which.
        into: String,
    },
    /// 重新办理.
    Reopened {
        /// Why.
        reason: String,
        /// Until when it is dealt with.
        handle: Deadline,
    },
    /// 逾期: a clock ran out.
    Missed {
        /// Which.
        clock: Clock,
    },
}
