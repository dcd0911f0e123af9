//! The money of a platform's loans on one day, in order of time.

use model::streams::{Channel, Direction, TransactionKind};

use super::Loan;
use super::draw::{CLASSES, IDLE_DAYS, PAYOUT_DAYS, RUN_DAYS, class_of, touching};
use super::shares::UNIT_FEN;
use crate::cycle::micros_in_day;
use crate::line::Tag;
use crate::people::{self, House};
use crate::rng::mix;
use crate::rows::{About, TransactionRow};
use crate::world::{Member, World};

const HOUR: u64 = 3_600_000_000;
/// Nothing ordinary happens in the last quarter of an hour of a day: what does is planted.
const QUIET_FROM: u64 = 24 * HOUR - HOUR / 4;

/// What an event is; lenders by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Deposit(u32),
    Lending(u32),
    /// What lent to a project that fails comes back.
    Refund(u32),
    /// The buyer of a claim pays in, and pays the seller.
    PurchaseDeposit(u32),
    Purchase(u32),
    Disbursement,
    EarlyDisbursement,
    Repayment,
    Fee,
    Withdrawal(u32),
}

/// A movement of a loan's money on a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) micros: u64,
    pub(crate) amount_fen: i64,
    pub(crate) loan: u32,
    pub(crate) part: Part,
}

/// The movements of a day.
pub(crate) struct Flows {
    pub(crate) loans: Vec<Loan>,
    pub(crate) events: Vec<Event>,
}

impl Flows {
    /// The movements of a platform's loans on a day, in order of time.
    pub(crate) fn of(world: &World, member: &Member, day: u32) -> Self {
        let client = |slot| world.lender(member, slot);
        let (mut loans, mut events) = (Vec::new(), Vec::new());
        for loan in touching(world, member, day) {
            let before = events.len();
            loan.events(day, loans.len() as u32, &client, &mut events);
            if events.len() > before {
                loans.push(loan);
            }
        }
        events.sort_unstable_by_key(|event: &Event| (event.micros, event.loan, event.part));
        Self { loans, events }
    }
}

/// How many movements an institution's loans make on a day.
pub(crate) fn count(world: &World, member: &Member, day: u32) -> u64 {
    let client = |slot| world.lender(member, slot);
    touching(world, member, day).map(|loan| loan.count_events(day, &client)).sum()
}

impl Loan {
    /// On which day of its raising a lender lends, from 0.
    pub(super) fn lending_offset(&self, lender: u32) -> u32 {
        (u64::from(lender) * u64::from(self.fill_days + 1) / u64::from(self.lenders.max(1))) as u32
    }

    fn lending_micros(&self, lender: u32) -> u64 {
        let offset = self.lending_offset(lender);
        let bits = self.lender_bits(lender);
        let shake = (bits >> 40) as f64 / (1u64 << 24) as f64;
        if offset > 0 {
            return micros_in_day(bits & 0xffff, 1 << 16, shake).min(QUIET_FROM - 1 - (bits & 0xfff));
        }
        let published = (self.published_at.0 - self.time(self.offered, 0).0) as u64;
        // Under a twist the first third lends in the small hours, before there is a project.
        let (from, to) = if self.lent_early && lender <= self.lenders / 3 {
            (HOUR, published / 2)
        } else {
            (published + 60_000_000, if self.paid_early { 22 * HOUR } else { QUIET_FROM })
        };
        from + ((to - from) as f64 * shake) as u64
    }

    /// The day on which a lender withdraws what was paid back, if it is withdrawn. A person
    /// withdraws the proceeds of one class of loans on a day, so that the sum of it stays small.
    fn withdrawal_day(&self, client: &dyn Fn(u64) -> u64, lender: u32, units: u32) -> Option<u32> {
        let person = self.holder(client, lender, units);
        let class = class_of(self.term_days);
        (self.repaid..self.repaid + PAYOUT_DAYS)
            .find(|day| mix(person ^ mix(u64::from(*day))) % CLASSES == class)
            .or_else(|| self.run_day(person))
    }

    /// The day on which a lender withdraws what would otherwise be left: in a run, all of it.
    fn run_day(&self, person: u64) -> Option<u32> {
        let from = self.run_from?;
        let bits = mix(person ^ self.key);
        if self.repaid >= from {
            return Some(self.repaid + (bits % u64::from(PAYOUT_DAYS)) as u32);
        }
        (self.repaid + IDLE_DAYS >= from).then(|| from + (bits % u64::from(RUN_DAYS)) as u32)
    }

    /// Whether anybody may withdraw what came back of it on a day.
    fn pays_out(&self, day: u32) -> bool {
        let in_run = |from: u32| {
            (from..from + RUN_DAYS).contains(&day) && self.repaid < from && self.repaid + IDLE_DAYS >= from
        };
        (self.repaid..self.repaid + PAYOUT_DAYS).contains(&day) || self.run_from.is_some_and(in_run)
    }

