//! What a draft would have raised on the history, institution by institution, against the version
//! in force: before anyone approves it.
//!
//! A streaming rule runs as its batch query, an indicator or query rule as the evaluator reads it,
//! over the same columns and derived tables. The draft is tried as if it had been in force on every
//! day that is asked for; the version in force only on the days on which it was.
//!
//! Days are taken in portions of about [`PORTION_ROWS`] records. Of a portion the findings of the
//! version in force are held, those of the draft pass by, and of everything before only counts and
//! a few examples are left, so memory does not grow with the history.
//!
//! **Invariant:** nothing in the data directory is changed.

mod compare;
mod past;
mod portions;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use analysis::indicators;
use analysis::windows::{FoundWindow, days_seen, each_window};
use model::event::{Grade, Verdict};
use model::time::Day;
use rulebook::{Effective, Entry, Indicator, Meta, Rule, Rulebook};
use serde::{Deserialize, Serialize};
use store::history::HistorySession;

use crate::EngineError;
use compare::Comparing;
pub use compare::{Comparison, Counts, Example, Outcome};
pub use past::Past;

/// Records of a portion of days, at least those of one day.
pub const PORTION_ROWS: u64 = 1 << 20;

/// Before every record: 1900-01-01.
const LONG_AGO: Day = Day(-25_567);

/// A version of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// Its number of version.
    pub version: u32,
    /// The digest of its file.
    pub hash: String,
}

impl Edition {
    fn of(meta: &Meta) -> Self {
        Self { version: meta.version, hash: meta.hash.to_string() }
    }
}

/// What a backtest of one entry came to. The same history, rulebooks and days give the same
/// report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The entry.
    pub entry: String,
    /// The first day asked for.
    pub from: Day,
    /// The last day asked for.
    pub to: Day,
    /// Everything in the ledger before this position was looked at.
    pub as_of: u64,
    /// The rulebook in force.
    pub rulebook: String,
    /// The draft's edition; none when the draft's rulebook drops the entry.
    pub draft: Option<Edition>,
    /// The editions in force, where there is one with this id.
    pub in_force: Vec<Edition>,
    /// All institutions together, with the first examples of all.
    pub total: Comparison,
    /// Each institution for which either side found something.
    pub institutions: BTreeMap<String, Comparison>,
}

/// One finding: a rule's window or an indicator's reading that is not green.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The institution; `*` for the industry.
    pub institution: String,
    /// The last day.
    pub day: Day,
    /// The line of business, where the entry tells lines apart.
    pub line: Option<String>,
    /// What was grouped by, as (column, value).
    pub group: Vec<(String, String)>,
    /// What it came to.
    pub verdict: Verdict,
    /// The value, in the entry's unit.
    pub value: Option<String>,
}

impl From<FoundWindow> for Found {
    fn from(window: FoundWindow) -> Self {
        let FoundWindow { institution, day, group, verdict, value } = window;
        Self { institution, day, line: None, group, verdict, value }
    }
}

impl From<indicators::Reading> for Found {
    fn from(reading: indicators::Reading) -> Self {
        let indicators::Reading { day, institution, group, reason, .. } = reading;
        Self { institution, day, line: reason.line, group, verdict: reason.verdict, value: reason.value }
    }
}

/// An edition of an entry, to be run.
enum Side<'b> {
    Rule(Rule),
    Indicator(&'b Rulebook, Indicator),
}

impl<'b> Side<'b> {
    /// The editions of an entry in a rulebook, each in force on days of its own.
    fn editions(book: &'b Rulebook, id: &str) -> Vec<Self> {
        let own = book.entries().into_iter().filter(|entry| entry.meta().id == id);
        own.map(|entry| Self::of(book, entry)).collect()
    }

    /// The newest edition of an entry in a rulebook, as if it were in force on all days. Those that
    /// it replaces are no part of a draft.
    fn newest(book: &'b Rulebook, id: &str) -> Option<Self> {
        let mut side = Self::of(book, book.entry(id)?);
        side.meta_mut().effective = Effective { from: LONG_AGO, to: None };
        Some(side)
    }

    fn of(book: &'b Rulebook, entry: Entry<'b>) -> Self {
        match entry {
            Entry::Rule(rule) => Self::Rule(rule.clone()),
            Entry::Indicator(indicator) => Self::Indicator(book, indicator.clone()),
        }
    }

