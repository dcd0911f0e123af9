//! The files of the history and the thread that writes them, so that whoever appends does not
//! wait for a disk. Small files of a stream are joined, so that many small flushes do not leave
//! thousands of files.

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use model::{
    arrow::schema,
    spec::StreamSpec,
    streams::{self, STREAMS},
};
use serde::{Deserialize, Serialize};

use super::{
    HistoryError,
    data_file::{self, DataFile, FileFacts},
    superseded,
    tail::Tail,
};
use crate::files::{self, FileError};

const MANIFEST: &str = "MANIFEST";
/// What a manifest says it is: its form, and a checksum of the columns of all streams, so that files
/// of other columns are told from ours without anyone counting versions.
static MANIFEST_KIND: LazyLock<String> = LazyLock::new(|| {
    let mut columns = crc32fast::Hasher::new();
    for stream in STREAMS {
        for column in schema(stream).fields() {
            let text = format!("{} {} {}\n", stream.name, column.name(), column.data_type());
            columns.update(text.as_bytes());
        }
    }
    format!("jianwei history 2 columns {:08x}", columns.finalize())
});
/// Files of like size that are joined.
const JOINED: usize = 4;
/// Files of superseded positions of a stream that are joined.
const SUPERSEDED_JOINED: usize = 8;

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct StreamFiles {
    files: Vec<FileFacts>,
    /// Files of superseded positions.
    superseded: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// Size of the ledger up to which all records are in the files.
    covered: u64,
    next_file: u64,
    streams: BTreeMap<String, StreamFiles>,
}

/// What one stream has on disk.
#[derive(Clone, Default)]
struct Shelf {
    files: Vec<Arc<DataFile>>,
    superseded: Vec<String>,
}

/// Rows on their way to the disk, with the size of the ledger that they complete.
#[derive(Default)]
pub(super) struct Load {
    /// One for each of [`STREAMS`].
    pub(super) tails: Vec<Tail>,
    /// Positions superseded since the load before, for each of [`STREAMS`].
    pub(super) superseded: Vec<Vec<u64>>,
    pub(super) covered: u64,
}

#[derive(Default)]
struct State {
    shelves: Vec<Shelf>,
    covered: u64,
    next_file: u64,
    /// At most one: whoever brings the next one waits, so that memory stays bounded.
    loads: VecDeque<Arc<Load>>,
    /// Whether the thread has nothing to do.
    is_idle: bool,
    is_stopping: bool,
    failure: Option<Arc<str>>,
}

/// How often a directory is opened to be read while a writer changes it.
const ATTEMPTS_TO_READ: u32 = 20;
const BETWEEN_ATTEMPTS: std::time::Duration = std::time::Duration::from_millis(50);

fn read_manifest(dir: &Path) -> Result<Manifest, HistoryError> {
    let path = dir.join(MANIFEST);
    let manifest: Manifest = files::read_manifest(&path, &MANIFEST_KIND)?.unwrap_or_default();
    match manifest.streams.keys().find(|name| streams::stream(name).is_none()) {
        Some(unknown) => {
            Err(FileError::damaged(&path, format!("it names an unknown stream, {unknown:?}")).into())
        }
        None => Ok(manifest),
    }
}

/// Links the files that a manifest names into a directory of our own, which is returned.
fn linked(dir: &Path, links: &Path, manifest: &Manifest) -> Result<PathBuf, HistoryError> {
    for stream in manifest.streams.values() {
        let names = stream.files.iter().map(|file| &file.name).chain(&stream.superseded);
        for name in names {
            let link = links.join(name);
            match fs::hard_link(dir.join(name), &link) {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                    return Err(FileError::io("link", &link)(error).into());
                }
                _ => {}
            }
        }
    }
    Ok(fs::canonicalize(links).map_err(FileError::io("open", links))?)
}

struct Shared {
    dir: PathBuf,
    /// Files of at most this many rows are joined with others.
    small_rows: u64,
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    /// What a manifest names in a directory, with the positions superseded in each of [`STREAMS`].
    fn of(
        dir: PathBuf,
        mut manifest: Manifest,
        small_rows: u64,
    ) -> Result<(Arc<Self>, Vec<Vec<u64>>), HistoryError> {
        let mut superseded = Vec::new();
        let mut state =
            State { covered: manifest.covered, next_file: manifest.next_file, ..State::default() };
        for stream in STREAMS {
            let own = manifest.streams.remove(stream.name).unwrap_or_default();
            let files = own.files.into_iter().map(|facts| DataFile::open(&dir, facts).map(Arc::new));
            let files = files.collect::<Result<_, _>>()?;
            let mut positions = Vec::new();
            for name in &own.superseded {
                positions.extend(superseded::read(&dir.join(name))?);
            }
            state.shelves.push(Shelf { files, superseded: own.superseded });
            superseded.push(positions);
        }
        let shared = Self { dir, small_rows, state: Mutex::new(state), changed: Condvar::new() };
        Ok((Arc::new(shared), superseded))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panicked has left the state whole: each change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        loop {
            let mut state = self.state();
            let load = loop {
                if state.is_stopping || state.failure.is_some() {
                    return;
                }
                if let Some(load) = state.loads.front() {
                    break load.clone();
                }
                state.is_idle = true;
                self.changed.notify_all();
                state = self.wait(state);
            };
            state.is_idle = false;
            drop(state);
            if let Err(error) = self.unload(&load).and_then(|()| self.join_small_files()) {
                self.state().failure = Some(error.to_string().into());
                self.changed.notify_all();
            }
        }
    }

