//! 复核 what people did with flagged findings, without what was grouped by: that may be a pseudonym.

use model::time::{Day, Time};
use workflow::actor::Actor;
use workflow::review::{Decision, Handling};

use super::codes;
use crate::shape::{Column, Table, index};

codes!(DECISIONS, decision: Decision {
    Confirmed "confirmed" "认定";
    Dismissed "dismissed" "排除";
});

/// A review with the institution that it is about.
pub(crate) struct Reviewed {
    pub(crate) id: String,
    pub(crate) institution: String,
    pub(crate) handling: Handling,
}

/// Reviews.
pub(crate) const REVIEW: Table<Reviewed> = Table {
    name: "review",
    zh: "复核",
    about: ("有人经手的每项复核一行。", "One row for each flagged finding that somebody did something with."),
    key: 1,
    columns: &[
        Column::text("id", "编号", "Identifier of the finding", |r| r.id.clone()),
        Column::text("institution", "机构", "The institution", |r| r.institution.clone()),
        Column::maybe_text("claimed_by", "认领人", "Who sees to it", |r| {
            r.handling.claimed_by.as_ref().map(ToString::to_string)
        }),
        Column::whole("looked", "查看人数", "How many people looked at it", |r| {
            r.handling.looked.len() as u64
        }),
        Column::whole("said", "意见数", "How many people decided so", |r| r.handling.said.len() as u64),
        Column::maybe_code("decision", "结论", "What it came to", DECISIONS, |r| {
            r.handling.decision.as_ref().map(decision)
        }),
        Column::maybe_text("case_id", "案件", "The case that it joined", |r| r.handling.case.clone()),
    ],
    indices: &[index("institution", "institution"), index("claimed", "claimed_by")],
};

/// A decision on a flagged finding.
pub(crate) struct Decided {
    pub(crate) position: u64,
    pub(crate) review: String,
    pub(crate) institution: String,
    pub(crate) entry: String,
    pub(crate) day: Day,
    pub(crate) decision: Decision,
    pub(crate) at: Time,
    pub(crate) by: Actor,
}

/// Decisions on flagged findings.
pub(crate) const REVIEW_DECISION: Table<Decided> = Table {
    name: "review_decision",
    zh: "复核结论",
    about: (
        "每次认定或排除一行，只增不改。",
        "One row for each time that somebody confirmed or dismissed a finding, never changed.",
    ),
    key: 1,
    columns: &[
        Column::whole("position", "账本位置", "Where it stands in the ledger", |d| d.position),
        Column::text("review", "复核", "The review", |d| d.review.clone()),
        Column::text("institution", "机构", "The institution", |d| d.institution.clone()),
        Column::text("entry", "规则条目", "The entry of the rulebook", |d| d.entry.clone()),
        Column::day("day", "日期", "The last day of the window", |d| d.day),
        Column::code("decision", "结论", "What was said", DECISIONS, |d| decision(&d.decision)),
        Column::time("decided_at", "时间", "When", |d| d.at),
        Column::text("decided_by", "办理人", "By whom", |d| d.by.to_string()),
    ],
    indices: &[index("review", "review, position"), index("entry", "entry, decided_at")],
};
