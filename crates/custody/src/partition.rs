//! Matching the entries of both sides, part by part.

use std::sync::{Mutex, PoisonError};

use crate::TIMING_DAYS;
use crate::accounts::Accounts;
use crate::entries::{Entry, Part};
use crate::error::CustodyError;
use crate::input::Window;
use crate::pairing::{Outcome, settle};
use crate::scan::Scans;
use crate::spread::spread;
use crate::tally::{Tally, Unclear};

/// Matches what the scans took up; gives all that was found.
pub(crate) fn reconcile<'a>(
    scans: Scans<'a>,
    accounts: &'a Accounts,
    window: Window,
    threads: usize,
) -> Result<Tally<'a>, CustodyError> {
    let mut found = Tally::new(accounts, window);
    let mut unclear = Unclears::default();
    let mut parts: Vec<Mutex<Both>> = (0..scans.parts).map(|_| Mutex::default()).collect();
    for mut scan in scans.scans {
        for (at, both) in parts.iter_mut().enumerate() {
            let both = both.get_mut().unwrap_or_else(PoisonError::into_inner);
            both.platform.push(scan.platform.take(at));
            both.bank.push(scan.bank.take(at));
        }
        unclear.platform.absorb(scan.unclear_platform);
        unclear.bank.absorb(scan.unclear_bank);
        found.absorb(scan.tally);
    }
    let start =
        || Matching { accounts, unclear: &unclear, tally: Tally::new(accounts, window), keys: Vec::new() };
    let matchings = spread(threads, parts.len(), start, |matching, at| {
        // Taken, so that its memory goes back as soon as it is matched.
        let both = std::mem::take(&mut *parts[at].lock().unwrap_or_else(PoisonError::into_inner));
        matching.part(both);
        Ok(())
    })?;
    matchings.into_iter().for_each(|matching| found.absorb(matching.tally));
    Ok(found)
}

/// See [`Unclear`].
#[derive(Default)]
struct Unclears {
    platform: Unclear,
    bank: Unclear,
}

/// The entries of one part as each thread took them up.
#[derive(Default)]
struct Both {
    platform: Vec<Part>,
    bank: Vec<Part>,
}

struct Matching<'u, 'a> {
    accounts: &'a Accounts,
    unclear: &'u Unclears,
    tally: Tally<'a>,
    keys: Vec<u64>,
}

/// An entry with its id.
#[derive(Clone, Copy)]
struct Line<'p> {
    entry: &'p Entry,
    part: &'p Part,
    is_bank: bool,
}

impl<'p> Line<'p> {
    #[inline]
    fn id(&self) -> &'p [u8] {
        self.part.id(self.entry)
    }
}

/// Entries of several parts, numbered through: those of the platform first.
struct Numbered<'p> {
    /// Each part with the number of its first entry and its side.
    parts: Vec<(usize, &'p Part, bool)>,
}

impl<'p> Numbered<'p> {
    fn new(both: &'p Both) -> Self {
        let sides =
            both.platform.iter().map(|part| (part, false)).chain(both.bank.iter().map(|part| (part, true)));
        let mut next = 0;
        let number = |(part, is_bank): (&'p Part, bool)| {
            let first = next;
            next += part.entries.len();
            (first, part, is_bank)
        };
        Self { parts: sides.map(number).collect() }
    }

    #[inline]
    fn line(&self, number: usize) -> Line<'p> {
        let at = self.parts.partition_point(|(first, ..)| *first <= number) - 1;
        let (first, part, is_bank) = self.parts[at];
        Line { entry: &part.entries[number - first], part, is_bank }
    }
}

impl Matching<'_, '_> {
    /// Sorts the entries by hash and settles those whose hashes are the same.
    fn part(&mut self, both: Both) {
        let numbered = Numbered::new(&both);
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        for (first, part, _) in &numbered.parts {
            let numbers = *first as u64..;
            keys.extend(
                part.entries.iter().zip(numbers).map(|(entry, number)| u64::from(entry.hash) << 32 | number),
            );
        }
        keys.sort_unstable();
        for same in keys.chunk_by(|one, other| one >> 32 == other >> 32) {
            let line = |key: &u64| numbered.line((*key as u32) as usize);
            match same {
                [one] => self.alone(line(one)),
                [one, other] => {
                    let (one, other) = (line(one), line(other));
                    if !one.is_bank && other.is_bank && self.is_same(&one, &other) {
                        self.two(one, other);
                    } else {
                        self.several(vec![one, other]);
                    }
                }
                _ => self.several(same.iter().map(line).collect()),
            }
        }
        self.keys = keys;
    }

    /// Whether account and id are the same, byte by byte.
    #[inline]
    fn is_same(&self, one: &Line<'_>, other: &Line<'_>) -> bool {
        self.accounts.base(one.entry.book) == self.accounts.base(other.entry.book) && one.id() == other.id()
    }

