//! From files to a rulebook: each is read as what its folder says that it is, then all are checked
//! against each other.

use std::collections::{BTreeMap, BTreeSet};

use model::calendar::Calendar;
use query::SchemaRef;
use sha2::{Digest, Sha256};

use crate::book::Rulebook;
use crate::calendar;
use crate::cases::{self, Case};
use crate::chain;
use crate::demand::{self, Demand};
use crate::derived::DERIVED;
use crate::duty::{self, Duty};
use crate::entry::{EntryHash, Meta};
use crate::fault::{Faults, RuleFault};
use crate::grading::{self, Grading};
use crate::indicator::{self, Draft, Indicator};
use crate::lines;
use crate::obligations::OBLIGATIONS;
use crate::principle::{self, Principle};
use crate::reference::{self, Reference};
use crate::rule::{self, Rule};
use crate::source::SourceFile;

/// The folder of the filing duties.
const DUTIES: &str = "duties";
/// The folder of the basic rules.
const BASIC: &str = "basic";

/// Reads a rulebook from its files.
pub(crate) fn read(mut files: Vec<SourceFile>) -> Result<Rulebook, Faults> {
    let mut reading = Reading::default();
    files.sort_by(|left, right| left.path.cmp(&right.path));
    for file in files.clone() {
        reading.sort(file);
    }
    let mut book = reading.finish()?;
    book.files = files;
    Ok(book)
}

/// Files sorted by what they are, on the way to a rulebook.
#[derive(Default)]
struct Reading {
    digest: Sha256,
    faults: Vec<RuleFault>,
    principles: Vec<Principle>,
    rules: Vec<Rule>,
    drafts: Vec<Draft>,
    duties: Vec<Duty>,
    cases: Vec<SourceFile>,
    descriptions: Vec<SourceFile>,
    rows: Vec<SourceFile>,
    grading: Option<SourceFile>,
    demands: Option<SourceFile>,
    /// The id and file of every entry and duty, sound or not.
    ids: BTreeMap<String, SourceFile>,
}

impl Reading {
    fn sort(&mut self, file: SourceFile) {
        let (folder, name) = (file.folder().to_owned(), file.name().to_owned());
        let in_tier = matches!(folder.as_str(), "basic" | "special" | "guidance");
        let in_level = matches!(folder.as_str(), "indicators/macro" | "indicators/meso" | "indicators/micro");
        if name.ends_with(".md") {
            return;
        }
        if (in_tier || in_level) && name.ends_with(".cases.yaml") {
            self.cases.push(file);
            return;
        }
        if file.path == "demands.yaml" {
            self.demands = Some(file);
            return;
        }
        self.digest.update(file.path.len().to_be_bytes());
        self.digest.update(&file.path);
        self.digest.update(file.hash().0);
        if folder == BASIC && name.ends_with(".yaml") && principle::is_principle(&file) {
            self.claim_id(&file);
            match principle::parse(&file) {
                Ok(principle) => self.principles.push(principle),
                Err(faults) => self.faults.extend(faults),
            }
        } else if in_tier && name.ends_with(".yaml") {
            self.claim_id(&file);
            match rule::parse(&file) {
                Ok(rule) => self.rules.push(rule),
                Err(faults) => self.faults.extend(faults),
            }
        } else if (in_tier || in_level) && name.ends_with(".sql") {
            self.claim_id(&file);
            match indicator::draft(&file) {
                Ok(draft) => self.drafts.push(draft),
                Err(faults) => self.faults.extend(faults),
            }
        } else if folder == DUTIES && name.ends_with(".yaml") {
            self.claim_id(&file);
            match duty::parse(&file) {
                Ok(duty) => self.duties.push(duty),
                Err(faults) => self.faults.extend(faults),
            }
        } else if folder == "reference" && name.ends_with(".yaml") {
            self.descriptions.push(file);
        } else if folder == "reference" && name.ends_with(".csv") {
            self.rows.push(file);
        } else if file.path == "grading.yaml" {
            self.grading = Some(file);
        } else {
            let fault = RuleFault::new(&file, None, "this file is no part of a rulebook");
            let help = "entries lie in basic/, special/, guidance/ and indicators/{macro,meso,micro}/, \
                        filing duties in duties/, tables in reference/";
            self.faults.push(fault.with_help(help));
        }
    }

    /// Entries are named by their files, so two files of one name would be two entries of one id.
    fn claim_id(&mut self, file: &SourceFile) {
        let id = file.name().split('.').next().unwrap_or_default().to_owned();
        if let Some(other) = self.ids.get(&id) {
            let message = format!("the entry \"{id}\" is also in {}", other.path);
            self.faults.push(RuleFault::new(file, None, message));
        } else {
            self.ids.insert(id, file.clone());
        }
    }

