//! How many witnesses, of which, must have cosigned a checkpoint before one believes it.

use crate::{
    SignedCheckpoint, VerifierKey,
    note::{NoteError, SignatureAlgorithm, VerifiedSignature},
};

/// "At least `threshold` of these witnesses" (the k-of-n group of C2SP tlog-policy).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessPolicy {
    threshold: usize,
    witnesses: Vec<VerifierKey>,
}

/// Why a policy is none, or a checkpoint does not meet it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// More witnesses demanded than there are.
    #[error("{threshold} of {witnesses} witnesses can never cosign")]
    Threshold {
        /// Cosignatures demanded.
        threshold: usize,
        /// Witnesses listed.
        witnesses: usize,
    },
    /// One public key twice: it could cosign once and count twice.
    #[error("the witness key of {name} is listed twice")]
    Twice {
        /// Name of the second one.
        name: String,
    },
    /// A key that makes no cosignatures.
    #[error("the key of {name} is not a cosigner's")]
    NotCosigner {
        /// Name of the key.
        name: String,
    },
    /// A cosignature by a listed witness is false.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Too few have cosigned.
    #[error("{cosigned} of the {witnesses} known witnesses cosigned, {threshold} must have")]
    TooFew {
        /// Known witnesses that cosigned.
        cosigned: usize,
        /// Cosignatures demanded.
        threshold: usize,
        /// Witnesses listed.
        witnesses: usize,
    },
}

impl WitnessPolicy {
    /// No witness is asked for.
    #[must_use]
    pub fn none() -> Self {
        Self { threshold: 0, witnesses: Vec::new() }
    }

    /// At least `threshold` of `witnesses`.
    ///
    /// # Errors
    /// [`PolicyError::Threshold`], [`PolicyError::Twice`], [`PolicyError::NotCosigner`].
    pub fn new(threshold: usize, witnesses: Vec<VerifierKey>) -> Result<Self, PolicyError> {
        if threshold > witnesses.len() {
            return Err(PolicyError::Threshold { threshold, witnesses: witnesses.len() });
        }
        let mut seen = std::collections::HashSet::new();
        for key in &witnesses {
            let name = || key.name().to_owned();
            if key.algorithm() != SignatureAlgorithm::CosignatureV1 {
                return Err(PolicyError::NotCosigner { name: name() });
            }
            if !seen.insert(key.public_key()) {
                return Err(PolicyError::Twice { name: name() });
            }
        }
        Ok(Self { threshold, witnesses })
    }

    /// Cosignatures demanded.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// The witnesses that count.
    #[must_use]
    pub fn witnesses(&self) -> &[VerifierKey] {
        &self.witnesses
    }

    /// Checks the cosignatures of a checkpoint and returns those of known witnesses, one for
    /// each (its first). It says nothing about the log's own signature: see
    /// [`crate::TrustedLog::verify`].
    ///
    /// # Errors
    /// [`PolicyError::TooFew`]; [`NoteError::FalseSignature`] when one of a known witness is
    /// false.
    pub fn check(&self, signed: &SignedCheckpoint) -> Result<Vec<VerifiedSignature>, PolicyError> {
        let mut verified = match signed.note().verify(&self.witnesses) {
            Err(NoteError::NoKnownKey) => Vec::new(),
            verified => verified?,
        };
        // A witness that signed at two times is still one witness.
        let mut seen = std::collections::HashSet::new();
        verified.retain(|by| seen.insert((by.name.clone(), by.key_id)));
        if verified.len() < self.threshold {
            return Err(PolicyError::TooFew {
                cosigned: verified.len(),
                threshold: self.threshold,
                witnesses: self.witnesses.len(),
            });
        }
        Ok(verified)
    }
}
