//! The tables that a query reads: batches in memory, Parquet files, without the rows that later
//! revisions superseded.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use model::time::Day;

use crate::hidden::Hidden;
use crate::provider::Provider;

/// A Parquet file of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParquetFile {
    /// Its absolute path.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// One table: its columns and where its rows are.
#[derive(Clone, Debug)]
pub struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    files: Vec<ParquetFile>,
    days: Option<RangeInclusive<Day>>,
    hidden: Hidden,
}

impl Table {
    /// A table without rows.
    pub fn new(schema: SchemaRef) -> Self {
        Self { schema, batches: Vec::new(), files: Vec::new(), days: None, hidden: Hidden::default() }
    }

    /// Adds rows in memory.
    #[must_use]
    pub fn with_batches(mut self, batches: impl IntoIterator<Item = RecordBatch>) -> Self {
        self.batches.extend(batches);
        self
    }

    /// Adds rows in files.
    #[must_use]
    pub fn with_files(mut self, files: impl IntoIterator<Item = ParquetFile>) -> Self {
        self.files.extend(files);
        self
    }

    /// Shows only rows whose column `day` lies in a range.
    #[must_use]
    pub fn within_days(mut self, days: RangeInclusive<Day>) -> Self {
        self.days = Some(days);
        self
    }

    /// Hides rows by their column `position`.
    #[must_use]
    pub fn hiding(mut self, hidden: Hidden) -> Self {
        self.hidden = hidden;
        self
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// As the engine takes it.
    ///
    /// # Errors
    /// When a batch or file cannot be one of this table.
    pub(crate) fn into_provider(self, partitions: usize) -> Result<Provider> {
        let provider = Provider::new(self.schema, partitions).with_batches(self.batches)?;
        Ok(provider.with_files(&self.files)?.showing(self.days, self.hidden))
    }
}
