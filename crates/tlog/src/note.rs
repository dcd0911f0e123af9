//! Signed notes (C2SP signed-note): a text and the lines of those who signed it.
//!
//! ```text
//! <text, ends in a newline>
//! <blank line>
//! — <key name> base64(<32-bit key id> ‖ <signature>)
//! ```

mod keys;
mod signature;

use std::fmt;

pub use self::{
    keys::{CosignTimeError, Cosigner, KeyError, SignatureAlgorithm, Signer, VerifierKey},
    signature::{NoteSignature, VerifiedSignature},
};

/// Largest note accepted, in bytes.
pub const NOTE_BYTES_MAX: usize = 1 << 20;
/// Most signature lines accepted; the specification asks for at least 16.
pub const SIGNATURES_MAX: usize = 100;

/// A text and its signatures. Parsing does not verify: see [`Note::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// Why a note is malformed or not to be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Larger than [`NOTE_BYTES_MAX`].
    #[error("the note has {bytes} bytes, more than {NOTE_BYTES_MAX}")]
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("the note is not UTF-8")]
    NotUtf8,
    /// An ASCII control character other than newline.
    #[error("the note has a control character")]
    ControlCharacter,
    /// No blank line before the signatures, or no newline at the end.
    #[error("the note lacks its text, the blank line before its signatures or its last newline")]
    Structure,
    /// A signature line that is none.
    #[error("signature line {line} is malformed")]
    SignatureLine {
        /// Its number, from 1.
        line: usize,
    },
    /// More than [`SIGNATURES_MAX`] signature lines.
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    /// No signature is by any of the keys given.
    #[error("no signature by a known key")]
    NoKnownKey,
    /// A signature that names a known key is not by that key.
    #[error("the signature by {name} ({key_id:08x}) is false")]
    FalseSignature {
        /// Name of the key.
        name: String,
        /// Id of the key.
        key_id: u32,
    },
}

impl Note {
    /// A note without signatures yet.
    ///
    /// # Errors
    /// [`NoteError::Structure`] for a text that is empty or does not end in a newline,
    /// [`NoteError::ControlCharacter`].
    pub fn new(text: impl Into<String>) -> Result<Self, NoteError> {
        let text = text.into();
        if !text.ends_with('\n') {
            return Err(NoteError::Structure);
        }
        check_characters(&text)?;
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a note with at least one signature.
    ///
    /// # Errors
    /// A [`NoteError`] that says what is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLarge { bytes: bytes.len() });
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::NotUtf8)?;
        check_characters(note)?;
        // The text may have blank lines itself: the last one separates.
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Structure)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Structure)?;
        let mut signatures = Vec::new();
        for (line_number, line) in (1..).zip(lines.split('\n')) {
            if line_number > SIGNATURES_MAX {
                return Err(NoteError::TooManySignatures);
            }
            let signature = NoteSignature::parse_line(line);
            signatures.push(signature.ok_or(NoteError::SignatureLine { line: line_number })?);
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// A note of a text known to be well formed.
    pub(crate) fn with_signature(text: String, signature: NoteSignature) -> Self {
        Self { text, signatures: vec![signature] }
    }

    /// The signed text with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, verified or not.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature line, once.
    pub fn add(&mut self, signature: NoteSignature) {
        if !self.signatures.contains(&signature) {
            self.signatures.push(signature);
        }
    }

    /// The signatures by `keys`, all of them checked; others are ignored. A key appears once
    /// for each different signature line that it made.
    ///
    /// # Errors
    /// [`NoteError::NoKnownKey`] when none is by a known key; [`NoteError::FalseSignature`] when
    /// one names a known key and is false: then nothing in the note can be relied on.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Vec<VerifiedSignature>, NoteError> {
        let mut verified = Vec::new();
        for signature in &self.signatures {
            let known =
                keys.iter().filter(|key| key.name() == signature.name() && key.id() == signature.key_id());
            for key in known {
                let checked = key.verify(&self.text, signature);
                verified.push(checked.ok_or_else(|| NoteError::FalseSignature {
                    name: signature.name().to_owned(),
                    key_id: signature.key_id(),
                })?);
            }
        }
        if verified.is_empty() {
            return Err(NoteError::NoKnownKey);
        }
        Ok(verified)
    }
}

/// The note as it is published.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            writeln!(f, "{signature}")?;
        }
        Ok(())
    }
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    if text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::ControlCharacter);
    }
    Ok(())
}

/// Whether `name` may name a key: not empty, no Unicode space, no plus sign, no control character.
pub(crate) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+' || c < '\u{20}')
}
