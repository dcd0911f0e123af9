//! The file of wrapped keys.
//!
//! ```text
//! header, 72 bytes:                      record, 84 bytes:
//!  0   8  magic "JWKEYS1\n"               0  16  subject id (keyed hash)
//!  8  12  nonce                          16   4  record with which its batch begins
//! 20  48  wrapped index key              20  12  nonce
//! 68   4  CRC-32 of the above            32  48  wrapped key
//!                                        80   4  CRC-32 of the above
//! ```
//! In an erased record nonce and key are zeros. The batch number tells, after a crash, which
//! records were written together: all of a batch are durable before one is used, so a batch with
//! a damaged record at the end of the file was never used.

use std::{fs, io, path::Path};

use super::{
    KeyError, SubjectId, SubjectKey,
    erasures::{Erased, HEAD_BYTES},
    master::{MasterKey, NONCE_BYTES, WRAPPED_BYTES},
};
use crate::{
    LedgerError,
    bytes::{array, u32_at},
    disk::{self, DurableFile},
    faults::{Faults, Point},
};

/// Bytes of the header.
pub(super) const HEADER_BYTES: u64 = 72;
const RECORD_BYTES: usize = 84;
const MAGIC: [u8; 8] = *b"JWKEYS1\n";
const INDEX_KEY_PLACE: &[u8] = b"jianwei index key";
const RANDOM_BYTES: usize = 32 + NONCE_BYTES;

/// The header: the key of the subjects' keyed hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    nonce: [u8; NONCE_BYTES],
    wrapped: [u8; WRAPPED_BYTES],
}

impl Header {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(MAGIC);
        out.extend(self.nonce);
        out.extend(self.wrapped);
        out.extend(crc32fast::hash(&out).to_le_bytes());
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let covered = bytes.get(..68)?;
        let fits = array(bytes, 0)? == MAGIC && u32_at(bytes, 68)? == crc32fast::hash(covered);
        fits.then_some(Self { nonce: array(bytes, 8)?, wrapped: array(bytes, 20)? })
    }

    pub(super) fn unwrap(&self, master: &MasterKey) -> Option<[u8; 32]> {
        master.unwrap(&self.wrapped, &self.nonce, INDEX_KEY_PLACE)
    }
}

/// A record whose checksum fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record([u8; RECORD_BYTES]);

impl Record {
    fn new(id: SubjectId, batch: u32, nonce: &[u8; NONCE_BYTES], wrapped: &[u8; WRAPPED_BYTES]) -> Self {
        let mut bytes = [0; RECORD_BYTES];
        let crc_at = RECORD_BYTES - 4;
        let fields = id.0.into_iter().chain(batch.to_le_bytes()).chain(*nonce).chain(*wrapped);
        bytes.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
        let (covered, crc) = bytes.split_at_mut(crc_at);
        crc.copy_from_slice(&crc32fast::hash(covered).to_le_bytes());
        Self(bytes)
    }

    fn decode(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        let (covered, crc) = bytes.split_last_chunk()?;
        (u32::from_le_bytes(*crc) == crc32fast::hash(covered)).then_some(Self(*bytes))
    }

    pub(super) fn id(&self) -> SubjectId {
        SubjectId(array(&self.0, 0).unwrap_or_default())
    }

    fn batch(&self) -> u32 {
        u32_at(&self.0, 16).unwrap_or_default()
    }

    /// The record with nothing but who it was and that it is erased.
    fn erased(&self) -> Self {
        Self::new(self.id(), self.batch(), &[0; NONCE_BYTES], &[0; WRAPPED_BYTES])
    }

    pub(super) fn is_erased(&self) -> bool {
        *self == self.erased()
    }

    pub(super) fn unwrap(&self, slot: u32, master: &MasterKey) -> Option<SubjectKey> {
        let nonce = array(&self.0, 20)?;
        let wrapped = array(&self.0, 32)?;
        master.unwrap(&wrapped, &nonce, &place(self.id(), slot)).map(SubjectKey)
    }
}

