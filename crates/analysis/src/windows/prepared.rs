//! What is worked out once for a whole batch: which records a rule counts, the measured values,
//! the group keys.

use std::sync::Arc;

use arrow_array::array::AnyDictionaryArray;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, FixedSizeBinaryArray, RecordBatch, UInt64Array,
};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use model::arrow::ADDED_COLUMNS;
use model::pseudonym::Pseudonym;
use model::spec::StreamSpec;
use model::time::{Day, Time};
use query::Predicate;

use super::RulesError;
use super::hash::Mixer;
use super::institutions::Institutions;

/// For which rows a condition holds and for which it is not determined.
pub(super) struct Truth {
    pub(super) yes: BooleanBuffer,
    pub(super) unknown: Option<BooleanBuffer>,
}

impl Truth {
    fn always(rows: usize) -> Self {
        Self { yes: BooleanBuffer::new_set(rows), unknown: None }
    }

    fn of(array: &BooleanArray) -> Self {
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => Self { yes: array.values().clone(), unknown: None },
            Some(nulls) => Self { yes: array.values() & nulls.inner(), unknown: Some(!nulls.inner()) },
        }
    }
}

/// A column of numbers, as they lie in the batch.
pub(super) struct Numbers {
    values: NumberValues,
    nulls: Option<NullBuffer>,
}

enum NumberValues {
    Decimal(ScalarBuffer<i128>),
    Integer(ScalarBuffer<i64>),
}

impl Numbers {
    fn new(array: &ArrayRef) -> Self {
        let values = match array.data_type() {
            DataType::Decimal128(_, _) => {
                NumberValues::Decimal(array.as_primitive::<Decimal128Type>().values().clone())
            }
            _ => NumberValues::Integer(array.as_primitive::<Int64Type>().values().clone()),
        };
        Self { values, nulls: nulls_of(array) }
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<i64> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        match &self.values {
            // The reader refuses amounts and rates beyond a fraction of 64 bits.
            NumberValues::Decimal(values) => {
                values.get(row).map(|value| (*value).clamp(i64::MIN.into(), i64::MAX.into()) as i64)
            }
            NumberValues::Integer(values) => values.get(row).copied(),
        }
    }
}

/// A column's values as keys, each of 128 bits.
enum KeyValues {
    /// No column.
    One,
    /// Sixteen bytes, as they lie in the batch.
    Wide(FixedSizeBinaryArray),
    /// Worked out.
    Listed(Vec<u128>),
}

impl KeyValues {
    #[inline]
    fn get(&self, row: usize) -> u128 {
        match self {
            Self::One => 0,
            Self::Wide(array) => {
                let (chunks, _) = array.value_data().as_chunks::<16>();
                chunks.get(row).map_or(0, |chunk| u128::from_be_bytes(*chunk))
            }
            Self::Listed(values) => values.get(row).copied().unwrap_or(0),
        }
    }
}

/// A column whose different values are counted.
pub(super) struct Distinct {
    values: KeyValues,
    nulls: Option<NullBuffer>,
}

impl Distinct {
    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<u128> {
        match &self.nulls {
            Some(nulls) if nulls.is_null(row) => None,
            _ => Some(self.values.get(row)),
        }
    }
}

/// The group keys of all rows.
pub(super) struct Keys {
    values: KeyValues,
    /// Rows with a group column that has no value.
    pub(super) unknown: Option<BooleanBuffer>,
}

impl Keys {
    #[inline]
    pub(super) fn get(&self, row: usize) -> u128 {
        self.values.get(row)
    }
}

fn nulls_of(array: &ArrayRef) -> Option<NullBuffer> {
    array.logical_nulls().filter(|nulls| nulls.null_count() > 0)
}

/// What all rules of a stream want to know of a batch, each thing once.
#[derive(Default)]
pub(super) struct Wants {
    /// Conditions; `None` is the one that always holds.
    pub(super) conditions: Vec<Option<Predicate>>,
    /// Fields whose numbers are wanted.
    pub(super) numbers: Vec<usize>,
    /// Fields whose values are wanted as keys, to count different ones.
    pub(super) distinct: Vec<usize>,
    /// Lists of fields that records are grouped by.
    pub(super) groups: Vec<Vec<usize>>,
}

