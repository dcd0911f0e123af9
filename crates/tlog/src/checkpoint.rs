//! Checkpoints (C2SP tlog-checkpoint): the signed head of a log's tree.

use crate::{
    Hash, Note, NoteSignature, Signer, VerifierKey, decimal,
    note::{NoteError, VerifiedSignature},
};

/// What a log states about its tree: origin, size, root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// Why a checkpoint is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is malformed or not to be believed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The origin is empty or not one line of printable text.
    #[error("the checkpoint's origin is empty or not a single line")]
    Origin,
    /// The size line is no canonical decimal number.
    #[error("the checkpoint's size is not a decimal number below 2^64")]
    Size,
    /// The root line is no base64 of 32 bytes.
    #[error("the checkpoint's root hash is not the base64 of 32 bytes")]
    Root,
    /// An extension line is empty or not one line of printable text.
    #[error("an extension line of the checkpoint is empty or not a single line")]
    Extension,
    /// The log is another one.
    #[error("the checkpoint is of {actual:?}, not of {expected:?}")]
    OtherOrigin {
        /// The origin wanted.
        expected: String,
        /// The origin found.
        actual: String,
    },
}

impl Checkpoint {
    /// A checkpoint without extension lines.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`].
    pub fn new(origin: impl Into<String>, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        let origin = origin.into();
        if !is_line(&origin) {
            return Err(CheckpointError::Origin);
        }
        Ok(Self { origin, size, root, extensions: Vec::new() })
    }

    /// The checkpoint with an extension line more. Witnesses sign such lines without judging
    /// them.
    ///
    /// # Errors
    /// [`CheckpointError::Extension`].
    pub fn with_extension(mut self, line: impl Into<String>) -> Result<Self, CheckpointError> {
        let line = line.into();
        if !is_line(&line) {
            return Err(CheckpointError::Extension);
        }
        self.extensions.push(line);
        Ok(self)
    }

    /// Reads the text of a note.
    ///
    /// # Errors
    /// A [`CheckpointError`] that names the line.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines = text.strip_suffix('\n').ok_or(CheckpointError::Root)?;
        let mut lines = lines.split('\n');
        let origin = lines.next().unwrap_or_default();
        let size = lines.next().and_then(decimal::parse);
        let size = size.ok_or(CheckpointError::Size)?;
        let root = Hash::from_base64(lines.next().unwrap_or_default());
        let root = root.map_err(|_| CheckpointError::Root)?;
        lines.try_fold(Self::new(origin, size, root)?, Self::with_extension)
    }

    /// The text that is signed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64());
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Identity of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root over those leaves.
    #[must_use]
    pub fn root(&self) -> &Hash {
        &self.root
    }

    /// Lines after the root, opaque here.
    #[must_use]
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }
}

/// A checkpoint in the note that carries its signatures.
///
/// **Invariant:** the note's text is the checkpoint's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Signs a checkpoint. A log must never sign two that are inconsistent.
    #[must_use]
    pub fn sign(checkpoint: Checkpoint, signer: &Signer) -> Self {
        let text = checkpoint.to_text();
        let signature = signer.sign(&text);
        Self { checkpoint, note: Note::with_signature(text, signature) }
    }

    /// Reads a signed checkpoint. Nothing is verified yet: see [`TrustedLog::verify`].
    ///
    /// # Errors
    /// A [`CheckpointError`] that says what is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        Ok(Self { checkpoint, note })
    }

    /// What is stated.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note with its signatures.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// Adds a signature line, such as a witness's cosignature.
    pub fn add(&mut self, signature: NoteSignature) {
        self.note.add(signature);
    }
}

/// The checkpoint as it is published.
impl std::fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.note.fmt(f)
    }
}

/// A log that one believes: its origin and the keys that sign for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedLog {
    /// The origin line of its checkpoints.
    pub origin: String,
    /// The keys of which at least one must have signed.
    pub keys: Vec<VerifierKey>,
}

impl TrustedLog {
    /// The log whose one key bears its origin as name, as is the rule.
    #[must_use]
    pub fn of_key(key: VerifierKey) -> Self {
        Self { origin: key.name().to_owned(), keys: vec![key] }
    }

    /// Checks that the checkpoint is this log's and signed by it.
    ///
    /// # Errors
    /// [`CheckpointError::OtherOrigin`]; [`NoteError::NoKnownKey`],
    /// [`NoteError::FalseSignature`].
    pub fn verify(&self, signed: &SignedCheckpoint) -> Result<Vec<VerifiedSignature>, CheckpointError> {
        if signed.checkpoint.origin != self.origin {
            return Err(CheckpointError::OtherOrigin {
                expected: self.origin.clone(),
                actual: signed.checkpoint.origin.clone(),
            });
        }
        Ok(signed.note.verify(&self.keys)?)
    }
}

/// Whether the text can stand as one line of a note.
fn is_line(text: &str) -> bool {
    !text.is_empty() && !text.bytes().any(|byte| byte < 0x20)
}
