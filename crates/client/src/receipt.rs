//! What the server answers: receipts and problems. Read leniently, so that a newer server may say
//! more and name codes that this client does not know.

use std::fmt;

use model::fault::Fault;
use serde::{Deserialize, Serialize};

/// The server's receipt for one batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The server's id of the filing.
    pub filing: String,
    /// The stream.
    pub stream: String,
    /// Whose filing it is, as the key says.
    pub institution: String,
    /// When the server received it, RFC 3339.
    pub received_at: String,
    /// Lines received.
    pub lines: u64,
    /// Lines accepted and sealed.
    pub accepted: u64,
    /// Lines that had been accepted before.
    pub duplicates: u64,
    /// Lines refused.
    pub refused: u64,
    /// The first hundred of those refused.
    #[serde(default)]
    pub refusals: Vec<Refusal>,
    /// Where the accepted lines stand in the ledger.
    pub positions: Option<Positions>,
    /// Whether the server counts the stream as complete for the date; absent where it does not say.
    #[serde(default, rename = "final", skip_serializing_if = "Option::is_none")]
    pub is_final: Option<bool>,
    /// The signed checkpoint that covers them, the text of a note.
    #[serde(default)]
    pub checkpoint: Option<String>,
    /// What the server wants known though it refused nothing.
    #[serde(default)]
    pub warnings: Vec<serde_json::Value>,
}

/// A range of ledger positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Positions {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// A line that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Its number, from 1. In a [`Receipt`] counted in the batch; elsewhere in the file.
    pub line: u64,
    /// The record's id, where the line has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why.
    pub faults: Vec<FieldFault>,
}

/// One reason for refusing a line, as [`model::fault::Fault`] with the code as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFault {
    /// JSON pointer to the value; empty for the whole line.
    pub pointer: String,
    /// The code.
    pub code: String,
    /// A sentence.
    #[serde(default)]
    pub detail: String,
}

impl From<Fault> for FieldFault {
    fn from(fault: Fault) -> Self {
        Self { pointer: fault.pointer, code: fault.code.code().to_owned(), detail: fault.detail }
    }
}

/// Why the server refused a whole request: problem details of RFC 9457.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// The code; empty when the answer was not the server's own (a proxy's page, say).
    #[serde(default)]
    pub code: String,
    /// What is wrong, in English.
    #[serde(default)]
    pub title: String,
    /// What is wrong, in Chinese.
    #[serde(default)]
    pub title_zh: String,
    /// What is wrong in this case.
    #[serde(default)]
    pub detail: String,
    /// The first refused lines of an atomic filing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
}

impl Problem {
    /// Reads the body of an answer with an error status.
    pub(crate) fn of_answer(status: u16, body: &[u8]) -> Self {
        let read: Option<Self> = serde_json::from_slice(body).ok();
        let mut problem = read.unwrap_or_default();
        problem.status = status;
        if problem.title.is_empty() {
            problem.title = "the server refused the request without saying why".to_owned();
        }
        problem
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.title)?;
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        if !self.title_zh.is_empty() {
            write!(f, " {}", self.title_zh)?;
        }
        Ok(())
    }
}
