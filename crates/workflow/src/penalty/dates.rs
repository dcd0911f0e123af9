//! Periods that are counted in months, and days on which a period cannot end.

use model::calendar::Calendar;
use model::time::{Day, Time};

use crate::term::{Deadline, Term};

/// The same day of the month some months on, or the month's last day where it has no such day
/// (《民法典》第二百零二条).
pub(super) fn months_after(day: Day, months: u32) -> Day {
    let index = i64::from(day.year()) * 12 + i64::from(day.month()) - 1 + i64::from(months);
    let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
    let first = match (u32::try_from(year), u32::try_from(month)) {
        (Ok(year), Ok(month)) => Day::from_ymd(year, month, 1).unwrap_or(day),
        _ => day,
    };
    let same = first.plus(i32::try_from(day.day_of_month()).unwrap_or(1) - 1);
    same.min(first.last_of_month())
}

/// A clock that runs from a day: the day itself is not counted, and a last day that is no working
/// day moves to the next one (《民事诉讼法》第八十五条, by reference). Beyond what the calendar knows
/// the day stays: the period may then end too early by a holiday, never too late by one.
pub(super) fn rolled(mut deadline: Deadline, calendar: &Calendar) -> Deadline {
    let Some(due) = deadline.due else { return deadline };
    let mut last = due.day().plus(-1);
    while calendar.is_working_day(last) == Ok(false) {
        last = last.plus(1);
    }
    deadline.due = Some(Time::start_of(last.plus(1)));
    deadline
}

/// A clock of some months that runs from a day.
pub(super) fn months(from: Day, months: u32, calendar: &Calendar) -> Deadline {
    let days = months_after(from, months).0.saturating_sub(from.0);
    let term = Term::Days(u32::try_from(days).unwrap_or(0));
    rolled(Deadline::start(term, Time::start_of(from), calendar), calendar)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::testing::calendar;

    #[test]
    fn months_end_where_the_month_ends() {
        let table = [
            ("2026-01-15", 6, "2026-07-15"),
            ("2026-08-31", 6, "2027-02-28"),
            ("2027-08-31", 6, "2028-02-29"),
            ("2026-11-30", 120, "2036-11-30"),
        ];
        for (from, count, to) in table {
            let from = Day::parse(from).unwrap();
            assert_eq!(months_after(from, count).to_string(), to, "{from} and {count} months");
        }
    }

    #[test]
    fn a_period_does_not_end_on_a_day_off() {
        // The last of six months is a Sunday; the Monday counts.
        let from = Day::parse("2026-05-29").unwrap();
        let due = months(from, 6, &calendar()).due.unwrap();
        assert_eq!(due.to_string(), "2026-12-01T00:00:00+08:00");
    }
}