/// What a wrapped key is bound to, so that records cannot be exchanged.
fn place(id: SubjectId, slot: u32) -> [u8; 20] {
    let mut place = [0; 20];
    place.iter_mut().zip(id.0.into_iter().chain(slot.to_le_bytes())).for_each(|(to, from)| *to = from);
    place
}

/// The file's content up to the last whole batch.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) header: Header,
    pub(super) records: Vec<Record>,
    /// Records that the erasure log names and that are not yet overwritten, or only in part.
    pub(super) unfinished: Vec<u32>,
    /// Bytes behind the records that an interrupted write left.
    pub(super) torn_bytes: u64,
}

/// Reads the file; the records numbered in `erased` count as erased whatever they hold.
pub(super) fn read(path: &Path, erased: &[Erased]) -> Result<Loaded, LedgerError> {
    let bytes = fs::read(path).map_err(LedgerError::io("read", path))?;
    parse(&bytes, erased).map_err(|what| LedgerError::BadFile { path: path.to_owned(), what })
}

fn parse(bytes: &[u8], erased: &[Erased]) -> Result<Loaded, String> {
    let header = Header::decode(bytes).ok_or("the header is damaged")?;
    let body = bytes.get(HEADER_BYTES as usize..).unwrap_or_default();
    let raw = body.as_chunks().0;
    let mut slots: Vec<Option<Record>> = raw.iter().map(Record::decode).collect();
    let mut unfinished = Vec::new();
    for Erased { slot, head } in erased {
        let at = *slot as usize;
        let (Some(bytes), Some(record)) = (raw.get(at), slots.get_mut(at)) else {
            return Err(format!("record {slot} was erased and is not there"));
        };
        if !bytes.starts_with(head) {
            return Err(format!("record {slot} is not the one that was erased"));
        }
        // An overwriting that was cut short leaves any mixture behind id and batch.
        let blank = Record(*bytes).erased();
        if *record != Some(blank) {
            unfinished.push(*slot);
            *record = Some(blank);
        }
    }
    let whole = whole_batches(&slots)?;
    let records: Vec<Record> = slots.into_iter().take(whole).flatten().collect();
    let torn_bytes = (body.len() - records.len() * RECORD_BYTES) as u64;
    Ok(Loaded { header, records, unfinished, torn_bytes })
}

/// How many records are to be kept.
fn whole_batches(slots: &[Option<Record>]) -> Result<usize, String> {
    let Some(damaged) = slots.iter().position(Option::is_none) else {
        return Ok(slots.len());
    };
    // Whole records behind the damage must be of the one batch that was being written.
    let behind = slots.iter().skip(damaged).flatten().map(Record::batch).max();
    let keep = behind.map_or(damaged, |batch| batch as usize);
    let was_used = slots.iter().skip(keep).flatten().any(Record::is_erased);
    match keep <= damaged && !was_used {
        true => Ok(keep),
        false => {
            let at = HEADER_BYTES as usize + damaged * RECORD_BYTES;
            Err(format!("record {damaged} at byte {at} is damaged"))
        }
    }
}

/// The file, open for writing.
#[derive(Debug)]
pub(super) struct RecordFile {
    file: DurableFile,
    slots: u32,
}

/// Records could not be appended.
pub(super) enum AppendError {
    /// The disk is full; the file is as it was.
    Full(u64),
    /// The state on disk is unknown.
    Failed(io::Error),
}

