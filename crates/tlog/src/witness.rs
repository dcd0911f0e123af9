//! What a witness decides (C2SP tlog-witness, `add-checkpoint`), as a pure function of its keys,
//! the tree head that it last cosigned for a log, and a request.
//!
//! One request goes through three steps:
//! 1. [`Witness::open`] judges what needs no state: form, origin, the log's signature;
//! 2. [`Opened::judge`] compares it with the last tree head cosigned for [`Opened::origin`];
//! 3. the caller persists [`Accepted::head`] and only then sends [`Accepted::cosign`].
//!
//! Steps 2 and 3 are one transaction for each origin: two requests must not both build on the
//! same last head.

mod message;

use std::collections::BTreeMap;

pub use self::message::{
    AddCheckpoint, PROOF_HASHES_MAX, RequestError, conflict_size, cosignature_lines, parse_cosignatures,
};
use crate::{
    Checkpoint, Cosigner, Hash, ProofError, SignedCheckpoint, TreeHasher, TrustedLog, VerifierKey,
    checkpoint::CheckpointError, note::CosignTimeError, note::NoteSignature, verify_consistency,
};

/// The tree head last cosigned for a log: what a witness keeps under the log's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// Number of leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

/// A witness: its key and the logs that it follows.
#[derive(Clone, Debug)]
pub struct Witness<H: TreeHasher> {
    hasher: H,
    cosigner: Cosigner,
    logs: BTreeMap<String, TrustedLog>,
}

/// Why a request is refused. [`Refusal::status`] is the HTTP status of the specification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request is malformed.
    #[error(transparent)]
    Malformed(#[from] RequestError),
    /// The request states an old size beyond its checkpoint's.
    #[error("the old size {old_size} exceeds the checkpoint's size {size}")]
    OldExceedsCheckpoint {
        /// Old size of the request.
        old_size: u64,
        /// Size of the checkpoint.
        size: u64,
    },
    /// Nobody told this witness to follow the log.
    #[error("the log {origin:?} is not known here")]
    UnknownOrigin {
        /// Origin of the checkpoint.
        origin: String,
    },
    /// The checkpoint is not signed by the log, or falsely.
    #[error(transparent)]
    Unsigned(CheckpointError),
    /// The request builds on another head than the last cosigned one.
    #[error("the last checkpoint cosigned has size {known_size}, not {old_size}")]
    Conflict {
        /// Old size of the request.
        old_size: u64,
        /// Size of the last checkpoint cosigned; 0 when there is none.
        known_size: u64,
    },
    /// The checkpoint does not extend the last cosigned one, or this is not shown.
    #[error("not consistent with the last checkpoint cosigned: {0}")]
    Inconsistent(ProofError),
    /// The proof has hashes where the old tree is empty.
    #[error("a proof from the empty tree has no hashes")]
    ProofFromEmpty,
    /// The root of the empty tree is not the hash of the empty string.
    #[error("the empty tree has another root than the checkpoint's")]
    EmptyRoot,
}

impl Refusal {
    /// HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) | Self::OldExceedsCheckpoint { .. } => 400,
            Self::Unsigned(_) => 403,
            Self::UnknownOrigin { .. } => 404,
            Self::Conflict { .. } => 409,
            Self::Inconsistent(_) | Self::ProofFromEmpty | Self::EmptyRoot => 422,
        }
    }

    /// Content type of the answer.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "text/x.tlog.size",
            _ => "text/plain; charset=utf-8",
        }
    }

    /// Body of the answer: for a conflict the size that the witness knows, else a sentence.
    #[must_use]
    pub fn body(&self) -> String {
        match self {
            Self::Conflict { known_size, .. } => format!("{known_size}\n"),
            other => format!("{other}\n"),
        }
    }
}

impl<H: TreeHasher> Witness<H> {
    /// A witness that follows `logs`. Of two with the same origin both keys are trusted.
    pub fn new(hasher: H, cosigner: Cosigner, logs: impl IntoIterator<Item = TrustedLog>) -> Self {
        let mut by_origin = BTreeMap::new();
        for TrustedLog { origin, keys } in logs {
            let log = by_origin.entry(origin.clone());
            let log: &mut TrustedLog = log.or_insert_with(|| TrustedLog { origin, keys: Vec::new() });
            log.keys.extend(keys);
        }
        Self { hasher, cosigner, logs: by_origin }
    }

