//! Windows that the streaming evaluator no longer holds, evaluated by the rule's batch SQL.

use model::event::{Finding, Grade, Reason, Rows, Verdict};
use model::money::format_scaled;
use model::time::Day;
use query::{Number, QueryError, Session};
use rulebook::{Rule, Unit};

use super::outcome::Recompute;
use super::prepared;
use crate::INDUSTRY;

/// The findings of a rule in the windows to be recomputed, over a session that has the stream's
/// records of those days and of as many before them as the window reaches back.
///
/// # Errors
/// [`QueryError`].
pub fn batch_findings(rule: &Rule, window: &Recompute, session: &Session) -> Result<Vec<Finding>, QueryError> {
    let mut condition =
        format!("verdict <> 'green' AND day >= DATE '{}' AND day <= DATE '{}'", window.first_day, window.last_day);
    if window.institution != INDUSTRY {
        // An institution's identifier is letters and digits, whatever was filed.
        let plain: String = window.institution.chars().filter(char::is_ascii_alphanumeric).collect();
        condition.push_str(&format!(" AND institution = '{plain}'"));
    }
    let rows = session.run(&format!("SELECT * FROM ({}) AS windows WHERE {condition}", rule.batch_sql()))?;
    let mut findings = Vec::with_capacity(rows.len());
    for row in 0..rows.len() {
        let Some(day) = rows.day("day", row) else { continue };
        let value = rows.number("value", row);
        let undetermined = rows.flag("undetermined", row).unwrap_or(true);
        let group = rule.group_by.iter().map(|column| {
            let array = rows.batch().column_by_name(column);
            (column.clone(), array.map_or_else(String::new, |array| prepared::value_text(array, row)))
        });
        findings.push(Finding {
            institution: rows.text("institution", row).unwrap_or_else(|| INDUSTRY.to_owned()),
            from: Day(day.0 - rule.window.days_back() as i32),
            day,
            group: group.collect(),
            reason: Reason {
                entry: rule.meta.id.clone(),
                entry_hash: rule.meta.hash.to_string(),
                verdict: rule.verdict(value, undetermined),
                value: value.map(|value| text(rule, value)),
                condition: rule.condition(value, undetermined),
                rows: Rows { count: rows.integer("records", row).unwrap_or(0) as u64, positions: Vec::new() },
            },
            at: window.at,
        });
    }
    findings.retain(|finding| finding.reason.verdict != Verdict::Graded(Grade::Green));
    Ok(findings)
}

fn text(rule: &Rule, value: Number) -> String {
    match rule.unit() {
        Unit::Yuan => format_scaled((value.0 / 10_000) as i64, 2),
        _ => value.to_string(),
    }
}
