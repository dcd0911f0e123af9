//! Files that are whole or not there: written beside their place, made durable, then renamed.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

/// A file of the store could not be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refused something.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb: `open`, `read`, `write`.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file does not hold what was written into it. The store can be rebuilt from the ledger.
    #[error("{} is damaged: {what}; rebuild it from the ledger", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// Another version of the program wrote it.
    #[error("{0}; rebuild it from the ledger")]
    OtherVersion(#[from] OtherVersion),
}

/// Files of the store that another version of the program wrote, in another form or with other
/// columns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is of another version, {found:?}", manifest.display())]
pub struct OtherVersion {
    /// The manifest of the files.
    pub manifest: PathBuf,
    /// What it says it is.
    pub found: String,
}

impl FileError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.into() }
    }
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), FileError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(FileError::io("sync", dir))
}

/// Where a file is written before it takes its place.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// Puts a finished file in its place, together with its name.
pub(crate) fn take_place(written: &Path, path: &Path) -> Result<(), FileError> {
    fs::rename(written, path).map_err(FileError::io("rename", written))?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// Puts a file in its place whole or not at all, durably.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let beside = beside(path);
    let mut file = File::create(&beside).map_err(FileError::io("create", &beside))?;
    file.write_all(bytes).map_err(FileError::io("write", &beside))?;
    file.sync_data().map_err(FileError::io("sync", &beside))?;
    take_place(&beside, path)
}

/// Replaces a manifest: one line with its kind and the checksum of the rest, then JSON.
///
/// # Errors
/// [`FileError::Io`].
pub(crate) fn write_manifest<T: Serialize>(path: &Path, kind: &str, manifest: &T) -> Result<(), FileError> {
    let body = serde_json::to_string_pretty(manifest).map_err(|error| FileError::Io {
        action: "encode",
        path: path.to_owned(),
        source: error.into(),
    })?;
    let text = format!("{kind} crc32 {:08x}\n{body}\n", crc32fast::hash(body.as_bytes()));
    write_whole(path, text.as_bytes())
}

/// Reads a manifest; none when there is no such file.
///
/// # Errors
/// [`FileError`] when it cannot be read, is not what was written, or is of another version.
pub(crate) fn read_manifest<T: DeserializeOwned>(path: &Path, kind: &str) -> Result<Option<T>, FileError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(FileError::damaged(path, "it is not text"));
        }
        Err(error) => return Err(FileError::io("read", path)(error)),
    };
    let Some((head, body)) = text.split_once('\n') else {
        return Err(FileError::damaged(path, "its first line is cut"));
    };
    let Some(body) = body.strip_suffix('\n') else {
        return Err(FileError::damaged(path, "its end is cut"));
    };
    let found = head.strip_suffix(&format!(" crc32 {:08x}", crc32fast::hash(body.as_bytes())));
    match found {
        Some(found) if found == kind => {}
        Some(found) if found.starts_with("jianwei ") => {
            return Err(OtherVersion { manifest: path.to_owned(), found: found.to_owned() }.into());
        }
        _ => {
            return Err(FileError::damaged(path, format!("its first line, {head:?}, does not fit the rest")));
        }
    }
    serde_json::from_str(body).map(Some).map_err(|error| FileError::damaged(path, error.to_string()))
}

/// Gives up files of another version: without the manifest they are strays, which the next opening
/// removes.
///
/// # Errors
/// [`FileError::Io`].
pub(crate) fn give_up(other: &OtherVersion) -> Result<(), FileError> {
    fs::remove_file(&other.manifest).map_err(FileError::io("remove", &other.manifest))
}

/// Removes what a crash left behind: files of ours that the manifest does not name.
pub(crate) fn remove_strays(dir: &Path, named: impl Fn(&str) -> bool) -> Result<(), FileError> {
    for entry in fs::read_dir(dir).map_err(FileError::io("list", dir))? {
        let path = entry.map_err(FileError::io("list", dir))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let extension = path.extension().unwrap_or_default();
        let is_ours = ["run", "parquet", "superseded", "new"].iter().any(|ours| *ours == extension);
        if is_ours && !named(&name) {
            fs::remove_file(&path).map_err(FileError::io("remove", &path))?;
        }
    }
    Ok(())
}