    fn alone(&mut self, line: Line<'_>) {
        if line.is_bank {
            self.tally.bank_alone(line.entry, line.id(), &self.unclear.platform);
        } else {
            self.tally.platform_alone(line.entry, line.id(), &self.unclear.bank);
        }
    }

    /// What nearly all come to: one entry on each side.
    #[inline]
    fn two(&mut self, platform: Line<'_>, bank: Line<'_>) {
        let days = i32::from(platform.entry.place) - i32::from(bank.entry.place);
        if days.abs() <= TIMING_DAYS {
            self.tally.pair(platform.entry, bank.entry, bank.id());
        } else {
            self.alone(platform);
            self.alone(bank);
        }
    }

    /// Entries of one hash: perhaps several on a side, perhaps of different ids.
    fn several(&mut self, mut lines: Vec<Line<'_>>) {
        let base = |line: &Line<'_>| self.accounts.base(line.entry.book);
        lines.sort_unstable_by(|one, other| {
            base(one).cmp(&base(other)).then_with(|| one.id().cmp(other.id()))
        });
        let accounts = self.accounts;
        let is_same = |one: &Line<'_>, other: &Line<'_>| {
            accounts.base(one.entry.book) == accounts.base(other.entry.book) && one.id() == other.id()
        };
        for same in lines.chunk_by(is_same) {
            let Some(id) = same.first().map(Line::id) else { continue };
            let side = |is_bank| -> Vec<Entry> {
                same.iter().filter(|line| line.is_bank == is_bank).map(|line| *line.entry).collect()
            };
            settle(&mut side(false), &mut side(true), |outcome| match outcome {
                Outcome::Pair(platform, bank) => self.tally.pair(platform, bank, id),
                Outcome::Platform(entry) => self.tally.platform_alone(entry, id, &self.unclear.bank),
                Outcome::Bank(entry) => self.tally.bank_alone(entry, id, &self.unclear.platform),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use model::arrow::to_batch;
    use model::columns::Columns;
    use model::spec::Record;
    use model::streams::{AccountPurpose, AccountRegister};
    use model::time::Day;
    use query::RecordBatch;

    use super::*;
    use crate::entries::{Found, Layout, Parts};
    use crate::input::Input;

    const ACCOUNT: u128 = 7;

    fn register() -> RecordBatch {
        let stream = AccountRegister::STREAM;
        let mut columns = Columns::new(stream.fields);
        let mut put = |name: &str, fill: &dyn Fn(&mut model::columns::Column) -> bool| {
            assert!(fill(columns.column_mut(stream.field_index(name).unwrap()).unwrap()));
        };
        put("id", &|column| column.push_text("a"));
        put("effective_from", &|column| column.push_date(0));
        put("account", &|column| column.push_wide(ACCOUNT));
        put("purpose", &|column| column.push_byte(AccountPurpose::Custody as u8));
        columns.end_row();
        to_batch(stream, "P", columns, vec![0]).unwrap()
    }

    /// What 300 entries a side come to, of the given ids.
    fn matched(same_hash: bool, id: impl Fn(u64) -> String) -> (i64, i64) {
        let window = Window::around(&(Day(10)..=Day(10))).unwrap();
        let accounts = [register()];
        let sources = Input { transactions: &[], statements: &[], accounts: &accounts }.read().unwrap();
        let (accounts, _) = Accounts::known(&sources, window, 1).unwrap();
        let base = accounts.in_custody(0, ACCOUNT, 10).unwrap();
        let layout = Layout::for_rows(0);
        let (mut platform, mut bank) = (Parts::with_room(&layout, 0, 0), Parts::with_room(&layout, 0, 0));
        for position in 0..300 {
            let id = id(position);
            let found = Found {
                base,
                book: base,
                place: 1,
                amount: 5 + position as i64,
                position,
                id: id.as_bytes(),
            };
            platform.push(&layout, found).unwrap();
            bank.push(&layout, found).unwrap();
        }
        let mut both = Both { platform: vec![platform.take(0)], bank: vec![bank.take(0)] };
        if same_hash {
            let parts = both.platform.iter_mut().chain(&mut both.bank);
            parts.flat_map(|part| &mut part.entries).for_each(|entry| entry.hash = 1);
        }
        let tally = Tally::new(&accounts, window);
        let mut matching =
            Matching { accounts: &accounts, unclear: &Unclears::default(), tally, keys: Vec::new() };
        matching.part(both);
        let cell = matching.tally.cells.cell(base, 1);
        (cell.matched, cell.amount_differs)
    }

    #[test]
    fn a_hash_says_where_to_look_and_never_what_it_is() {
        assert_eq!(matched(false, |n| format!("t{n}")), (300, 0));
        assert_eq!(matched(true, |n| format!("t{n}")), (300, 0));
        assert_eq!(matched(true, |n| format!("t{}", n / 3)), (300, 0));
    }
}
