//! The history in columns: every record that the ledger holds, as tables that SQL can read.
//!
//! Rows gather in memory, where queries see them; many are written at once as Parquet files by
//! a thread of its own. A file holds rows of one stream in order of their days; it may span
//! days, and the manifest says which, so that a query opens only files that it needs.
//!
//! ```text
//! MANIFEST                        which files count, and the ledger size that they cover
//! transaction-00000001.parquet    see `data_file`
//! transaction-00000002.superseded see `superseded`
//! ```
//!
//! **Invariant:** the files hold every row below `covered()` once and none from there on.
//!
//! **Invariant:** a query reads a fixed set of files, which stay until the last query on them
//! has ended.
//!
//! Files are checked for their size when opened and for their checksum by [`History::verify`];
//! what a query reads is checked by Parquet's own means only.

mod data_file;
mod keeper;
mod superseded;
mod tail;
mod view;

use std::{
    fs, io,
    ops::{Deref, RangeInclusive},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use model::{
    arrow::schema,
    spec::StreamSpec,
    streams::{STANDING, STREAMS},
    time::Day,
};
use query::{Hidden, ParquetFile, QueryError, RecordBatch, Session, Table};

use crate::files::{self, FileError, OtherVersion};
use data_file::DataFile;
use keeper::{Keeper, Load, Shown};
use tail::Tail;
pub use view::HistoryView;

/// The history cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A query session could not be made.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A batch is not of its stream, or not in order.
    #[error("the rows cannot be appended: {0}")]
    Columns(String),
    /// A stream that the interface standard does not have.
    #[error("there is no stream {0:?}")]
    UnknownStream(String),
    /// Rows were given whose positions are taken.
    #[error("position {first} of stream {stream:?} was given, the next free one is {free}")]
    PositionsGoBack {
        /// The stream.
        stream: &'static str,
        /// First position of the batch.
        first: u64,
        /// The least position that is free.
        free: u64,
    },
    /// The ledger was said to be smaller than the rows that it holds.
    #[error("the ledger was said to hold {ledger_size} entries, a row has position {position}")]
    AheadOfLedger {
        /// Size as it was said.
        ledger_size: u64,
        /// Position of the newest row.
        position: u64,
    },
    /// Writing failed in the background: the history must be opened again.
    #[error("the history stopped: {reason}")]
    Stopped {
        /// What failed first.
        reason: Arc<str>,
    },
}

/// Sizes of a history.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Rows in memory, of all streams together, that are written as files. Twice as many may be
    /// in memory while they are.
    pub tail_rows: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { tail_rows: 1 << 18 }
    }
}

/// All records in columns.
pub struct History {
    keeper: Keeper,
    options: Options,
    /// Rows, and positions superseded, that were not handed over; one for each of [`STREAMS`].
    load: Load,
    /// The least position that is free, for each of [`STREAMS`].
    free: Vec<u64>,
    /// All superseded positions, for each of [`STREAMS`].
    superseded: Vec<Superseded>,
}

/// Positions of one stream, in the form in which queries take them when one has asked.
#[derive(Default)]
struct Superseded {
    positions: Vec<u64>,
    hidden: Mutex<Option<Hidden>>,
}

impl Superseded {
    fn new(positions: Vec<u64>) -> Self {
        Self { positions, hidden: Mutex::default() }
    }

    fn hidden(&self) -> Hidden {
        let mut hidden = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.get_or_insert_with(|| Hidden::new(self.positions.clone())).clone()
    }
}

fn empty_load() -> Load {
    Load {
        tails: STREAMS.iter().map(|_| Tail::default()).collect(),
        superseded: STREAMS.iter().map(|_| Vec::new()).collect(),
        covered: 0,
    }
}

fn index_of(stream: &StreamSpec) -> Result<usize, HistoryError> {
    let index = STREAMS.iter().position(|known| *known == stream);
    index.ok_or_else(|| HistoryError::UnknownStream(stream.name.to_owned()))
}

