//! Every rulebook that was ever in force over a ledger, kept whole, so that a finding can be
//! explained and replayed under the very text that it rests on.

use std::io;
use std::path::Path;

use rulebook::{Rulebook, SourceFile};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct KeptFile {
    path: String,
    text: String,
}

/// Keeps a rulebook under its digest, unless it is there.
///
/// # Errors
/// The file system's.
pub fn keep(dir: &Path, book: &Rulebook) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join(format!("{}.json", book.hash()));
    if path.exists() {
        return Ok(());
    }
    let kept = |file: &SourceFile| KeptFile { path: file.path.clone(), text: file.text.to_string() };
    let files: Vec<KeptFile> = book.files().iter().map(kept).collect();
    crate::files::replace(&path, &serde_json::to_vec_pretty(&files)?)
}

/// The rulebook with a digest.
///
/// # Errors
/// The file system's, or a file that is no longer a sound rulebook of that digest.
pub fn load(dir: &Path, digest: &str) -> io::Result<Rulebook> {
    let plain: String = digest.chars().filter(char::is_ascii_hexdigit).collect();
    let files: Vec<KeptFile> = serde_json::from_slice(&std::fs::read(dir.join(format!("{plain}.json")))?)?;
    let files = files.into_iter().map(|file| SourceFile::new(file.path, file.text)).collect();
    let book = Rulebook::from_files(files).map_err(io::Error::other)?;
    if book.hash().to_string() == digest {
        Ok(book)
    } else {
        Err(io::Error::other(format!("the rulebook kept as {digest} has another digest")))
    }
}
