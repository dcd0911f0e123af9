//! 措施库: the stages of a case, the kinds of risk and the measures, in files under `/disposal`.
//! Loading is strict: what a file names exists, nothing stands twice, every fault is said at once.

mod fault;
mod fields;
mod form;
mod read;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use model::text::Text;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use fault::{Fault, Faults};
pub use fields::{Column, Field, FieldValue, Filled};
pub(crate) use fields::{faults as field_faults, fill};
pub use form::{AddresseeKind, Approval, BasisKind, Demand, EffectKind, FieldKind, Seriousness, Stage};

use read::{RawMeasure, RawRisks, RawStage, RawStages, Reader, Word};

use crate::life::Word as _;
use crate::term::Term;

/// Names that any text may use beside the fields of its measure.
const OWN_PLACEHOLDERS: [&str; 2] = ["institution", "case"];

/// A stage of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StageRule {
    /// Which.
    pub id: Stage,
    /// Its title.
    pub title: Text,
    /// The requirements that it serves.
    pub requirement: Vec<String>,
    /// Within which it is to be left; nothing for the last.
    pub within: Option<Term>,
    /// What has to be there before it is left.
    pub leaves_with: Vec<Demand>,
    /// Whether it may be skipped, and how.
    pub skippable: Option<Skippable>,
    /// What is done in it.
    pub text: Text,
}

/// How a stage may be skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skippable {
    /// Who has to agree: another person, or a head who is another person.
    pub approval: Approval,
    /// The kinds of risk for which it is never skipped.
    pub never: BTreeSet<String>,
    /// On which grounds.
    pub grounds: Text,
}

/// A kind of risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// Identifier.
    pub id: String,
    /// Title.
    pub title: Text,
    /// The requirements that it is named in.
    pub requirement: Vec<String>,
    /// The lines of business in which it is found.
    pub lines: BTreeSet<String>,
    /// What it calls for.
    pub seriousness: Seriousness,
    /// The entries of the rulebook whose findings point to it.
    pub entries: BTreeSet<String>,
}

/// What a measure rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// Of which kind.
    pub kind: BasisKind,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Whether somebody read it in the source: one that is not is said so in the texts.
    pub confirmed: bool,
}

/// What is looked at again some time after a measure was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// Within which.
    pub within: Term,
    /// What, in Chinese.
    pub zh: String,
    /// What, in English.
    pub en: String,
}

/// A measure of the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeasureForm {
    /// Identifier.
    pub id: String,
    /// Version of its text.
    pub version: u32,
    /// Title.
    pub title: Text,
    /// The requirements that it serves.
    pub requirement: Vec<String>,
    /// The stage to which it belongs.
    pub stage: Stage,
    /// The lines of business for which it is meant.
    pub lines: BTreeSet<String>,
    /// The risks for which it is suggested.
    pub risks: BTreeSet<String>,
    /// Those for which it must be done or waived before the stage is left.
    pub mandatory: BTreeSet<String>,
    /// Who receives the order.
    pub addressee: AddresseeKind,
    /// What it rests on.
    pub basis: Vec<Basis>,
    /// The form of its letter.
    pub letter: String,
    /// Who has to agree.
    pub approval: Approval,
    /// Within which the addressee reports back.
    pub deadline: Term,
    /// What is filled in when it is proposed.
    pub fields: Vec<Field>,
    /// What the order does inside the system.
    pub effect: Option<EffectKind>,
    /// Whether it has instalments with dates.
    pub milestones: bool,
    /// Whether it can be lifted.
    pub liftable: bool,
    /// What is looked at again after it was done.
    pub follow_up: Option<FollowUp>,
    /// What is ordered.
    pub text: Text,
    /// What the addressee has to report back.
    pub receipt: Text,
}

/// The library: stages, risks and measures, with their digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    stages: Vec<StageRule>,
    risks: BTreeMap<String, Risk>,
    without_risk: BTreeMap<String, Text>,
    measures: BTreeMap<String, MeasureForm>,
    digest: String,
}

