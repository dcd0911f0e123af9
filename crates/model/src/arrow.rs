//! Records as Arrow batches: the shape in which rules, indicators and history see them.
//!
//! Money is `Decimal128(20, 2)` in yuan, rates `Decimal128(20, 6)` in per cent, counts `Int64`,
//! dates `Date32`, times `Timestamp(µs, +08:00)`, codes `Dictionary(UInt8, Utf8)`, flags
//! `Boolean`, pseudonyms `FixedSizeBinary(16)`, texts `Utf8`, lists `List(Struct)`.
//! Three columns are added in front: `institution`, `day` (the civil date of the event) and
//! `position` (the record's index in the ledger).

use std::sync::{Arc, LazyLock};

use arrow_array::builder::StringBuilder;
use arrow_array::types::UInt8Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray, Int32Array,
    Int64Array, ListArray, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray, UInt8Array,
    UInt64Array,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

use crate::columns::{Column, Columns, Validity, Values};
use crate::spec::{CodeList, FieldKind, FieldSpec, Sealing, StreamSpec};
use crate::streams::STREAMS;
use crate::time::{Day, Time};

/// Digits of money and rate columns.
pub const DECIMAL_DIGITS: u8 = 20;
/// The time zone of time columns.
pub const TIME_ZONE: &str = "+08:00";
/// Columns that stand before those of the stream.
pub const ADDED_COLUMNS: usize = 3;

/// The Arrow type of a field.
pub fn data_type(kind: FieldKind) -> DataType {
    match kind {
        FieldKind::Id | FieldKind::Text(_) | FieldKind::Ip | FieldKind::Institution | FieldKind::Digest => {
            DataType::Utf8
        }
        FieldKind::Code(_) => dictionary(DataType::UInt8),
        FieldKind::Money { .. } => DataType::Decimal128(DECIMAL_DIGITS, 2),
        FieldKind::Percent { .. } => DataType::Decimal128(DECIMAL_DIGITS, 6),
        FieldKind::Count => DataType::Int64,
        FieldKind::Date => DataType::Date32,
        FieldKind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some(TIME_ZONE.into())),
        FieldKind::Flag => DataType::Boolean,
        FieldKind::Pseudonym(_) => DataType::FixedSizeBinary(16),
        FieldKind::List(fields) => DataType::List(Arc::new(Field::new("item", item_type(fields), false))),
    }
}

fn dictionary(keys: DataType) -> DataType {
    DataType::Dictionary(Box::new(keys), Box::new(DataType::Utf8))
}

fn item_type(fields: &'static [FieldSpec]) -> DataType {
    DataType::Struct(arrow_fields(fields))
}

/// What may be absent: what need not be filed, and what is lost when a person's key is erased.
fn may_be_null(field: &FieldSpec) -> bool {
    !field.required || field.sealing == Sealing::Committed
}

fn arrow_fields(fields: &'static [FieldSpec]) -> Fields {
    let field = |field: &FieldSpec| Field::new(field.name, data_type(field.kind), may_be_null(field));
    fields.iter().map(field).collect()
}

/// The Arrow schema of a stream, the three added columns first.
pub fn schema(stream: &'static StreamSpec) -> SchemaRef {
    static SCHEMAS: LazyLock<Vec<SchemaRef>> =
        LazyLock::new(|| STREAMS.iter().map(|s| build_schema(s)).collect());
    let known = STREAMS.iter().position(|other| *other == stream);
    known.and_then(|index| SCHEMAS.get(index)).cloned().unwrap_or_else(|| build_schema(stream))
}

fn build_schema(stream: &'static StreamSpec) -> SchemaRef {
    let added = [
        Field::new("institution", dictionary(DataType::Int32), false),
        Field::new("day", DataType::Date32, false),
        Field::new("position", DataType::UInt64, false),
    ];
    let own = arrow_fields(stream.fields);
    let fields = added.into_iter().map(Arc::new).chain(own.iter().cloned());
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

/// The civil date of a row's event.
pub fn event_day(stream: &'static StreamSpec, columns: &Columns, row: usize) -> Day {
    let column = columns.column(stream.event_time);
    let time = column.and_then(|column| column.long(row)).map(|micros| Time(micros).day());
    time.or_else(|| column.and_then(|column| column.date(row)).map(Day)).unwrap_or_default()
}

/// As [`event_day`], for all rows.
fn event_days(stream: &'static StreamSpec, columns: &Columns) -> Vec<i32> {
    match columns.column(stream.event_time) {
        Some(Column { values: Values::Long(times), validity }) if validity.absent_count() == 0 => {
            times.iter().map(|micros| Time(*micros).day().0).collect()
        }
        Some(Column { values: Values::Date(days), validity }) if validity.absent_count() == 0 => days.clone(),
        _ => (0..columns.len()).map(|row| event_day(stream, columns, row).0).collect(),
    }
}

/// All rows as one batch; `positions` are their indices in the ledger.
///
/// # Errors
/// An [`ArrowError`] when the columns do not fit the stream or each other.
pub fn to_batch(
    stream: &'static StreamSpec,
    institution: &str,
    columns: Columns,
    positions: Vec<u64>,
) -> Result<RecordBatch, ArrowError> {
    let rows = columns.len();
    let days = event_days(stream, &columns);
    let institutions = DictionaryArray::try_new(
        Int32Array::from(vec![0; rows]),
        Arc::new(StringArray::from(vec![institution])),
    )?;
    let mut arrays: Vec<ArrayRef> = vec![
        Arc::new(institutions),
        Arc::new(Date32Array::from(days)),
        Arc::new(UInt64Array::from(positions)),
    ];
    for (field, column) in stream.fields.iter().zip(columns.into_columns()) {
        arrays.push(to_array(field.kind, column, rows)?);
    }
    RecordBatch::try_new(schema(stream), arrays)
}

fn nulls(validity: Validity, rows: usize) -> Option<NullBuffer> {
    (validity.absent_count() > 0)
        .then(|| NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(validity.words), 0, rows)))
}

