//! The types that a column of a source may be declared to have, and the strict conversion of its
//! texts into columns.

use std::str::FromStr;
use std::sync::Arc;

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeZone};
use model::time::{Day, SHANGHAI_OFFSET_SECONDS, Time};
use query::DataType;
use query::arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use query::arrow::datatypes::TimeUnit;
use query::arrow::error::ArrowError;

use crate::number::{NumberFault, parse_decimal};

/// Digits of `money`, `percent` and `decimal` columns when none are given.
const DIGITS: u8 = model::arrow::DECIMAL_DIGITS;

/// What the texts of a column are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    Text,
    Integer,
    Decimal {
        digits: u8,
        scale: i8,
    },
    /// A civil date; ISO when there is no format.
    Date {
        format: Option<String>,
    },
    /// A point in time; RFC 3339 when there is no format. A format without an offset takes the
    /// civil time of `zone`.
    Time {
        format: Option<String>,
        zone_seconds: i32,
    },
    Flag,
}

/// How the types are written in a mapping.
pub(crate) const TYPE_NAMES: [&str; 9] =
    ["text", "integer", "money", "percent", "decimal", "date", "time", "flag", "decimal(20,4)"];

impl ColumnType {
    /// Reads a type's name: `text`, `integer`, `money`, `percent`, `decimal(digits,decimals)`,
    /// `date`, `time`, `flag`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "text" => Self::Text,
            "integer" => Self::Integer,
            "money" => Self::Decimal { digits: DIGITS, scale: 2 },
            "percent" => Self::Decimal { digits: DIGITS, scale: 6 },
            "decimal" => Self::Decimal { digits: 38, scale: 10 },
            "date" => Self::Date { format: None },
            "time" => Self::Time { format: None, zone_seconds: SHANGHAI_OFFSET_SECONDS },
            "flag" => Self::Flag,
            _ => {
                let (digits, scale) = text.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
                let (digits, scale) = (u8::from_str(digits.trim()).ok()?, i8::from_str(scale.trim()).ok()?);
                let sound = (1..=38).contains(&digits) && (0..=i16::from(digits)).contains(&i16::from(scale));
                return sound.then_some(Self::Decimal { digits, scale });
            }
        })
    }

    /// The Arrow type of the column.
    pub(crate) fn data_type(&self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int64,
            Self::Decimal { digits, scale } => DataType::Decimal128(*digits, *scale),
            Self::Date { .. } => DataType::Date32,
            Self::Time { .. } => {
                DataType::Timestamp(TimeUnit::Microsecond, Some(model::arrow::TIME_ZONE.into()))
            }
            Self::Flag => DataType::Boolean,
        }
    }

    /// One text as a value of this type.
    ///
    /// # Errors
    /// What is wrong with the text, as the end of a sentence; the text itself is not repeated, it
    /// may be personal.
    pub(crate) fn convert<'a>(&self, text: &'a str) -> Result<Cell<'a>, String> {
        if *self == Self::Text {
            return Ok(Cell::Text(text));
        }
        let text = text.trim();
        match self {
            Self::Text => Ok(Cell::Text(text)),
            Self::Integer => parse_decimal(text, 0, 18)
                .and_then(|value| i64::try_from(value).map_err(|_| NumberFault::TooLarge))
                .map(Cell::Integer)
                .map_err(|fault| match fault {
                    NumberFault::TooPrecise => "is not a whole number".to_owned(),
                    other => other.to_string(),
                }),
            Self::Decimal { digits, scale } => parse_decimal(text, i32::from(*scale), u32::from(*digits))
                .map(Cell::Decimal)
                .map_err(|fault| fault.to_string()),
            Self::Date { format: None } => {
                Day::parse(text).map(|day| Cell::Date(day.0)).map_err(|error| format!("is {error}"))
            }
            Self::Date { format: Some(format) } => parse_date(text, format)
                .map(|date| Cell::Date(date.to_epoch_days()))
                .ok_or_else(|| format!("is not a date of the form {format}")),
            Self::Time { format: None, .. } => {
                Time::parse(text).map(|time| Cell::Time(time.0)).map_err(|error| format!("is {error}"))
            }
            Self::Time { format: Some(format), zone_seconds } => parse_time(text, format, *zone_seconds)
                .map(Cell::Time)
                .ok_or_else(|| format!("is not a time of the form {format}")),
            Self::Flag => match text.to_lowercase().as_str() {
                "true" | "t" | "yes" | "y" | "1" | "是" => Ok(Cell::Flag(true)),
                "false" | "f" | "no" | "n" | "0" | "否" => Ok(Cell::Flag(false)),
                _ => Err("is neither true nor false".to_owned()),
            },
        }
    }
}

/// Whether a format of dates or times is one that can be read.
pub(crate) fn format_is_sound(format: &str) -> bool {
    !StrftimeItems::new(format).any(|item| matches!(item, Item::Error))
}

/// A date; a format without a day of the month means the first one.
fn parse_date(text: &str, format: &str) -> Option<NaiveDate> {
    if ["%d", "%e", "%j", "%F", "%D", "%x", "%v"].iter().any(|day| format.contains(day)) {
        NaiveDate::parse_from_str(text, format).ok()
    } else {
        NaiveDate::parse_from_str(&format!("{text} 1"), &format!("{format} %d")).ok()
    }
}

