//! Working days: weekends, public holidays and the working days that make up for them, as the
//! State Council announces them each year.

use std::collections::BTreeMap;

use crate::time::{Day, Time};

/// The calendar of working days. It answers only for days that it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The first day that it knows.
    pub known_from: Day,
    /// The last day that it knows.
    pub known_to: Day,
    /// Days that are not as the day of the week says: whether they are worked.
    exceptions: BTreeMap<Day, bool>,
}

/// A day on which the calendar cannot answer: the State Council's notice for its year is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{day} lies outside the calendar, which knows {known_from} to {known_to}")]
pub struct BeyondCalendar {
    /// The day asked about.
    pub day: Day,
    /// The first day known.
    pub known_from: Day,
    /// The last day known.
    pub known_to: Day,
}

impl Calendar {
    /// The calendar that knows the days from one to another, with those that are not as the day of
    /// the week says and whether they are worked; the message says what is wrong with one.
    ///
    /// # Errors
    /// A day stands twice, or is no exception.
    pub fn new(
        known_from: Day,
        known_to: Day,
        days: impl IntoIterator<Item = (Day, bool)>,
    ) -> Result<Self, String> {
        let mut exceptions = BTreeMap::new();
        for (day, works) in days {
            if works != day.is_weekend() {
                return Err(format!("{day} is no exception: its day of the week already says so"));
            }
            if exceptions.insert(day, works).is_some() {
                return Err(format!("{day} stands twice"));
            }
        }
        Ok(Self { known_from, known_to, exceptions })
    }

    /// Whether a day is a working day.
    ///
    /// # Errors
    /// [`BeyondCalendar`].
    pub fn is_working_day(&self, day: Day) -> Result<bool, BeyondCalendar> {
        if day < self.known_from || day > self.known_to {
            return Err(BeyondCalendar { day, known_from: self.known_from, known_to: self.known_to });
        }
        Ok(self.exceptions.get(&day).copied().unwrap_or(!day.is_weekend()))
    }

    /// The `count`-th working day after a day; the day itself when `count` is zero.
    ///
    /// # Errors
    /// [`BeyondCalendar`].
    pub fn working_days_after(&self, day: Day, count: u32) -> Result<Day, BeyondCalendar> {
        let (mut current, mut left) = (day, count);
        while left > 0 {
            current = current.plus(1);
            left -= u32::from(self.is_working_day(current)?);
        }
        Ok(current)
    }

    /// The moment at which the `count`-th working day after the day of a time is over.
    ///
    /// # Errors
    /// [`BeyondCalendar`].
    pub fn end_of_working_days(&self, from: Time, count: u32) -> Result<Time, BeyondCalendar> {
        Ok(Time::start_of(self.working_days_after(from.day(), count)?.plus(1)))
    }
}
