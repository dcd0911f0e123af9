//! The tables of cases and of their measures: from which state which step leads where.

use crate::actor::Post;
use crate::library::Stage;
use crate::machine::{Leads, Machine, Row, Verb, words};
use crate::order::ORDER;

words! {
    /// A step of a case.
    CaseVerb {
        /// 并入: more findings.
        Join = "join", "并入发现", "join";
        /// 认领.
        Claim = "claim", "认领", "claim";
        /// 转办.
        Assign = "assign", "转办", "assign";
        /// 确认发现.
        ConfirmFinding = "confirm_finding", "确认发现", "confirm a finding";
        /// 排除发现.
        DismissFinding = "dismiss_finding", "排除发现", "dismiss a finding";
        /// 认定风险.
        AddRisk = "add_risk", "认定风险", "add a risk";
        /// 撤销风险.
        StrikeRisk = "strike_risk", "撤销风险", "strike a risk";
        /// 增列措施.
        AddMeasure = "add_measure", "增列措施", "add a measure";
        /// 办理措施: everything about a measure but lifting it.
        HandleMeasure = "handle_measure", "办理措施", "handle a measure";
        /// 解除措施: also after the case was closed.
        LiftMeasure = "lift_measure", "解除措施", "lift a measure";
        /// 申请跳过.
        AskSkip = "ask_skip", "申请跳过本阶段", "ask to skip the stage";
        /// 驳回跳过.
        RefuseSkip = "refuse_skip", "驳回跳过申请", "refuse to skip the stage";
        /// 批准跳过.
        Skip = "skip", "批准跳过本阶段", "skip the stage";
        /// 推进.
        Advance = "advance", "推进到下一阶段", "advance";
        /// 结案.
        Close = "close", "结案", "close";
        /// 撤案: nothing of what was found holds.
        Drop = "drop", "撤案", "drop";
        /// 重启.
        Reopen = "reopen", "重启", "reopen";
        /// 记录.
        Note = "note", "记录", "note";
    }
}

impl Verb for CaseVerb {
    fn post(self) -> Option<Post> {
        match self {
            // What follows by itself, or is asked of each step of a measure.
            Self::Join | Self::HandleMeasure | Self::LiftMeasure => None,
            Self::Claim | Self::AddRisk | Self::AddMeasure | Self::AskSkip | Self::Note => {
                Some(Post::Analyst)
            }
            Self::Assign
            | Self::ConfirmFinding
            | Self::DismissFinding
            | Self::StrikeRisk
            | Self::RefuseSkip
            | Self::Skip
            | Self::Advance
            | Self::Close
            | Self::Drop => Some(Post::Officer),
            Self::Reopen => Some(Post::Head),
        }
    }
}

use CaseVerb as C;
use Stage::{Account, Closed, Identify, Isolate, Resolve};

const OPEN: &[Stage] = &Stage::OPEN;

/// The table of cases. What each step takes beside is the decision's to say.
pub(crate) const CASE: Machine<Stage, CaseVerb> = Machine {
    of: ("案件", "case"),
    lines: &[
        (OPEN, C::Join, Leads::Nowhere),
        (OPEN, C::Claim, Leads::Nowhere),
        (OPEN, C::Assign, Leads::Nowhere),
        (OPEN, C::ConfirmFinding, Leads::Nowhere),
        (OPEN, C::DismissFinding, Leads::Nowhere),
        (OPEN, C::AddRisk, Leads::Nowhere),
        (OPEN, C::StrikeRisk, Leads::Nowhere),
        (OPEN, C::AddMeasure, Leads::Nowhere),
        (OPEN, C::HandleMeasure, Leads::Nowhere),
        (Stage::ALL, C::LiftMeasure, Leads::Nowhere),
        (OPEN, C::AskSkip, Leads::Nowhere),
        (OPEN, C::RefuseSkip, Leads::Nowhere),
        (&[Identify], C::Skip, Leads::To(Isolate)),
        (&[Isolate], C::Skip, Leads::To(Resolve)),
        (&[Resolve], C::Skip, Leads::To(Account)),
        (&[Account], C::Skip, Leads::To(Closed)),
        (&[Identify], C::Advance, Leads::To(Isolate)),
        (&[Isolate], C::Advance, Leads::To(Resolve)),
        (&[Resolve], C::Advance, Leads::To(Account)),
        (&[Account], C::Close, Leads::To(Closed)),
        (OPEN, C::Drop, Leads::To(Closed)),
        // A case that was reopened goes through all stages again; what is done already lets it pass.
        (&[Closed], C::Reopen, Leads::To(Identify)),
        (Stage::ALL, C::Note, Leads::Nowhere),
    ],
};

words! {
    /// The state of a measure in a case.
    MeasureState {
        /// 建议.
        Suggested = "suggested", "建议", "suggested";
        /// 已提出.
        Proposed = "proposed", "已提出", "proposed";
        /// 已批准.
        Approved = "approved", "已批准", "approved";
        /// 已下达.
        Ordered = "ordered", "已下达", "ordered";
        /// 已签收: by every addressee.
        Acknowledged = "acknowledged", "已签收", "acknowledged";
        /// 已回执: by every addressee.
        Reported = "reported", "已回执", "reported";
        /// 已办结.
        Done = "done", "已办结", "done";
        /// 未能执行.
        Failed = "failed", "未能执行", "failed";
        /// 已解除.
        Lifted = "lifted", "已解除", "lifted";
        /// 已免除.
        Waived = "waived", "已免除", "waived";
        /// 已撤回.
        Withdrawn = "withdrawn", "已撤回", "withdrawn";
    }
}

