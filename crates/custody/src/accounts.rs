//! Which accounts are in custody, of which platform, at which bank, on which days.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};
use model::streams::AccountPurpose;
use query::arrow::array::Array;

use crate::TIMING_DAYS;
use crate::error::CustodyError;
use crate::input::{Sources, Window};
use crate::sheets::{Marked, Sheet, Sheets, Stated, mark};
use crate::spread::portions;

/// Days from and to, both included.
type Span = (i32, i32);

/// What one bank states of one account of a platform. Also: the account itself, whatever the bank
/// (`bank` is `None`; such a book is the account's *base*), and what cannot be laid to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Book {
    /// Index in [`Accounts::platform`].
    pub(crate) platform: u32,
    /// The account; `None` for what cannot be laid to one.
    pub(crate) account: Option<u128>,
    /// Index in [`Accounts::bank`].
    pub(crate) bank: Option<u32>,
}

/// When an account is in custody and who keeps it.
#[derive(Debug, Default)]
struct Kept {
    /// Days on which it is in custody, ascending, without overlaps.
    spans: Vec<Span>,
    /// Days on which a bank's statement shows it, with the bank's book; ascending.
    stated: Vec<(i32, u32)>,
    /// The books of the banks that the platform registered for it, with the days.
    registered: Vec<(Span, u32)>,
}

#[derive(Debug, Default)]
struct Platform {
    /// The base book for what cannot be laid to an account.
    unknown: u32,
    /// Days on which any of its accounts is in custody.
    spans: Vec<Span>,
    /// Days for which a bank filed lines.
    stated: BTreeSet<i32>,
    /// The base of each of its accounts. By platform, so that the accounts of one batch, which are
    /// one platform's, stay in the cache.
    bases: HashMap<u128, u32>,
}

/// All accounts in custody. Books stand in the order of (platform, account, bank), names in their
/// own, so that indices sort as what they stand for.
#[derive(Debug)]
pub(crate) struct Accounts {
    platform_names: Vec<String>,
    bank_names: Vec<String>,
    platform_indices: HashMap<String, u32>,
    books: Vec<Book>,
    /// For each book its base.
    bases: Vec<u32>,
    /// For each base; nothing at other books.
    kept: Vec<Kept>,
    /// For each base whether it is in custody on all days that are looked at.
    is_always: Vec<bool>,
    platforms: Vec<Platform>,
}

struct Registered<'a> {
    platform: &'a str,
    bank: Option<&'a str>,
    account: u128,
    span: Span,
}

impl Accounts {
    /// Looks through the register and all statements; also gives what each line of these stands on.
    pub(crate) fn known(
        sources: &Sources,
        window: Window,
        threads: usize,
    ) -> Result<(Self, Sheets), CustodyError> {
        let portions = portions(sources.statements.iter().map(|batch| batch.rows));
        let marked = mark(&sources.statements, &portions, window, threads)?;
        let stated: HashSet<Stated<'_>> = marked.iter().flat_map(Marked::keys).collect();
        let accounts = Self::of(&registered(sources), &stated, window);
        let sheets = Sheets::new(marked, |stated| accounts.sheet(stated, window), portions);
        Ok((accounts, sheets))
    }

