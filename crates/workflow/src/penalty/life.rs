//! The life of a penalty as one table.

use super::event::PenaltyStep;
use crate::actor::Post;
use crate::life::{By, Row, Transition, rows, words};

words! {
    /// 处罚的状态: where a penalty stands.
    PenaltyState {
        Drafted "drafted" "已拟定" "drafted",
        Notified "notified" "已告知" "notified",
        Hearing "hearing" "听证中" "in hearing",
        Proposed "proposed" "待决定" "proposed",
        Decided "decided" "已决定" "decided",
        Served "served" "已送达" "served",
        Appealed "appealed" "复议或诉讼中" "appealed",
        Final "final" "已终结" "final",
        Overturned "overturned" "已撤销" "overturned",
        Dropped "dropped" "不予处罚" "dropped",
    }
}

words! {
    /// 处罚的步骤: a step in the life of a penalty.
    Step {
        Draft "draft" "拟定" "draft",
        Revise "revise" "修改拟定" "revise",
        Notify "notify" "事先告知" "serve the notice",
        Defend "defend" "陈述申辩" "state and defend",
        ReviewDefence "review_defence" "复核陈述申辩" "review the defence",
        Waive "waive" "放弃听证和申辩" "waive",
        AskHearing "ask_hearing" "申请听证" "ask for a hearing",
        CallHearing "call_hearing" "通知听证" "call the hearing",
        HoldHearing "hold_hearing" "举行听证" "hold the hearing",
        Propose "propose" "提请决定" "propose",
        SendBack "send_back" "退回" "send back",
        Decide "decide" "决定" "decide",
        Drop "drop" "不予处罚" "drop",
        Serve "serve" "送达" "serve",
        Pay "pay" "缴纳" "pay",
        Refund "refund" "退还" "refund",
        Defer "defer" "暂缓或分期缴纳" "defer",
        Appeal "appeal" "申请复议或起诉" "appeal",
        Uphold "uphold" "维持" "uphold",
        Change "change" "变更" "change",
        Overturn "overturn" "撤销" "overturn",
        Publish "publish" "公示" "publish",
        WithdrawPublication "withdraw_publication" "撤回公示" "withdraw what was published",
        Conclude "conclude" "终结" "conclude",
    }
}

const HEAD: &[By] = &[By::Post(Post::Head)];
const OFFICER: &[By] = &[By::Post(Post::Officer)];
const CASHIER: &[By] = &[By::System, By::Post(Post::Officer)];
const PARTY: &[By] = &[By::Party, By::Post(Post::Officer)];
const SYSTEM: &[By] = &[By::System];

const fn row(
    step: Step,
    from: &'static [PenaltyState],
    to: &'static [PenaltyState],
    by: &'static [By],
    is_four_eyes: bool,
) -> Transition<PenaltyState, Step> {
    Transition { step, from, to, by, is_four_eyes }
}

pub(super) const TABLE: &[Transition<PenaltyState, Step>] = {
    use PenaltyState::{Appealed, Decided, Drafted, Dropped, Final, Hearing, Notified, Overturned};
    use PenaltyState::{Proposed, Served};
    &[
        row(Step::Draft, &[], &[Drafted], OFFICER, false),
        row(Step::Revise, &[Drafted, Notified, Hearing], &[Drafted], OFFICER, false),
        row(Step::Notify, &[Drafted], &[Notified], OFFICER, false),
        row(Step::Defend, &[Notified, Hearing], &[], PARTY, false),
        row(Step::ReviewDefence, &[Notified, Hearing], &[], OFFICER, false),
        row(Step::Waive, &[Notified, Hearing], &[], PARTY, false),
        row(Step::AskHearing, &[Notified], &[Hearing], PARTY, false),
        row(Step::CallHearing, &[Hearing], &[], OFFICER, false),
        row(Step::HoldHearing, &[Hearing], &[], OFFICER, false),
        row(Step::Propose, &[Notified, Hearing], &[Proposed], OFFICER, false),
        row(Step::SendBack, &[Proposed], &[Notified, Hearing], HEAD, true),
        row(Step::Decide, &[Proposed], &[Decided], HEAD, true),
        row(Step::Drop, &[Drafted, Notified, Hearing, Proposed], &[Dropped], HEAD, true),
        row(Step::Serve, &[Decided], &[Served], OFFICER, false),
        row(Step::Pay, &[Served, Appealed], &[], CASHIER, false),
        row(Step::Refund, &[Served, Appealed, Final, Overturned], &[], CASHIER, false),
        row(Step::Defer, &[Served, Appealed], &[], HEAD, false),
        row(Step::Appeal, &[Served, Final], &[Appealed], OFFICER, false),
        row(Step::Uphold, &[Appealed], &[Served], OFFICER, false),
        row(Step::Change, &[Served, Appealed, Final], &[Served], OFFICER, false),
        row(Step::Overturn, &[Decided, Served, Appealed, Final], &[Overturned], OFFICER, false),
        row(Step::Publish, &[Served, Appealed, Final], &[], OFFICER, false),
        row(Step::WithdrawPublication, &[Served, Appealed, Final, Overturned], &[], OFFICER, false),
        row(Step::Conclude, &[Served], &[Final], SYSTEM, false),
    ]
};

/// The table as it is printed.
pub fn table() -> Vec<Row> {
    rows(TABLE)
}

impl PenaltyStep {
    /// The step of the table that it is; nothing for what is only noticed.
    pub const fn step(&self) -> Option<Step> {
        Some(match self {
            Self::Drafted { .. } => Step::Draft,
            Self::Revised { .. } => Step::Revise,
            Self::Notified { .. } => Step::Notify,
            Self::Defended { .. } => Step::Defend,
            Self::DefenceReviewed { .. } => Step::ReviewDefence,
            Self::Waived => Step::Waive,
            Self::HearingAsked { .. } => Step::AskHearing,
            Self::HearingCalled { .. } => Step::CallHearing,
            Self::HearingHeld { .. } => Step::HoldHearing,
            Self::Proposed { .. } => Step::Propose,
            Self::SentBack { .. } => Step::SendBack,
            Self::Decided { .. } => Step::Decide,
            Self::Dropped { .. } => Step::Drop,
            Self::Served { .. } => Step::Serve,
            Self::Paid { .. } => Step::Pay,
            Self::Refunded { .. } => Step::Refund,
            Self::Deferred { .. } => Step::Defer,
            Self::Appealed { .. } => Step::Appeal,
            Self::Upheld { .. } => Step::Uphold,
            Self::Changed { .. } => Step::Change,
            Self::Overturned { .. } => Step::Overturn,
            Self::Published { .. } => Step::Publish,
            Self::PublicationWithdrawn { .. } => Step::WithdrawPublication,
            Self::Concluded => Step::Conclude,
            Self::Lapsed { .. } => return None,
        })
    }
}
