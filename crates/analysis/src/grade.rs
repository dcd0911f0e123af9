//! From readings and findings to the grade of an institution and day (requirement 2.6): the worst
//! band of all entries that take part, with every reason beside it.

mod current;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use arrow_array::RecordBatch;
use model::event::{Finding, Grade, GradeEvent, Reason, Rows, Verdict};
use model::time::Day;
use query::arrow::error::ArrowError;
use rulebook::{Entry, Rule, Rulebook, WhenUndetermined};

use crate::indicators::Reading;
pub use current::current;

/// Readings of one indicator, made anew for some days.
#[derive(Debug)]
pub struct Readings {
    /// The indicator.
    pub entry: String,
    /// The days for which it was read: readings from before on these days no longer hold.
    pub days: RangeInclusive<Day>,
    /// What it said.
    pub readings: Vec<Reading>,
}

/// What an evaluation brought.
#[derive(Debug, Default)]
pub struct News<'a> {
    /// What rules found.
    pub findings: &'a [Finding],
    /// What indicators read.
    pub readings: Vec<Readings>,
    /// Institutions and days that records came of, whether or not anything was found in them.
    pub looked_at: BTreeSet<(Day, String)>,
    /// The ledger's size up to which all this goes.
    pub as_of: u64,
}

/// A group as (column, value).
type Group = Vec<(String, String)>;

/// What is known of one institution and day.
#[derive(Debug, Default)]
struct Standing {
    /// By indicator and line: the reason, and whether it takes part in the grade.
    readings: BTreeMap<(String, String), (Reason, bool)>,
    /// By rule and group: what it found last.
    findings: BTreeMap<(String, Group), (Reason, bool)>,
    /// Streams of which the day has records.
    streams: Vec<&'static str>,
    sealed: Option<GradeEvent>,
}

impl Standing {
    /// The worst finding of each rule, with the rows of all its findings.
    fn by_rule(&self) -> BTreeMap<&str, (Reason, bool)> {
        let mut by_rule: BTreeMap<&str, (Reason, bool)> = BTreeMap::new();
        for ((rule, _), (reason, grades)) in &self.findings {
            match by_rule.get_mut(rule.as_str()) {
                None => {
                    by_rule.insert(rule, (reason.clone(), *grades));
                }
                Some((worst, _)) => {
                    let rows = joined(&worst.rows, &reason.rows);
                    if weight(reason.verdict) > weight(worst.verdict) {
                        *worst = reason.clone();
                    }
                    worst.rows = rows;
                }
            }
        }
        by_rule
    }

    /// The streaming rules that looked at the day's records of the institution and found nothing.
    ///
    /// Queries that tell several findings of a day apart (`per`) are not named. Nearly all of them wait
    /// for the day's close, so each close would seal a second grade of every institution and day, with
    /// all reasons, only to add names that follow from the occasion's rulebook; and whether a query
    /// looked at an institution's rows at all is for its lines of business to say, not for its streams.
    /// Named where it did not look, it would turn an undetermined grade green.
    fn passed(&self, book: &Rulebook, day: Day) -> Vec<String> {
        let found: BTreeSet<&str> = self.findings.keys().map(|(rule, _)| rule.as_str()).collect();
        let has_passed = |rule: &&Rule| {
            !rule.across_institutions
                && self.streams.contains(&rule.stream.name)
                && rule.meta.effective.contains(day)
                && book.grading().takes_part(&rule.meta.id)
                && !found.contains(rule.meta.id.as_str())
        };
        book.rules().iter().filter(has_passed).map(|rule| rule.meta.id.clone()).collect()
    }
}

/// The standing of every institution and day.
#[derive(Debug, Default)]
pub struct GradeBoard(BTreeMap<(Day, String), Standing>);

/// How bad a verdict is: undetermined lies between green and yellow, so that it is seen before
/// what is known to be well.
fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Graded(Grade::Green) => 0,
        Verdict::Undetermined => 1,
        Verdict::Graded(Grade::Yellow) => 2,
        Verdict::Graded(Grade::Orange) => 3,
        Verdict::Graded(Grade::Red) => 4,
    }
}

impl GradeBoard {
    /// Notes that an institution filed records of a stream for a day.
    pub fn note_records(&mut self, institution: &str, day: Day, stream: &'static str) {
        let standing = self.0.entry((day, institution.to_owned())).or_default();
        if !standing.streams.contains(&stream) {
            standing.streams.push(stream);
        }
    }

    /// Takes news in and returns the grades that changed, in the order of day and institution.
    pub fn update(&mut self, book: &Rulebook, news: News<'_>) -> Vec<GradeEvent> {
        let mut touched = news.looked_at;
        for finding in news.findings {
            touched.insert((finding.day, finding.institution.clone()));
            self.take_finding(book, finding);
        }
        for readings in news.readings {
            self.take_readings(readings, &mut touched);
        }
        touched.into_iter().filter_map(|key| self.regrade(book, key, news.as_of)).collect()
    }

    fn take_finding(&mut self, book: &Rulebook, finding: &Finding) {
        let id = &finding.reason.entry;
        let grades = book.grading().takes_part(id) && book.holds(id, finding.day);
        let standing = self.0.entry((finding.day, finding.institution.clone())).or_default();
        standing.findings.insert((id.clone(), finding.group.clone()), (finding.reason.clone(), grades));
    }

    /// Takes in a finding that was sealed before.
    pub fn restore_finding(&mut self, book: &Rulebook, finding: &Finding) {
        self.take_finding(book, finding);
    }

