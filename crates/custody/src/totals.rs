//! What accounts come to, as a table.

use std::sync::Arc;

use query::RecordBatch;
use query::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Int64Array, StringArray,
};
use query::arrow::error::ArrowError;
use query::{DataType, Field, Schema, SchemaRef};

use crate::accounts::Accounts;
use crate::cells::{Cell, Cells};
use crate::error::CustodyError;
use crate::input::Window;

/// Digits of sums: what SQL gives for the sum of a money column.
const SUM_DIGITS: u8 = 30;

/// The columns of [`crate::Reconciliation::totals`]: one row for each platform, day, account and
/// bank with an entry or a line of a statement, in that order, and one for each platform with
/// accounts in custody for which no bank filed anything for that day (`stated` is false).
///
/// | column | |
/// |---|---|
/// | `institution` | the platform |
/// | `day` | of the bank's line; of the platform's transaction where the bank has none |
/// | `bank` | whose statement it is; for what is missing at the bank the one whose statement shows the account on that day, the next or the one before, else the one registered, else NULL |
/// | `account` | NULL for what cannot be laid to one, and in the row of a day that is not stated |
/// | `stated` | whether any bank filed a line for the platform and day; if not, nothing is matched or missing, all is undetermined |
/// | `matched` | pairs of the same amount and day |
/// | `timing` | pairs of the same amount, the platform's within [`crate::TIMING_DAYS`] of the bank's day |
/// | `amount_differs` | pairs of one account and id whose amounts differ, on the same day or within [`crate::TIMING_DAYS`] |
/// | `missing_at_bank` | entries of the platform alone |
/// | `missing_at_platform` | entries of the bank alone, also those without the platform's id |
/// | `undetermined` | entries of either side whose account or amount is NULL, entries alone whose id a record with such a NULL bears on the other side, and entries of the platform on a day that is not stated |
/// | `matched_amount`, `missing_at_bank_amount`, `missing_at_platform_amount` | sums of the absolute amounts, yuan |
/// | `difference_amount` | sum of the absolute differences of `amount_differs`, yuan |
/// | `opening`, `flows`, `closing` | of the statement, yuan; NULL where there is none |
/// | `balance_gap` | closing − opening − flows |
/// | `carry_gap` | opening − closing of the day before; NULL where one is not known |
/// | `statement_faults` | opening and closing lines beyond the first of each |
pub fn reconciliation_schema() -> SchemaRef {
    let money = || DataType::Decimal128(model::arrow::DECIMAL_DIGITS, 2);
    let sum = || DataType::Decimal128(SUM_DIGITS, 2);
    let count = |name| Field::new(name, DataType::Int64, false);
    Arc::new(Schema::new(vec![
        Field::new("institution", DataType::Utf8, false),
        Field::new("day", DataType::Date32, false),
        Field::new("bank", DataType::Utf8, true),
        Field::new("account", DataType::FixedSizeBinary(16), true),
        Field::new("stated", DataType::Boolean, false),
        count("matched"),
        count("timing"),
        count("amount_differs"),
        count("missing_at_bank"),
        count("missing_at_platform"),
        count("undetermined"),
        Field::new("matched_amount", sum(), false),
        Field::new("missing_at_bank_amount", sum(), false),
        Field::new("missing_at_platform_amount", sum(), false),
        Field::new("difference_amount", sum(), false),
        Field::new("opening", money(), true),
        Field::new("flows", sum(), true),
        Field::new("closing", money(), true),
        Field::new("balance_gap", sum(), true),
        Field::new("carry_gap", sum(), true),
        count("statement_faults"),
    ]))
}

pub(crate) fn decimals(
    values: impl Iterator<Item = Option<i128>>,
    digits: u8,
) -> Result<Decimal128Array, ArrowError> {
    values.collect::<Decimal128Array>().with_precision_and_scale(digits, 2)
}

pub(crate) fn accounts_array(
    values: impl Iterator<Item = Option<u128>>,
) -> Result<FixedSizeBinaryArray, ArrowError> {
    FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.map(|value| value.map(u128::to_be_bytes)), 16)
}