    fn next_name(&self, stream: &StreamSpec, extension: &str) -> String {
        let mut state = self.state();
        state.next_file += 1;
        format!("{}-{:08}.{extension}", stream.name, state.next_file)
    }

    /// Makes rows durable, and the manifest say so.
    fn unload(&self, load: &Load) -> Result<(), HistoryError> {
        let mut shelves = self.state().shelves.clone();
        for (index, stream) in STREAMS.iter().enumerate() {
            let Some(shelf) = shelves.get_mut(index) else { continue };
            if let Some(tail) = load.tails.get(index).filter(|tail| tail.rows() > 0) {
                let name = self.next_name(stream, "parquet");
                shelf.files.push(Arc::new(data_file::write(&self.dir, name, stream, &tail.batches())?));
            }
            if let Some(positions) = load.superseded.get(index).filter(|positions| !positions.is_empty()) {
                self.add_superseded(stream, shelf, positions)?;
            }
        }
        self.publish(shelves, Some(load.covered))
    }

    fn add_superseded(
        &self,
        stream: &StreamSpec,
        shelf: &mut Shelf,
        positions: &[u64],
    ) -> Result<(), HistoryError> {
        let mut positions = positions.to_vec();
        if shelf.superseded.len() + 1 >= SUPERSEDED_JOINED {
            for name in shelf.superseded.drain(..) {
                positions.extend(superseded::read(&self.dir.join(name))?);
            }
            positions.sort_unstable();
            positions.dedup();
        }
        let name = self.next_name(stream, "superseded");
        superseded::write(&self.dir.join(&name), &positions)?;
        shelf.superseded.push(name);
        Ok(())
    }

    /// Writes the manifest and then shows what it says; `unloaded` is the ledger size that the
    /// first load completes, if it is among the shelves now. Only the one thread comes here.
    fn publish(&self, shelves: Vec<Shelf>, unloaded: Option<u64>) -> Result<(), HistoryError> {
        let (next_file, covered) = {
            let state = self.state();
            (state.next_file, unloaded.unwrap_or(state.covered))
        };
        let entry = |(stream, shelf): (&&StreamSpec, &Shelf)| {
            let files = shelf.files.iter().map(|file| file.facts.clone()).collect();
            (stream.name.to_owned(), StreamFiles { files, superseded: shelf.superseded.clone() })
        };
        let manifest =
            Manifest { covered, next_file, streams: STREAMS.iter().zip(&shelves).map(entry).collect() };
        // The names of the new files, before anything relies on them.
        files::sync_dir(&self.dir)?;
        files::write_manifest(&self.dir.join(MANIFEST), &MANIFEST_KIND, &manifest)?;
        let mut state = self.state();
        let before = std::mem::replace(&mut state.shelves, shelves);
        if unloaded.is_some() {
            state.loads.pop_front();
        }
        state.covered = covered;
        for (before, now) in before.iter().zip(&state.shelves) {
            let gone = |file: &&Arc<DataFile>| !now.files.iter().any(|kept| Arc::ptr_eq(kept, file));
            before.files.iter().filter(gone).for_each(|file| file.retire());
            for name in before.superseded.iter().filter(|name| !now.superseded.contains(name)) {
                let path = self.dir.join(name);
                fs::remove_file(&path).map_err(FileError::io("remove", &path))?;
            }
        }
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    fn join_small_files(&self) -> Result<(), HistoryError> {
        for (index, stream) in STREAMS.iter().enumerate() {
            loop {
                let mut shelves = {
                    let state = self.state();
                    if state.is_stopping {
                        return Ok(());
                    }
                    state.shelves.clone()
                };
                let Some(shelf) = shelves.get_mut(index) else { break };
                let Some(small) = self.alike(&shelf.files) else { break };
                let mut batches = Vec::new();
                for file in &small {
                    batches.extend(file.read()?);
                }
                let name = self.next_name(stream, "parquet");
                let joined = Arc::new(data_file::write(&self.dir, name, stream, &batches)?);
                shelf.files.retain(|file| !small.iter().any(|old| Arc::ptr_eq(old, file)));
                shelf.files.push(joined);
                self.publish(shelves, None)?;
            }
        }
        Ok(())
    }

    /// The smallest files of like size, if there are enough of them to join.
    fn alike(&self, files: &[Arc<DataFile>]) -> Option<Vec<Arc<DataFile>>> {
        let tier = |file: &DataFile| file.facts.rows.max(1).ilog(JOINED as u64);
        let small = || files.iter().filter(|file| file.facts.rows <= self.small_rows);
        let alike = |wanted: u32| small().filter(move |file| tier(file) == wanted);
        let full = small().map(|file| tier(file)).filter(|wanted| alike(*wanted).count() >= JOINED).min()?;
        Some(alike(full).take(JOINED).cloned().collect())
    }
}

/// What a query may read of one stream: files, and rows on their way to the disk.
pub(super) struct Shown {
    pub(super) files: Vec<Arc<DataFile>>,
    pub(super) loads: Vec<Arc<Load>>,
}

/// The files of one directory.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Opens the files of a directory, with the positions superseded in each of [`STREAMS`].
    pub(super) fn open(dir: &Path, small_rows: u64) -> Result<(Self, Vec<Vec<u64>>), HistoryError> {
        fs::create_dir_all(dir).map_err(FileError::io("create", dir))?;
        let dir = fs::canonicalize(dir).map_err(FileError::io("open", dir))?;
        let manifest = read_manifest(&dir)?;
        files::remove_strays(&dir, |name| {
            manifest.streams.values().any(|stream| {
                stream.files.iter().any(|file| file.name == name)
                    || stream.superseded.iter().any(|own| own == name)
            })
        })?;
        let (shared, superseded) = Shared::of(dir, manifest, small_rows)?;
        let own = shared.clone();
        let thread = thread::Builder::new()
            .name("history".to_owned())
            .spawn(move || own.work())
            .map_err(FileError::io("start a thread for", &shared.dir))?;
        Ok((Self { shared, thread: Some(thread) }, superseded))
    }

