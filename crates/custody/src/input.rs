//! The rows that go in: history batches as columns that the scans can walk over.

use std::ops::{Range, RangeInclusive};

use model::spec::{Record, StreamSpec};
use model::streams::{AccountRegister, CustodyStatement, Transaction};
use model::time::Day;
use query::RecordBatch;
use query::arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, FixedSizeBinaryArray, Int32Array, StringArray,
};
use query::arrow::buffer::{NullBuffer, ScalarBuffer};
use query::arrow::compute::cast;
use query::arrow::datatypes::{Date32Type, Decimal128Type, Int32Type, UInt8Type, UInt64Type};

use crate::TIMING_DAYS;
use crate::error::CustodyError;

/// Rows of the three streams, as the history holds them: the columns of the stream with
/// `institution`, `day` and `position` before them (see [`model::arrow`]), without the rows that
/// later revisions took the place of. Columns that are not looked at may be left out.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Stream `transaction`, as platforms filed it.
    pub transactions: &'a [RecordBatch],
    /// Stream `custody_statement`, as banks filed it.
    pub statements: &'a [RecordBatch],
    /// Stream `account`: all rows, whatever their day.
    pub accounts: &'a [RecordBatch],
}

impl Input<'_> {
    pub(crate) fn read(&self) -> Result<Sources, CustodyError> {
        Ok(Sources {
            transactions: self.transactions.iter().map(Transactions::of).collect::<Result<_, _>>()?,
            statements: self.statements.iter().map(Statements::of).collect::<Result<_, _>>()?,
            accounts: self.accounts.iter().map(Registrations::of).collect::<Result<_, _>>()?,
        })
    }
}

/// The days asked for and those around them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) first: i32,
    pub(crate) last: i32,
}

impl Window {
    pub(crate) fn around(days: &RangeInclusive<Day>) -> Result<Self, CustodyError> {
        let (first, last) = (days.start().0, days.end().0);
        let count = i64::from(last) - i64::from(first) + 1;
        if count > 65_000 {
            return Err(CustodyError::Days(count));
        }
        Ok(Self { first, last })
    }

    /// The place of a day from the first one that is looked at; `None` outside.
    #[inline]
    pub(crate) fn place(self, day: i32) -> Option<u16> {
        let from = i64::from(day) - i64::from(self.first) + i64::from(TIMING_DAYS);
        let outside = from < 0 || i64::from(day) > i64::from(self.last) + i64::from(TIMING_DAYS);
        if outside { None } else { u16::try_from(from).ok() }
    }

    /// The day at a place.
    #[inline]
    pub(crate) fn day(self, place: u16) -> i32 {
        self.first - TIMING_DAYS + i32::from(place)
    }

    /// Whether the day at a place is one that was asked for.
    #[inline]
    pub(crate) fn asks(self, place: u16) -> bool {
        (self.first..=self.last).contains(&self.day(place))
    }

    /// The places of the days that were asked for.
    pub(crate) fn asked(self) -> Range<u16> {
        let places = |day: i32| self.place(day).unwrap_or(0);
        if self.first > self.last { 0..0 } else { places(self.first)..places(self.last) + 1 }
    }
}

/// All rows.
pub(crate) struct Sources {
    pub(crate) transactions: Vec<Transactions>,
    pub(crate) statements: Vec<Statements>,
    pub(crate) accounts: Vec<Registrations>,
}

/// A column with the type that its stream has there. A query may have changed the type (views of
/// texts, no dictionaries): then it is turned back.
fn column(
    batch: &RecordBatch,
    stream: &'static StreamSpec,
    name: &'static str,
) -> Result<ArrayRef, CustodyError> {
    let missing = || CustodyError::Column { stream: stream.name, column: name };
    let array = batch.column_by_name(name).ok_or_else(missing)?;
    let schema = model::arrow::schema(stream);
    let wanted = schema.field_with_name(name)?.data_type();
    if array.data_type() == wanted { Ok(array.clone()) } else { Ok(cast(array, wanted)?) }
}

/// Which institution filed each row.
pub(crate) struct Institutions {
    keys: Int32Array,
    names: StringArray,
}

impl Institutions {
    fn of(batch: &RecordBatch, stream: &'static StreamSpec) -> Result<Self, CustodyError> {
        let array = column(batch, stream, "institution")?;
        let dictionary = array.as_dictionary::<Int32Type>();
        Ok(Self { keys: dictionary.keys().clone(), names: dictionary.values().as_string::<i32>().clone() })
    }

    /// The names; rows point to them by [`Institutions::key`].
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(Option::unwrap_or_default)
    }

    #[inline]
    pub(crate) fn key(&self, row: usize) -> usize {
        self.keys.values()[row] as usize
    }
}

/// Pseudonyms of accounts.
pub(crate) struct AccountColumn {
    array: FixedSizeBinaryArray,
}

impl AccountColumn {
    fn of(
        batch: &RecordBatch,
        stream: &'static StreamSpec,
        name: &'static str,
    ) -> Result<Self, CustodyError> {
        Ok(Self { array: column(batch, stream, name)?.as_fixed_size_binary().clone() })
    }

    #[inline]
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.array.is_null(row)
    }

    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<u128> {
        if self.array.is_null(row) {
            return None;
        }
        self.array.value(row).try_into().ok().map(u128::from_be_bytes)
    }
}

/// Amounts in fen.
pub(crate) struct AmountColumn {
    values: ScalarBuffer<i128>,
    nulls: Option<NullBuffer>,
}

