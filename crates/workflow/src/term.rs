//! How long somebody has, and until when: a term of the policy becomes a deadline when its clock
//! starts, and is never computed again from what holds later.

use std::fmt;
use std::str::FromStr;

use model::calendar::{BeyondCalendar, Calendar};
use model::time::Time;
use serde::{Deserialize, Serialize};

use crate::Refusal;

/// The longest term, in hours: a hundred years would only be a slip.
const HOURS_MAX: u32 = 24 * 366 * 10;

/// How long somebody has. Written as `10 minutes`, `24 hours`, `5 days` or `10 working days`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Term {
    /// Minutes of the clock.
    Minutes(u32),
    /// Hours of the clock.
    Hours(u32),
    /// Calendar days: until the end of the last.
    Days(u32),
    /// Working days of the State Council's calendar: until the end of the last.
    WorkingDays(u32),
}

/// The text is no term.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no term; write it as \"10 minutes\", \"24 hours\", \"5 days\" or \"10 working days\"")]
pub struct NoTerm(String);

impl Term {
    /// The moment at which the term is over, for a clock that starts at `from`.
    ///
    /// # Errors
    /// [`BeyondCalendar`] for working days that the calendar does not know.
    pub fn due(self, from: Time, calendar: &Calendar) -> Result<Time, BeyondCalendar> {
        Ok(match self {
            Self::Minutes(minutes) => from.plus_seconds(i64::from(minutes) * 60),
            Self::Hours(hours) => from.plus_seconds(i64::from(hours) * 3600),
            Self::Days(days) => {
                Time::start_of(from.day().plus(i32::try_from(days).unwrap_or(i32::MAX).saturating_add(1)))
            }
            Self::WorkingDays(days) => calendar.end_of_working_days(from, days)?,
        })
    }

    /// In Chinese, as a letter says it.
    pub fn zh(self) -> String {
        match self {
            Self::Minutes(count) => format!("{count}分钟"),
            Self::Hours(count) => format!("{count}小时"),
            Self::Days(count) => format!("{count}日"),
            Self::WorkingDays(count) => format!("{count}个工作日"),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = match self {
            Self::Minutes(count) => (count, "minute"),
            Self::Hours(count) => (count, "hour"),
            Self::Days(count) => (count, "day"),
            Self::WorkingDays(count) => (count, "working day"),
        };
        write!(f, "{count} {unit}{}", if *count == 1 { "" } else { "s" })
    }
}

impl FromStr for Term {
    type Err = NoTerm;

    fn from_str(text: &str) -> Result<Self, NoTerm> {
        let wrong = || NoTerm(text.to_owned());
        let (count, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let count: u32 = count.parse().map_err(|_| wrong())?;
        let (term, hours) = match unit.trim() {
            "minute" | "minutes" => (Self::Minutes(count), count / 60),
            "hour" | "hours" => (Self::Hours(count), count),
            "day" | "days" => (Self::Days(count), count.saturating_mul(24)),
            "working day" | "working days" => (Self::WorkingDays(count), count.saturating_mul(24)),
            _ => return Err(wrong()),
        };
        if count == 0 || hours > HOURS_MAX { Err(wrong()) } else { Ok(term) }
    }
}

impl TryFrom<String> for Term {
    type Error = NoTerm;

    fn try_from(text: String) -> Result<Self, NoTerm> {
        text.parse()
    }
}

impl From<Term> for String {
    fn from(term: Term) -> Self {
        term.to_string()
    }
}

/// A clock that was started: until when, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// When the clock started.
    pub started: Time,
    /// How long there was.
    pub term: Term,
    /// When it is over; nothing while the calendar does not reach so far: it is written down as
    /// soon as it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due: Option<Time>,
    /// When what was due was done, also when that was late.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kept: Option<Time>,
    /// When it was noticed that the term was over.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missed: Option<Time>,
}

impl Deadline {
    /// Starts a clock that the system itself starts: where the calendar does not reach, the
    /// deadline stays open and is seen.
    pub fn start(term: Term, now: Time, calendar: &Calendar) -> Self {
        Self { started: now, term, due: term.due(now, calendar).ok(), kept: None, missed: None }
    }