impl Library {
    /// Loads the library from files, each a path below `/disposal` and its text; files that are not
    /// the library's (`alerts.yaml`, `roster.yaml`, anything under `letters/`) are passed over.
    /// `letters` names the forms that there are.
    ///
    /// # Errors
    /// All faults at once.
    pub fn load<P: AsRef<str>, T: AsRef<str>>(
        files: impl IntoIterator<Item = (P, T)>,
        letters: &[&str],
    ) -> Result<Self, Faults> {
        let own = |path: &str| path == "stages.yaml" || path == "risks.yaml" || measure_of(path).is_some();
        let files: BTreeMap<String, String> = files
            .into_iter()
            .filter(|(path, _)| own(path.as_ref()))
            .map(|(path, text)| (path.as_ref().to_owned(), text.as_ref().to_owned()))
            .collect();
        let mut faults = Vec::new();
        let (risks, without_risk) = load_risks(&files, &mut faults);
        let stages = load_stages(&files, &risks, &mut faults);
        let mut measures = BTreeMap::new();
        for (path, text) in &files {
            let Some(stem) = measure_of(path) else { continue };
            let mut reader = Reader { file: path, faults: &mut faults };
            if let Some(raw) = reader.read::<RawMeasure>(text) {
                let measure = check_measure(raw, stem, &risks, &stages, letters, &mut reader);
                measures.insert(measure.id.clone(), measure);
            }
        }
        if measures.is_empty() {
            Reader { file: "measures", faults: &mut faults }.push(None, "there is no measure");
        }
        if !faults.is_empty() {
            faults.sort();
            return Err(Faults(faults));
        }
        Ok(Self { stages, risks, without_risk, measures, digest: digest(&files) })
    }

    /// SHA-256 over the paths and texts of the files, hexadecimal: sealed in each case that is opened.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The stages, in their order.
    pub fn stages(&self) -> &[StageRule] {
        &self.stages
    }

    /// A stage.
    pub fn stage(&self, id: Stage) -> Option<&StageRule> {
        self.stages.iter().find(|stage| stage.id == id)
    }

    /// The kinds of risk.
    pub fn risks(&self) -> impl Iterator<Item = &Risk> {
        self.risks.values()
    }

    /// A kind of risk.
    pub fn risk(&self, id: &str) -> Option<&Risk> {
        self.risks.get(id)
    }

    /// The risks to which a finding of an entry points; several lines of business may tell them apart.
    pub fn risks_of(&self, entry: &str, line: Option<&str>) -> BTreeSet<String> {
        let fits =
            |risk: &&Risk| risk.entries.contains(entry) && line.is_none_or(|line| risk.lines.contains(line));
        self.risks.values().filter(fits).map(|risk| risk.id.clone()).collect()
    }

    /// Why findings of an entry point to no risk, where the library says so.
    pub fn without_risk(&self, entry: &str) -> Option<&Text> {
        self.without_risk.get(entry)
    }

    /// The measures.
    pub fn measures(&self) -> impl Iterator<Item = &MeasureForm> {
        self.measures.values()
    }

    /// A measure.
    pub fn measure(&self, id: &str) -> Option<&MeasureForm> {
        self.measures.get(id)
    }

    /// 建议措施: the measures that are meant for some risks in a line of business, or in any where it is not known.
    pub fn suggested(&self, risks: &BTreeSet<String>, line: Option<&str>) -> Vec<&MeasureForm> {
        let fits = |measure: &&MeasureForm| {
            !measure.risks.is_disjoint(risks) && line.is_none_or(|line| measure.lines.contains(line))
        };
        let mut found: Vec<_> = self.measures.values().filter(fits).collect();
        found.sort_by_key(|measure| (measure.stage, &measure.id));
        found
    }
}

/// The identifier of the measure of a file.
fn measure_of(path: &str) -> Option<&str> {
    path.strip_prefix("measures/")?.strip_suffix(".yaml")
}

fn digest(files: &BTreeMap<String, String>) -> String {
    let mut digest = Sha256::new();
    for (path, text) in files {
        for part in [path, text] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
    }
    hex::encode(digest.finalize())
}

type Files = BTreeMap<String, String>;
type Risks = BTreeMap<String, Risk>;

