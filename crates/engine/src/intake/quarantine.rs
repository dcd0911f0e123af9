//! Refused lines: listed in one file for each filing, durable before the filing is acknowledged.
//!
//! The file holds line numbers, ids and faults, never the lines themselves: a line may have been
//! refused because it bore a raw number that must not be kept.
//!
//! A list has an end: a small body can unpack to very many lines that are none, and each would
//! take a hundred times its size here. What lies beyond is counted.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use model::event::RefusedLine;
use sha2::{Digest, Sha256};

/// Refused lines named in the receipt itself.
pub const LISTED_IN_RECEIPT: usize = 100;

/// How much a list of refused lines may hold.
#[derive(Clone, Copy, Debug)]
pub struct ListBounds {
    /// Lines.
    pub lines_max: u64,
    /// Bytes; reached first only by lines with many faults each.
    pub bytes_max: u64,
}

impl Default for ListBounds {
    fn default() -> Self {
        Self { lines_max: 1_000_000, bytes_max: 512 << 20 }
    }
}

/// The folder of refusals.
#[derive(Debug)]
pub struct Quarantine {
    dir: PathBuf,
    serial: AtomicU64,
    bounds: ListBounds,
}

impl Quarantine {
    /// Opens the folder, clearing away what filings left that never ended.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(dir: &Path) -> io::Result<Self> {
        Self::open_with(dir, ListBounds::default())
    }

    /// As [`Quarantine::open`], with other bounds.
    ///
    /// # Errors
    /// The file system's.
    pub fn open_with(dir: &Path, bounds: ListBounds) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "open") {
                std::fs::remove_file(path)?;
            }
        }
        Ok(Self { dir: dir.to_owned(), serial: AtomicU64::new(0), bounds })
    }

    /// A list for a filing that begins.
    pub fn begin(&self) -> Refusals {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        Refusals {
            path: self.dir.join(format!("{serial}.open")),
            bounds: self.bounds,
            file: None,
            count: 0,
            listed: 0,
            listed_bytes: 0,
            first: Vec::new(),
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
    bounds: ListBounds,
    file: Option<BufWriter<File>>,
    count: u64,
    listed: u64,
    listed_bytes: u64,
    first: Vec<RefusedLine>,
    sha256: Sha256,
}

/// A list that was made durable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Its digest; none when no line was refused.
    pub sha256: Option<String>,
    /// How many lines it holds.
    pub lines: u64,
    /// The first of them.
    pub first: Vec<RefusedLine>,
}

impl Refusals {
    /// Adds a line; once the list is full, only counts it.
    ///
    /// # Errors
    /// The file system's.
    pub fn add(&mut self, refused: RefusedLine) -> io::Result<()> {
        self.count += 1;
        // A list never goes on after a gap: it is the first lines, whatever their sizes.
        if self.listed + 1 < self.count || self.listed >= self.bounds.lines_max {
            return Ok(());
        }
        let mut text = serde_json::to_vec(&refused)?;
        text.push(b'\n');
        if self.listed_bytes + text.len() as u64 > self.bounds.bytes_max {
            return Ok(());
        }
        self.sha256.update(&text);
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(BufWriter::new(File::create(&self.path)?)),
        };
        file.write_all(&text)?;
        self.listed += 1;
        self.listed_bytes += text.len() as u64;
        if self.first.len() < LISTED_IN_RECEIPT {
            self.first.push(refused);
        }
        Ok(())
    }

    /// How many there are, listed or not.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first of them.
    pub fn first(&self) -> &[RefusedLine] {
        &self.first
    }

    /// Makes the list durable under the filing's name.
    ///
    /// # Errors
    /// The file system's.
    pub fn keep(mut self, quarantine: &Quarantine, filing: &str) -> io::Result<Kept> {
        let Some(mut file) = self.file.take() else { return Ok(Kept::default()) };
        let kept = file.flush().and_then(|()| file.get_ref().sync_all()).and_then(|()| {
            let path = quarantine.path(filing);
            std::fs::rename(&self.path, &path)?;
            crate::files::sync_parent(&path)
        });
        if let Err(error) = kept {
            // Dropping clears the file away.
            self.file = Some(file);
            return Err(error);
        }
        let sha256 = Some(hex::encode(std::mem::take(&mut self.sha256).finalize()));
        Ok(Kept { sha256, lines: self.listed, first: std::mem::take(&mut self.first) })
    }
}

impl Drop for Refusals {
    /// A list that is not kept leaves no file behind.
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            // What was not written yet is not wanted any more.
            drop(file.into_parts());
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use model::fault::{Fault, FaultCode};

    use super::*;

    fn refused(line: u64, words: usize) -> RefusedLine {
        let fault = Fault::whole(FaultCode::MalformedJson, "so ".repeat(words));
        RefusedLine { line, id: None, faults: vec![fault] }
    }

    fn files(dir: &Path) -> usize {
        std::fs::read_dir(dir).unwrap().count()
    }

    #[test]
    fn a_full_list_counts_on_and_stays_the_first_lines() {
        let dir = tempfile::tempdir().unwrap();
        let long = serde_json::to_vec(&refused(1, 100)).unwrap().len() as u64 + 1;
        // Most lines, most bytes, lines with many words and with few; then how many are listed.
        let table = [
            (9, u64::MAX, 4, 3, 7),
            (7, u64::MAX, 4, 3, 7),
            (5, u64::MAX, 4, 3, 5),
            (0, u64::MAX, 4, 3, 0),
            (9, 2 * long + 10, 4, 3, 2), // the later short ones would fit, and are left out
            (9, long - 1, 4, 3, 0),
        ];
        for (number, (lines_max, bytes_max, long, short, listed)) in table.into_iter().enumerate() {
            let quarantine = Quarantine::open_with(dir.path(), ListBounds { lines_max, bytes_max }).unwrap();
            let mut refusals = quarantine.begin();
            for line in 1..=long + short {
                refusals.add(refused(line, if line <= long { 100 } else { 1 })).unwrap();
            }
            assert_eq!(refusals.count(), long + short);
            let name = format!("{number}");
            let kept = refusals.keep(&quarantine, &name).unwrap();
            let read = quarantine.read(&name, 0, 100).unwrap();
            assert_eq!((kept.lines, read.len() as u64), (listed, listed), "row {number}");
            assert_eq!(kept.first, read);
            assert_eq!(
                read.iter().map(|line| line.line).collect::<Vec<_>>(),
                (1..=listed).collect::<Vec<_>>()
            );
            let bytes = std::fs::read(dir.path().join(format!("{name}.ndjson"))).unwrap_or_default();
            let digest = (listed > 0).then(|| hex::encode(Sha256::digest(&bytes)));
            assert_eq!(kept.sha256, digest, "the digest is that of what is listed");
        }
    }

    #[test]
    fn what_is_not_kept_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let quarantine = Quarantine::open(dir.path()).unwrap();
        let mut dropped = quarantine.begin();
        dropped.add(refused(1, 1)).unwrap();
        assert_eq!(files(dir.path()), 1);
        drop(dropped);
        assert_eq!(files(dir.path()), 0);

        let mut failed = quarantine.begin();
        failed.add(refused(1, 1)).unwrap();
        // A folder stands where the list should go.
        std::fs::create_dir(dir.path().join("x.ndjson")).unwrap();
        assert!(failed.keep(&quarantine, "x").is_err());
        assert_eq!(files(dir.path()), 1, "the folder alone");

        std::fs::write(dir.path().join("7.open"), "left by a crash").unwrap();
        Quarantine::open(dir.path()).unwrap();
        assert_eq!(files(dir.path()), 1);
    }
}
