//! What every entry of the rulebook says about itself.

mod raw;

use std::fmt;

use model::streams::LineOfBusiness;
pub use model::text::Text;
use model::time::Day;

pub(crate) use raw::{RawEffective, RawMeta, RawReview, RawText, check_day, check_text, raw_entry};

/// SHA-256 of an entry's file: which version of it a finding rests on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryHash(pub [u8; 32]);

impl EntryHash {
    /// The first sixteen hexadecimal digits, for display.
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(16);
        text
    }
}

impl fmt::Display for EntryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for EntryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident $what:literal { $($variant:ident $word:literal $zh:literal $en:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = $en] $variant),* }
        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// How it is written in files.
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $word),* } }
            /// Its name in Chinese.
            pub const fn zh(self) -> &'static str { match self { $(Self::$variant => $zh),* } }
            /// Its name in English.
            pub const fn en(self) -> &'static str { match self { $(Self::$variant => $en),* } }
            #[allow(dead_code, reason = "not every list of words is read from files")]
            pub(crate) fn read(reader: &mut crate::yaml::Reader<'_>, word: &crate::yaml::Word) -> Option<Self> {
                reader.one_of(word, $what, &[$(($word, Self::$variant)),*])
            }
        }
    };
}
pub(crate) use words;

words! {
    /// The tier of an entry (requirement 1.1).
    Tier "tier" {
        Basic "basic" "基础制度" "basic rule",
        Special "special" "专项规则" "special rule",
        Guidance "guidance" "操作指引" "operating guidance",
        Indicator "indicator" "监测指标" "indicator",
        Duty "duty" "报送义务" "filing duty",
    }
}

words! {
    /// On what ground an entry stands.
    Basis "basis" {
        Plan "plan" "工作方案" "the work plan",
        Law "law" "现行法规" "law in force",
        Historical "historical" "历史规则" "law or practice of its time",
    }
}

words! {
    /// Who on the supervisor's side answers for what an entry finds.
    Answerable "role" {
        Analyst "analyst" "监测分析岗" "analyst",
        Officer "officer" "主管监管员" "officer",
        Head "head" "部门负责人" "head of department",
        Editor "editor" "协会公告编辑" "the association's editor",
    }
}

words! {
    /// What a value is measured in.
    Unit "unit" {
        Percent "percent" "%" "per cent",
        Yuan "yuan" "元" "yuan",
        Count "count" "个" "number",
        Times "times" "倍" "times",
        Points "points" "分" "points",
        Minutes "minutes" "分钟" "minutes",
        Days "days" "天" "days",
    }
}

words! {
    /// Whether what an entry finds is so by definition, or a judgement to be looked into.
    Nature "nature" {
        Definition "definition" "定义" "a definition: a sum, a cap, a date, a reconciliation",
        Judgement "judgement" "判断" "a judgement: a pattern that has innocent likenesses",
    }
}

/// The numbers of the requirements that an entry may serve.
pub const REQUIREMENTS: &[&str] = &[
    "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6",
    "2.7", "2.8", "2.9", "3.1", "3.2", "3.3", "3.4", "4.1", "4.2", "4.3", "5", "6", "7",
];

/// The days on which an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effective {
    /// The first one.
    pub from: Day,
    /// The last one, if there is a last one.
    pub to: Option<Day>,
}

impl Effective {
    /// Whether the entry holds on a day.
    pub fn contains(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether there is a day on which both hold.
    pub fn overlaps(&self, other: Self) -> bool {
        self.to.is_none_or(|to| other.from <= to) && other.to.is_none_or(|to| self.from <= to)
    }
}

/// What every entry says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its name in findings and on the command line; the file's name without its ending.
    pub id: String,
    /// Its number of version, from 1.
    pub version: u32,
    /// The digest of its file.
    pub hash: EntryHash,
    /// The file's path below the rulebook's folder.
    pub path: String,
    /// Its tier.
    pub tier: Tier,
    /// The requirements that it serves.
    pub requirements: Vec<String>,
    /// Where it is written.
    pub clause: Text,
    /// On what ground it stands.
    pub basis: Basis,
    /// When it holds.
    pub effective: Effective,
    /// The lines of business that it is for.
    pub lines: Vec<LineOfBusiness>,
    /// Who answers for what it finds.
    pub answerable: Answerable,
    /// Its title.
    pub title: Text,
    /// What it says, why, and what to do.
    pub text: Text,
    /// The basic rule that a special rule serves (requirement 1.1).
    pub serves: Option<String>,
    /// The special rule that a guidance entry details (requirement 1.1).
    pub details: Option<String>,
    /// The demands that it meets, by their ids in `demands.yaml`.
    pub demands: Vec<String>,
    /// Whether what it finds is so by definition.
    pub nature: Nature,
    /// Working days within which a person has to have looked at what it finds (requirement 1.7).
    pub review_working_days: Option<u32>,
    /// Whether two persons have to say so before that is decided (requirement 3.1).
    pub review_four_eyes: bool,
}
