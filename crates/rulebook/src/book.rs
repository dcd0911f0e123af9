//! All entries of a rulebook together.

use std::collections::BTreeMap;

use model::calendar::Calendar;
use model::time::Day;
use query::{QueryError, Table};

use crate::cases::{self, Case, CaseFailure};
use crate::demand::Demand;
use crate::duty::Duty;
use crate::editions;
use crate::entry::{EntryHash, Meta, Unit};
use crate::explain::{self, Language};
use crate::fault::Faults;
use crate::grading::Grading;
use crate::indicator::Indicator;
use crate::principle::Principle;
use crate::reference::Reference;
use crate::rule::Rule;
use crate::source::SourceFile;

/// The rulebook: every entry is sound.
#[derive(Clone, Debug)]
pub struct Rulebook {
    pub(crate) hash: EntryHash,
    pub(crate) principles: Vec<Principle>,
    pub(crate) demands: Vec<Demand>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) indicators: Vec<Indicator>,
    pub(crate) duties: Vec<Duty>,
    pub(crate) references: Vec<Reference>,
    pub(crate) calendar: Calendar,
    pub(crate) grading: Grading,
    pub(crate) cases: BTreeMap<String, Vec<Case>>,
    pub(crate) files: Vec<SourceFile>,
}

/// A rule or an indicator.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'a> {
    /// A streaming rule.
    Rule(&'a Rule),
    /// An indicator.
    Indicator(&'a Indicator),
}

impl<'a> Entry<'a> {
    /// What it says about itself.
    pub fn meta(&self) -> &'a Meta {
        match self {
            Self::Rule(rule) => &rule.meta,
            Self::Indicator(indicator) => &indicator.meta,
        }
    }

    /// What its value is measured in.
    pub fn unit(&self) -> Unit {
        match self {
            Self::Rule(rule) => rule.unit(),
            Self::Indicator(indicator) => indicator.unit,
        }
    }
}

impl Rulebook {
    /// Reads a rulebook from its files.
    ///
    /// # Errors
    /// All faults of all files.
    pub fn from_files(files: Vec<SourceFile>) -> Result<Self, Faults> {
        editions::read(files)
    }

    /// The files that it was read from, in the order of their paths: what to keep so that the very
    /// same rulebook can be read again.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The digest of everything that can change a result: entries, duties, references, grading.
    pub fn hash(&self) -> EntryHash {
        self.hash
    }

    /// The basic rules that are principles, in order of their ids.
    pub fn principles(&self) -> &[Principle] {
        &self.principles
    }

    /// What the source demands, in the order of the list.
    pub fn demands(&self) -> &[Demand] {
        &self.demands
    }

    /// The streaming rules, in order of their ids.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The indicators, in order of their ids.
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// The filing duties, in order of their ids: the T+1 calendar. None: nothing is ever late.
    pub fn duties(&self) -> &[Duty] {
        &self.duties
    }

    /// The reference tables, in order of their names.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// The reference tables as a query reads them: name and table.
    pub fn reference_tables(&self) -> impl Iterator<Item = (String, Table)> + '_ {
        self.references.iter().map(|reference| {
            (reference.table_name(), Table::new(reference.schema()).with_batches([reference.rows.clone()]))
        })
    }

    /// The calendar of working days.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// How readings and findings become a grade.
    pub fn grading(&self) -> &Grading {
        &self.grading
    }

    /// Whether an entry gives a grade by itself: it takes part and does not only feed another.
    pub fn makes_grades(&self, id: &str) -> bool {
        let feeds_another =
            matches!(self.entry(id), Some(Entry::Indicator(indicator)) if indicator.weight_only);
        !feeds_another && self.grading.takes_part(id)
    }

    /// All entries, in order of their ids.
    pub fn entries(&self) -> Vec<Entry<'_>> {
        let rules = self.rules.iter().map(Entry::Rule);
        let mut entries: Vec<_> = rules.chain(self.indicators.iter().map(Entry::Indicator)).collect();
        entries.sort_by(|left, right| left.meta().id.cmp(&right.meta().id));
        entries
    }

    /// The entries that hold on a day.
    pub fn entries_on(&self, day: Day) -> Vec<Entry<'_>> {
        let mut entries = self.entries();
        entries.retain(|entry| entry.meta().effective.contains(day));
        entries
    }

    /// The entry with an id.
    pub fn entry(&self, id: &str) -> Option<Entry<'_>> {
        self.entries().into_iter().find(|entry| entry.meta().id == id)
    }

    /// The cases of an entry.
    pub fn cases(&self, id: &str) -> &[Case] {
        self.cases.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Tries an entry on its cases, by the batch engine; no failures when all is as expected.
    ///
    /// # Errors
    /// [`QueryError`] when a query cannot be run on the given records.
    pub fn run_cases(&self, id: &str) -> Result<Vec<CaseFailure>, QueryError> {
        if let Some(plain) = editions::without_schedule(self) {
            return plain.run_cases(id);
        }
        let Some(entry) = self.entry(id) else { return Ok(Vec::new()) };
        let mut failures = Vec::new();
        for case in self.cases(id) {
            failures.extend(cases::run(entry, case, &self.references)?);
        }
        Ok(failures)
    }

    /// An entry or a duty in words, for a supervisor; `None` when there is none with that id.
    pub fn explain(&self, id: &str, language: Language) -> Option<String> {
        let duty = || self.duties.iter().find(|duty| duty.meta.id == id);
        let principle = || self.principles.iter().find(|principle| principle.meta.id == id);
        let entry = self.entry(id).map(|entry| explain::explain(entry, language));
        entry
            .or_else(|| duty().map(|duty| explain::explain_duty(duty, language)))
            .or_else(|| principle().map(|principle| explain::explain_principle(principle, language)))
    }
}
