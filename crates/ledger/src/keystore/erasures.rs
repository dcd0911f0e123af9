//! Which records were erased: 28 bytes each, the record's number, the 20 bytes of it that stay,
//! and a CRC-32 of both. Written before the record is overwritten, so that an erasure once begun
//! is finished after a crash.

use std::{fs, io, path::Path};

use crate::{
    LedgerError,
    bytes::{array, u32_at},
    disk::{self, DurableFile},
    faults::{Faults, Point},
};

/// Bytes of a record that stay: who it was, and its batch.
pub(super) const HEAD_BYTES: usize = 20;
const ENTRY_BYTES: usize = 28;

/// An erasure in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Erased {
    /// Number of the record.
    pub(super) slot: u32,
    /// What stays of it.
    pub(super) head: [u8; HEAD_BYTES],
}

impl Erased {
    fn encode(&self) -> Vec<u8> {
        let mut entry = self.slot.to_le_bytes().to_vec();
        entry.extend(self.head);
        entry.extend(crc32fast::hash(&entry).to_le_bytes());
        entry
    }

    fn decode(bytes: &[u8; ENTRY_BYTES]) -> Option<Self> {
        let erased = Self { slot: u32_at(bytes, 0)?, head: array(bytes, 4)? };
        (erased.encode() == bytes).then_some(erased)
    }
}

/// The log, open for writing.
#[derive(Debug)]
pub(super) struct ErasureLog {
    file: DurableFile,
    bytes: u64,
}

impl ErasureLog {
    pub(super) fn create(path: &Path, faults: &Faults) -> Result<(), LedgerError> {
        let points = (Point::FileWrite, Point::FileSync);
        disk::replace(path, &[], true, points, faults).map_err(LedgerError::io("write", path))
    }

    /// Opens the log, and returns it with what it holds.
    pub(super) fn open(path: &Path, faults: &Faults) -> Result<(Self, Vec<Erased>), LedgerError> {
        let (erased, _) = read(path)?;
        let file = DurableFile::open(path, faults).map_err(LedgerError::io("open", path))?;
        file.sync(Point::OpenSync).map_err(LedgerError::io("make durable", path))?;
        // Writing goes on behind the last whole entry, over what an interrupted write left.
        Ok((Self { file, bytes: (ENTRY_BYTES * erased.len()) as u64 }, erased))
    }

    pub(super) fn append(&mut self, erased: &Erased) -> io::Result<()> {
        let entry = erased.encode();
        self.file.write_at(Point::EraseWrite, &entry, self.bytes)?;
        self.file.sync(Point::EraseSync)?;
        self.bytes += entry.len() as u64;
        Ok(())
    }
}

/// The records that the log names, and the bytes of a last entry that is not whole: it was never
/// acknowledged.
pub(super) fn read(path: &Path) -> Result<(Vec<Erased>, u64), LedgerError> {
    let bytes = fs::read(path).map_err(LedgerError::io("read", path))?;
    let entries: Vec<Option<Erased>> = bytes.as_chunks().0.iter().map(Erased::decode).collect();
    let whole = entries.iter().take_while(|entry| entry.is_some()).count();
    if entries.len() > whole + 1 {
        let what = format!("the entry at byte {} is damaged", ENTRY_BYTES * whole);
        return Err(LedgerError::BadFile { path: path.to_owned(), what });
    }
    let torn_bytes = (bytes.len() - ENTRY_BYTES * whole) as u64;
    Ok((entries.into_iter().flatten().collect(), torn_bytes))
}
