//! What people write: reasons, remarks.

use crate::{Refusal, Why};

/// Characters of a text at most.
const CHARS_MAX: usize = 2000;

/// A text that has to be there, trimmed.
pub(crate) fn said(text: &str) -> Result<String, Refusal> {
    maybe(Some(text))?.ok_or_else(|| {
        Refusal::new(
            Why::Missing,
            format!("请写明理由或内容，不超过{CHARS_MAX}字。"),
            format!("Say why or what, in at most {CHARS_MAX} characters."),
        )
    })
}

/// A text that may be there, trimmed; an empty one is none.
pub(crate) fn maybe(text: Option<&str>) -> Result<Option<String>, Refusal> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    match text.is_some_and(|text| text.chars().count() > CHARS_MAX) {
        false => Ok(text.map(str::to_owned)),
        true => Err(Refusal::new(
            Why::BadValue,
            format!("文字过长，不得超过{CHARS_MAX}字。"),
            format!("The text is too long; it has at most {CHARS_MAX} characters."),
        )),
    }
}
