//! RFC 4648 §4 base64, padded and canonical: each byte string has one spelling only.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Bytes to text.
pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Text to bytes; `None` for anything but the canonical spelling.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
