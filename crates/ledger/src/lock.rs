//! One writer per directory: an advisory lock that the kernel drops with the process.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, Write},
    path::Path,
};

use rustix::fs::FlockOperation;

use crate::LedgerError;

/// Held as long as the writer lives.
#[derive(Debug)]
pub(crate) struct DirLock {
    _file: File,
}

impl DirLock {
    /// Locks `dir/LOCK` and writes this process's id into it.
    pub(crate) fn take(dir: &Path) -> Result<Self, LedgerError> {
        let path = dir.join("LOCK");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(LedgerError::io("open", &path))?;
        if let Err(errno) = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if errno != rustix::io::Errno::WOULDBLOCK {
                return Err(LedgerError::io("lock", &path)(errno.into()));
            }
            let mut text = String::new();
            let pid = match file.read_to_string(&mut text) {
                Ok(_) => text.trim().parse().ok(),
                Err(_) => None,
            };
            return Err(LedgerError::Locked { dir: dir.to_owned(), pid });
        }
        // The id only serves the message above: a failure to write it is no reason to stop.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirLock::take(dir.path()).unwrap();
        let refused = DirLock::take(dir.path()).unwrap_err().to_string();
        assert_eq!(
            refused,
            format!("the ledger in {} is in use by process {}", dir.path().display(), std::process::id())
        );
        drop(first);
        DirLock::take(dir.path()).unwrap();
    }
}
