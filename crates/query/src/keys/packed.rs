//! Up to four small keys in one number, and back.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array, Decimal128Array, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Date32Type, Decimal128Type, Schema, UInt64Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::{Result, exec_err, internal_err};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;

use super::texts::Texts;

/// Bits of one key.
const BITS: usize = 32;
/// The most keys in one number.
pub(super) const KEYS_MAX: usize = 128 / BITS;

/// What a key is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// The number of a text.
    Text { texts: Arc<Texts>, data_type: DataType, nullable: bool },
    /// A day that is never NULL.
    Day,
}

impl Kind {
    /// The kind of an expression's values, if they can be such a key.
    pub(super) fn of(expression: &Arc<dyn PhysicalExpr>, input: &Schema) -> Result<Option<Self>> {
        let (data_type, nullable) = (expression.data_type(input)?, expression.nullable(input)?);
        Ok(match data_type {
            DataType::Date32 if !nullable => Some(Self::Day),
            data_type if Texts::take(&data_type) => {
                Some(Self::Text { texts: Arc::default(), data_type, nullable })
            }
            _ => None,
        })
    }

    fn bits(&self, array: &ArrayRef) -> Result<Vec<u32>> {
        match self {
            Self::Text { texts, .. } => texts.numbers(array),
            Self::Day => match array.as_primitive_opt::<Date32Type>() {
                Some(days) => Ok(days.values().iter().map(|day| day.cast_unsigned()).collect()),
                None => exec_err!("days of type {}", array.data_type()),
            },
        }
    }

    fn values(&self, bits: impl Iterator<Item = u32>) -> Result<ArrayRef> {
        match self {
            Self::Text { texts, data_type, .. } => texts.texts(bits, data_type),
            Self::Day => Ok(Arc::new(Date32Array::from_iter_values(bits.map(|bits| bits.cast_signed())))),
        }
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text { texts: left, .. }, Self::Text { texts: right, .. }) => Arc::ptr_eq(left, right),
            (Self::Day, Self::Day) => true,
            _ => false,
        }
    }
}
impl Eq for Kind {}
impl Hash for Kind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Text { texts, .. } => Arc::as_ptr(texts).hash(state),
            Self::Day => 0.hash(state),
        }
    }
}

fn packed_type(keys: usize) -> DataType {
    if keys * BITS <= 64 { DataType::UInt64 } else { DataType::Decimal128(38, 0) }
}

/// Keys as one number, the first in the lowest bits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Packed {
    keys: Vec<Arc<dyn PhysicalExpr>>,
    kinds: Vec<Kind>,
}

impl Packed {
    /// At most [`KEYS_MAX`] keys.
    pub(super) fn new(keys: Vec<(Arc<dyn PhysicalExpr>, Kind)>) -> Self {
        let (keys, kinds) = keys.into_iter().unzip();
        Self { keys, kinds }
    }
}

/// One or two keys as one number.
fn join(keys: &[Vec<u32>]) -> Vec<u64> {
    match keys {
        [low, high] => {
            low.iter().zip(high).map(|(low, high)| u64::from(*low) | u64::from(*high) << BITS).collect()
        }
        _ => keys.iter().flatten().map(|key| u64::from(*key)).collect(),
    }
}

impl fmt::Display for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<String> = self.keys.iter().map(ToString::to_string).collect();
        write!(f, "packed({})", keys.join(", "))
    }
}

impl PhysicalExpr for Packed {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(packed_type(self.keys.len()))
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(false)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let bits = self
            .keys
            .iter()
            .zip(&self.kinds)
            .map(|(key, kind)| kind.bits(&key.evaluate(batch)?.into_array(batch.num_rows())?));
        let bits = bits.collect::<Result<Vec<_>>>()?;
        // Two keys fill a half of the number at once.
        let halves: Vec<Vec<u64>> = bits.chunks(2).map(join).collect();
        let array: ArrayRef = match halves.as_slice() {
            [low] => Arc::new(UInt64Array::from_iter_values(low.iter().copied())),
            [low, high] => {
                let wide = low
                    .iter()
                    .zip(high)
                    .map(|(low, high)| (u128::from(*low) | u128::from(*high) << (2 * BITS)).cast_signed());
                let wide = Decimal128Array::from_iter_values(wide);
                Arc::new(wide.with_data_type(packed_type(self.keys.len())))
            }
            _ => return exec_err!("{} keys in one number", bits.len()),
        };
        Ok(ColumnarValue::Array(array))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.keys.iter().collect()
    }

    fn with_new_children(self: Arc<Self>, keys: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(Self { keys, kinds: self.kinds.clone() }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// One key out of a number.
#[derive(Clone, Debug, Eq)]
pub(super) struct Unpacked {
    number: Arc<dyn PhysicalExpr>,
    place: usize,
    kind: Kind,
}

// Not derived: a derived comparison would move the trait object.
impl PartialEq for Unpacked {
    fn eq(&self, other: &Self) -> bool {
        self.number.eq(&other.number) && (self.place, &self.kind) == (other.place, &other.kind)
    }
}
impl Hash for Unpacked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.number, self.place, &self.kind).hash(state);
    }
}

impl Unpacked {
    /// The key at a place, counted from the lowest bits.
    pub(super) fn new(number: Arc<dyn PhysicalExpr>, place: usize, kind: Kind) -> Self {
        Self { number, place, kind }
    }
}

impl fmt::Display for Unpacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unpacked({}, {})", self.number, self.place)
    }
}

impl PhysicalExpr for Unpacked {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(match &self.kind {
            Kind::Text { data_type, .. } => data_type.clone(),
            Kind::Day => DataType::Date32,
        })
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(matches!(self.kind, Kind::Text { nullable: true, .. }))
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let array = self.number.evaluate(batch)?.into_array(batch.num_rows())?;
        let shift = self.place * BITS;
        let values = if let Some(numbers) = array.as_primitive_opt::<UInt64Type>() {
            self.kind.values(numbers.values().iter().map(|number| (number >> shift) as u32))
        } else if let Some(numbers) = array.as_primitive_opt::<Decimal128Type>() {
            self.kind.values(numbers.values().iter().map(|number| (number >> shift) as u32))
        } else {
            exec_err!("packed keys of type {}", array.data_type())
        };
        Ok(ColumnarValue::Array(values?))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.number]
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        match children.as_slice() {
            [number] => Ok(Arc::new(Self::new(Arc::clone(number), self.place, self.kind.clone()))),
            _ => internal_err!("a key comes out of one number"),
        }
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
