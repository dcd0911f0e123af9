//! A loan from its offer to its settlement: lenders pay in and lend, the money waits in an account
//! of the project's own, goes to the borrower, comes back with interest, and is paid out.
//!
//! A loan is a small value from which all of its records follow: every stream that has something
//! to say about it works it out again, so that nothing is carried from day to day.
//!
//! Some projects fail: not all lenders come, and those who did get their money back. And some claims
//! are sold half way to another lender, who pays in what they are worth and has the proceeds.
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
use crate::rng::mix;
use crate::rows::{ClaimRow, ProjectRow};

use draw::OPEN_DAYS_MAX;
pub(crate) use draw::{LENDERS_MAX, expected_transactions, offered_on, touching};
pub(crate) use flows::{Event, Flows, Part, count};

/// The largest claim that is sold, in hundreds of yuan.
const SOLD_UNITS_MAX: u32 = 20;

/// Days from the offer of a loan until its claims are sold: half its term after it was paid out at
/// the latest, whenever that was.
pub(crate) const fn trade_offset(term_days: u32) -> u32 {
    OPEN_DAYS_MAX + term_days / 2
}

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
    /// It is not filled: on the day on which it would be disbursed the money goes back.
    pub(crate) fails: bool,
    /// Some of its claims are sold.
    pub(crate) is_traded: bool,
    /// From this day on lenders withdraw all that they have.
    pub(crate) run_from: Option<u32>,
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
            && (0..lenders)
                .any(|lender| self.lends(lender) && self.offered + self.lending_offset(lender) == day)
    }

    /// Whether a lender comes; to a loan that fails, three of five.
    fn lends(&self, lender: u32) -> bool {
        !self.fails || lender < (self.lenders * 3 / 5).max(1)
    }

    /// The day on which claims are sold: half way.
    pub(crate) fn trade_day(&self) -> Option<u32> {
        self.is_traded.then(|| self.offered + trade_offset(self.term_days))
    }

    /// Whether a lender's claim is sold: a third of the small ones are.
    fn is_sold(&self, lender: u32, units: u32) -> bool {
        self.is_traded && units <= SOLD_UNITS_MAX && self.lender_bits(lender) >> 12 & 3 == 0
    }

    /// Who has what comes back of a lender's share: the lender, or whoever bought the claim.
    fn holder(&self, client: &dyn Fn(u64) -> u64, lender: u32, units: u32) -> u64 {
        if self.is_sold(lender, units) { self.buyer(lender) } else { self.lender(client, lender) }
    }

    /// Who buys a claim: persons apart, so that what they move on a day stays small.
    fn buyer(&self, lender: u32) -> u64 {
        4 * people::APART + (mix(self.key ^ (u64::from(lender) << 1 | 1 << 40)) >> 24)
    }

    /// Whether a claim is sold on a day.
    pub(crate) fn has_trade(&self, day: u32) -> bool {
        let is_sold = |(lender, units): (usize, u32)| self.is_sold(lender as u32, units);
        self.trade_day() == Some(day) && self.share_units().into_iter().enumerate().any(is_sold)
    }

    /// What a claim is worth on the day on which it is sold: the principal and the interest so far.
    fn price_fen(&self, lent: i64) -> i64 {
        let days = i64::from((self.offered + trade_offset(self.term_days)).saturating_sub(self.disbursed));
        lent + self.interest_fen(lent) * days / i64::from(self.term_days.max(1))
    }

    /// The rows of the project stream on a day: its offer, and each change of its status.
    pub(crate) fn project_rows(&self, day: u32) -> impl Iterator<Item = ProjectRow> {
        let is_late = self.repaid > self.due();
        let unless_it_fails = |day: u32| if self.fails { u32::MAX } else { day };
        let filled = if self.fails { ProjectStatus::Failed } else { ProjectStatus::Repaying };
        let changes = [
            (self.offered, ProjectStatus::Raising),
            (self.disbursed, filled),
            (if is_late { self.due() + 1 } else { u32::MAX }, ProjectStatus::Overdue),
            (unless_it_fails(self.repaid), ProjectStatus::Settled),
        ];
        changes.into_iter().enumerate().filter(move |(_, (on, _))| *on == day).map(
            move |(step, (_, status))| {
                let revision = if status == ProjectStatus::Settled && !is_late { 2 } else { step as u64 };
                self.project_row(revision, status)
            },
        )
    }

    fn project_row(&self, revision: u64, status: ProjectStatus) -> ProjectRow {
        let has_ended = matches!(status, ProjectStatus::Settled | ProjectStatus::Failed);
        let outstanding = match status {
            ProjectStatus::Raising | ProjectStatus::Failed => None,
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
            ended_on: has_ended.then(|| self.day(self.repaid)),
            identity: self.identity,
            receiving: self.receiving,
        }
    }

    /// A claim that a movement of a day makes: a lender's, or that of whoever bought one.
    pub(crate) fn claim_row(&self, client: &dyn Fn(u64) -> u64, event: &Event, day: u32) -> Option<ClaimRow> {
        let tag =
            |prefix, lender: u32| Tag::new(prefix, self.id.day, self.id.number * 1000 + u64::from(lender));
        let (id, person, amount_fen, bought) = match event.part {
            Part::Lending(n) => (tag("Q", n), self.lender(client, n), event.amount_fen, None),
            // Of the price, what is above full units is interest.
            Part::Purchase(n) => {
                let principal = event.amount_fen / shares::UNIT_FEN * shares::UNIT_FEN;
                (tag("QZ", n), self.buyer(n), principal, Some(tag("Q", n)))
            }
            _ => return None,
        };
        let due_on = match self.claim_days {
            Some(days) => self.day(day + days),
            None => self.day(self.due()),
        };
        Some(ClaimRow {
            id,
            time: self.time(day, event.micros),
            user: people::person(person),
            project: self.id,
            amount_fen,
            due_on,
            bought,
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
