//! An immutable file of entries in order of their ids.
//!
//! ```text
//! page 0        header: magic, entries, pages, blocks, least and greatest position, checksum
//! page 1 …      31 entries each (32 bytes: id, position, content), page number, count, checksum
//! tail          first 64 bits of each page's first id; filter blocks; checksum
//! ```
//! Numbers are little-endian except ids, checksums are CRC-32. The tail is held in memory.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::{
    entry::{ENTRY_BYTES, Entry, half_word, word},
    filter::{BLOCK_BYTES, Filter, Probe},
};
use crate::files::{self, FileError};

const MAGIC: u64 = u64::from_le_bytes(*b"JWSEEN01");
/// Small, because a duplicate costs one read of a page from the operating system's cache.
const PAGE_BYTES: usize = 1024;
const PAGE_ENTRIES: usize = 31;
const NUMBER_AT: usize = PAGE_ENTRIES * ENTRY_BYTES;
const COUNT_AT: usize = NUMBER_AT + 8;
const CHECKSUM_AT: usize = PAGE_BYTES - 4;
/// Pages read at once when a run is read from end to end.
const PAGES_AHEAD: u64 = 256;

/// Whether a page's checksum fits.
fn is_whole(page: &[u8]) -> bool {
    page.get(..CHECKSUM_AT).is_some_and(|bytes| crc32fast::hash(bytes) == half_word(page, CHECKSUM_AT))
}

fn put(page: &mut [u8], offset: usize, bytes: &[u8]) {
    if let Some(place) = page.get_mut(offset..offset + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

fn seal(page: &mut [u8]) {
    let checksum = crc32fast::hash(page.get(..CHECKSUM_AT).unwrap_or_default());
    put(page, CHECKSUM_AT, &checksum.to_le_bytes());
}

/// The entries of a page that is whole and stands where it says.
fn page_entries<'a>(path: &Path, page: &'a [u8], number: u64) -> Result<&'a [u8], FileError> {
    let count = half_word(page, COUNT_AT) as usize;
    if !is_whole(page) || word(page, NUMBER_AT) != number || count > PAGE_ENTRIES {
        return Err(FileError::damaged(path, format!("page {number} does not fit its checksum")));
    }
    Ok(page.get(..count * ENTRY_BYTES).unwrap_or_default())
}

/// A run that can be asked.
pub(super) struct Run {
    path: PathBuf,
    file: File,
    entries: u64,
    fences: Vec<u64>,
    filter: Filter,
}

