//! Tests of the house: who imports whom, and those parts of its style that a program can check.
//! What stands here only finds the files; the rules are in `tests/`, one file for each topic.
//!
//! **Invariant:** no other crate depends on this one, and it depends on none of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All files below a folder of the repository with one of these endings, in order of their
/// paths. A folder that does not exist has none; build output and hidden folders are left out.
///
/// # Errors
/// The file system's.
pub fn files(folder: &str, endings: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let folder = root().join(folder);
    if folder.is_dir() {
        collect(&folder, endings, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            continue;
        }
        if path.is_dir() {
            collect(&path, endings, found)?;
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    Ok(())
}

/// A path as it is written in the repository.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}
