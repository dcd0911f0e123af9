//! The life of a rule: drafted, tested, approved by another person than its author, in force from a
//! day on, replaced. Each step is sealed in the ledger with who took it and the digest of the text,
//! so that nobody can say afterwards that a text was approved which was not.
//!
//! The texts of drafts are kept beside the rulebooks, by their digest. A text is never edited: what
//! was tested is what is approved, and what was approved is what is in force.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use model::event::{RuleStep, Step, to_body};
use model::time::Day;
use rulebook::{Draft, EntryHash, Faults, Rulebook, SourceFile};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Engine, EngineError, rulebooks, scan};

/// The longest name of a person and the longest note, in characters.
const TEXT_CHARS_MAX: usize = 500;

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LifeError {
    /// The order of steps does not allow it.
    #[error("{0}")]
    Refused(String),
    /// The rulebook that it would make is not sound.
    #[error(transparent)]
    Unsound(#[from] Faults),
    /// The ledger, the key store or a file.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

fn refused<T>(why: impl Into<String>) -> Result<T, LifeError> {
    Err(LifeError::Refused(why.into()))
}

/// The steps of the lives of rules, in order.
#[derive(Clone, Debug, Default)]
pub struct Lives(pub Vec<RuleStep>);

impl Lives {
    /// The steps of the text of an entry that was drafted last: the draft, and what came of it.
    pub fn under_way(&self, id: &str) -> Vec<&RuleStep> {
        let drafted = |step: &&RuleStep| step.entry == id && step.step == Step::Drafted;
        let Some(at) = self.0.iter().rposition(|step| drafted(&step)) else { return Vec::new() };
        let hash = self.0.get(at).map(|step| step.entry_hash.as_str());
        let since = self.0.get(at..).unwrap_or_default().iter();
        since.filter(|step| step.entry == id && Some(step.entry_hash.as_str()) == hash).collect()
    }

    /// Everybody who drafted a text of an entry.
    fn authors(&self, id: &str, hash: &str) -> Vec<&str> {
        let own =
            |step: &&RuleStep| step.step == Step::Drafted && step.entry == id && step.entry_hash == hash;
        self.0.iter().filter(own).map(|step| step.by.as_str()).collect()
    }
}

/// A name as it is told apart from others: without spaces, small letters, in plain width.
pub fn same_person(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> String {
        let narrow = |letter: char| match u32::from(letter) {
            wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(letter),
            _ => letter,
        };
        name.chars()
            .map(narrow)
            .filter(|letter| !letter.is_whitespace() && !letter.is_control())
            .flat_map(char::to_lowercase)
            .collect()
    };
    plain(one) == plain(other)
}

/// SHA-256 of a report, as a step bears it.
pub fn report_digest(report: &[u8]) -> String {
    hex::encode(Sha256::digest(report))
}

#[derive(Serialize, Deserialize)]
struct KeptDraft {
    name: String,
    text: String,
    cases: Option<String>,
}

fn place(rulebooks: &Path, hash: &str) -> PathBuf {
    rulebooks.join("drafts").join(format!("{hash}.json"))
}

/// Keeps the text of a draft, and its cases.
fn keep(rulebooks: &Path, draft: &Draft) -> Result<(), EngineError> {
    let path = place(rulebooks, &draft.text.hash().to_string());
    let folder = path.parent().unwrap_or(rulebooks).to_owned();
    std::fs::create_dir_all(&folder).map_err(crate::at(folder))?;
    let name = draft.text.path.rsplit('/').next().unwrap_or_default().to_owned();
    let text = |file: &SourceFile| file.text.to_string();
    let kept = KeptDraft { name, text: text(&draft.text), cases: draft.cases.as_ref().map(text) };
    let bytes = serde_json::to_vec_pretty(&kept).map_err(EngineError::evaluation)?;
    crate::files::replace(&path, &bytes).map_err(crate::at(path))
}

/// The draft of a digest, as it was kept; the text must still have that digest.
fn kept(rulebooks: &Path, hash: &str) -> Result<Draft, LifeError> {
    let path = place(rulebooks, hash);
    let bytes = std::fs::read(&path).map_err(crate::at(path.clone()))?;
    let draft: KeptDraft = serde_json::from_slice(&bytes).map_err(EngineError::evaluation)?;
    let draft = Draft::new(&draft.name, &draft.text, draft.cases.as_deref());
    match draft.text.hash().to_string() == hash {
        true => Ok(draft),
        false => refused(format!("{} does not hold the text of that digest", path.display())),
    }
}

/// What somebody says about a step.
#[derive(Clone, Debug, Default)]
pub struct Saying<'a> {
    /// Who takes it.
    pub by: &'a str,
    /// What there is to say.
    pub note: Option<&'a str>,
}

impl Saying<'_> {
    fn check(&self) -> Result<(), LifeError> {
        let is_text = |text: &str| {
            !text.trim().is_empty()
                && text.chars().count() <= TEXT_CHARS_MAX
                && !text.chars().any(char::is_control)
        };
        if !is_text(self.by) {
            return refused("say who takes the step, in one line");
        }
        match self.note.is_none_or(is_text) {
            true => Ok(()),
            false => refused(format!("a note is one line of at most {TEXT_CHARS_MAX} characters")),
        }
    }
}

