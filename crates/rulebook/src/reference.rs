//! Reference tables: figures from outside, as data with their source.

use std::sync::Arc;

use model::arrow::DECIMAL_DIGITS;
use model::money::{AMOUNT_FEN_MAX, Fen, Percent, parse_scaled};
use model::time::Day;
use query::arrow::array::{ArrayRef, Date32Array, Decimal128Array, Int64Array, StringArray};
use query::{DataType, Field, RecordBatch, Schema, SchemaRef};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::entry::{EntryHash, RawText, Text, check_day, check_text};
use crate::fault::RuleFault;
use crate::source::SourceFile;
use crate::yaml::{Reader, Word};

/// A reference table.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Its name; queries read it as `reference_<name>`.
    pub name: String,
    /// The digest of its rows' file.
    pub hash: EntryHash,
    /// What it holds.
    pub title: Text,
    /// Where the figures come from.
    pub source: Text,
    /// The first day for which it may be used.
    pub known_from: Day,
    /// The last day for which it may be used.
    pub known_to: Day,
    /// Its rows.
    pub rows: RecordBatch,
}

impl Reference {
    /// The name of its table in queries.
    pub fn table_name(&self) -> String {
        format!("reference_{}", self.name)
    }

    /// Its columns.
    pub fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ColumnType {
    Integer,
    Date,
    Money,
    Percent,
    Text,
}

const COLUMN_TYPES: &[(&str, ColumnType)] = &[
    ("integer", ColumnType::Integer),
    ("date", ColumnType::Date),
    ("money", ColumnType::Money),
    ("percent", ColumnType::Percent),
    ("text", ColumnType::Text),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawColumn {
    name: Word,
    r#type: Word,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReference {
    name: Word,
    title: RawText,
    source: RawText,
    known_from: Word,
    known_to: Word,
    columns: Spanned<Vec<RawColumn>>,
}

/// Reads a reference table: its description and its rows.
pub(crate) fn parse(description: &SourceFile, rows: &SourceFile) -> Result<Reference, Vec<RuleFault>> {
    let mut reader = Reader::whole(description);
    let read = reader.read::<RawReference>().and_then(|raw| {
        let stem = description.name().split('.').next().unwrap_or_default();
        if stem != raw.name.value {
            reader
                .fault(&raw.name, format!("the file is named \"{stem}\", the table \"{}\"", raw.name.value));
        }
        let title = check_text(&mut reader, &raw.title, "title");
        let source = check_text(&mut reader, &raw.source, "source");
        let (from, to) = (check_day(&mut reader, &raw.known_from), check_day(&mut reader, &raw.known_to));
        let columns: Option<Vec<(String, ColumnType)>> = raw
            .columns
            .value
            .iter()
            .map(|column| {
                let kind = reader.one_of(&column.r#type, "type of column", COLUMN_TYPES)?;
                Some((column.name.value.clone(), kind))
            })
            .collect();
        Some((raw.name.value, title?, source?, from?, to?, columns?))
    });
    let Some((name, title, source, known_from, known_to, columns)) = read else { return Err(reader.faults) };
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    let batch = read_rows(rows, &columns)?;
    Ok(Reference { name, hash: rows.hash(), title, source, known_from, known_to, rows: batch })
}

/// The lines of a CSV file without quotes, each with where its cells begin.
fn read_rows(file: &SourceFile, columns: &[(String, ColumnType)]) -> Result<RecordBatch, Vec<RuleFault>> {
    let mut faults = Vec::new();
    let mut cells: Vec<Vec<(usize, &str)>> = vec![Vec::new(); columns.len()];
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let mut at = 0;
    for (number, line) in file.text.split_inclusive('\n').enumerate() {
        let start = at;
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let span = Some(start..start + line.len());
        let parts: Vec<&str> = line.split(',').collect();
        if number == 0 {
            if parts != names {
                let message = format!("the first line must be: {}", names.join(","));
                faults.push(RuleFault::new(file, span, message));
                break;
            }
        } else if parts.len() != columns.len() {
            let message = format!("the line has {} cells, not {}", parts.len(), columns.len());
            faults.push(RuleFault::new(file, span, message));
        } else {
            let mut cell_at = start;
            for (column, part) in cells.iter_mut().zip(parts) {
                column.push((cell_at, part));
                cell_at += part.len() + 1;
            }
        }
    }
    let mut arrays = Vec::new();
    let mut fields = Vec::new();
    for ((name, kind), column) in columns.iter().zip(&cells) {
        let (data_type, array) = read_column(file, *kind, column, &mut faults);
        fields.push(Field::new(name, data_type, true));
        arrays.push(array);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|error| vec![RuleFault::new(file, None, error.to_string())])
}

fn read_column(
    file: &SourceFile,
    kind: ColumnType,
    cells: &[(usize, &str)],
    faults: &mut Vec<RuleFault>,
) -> (DataType, ArrayRef) {
    // An empty cell is NULL: a figure that is not known.
    let mut long = |wanted: &str, read: &dyn Fn(&str) -> Option<i64>| -> Vec<Option<i64>> {
        cells
            .iter()
            .map(|(at, cell)| {
                let value = (!cell.is_empty()).then(|| read(cell))?;
                if value.is_none() {
                    let message = format!("\"{cell}\" is not {wanted}");
                    faults.push(RuleFault::new(file, Some(*at..at + cell.len()), message));
                }
                value
            })
            .collect()
    };
    let decimals = |values: Vec<Option<i64>>, scale: i8| -> (DataType, ArrayRef) {
        let data_type = DataType::Decimal128(DECIMAL_DIGITS, scale);
        let wide: Decimal128Array = values.into_iter().map(|value| value.map(i128::from)).collect();
        (data_type.clone(), Arc::new(wide.with_data_type(data_type)))
    };
    match kind {
        ColumnType::Integer => {
            let values = long("a whole number", &|cell| cell.parse().ok());
            (DataType::Int64, Arc::new(Int64Array::from(values)))
        }
        ColumnType::Date => {
            let values = long("a date", &|cell| Day::parse(cell).ok().map(|day| i64::from(day.0)));
            let days = values.into_iter().map(|value| value.and_then(|value| i32::try_from(value).ok()));
            (DataType::Date32, Arc::new(days.collect::<Date32Array>()))
        }
        ColumnType::Money => {
            let read = |cell: &str| parse_scaled(cell, Fen::DECIMALS, AMOUNT_FEN_MAX).ok();
            decimals(long("an amount in yuan", &read), 2)
        }
        ColumnType::Percent => {
            let read = |cell: &str| parse_scaled(cell, Percent::DECIMALS, Percent::MAX).ok();
            decimals(long("a rate in per cent", &read), 6)
        }
        ColumnType::Text => {
            let texts: StringArray =
                cells.iter().map(|(_, cell)| (!cell.is_empty()).then_some(*cell)).collect();
            (DataType::Utf8, Arc::new(texts))
        }
    }
}
