//! What is planted at an institution beside its ordinary business: records, loans, and what is
//! otherwise in its figures, its register entry, its disclosures, its bank's statements.

use std::collections::BTreeMap;

use model::institution::InstitutionId;
use model::money::Fen;
use model::time::{Day, Time};

use crate::call_ups::Asked;
use crate::line::Tag;
use crate::loan::Loan;
use crate::rows::Row;

/// All of it.
#[derive(Default)]
pub(crate) struct Extras {
    /// Records by number of the stream and day of the market.
    rows: BTreeMap<(u8, u32), Vec<Row>>,
    pub(crate) loans: Vec<Loan>,
    pub(crate) flags: Flags,
    pub(crate) bank: BankTwists,
    /// Recordings that the supervisor asks for.
    pub(crate) call_ups: Vec<Asked>,
    /// Numbers already given to planted records.
    numbers: u64,
}

/// What is otherwise than at a sound institution.
#[derive(Default)]
pub(crate) struct Flags {
    /// Loans of one amount, offered by the clock.
    pub(crate) is_clockwork: bool,
    /// Loans of a few amounts, at any time.
    pub(crate) has_standard_amounts: bool,
    pub(crate) paid_in_capital: Option<Fen>,
    pub(crate) licence_until: Option<Day>,
    /// From this day on a new licence holds, for three years.
    pub(crate) licence_renewed: Option<Day>,
    /// The compliance officer's qualification ends on this day.
    pub(crate) qualified_until: Option<Day>,
    /// The head of risk has no qualification.
    pub(crate) is_unqualified: bool,
    pub(crate) assessed_on: Option<Day>,
    /// The cap of the loan balance, as a multiple of the first day's.
    pub(crate) cap_ratio: Option<f64>,
    /// The bank that the register names.
    pub(crate) custody_bank: Option<InstitutionId>,
    /// What is added to the rate disclosed, in hundredths of a per cent.
    pub(crate) rate_told: i64,
    /// What is added to the overdue rate disclosed, in hundredths of a per cent.
    pub(crate) overdue_told: i64,
    /// How many of the related-party deals are kept quiet.
    pub(crate) deals_hidden: u64,
    pub(crate) disclosure: Punctuality,
    /// Core and comprehensive solvency, in hundredths of a per cent.
    pub(crate) solvency: Option<(i64, i64)>,
    /// A critical incident on a day, at a time.
    pub(crate) critical: Option<(u32, Time)>,
    /// What guarantees stand for, as a share of the loan balance.
    pub(crate) guarantee: Option<f64>,
    /// From a day on so much of the clients' reserve is deposited.
    pub(crate) reserve: Option<(u32, f64)>,
    /// Filings of a stream and day that do not come as they should.
    pub(crate) filings: Vec<(u8, u32, Punctuality)>,
}

/// How a filing comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Punctuality {
    #[default]
    InTime,
    /// So many days late.
    Late(u32),
    Never,
    /// In time, and a line short of what was announced.
    Incomplete,
}

/// What the bank's statement of a platform says otherwise than the platform does.
#[derive(Default)]
pub(crate) struct BankTwists {
    /// Flows of the platform by transaction: not there, or another amount, or another time.
    pub(crate) flows: BTreeMap<Tag, FlowTwist>,
    /// Flows on the clients' account that no transaction of the platform is behind: day, time,
    /// amount, the id that the bank states.
    pub(crate) ghosts: Vec<(u32, Time, i64, Tag)>,
    /// What is missing from the closing balance of a day.
    pub(crate) gaps: BTreeMap<u32, i64>,
}

/// One flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlowTwist {
    Missing,
    /// So much more.
    Amount(i64),
    /// Booked after midnight: day and time.
    Later(u32, Time),
}

impl Extras {
    /// Adds a record about a day.
    pub(crate) fn push(&mut self, day: u32, row: Row) {
        self.rows.entry((row.stream().number, day)).or_default().push(row);
    }

    /// The records of a stream about a day.
    pub(crate) fn rows(&self, stream: u8, day: u32) -> &[Row] {
        self.rows.get(&(stream, day)).map_or(&[], Vec::as_slice)
    }

    /// All records, with their days.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, &Row)> {
        self.rows.iter().flat_map(|((_, day), rows)| rows.iter().map(|row| (*day, row)))
    }

    /// How many transactions there are beside those of loans.
    pub(crate) fn transactions(&self) -> u64 {
        self.all().filter(|(_, row)| matches!(row, Row::Transaction(_))).count() as u64
    }

    /// A number that no other planted record of the institution has.
    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}
