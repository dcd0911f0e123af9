//! The few disk operations that durability rests on. Everything that is written goes through
//! here, so that tests can make each of them fail.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::FallocateFlags;

use crate::faults::{Faults, Point};

/// A file that is written at offsets and made durable on demand.
#[derive(Debug)]
pub(crate) struct DurableFile {
    file: File,
    path: PathBuf,
    faults: Faults,
}

impl DurableFile {
    pub(crate) fn new(file: File, path: PathBuf, faults: Faults) -> Self {
        Self { file, path, faults }
    }

    /// Creates a file that must not exist yet, readable by its owner only when `private`.
    pub(crate) fn create_new(path: &Path, private: bool, faults: &Faults) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(if private { 0o600 } else { 0o644 })
            .open(path)?;
        Ok(Self::new(file, path.to_owned(), faults.clone()))
    }

    /// Opens an existing file for reading and writing.
    pub(crate) fn open(path: &Path, faults: &Faults) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Self::new(file, path.to_owned(), faults.clone()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(bytes, offset)
    }

    pub(crate) fn write_at(&self, point: Point, bytes: &[u8], offset: u64) -> io::Result<()> {
        if let Some(cut) = self.faults.meet_write(point) {
            let kept = bytes.get(..cut.bytes).unwrap_or(bytes);
            self.file.write_all_at(kept, offset)?;
            return Err(cut.error);
        }
        self.file.write_all_at(bytes, offset)
    }

    /// Makes data and size durable.
    pub(crate) fn sync(&self, point: Point) -> io::Result<()> {
        self.faults.meet(point)?;
        self.file.sync_data()
    }

    pub(crate) fn truncate(&self, point: Point, len: u64) -> io::Result<()> {
        self.faults.meet(point)?;
        self.file.set_len(len)
    }

    /// Takes blocks for `len` bytes from `offset` on without changing the file's size, so that a
    /// full disk shows before anything is written. File systems that cannot do it say nothing.
    pub(crate) fn reserve(&self, point: Point, offset: u64, len: u64) -> io::Result<()> {
        self.faults.meet(point)?;
        match rustix::fs::fallocate(&self.file, FallocateFlags::KEEP_SIZE, offset, len) {
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => Ok(()),
            other => Ok(other?),
        }
    }
}

/// Whether the disk is full, or a quota or the process's limit of file sizes is reached: nothing
/// is wrong with the disk, and there may be room again.
pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path, faults: &Faults) -> io::Result<()> {
    faults.meet(Point::DirectorySync)?;
    File::open(dir)?.sync_all()
}

/// Puts a file in place whole or not at all: write beside it, fsync, rename, fsync the directory.
pub(crate) fn replace(
    path: &Path,
    bytes: &[u8],
    private: bool,
    (write, sync): (Point, Point),
    faults: &Faults,
) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = DurableFile::create_new(&beside, private, faults)?;
    file.write_at(write, bytes, 0)?;
    file.sync(sync)?;
    faults.meet(Point::Rename)?;
    fs::rename(&beside, path)?;
    match path.parent() {
        Some(dir) => sync_dir(dir, faults),
        None => Ok(()),
    }
}
