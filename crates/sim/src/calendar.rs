//! Which days are worked: the State Council's holidays and the working days that make up for
//! them, from the rulebook's table; for years that it does not hold, the rule of the week.

use std::collections::BTreeMap;

use model::time::Day;

/// The rulebook's table: `day,kind`.
const TABLE: &str = include_str!("../../../rulebook/reference/calendar.csv");

/// Days that differ from the rule of the week.
pub(crate) struct Calendar(BTreeMap<Day, bool>);

impl Calendar {
    pub(crate) fn new() -> Self {
        let row = |line: &str| {
            let (day, kind) = line.trim().split_once(',')?;
            Some((Day::parse(day).ok()?, kind == "working"))
        };
        Self(TABLE.lines().filter_map(row).collect())
    }

    /// Whether people work on a day.
    pub(crate) fn is_worked(&self, day: Day) -> bool {
        self.0.get(&day).copied().unwrap_or(!day.is_weekend())
    }

    /// Whether a day lies in a public holiday: not worked, and not for its weekday alone. A weekend
    /// that touches a holiday belongs to it.
    pub(crate) fn is_holiday(&self, day: Day) -> bool {
        let named = |day: Day| self.0.get(&day) == Some(&false);
        let free = |day: Day| !self.is_worked(day);
        let reaches = |step: i32| (1..=3).map(|n| day.plus(step * n)).take_while(|day| free(*day)).any(named);
        named(day) || (free(day) && (reaches(1) || reaches(-1)))
    }

    /// Whether a day is the first one worked after a holiday.
    pub(crate) fn is_after_holiday(&self, day: Day) -> bool {
        self.is_worked(day) && self.is_holiday(day.plus(-1))
    }
}

/// The same day so many years on; the day before where that year has none.
pub(crate) fn years_after(day: Day, years: u32) -> Day {
    let (year, month) = (day.year() as u32 + years, day.month());
    (0..2).find_map(|less| Day::from_ymd(year, month, day.day_of_month().saturating_sub(less))).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_national_day_of_2024_is_a_week_off() {
        let calendar = Calendar::new();
        let day = |text| Day::parse(text).unwrap();
        assert!(!calendar.is_holiday(day("2024-09-30")));
        for free in ["2024-10-01", "2024-10-05", "2024-10-06", "2024-10-07"] {
            assert!(calendar.is_holiday(day(free)), "{free}");
        }
        assert!(calendar.is_worked(day("2024-10-12")), "a Saturday that makes up for it");
        assert!(calendar.is_after_holiday(day("2024-10-08")));
        assert!(!calendar.is_holiday(day("2024-10-19")), "a weekend is no holiday");
    }
}
