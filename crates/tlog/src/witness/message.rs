//! The texts that log and witness exchange.

use std::fmt;

use crate::{Checkpoint, Hash, SignedCheckpoint, checkpoint::CheckpointError, decimal, note::NoteSignature};

/// Most hashes that a request's proof may have.
pub const PROOF_HASHES_MAX: usize = 63;

/// The body of an `add-checkpoint` request: old size, consistency proof, checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    old_size: u64,
    proof: Vec<Hash>,
    signed: SignedCheckpoint,
}

/// Why a body is no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No blank line after the proof, or no text at all.
    #[error("the request is not text with a blank line before the checkpoint")]
    Structure,
    /// The first line is not `old <size>`.
    #[error("the request does not begin with `old` and a size")]
    OldSize,
    /// A proof line is no hash.
    #[error("proof line {line} is not the base64 of 32 bytes")]
    ProofLine {
        /// Its number, from 1.
        line: usize,
    },
    /// More proof lines than any tree needs.
    #[error("the proof has more than {PROOF_HASHES_MAX} hashes")]
    ProofTooLong,
    /// The checkpoint is malformed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl AddCheckpoint {
    /// A request to cosign `signed`, which extends the tree of `old_size` leaves by `proof`
    /// (empty when `old_size` is 0).
    ///
    /// # Errors
    /// [`RequestError::ProofTooLong`].
    pub fn new(old_size: u64, proof: Vec<Hash>, signed: SignedCheckpoint) -> Result<Self, RequestError> {
        if proof.len() > PROOF_HASHES_MAX {
            return Err(RequestError::ProofTooLong);
        }
        Ok(Self { old_size, proof, signed })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// A [`RequestError`] that says what is malformed.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let body = std::str::from_utf8(body).map_err(|_| RequestError::Structure)?;
        let (head, checkpoint) = body.split_once("\n\n").ok_or(RequestError::Structure)?;
        let mut lines = head.split('\n');
        let old_size = lines.next().and_then(|line| line.strip_prefix("old "));
        let old_size = old_size.and_then(decimal::parse).ok_or(RequestError::OldSize)?;
        let mut proof = Vec::new();
        for (line_number, line) in (1..).zip(lines) {
            if line_number > PROOF_HASHES_MAX {
                return Err(RequestError::ProofTooLong);
            }
            let hash = Hash::from_base64(line);
            proof.push(hash.map_err(|_| RequestError::ProofLine { line: line_number })?);
        }
        let signed = SignedCheckpoint::parse(checkpoint.as_bytes())?;
        Self::new(old_size, proof, signed)
    }

    /// Size of the tree that the witness is thought to know.
    #[must_use]
    pub fn old_size(&self) -> u64 {
        self.old_size
    }

    /// The consistency proof from there to the checkpoint.
    #[must_use]
    pub fn proof(&self) -> &[Hash] {
        &self.proof
    }

    /// The checkpoint with its signatures.
    #[must_use]
    pub fn signed(&self) -> &SignedCheckpoint {
        &self.signed
    }

    /// The checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        self.signed.checkpoint()
    }

    pub(super) fn into_signed(self) -> SignedCheckpoint {
        self.signed
    }
}

/// The body that is sent.
impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        for hash in &self.proof {
            writeln!(f, "{}", hash.to_base64())?;
        }
        write!(f, "\n{}", self.signed)
    }
}

/// The body of an accepting answer: one line for each cosignature.
#[must_use]
pub fn cosignature_lines(cosignatures: &[NoteSignature]) -> String {
    cosignatures.iter().map(|by| format!("{by}\n")).collect()
}

/// Reads the body of an accepting answer; `None` when it is malformed. Nothing is verified: add
/// the lines to the checkpoint and check that with a [`crate::WitnessPolicy`].
#[must_use]
pub fn parse_cosignatures(body: &str) -> Option<Vec<NoteSignature>> {
    let lines = body.strip_suffix('\n')?;
    lines.split('\n').map(NoteSignature::parse_line).collect()
}

/// Reads the body of a conflict answer: the size that the witness knows.
#[must_use]
pub fn conflict_size(body: &str) -> Option<u64> {
    decimal::parse(body.strip_suffix('\n')?)
}
