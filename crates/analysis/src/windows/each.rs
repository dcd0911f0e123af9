//! Every window in which a rule finds something, by the rule's query over the history, one after
//! the other: what a draft would have raised.

use std::ops::RangeInclusive;

use model::event::{Grade, Verdict};
use model::time::Day;
use query::{Flow, QueryError, Session};
use rulebook::Rule;

use super::batch::{days_back, group, text};
use crate::INDUSTRY;

/// A window that is not green.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundWindow {
    /// The institution; [`INDUSTRY`] when the rule looks across institutions.
    pub institution: String,
    /// The last day of the window.
    pub day: Day,
    /// What was grouped by, as (column, value).
    pub group: Vec<(String, String)>,
    /// What it came to.
    pub verdict: Verdict,
    /// The value, in the rule's unit.
    pub value: Option<String>,
}

/// The days of the rule's stream that must be seen for windows that end on some days; all of them
/// when `None`, as [`Recompute::days_needed`](super::Recompute::days_needed) says.
pub fn days_seen(rule: &Rule, days: &RangeInclusive<Day>) -> Option<RangeInclusive<Day>> {
    match rule.measure {
        rulebook::Measure::GrowthPercent(_) => None,
        _ => Some(days.start().plus(-days_back(rule))..=*days.end()),
    }
}

/// Gives every window that ends on one of the days and is not green to `take`, in no order. The
/// rows pass through and are not held.
///
/// # Errors
/// [`QueryError`].
pub fn each_window(
    rule: &Rule,
    session: &Session,
    days: &RangeInclusive<Day>,
    take: &mut (dyn FnMut(FoundWindow) + Send),
) -> Result<(), QueryError> {
    let sql = format!(
        "SELECT * FROM ({}) AS windows WHERE verdict <> 'green' AND day >= DATE '{}' AND day <= DATE '{}'",
        rule.batch_sql(),
        days.start(),
        days.end(),
    );
    session.run_streaming(&sql, |batch| {
        let rows = query::Rows::new(batch);
        for row in 0..rows.len() {
            let Some(day) = rows.day("day", row) else { continue };
            let value = rows.number("value", row);
            let verdict = rule.verdict(value, rows.flag("undetermined", row).unwrap_or(true));
            if verdict == Verdict::Graded(Grade::Green) {
                continue;
            }
            let institution = rows.text("institution", row).filter(|_| !rule.across_institutions);
            take(FoundWindow {
                institution: institution.unwrap_or_else(|| INDUSTRY.to_owned()),
                day,
                group: group(rule, rows.batch(), row),
                verdict,
                value: value.filter(|_| verdict != Verdict::Undetermined).map(|value| text(rule, value)),
            });
        }
        Flow::Continue
    })
}