    fn of(registered: &[Registered<'_>], stated: &HashSet<Stated<'_>>, window: Window) -> Self {
        let platforms = registered.iter().map(|r| r.platform).chain(stated.iter().map(|s| s.platform));
        let (platform_names, platform_indices) = named(platforms);
        let banks = registered.iter().filter_map(|r| r.bank).chain(stated.iter().map(|s| s.bank));
        let (bank_names, bank_indices) = named(banks);
        let platform = |name: &str| platform_indices.get(name).copied().unwrap_or(0);
        let bank = |name: &str| bank_indices.get(name).copied();

        let mut books: BTreeSet<Book> = BTreeSet::new();
        let mut add = |platform, account, bank| {
            books.insert(Book { platform, account, bank: None });
            books.insert(Book { platform, account, bank });
        };
        (0..platform_names.len() as u32).for_each(|platform| add(platform, None, None));
        for Registered { platform: name, account, bank: at, .. } in registered {
            add(platform(name), Some(*account), at.and_then(bank));
        }
        for Stated { platform: name, account, bank: by, .. } in stated {
            add(platform(name), *account, bank(by));
        }
        let books: Vec<Book> = books.into_iter().collect();
        let book = |book: Book| books.binary_search(&book).map_or(0, |at| at as u32);
        let bases: Vec<u32> = books.iter().map(|own| book(Book { bank: None, ..*own })).collect();

        let mut accounts = Self {
            kept: books.iter().map(|_| Kept::default()).collect(),
            is_always: Vec::new(),
            platforms: platform_names.iter().map(|_| Platform::default()).collect(),
            platform_names,
            bank_names,
            platform_indices: HashMap::new(),
            bases,
            books: Vec::new(),
        };
        for (own, at) in books.iter().zip(0..) {
            match (own.account, own.bank) {
                (Some(account), None) => {
                    accounts.platforms[own.platform as usize].bases.insert(account, at);
                }
                (None, None) => accounts.platforms[own.platform as usize].unknown = at,
                _ => {}
            }
        }
        for Registered { platform: name, account, bank: at, span } in registered {
            let own = Book { platform: platform(name), account: Some(*account), bank: at.and_then(bank) };
            let kept = &mut accounts.kept[book(Book { bank: None, ..own }) as usize];
            kept.spans.push(*span);
            if own.bank.is_some() {
                kept.registered.push((*span, book(own)));
            }
            accounts.platforms[own.platform as usize].spans.push(*span);
        }
        for Stated { platform: name, account, bank: by, day } in stated {
            let own = Book { platform: platform(name), account: *account, bank: bank(by) };
            let span = (day.saturating_sub(TIMING_DAYS), day.saturating_add(TIMING_DAYS));
            let platform = &mut accounts.platforms[own.platform as usize];
            platform.stated.insert(*day);
            if own.account.is_some() {
                let kept = &mut accounts.kept[book(Book { bank: None, ..own }) as usize];
                kept.stated.push((*day, book(own)));
                kept.spans.push(span);
                platform.spans.push(span);
            }
        }
        for kept in &mut accounts.kept {
            kept.stated.sort_unstable();
            kept.registered.sort_unstable();
            join(&mut kept.spans);
        }
        accounts.platforms.iter_mut().for_each(|platform| join(&mut platform.spans));
        let is_always = |kept: &Kept| covers_all(&kept.spans, window);
        accounts.is_always = accounts.kept.iter().map(is_always).collect();
        accounts.books = books;
        accounts.platform_indices = platform_indices;
        accounts
    }

    fn sheet(&self, stated: Stated<'_>, window: Window) -> Sheet {
        let Stated { platform, bank, account, day } = stated;
        let platform = self.platform_named(platform).unwrap_or(0);
        let bank = self.bank_names.binary_search_by(|name| name.as_str().cmp(bank)).ok();
        let bank = bank.and_then(|bank| u32::try_from(bank).ok());
        let find = |book| self.books.binary_search(&book).map_or(0, |at| at as u32);
        Sheet {
            platform,
            base: find(Book { platform, account, bank: None }),
            book: find(Book { platform, account, bank }),
            place: window.place(day).unwrap_or(0),
            is_known: account.is_some(),
        }
    }

    /// The platform with a name, if it is one with accounts in custody.
    pub(crate) fn platform_named(&self, name: &str) -> Option<u32> {
        self.platform_indices.get(name).copied()
    }

    pub(crate) fn platform_name(&self, platform: u32) -> &str {
        self.platform_names.get(platform as usize).map_or("", String::as_str)
    }

    pub(crate) fn bank_name(&self, bank: u32) -> &str {
        self.bank_names.get(bank as usize).map_or("", String::as_str)
    }

    pub(crate) fn platforms(&self) -> std::ops::Range<u32> {
        0..self.platforms.len() as u32
    }

    #[inline]
    pub(crate) fn book(&self, book: u32) -> Book {
        self.books[book as usize]
    }

    /// The account of a book, whatever the bank.
    #[inline]
    pub(crate) fn base(&self, book: u32) -> u32 {
        self.bases[book as usize]
    }

    /// The base book for what cannot be laid to an account.
    #[inline]
    pub(crate) fn unknown(&self, platform: u32) -> u32 {
        self.platforms[platform as usize].unknown
    }

    /// The base of an account, if it is in custody of the platform on that day.
    #[inline]
    pub(crate) fn in_custody(&self, platform: u32, account: u128, day: i32) -> Option<u32> {
        let base = *self.platforms[platform as usize].bases.get(&account)?;
        let is_in = self.is_always[base as usize] || covers(&self.kept[base as usize].spans, day);
        is_in.then_some(base)
    }

    /// Where an entry belongs that no bank knows: the book of the bank whose statement shows the
    /// account on that day, else on the next or the one before, else of the bank that the platform
    /// registered, else of no bank.
    pub(crate) fn book_on(&self, base: u32, day: i32) -> u32 {
        let Kept { stated, registered, .. } = &self.kept[base as usize];
        let shown = |day: i32| {
            let from = stated.partition_point(|(on, _)| *on < day);
            stated.get(from).filter(|(on, _)| *on == day).map(|(_, book)| *book)
        };
        let near = crate::pairing::offsets().find_map(|offset| shown(day.saturating_add(offset)));
        let said = || registered.iter().find(|((from, to), _)| (*from..=*to).contains(&day));
        near.or_else(|| said().map(|(_, book)| *book)).unwrap_or(base)
    }

    /// Whether a bank filed anything for that platform and day.
    #[inline]
    pub(crate) fn is_stated(&self, platform: u32, day: i32) -> bool {
        self.platforms[platform as usize].stated.contains(&day)
    }

    /// Whether the platform has an account in custody on that day.
    #[inline]
    pub(crate) fn has_custody(&self, platform: u32, day: i32) -> bool {
        covers(&self.platforms[platform as usize].spans, day)
    }
}

fn named<'a>(names: impl Iterator<Item = &'a str>) -> (Vec<String>, HashMap<String, u32>) {
    let names: BTreeSet<&str> = names.collect();
    let indices = names.iter().map(|name| (*name).to_owned()).zip(0..).collect();
    (names.into_iter().map(str::to_owned).collect(), indices)
}