    /// Starts a clock that a person starts.
    ///
    /// # Errors
    /// The calendar does not reach so far.
    pub fn start_checked(term: Term, now: Time, calendar: &Calendar) -> Result<Self, Refusal> {
        let due = term.due(now, calendar).map_err(|beyond| Refusal::beyond(term, &beyond))?;
        Ok(Self { started: now, term, due: Some(due), kept: None, missed: None })
    }

    /// Whether it still runs.
    pub fn runs(&self) -> bool {
        self.kept.is_none() && self.missed.is_none()
    }

    /// When it goes off, while it runs.
    pub fn timer(&self) -> Option<Time> {
        self.due.filter(|_| self.runs())
    }

    /// Whether it runs and is over.
    pub fn is_over(&self, now: Time) -> bool {
        self.timer().is_some_and(|due| now >= due)
    }

    /// Whether what was due was done in time; unknown while it still may be.
    pub fn in_time(&self) -> Option<bool> {
        match (self.kept, self.missed) {
            (Some(kept), _) => Some(self.due.is_none_or(|due| kept < due)),
            (None, Some(_)) => Some(false),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use model::time::Day;

    use super::*;

    fn calendar() -> Calendar {
        let day = |text: &str| Day::parse(text).unwrap_or_default();
        let days = [("2026-10-01", false), ("2026-10-02", false), ("2026-10-10", true)];
        let days = days.map(|(text, works)| (day(text), works));
        Calendar::new(day("2026-01-01"), day("2026-12-31"), days).unwrap()
    }

    #[test]
    fn a_deadline_is_written_down_when_its_clock_starts() {
        let table = [
            ("10 minutes", "2026-09-30T09:00:00+08:00", Some("2026-09-30T09:10:00+08:00")),
            ("24 hours", "2026-09-30T09:00:00+08:00", Some("2026-10-01T09:00:00+08:00")),
            ("1 day", "2026-09-30T09:00:00+08:00", Some("2026-10-02T00:00:00+08:00")),
            // Thursday and Friday are holidays, then a weekend.
            ("1 working day", "2026-09-30T09:00:00+08:00", Some("2026-10-06T00:00:00+08:00")),
            // A Saturday that makes up for a holiday is worked.
            ("2 working days", "2026-10-08T23:59:59+08:00", Some("2026-10-11T00:00:00+08:00")),
            ("10 working days", "2026-12-25T09:00:00+08:00", None),
        ];
        for (term, from, due) in table {
            let term: Term = term.parse().unwrap();
            let found = term.due(Time::parse(from).unwrap(), &calendar());
            assert_eq!(found.ok().map(|due| due.to_string()).as_deref(), due, "{term} from {from}");
        }
    }

    #[test]
    fn a_term_is_written_as_it_is_said() {
        for text in ["1 minute", "10 minutes", "24 hours", "5 days", "1 working day", "10 working days"] {
            assert_eq!(text.parse::<Term>().map(|term| term.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "10", "0 hours", "-1 days", "10 weeks", "9999999 days", "1.5 hours"] {
            assert!(text.parse::<Term>().is_err(), "{text}");
        }
    }

    #[test]
    fn who_is_late_is_late_also_when_it_was_done_after_all() {
        let now = Time::parse("2026-09-30T09:00:00+08:00").unwrap();
        let term = Term::Hours(1);
        let started = Deadline::start(term, now, &calendar());
        assert_eq!((started.in_time(), started.is_over(now.plus_seconds(3599))), (None, false));
        assert!(started.is_over(now.plus_seconds(3600)));
        let kept = |seconds| Deadline { kept: Some(now.plus_seconds(seconds)), ..started };
        assert_eq!((kept(3599).in_time(), kept(3600).in_time()), (Some(true), Some(false)));
    }

    #[test]
    fn a_person_cannot_set_a_deadline_that_the_calendar_does_not_know() {
        let late = Time::parse("2026-12-25T09:00:00+08:00").unwrap();
        let refused = Deadline::start_checked(Term::WorkingDays(10), late, &calendar()).unwrap_err();
        assert!(refused.en.contains("2026-12-31"), "{refused}");
        assert_eq!(Deadline::start(Term::WorkingDays(10), late, &calendar()).due, None);
    }
}
