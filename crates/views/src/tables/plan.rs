//! 整改方案 rectification plans, without their text.

use workflow::plan::{Plan, PlanState};

use super::codes;
use crate::shape::{Column, Table, index};

codes!(STATES, state: PlanState {
    Filed "filed" "待答复";
    Accepted "accepted" "已采纳";
    SentBack "sent_back" "已退回";
});

/// Rectification plans.
pub(crate) const PLAN: Table<Plan> = Table {
    name: "plan",
    zh: "整改方案",
    about: ("每份整改方案一行。", "One row for each rectification plan."),
    key: 1,
    columns: &[
        Column::text("id", "编号", "Number", |p| p.id.clone()),
        Column::text("institution", "机构", "The institution", |p| p.institution.clone()),
        Column::bureau_of("bureau", "处室", "The bureau that looks after it", |p| &p.alert),
        Column::text("alert", "预警", "The alert that it answers", |p| p.alert.clone()),
        Column::code("state", "状态", "Where it stands", STATES, |p| state(&p.state)),
        Column::time("filed_at", "提交时间", "When it was filed", |p| p.filed_at),
        Column::day("done_by", "完成日期", "By when the institution will be done", |p| p.done_by),
        Column::maybe_time("answer_due", "答复期限", "Until when the supervisor answers", |p| {
            p.answer.due
        }),
        Column::maybe_time("answered_at", "答复时间", "When it was answered", |p| p.answer.kept),
        Column::maybe_text("answered_by", "答复人", "Who answered", |p| {
            p.answered_by.as_ref().map(ToString::to_string)
        }),
    ],
    indices: &[index("alert", "alert"), index("institution", "institution, filed_at, id")],
};
