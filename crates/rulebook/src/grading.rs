//! How readings and findings become a grade.

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::entry::EntryHash;
use crate::fault::RuleFault;
use crate::source::SourceFile;
use crate::yaml::{Reader, Word};

/// What an undetermined verdict does to the grade of the institution and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhenUndetermined {
    /// It is listed among the reasons and changes nothing.
    Listed,
    /// It is listed, and the grade is yellow at least: what is not known is to be put right.
    Yellow,
}

/// How readings and findings become a grade: the worst band of all entries that take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grading {
    /// The digest of the file.
    pub hash: EntryHash,
    /// What an undetermined verdict does.
    pub undetermined: WhenUndetermined,
    /// Entries that give findings and readings but no grade.
    pub without: Vec<String>,
}

impl Grading {
    /// Whether an entry takes part in the grade.
    pub fn takes_part(&self, id: &str) -> bool {
        !self.without.iter().any(|other| other == id)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGrading {
    undetermined: Word,
    without: Spanned<Vec<Word>>,
}

/// Reads the grading policy; every entry that it names must be known.
pub(crate) fn parse(file: &SourceFile, known: &[&str]) -> Result<Grading, Vec<RuleFault>> {
    let mut reader = Reader::whole(file);
    let grading = reader.read::<RawGrading>().and_then(|raw| {
        let choices = [("listed", WhenUndetermined::Listed), ("yellow", WhenUndetermined::Yellow)];
        let undetermined = reader.one_of(&raw.undetermined, "treatment of the undetermined", &choices);
        for word in &raw.without.value {
            if !known.contains(&word.value.as_str()) {
                reader.fault(word, format!("there is no entry \"{}\"", word.value));
            }
        }
        let without = raw.without.value.into_iter().map(|word| word.value).collect();
        Some(Grading { hash: file.hash(), undetermined: undetermined?, without })
    });
    match grading {
        Some(grading) if reader.faults.is_empty() => Ok(grading),
        _ => Err(reader.faults),
    }
}
