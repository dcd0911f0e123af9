//! The events that Jianwei seals beside the records: receipts of filings, findings, grades,
//! occasions of evaluation, erasures, call-ups of recordings and the answers to them,
//! steps in the life of a rule, notices to institutions.
//!
//! An event's body is the JSON text of the type, fields in the order of their declaration: it is
//! what a court reads, it lies encrypted beside the tree, and the leaf commits to its bytes.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::field_types::{Digest, RecordId};
use crate::institution::InstitutionId;
use crate::text::Text;
use crate::time::{Day, Time};

/// The four grades of requirement 2.6, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// 绿: normal.
    Green,
    /// 黄: a general risk, to be rectified.
    Yellow,
    /// 橙: a larger risk that threatens the institution.
    Orange,
    /// 红: a major risk that may cause a regional event.
    Red,
}

impl Grade {
    /// Every grade, from the best to the worst.
    pub const ALL: [Self; 4] = [Self::Green, Self::Yellow, Self::Orange, Self::Red];

    /// The grade's name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }

    /// The grade's name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Green => "绿",
            Self::Yellow => "黄",
            Self::Orange => "橙",
            Self::Red => "红",
        }
    }
}

/// What an evaluation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It could be evaluated, and this is the grade.
    Graded(Grade),
    /// It could not be evaluated: something that it needs is not known.
    Undetermined,
}

impl Verdict {
    /// The grade, if there is one.
    pub const fn grade(self) -> Option<Grade> {
        match self {
            Self::Graded(grade) => Some(grade),
            Self::Undetermined => None,
        }
    }
}

/// Positions in the ledger of the first and last of some records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Positions {
    /// Index of the first.
    pub first: u64,
    /// Index of the last.
    pub last: u64,
}

/// A line of a filing that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedLine {
    /// Number of the line in the filing, from 1.
    pub line: u64,
    /// The record's id where it could be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<RecordId>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
}

/// How a filing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilingOutcome {
    /// The body was read to its end.
    Complete,
    /// The body ended early; what came before was kept.
    Interrupted,
}

/// The receipt of a filing, sealed as [`Filing`](crate::event) when the filing ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilingReceipt {
    /// Identifier of the filing: a digest of institution, stream, date and content.
    pub filing: String,
    /// The stream.
    pub stream: String,
    /// The institution.
    pub institution: InstitutionId,
    /// The business date that it covers, if it says one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub date: Option<Day>,
    /// Whether it completes the stream for that date.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// How it ended.
    pub outcome: FilingOutcome,
    /// When it was received.
    pub received_at: Time,
    /// Lines with something on them.
    pub lines: u64,
    /// Records newly accepted.
    pub accepted: u64,
    /// Records accepted before with the same content.
    pub duplicates: u64,
    /// Lines refused.
    pub refused: u64,
    /// The count that the institution announced, if it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub announced: Option<u64>,
    /// SHA-256 of the list of refused lines, when there are any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refusals_sha256: Option<String>,
    /// How many of them the list holds, when it does not hold all: the first ones.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refusals_listed: Option<u64>,
    /// Where the accepted records stand in the ledger.
    pub positions: Option<Positions>,
}

/// The records that made something true.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// How many.
    pub count: u64,
    /// Positions in the ledger of the first ones, at most [`Rows::LISTED_MAX`].
    pub positions: Vec<u64>,
}

impl Rows {
    /// The most positions listed.
    pub const LISTED_MAX: usize = 64;

    /// Counts one more record.
    pub fn add(&mut self, position: u64) {
        self.count += 1;
        if self.positions.len() < Self::LISTED_MAX {
            self.positions.push(position);
        }
    }
}

/// Why an entry of the rulebook came to a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule or indicator.
    pub entry: String,
    /// Which version of it: the digest of its file.
    pub entry_hash: String,
    /// The line of business that it is about, where the entry tells lines apart.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<String>,
    /// What it came to.
    pub verdict: Verdict,
    /// The value, in the entry's unit.
    pub value: Option<String>,
    /// The condition that the value met, or the one for the next grade that it did not.
    pub condition: String,
    /// The records that made it true.
    pub rows: Rows,
}

/// A rule found something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The institution; `*` when the rule looks across institutions.
    pub institution: String,
    /// The first day of the window.
    pub from: Day,
    /// The last day of the window.
    pub day: Day,
    /// What was grouped by, as (column, value).
    pub group: Vec<(String, String)>,
    /// Why.
    pub reason: Reason,
    /// The position of the record at which it became true.
    pub at: u64,
}

/// An institution's grade of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GradeEvent {
    /// The institution; `*` for the industry.
    pub institution: String,
    /// The day.
    pub day: Day,
    /// The grade; undetermined when nothing could be evaluated.
    pub verdict: Verdict,
    /// All reasons, the worst first; undetermined ones are always among them.
    pub reasons: Vec<Reason>,
    /// The streaming rules that looked at the day's records and found nothing, in the order of the
    /// rulebook. Queries are not named: `analysis::grade` says why.
    pub passed: Vec<String>,
    /// The ledger's size when it was computed: everything before it was taken into account.
    pub as_of: u64,
}

