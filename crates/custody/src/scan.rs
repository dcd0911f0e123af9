//! Walking over the rows of both sides, once.

use std::ops::Range;

use model::streams::CustodyEntryKind;
use query::arrow::array::{Array, StringArray};

use crate::accounts::Accounts;
use crate::entries::{Found, Layout, Parts};
use crate::error::CustodyError;
use crate::input::{Sources, Statements, Transactions, Window};
use crate::sheets::{Sheet, Sheets};
use crate::spread::{Portion, portions, spread};
use crate::tally::{Tally, Unclear};

/// What one thread took up.
pub(crate) struct Scan<'a> {
    pub(crate) platform: Parts,
    pub(crate) bank: Parts,
    pub(crate) unclear_platform: Unclear,
    pub(crate) unclear_bank: Unclear,
    /// What needed no matching: lines without an id, entries with NULLs, balances.
    pub(crate) tally: Tally<'a>,
}

/// What all threads took up, and in how many parts it lies.
pub(crate) struct Scans<'a> {
    pub(crate) scans: Vec<Scan<'a>>,
    pub(crate) parts: usize,
}

/// Takes up all rows.
pub(crate) fn scan<'a>(
    sources: &Sources,
    accounts: &'a Accounts,
    sheets: &Sheets,
    window: Window,
    threads: usize,
) -> Result<Scans<'a>, CustodyError> {
    let statements = &sheets.portions;
    let transactions = portions(sources.transactions.iter().map(|batch| batch.rows));
    let rows = |portions: &[Portion]| portions.iter().map(|(_, rows)| rows.len()).sum::<usize>();
    let layout = Layout::for_rows(rows(statements) + rows(&transactions));
    let room = |rows: usize, bytes: usize| Parts::with_room(&layout, rows / threads, bytes / threads);
    let start = || Scan {
        platform: room(rows(&transactions), id_bytes(sources.transactions.iter().map(|batch| &batch.id))),
        bank: room(rows(statements), id_bytes(sources.statements.iter().map(|batch| &batch.transaction))),
        unclear_platform: Unclear::default(),
        unclear_bank: Unclear::default(),
        tally: Tally::new(accounts, window),
    };
    let count = statements.len() + transactions.len();
    let scans = spread(threads, count, start, |scan, portion| {
        let scanner = Scanner { accounts, sheets, window, layout: &layout };
        match statements.get(portion) {
            Some((batch, rows)) => {
                scanner.statements(&sources.statements[*batch], rows.clone(), portion, scan)
            }
            None => {
                let (batch, rows) = &transactions[portion - statements.len()];
                scanner.transactions(&sources.transactions[*batch], rows.clone(), scan)
            }
        }
    })?;
    Ok(Scans { scans, parts: layout.parts() })
}

/// Bytes of all texts.
fn id_bytes<'s>(ids: impl Iterator<Item = &'s StringArray>) -> usize {
    ids.map(|ids| {
        let offsets = ids.value_offsets();
        offsets.last().zip(offsets.first()).map_or(0, |(end, start)| (end - start) as usize)
    })
    .sum()
}

/// What both sides of a transaction share.
#[derive(Clone, Copy)]
struct Moved<'r> {
    platform: u32,
    day: i32,
    place: u16,
    position: u64,
    id: &'r [u8],
}

struct Scanner<'s> {
    accounts: &'s Accounts,
    sheets: &'s Sheets,
    window: Window,
    layout: &'s Layout,
}

impl Scanner<'_> {
    fn transactions(
        &self,
        batch: &Transactions,
        rows: Range<usize>,
        scan: &mut Scan<'_>,
    ) -> Result<(), CustodyError> {
        let platforms: Vec<Option<u32>> =
            batch.institution.names().map(|name| self.accounts.platform_named(name)).collect();
        for row in rows {
            let Some(platform) = platforms[batch.institution.key(row)] else { continue };
            let day = batch.day.value(row);
            let Some(place) = self.window.place(day) else { continue };
            let amount = batch.amount.get(row)?;
            let id = batch.id.value(row).as_bytes();
            if amount.is_none() || batch.payer.is_null(row) || batch.payee.is_null(row) {
                scan.unclear_platform.insert(platform, id, place);
            }
            let of = Moved { platform, day, place, position: batch.position[row], id };
            self.side(of, batch.payer.get(row), amount.map(|amount| -amount), scan)?;
            self.side(of, batch.payee.get(row), amount, scan)?;
        }
        Ok(())
    }

    /// The entry of one side of a transaction. Inlined, as [`Parts::push`] is.
    #[inline(always)]
    fn side(
        &self,
        of: Moved<'_>,
        account: Option<u128>,
        amount: Option<i64>,
        scan: &mut Scan<'_>,
    ) -> Result<(), CustodyError> {
        let Moved { platform, day, place, position, id } = of;
        let Some(account) = account else {
            // It may be any account.
            if self.accounts.has_custody(platform, day) {
                scan.tally.undetermined(self.accounts.unknown(platform), place);
            }
            return Ok(());
        };
        let Some(base) = self.accounts.in_custody(platform, account, day) else { return Ok(()) };
        let Some(amount) = amount else {
            scan.tally.undetermined(base, place);
            return Ok(());
        };
        scan.platform.push(self.layout, Found { base, book: base, place, amount, position, id })
    }

    fn statements(
        &self,
        batch: &Statements,
        rows: Range<usize>,
        portion: usize,
        scan: &mut Scan<'_>,
    ) -> Result<(), CustodyError> {
        for (row, sheet) in rows.zip(self.sheets.of(portion)) {
            let Some(&Sheet { platform, base, book, place, is_known }) = sheet else { continue };
            let amount = batch.amount.get(row)?;
            let position = batch.position[row];
            let cell = scan.tally.cells.cell(book, place);
            cell.lines += 1;
            match batch.kind[row] {
                kind if kind == CustodyEntryKind::Opening as u8 => cell.opening.line(position, amount),
                kind if kind == CustodyEntryKind::Closing as u8 => cell.closing.line(position, amount),
                _ => {
                    let id =
                        (!batch.transaction.is_null(row)).then(|| batch.transaction.value(row).as_bytes());
                    cell.flows += i128::from(amount.unwrap_or(0));
                    cell.unknown_flows += i64::from(amount.is_none());
                    match (is_known, amount, id) {
                        (true, Some(amount), Some(id)) => {
                            let found = Found { base, book, place, amount, position, id };
                            scan.bank.push(self.layout, found)?;
                        }
                        (true, Some(amount), None) => {
                            scan.tally.unknown_to_platform(book, place, (position, amount), None);
                        }
                        _ => {
                            cell.undetermined += 1;
                            if let Some(id) = id {
                                scan.unclear_bank.insert(platform, id, place);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
