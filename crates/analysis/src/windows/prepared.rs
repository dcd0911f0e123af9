//! What is worked out once for a whole batch: which records a rule counts, the measured values,
//! the group keys.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{Array, ArrayRef, Date32Array, RecordBatch, UInt64Array};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use model::arrow::ADDED_COLUMNS;
use model::pseudonym::Pseudonym;
use model::spec::StreamSpec;
use model::time::{Day, Time};

use super::RulesError;
use super::hash::Mixer;
use super::institutions::Institutions;
use super::keys::{Distinct, Keys, group_keys, keys_of};
use super::truth::{Conditions, Truth};

/// A column of numbers.
pub(super) struct Numbers {
    values: ScalarBuffer<i64>,
    nulls: Option<NullBuffer>,
}

impl Numbers {
    pub(super) fn new(array: &ArrayRef) -> Self {
        let values = match array.data_type() {
            DataType::Decimal128(_, _) => {
                // The reader refuses amounts and rates beyond a fraction of 64 bits.
                let narrow = |value: &i128| (*value).clamp(i64::MIN.into(), i64::MAX.into()) as i64;
                array.as_primitive::<Decimal128Type>().values().iter().map(narrow).collect()
            }
            _ => array.as_primitive::<Int64Type>().values().clone(),
        };
        Self { values, nulls: nulls_of(array) }
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<i64> {
        match &self.nulls {
            Some(nulls) if nulls.is_null(row) => None,
            _ => self.values.get(row).copied(),
        }
    }

    /// The rows without a value, if there are any.
    pub(super) fn absent(&self) -> Option<BooleanBuffer> {
        self.nulls.as_ref().map(|nulls| !nulls.inner())
    }
}

pub(super) fn nulls_of(array: &ArrayRef) -> Option<NullBuffer> {
    array.logical_nulls().filter(|nulls| nulls.null_count() > 0)
}

/// What all rules of a stream want to know of a batch, each thing once.
#[derive(Default)]
pub(super) struct Wants {
    pub(super) conditions: Conditions,
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
        let column = |field: &usize| Arc::clone(batch.column(ADDED_COLUMNS + field));
        Ok(Self {
            batch,
            rows,
            positions: position.as_primitive::<UInt64Type>(),
            days: day.as_primitive::<Date32Type>(),
            institutions: institution_numbers(institution, known),
            truths: wants.conditions.truths(batch)?,
            numbers: wants.numbers.iter().map(|field| Numbers::new(&column(field))).collect(),
            distinct: wants.distinct.iter().map(|field| Distinct::new(&column(field), mixer)).collect(),
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

fn institution_numbers(array: &ArrayRef, known: &mut Institutions) -> Vec<u32> {
    let Some(dictionary) = array.as_any_dictionary_opt() else { return vec![0; array.len()] };
    let names = dictionary.values().as_string::<i32>();
    if names.len() == 1 {
        // A filing is of one institution.
        return vec![known.number(names.value(0)); array.len()];
    }
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
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).to_string(),
        _ => String::new(),
    }
}
