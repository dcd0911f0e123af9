//! Reading the files of the library with the line of every value.

use model::streams::LineOfBusiness;
use model::text::Text;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_saphyr::{SnippetMode, Spanned};

use super::fault::Fault;
use super::fields::Field;
use super::form::{AddresseeKind, Approval, BasisKind, Demand, EffectKind, Seriousness, Stage};
use crate::life::Word as _;
use crate::term::Term;

/// A text with its line.
pub(super) type Word = Spanned<String>;

/// One requirement or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(super) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::More(more) => more,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStages {
    pub(super) stages: Vec<RawStage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStage {
    pub(super) id: Spanned<Stage>,
    pub(super) title: Spanned<Text>,
    pub(super) requirement: OneOrMore,
    #[serde(default)]
    pub(super) within: Option<Term>,
    #[serde(default)]
    pub(super) leaves_with: Vec<Demand>,
    #[serde(default)]
    pub(super) skippable: Option<RawSkippable>,
    pub(super) text: Spanned<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSkippable {
    pub(super) approval: Spanned<Approval>,
    #[serde(default)]
    pub(super) never: Vec<Word>,
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRisks {
    pub(super) risks: Vec<RawRisk>,
    #[serde(default)]
    pub(super) none: Vec<RawNone>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRisk {
    pub(super) id: Word,
    pub(super) title: Spanned<Text>,
    pub(super) requirement: OneOrMore,
    pub(super) lines: Vec<Word>,
    pub(super) seriousness: Seriousness,
    pub(super) entries: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNone {
    pub(super) entry: Word,
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMeasure {
    pub(super) id: Word,
    pub(super) version: u32,
    pub(super) title: Spanned<Text>,
    pub(super) requirement: OneOrMore,
    pub(super) stage: Spanned<Stage>,
    pub(super) lines: Vec<Word>,
    pub(super) risks: Vec<Word>,
    #[serde(default)]
    pub(super) mandatory: Vec<Word>,
    pub(super) addressee: AddresseeKind,
    pub(super) basis: Vec<RawBasis>,
    pub(super) letter: Word,
    pub(super) approval: Approval,
    pub(super) deadline: Term,
    #[serde(default)]
    pub(super) fields: Vec<Spanned<Field>>,
    #[serde(default)]
    pub(super) effect: RawEffect,
    #[serde(default)]
    pub(super) milestones: bool,
    #[serde(default)]
    pub(super) liftable: bool,
    #[serde(default)]
    pub(super) follow_up: Option<RawFollowUp>,
    pub(super) text: Spanned<Text>,
    pub(super) receipt: Spanned<Text>,
}

/// `none`, or what an order does.
#[derive(Default)]
pub(super) struct RawEffect(pub(super) Option<EffectKind>);

impl<'de> Deserialize<'de> for RawEffect {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        if word == "none" {
            return Ok(Self(None));
        }
        let known = EffectKind::ALL.iter().find(|kind| kind.code() == word);
        known.map(|kind| Self(Some(*kind))).ok_or_else(|| {
            let codes: Vec<_> = EffectKind::ALL.iter().map(|kind| kind.code()).collect();
            serde::de::Error::custom(format!("\"{word}\" is no effect; write none, {}", codes.join(", ")))
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBasis {
    pub(super) kind: BasisKind,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) confirmed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFollowUp {
    pub(super) within: Term,
    pub(super) zh: String,
    pub(super) en: String,
}

/// A file, and the faults found in it.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) faults: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    /// Reads the text as one value.
    pub(super) fn read<T: DeserializeOwned>(&mut self, text: &str) -> Option<T> {
        match serde_saphyr::from_str(text) {
            Ok(value) => Some(value),
            Err(error) => {
                let line = error.location().map(|location| location.line());
                let options = serde_saphyr::render_options! { snippets: SnippetMode::Off };
                let message = error.without_snippet().render_with_options(options);
                let first = message.lines().next().unwrap_or_default();
                let first = first.rfind(" at line ").and_then(|at| first.get(..at)).unwrap_or(first);
                self.push(line, first.trim_end_matches('.'));
                None
            }
        }
    }

    /// Adds a fault of a value.
    pub(super) fn fault<T>(&mut self, value: &Spanned<T>, reason: impl Into<String>) {
        self.push(Some(value.referenced.line()), reason);
    }

    /// Adds a fault of a line, or of the whole file.
    pub(super) fn push(&mut self, line: Option<u64>, reason: impl Into<String>) {
        let line = line.filter(|line| *line > 0);
        self.faults.push(Fault { file: self.file.to_owned(), line, reason: reason.into() });
    }

    /// A text that says something in both languages.
    pub(super) fn both(&mut self, text: Spanned<Text>, what: &str) -> Text {
        let has_chinese = text.value.zh.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
        if !has_chinese || text.value.en.trim().is_empty() {
            self.fault(&text, format!("{what} needs zh in Chinese and en"));
        }
        text.value
    }

    /// Lines of business.
    pub(super) fn lines(&mut self, words: Vec<Word>) -> std::collections::BTreeSet<String> {
        for word in &words {
            if LineOfBusiness::from_code(&word.value).is_none() {
                let known: Vec<_> = LineOfBusiness::ALL.iter().map(|line| line.code()).collect();
                let reason = format!("\"{}\" is no line of business; write {}", word.value, known.join(", "));
                self.fault(word, reason);
            }
        }
        self.distinct(words)
    }

    /// Words of which none stands twice.
    pub(super) fn distinct(&mut self, words: Vec<Word>) -> std::collections::BTreeSet<String> {
        let mut set = std::collections::BTreeSet::new();
        for word in words {
            if !set.insert(word.value.clone()) {
                self.fault(&word, format!("\"{}\" stands twice", word.value));
            }
        }
        set
    }
}