impl History {
    /// Opens the history in a directory, empty when there is none.
    ///
    /// # Errors
    /// [`HistoryError::File`] when a file is missing, damaged, or of another version
    /// ([`History::rebuild`] helps).
    pub fn open(dir: &Path) -> Result<Self, HistoryError> {
        Self::open_with(dir, Options::default())
    }

    /// As [`History::open`]; one that another version of the program wrote is emptied, to be filled
    /// again from the ledger, and given back as the second.
    ///
    /// # Errors
    /// [`HistoryError::File`] when a file is missing or damaged.
    pub fn open_or_empty(dir: &Path) -> Result<(Self, Option<OtherVersion>), HistoryError> {
        match Self::open(dir) {
            Err(HistoryError::File(FileError::OtherVersion(other))) => {
                files::give_up(&other)?;
                Ok((Self::open(dir)?, Some(other)))
            }
            opened => Ok((opened?, None)),
        }
    }

    /// As [`History::open`], with other sizes.
    ///
    /// # Errors
    /// As [`History::open`].
    pub fn open_with(dir: &Path, options: Options) -> Result<Self, HistoryError> {
        // Four files of a quarter make one that is large enough to stay.
        let (keeper, superseded) = Keeper::open(dir, options.tail_rows as u64 / 4)?;
        Ok(Self::of(keeper, superseded, options))
    }

    fn of(keeper: Keeper, superseded: Vec<Vec<u64>>, options: Options) -> Self {
        let covered = keeper.covered();
        let free = (0..STREAMS.len()).map(|stream| keeper.last_position(stream).map_or(0, |last| last + 1));
        let free = free.map(|free| free.max(covered)).collect();
        let superseded = superseded.into_iter().map(Superseded::new).collect();
        Self { keeper, options, load: empty_load(), free, superseded }
    }

