//! 预警 alerts and what was found.

use workflow::alert::{Alert, Ended, HeldReason};

use super::{GRADES, severity};
use crate::shape::{Code, Column, Table, index};

/// Where an alert stands.
pub(crate) const STATES: &[Code] = &[("open", "处理中"), ("dismissed", "已排除"), ("closed", "已解除")];

fn state(alert: &Alert) -> &'static str {
    match &alert.ended {
        None => "open",
        Some(end) => match end.how {
            Ended::Dismissed => "dismissed",
            Ended::Closed => "closed",
        },
    }
}

/// Alerts.
pub(crate) const ALERT: Table<Alert> = Table {
    name: "alert",
    zh: "预警",
    about: ("每件预警一行：从触发到解除或排除。", "One row for each alert, from its opening to its end."),
    key: 1,
    columns: &[
        Column::text("id", "编号", "Number", |a| a.id.clone()),
        Column::text("institution", "机构", "The institution; * for the industry", |a| {
            a.institution.clone()
        }),
        Column::text("bureau", "处室", "The bureau that looks after the institution", |a| a.bureau.clone()),
        Column::text("owner", "责任人", "Who owns it, by the roster's identifier", |a| a.owner.clone()),
        Column::code("state", "状态", "Where it stands", STATES, state),
        Column::code("grade", "等级", "Its grade now", GRADES, |a| a.grade.en()),
        Column::whole("severity", "严重程度", "Its grade as a number: 0 green to 3 red", |a| {
            severity(a.grade)
        }),
        Column::code("worst", "最高等级", "The worst grade that it had", GRADES, |a| a.worst.en()),
        Column::time("opened_at", "触发时间", "When it was opened", |a| a.opened_at),
        Column::time("graded_at", "定级时间", "Since when it has its grade", |a| a.graded_at),
        Column::filed_before(
            "filed_at",
            "报送时间",
            "When the latest record was received that opened it; nothing where it is not known",
            |a| a.as_of,
        ),
        Column::whole("as_of", "账本位置", "The ledger's size that the grades took account of", |a| {
            a.as_of
        }),
        Column::whole("rank", "上报级次", "The how-manieth of the chain was told last, from 0", |a| {
            u64::from(a.rank)
        }),
        Column::maybe_time("acknowledged_at", "确认时间", "When somebody acknowledged it", |a| {
            a.acknowledged.as_ref().map(|(_, at)| *at)
        }),
        Column::maybe_text("acknowledged_by", "确认人", "Who acknowledged it", |a| {
            a.acknowledged.as_ref().map(|(by, _)| by.to_string())
        }),
        Column::whole("reasons", "事由数", "How many entries of the rulebook were met", |a| {
            a.reasons.len() as u64
        }),
        Column::maybe_text("case_id", "案件", "The case that it belongs to", |a| a.case.clone()),
        Column::maybe_time("ended_at", "结束时间", "When it ended", |a| {
            a.ended.as_ref().map(|end| end.at)
        }),
        Column::maybe_text("ended_by", "结束人", "Who ended it; system for a lasting improvement", |a| {
            a.ended.as_ref().map(|end| end.by.to_string())
        }),
    ],
    indices: &[
        index("newest", "opened_at, id"),
        index("state", "state, opened_at, id"),
        index("worst", "state, severity, opened_at, id"),
        index("bureau", "bureau, state, opened_at, id"),
        index("bureau_worst", "bureau, state, severity, opened_at, id"),
        index("owner", "owner, state, opened_at, id"),
        index("institution", "institution, opened_at, id"),
        index("ended", "ended_at"),
    ],
};

/// A reason with the alert that it belongs to.
pub(crate) struct Found {
    pub(crate) alert: String,
    pub(crate) institution: String,
    pub(crate) reason: HeldReason,
}

/// What was found.
pub(crate) const ALERT_REASON: Table<Found> = Table {
    name: "alert_reason",
    zh: "预警事由",
    about: (
        "预警的每项事由一行：规则条目与业务条线。",
        "One row for each reason of an alert: an entry of the rulebook and a line of business.",
    ),
    key: 3,
    columns: &[
        Column::text("alert", "预警", "The alert", |f| f.alert.clone()),
        Column::text("entry", "规则条目", "The entry of the rulebook", |f| f.reason.latest.entry.clone()),
        Column::text(
            "line",
            "业务条线",
            "The line of business; empty where the entry does not tell lines apart",
            |f| f.reason.latest.line.clone().unwrap_or_default(),
        ),
        Column::text("institution", "机构", "The institution; * for the industry", |f| {
            f.institution.clone()
        }),
        Column::code("grade", "等级", "The grade that it gave last", GRADES, |f| {
            f.reason.latest.grade.en()
        }),
        Column::code("worst", "最高等级", "The worst grade that it gave", GRADES, |f| {
            f.reason.worst.en()
        }),
        Column::day("first_day", "首日", "The first day on which it was found", |f| {
            f.reason.days.keys().next().copied().unwrap_or(f.reason.latest.day)
        }),
        Column::day("last_day", "末日", "The latest day on which it was found", |f| f.reason.latest.day),
        Column::whole("days", "天数", "On how many days it was found", |f| f.reason.days.len() as u64),
        Column::maybe_text("value", "数值", "The value of the latest day, in the entry's unit", |f| {
            f.reason.latest.value.clone()
        }),
        Column::text("met", "条件", "The condition that the value met", |f| {
            f.reason.latest.condition.clone()
        }),
        Column::text(
            "entry_hash",
            "条目摘要",
            "Which version of the entry: the digest of its file",
            |f| f.reason.latest.entry_hash.clone(),
        ),
    ],
    indices: &[index("entry", "entry, last_day"), index("institution", "institution, last_day")],
};
