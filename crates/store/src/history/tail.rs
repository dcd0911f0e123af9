//! The newest rows of a stream, in memory.

use std::{ops::RangeInclusive, sync::Arc};

use model::time::Day;
use query::{
    RecordBatch,
    arrow::{
        array::{ArrayRef, AsArray, DictionaryArray},
        compute::concat_batches,
        datatypes::{Date32Type, UInt8Type, UInt64Type},
    },
};

use super::{HistoryError, data_file::added};

/// Batches of like size that are joined: a filing may hold a single row, and thousands of
/// batches of one row would take more memory than their rows and more time than their query.
const JOINED: usize = 16;
/// Batches of at least `JOINED` to this power are left as they are.
const CLASS_MAX: u32 = 3;

/// Rows of one batch and the days that they are of.
#[derive(Clone, Debug)]
struct Piece {
    batch: RecordBatch,
    first_day: Day,
    last_day: Day,
}

impl Piece {
    fn class(&self) -> u32 {
        self.batch.num_rows().max(1).ilog(JOINED).min(CLASS_MAX)
    }
}

/// The newest rows of a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    pieces: Vec<Piece>,
    rows: usize,
    /// The dictionaries of the first batch: later ones that say the same share them, so that
    /// joining need not compare them.
    dictionaries: Vec<Option<ArrayRef>>,
}

impl Tail {
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a batch and says the last of its positions, none when it has no rows. They must
    /// ascend, and `check` must agree with the first.
    ///
    /// # Errors
    /// [`HistoryError::Columns`] when they do not, or columns are missing.
    pub(super) fn push(
        &mut self,
        batch: RecordBatch,
        check: impl Fn(u64) -> Result<(), HistoryError>,
    ) -> Result<Option<u64>, HistoryError> {
        let positions = added::<UInt64Type>(&batch, "position")?;
        let positions = positions.values();
        let (Some(first), Some(last)) = (positions.first().copied(), positions.last().copied()) else {
            return Ok(None);
        };
        if !positions.is_sorted_by(|before, after| before < after) {
            return Err(HistoryError::Columns("positions do not ascend".to_owned()));
        }
        check(first)?;
        let days = added::<Date32Type>(&batch, "day")?;
        let (low, high) = days
            .values()
            .iter()
            .fold((i32::MAX, i32::MIN), |(low, high), day| (low.min(*day), high.max(*day)));
        let batch = self.share_dictionaries(batch)?;
        self.rows += batch.num_rows();
        self.pieces.push(Piece { batch, first_day: Day(low), last_day: Day(high) });
        self.join()?;
        Ok(Some(last))
    }

    fn share_dictionaries(&mut self, batch: RecordBatch) -> Result<RecordBatch, HistoryError> {
        let codes = |column: &ArrayRef| column.as_dictionary_opt::<UInt8Type>().cloned();
        if self.dictionaries.is_empty() {
            let values =
                batch.columns().iter().map(|column| codes(column).map(|codes| codes.values().clone()));
            self.dictionaries = values.collect();
            return Ok(batch);
        }
        let mut columns = batch.columns().to_vec();
        for (column, known) in columns.iter_mut().zip(&self.dictionaries) {
            if let (Some(own), Some(known)) = (codes(column), known)
                && !Arc::ptr_eq(own.values(), known)
                && own.values() == known
            {
                let shared = DictionaryArray::try_new(own.keys().clone(), known.clone());
                *column = Arc::new(shared.map_err(|error| HistoryError::Columns(error.to_string()))?);
            }
        }
        RecordBatch::try_new(batch.schema(), columns)
            .map_err(|error| HistoryError::Columns(error.to_string()))
    }

    /// Joins the last batches while there are many of like size.
    fn join(&mut self) -> Result<(), HistoryError> {
        while let Some(class) = self.pieces.last().map(Piece::class)
            && class < CLASS_MAX
            && let Some(start) = self.pieces.len().checked_sub(JOINED)
            && let Some(pieces) = self.pieces.get(start..)
            && pieces.iter().all(|piece| piece.class() <= class)
            && let Some(first) = pieces.first()
        {
            let batch = concat_batches(&first.batch.schema(), pieces.iter().map(|piece| &piece.batch));
            let batch = batch.map_err(|error| HistoryError::Columns(error.to_string()))?;
            let first_day = pieces.iter().map(|piece| piece.first_day).min().unwrap_or_default();
            let last_day = pieces.iter().map(|piece| piece.last_day).max().unwrap_or_default();
            self.pieces.truncate(start);
            self.pieces.push(Piece { batch, first_day, last_day });
        }
        Ok(())
    }

    /// All batches.
    pub(super) fn batches(&self) -> Vec<RecordBatch> {
        self.pieces.iter().map(|piece| piece.batch.clone()).collect()
    }

    /// Batches that may hold rows of these days.
    pub(super) fn batches_within(&self, days: &RangeInclusive<Day>) -> Vec<RecordBatch> {
        let within = |piece: &&Piece| piece.first_day <= *days.end() && piece.last_day >= *days.start();
        self.pieces.iter().filter(within).map(|piece| piece.batch.clone()).collect()
    }
}
