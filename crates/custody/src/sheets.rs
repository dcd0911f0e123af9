//! Which account and day each line of the statements stands on: found once, in the first walk over
//! them, and kept as a number for each line, so that the second walk looks nothing up.

use hashbrown::HashMap;

use crate::error::CustodyError;
use crate::input::{Statements, Window};
use crate::spread::{Portion, spread};

/// One account on one day in a bank's statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stated<'a> {
    pub(crate) platform: &'a str,
    pub(crate) bank: &'a str,
    pub(crate) account: Option<u128>,
    pub(crate) day: i32,
}

/// The same in numbers, with what the scan asks of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sheet {
    pub(crate) platform: u32,
    pub(crate) base: u32,
    pub(crate) book: u32,
    pub(crate) place: u16,
    /// Whether the account is known.
    pub(crate) is_known: bool,
}

/// As [`Stated`], platform and bank by their number in this thread: quick to hash.
type Key = (u32, u32, Option<u128>, i32);

/// For lines outside the days that are looked at.
const OUTSIDE: u32 = u32::MAX;

/// What one thread found. Few sheets for many lines.
#[derive(Default)]
pub(crate) struct Marked<'a> {
    names: Vec<&'a str>,
    name_numbers: HashMap<&'a str, u32>,
    keys: Vec<Key>,
    key_numbers: HashMap<Key, u32>,
    /// For each portion that this thread took the number of each line's key.
    portions: Vec<(usize, Vec<u32>)>,
}

impl<'a> Marked<'a> {
    fn name(&mut self, name: &'a str) -> u32 {
        let names = &mut self.names;
        *self.name_numbers.entry(name).or_insert_with(|| {
            names.push(name);
            names.len() as u32 - 1
        })
    }

    fn key(&mut self, key: Key) -> u32 {
        let keys = &mut self.keys;
        *self.key_numbers.entry(key).or_insert_with(|| {
            keys.push(key);
            keys.len() as u32 - 1
        })
    }

    /// Each account, bank and day, in the order of their numbers.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Stated<'a>> {
        self.keys.iter().map(|(platform, bank, account, day)| Stated {
            platform: self.names[*platform as usize],
            bank: self.names[*bank as usize],
            account: *account,
            day: *day,
        })
    }
}

/// Walks over all statements.
pub(crate) fn mark<'a>(
    statements: &'a [Statements],
    portions: &[Portion],
    window: Window,
    threads: usize,
) -> Result<Vec<Marked<'a>>, CustodyError> {
    spread(threads, portions.len(), Marked::default, |found: &mut Marked<'a>, portion| {
        let (batch, rows) = portions[portion].clone();
        let batch = &statements[batch];
        let banks: Vec<u32> = batch.institution.names().map(|bank| found.name(bank)).collect();
        let mut numbers = Vec::with_capacity(rows.len());
        for row in rows {
            let day = batch.day.value(row);
            if window.place(day).is_none() {
                numbers.push(OUTSIDE);
                continue;
            }
            let platform = found.name(batch.platform.value(row));
            numbers.push(found.key((
                platform,
                banks[batch.institution.key(row)],
                batch.account.get(row),
                day,
            )));
        }
        found.portions.push((portion, numbers));
        Ok(())
    })
}

/// The sheets that the lines of all statements stand on.
#[derive(Debug, Default)]
pub(crate) struct Sheets {
    pub(crate) portions: Vec<Portion>,
    /// For each portion which list of sheets its numbers point into.
    numbers: Vec<(usize, Vec<u32>)>,
    sheets: Vec<Vec<Sheet>>,
}

impl Sheets {
    pub(crate) fn new(
        marked: Vec<Marked<'_>>,
        sheet: impl Fn(Stated<'_>) -> Sheet,
        portions: Vec<Portion>,
    ) -> Self {
        let sheets = marked.iter().map(|marked| marked.keys().map(&sheet).collect()).collect();
        let mut numbers: Vec<(usize, Vec<u32>)> = portions.iter().map(|_| (0, Vec::new())).collect();
        for (list, marked) in marked.into_iter().enumerate() {
            for (portion, of_lines) in marked.portions {
                numbers[portion] = (list, of_lines);
            }
        }
        Self { portions, numbers, sheets }
    }

    /// The sheet of each line of a portion; `None` outside the days that are looked at.
    pub(crate) fn of(&self, portion: usize) -> impl Iterator<Item = Option<&Sheet>> {
        let (list, numbers) = &self.numbers[portion];
        let sheets = &self.sheets[*list];
        numbers.iter().map(|number| sheets.get(*number as usize))
    }
}
