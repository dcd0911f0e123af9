//! The text of a file of the rulebook.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::entry::EntryHash;

/// A file of the rulebook: its path below the rulebook's folder, with `/`, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path, such as `special/frequent-transactions.yaml`.
    pub path: String,
    /// The text.
    pub text: Arc<str>,
}

impl SourceFile {
    /// A file with a text.
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The digest of its bytes.
    pub fn hash(&self) -> EntryHash {
        EntryHash(Sha256::digest(self.text.as_bytes()).into())
    }

    /// The bytes of the first line that begins with a word.
    pub(crate) fn line_with(&self, word: &str) -> Option<std::ops::Range<usize>> {
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            if line.starts_with(word) {
                return Some(at..at + line.trim_end().len());
            }
            at += line.len();
        }
        None
    }

    /// The folder that it lies in, without the rest of the path: `special`.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The file's name: `frequent-transactions.yaml`.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(self.path.as_str(), |(_, name)| name)
    }
}
