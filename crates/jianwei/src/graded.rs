//! Grades as they were sealed, read from a ledger without an engine: also beside a running server,
//! also from a copy.

use std::collections::BTreeMap;

use engine::DataDir;
use engine::subjects::institution_subject;
use hashbrown::HashMap;
use ledger::keystore::KeyState;
use ledger::{EntryRef, KeyStore};
use miette::{Report, miette};
use model::columns::Columns;
use model::event::{Finding, GradeEvent, Occasion};
use model::spec::Record;
use model::streams::{LineOfBusiness, Register};
use model::time::{Day, Time};
use seal::leaf::{Head, Scratch, open_event, open_record, read_head};
use seal::{EventKind, SubjectKey};
use serde::de::DeserializeOwned;

use crate::data::open_to_read;
use crate::outcome::plain;

/// What the register says of an institution, as far as its newest record in clear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Registered {
    /// Its name.
    pub(crate) name: String,
    /// Its lines of business.
    pub(crate) lines: Vec<LineOfBusiness>,
}

/// A grade and where it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealedGrade {
    pub(crate) grade: GradeEvent,
    pub(crate) position: u64,
}

/// A finding, where it stands in the ledger, and when it was found: the time of the evaluation that
/// came to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealedFinding {
    pub(crate) finding: Finding,
    pub(crate) position: u64,
    pub(crate) found_at: Time,
}

/// Grades, findings and names of a ledger.
#[derive(Debug, Default)]
pub(crate) struct Graded {
    /// The grades as they stand, by institution and day.
    pub(crate) grades: BTreeMap<(String, Day), SealedGrade>,
    /// What rules found, in the order in which it was sealed.
    pub(crate) findings: Vec<SealedFinding>,
    /// The register.
    pub(crate) registered: BTreeMap<String, Registered>,
    /// Records in the ledger.
    pub(crate) records: u64,
    /// The time to which obligations were judged last.
    pub(crate) judged: Time,
    /// Findings at the end of the list whose occasion was not read yet.
    undated: usize,
}

impl Graded {
    /// Reads a data directory's ledger.
    pub(crate) fn read(dirs: &DataDir) -> Result<Self, Report> {
        let (reader, keys) = open_to_read(dirs)?;
        let mut opener = Opener { keys: &keys, known: HashMap::new() };
        let mut graded = Self::default();
        for frame in reader.read(0..reader.size()) {
            for entry in frame.map_err(plain)?.entries() {
                graded
                    .take(&entry, &mut opener)
                    .map_err(|error| miette!("entry {} of the ledger: {error}", entry.index))?;
            }
        }
        Ok(graded)
    }

    fn take(&mut self, entry: &EntryRef<'_>, opener: &mut Opener<'_>) -> Result<(), Report> {
        let head = read_head(entry.leaf).map_err(plain)?;
        match head.kind {
            EventKind::Record => {
                self.records += 1;
                if head.stream == Some(Register::STREAM) {
                    self.register(&head)?;
                }
            }
            EventKind::Grade => {
                let grade: GradeEvent = opener.event(&head, entry)?;
                let key = (grade.institution.clone(), grade.day);
                self.grades.insert(key, SealedGrade { grade, position: entry.index });
            }
            EventKind::Finding => {
                let finding = opener.event(&head, entry)?;
                let position = entry.index;
                self.findings.push(SealedFinding { finding, position, found_at: Time::default() });
                self.undated += 1;
            }
            EventKind::Occasion => {
                let occasion: Occasion = opener.event(&head, entry)?;
                let undated = self.findings.iter_mut().rev().take(std::mem::take(&mut self.undated));
                undated.for_each(|sealed| sealed.found_at = occasion.time);
                self.judged = occasion.time;
            }
            EventKind::Filing
            | EventKind::Erasure
            | EventKind::RuleStep
            | EventKind::CallUp
            | EventKind::CallUpAnswer
            | EventKind::Notice
            | EventKind::Alert
            | EventKind::Review
            | EventKind::Letter
            | EventKind::PublicNotice
            | EventKind::Delivery
            | EventKind::Plan
            | EventKind::Case
            | EventKind::Order
            | EventKind::Reserve
            | EventKind::Penalty
            | EventKind::Report => {}
        }
        Ok(())
    }

