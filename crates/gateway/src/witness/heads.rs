//! The tree heads that a witness cosigned last, one for each log, on disk before any answer.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tlog::{Hash, TreeHead};

/// The heads, and the right to change them.
#[derive(Debug)]
pub(super) struct Heads {
    path: PathBuf,
    heads: BTreeMap<String, TreeHead>,
    /// Two processes over one file would cosign two histories of one log.
    _lock: File,
}

/// A head as it is stored, under its log's origin.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    size: u64,
    /// Root, base64.
    root: String,
}

impl Heads {
    /// The heads in a file; none when it is not there.
    ///
    /// # Errors
    /// The file system's; a file held by another process or damaged.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let says = |what: &str| io::Error::other(format!("{}: {what}", path.display()));
        let lock = OpenOptions::new().create(true).append(true).open(path.with_extension("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(says("another process is this witness")),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let stored: BTreeMap<String, Stored> = match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| says(&error.to_string()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        let mut heads = BTreeMap::new();
        for (origin, Stored { size, root }) in stored {
            let root = Hash::from_base64(&root).map_err(|_| says("a root is not the base64 of 32 bytes"))?;
            heads.insert(origin, TreeHead { size, root });
        }
        Ok(Self { path: path.to_owned(), heads, _lock: lock })
    }

    /// The head last cosigned for a log.
    pub(super) fn last(&self, origin: &str) -> Option<TreeHead> {
        self.heads.get(origin).copied()
    }

    /// Stores a head; when this returns it is on disk.
    ///
    /// # Errors
    /// The file system's; the head is then not remembered here, and nothing may be answered.
    pub(super) fn remember(&mut self, origin: &str, head: TreeHead) -> io::Result<()> {
        if self.last(origin) == Some(head) {
            return Ok(());
        }
        let mut heads = self.heads.clone();
        heads.insert(origin.to_owned(), head);
        let stored: BTreeMap<&str, Stored> = heads
            .iter()
            .map(|(origin, head)| (origin.as_str(), Stored { size: head.size, root: head.root.to_base64() }))
            .collect();
        let beside = self.path.with_extension("new");
        let mut file = File::create(&beside)?;
        file.write_all(&serde_json::to_vec_pretty(&stored)?)?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.path)?;
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        self.heads = heads;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_come_back_and_one_process_holds_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("witness.json");
        let head = |size| TreeHead { size, root: Hash([size as u8; 32]) };
        let mut heads = Heads::open(&path).unwrap();
        assert_eq!(heads.last("log.example/1"), None);
        heads.remember("log.example/1", head(5)).unwrap();
        heads.remember("log.example/2", head(7)).unwrap();
        heads.remember("log.example/1", head(6)).unwrap();
        let held = Heads::open(&path).unwrap_err().to_string();
        assert!(held.contains("another process"), "{held}");
        drop(heads);
        let heads = Heads::open(&path).unwrap();
        assert_eq!(heads.last("log.example/1"), Some(head(6)));
        assert_eq!(heads.last("log.example/2"), Some(head(7)));
    }

    #[test]
    fn damage_is_refused_and_a_failed_write_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("witness.json");
        for damaged in ["", "{", "[]", r#"{"log":{"size":1}}"#, r#"{"log":{"size":1,"root":"AAAA"}}"#] {
            std::fs::write(&path, damaged).unwrap();
            assert!(Heads::open(&path).is_err(), "{damaged:?}");
        }
        std::fs::remove_file(&path).unwrap();
        let mut heads = Heads::open(&path).unwrap();
        // A folder where the new file should go.
        std::fs::create_dir(path.with_extension("new")).unwrap();
        assert!(heads.remember("log", TreeHead { size: 1, root: Hash([1; 32]) }).is_err());
        assert_eq!(heads.last("log"), None);
    }
}
