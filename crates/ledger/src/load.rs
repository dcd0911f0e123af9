//! Reads a ledger directory into memory without changing anything in it.
//!
//! A sealed segment is taken from its sidecar when that fits; the segment that was being written
//! is read whole. What the trees then say is held against the last checkpoints.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use tlog::{Sha256Tree, Sm3Tree, SourceError, Tree};

use crate::{
    LedgerError,
    batch::SecondTree,
    checkpoints::{Head, Stored, head_of},
    identity::Identity,
    reader::Reader,
    segment::{self, Damage, FRAMES_START, SegmentHeader, Step, Walk},
    sidecar::{BlockBuilder, Blocks, Sidecar},
    spots,
    state::{SegmentInfo, Shared, Trees, narrow},
};

/// The remains of a write that was interrupted: never acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// Number of the segment, the last one.
    pub segment: u32,
    /// Where the remains begin.
    pub offset: u64,
    /// How many bytes there are.
    pub bytes: u64,
    /// Entries that the interrupted write was to add, when its header is whole.
    pub entries: Option<u32>,
    /// How they are recognised.
    pub what: String,
}

/// A directory as it was read.
pub(crate) struct Loaded {
    pub(crate) shared: Arc<Shared>,
    pub(crate) torn: Option<TornTail>,
    /// Sidecars to be written (again).
    pub(crate) rebuilt: Vec<Sidecar>,
}

struct Loader<'d> {
    dir: &'d Path,
    identity: Identity,
    segments: Vec<SegmentInfo>,
    next_index: u64,
    sha256: Blocks,
    sm3: Blocks,
    rebuilt: Vec<Sidecar>,
    torn: Option<TornTail>,
}

/// Reads the ledger in `dir`.
pub(crate) fn load(dir: &Path) -> Result<Loaded, LedgerError> {
    let identity = Identity::read(dir)?;
    let checkpoints = Stored::read(dir, &identity)?;
    let mut loader = Loader {
        dir,
        identity,
        segments: Vec::new(),
        next_index: 0,
        sha256: Blocks::default(),
        sm3: Blocks::default(),
        rebuilt: Vec::new(),
        torn: None,
    };
    let numbers = segment::list(dir)?;
    let last = numbers.last().copied().unwrap_or(0);
    for (expected, number) in (0..).zip(&numbers) {
        if *number != expected {
            return Err(corrupt(expected, 0, "the segment is missing"));
        }
        loader.segment(*number, *number == last)?;
    }
    let loaded = loader.finish(checkpoints)?;
    check_heads(&loaded.shared)?;
    Ok(loaded)
}

fn corrupt(segment: u32, offset: u64, what: impl Into<String>) -> LedgerError {
    LedgerError::Corrupt { segment, offset, what: what.into() }
}