    /// Name and line stand in the leaf in clear, so no key is needed.
    fn register(&mut self, head: &Head<'_>) -> Result<(), Report> {
        let mut columns = Columns::new(Register::STREAM.fields);
        open_record(head, &[0; 16], None, false, &mut columns, &mut Scratch::default()).map_err(plain)?;
        let column = |name| columns.column(Register::STREAM.field_index(name)?);
        let known = self.registered.entry(head.institution.to_owned()).or_default();
        if let Some(name) = column("name").and_then(|names| names.text(0)) {
            name.clone_into(&mut known.name);
        }
        let code = column("line").and_then(|lines| lines.byte(0));
        let line = code.and_then(|code| LineOfBusiness::CODES.item(code));
        if let Some(line) = line.and_then(|item| LineOfBusiness::from_code(item.code))
            && !known.lines.contains(&line)
        {
            known.lines.push(line);
        }
        Ok(())
    }

    /// The grades of an institution until a day, in order of their days.
    pub(crate) fn of<'g>(
        &'g self,
        institution: &str,
        until: Option<Day>,
    ) -> impl DoubleEndedIterator<Item = &'g GradeEvent> {
        self.sealed_of(institution, until).map(|sealed| &sealed.grade)
    }

    /// As [`Graded::of`], each with its position.
    pub(crate) fn sealed_of<'g>(
        &'g self,
        institution: &str,
        until: Option<Day>,
    ) -> impl DoubleEndedIterator<Item = &'g SealedGrade> {
        let first = (institution.to_owned(), Day(i32::MIN));
        let last = (institution.to_owned(), until.unwrap_or(Day(i32::MAX)));
        self.grades.range(first..=last).map(|(_, sealed)| sealed)
    }

    /// Where the findings behind a reason of an institution's day are sealed: of each group the last one.
    pub(crate) fn findings_behind(&self, institution: &str, day: Day, entry: &str) -> Vec<u64> {
        let is_behind = |finding: &Finding| {
            finding.day == day && finding.institution == institution && finding.reason.entry == entry
        };
        let behind = self.findings.iter().filter(|sealed| is_behind(&sealed.finding));
        let latest: BTreeMap<_, u64> =
            behind.map(|sealed| (&sealed.finding.group, sealed.position)).collect();
        let mut positions: Vec<u64> = latest.into_values().collect();
        positions.sort_unstable();
        positions
    }

    /// All institutions that are registered or graded; the industry, `*`, is none.
    pub(crate) fn institutions(&self) -> Vec<String> {
        let graded = self.grades.keys().map(|(institution, _)| institution);
        let mut all: Vec<String> = self.registered.keys().chain(graded).cloned().collect();
        all.sort();
        all.dedup();
        all.retain(|institution| institution != INDUSTRY);
        all
    }
}

/// The name under which what concerns the whole industry is graded.
pub(crate) const INDUSTRY: &str = analysis::INDUSTRY;

struct Opener<'k> {
    keys: &'k KeyStore,
    known: HashMap<String, Option<SubjectKey>>,
}

impl Opener<'_> {
    fn event<T: DeserializeOwned>(&mut self, head: &Head<'_>, entry: &EntryRef<'_>) -> Result<T, Report> {
        let key = match self.known.get(head.institution) {
            Some(key) => *key,
            None => {
                let state = self.keys.get(&institution_subject(head.institution));
                let key = state.and_then(KeyState::live).map(|key| *key.as_bytes());
                self.known.insert(head.institution.to_owned(), key);
                key
            }
        };
        let key = key.ok_or_else(|| miette!("{} has no key", head.institution))?;
        let body = open_event(head, entry.payload, &key).map_err(plain)?.0;
        serde_json::from_slice(&body).map_err(plain)
    }
}
