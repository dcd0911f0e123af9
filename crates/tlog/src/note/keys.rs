//! Keys that sign notes, and keys that verify them.

use std::{fmt, str::FromStr};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::{NoteSignature, VerifiedSignature, is_key_name};
use crate::base64_strict;

/// How a signature is made and encoded: the "signature type" of C2SP signed-note.
///
/// SM2 will join as a private type (0xff and a longer identifier).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// Ed25519 over the note text; a log's own signature.
    Ed25519,
    /// Ed25519 over time and note text (C2SP tlog-cosignature, `cosignature/v1`); a witness's.
    CosignatureV1,
}

impl SignatureAlgorithm {
    /// The identifier that enters key ids and verifier keys.
    #[must_use]
    pub fn identifier(self) -> &'static [u8] {
        match self {
            Self::Ed25519 => &[0x01],
            Self::CosignatureV1 => &[0x04],
        }
    }

    fn split_identifier(bytes: &[u8]) -> Option<(Self, &[u8])> {
        [Self::Ed25519, Self::CosignatureV1].into_iter().find_map(|algorithm| {
            let key = bytes.strip_prefix(algorithm.identifier())?;
            Some((algorithm, key))
        })
    }
}

/// Why a key is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Key names are not empty and have no spaces, plus signs or control characters.
    #[error("{name:?} cannot name a key")]
    Name {
        /// The name given.
        name: String,
    },
    /// Not `name+hex+base64`.
    #[error("not a key of the form name+id+base64")]
    Form,
    /// The id is not that of name, algorithm and key.
    #[error("the key of {name} has id {computed:08x}, not {stated:08x}")]
    Id {
        /// Name of the key.
        name: String,
        /// The id that the text states.
        stated: u32,
        /// The id of name, algorithm and key.
        computed: u32,
    },
    /// An algorithm that this version does not know.
    #[error("the key of {name} is of an unknown algorithm")]
    UnknownAlgorithm {
        /// Name of the key.
        name: String,
    },
    /// Bytes that are no public key of the algorithm.
    #[error("the key of {name} is no valid public key")]
    PublicKey {
        /// Name of the key.
        name: String,
    },
}

/// A time that a cosignature cannot carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cosignature cannot carry the time {time_s}: seconds from 1 to 2^63 - 1")]
pub struct CosignTimeError {
    /// The time given, in seconds since 1970.
    pub time_s: u64,
}

/// A public key under its name: `<name>+<hex id>+<base64(algorithm ‖ key)>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    algorithm: SignatureAlgorithm,
    public_key: VerifyingKey,
}

impl VerifierKey {
    /// A key under a name.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::PublicKey`].
    pub fn new(
        name: impl Into<String>,
        algorithm: SignatureAlgorithm,
        public_key: &[u8; 32],
    ) -> Result<Self, KeyError> {
        let name = checked_name(name.into())?;
        match VerifyingKey::from_bytes(public_key) {
            Ok(public_key) if !public_key.is_weak() => Ok(Self::of_valid(name, algorithm, public_key)),
            _ => Err(KeyError::PublicKey { name }),
        }
    }

    fn of_valid(name: String, algorithm: SignatureAlgorithm, public_key: VerifyingKey) -> Self {
        let id = key_id(&name, algorithm, public_key.as_bytes());
        Self { name, id, algorithm, public_key }
    }

    /// Name of the key: of a log its origin, of a witness its identity.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Id of the key: the first four bytes of SHA-256(name ‖ newline ‖ algorithm ‖ key).
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// How this key signs.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The public key as its algorithm encodes it.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.public_key.as_bytes()
    }

    /// Checks a signature of this key over a note's text; `None` when it is false or not in the
    /// algorithm's encoding.
    #[must_use]
    pub fn verify(&self, text: &str, signature: &NoteSignature) -> Option<VerifiedSignature> {
        let (message, ed25519, cosigned_at_s) = match self.algorithm {
            SignatureAlgorithm::Ed25519 => {
                let ed25519 = signature.signature().try_into().ok()?;
                (text.to_owned(), ed25519, None)
            }
            SignatureAlgorithm::CosignatureV1 => {
                let (time, ed25519) = signature.signature().split_first_chunk()?;
                let time_s = u64::from_be_bytes(*time);
                // The specification's bound on timestamps: 2^63 - 1.
                i64::try_from(time_s).ok()?;
                let message = cosigned_message(text, time_s);
                (message, ed25519.try_into().ok()?, Some(time_s))
            }
        };
        self.public_key.verify_strict(message.as_bytes(), &Signature::from_bytes(ed25519)).ok()?;
        Some(VerifiedSignature { name: self.name.clone(), key_id: self.id, cosigned_at_s })
    }
}

