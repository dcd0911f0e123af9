//! Readings of the rulebook's indicators over a part of the history.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use hashbrown::HashMap;
use model::event::{Finding, Grade, Reason, Rows, Verdict};
use model::time::Day;
use query::{QueryError, Session};
use rulebook::{
    DERIVED, Days, Entry, GRADES, Indicator, OBLIGATIONS, REGISTERED, REGISTERED_ANY, ROWS, Rulebook, Scope,
};

use crate::INDUSTRY;
use crate::notices::Announcement;
use crate::windows::value_text;

/// What an indicator says of an institution (or the industry) on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The day.
    pub day: Day,
    /// The institution; [`INDUSTRY`] for the whole.
    pub institution: String,
    /// What it is about, as (column, value): the columns of the entry's `per`.
    pub group: Vec<(String, String)>,
    /// Line of business, verdict, value, condition and rows.
    pub reason: Reason,
    /// Whether it takes part in the grade.
    pub grades: bool,
    /// What the institution is to be told of it, if it was not yet.
    pub announces: Option<Announcement>,
}

/// Stands among the tables that changed when filings of some day have come due.
pub const COMES_DUE: &str = "comes due";

/// When in an evaluation an indicator is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// First: what rests on records alone.
    BeforeGrades,
    /// When the grades that come of the first are known: what rests on grades too.
    AfterGrades,
}

impl Turn {
    /// The turn of an indicator.
    pub fn of(book: &Rulebook, indicator: &Indicator) -> Self {
        if tables(book, indicator).contains(GRADES) { Self::AfterGrades } else { Self::BeforeGrades }
    }
}

/// Tables that changed, each with the days of which rows did.
pub type Tables = BTreeMap<&'static str, RangeInclusive<Day>>;

/// Which indicators must be read again in a turn when tables change, and the days of the change:
/// those that read one of them, directly or through their inputs, and, when something has come
/// due, those that wait for it.
pub fn affected<'r>(
    book: &'r Rulebook,
    changed: &Tables,
    turn: Turn,
) -> Vec<(&'r Indicator, RangeInclusive<Day>)> {
    let changed = with_derived(changed);
    let of_turn = book.indicators().iter().filter(|indicator| Turn::of(book, indicator) == turn);
    let with_days = of_turn.filter_map(|indicator| {
        let mut read = tables(book, indicator);
        if indicator.days == Days::Closed {
            read.insert(COMES_DUE);
        }
        let days = read.iter().filter_map(|table| changed.get(table));
        let first = days.clone().map(|days| *days.start()).min()?;
        let last = days.map(|days| *days.end()).max()?;
        Some((indicator, first..=last))
    });
    with_days.collect()
}

/// The entries that rest on grades: they are left out of the grades that they look at, so that no
/// grade rests on itself.
pub fn resting_on_grades(book: &Rulebook) -> BTreeSet<&str> {
    let rests = |indicator: &&Indicator| Turn::of(book, indicator) == Turn::AfterGrades;
    book.indicators().iter().filter(rests).map(|indicator| indicator.meta.id.as_str()).collect()
}

/// The tables that changed, with those that are derived from them. What stands holds on one day
/// more when a day has come due.
fn with_derived(changed: &Tables) -> Tables {
    let mut all = changed.clone();
    let mut note = |table: &'static str, days: Option<&RangeInclusive<Day>>| {
        let Some(days) = days else { return };
        let known = all.entry(table).or_insert_with(|| days.clone());
        *known = *known.start().min(days.start())..=*known.end().max(days.end());
    };
    for table in [OBLIGATIONS, REGISTERED, REGISTERED_ANY] {
        note(table, changed.get(COMES_DUE));
    }
    for derived in DERIVED {
        derived.made_of.iter().for_each(|stream| note(derived.name, changed.get(stream)));
    }
    all
}

/// All tables that an indicator reads, its inputs' counted: streams and derived ones.
pub fn tables<'r>(book: &'r Rulebook, indicator: &'r Indicator) -> BTreeSet<&'r str> {
    let mut all: BTreeSet<&str> = indicator.streams.iter().map(String::as_str).collect();
    for id in &indicator.inputs {
        if let Some(Entry::Indicator(input)) = book.entry(id) {
            all.append(&mut tables(book, input));
        }
    }
    all
}

