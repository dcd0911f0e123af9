//! When people trade: the hours of a day, the days of a week, holidays, the days of a month.

use model::streams::LineOfBusiness;
use model::time::{Day, MICROS_PER_DAY};

use crate::calendar::Calendar;

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

/// What kind of movement a day's factor is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    In,
    Out,
}

/// How busy a day is, against an average day: by its weekday, by holidays, by the month.
///
/// For funds the figures are those of a real money fund in 2014 (`docs/market.md`): few orders on
/// days off, many on the first day after them, and salaries that come in about the tenth.
pub(crate) fn day_factor(calendar: &Calendar, line: LineOfBusiness, day: Day, flow: Flow) -> f64 {
    let is_fund = line == LineOfBusiness::Fund;
    let weekday = if line == LineOfBusiness::Payment {
        if day.is_weekend() { 1.15 } else { 0.95 }
    } else if is_fund {
        // 1970-01-01 was a Thursday: from Monday on.
        let weekdays = [1.21, 1.19, 1.16, 1.07, 0.93, 0.68, 0.74];
        weekdays.get((day.0 + 3).rem_euclid(7) as usize).copied().unwrap_or(1.0)
    } else if day.is_weekend() {
        0.75
    } else {
        1.1
    };
    let holiday = match (line, calendar.is_holiday(day), flow) {
        (LineOfBusiness::Payment, true, _) => 1.25,
        (_, true, Flow::In) => 0.65 / weekday,
        (_, true, Flow::Out) => 0.55 / weekday,
        _ if calendar.is_after_holiday(day) && is_fund => match flow {
            Flow::In => 1.24 / weekday,
            Flow::Out => 1.4 / weekday,
        },
        _ if calendar.is_worked(day) && day.is_weekend() => 1.0 / weekday,
        _ => 1.0,
    };
    let month = match (day.day_of_month(), flow) {
        (10 | 11, Flow::In) => 1.08,
        (25..=28, Flow::Out) => 1.08,
        _ => 1.0,
    };
    weekday * holiday * month
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
