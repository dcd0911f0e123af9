//! The history of a data directory for whoever only reads it, also beside a running server.

use std::ops::RangeInclusive;
use std::path::Path;

use model::{spec::StreamSpec, time::Day};
use query::RecordBatch;

use super::{History, HistoryError, HistorySession, Options, keeper::Keeper};

/// The history as it was when it was opened, and rows added in memory alone.
///
/// **Invariant:** nothing in the directory is written, renamed or removed.
pub struct HistoryView(History);

impl HistoryView {
    /// Opens the history in a directory as it is now. A running server may join files and remove
    /// those that were joined; they stay readable through hard links in `links`, an empty directory
    /// on the same file system that the caller removes when it is done.
    ///
    /// # Errors
    /// [`HistoryError::File`] when there is no history, or a file is missing or damaged.
    pub fn open(dir: &Path, links: Option<&Path>) -> Result<Self, HistoryError> {
        let (keeper, superseded) = Keeper::open_to_read(dir, links)?;
        Ok(Self(History::of(keeper, superseded, Options::default())))
    }

    /// Ledger size up to which the files are complete.
    pub fn covered(&self) -> u64 {
        self.0.covered()
    }

    /// Adds rows that the files miss, as [`History::append`] does, in memory.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn append(&mut self, stream: &'static StreamSpec, batch: RecordBatch) -> Result<(), HistoryError> {
        self.0.append(stream, batch)
    }

    /// Hides a row, as [`History::supersede`] does.
    ///
    /// # Errors
    /// [`HistoryError::UnknownStream`].
    pub fn supersede(&mut self, stream: &'static StreamSpec, position: u64) -> Result<(), HistoryError> {
        self.0.supersede(stream, position)
    }

    /// A query session over rows of these days, as [`History::session`] makes it.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn session(
        &self,
        days: Option<RangeInclusive<Day>>,
        options: &query::Options,
    ) -> Result<HistorySession, HistoryError> {
        self.0.session(days, options)
    }
}
