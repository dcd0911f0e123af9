//! Where a rulebook comes from: the one embedded in the binary, or a folder.

use std::path::{Path, PathBuf};
use std::{fs, io};

use include_dir::{Dir, include_dir};
use miette::Diagnostic;

use crate::book::Rulebook;
use crate::fault::{Faults, RuleFault};
use crate::source::SourceFile;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../rulebook");

/// The largest file taken, in bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 20;
/// The most files taken.
pub const FILES_MAX: usize = 10_000;

/// Why no rulebook was loaded.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum LoadError {
    /// A file or folder cannot be read.
    #[error("{path} cannot be read: {error}")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The files were read and have faults.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Faulty(#[from] Faults),
}

/// The files of the rulebook that is embedded in the binary.
pub fn embedded_files() -> Vec<SourceFile> {
    let mut files = Vec::new();
    let mut folders = vec![&EMBEDDED];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            if let Some(text) = file.contents_utf8() {
                files.push(SourceFile::new(slashed(file.path()), text));
            }
        }
    }
    files
}

/// The rulebook that is embedded in the binary.
///
/// # Errors
/// [`Faults`], which a test of this crate excludes for a released binary.
pub fn embedded() -> Result<Rulebook, Faults> {
    Rulebook::from_files(embedded_files())
}

/// The rulebook in a folder.
///
/// # Errors
/// [`LoadError`].
pub fn directory(root: &Path) -> Result<Rulebook, LoadError> {
    Ok(Rulebook::from_files(directory_files(root)?)?)
}

/// The files of a rulebook in a folder, sound or not.
///
/// # Errors
/// [`LoadError`] when a file cannot be taken at all.
pub fn directory_files(root: &Path) -> Result<Vec<SourceFile>, LoadError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error| LoadError::Unreadable { path, error }
    };
    let mut files = Vec::new();
    let mut faults = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(&folder).map_err(unreadable(&folder))? {
            let item = item.map_err(unreadable(&folder))?;
            let path = item.path();
            if item.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = slashed(path.strip_prefix(root).unwrap_or(&path));
            let size = item.metadata().map_err(unreadable(&path))?.len();
            if size > FILE_BYTES_MAX || files.len() >= FILES_MAX {
                let nowhere = SourceFile::new(name, "");
                let message = format!("a rulebook has at most {FILES_MAX} files of {FILE_BYTES_MAX} bytes");
                faults.push(RuleFault::new(&nowhere, None, message));
                continue;
            }
            let bytes = fs::read(&path).map_err(unreadable(&path))?;
            match String::from_utf8(bytes) {
                Ok(text) => files.push(SourceFile::new(name, text)),
                Err(_) => {
                    faults.push(RuleFault::new(&SourceFile::new(name, ""), None, "the file is not UTF-8"))
                }
            }
        }
    }
    if !faults.is_empty() {
        return Err(LoadError::Faulty(Faults(faults)));
    }
    Ok(files)
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
