//! What the rulebook says of each platform at the end of each month, from what was filed by then.

use std::collections::HashMap;

use model::event::{Grade, Verdict};
use model::spec::Record;
use model::streams::BusinessDaily;
use model::time::Day;
use query::{Number, Options, Rows, Session, Table};
use rulebook::{Entry, Indicator, Rulebook};

use super::StudyError;
use super::load::Panel;

/// The composite that grades.
pub(super) const COMPOSITE: &str = "early-warning-points";
/// The best single indicator, to compare with.
pub(super) const SINGLE: &str = "lenders-per-borrower";
/// Before the first filing of any platform.
const BEGINNING: Day = Day(0);

/// The last day of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Month(pub(super) Day);

impl Month {
    pub(super) fn of(day: Day) -> Self {
        Self(day.last_of_month())
    }

    /// Months since the year 0.
    pub(super) fn number(self) -> i32 {
        self.0.year() * 12 + self.0.month() as i32 - 1
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{:02}", self.0.year(), self.0.month())
    }
}

/// The months that are scored.
pub(super) const FIRST_MONTH: &str = "2017-08";
pub(super) const LAST_MONTH: &str = "2018-06";

/// What was said of a platform at the end of a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Score {
    /// Its place among the platforms.
    pub(super) platform: usize,
    /// `None` when no component could be determined.
    pub(super) points: Option<Number>,
    pub(super) grade: Option<Grade>,
    /// Lenders per borrower; zero where it is undetermined, as the composite counts it.
    pub(super) lenders_per_borrower: Number,
    /// Points of each component, in the order of the composite's inputs.
    pub(super) components: Vec<Number>,
    /// Components that could not be determined.
    pub(super) undetermined: i64,
}

/// The scores of all months.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scores {
    pub(super) months: Vec<(Month, Vec<Score>)>,
    /// Ids of the components.
    pub(super) components: Vec<String>,
}

pub(super) fn indicator<'a>(rulebook: &'a Rulebook, id: &'static str) -> Result<&'a Indicator, StudyError> {
    match rulebook.entry(id) {
        Some(Entry::Indicator(indicator)) => Ok(indicator),
        _ => Err(StudyError::NoIndicator(id)),
    }
}

pub(super) fn score(panel: &Panel, rulebook: &Rulebook) -> Result<Scores, StudyError> {
    let composite = indicator(rulebook, COMPOSITE)?;
    let single = indicator(rulebook, SINGLE)?;
    let days = panel.platforms.iter().flat_map(|platform| platform.days.iter().copied());
    let mut months: Vec<Month> = days.map(Month::of).collect();
    months.sort_unstable();
    months.dedup();
    months.retain(|month| (FIRST_MONTH..=LAST_MONTH).contains(&month.to_string().as_str()));
    let places: HashMap<&str, usize> =
        panel.platforms.iter().enumerate().map(|(place, p)| (p.institution.as_str(), place)).collect();
    let mut scored = Vec::new();
    for month in months {
        let session = Session::new(&Options::default())?;
        for (name, table) in rulebook.reference_tables() {
            session.register(&name, table)?;
        }
        // What was not yet filed at the month's end is not there to be seen.
        let table = Table::new(model::arrow::schema(BusinessDaily::STREAM))
            .with_batches(panel.batches.iter().cloned())
            .within_days(BEGINNING..=month.0);
        session.register(BusinessDaily::STREAM.name, table)?;
        let readings = session.run(composite.sql())?;
        let verdicts = composite.verdicts(readings.batch())?;
        let singles = session.run(single.sql())?;
        scored.push((month, scores(month, &composite.inputs, &readings, &verdicts, &singles, &places)));
    }
    Ok(Scores { months: scored, components: composite.inputs.clone() })
}

fn scores(
    month: Month,
    components: &[String],
    readings: &Rows,
    verdicts: &[Verdict],
    singles: &Rows,
    places: &HashMap<&str, usize>,
) -> Vec<Score> {
    let place = |rows: &Rows, row: usize| {
        let day = rows.day("day", row).filter(|day| Month::of(*day) == month)?;
        let institution = rows.text("institution", row)?;
        places.get(institution.as_str()).map(|place| (*place, day))
    };
    let mut ratios: HashMap<(usize, Day), Number> = HashMap::new();
    for row in 0..singles.len() {
        if let (Some(key), Some(value)) = (place(singles, row), singles.number("value", row)) {
            ratios.insert(key, value);
        }
    }
    // The last reading of the month, should there be several.
    let mut latest: HashMap<usize, (Day, Score)> = HashMap::new();
    for (row, verdict) in verdicts.iter().enumerate() {
        let Some((platform, day)) = place(readings, row) else { continue };
        if latest.get(&platform).is_some_and(|(other, _)| *other >= day) {
            continue;
        }
        let of = |id: &String| readings.number(&id.replace('-', "_"), row).unwrap_or_default();
        let score = Score {
            platform,
            points: readings.number("value", row),
            grade: verdict.grade(),
            lenders_per_borrower: ratios.get(&(platform, day)).copied().unwrap_or_default(),
            components: components.iter().map(of).collect(),
            undetermined: readings.integer("undetermined_components", row).unwrap_or_default(),
        };
        latest.insert(platform, (day, score));
    }
    let mut scores: Vec<Score> = latest.into_values().map(|(_, score)| score).collect();
    scores.sort_by_key(|score| score.platform);
    scores
}
