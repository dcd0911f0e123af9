//! A Parquet file of rows of one stream, in order of their days.
//!
//! How columns are stored was measured on transactions (`examples/history.rs` repeats it): a
//! dictionary pays for codes, days and institutions only; LZ4 takes a third off the rest for
//! little, and nothing off pseudonyms, which look random; statistics are kept where files and
//! row groups are passed over by them, `day` and `position`.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use model::{arrow::schema, spec::StreamSpec, time::Day};
use query::{
    DataType, RecordBatch, SchemaRef,
    arrow::{
        array::{AsArray, PrimitiveArray},
        compute::interleave_record_batch,
        datatypes::{ArrowPrimitiveType, Date32Type, UInt64Type},
        error::ArrowError,
    },
    parquet::{
        arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
        basic::Compression,
        errors::ParquetError,
        file::properties::{EnabledStatistics, WriterProperties},
        schema::types::ColumnPath,
    },
};
use serde::{Deserialize, Serialize};

use super::HistoryError;
use crate::files::{self, FileError};

/// Rows of a row group.
const GROUP_ROWS: usize = 1 << 16;
/// Runs of rows of one day are written as they stand when they have this many rows on average;
/// shorter ones cost more than putting row by row in order.
const SLICE_ROWS: usize = 32;
/// Rows that are put in order at once.
const SORTED_ROWS: usize = 1 << 13;

/// What the manifest says about a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileFacts {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) crc32: u32,
    pub(super) rows: u64,
    pub(super) first_day: Day,
    pub(super) last_day: Day,
    pub(super) first_position: u64,
    pub(super) last_position: u64,
}

/// A file, removed when it is superfluous and no query reads it any more.
#[derive(Debug)]
pub(super) struct DataFile {
    pub(super) facts: FileFacts,
    pub(super) path: PathBuf,
    superfluous: AtomicBool,
}

impl DataFile {
    /// A file that the manifest names; it must have the size that it had.
    ///
    /// # Errors
    /// [`FileError`].
    pub(super) fn open(dir: &Path, facts: FileFacts) -> Result<Self, FileError> {
        let path = dir.join(&facts.name);
        let bytes = fs::metadata(&path).map_err(FileError::io("open", &path))?.len();
        if bytes != facts.bytes {
            let what = format!("it has {bytes} bytes, {} were written", facts.bytes);
            return Err(FileError::damaged(&path, what));
        }
        Ok(Self { facts, path, superfluous: AtomicBool::new(false) })
    }

    /// Compares the file with the checksum of what was written.
    ///
    /// # Errors
    /// [`FileError`].
    pub(super) fn verify(&self) -> Result<(), FileError> {
        let mut file = File::open(&self.path).map_err(FileError::io("open", &self.path))?;
        let mut hashed = Hashed { to: io::sink(), crc: crc32fast::Hasher::new(), bytes: 0 };
        io::copy(&mut file, &mut hashed).map_err(FileError::io("read", &self.path))?;
        if (hashed.bytes, hashed.crc.finalize()) != (self.facts.bytes, self.facts.crc32) {
            return Err(FileError::damaged(&self.path, "it does not fit its checksum"));
        }
        Ok(())
    }

    /// All rows.
    ///
    /// # Errors
    /// [`HistoryError::File`].
    pub(super) fn read(&self) -> Result<Vec<RecordBatch>, HistoryError> {
        let damaged = |error: &dyn ToString| FileError::damaged(&self.path, error.to_string());
        let file = File::open(&self.path).map_err(FileError::io("open", &self.path))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|builder| builder.with_batch_size(SORTED_ROWS).build())
            .map_err(|error| damaged(&error))?;
        let batches = reader.collect::<Result<_, _>>().map_err(|error| damaged(&error))?;
        Ok(batches)
    }

    /// Lets the file be removed when nobody holds it any more.
    pub(super) fn retire(&self) {
        self.superfluous.store(true, Ordering::Relaxed);
    }
}

