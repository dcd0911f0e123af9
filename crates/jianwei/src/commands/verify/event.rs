//! What a disclosed event says, for people: a grade or a finding in lines, anything else as its JSON.

use model::event::{Finding, GradeEvent, Reason};
use seal::EventKind;
use seal::leaf::Head;
use serde_json::Value;

use crate::grade_table::word;
use crate::graded::INDUSTRY;
use crate::language::Lang;

/// Kind and institution, which the leaf says in clear, and what the body says if it was disclosed.
pub(super) fn lines(head: &Head<'_>, body: Option<&[u8]>) -> Vec<String> {
    let whose = match head.institution {
        INDUSTRY => format!("{INDUSTRY} (全行业 the whole industry)"),
        institution => institution.to_owned(),
    };
    let kind = if body.is_some() { ", disclosed 已披露" } else { ", not disclosed 未披露" };
    let mut lines = vec![format!("{} {} of {whose}{kind}", head.kind.zh(), head.kind.en())];
    if let Some(body) = body {
        lines.extend(said(head.kind, body).into_iter().map(|line| format!("  {line}")));
    }
    lines
}

/// What a body says. One that is not of the form that this version knows is shown as it is.
fn said(kind: EventKind, body: &[u8]) -> Vec<String> {
    let known = match kind {
        EventKind::Grade => serde_json::from_slice(body).ok().map(|grade| of_grade(&grade)),
        EventKind::Finding => serde_json::from_slice(body).ok().map(|finding| of_finding(&finding)),
        _ => None,
    };
    known.unwrap_or_else(|| as_json(body))
}

fn as_json(body: &[u8]) -> Vec<String> {
    let json = serde_json::from_slice::<Value>(body).and_then(|json| serde_json::to_string_pretty(&json));
    let text = json.unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned());
    text.lines().map(str::to_owned).collect()
}

fn of_grade(grade: &GradeEvent) -> Vec<String> {
    let mut lines = vec![
        format!("日期 day = {}", grade.day),
        format!("评级 grade = {}", word(grade.verdict, Lang::Both)),
        format!("依据 it rests on the entries before = {}", grade.as_of),
        format!("理由 reasons = {}", grade.reasons.len()),
    ];
    for reason in &grade.reasons {
        lines.extend(of_reason(reason).into_iter().map(|line| format!("  {line}")));
    }
    if !grade.passed.is_empty() {
        lines.push(format!("无发现的规则 rules that found nothing = {}", grade.passed.join(", ")));
    }
    lines
}

fn of_finding(finding: &Finding) -> Vec<String> {
    let mut lines = match finding.from == finding.day {
        true => vec![format!("日期 day = {}", finding.day)],
        false => vec![format!("日期 days = {} – {}", finding.from, finding.day)],
    };
    lines.extend(finding.group.iter().map(|(column, value)| format!("对象 about {column} = {value}")));
    lines.extend(of_reason(&finding.reason));
    lines.push(format!("成立于 true since the entry at ledger position = {}", finding.at));
    lines
}

/// A reason: entry, value and condition; which text of the entry; the records behind it.
fn of_reason(reason: &Reason) -> Vec<String> {
    let line = reason.line.as_ref().map(|line| format!(" ({line})")).unwrap_or_default();
    let mut lines = vec![
        format!(
            "{}  {}{line}: 值 value = {}, 条件 condition: {}",
            word(reason.verdict, Lang::Both),
            reason.entry,
            reason.value.as_deref().unwrap_or("–"),
            reason.condition
        ),
        format!("    条目文本 text of the entry: SHA-256 {}", reason.entry_hash),
    ];
    if reason.rows.count > 0 {
        let positions: Vec<String> = reason.rows.positions.iter().map(u64::to_string).collect();
        let more = reason.rows.count.saturating_sub(positions.len() as u64);
        let more = if more > 0 { format!(" +{more}") } else { String::new() };
        lines.push(format!("    账本位置 ledger positions: {}{more}", positions.join(" ")));
    }
    lines
}
