//! A simulated market held against the truth about it: for each entry of the rulebook how much of
//! what was planted it found, how much of what it found was planted, and how long it took.
//!
//! **What counts.** An expectation is met by a finding of the same entry, institution and day whose
//! group has the columns that the expectation names; the institution does not matter for an entry
//! of the whole industry. Recall is the share of planted expectations that are met, precision the
//! share of findings that meet one. What the truth calls possible counts for neither. A finding
//! that was withdrawn counts as raised only where nothing stands at the end: it is shown apart.

use std::collections::{BTreeMap, BTreeSet};

use model::time::{Day, Time};
use rulebook::{Entry, Nature, Rulebook, Scope};
use serde::Serialize;

mod report;

/// What the truth says about an entry, an institution and a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The entry.
    pub entry: String,
    /// The institution.
    pub institution: String,
    /// The day.
    pub day: Day,
    /// Columns and values that tell findings of a day apart.
    pub group: Vec<(String, String)>,
    /// What is to be expected.
    pub nature: Expected,
    /// What was done, or why it is lawful, in words.
    pub conduct: String,
}

/// What is to be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It must be found; the first record that shows it happened then.
    Planted(Time),
    /// It may be found.
    Possible,
    /// It must not be found, though it looks alike.
    Lawful,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The entry.
    pub entry: String,
    /// The institution; `*` for the industry.
    pub institution: String,
    /// The day.
    pub day: Day,
    /// Columns and values that tell findings of a day apart.
    pub group: Vec<(String, String)>,
    /// When it was found first.
    pub found_at: Time,
    /// Whether it no longer stands at the end.
    pub withdrawn: bool,
}

/// How an entry did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// The entry.
    pub entry: String,
    /// Whether it is a definition or a judgement.
    pub nature: &'static str,
    /// Expectations planted.
    pub planted: usize,
    /// Of these, found.
    pub found: usize,
    /// Findings that stand at the end and count.
    pub raised: usize,
    /// Of these, planted.
    pub right: usize,
    /// Lawful likenesses planted.
    pub likenesses: usize,
    /// Of these, found all the same.
    pub likenesses_found: usize,
    /// Findings that were withdrawn.
    pub withdrawn: usize,
    /// Hours from the first offending record to the finding: in the middle of those found.
    pub hours_median: Option<f64>,
    /// The longest time, in hours.
    pub hours_max: Option<f64>,
    /// Some of what was missed, in words.
    pub missed: Vec<String>,
    /// Some of what was found without having been planted, in words.
    pub wrong: Vec<String>,
}

/// How many examples of what went wrong are kept.
const EXAMPLES: usize = 5;

impl Score {
    /// The share of what was planted that was found; nothing planted has none.
    pub fn recall(&self) -> Option<f64> {
        (self.planted > 0).then(|| self.found as f64 / self.planted as f64)
    }

    /// The share of what was found that was planted; nothing found has none.
    pub fn precision(&self) -> Option<f64> {
        (self.raised > 0).then(|| self.right as f64 / self.raised as f64)
    }
}

/// The study's result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// By entry: those of which the truth knows something, and those that meet a demand.
    pub entries: Vec<Score>,
    /// Findings of other entries, which the truth does not speak of.
    pub others: BTreeMap<String, usize>,
}

type Group = BTreeMap<String, String>;

/// Where something is found: an institution (none for the industry) and a day.
type Place = (String, Day);

fn place(book: &Rulebook, entry: &str, institution: &str, day: Day) -> Place {
    let of_industry = match book.entry(entry) {
        Some(Entry::Indicator(one)) => one.scope == Scope::Industry,
        Some(Entry::Rule(rule)) => rule.across_institutions,
        None => false,
    };
    (if of_industry { String::new() } else { institution.to_owned() }, day)
}

