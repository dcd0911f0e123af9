//! The single writer.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use tlog::{Checkpoint, Hash, Sha256Tree, SignedCheckpoint, Signer, Sm3Tree, Tree, TreeHasher};

use crate::{
    LedgerError,
    batch::{EntryBatch, SecondTree},
    checkpoints::{self, DailyCheckpoint, Head},
    disk::{self, DurableFile},
    faults::{Faults, Point},
    frame::{self, Salt},
    identity::{self, Identity, second_tree_name},
    load::{self, Loaded, TornTail},
    lock::DirLock,
    reader::Reader,
    segment::{self, FRAMES_START, SegmentHeader},
    sidecar::{Blocks, Sidecar},
    spots,
    state::{SegmentInfo, Shared, narrow},
};

/// Room reserved ahead at most, so that reserving is not paid for with every group.
const RESERVE_BYTES_MAX: u64 = 64 << 20;
/// Segments stay below this, so that offsets within one fit 32 bits.
const SEGMENT_BYTES_MAX: u64 = 2 << 30;

/// How a ledger is created and written.
#[derive(Clone, Debug)]
pub struct Options {
    /// Origin of the checkpoints and name of the signing key: by rule the ledger's address
    /// without scheme, such as `supervisor.example/ledger`. Fixed at creation.
    pub origin: String,
    /// The second tree over the same entries. Fixed at creation.
    pub second_tree: Option<SecondTree>,
    /// A new segment begins when the one written would exceed this many bytes; at most 2 GiB.
    pub segment_bytes: u64,
    /// Planned failures, for tests.
    pub faults: Faults,
}

impl Options {
    /// Segments of 1 GiB, no second tree.
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), second_tree: None, segment_bytes: 1 << 30, faults: Faults::none() }
    }
}

/// What opening had to mend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The remains of an interrupted write that were cut off.
    pub torn: Option<TornTail>,
    /// Segments whose derived data under `tree/` was written again.
    pub rebuilt_sidecars: Vec<u32>,
    /// Bytes of an interrupted record that were cut off the file `checkpoints`.
    pub torn_checkpoint_bytes: u64,
}

/// The writer of a ledger. It holds the directory's lock as long as it lives.
#[derive(Debug)]
pub struct Ledger {
    shared: Arc<Shared>,
    options: Options,
    signer: Signer,
    recovery: Recovery,
    active: DurableFile,
    daily: DurableFile,
    /// Byte up to which the active segment has room on the disk.
    reserved_bytes: u64,
    poisoned: Option<Arc<str>>,
    /// The frame being written and its hashes, kept for their room.
    frame: Vec<u8>,
    hashes: Vec<Hash>,
    _lock: DirLock,
}

impl Ledger {
    /// Creates an empty ledger in `dir`, which is made if it is missing: draws the signing key
    /// and signs the checkpoint of size 0.
    ///
    /// # Errors
    /// [`LedgerError::AlreadyExists`], [`LedgerError::Locked`], [`LedgerError::Io`]; a checkpoint
    /// error for an origin that cannot name a key.
    pub fn create(dir: &Path, options: Options) -> Result<Self, LedgerError> {
        make_dirs(dir, &options.faults)?;
        let lock = DirLock::take(dir)?;
        if Identity::exists(dir) {
            return Err(LedgerError::AlreadyExists { dir: dir.to_owned() });
        }
        let faults = &options.faults;
        let signer = identity::create_signer(dir, &options.origin, faults)?;
        let identity = Identity { key: signer.verifier_key().clone(), second_tree: options.second_tree };
        let head = Head {
            size: 0,
            root: Sha256Tree.empty_root(),
            sm3_root: options.second_tree.map(|SecondTree::Sm3| Sm3Tree.empty_root()),
        };
        checkpoints::create(dir, &sign(&identity, &signer, &head)?, faults)?;
        // Last, so that a directory with this file is a whole ledger.
        identity.write(dir, faults)?;
        Self::open_locked(dir, options, lock)
    }

