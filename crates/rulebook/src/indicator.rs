//! Indicators: a query whose rows are readings, and the bands of their values.

mod body;
mod header;

use std::sync::Arc;

use model::event::{Grade, Verdict};
use query::arrow::array::{Array, BooleanArray};
use query::{Predicate, QueryError, RecordBatch, SchemaRef};

use crate::entry::{Meta, Unit, words};
use crate::notice::Notice;
pub(crate) use header::{Draft, draft};

words! {
    /// Which part of the market an indicator looks at (requirements 2.3 to 2.5).
    Level "level" {
        Macro "macro" "宏观" "macro: the industry",
        Meso "meso" "中观" "meso: a line of business",
        Micro "micro" "微观" "micro: an institution",
    }
}

words! {
    /// What a reading is about.
    Scope "scope" {
        Institution "institution" "机构" "an institution",
        Industry "industry" "行业" "the industry",
    }
}

words! {
    /// Of which days readings are made.
    Days "days" {
        Any "any" "任何一日" "of every day, as its records come",
        Closed "closed" "报送截止后的日子" "of days whose filings have all come due",
    }
}

/// The column that lists the positions of the records behind a reading.
pub const ROWS: &str = "rows";

/// A grade and the readings that have it.
#[derive(Clone, Debug)]
pub struct IndicatorBand {
    /// The grade.
    pub grade: Grade,
    /// The condition on a reading's columns.
    pub condition: Predicate,
}

/// An indicator: one query, each row of which is a reading.
///
/// A reading has a `day`, an `institution` unless its scope is the industry, where it matters a
/// `line`, a `value` (NULL: undetermined), and any columns that explain it. There is at most one
/// reading for a day, institution and line.
///
/// **Lines of business.** Of tables that say their line it reads the rows of its lines only. Where a
/// table does not, the indicator must be for every line that files the stream.
#[derive(Clone, Debug)]
pub struct Indicator {
    /// What it says about itself.
    pub meta: Meta,
    /// Which part of the market it looks at.
    pub level: Level,
    /// What a reading is about.
    pub scope: Scope,
    /// What the value is measured in.
    pub unit: Unit,
    /// The streams that it reads (also `obligations`).
    pub streams: Vec<String>,
    /// Other indicators whose readings it reads, as tables `indicator_<id>` with `_` for `-`.
    pub inputs: Vec<String>,
    /// How many days before a reading's day the query needs to see.
    pub lookback_days: u32,
    /// How many days after a reading's day the query needs to see.
    pub lookahead_days: u32,
    /// Of which days readings are made.
    pub days: Days,
    /// The columns that tell several findings of an institution and day apart. Where there are any,
    /// a row that is not green is a finding of its own, and a row that is green is nothing.
    pub per: Vec<String>,
    /// The table by which the query keeps to its lines of business, where that is not every table
    /// that it reads: readings are of institutions that stand in it.
    pub lines_by: Option<String>,
    /// Whether it only feeds other indicators: it is shown, but gives no grade by itself.
    pub weight_only: bool,
    /// The bands, the worst first.
    pub bands: Vec<IndicatorBand>,
    /// What the institution is told when a term moves by its readings.
    pub notice: Option<Notice>,
    /// The columns of its readings.
    pub schema: SchemaRef,
    sql: String,
}

impl Indicator {
    /// The complete query over the tables of the streams and `reference_<name>`; the queries of
    /// its inputs are part of it.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The verdict on every reading in a batch of [`Indicator::schema`].
    ///
    /// Without a value it is undetermined. Otherwise the worst band whose condition holds gives
    /// the grade; when none holds and one is NULL it is undetermined, else green.
    ///
    /// # Errors
    /// [`QueryError`] when the batch has other columns or a condition cannot be computed.
    pub fn verdicts(&self, readings: &RecordBatch) -> Result<Vec<Verdict>, QueryError> {
        let readings = self.conform(readings)?;
        let value = readings.column_by_name("value").cloned();
        let conditions: Vec<(Grade, BooleanArray)> = self
            .bands
            .iter()
            .map(|band| Ok((band.grade, band.condition.evaluate(&readings)?)))
            .collect::<Result<_, QueryError>>()?;
        let verdict = |row: usize| {
            if value.as_ref().is_none_or(|value| value.is_null(row)) {
                return Verdict::Undetermined;
            }
            let met = |condition: &BooleanArray| condition.is_valid(row) && condition.value(row);
            if let Some((grade, _)) = conditions.iter().find(|(_, condition)| met(condition)) {
                return Verdict::Graded(*grade);
            }
            if conditions.iter().any(|(_, condition)| condition.is_null(row)) {
                return Verdict::Undetermined;
            }
            Verdict::Graded(Grade::Green)
        };
        Ok((0..readings.num_rows()).map(verdict).collect())
    }

    /// The condition to show beside a verdict: that of its band, or of the first band that is not
    /// met.
    pub fn condition(&self, verdict: Verdict) -> &str {
        let own = verdict.grade().and_then(|grade| self.bands.iter().find(|band| band.grade == grade));
        own.or(self.bands.last()).map_or("", |band| band.condition.sql())
    }

    /// The batch under the schema that the bands were compiled for; only nullability may differ.
    fn conform(&self, readings: &RecordBatch) -> Result<RecordBatch, QueryError> {
        RecordBatch::try_new(Arc::clone(&self.schema), readings.columns().to_vec()).map_err(|error| {
            QueryError::Evaluation(format!(
                "readings of \"{}\" do not have its columns: {error}",
                self.meta.id
            ))
        })
    }
}
