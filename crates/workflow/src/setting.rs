//! What decisions look at beside the states: policy, calendar, what is known of institutions, the time.

use std::collections::{BTreeMap, BTreeSet};

use model::calendar::Calendar;
use model::text::Text;
use model::time::{Day, Time};

use crate::case;
use crate::life::Under;
use crate::policy::{Bureau, Directory, Policy, Profile};

/// How an entry of the rulebook is told to people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryText {
    /// Its title.
    pub title: Text,
    /// The clause that it rests on.
    pub clause: Text,
    /// The unit of its value.
    pub unit: Text,
}

/// The entries of the rulebook, by identifier.
pub type Entries = BTreeMap<String, EntryText>;

/// The circumstances of a decision.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'s> {
    /// Clocks, limits, roster.
    pub policy: &'s Policy,
    /// Working days.
    pub calendar: &'s Calendar,
    /// What is known of institutions.
    pub directory: &'s Directory,
    /// How entries of the rulebook are told to people.
    pub entries: &'s Entries,
    /// The present time.
    pub now: Time,
    /// The last day whose filings have come due: that nothing was found on a later one says nothing.
    pub closed: Day,
}

impl<'s> Setting<'s> {
    /// As decisions about cases look at it.
    pub fn of_cases(&self) -> case::Setting<'s> {
        case::Setting { library: &self.policy.library, calendar: self.calendar, now: self.now }
    }

    /// As decisions of a topic with terms of its own look at it.
    pub fn under<T>(&self, terms: &'s T) -> Under<'s, T> {
        Under { terms, calendar: self.calendar, now: self.now }
    }

    /// What is known of an institution.
    pub fn profile(&self, institution: &str) -> Option<&'s Profile> {
        self.directory.get(institution)
    }

    /// Its name as a text for people: the registered name, else the identifier.
    pub fn name(&self, institution: &str) -> String {
        let named = self.profile(institution).and_then(|profile| profile.name.clone());
        named.unwrap_or_else(|| institution.to_owned())
    }

    /// The bureau that looks after it.
    pub fn bureau(&self, institution: &str) -> Option<&'s Bureau> {
        let none = BTreeSet::new();
        let lines = self.profile(institution).map_or(&none, |profile| &profile.lines);
        self.policy.roster.bureau_of(institution, lines)
    }
}
