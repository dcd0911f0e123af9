//! What people write: reasons, remarks.

use crate::Refusal;
use crate::life::written;

/// Characters of a text at most.
const CHARS_MAX: usize = 2000;
/// What is written.
const WHAT: (&str, &str) = ("理由或内容", "why, or what");

/// A text that has to be there, trimmed.
pub(crate) fn said(text: &str) -> Result<String, Refusal> {
    written(text, WHAT, CHARS_MAX)
}

/// A text that may be there, trimmed; an empty one is none.
pub(crate) fn maybe(text: Option<&str>) -> Result<Option<String>, Refusal> {
    let text = text.filter(|text| !text.trim().is_empty());
    text.map(said).transpose()
}
