//! The tables of cases and of their measures: from which state which step leads where.

use crate::actor::Post;
use crate::library::Stage;
use crate::life::words;
use crate::machine::{Cell, Leads, Machine, Verb, kinds};
use crate::order::ORDER;

words! {
    /// A step of a case.
    CaseVerb {
        /// More findings.
        Join "join" "并入发现" "join",
        Claim "claim" "认领" "claim",
        Assign "assign" "转办" "assign",
        ConfirmFinding "confirm_finding" "确认发现" "confirm a finding",
        DismissFinding "dismiss_finding" "排除发现" "dismiss a finding",
        AddRisk "add_risk" "认定风险" "add a risk",
        StrikeRisk "strike_risk" "撤销风险" "strike a risk",
        AddMeasure "add_measure" "增列措施" "add a measure",
        /// Everything about a measure but lifting it.
        HandleMeasure "handle_measure" "办理措施" "handle a measure",
        /// Also after the case was closed.
        LiftMeasure "lift_measure" "解除措施" "lift a measure",
        AskSkip "ask_skip" "申请跳过本阶段" "ask to skip the stage",
        RefuseSkip "refuse_skip" "驳回跳过申请" "refuse to skip the stage",
        Skip "skip" "批准跳过本阶段" "skip the stage",
        Advance "advance" "推进到下一阶段" "advance",
        Close "close" "结案" "close",
        /// Nothing of what was found holds.
        Drop "drop" "撤案" "drop",
        Reopen "reopen" "重启" "reopen",
        Note "note" "记录" "note",
    }
}

kinds!(CaseVerb, MeasureState, MeasureVerb, Stage);

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
        Suggested "suggested" "建议" "suggested",
        Proposed "proposed" "已提出" "proposed",
        Approved "approved" "已批准" "approved",
        Ordered "ordered" "已下达" "ordered",
        /// By every addressee.
        Acknowledged "acknowledged" "已签收" "acknowledged",
        /// By every addressee.
        Reported "reported" "已回执" "reported",
        Done "done" "已办结" "done",
        Failed "failed" "未能执行" "failed",
        Lifted "lifted" "已解除" "lifted",
        Waived "waived" "已免除" "waived",
        Withdrawn "withdrawn" "已撤回" "withdrawn",
    }
}

words! {
    /// A step of a measure.
    MeasureVerb {
        Propose "propose" "提出" "propose",
        ProposeFreely "propose_freely" "提出（无需审批）" "propose what needs no approval",
        Approve "approve" "批准" "approve",
        SendBack "send_back" "退回" "send back",
        Withdraw "withdraw" "撤回" "withdraw",
        AskWaiver "ask_waiver" "申请免除" "ask for a waiver",
        RefuseWaiver "refuse_waiver" "驳回免除申请" "refuse the waiver",
        Waive "waive" "批准免除" "waive",
        Order "order" "下达指令" "order",
        /// The last addressee.
        Acknowledge "acknowledge" "全部签收" "acknowledge",
        /// The last addressee.
        Report "report" "全部回执" "report back",
        Return "return" "退回回执" "return the report",
        /// The last report was accepted.
        Finish "finish" "办结" "finish",
        /// No addressee could.
        Fail "fail" "记为未能执行" "fail",
        AskLift "ask_lift" "申请解除" "ask to lift",
        RefuseLift "refuse_lift" "驳回解除申请" "refuse to lift",
        Lift "lift" "批准解除" "lift",
        SetMilestones "set_milestones" "列明分期安排" "set milestones",
        KeepMilestone "keep_milestone" "记录分期履行" "keep a milestone",
        FollowUp "follow_up" "跟踪核查" "follow up",
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
pub fn states_table() -> Vec<Cell> {
    let mut rows = CASE.rows();
    rows.extend(MEASURE.rows());
    rows.extend(ORDER.rows());
    rows
}