/// An evaluation: everything in the ledger before `as_of` was evaluated at `time` under a
/// rulebook. The events before it, back to the occasion before, are what it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occasion {
    /// The ledger's size when it was made.
    pub as_of: u64,
    /// The time to which obligations were judged.
    pub time: Time,
    /// Digest of the rulebook.
    pub rulebook: String,
    /// Findings, grades and notices that came of it.
    pub outputs: u64,
}

/// A subject's key was destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// When.
    pub time: Time,
    /// On what ground, in the operator's words.
    pub ground: String,
}

/// A part of the recording of a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Medium {
    /// 录音: the sound.
    Sound,
    /// 录像: the picture.
    Picture,
}

impl Medium {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sound, Self::Picture];

    /// Its word, as it is sealed and asked for.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Picture => "picture",
        }
    }

    /// Its name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Sound => "录音",
            Self::Picture => "录像",
        }
    }
}

/// 调阅: the supervisor asks an institution for a part of a recording (requirement 1.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallUp {
    /// Identifier: a digest of who was asked for what and when.
    pub id: String,
    /// The institution that is asked.
    pub institution: InstitutionId,
    /// The policy whose sale was recorded.
    pub policy: RecordId,
    /// Which part.
    pub medium: Medium,
    /// The position of the record of the recording, if one was filed when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recording: Option<u64>,
    /// The digest that was filed of this part, if one was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<Digest>,
    /// The last day on which what comes is kept.
    pub retained_until: Day,
    /// When it was asked for.
    pub asked_at: Time,
    /// By when it is to come.
    pub due_at: Time,
    /// The API key by which it was asked for, by its identifier.
    pub asked_by: String,
    /// On what ground, in the supervisor's words.
    pub ground: String,
}

/// What an institution sent for a call-up. It may send again while nothing fits the digest filed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallUpAnswer {
    /// The call-up.
    pub call_up: String,
    /// The institution.
    pub institution: InstitutionId,
    /// When all of it had come.
    pub received_at: Time,
    /// SHA-256 of what came, by which the vault keeps it.
    pub sha256: Digest,
    /// How many bytes it has.
    pub bytes: u64,
    /// Whether it is what was filed; nothing when no digest was filed to compare it with.
    pub hash_matches: Option<bool>,
    /// The last day on which it is kept.
    pub retained_until: Day,
    /// What the institution says that it is, such as `audio/mp4`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub media_type: Option<String>,
}

impl CallUpAnswer {
    /// Whether nothing more is wanted: it is what was filed, or cannot be told from it.
    pub fn closes(&self) -> bool {
        self.hash_matches != Some(false)
    }

    /// Whether this one counts rather than one before it: the first that closes the call-up,
    /// before that the latest.
    #[must_use]
    pub fn counts_after(&self, before: Option<&Self>) -> bool {
        before.is_none_or(|before| !before.closes())
    }
}

/// A step in the life of an entry of the rulebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 起草: a text was brought in.
    Drafted,
    /// 测试: it is sound and its cases pass.
    Tested,
    /// 批准: another person than its author approved it.
    Approved,
    /// 生效: it was put in force from a day on.
    InForce,
    /// 替换: another version takes its place from a day on.
    Replaced,
    /// 撤回: it will not come in force.
    Withdrawn,
}

impl Step {
    /// Its name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Drafted => "起草",
            Self::Tested => "测试通过",
            Self::Approved => "批准",
            Self::InForce => "生效",
            Self::Replaced => "被替换",
            Self::Withdrawn => "撤回",
        }
    }

    /// Its name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Tested => "tested",
            Self::Approved => "approved",
            Self::InForce => "in force",
            Self::Replaced => "replaced",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Somebody took a step in the life of an entry of the rulebook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleStep {
    /// The id of the entry or filing duty.
    pub entry: String,
    /// Its number of version.
    pub version: u32,
    /// Which text: the digest of its file.
    pub entry_hash: String,
    /// The step.
    pub step: Step,
    /// Who took it.
    pub by: String,
    /// When.
    pub at: Time,
    /// From which day on it is in force, or another is in its place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effective_from: Option<Day>,
    /// What the person said about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// SHA-256 of the report of its backtest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub report_sha256: Option<String>,
    /// Digest of the rulebook that holds it from then on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rulebook: Option<String>,
}

/// 通知: what an institution is told of a term that holds for it from a day on, such as the ratio of
/// its reserve (requirement 1.9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Identifier: institution, entry, day of effect, and the how-manieth for that day.
    pub id: String,
    /// The institution.
    pub institution: String,
    /// The entry of the rulebook that it rests on.
    pub entry: String,
    /// Which version of it: the digest of its file.
    pub entry_hash: String,
    /// The day of the reading that it rests on.
    pub day: Day,
    /// The day from which the new term holds.
    pub effective_from: Day,
    /// The term until then.
    pub before: String,
    /// The term from then on.
    pub term: String,
    /// The notice for the same day that it corrects.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub corrects: Option<String>,
    /// Its title.
    pub title: Text,
    /// What the institution is told.
    pub text: Text,
    /// When it was given.
    pub given_at: Time,
}

/// The body of an event as it is sealed.
///
/// # Errors
/// Never for the types of this module; the signature is that of the JSON writer.
pub fn to_body(event: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(event)
}