/// The days that a change on `days` can show on, and those that must be seen to tell.
pub fn reach(
    indicator: &Indicator,
    days: &RangeInclusive<Day>,
) -> (RangeInclusive<Day>, RangeInclusive<Day>) {
    let (lookback, lookahead) = (indicator.lookback_days as i32, indicator.lookahead_days as i32);
    let shown = days.start().plus(-lookahead)..=days.end().plus(lookback);
    let seen = seen(indicator, &shown);
    (shown, seen)
}

/// The days that must be seen to read an indicator for some days.
pub fn seen(indicator: &Indicator, shown: &RangeInclusive<Day>) -> RangeInclusive<Day> {
    let (lookback, lookahead) = (indicator.lookback_days as i32, indicator.lookahead_days as i32);
    shown.start().plus(-lookback)..=shown.end().plus(lookahead)
}

/// Reads an indicator for the days of `shown`, over a session that has the tables of at least the
/// days that [`reach`] says. Readings come in the order of day, institution and line.
///
/// # Errors
/// [`QueryError`].
pub fn read(
    book: &Rulebook,
    indicator: &Indicator,
    session: &Session,
    shown: &RangeInclusive<Day>,
) -> Result<Vec<Reading>, QueryError> {
    let sql = format!(
        "SELECT * FROM ({}) AS readings WHERE day >= DATE '{}' AND day <= DATE '{}'",
        indicator.sql(),
        shown.start(),
        shown.end()
    );
    let rows = session.run(&sql)?;
    let verdicts = indicator.verdicts(rows.batch())?;
    let mut readings = Vec::with_capacity(rows.len());
    for (row, verdict) in verdicts.into_iter().enumerate() {
        let Some(day) = rows.day("day", row) else { continue };
        let says_nothing = !indicator.per.is_empty() && verdict == Verdict::Graded(Grade::Green);
        if says_nothing || !indicator.meta.effective.contains(day) {
            continue;
        }
        let institution = match indicator.scope {
            Scope::Industry => INDUSTRY.to_owned(),
            Scope::Institution => rows.text("institution", row).unwrap_or_default(),
        };
        readings.push(Reading {
            day,
            institution,
            group: indicator.per.iter().map(|column| group_of(&rows, column, row)).collect(),
            reason: Reason {
                entry: indicator.meta.id.clone(),
                entry_hash: indicator.meta.hash.to_string(),
                line: rows.text("line", row),
                verdict,
                value: rows.number("value", row).map(|value| value.to_string()),
                condition: with_figures(indicator.condition(verdict), &rows, row),
                rows: listed(&rows, row),
            },
            grades: book.makes_grades(&indicator.meta.id),
            announces: indicator.notice.as_ref().and_then(|notice| Announcement::read(notice, &rows, row)),
        });
    }
    readings.sort_by(|a, b| {
        let key = |reading: &'_ Reading| (reading.day, reading.institution.clone());
        (key(a), &a.reason.line, &a.group).cmp(&(key(b), &b.reason.line, &b.group))
    });
    Ok(readings)
}

fn group_of(rows: &query::Rows, column: &str, row: usize) -> (String, String) {
    let array = rows.batch().column_by_name(column);
    (column.to_owned(), array.map_or_else(String::new, |array| value_text(array, row)))
}

/// The records that a row names as those behind it, the first ones by position.
fn listed(rows: &query::Rows, row: usize) -> Rows {
    let mut positions = rows.positions(ROWS, row);
    positions.sort_unstable();
    let count = positions.len() as u64;
    positions.truncate(Rows::LISTED_MAX);
    Rows { count, positions }
}

/// Readings of an entry that tells several findings of a day apart, as findings. `as_of` is the
/// ledger's size when they were read.
pub fn findings(readings: Vec<Reading>, as_of: u64) -> Vec<Finding> {
    let finding = |reading: Reading| Finding {
        institution: reading.institution,
        from: reading.day,
        day: reading.day,
        group: reading.group,
        at: reading.reason.rows.positions.last().copied().unwrap_or(as_of.saturating_sub(1)),
        reason: reading.reason,
    };
    readings.into_iter().map(finding).collect()
}

