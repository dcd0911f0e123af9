//! What the study found, as it is written out in JSON.

use std::collections::BTreeMap;

use model::event::Grade;
use serde::Serialize;

/// An area under the curve: the chance that a platform that failed had the higher score than one
/// that did not, equal scores counted half. 0.5 is no better than a coin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Area {
    /// The area; absent when nobody failed, or everybody.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval, by drawing platforms anew.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// The areas of four ways to order the same platforms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Areas {
    /// By the early-warning points.
    pub points: Area,
    /// By the points, equal ones by lenders per borrower.
    pub points_then_lenders_per_borrower: Area,
    /// By the grade alone.
    pub grade: Area,
    /// By lenders per borrower alone.
    pub lenders_per_borrower: Area,
    /// How much the points (equal ones by lenders per borrower) are better than lenders per
    /// borrower alone.
    pub gain: Area,
}

/// Platforms that were given a grade.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GradeCount {
    /// The grade.
    pub grade: Grade,
    /// Platforms that were given it.
    pub platforms: u64,
    /// Those of them that failed later.
    pub failed: u64,
    /// Their share; absent when no platform was given the grade.
    pub failed_share: Option<f64>,
}

/// What was said at the end of one month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MonthReport {
    /// The month, `2018-01`.
    pub month: String,
    /// Whether it is one of the four months of the published comparison.
    pub marked: bool,
    /// Platforms with figures, points and a known outcome.
    pub scored: u64,
    /// Those of them that failed by August 2018.
    pub failed: u64,
    /// Platforms with figures and a known outcome of which no component could be determined.
    pub undetermined: u64,
    /// Platforms scored of which some component could not be determined.
    pub partly_undetermined: u64,
    /// Platforms by grade, from green to red.
    pub grades: Vec<GradeCount>,
    /// How well each order tells the failed from the rest.
    pub areas: Areas,
}

/// One component of the points by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComponentArea {
    /// The component's id in the rulebook.
    pub component: String,
    /// The mean over the marked months of the area of its points alone.
    pub area: Option<f64>,
    /// The same of the sum of all other components.
    pub area_without_it: Option<f64>,
}

/// The spread over groups of platforms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoldAreas {
    /// Into how many groups the platforms were divided.
    pub folds: u32,
    /// How often.
    pub repeats: u32,
    /// For each marked month and for their mean: month, mean and standard deviation over all
    /// groups of the area of the points, equal ones by lenders per borrower.
    pub points_then_lenders_per_borrower: Vec<(String, Option<f64>, Option<f64>)>,
    /// The same of lenders per borrower alone.
    pub lenders_per_borrower: Vec<(String, Option<f64>, Option<f64>)>,
}

/// How early platforms turned to a grade.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lead {
    /// The grade, or a worse one.
    pub grade: Grade,
    /// Platforms that failed.
    pub failed: u64,
    /// Those of them that had the grade in any month.
    pub failed_flagged: u64,
    /// Months from the first month with the grade to the last month with figures: the quarter
    /// below which, the half, and the quarter above which they lie.
    pub lead_months_quartiles: [Option<f64>; 3],
    /// Failed platforms that had it at least one month before.
    pub at_least_1_month: u64,
    /// At least three months before.
    pub at_least_3_months: u64,
    /// Failed platforms that had it in the last month with figures that is scored.
    pub in_last_month: u64,
    /// Platforms that did not fail.
    pub normal: u64,
    /// Those of them that had the grade in any month.
    pub normal_flagged: u64,
    /// Their share of all that had it: false alarms.
    pub false_alarm_share: Option<f64>,
}

/// A platform of which the points said the wrong thing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlatformNote {
    /// Its number in the set; names are not told.
    pub plat_id: String,
    /// The month that the points are of: the last marked one with figures.
    pub month: String,
    /// Its points.
    pub points: f64,
    /// Its grade.
    pub grade: Option<Grade>,
    /// Lenders per borrower.
    pub lenders_per_borrower: f64,
    /// The worst grade of any month.
    pub worst_grade: Option<Grade>,
}

/// The platforms of the data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Platforms {
    /// All that have figures.
    pub all: u64,
    /// Of these, normal in August 2018.
    pub normal: u64,
    /// Failed by then.
    pub failed: u64,
    /// Not known; they are left out of everything.
    pub unknown: u64,
    /// How many platforms each status was said of, also those without figures.
    pub statuses: BTreeMap<String, u64>,
}

/// What the study found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Version of the rulebook: its digest.
    pub rulebook: String,
    /// The digest of the indicator that grades.
    pub indicator: String,
    /// Seed of all draws.
    pub seed: u64,
    /// Draws for the intervals.
    pub draws: u32,
    /// Rows read, records made, rows refused.
    pub rows: u64,
    /// Records made of them.
    pub records: u64,
    /// Rows refused.
    pub refused: u64,
    /// The platforms.
    pub platforms: Platforms,
    /// What was said month by month.
    pub months: Vec<MonthReport>,
    /// The mean over the marked months.
    pub marked_mean: Areas,
    /// The components.
    pub components: Vec<ComponentArea>,
    /// The spread over groups of platforms.
    pub folds: FoldAreas,
    /// How early: orange or worse, and red.
    pub leads: Vec<Lead>,
    /// Platforms that failed with the fewest points.
    pub misses: Vec<PlatformNote>,
    /// Platforms that did not fail with the most points.
    pub false_alarms: Vec<PlatformNote>,
    /// What to mind in reading the figures.
    pub notes: Vec<String>,
    /// What was odd in the data.
    pub warnings: Vec<String>,
}
