//! Checks a whole ledger from its bytes: every leaf hash, both trees, every checkpoint. Changes
//! nothing and takes no lock, so that an auditor can run it on a copy.

use std::{
    fmt::{self, Write as _},
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use tlog::{Hash, Sha256Tree, Sm3Tree, Tree, TreeHasher, VerifierKey};

use crate::{
    LedgerError, TornTail,
    batch::SecondTree,
    bytes::array,
    checkpoints::{self, Head, head_of},
    frame::{self, Header},
    identity::{self, Identity},
    keystore,
    load::torn_tail,
    segment::{self, Damage, FRAMES_START, Step, Walk},
    sidecar::{self, BlockBuilder, Sidecar},
    spots,
    state::narrow,
};

/// Entries hashed together.
const HASHED_TOGETHER: usize = 1024;

/// What the verifier brings along: what it knows from elsewhere weighs more than what lies in the
/// directory.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// The ledger's key as the verifier knows it; without it the key in the file `LEDGER` is used,
    /// which proves only that the directory agrees with itself.
    pub key: Option<VerifierKey>,
    /// Signed checkpoints that the verifier kept.
    pub checkpoints: Vec<Vec<u8>>,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries found whole.
    pub entries: u64,
    /// Segments read.
    pub segments: u32,
    /// Checkpoints held against the trees, those of the verifier included.
    pub checkpoints: u32,
    /// Root of the SHA-256 tree over the entries.
    pub root: Option<Hash>,
    /// The remains of an interrupted write: never acknowledged, cut off at the next opening.
    pub torn: Option<TornTail>,
    /// Bytes that interrupted writes left in other files.
    pub torn_bytes: u64,
    /// All that does not fit.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether everything fits. Remains of an interrupted write are no fault.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

/// One thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, relative to the ledger's directory; empty for a checkpoint of the verifier.
    pub file: PathBuf,
    /// Byte offset in the file, where it is known.
    pub offset: Option<u64>,
    /// Index of the entry, where it is known.
    pub index: Option<u64>,
    /// What does not fit.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut place = match self.file.as_os_str().is_empty() {
            true => "checkpoint given".to_owned(),
            false => self.file.display().to_string(),
        };
        if let Some(offset) = self.offset {
            let _ = write!(place, ", byte {offset}");
        }
        if let Some(index) = self.index {
            let _ = write!(place, ", entry {index}");
        }
        write!(f, "{place}: {}", self.what)
    }
}

