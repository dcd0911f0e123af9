//! Refused lines: listed in one file for each filing, durable before the filing is acknowledged.
//!
//! The file holds line numbers, ids and faults, never the lines themselves: a line may have been
//! refused because it bore a raw number that must not be kept.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use model::event::RefusedLine;
use sha2::{Digest, Sha256};

/// Refused lines named in the receipt itself.
pub const LISTED_IN_RECEIPT: usize = 100;

/// The folder of refusals.
#[derive(Debug)]
pub struct Quarantine {
    dir: PathBuf,
    serial: AtomicU64,
}

impl Quarantine {
    /// Opens the folder, clearing away what filings left that never ended.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(dir: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "open") {
                std::fs::remove_file(path)?;
            }
        }
        Ok(Self { dir: dir.to_owned(), serial: AtomicU64::new(0) })
    }

    /// A list for a filing that begins.
    pub fn begin(&self) -> Refusals {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        Refusals {
            path: self.dir.join(format!("{serial}.open")),
            file: None,
            count: 0,
            listed: Vec::new(),
            sha256: Sha256::new(),
        }
    }

    fn path(&self, filing: &str) -> PathBuf {
        self.dir.join(format!("{filing}.ndjson"))
    }

    /// The refused lines of a filing, from `offset` on, at most `limit`. None when it has none.
    ///
    /// # Errors
    /// The file system's, or a damaged file.
    pub fn read(&self, filing: &str, offset: usize, limit: usize) -> io::Result<Vec<RefusedLine>> {
        let file = match File::open(self.path(filing)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let lines = BufReader::new(file).lines().skip(offset).take(limit);
        lines.map(|line| serde_json::from_str(&line?).map_err(io::Error::other)).collect()
    }
}

/// The refused lines of a filing under way.
#[derive(Debug)]
pub struct Refusals {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    count: u64,
    listed: Vec<RefusedLine>,
    sha256: Sha256,
}

impl Refusals {
    /// Adds a line.
    ///
    /// # Errors
    /// The file system's.
    pub fn add(&mut self, refused: RefusedLine) -> io::Result<()> {
        let mut text = serde_json::to_vec(&refused)?;
        text.push(b'\n');
        self.sha256.update(&text);
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(BufWriter::new(File::create(&self.path)?)),
        };
        file.write_all(&text)?;
        self.count += 1;
        if self.listed.len() < LISTED_IN_RECEIPT {
            self.listed.push(refused);
        }
        Ok(())
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first of them.
    pub fn listed(&self) -> &[RefusedLine] {
        &self.listed
    }

    /// Makes the list durable under the filing's name; returns its digest and first lines.
    ///
    /// # Errors
    /// The file system's.
    pub fn keep(
        mut self,
        quarantine: &Quarantine,
        filing: &str,
    ) -> io::Result<(Option<String>, Vec<RefusedLine>)> {
        let Some(file) = self.file.take() else { return Ok((None, Vec::new())) };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        let path = quarantine.path(filing);
        std::fs::rename(&self.path, &path)?;
        crate::files::sync_parent(&path)?;
        let digest = std::mem::take(&mut self.sha256).finalize();
        Ok((Some(hex::encode(digest)), std::mem::take(&mut self.listed)))
    }
}

impl Drop for Refusals {
    /// A list that is not kept leaves no file behind.
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
