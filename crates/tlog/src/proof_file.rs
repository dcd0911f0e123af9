//! Proof files (C2SP tlog-proof): everything that shows, offline, that an entry is in a log.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64>            (only when there is extra data)
//! index <decimal>
//! <base64 hash>             (the audit path, from the leaf's sibling up)
//!
//! <signed checkpoint>
//! ```

use std::fmt;

use crate::{
    Hash, ProofError, SignedCheckpoint, TreeHasher, TrustedLog, WitnessPolicy, base64_strict,
    checkpoint::CheckpointError, decimal, note::VerifiedSignature, policy::PolicyError, verify_inclusion,
};

/// First line of a proof file.
pub const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// File extension, without the dot.
pub const EXTENSION: &str = "tlog-proof";
/// Most hashes in an audit path: one for each level of a tree of 2⁶⁴ − 1 leaves.
pub const PATH_HASHES_MAX: usize = 64;

/// A proof that some entry is in a log. Parsing does not verify: see [`LogProof::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    /// Data for the application, not authenticated; empty for none.
    pub extra: Vec<u8>,
    /// Zero-based index of the entry.
    pub index: u64,
    /// Audit path, from the leaf's sibling up.
    pub path: Vec<Hash>,
    /// The checkpoint that it leads to.
    pub checkpoint: SignedCheckpoint,
}

/// Why a proof file is malformed or does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFileError {
    /// Not a proof file of this version.
    #[error("the file does not begin with the line {HEADER}")]
    Header,
    /// Not text, or no blank line before the checkpoint.
    #[error("the file is not text with a blank line before the checkpoint")]
    Structure,
    /// The extra data is empty or no base64.
    #[error("the extra data is empty or not base64")]
    Extra,
    /// The index line is missing or no decimal number.
    #[error("the line `index` and a decimal number is missing")]
    Index,
    /// A line of the audit path is no hash.
    #[error("path line {line} is not the base64 of 32 bytes")]
    PathLine {
        /// Its number, from 1.
        line: usize,
    },
    /// More hashes than any tree needs.
    #[error("the path has more than {PATH_HASHES_MAX} hashes")]
    PathTooLong,
    /// The checkpoint is malformed or not signed by the log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The log is none of those that one trusts.
    #[error("the log {origin:?} is not one of those trusted")]
    UnknownOrigin {
        /// Origin of the checkpoint.
        origin: String,
    },
    /// Not enough witnesses.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The entry is not at that place of the tree.
    #[error("the entry is not where the proof says: {0}")]
    Inclusion(#[from] ProofError),
}

/// What a valid proof shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The log's signatures.
    pub signed_by: Vec<VerifiedSignature>,
    /// The known witnesses' cosignatures, with their times.
    pub cosigned_by: Vec<VerifiedSignature>,
}

impl LogProof {
    /// Reads a proof file.
    ///
    /// # Errors
    /// A [`ProofFileError`] that says what is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofFileError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ProofFileError::Structure)?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ProofFileError::Structure)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(ProofFileError::Header);
        }
        let mut extra = Vec::new();
        if let Some(base64) = lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            extra = base64_strict::decode(base64).ok_or(ProofFileError::Extra)?;
            if extra.is_empty() {
                return Err(ProofFileError::Extra);
            }
            lines.next();
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index.and_then(decimal::parse).ok_or(ProofFileError::Index)?;
        let mut path = Vec::new();
        for (line_number, line) in (1..).zip(lines) {
            if line_number > PATH_HASHES_MAX {
                return Err(ProofFileError::PathTooLong);
            }
            let hash = Hash::from_base64(line);
            path.push(hash.map_err(|_| ProofFileError::PathLine { line: line_number })?);
        }
        Ok(Self { extra, index, path, checkpoint: SignedCheckpoint::parse(checkpoint.as_bytes())? })
    }

    /// Checks, without asking anybody, that the entry with the given leaf data is in one of
    /// `logs` and that enough witnesses saw the checkpoint. `hasher` is the hash function of the
    /// log's tree.
    ///
    /// # Errors
    /// A [`ProofFileError`] that says what does not hold.
    pub fn verify<H: TreeHasher>(
        &self,
        hasher: H,
        leaf: &[u8],
        logs: &[TrustedLog],
        policy: &WitnessPolicy,
    ) -> Result<Proven, ProofFileError> {
        let checkpoint = self.checkpoint.checkpoint();
        let log = logs.iter().find(|log| log.origin == checkpoint.origin());
        let log =
            log.ok_or_else(|| ProofFileError::UnknownOrigin { origin: checkpoint.origin().to_owned() })?;
        let signed_by = log.verify(&self.checkpoint)?;
        let cosigned_by = policy.check(&self.checkpoint)?;
        verify_inclusion(
            hasher,
            self.index,
            checkpoint.size(),
            &hasher.leaf(leaf),
            &self.path,
            checkpoint.root(),
        )?;
        Ok(Proven { signed_by, cosigned_by })
    }
}

/// The file's content.
impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if !self.extra.is_empty() {
            writeln!(f, "extra {}", base64_strict::encode(&self.extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", hash.to_base64())?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}