/// A batch, worked out.
pub(super) struct Prepared<'a> {
    pub(super) batch: &'a RecordBatch,
    pub(super) rows: usize,
    pub(super) positions: &'a UInt64Array,
    pub(super) days: &'a Date32Array,
    /// The institution of each row, by the evaluator's own numbers.
    pub(super) institutions: Vec<u32>,
    pub(super) truths: Vec<Truth>,
    pub(super) numbers: Vec<Numbers>,
    pub(super) distinct: Vec<Distinct>,
    pub(super) keys: Vec<Keys>,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(
        stream: &'static StreamSpec,
        wants: &Wants,
        batch: &'a RecordBatch,
        mixer: Mixer,
        known: &mut Institutions,
    ) -> Result<Self, RulesError> {
        let schema = model::arrow::schema(stream);
        if !Arc::ptr_eq(batch.schema_ref(), &schema) && batch.schema_ref() != &schema {
            return Err(RulesError::Batch { stream: stream.name, what: "its columns are not the stream's" });
        }
        let rows = batch.num_rows();
        let [institution, day, position, ..] = batch.columns() else {
            return Err(RulesError::Batch { stream: stream.name, what: "it has no columns" });
        };
        let truths = wants
            .conditions
            .iter()
            .map(|condition| match condition {
                None => Ok(Truth::always(rows)),
                Some(predicate) => Ok(Truth::of(&predicate.evaluate(batch)?)),
            })
            .collect::<Result<_, RulesError>>()?;
        let column = |field: &usize| Arc::clone(batch.column(ADDED_COLUMNS + field));
        Ok(Self {
            batch,
            rows,
            positions: position.as_primitive::<UInt64Type>(),
            days: day.as_primitive::<Date32Type>(),
            institutions: institution_numbers(institution, known),
            truths,
            numbers: wants.numbers.iter().map(|field| Numbers::new(&column(field))).collect(),
            distinct: wants
                .distinct
                .iter()
                .map(|field| {
                    let array = column(field);
                    Distinct { values: key_values(&array, mixer), nulls: nulls_of(&array) }
                })
                .collect(),
            keys: wants
                .groups
                .iter()
                .map(|fields| group_keys(&fields.iter().map(column).collect::<Vec<_>>(), rows, mixer))
                .collect(),
        })
    }

    /// The groups of a row as (column, value) texts.
    pub(super) fn group_texts(&self, fields: &[usize], row: usize) -> Vec<(String, String)> {
        let schema = self.batch.schema_ref();
        let text = |field: &usize| {
            let index = ADDED_COLUMNS + field;
            (schema.field(index).name().clone(), value_text(self.batch.column(index), row))
        };
        fields.iter().map(text).collect()
    }
}

/// The keys of a dictionary, which a dictionary without values has too.
fn keys_of(dictionary: &dyn AnyDictionaryArray) -> Vec<usize> {
    if dictionary.values().is_empty() { vec![0; dictionary.len()] } else { dictionary.normalized_keys() }
}

fn institution_numbers(array: &ArrayRef, known: &mut Institutions) -> Vec<u32> {
    let Some(dictionary) = array.as_any_dictionary_opt() else { return vec![0; array.len()] };
    let names = dictionary.values().as_string::<i32>();
    let mut numbers: Vec<Option<u32>> = vec![None; names.len()];
    keys_of(dictionary)
        .into_iter()
        .map(|key| match numbers.get_mut(key) {
            Some(number) => *number.get_or_insert_with(|| known.number(names.value(key))),
            None => 0,
        })
        .collect()
}

/// Whether a column holds numbers that can be added and compared.
pub(super) fn is_number(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Int64 | DataType::Decimal128(_, _))
}

/// Whether a column has values that can be told apart.
pub(super) fn is_key(data_type: &DataType) -> bool {
    is_number(data_type)
        || matches!(
            data_type,
            DataType::Utf8
                | DataType::Dictionary(_, _)
                | DataType::FixedSizeBinary(16)
                | DataType::Boolean
                | DataType::Date32
                | DataType::Timestamp(_, _)
        )
}