/// Verifies the ledger in `dir`.
///
/// # Errors
/// Only when the directory holds no ledger or a file cannot be read at all; what does not fit is
/// in the report.
pub fn verify(dir: &Path, options: &VerifyOptions) -> Result<Report, LedgerError> {
    let mut report = Report::default();
    let identity = match Identity::read(dir) {
        Ok(identity) => identity,
        Err(LedgerError::BadFile { what, .. }) => {
            report.problem("LEDGER", None, None, what);
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    let identity = known_identity(identity, options, &mut report);
    let mut heads = stored_heads(dir, &identity, options, &mut report);
    // In order of size, each is met once while the trees grow.
    heads.sort_by_key(|stated| stated.head.size);
    let mut verifier = Verifier {
        dir,
        identity: &identity,
        sha256: Tree::new(Sha256Tree),
        sm3: identity.second_tree.map(|SecondTree::Sm3| Tree::new(Sm3Tree)),
        heads: heads.into_iter().peekable(),
        next_index: 0,
        report,
    };
    verifier.segments()?;
    let mut report = verifier.finish();
    other_files(dir, &identity, &mut report);
    Ok(report)
}

impl Report {
    fn problem(
        &mut self,
        file: impl Into<PathBuf>,
        offset: Option<u64>,
        index: Option<u64>,
        what: impl Into<String>,
    ) {
        self.problems.push(Problem { file: file.into(), offset, index, what: what.into() });
    }
}

/// A checkpoint and where it is stored.
struct StatedHead {
    file: &'static str,
    head: Head,
}

/// The key of the verifier comes before that in the directory.
fn known_identity(stored: Identity, options: &VerifyOptions, report: &mut Report) -> Identity {
    match &options.key {
        Some(key) if *key != stored.key => {
            report.problem("LEDGER", None, None, format!("the ledger's key is {}, not {key}", stored.key));
            Identity { key: key.clone(), ..stored }
        }
        _ => stored,
    }
}

fn stored_heads(
    dir: &Path,
    identity: &Identity,
    options: &VerifyOptions,
    report: &mut Report,
) -> Vec<StatedHead> {
    let log = identity.trusted_log();
    let mut heads = Vec::new();
    let mut add = |file: &'static str, note: &[u8], of: &str, report: &mut Report| match head_of(
        note,
        &log,
        identity.second_tree,
    ) {
        Ok(head) => heads.push(StatedHead { file, head }),
        Err(what) => report.problem(file, None, None, format!("{of}{what}")),
    };
    match fs::read(dir.join("checkpoint")) {
        Ok(note) => add("checkpoint", &note, "", report),
        Err(error) => report.problem("checkpoint", None, None, error.to_string()),
    }
    if let Ok(note) = fs::read(checkpoints::cosigned_path(dir)) {
        add("checkpoint.cosigned", &note, "", report);
    }
    match fs::read(dir.join("checkpoints")) {
        Ok(bytes) => match checkpoints::parse_daily(&bytes) {
            Ok((daily, whole)) => {
                report.torn_bytes += (bytes.len() - whole) as u64;
                for checkpoint in daily {
                    add("checkpoints", &checkpoint.note, &format!("{}: ", checkpoint.day), report);
                }
            }
            Err(what) => report.problem("checkpoints", None, None, what),
        },
        Err(error) => report.problem("checkpoints", None, None, error.to_string()),
    }
    for note in &options.checkpoints {
        add("", note, "", report);
    }
    heads
}

struct Verifier<'d> {
    dir: &'d Path,
    identity: &'d Identity,
    sha256: Tree<Sha256Tree>,
    sm3: Option<Tree<Sm3Tree>>,
    heads: std::iter::Peekable<std::vec::IntoIter<StatedHead>>,
    next_index: u64,
    report: Report,
}