    fn repayment_micros(&self) -> u64 {
        8 * HOUR + self.key % (6 * HOUR)
    }

    /// When lenders have their money back, of the day on which they do.
    fn back_micros(&self) -> u64 {
        if self.fails {
            self.disbursement_micros() + u64::from(self.lenders) * 1_000_000
        } else {
            self.repayment_micros()
        }
    }

    fn disbursement_micros(&self) -> u64 {
        9 * HOUR + (self.key >> 7) % (8 * HOUR)
    }

    /// Appends what happens to its money on a day.
    pub(crate) fn events(&self, day: u32, index: u32, client: &dyn Fn(u64) -> u64, events: &mut Vec<Event>) {
        let mut push = |micros: u64, amount_fen: i64, part: Part| {
            events.push(Event { micros, amount_fen, loan: index, part });
        };
        if (self.offered..=self.offered + self.fill_days).contains(&day) {
            for (lender, units) in self.share_units().into_iter().enumerate() {
                let lender = lender as u32;
                if !self.lends(lender) || self.offered + self.lending_offset(lender) != day {
                    continue;
                }
                let bits = self.lender_bits(lender);
                let lent = i64::from(units) * UNIT_FEN;
                let at = self.lending_micros(lender);
                // A quarter pay in a round thousand and leave the rest in their account.
                let paid_in = if bits & 3 == 0 { (lent + 99_999) / 100_000 * 100_000 } else { lent };
                push(at - (at / 2).min(60_000_000 * (1 + (bits >> 8) % 60)), paid_in, Part::Deposit(lender));
                push(at, lent, Part::Lending(lender));
            }
        }
        let early = self.early_fen();
        if self.paid_early && day + 1 == self.offered + self.fill_days {
            push(23 * HOUR, early, Part::EarlyDisbursement);
        }
        if day == self.disbursed && !self.fails {
            push(self.disbursement_micros(), self.amount_fen - early, Part::Disbursement);
        }
        if day == self.disbursed && self.fails {
            for (lender, units) in self.share_units().into_iter().enumerate() {
                let lender = lender as u32;
                if self.lends(lender) {
                    let at = self.disbursement_micros() + u64::from(lender) * 1_000_000;
                    push(at, i64::from(units) * UNIT_FEN, Part::Refund(lender));
                }
            }
        }
        if self.trade_day() == Some(day) {
            for (lender, units) in self.share_units().into_iter().enumerate() {
                let lender = lender as u32;
                if self.is_sold(lender, units) {
                    let at = 9 * HOUR + self.lender_bits(lender) % (12 * HOUR);
                    let price = self.price_fen(i64::from(units) * UNIT_FEN);
                    push(at - HOUR / 4, price, Part::PurchaseDeposit(lender));
                    push(at, price, Part::Purchase(lender));
                }
            }
        }
        if day == self.repaid && !self.fails {
            let at = self.repayment_micros();
            let owed = self.amount_fen + self.interest_fen(self.amount_fen) + self.fee_fen();
            push(at, owed, Part::Repayment);
            push(at + 60_000_000, self.fee_fen(), Part::Fee);
        }
        if self.pays_out(day) {
            for (lender, units) in self.share_units().into_iter().enumerate() {
                let lender = lender as u32;
                if !self.lends(lender) || self.withdrawal_day(client, lender, units) != Some(day) {
                    continue;
                }
                let lent = i64::from(units) * UNIT_FEN;
                let back = if self.fails { lent } else { lent + self.interest_fen(lent) };
                let latest = self.back_micros() + 120_000_000;
                let at = latest + self.lender_bits(lender) % (QUIET_FROM - latest);
                push(at, back, Part::Withdrawal(lender));
            }
        }
    }

    /// How many movements [`Loan::events`] makes, without the shares.
    fn count_events(&self, day: u32, client: &dyn Fn(u64) -> u64) -> u64 {
        let lenders = self.lenders.min((self.amount_fen / UNIT_FEN) as u32);
        let mut count = 0;
        if (self.offered..=self.offered + self.fill_days).contains(&day) {
            let lend =
                |lender: &u32| self.lends(*lender) && self.offered + self.lending_offset(*lender) == day;
            count += 2 * (0..lenders).filter(lend).count() as u64;
        }
        count += u64::from(self.paid_early && day + 1 == self.offered + self.fill_days);
        if self.fails {
            if day == self.disbursed {
                count += (0..lenders).filter(|lender| self.lends(*lender)).count() as u64;
            }
        } else {
            count += u64::from(day == self.disbursed) + 2 * u64::from(day == self.repaid);
        }
        // Only where claims are sold it matters how large they are.
        let shares = if self.is_traded { self.share_units() } else { Vec::new() };
        let units = |lender: u32| shares.get(lender as usize).copied().unwrap_or(u32::MAX);
        if self.trade_day() == Some(day) {
            count += 2 * (0..lenders).filter(|lender| self.is_sold(*lender, units(*lender))).count() as u64;
        }
        if self.pays_out(day) {
            let withdraw = |lender: &u32| {
                self.lends(*lender) && self.withdrawal_day(client, *lender, units(*lender)) == Some(day)
            };
            count += (0..lenders).filter(withdraw).count() as u64;
        }
        count
    }

