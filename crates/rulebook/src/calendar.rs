//! Working days: weekends, public holidays and the working days that make up for them, as the
//! State Council announces them each year.

use std::collections::BTreeMap;

use model::time::Day;
use query::Rows;

use crate::entry::EntryHash;
use crate::reference::Reference;

/// The calendar of working days. It answers only for days that it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The digest of its rows' file.
    pub hash: EntryHash,
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
    /// Takes the table with the columns `day` and `kind` (`holiday` or `working`); the message
    /// says what is wrong with a row.
    pub(crate) fn from_reference(reference: &Reference) -> Result<Self, String> {
        let rows = Rows::new(reference.rows.clone());
        let mut exceptions = BTreeMap::new();
        for row in 0..rows.len() {
            let day = rows.day("day", row).ok_or("a row has no day")?;
            let works = match rows.text("kind", row).as_deref() {
                Some("holiday") => false,
                Some("working") => true,
                _ => return Err(format!("the kind of {day} is neither \"holiday\" nor \"working\"")),
            };
            if works != day.is_weekend() {
                return Err(format!("{day} is no exception: its day of the week already says so"));
            }
            if exceptions.insert(day, works).is_some() {
                return Err(format!("{day} stands twice"));
            }
        }
        let Reference { hash, known_from, known_to, .. } = *reference;
        Ok(Self { hash, known_from, known_to, exceptions })
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
}
