//! Where a scheme is planted, and the tools for it.

use model::streams::{GuaranteeKind, IdentityRegister, LineOfBusiness};
use model::time::Time;

use super::clients::someone;
use crate::line::Tag;
use crate::loan::Loan;
use crate::people;
use crate::rng::Rng;
use crate::rows::Row;
use crate::truth::{Expected, Truth};
use crate::world::{Member, World};

/// Planted loans have numbers from here on.
const LOANS_FROM: u64 = 9_000_000;

/// An institution at which a scheme is planted.
pub(crate) struct Stage<'a> {
    pub(crate) world: &'a World,
    pub(crate) member: &'a mut Member,
    pub(crate) rng: Rng,
    /// Records that another institution files: of which line, about which day.
    pub(crate) elsewhere: &'a mut Vec<(LineOfBusiness, u32, Row)>,
    /// What no definition says: what is lawful, and what no rule looks for yet.
    pub(crate) told: &'a mut Vec<Truth>,
}

impl Stage<'_> {
    pub(crate) fn days(&self) -> u32 {
        self.world.plan.days
    }

    /// A day in the market's middle with so many days after it; `None` where there are too few.
    pub(crate) fn someday(&mut self, room: u32) -> Option<u32> {
        let latest = self.days().checked_sub(room + 1)?;
        let earliest = latest.min(self.days() / 4);
        Some(earliest + self.rng.below(u64::from(latest - earliest) + 1) as u32)
    }

    /// A day among the market's first, with so many days after it.
    pub(crate) fn early_day(&mut self, room: u32) -> Option<u32> {
        let latest = self.days().checked_sub(room + 1)?;
        Some(self.rng.below(u64::from(latest.min(self.days() / 3)) + 1) as u32)
    }

    /// A time on a day between nine and seventeen o'clock.
    pub(crate) fn office(&mut self, day: u32) -> Time {
        let seconds = 9 * 3600 + self.rng.below(8 * 3600) as i64;
        self.at(day, seconds)
    }

    /// So many seconds after midnight.
    pub(crate) fn at(&self, day: u32, seconds: i64) -> Time {
        Time::start_of(self.world.day(day)).plus_seconds(seconds)
    }

    /// Someone of whom nothing else is known.
    pub(crate) fn someone(&mut self) -> u64 {
        someone(self.member)
    }

    pub(crate) fn push(&mut self, day: u32, row: Row) {
        self.member.extras.push(day, row);
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.member.extras.number()
    }

    /// A loan to a person: in order in every respect until it is changed.
    pub(crate) fn loan(&mut self, person: u64, offered: u32, yuan: i64, term_days: u32) -> Loan {
        let number = LOANS_FROM + self.number();
        let date = self.world.day(offered);
        let lenders = ((yuan / 2_000).max(4) as u64).clamp(2, 400) as u32;
        let first_lender = self.someone();
        for _ in 1..lenders {
            self.someone();
        }
        let published = 9 * 3600 + self.rng.below(5 * 3600) as i64;
        let fill_days = 1;
        let disbursed = offered + fill_days + 1;
        Loan {
            key: self.rng.bits(),
            id: Tag::new("P", date, number),
            first_day: self.world.plan.first_day,
            offered,
            published_at: self.at(offered, published),
            borrower: people::person(person),
            person,
            disburse_to: people::account(person),
            repay_from: people::account(person),
            amount_fen: yuan * 100,
            term_days,
            rate_hundredths: 950 + self.rng.below(300) as i64,
            guarantee: GuaranteeKind::Guarantor,
            collateral: None,
            identity: Some(IdentityRegister::Citizen),
            receiving: people::project_account(self.member.index, 1 << 43 | number),
            has_account: true,
            lenders,
            first_lender,
            fill_days,
            disbursed,
            repaid: disbursed + term_days,
            lent_early: false,
            paid_early: false,
            claim_days: None,
            fails: false,
            is_traded: false,
            run_from: None,
        }
    }

    pub(crate) fn lend(&mut self, loan: Loan) {
        self.member.extras.loans.push(loan);
    }

    /// Says that an entry must not be found on a day.
    pub(crate) fn lawful(
        &mut self,
        entry: &'static str,
        day: u32,
        group: Vec<(&'static str, String)>,
        why: &'static str,
    ) {
        self.told.push(Truth {
            entry: Some(entry),
            institution: self.member.public.id.clone(),
            day: self.world.day(day),
            group,
            expected: Expected::Lawful { why },
            transactions: Vec::new(),
        });
    }
}
