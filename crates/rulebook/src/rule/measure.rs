//! What a rule measures, and the bands of the value.

use std::cmp::Ordering;
use std::fmt;

use model::event::Grade;
use model::spec::{FieldKind, StreamSpec};
use query::Number;
use serde_saphyr::Spanned;

use super::{RawBands, check_column};
use crate::yaml::{Reader, Word};

/// What is measured over the determined records of a window.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// How many there are.
    Count,
    /// The sum of a column.
    Sum(String),
    /// The smallest value of a column.
    Min(String),
    /// The largest value of a column.
    Max(String),
    /// How many different values a column has.
    CountDistinct(String),
    /// 100 · (v(d) / v(d - n) - 1), cut off after six decimals.
    GrowthPercent(String),
}

impl Measure {
    /// The measured column.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Count => None,
            Self::Sum(column)
            | Self::Min(column)
            | Self::Max(column)
            | Self::CountDistinct(column)
            | Self::GrowthPercent(column) => Some(column),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum(_) => "sum",
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::CountDistinct(_) => "count_distinct",
            Self::GrowthPercent(_) => "growth_percent",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name(), self.column().unwrap_or_default())
    }
}

/// A comparison of a value with a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Comparison {
    upward: bool,
    inclusive: bool,
    threshold: Number,
}

impl Comparison {
    /// Whether a value meets it.
    pub fn holds(&self, value: Number) -> bool {
        match value.cmp(&self.threshold) {
            Ordering::Equal => self.inclusive,
            Ordering::Greater => self.upward,
            Ordering::Less => !self.upward,
        }
    }

    /// Whether larger values are worse.
    pub fn is_upward(&self) -> bool {
        self.upward
    }

    /// The threshold, in the unit of the value.
    pub fn threshold(&self) -> Number {
        self.threshold
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (rest, upward) = match (text.strip_prefix('>'), text.strip_prefix('<')) {
            (Some(rest), _) => (rest, true),
            (_, Some(rest)) => (rest, false),
            _ => return None,
        };
        let (number, inclusive) = match rest.strip_prefix('=') {
            Some(number) => (number, true),
            None => (rest, false),
        };
        Some(Self { upward, inclusive, threshold: number.trim().parse().ok()? })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.upward { ">" } else { "<" };
        let equal = if self.inclusive { "=" } else { "" };
        write!(f, "{sign}{equal} {}", self.threshold)
    }
}

/// A grade and the values that it begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RuleBand {
    /// The grade.
    pub grade: Grade,
    /// Which values have it.
    pub comparison: Comparison,
}

/// Reads `count()`, `sum(amount)` and so on.
pub(super) fn check(reader: &mut Reader<'_>, stream: &'static StreamSpec, word: &Word) -> Option<Measure> {
    const FORMS: &str = "write one of: count(), sum(column), min(column), max(column), \
                         count_distinct(column), growth_percent(column)";
    let parts = word.value.trim().strip_suffix(')').and_then(|text| text.split_once('('));
    let (name, column) = match parts {
        Some((name, column)) => (name.trim(), column.trim()),
        None => ("", ""),
    };
    if name == "count" && column.is_empty() {
        return Some(Measure::Count);
    }
    let make = match name {
        "sum" => Measure::Sum,
        "min" => Measure::Min,
        "max" => Measure::Max,
        "count_distinct" => Measure::CountDistinct,
        "growth_percent" => Measure::GrowthPercent,
        _ => {
            reader.fault(word, format!("\"{}\" is no measure", word.value)).help = Some(FORMS.to_owned());
            return None;
        }
    };
    let column = check_column(reader, stream, word, column)?;
    let kind = stream.fields.iter().find(|field| field.name == column).map(|field| field.kind);
    let fits = match name {
        "count_distinct" => true,
        "growth_percent" => matches!(kind, Some(FieldKind::Money { .. } | FieldKind::Count)),
        _ => matches!(kind, Some(FieldKind::Money { .. } | FieldKind::Percent { .. } | FieldKind::Count)),
    };
    if !fits {
        reader.fault(word, format!("{name}() does not fit the values of \"{column}\""));
    }
    fits.then(|| make(column))
}

/// Reads the bands of a rule, the worst first. A worse grade must begin further out.
pub(super) fn check_bands(reader: &mut Reader<'_>, bands: &Spanned<RawBands>) -> Option<Vec<RuleBand>> {
    let mut checked: Vec<RuleBand> = Vec::new();
    for (grade, word) in bands.value.worst_first() {
        let Some(comparison) = Comparison::parse(&word.value) else {
            reader.fault(word, format!("\"{}\" is no comparison with a number", word.value)).help = Some(
                "write >, >=, < or <= and a number with at most six decimals, such as \"> 50\"".to_owned(),
            );
            return None;
        };
        if let Some(worse) = checked.last() {
            let limit = worse.comparison.threshold;
            let nested = comparison.upward == worse.comparison.upward
                && if comparison.upward {
                    comparison.threshold < limit
                } else {
                    comparison.threshold > limit
                };
            if !nested {
                let message = format!("{} does not begin before {}", grade.en(), worse.grade.en());
                reader.fault(word, message);
                return None;
            }
        }
        checked.push(RuleBand { grade, comparison });
    }
    if checked.is_empty() {
        reader.fault(bands, "a rule has at least one band").help =
            Some("give yellow, orange or red".to_owned());
        return None;
    }
    Some(checked)
}
