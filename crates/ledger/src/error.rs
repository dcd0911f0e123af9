//! What can go wrong with a ledger, told so that an operator knows which file to look at.

use std::{io, path::PathBuf, sync::Arc};

use tlog::TreeError;

use crate::batch::BatchError;

/// A ledger operation failed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The operating system refused something; nothing was acknowledged.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb: `open`, `read`, `create`.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process writes this ledger.
    #[error("the ledger in {} is in use by {}", dir.display(), holder(*.pid))]
    Locked {
        /// Directory of the ledger.
        dir: PathBuf,
        /// Process id that the holder wrote into the lock file.
        pid: Option<u32>,
    },
    /// The directory holds no ledger.
    #[error("{} holds no ledger (no file LEDGER)", dir.display())]
    NotALedger {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory already holds a ledger.
    #[error("{} already holds a ledger", dir.display())]
    AlreadyExists {
        /// The directory.
        dir: PathBuf,
    },
    /// The ledger was created with other settings than those asked for now.
    #[error("the ledger in {} was created with {setting} {stored:?}, not {asked:?}", dir.display())]
    Settings {
        /// Directory of the ledger.
        dir: PathBuf,
        /// Name of the setting as the file `LEDGER` spells it.
        setting: &'static str,
        /// Value at creation.
        stored: String,
        /// Value asked for now.
        asked: String,
    },
    /// A stored file other than a segment does not have its format.
    #[error("{}: {what}", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// A segment is damaged.
    #[error("segment {segment:08}, byte {offset}: {what}")]
    Corrupt {
        /// Number of the segment.
        segment: u32,
        /// Byte offset of the frame or header that does not fit.
        offset: u64,
        /// What does not fit.
        what: String,
    },
    /// The ledger holds fewer entries than a checkpoint that it signed.
    #[error(
        "history is shorter than the stored checkpoint: {size} entries, {checkpoint_size} were \
         signed for; it ends in segment {segment:08} at byte {offset}"
    )]
    HistoryTooShort {
        /// Entries present.
        size: u64,
        /// Entries that the checkpoint covers.
        checkpoint_size: u64,
        /// Number of the last segment.
        segment: u32,
        /// Where the last segment ends.
        offset: u64,
    },
    /// The entries do not hash to the root that a stored checkpoint signed.
    #[error(
        "the {tree} tree of the first {checkpoint_size} entries (up to segment {segment:08}, byte \
         {offset}) has root {computed}, the stored checkpoint signed {signed}"
    )]
    RootMismatch {
        /// `sha256` or `sm3`.
        tree: &'static str,
        /// Entries that the checkpoint covers.
        checkpoint_size: u64,
        /// Segment that holds the last entry which the checkpoint covers.
        segment: u32,
        /// Offset of the frame in that segment.
        offset: u64,
        /// Root of the entries as they are stored, base64.
        computed: String,
        /// Root in the checkpoint, base64.
        signed: String,
    },
    /// No room for the group; nothing was written and the ledger can go on once there is room.
    #[error("no room in {} for {needed_bytes} more bytes", path.display())]
    DiskFull {
        /// Segment file that was to grow.
        path: PathBuf,
        /// Size of the frame that did not fit.
        needed_bytes: u64,
    },
    /// An earlier write or fsync failed: what is on disk is unknown until the ledger is reopened.
    #[error("the ledger stopped after a failed write and must be reopened: {reason}")]
    Poisoned {
        /// What failed first.
        reason: Arc<str>,
    },
    /// The group given to append is malformed; nothing was written.
    #[error("batch {batch} of the group: {source}")]
    Batch {
        /// Which batch of the group, from 0.
        batch: usize,
        /// What is wrong with it.
        source: BatchError,
    },
    /// The entries or sizes asked for lie beyond the ledger.
    #[error("asked for {asked}, the ledger holds {size} entries")]
    OutOfRange {
        /// What was asked for.
        asked: String,
        /// Entries present.
        size: u64,
    },
    /// Signing or reading a note failed.
    #[error("checkpoint: {0}")]
    Checkpoint(String),
    /// The tree refused, because stored leaf hashes do not fit what it holds in memory.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

impl LedgerError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

fn holder(pid: Option<u32>) -> String {
    match pid {
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    }
}