    fn meta_mut(&mut self) -> &mut Meta {
        match self {
            Self::Rule(rule) => &mut rule.meta,
            Self::Indicator(_, indicator) => &mut indicator.meta,
        }
    }

    fn meta(&self) -> &Meta {
        match self {
            Self::Rule(rule) => &rule.meta,
            Self::Indicator(_, indicator) => &indicator.meta,
        }
    }

    /// The tables that it reads, streams and derived ones.
    fn tables(&self) -> BTreeSet<&str> {
        match self {
            Self::Rule(rule) => BTreeSet::from([rule.stream.name]),
            Self::Indicator(book, indicator) => indicators::tables(book, indicator),
        }
    }

    /// How many days before one it must see; without end when `None`.
    fn days_back(&self) -> Option<i32> {
        let one = Day(0)..=Day(0);
        match self {
            Self::Rule(rule) => days_seen(rule, &one).map(|seen| -seen.start().0),
            Self::Indicator(_, indicator) => Some(-indicators::seen(indicator, &one).start().0),
        }
    }

    /// Runs it over some days and gives all that it finds to `take`.
    fn run(
        &self,
        past: &Past,
        days: &RangeInclusive<Day>,
        take: &mut (dyn FnMut(Found) + Send),
    ) -> Result<(), EngineError> {
        match self {
            Self::Rule(rule) => {
                let session = past.records(days_seen(rule, days))?;
                each_window(rule, &session, days, &mut |window| take(window.into()))
                    .map_err(EngineError::evaluation)
            }
            Self::Indicator(book, indicator) => {
                let Some(shown) = past.closed(book, indicator, days)? else { return Ok(()) };
                let session: HistorySession = past.session(book, indicator, &shown)?;
                let readings = indicators::read(book, indicator, &session, &shown);
                let readings = readings.map_err(EngineError::evaluation)?.into_iter();
                let found = readings.filter(|one| one.reason.verdict != Verdict::Graded(Grade::Green));
                found.for_each(|reading| take(reading.into()));
                Ok(())
            }
        }
    }
}

impl Past {
    /// Gives everything that an entry of a rulebook in force finds on some days to `take`.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn find(
        &self,
        book: &Rulebook,
        id: &str,
        days: &RangeInclusive<Day>,
        take: &mut (dyn FnMut(Found) + Send),
    ) -> Result<(), EngineError> {
        let sides = Side::editions(book, id);
        for portion in self.portions(sides.iter(), days)? {
            for side in &sides {
                side.run(self, &portion, take)?;
            }
        }
        Ok(())
    }

    /// Runs an entry of a draft rulebook, and the entry of the same id in the rulebook in force,
    /// over some days. `progress` is told the last day done after each portion.
    ///
    /// # Errors
    /// [`EngineError`]; neither rulebook has the entry, or it reads something that is not to be had
    /// of the past.
    pub fn backtest(
        &self,
        draft: &Rulebook,
        in_force: &Rulebook,
        id: &str,
        days: &RangeInclusive<Day>,
        mut progress: impl FnMut(Day),
    ) -> Result<Report, EngineError> {
        let (new, old) = (Side::newest(draft, id), Side::editions(in_force, id));
        if new.is_none() && old.is_empty() {
            return Err(EngineError::evaluation(format!("neither rulebook has an entry \"{id}\"")));
        }
        let mut comparing = Comparing::default();
        for portion in self.portions(new.iter().chain(&old), days)? {
            for side in &old {
                side.run(self, &portion, &mut |found| comparing.hold(found))?;
            }
            if let Some(side) = &new {
                side.run(self, &portion, &mut |found| comparing.meet(found))?;
            }
            comparing.close();
            progress(*portion.end());
        }
        let (total, institutions) = comparing.finish();
        Ok(Report {
            entry: id.to_owned(),
            from: *days.start(),
            to: *days.end(),
            as_of: self.as_of(),
            rulebook: in_force.hash().to_string(),
            draft: new.as_ref().map(|side| Edition::of(side.meta())),
            in_force: old.iter().map(|side| Edition::of(side.meta())).collect(),
            total,
            institutions,
        })
    }
}
