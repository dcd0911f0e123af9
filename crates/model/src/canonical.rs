//! The canonical form of a record: a deterministic CBOR map from field number to value.
//!
//! Texts are text strings, pseudonyms 16 bytes, codes their numbers, money fen, rates millionths
//! of a per cent, dates days and times microseconds since 1970, lists arrays of maps. A field
//! without a value is left out.

use crate::cbor::{CborError, Reader, Writer};
use crate::columns::{Column, Columns, Values};
use crate::spec::{FieldKind, FieldSpec, Sealing};

/// Writes the value of a row that has one.
#[inline]
pub fn write_value(column: &Column, kind: FieldKind, row: usize, out: &mut Vec<u8>) {
    let mut writer = Writer(out);
    match column.values() {
        Values::Text { .. } => writer.text_bytes(column.text_bytes(row).unwrap_or_default()),
        Values::Long(values) => writer.integer(values.get(row).copied().unwrap_or(0)),
        Values::Date(values) => writer.integer(i64::from(values.get(row).copied().unwrap_or(0))),
        Values::Byte(values) => {
            let value = values.get(row).copied().unwrap_or(0);
            if kind == FieldKind::Flag { writer.flag(value != 0) } else { writer.unsigned(u64::from(value)) }
        }
        Values::Wide(values) => writer.bytes(&values.get(row).copied().unwrap_or(0).to_be_bytes()),
        Values::List { .. } => {
            let Some((items, range)) = column.list(row) else { return };
            writer.array(range.len());
            for item in range {
                write_row(items, item, out);
            }
        }
    }
}

/// Writes the map of all fields of a row.
pub fn write_row(columns: &Columns, row: usize, out: &mut Vec<u8>) {
    write_fields(columns, row, |_| true, out);
}

/// Writes the map of the fields of a row that are sealed in a given way.
pub fn write_sealed(columns: &Columns, row: usize, sealing: Sealing, out: &mut Vec<u8>) {
    write_fields(columns, row, |field| field.sealing == sealing, out);
}

fn write_fields(columns: &Columns, row: usize, wanted: impl Fn(&FieldSpec) -> bool, out: &mut Vec<u8>) {
    let present =
        |(field, column): &(&FieldSpec, &Column)| wanted(field) && column.validity().is_present(row);
    let fields = || columns.fields().iter().zip(columns.columns()).filter(present);
    Writer(out).map(fields().count());
    for (field, column) in fields() {
        Writer(out).unsigned(u64::from(field.number));
        write_value(column, field.kind, row, out);
    }
}

/// Reads one value and appends it to a column.
///
/// # Errors
/// [`CborError`]; the column may then hold a value too many, which `truncate` takes off.
pub fn read_value(reader: &mut Reader<'_>, kind: FieldKind, column: &mut Column) -> Result<(), CborError> {
    let fits = match kind {
        FieldKind::Id | FieldKind::Text(_) | FieldKind::Ip | FieldKind::Institution | FieldKind::Digest => {
            column.push_text(reader.text()?)
        }
        FieldKind::Money { .. } | FieldKind::Percent { .. } | FieldKind::Count | FieldKind::Time => {
            column.push_long(reader.integer()?)
        }
        FieldKind::Date => {
            column.push_date(i32::try_from(reader.integer()?).map_err(|_| CborError::OutOfRange)?)
        }
        FieldKind::Flag => column.push_byte(u8::from(reader.flag()?)),
        FieldKind::Code(list) => {
            let number = u8::try_from(reader.unsigned()?).map_err(|_| CborError::OutOfRange)?;
            if list.item(number).is_none() {
                return Err(CborError::OutOfRange);
            }
            column.push_byte(number)
        }
        FieldKind::Pseudonym(_) => {
            let bytes = <[u8; 16]>::try_from(reader.bytes()?).map_err(|_| CborError::OutOfRange)?;
            column.push_wide(u128::from_be_bytes(bytes))
        }
        FieldKind::List(_) => {
            let count = reader.array()?;
            let items = column.list_items_mut().ok_or(CborError::Unexpected)?;
            for _ in 0..count {
                read_row(reader, items)?;
            }
            column.end_list()
        }
    };
    if fits { Ok(()) } else { Err(CborError::Unexpected) }
}

/// Reads the map of a row and appends the row.
///
/// # Errors
/// [`CborError`], also for a field that the table does not know or keys that do not ascend;
/// `columns` may then hold half a row, which `truncate` takes off.
pub fn read_row(reader: &mut Reader<'_>, columns: &mut Columns) -> Result<(), CborError> {
    read_fields(reader, columns)?;
    columns.end_row();
    Ok(())
}

/// Reads a map of fields into the row that is being written, without ending it.
///
/// # Errors
/// As for [`read_row`].
pub fn read_fields(reader: &mut Reader<'_>, columns: &mut Columns) -> Result<(), CborError> {
    let fields = columns.fields();
    let mut from = 0;
    for _ in 0..reader.map()? {
        let number = reader.unsigned()?;
        let ahead = fields.iter().enumerate().skip(from).find(|(_, f)| u64::from(f.number) == number);
        let (index, field) = ahead.ok_or(CborError::OutOfRange)?;
        from = index + 1;
        let column = columns.column_mut(index).ok_or(CborError::OutOfRange)?;
        read_value(reader, field.kind, column)?;
    }
    Ok(())
}
