//! The key that wraps all others. An HSM will take its place: nothing else of the store sees the
//! master key's bytes.

use std::{fs, path::Path};

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};

use crate::{
    LedgerError, disk,
    faults::{Faults, Point},
};

/// Bytes of a nonce.
pub(super) const NONCE_BYTES: usize = 12;
/// Bytes of a wrapped 32-byte key: ciphertext and tag.
pub(super) const WRAPPED_BYTES: usize = 48;

const PREFIX: &str = "jianwei-master-key 1 ";

/// AES-256-GCM under the master key.
pub(super) struct MasterKey {
    key: [u8; 32],
    cipher: Aes256Gcm,
}

/// The secret stays out of logs.
impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl MasterKey {
    fn new(key: [u8; 32]) -> Self {
        Self { key, cipher: Aes256Gcm::new(&key.into()) }
    }

    /// Draws a new key; `path` only serves the error.
    pub(super) fn random(path: &Path) -> Result<Self, LedgerError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| LedgerError::io("draw a key for", path)(error.into()))?;
        Ok(Self::new(key))
    }

    pub(super) fn read(path: &Path) -> Result<Self, LedgerError> {
        let bytes = fs::read(path).map_err(LedgerError::io("read", path))?;
        Self::parse(&bytes).ok_or_else(|| LedgerError::BadFile {
            path: path.to_owned(),
            what: format!("not {PREFIX:?} and 64 hex digits"),
        })
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?;
        let digits = text.strip_prefix(PREFIX)?.strip_suffix('\n')?;
        let mut key = [0; 32];
        hex::decode_to_slice(digits, &mut key).ok()?;
        Some(Self::new(key))
    }

    pub(super) fn write(&self, path: &Path, faults: &Faults) -> Result<(), LedgerError> {
        let text = format!("{PREFIX}{}\n", hex::encode(self.key));
        let points = (Point::FileWrite, Point::FileSync);
        disk::replace(path, text.as_bytes(), true, points, faults).map_err(LedgerError::io("write", path))
    }

    /// Encrypts a key; `place` binds it to where it is stored.
    pub(super) fn wrap(
        &self,
        key: &[u8; 32],
        nonce: &[u8; NONCE_BYTES],
        place: &[u8],
    ) -> Option<[u8; WRAPPED_BYTES]> {
        let payload = Payload { msg: key, aad: place };
        self.cipher.encrypt(&(*nonce).into(), payload).ok()?.try_into().ok()
    }

    /// Decrypts a key; `None` when master key, place or bytes are not those of wrapping.
    pub(super) fn unwrap(
        &self,
        wrapped: &[u8; WRAPPED_BYTES],
        nonce: &[u8; NONCE_BYTES],
        place: &[u8],
    ) -> Option<[u8; 32]> {
        let payload = Payload { msg: wrapped, aad: place };
        self.cipher.decrypt(&(*nonce).into(), payload).ok()?.try_into().ok()
    }
}
