//! What writer and readers share: the segments, the trees, the checkpoints.
//!
//! Lock order: `trees` before `segments`. The writer publishes segments first, so that whoever
//! sees a size also finds its entries.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use tlog::{Sha256Tree, Sm3Tree, Tree};

use crate::{LedgerError, checkpoints::Stored, frame::Salt, identity::Identity, segment, spots::Spot};

/// Open segment files kept: a large ledger has more segments than a process may have files.
const OPEN_FILES_MAX: usize = 128;
/// Frames remembered as checked before memory is given back.
const CHECKED_FRAMES_MAX: usize = 1 << 20;

/// One segment as far as it is durable.
#[derive(Clone, Debug)]
pub(crate) struct SegmentInfo {
    pub(crate) number: u32,
    pub(crate) first_index: u64,
    pub(crate) end_index: u64,
    pub(crate) bytes: u64,
    pub(crate) salt: Salt,
    pub(crate) spots: Vec<Spot>,
}

/// The trees over all durable entries.
#[derive(Debug)]
pub(crate) struct Trees {
    pub(crate) sha256: Tree<Sha256Tree>,
    pub(crate) sm3: Option<Tree<Sm3Tree>>,
}

impl Trees {
    pub(crate) fn size(&self) -> u64 {
        self.sha256.size()
    }
}

/// Shared by the writer and all readers.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) identity: Identity,
    trees: RwLock<Trees>,
    segments: RwLock<Vec<SegmentInfo>>,
    checkpoints: RwLock<Stored>,
    files: Mutex<HashMap<u32, Arc<File>>>,
    checked_frames: Mutex<HashSet<(u32, u32)>>,
}

impl Shared {
    pub(crate) fn new(
        dir: PathBuf,
        identity: Identity,
        trees: Trees,
        segments: Vec<SegmentInfo>,
        checkpoints: Stored,
    ) -> Self {
        Self {
            dir,
            identity,
            trees: RwLock::new(trees),
            segments: RwLock::new(segments),
            checkpoints: RwLock::new(checkpoints),
            files: Mutex::default(),
            checked_frames: Mutex::default(),
        }
    }

    pub(crate) fn trees(&self) -> RwLockReadGuard<'_, Trees> {
        self.trees.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn segments(&self) -> RwLockReadGuard<'_, Vec<SegmentInfo>> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn checkpoints(&self) -> RwLockReadGuard<'_, Stored> {
        self.checkpoints.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn trees_mut(&self) -> RwLockWriteGuard<'_, Trees> {
        self.trees.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn segments_mut(&self) -> RwLockWriteGuard<'_, Vec<SegmentInfo>> {
        self.segments.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn checkpoints_mut(&self) -> RwLockWriteGuard<'_, Stored> {
        self.checkpoints.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Segment `number`, opened for reading.
    pub(crate) fn file(&self, number: u32) -> Result<Arc<File>, LedgerError> {
        let mut files = lock(&self.files);
        if let Some(file) = files.get(&number) {
            return Ok(Arc::clone(file));
        }
        let path = segment::path(&self.dir, number);
        let file = Arc::new(File::open(&path).map_err(LedgerError::io("open", &path))?);
        if files.len() >= OPEN_FILES_MAX {
            files.clear();
        }
        files.insert(number, Arc::clone(&file));
        Ok(file)
    }

    /// Whether this process checked the frame already.
    pub(crate) fn is_checked(&self, segment: u32, offset: u32) -> bool {
        lock(&self.checked_frames).contains(&(segment, offset))
    }

    pub(crate) fn set_checked(&self, segment: u32, offset: u32) {
        let mut frames = lock(&self.checked_frames);
        if frames.len() >= CHECKED_FRAMES_MAX {
            frames.clear();
        }
        frames.insert((segment, offset));
    }

    /// Entries in the segments, for messages; takes no lock on the trees, which a caller may hold.
    pub(crate) fn stored_entries(&self) -> u64 {
        self.segments().last().map_or(0, |segment| segment.end_index)
    }

    /// The segment that holds entry `index`.
    pub(crate) fn with_segment<T>(&self, index: u64, then: impl FnOnce(&SegmentInfo) -> T) -> Option<T> {
        let segments = self.segments();
        let after = segments.partition_point(|segment| segment.first_index <= index);
        let segment = segments.get(after.checked_sub(1)?)?;
        (index < segment.end_index).then(|| then(segment))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Offset or count within a segment; frames and segments are bounded far below 4 GiB.
pub(crate) fn narrow(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
