//! What a book comes to on a day.

use hashbrown::HashMap;

/// The lines of a statement that give a balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Balance {
    /// The line with the lowest position: position and amount in fen.
    pub(crate) first: Option<(u64, Option<i64>)>,
    pub(crate) lines: i64,
}

impl Balance {
    pub(crate) fn line(&mut self, position: u64, amount: Option<i64>) {
        self.absorb(Self { first: Some((position, amount)), lines: 1 });
    }

    fn absorb(&mut self, other: Self) {
        self.first = match (self.first, other.first) {
            (Some(one), Some(another)) => Some(one.min(another)),
            (one, another) => one.or(another),
        };
        self.lines += other.lines;
    }

    pub(crate) fn amount(&self) -> Option<i64> {
        self.first.and_then(|(_, amount)| amount)
    }

    /// Lines too many.
    pub(crate) fn faults(&self) -> i64 {
        (self.lines - 1).max(0)
    }
}

/// Counts and sums (in fen) of one book on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) matched: i64,
    pub(crate) timing: i64,
    pub(crate) amount_differs: i64,
    pub(crate) missing_at_bank: i64,
    pub(crate) missing_at_platform: i64,
    pub(crate) undetermined: i64,
    pub(crate) matched_amount: i128,
    pub(crate) missing_at_bank_amount: i128,
    pub(crate) missing_at_platform_amount: i128,
    pub(crate) difference_amount: i128,
    /// Lines of the bank's statement.
    pub(crate) lines: i64,
    pub(crate) opening: Balance,
    pub(crate) closing: Balance,
    pub(crate) flows: i128,
    /// Flows whose amount is not known.
    pub(crate) unknown_flows: i64,
}

impl Cell {
    fn absorb(&mut self, other: Self) {
        self.matched += other.matched;
        self.timing += other.timing;
        self.amount_differs += other.amount_differs;
        self.missing_at_bank += other.missing_at_bank;
        self.missing_at_platform += other.missing_at_platform;
        self.undetermined += other.undetermined;
        self.matched_amount += other.matched_amount;
        self.missing_at_bank_amount += other.missing_at_bank_amount;
        self.missing_at_platform_amount += other.missing_at_platform_amount;
        self.difference_amount += other.difference_amount;
        self.lines += other.lines;
        self.opening.absorb(other.opening);
        self.closing.absorb(other.closing);
        self.flows += other.flows;
        self.unknown_flows += other.unknown_flows;
    }

    /// The sum of all flows, where there is a statement and each amount is known.
    pub(crate) fn flows(&self) -> Option<i128> {
        (self.lines > 0 && self.unknown_flows == 0).then_some(self.flows)
    }
}

/// Cells by book and the day's place in the window.
#[derive(Debug, Default)]
pub(crate) struct Cells(HashMap<(u32, u16), Cell>);

impl Cells {
    #[inline]
    pub(crate) fn cell(&mut self, book: u32, place: u16) -> &mut Cell {
        self.0.entry((book, place)).or_default()
    }

    pub(crate) fn get(&self, book: u32, place: u16) -> Option<&Cell> {
        self.0.get(&(book, place))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = ((u32, u16), &Cell)> {
        self.0.iter().map(|(key, cell)| (*key, cell))
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        for ((book, place), cell) in other.0 {
            self.cell(book, place).absorb(cell);
        }
    }
}