    /// Opens the ledger in `dir`, mends what an interrupted write left, and checks it against
    /// its last checkpoints.
    ///
    /// # Errors
    /// [`LedgerError::Locked`], [`LedgerError::NotALedger`], [`LedgerError::Settings`];
    /// [`LedgerError::Corrupt`], [`LedgerError::HistoryTooShort`], [`LedgerError::RootMismatch`],
    /// [`LedgerError::BadFile`] when the ledger is not what it was: nothing is changed then.
    pub fn open(dir: &Path, options: Options) -> Result<Self, LedgerError> {
        if !Identity::exists(dir) {
            return Err(LedgerError::NotALedger { dir: dir.to_owned() });
        }
        let lock = DirLock::take(dir)?;
        Self::open_locked(dir, options, lock)
    }

    /// Opens the ledger in `dir`, or creates it if there is none.
    ///
    /// # Errors
    /// As [`Ledger::open`] and [`Ledger::create`].
    pub fn open_or_create(dir: &Path, options: Options) -> Result<Self, LedgerError> {
        match Identity::exists(dir) {
            true => Self::open(dir, options),
            false => Self::create(dir, options),
        }
    }

    fn open_locked(dir: &Path, mut options: Options, lock: DirLock) -> Result<Self, LedgerError> {
        options.segment_bytes = options.segment_bytes.min(SEGMENT_BYTES_MAX);
        make_dirs(dir, &options.faults)?;
        let Loaded { shared, torn, rebuilt } = load::load(dir)?;
        check_settings(dir, &shared.identity, &options)?;
        let signer = identity::read_signer(dir, &shared.identity)?;

        for sidecar in &rebuilt {
            sidecar
                .write(dir, &options.faults)
                .map_err(LedgerError::io("write", crate::sidecar::path(dir, sidecar.number)))?;
        }
        // A new ledger has no segment yet, nor has one whose creation was interrupted here.
        if shared.segments().is_empty() {
            let first = create_segment(dir, &shared.identity, 0, 0, &options.faults)?;
            shared.segments_mut().push(first);
        }
        let (number, bytes) = Reader::of(Arc::clone(&shared)).end();
        let path = segment::path(dir, number);
        let active = DurableFile::open(&path, &options.faults).map_err(LedgerError::io("open", &path))?;
        // What the last process wrote and did not live to make durable counts from now on, so it
        // has to be. Cutting also gives back room that was reserved and never used.
        cut(&active, bytes)?;
        for dir in [dir.to_owned(), dir.join("segments")] {
            disk::sync_dir(&dir, &options.faults).map_err(LedgerError::io("make durable", &dir))?;
        }

        let path = dir.join("checkpoints");
        let daily = DurableFile::open(&path, &options.faults).map_err(LedgerError::io("open", &path))?;
        let (daily_bytes, torn_checkpoint_bytes) = {
            let stored = shared.checkpoints();
            (stored.daily_bytes, stored.torn_bytes)
        };
        cut(&daily, daily_bytes)?;
        Ok(Self {
            shared,
            options,
            signer,
            recovery: Recovery {
                torn,
                rebuilt_sidecars: rebuilt.iter().map(|sidecar| sidecar.number).collect(),
                torn_checkpoint_bytes,
            },
            active,
            daily,
            reserved_bytes: bytes,
            poisoned: None,
            frame: Vec::new(),
            hashes: Vec::new(),
            _lock: lock,
        })
    }

