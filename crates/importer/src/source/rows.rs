//! Rows of texts become batches of typed columns.

use std::path::Path;
use std::sync::Arc;

use model::fault::{Fault, FaultCode};
use query::arrow::error::ArrowError;
use query::{Field, RecordBatch, Schema, SchemaRef};

use super::SourceSpec;
use crate::convert::{Builder, Cell, ColumnType};

/// Where the rows of a batch came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    /// The file.
    pub(crate) path: &'a Path,
    /// The line, or the number of the row or item, of each row.
    pub(crate) lines: &'a [u64],
}

/// A column that is converted from text.
#[derive(Clone, Debug)]
pub(super) struct TextColumn {
    pub(super) name: String,
    pub(super) column_type: ColumnType,
}

/// Gathers rows until a batch is full.
pub(super) struct RowBatcher<'a> {
    spec: &'a SourceSpec,
    columns: Vec<TextColumn>,
    builders: Vec<Builder>,
    schema: SchemaRef,
    lines: Vec<u64>,
}

impl<'a> RowBatcher<'a> {
    pub(super) fn new(spec: &'a SourceSpec, columns: Vec<TextColumn>) -> Self {
        let builders = columns.iter().map(|column| Builder::new(&column.column_type)).collect();
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| Field::new(&column.name, column.column_type.data_type(), true))
            .collect();
        Self { spec, columns, builders, schema: Arc::new(Schema::new(fields)), lines: Vec::new() }
    }

    pub(super) fn rows(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn lines(&self) -> &[u64] {
        &self.lines
    }

    /// Appends a row; `text` gives the text of a column by its index, `None` when there is no
    /// value, or says what is wrong with it.
    ///
    /// # Errors
    /// What is wrong with its values; then nothing was appended.
    pub(super) fn push<'t>(
        &mut self,
        line: u64,
        text: impl Fn(usize) -> Result<Option<&'t str>, &'static str>,
    ) -> Result<(), Vec<Fault>> {
        let mut cells = Vec::with_capacity(self.columns.len());
        let mut faults = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            match self.cell(column, text(index)) {
                Ok(cell) => cells.push(cell),
                Err(what) => faults.push(Fault {
                    pointer: format!("/{}", column.name),
                    code: FaultCode::MalformedValue,
                    detail: format!("The column \"{}\" {what}.", column.name),
                }),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        for (builder, cell) in self.builders.iter_mut().zip(&cells) {
            builder.push(cell);
        }
        self.lines.push(line);
        Ok(())
    }

    fn cell<'t>(
        &self,
        column: &TextColumn,
        text: Result<Option<&'t str>, &'static str>,
    ) -> Result<Cell<'t>, String> {
        let Some(text) = text.map_err(str::to_owned)? else { return Ok(Cell::Null) };
        let text = if self.spec.trims { text.trim() } else { text };
        if self.spec.null_values.iter().any(|null| null == text) {
            return Ok(Cell::Null);
        }
        column.column_type.convert(text)
    }

    /// The rows so far, and the batcher begins anew; their lines stay until
    /// [`Self::forget_lines`].
    pub(super) fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let arrays = self.builders.iter_mut().map(Builder::finish).collect::<Result<Vec<_>, _>>()?;
        // A table of which no column is used still has rows.
        let options = query::arrow::array::RecordBatchOptions::new().with_row_count(Some(self.lines.len()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
    }

    pub(super) fn forget_lines(&mut self) {
        self.lines.clear();
    }
}
