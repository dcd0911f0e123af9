//! Notices to institutions: what is to hold for each from a day on, told once (requirement 1.9).

use std::collections::HashMap;

use model::event::Notice;
use model::time::{Day, Time};
use query::Rows;
use rulebook::Text;

use crate::indicators::Reading;
use crate::windows::value_text;

/// What a reading says is to hold from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The day from which it holds.
    pub effective_from: Day,
    /// The term until then.
    pub before: String,
    /// The term from then on.
    pub term: String,
    /// Title of the notice.
    pub title: Text,
    /// Text of the notice.
    pub text: Text,
}

impl Announcement {
    /// Reads it from a row of readings; nothing where the row has no term or no day of effect.
    pub(crate) fn read(notice: &rulebook::Notice, rows: &Rows, row: usize) -> Option<Self> {
        let column = |name: &str| {
            let column = rows.batch().column_by_name(name)?;
            let text = || rows.number(name, row).map_or_else(|| value_text(column, row), |n| n.to_string());
            (!column.is_null(row)).then(text)
        };
        let shown = |name: &str| column(name).unwrap_or_else(|| "–".to_owned());
        Some(Self {
            effective_from: rows.day(&notice.effective, row)?,
            term: column(&notice.term)?,
            before: shown(&notice.until_then),
            title: rulebook::Notice::fill(&notice.title, shown),
            text: rulebook::Notice::fill(&notice.text, shown),
        })
    }
}

/// Entry, institution, day of effect.
type Key = (String, String, Day);

/// What institutions were told.
#[derive(Debug, Default)]
pub struct Given(HashMap<Key, Latest>);

/// The latest notice for a day of effect.
#[derive(Debug)]
struct Latest {
    id: String,
    number: u32,
    term: String,
}

impl Given {
    /// Takes in a notice that was given before.
    pub fn restore(&mut self, notice: &Notice) {
        let key = (notice.entry.clone(), notice.institution.clone(), notice.effective_from);
        let number = self.0.get(&key).map_or(0, |latest| latest.number) + 1;
        self.0.insert(key, Latest { id: notice.id.clone(), number, term: notice.term.clone() });
    }

    /// The notice that a reading calls for, if the institution was not told so before: neither by a
    /// notice for that day nor, without one, by what holds already.
    pub fn take(&mut self, reading: &Reading, now: Time) -> Option<Notice> {
        let announced = reading.announces.as_ref()?;
        let (entry, institution) = (&reading.reason.entry, &reading.institution);
        let latest = self.0.get(&(entry.clone(), institution.clone(), announced.effective_from));
        if latest.map_or(&announced.before, |latest| &latest.term) == &announced.term {
            return None;
        }
        let number = latest.map_or(0, |latest| latest.number) + 1;
        let notice = Notice {
            id: format!("{institution}-{entry}-{}-{number}", announced.effective_from),
            institution: institution.clone(),
            entry: entry.clone(),
            entry_hash: reading.reason.entry_hash.clone(),
            day: reading.day,
            effective_from: announced.effective_from,
            before: latest.map_or_else(|| announced.before.clone(), |latest| latest.term.clone()),
            term: announced.term.clone(),
            corrects: latest.map(|latest| latest.id.clone()),
            title: announced.title.clone(),
            text: announced.text.clone(),
            given_at: now,
        };
        self.restore(&notice);
        Some(notice)
    }
}

#[cfg(test)]
mod tests {
    use model::event::{Reason, Rows, Verdict};

    use super::*;

    fn reading(day: i32, before: &str, term: &str) -> Reading {
        let text = Text { zh: "比例".to_owned(), en: "ratio".to_owned() };
        Reading {
            day: Day(day),
            institution: "wallet".to_owned(),
            group: Vec::new(),
            reason: Reason {
                entry: "rating".to_owned(),
                entry_hash: String::new(),
                line: None,
                verdict: Verdict::Undetermined,
                value: None,
                condition: String::new(),
                rows: Rows::default(),
            },
            grades: false,
            announces: Some(Announcement {
                effective_from: Day(40),
                before: before.to_owned(),
                term: term.to_owned(),
                title: text.clone(),
                text,
            }),
        }
    }

    #[test]
    fn told_once_and_again_only_when_it_comes_out_otherwise() {
        let mut given = Given::default();
        let mut told = |day, before, term| {
            let notice = given.take(&reading(day, before, term), Time::default())?;
            Some((notice.id, notice.before, notice.term, notice.corrects))
        };
        let text = str::to_owned;
        let first = text("wallet-rating-1970-02-10-1");
        let second = text("wallet-rating-1970-02-10-2");
        let third = text("wallet-rating-1970-02-10-3");
        assert_eq!(told(10, "10", "10"), None, "it holds already");
        assert_eq!(told(10, "10", "50"), Some((first.clone(), text("10"), text("50"), None)));
        assert_eq!(told(11, "10", "50"), None, "told before");
        assert_eq!(
            told(12, "10", "30"),
            Some((second.clone(), text("50"), text("30"), Some(first))),
            "corrected"
        );
        assert_eq!(
            told(13, "10", "10"),
            Some((third, text("30"), text("10"), Some(second))),
            "that nothing moves after all must be told to who was told that it does"
        );
    }

    #[test]
    fn what_was_given_before_a_restart_is_not_given_again() {
        let (mut given, mut restarted) = (Given::default(), Given::default());
        for (day, term) in [(1, "50"), (2, "30"), (3, "30"), (4, "80")] {
            let reading = reading(day, "10", term);
            if let Some(notice) = given.take(&reading, Time::default()) {
                restarted.restore(&notice);
            }
            assert_eq!(restarted.take(&reading, Time::default()), None);
        }
    }
}