    /// What opening had to mend.
    #[must_use]
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Number of entries, all of them durable.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.shared.trees().size()
    }

    /// A view for other threads that follows this writer.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::of(Arc::clone(&self.shared))
    }

    /// Appends the entries of all batches as one frame: one write, one fdatasync, then the
    /// trees. Returns, for each batch, the indices of its entries, which are durable.
    ///
    /// # Errors
    /// [`LedgerError::Batch`] and [`LedgerError::DiskFull`]: nothing was written, the ledger goes
    /// on. [`LedgerError::Poisoned`]: a write or fsync failed, now or before; what is on the disk
    /// is known only after reopening.
    pub fn append_group(&mut self, group: &[EntryBatch]) -> Result<Vec<Range<u64>>, LedgerError> {
        self.check_poison()?;
        let first_index = self.size();
        let header = frame::header_of(first_index, group, self.options.second_tree)
            .map_err(|(batch, source)| LedgerError::Batch { batch, source })?;
        if header.count > 0 {
            let (bytes, salt) = self.room_for(header.frame_bytes())?;
            frame::encode(&header, group, &salt, &mut self.frame);
            self.write_frame(bytes)?;
            self.publish(&header, bytes, group);
        }
        let mut next = first_index;
        Ok(group
            .iter()
            .map(|batch| {
                let start = next;
                next += batch.len() as u64;
                start..next
            })
            .collect())
    }

    /// Makes sure that a frame fits the active segment and the disk; returns where it goes.
    fn room_for(&mut self, frame_bytes: u64) -> Result<(u64, Salt), LedgerError> {
        let (mut bytes, mut salt, has_frames) = self.active_segment();
        if has_frames && bytes + frame_bytes > self.options.segment_bytes {
            self.roll()?;
            (bytes, salt, _) = self.active_segment();
        }
        let end = bytes + frame_bytes;
        if end > self.reserved_bytes {
            let ahead = (bytes / 4).clamp(frame_bytes, RESERVE_BYTES_MAX.max(frame_bytes));
            let reserve = |len| self.active.reserve(Point::SegmentReserve, bytes, len).map(|()| bytes + len);
            let reserved = reserve(ahead).or_else(|error| match disk::is_full(&error) {
                true => reserve(frame_bytes),
                false => Err(error),
            });
            self.reserved_bytes = match reserved {
                Ok(reserved) => reserved,
                Err(error) if disk::is_full(&error) => {
                    // Gives back what the attempt took; the next one reserves again anyway.
                    let _ = self.active.truncate(Point::SegmentTruncate, bytes);
                    self.reserved_bytes = bytes;
                    return Err(self.disk_full(frame_bytes));
                }
                Err(error) => {
                    let path = self.active.path().to_owned();
                    return Err(self.poison("reserve room in", &path, &error));
                }
            };
        }
        Ok((bytes, salt))
    }

    /// Length and salt of the active segment, and whether it has frames.
    fn active_segment(&self) -> (u64, Salt, bool) {
        self.shared.segments().last().map_or((0, Salt([0; 16]), false), |segment| {
            let has_frames = segment.end_index > segment.first_index;
            (segment.bytes, segment.salt, has_frames)
        })
    }

    fn write_frame(&mut self, at: u64) -> Result<(), LedgerError> {
        let path = self.active.path().to_owned();
        if let Err(error) = self.active.write_at(Point::SegmentWrite, &self.frame, at) {
            // Only a write failed, so the tail can be made clean again; if that fails too, opening
            // will cut it off.
            let clean = self.active.truncate(Point::SegmentTruncate, at).is_ok();
            self.reserved_bytes = at;
            return Err(match disk::is_full(&error) && clean {
                true => self.disk_full(self.frame.len() as u64),
                false => self.poison("write", &path, &error),
            });
        }
        self.active.sync(Point::SegmentSync).map_err(|error| self.poison("make durable", &path, &error))
    }

    fn publish(&mut self, header: &frame::Header, at: u64, group: &[EntryBatch]) {
        if let Some(segment) = self.shared.segments_mut().last_mut() {
            let entry = narrow(header.first_index - segment.first_index);
            spots::note_frame(&mut segment.spots, entry, narrow(at));
            segment.end_index = header.end_index();
            segment.bytes = at + header.frame_bytes();
        }
        let mut trees = self.shared.trees_mut();
        // The tree is faster on one long list than on many short ones.
        append_hashes(&mut trees.sha256, group, |batch| &batch.leaf_hashes, &mut self.hashes);
        if let Some(sm3) = &mut trees.sm3 {
            append_hashes(sm3, group, |batch| &batch.sm3_hashes, &mut self.hashes);
        }
    }

    /// Seals the active segment and begins the next.
    fn roll(&mut self) -> Result<(), LedgerError> {
        let Some(sealed) = self.shared.segments().last().cloned() else {
            return Ok(());
        };
        let number = sealed.number + 1;
        let dir = self.shared.dir.clone();
        let path = segment::path(&dir, number);
        let identity = &self.shared.identity;
        let created = create_segment(&dir, identity, number, sealed.end_index, &self.options.faults)
            .and_then(|created| {
                let active =
                    DurableFile::open(&path, &self.options.faults).map_err(LedgerError::io("open", &path))?;
                Ok((created, active))
            });
        let (created, active) = match created {
            Ok(created) => created,
            Err(LedgerError::Io { source, .. }) if disk::is_full(&source) => {
                return Err(self.disk_full(FRAMES_START));
            }
            Err(error) => return Err(self.poison_with(error.to_string())),
        };
        // Gives back what was reserved ahead: only room is at stake, not the entries.
        let _ = self.active.truncate(Point::SegmentTruncate, sealed.bytes);
        self.active = active;
        self.reserved_bytes = created.bytes;
        self.shared.segments_mut().push(created);
        // Derived data: if it cannot be written now, opening will.
        let _ = self.sidecar_of(sealed).write(&dir, &self.options.faults);
        Ok(())
    }

    /// The sidecar of a segment that ends where the trees end.
    fn sidecar_of(&self, sealed: SegmentInfo) -> Sidecar {
        let trees = self.shared.trees();
        Sidecar {
            number: sealed.number,
            first_index: sealed.first_index,
            end_index: sealed.end_index,
            segment_bytes: sealed.bytes,
            salt: sealed.salt,
            sha256: Blocks::since(&trees.sha256, sealed.first_index),
            sm3: trees.sm3.as_ref().map(|tree| Blocks::since(tree, sealed.first_index)),
            spots: sealed.spots,
        }
    }

    /// Signs the tree of all entries, stores the checkpoint durably and returns the signed note.
    /// Without new entries the note before is returned. `now_unix_s` decides, in civil days of
    /// Asia/Shanghai, whether it is the first of a day; a clock that steps back makes none.
    ///
    /// # Errors
    /// [`LedgerError::Poisoned`]; [`LedgerError::DiskFull`] and a time outside the calendar, after
    /// which the ledger goes on.
    pub fn checkpoint(&mut self, now_unix_s: i64) -> Result<Arc<[u8]>, LedgerError> {
        self.check_poison()?;
        let day = checkpoints::civil_day(now_unix_s).ok_or_else(|| {
            LedgerError::Checkpoint(format!("{now_unix_s} is not a time in any calendar year"))
        })?;
        let head = self.head();
        let stored = self.shared.checkpoints().clone();
        let mut note = stored.latest;
        if stored.latest_head != head {
            note = sign(&self.shared.identity, &self.signer, &head)?.into();
            let dir = self.shared.dir.clone();
            checkpoints::write_latest(&dir, &note, &self.options.faults)
                .map_err(|error| self.stop_unless_full(&dir.join("checkpoint"), &error))?;
            let mut stored = self.shared.checkpoints_mut();
            stored.latest = Arc::clone(&note);
            stored.latest_head = head;
        }
        if stored.daily.last().is_none_or(|last| last.day < day) {
            let first_of_day = DailyCheckpoint { day, taken_at_unix_s: now_unix_s, note: Arc::clone(&note) };
            self.append_daily(first_of_day, stored.daily_bytes)?;
        }
        Ok(note)
    }

    fn append_daily(&mut self, first: DailyCheckpoint, at: u64) -> Result<(), LedgerError> {
        let path = self.daily.path().to_owned();
        let end = match checkpoints::write_daily(&self.daily, at, &first) {
            Ok(end) => end,
            Err(error) => {
                let clean = self.daily.truncate(Point::SegmentTruncate, at).is_ok();
                return Err(match clean {
                    true => self.stop_unless_full(&path, &error),
                    false => self.poison("write", &path, &error),
                });
            }
        };
        let synced = self.daily.sync(Point::CheckpointSync);
        synced.map_err(|error| self.poison("make durable", &path, &error))?;
        let mut stored = self.shared.checkpoints_mut();
        stored.daily.push(first);
        stored.daily_bytes = end;
        Ok(())
    }

    /// Stores a checkpoint of this ledger that came back from witnesses with their signatures, to
    /// be served and to stand in proofs. An older one than that stored before is left out:
    /// `false`. Whether the witnesses' signatures are good is for their policy to say, not checked
    /// here.
    ///
    /// # Errors
    /// [`LedgerError::Checkpoint`] for a note that this ledger did not sign or whose root is not
    /// that of its tree; [`LedgerError::DiskFull`], [`LedgerError::Poisoned`].
    pub fn put_cosigned(&mut self, note: &[u8]) -> Result<bool, LedgerError> {
        self.check_poison()?;
        let identity = &self.shared.identity;
        let head = checkpoints::head_of(note, &identity.trusted_log(), identity.second_tree)
            .map_err(LedgerError::Checkpoint)?;
        if head.size > self.shared.checkpoints().latest_head.size
            || head.root != self.reader().root_at(head.size)?
        {
            return Err(LedgerError::Checkpoint("it is not a checkpoint of this ledger's tree".to_owned()));
        }
        let is_older = |(stored, _): &(Head, Arc<[u8]>)| stored.size > head.size;
        if self.shared.checkpoints().cosigned.as_ref().is_some_and(is_older) {
            return Ok(false);
        }
        let dir = self.shared.dir.clone();
        checkpoints::write_cosigned(&dir, note, &self.options.faults)
            .map_err(|error| self.stop_unless_full(&checkpoints::cosigned_path(&dir), &error))?;
        self.shared.checkpoints_mut().cosigned = Some((head, note.into()));
        Ok(true)
    }

    /// Size and roots now.
    fn head(&self) -> Head {
        let trees = self.shared.trees();
        Head { size: trees.size(), root: trees.sha256.root(), sm3_root: trees.sm3.as_ref().map(Tree::root) }
    }

    fn check_poison(&self) -> Result<(), LedgerError> {
        match &self.poisoned {
            Some(reason) => Err(LedgerError::Poisoned { reason: Arc::clone(reason) }),
            None => Ok(()),
        }
    }

    fn poison(&mut self, action: &str, path: &Path, error: &std::io::Error) -> LedgerError {
        self.poison_with(format!("cannot {action} {}: {error}", path.display()))
    }

    /// From now on every write returns this error: after a failed fsync the kernel may have
    /// dropped the data, and a second fsync would claim success.
    fn poison_with(&mut self, reason: String) -> LedgerError {
        let reason: Arc<str> = reason.into();
        self.poisoned = Some(Arc::clone(&reason));
        LedgerError::Poisoned { reason }
    }

    fn stop_unless_full(&mut self, path: &Path, error: &std::io::Error) -> LedgerError {
        match disk::is_full(error) {
            true => LedgerError::DiskFull { path: path.to_owned(), needed_bytes: 0 },
            false => self.poison("write", path, error),
        }
    }

    fn disk_full(&self, needed_bytes: u64) -> LedgerError {
        LedgerError::DiskFull { path: self.active.path().to_owned(), needed_bytes }
    }
}