/// Values as keys; a row without a value has some key that must not be looked at.
fn key_values(array: &ArrayRef, mixer: Mixer) -> KeyValues {
    match array.as_fixed_size_binary_opt() {
        Some(wide) if wide.value_size() == 16 => KeyValues::Wide(wide.clone()),
        _ => KeyValues::Listed(listed_keys(array, mixer)),
    }
}

fn listed_keys(array: &ArrayRef, mixer: Mixer) -> Vec<u128> {
    let rows = array.len();
    match array.data_type() {
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            (0..rows).map(|row| mixer.text(texts.value(row).as_bytes())).collect()
        }
        DataType::Dictionary(_, _) => {
            let Some(dictionary) = array.as_any_dictionary_opt() else { return vec![0; rows] };
            let codes = listed_keys(dictionary.values(), mixer);
            let code = |key: usize| codes.get(key).copied().unwrap_or(0);
            keys_of(dictionary).into_iter().map(code).collect()
        }
        DataType::Boolean => {
            let flags = array.as_boolean();
            (0..rows).map(|row| u128::from(flags.value(row))).collect()
        }
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>();
            days.values().iter().map(|day| u128::from(*day as u32)).collect()
        }
        DataType::Timestamp(_, _) => {
            let times = array.as_primitive::<TimestampMicrosecondType>();
            times.values().iter().map(|time| u128::from(*time as u64)).collect()
        }
        _ => {
            let numbers = Numbers::new(array);
            (0..rows).map(|row| u128::from(numbers.get(row).unwrap_or(0) as u64)).collect()
        }
    }
}

fn group_keys(columns: &[ArrayRef], rows: usize, mixer: Mixer) -> Keys {
    let nulls: Vec<Option<NullBuffer>> = columns.iter().map(nulls_of).collect();
    let mut unknown: Option<BooleanBuffer> = None;
    for nulls in nulls.iter().flatten() {
        let absent = !nulls.inner();
        unknown = Some(match unknown {
            None => absent,
            Some(before) => &before | &absent,
        });
    }
    let values = match columns {
        [] => KeyValues::One,
        [only] if unknown.is_none() => key_values(only, mixer),
        [first, rest @ ..] => {
            let members = |array: &ArrayRef, nulls: &Option<NullBuffer>| {
                // All rows without a value have one key, which no value has.
                let absent = mixer.text(b"\xffno value");
                let values = key_values(array, mixer);
                let is_absent = |row: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
                let key = |row: usize| if is_absent(row) { absent } else { values.get(row) };
                (0..rows).map(key).collect::<Vec<u128>>()
            };
            let mut values = members(first, nulls.first().unwrap_or(&None));
            for (array, nulls) in rest.iter().zip(nulls.iter().skip(1)) {
                for (value, member) in values.iter_mut().zip(members(array, nulls)) {
                    *value = mixer.join(*value, member);
                }
            }
            KeyValues::Listed(values)
        }
    };
    Keys { values, unknown }
}

/// A group's value as a finding shows it: the wire form, `unknown` for NULL.
pub(crate) fn value_text(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) {
        return "unknown".to_owned();
    }
    match array.data_type() {
        DataType::FixedSizeBinary(16) => {
            let bytes = array.as_fixed_size_binary().value(row).try_into().unwrap_or([0; 16]);
            Pseudonym(u128::from_be_bytes(bytes)).to_string()
        }
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Dictionary(_, _) => array.as_any_dictionary_opt().map_or_else(String::new, |dictionary| {
            match keys_of(dictionary.slice(row, 1).as_any_dictionary()).first() {
                Some(key) => value_text(dictionary.values(), *key),
                None => String::new(),
            }
        }),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Date32 => Day(array.as_primitive::<Date32Type>().value(row)).to_string(),
        DataType::Timestamp(_, _) => {
            Time(array.as_primitive::<TimestampMicrosecondType>().value(row)).to_string()
        }
        DataType::Decimal128(_, _) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        _ => String::new(),
    }
}
