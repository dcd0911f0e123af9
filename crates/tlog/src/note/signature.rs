//! One signature line of a note.

use std::fmt;

use super::is_key_name;
use crate::base64_strict;

/// A signature line: who claims to have signed, and with what result. Not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    key_id: u32,
    signature: Vec<u8>,
}

/// A signature that was checked against a known key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedSignature {
    /// Name of the key.
    pub name: String,
    /// Id of the key.
    pub key_id: u32,
    /// When a cosigner signed, in seconds since 1970; a log's own signature has no time.
    pub cosigned_at_s: Option<u64>,
}

impl NoteSignature {
    pub(super) fn new(name: String, key_id: u32, signature: Vec<u8>) -> Self {
        Self { name, key_id, signature }
    }

    /// Name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Id of the key: a short identifier, no cryptographic commitment.
    #[must_use]
    pub fn key_id(&self) -> u32 {
        self.key_id
    }

    /// The signature as the key's algorithm encodes it, without the key id.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Reads `— <name> <base64>` without a newline; `None` when it is malformed.
    #[must_use]
    pub fn parse_line(line: &str) -> Option<Self> {
        let (name, base64) = line.strip_prefix("— ")?.split_once(' ')?;
        if !is_key_name(name) {
            return None;
        }
        let bytes = base64_strict::decode(base64)?;
        let (key_id, signature) = bytes.split_first_chunk::<4>()?;
        if signature.is_empty() {
            return None;
        }
        Some(Self::new(name.to_owned(), u32::from_be_bytes(*key_id), signature.to_vec()))
    }
}

/// The line without its newline.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.key_id.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.signature);
        write!(f, "— {} {}", self.name, base64_strict::encode(&bytes))
    }
}
