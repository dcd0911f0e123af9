//! The runs on disk and the two threads that tend them: one writes full memtables as runs, one
//! merges runs of like size, so that there are few of them however long the history.
//!
//! The manifest names the runs that count. It is replaced before runs that a merge made
//! superfluous are removed, and after a new run is durable.

use std::{
    collections::VecDeque,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
};

use serde::{Deserialize, Serialize};

use super::{
    SeenError,
    memtable::Memtable,
    run::{Run, RunWriter, merge},
};
use crate::files::{self, FileError};

const MANIFEST: &str = "MANIFEST";
const MANIFEST_KIND: &str = "jianwei seen 1";
/// Full memtables that may wait to be written before whoever fills them must wait too.
const WAITING_MAX: usize = 2;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// Size of the ledger up to which all records are in the runs.
    covered: u64,
    next_run: u64,
    runs: Vec<String>,
}

/// A memtable that will not change, with the size of the ledger that it completes.
pub(super) struct Full {
    pub(super) table: Memtable,
    covered: u64,
}

#[derive(Default)]
struct State {
    runs: Vec<Arc<Run>>,
    waiting: VecDeque<Arc<Full>>,
    covered: u64,
    next_run: u64,
    failure: Option<Arc<str>>,
}

struct Shared {
    dir: PathBuf,
    /// Runs of like size that are merged.
    merge_width: usize,
    state: Mutex<State>,
    changed: Condvar,
    /// Held while the manifest is written, so that `state` is never held over an fsync.
    manifest: Mutex<()>,
    version: AtomicU64,
    stopping: AtomicBool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panicked has left the state whole: each change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn fail(&self, error: &FileError) {
        self.state().failure.get_or_insert_with(|| error.to_string().into());
        self.version.fetch_add(1, Ordering::Release);
        self.changed.notify_all();
    }

    fn next_path(&self) -> PathBuf {
        let mut state = self.state();
        state.next_run += 1;
        self.dir.join(format!("{:08}.run", state.next_run))
    }

    /// Makes a new set of runs count, durably, and then visible.
    fn publish(&self, change: impl Fn(&mut State)) -> Result<(), FileError> {
        let _alone = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = State::default();
        {
            let state = self.state();
            (next.runs, next.covered, next.next_run) = (state.runs.clone(), state.covered, state.next_run);
        }
        change(&mut next);
        let name = |run: &Arc<Run>| run.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let manifest = Manifest {
            covered: next.covered,
            next_run: next.next_run,
            runs: next.runs.iter().map(name).collect(),
        };
        files::write_manifest(&self.dir.join(MANIFEST), MANIFEST_KIND, &manifest)?;
        change(&mut self.state());
        self.version.fetch_add(1, Ordering::Release);
        self.changed.notify_all();
        Ok(())
    }

    /// Writes waiting memtables until told to stop.
    fn write_waiting(&self) {
        loop {
            let mut state = self.state();
            let full = loop {
                if self.is_stopping() || state.failure.is_some() {
                    return;
                }
                match state.waiting.front() {
                    Some(full) => break full.clone(),
                    None => state = self.wait(state),
                }
            };
            drop(state);
            if let Err(error) = self.write(&full) {
                return self.fail(&error);
            }
        }
    }

    fn write(&self, full: &Full) -> Result<(), FileError> {
        let mut written = None;
        if full.table.len() > 0 {
            let mut writer = RunWriter::create(&self.next_path(), full.table.len() as u64)?;
            for entry in full.table.sorted() {
                writer.push(entry)?;
            }
            written = Some(Arc::new(writer.finish()?));
        }
        self.publish(|state| {
            state.runs.extend(written.clone());
            state.covered = full.covered;
            state.waiting.pop_front();
        })
    }

    /// Merges runs until told to stop.
    fn merge_runs(&self) {
        loop {
            let mut state = self.state();
            let runs = loop {
                if self.is_stopping() || state.failure.is_some() {
                    return;
                }
                match self.alike(&state.runs) {
                    Some(runs) => break runs,
                    None => state = self.wait(state),
                }
            };
            drop(state);
            if let Err(error) = self.merge(&runs) {
                return self.fail(&error);
            }
        }
    }

    /// The smallest runs of like size, if there are enough of them to merge.
    fn alike(&self, runs: &[Arc<Run>]) -> Option<Vec<Arc<Run>>> {
        let tier = |run: &Run| run.entries().max(1).ilog(self.merge_width as u64);
        let alike = |wanted: u32| runs.iter().filter(move |run| tier(run) == wanted);
        let tiers = runs.iter().map(|run| tier(run));
        let full = tiers.filter(|wanted| alike(*wanted).count() >= self.merge_width).min()?;
        Some(alike(full).cloned().collect())
    }