    fn take_readings(&mut self, new: Readings, touched: &mut BTreeSet<(Day, String)>) {
        let first = (*new.days.start(), String::new());
        let after = (new.days.end().plus(1), String::new());
        for (key, standing) in self.0.range_mut(first..after) {
            let before = standing.readings.len();
            standing.readings.retain(|(entry, _), _| *entry != new.entry);
            if standing.readings.len() != before {
                touched.insert(key.clone());
            }
        }
        for reading in new.readings {
            let key = (reading.day, reading.institution);
            let standing = self.0.entry(key.clone()).or_default();
            let line = reading.reason.line.clone().unwrap_or_default();
            standing.readings.insert((new.entry.clone(), line), (reading.reason, reading.grades));
            touched.insert(key);
        }
    }

    fn regrade(&mut self, book: &Rulebook, key: (Day, String), as_of: u64) -> Option<GradeEvent> {
        let standing = self.0.get_mut(&key)?;
        let found = standing.by_rule();
        let all = || standing.readings.values().chain(found.values());
        let passed = standing.passed(book, key.0);
        let worst = all()
            .filter(|(_, grades)| *grades)
            .filter_map(|(reason, _)| reason.verdict.grade())
            .chain((!passed.is_empty()).then_some(Grade::Green))
            .max();
        let is_undetermined =
            |(reason, grades): &(Reason, bool)| *grades && reason.verdict == Verdict::Undetermined;
        let worst = match book.grading().undetermined {
            WhenUndetermined::Yellow if all().any(is_undetermined) => worst.max(Some(Grade::Yellow)),
            _ => worst,
        };
        let mut reasons: Vec<Reason> = all().map(|(reason, _)| reason.clone()).collect();
        reasons.sort_by(|a, b| weight(b.verdict).cmp(&weight(a.verdict)).then_with(|| a.entry.cmp(&b.entry)));
        let (day, institution) = key;
        let verdict = worst.map_or(Verdict::Undetermined, Verdict::Graded);
        // Records of which nothing in the rulebook takes notice make no grade.
        let says_nothing = reasons.is_empty() && passed.is_empty() && standing.sealed.is_none();
        let same = |sealed: &GradeEvent| {
            sealed.verdict == verdict && sealed.reasons == reasons && sealed.passed == passed
        };
        if says_nothing || standing.sealed.as_ref().is_some_and(same) {
            return None;
        }
        let event = GradeEvent { institution, day, verdict, reasons, passed, as_of };
        standing.sealed = Some(event.clone());
        Some(event)
    }

    /// Takes in a grade that was sealed before: the reasons that indicators gave. Those of rules
    /// come with [`GradeBoard::restore_finding`], what passed with [`GradeBoard::note_records`].
    pub fn restore(&mut self, book: &Rulebook, event: GradeEvent) {
        let standing = self.0.entry((event.day, event.institution.clone())).or_default();
        standing.readings.clear();
        for reason in &event.reasons {
            // Those that tell several findings of a day apart come with their findings.
            if matches!(book.entry(&reason.entry), Some(Entry::Indicator(one)) if one.per.is_empty()) {
                let grades = book.makes_grades(&reason.entry);
                let line = reason.line.clone().unwrap_or_default();
                standing.readings.insert((reason.entry.clone(), line), (reason.clone(), grades));
            }
        }
        standing.sealed = Some(event);
    }

    /// The grades of some days as rows of the table `grades`, made without the entries that rest on
    /// grades themselves.
    ///
    /// # Errors
    /// Never for lists that fit in memory; the signature is Arrow's.
    pub fn table(
        &self,
        book: &Rulebook,
        days: &RangeInclusive<Day>,
        without: &BTreeSet<&str>,
    ) -> Result<RecordBatch, ArrowError> {
        let first = (*days.start(), String::new());
        let after = (days.end().plus(1), String::new());
        let graded: Vec<(&str, Day, Grade)> = (self.0.range(first..after))
            .filter_map(|((day, institution), standing)| {
                Some((institution.as_str(), *day, grade_without(book, standing.sealed.as_ref()?, without)?))
            })
            .collect();
        rulebook::grades_batch(graded.into_iter())
    }

    /// All grades as they stand, in the order of day and institution.
    pub fn grades(&self) -> impl DoubleEndedIterator<Item = &GradeEvent> {
        self.0.values().filter_map(|standing| standing.sealed.as_ref())
    }

    /// The grade of an institution and day.
    pub fn grade(&self, institution: &str, day: Day) -> Option<&GradeEvent> {
        self.0.get(&(day, institution.to_owned()))?.sealed.as_ref()
    }
}

/// The grade that an event would have without some entries.
fn grade_without(book: &Rulebook, event: &GradeEvent, without: &BTreeSet<&str>) -> Option<Grade> {
    let rests = |reason: &&Reason| without.contains(reason.entry.as_str());
    if !event.reasons.iter().any(|reason| rests(&reason)) {
        return event.verdict.grade();
    }
    let others = event.reasons.iter().filter(|reason| !rests(reason) && book.makes_grades(&reason.entry));
    let passed = (!event.passed.is_empty()).then_some(Grade::Green);
    others.filter_map(|reason| reason.verdict.grade()).chain(passed).max()
}

fn joined(known: &Rows, more: &Rows) -> Rows {
    let mut rows = known.clone();
    rows.count += more.count;
    let room = Rows::LISTED_MAX.saturating_sub(rows.positions.len());
    rows.positions.extend(more.positions.iter().take(room));
    rows
}

#[cfg(test)]
mod tests;
