//! Which records were accepted before: the index that finds duplicates and revisions.
//!
//! New entries gather in a table in memory. A full table is written as an immutable run, sorted
//! by id, and runs of like size are merged, both by threads of their own. For each run a filter
//! in memory (10 to 20 bits an entry) answers nearly all questions about ids that it lacks.
//!
//! ```text
//! MANIFEST        which runs count, and the ledger size up to which they are complete
//! 00000001.run    see `run`
//! ```
//!
//! **Invariant:** a run holds only entries that the ledger holds durably, because only
//! [`Seen::settle`] and [`Seen::flush`] let them leave the table in memory.
//!
//! **Invariant:** an id is in one place only: the table, a waiting table or one run.

mod entry;
mod filter;
mod memtable;
mod run;
mod shelf;

use std::{fs, io, path::Path, sync::Arc};

use crate::files::{self, FileError, OtherVersion};
use entry::Entry;
use filter::Probe;
use memtable::Memtable;
use shelf::{Shelf, View};

/// Keys looked up together: so many that their cache misses overlap, so few that what is known
/// about them stays in the nearest cache.
const GROUP: usize = 128;

/// What identifies a record. The hashes must be keyed: with hashes that a filer can foresee he
/// could make two records collide, or all of them fall into one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordKey {
    /// Keyed hash of institution, stream, record id and revision.
    pub id: u128,
    /// The same hash for the revision before, if this is not the first filing of the record.
    pub previous: Option<u128>,
    /// Keyed hash of the canonical record.
    pub content: u64,
}

/// What a record is in the light of those accepted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not seen before; it takes the next position.
    New {
        /// Position of the revision that it replaces.
        supersedes: Option<u64>,
    },
    /// Seen before with the same content.
    Duplicate {
        /// Its position.
        position: u64,
    },
    /// The same id and revision were seen with other content.
    ContentDiffers {
        /// Position of the record that was seen.
        position: u64,
    },
    /// A revision whose predecessor was never accepted.
    RevisionNotNext,
}

/// The index cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum SeenError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A position was given that is already taken.
    #[error("position {first} was given, the next free one is {free}")]
    PositionsGoBack {
        /// First position of the call.
        first: u64,
        /// The least position that is free.
        free: u64,
    },
    /// Entries cannot be taken back after the ledger held them.
    #[error("entries from position {first} on are settled and cannot be taken back")]
    Settled {
        /// Position from which on entries were to be taken back.
        first: u64,
    },
    /// Writing failed in the background: the index must be opened again.
    #[error("the index of seen records stopped: {reason}")]
    Stopped {
        /// What failed first.
        reason: Arc<str>,
    },
}

/// Sizes of an index.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Entries of the table in memory when it is written as a run.
    pub table_entries: usize,
    /// Runs of like size that are merged into one.
    pub merge_width: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { table_entries: 1 << 19, merge_width: 6 }
    }
}

/// The index of accepted records.
pub struct Seen {
    shelf: Shelf,
    view: View,
    table: Memtable,
    /// Size of the ledger as last heard: what it holds stays.
    durable: u64,
    options: Options,
    lookup: Lookup,
}

/// Working memory of a lookup, kept from one group to the next.
#[derive(Default)]
struct Lookup {
    /// The ids of a group, then those of its records' predecessors.
    ids: Vec<u128>,
    probes: Vec<Probe>,
    found: Vec<Option<Entry>>,
    candidates: Vec<u32>,
}

impl Seen {
    /// Opens the index in a directory, empty when there is none.
    ///
    /// # Errors
    /// [`SeenError::File`] when a file is damaged or of another version ([`Seen::rebuild`] helps),
    /// or cannot be read.
    pub fn open(dir: &Path) -> Result<Self, SeenError> {
        Self::open_with(dir, Options::default())
    }

    /// As [`Seen::open`]; one that another version of the program wrote is emptied, to be filled
    /// again from the ledger, and given back as the second.
    ///
    /// # Errors
    /// [`SeenError::File`] when a file is damaged or cannot be read.
    pub fn open_or_empty(dir: &Path) -> Result<(Self, Option<OtherVersion>), SeenError> {
        match Self::open(dir) {
            Err(SeenError::File(FileError::OtherVersion(other))) => {
                files::give_up(&other)?;
                Ok((Self::open(dir)?, Some(other)))
            }
            opened => Ok((opened?, None)),
        }
    }