impl Engine {
    /// The steps taken so far.
    pub fn lives(&self) -> Lives {
        Lives(self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Brings a text in. It must be sound in the rulebook in force, and its version a new one,
    /// unless the very text was used before.
    ///
    /// # Errors
    /// [`LifeError`].
    pub fn draft_rule(&self, draft: &Draft, saying: &Saying<'_>) -> Result<RuleStep, LifeError> {
        saying.check()?;
        draft.rulebook(self.rulebook().files())?;
        let Some(version) = draft.version() else {
            return refused(format!("the text of \"{}\" does not say its version", draft.id));
        };
        let hash = draft.text.hash().to_string();
        let occasions = scan::occasions(self.reader(), self.keys())?;
        let used = rulebooks::used(&self.dirs.rulebooks(), &occasions);
        let same = used.get(&(draft.id.clone(), version));
        if same.is_some_and(|used| !used.contains(&hash)) {
            return refused(format!(
                "version {version} of \"{}\" was used with another text, and a version that was used is never edited: raise the version",
                draft.id
            ));
        }
        match newest(self.rulebook(), &draft.id) {
            Some((_, own)) if own.to_string() == hash => {
                return refused(format!("this text of \"{}\" is in force already", draft.id));
            }
            Some((own, _)) if version <= own && same.is_none() => {
                return refused(format!(
                    "\"{}\" is version {own} in force, so a new text is version {} at least",
                    draft.id,
                    own + 1
                ));
            }
            _ => {}
        }
        keep(&self.dirs.rulebooks(), draft)?;
        let step = self.step(&draft.id, version, &hash, Step::Drafted, saying);
        self.take_steps(vec![step])
    }

    /// Tries a draft on its cases; where they pass, it is tested. `report_sha256` is the digest of
    /// the report of its backtest, where there is one.
    ///
    /// # Errors
    /// [`LifeError`].
    pub fn submit_rule(
        &self,
        id: &str,
        report_sha256: Option<String>,
        saying: &Saying<'_>,
    ) -> Result<RuleStep, LifeError> {
        saying.check()?;
        let now = self.standing(id, &[Step::Drafted, Step::Tested])?;
        let draft = kept(&self.dirs.rulebooks(), &now.entry_hash)?;
        let book = draft.rulebook(self.rulebook().files())?;
        let failures = book.run_cases(id).map_err(EngineError::evaluation)?;
        if let Some(failure) = failures.first() {
            let more = match failures.len() {
                1 => String::new(),
                count => format!(" (and {} more)", count - 1),
            };
            return refused(format!(
                "the draft fails its case \"{}\": {}{more}",
                failure.case.en, failure.message
            ));
        }
        let step = self.step(id, now.version, &now.entry_hash, Step::Tested, saying);
        self.take_steps(vec![RuleStep { report_sha256, ..step }])
    }

    /// Approves a tested draft: somebody else than its author.
    ///
    /// # Errors
    /// [`LifeError`].
    pub fn approve_rule(&self, id: &str, saying: &Saying<'_>) -> Result<RuleStep, LifeError> {
        saying.check()?;
        let now = self.standing(id, &[Step::Tested])?;
        let lives = self.lives();
        if let Some(author) =
            lives.authors(id, &now.entry_hash).into_iter().find(|author| same_person(author, saying.by))
        {
            return refused(format!("{author} wrote this text of \"{id}\": another person approves it"));
        }
        let step = self.step(id, now.version, &now.entry_hash, Step::Approved, saying);
        self.take_steps(vec![step])
    }

    /// Takes a draft back, or a text that was put in force from a day that has not come: it does not
    /// come in force, and the text before it holds on.
    ///
    /// # Errors
    /// [`LifeError`]; the text is in force on a day that has begun.
    pub fn withdraw_rule(&self, id: &str, saying: &Saying<'_>) -> Result<RuleStep, LifeError> {
        saying.check()?;
        let now = self
            .standing(id, &[Step::Drafted, Step::Tested, Step::Approved, Step::InForce, Step::Withdrawn])?;
        match now.step {
            Step::InForce => self.withdraw_enacted(&now, saying),
            Step::Withdrawn => self.complete(&now),
            _ => {
                let step = self.step(id, now.version, &now.entry_hash, Step::Withdrawn, saying);
                self.take_steps(vec![step])
            }
        }
    }

    /// Takes back a text whose first day has not come.
    fn withdraw_enacted(&self, enacted: &RuleStep, saying: &Saying<'_>) -> Result<RuleStep, LifeError> {
        let RuleStep { entry: id, version, entry_hash, .. } = enacted;
        let today = self.clock().now().day();
        let Some(from) = enacted.effective_from.filter(|from| *from > today) else {
            let since = enacted.effective_from.map(|day| format!(" since {day}")).unwrap_or_default();
            return refused(format!(
                "version {version} of \"{id}\" is in force{since}, and what was in force is not withdrawn: put another text in force"
            ));
        };
        if newest(self.rulebook(), id).is_none_or(|(_, hash)| hash.to_string() != *entry_hash) {
            return refused(format!(
                "version {version} of \"{id}\" is not in this rulebook; `jianwei rules enact` puts it in, and without --rulebook the rulebook in force is taken"
            ));
        }
        let dir = self.dirs.rulebooks();
        let replaced = |step: &RuleStep| step.step == Step::Replaced && step.rulebook == enacted.rulebook;
        let before = self.lives().0.into_iter().rev().find(|step| step.entry == *id && replaced(step));
        let cases = before.and_then(|before| rulebooks::cases_of(&dir, id, &before.entry_hash));
        let book = self.rulebook().without_newest(id, cases.as_deref())?;
        rulebooks::keep(&dir, &book).map_err(crate::at(dir.clone()))?;
        let digest = book.hash().to_string();
        let step = self.step(id, *version, entry_hash, Step::Withdrawn, saying);
        let step = RuleStep { effective_from: Some(from), rulebook: Some(digest.clone()), ..step };
        let step = self.take_steps(vec![step])?;
        // Sealed first, as when a text is put in force.
        rulebooks::put_in_force(&dir, &digest).map_err(crate::at(dir))?;
        Ok(step)
    }

    /// Puts an approved text in force from a day on: a new rulebook is kept, in which the text
    /// before ends the day before, and the next start of the server evaluates under it.
    ///
    /// # Errors
    /// [`LifeError`]; the day is not after today: what was evaluated is not judged anew.
    pub fn enact_rule(&self, id: &str, from: Day, saying: &Saying<'_>) -> Result<RuleStep, LifeError> {
        saying.check()?;
        let today = self.clock().now().day();
        if from <= today {
            return refused(format!(
                "a rule comes in force on a day to come: {} at the earliest, not {from}",
                today.plus(1)
            ));
        }
        let now = self.standing(id, &[Step::Approved, Step::InForce])?;
        let dir = self.dirs.rulebooks();
        if now.step == Step::InForce {
            return self.complete(&now);
        }
        let draft = kept(&dir, &now.entry_hash)?;
        let book = self.rulebook().succeeded_by(&draft, from)?;
        // Other entries may have come in force since it was tested.
        if !book.run_cases(id).map_err(EngineError::evaluation)?.is_empty() {
            return refused(format!("\"{id}\" fails its cases among the rules of today: submit it again"));
        }
        rulebooks::keep(&dir, &book).map_err(crate::at(dir.clone()))?;
        let digest = book.hash().to_string();
        let about =
            |step: RuleStep| RuleStep { effective_from: Some(from), rulebook: Some(digest.clone()), ..step };
        let mut steps = Vec::new();
        if let Some((version, hash)) = newest(self.rulebook(), id) {
            let step = self.step(id, version, &hash.to_string(), Step::Replaced, saying);
            steps.push(about(step));
        }
        steps.push(about(self.step(id, now.version, &now.entry_hash, Step::InForce, saying)));
        let step = self.take_steps(steps)?;
        // Sealed first: what is in force must be in the ledger. A crash between the two is made good by
        // doing it again.
        rulebooks::put_in_force(&dir, &digest).map_err(crate::at(dir))?;
        Ok(step)
    }

    /// Makes good what a crash after the sealing left out.
    fn complete(&self, sealed: &RuleStep) -> Result<RuleStep, LifeError> {
        let dir = self.dirs.rulebooks();
        let named = rulebooks::in_force(&dir).map_err(crate::at(dir.clone()))?;
        let last = self.lives().0.into_iter().rev().find(|step| step.rulebook.is_some());
        match (&sealed.rulebook, last) {
            (Some(digest), Some(last)) if last == *sealed && named.as_ref() != Some(digest) => {
                rulebooks::put_in_force(&dir, digest).map_err(crate::at(dir))?;
                Ok(sealed.clone())
            }
            _ => {
                let what = if sealed.step == Step::InForce { "put in force" } else { "withdrawn" };
                refused(format!("this text of \"{}\" was {what} already", sealed.entry))
            }
        }
    }

    /// The last step of the text under way, which must be one of some.
    fn standing(&self, id: &str, wanted: &[Step]) -> Result<RuleStep, LifeError> {
        let lives = self.lives();
        match lives.under_way(id).last() {
            None => refused(format!("there is no draft of \"{id}\"; `jianwei rules draft` brings one in")),
            Some(last) if wanted.contains(&last.step) => Ok((*last).clone()),
            Some(last) => {
                let names: Vec<&str> = wanted.iter().map(|step| step.en()).collect();
                refused(format!(
                    "version {} of \"{id}\" is {}, not {}",
                    last.version,
                    last.step.en(),
                    names.join(" or ")
                ))
            }
        }
    }

    fn step(&self, id: &str, version: u32, hash: &str, step: Step, saying: &Saying<'_>) -> RuleStep {
        RuleStep {
            entry: id.to_owned(),
            version,
            entry_hash: hash.to_owned(),
            step,
            by: saying.by.trim().to_owned(),
            at: self.clock().now(),
            effective_from: None,
            note: saying.note.map(|note| note.trim().to_owned()),
            report_sha256: None,
            rulebook: None,
        }
    }

    /// Seals steps, and gives the last one.
    fn take_steps(&self, steps: Vec<RuleStep>) -> Result<RuleStep, LifeError> {
        let bodies: Result<Vec<_>, _> = steps.iter().map(to_body).collect();
        self.seal(seal::EventKind::RuleStep, bodies.map_err(EngineError::evaluation)?)?;
        let Some(last) = steps.last().cloned() else { return refused("no step was named") };
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).extend(steps);
        Ok(last)
    }
}

/// The newest text of an entry or duty in a rulebook.
fn newest(book: &Rulebook, id: &str) -> Option<(u32, EntryHash)> {
    let entry = book.entry(id).map(|entry| entry.meta());
    let duty = || book.duties().iter().map(|duty| &duty.meta).find(|meta| meta.id == id);
    let principle = || book.principles().iter().map(|one| &one.meta).find(|meta| meta.id == id);
    entry.or_else(duty).or_else(principle).map(|meta| (meta.version, meta.hash))
}

#[cfg(test)]
mod tests {
    use super::same_person;

    #[test]
    fn a_person_is_known_in_every_spelling() {
        let table = [
            ("Li Wei", "li wei", true),
            ("Li Wei", " LI  WEI\t", true),
            ("李伟", "李 伟", true),
            ("李伟", "李\u{3000}伟", true),
            ("Ｌｉ Ｗｅｉ", "li wei", true),
            ("李伟", "李炜", false),
            ("Li Wei", "Li Wen", false),
        ];
        for (one, other, same) in table {
            assert_eq!(same_person(one, other), same, "{one} {other}");
        }
    }
}
