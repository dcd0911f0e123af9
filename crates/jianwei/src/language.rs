//! In which languages a command speaks to a supervisor.

use clap::ValueEnum;
use rulebook::{Language, Text};

/// Chinese, English, or one beside the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// 中文
    Zh,
    /// English
    En,
    /// both, Chinese first
    #[default]
    Both,
}

impl Lang {
    /// The languages, in the order in which they are shown.
    pub(crate) fn languages(self) -> &'static [Language] {
        match self {
            Self::Zh => &[Language::Zh],
            Self::En => &[Language::En],
            Self::Both => &[Language::Zh, Language::En],
        }
    }

    /// A text in these languages.
    pub(crate) fn text(self, text: &Text) -> String {
        self.words(&text.zh, &text.en)
    }

    /// Words in these languages.
    pub(crate) fn words(self, zh: &str, en: &str) -> String {
        match self {
            Self::Zh => zh.to_owned(),
            Self::En => en.to_owned(),
            Self::Both => format!("{zh} {en}"),
        }
    }
}
