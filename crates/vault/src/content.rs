//! Bytes on their way into the vault and out of it, with their digest taken as they pass.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::VaultError;

const BUFFER_BYTES: usize = 1 << 16;

/// The SHA-256 of an object: its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ContentHash(pub [u8; 32]);

/// Not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 digest of 64 lower-case hexadecimal digits")]
pub struct MalformedHash;

impl ContentHash {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for ContentHash {
    type Err = MalformedHash;

    fn from_str(text: &str) -> Result<Self, MalformedHash> {
        let mut digest = [0; 32];
        // One name for one object: upper case would be another file.
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(MalformedHash);
        }
        hex::decode_to_slice(text, &mut digest).map_err(|_| MalformedHash)?;
        Ok(Self(digest))
    }
}

impl From<ContentHash> for String {
    fn from(hash: ContentHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for ContentHash {
    type Error = MalformedHash;

    fn try_from(text: String) -> Result<Self, MalformedHash> {
        text.parse()
    }
}

/// Writes everything that a reader gives to a file; its digest and length.
pub(crate) fn receive(
    content: &mut dyn Read,
    file: &mut File,
    bytes_max: u64,
    failed: impl FnOnce(io::Error) -> VaultError,
) -> Result<(ContentHash, u64), VaultError> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut bytes = 0;
    loop {
        let count = match content.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(VaultError::Content(error)),
        };
        let Some(piece) = buffer.get(..count).filter(|piece| !piece.is_empty()) else { break };
        bytes += piece.len() as u64;
        if bytes > bytes_max {
            return Err(VaultError::TooLarge(bytes_max));
        }
        hasher.update(piece);
        if let Err(error) = file.write_all(piece) {
            return Err(failed(error));
        }
    }
    Ok((ContentHash(hasher.finalize().into()), bytes))
}

/// An object that is read. Its digest is taken on the way, and the read that would say that it has
/// ended fails when it is not the one that the object is named by.
pub struct Content {
    from: Box<dyn Read + Send>,
    sha256: ContentHash,
    bytes: u64,
    hasher: Sha256,
    verified: bool,
}

impl Content {
    pub(crate) fn new(from: impl Read + Send + 'static, sha256: ContentHash, bytes: u64) -> Self {
        Self { from: Box::new(from), sha256, bytes, hasher: Sha256::new(), verified: false }
    }

    /// How many bytes it has.
    pub fn length(&self) -> u64 {
        self.bytes
    }

    fn verify(&mut self) -> io::Result<()> {
        if self.verified {
            return Ok(());
        }
        let read = ContentHash(std::mem::take(&mut self.hasher).finalize().into());
        if read != self.sha256 {
            let what = format!("the object {} is damaged: its bytes have the digest {read}", self.sha256);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        self.verified = true;
        Ok(())
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("sha256", &self.sha256).field("bytes", &self.bytes).finish()
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        match buffer.get(..count) {
            Some([]) if !buffer.is_empty() => self.verify()?,
            Some(piece) => self.hasher.update(piece),
            None => {}
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_have_one_spelling() {
        let hash = ContentHash::of(b"abc");
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), text);
        assert_eq!(text.parse(), Ok(hash));
        for bad in ["", "ba78", &text.to_uppercase(), &format!("{text}0"), &text.replace('b', "g")] {
            assert_eq!(bad.parse::<ContentHash>(), Err(MalformedHash), "{bad}");
        }
    }

    #[test]
    fn a_damaged_object_is_not_read_to_its_end_without_an_error() {
        for (bytes, is_whole) in [(&b"evidence"[..], true), (b"evidencE", false), (b"evidenc", false)] {
            let mut content = Content::new(bytes, ContentHash::of(b"evidence"), 8);
            let read = content.read_to_end(&mut Vec::new());
            assert_eq!(
                read.map_err(|error| error.kind()),
                match is_whole {
                    true => Ok(8),
                    false => Err(io::ErrorKind::InvalidData),
                }
            );
        }
    }
}
