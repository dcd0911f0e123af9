//! What the institution filed, as the server has it.

use serde::{Deserialize, Serialize};

use crate::connection::Connection;
use crate::receipt::{Positions, Problem};

/// Filings asked for at once.
const PAGE: usize = 500;

/// A filing that has its receipt at the server. Read leniently, as receipts are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedFiling {
    /// The server's id of it.
    pub filing: String,
    /// The stream.
    pub stream: String,
    /// The business date that it covers, if it says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Whether it completes the stream for that date.
    #[serde(default, rename = "final")]
    pub is_final: bool,
    /// `complete`, or `interrupted` where the body ended early.
    #[serde(default)]
    pub outcome: String,
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
    /// Where the accepted lines stand in the ledger.
    #[serde(default)]
    pub positions: Option<Positions>,
}

/// Why filings were not listed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The server refused.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// No connection, a broken one, or an answer that cannot be read.
    #[error("the filings were not listed: {0}")]
    Broken(String),
}

#[derive(Deserialize)]
struct Page {
    filings: Vec<ListedFiling>,
}

/// The institution's filings, the newest first, at most `limit`.
///
/// # Errors
/// [`ListError`].
pub fn list(connection: &Connection, limit: usize) -> Result<Vec<ListedFiling>, ListError> {
    let mut listed: Vec<ListedFiling> = Vec::new();
    while listed.len() < limit {
        let before = match listed.last() {
            // What goes into an address comes from the server: only what an id is made of.
            Some(last) if last.filing.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                format!("&before={}", last.filing)
            }
            Some(_) => return Err(ListError::Broken("a filing has no proper id".to_owned())),
            None => String::new(),
        };
        let path = format!("/v1/filings?limit={}{before}", PAGE.min(limit - listed.len()));
        let (status, body) = connection.get(&path).map_err(ListError::Broken)?;
        if status != 200 {
            return Err(ListError::Refused(Box::new(Problem::of_answer(status, &body))));
        }
        let page: Page =
            serde_json::from_slice(&body).map_err(|error| ListError::Broken(error.to_string()))?;
        if page.filings.is_empty() {
            break;
        }
        listed.extend(page.filings);
    }
    listed.truncate(limit);
    Ok(listed)
}
