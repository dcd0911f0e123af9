//! Group keys, and values whose different ones are counted, as 128 bits each.

use arrow_array::array::AnyDictionaryArray;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, FixedSizeBinaryArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;

use super::hash::Mixer;
use super::prepared::{Numbers, is_number, nulls_of};

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
    pub(super) fn new(array: &ArrayRef, mixer: Mixer) -> Self {
        Self { values: key_values(array, mixer), nulls: nulls_of(array) }
    }

    /// The rows without a value, if there are any.
    pub(super) fn absent(&self) -> Option<BooleanBuffer> {
        self.nulls.as_ref().map(|nulls| !nulls.inner())
    }

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

/// The keys of a dictionary, which a dictionary without values has too.
pub(super) fn keys_of(dictionary: &dyn AnyDictionaryArray) -> Vec<usize> {
    if dictionary.values().is_empty() { vec![0; dictionary.len()] } else { dictionary.normalized_keys() }
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

/// The group keys of all rows, from the columns grouped by.
pub(super) fn group_keys(columns: &[ArrayRef], rows: usize, mixer: Mixer) -> Keys {
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