fn load_risks(files: &Files, faults: &mut Vec<Fault>) -> (Risks, BTreeMap<String, Text>) {
    let mut reader = Reader { file: "risks.yaml", faults };
    let (mut risks, mut none) = (BTreeMap::new(), BTreeMap::new());
    let Some(text) = files.get("risks.yaml") else {
        reader.push(None, "the file is missing");
        return (risks, none);
    };
    let Some(raw) = reader.read::<RawRisks>(text) else { return (risks, none) };
    let mut entries = BTreeSet::new();
    let mut once = |entry: &Word, reader: &mut Reader<'_>| {
        if !entries.insert(entry.value.clone()) {
            reader.fault(entry, format!("the entry \"{}\" stands twice", entry.value));
        }
    };
    for risk in raw.risks {
        risk.entries.iter().for_each(|entry| once(entry, &mut reader));
        let sound = Risk {
            id: risk.id.value.clone(),
            title: reader.both(risk.title, "title"),
            requirement: risk.requirement.into_vec(),
            lines: reader.lines(risk.lines),
            seriousness: risk.seriousness,
            entries: risk.entries.into_iter().map(|entry| entry.value).collect(),
        };
        if sound.lines.is_empty() {
            reader.fault(&risk.id, format!("\"{}\" names no line of business", risk.id.value));
        }
        if risks.insert(sound.id.clone(), sound).is_some() {
            reader.fault(&risk.id, format!("the risk \"{}\" stands twice", risk.id.value));
        }
    }
    for without in raw.none {
        once(&without.entry, &mut reader);
        none.insert(without.entry.value, Text::new(without.zh, without.en));
    }
    (risks, none)
}

fn load_stages(files: &Files, risks: &Risks, faults: &mut Vec<Fault>) -> Vec<StageRule> {
    let mut reader = Reader { file: "stages.yaml", faults };
    let Some(text) = files.get("stages.yaml") else {
        reader.push(None, "the file is missing");
        return Vec::new();
    };
    let Some(raw) = reader.read::<RawStages>(text) else { return Vec::new() };
    if !raw.stages.iter().map(|stage| stage.id.value).eq(Stage::ALL.iter().copied()) {
        let names: Vec<_> = Stage::ALL.iter().map(|stage| stage.code()).collect();
        reader.push(None, format!("the stages are, in this order, {}", names.join(", ")));
    }
    raw.stages.into_iter().map(|stage| check_stage(stage, risks, &mut reader)).collect()
}

fn check_stage(raw: RawStage, risks: &Risks, reader: &mut Reader<'_>) -> StageRule {
    let id = raw.id.value;
    if raw.within.is_some() == (id == Stage::Closed) {
        let reason = match id {
            Stage::Closed => "a closed case has no time within which it is left",
            _ => "`within` is missing: every stage of an open case is left within a time",
        };
        reader.fault(&raw.id, reason);
    }
    if id == Stage::Closed && (raw.skippable.is_some() || !raw.leaves_with.is_empty()) {
        reader.fault(&raw.id, "a closed case is not left: neither `skippable` nor `leaves_with`");
    }
    let skippable = raw.skippable.map(|skippable| {
        if skippable.approval.value == Approval::None {
            reader.fault(&skippable.approval, "a stage is skipped with four-eyes or head");
        }
        for risk in skippable.never.iter().filter(|risk| !risks.contains_key(&risk.value)) {
            reader.fault(risk, format!("there is no risk \"{}\"", risk.value));
        }
        Skippable {
            approval: skippable.approval.value,
            never: reader.distinct(skippable.never),
            grounds: Text::new(skippable.zh, skippable.en),
        }
    });
    StageRule {
        id,
        title: reader.both(raw.title, "title"),
        requirement: raw.requirement.into_vec(),
        within: raw.within,
        leaves_with: raw.leaves_with,
        skippable,
        text: reader.both(raw.text, "text"),
    }
}