impl Verifier<'_> {
    fn segments(&mut self) -> Result<(), LedgerError> {
        let numbers = segment::list(self.dir)?;
        let last = numbers.last().copied();
        let mut expected = 0;
        for number in numbers {
            while expected < number {
                self.report.problem(file_name(expected), None, None, "the segment is missing");
                expected += 1;
            }
            expected = number + 1;
            self.segment(number, Some(number) == last)?;
            self.report.segments += 1;
        }
        Ok(())
    }

    fn segment(&mut self, number: u32, is_last: bool) -> Result<(), LedgerError> {
        let path = segment::path(self.dir, number);
        let file = File::open(&path).map_err(LedgerError::io("open", &path))?;
        let bytes = file.metadata().map_err(LedgerError::io("examine", &path))?.len();
        let header = match segment::read_header(&file).map_err(LedgerError::io("read", &path))? {
            Ok(header) => header,
            Err(what) => {
                // Without its salt nothing in the segment can be told.
                self.report.problem(file_name(number), Some(0), None, what);
                return Ok(());
            }
        };
        if let Err(what) = header.check_place(number, &self.identity.ledger_id()) {
            self.report.problem(file_name(number), Some(0), None, what);
        }
        if header.first_index != self.next_index {
            let (found, next) = (header.first_index, self.next_index);
            let what = format!("the segment begins with entry {found}, entry {next} is next");
            self.report.problem(file_name(number), Some(0), Some(next), what);
        }
        let sm3_tail = self.sm3.as_ref().map(Tree::tail);
        let mut derived = Derived {
            blocks: BlockBuilder::new(self.sha256.tail(), sm3_tail),
            spots: Vec::new(),
            first_index: header.first_index,
        };
        let mut walk = Walk::new(Arc::new(file), header.salt, FRAMES_START, bytes);
        loop {
            match walk.step().map_err(LedgerError::io("read", &path))? {
                Step::End => break,
                Step::Damage(damage) => self.damage(number, bytes, is_last, &damage),
                Step::Frame { at, header, bytes } => self.frame(number, at, &header, bytes, &mut derived),
            }
        }
        if !is_last {
            self.sidecar(number, bytes, header.salt, derived);
        }
        Ok(())
    }

    fn damage(&mut self, number: u32, bytes: u64, is_last: bool, damage: &Damage) {
        if is_last && damage.resume.is_none() {
            self.report.torn = Some(torn_tail(number, bytes, damage));
            return;
        }
        let index = damage.header.map_or(self.next_index, |header| header.first_index);
        self.report.problem(file_name(number), Some(damage.at), Some(index), damage.what);
    }

    /// Takes in a frame whose checksum fits: that alone proves nothing, anyone can compute it.
    fn frame(&mut self, number: u32, at: u64, header: &Header, bytes: &[u8], derived: &mut Derived) {
        if header.first_index != self.next_index {
            let (found, next) = (header.first_index, self.next_index);
            let what = format!("the frame begins with entry {found}, entry {next} is next");
            self.report.problem(file_name(number), Some(at), Some(next), what);
        }
        self.next_index = header.end_index();
        if header.has_sm3 != self.sm3.is_some() {
            self.report.problem(file_name(number), Some(at), None, "the frame is not of this ledger's trees");
        }
        let sections = header.sections();
        let section = |range: std::ops::Range<usize>| bytes.get(range).unwrap_or_default();
        let leaves = split(section(sections.leaves), section(sections.leaf_ends));
        derived.blocks.push(section(sections.leaf_hashes.clone()), section(sections.sm3_hashes.clone()));
        spots::note_frame(
            &mut derived.spots,
            narrow(header.first_index.saturating_sub(derived.first_index)),
            narrow(at),
        );

        let mut stored = frame::hashes(section(sections.leaf_hashes));
        let mut stored_sm3 = frame::hashes(section(sections.sm3_hashes));
        let mut index = header.first_index;
        let place = (number, at);
        for leaves in leaves.chunks(HASHED_TOGETHER) {
            let hashes = hash_and_compare(Sha256Tree, leaves, &mut stored, index, place, &mut self.report);
            let sm3_hashes = self
                .sm3
                .is_some()
                .then(|| hash_and_compare(Sm3Tree, leaves, &mut stored_sm3, index, place, &mut self.report));
            self.grow(&hashes, sm3_hashes.as_deref().unwrap_or_default(), number, at);
            index += leaves.len() as u64;
        }
        self.report.entries += u64::from(header.count);
    }

    /// Lets the trees grow and stops at the size of each checkpoint to compare the roots.
    fn grow(&mut self, hashes: &[Hash], sm3_hashes: &[Hash], segment: u32, offset: u64) {
        let (mut rest, mut sm3_rest) = (hashes, sm3_hashes);
        loop {
            let size = self.sha256.size();
            while let Some(stated) = self.heads.next_if(|stated| stated.head.size <= size) {
                self.compare(&stated, Some((segment, offset)));
            }
            let until_next = match self.heads.peek() {
                Some(stated) => usize::try_from(stated.head.size - size).unwrap_or(usize::MAX),
                None => usize::MAX,
            };
            let (now, later) = rest.split_at(until_next.min(rest.len()));
            self.sha256.append(now);
            rest = later;
            if let Some(sm3) = &mut self.sm3 {
                let (now, later) = sm3_rest.split_at(until_next.min(sm3_rest.len()));
                sm3.append(now);
                sm3_rest = later;
            }
            if now.is_empty() {
                return;
            }
        }
    }

    /// Compares a checkpoint of the present size. Roots that are all of one growing tree are
    /// consistent with one another.
    fn compare(&mut self, stated: &StatedHead, place: Option<(u32, u64)>) {
        self.report.checkpoints += 1;
        let head = &stated.head;
        let found = (self.sha256.root(), self.sm3.as_ref().map(Tree::root));
        let mut differs = |tree: &str, computed: Hash, signed: Hash| {
            if computed == signed {
                return;
            }
            let (computed, signed) = (computed.to_base64(), signed.to_base64());
            let mut what = format!(
                "the {tree} tree of the first {} entries has root {computed}, the checkpoint signed {signed}",
                head.size
            );
            if let Some((segment, offset)) = place {
                let _ = write!(what, " (up to segment {segment:08}, byte {offset})");
            }
            self.report.problem(stated.file, None, head.size.checked_sub(1), what);
        };
        differs("sha256", found.0, head.root);
        if let (Some(computed), Some(signed)) = (found.1, head.sm3_root) {
            differs("sm3", computed, signed);
        }
    }

    /// Compares a sidecar with what the segment gave; a missing one is no fault.
    fn sidecar(&mut self, number: u32, bytes: u64, salt: frame::Salt, derived: Derived) {
        let (sha256, sm3) = derived.blocks.finish();
        let due = Sidecar {
            number,
            first_index: derived.first_index,
            end_index: self.next_index,
            segment_bytes: bytes,
            salt,
            spots: derived.spots,
            sha256,
            sm3,
        };
        let name = Path::new("tree").join(format!("{number:08}.idx"));
        let what = match Sidecar::read(self.dir, number) {
            Ok(Some(found)) if found != due => "derived data differs from the segment: delete it",
            Ok(None) if sidecar::path(self.dir, number).exists() => "derived data is damaged: delete it",
            Ok(_) => return,
            Err(error) => return self.report.problem(name, None, None, error.to_string()),
        };
        self.report.problem(name, None, None, what);
    }

    fn finish(mut self) -> Report {
        let size = self.sha256.size();
        while let Some(stated) = self.heads.next() {
            if stated.head.size <= size {
                self.compare(&stated, None);
                continue;
            }
            self.report.checkpoints += 1;
            let what = format!(
                "the checkpoint covers {} entries, the ledger holds {size}: its history was cut",
                stated.head.size
            );
            self.report.problem(stated.file, None, Some(size), what);
        }
        self.report.root = Some(self.sha256.root());
        self.report
    }
}

