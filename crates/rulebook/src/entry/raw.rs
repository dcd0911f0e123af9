//! What every entry says about itself, as it is written in YAML, and the checks of that.

use model::streams::LineOfBusiness;
use model::time::Day;
use serde::Deserialize;

use super::{Answerable, Basis, Effective, Meta, Nature, REQUIREMENTS, Text, Tier};
use crate::source::SourceFile;
use crate::yaml::{Reader, Word};

/// The most working days that a human review may take.
const REVIEW_WORKING_DAYS_MAX: u32 = 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawReview {
    working_days: serde_saphyr::Spanned<u32>,
    #[serde(default)]
    four_eyes: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawText {
    pub(crate) zh: Word,
    pub(crate) en: Word,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEffective {
    from: Word,
    to: Option<Word>,
}

/// The common fields of an entry's YAML, as they are written.
pub(crate) struct RawMeta {
    pub(crate) id: Word,
    pub(crate) version: serde_saphyr::Spanned<u32>,
    pub(crate) tier: Word,
    pub(crate) requirement: serde_saphyr::Spanned<Vec<Word>>,
    pub(crate) clause: RawText,
    pub(crate) basis: Word,
    pub(crate) effective: RawEffective,
    pub(crate) lines: serde_saphyr::Spanned<Vec<Word>>,
    pub(crate) answerable: Word,
    pub(crate) title: RawText,
    pub(crate) text: RawText,
    pub(crate) serves: Option<Word>,
    pub(crate) details: Option<Word>,
    pub(crate) demands: Vec<Word>,
    pub(crate) nature: Option<Word>,
    pub(crate) review: Option<RawReview>,
}

/// Declares the YAML of a kind of entry: the common fields and its own. (Flattening would lose
/// the places of the values and the refusal of unknown keys.)
macro_rules! raw_entry {
    ($name:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            id: $crate::yaml::Word,
            version: serde_saphyr::Spanned<u32>,
            tier: $crate::yaml::Word,
            requirement: serde_saphyr::Spanned<Vec<$crate::yaml::Word>>,
            clause: $crate::entry::RawText,
            basis: $crate::yaml::Word,
            effective: $crate::entry::RawEffective,
            lines: serde_saphyr::Spanned<Vec<$crate::yaml::Word>>,
            answerable: $crate::yaml::Word,
            title: $crate::entry::RawText,
            text: $crate::entry::RawText,
            serves: Option<$crate::yaml::Word>,
            details: Option<$crate::yaml::Word>,
            #[serde(default)]
            demands: Vec<$crate::yaml::Word>,
            nature: Option<$crate::yaml::Word>,
            review: Option<$crate::entry::RawReview>,
            $($(#[$meta])* $field: $type,)*
        }
        impl $name {
            fn split(self) -> ($crate::entry::RawMeta, ($($type,)*)) {
                let meta = $crate::entry::RawMeta {
                    id: self.id, version: self.version, tier: self.tier, requirement: self.requirement,
                    clause: self.clause, basis: self.basis, effective: self.effective, lines: self.lines,
                    answerable: self.answerable, title: self.title, text: self.text,
                    serves: self.serves, details: self.details, demands: self.demands,
                    nature: self.nature, review: self.review,
                };
                (meta, ($(self.$field,)*))
            }
        }
    };
}
pub(crate) use raw_entry;

impl RawMeta {
    /// Checks the common fields; the faults go into the reader.
    pub(crate) fn check(self, reader: &mut Reader<'_>) -> Option<Meta> {
        let file = reader.file;
        self.check_id(reader);
        if self.version.value == 0 {
            reader.fault(&self.version, "versions are counted from 1");
        }
        let tier = Tier::read(reader, &self.tier);
        if let Some(tier) = tier {
            check_folder(reader, file, &self.tier, tier);
        }
        let requirements = self.requirements(reader);
        let clause = check_text(reader, &self.clause, "clause");
        let title = check_text(reader, &self.title, "title");
        let text = check_text(reader, &self.text, "text");
        let basis = Basis::read(reader, &self.basis);
        let effective = check_effective(reader, &self.effective);
        let lines = self.lines(reader);
        let answerable = Answerable::read(reader, &self.answerable);
        if let Some(tier) = tier {
            self.check_chain_keys(reader, tier);
        }
        let nature = match &self.nature {
            Some(word) => Nature::read(reader, word),
            None => Some(Nature::Definition),
        };
        let review = self.review.as_ref().map(|review| &review.working_days);
        if let Some(days) = review.filter(|days| !(1..=REVIEW_WORKING_DAYS_MAX).contains(&days.value)) {
            reader.fault(days, format!("a review takes 1 to {REVIEW_WORKING_DAYS_MAX} working days"));
        }
        Some(Meta {
            id: self.id.value,
            version: self.version.value,
            hash: file.hash(),
            path: file.path.clone(),
            tier: tier?,
            requirements: requirements?,
            clause: clause?,
            basis: basis?,
            effective: effective?,
            lines: lines?,
            answerable: answerable?,
            title: title?,
            text: text?,
            review_working_days: review.map(|days| days.value),
            review_four_eyes: self.review.as_ref().is_some_and(|review| review.four_eyes),
            serves: self.serves.map(|word| word.value),
            details: self.details.map(|word| word.value),
            demands: self.demands.into_iter().map(|word| word.value).collect(),
            nature: nature?,
        })
    }

    /// Only a special rule serves a basic rule, only guidance details a special rule.
    fn check_chain_keys(&self, reader: &mut Reader<'_>, tier: Tier) {
        if let Some(word) = self.serves.as_ref().filter(|_| matches!(tier, Tier::Basic | Tier::Guidance)) {
            reader.fault(word, format!("an entry of the tier \"{}\" serves no basic rule", tier.code())).help =
                Some("a special rule names the basic rule that it serves; guidance names, as \"details\", the special rule that it details".to_owned());
        }
        if let Some(word) = self.details.as_ref().filter(|_| tier != Tier::Guidance) {
            reader
                .fault(word, format!("an entry of the tier \"{}\" details no special rule", tier.code()))
                .help = Some("only guidance has \"details\"".to_owned());
        }
    }

    fn check_id(&self, reader: &mut Reader<'_>) {
        let id = &self.id.value;
        let fits = id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && id.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
            && id.len() <= 64;
        if !fits {
            reader.fault(&self.id, "an id has small letters, digits and hyphens and begins with a letter");
        }
        let stem = reader.file.name().split('.').next().unwrap_or_default();
        if fits && stem != id {
            reader.fault(&self.id, format!("the file is named \"{stem}\", the entry \"{id}\"")).help =
                Some("give both the same name".to_owned());
        }
    }

    fn requirements(&self, reader: &mut Reader<'_>) -> Option<Vec<String>> {
        if self.requirement.value.is_empty() {
            reader.fault(&self.requirement, "an entry serves at least one requirement");
            return None;
        }
        let known: Vec<_> = REQUIREMENTS.iter().map(|number| (*number, *number)).collect();
        let numbers = self.requirement.value.iter();
        numbers.map(|word| reader.one_of(word, "requirement", &known).map(str::to_owned)).collect()
    }

    fn lines(&self, reader: &mut Reader<'_>) -> Option<Vec<LineOfBusiness>> {
        if self.lines.value.is_empty() {
            reader.fault(&self.lines, "an entry is for at least one line of business");
            return None;
        }
        let known: Vec<_> = LineOfBusiness::ALL.iter().map(|line| (line.code(), *line)).collect();
        self.lines.value.iter().map(|word| reader.one_of(word, "line of business", &known)).collect()
    }
}

fn check_folder(reader: &mut Reader<'_>, file: &SourceFile, word: &Word, tier: Tier) {
    let expected = match tier {
        Tier::Basic => "basic",
        Tier::Special => "special",
        Tier::Guidance => "guidance",
        Tier::Indicator => "indicators",
        Tier::Duty => "duties",
    };
    let folder = file.folder();
    if folder.split('/').next() != Some(expected) {
        let message =
            format!("an entry of the tier \"{}\" lies in {expected}/, not in {folder}/", word.value);
        reader.fault(word, message);
    }
}

/// Both languages must be there, and the Chinese one must be Chinese.
pub(crate) fn check_text(reader: &mut Reader<'_>, text: &RawText, what: &str) -> Option<Text> {
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let mut sound = true;
    if text.zh.value.trim().is_empty() || !text.zh.value.chars().any(is_han) {
        reader.fault(&text.zh, format!("the {what} is missing in Chinese"));
        sound = false;
    }
    if text.en.value.trim().is_empty() || text.en.value.chars().any(is_han) {
        reader.fault(&text.en, format!("the {what} is missing in English"));
        sound = false;
    }
    sound.then(|| Text { zh: text.zh.value.trim().to_owned(), en: text.en.value.trim().to_owned() })
}

fn check_effective(reader: &mut Reader<'_>, effective: &RawEffective) -> Option<Effective> {
    let from = check_day(reader, &effective.from)?;
    let to = match &effective.to {
        Some(word) => Some(check_day(reader, word)?),
        None => None,
    };
    if let (Some(last), Some(word)) = (to, &effective.to)
        && last < from
    {
        reader.fault(word, "the last day lies before the first");
        return None;
    }
    Some(Effective { from, to })
}

pub(crate) fn check_day(reader: &mut Reader<'_>, word: &Word) -> Option<Day> {
    match Day::parse(&word.value) {
        Ok(day) => Some(day),
        Err(error) => {
            reader.fault(word, error.to_string());
            None
        }
    }
}
