//! Parquet files.

use std::path::Path;
use std::sync::Arc;

use query::arrow::array::{Array, ArrayRef, AsArray};
use query::arrow::compute::{cast, filter_record_batch};
use query::arrow::error::ArrowError;
use query::parquet::arrow::ProjectionMask;
use query::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use query::{DataType, Field, RecordBatch, Schema};

use model::fault::{Fault, FaultCode};

use super::SourceSpec;
use super::open::open_seekable;
use super::rows::Origin;
use super::table::{ColumnKind, Consumer, Table, TableColumn, unreadable};
use crate::convert::{Builder, Cell, ColumnType};
use crate::error::ImportError;

/// The names and types of the columns, as SQL sees them.
pub(super) fn columns(path: &Path) -> Result<Vec<(String, DataType)>, ImportError> {
    let file = open_seekable(path).map_err(|error| unreadable(path, error))?;
    let metadata =
        ArrowReaderMetadata::load(&file, Default::default()).map_err(|error| unreadable(path, error))?;
    let fields = metadata.schema().fields();
    Ok(fields.iter().map(|field| (field.name().clone(), plain(field.data_type()))).collect())
}

/// The type in which a column is worked with: texts are `Utf8` however they are stored.
fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::Dictionary(_, values) => plain(values),
        other => other.clone(),
    }
}

pub(super) fn read(table: &Table, path: &Path, consumer: &mut Consumer<'_>) -> Result<(), ImportError> {
    let fault = |error: ArrowError| unreadable(path, error);
    let file = open_seekable(path).map_err(|error| unreadable(path, error))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| unreadable(path, error))?;
    let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut roots = Vec::new();
    for column in &table.columns {
        let root = names.iter().position(|name| *name == column.from).ok_or_else(|| {
            unreadable(path, format!("has no column \"{}\", which the first file has", column.from))
        })?;
        roots.push(root);
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(consumer.options.batch_rows)
        .build()
        .map_err(|error| unreadable(path, error))?;
    let fields: Vec<Field> = table.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let schema = Arc::new(Schema::new(fields));
    let mut row_number = 0u64;
    for stored in reader {
        let stored = stored.map_err(fault)?;
        let rows = stored.num_rows();
        consumer.report.rows += rows as u64;
        let lines: Vec<u64> = (row_number + 1..=row_number + rows as u64).collect();
        row_number += rows as u64;
        let mut faults: Vec<Vec<Fault>> = vec![Vec::new(); rows];
        let arrays = table
            .columns
            .iter()
            .map(|column| array(column, &table.spec, &stored, &mut faults))
            .collect::<Result<Vec<_>, _>>()
            .map_err(fault)?;
        let options = query::arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
        let batch =
            RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options).map_err(fault)?;
        let is_sound: Vec<bool> = faults.iter().map(Vec::is_empty).collect();
        if is_sound.iter().all(|sound| *sound) {
            (consumer.on_batch)(batch, Origin { path, lines: &lines })?;
            continue;
        }
        for (line, faults) in lines.iter().zip(faults) {
            if !faults.is_empty() {
                consumer.refuse(path, *line, faults);
            }
        }
        let kept: Vec<u64> =
            lines.iter().zip(&is_sound).filter(|(_, sound)| **sound).map(|(line, _)| *line).collect();
        let batch = filter_record_batch(&batch, &is_sound.into()).map_err(fault)?;
        (consumer.on_batch)(batch, Origin { path, lines: &kept })?;
    }
    Ok(())
}

fn array(
    column: &TableColumn,
    spec: &SourceSpec,
    stored: &RecordBatch,
    faults: &mut [Vec<Fault>],
) -> Result<ArrayRef, ArrowError> {
    let array = stored
        .column_by_name(&column.from)
        .ok_or_else(|| ArrowError::SchemaError(format!("no column \"{}\"", column.from)))?;
    match &column.kind {
        ColumnKind::Native(data_type) => cast(array, data_type),
        ColumnKind::Converted(column_type) => converted(column, column_type, spec, array, faults),
    }
}

/// A declared column: by way of its text, so that a float with more decimals than were declared
/// is found, not rounded.
fn converted(
    column: &TableColumn,
    column_type: &ColumnType,
    spec: &SourceSpec,
    array: &ArrayRef,
    faults: &mut [Vec<Fault>],
) -> Result<ArrayRef, ArrowError> {
    if *array.data_type() == column_type.data_type() && spec.null_values.iter().all(String::is_empty) {
        return Ok(Arc::clone(array));
    }
    let texts = cast(array, &DataType::Utf8)?;
    let texts = texts.as_string::<i32>();
    let mut builder = Builder::new(column_type);
    for (row, faults) in faults.iter_mut().enumerate() {
        let text = (row < texts.len() && texts.is_valid(row)).then(|| texts.value(row));
        let text = text.map(|text| if spec.trims { text.trim() } else { text });
        let text = text.filter(|text| !spec.null_values.iter().any(|null| null == text));
        let cell = text.map_or(Ok(Cell::Null), |text| column_type.convert(text));
        match cell {
            Ok(cell) => builder.push(&cell),
            Err(what) => {
                builder.push(&Cell::Null);
                faults.push(Fault {
                    pointer: format!("/{}", column.name),
                    code: FaultCode::MalformedValue,
                    detail: format!("The column \"{}\" {what}.", column.name),
                });
            }
        }
    }
    builder.finish()
}
