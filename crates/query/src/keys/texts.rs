//! Numbers for the texts of dictionary columns, the same in every batch of one query.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, PrimitiveArray, StringArray};
use datafusion::arrow::datatypes::{ArrowDictionaryKeyType, DataType, Int32Type, UInt8Type};
use datafusion::common::{Result, exec_err};

/// Dictionaries that are remembered.
const SEEN: usize = 16;

/// Texts by number, from one on; zero is NULL.
#[derive(Debug, Default)]
pub(super) struct Texts(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
    seen: VecDeque<Seen>,
    /// All texts, as long as there are no new ones.
    array: Option<ArrayRef>,
}

/// A dictionary and the numbers of its texts.
#[derive(Debug)]
struct Seen {
    values: StringArray,
    numbers: Arc<[u32]>,
}

impl Seen {
    /// Whether it is the same dictionary in memory: a reader wraps one up anew for each batch.
    fn is(&self, values: &StringArray) -> bool {
        self.values.offsets().ptr_eq(values.offsets())
            && self.values.values().ptr_eq(values.values())
            && self.values.null_count() == values.null_count()
    }
}

impl State {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.array = None;
        let number = self.texts.len() as u32;
        self.numbers.insert(text, number);
        number
    }

    fn numbers(&mut self, values: &StringArray) -> Arc<[u32]> {
        if let Some(seen) = self.seen.iter().find(|seen| seen.is(values)) {
            return Arc::clone(&seen.numbers);
        }
        let numbers: Arc<[u32]> =
            values.iter().map(|text| text.map_or(0, |text| self.number(text))).collect();
        if self.seen.len() == SEEN {
            self.seen.pop_front();
        }
        self.seen.push_back(Seen { values: values.clone(), numbers: Arc::clone(&numbers) });
        numbers
    }

    fn array(&mut self) -> ArrayRef {
        let texts = &self.texts;
        Arc::clone(self.array.get_or_insert_with(|| Arc::new(StringArray::from_iter_values(texts))))
    }
}

impl Texts {
    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panicked left whole entries.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether columns of this type have numbers here.
    pub(super) fn take(data_type: &DataType) -> bool {
        match data_type {
            DataType::Dictionary(keys, values) => {
                matches!(**keys, DataType::UInt8 | DataType::Int32) && **values == DataType::Utf8
            }
            _ => false,
        }
    }

    /// The number of every row's text.
    ///
    /// # Errors
    /// When the column is of another type.
    pub(super) fn numbers(&self, array: &ArrayRef) -> Result<Vec<u32>> {
        if let Some(array) = array.as_dictionary_opt::<UInt8Type>() {
            self.numbers_by(array, usize::from)
        } else if let Some(array) = array.as_dictionary_opt::<Int32Type>() {
            self.numbers_by(array, |key| key as usize)
        } else {
            exec_err!("texts of type {}", array.data_type())
        }
    }

    fn numbers_by<K: ArrowDictionaryKeyType>(
        &self,
        array: &DictionaryArray<K>,
        place: impl Fn(K::Native) -> usize,
    ) -> Result<Vec<u32>> {
        let Some(values) = array.values().as_string_opt::<i32>() else {
            return exec_err!("a dictionary of {}", array.values().data_type());
        };
        let numbers = self.state().numbers(values);
        let number = |key: &K::Native| numbers.get(place(*key)).copied().unwrap_or(0);
        let mut rows: Vec<u32> = array.keys().values().iter().map(number).collect();
        if let Some(nulls) = array.keys().nulls().filter(|nulls| nulls.null_count() > 0) {
            for (row, is_present) in rows.iter_mut().zip(nulls) {
                *row *= u32::from(is_present);
            }
        }
        Ok(rows)
    }

    /// The texts of these numbers.
    ///
    /// # Errors
    /// When the type is not one that [`Texts::take`] takes, or has too small keys for all texts.
    pub(super) fn texts(&self, numbers: impl Iterator<Item = u32>, data_type: &DataType) -> Result<ArrayRef> {
        let texts = self.state().array();
        let place = numbers.map(|number| number.checked_sub(1));
        match data_type {
            DataType::Dictionary(keys, _) if **keys == DataType::UInt8 => {
                if texts.len() > usize::from(u8::MAX) + 1 {
                    return exec_err!("{} different codes in one column", texts.len());
                }
                let keys: PrimitiveArray<UInt8Type> =
                    place.map(|place| place.map(|place| place as u8)).collect();
                Ok(Arc::new(DictionaryArray::try_new(keys, texts)?))
            }
            DataType::Dictionary(keys, _) if **keys == DataType::Int32 => {
                let keys: PrimitiveArray<Int32Type> =
                    place.map(|place| place.map(|place| place as i32)).collect();
                Ok(Arc::new(DictionaryArray::try_new(keys, texts)?))
            }
            other => exec_err!("texts of type {other}"),
        }
    }
}
