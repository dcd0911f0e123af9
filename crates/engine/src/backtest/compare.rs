//! The findings of two versions held against each other.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use hashbrown::HashMap;
use model::event::{Grade, Verdict};
use model::time::Day;
use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128, SipHasher13};

use super::Found;

/// Examples kept of each kind, of each institution and of all together.
const EXAMPLES: usize = 3;

/// Findings by grade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Yellow ones.
    pub yellow: u64,
    /// Orange ones.
    pub orange: u64,
    /// Red ones.
    pub red: u64,
    /// Undetermined ones.
    pub undetermined: u64,
}

impl Counts {
    /// All of them.
    pub fn all(&self) -> u64 {
        self.yellow + self.orange + self.red + self.undetermined
    }

    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Graded(Grade::Green) => {}
            Verdict::Graded(Grade::Yellow) => self.yellow += 1,
            Verdict::Graded(Grade::Orange) => self.orange += 1,
            Verdict::Graded(Grade::Red) => self.red += 1,
            Verdict::Undetermined => self.undetermined += 1,
        }
    }
}

/// What one version came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// The value, in the entry's unit.
    pub value: Option<String>,
}

/// A window or reading on which the versions differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The institution.
    pub institution: String,
    /// The last day.
    pub day: Day,
    /// The line of business, where the entry tells lines apart.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<String>,
    /// What was grouped by, as (column, value).
    pub group: Vec<(String, String)>,
    /// What the version in force found; none where it was silent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub in_force: Option<Outcome>,
    /// What the draft would have found; none where it is silent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub draft: Option<Outcome>,
}

impl Example {
    fn new(found: &Found, in_force: Option<Outcome>, draft: Option<Outcome>) -> Self {
        let Found { institution, day, line, group, .. } = found.clone();
        Self { institution, day, line, group, in_force, draft }
    }

    fn place(&self) -> (Day, &str, Option<&str>, &[(String, String)]) {
        (self.day, &self.institution, self.line.as_deref(), &self.group)
    }
}

/// What two versions found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// What the version in force found.
    pub in_force: Counts,
    /// What the draft would have found.
    pub draft: Counts,
    /// How many the version in force alone found.
    pub only_in_force: u64,
    /// How many the draft alone would have found.
    pub only_draft: u64,
    /// How many both find, each with another verdict.
    pub otherwise: u64,
    /// The first of each of those three, by day.
    pub examples: Vec<Example>,
}

impl Comparison {
    fn note(&mut self, example: &Example) {
        let kind = |example: &Example| (example.in_force.is_some(), example.draft.is_some());
        let own = kind(example);
        match own {
            (true, false) => self.only_in_force += 1,
            (false, true) => self.only_draft += 1,
            _ => self.otherwise += 1,
        }
        // Portions come in the order of days, rows within one do not.
        let of_kind = self.examples.iter().filter(|other| kind(other) == own);
        if of_kind.clone().count() == EXAMPLES {
            let Some(last) = of_kind.max_by(|a, b| a.place().cmp(&b.place())).cloned() else { return };
            if example.place() >= last.place() {
                return;
            }
            self.examples.retain(|other| *other != last);
        }
        self.examples.push(example.clone());
    }

    fn settle(&mut self) {
        self.examples.sort_by(|a, b| a.place().cmp(&b.place()));
    }
}

/// A comparison under way: what the version in force found in this portion is held, what the draft
/// finds is met with it.
#[derive(Debug, Default)]
pub(super) struct Comparing {
    held: HashMap<u128, (Found, bool)>,
    total: Comparison,
    institutions: BTreeMap<String, Comparison>,
}

/// Which window or reading a finding is about.
fn place(found: &Found) -> u128 {
    let mut hasher = SipHasher13::new();
    (found.day.0, &found.institution, &found.line, &found.group).hash(&mut hasher);
    let _ = hasher.finish();
    hasher.finish128().as_u128()
}

fn outcome(found: &Found) -> Outcome {
    Outcome { verdict: found.verdict, value: found.value.clone() }
}

