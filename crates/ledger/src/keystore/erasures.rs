//! Which records were erased: eight bytes each, the record's number and a CRC-32 of it. Written
//! before a record is overwritten, so that an erasure once begun is finished after a crash.

use std::{fs, io, path::Path};

use crate::{
    LedgerError,
    disk::{self, DurableFile},
    faults::{Faults, Point},
};

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
    pub(super) fn open(path: &Path, faults: &Faults) -> Result<(Self, Vec<u32>), LedgerError> {
        let erased = read(path)?;
        let file = DurableFile::open(path, faults).map_err(LedgerError::io("open", path))?;
        // Writing goes on behind the last whole entry, over what an interrupted write left.
        Ok((Self { file, bytes: 8 * erased.len() as u64 }, erased))
    }

    pub(super) fn append(&mut self, slot: u32) -> io::Result<()> {
        let slot = slot.to_le_bytes();
        let entry = [slot, crc32fast::hash(&slot).to_le_bytes()].concat();
        self.file.write_at(Point::EraseWrite, &entry, self.bytes)?;
        self.file.sync(Point::EraseSync)?;
        self.bytes += entry.len() as u64;
        Ok(())
    }
}

/// The records that the log names. A last entry that is not whole was never acknowledged.
pub(super) fn read(path: &Path) -> Result<Vec<u32>, LedgerError> {
    let bytes = fs::read(path).map_err(LedgerError::io("read", path))?;
    let entries: Vec<Option<u32>> = bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|&[a, b, c, d, crc @ ..]| {
            let slot = [a, b, c, d];
            (crc32fast::hash(&slot).to_le_bytes() == crc).then_some(u32::from_le_bytes(slot))
        })
        .collect();
    let whole = entries.iter().take_while(|entry| entry.is_some()).count();
    if entries.len() > whole + 1 {
        let what = format!("the entry at byte {} is damaged", 8 * whole);
        return Err(LedgerError::BadFile { path: path.to_owned(), what });
    }
    Ok(entries.into_iter().flatten().collect())
}
