//! The truth about a market: which findings its records must lead to, and what looks like one and
//! is lawful.

use std::fmt;

use model::institution::InstitutionId;
use model::pseudonym::Pseudonym;
use model::time::{Day, Time};

/// What is to be expected of an entry of the rulebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It must be found: its definition holds.
    Planted {
        /// What was done.
        conduct: &'static str,
        /// When the first record that shows it happened.
        first_at: Time,
    },
    /// It may be found: whether it is depends on a judgement, or on what comes of other findings.
    Possible {
        /// What was done.
        conduct: &'static str,
        /// When the first record that may show it happened.
        first_at: Time,
    },
    /// It must not be found.
    Lawful {
        /// Why it looks alike and is not.
        why: &'static str,
    },
}

/// One expectation: of an entry, about an institution and a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// The entry of the rulebook; none where no rule looks for it yet.
    pub entry: Option<&'static str>,
    /// Whose finding it is; for an entry of the whole industry, where the first record was filed.
    pub institution: InstitutionId,
    /// The business day.
    pub day: Day,
    /// The columns that tell several findings of an institution and day apart, with their values.
    pub group: Vec<(&'static str, String)>,
    /// What is expected.
    pub expected: Expected,
    /// Ids of the transactions of a chain or cycle.
    pub transactions: Vec<String>,
}

impl Truth {
    /// Whether it must be found.
    pub fn is_planted(&self) -> bool {
        matches!(self.expected, Expected::Planted { .. })
    }
}

/// One line of `truth.ndjson`.
impl fmt::Display for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        if let Some(entry) = self.entry {
            write!(f, "\"entry\":\"{entry}\",")?;
        }
        write!(f, "\"institution\":\"{}\",\"day\":\"{}\"", self.institution.as_str(), self.day)?;
        if !self.group.is_empty() {
            let pairs: Vec<String> =
                self.group.iter().map(|(column, value)| format!("\"{column}\":\"{value}\"")).collect();
            write!(f, ",\"group\":{{{}}}", pairs.join(","))?;
        }
        match &self.expected {
            Expected::Planted { conduct, first_at } => {
                write!(f, ",\"conduct\":\"{conduct}\",\"first_at\":\"{first_at}\",\"nature\":\"planted\"")?;
            }
            Expected::Possible { conduct, first_at } => {
                write!(f, ",\"conduct\":\"{conduct}\",\"first_at\":\"{first_at}\",\"nature\":\"possible\"")?;
            }
            Expected::Lawful { why } => write!(f, ",\"lawful\":\"{why}\"")?,
        }
        if !self.transactions.is_empty() {
            write!(f, ",\"transactions\":[\"{}\"]", self.transactions.join("\",\""))?;
        }
        f.write_str("}")
    }
}

/// A group of one pseudonym.
pub(crate) fn by(column: &'static str, value: u128) -> Vec<(&'static str, String)> {
    vec![(column, Pseudonym(value).to_string())]
}
