//! CSV files (RFC 4180, with any delimiter).

use std::io::{BufRead, Read};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Trim};
use model::fault::{Fault, FaultCode};
use model::read::LINE_BYTES_MAX;

use super::SourceSpec;
use super::open::open_text;
use super::rows::{Origin, RowBatcher};
use super::table::{Consumer, Table, unreadable};
use crate::error::ImportError;

fn reader(path: &Path, spec: &SourceSpec) -> Result<csv::Reader<Box<dyn BufRead + Send>>, ImportError> {
    let text = open_text(path, spec.encoding).map_err(|error| unreadable(path, error))?;
    // Rows of another length are refused one by one, not the file for them.
    Ok(ReaderBuilder::new()
        .delimiter(spec.delimiter)
        .quote(spec.quote)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::None)
        .from_reader(text))
}

/// The names of the columns. Spaces around them are left out: some programs write them.
pub(super) fn header(path: &Path, spec: &SourceSpec) -> Result<Vec<String>, ImportError> {
    next_header(&mut reader(path, spec)?, path, spec)
}

fn next_header<R: Read>(
    reader: &mut csv::Reader<R>,
    path: &Path,
    spec: &SourceSpec,
) -> Result<Vec<String>, ImportError> {
    if !spec.has_header {
        return Ok(spec.names.clone());
    }
    let mut record = ByteRecord::new();
    if !reader.read_byte_record(&mut record).map_err(|error| unreadable(path, error))? {
        return Err(unreadable(path, "is empty; a header with the names of the columns was wanted"));
    }
    let mut names: Vec<String> = Vec::with_capacity(record.len());
    for (index, name) in record.iter().enumerate() {
        let name = std::str::from_utf8(name)
            .map_err(|_| {
                unreadable(path, "the header is not UTF-8; write `encoding: gb18030` if it is that")
            })?
            .trim();
        if name.is_empty() {
            // A table of a statistics program numbers its rows in a column without a name.
            names.push(format!("column_{}", index + 1));
        } else if names.iter().any(|other| other == name) {
            return Err(unreadable(path, format!("the header has the column \"{name}\" twice")));
        } else {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

pub(super) fn read(table: &Table, path: &Path, consumer: &mut Consumer<'_>) -> Result<(), ImportError> {
    let mut reader = reader(path, &table.spec)?;
    let header = next_header(&mut reader, path, &table.spec)?;
    let places = table
        .columns
        .iter()
        .map(|column| {
            header.iter().position(|name| *name == column.from).ok_or_else(|| {
                unreadable(path, format!("has no column \"{}\", which the first file has", column.from))
            })
        })
        .collect::<Result<Vec<usize>, _>>()?;
    let mut batcher = RowBatcher::new(&table.spec, table.columns.iter().map(|c| c.as_text()).collect());
    let mut record = ByteRecord::new();
    loop {
        let is_row = reader.read_byte_record(&mut record).map_err(|error| unreadable(path, error))?;
        if batcher.rows() >= consumer.options.batch_rows || (!is_row && batcher.rows() > 0) {
            flush(&mut batcher, path, consumer)?;
        }
        if !is_row {
            return Ok(());
        }
        let line = record.position().map_or(0, csv::Position::line);
        consumer.report.rows += 1;
        if let Err(faults) = push(&mut batcher, &record, line, &places, header.len()) {
            consumer.refuse(path, line, faults);
        }
    }
}

fn push(
    batcher: &mut RowBatcher<'_>,
    record: &ByteRecord,
    line: u64,
    places: &[usize],
    width: usize,
) -> Result<(), Vec<Fault>> {
    if record.as_slice().len() > LINE_BYTES_MAX {
        let detail = "The row is longer than 1 MiB; a quotation mark is probably not closed.".to_owned();
        return Err(vec![Fault::whole(FaultCode::LineTooLong, detail)]);
    }
    if record.len() != width {
        let detail = format!("The row has {} columns, the header {width}.", record.len());
        return Err(vec![Fault::whole(FaultCode::MalformedValue, detail)]);
    }
    batcher.push(line, |index| {
        let bytes = places.get(index).and_then(|place| record.get(*place)).unwrap_or_default();
        std::str::from_utf8(bytes).map(Some).map_err(|_| "is not UTF-8")
    })
}

pub(super) fn flush(
    batcher: &mut RowBatcher<'_>,
    path: &Path,
    consumer: &mut Consumer<'_>,
) -> Result<(), ImportError> {
    let batch = batcher.take().map_err(|error| unreadable(path, error))?;
    (consumer.on_batch)(batch, Origin { path, lines: batcher.lines() })?;
    batcher.forget_lines();
    Ok(())
}