/// Gives back the room that was reserved ahead.
impl Drop for Ledger {
    fn drop(&mut self) {
        let (bytes, ..) = self.active_segment();
        if self.poisoned.is_none() && self.reserved_bytes > bytes {
            let _ = self.active.truncate(Point::SegmentTruncate, bytes);
        }
    }
}

fn append_hashes<H: TreeHasher>(
    tree: &mut Tree<H>,
    group: &[EntryBatch],
    hashes_of: impl Fn(&EntryBatch) -> &Vec<Hash>,
    scratch: &mut Vec<Hash>,
) {
    if let [batch] = group {
        return tree.append(hashes_of(batch));
    }
    scratch.clear();
    for batch in group {
        scratch.extend_from_slice(hashes_of(batch));
    }
    tree.append(scratch);
}

fn sign(identity: &Identity, signer: &Signer, head: &Head) -> Result<Vec<u8>, LedgerError> {
    let checkpoint = Checkpoint::new(identity.origin(), head.size, head.root);
    let checkpoint = match head.sm3_root {
        Some(root) => {
            checkpoint.and_then(|checkpoint| checkpoint.with_extension(checkpoints::sm3_extension(&root)))
        }
        None => checkpoint,
    };
    let checkpoint = checkpoint.map_err(|error| LedgerError::Checkpoint(error.to_string()))?;
    Ok(SignedCheckpoint::sign(checkpoint, signer).to_string().into_bytes())
}