/// What the sidecar of a segment has to say.
struct Derived {
    blocks: BlockBuilder,
    spots: Vec<spots::Spot>,
    first_index: u64,
}

/// Hashes leaves and compares with what is stored; returns the hashes of the leaves.
fn hash_and_compare<H: TreeHasher>(
    hasher: H,
    leaves: &[&[u8]],
    stored: &mut impl Iterator<Item = Hash>,
    first_index: u64,
    (number, at): (u32, u64),
    report: &mut Report,
) -> Vec<Hash> {
    let mut hashes = Vec::with_capacity(leaves.len());
    hasher.leaves(leaves, &mut hashes);
    for (index, hash) in (first_index..).zip(&hashes) {
        if stored.next().as_ref() != Some(hash) {
            let what = format!("the leaf does not fit its {} hash", H::NAME);
            report.problem(file_name(number), Some(at), Some(index), what);
        }
    }
    hashes
}

/// The pieces that a section of ends divides `bytes` into.
fn split<'a>(bytes: &'a [u8], ends: &[u8]) -> Vec<&'a [u8]> {
    let mut start = 0;
    (0..ends.len() / 4)
        .filter_map(|i| array(ends, 4 * i))
        .map(|end| {
            let end = u32::from_le_bytes(end) as usize;
            let piece = bytes.get(start..end).unwrap_or_default();
            start = end;
            piece
        })
        .collect()
}

fn file_name(segment: u32) -> PathBuf {
    Path::new("segments").join(format!("{segment:08}.seg"))
}

/// Keys, as far as they lie beside the ledger: an auditor's copy has none.
fn other_files(dir: &Path, identity: &Identity, report: &mut Report) {
    let keys = dir.join("keys");
    if keys.join("ledger.key").exists()
        && let Err(error) = identity::read_signer(dir, identity)
    {
        report.problem("keys/ledger.key", None, None, error.to_string());
    }
    if keys.join("subjects.keys").exists() {
        match keystore::check_files(dir) {
            Ok(torn_bytes) => report.torn_bytes += torn_bytes,
            Err(LedgerError::BadFile { path, what }) => {
                let name = path.file_name().unwrap_or_default();
                report.problem(Path::new("keys").join(name), None, None, what);
            }
            Err(error) => report.problem("keys", None, None, error.to_string()),
        }
    }
}
