//! Directories for work that leaves nothing behind.

use miette::Report;
use tempfile::TempDir;

use crate::outcome::failed;

/// A directory below the system's for temporary files, with a word of what it is for in its name;
/// it goes when this goes.
pub(crate) fn folder(purpose: &str) -> Result<TempDir, Report> {
    let made = tempfile::Builder::new().prefix(&format!("jianwei-{purpose}-")).tempdir();
    made.map_err(failed("no temporary directory"))
}