/// A condition with the figures that it looks at beside the value, so that it can be checked.
fn with_figures(condition: &str, rows: &query::Rows, row: usize) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let mut words: Vec<&str> = condition.split(|character| !is_part(character)).collect();
    words.retain(|word| *word != "value");
    let mut shown = condition.to_owned();
    for field in rows.batch().schema().fields().iter().filter(|field| words.contains(&field.name().as_str()))
    {
        let figure =
            rows.number(field.name(), row).map_or_else(|| "NULL".to_owned(), |figure| figure.to_string());
        let before = if shown.len() == condition.len() { " [" } else { ", " };
        shown += &format!("{before}{} = {figure}", field.name());
    }
    if shown.len() > condition.len() {
        shown.push(']');
    }
    shown
}

/// Names the rows behind the readings that are worse than green or undetermined.
///
/// # Errors
/// [`QueryError`].
pub fn trace(
    book: &Rulebook,
    indicator: &Indicator,
    session: &Session,
    readings: &mut [Reading],
) -> Result<(), QueryError> {
    if indicator.schema.field_with_name(ROWS).is_ok() {
        return Ok(());
    }
    let is_traced = |reading: &Reading| reading.reason.verdict != Verdict::Graded(Grade::Green);
    let traced = || readings.iter().filter(|reading| is_traced(reading));
    let (Some(first), Some(last)) = (traced().map(|r| r.day).min(), traced().map(|r| r.day).max()) else {
        return Ok(());
    };
    let lookback = indicator.lookback_days as i32;
    let read = tables(book, indicator).into_iter().filter(|table| !rulebook::is_derived(table));
    let by_institution = indicator.scope == Scope::Institution;
    let mut found = RowsByDay::default();
    for stream in read {
        found.add(session, stream, by_institution, first.plus(-lookback)..=last)?;
    }
    for reading in readings.iter_mut().filter(|reading| is_traced(reading)) {
        reading.reason.rows = found.within(&reading.institution, reading.day.plus(-lookback)..=reading.day);
    }
    Ok(())
}

/// How many rows there are by institution and day, and the positions of the first.
#[derive(Default)]
struct RowsByDay(HashMap<String, BTreeMap<Day, Rows>>);

impl RowsByDay {
    fn add(
        &mut self,
        session: &Session,
        stream: &str,
        by_institution: bool,
        days: RangeInclusive<Day>,
    ) -> Result<(), QueryError> {
        let group = if by_institution { "institution, " } else { "" };
        let sql = format!(
            "SELECT {group}day, position, n FROM (SELECT {group}day, position, \
             row_number() OVER (PARTITION BY {group}day ORDER BY position) AS k, \
             count(*) OVER (PARTITION BY {group}day) AS n FROM {stream} \
             WHERE day >= DATE '{}' AND day <= DATE '{}') AS numbered WHERE k <= {} ORDER BY position",
            days.start(),
            days.end(),
            Rows::LISTED_MAX
        );
        let rows = session.run(&sql)?;
        for row in 0..rows.len() {
            let (Some(day), Some(position)) = (rows.day("day", row), rows.position("position", row)) else {
                continue;
            };
            let institution = match by_institution {
                true => rows.text("institution", row).unwrap_or_default(),
                false => INDUSTRY.to_owned(),
            };
            let of_day = self.0.entry(institution).or_default().entry(day).or_default();
            if of_day.positions.is_empty() || rows.integer("n", row).is_some() {
                of_day.count = of_day.count.max(rows.integer("n", row).unwrap_or(0) as u64);
            }
            of_day.positions.push(position);
        }
        Ok(())
    }

    fn within(&self, institution: &str, days: RangeInclusive<Day>) -> Rows {
        let mut all = Rows::default();
        for (_, rows) in self.0.get(institution).into_iter().flat_map(|of| of.range(days.clone())) {
            all.count += rows.count;
            let room = Rows::LISTED_MAX.saturating_sub(all.positions.len());
            all.positions.extend(rows.positions.iter().take(room));
        }
        all
    }
}