impl Loader<'_> {
    fn has_sm3(&self) -> bool {
        self.identity.second_tree == Some(SecondTree::Sm3)
    }

    fn segment(&mut self, number: u32, is_last: bool) -> Result<(), LedgerError> {
        let path = segment::path(self.dir, number);
        let file = File::open(&path).map_err(LedgerError::io("open", &path))?;
        let bytes = file.metadata().map_err(LedgerError::io("examine", &path))?.len();
        let header = segment::read_header(&file).map_err(LedgerError::io("read", &path))?;
        let header = header.map_err(|what| corrupt(number, 0, what))?;
        header.check_place(number, &self.identity.ledger_id()).map_err(|what| corrupt(number, 0, what))?;
        if header.first_index != self.next_index {
            return Err(corrupt(
                number,
                0,
                format!(
                    "the segment begins with entry {}, entry {} is next",
                    header.first_index, self.next_index
                ),
            ));
        }
        let sidecar = if is_last { None } else { self.sidecar(&header, bytes)? };
        let sidecar = match sidecar {
            Some(sidecar) => sidecar,
            None => {
                let sidecar = self.read_whole(header, Arc::new(file), &path, bytes, is_last)?;
                if !is_last {
                    self.rebuilt.push(sidecar.clone());
                }
                sidecar
            }
        };
        self.take_in(sidecar);
        Ok(())
    }

    /// The sidecar of a sealed segment if it fits the segment.
    fn sidecar(&self, header: &SegmentHeader, bytes: u64) -> Result<Option<Sidecar>, LedgerError> {
        let path = crate::sidecar::path(self.dir, header.number);
        let sidecar = Sidecar::read(self.dir, header.number).map_err(LedgerError::io("read", path))?;
        Ok(sidecar.filter(|sidecar| {
            sidecar.first_index == header.first_index
                && sidecar.salt == header.salt
                && sidecar.segment_bytes == bytes
                && sidecar.sm3.is_some() == self.has_sm3()
        }))
    }

    /// Reads every frame of a segment.
    fn read_whole(
        &mut self,
        header: SegmentHeader,
        file: Arc<File>,
        path: &PathBuf,
        bytes: u64,
        is_last: bool,
    ) -> Result<Sidecar, LedgerError> {
        let has_sm3 = self.has_sm3();
        let number = header.number;
        let mut blocks = BlockBuilder::new(&self.sha256.tail, has_sm3.then_some(self.sm3.tail.as_slice()));
        let mut spots = Vec::new();
        let mut next_index = header.first_index;
        let mut end = bytes;
        let mut walk = Walk::new(file, header.salt, FRAMES_START, bytes);
        loop {
            match walk.step().map_err(LedgerError::io("read", path))? {
                Step::End => break,
                Step::Damage(damage) if is_last && damage.resume.is_none() => {
                    end = damage.at;
                    self.torn = Some(torn_tail(number, bytes, &damage));
                    break;
                }
                Step::Damage(damage) => return Err(corrupt(number, damage.at, damage.what)),
                Step::Frame { at, header: frame, bytes } => {
                    if frame.first_index != next_index {
                        let found = frame.first_index;
                        return Err(corrupt(
                            number,
                            at,
                            format!("the frame begins with entry {found}, entry {next_index} is next"),
                        ));
                    }
                    if frame.has_sm3 != has_sm3 {
                        return Err(corrupt(number, at, "the frame is not of this ledger's trees"));
                    }
                    let sections = frame.sections();
                    blocks.push(
                        bytes.get(sections.leaf_hashes).unwrap_or_default(),
                        bytes.get(sections.sm3_hashes).unwrap_or_default(),
                    );
                    let entry = narrow(next_index - header.first_index);
                    spots::note_frame(&mut spots, entry, narrow(at));
                    next_index = frame.end_index();
                }
            }
        }
        if next_index == header.first_index && !is_last {
            return Err(corrupt(number, FRAMES_START, "the segment has no entries"));
        }
        let (sha256, sm3) = blocks.finish();
        Ok(Sidecar {
            number,
            first_index: header.first_index,
            end_index: next_index,
            segment_bytes: end,
            salt: header.salt,
            spots,
            sha256,
            sm3,
        })
    }

    fn take_in(&mut self, sidecar: Sidecar) {
        self.sha256.roots.extend(sidecar.sha256.roots);
        self.sha256.tail = sidecar.sha256.tail;
        if let Some(sm3) = sidecar.sm3 {
            self.sm3.roots.extend(sm3.roots);
            self.sm3.tail = sm3.tail;
        }
        self.next_index = sidecar.end_index;
        self.segments.push(SegmentInfo {
            number: sidecar.number,
            first_index: sidecar.first_index,
            end_index: sidecar.end_index,
            bytes: sidecar.segment_bytes,
            salt: sidecar.salt,
            spots: sidecar.spots,
        });
    }

    fn finish(mut self, checkpoints: Stored) -> Result<Loaded, LedgerError> {
        let has_sm3 = self.has_sm3();
        // Growing left up to twice the room that a tree of 10⁹ leaves needs.
        self.sha256.roots.shrink_to_fit();
        self.sm3.roots.shrink_to_fit();
        let trees = Trees {
            sha256: Tree::from_parts(Sha256Tree, self.sha256.roots, self.sha256.tail)?,
            sm3: match has_sm3 {
                true => Some(Tree::from_parts(Sm3Tree, self.sm3.roots, self.sm3.tail)?),
                false => None,
            },
        };
        Ok(Loaded {
            shared: Arc::new(Shared::new(
                self.dir.to_owned(),
                self.identity,
                trees,
                self.segments,
                checkpoints,
            )),
            torn: self.torn,
            rebuilt: self.rebuilt,
        })
    }
}

pub(crate) fn torn_tail(segment: u32, bytes: u64, damage: &Damage) -> TornTail {
    TornTail {
        segment,
        offset: damage.at,
        bytes: bytes - damage.at,
        entries: damage.header.map(|header| header.count),
        what: damage.what.to_owned(),
    }
}

/// Holds the trees against the latest checkpoint and that of the last day.
fn check_heads(shared: &Arc<Shared>) -> Result<(), LedgerError> {
    let stored = shared.checkpoints().clone();
    let log = shared.identity.trusted_log();
    let mut heads = vec![stored.latest_head];
    heads.extend(stored.cosigned.map(|(head, _)| head));
    if let Some(last) = stored.daily.last() {
        let head = head_of(&last.note, &log, shared.identity.second_tree);
        heads.push(head.map_err(LedgerError::Checkpoint)?);
    }
    let reader = Reader::of(Arc::clone(shared));
    heads.iter().try_for_each(|head| check_head(&reader, head))
}

fn check_head(reader: &Reader, head: &Head) -> Result<(), LedgerError> {
    let size = reader.size();
    if head.size > size {
        let (segment, offset) = reader.end();
        return Err(LedgerError::HistoryTooShort { size, checkpoint_size: head.size, segment, offset });
    }
    let mismatch = |tree, computed: tlog::Hash, signed: tlog::Hash| {
        let (segment, offset) = match head.size.checked_sub(1) {
            Some(last) => reader.place_of(last).unwrap_or_default(),
            None => (0, 0),
        };
        LedgerError::RootMismatch {
            tree,
            checkpoint_size: head.size,
            segment,
            offset,
            computed: computed.to_base64(),
            signed: signed.to_base64(),
        }
    };
    let computed = reader.root_at(head.size)?;
    if computed != head.root {
        return Err(mismatch("sha256", computed, head.root));
    }
    if let (Some(computed), Some(signed)) = (reader.sm3_root_at(head.size)?, head.sm3_root)
        && computed != signed
    {
        return Err(mismatch("sm3", computed, signed));
    }
    Ok(())
}

/// The ledger's errors as the tree's source of leaf hashes reports them.
pub(crate) fn source_error(error: LedgerError) -> SourceError {
    SourceError::new(error)
}