    /// The ids of rules and indicators: what has cases, findings and a part in the grade.
    fn entry_ids(&self) -> impl Iterator<Item = (&String, &SourceFile)> {
        let is_principle = |file: &SourceFile| file.folder() == BASIC && principle::is_principle(file);
        self.ids.iter().filter(move |(_, file)| file.folder() != DUTIES && !is_principle(file))
    }

    /// Duties must not contradict each other, and without any there is nothing to be late with.
    fn check_duties(&mut self, indicators: &[Indicator]) {
        let ids = &self.ids;
        let contradictions = duty::contradictions(&self.duties, |duty| ids.get(&duty.meta.id).cloned());
        self.faults.extend(contradictions);
        let has_any = ids.values().any(|file| file.folder() == DUTIES);
        let reads = indicators.iter().find(|one| one.streams.iter().any(|stream| stream == OBLIGATIONS));
        if let (false, Some(reader)) = (has_any, reads)
            && let Some(file) = ids.get(&reader.meta.id)
        {
            let message = "the rulebook has no filing duties, so nothing is ever late or missing";
            let fault = RuleFault::new(file, None, message).with_help("say in duties/ what is owed by when");
            self.faults.push(fault);
        }
    }

    /// Every entry must be for the lines whose records it looks at.
    fn check_lines(&mut self, indicators: &[Indicator]) {
        let of_rules = self.rules.iter().map(|rule| (&rule.meta, vec![rule.stream.name]));
        let of_indicators = indicators.iter().map(|indicator| {
            let decides = |stream: &&String| indicator.lines_by.as_ref().is_none_or(|by| by == *stream);
            (&indicator.meta, indicator.streams.iter().filter(decides).map(String::as_str).collect())
        });
        let mut faults = Vec::new();
        for (meta, streams) in of_rules.chain(of_indicators) {
            if let Some(file) = self.ids.get(&meta.id) {
                faults.extend(lines::unkept(meta, streams.into_iter(), &self.duties, file));
            }
        }
        self.faults.extend(faults);
    }

    fn finish(mut self) -> Result<Rulebook, Faults> {
        let references = self.references();
        let calendar = self.calendar(&references);
        let grading = self.grading();
        let indicators = self.indicators(&references);
        let cases = self.cases();
        self.rules.sort_by(|left, right| left.meta.id.cmp(&right.meta.id));
        self.duties.sort_by(|left, right| left.meta.id.cmp(&right.meta.id));
        self.principles.sort_by(|left, right| left.meta.id.cmp(&right.meta.id));
        self.check_duties(&indicators);
        self.check_lines(&indicators);
        let demands = self.demands();
        self.check_chain(&indicators, &demands);
        match (calendar, grading) {
            (Some(calendar), Some(grading)) if self.faults.is_empty() => Ok(Rulebook {
                hash: EntryHash(self.digest.finalize().into()),
                principles: self.principles,
                demands,
                rules: self.rules,
                indicators,
                duties: self.duties,
                references,
                calendar,
                grading,
                cases,
                files: Vec::new(),
            }),
            _ => Err(Faults(self.faults)),
        }
    }

    fn demands(&mut self) -> Vec<Demand> {
        let Some(file) = &self.demands else { return Vec::new() };
        demand::parse(file).unwrap_or_else(|faults| {
            self.faults.extend(faults);
            Vec::new()
        })
    }

    fn check_chain(&mut self, indicators: &[Indicator], demands: &[Demand]) {
        // Links of and to entries that are not sound would only repeat their faults.
        if !self.faults.is_empty() {
            return;
        }
        let metas: Vec<&Meta> = (self.principles.iter().map(|principle| &principle.meta))
            .chain(self.rules.iter().map(|rule| &rule.meta))
            .chain(indicators.iter().map(|indicator| &indicator.meta))
            .chain(self.duties.iter().map(|duty| &duty.meta))
            .collect();
        let faults = chain::broken(&metas, demands, &self.ids);
        self.faults.extend(faults);
    }

    fn references(&mut self) -> Vec<Reference> {
        let mut references = Vec::new();
        for description in &self.descriptions {
            let rows_path = description.path.replace(".yaml", ".csv");
            let read = match self.rows.iter().find(|rows| rows.path == rows_path) {
                Some(rows) => reference::parse(description, rows),
                None => Err(vec![RuleFault::new(description, None, format!("there is no {rows_path}"))]),
            };
            match read {
                Ok(reference) => references.push(reference),
                Err(faults) => self.faults.extend(faults),
            }
        }
        for rows in &self.rows {
            let description = rows.path.replace(".csv", ".yaml");
            if !self.descriptions.iter().any(|other| other.path == description) {
                let message = format!("there is no {description} that says where the figures come from");
                self.faults.push(RuleFault::new(rows, None, message));
            }
        }
        references
    }