    /// Deletes the history in a directory and opens an empty one.
    ///
    /// # Errors
    /// [`HistoryError::File`].
    pub fn rebuild(dir: &Path) -> Result<Self, HistoryError> {
        match fs::remove_dir_all(dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(FileError::io("remove", dir)(error).into())
            }
            _ => Self::open(dir),
        }
    }

    /// Ledger size up to which the history on disk is complete: after a crash the records from
    /// there on must be appended again.
    pub fn covered(&self) -> u64 {
        self.keeper.covered()
    }

    /// Appends rows of a stream as [`model::arrow::to_batch`] makes them; queries see them at
    /// once. Positions of a stream must ascend, and the ledger must hold them durably.
    ///
    /// # Errors
    /// [`HistoryError`]; then nothing was appended.
    pub fn append(&mut self, stream: &'static StreamSpec, batch: RecordBatch) -> Result<(), HistoryError> {
        let index = index_of(stream)?;
        if batch.schema() != schema(stream) {
            return Err(HistoryError::Columns(format!("they are not columns of stream {:?}", stream.name)));
        }
        let (Some(tail), Some(free)) = (self.load.tails.get_mut(index), self.free.get_mut(index)) else {
            return Err(HistoryError::UnknownStream(stream.name.to_owned()));
        };
        if let Some(last) = tail.push(batch, |first| match first < *free {
            true => Err(HistoryError::PositionsGoBack { stream: stream.name, first, free: *free }),
            false => Ok(()),
        })? {
            *free = last + 1;
        }
        Ok(())
    }

    /// Hides the row at a position of a stream from queries, because a revision took its place.
    /// To be called before [`History::settle`] is told of the revision.
    ///
    /// # Errors
    /// [`HistoryError::UnknownStream`].
    pub fn supersede(&mut self, stream: &'static StreamSpec, position: u64) -> Result<(), HistoryError> {
        let index = index_of(stream)?;
        if let (Some(all), Some(new)) = (self.superseded.get_mut(index), self.load.superseded.get_mut(index))
        {
            all.positions.push(position);
            all.hidden = Mutex::default();
            new.push(position);
        }
        Ok(())
    }

    /// Says that the ledger durably holds `ledger_size` entries and that every record among them
    /// was appended. To be called after each group that was appended: it lets many rows be
    /// written in the background.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn settle(&mut self, ledger_size: u64) -> Result<(), HistoryError> {
        let rows: usize = self.load.tails.iter().map(Tail::rows).sum();
        if rows < self.options.tail_rows { Ok(()) } else { self.hand_over(ledger_size) }
    }

    /// As [`History::settle`], and waits until everything is on disk: then `covered()` is
    /// `ledger_size`.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn flush(&mut self, ledger_size: u64) -> Result<(), HistoryError> {
        if self.keeper.covered() != ledger_size {
            self.hand_over(ledger_size)?;
        }
        self.keeper.settle()
    }

    fn hand_over(&mut self, ledger_size: u64) -> Result<(), HistoryError> {
        let free = self.free.iter().copied().max().unwrap_or(0);
        if free > ledger_size {
            return Err(HistoryError::AheadOfLedger { ledger_size, position: free - 1 });
        }
        let mut load = std::mem::replace(&mut self.load, empty_load());
        load.covered = ledger_size;
        self.free.fill(ledger_size);
        self.keeper.put(load)
    }

    /// Waits until small files are joined.
    ///
    /// # Errors
    /// [`HistoryError::Stopped`].
    pub fn wait_for_files(&mut self) -> Result<(), HistoryError> {
        self.keeper.settle_files()
    }

    /// Every stream as a table of what is there now, under its name: rows of these days (of all
    /// days when `None`, and of streams whose records stand), without superseded ones.
    ///
    /// # Errors
    /// [`HistoryError::Stopped`].
    pub fn tables(&self, days: Option<RangeInclusive<Day>>) -> Result<Tables, HistoryError> {
        let mut tables = Tables { tables: Vec::new(), files: Vec::new() };
        for (index, (stream, shown)) in STREAMS.iter().zip(self.keeper.show()?).enumerate() {
            let days = days.clone().filter(|_| !STANDING.contains(stream));
            let Shown { files, loads } = shown;
            let loads = loads.iter().map(AsRef::as_ref).chain([&self.load]);
            let tails = loads.filter_map(|load| load.tails.get(index));
            let within = |file: &Arc<DataFile>| {
                days.as_ref().is_none_or(|days| {
                    file.facts.first_day <= *days.end() && file.facts.last_day >= *days.start()
                })
            };
            let batches = tails.flat_map(|tail| match &days {
                Some(days) => tail.batches_within(days),
                None => tail.batches(),
            });
            let mut table = Table::new(schema(stream)).with_batches(batches);
            for file in files.into_iter().filter(within) {
                let path = file.path.clone();
                table = table.with_files([ParquetFile { path, bytes: file.facts.bytes }]);
                tables.files.push(file);
            }
            if let Some(days) = &days {
                table = table.within_days(days.clone());
            }
            if let Some(superseded) = self.superseded.get(index).filter(|own| !own.positions.is_empty()) {
                table = table.hiding(superseded.hidden());
            }
            tables.tables.push((stream.name, table));
        }
        Ok(tables)
    }

    /// A query session with [`History::tables`] registered.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn session(
        &self,
        days: Option<RangeInclusive<Day>>,
        options: &query::Options,
    ) -> Result<HistorySession, HistoryError> {
        let tables = self.tables(days)?;
        let session = Session::new(options)?;
        for (name, table) in tables.tables {
            session.register(name, table)?;
        }
        Ok(HistorySession { session, _files: tables.files })
    }

    /// Compares all files with their checksums.
    ///
    /// # Errors
    /// [`HistoryError::File`] of the first one that does not fit.
    pub fn verify(&self) -> Result<(), HistoryError> {
        let shown = self.keeper.show()?;
        Ok(shown.iter().flat_map(|shown| &shown.files).try_for_each(|file| file.verify())?)
    }
}

/// Tables as they were at one moment.
pub struct Tables {
    /// Name and table of every stream.
    pub tables: Vec<(&'static str, Table)>,
    files: Vec<Arc<DataFile>>,
}

impl Tables {
    /// Files that a query on them reads.
    pub fn file_count(&self) -> usize {
        self.files.len()
    }
}

/// A query session that keeps the files which it reads.
pub struct HistorySession {
    session: Session,
    _files: Vec<Arc<DataFile>>,
}

impl Deref for HistorySession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}