struct Row {
    platform: u32,
    day: i32,
    book: u32,
    cell: Cell,
    /// Closing of the day before.
    carried: Option<i64>,
    is_stated: bool,
}

impl Row {
    fn opening(&self) -> Option<i128> {
        self.cell.opening.amount().map(i128::from)
    }

    fn closing(&self) -> Option<i128> {
        self.cell.closing.amount().map(i128::from)
    }

    fn balance_gap(&self) -> Option<i128> {
        Some(self.closing()? - self.opening()? - self.cell.flows()?)
    }

    fn carry_gap(&self) -> Option<i128> {
        Some(self.opening()? - i128::from(self.carried?))
    }
}

/// All rows, ordered.
fn rows(mut cells: Cells, accounts: &Accounts, window: Window) -> Vec<Row> {
    for platform in accounts.platforms() {
        for place in window.asked() {
            let day = window.day(place);
            if accounts.has_custody(platform, day) && !accounts.is_stated(platform, day) {
                cells.cell(accounts.unknown(platform), place);
            }
        }
    }
    let closing = |book, place: u16| cells.get(book, place.checked_sub(1)?)?.closing.amount();
    let row = |((book, place), cell): ((u32, u16), &Cell)| {
        let (platform, day) = (accounts.book(book).platform, window.day(place));
        let mut cell = *cell;
        let mut carried = closing(book, place);
        if accounts.book(book).account.is_none() {
            // Balances of accounts that cannot be told apart prove nothing.
            (cell.opening, cell.closing, cell.lines, carried) = Default::default();
        }
        Row { platform, day, book, cell, carried, is_stated: accounts.is_stated(platform, day) }
    };
    let mut rows: Vec<Row> = cells.iter().filter(|((_, place), _)| window.asks(*place)).map(row).collect();
    rows.sort_unstable_by_key(|row| (row.platform, row.day, row.book));
    rows
}

/// All cells of the days asked for as a table.
pub(crate) fn table(cells: Cells, accounts: &Accounts, window: Window) -> Result<RecordBatch, CustodyError> {
    let rows = rows(cells, accounts, window);
    let count = |of: fn(&Cell) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| of(&row.cell))))
    };
    let money = |of: fn(&Row) -> Option<i128>, digits: u8| -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(decimals(rows.iter().map(of), digits)?))
    };
    let bank = |row: &Row| accounts.book(row.book).bank.map(|bank| accounts.bank_name(bank));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| accounts.platform_name(row.platform)))),
        Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| row.day))),
        Arc::new(rows.iter().map(bank).collect::<StringArray>()),
        Arc::new(accounts_array(rows.iter().map(|row| accounts.book(row.book).account))?),
        Arc::new(rows.iter().map(|row| Some(row.is_stated)).collect::<BooleanArray>()),
        count(|cell| cell.matched),
        count(|cell| cell.timing),
        count(|cell| cell.amount_differs),
        count(|cell| cell.missing_at_bank),
        count(|cell| cell.missing_at_platform),
        count(|cell| cell.undetermined),
        money(|row| Some(row.cell.matched_amount), SUM_DIGITS)?,
        money(|row| Some(row.cell.missing_at_bank_amount), SUM_DIGITS)?,
        money(|row| Some(row.cell.missing_at_platform_amount), SUM_DIGITS)?,
        money(|row| Some(row.cell.difference_amount), SUM_DIGITS)?,
        money(Row::opening, model::arrow::DECIMAL_DIGITS)?,
        money(|row| row.cell.flows(), SUM_DIGITS)?,
        money(Row::closing, model::arrow::DECIMAL_DIGITS)?,
        money(Row::balance_gap, SUM_DIGITS)?,
        money(Row::carry_gap, SUM_DIGITS)?,
        count(|cell| cell.opening.faults() + cell.closing.faults()),
    ];
    Ok(RecordBatch::try_new(reconciliation_schema(), columns)?)
}