fn parse_time(text: &str, format: &str, zone_seconds: i32) -> Option<i64> {
    if ["%z", "%:z", "%#z", "%+"].iter().any(|zone| format.contains(zone)) {
        return DateTime::parse_from_str(text, format).ok().map(|time| time.timestamp_micros());
    }
    let local = NaiveDateTime::parse_from_str(text, format)
        .ok()
        .or_else(|| parse_date(text, format).and_then(|date| date.and_hms_opt(0, 0, 0)))?;
    let zone = FixedOffset::east_opt(zone_seconds)?;
    zone.from_local_datetime(&local).single().map(|time| time.timestamp_micros())
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    Null,
    Text(&'a str),
    Integer(i64),
    Decimal(i128),
    Date(i32),
    Time(i64),
    Flag(bool),
}

/// Gathers the values of one column.
#[derive(Debug)]
pub(crate) enum Builder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Decimal(Decimal128Builder),
    Date(Date32Builder),
    Time(TimestampMicrosecondBuilder),
    Flag(BooleanBuilder),
}

impl Builder {
    pub(crate) fn new(column_type: &ColumnType) -> Self {
        match column_type {
            ColumnType::Text => Self::Text(StringBuilder::new()),
            ColumnType::Integer => Self::Integer(Int64Builder::new()),
            ColumnType::Decimal { .. } => {
                Self::Decimal(Decimal128Builder::new().with_data_type(column_type.data_type()))
            }
            ColumnType::Date { .. } => Self::Date(Date32Builder::new()),
            ColumnType::Time { .. } => {
                Self::Time(TimestampMicrosecondBuilder::new().with_data_type(column_type.data_type()))
            }
            ColumnType::Flag => Self::Flag(BooleanBuilder::new()),
        }
    }

    /// Appends a value; one of another type than the column's becomes NULL.
    pub(crate) fn push(&mut self, cell: &Cell<'_>) {
        match (self, cell) {
            (Self::Text(builder), Cell::Text(text)) => builder.append_value(text),
            (Self::Integer(builder), Cell::Integer(value)) => builder.append_value(*value),
            (Self::Decimal(builder), Cell::Decimal(value)) => builder.append_value(*value),
            (Self::Date(builder), Cell::Date(days)) => builder.append_value(*days),
            (Self::Time(builder), Cell::Time(micros)) => builder.append_value(*micros),
            (Self::Flag(builder), Cell::Flag(flag)) => builder.append_value(*flag),
            (Self::Text(builder), _) => builder.append_null(),
            (Self::Integer(builder), _) => builder.append_null(),
            (Self::Decimal(builder), _) => builder.append_null(),
            (Self::Date(builder), _) => builder.append_null(),
            (Self::Time(builder), _) => builder.append_null(),
            (Self::Flag(builder), _) => builder.append_null(),
        }
    }

    /// The column so far; the builder begins anew.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Flag(builder) => Arc::new(builder.finish()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(format: &str) -> ColumnType {
        ColumnType::Time { format: Some(format.to_owned()), zone_seconds: SHANGHAI_OFFSET_SECONDS }
    }

    fn date(format: &str) -> ColumnType {
        ColumnType::Date { format: Some(format.to_owned()) }
    }

    #[test]
    fn types_as_they_are_written() {
        assert_eq!(ColumnType::parse("money"), ColumnType::parse("decimal(20,2)"));
        for name in TYPE_NAMES {
            assert!(ColumnType::parse(name).is_some(), "{name}");
        }
        for wrong in
            ["", "number", "decimal()", "decimal(39,2)", "decimal(2,3)", "decimal(0,0)", "decimal(5,-1)"]
        {
            assert_eq!(ColumnType::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn texts_are_converted_strictly() {
        let noon = Time::parse("2018-04-01T12:00:00+08:00").unwrap().0;
        let day = |text| Day::parse(text).unwrap().0;
        let table: &[(ColumnType, &str, Option<Cell<'_>>)] = &[
            (ColumnType::Text, " a ", Some(Cell::Text(" a "))),
            (ColumnType::Integer, " 38 ", Some(Cell::Integer(38))),
            (ColumnType::Integer, "38.0", Some(Cell::Integer(38))),
            (ColumnType::Integer, "38.5", None),
            (ColumnType::Decimal { digits: 20, scale: 2 }, "38.5", Some(Cell::Decimal(3850))),
            (ColumnType::Decimal { digits: 20, scale: 2 }, "38.555", None),
            (ColumnType::Date { format: None }, "2018-04-01", Some(Cell::Date(day("2018-04-01")))),
            (ColumnType::Date { format: None }, "2018-02-29", None),
            (date("%Y%m%d"), "20130701", Some(Cell::Date(day("2013-07-01")))),
            (date("%Y%m%d"), "2013-07-01", None),
            (date("%b-%Y"), "Mar-2018", Some(Cell::Date(day("2018-03-01")))),
            (time("%Y-%m-%d %H:%M:%S"), "2018-04-01 12:00:00", Some(Cell::Time(noon))),
            (time("%Y-%m-%d %H:%M:%S%z"), "2018-04-01 04:00:00+0000", Some(Cell::Time(noon))),
            (time("%Y-%m-%d"), "2018-04-01", Some(Cell::Time(noon - 43_200_000_000))),
            (time("%Y-%m-%d %H:%M:%S"), "2018-04-01", None),
            (ColumnType::Flag, "是", Some(Cell::Flag(true))),
            (ColumnType::Flag, "N", Some(Cell::Flag(false))),
            (ColumnType::Flag, "maybe", None),
        ];
        for (column_type, text, expected) in table {
            assert_eq!(column_type.convert(text).ok(), *expected, "{column_type:?} {text:?}");
        }
    }

    #[test]
    fn unsound_formats_are_found() {
        assert!(format_is_sound("%Y-%m-%d"));
        assert!(!format_is_sound("%Q"));
    }
}