    /// What is paid out before the loan is filled: all that was lent before its last day.
    fn early_fen(&self) -> i64 {
        if self.paid_early { self.lent_before_fen(self.offered + self.fill_days) } else { 0 }
    }

    /// What was lent before a day.
    fn lent_before_fen(&self, day: u32) -> i64 {
        let lent = |(lender, units): (usize, u32)| {
            let is_before = self.offered + self.lending_offset(lender as u32) < day;
            if is_before && self.lends(lender as u32) { i64::from(units) * UNIT_FEN } else { 0 }
        };
        self.share_units().into_iter().enumerate().map(lent).sum()
    }

    /// What its account holds in the morning of a day.
    pub(crate) fn raised_fen(&self, day: u32) -> i64 {
        if day <= self.offered || day > self.disbursed {
            return 0;
        }
        let paid = if day >= self.offered + self.fill_days { self.early_fen() } else { 0 };
        self.lent_before_fen(day) - paid
    }

    /// The transaction that a movement is filed as.
    pub(crate) fn transaction(
        &self,
        member: &Member,
        client: &dyn Fn(u64) -> u64,
        event: &Event,
        day: u32,
    ) -> TransactionRow {
        use Direction::{In, Out};
        let custody = people::house_account(member.index, House::Clients);
        let number = |lender: u32| self.id.number * 1000 + u64::from(lender);
        let (prefix, place, person, kind, direction) = match event.part {
            Part::Deposit(n) => ("D", number(n), self.lender(client, n), TransactionKind::Deposit, Out),
            Part::Lending(n) => ("L", number(n), self.lender(client, n), TransactionKind::Lending, Out),
            Part::Refund(n) => ("H", number(n), self.lender(client, n), TransactionKind::Refund, In),
            Part::PurchaseDeposit(n) => ("DZ", number(n), self.buyer(n), TransactionKind::Deposit, Out),
            Part::Purchase(n) => ("Z", number(n), self.buyer(n), TransactionKind::Transfer, Out),
            Part::Withdrawal(n) => {
                let units = if self.is_traded { self.units_of(n) } else { u32::MAX };
                ("W", number(n), self.holder(client, n, units), TransactionKind::Withdrawal, In)
            }
            Part::Disbursement => ("B", number(0), self.person, TransactionKind::Disbursement, In),
            Part::EarlyDisbursement => ("B", number(1), self.person, TransactionKind::Disbursement, In),
            Part::Repayment => ("R", number(0), self.person, TransactionKind::Repayment, Out),
            Part::Fee => ("G", number(0), self.person, TransactionKind::Fee, Out),
        };
        let (payer, payee) = match event.part {
            Part::Deposit(_) | Part::PurchaseDeposit(_) => (people::account(person), custody),
            Part::Refund(_) => (self.receiving, custody),
            Part::Purchase(n) => (custody, people::account(self.lender(client, n))),
            Part::Lending(_) => (custody, self.receiving),
            Part::Withdrawal(_) => (custody, people::account(person)),
            Part::Disbursement | Part::EarlyDisbursement => (self.receiving, self.disburse_to),
            Part::Repayment => (self.repay_from, custody),
            Part::Fee => (custody, people::house_account(member.index, House::Fee)),
        };
        let counterparty = match event.part {
            Part::Lending(_) => Some(self.borrower),
            Part::Purchase(n) => Some(people::person(self.lender(client, n))),
            _ => None,
        };
        let about = match event.part {
            Part::Deposit(_) | Part::PurchaseDeposit(_) | Part::Withdrawal(_) => About::Nothing,
            _ => About::Project(self.id),
        };
        let bits = mix(self.key ^ place);
        let channel = match event.part {
            Part::Repayment | Part::Disbursement | Part::EarlyDisbursement | Part::Fee | Part::Refund(_) => {
                Channel::Automatic
            }
            _ => match bits & 15 {
                0..9 => Channel::App,
                9..12 => Channel::Web,
                12..14 => Channel::MiniProgram,
                _ => Channel::Automatic,
            },
        };
        TransactionRow {
            id: Tag::new(prefix, self.id.day, place),
            time: self.time(day, event.micros),
            user: people::person(person),
            payer,
            payee,
            counterparty,
            amount_fen: event.amount_fen,
            kind,
            direction,
            about,
            channel,
            host: people::host(person),
        }
    }
}