fn decimals(values: Vec<i64>, nulls: Option<NullBuffer>, scale: i8) -> Result<ArrayRef, ArrowError> {
    let wide: Vec<i128> = values.into_iter().map(i128::from).collect();
    let array = Decimal128Array::new(wide.into(), nulls).with_precision_and_scale(DECIMAL_DIGITS, scale)?;
    Ok(Arc::new(array))
}

fn to_array(kind: FieldKind, column: Column, rows: usize) -> Result<ArrayRef, ArrowError> {
    let nulls = nulls(column.validity, rows);
    Ok(match (kind, column.values) {
        (_, Values::Text { offsets, bytes }) => {
            let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
            Arc::new(StringArray::try_new(offsets, Buffer::from_vec(bytes), nulls)?)
        }
        (FieldKind::Money { .. }, Values::Long(values)) => decimals(values, nulls, 2)?,
        (FieldKind::Percent { .. }, Values::Long(values)) => decimals(values, nulls, 6)?,
        (FieldKind::Time, Values::Long(values)) => {
            Arc::new(TimestampMicrosecondArray::new(values.into(), nulls).with_timezone(TIME_ZONE))
        }
        (_, Values::Long(values)) => Arc::new(Int64Array::new(values.into(), nulls)),
        (_, Values::Date(values)) => Arc::new(Date32Array::new(values.into(), nulls)),
        (FieldKind::Code(list), Values::Byte(values)) => {
            let keys = UInt8Array::new(values.into(), nulls);
            Arc::new(DictionaryArray::<UInt8Type>::try_new(keys, code_names(list))?)
        }
        (_, Values::Byte(values)) => {
            let bits =
                BooleanBuffer::collect_bool(rows, |row| values.get(row).is_some_and(|value| *value != 0));
            Arc::new(BooleanArray::new(bits, nulls))
        }
        (_, Values::Wide(values)) => {
            let bytes: Vec<[u8; 16]> = values.into_iter().map(u128::to_be_bytes).collect();
            Arc::new(FixedSizeBinaryArray::try_new(16, Buffer::from_vec(bytes.into_flattened()), nulls)?)
        }
        (FieldKind::List(fields), Values::List { offsets, items }) => {
            let item_rows = items.len();
            let item_columns = fields
                .iter()
                .zip(items.into_columns())
                .map(|(field, column)| to_array(field.kind, column, item_rows))
                .collect::<Result<Vec<_>, _>>()?;
            let items = StructArray::try_new(arrow_fields(fields), item_columns, None)?;
            let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
            let field = Arc::new(Field::new("item", item_type(fields), false));
            Arc::new(ListArray::try_new(field, offsets, Arc::new(items), nulls)?)
        }
        (_, Values::List { .. }) => {
            return Err(ArrowError::SchemaError("a list column in a field that is no list".to_owned()));
        }
    })
}

/// The codes of a list by number; numbers that no code has hold an empty text. The lists of the
/// standard are made once: all batches share them.
fn code_names(list: &'static CodeList) -> ArrayRef {
    static NAMES: LazyLock<Vec<(&'static CodeList, ArrayRef)>> = LazyLock::new(|| {
        let mut lists = Vec::new();
        STREAMS.iter().for_each(|stream| code_lists(stream.fields, &mut lists));
        lists.into_iter().map(|list| (list, build_names(list))).collect()
    });
    let known = NAMES.iter().find(|(known, _)| std::ptr::eq(*known, list));
    known.map_or_else(|| build_names(list), |(_, names)| Arc::clone(names))
}

fn code_lists(fields: &'static [FieldSpec], lists: &mut Vec<&'static CodeList>) {
    for field in fields {
        match field.kind {
            FieldKind::Code(list) if !lists.iter().any(|known| std::ptr::eq(*known, list)) => {
                lists.push(list)
            }
            FieldKind::List(items) => code_lists(items, lists),
            _ => {}
        }
    }
}

fn build_names(list: &'static CodeList) -> ArrayRef {
    let mut names = StringBuilder::new();
    let last = list.items.iter().map(|item| item.number).max().unwrap_or(0);
    for number in 0..=last {
        names.append_value(list.item(number).map_or("", |item| item.code));
    }
    Arc::new(names.finish())
}
