//! A loan from its offer to its settlement: lenders pay in and lend, the money waits in an account
//! of the project's own, goes to the borrower, comes back with interest, and is paid out.
//!
//! A loan is a small value from which all of its records follow: every stream that has something
//! to say about it works it out again, so that nothing is carried from day to day.
//!
//! **Invariant:** a lender's deposit comes before the lending and covers it; what is disbursed was
//! lent before; what is withdrawn was paid back before. No account in custody is ever short.

mod draw;
mod flows;
mod shares;

use model::streams::{GuaranteeKind, IdentityRegister, ProjectStatus};
use model::time::{Day, MICROS_PER_DAY, Time};

use crate::line::Tag;
use crate::people;
use crate::rows::{ClaimRow, ProjectRow};

pub(crate) use draw::{LENDERS_MAX, expected_transactions, offered_on, touching};
pub(crate) use flows::{Event, Flows, Part, count};

/// Days of a loan's life, counted from the market's first; `disbursed`, `due` and `repaid` may lie
/// beyond its last.
#[derive(Clone, Debug)]
pub(crate) struct Loan {
    /// What its lenders' shares and times are drawn from.
    pub(crate) key: u64,
    pub(crate) id: Tag,
    pub(crate) first_day: Day,
    pub(crate) offered: u32,
    pub(crate) published_at: Time,
    pub(crate) borrower: u128,
    /// The person who acts for the borrower.
    pub(crate) person: u64,
    /// Where the money goes, and from where it comes back.
    pub(crate) disburse_to: u128,
    pub(crate) repay_from: u128,
    pub(crate) amount_fen: i64,
    pub(crate) term_days: u32,
    pub(crate) rate_hundredths: i64,
    pub(crate) guarantee: GuaranteeKind,
    pub(crate) collateral: Option<(i64, i64, Tag)>,
    pub(crate) identity: Option<IdentityRegister>,
    pub(crate) receiving: u128,
    /// Whether the receiving account is registered for this loan; a shared one is for another.
    pub(crate) has_account: bool,
    pub(crate) lenders: u32,
    /// The first of its lenders; the others follow.
    pub(crate) first_lender: u64,
    /// Lenders lend on the day of the offer and on so many days after it.
    pub(crate) fill_days: u32,
    pub(crate) disbursed: u32,
    pub(crate) repaid: u32,
    /// Lending begins in the morning, before the project is there.
    pub(crate) lent_early: bool,
    /// What was lent by the day before the last is paid out that night.
    pub(crate) paid_early: bool,
    /// Lenders were promised their money so many days after lending.
    pub(crate) claim_days: Option<u32>,
}

impl Loan {
    /// The day on which the borrower is to pay back.
    pub(crate) fn due(&self) -> u32 {
        self.disbursed + self.term_days
    }

    pub(crate) fn day(&self, day: u32) -> Day {
        self.first_day.plus(day as i32)
    }

    /// Interest on so much for the whole term.
    pub(crate) fn interest_fen(&self, fen: i64) -> i64 {
        let product = i128::from(fen) * i128::from(self.rate_hundredths) * i128::from(self.term_days);
        (product / (10_000 * 365)) as i64
    }

    /// What the borrower pays the platform at the end: one per cent of the loan.
    pub(crate) fn fee_fen(&self) -> i64 {
        self.amount_fen / 100
    }

    /// Whether its account has lines in the bank's statement of a day.
    pub(crate) fn stands(&self, day: u32) -> bool {
        (self.offered..=self.disbursed).contains(&day)
    }

    /// Whether someone lends to it on a day.
    pub(crate) fn is_lent_to(&self, day: u32) -> bool {
        let lenders = self.lenders.min((self.amount_fen / shares::UNIT_FEN) as u32);
        (self.offered..=self.offered + self.fill_days).contains(&day)
            && (0..lenders).any(|lender| self.offered + self.lending_offset(lender) == day)
    }

    /// The rows of the project stream on a day: its offer, and each change of its status.
    pub(crate) fn project_rows(&self, day: u32) -> impl Iterator<Item = ProjectRow> {
        let is_late = self.repaid > self.due();
        let changes = [
            (self.offered, ProjectStatus::Raising),
            (self.disbursed, ProjectStatus::Repaying),
            (if is_late { self.due() + 1 } else { u32::MAX }, ProjectStatus::Overdue),
            (self.repaid, ProjectStatus::Settled),
        ];
        changes.into_iter().enumerate().filter(move |(_, (on, _))| *on == day).map(
            move |(step, (_, status))| {
                let revision = if status == ProjectStatus::Settled && !is_late { 2 } else { step as u64 };
                self.project_row(revision, status)
            },
        )
    }

    fn project_row(&self, revision: u64, status: ProjectStatus) -> ProjectRow {
        let is_settled = status == ProjectStatus::Settled;
        let outstanding = match status {
            ProjectStatus::Raising => None,
            ProjectStatus::Settled => Some(0),
            _ => Some(self.amount_fen),
        };
        ProjectRow {
            id: self.id,
            revision,
            published_at: self.published_at,
            borrower: self.borrower,
            amount_fen: self.amount_fen,
            term_days: u64::from(self.term_days),
            rate_hundredths: self.rate_hundredths,
            guarantee: self.guarantee,
            collateral: self.collateral,
            status,
            outstanding_fen: outstanding,
            ended_on: is_settled.then(|| self.day(self.repaid)),
            identity: self.identity,
            receiving: self.receiving,
        }
    }

    /// A lender's claim from a lending of a day.
    pub(crate) fn claim_row(&self, client: &dyn Fn(u64) -> u64, event: &Event, day: u32) -> Option<ClaimRow> {
        let Part::Lending(lender) = event.part else { return None };
        let due_on = match self.claim_days {
            Some(days) => self.day(day + days),
            None => self.day(self.due()),
        };
        Some(ClaimRow {
            id: Tag::new("Q", self.id.day, self.id.number * 1000 + u64::from(lender)),
            time: self.time(day, event.micros),
            user: people::person(self.lender(client, lender)),
            project: self.id,
            amount_fen: event.amount_fen,
            due_on,
        })
    }

    fn time(&self, day: u32, micros: u64) -> Time {
        debug_assert!(micros < MICROS_PER_DAY as u64);
        Time(Time::start_of(self.day(day)).0 + micros as i64)
    }

    /// The person behind the `lender`-th lending. Lenders of a planted loan are persons apart.
    fn lender(&self, client: &dyn Fn(u64) -> u64, lender: u32) -> u64 {
        let place = self.first_lender + u64::from(lender);
        if self.first_lender >= people::APART { place } else { client(place) }
    }
}