impl Run {
    /// Opens a run and checks all of it that will stay in memory; pages are checked when read.
    ///
    /// # Errors
    /// [`FileError`].
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let file = File::open(path).map_err(FileError::io("open", path))?;
        let len = file.metadata().map_err(FileError::io("read", path))?.len();
        let mut header = [0; PAGE_BYTES];
        let damaged = |what: &str| FileError::damaged(path, what);
        if len < PAGE_BYTES as u64 {
            return Err(damaged("its header is cut"));
        }
        file.read_exact_at(&mut header, 0).map_err(FileError::io("read", path))?;
        if !is_whole(&header) || word(&header, 0) != MAGIC {
            return Err(damaged("its header does not fit its checksum"));
        }
        let (entries, pages, blocks) = (word(&header, 8), word(&header, 16), word(&header, 24));
        let tail_at = (pages + 1) * PAGE_BYTES as u64;
        let tail_len = pages * 8 + blocks * BLOCK_BYTES as u64;
        if len != tail_at + tail_len + 4 {
            return Err(damaged("its length does not fit its header"));
        }
        let mut tail = vec![0; tail_len as usize + 4];
        file.read_exact_at(&mut tail, tail_at).map_err(FileError::io("read", path))?;
        let (body, checksum) = tail.split_at(tail_len as usize);
        if crc32fast::hash(body) != half_word(checksum, 0) {
            return Err(damaged("its filter does not fit its checksum"));
        }
        let (fences, blocks) = body.split_at(pages as usize * 8);
        Ok(Self {
            path: path.to_owned(),
            file,
            entries,
            fences: fences.as_chunks().0.iter().map(|fence| u64::from_le_bytes(*fence)).collect(),
            filter: Filter::from_bytes(blocks),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    /// Brings near what [`Run::may_hold`] will look at.
    #[inline]
    pub(super) fn touch(&self, probes: &[Probe]) {
        self.filter.touch(probes);
    }

    /// Whether the run may hold an id.
    #[inline]
    pub(super) fn may_hold(&self, probe: &Probe) -> bool {
        self.filter.may_hold(probe)
    }

    /// The entry with an id.
    ///
    /// # Errors
    /// [`FileError`] when the page cannot be read or is damaged.
    pub(super) fn find(&self, id: u128) -> Result<Option<Entry>, FileError> {
        let first_bits = (id >> 64) as u64;
        let (low, high) = self.window(first_bits);
        let near = self.fences.get(low..high).unwrap_or_default();
        // Pages may begin with the same bits, so the id may lie in more than one.
        let first = (low + near.partition_point(|fence| *fence < first_bits)).saturating_sub(1);
        let end = low + near.partition_point(|fence| *fence <= first_bits);
        let mut page = [0; PAGE_BYTES];
        for number in first..end {
            let offset = (number as u64 + 1) * PAGE_BYTES as u64;
            self.file.read_exact_at(&mut page, offset).map_err(FileError::io("read", &self.path))?;
            let entries = page_entries(&self.path, &page, number as u64)?.as_chunks::<ENTRY_BYTES>().0;
            let place = entries.binary_search_by(|entry| {
                entry.first_chunk().map_or(0, |id| u128::from_be_bytes(*id)).cmp(&id)
            });
            if let Some(entry) = place.ok().and_then(|place| entries.get(place)) {
                return Ok(Some(Entry::from_bytes(entry)));
            }
        }
        Ok(None)
    }

    /// A part of the fences in which the place of these bits lies for certain. Ids are spread
    /// evenly, so it is small and saves a search over memory that is not in the cache.
    fn window(&self, first_bits: u64) -> (usize, usize) {
        let pages = self.fences.len();
        let guess = ((u128::from(first_bits) * pages as u128) >> 64) as usize;
        let reach = 8 + pages.isqrt() / 4;
        let (low, high) = (guess.saturating_sub(reach), (guess + reach).min(pages));
        let below = low == 0 || self.fences.get(low).is_some_and(|fence| *fence < first_bits);
        let above = high == pages || self.fences.get(high).is_some_and(|fence| *fence > first_bits);
        if below && above { (low, high) } else { (0, pages) }
    }

    /// Reads all entries in order.
    pub(super) fn scan(&self) -> Scan<'_> {
        Scan { run: self, next_page: 0, buffer: Vec::new(), at: 0, end: 0 }
    }

    /// Removes the file; the run can still be asked while it is held.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub(super) fn remove(&self) -> Result<(), FileError> {
        fs::remove_file(&self.path).map_err(FileError::io("remove", &self.path))
    }
}

/// A run read from end to end.
pub(super) struct Scan<'a> {
    run: &'a Run,
    next_page: u64,
    /// Entries of the pages read ahead, page trailers left out.
    buffer: Vec<u8>,
    at: usize,
    end: usize,
}

impl Scan<'_> {
    /// The next entry.
    ///
    /// # Errors
    /// [`FileError`] when a page cannot be read or is damaged.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Entry>, FileError> {
        if self.at == self.end && !self.read_ahead()? {
            return Ok(None);
        }
        let entry = self.buffer.get(self.at..self.at + ENTRY_BYTES).unwrap_or_default();
        self.at += ENTRY_BYTES;
        Ok(Some(Entry::from_bytes(entry)))
    }

    fn read_ahead(&mut self) -> Result<bool, FileError> {
        let pages = (self.run.fences.len() as u64 - self.next_page).min(PAGES_AHEAD);
        self.buffer.resize(pages as usize * PAGE_BYTES, 0);
        let offset = (self.next_page + 1) * PAGE_BYTES as u64;
        let path = &self.run.path;
        self.run.file.read_exact_at(&mut self.buffer, offset).map_err(FileError::io("read", path))?;
        let (mut start, mut end) = (0, 0);
        for _ in 0..pages {
            let page = self.buffer.get(start..start + PAGE_BYTES).unwrap_or_default();
            let count = page_entries(path, page, self.next_page)?.len();
            self.buffer.copy_within(start..start + count, end);
            start += PAGE_BYTES;
            end += count;
            self.next_page += 1;
        }
        (self.at, self.end) = (0, end);
        Ok(end > 0)
    }
}

/// A run being written.
pub(super) struct RunWriter {
    path: PathBuf,
    file: BufWriter<File>,
    page: Box<[u8; PAGE_BYTES]>,
    in_page: usize,
    entries: u64,
    positions: (u64, u64),
    fences: Vec<u64>,
    blocks: u64,
    filter: Filter,
}

