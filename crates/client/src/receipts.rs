//! The folder in which receipts are kept: one JSON file for each batch. A batch whose receipt is
//! there has been sealed and is not sent again.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::receipt::Receipt;

/// A receipt with what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredReceipt {
    /// SHA-256 of the batch's bytes, in hexadecimal.
    pub batch: String,
    /// The server it was sent to.
    pub server: String,
    /// The stream.
    pub stream: String,
    /// The business date, `YYYY-MM-DD`, if one was named.
    pub date: Option<String>,
    /// `lines` or `atomic`.
    pub mode: String,
    /// Whether it completed the stream for that date.
    pub complete: bool,
    /// The file that it was read from.
    pub file: String,
    /// The first and last line of that file in it.
    pub file_lines: Option<(u64, u64)>,
    /// The server's receipt.
    pub receipt: Receipt,
}

/// A folder of receipts.
#[derive(Clone, Debug)]
pub struct ReceiptFolder(PathBuf);

impl ReceiptFolder {
    /// Opens a folder, making it when it is not there.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self(path.to_owned()))
    }

    /// The receipt of a batch sent under a key before, if it is there and whole.
    ///
    /// # Errors
    /// Those of the file system; a file that is no receipt is [`io::ErrorKind::InvalidData`].
    pub fn find(&self, key: &str) -> io::Result<Option<StoredReceipt>> {
        match fs::read(self.path_of(key)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                let path = self.path_of(key);
                let message = format!("{} is no receipt ({error}); move it away", path.display());
                io::Error::new(io::ErrorKind::InvalidData, message)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps a receipt. It is there whole or not at all, whatever happens meanwhile.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn keep(&self, key: &str, stored: &StoredReceipt) -> io::Result<()> {
        let unfinished = self.0.join(format!(".{key}.unfinished-{}", std::process::id()));
        let mut file = File::create(&unfinished)?;
        let written = serde_json::to_vec_pretty(stored).map_err(io::Error::other).and_then(|mut bytes| {
            bytes.push(b'\n');
            file.write_all(&bytes)?;
            file.sync_all()
        });
        if let Err(error) = written {
            // Nothing is lost when this fails too: the name begins with a dot and is no receipt.
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
        fs::rename(&unfinished, self.path_of(key))?;
        File::open(&self.0)?.sync_all()
    }

    fn path_of(&self, key: &str) -> PathBuf {
        self.0.join(format!("{key}.json"))
    }
}