    /// As [`Seen::open`], with other sizes.
    ///
    /// # Errors
    /// As [`Seen::open`].
    pub fn open_with(dir: &Path, options: Options) -> Result<Self, SeenError> {
        let shelf = Shelf::open(dir, options.merge_width)?;
        let mut view = View::default();
        shelf.look(&mut view)?;
        let table = Memtable::new(options.table_entries);
        let durable = shelf.covered();
        Ok(Self { shelf, view, table, durable, options, lookup: Lookup::default() })
    }

    /// Deletes the index in a directory and opens an empty one.
    ///
    /// # Errors
    /// [`SeenError::File`].
    pub fn rebuild(dir: &Path) -> Result<Self, SeenError> {
        match fs::remove_dir_all(dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(FileError::io("remove", dir)(error).into())
            }
            _ => Self::open(dir),
        }
    }

    /// Ledger size up to which the index on disk is complete: after a crash the records from
    /// there on must be admitted again.
    pub fn covered(&self) -> u64 {
        self.shelf.covered()
    }

    /// Judges records in order. Those that are new take consecutive positions from
    /// `first_position` on and are seen by later keys of the same call. `verdicts` is emptied
    /// and then holds one verdict for each key.
    ///
    /// What was admitted is held in memory until [`Seen::settle`]; when the ledger does not take
    /// it, [`Seen::undo`] takes it back.
    ///
    /// # Errors
    /// [`SeenError`]; then nothing was admitted.
    pub fn admit(
        &mut self,
        keys: &[RecordKey],
        first_position: u64,
        verdicts: &mut Vec<Verdict>,
    ) -> Result<(), SeenError> {
        verdicts.clear();
        let free = self.table.entries().last().map_or(0, |last| last.position + 1).max(self.durable);
        if first_position < free {
            return Err(SeenError::PositionsGoBack { first: first_position, free });
        }
        self.shelf.look(&mut self.view)?;
        let before = self.table.len();
        let mut next = first_position;
        for group in keys.chunks(GROUP) {
            if let Err(error) = self.look_up(group) {
                self.table.truncate(before);
                verdicts.clear();
                return Err(error);
            }
            self.judge(group, &mut next, verdicts);
        }
        Ok(())
    }

    /// Says what [`Seen::admit`] would say and admits nothing.
    ///
    /// # Errors
    /// As [`Seen::admit`].
    pub fn check(
        &mut self,
        keys: &[RecordKey],
        first_position: u64,
        verdicts: &mut Vec<Verdict>,
    ) -> Result<(), SeenError> {
        let before = self.table.len();
        self.admit(keys, first_position, verdicts)?;
        self.table.truncate(before);
        Ok(())
    }

    /// Takes back what was admitted at `first_position` and after it, because the ledger did not
    /// take it or because a filing is all or none.
    ///
    /// # Errors
    /// [`SeenError::Settled`] when the ledger has it already.
    pub fn undo(&mut self, first_position: u64) -> Result<(), SeenError> {
        if first_position < self.durable {
            return Err(SeenError::Settled { first: first_position });
        }
        let kept = self.table.entries().partition_point(|entry| entry.position < first_position);
        self.table.truncate(kept);
        Ok(())
    }

    /// Says that the ledger durably holds `ledger_size` entries and that every record among them
    /// was admitted. To be called after each group that the ledger appended: it lets a full
    /// table be written in the background. Records admitted at later positions stay in memory.
    ///
    /// # Errors
    /// [`SeenError::Stopped`].
    pub fn settle(&mut self, ledger_size: u64) -> Result<(), SeenError> {
        self.durable = self.durable.max(ledger_size);
        if self.table.len() < self.options.table_entries { Ok(()) } else { self.hand_over() }
    }

    /// As [`Seen::settle`], and waits until everything is on disk: then `covered()` is
    /// `ledger_size`.
    ///
    /// # Errors
    /// [`SeenError::Stopped`].
    pub fn flush(&mut self, ledger_size: u64) -> Result<(), SeenError> {
        self.durable = self.durable.max(ledger_size);
        if self.shelf.covered() != self.durable {
            self.hand_over()?;
        }
        self.shelf.settle()
    }

    /// Waits until no runs are left to be merged.
    ///
    /// # Errors
    /// [`SeenError::Stopped`].
    pub fn wait_for_merges(&mut self) -> Result<(), SeenError> {
        self.shelf.settle_merges()
    }

    /// The position of the record with an id.
    ///
    /// # Errors
    /// [`SeenError`].
    pub fn position(&mut self, id: u128) -> Result<Option<u64>, SeenError> {
        self.shelf.look(&mut self.view)?;
        self.look_up(&[RecordKey { id, previous: None, content: 0 }])?;
        let older = self.lookup.found.first().copied().flatten();
        Ok(self.table.find(id).or(older).map(|entry| entry.position))
    }

    fn hand_over(&mut self) -> Result<(), SeenError> {
        let rest = self.table.split_off(self.durable, self.options.table_entries);
        let full = std::mem::replace(&mut self.table, rest);
        self.shelf.put(full, self.durable, &mut self.view)
    }

    /// Finds the ids of a group and their predecessors outside the table. Each step runs over
    /// the whole group, so that the processor fetches memory for many ids at once.
    fn look_up(&mut self, group: &[RecordKey]) -> Result<(), SeenError> {
        let Lookup { ids, probes, found, candidates } = &mut self.lookup;
        ids.clear();
        ids.extend(group.iter().map(|key| key.id));
        ids.extend(group.iter().filter_map(|key| key.previous));
        found.clear();
        // Whether they are in the table is asked when they are judged.
        self.table.touch(ids);
        found.resize(ids.len(), None);
        for full in &self.view.waiting {
            full.table.touch(ids);
            for (id, found) in ids.iter().zip(found.iter_mut()) {
                *found = found.or_else(|| full.table.find(*id));
            }
        }
        if self.view.runs.is_empty() {
            return Ok(());
        }
        probes.clear();
        probes.extend(ids.iter().map(|id| Probe::new(*id)));
        candidates.resize(ids.len(), 0);
        for run in &self.view.runs {
            run.touch(probes);
            let mut count = 0;
            for (index, probe) in probes.iter().enumerate() {
                if let Some(candidate) = candidates.get_mut(count) {
                    *candidate = index as u32;
                }
                count += usize::from(run.may_hold(probe));
            }
            for index in candidates.iter().take(count) {
                let index = *index as usize;
                if let (Some(found @ None), Some(id)) = (found.get_mut(index), ids.get(index)) {
                    *found = run.find(*id)?;
                }
            }
        }
        Ok(())
    }

    fn judge(&mut self, group: &[RecordKey], next: &mut u64, verdicts: &mut Vec<Verdict>) {
        let (known, mut previous) = self.lookup.found.split_at(group.len());
        for (key, known) in group.iter().zip(known) {
            let mut older = None;
            if key.previous.is_some()
                && let Some((found, rest)) = previous.split_first()
            {
                (older, previous) = (*found, rest);
            }
            let known = known.or_else(|| match key.previous {
                // The common case asks and inserts in one step.
                None => self.table.insert(Entry { id: key.id, position: *next, content: key.content }),
                Some(_) => self.table.find(key.id),
            });
            verdicts.push(match (known, key.previous) {
                (Some(known), _) if known.content == key.content => {
                    Verdict::Duplicate { position: known.position }
                }
                (Some(known), _) => Verdict::ContentDiffers { position: known.position },
                (None, None) => {
                    *next += 1;
                    Verdict::New { supersedes: None }
                }
                (None, Some(id)) => match older.or_else(|| self.table.find(id)) {
                    None => Verdict::RevisionNotNext,
                    Some(older) => {
                        self.table.insert(Entry { id: key.id, position: *next, content: key.content });
                        *next += 1;
                        Verdict::New { supersedes: Some(older.position) }
                    }
                },
            });
        }
    }
}
