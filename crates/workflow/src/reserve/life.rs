//! The life of a draw, and who may keep the books, as one table.

use super::event::ReserveStep;
use crate::actor::Post;
use crate::life::{By, Row, Transition, rows, words};

words! {
    /// 动用申请的状态: where a draw stands.
    DrawState {
        Requested "requested" "待批准" "requested",
        Approved "approved" "已批准" "approved",
        Paid "paid" "已拨付" "paid",
        Repaid "repaid" "已还清" "repaid",
        WrittenOff "written_off" "已核销" "written off",
        Rejected "rejected" "不予批准" "rejected",
        Withdrawn "withdrawn" "已撤回" "withdrawn",
    }
}

words! {
    /// 准备金的步骤: a step in the books of the reserve.
    Step {
        Accrue "accrue" "计提" "accrue",
        Receive "receive" "收缴" "receive",
        Reverse "reverse_receipt" "冲销" "reverse a receipt",
        Request "request_draw" "申请动用" "request a draw",
        Approve "approve_draw" "批准动用" "approve",
        Reject "reject_draw" "不予批准" "reject",
        Withdraw "withdraw_draw" "撤回申请" "withdraw",
        Pay "pay_draw" "拨付" "pay out",
        Repay "repay" "偿还" "repay",
        ProposeWriteOff "propose_write_off" "提请核销" "propose to write off",
        ApproveWriteOff "approve_write_off" "批准核销" "approve to write off",
        RejectWriteOff "reject_write_off" "不予核销" "reject to write off",
    }
}

const HEAD: &[By] = &[By::Post(Post::Head)];
const OFFICER: &[By] = &[By::Post(Post::Officer)];
const BOOKKEEPER: &[By] = &[By::System, By::Post(Post::Officer)];
const ASKER: &[By] = &[By::Party, By::Post(Post::Officer)];

const fn row(
    step: Step,
    from: &'static [DrawState],
    to: &'static [DrawState],
    by: &'static [By],
    is_four_eyes: bool,
) -> Transition<DrawState, Step> {
    Transition { step, from, to, by, is_four_eyes }
}

pub(super) const TABLE: &[Transition<DrawState, Step>] = {
    use DrawState::{Approved, Paid, Rejected, Repaid, Requested, Withdrawn, WrittenOff};
    &[
        row(Step::Accrue, &[], &[], BOOKKEEPER, false),
        row(Step::Receive, &[], &[], BOOKKEEPER, false),
        row(Step::Reverse, &[], &[Paid], HEAD, true),
        row(Step::Request, &[], &[Requested], ASKER, false),
        row(Step::Approve, &[Requested], &[Approved], HEAD, true),
        row(Step::Reject, &[Requested], &[Rejected], HEAD, true),
        row(Step::Withdraw, &[Requested, Approved], &[Withdrawn], ASKER, false),
        row(Step::Pay, &[Approved], &[Paid], OFFICER, true),
        row(Step::Repay, &[Paid, WrittenOff], &[Paid, Repaid, WrittenOff], BOOKKEEPER, false),
        row(Step::ProposeWriteOff, &[Paid], &[Paid], OFFICER, false),
        row(Step::ApproveWriteOff, &[Paid], &[Paid, WrittenOff], HEAD, true),
        row(Step::RejectWriteOff, &[Paid], &[Paid], HEAD, true),
    ]
};

/// The table as it is printed.
pub fn table() -> Vec<Row> {
    rows(TABLE)
}

impl ReserveStep {
    /// The step of the table that it is; nothing for what is only noticed.
    pub const fn step(&self) -> Option<Step> {
        Some(match self {
            Self::Accrued { .. } => Step::Accrue,
            Self::ContributionReceived { .. } => Step::Receive,
            Self::ReceiptReversed { .. } => Step::Reverse,
            Self::DrawRequested { .. } => Step::Request,
            Self::DrawApproved => Step::Approve,
            Self::DrawRejected { .. } => Step::Reject,
            Self::DrawWithdrawn { .. } => Step::Withdraw,
            Self::DrawPaid { .. } => Step::Pay,
            Self::DrawRepaid { .. } => Step::Repay,
            Self::WriteOffProposed { .. } => Step::ProposeWriteOff,
            Self::WriteOffApproved { .. } => Step::ApproveWriteOff,
            Self::WriteOffRejected { .. } => Step::RejectWriteOff,
            Self::ContributionMissed { .. } | Self::InstalmentMissed { .. } => return None,
        })
    }
}