impl RecordFile {
    pub(super) fn create(path: &Path, master: &MasterKey, faults: &Faults) -> Result<(), KeyError> {
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random)
            .map_err(|error| LedgerError::io("draw a key for", path)(error.into()))?;
        let (key, nonce) = split_random(&random);
        let wrapped = master.wrap(&key, &nonce, INDEX_KEY_PLACE).ok_or(KeyError::Wrap)?;
        let header = Header { nonce, wrapped }.encode();
        let points = (Point::FileWrite, Point::FileSync);
        Ok(disk::replace(path, &header, true, points, faults).map_err(LedgerError::io("write", path))?)
    }

    /// Opens the file, cuts off what an interrupted write left, and finishes the erasures that
    /// the log names.
    pub(super) fn open(
        path: &Path,
        erased: &[Erased],
        faults: &Faults,
    ) -> Result<(Self, Loaded), LedgerError> {
        let loaded = read(path, erased)?;
        let file = DurableFile::open(path, faults).map_err(LedgerError::io("open", path))?;
        let slots = u32::try_from(loaded.records.len()).unwrap_or(u32::MAX);
        // Also makes durable what the last process wrote and did not live to make so.
        file.truncate(Point::SegmentTruncate, offset(slots))
            .and_then(|()| file.sync(Point::OpenSync))
            .map_err(LedgerError::io("cut", path))?;
        let mut records = Self { file, slots };
        for slot in &loaded.unfinished {
            records.overwrite(*slot).map_err(LedgerError::io("erase a key in", path))?;
        }
        Ok((records, loaded))
    }

    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Draws and wraps keys for the next records; returns the first's number, the records' bytes
    /// and the keys.
    pub(super) fn wrap_new(
        &self,
        ids: &[SubjectId],
        master: &MasterKey,
    ) -> Result<(u32, Vec<u8>, Vec<SubjectKey>), KeyError> {
        let first = self.slots;
        let count = u32::try_from(ids.len()).map_err(|_| KeyError::Full)?;
        first.checked_add(count).filter(|end| *end < u32::MAX).ok_or(KeyError::Full)?;
        let mut random = vec![0; ids.len() * RANDOM_BYTES];
        getrandom::fill(&mut random)
            .map_err(|error| LedgerError::io("draw keys for", self.path())(error.into()))?;
        let mut bytes = Vec::with_capacity(ids.len() * RECORD_BYTES);
        let mut keys = Vec::with_capacity(ids.len());
        for ((slot, id), random) in (first..).zip(ids).zip(random.as_chunks().0) {
            let (key, nonce) = split_random(random);
            let wrapped = master.wrap(&key, &nonce, &place(*id, slot)).ok_or(KeyError::Wrap)?;
            bytes.extend(Record::new(*id, first, &nonce, &wrapped).0);
            keys.push(SubjectKey(key));
        }
        Ok((first, bytes, keys))
    }

    /// Appends records and makes them durable.
    pub(super) fn append(&mut self, records: &[u8]) -> Result<(), AppendError> {
        let at = offset(self.slots);
        if let Err(error) = self.file.write_at(Point::KeysWrite, records, at) {
            let clean = self.file.truncate(Point::SegmentTruncate, at).is_ok();
            return Err(match disk::is_full(&error) && clean {
                true => AppendError::Full(records.len() as u64),
                false => AppendError::Failed(error),
            });
        }
        self.file.sync(Point::KeysSync).map_err(AppendError::Failed)?;
        self.slots += u32::try_from(records.len() / RECORD_BYTES).unwrap_or(0);
        Ok(())
    }

    /// What an erasure leaves of a record.
    pub(super) fn head(&self, slot: u32) -> io::Result<[u8; HEAD_BYTES]> {
        let mut head = [0; HEAD_BYTES];
        self.file.read_at(&mut head, offset(slot))?;
        Ok(head)
    }

    /// Overwrites a key with zeros, durably.
    pub(super) fn overwrite(&mut self, slot: u32) -> io::Result<()> {
        let mut bytes = [0; RECORD_BYTES];
        self.file.read_at(&mut bytes, offset(slot))?;
        let erased = Record(bytes).erased();
        let fresh = erased.0.get(HEAD_BYTES..).unwrap_or_default();
        self.file.write_at(Point::EraseWrite, fresh, offset(slot) + HEAD_BYTES as u64)?;
        self.file.sync(Point::EraseSync)
    }
}

fn offset(slot: u32) -> u64 {
    HEADER_BYTES + u64::from(slot) * RECORD_BYTES as u64
}

fn split_random(random: &[u8; RANDOM_BYTES]) -> ([u8; 32], [u8; NONCE_BYTES]) {
    (array(random, 0).unwrap_or_default(), array(random, 32).unwrap_or_default())
}