impl AmountColumn {
    fn of(
        batch: &RecordBatch,
        stream: &'static StreamSpec,
        name: &'static str,
    ) -> Result<Self, CustodyError> {
        let array = column(batch, stream, name)?;
        let amounts = array.as_primitive::<Decimal128Type>();
        Ok(Self { values: amounts.values().clone(), nulls: amounts.nulls().cloned() })
    }

    #[inline]
    pub(crate) fn get(&self, row: usize) -> Result<Option<i64>, CustodyError> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return Ok(None);
        }
        let wide = self.values[row];
        // So that the negative is one too.
        let fits = i64::try_from(wide).ok().filter(|amount| *amount != i64::MIN);
        fits.map(Some).ok_or(CustodyError::Amount(wide))
    }
}

fn days(
    batch: &RecordBatch,
    stream: &'static StreamSpec,
    name: &'static str,
) -> Result<Date32Array, CustodyError> {
    Ok(column(batch, stream, name)?.as_primitive::<Date32Type>().clone())
}

fn positions(batch: &RecordBatch, stream: &'static StreamSpec) -> Result<ScalarBuffer<u64>, CustodyError> {
    Ok(column(batch, stream, "position")?.as_primitive::<UInt64Type>().values().clone())
}

fn texts(
    batch: &RecordBatch,
    stream: &'static StreamSpec,
    name: &'static str,
) -> Result<StringArray, CustodyError> {
    Ok(column(batch, stream, name)?.as_string::<i32>().clone())
}

/// For each row the number of its code in the stream's list; 0 where it has none.
fn codes(
    batch: &RecordBatch,
    stream: &'static StreamSpec,
    name: &'static str,
) -> Result<Vec<u8>, CustodyError> {
    let array = column(batch, stream, name)?;
    let dictionary = array.as_dictionary::<UInt8Type>();
    let field = stream.fields.iter().find(|field| field.name == name);
    let number = |code: &str| match field.map(|field| field.kind) {
        Some(model::spec::FieldKind::Code(list)) => list.number_of(code).unwrap_or(0),
        _ => 0,
    };
    let names = dictionary.values().as_string::<i32>();
    let numbers: Vec<u8> = names.iter().map(|code| code.map_or(0, number)).collect();
    let keys = dictionary.keys().iter();
    Ok(keys.map(|key| key.and_then(|key| numbers.get(usize::from(key)).copied()).unwrap_or(0)).collect())
}

/// Rows of `transaction`.
pub(crate) struct Transactions {
    pub(crate) rows: usize,
    pub(crate) institution: Institutions,
    pub(crate) day: Date32Array,
    pub(crate) position: ScalarBuffer<u64>,
    pub(crate) id: StringArray,
    pub(crate) payer: AccountColumn,
    pub(crate) payee: AccountColumn,
    pub(crate) amount: AmountColumn,
}

impl Transactions {
    fn of(batch: &RecordBatch) -> Result<Self, CustodyError> {
        let stream = Transaction::STREAM;
        Ok(Self {
            rows: batch.num_rows(),
            institution: Institutions::of(batch, stream)?,
            day: days(batch, stream, "day")?,
            position: positions(batch, stream)?,
            id: texts(batch, stream, "id")?,
            payer: AccountColumn::of(batch, stream, "payer_account")?,
            payee: AccountColumn::of(batch, stream, "payee_account")?,
            amount: AmountColumn::of(batch, stream, "amount")?,
        })
    }
}

/// Rows of `custody_statement`.
pub(crate) struct Statements {
    pub(crate) rows: usize,
    pub(crate) institution: Institutions,
    pub(crate) day: Date32Array,
    pub(crate) position: ScalarBuffer<u64>,
    pub(crate) platform: StringArray,
    pub(crate) account: AccountColumn,
    /// Numbers of [`model::streams::CustodyEntryKind`].
    pub(crate) kind: Vec<u8>,
    pub(crate) amount: AmountColumn,
    pub(crate) transaction: StringArray,
}

impl Statements {
    fn of(batch: &RecordBatch) -> Result<Self, CustodyError> {
        let stream = CustodyStatement::STREAM;
        Ok(Self {
            rows: batch.num_rows(),
            institution: Institutions::of(batch, stream)?,
            day: days(batch, stream, "day")?,
            position: positions(batch, stream)?,
            platform: texts(batch, stream, "platform")?,
            account: AccountColumn::of(batch, stream, "account")?,
            kind: codes(batch, stream, "kind")?,
            amount: AmountColumn::of(batch, stream, "amount")?,
            transaction: texts(batch, stream, "transaction")?,
        })
    }
}

/// Rows of `account`.
pub(crate) struct Registrations {
    pub(crate) rows: usize,
    pub(crate) institution: Institutions,
    pub(crate) account: AccountColumn,
    /// Numbers of [`model::streams::AccountPurpose`].
    pub(crate) purpose: Vec<u8>,
    pub(crate) bank: StringArray,
    pub(crate) from: Date32Array,
    pub(crate) to: Date32Array,
}

impl Registrations {
    fn of(batch: &RecordBatch) -> Result<Self, CustodyError> {
        let stream = AccountRegister::STREAM;
        Ok(Self {
            rows: batch.num_rows(),
            institution: Institutions::of(batch, stream)?,
            account: AccountColumn::of(batch, stream, "account")?,
            purpose: codes(batch, stream, "purpose")?,
            bank: texts(batch, stream, "bank")?,
            from: days(batch, stream, "effective_from")?,
            to: days(batch, stream, "effective_to")?,
        })
    }
}