    fn merge(&self, runs: &[Arc<Run>]) -> Result<(), FileError> {
        let Some(merged) = merge(runs, &self.next_path(), || self.is_stopping())? else { return Ok(()) };
        let merged = Arc::new(merged);
        self.publish(|state| {
            state.runs.retain(|run| !runs.iter().any(|old| Arc::ptr_eq(old, run)));
            state.runs.push(merged.clone());
        })?;
        runs.iter().try_for_each(|run| run.remove())
    }
}

/// What can be asked: it changes only when [`Shelf::look`] is called.
#[derive(Default)]
pub(super) struct View {
    pub(super) runs: Vec<Arc<Run>>,
    pub(super) waiting: Vec<Arc<Full>>,
    version: u64,
}

/// The runs of one directory.
pub(super) struct Shelf {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Shelf {
    pub(super) fn open(dir: &Path, merge_width: usize) -> Result<Self, SeenError> {
        fs::create_dir_all(dir).map_err(FileError::io("create", dir))?;
        let manifest: Option<Manifest> = files::read_manifest(&dir.join(MANIFEST), MANIFEST_KIND)?;
        let manifest = manifest.unwrap_or(Manifest { covered: 0, next_run: 0, runs: Vec::new() });
        files::remove_strays(dir, |name| manifest.runs.iter().any(|run| run == name))?;
        let runs = manifest.runs.iter().map(|name| Run::open(&dir.join(name)).map(Arc::new));
        let state = State {
            runs: runs.collect::<Result<_, _>>()?,
            covered: manifest.covered,
            next_run: manifest.next_run,
            ..State::default()
        };
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            merge_width: merge_width.max(2),
            state: Mutex::new(state),
            changed: Condvar::new(),
            manifest: Mutex::new(()),
            version: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
        });
        let start = |name: &str, work: fn(&Shared)| {
            let shared = shared.clone();
            thread::Builder::new().name(name.to_owned()).spawn(move || work(&shared))
        };
        let threads = [start("seen-write", Shared::write_waiting), start("seen-merge", Shared::merge_runs)];
        let threads = threads
            .into_iter()
            .collect::<io::Result<_>>()
            .map_err(FileError::io("start threads for", dir))?;
        Ok(Self { shared, threads })
    }

    pub(super) fn covered(&self) -> u64 {
        self.shared.state().covered
    }

    /// Brings a view up to date.
    ///
    /// # Errors
    /// [`SeenError::Stopped`] when one of the threads failed.
    #[inline]
    pub(super) fn look(&self, view: &mut View) -> Result<(), SeenError> {
        if self.shared.version.load(Ordering::Acquire) == view.version {
            return Ok(());
        }
        self.look_again(view)
    }

    fn look_again(&self, view: &mut View) -> Result<(), SeenError> {
        let state = self.shared.state();
        stopped(&state)?;
        view.runs.clone_from(&state.runs);
        view.waiting = state.waiting.iter().cloned().collect();
        view.version = self.shared.version.load(Ordering::Acquire);
        Ok(())
    }

    /// Hands over a memtable to be written; waits while too many do.
    pub(super) fn put(&self, table: Memtable, covered: u64, view: &mut View) -> Result<(), SeenError> {
        let mut state = self.shared.state();
        while state.waiting.len() >= WAITING_MAX {
            stopped(&state)?;
            state = self.shared.wait(state);
        }
        state.waiting.push_back(Arc::new(Full { table, covered }));
        drop(state);
        self.shared.changed.notify_all();
        self.look_again(view)
    }

    /// Waits until all that was handed over is durable.
    pub(super) fn settle(&self) -> Result<(), SeenError> {
        let mut state = self.shared.state();
        while !state.waiting.is_empty() {
            stopped(&state)?;
            state = self.shared.wait(state);
        }
        stopped(&state)
    }

    /// Waits until nothing is left to merge, for tests and measurements.
    pub(super) fn settle_merges(&self) -> Result<(), SeenError> {
        let mut state = self.shared.state();
        while !state.waiting.is_empty() || self.shared.alike(&state.runs).is_some() {
            stopped(&state)?;
            state = self.shared.wait(state);
        }
        stopped(&state)
    }
}

fn stopped(state: &State) -> Result<(), SeenError> {
    match &state.failure {
        Some(reason) => Err(SeenError::Stopped { reason: reason.clone() }),
        None => Ok(()),
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        // The lock makes sure that no thread is between its look at `stopping` and its sleep.
        drop(self.shared.state());
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A panic in it was printed where it happened and must not become a second one here.
            let _ = thread.join();
        }
    }
}
