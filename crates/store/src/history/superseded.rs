//! Positions of records that a revision took the place of, in files of their own that the
//! manifest names: a checksum, then the positions, eight bytes each.

use std::{fs, path::Path};

use crate::files::{self, FileError};

/// Writes positions as a file.
///
/// # Errors
/// [`FileError::Io`].
pub(super) fn write(path: &Path, positions: &[u64]) -> Result<(), FileError> {
    let body: Vec<u8> = positions.iter().flat_map(|position| position.to_le_bytes()).collect();
    let mut bytes = crc32fast::hash(&body).to_le_bytes().to_vec();
    bytes.extend(body);
    files::write_whole(path, &bytes)
}

/// Reads a file of positions.
///
/// # Errors
/// [`FileError`].
pub(super) fn read(path: &Path) -> Result<Vec<u64>, FileError> {
    let bytes = fs::read(path).map_err(FileError::io("read", path))?;
    let damaged = || FileError::damaged(path, "it does not fit its checksum");
    let (checksum, body) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
    let (positions, rest) = body.as_chunks::<8>();
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) || !rest.is_empty() {
        return Err(damaged());
    }
    Ok(positions.iter().map(|position| u64::from_le_bytes(*position)).collect())
}