/// Holds what was raised against what is to be expected.
pub fn score(book: &Rulebook, expected: &[Expectation], raised: &[Raised]) -> Scores {
    let known: BTreeSet<&str> = expected.iter().map(|expectation| expectation.entry.as_str()).collect();
    let meets_demand = |id: &str| match book.entry(id) {
        // What only feeds another gives no grade by itself.
        Some(Entry::Indicator(one)) if one.weight_only => false,
        Some(entry) => !entry.meta().demands.is_empty(),
        None => false,
    };
    let mut ids: BTreeSet<&str> = known.clone();
    let entries = book.entries();
    ids.extend(entries.iter().map(|entry| entry.meta().id.as_str()).filter(|id| meets_demand(id)));
    let mut others = BTreeMap::new();
    for finding in raised.iter().filter(|finding| !ids.contains(finding.entry.as_str()) && !finding.withdrawn)
    {
        *others.entry(finding.entry.clone()).or_default() += 1;
    }
    let entries = ids.into_iter().map(|id| score_entry(book, id, expected, raised)).collect();
    Scores { entries, others }
}

fn score_entry(book: &Rulebook, id: &str, expected: &[Expectation], raised: &[Raised]) -> Score {
    let nature = book.entry(id).map_or(Nature::Definition, |entry| entry.meta().nature);
    let own: Vec<&Expectation> = expected.iter().filter(|expectation| expectation.entry == id).collect();
    let findings: Vec<&Raised> = raised.iter().filter(|finding| finding.entry == id).collect();
    let mut by_place: BTreeMap<Place, Vec<(usize, Group)>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        let key = place(book, id, &finding.institution, finding.day);
        by_place.entry(key).or_default().push((index, finding.group.iter().cloned().collect()));
    }
    let met_by = |expectation: &Expectation| -> Vec<usize> {
        let key = place(book, id, &expectation.institution, expectation.day);
        let fits =
            |group: &Group| expectation.group.iter().all(|(column, value)| group.get(column) == Some(value));
        let there = by_place.get(&key).into_iter().flatten();
        there.filter(|(_, group)| fits(group)).map(|(index, _)| *index).collect()
    };
    let mut score = Score {
        entry: id.to_owned(),
        nature: nature.code(),
        planted: 0,
        found: 0,
        raised: 0,
        right: 0,
        likenesses: 0,
        likenesses_found: 0,
        withdrawn: findings.iter().filter(|finding| finding.withdrawn).count(),
        hours_median: None,
        hours_max: None,
        missed: Vec::new(),
        wrong: Vec::new(),
    };
    let (mut right, mut possible) = (BTreeSet::new(), BTreeSet::new());
    let mut hours = Vec::new();
    for expectation in own {
        let met = met_by(expectation);
        let standing = || met.iter().filter(|index| findings.get(**index).is_some_and(|one| !one.withdrawn));
        match expectation.nature {
            Expected::Planted(first_at) => {
                score.planted += 1;
                let first = standing().filter_map(|index| findings.get(*index)).map(|one| one.found_at).min();
                match first {
                    Some(found_at) => {
                        score.found += 1;
                        hours.push((found_at.0 - first_at.0) as f64 / 3.6e9);
                    }
                    None => keep(&mut score.missed, || shown(expectation)),
                }
                right.extend(met);
            }
            Expected::Possible => possible.extend(met),
            Expected::Lawful => {
                score.likenesses += 1;
                score.likenesses_found += usize::from(standing().next().is_some());
            }
        }
    }
    for (index, finding) in findings.iter().enumerate().filter(|(_, finding)| !finding.withdrawn) {
        if right.contains(&index) {
            score.right += 1;
        } else if possible.contains(&index) {
            continue;
        } else {
            keep(&mut score.wrong, || format!("{} {} {:?}", finding.institution, finding.day, finding.group));
        }
        score.raised += 1;
    }
    hours.sort_by(f64::total_cmp);
    score.hours_median = hours.get(hours.len() / 2).copied();
    score.hours_max = hours.last().copied();
    score
}

fn keep(examples: &mut Vec<String>, example: impl FnOnce() -> String) {
    if examples.len() < EXAMPLES {
        examples.push(example());
    }
}

fn shown(expectation: &Expectation) -> String {
    let Expectation { institution, day, group, conduct, .. } = expectation;
    format!("{institution} {day} {group:?}: {conduct}")
}

#[cfg(test)]
mod tests;
