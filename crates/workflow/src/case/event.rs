//! What happens to a case, as it is sealed.

use std::collections::BTreeSet;

use model::money::Fen;
use model::text::Text;
use model::time::{Day, Time};
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Post};
use crate::library::{AddresseeKind, Approval, EffectKind, FollowUp, MeasureForm, Stage};
use crate::order::OrderText;
use crate::term::{Deadline, Term};

/// Something that happened to a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseEvent {
    /// The case's number.
    pub id: String,
    /// The institution.
    pub institution: String,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Actor,
    /// What.
    pub step: CaseStep,
}

/// A finding on which a case rests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FindingRef {
    /// The entry of the rulebook.
    pub entry: String,
    /// The day.
    pub day: Day,
    /// Where it is sealed in the ledger.
    pub position: u64,
}

/// A measure that a case lists, with what holds for it whatever the library says later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// By which name the case knows it: that of the library, with a number from the second on.
    pub key: String,
    /// The measure of the library.
    pub measure: String,
    /// Title.
    pub title: Text,
    /// The stage to which it belongs.
    pub stage: Stage,
    /// The risks for which it must be done or waived.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub mandatory: BTreeSet<String>,
    /// Who has to agree.
    pub approval: Approval,
}

impl Listed {
    pub(crate) fn new(form: &MeasureForm, key: String) -> Self {
        Self {
            key,
            measure: form.id.clone(),
            title: form.title.clone(),
            stage: form.stage,
            mandatory: form.mandatory.clone(),
            approval: form.approval,
        }
    }
}

/// 分期, 节点: an instalment of a plan, or a step of it, that is kept or missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// The last day on which it can be kept.
    pub day: Day,
    /// How much is paid, in yuan, where it is about money.
    #[serde(rename = "amount", skip_serializing_if = "Option::is_none", default)]
    pub amount_fen: Option<Fen>,
    /// What is done, or what else there is to say of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
}

/// What is proposed: all that an order needs, so that what was approved is what is ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The version of the library's measure.
    pub version: u32,
    /// Who receives the order.
    pub addressee: AddresseeKind,
    /// What it says.
    pub order: OrderText,
    /// Who has to agree.
    pub approval: Approval,
    /// Within which the addressee reports back.
    pub term: Term,
    /// What it does inside the system.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effect: Option<EffectKind>,
    /// Whether it can be lifted.
    pub liftable: bool,
    /// What is looked at again after it was done.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub follow_up: Option<FollowUp>,
    /// Whether it has instalments or steps with days.
    pub in_instalments: bool,
    /// Those known when it was proposed, the first one first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub milestones: Vec<Milestone>,
}

/// A clock of a case whose deadline the calendar did not reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseClock {
    /// The stage's.
    Stage,
    /// A measure's, to be looked at again.
    FollowUp {
        /// Which.
        measure: String,
    },
}

/// What a case begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The institution's name, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// Its line of business, where one is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<String>,
    /// The bureau that looks after it.
    pub bureau: String,
    /// Who owns the case.
    pub owner: String,
    /// The alert for which it was opened.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub alert: Option<String>,
    /// Kinds of risk.
    pub risks: BTreeSet<String>,
    /// Findings.
    pub findings: Vec<FindingRef>,
    /// Why a person opened it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The stage in which it begins.
    pub stage: Stage,
    /// Until when that one is to be left.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deadline: Option<Deadline>,
    /// Digest of the library.
    pub library: String,
}