fn check_measure(
    raw: RawMeasure,
    stem: &str,
    risks: &Risks,
    stages: &[StageRule],
    letters: &[&str],
    reader: &mut Reader<'_>,
) -> MeasureForm {
    if raw.id.value != stem {
        reader.fault(&raw.id, format!("the id \"{}\" is not the name of the file", raw.id.value));
    }
    if raw.stage.value == Stage::Closed {
        reader.fault(&raw.stage, "nothing is done in a closed case");
    }
    for risk in raw.risks.iter().chain(&raw.mandatory).filter(|risk| !risks.contains_key(&risk.value)) {
        reader.fault(risk, format!("there is no risk \"{}\"", risk.value));
    }
    if raw.risks.is_empty() {
        reader.fault(&raw.id, "it is meant for no risk");
    }
    let suggested: BTreeSet<String> = raw.risks.iter().map(|risk| risk.value.clone()).collect();
    for risk in raw.mandatory.iter().filter(|risk| !suggested.contains(&risk.value)) {
        reader.fault(risk, format!("\"{}\" is mandatory but not among the risks", risk.value));
    }
    let asks = |stage: &StageRule| stage.leaves_with.contains(&Demand::MandatoryMeasures);
    let stage = stages.iter().find(|stage| stage.id == raw.stage.value);
    if let Some(risk) = raw.mandatory.first()
        && stage.is_some_and(|stage| !asks(stage))
    {
        let reason = format!("\"{}\" has no mandatory-measures among leaves_with", raw.stage.value.code());
        reader.fault(risk, reason);
    }
    if !letters.contains(&raw.letter.value.as_str()) {
        reader.fault(
            &raw.letter,
            format!("there is no letter \"{}\"; write {}", raw.letter.value, letters.join(", ")),
        );
    }
    if raw.basis.is_empty() {
        reader.fault(&raw.id, "it rests on nothing: `basis` is empty");
    }
    if raw.effect.0.is_some() && raw.approval == Approval::None {
        reader.fault(&raw.id, "what takes effect on somebody needs an approval");
    }
    let mut names = BTreeSet::new();
    for field in &raw.fields {
        let name = &field.value.name;
        if OWN_PLACEHOLDERS.contains(&name.as_str()) || !names.insert(name.clone()) {
            reader.fault(field, format!("the field \"{name}\" stands twice"));
        }
        let nested = |column: &Column| matches!(column.kind, FieldKind::List | FieldKind::Table);
        if field.value.columns.iter().any(nested) {
            reader.fault(field, format!("a column of \"{name}\" cannot be a list or a table"));
        }
        if !field.value.columns.is_empty() && field.value.kind != FieldKind::Table {
            reader.fault(field, format!("\"{name}\" has columns and is no table"));
        }
    }
    for text in [&raw.text, &raw.receipt] {
        for language in [&text.value.zh, &text.value.en] {
            match fields::placeholders(language) {
                Err(reason) => reader.fault(text, reason),
                Ok(used) => {
                    let unknown = |name: &&str| !names.contains(*name) && !OWN_PLACEHOLDERS.contains(name);
                    for name in used.into_iter().filter(unknown) {
                        reader.fault(text, format!("{{{name}}} names no field"));
                    }
                }
            }
        }
    }
    MeasureForm {
        id: raw.id.value,
        version: raw.version,
        title: reader.both(raw.title, "title"),
        requirement: raw.requirement.into_vec(),
        stage: raw.stage.value,
        lines: reader.lines(raw.lines),
        risks: reader.distinct(raw.risks),
        mandatory: reader.distinct(raw.mandatory),
        addressee: raw.addressee,
        basis: raw
            .basis
            .into_iter()
            .map(|basis| Basis { kind: basis.kind, zh: basis.zh, en: basis.en, confirmed: basis.confirmed })
            .collect(),
        letter: raw.letter.value,
        approval: raw.approval,
        deadline: raw.deadline,
        fields: raw.fields.into_iter().map(|field| field.value).collect(),
        effect: raw.effect.0,
        milestones: raw.milestones,
        liftable: raw.liftable,
        follow_up: raw.follow_up.map(|follow| FollowUp {
            within: follow.within,
            zh: follow.zh,
            en: follow.en,
        }),
        text: reader.both(raw.text, "text"),
        receipt: reader.both(raw.receipt, "receipt"),
    }
}