/// The key in the form that is handed out.
impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [self.algorithm.identifier(), self.public_key()].concat();
        let key = base64_strict::encode(&key);
        write!(f, "{}+{:08x}+{key}", self.name, self.id)
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        // Base64 may have plus signs, names have none.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form);
        };
        let lowercase_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if id.len() != 8 || !id.bytes().all(lowercase_hex) {
            return Err(KeyError::Form);
        }
        let stated = u32::from_str_radix(id, 16).map_err(|_| KeyError::Form)?;
        let key = base64_strict::decode(key).ok_or(KeyError::Form)?;
        let (algorithm, public_key) = SignatureAlgorithm::split_identifier(&key)
            .ok_or_else(|| KeyError::UnknownAlgorithm { name: name.to_owned() })?;
        let public_key = public_key.try_into().map_err(|_| KeyError::PublicKey { name: name.to_owned() })?;
        let key = Self::new(name, algorithm, public_key)?;
        if key.id != stated {
            return Err(KeyError::Id { name: key.name, stated, computed: key.id });
        }
        Ok(key)
    }
}

/// A log's private key: signs the texts of notes.
#[derive(Clone)]
pub struct Signer {
    verifier: VerifierKey,
    key: SigningKey,
}

impl Signer {
    /// The signer of a 32-byte Ed25519 seed (RFC 8032 §5.1.5), which the caller draws at random
    /// and keeps secret.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn from_seed(name: impl Into<String>, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::of_valid(
            checked_name(name.into())?,
            SignatureAlgorithm::Ed25519,
            key.verifying_key(),
        );
        Ok(Self { verifier, key })
    }

    /// The public key that verifies this signer's notes.
    #[must_use]
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a note's text.
    #[must_use]
    pub fn sign(&self, text: &str) -> NoteSignature {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        NoteSignature::new(self.verifier.name.clone(), self.verifier.id, signature.to_vec())
    }
}

/// A witness's private key: signs tree heads together with a time.
#[derive(Clone)]
pub struct Cosigner {
    verifier: VerifierKey,
    key: SigningKey,
}

impl Cosigner {
    /// The cosigner of a 32-byte Ed25519 seed. A seed must serve one cosigner only: the signed
    /// message does not name who signs.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn from_seed(name: impl Into<String>, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::of_valid(
            checked_name(name.into())?,
            SignatureAlgorithm::CosignatureV1,
            key.verifying_key(),
        );
        Ok(Self { verifier, key })
    }

    /// The public key that verifies this cosigner's signatures.
    #[must_use]
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a checkpoint's text as the largest tree seen at `time_s` seconds since 1970.
    ///
    /// # Errors
    /// [`CosignTimeError`] for a time outside the format's 1 to 2⁶³ − 1.
    pub fn cosign(&self, checkpoint_text: &str, time_s: u64) -> Result<NoteSignature, CosignTimeError> {
        if time_s == 0 || i64::try_from(time_s).is_err() {
            return Err(CosignTimeError { time_s });
        }
        let message = cosigned_message(checkpoint_text, time_s);
        let signature = self.key.sign(message.as_bytes()).to_bytes();
        Ok(NoteSignature::new(
            self.verifier.name.clone(),
            self.verifier.id,
            [&time_s.to_be_bytes()[..], &signature].concat(),
        ))
    }
}

/// Names the key; the secret stays out of logs.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

/// Names the key; the secret stays out of logs.
impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({})", self.verifier)
    }
}

/// What `cosignature/v1` signs (C2SP tlog-cosignature).
fn cosigned_message(text: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}")
}

fn key_id(name: &str, algorithm: SignatureAlgorithm, public_key: &[u8]) -> u32 {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update("\n")
        .chain_update(algorithm.identifier())
        .chain_update(public_key)
        .finalize();
    let [a, b, c, d, ..] = <[u8; 32]>::from(digest);
    u32::from_be_bytes([a, b, c, d])
}

fn checked_name(name: String) -> Result<String, KeyError> {
    if is_key_name(&name) { Ok(name) } else { Err(KeyError::Name { name }) }
}
