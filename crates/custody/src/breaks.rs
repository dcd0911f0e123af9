//! Entries that do not match, as a list.

use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use query::RecordBatch;
use query::arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, FixedSizeBinaryArray, StringArray, UInt64Array,
};
use query::{DataType, Field, Schema, SchemaRef};

use crate::accounts::Accounts;
use crate::error::CustodyError;
use crate::totals::{accounts_array, decimals};

/// Breaks listed of a platform, day and kind; the totals count all.
pub const LISTED_MAX: usize = 1000;

/// How entries fail to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BreakKind {
    /// The same entry, with another day on the other side (跨日).
    Timing,
    /// The same transaction, with another amount (金额不符).
    AmountDiffers,
    /// The bank does not know the platform's entry (银行缺失).
    MissingAtBank,
    /// The platform does not know the bank's entry (平台缺失).
    MissingAtPlatform,
}

impl BreakKind {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::Timing, Self::AmountDiffers, Self::MissingAtBank, Self::MissingAtPlatform];

    /// As it stands in the column `kind`; the columns with the counts are named alike.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timing => "timing",
            Self::AmountDiffers => "amount_differs",
            Self::MissingAtBank => "missing_at_bank",
            Self::MissingAtPlatform => "missing_at_platform",
        }
    }
}

/// The columns of [`crate::Reconciliation::breaks`]: one row for each entry or pair, at most
/// [`LISTED_MAX`] of a platform, day and kind, the lowest positions first; ordered by institution,
/// day, kind (as in [`BreakKind`]) and position.
///
/// | column | |
/// |---|---|
/// | `institution` | the platform |
/// | `day` | of the bank's entry; of the platform's where the bank has none |
/// | `bank` | see [`crate::reconciliation_schema`] |
/// | `account` | the account in custody |
/// | `kind` | [`BreakKind::name`] |
/// | `transaction` | the platform's id of the transaction; NULL where the bank knows none |
/// | `platform_amount`, `bank_amount` | in yuan, negative out of the account; NULL where that side has no entry |
/// | `platform_position`, `bank_position` | of the records in the ledger; NULL where that side has no entry |
pub fn breaks_schema() -> SchemaRef {
    let money = DataType::Decimal128(model::arrow::DECIMAL_DIGITS, 2);
    Arc::new(Schema::new(vec![
        Field::new("institution", DataType::Utf8, false),
        Field::new("day", DataType::Date32, false),
        Field::new("bank", DataType::Utf8, true),
        Field::new("account", DataType::FixedSizeBinary(16), false),
        Field::new("kind", DataType::Utf8, false),
        Field::new("transaction", DataType::Utf8, true),
        Field::new("platform_amount", money.clone(), true),
        Field::new("bank_amount", money, true),
        Field::new("platform_position", DataType::UInt64, true),
        Field::new("bank_position", DataType::UInt64, true),
    ]))
}

/// One break. The order of the fields is the order in which breaks are listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Break {
    /// Of the platform's record, else of the bank's.
    pub(crate) position: u64,
    pub(crate) book: u32,
    pub(crate) bank: Option<(u64, i64)>,
    pub(crate) platform: Option<(u64, i64)>,
    pub(crate) transaction: Option<Box<[u8]>>,
}

/// Platform, day and kind.
type Group = (u32, i32, BreakKind);

/// The first breaks of each group.
#[derive(Debug, Default)]
pub(crate) struct Listed(BTreeMap<Group, BinaryHeap<Break>>);

impl Listed {
    /// Takes a break, unless so many stand before it that it will not be listed.
    pub(crate) fn push(&mut self, group: Group, position: u64, make: impl FnOnce() -> Break) {
        let first = self.0.entry(group).or_default();
        if first.len() < LISTED_MAX {
            first.push(make());
            return;
        }
        let Some(mut last) = first.peek_mut() else { return };
        if last.position >= position {
            let new = make();
            if new < *last {
                *last = new;
            }
        }
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        for (group, breaks) in other.0 {
            for one in breaks {
                self.push(group, one.position, || one);
            }
        }
    }
}

/// The list as a table.
pub(crate) fn table(listed: Listed, accounts: &Accounts) -> Result<RecordBatch, CustodyError> {
    let rows: Vec<(Group, Break)> = listed
        .0
        .into_iter()
        .flat_map(|(group, breaks)| breaks.into_sorted_vec().into_iter().map(move |one| (group, one)))
        .collect();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let bank = |one: &Break| accounts.book(one.book).bank.map(|bank| accounts.bank_name(bank));
    let amount = |side: Option<(u64, i64)>| side.map(|(_, amount)| i128::from(amount));
    let position = |side: Option<(u64, i64)>| side.map(|(position, _)| position);
    let account: FixedSizeBinaryArray =
        accounts_array(rows.iter().map(|(_, one)| accounts.book(one.book).account))?;
    let platform_amount: Decimal128Array =
        decimals(rows.iter().map(|(_, one)| amount(one.platform)), model::arrow::DECIMAL_DIGITS)?;
    let bank_amount = decimals(rows.iter().map(|(_, one)| amount(one.bank)), model::arrow::DECIMAL_DIGITS)?;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(
            rows.iter().map(|((platform, ..), _)| accounts.platform_name(*platform)),
        )),
        Arc::new(Date32Array::from_iter_values(rows.iter().map(|((_, day, _), _)| *day))),
        Arc::new(rows.iter().map(|(_, one)| bank(one)).collect::<StringArray>()),
        Arc::new(account),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|((.., kind), _)| kind.name()))),
        Arc::new(rows.iter().map(|(_, one)| one.transaction.as_deref().map(text)).collect::<StringArray>()),
        Arc::new(platform_amount),
        Arc::new(bank_amount),
        Arc::new(rows.iter().map(|(_, one)| position(one.platform)).collect::<UInt64Array>()),
        Arc::new(rows.iter().map(|(_, one)| position(one.bank)).collect::<UInt64Array>()),
    ];
    Ok(RecordBatch::try_new(breaks_schema(), columns)?)
}
