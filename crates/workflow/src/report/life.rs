//! The life of a report as one table.

use super::event::ReportStep;
use crate::actor::Post;
use crate::life::{By, Row, Transition, rows, words};

words! {
    /// 举报的状态: where a report stands.
    ReportState {
        Received "received" "已收到" "received",
        Acknowledged "acknowledged" "已受理" "acknowledged",
        Assigned "assigned" "办理中" "being dealt with",
        Led "led" "已转案件" "led to a case",
        Closed "closed" "已办结" "closed",
        Merged "merged" "已并入其他举报" "merged with another",
    }
}

words! {
    /// 举报的步骤: a step in the life of a report.
    Step {
        Submit "submit" "举报" "report",
        Acknowledge "acknowledge" "受理" "acknowledge",
        Assign "assign" "分派" "assign",
        Ask "ask" "追问或补充" "ask or add",
        Answer "answer" "答复" "answer",
        Extend "extend" "延期" "extend",
        Lead "lead" "转案件" "lead to a case",
        Close "close" "办结" "close",
        Merge "merge" "并案" "merge",
        Reopen "reopen" "重新办理" "reopen",
    }
}

const ANALYST: &[By] = &[By::Post(Post::Analyst)];
const OFFICER: &[By] = &[By::Post(Post::Officer)];
const HEAD: &[By] = &[By::Post(Post::Head)];
const REPORTER: &[By] = &[By::Party];
const ANYBODY: &[By] = &[By::Party, By::Post(Post::Analyst)];

const fn row(
    step: Step,
    from: &'static [ReportState],
    to: &'static [ReportState],
    by: &'static [By],
) -> Transition<ReportState, Step> {
    Transition { step, from, to, by, is_four_eyes: false }
}

pub(super) const TABLE: &[Transition<ReportState, Step>] = {
    use ReportState::{Acknowledged, Assigned, Closed, Led, Merged, Received};
    &[
        row(Step::Submit, &[], &[Received], ANYBODY),
        row(Step::Acknowledge, &[Received], &[Acknowledged], ANALYST),
        row(Step::Assign, &[Acknowledged, Assigned], &[Assigned], OFFICER),
        row(Step::Ask, &[Received, Acknowledged, Assigned, Led, Closed, Merged], &[], REPORTER),
        row(Step::Answer, &[Acknowledged, Assigned, Led, Closed, Merged], &[], ANALYST),
        row(Step::Extend, &[Acknowledged, Assigned], &[], HEAD),
        row(Step::Lead, &[Assigned], &[Led], OFFICER),
        row(Step::Close, &[Received, Acknowledged, Assigned], &[Closed], OFFICER),
        row(Step::Merge, &[Received, Acknowledged, Assigned], &[Merged], OFFICER),
        row(Step::Reopen, &[Closed], &[Assigned], OFFICER),
    ]
};

/// The table as it is printed.
pub fn table() -> Vec<Row> {
    rows(TABLE)
}

impl ReportStep {
    /// The step of the table that it is; nothing for what is only noticed.
    pub const fn step(&self) -> Option<Step> {
        Some(match self {
            Self::Received { .. } => Step::Submit,
            Self::Acknowledged { .. } => Step::Acknowledge,
            Self::Assigned { .. } => Step::Assign,
            Self::Asked { .. } => Step::Ask,
            Self::Answered { .. } => Step::Answer,
            Self::Extended { .. } => Step::Extend,
            Self::Led { .. } => Step::Lead,
            Self::Closed { .. } => Step::Close,
            Self::Merged { .. } => Step::Merge,
            Self::Reopened { .. } => Step::Reopen,
            Self::Missed { .. } => return None,
        })
    }
}
