//! When people trade: the hours of a day and the days of a week.

use model::streams::LineOfBusiness;
use model::time::{Day, MICROS_PER_DAY};

/// How busy each hour of the day is: quiet at night, peaks before noon and in the evening.
const HOUR_WEIGHTS: [u32; 24] =
    [10, 6, 4, 3, 3, 5, 12, 24, 40, 56, 62, 58, 54, 48, 52, 54, 52, 50, 54, 62, 66, 56, 36, 20];

/// Microseconds since midnight of the `index`-th of `total` events of a day; `shake` is between 0
/// and 1 and keeps the order.
pub(crate) fn micros_in_day(index: u64, total: u64, shake: f64) -> u64 {
    let all: u32 = HOUR_WEIGHTS.iter().sum();
    let mut place = (index as f64 + shake) / total.max(1) as f64 * f64::from(all);
    for (hour, weight) in HOUR_WEIGHTS.iter().enumerate() {
        let weight = f64::from(*weight);
        if place < weight {
            return ((hour as f64 + place / weight) * 3.6e9) as u64;
        }
        place -= weight;
    }
    MICROS_PER_DAY as u64 - 1
}

/// How busy a day of the week is, against an average day.
pub(crate) fn day_factor(line: LineOfBusiness, day: Day) -> f64 {
    match (line, day.is_weekend()) {
        (LineOfBusiness::Payment, true) => 1.25,
        (LineOfBusiness::Payment, false) => 0.9,
        (LineOfBusiness::Fund, true) => 0.5,
        (LineOfBusiness::Fund, false) => 1.2,
        (_, true) => 0.75,
        (_, false) => 1.1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_ascend_and_stay_in_their_day() {
        let mut last = 0;
        for index in 0..5_000 {
            let micros = micros_in_day(index, 5_000, if index % 2 == 0 { 0.0 } else { 0.999_999 });
            assert!(micros >= last && micros < MICROS_PER_DAY as u64, "{index}");
            last = micros;
        }
    }
}
