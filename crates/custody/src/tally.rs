//! Counting what was found.

use hashbrown::HashMap;

use crate::TIMING_DAYS;
use crate::accounts::Accounts;
use crate::breaks::{Break, BreakKind, Listed};
use crate::cells::Cells;
use crate::entries::Entry;
use crate::input::Window;

/// Ids of records of one side that cannot be told whole, because an amount or account is NULL:
/// for each the platforms and days. An entry of the other side with that id may belong to it.
#[derive(Debug, Default)]
pub(crate) struct Unclear(HashMap<Vec<u8>, Vec<(u32, u16)>>);

impl Unclear {
    pub(crate) fn insert(&mut self, platform: u32, id: &[u8], place: u16) {
        let places = self.0.entry_ref(id).or_default();
        if !places.contains(&(platform, place)) {
            places.push((platform, place));
        }
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        for (id, places) in other.0 {
            places.into_iter().for_each(|(platform, place)| self.insert(platform, &id, place));
        }
    }

    fn has_near(&self, platform: u32, id: &[u8], place: u16) -> bool {
        let is_near = |(of, on): &(u32, u16)| {
            *of == platform && (i32::from(*on) - i32::from(place)).abs() <= TIMING_DAYS
        };
        !self.0.is_empty() && self.0.get(id).is_some_and(|places| places.iter().any(is_near))
    }
}

/// What was found so far.
#[derive(Debug)]
pub(crate) struct Tally<'a> {
    accounts: &'a Accounts,
    window: Window,
    pub(crate) cells: Cells,
    pub(crate) listed: Listed,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(accounts: &'a Accounts, window: Window) -> Self {
        Self { accounts, window, cells: Cells::default(), listed: Listed::default() }
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.cells.absorb(other.cells);
        self.listed.absorb(other.listed);
    }

    /// A pair stands on the day of the bank's entry, which is a day that is stated.
    #[inline]
    pub(crate) fn pair(&mut self, platform: &Entry, bank: &Entry, id: &[u8]) {
        if !self.window.asks(bank.place) {
            return;
        }
        let cell = self.cells.cell(bank.book, bank.place);
        let kind = if platform.amount != bank.amount {
            cell.amount_differs += 1;
            cell.difference_amount += (i128::from(platform.amount) - i128::from(bank.amount)).abs();
            BreakKind::AmountDiffers
        } else if platform.place != bank.place {
            cell.timing += 1;
            BreakKind::Timing
        } else {
            cell.matched += 1;
            cell.matched_amount += i128::from(bank.amount).abs();
            return;
        };
        self.list(
            kind,
            bank.place,
            Break {
                position: platform.position,
                book: bank.book,
                bank: Some((bank.position, bank.amount)),
                platform: Some((platform.position, platform.amount)),
                transaction: None,
            },
            Some(id),
        );
    }

    /// An entry of a platform without one of a bank; `unclear` are the bank's.
    pub(crate) fn platform_alone(&mut self, entry: &Entry, id: &[u8], unclear: &Unclear) {
        let Entry { place, amount, position, .. } = *entry;
        if !self.window.asks(place) {
            return;
        }
        let (platform, day) = (self.accounts.book(entry.book).platform, self.window.day(place));
        if !self.accounts.is_stated(platform, day) || unclear.has_near(platform, id, place) {
            self.undetermined(entry.book, place);
            return;
        }
        let book = self.accounts.book_on(entry.book, day);
        let cell = self.cells.cell(book, place);
        cell.missing_at_bank += 1;
        cell.missing_at_bank_amount += i128::from(amount).abs();
        let platform = Some((position, amount));
        let one = Break { position, book, bank: None, platform, transaction: None };
        self.list(BreakKind::MissingAtBank, place, one, Some(id));
    }

    /// An entry of a bank without one of a platform; `unclear` are the platform's.
    pub(crate) fn bank_alone(&mut self, entry: &Entry, id: &[u8], unclear: &Unclear) {
        let platform = self.accounts.book(entry.book).platform;
        if !self.window.asks(entry.place) {
            return;
        }
        if unclear.has_near(platform, id, entry.place) {
            self.cells.cell(entry.book, entry.place).undetermined += 1;
            return;
        }
        self.unknown_to_platform(entry.book, entry.place, (entry.position, entry.amount), Some(id));
    }

    /// An entry of a bank, with its position and amount, that the platform does not know.
    pub(crate) fn unknown_to_platform(&mut self, book: u32, place: u16, bank: (u64, i64), id: Option<&[u8]>) {
        if !self.window.asks(place) {
            return;
        }
        let (position, amount) = bank;
        let cell = self.cells.cell(book, place);
        cell.missing_at_platform += 1;
        cell.missing_at_platform_amount += i128::from(amount).abs();
        let one = Break { position, book, bank: Some(bank), platform: None, transaction: None };
        self.list(BreakKind::MissingAtPlatform, place, one, id);
    }

    /// An entry of a platform that cannot be told. A day that is not stated has one row.
    pub(crate) fn undetermined(&mut self, base: u32, place: u16) {
        if !self.window.asks(place) {
            return;
        }
        let (platform, day) = (self.accounts.book(base).platform, self.window.day(place));
        let book = if self.accounts.is_stated(platform, day) {
            self.accounts.book_on(base, day)
        } else {
            self.accounts.unknown(platform)
        };
        self.cells.cell(book, place).undetermined += 1;
    }

    fn list(&mut self, kind: BreakKind, place: u16, one: Break, id: Option<&[u8]>) {
        let group = (self.accounts.book(one.book).platform, self.window.day(place), kind);
        self.listed.push(group, one.position, || Break { transaction: id.map(Box::from), ..one });
    }
}