    /// The key that verifies this witness's cosignatures.
    pub fn verifier_key(&self) -> &VerifierKey {
        self.cosigner.verifier_key()
    }

    /// The logs followed, by origin.
    pub fn logs(&self) -> impl Iterator<Item = &TrustedLog> {
        self.logs.values()
    }

    /// Reads a request and judges what needs no state.
    ///
    /// # Errors
    /// [`Refusal`] with status 400, 404 or 403.
    pub fn open(&self, body: &[u8]) -> Result<Opened<'_, H>, Refusal> {
        let request = AddCheckpoint::parse(body)?;
        let (old_size, checkpoint) = (request.old_size(), request.checkpoint());
        let (origin, size) = (checkpoint.origin(), checkpoint.size());
        let Some(log) = self.logs.get(origin) else {
            return Err(Refusal::UnknownOrigin { origin: origin.to_owned() });
        };
        log.verify(request.signed()).map_err(Refusal::Unsigned)?;
        if old_size > size {
            return Err(Refusal::OldExceedsCheckpoint { old_size, size });
        }
        Ok(Opened { witness: self, request })
    }
}

/// A well-formed request about a known log, signed by it.
#[derive(Clone, Debug)]
pub struct Opened<'w, H: TreeHasher> {
    witness: &'w Witness<H>,
    request: AddCheckpoint,
}

impl<'w, H: TreeHasher> Opened<'w, H> {
    /// The log whose last cosigned head [`Opened::judge`] needs.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.request.checkpoint().origin()
    }

    /// Judges the request against the head last cosigned for [`Opened::origin`], `None` when
    /// there was none yet.
    ///
    /// # Errors
    /// [`Refusal`] with status 409 or 422.
    pub fn judge(self, last: Option<TreeHead>) -> Result<Accepted<'w>, Refusal> {
        let hasher = self.witness.hasher;
        let last = last.unwrap_or_else(|| TreeHead { size: 0, root: hasher.empty_root() });
        let (old_size, proof) = (self.request.old_size(), self.request.proof());
        let checkpoint = self.request.checkpoint();
        if old_size != last.size {
            return Err(Refusal::Conflict { old_size, known_size: last.size });
        }
        if checkpoint.size() == 0 && *checkpoint.root() != hasher.empty_root() {
            return Err(Refusal::EmptyRoot);
        }
        // Every tree extends the empty one: there is nothing to prove, so nothing is allowed.
        if old_size == 0 && !proof.is_empty() {
            return Err(Refusal::ProofFromEmpty);
        }
        if old_size > 0 {
            let (size, root) = (checkpoint.size(), checkpoint.root());
            verify_consistency(hasher, last.size, size, &last.root, root, proof)
                .map_err(Refusal::Inconsistent)?;
        }
        Ok(Accepted { cosigner: &self.witness.cosigner, signed: self.request.into_signed() })
    }
}

/// A checkpoint that extends what the witness knew. Persist [`Accepted::head`] first.
#[derive(Clone, Debug)]
pub struct Accepted<'w> {
    cosigner: &'w Cosigner,
    signed: SignedCheckpoint,
}

impl Accepted<'_> {
    /// The head to persist under the checkpoint's origin before the answer is sent.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.checkpoint().size(), root: *self.checkpoint().root() }
    }

    /// The checkpoint accepted.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        self.signed.checkpoint()
    }

    /// The checkpoint with the signatures that came with it.
    #[must_use]
    pub fn signed(&self) -> &SignedCheckpoint {
        &self.signed
    }

    /// The cosignature, made at `time_s` seconds since 1970; [`cosignature_lines`] makes it the
    /// answer's body.
    ///
    /// # Errors
    /// [`CosignTimeError`].
    pub fn cosign(&self, time_s: u64) -> Result<NoteSignature, CosignTimeError> {
        self.cosigner.cosign(self.signed.note().text(), time_s)
    }
}