impl Drop for DataFile {
    fn drop(&mut self) {
        if self.superfluous.load(Ordering::Relaxed) {
            // If it stays, the next opening removes it: the manifest does not name it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Counts and hashes what passes through.
struct Hashed<W> {
    to: W,
    crc: crc32fast::Hasher,
    bytes: u64,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.crc.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn properties(schema: &SchemaRef) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_compression(Compression::LZ4_RAW);
    for field in schema.fields() {
        let column = || ColumnPath::from(field.name().as_str());
        let is_pruned_by = ["day", "position"].contains(&field.name().as_str());
        if is_pruned_by {
            properties = properties.set_column_statistics_enabled(column(), EnabledStatistics::Chunk);
        }
        properties = match field.data_type() {
            // Their parts have paths of their own; they are few and take the defaults.
            DataType::List(_) => properties,
            DataType::Dictionary(..) | DataType::Date32 => {
                properties.set_column_dictionary_enabled(column(), true)
            }
            DataType::FixedSizeBinary(_) => properties
                .set_column_dictionary_enabled(column(), false)
                .set_column_compression(column(), Compression::UNCOMPRESSED),
            _ => properties.set_column_dictionary_enabled(column(), false),
        };
    }
    properties.build()
}

/// The column of a stream that `model` put in front, by its place.
pub(super) fn added<T: ArrowPrimitiveType>(
    batch: &RecordBatch,
    name: &str,
) -> Result<PrimitiveArray<T>, HistoryError> {
    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<T>());
    column.cloned().ok_or_else(|| HistoryError::Columns(format!("no column {name:?} of its type")))
}

/// Rows of one day that stand together in a batch, in the order in which they are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    day: i32,
    first_position: u64,
    batch: usize,
    start: usize,
    rows: usize,
}

fn runs(batches: &[RecordBatch]) -> Result<Vec<Run>, HistoryError> {
    let mut runs = Vec::new();
    for (batch, rows) in batches.iter().enumerate() {
        let (days, positions) = (added::<Date32Type>(rows, "day")?, added::<UInt64Type>(rows, "position")?);
        let mut start = 0;
        for days in days.values().chunk_by(|before, after| before == after) {
            if let (Some(day), Some(position)) = (days.first(), positions.values().get(start)) {
                runs.push(Run { day: *day, first_position: *position, batch, start, rows: days.len() });
            }
            start += days.len();
        }
    }
    Ok(runs)
}

/// The least and the greatest position.
fn positions(batches: &[RecordBatch]) -> Result<(u64, u64), HistoryError> {
    batches.iter().try_fold((u64::MAX, 0), |(low, high), batch| {
        let positions = added::<UInt64Type>(batch, "position")?;
        let range = |(low, high): (u64, u64), position: &u64| (low.min(*position), high.max(*position));
        Ok(positions.values().iter().fold((low, high), range))
    })
}

/// Batches of the same rows in order of their days.
fn in_order<'a>(
    batches: &'a [RecordBatch],
    mut runs: Vec<Run>,
) -> Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + 'a> {
    if runs.is_sorted() {
        return Box::new(batches.iter().cloned().map(Ok));
    }
    runs.sort_unstable();
    let rows: usize = runs.iter().map(|run| run.rows).sum();
    if rows / runs.len().max(1) >= SLICE_ROWS {
        let slice = |run: Run| batches.get(run.batch).map(|batch| Ok(batch.slice(run.start, run.rows)));
        return Box::new(runs.into_iter().filter_map(slice));
    }
    let sources: Vec<_> = batches.iter().collect();
    let places =
        runs.into_iter().flat_map(|run| (run.start..run.start + run.rows).map(move |row| (run.batch, row)));
    let places: Vec<_> = places.collect();
    let starts = (0..places.len()).step_by(SORTED_ROWS);
    Box::new(starts.map(move |start| {
        let end = places.len().min(start + SORTED_ROWS);
        interleave_record_batch(&sources, places.get(start..end).unwrap_or_default())
    }))
}

/// Writes rows as a file named `name`; there must be some. The name is not durable before its
/// directory is.
///
/// # Errors
/// [`HistoryError`].
pub(super) fn write(
    dir: &Path,
    name: String,
    stream: &'static StreamSpec,
    batches: &[RecordBatch],
) -> Result<DataFile, HistoryError> {
    let path = dir.join(&name);
    let beside = files::beside(&path);
    let failed = |error: ParquetError| FileError::io("write", &beside)(io::Error::other(error));
    let runs = runs(batches)?;
    let days = || runs.iter().map(|run| run.day);
    let (Some(first_day), Some(last_day)) = (days().min(), days().max()) else {
        return Err(HistoryError::Columns("no rows to write".to_owned()));
    };
    let (first_position, last_position) = positions(batches)?;

    let file = File::create(&beside).map_err(FileError::io("create", &beside))?;
    let hashed = Hashed { to: file, crc: crc32fast::Hasher::new(), bytes: 0 };
    let schema = schema(stream);
    let mut writer =
        ArrowWriter::try_new(hashed, schema.clone(), Some(properties(&schema))).map_err(failed)?;
    for batch in in_order(batches, runs) {
        let batch = batch.map_err(|error| HistoryError::Columns(error.to_string()))?;
        writer.write(&batch).map_err(failed)?;
    }
    let hashed = writer.into_inner().map_err(failed)?;
    hashed.to.sync_data().map_err(FileError::io("sync", &beside))?;
    fs::rename(&beside, &path).map_err(FileError::io("rename", &beside))?;
    let facts = FileFacts {
        name,
        bytes: hashed.bytes,
        crc32: hashed.crc.finalize(),
        rows: batches.iter().map(|batch| batch.num_rows() as u64).sum(),
        first_day: Day(first_day),
        last_day: Day(last_day),
        first_position,
        last_position,
    };
    Ok(DataFile { facts, path, superfluous: AtomicBool::new(false) })
}
