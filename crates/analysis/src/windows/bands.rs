//! Bands as bounds on a measure's whole number, and between which values a verdict stays what it is.

use std::ops::RangeInclusive;

use model::event::{Grade, Verdict};
use query::Number;
use rulebook::Comparison;

/// Verdicts as they are kept in an entry fit three bits and one to spare.
pub(super) const CODES: usize = 8;
/// The verdict raised last is not known here: the batch engine may have raised another.
pub(super) const ELSEWHERE: u8 = 7;

/// A verdict as it is kept in an entry; zero when nothing was raised.
pub(super) fn code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Graded(Grade::Green) => 0,
        Verdict::Undetermined => 1,
        Verdict::Graded(Grade::Yellow) => 2,
        Verdict::Graded(Grade::Orange) => 3,
        Verdict::Graded(Grade::Red) => 4,
    }
}

/// A band as a bound on the measure's whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    AtLeast(i64),
    AtMost(i64),
}

impl Bound {
    /// The bound on `value · 10^-scale` that a comparison with a threshold sets.
    pub(super) fn new(comparison: &Comparison, scale: u32) -> Self {
        let threshold = comparison.threshold();
        let unit = 10i128.pow(Number::DECIMALS.saturating_sub(scale));
        let floor = threshold.0.div_euclid(unit);
        let ceiling = -(-threshold.0).div_euclid(unit);
        let narrow = |value: i128| value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
        match (comparison.is_upward(), comparison.holds(threshold)) {
            (true, false) => Self::AtLeast(narrow(floor + 1)),
            (true, true) => Self::AtLeast(narrow(ceiling)),
            (false, false) => Self::AtMost(narrow(ceiling - 1)),
            (false, true) => Self::AtMost(narrow(floor)),
        }
    }

    pub(super) fn holds(self, value: i64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

/// A band, compiled.
#[derive(Clone, Debug)]
pub(super) struct PlannedBand {
    pub(super) bound: Bound,
    pub(super) grade: Grade,
    /// Whether it stays reached however many records follow.
    pub(super) is_certain: bool,
    pub(super) text: String,
}

/// For each verdict raised, by its code, values with which it stays: nearly every record ends at
/// this comparison. A verdict without values is looked at again with every record.
pub(super) type Stays = [RangeInclusive<i64>; CODES];

#[expect(clippy::reversed_empty_ranges, reason = "no value at all")]
const NOWHERE: RangeInclusive<i64> = i64::MAX..=i64::MIN;

/// No verdict stays.
pub(super) const NEVER: Stays = [NOWHERE; CODES];

/// The values with which verdicts stay, when all records are determined.
pub(super) fn stays(bands: &[PlannedBand]) -> Stays {
    let mut stays = NEVER;
    for grade in Grade::ALL {
        let (reached, missed): (Vec<&PlannedBand>, Vec<_>) =
            bands.iter().filter(|band| band.grade >= grade).partition(|band| band.grade == grade);
        let values = match grade {
            Grade::Green => missing(&missed),
            _ => missing(&missed).zip(reaching(&reached, &missed)).map(|(missing, reaching)| {
                *missing.start().max(reaching.start())..=*missing.end().min(reaching.end())
            }),
        };
        stays[usize::from(code(Verdict::Graded(grade)))] = values.unwrap_or(NOWHERE);
    }
    stays
}

/// The values that reach none of these bands.
fn missing(bands: &[&PlannedBand]) -> Option<RangeInclusive<i64>> {
    let (mut least, mut greatest) = (i64::MIN, i64::MAX);
    for band in bands {
        match band.bound {
            Bound::AtLeast(bound) => greatest = greatest.min(bound.checked_sub(1)?),
            Bound::AtMost(bound) => least = least.max(bound.checked_add(1)?),
        }
    }
    Some(least..=greatest)
}

/// The values that reach a band, unless worse bands lie the other way: then they are not in one
/// piece, and not worth telling apart.
fn reaching(bands: &[&PlannedBand], worse: &[&PlannedBand]) -> Option<RangeInclusive<i64>> {
    let [band] = bands else { return None };
    let is_same_way = |other: &&PlannedBand| {
        matches!(
            (band.bound, other.bound),
            (Bound::AtLeast(_), Bound::AtLeast(_)) | (Bound::AtMost(_), Bound::AtMost(_))
        )
    };
    worse.iter().all(is_same_way).then_some(match band.bound {
        Bound::AtLeast(bound) => bound..=i64::MAX,
        Bound::AtMost(bound) => i64::MIN..=bound,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Bound::{AtLeast as Up, AtMost as Down};

    fn band(grade: Grade, bound: Bound) -> PlannedBand {
        PlannedBand { bound, grade, is_certain: true, text: String::new() }
    }

    #[test]
    fn a_verdict_stays_with_a_value_if_and_only_if_the_value_comes_to_it() {
        use Grade::{Orange, Red, Yellow};
        let table = [
            vec![band(Orange, Up(5))],
            vec![band(Red, Up(9)), band(Orange, Up(7)), band(Yellow, Up(3))],
            vec![band(Red, Up(2)), band(Yellow, Up(6))],
            vec![band(Red, Down(2)), band(Yellow, Down(6))],
            vec![band(Red, Up(i64::MIN)), band(Yellow, Up(6))],
            vec![band(Orange, Down(i64::MIN)), band(Yellow, Down(i64::MAX))],
        ];
        for bands in table {
            let stays = stays(&bands);
            for value in (-1..12).chain([i64::MIN, i64::MAX]) {
                let reached = bands.iter().find(|band| band.bound.holds(value));
                let grade = reached.map_or(Grade::Green, |band| band.grade);
                for other in Grade::ALL {
                    let is_in = stays[usize::from(code(Verdict::Graded(other)))].contains(&value);
                    assert_eq!(is_in, other == grade, "{bands:?} {value} {other:?}");
                }
            }
        }
        // Bands that lie either way: that none is reached is told, and the worst one.
        let mixed = stays(&[band(Red, Up(9)), band(Yellow, Down(2))]);
        assert_eq!((&mixed[0], &mixed[4]), (&(3..=8), &(9..=i64::MAX)));
        assert!(mixed[2].is_empty());
    }
}
