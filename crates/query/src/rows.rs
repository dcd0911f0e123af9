//! The result of a query, by column name and row.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, SchemaRef, TimeUnit,
    TimestampMicrosecondType, UInt64Type,
};
use datafusion::arrow::record_batch::RecordBatch;
use model::pseudonym::Pseudonym;
use model::time::{Day, Time};
use serde_json::{Map, Value};

use crate::number::Number;

/// Rows of a query's result. Every reader gives `None` for NULL, for a column that is not there
/// and for one of another type.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows(RecordBatch);

impl Rows {
    /// Rows of a batch.
    pub fn new(batch: RecordBatch) -> Self {
        Self(batch)
    }

    /// The batch.
    pub fn batch(&self) -> &RecordBatch {
        &self.0
    }

    /// The columns.
    pub fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.num_rows()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is a value in a column that exists.
    pub fn is_present(&self, column: &str, row: usize) -> bool {
        self.cell(column, row).is_some()
    }

    /// A text or code.
    pub fn text(&self, column: &str, row: usize) -> Option<String> {
        text(self.cell(column, row)?, row)
    }

    /// A whole number.
    pub fn integer(&self, column: &str, row: usize) -> Option<i64> {
        let array = self.cell(column, row)?;
        match array.data_type() {
            DataType::Int64 => Some(array.as_primitive::<Int64Type>().value(row)),
            data_type if data_type.is_integer() => {
                let wide = cast(&array.slice(row, 1), &DataType::Int64).ok()?;
                wide.is_valid(0).then(|| wide.as_primitive::<Int64Type>().value(0))
            }
            _ => None,
        }
    }

    /// A position in the ledger or another number that is never negative.
    pub fn position(&self, column: &str, row: usize) -> Option<u64> {
        let array = self.cell(column, row)?;
        match array.data_type() {
            DataType::UInt64 => Some(array.as_primitive::<UInt64Type>().value(row)),
            _ => self.integer(column, row).and_then(|value| u64::try_from(value).ok()),
        }
    }

    /// A list of positions, without those that are NULL; empty for none.
    pub fn positions(&self, column: &str, row: usize) -> Vec<u64> {
        let list = self.cell(column, row).and_then(|array| array.as_list_opt::<i32>());
        let items = list.map(|list| list.value(row));
        let numbers = items.as_ref().and_then(|items| items.as_primitive_opt::<UInt64Type>());
        numbers.map(|numbers| numbers.iter().flatten().collect()).unwrap_or_default()
    }

    /// A whole number or a decimal, exactly; decimals after the sixth are cut off.
    pub fn number(&self, column: &str, row: usize) -> Option<Number> {
        let array = self.cell(column, row)?;
        match array.data_type() {
            DataType::Decimal128(_, scale) => {
                Number::from_scaled(array.as_primitive::<Decimal128Type>().value(row), *scale)
            }
            _ => self.integer(column, row).map(Number::from_integer),
        }
    }

    /// Any number as a float, for display and statistics.
    pub fn float(&self, column: &str, row: usize) -> Option<f64> {
        let array = self.cell(column, row)?;
        let wide = cast(&array.slice(row, 1), &DataType::Float64).ok()?;
        wide.is_valid(0).then(|| wide.as_primitive::<Float64Type>().value(0))
    }

    /// A date.
    pub fn day(&self, column: &str, row: usize) -> Option<Day> {
        let array = self.cell(column, row)?;
        array.as_primitive_opt::<Date32Type>().map(|dates| Day(dates.value(row)))
    }

    /// A point in time.
    pub fn time(&self, column: &str, row: usize) -> Option<Time> {
        let array = self.cell(column, row)?;
        array.as_primitive_opt::<TimestampMicrosecondType>().map(|times| Time(times.value(row)))
    }

    /// True or false.
    pub fn flag(&self, column: &str, row: usize) -> Option<bool> {
        self.cell(column, row)?.as_boolean_opt().map(|flags| flags.value(row))
    }

    /// A pseudonym.
    pub fn pseudonym(&self, column: &str, row: usize) -> Option<Pseudonym> {
        pseudonym(self.cell(column, row)?, row)
    }

    /// One value as JSON; `Value::Null` for NULL or a column that is not there.
    pub fn json(&self, column: &str, row: usize) -> Value {
        self.0.column_by_name(column).map_or(Value::Null, |array| json(array, row))
    }

    /// All rows as JSON objects in the wire form: decimals, dates and pseudonyms as strings.
    pub fn to_json(&self) -> Vec<Map<String, Value>> {
        let schema = self.0.schema();
        (0..self.len())
            .map(|row| {
                let cells = schema.fields().iter().zip(self.0.columns());
                cells.map(|(field, array)| (field.name().clone(), json(array, row))).collect()
            })
            .collect()
    }

    fn cell(&self, column: &str, row: usize) -> Option<&ArrayRef> {
        let array = self.0.column_by_name(column)?;
        (row < array.len() && !is_null(array, row)).then_some(array)
    }
}

fn is_null(array: &ArrayRef, row: usize) -> bool {
    array.data_type() == &DataType::Null || array.is_null(row)
}

fn text(array: &ArrayRef, row: usize) -> Option<String> {
    match array.data_type() {
        DataType::Utf8 => Some(array.as_string::<i32>().value(row).to_owned()),
        DataType::LargeUtf8 => Some(array.as_string::<i64>().value(row).to_owned()),
        DataType::Utf8View => Some(array.as_string_view().value(row).to_owned()),
        DataType::Dictionary(_, _) => {
            // Of one row only: the keys of a slice are as many as its rows.
            let one = array.slice(row, 1);
            let dictionary = one.as_any_dictionary_opt()?;
            let key = *dictionary.normalized_keys().first()?;
            text(dictionary.values(), key)
        }
        _ => None,
    }
}

fn pseudonym(array: &ArrayRef, row: usize) -> Option<Pseudonym> {
    let bytes: [u8; 16] = array.as_fixed_size_binary_opt()?.value(row).try_into().ok()?;
    Some(Pseudonym(u128::from_be_bytes(bytes)))
}

fn json(array: &ArrayRef, row: usize) -> Value {
    if row >= array.len() || is_null(array, row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Date32 => Value::String(Day(array.as_primitive::<Date32Type>().value(row)).to_string()),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Value::String(Time(array.as_primitive::<TimestampMicrosecondType>().value(row)).to_string())
        }
        DataType::Decimal128(_, _) => {
            Value::String(array.as_primitive::<Decimal128Type>().value_as_string(row))
        }
        DataType::FixedSizeBinary(16) => {
            pseudonym(array, row).map_or(Value::Null, |value| Value::String(value.to_string()))
        }
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).into(),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            Value::Array((0..items.len()).map(|item| json(&items, item)).collect())
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter().zip(fields);
            Value::Object(columns.map(|(column, field)| (field.name().clone(), json(column, row))).collect())
        }
        data_type if data_type.is_integer() => cast(&array.slice(row, 1), &DataType::Int64)
            .ok()
            .filter(|wide| wide.is_valid(0))
            .map_or(Value::Null, |wide| wide.as_primitive::<Int64Type>().value(0).into()),
        data_type if data_type.is_floating() => cast(&array.slice(row, 1), &DataType::Float64)
            .ok()
            .and_then(|wide| serde_json::Number::from_f64(wide.as_primitive::<Float64Type>().value(0)))
            .map_or(Value::Null, Value::Number),
        _ => text(array, row).map_or(Value::Null, Value::String),
    }
}