    fn calendar(&mut self, references: &[Reference]) -> Option<Calendar> {
        let file = self.rows.iter().find(|file| file.path == "reference/calendar.csv");
        let Some(reference) = references.iter().find(|reference| reference.name == "calendar") else {
            if file.is_none() {
                self.missing("reference/calendar.csv");
            }
            return None;
        };
        match (calendar::from_reference(reference), file) {
            (Ok(calendar), _) => Some(calendar),
            (Err(message), Some(file)) => {
                self.faults.push(RuleFault::new(file, None, message));
                None
            }
            (Err(_), None) => None,
        }
    }

    fn grading(&mut self) -> Option<Grading> {
        let Some(file) = self.grading.clone() else {
            self.missing("grading.yaml");
            return None;
        };
        let known: Vec<&str> = self.entry_ids().map(|(id, _)| id.as_str()).collect();
        match grading::parse(&file, &known) {
            Ok(grading) => Some(grading),
            Err(faults) => {
                self.faults.extend(faults);
                None
            }
        }
    }

    fn missing(&mut self, path: &str) {
        let nowhere = SourceFile::new(path, "");
        self.faults.push(RuleFault::new(&nowhere, None, format!("the rulebook has no {path}")));
    }

    /// Checks the indicators, each after its inputs.
    fn indicators(&mut self, references: &[Reference]) -> Vec<Indicator> {
        let mut tables: Vec<(&str, SchemaRef)> = model::streams::STREAMS
            .iter()
            .map(|stream| (stream.name, model::arrow::schema(stream)))
            .collect();
        tables.extend(DERIVED.iter().map(|table| (table.name, table.schema())));
        let names: Vec<String> = references.iter().map(Reference::table_name).collect();
        tables.extend(names.iter().map(String::as_str).zip(references.iter().map(Reference::schema)));
        let mut checked: Vec<Indicator> = Vec::new();
        let mut failed: BTreeSet<String> = BTreeSet::new();
        let mut waiting = std::mem::take(&mut self.drafts);
        loop {
            let before = waiting.len();
            let mut still_waiting = Vec::new();
            for draft in waiting {
                let inputs: Vec<&Indicator> = draft
                    .inputs
                    .iter()
                    .filter_map(|word| checked.iter().find(|indicator| indicator.meta.id == word.value))
                    .collect();
                if inputs.len() < draft.inputs.len() {
                    still_waiting.push(draft);
                    continue;
                }
                let id = draft.id.clone();
                match draft.check(&tables, &inputs) {
                    Ok(indicator) => checked.push(indicator),
                    Err(faults) => {
                        self.faults.extend(faults);
                        failed.insert(id);
                    }
                }
            }
            waiting = still_waiting;
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        self.unmet_inputs(&waiting, &checked, &failed);
        checked.sort_by(|left, right| left.meta.id.cmp(&right.meta.id));
        checked
    }

    fn unmet_inputs(&mut self, waiting: &[Draft], checked: &[Indicator], failed: &BTreeSet<String>) {
        for draft in waiting {
            for word in &draft.inputs {
                let id = word.value.as_str();
                if checked.iter().any(|indicator| indicator.meta.id == id) || failed.contains(id) {
                    continue;
                }
                let is_sql = self.ids.get(id).is_some_and(|file| file.path.ends_with(".sql"));
                let waits = waiting.iter().any(|other| other.id == id);
                if is_sql && !waits {
                    // Its own faults are already told.
                    continue;
                }
                let message = if waits {
                    format!("\"{id}\" and this indicator are inputs of each other")
                } else {
                    format!("there is no indicator \"{id}\"")
                };
                self.faults.push(draft.fault(word, message));
            }
        }
    }

    fn cases(&mut self) -> BTreeMap<String, Vec<Case>> {
        let mut cases = BTreeMap::new();
        for file in std::mem::take(&mut self.cases) {
            let id = file.name().trim_end_matches(".cases.yaml").to_owned();
            let beside = self.ids.get(&id).is_some_and(|entry| entry.folder() == file.folder());
            if !beside {
                let message = format!("there is no entry \"{id}\" beside these cases");
                self.faults.push(RuleFault::new(&file, None, message));
            }
            match cases::parse(&file) {
                Ok(own) => {
                    cases.insert(id, own);
                }
                Err(faults) => {
                    self.faults.extend(faults);
                    cases.insert(id, Vec::new());
                }
            }
        }
        let without = self.entry_ids().filter(|(id, _)| !cases.contains_key(*id));
        let told = without.map(|(id, file)| {
            let message = format!("the entry has no cases: {id}.cases.yaml is missing beside it");
            RuleFault::new(file, None, message)
        });
        let told: Vec<_> = told.collect();
        self.faults.extend(told);
        cases
    }
}