/// Sorts spans and joins those that overlap or touch.
fn join(spans: &mut Vec<Span>) {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for (from, to) in spans.drain(..) {
        match joined.last_mut() {
            Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    *spans = joined;
}

#[inline]
fn covers(spans: &[Span], day: i32) -> bool {
    let after = spans.partition_point(|(from, _)| *from <= day);
    after > 0 && spans.get(after - 1).is_some_and(|(_, to)| day <= *to)
}

/// Whether one span covers all days that are looked at.
fn covers_all(spans: &[Span], window: Window) -> bool {
    let (first, last) = (window.first.saturating_sub(TIMING_DAYS), window.last.saturating_add(TIMING_DAYS));
    spans.iter().any(|(from, to)| *from <= first && last <= *to)
}

fn registered(sources: &Sources) -> Vec<Registered<'_>> {
    let in_custody = [AccountPurpose::Custody as u8, AccountPurpose::Project as u8];
    let mut found = Vec::new();
    for batch in &sources.accounts {
        let names: Vec<&str> = batch.institution.names().collect();
        for row in 0..batch.rows {
            // An account that was erased cannot be told from any other.
            let Some(account) = batch.account.get(row) else { continue };
            if !in_custody.contains(&batch.purpose[row]) {
                continue;
            }
            let to = if batch.to.is_null(row) { i32::MAX } else { batch.to.value(row) };
            found.push(Registered {
                platform: names[batch.institution.key(row)],
                bank: (!batch.bank.is_null(row)).then(|| batch.bank.value(row)),
                account,
                span: (batch.from.value(row), to),
            });
        }
    }
    found.retain(|registered| registered.span.0 <= registered.span.1);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_touch_are_one() {
        let mut spans = vec![(7, 8), (1, 3), (4, 5), (2, 2)];
        join(&mut spans);
        assert_eq!(spans, [(1, 5), (7, 8)]);
        let inside: Vec<i32> = (0..10).filter(|day| covers(&spans, *day)).collect();
        assert_eq!(inside, [1, 2, 3, 4, 5, 7, 8]);
    }
}