fn make_dirs(dir: &Path, faults: &Faults) -> Result<(), LedgerError> {
    let dirs: [PathBuf; 3] = ["segments", "tree", "keys"].map(|name| dir.join(name));
    if dirs.iter().all(|dir| dir.is_dir()) {
        return Ok(());
    }
    for dir in &dirs {
        fs::create_dir_all(dir).map_err(LedgerError::io("create", dir))?;
    }
    disk::sync_dir(dir, faults).map_err(LedgerError::io("make durable", dir))?;
    match dir.canonicalize().ok().as_deref().and_then(Path::parent) {
        Some(parent) => disk::sync_dir(parent, faults).map_err(LedgerError::io("make durable", parent)),
        None => Ok(()),
    }
}

fn check_settings(dir: &Path, identity: &Identity, options: &Options) -> Result<(), LedgerError> {
    let check = |setting, stored: &str, asked: &str| match stored == asked {
        true => Ok(()),
        false => Err(LedgerError::Settings {
            dir: dir.to_owned(),
            setting,
            stored: stored.to_owned(),
            asked: asked.to_owned(),
        }),
    };
    check("origin", identity.origin(), &options.origin)?;
    check("second-tree", second_tree_name(identity.second_tree), second_tree_name(options.second_tree))
}

/// Makes a segment with nothing but its header, durable together with its name.
fn create_segment(
    dir: &Path,
    identity: &Identity,
    number: u32,
    first_index: u64,
    faults: &Faults,
) -> Result<SegmentInfo, LedgerError> {
    let path = segment::path(dir, number);
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)
        .map_err(|error| LedgerError::io("draw a random salt for", &path)(error.into()))?;
    let header = SegmentHeader { number, first_index, salt: Salt(salt), ledger_id: identity.ledger_id() };
    let points = (Point::SegmentWrite, Point::SegmentSync);
    disk::replace(&path, &header.encode(), false, points, faults)
        .map_err(LedgerError::io("create", &path))?;
    Ok(SegmentInfo {
        number,
        first_index,
        end_index: first_index,
        bytes: FRAMES_START,
        salt: header.salt,
        spots: Vec::new(),
    })
}

/// Cuts a file off and makes that durable.
fn cut(file: &DurableFile, bytes: u64) -> Result<(), LedgerError> {
    file.truncate(Point::SegmentTruncate, bytes)
        .and_then(|()| file.sync(Point::OpenSync))
        .map_err(LedgerError::io("cut", file.path()))
}