impl RunWriter {
    /// Begins the run that will be at `path` and hold this many entries.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub(super) fn create(path: &Path, entries: u64) -> Result<Self, FileError> {
        let beside = files::beside(path);
        let file = File::create(&beside).map_err(FileError::io("create", &beside))?;
        let mut file = BufWriter::with_capacity(PAGES_AHEAD as usize * PAGE_BYTES, file);
        // The header's place; it is written last.
        file.write_all(&[0; PAGE_BYTES]).map_err(FileError::io("write", &beside))?;
        let blocks = Filter::blocks_for(entries);
        Ok(Self {
            path: path.to_owned(),
            file,
            page: Box::new([0; PAGE_BYTES]),
            in_page: 0,
            entries: 0,
            positions: (u64::MAX, 0),
            fences: Vec::with_capacity(entries as usize / PAGE_ENTRIES + 1),
            blocks,
            filter: Filter::new(blocks),
        })
    }

    /// Appends an entry; ids must ascend.
    ///
    /// # Errors
    /// [`FileError::Io`].
    #[inline]
    pub(super) fn push(&mut self, entry: Entry) -> Result<(), FileError> {
        if self.in_page == 0 {
            self.fences.push((entry.id >> 64) as u64);
        }
        put(self.page.as_mut_slice(), self.in_page * ENTRY_BYTES, &entry.to_bytes());
        self.filter.insert(entry.id);
        self.positions = (self.positions.0.min(entry.position), self.positions.1.max(entry.position));
        self.entries += 1;
        self.in_page += 1;
        if self.in_page == PAGE_ENTRIES { self.end_page() } else { Ok(()) }
    }

    fn end_page(&mut self) -> Result<(), FileError> {
        let page = self.page.as_mut_slice();
        page.get_mut(self.in_page * ENTRY_BYTES..).unwrap_or_default().fill(0);
        put(page, NUMBER_AT, &(self.fences.len() as u64 - 1).to_le_bytes());
        put(page, COUNT_AT, &(self.in_page as u32).to_le_bytes());
        seal(page);
        self.in_page = 0;
        self.file.write_all(page).map_err(FileError::io("write", &files::beside(&self.path)))
    }

    /// Makes the run durable and puts it in its place.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub(super) fn finish(mut self) -> Result<Run, FileError> {
        if self.in_page > 0 {
            self.end_page()?;
        }
        let beside = files::beside(&self.path);
        let mut tail: Vec<u8> = self.fences.iter().flat_map(|fence| fence.to_le_bytes()).collect();
        tail.extend(self.filter.to_bytes());
        tail.extend(crc32fast::hash(&tail).to_le_bytes());
        self.file.write_all(&tail).map_err(FileError::io("write", &beside))?;
        let file =
            self.file.into_inner().map_err(|error| FileError::io("write", &beside)(error.into_error()))?;
        let mut header = [0; PAGE_BYTES];
        let numbers =
            [MAGIC, self.entries, self.fences.len() as u64, self.blocks, self.positions.0, self.positions.1];
        for (place, number) in header.as_chunks_mut::<8>().0.iter_mut().zip(numbers) {
            *place = number.to_le_bytes();
        }
        seal(&mut header);
        file.write_all_at(&header, 0).map_err(FileError::io("write", &beside))?;
        file.sync_data().map_err(FileError::io("sync", &beside))?;
        files::take_place(&beside, &self.path)?;
        let file = File::open(&self.path).map_err(FileError::io("open", &self.path))?;
        Ok(Run { path: self.path, file, entries: self.entries, fences: self.fences, filter: self.filter })
    }
}

/// Merges runs into one at `path`. Ids are unique across runs. Nothing is put in place when
/// `is_stopping` says so on the way: then there is no run.
///
/// # Errors
/// [`FileError`].
pub(super) fn merge(
    runs: &[std::sync::Arc<Run>],
    path: &Path,
    is_stopping: impl Fn() -> bool,
) -> Result<Option<Run>, FileError> {
    let mut writer = RunWriter::create(path, runs.iter().map(|run| run.entries).sum())?;
    let mut heads = Vec::with_capacity(runs.len());
    for run in runs {
        let mut scan = run.scan();
        if let Some(entry) = scan.next()? {
            heads.push((entry, scan));
        }
    }
    let first = |heads: &[(Entry, Scan<'_>)]| {
        (0..heads.len()).min_by_key(|head| heads.get(*head).map(|head| head.0.id))
    };
    while let Some(head) = first(&heads) {
        let Some((entry, scan)) = heads.get_mut(head) else { break };
        writer.push(*entry)?;
        match scan.next()? {
            Some(next) => *entry = next,
            None => drop(heads.swap_remove(head)),
        }
        if writer.entries % (1 << 16) == 0 && is_stopping() {
            return Ok(None);
        }
    }
    writer.finish().map(Some)
}
