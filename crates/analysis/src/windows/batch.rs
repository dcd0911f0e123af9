//! Windows that the streaming evaluator no longer holds, evaluated by the rule's batch SQL.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use model::event::{Finding, Grade, Reason, Rows, Verdict};
use model::money::format_scaled;
use model::time::Day;
use query::{Flow, Number, QueryError, Session};
use rulebook::{Measure, Rule, Unit};

use super::outcome::Recompute;
use super::prepared::value_text;

type Group = Vec<(String, String)>;

impl Recompute {
    /// The days of the rule's stream that [`batch_findings`] must see; all of them when `None`: a
    /// growth tells a missing filing from a new group by the group's first record.
    pub fn days_needed(&self, rule: &Rule) -> Option<RangeInclusive<Day>> {
        match rule.measure {
            Measure::GrowthPercent(_) => None,
            _ => Some(self.first_day.plus(-days_back(rule))..=self.last_day),
        }
    }
}

pub(super) fn days_back(rule: &Rule) -> i32 {
    i32::try_from(rule.window.days_back()).unwrap_or(i32::MAX)
}

/// The findings of a rule in the windows to be recomputed: one for each that is not green, in the
/// order of group and day, over a session that has the records of [`Recompute::days_needed`],
/// superseded ones left out. A window that was found before and is not among them is green now.
///
/// # Errors
/// [`QueryError`].
pub fn batch_findings(
    rule: &Rule,
    windows: &Recompute,
    session: &Session,
) -> Result<Vec<Finding>, QueryError> {
    let sql = format!(
        "SELECT * FROM ({}) AS windows WHERE verdict <> 'green' AND day >= DATE '{}' AND day <= DATE '{}'{}",
        rule.batch_sql(),
        windows.first_day,
        windows.last_day,
        of_institution(rule, windows)
    );
    let rows = session.run(&sql)?;
    let mut found: BTreeMap<(Group, Day), Finding> = BTreeMap::new();
    for row in 0..rows.len() {
        let Some(day) = rows.day("day", row) else { continue };
        let group = group(rule, rows.batch(), row);
        let value = rows.number("value", row);
        let undetermined = rows.flag("undetermined", row).unwrap_or(true);
        let verdict = rule.verdict(value, undetermined);
        if verdict == Verdict::Graded(Grade::Green) {
            continue;
        }
        let shown = value.filter(|_| verdict != Verdict::Undetermined);
        let finding = Finding {
            institution: windows.institution.clone(),
            from: day.plus(-days_back(rule)),
            day,
            group: group.clone(),
            reason: Reason {
                entry: rule.meta.id.clone(),
                entry_hash: rule.meta.hash.to_string(),
                line: None,
                verdict,
                value: shown.map(|value| text(rule, value)),
                condition: rule.condition(shown, undetermined),
                rows: Rows::default(),
            },
            at: windows.at,
        };
        found.insert((group, day), finding);
    }
    list_records(rule, windows, session, &mut found)?;
    Ok(found.into_values().collect())
}

fn of_institution(rule: &Rule, windows: &Recompute) -> String {
    match rule.across_institutions {
        true => String::new(),
        false => format!(" AND institution = '{}'", windows.institution.replace('\'', "''")),
    }
}

pub(super) fn group(rule: &Rule, batch: &RecordBatch, row: usize) -> Group {
    let text = |column: &String| {
        let array = batch.column_by_name(column);
        (column.clone(), array.map_or_else(String::new, |array| value_text(array, row)))
    };
    rule.group_by.iter().map(text).collect()
}

pub(super) fn text(rule: &Rule, value: Number) -> String {
    match rule.unit() {
        Unit::Yuan => format_scaled(i64::try_from(value.0 / 10_000).unwrap_or(i64::MAX), 2),
        _ => value.to_string(),
    }
}

/// A record that a window may rest on.
struct Record {
    day: Day,
    position: u64,
    /// Whether something about it is not determined.
    is_open: bool,
}

/// Lists the records that make each verdict true, as the streaming evaluator does.
fn list_records(
    rule: &Rule,
    windows: &Recompute,
    session: &Session,
    found: &mut BTreeMap<(Group, Day), Finding>,
) -> Result<(), QueryError> {
    let Some(first) = found.values().map(|finding| finding.from).min() else { return Ok(()) };
    let last = found.values().map(|finding| finding.day).max().unwrap_or(first);
    let is_growth = matches!(rule.measure, Measure::GrowthPercent(_));
    let measured = rule.measure.column().filter(|_| !is_growth).map(str::to_owned);
    let known = rule.group_by.iter().cloned().chain(measured).map(|column| format!("\"{column}\" IS NULL"));
    let condition = rule.when.as_ref().map(|when| format!("({})", when.sql()));
    let unknown: Vec<String> =
        known.chain(condition.iter().map(|condition| format!("{condition} IS NULL"))).collect();
    let unknown = if unknown.is_empty() { "FALSE".to_owned() } else { unknown.join(" OR ") };
    let looked_at = condition.map(|condition| format!(" AND {condition} IS NOT FALSE")).unwrap_or_default();
    let columns: String = rule.group_by.iter().map(|column| format!("\"{column}\", ")).collect();
    let sql = format!(
        "SELECT {columns}day, position, ({unknown}) AS is_open FROM \"{}\" \
         WHERE day >= DATE '{first}' AND day <= DATE '{last}'{}{looked_at}",
        rule.stream.name,
        of_institution(rule, windows),
    );
    let mut records: BTreeMap<Group, Vec<Record>> =
        found.keys().map(|(group, _)| (group.clone(), Vec::new())).collect();
    session.run_streaming(&sql, |batch| {
        let (Some(days), Some(positions), Some(open)) = (
            batch.column_by_name("day").and_then(|array| array.as_primitive_opt::<Date32Type>()),
            batch.column_by_name("position").and_then(|array| array.as_primitive_opt::<UInt64Type>()),
            batch.column_by_name("is_open").and_then(|array| array.as_boolean_opt()),
        ) else {
            return Flow::Stop;
        };
        for row in 0..batch.num_rows() {
            if let Some(of_group) = records.get_mut(&group(rule, &batch, row)) {
                let is_open = open.is_valid(row) && open.value(row);
                of_group.push(Record { day: Day(days.value(row)), position: positions.value(row), is_open });
            }
        }
        Flow::Continue
    })?;
    for ((group, _), finding) in found {
        let Some(of_group) = records.get(group) else { continue };
        finding.reason.rows = match is_growth {
            true => compared(of_group, finding),
            false => counted(of_group, finding),
        };
    }
    Ok(())
}

/// The records of the window that are determined, or those that are not.
fn counted(records: &[Record], finding: &Finding) -> Rows {
    let wants_open = finding.reason.verdict == Verdict::Undetermined;
    let window = finding.from..=finding.day;
    let own = records.iter().filter(|record| window.contains(&record.day) && record.is_open == wants_open);
    let mut positions: Vec<u64> = own.map(|record| record.position).collect();
    positions.sort_unstable();
    let count = positions.len() as u64;
    positions.truncate(Rows::LISTED_MAX);
    Rows { count, positions }
}

/// The last records of the two days that a growth compares.
fn compared(records: &[Record], finding: &Finding) -> Rows {
    let last =
        |day: Day| records.iter().filter(|record| record.day == day).map(|record| record.position).max();
    let mut positions: Vec<u64> = last(finding.from).into_iter().chain(last(finding.day)).collect();
    positions.sort_unstable();
    Rows { count: positions.len() as u64, positions }
}