    /// As [`Keeper::open`], for whoever only reads: nothing is written or removed, and nothing can
    /// be put. Files that a writer joins meanwhile stay readable through links of our own in
    /// `links`, where there is such a directory on the same file system.
    pub(super) fn open_to_read(
        dir: &Path,
        links: Option<&Path>,
    ) -> Result<(Self, Vec<Vec<u64>>), HistoryError> {
        let own = fs::canonicalize(dir).map_err(FileError::io("open", dir))?;
        let mut attempts = ATTEMPTS_TO_READ;
        loop {
            attempts -= 1;
            let manifest = read_manifest(&own)?;
            let opened = match links {
                Some(links) => linked(&own, links, &manifest).and_then(|dir| Shared::of(dir, manifest, 0)),
                None => Shared::of(own.clone(), manifest, 0),
            };
            match opened {
                Ok((shared, superseded)) => return Ok((Self { shared, thread: None }, superseded)),
                // A writer joined files between the manifest and them: it names others now.
                Err(error) if attempts == 0 => return Err(error),
                Err(_) => thread::sleep(BETWEEN_ATTEMPTS),
            }
        }
    }

    pub(super) fn covered(&self) -> u64 {
        self.shared.state().covered
    }

    /// The last position of a stream on disk.
    pub(super) fn last_position(&self, stream: usize) -> Option<u64> {
        let state = self.shared.state();
        state.shelves.get(stream)?.files.iter().map(|file| file.facts.last_position).max()
    }

    /// Hands rows over to be written; waits while others are.
    pub(super) fn put(&self, load: Load) -> Result<(), HistoryError> {
        self.settle()?;
        let mut state = self.shared.state();
        state.loads.push_back(Arc::new(load));
        state.is_idle = false;
        drop(state);
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Waits until all that was handed over is durable.
    pub(super) fn settle(&self) -> Result<(), HistoryError> {
        self.wait_until(|state| state.loads.is_empty())
    }

    /// Waits until small files are joined, too.
    pub(super) fn settle_files(&self) -> Result<(), HistoryError> {
        self.wait_until(|state| state.is_idle)
    }

    fn wait_until(&self, is_done: impl Fn(&State) -> bool) -> Result<(), HistoryError> {
        let mut state = self.shared.state();
        loop {
            if let Some(reason) = &state.failure {
                return Err(HistoryError::Stopped { reason: reason.clone() });
            }
            if is_done(&state) {
                return Ok(());
            }
            state = self.shared.wait(state);
        }
    }

    /// What is there of all streams at one moment.
    pub(super) fn show(&self) -> Result<Vec<Shown>, HistoryError> {
        let state = self.shared.state();
        if let Some(reason) = &state.failure {
            return Err(HistoryError::Stopped { reason: reason.clone() });
        }
        let loads: Vec<_> = state.loads.iter().cloned().collect();
        let show = |shelf: &Shelf| Shown { files: shelf.files.clone(), loads: loads.clone() };
        Ok(state.shelves.iter().map(show).collect())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.state().is_stopping = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic in it was printed where it happened and must not become a second one here.
            let _ = thread.join();
        }
    }
}
