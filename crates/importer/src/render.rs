//! Columns become JSON lines in the wire form of the interface standard.

use std::io::Write;
use std::sync::Arc;

use model::money::{Fen, Percent};
use model::pseudonym::{PseudonymKey, PseudonymKind};
use model::time::{Day, SHANGHAI_OFFSET_SECONDS, Time};
use query::DataType;
use query::arrow::array::{Array, ArrayRef, AsArray};
use query::arrow::compute::{CastOptions, cast_with_options};
use query::arrow::datatypes::{Date32Type, Decimal128Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use query::arrow::error::ArrowError;

/// How the values of a field are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    /// Text that is JSON already.
    Json,
    Money,
    Percent,
    Count,
    Date,
    /// A point in time.
    Time,
    /// Clock and calendar of Shanghai, without an offset.
    LocalTime,
    Flag,
    /// Nothing: the expression is NULL.
    Absent,
}

/// Decimals of a shape that is a decimal number.
const MONEY_SCALE: i8 = Fen::DECIMALS as i8;
const PERCENT_SCALE: i8 = Percent::DECIMALS as i8;

impl Shape {
    fn data_type(self) -> Option<DataType> {
        Some(match self {
            Self::Text | Self::Json => DataType::Utf8,
            Self::Money => DataType::Decimal128(38, MONEY_SCALE),
            Self::Percent => DataType::Decimal128(38, PERCENT_SCALE),
            Self::Count => DataType::Int64,
            Self::Date => DataType::Date32,
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some(model::arrow::TIME_ZONE.into())),
            Self::LocalTime => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Flag => DataType::Boolean,
            Self::Absent => return None,
        })
    }
}

/// The values of one field for the rows of a batch.
pub(crate) struct Values {
    shape: Shape,
    array: ArrayRef,
}

impl Values {
    /// # Errors
    /// When a value does not fit the type of the field.
    pub(crate) fn new(shape: Shape, array: &ArrayRef) -> Result<Self, ArrowError> {
        let array = match shape.data_type() {
            Some(data_type) if data_type != *array.data_type() => {
                let options = CastOptions { safe: false, ..CastOptions::default() };
                cast_with_options(array, &data_type, &options)?
            }
            _ => Arc::clone(array),
        };
        Ok(Self { shape, array })
    }

    pub(crate) fn is_absent(&self, row: usize) -> bool {
        self.shape == Shape::Absent || row >= self.array.len() || self.array.is_null(row)
    }

    /// The text of a row that is not absent.
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        self.array.as_string_opt::<i32>().map(|texts| texts.value(row))
    }

    /// Writes the value of a row that is not absent.
    pub(crate) fn write(&self, row: usize, out: &mut Vec<u8>) {
        match self.shape {
            Shape::Text => write_text(self.text(row).unwrap_or_default(), out),
            Shape::Json => out.extend_from_slice(self.text(row).unwrap_or("null").as_bytes()),
            Shape::Money | Shape::Percent => {
                let value = self.array.as_primitive::<Decimal128Type>().value(row);
                write_decimal(value, self.shape == Shape::Percent, out);
            }
            Shape::Count => {
                // Writing to a vector does not fail, here and below.
                let _ = write!(out, "{}", self.array.as_primitive::<Int64Type>().value(row));
            }
            Shape::Date => {
                let _ = write!(out, "\"{}\"", Day(self.array.as_primitive::<Date32Type>().value(row)));
            }
            Shape::Time | Shape::LocalTime => {
                let stored = self.array.as_primitive::<TimestampMicrosecondType>().value(row);
                let offset = if self.shape == Shape::LocalTime { SHANGHAI_OFFSET_SECONDS } else { 0 };
                let _ = write!(out, "\"{}\"", Time(stored).plus_seconds(-i64::from(offset)));
            }
            Shape::Flag => {
                let _ = write!(out, "{}", self.array.as_boolean().value(row));
            }
            Shape::Absent => out.extend_from_slice(b"null"),
        }
    }

    /// Writes the pseudonym of a row that is not absent.
    pub(crate) fn write_pseudonym(
        &self,
        row: usize,
        key: &PseudonymKey,
        kind: PseudonymKind,
        out: &mut Vec<u8>,
    ) {
        let raw = self.text(row).unwrap_or_default();
        let _ = write!(out, "\"{}\"", key.pseudonym(kind, raw));
    }
}

/// A decimal string; what does not fit 64 bits is written in full too, and then refused as too
/// large by the reader of the line.
fn write_decimal(value: i128, is_percent: bool, out: &mut Vec<u8>) {
    let _ = match (i64::try_from(value), is_percent) {
        (Ok(fen), false) => write!(out, "\"{}\"", Fen(fen)),
        (Ok(millionths), true) => write!(out, "\"{}\"", Percent(millionths)),
        (Err(_), _) => write!(out, "\"{value}00\""),
    };
}

pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    // Serialising a text into a vector does not fail.
    let _ = serde_json::to_writer(out, text);
}