/// A step in the life of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStep {
    /// 立案.
    Opened(Opened),
    /// 并入: more was found at the institution while the case is open.
    Joined {
        /// The alert that brought it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        alert: Option<String>,
        /// Findings that the case did not have.
        findings: Vec<FindingRef>,
        /// Kinds of risk that it did not have.
        #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
        risks: BTreeSet<String>,
        /// Why a person brought it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
    },
    /// 建议措施: what the library has for risks and line.
    Suggested {
        /// Measures that the case did not list.
        measures: Vec<Listed>,
    },
    /// 增列措施: by a person, beside the suggested ones or once more.
    MeasureAdded {
        /// Which.
        measure: Listed,
        /// Why.
        reason: String,
    },
    /// 认领, 转办.
    Assigned {
        /// Who owns it from now on.
        owner: String,
    },
    /// 确认发现.
    FindingConfirmed {
        /// The how-manieth, from 0.
        finding: u32,
        /// Remark.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        note: Option<String>,
    },
    /// 排除发现.
    FindingDismissed {
        /// The how-manieth, from 0.
        finding: u32,
        /// Why.
        reason: String,
    },
    /// 认定风险.
    RiskAdded {
        /// Which.
        risk: String,
        /// Why.
        reason: String,
    },
    /// 撤销风险.
    RiskStruck {
        /// Which.
        risk: String,
        /// Why.
        reason: String,
    },
    /// Something happened to a measure.
    Measure {
        /// Which, by its key in the case.
        key: String,
        /// What.
        step: MeasureStep,
    },
    /// 申请跳过.
    SkipAsked {
        /// Why.
        reason: String,
    },
    /// 驳回跳过.
    SkipRefused {
        /// Why.
        reason: String,
    },
    /// 跳过: the stage was left without what the table wants.
    Skipped {
        /// The stage from now on.
        to: Stage,
        /// Until when that one is to be left.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        deadline: Option<Deadline>,
        /// Why it was asked for.
        reason: String,
    },
    /// 推进.
    Advanced {
        /// The stage from now on.
        to: Stage,
        /// Until when that one is to be left.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        deadline: Option<Deadline>,
    },
    /// 阶段逾期: the stage was not left in time.
    StageMissed {
        /// Who of the bureau's chain is told.
        escalates_to: Post,
    },
    /// The calendar reaches the deadline of a clock now.
    Dated {
        /// Which.
        clock: CaseClock,
        /// Until when.
        due: Time,
    },
    /// 结案: everything was done.
    Closed {
        /// What came of it.
        reason: String,
    },
    /// 撤案: nothing of what was found holds.
    Dropped {
        /// Why.
        reason: String,
    },
    /// 重启.
    Reopened {
        /// The stage from now on.
        to: Stage,
        /// Until when that one is to be left.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        deadline: Option<Deadline>,
        /// Why.
        reason: String,
    },
    /// 记录.
    Noted {
        /// What.
        text: String,
    },
}

/// A step in the life of a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureStep {
    /// 提出.
    Proposed {
        /// What.
        draft: Box<Draft>,
    },
    /// 批准.
    Approved,
    /// 退回.
    SentBack {
        /// Why.
        reason: String,
    },
    /// 撤回.
    Withdrawn {
        /// Why.
        reason: String,
    },
    /// 申请免除.
    WaiverAsked {
        /// Why.
        reason: String,
    },
    /// 驳回免除.
    WaiverRefused {
        /// Why.
        reason: String,
    },
    /// 免除: by approval of the waiver, or of the skip of its stage.
    Waived {
        /// Why it was asked for.
        reason: String,
    },
    /// 下达.
    Ordered {
        /// The orders, one for each addressee.
        orders: Vec<String>,
    },
    /// 签收: every addressee took note.
    Acknowledged,
    /// 回执: every addressee reported back.
    Reported,
    /// 退回: a report does not do.
    Returned,
    /// 办结: every report was accepted.
    Done {
        /// Until when it is looked at again.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        follow_up: Option<Deadline>,
    },
    /// 未能执行: no addressee could.
    Failed,
    /// 申请解除.
    LiftAsked {
        /// Why.
        reason: String,
    },
    /// 驳回解除.
    LiftRefused {
        /// Why.
        reason: String,
    },
    /// 解除: it holds no longer.
    Lifted {
        /// Why it was asked for.
        reason: String,
    },
    /// 分期安排: instalments that became known, such as those of a plan that was reported back.
    MilestonesSet {
        /// More of them.
        milestones: Vec<Milestone>,
    },
    /// 分期履行: an instalment was paid, late or not.
    MilestoneKept {
        /// The how-manieth, from 0.
        milestone: u32,
        /// Remark.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        note: Option<String>,
    },
    /// 分期逾期.
    MilestoneMissed {
        /// The how-manieth, from 0.
        milestone: u32,
        /// Who of the bureau's chain is told.
        escalates_to: Post,
    },
    /// 跟踪核查: it was looked at again.
    FollowedUp {
        /// What was seen.
        text: String,
    },
    /// 跟踪逾期.
    FollowUpMissed {
        /// Who of the bureau's chain is told.
        escalates_to: Post,
    },
}