impl Comparing {
    /// A finding of the version in force.
    pub(super) fn hold(&mut self, found: Found) {
        self.total.in_force.add(found.verdict);
        self.of(&found).in_force.add(found.verdict);
        self.held.insert(place(&found), (found, false));
    }

    /// A finding of the draft.
    pub(super) fn meet(&mut self, found: Found) {
        self.total.draft.add(found.verdict);
        self.of(&found).draft.add(found.verdict);
        let example = match self.held.get_mut(&place(&found)) {
            None => Example::new(&found, None, Some(outcome(&found))),
            Some((old, is_met)) => {
                *is_met = true;
                if old.verdict == found.verdict {
                    return;
                }
                Example::new(&found, Some(outcome(old)), Some(outcome(&found)))
            }
        };
        self.note(&example);
    }

    /// Ends a portion of days: what the draft did not meet the version in force alone found.
    pub(super) fn close(&mut self) {
        for (found, is_met) in std::mem::take(&mut self.held).into_values() {
            if !is_met {
                let example = Example::new(&found, Some(outcome(&found)), None);
                self.note(&example);
            }
        }
    }

    fn of(&mut self, found: &Found) -> &mut Comparison {
        if !self.institutions.contains_key(&found.institution) {
            self.institutions.insert(found.institution.clone(), Comparison::default());
        }
        self.institutions.entry(found.institution.clone()).or_default()
    }

    fn note(&mut self, example: &Example) {
        self.total.note(example);
        self.institutions.entry(example.institution.clone()).or_default().note(example);
    }

    pub(super) fn finish(mut self) -> (Comparison, BTreeMap<String, Comparison>) {
        self.total.settle();
        self.institutions.values_mut().for_each(Comparison::settle);
        (self.total, self.institutions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(institution: &str, day: i32, user: &str, verdict: Verdict) -> Found {
        let group = vec![("user".to_owned(), user.to_owned())];
        Found { institution: institution.to_owned(), day: Day(day), line: None, group, verdict, value: None }
    }

    #[test]
    fn each_finding_is_counted_on_its_side_and_where_it_differs() {
        let (yellow, red) = (Verdict::Graded(Grade::Yellow), Verdict::Graded(Grade::Red));
        let mut comparing = Comparing::default();
        for user in ["same", "gone", "worse"] {
            comparing.hold(found("a", 1, user, yellow));
        }
        comparing.meet(found("a", 1, "same", yellow));
        comparing.meet(found("a", 1, "worse", red));
        comparing.meet(found("b", 1, "new", Verdict::Undetermined));
        comparing.close();
        // The next portion knows nothing of this one.
        comparing.meet(found("a", 2, "same", yellow));
        comparing.close();
        let (total, institutions) = comparing.finish();
        assert_eq!((total.only_in_force, total.only_draft, total.otherwise), (1, 2, 1));
        assert_eq!((total.in_force.yellow, total.draft.yellow, total.draft.red), (3, 2, 1));
        assert_eq!((total.draft.undetermined, total.draft.all(), total.in_force.all()), (1, 4, 3));
        let a = &institutions["a"];
        assert_eq!((a.only_in_force, a.only_draft, a.otherwise), (1, 1, 1));
        assert_eq!(institutions["b"].only_draft, 1);
        assert_eq!(total.examples.len(), 4);
    }

    #[test]
    fn examples_are_the_first_whatever_the_order() {
        let yellow = Verdict::Graded(Grade::Yellow);
        let mut users: Vec<i32> = (0..20).collect();
        for turn in 0..20 {
            users.rotate_left(turn);
            let mut comparing = Comparing::default();
            for user in &users {
                comparing.meet(found("a", user / 2, &format!("{user:02}"), yellow));
            }
            comparing.close();
            let (total, _) = comparing.finish();
            assert_eq!(total.only_draft, 20);
            let first: Vec<&str> = total.examples.iter().map(|one| one.group[0].1.as_str()).collect();
            assert_eq!(first, ["00", "01", "02"]);
        }
    }
}