words! {
    /// A step of a measure.
    MeasureVerb {
        /// 提出.
        Propose = "propose", "提出", "propose";
        /// 提出 (what needs no approval).
        ProposeFreely = "propose_freely", "提出（无需审批）", "propose what needs no approval";
        /// 批准.
        Approve = "approve", "批准", "approve";
        /// 退回.
        SendBack = "send_back", "退回", "send back";
        /// 撤回.
        Withdraw = "withdraw", "撤回", "withdraw";
        /// 申请免除.
        AskWaiver = "ask_waiver", "申请免除", "ask for a waiver";
        /// 驳回免除.
        RefuseWaiver = "refuse_waiver", "驳回免除申请", "refuse the waiver";
        /// 免除.
        Waive = "waive", "批准免除", "waive";
        /// 下达.
        Order = "order", "下达指令", "order";
        /// 签收: the last addressee.
        Acknowledge = "acknowledge", "全部签收", "acknowledge";
        /// 回执: the last addressee.
        Report = "report", "全部回执", "report back";
        /// 退回回执.
        Return = "return", "退回回执", "return the report";
        /// 办结: the last report was accepted.
        Finish = "finish", "办结", "finish";
        /// 未能执行: no addressee could.
        Fail = "fail", "记为未能执行", "fail";
        /// 申请解除.
        AskLift = "ask_lift", "申请解除", "ask to lift";
        /// 驳回解除.
        RefuseLift = "refuse_lift", "驳回解除申请", "refuse to lift";
        /// 解除.
        Lift = "lift", "批准解除", "lift";
        /// 分期安排.
        SetMilestones = "set_milestones", "列明分期安排", "set milestones";
        /// 分期履行.
        KeepMilestone = "keep_milestone", "记录分期履行", "keep a milestone";
        /// 跟踪核查.
        FollowUp = "follow_up", "跟踪核查", "follow up";
    }
}

impl Verb for MeasureVerb {
    fn post(self) -> Option<Post> {
        match self {
            Self::Acknowledge | Self::Report | Self::Return | Self::Finish | Self::Fail => None,
            Self::Propose
            | Self::ProposeFreely
            | Self::Withdraw
            | Self::AskWaiver
            | Self::AskLift
            | Self::SetMilestones
            | Self::KeepMilestone
            | Self::FollowUp => Some(Post::Analyst),
            Self::Approve
            | Self::SendBack
            | Self::RefuseWaiver
            | Self::Waive
            | Self::Order
            | Self::RefuseLift
            | Self::Lift => Some(Post::Officer),
        }
    }
}

use MeasureState as S;
use MeasureVerb as V;

/// Before anything was ordered, or after it came to nothing.
const WAIVABLE: &[S] = &[S::Suggested, S::Proposed, S::Failed, S::Withdrawn];
/// What was ordered and holds.
const LIFTABLE: &[S] = &[S::Ordered, S::Acknowledged, S::Reported, S::Done];

/// The table of measures.
pub(crate) const MEASURE: Machine<MeasureState, MeasureVerb> = Machine {
    of: ("措施", "measure"),
    lines: &[
        (&[S::Suggested, S::Failed, S::Withdrawn], V::Propose, Leads::To(S::Proposed)),
        (&[S::Suggested, S::Failed, S::Withdrawn], V::ProposeFreely, Leads::To(S::Approved)),
        (&[S::Proposed], V::Approve, Leads::To(S::Approved)),
        (&[S::Proposed], V::SendBack, Leads::To(S::Suggested)),
        (&[S::Proposed, S::Approved], V::Withdraw, Leads::To(S::Withdrawn)),
        (WAIVABLE, V::AskWaiver, Leads::Nowhere),
        (WAIVABLE, V::RefuseWaiver, Leads::Nowhere),
        (WAIVABLE, V::Waive, Leads::To(S::Waived)),
        (&[S::Approved], V::Order, Leads::To(S::Ordered)),
        (&[S::Ordered], V::Acknowledge, Leads::To(S::Acknowledged)),
        (&[S::Ordered, S::Acknowledged], V::Report, Leads::To(S::Reported)),
        (&[S::Reported], V::Return, Leads::To(S::Acknowledged)),
        (&[S::Reported], V::Finish, Leads::To(S::Done)),
        (&[S::Reported], V::Fail, Leads::To(S::Failed)),
        (LIFTABLE, V::AskLift, Leads::Nowhere),
        (LIFTABLE, V::RefuseLift, Leads::Nowhere),
        (LIFTABLE, V::Lift, Leads::To(S::Lifted)),
        (LIFTABLE, V::SetMilestones, Leads::Nowhere),
        (LIFTABLE, V::KeepMilestone, Leads::Nowhere),
        (&[S::Done], V::FollowUp, Leads::Nowhere),
    ],
};

/// 状态表: every state of cases, measures and orders with every step, as the decisions ask them.
pub fn states_table() -> Vec<Row> {
    let mut rows = CASE.rows();
    rows.extend(MEASURE.rows());
    rows.extend(ORDER.rows());
    rows
}
