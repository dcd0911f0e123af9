//! Sums and counts of one person, and money on accounts where it must not be.

use std::collections::BTreeMap;

use model::spec::Record;
use model::streams::{Direction, KycResult, LineOfBusiness, Transaction, TransactionKind};
use model::time::Time;

use super::Found;
use crate::loan::Flows;
use crate::people::{self, House};
use crate::rows::{Row, TransactionRow};
use crate::truth::by;
use crate::world::{Member, World};

/// The planted transactions of an institution on a day: records, and those of planted loans.
pub(super) fn transactions(world: &World, member: &Member, day: u32) -> Vec<TransactionRow> {
    let client = |slot| world.lender(member, slot);
    let mut rows: Vec<TransactionRow> = Vec::new();
    for row in member.extras.rows(Transaction::STREAM.number, day) {
        if let Row::Transaction(row) = row {
            rows.push(*row);
        }
    }
    let mut events = Vec::new();
    for loan in &member.extras.loans {
        events.clear();
        loan.events(day, 0, &client, &mut events);
        rows.extend(events.iter().map(|event| loan.transaction(member, &client, event, day)));
    }
    rows.sort_by_key(|row| (row.time, row.id));
    rows
}

/// A sum that is passed, and when.
#[derive(Default)]
struct Sum {
    fen: i64,
    count: u32,
    passed_at: Option<Time>,
}

impl Sum {
    fn add(&mut self, row: &TransactionRow, is_passed: impl Fn(&Self) -> bool) {
        self.fen += row.amount_fen;
        self.count += 1;
        if self.passed_at.is_none() && is_passed(self) {
            self.passed_at = Some(row.time);
        }
    }
}

pub(super) fn find(found: &mut Found<'_>, member: &Member) {
    let mut below: BTreeMap<u128, BTreeMap<u32, Vec<Time>>> = BTreeMap::new();
    for day in 0..found.days() {
        if member.run_from().is_some_and(|from| day >= from) {
            // In a run any lender may withdraw so much.
            let (world, flows) = (found.world, Flows::of(found.world, member, day));
            let client = |slot| world.lender(member, slot);
            let of_loans = flows.events.iter().filter_map(|event| {
                let loan = flows.loans.get(event.loan as usize)?;
                Some(loan.transaction(member, &client, event, day))
            });
            sums(found, member, day, of_loans);
            continue;
        }
        let rows = transactions(found.world, member, day);
        if rows.is_empty() {
            continue;
        }
        sums(found, member, day, rows.iter().copied());
        accounts(found, member, day, &rows);
        for row in rows.iter().filter(|row| (4_500_000..=5_000_000).contains(&row.amount_fen)) {
            below.entry(row.user).or_default().entry(day).or_default().push(row.time);
        }
    }
    for (user, days) in &below {
        structuring(found, member, *user, days);
    }
    for (day, row) in member.extras.all() {
        if let Row::Kyc(row) = row
            && row.result == KycResult::Passed
            && (row.online.is_none() || row.offline.is_none())
        {
            found.planted(member, day, "one-sided-kyc", by("user", row.user), "one-sided-identity", row.time);
        }
    }
}

fn sums(found: &mut Found<'_>, member: &Member, day: u32, rows: impl Iterator<Item = TransactionRow>) {
    let mut of_day: BTreeMap<u128, Sum> = BTreeMap::new();
    let mut often: BTreeMap<u128, Sum> = BTreeMap::new();
    let mut one_way: BTreeMap<(u128, Direction), Sum> = BTreeMap::new();
    for row in rows {
        of_day.entry(row.user).or_default().add(&row, |sum| sum.fen > 5_000_000);
        often.entry(row.user).or_default().add(&row, |sum| sum.count > 50);
        one_way.entry((row.user, row.direction)).or_default().add(&row, |sum| sum.fen >= 50_000_000);
    }
    for (user, sum) in of_day {
        if let Some(at) = sum.passed_at {
            found.planted(member, day, "fifty-thousand-yuan-day", by("user", user), "large-day", at);
        }
    }
    for (user, sum) in often {
        if let Some(at) = sum.passed_at {
            found.planted(member, day, "frequent-transactions", by("user", user), "busy-user", at);
        }
    }
    for ((user, direction), sum) in one_way {
        if let Some(at) = sum.passed_at {
            let mut group = by("user", user);
            group.push(("direction", direction.code().to_owned()));
            found.planted(member, day, "large-transfer", group, "large-transfer", at);
        }
    }
}

/// Three or more amounts between 45,000 and 50,000 yuan within seven days.
fn structuring(found: &mut Found<'_>, member: &Member, user: u128, days: &BTreeMap<u32, Vec<Time>>) {
    let Some((first, last)) = days.keys().next().zip(days.keys().next_back()) else { return };
    for day in *first..=*last + 6 {
        let within: Vec<Time> =
            days.range(day.saturating_sub(6)..=day).flat_map(|(_, times)| times.iter().copied()).collect();
        let Some(third) = within.get(2) else { continue };
        if days.contains_key(&day) {
            found.planted(member, day, "structuring", by("user", user), "structuring", *third);
        } else {
            found.possible(member, day, "structuring", by("user", user), "structuring");
        }
    }
}

fn accounts(found: &mut Found<'_>, member: &Member, day: u32, rows: &[TransactionRow]) {
    use TransactionKind::{Deposit, Disbursement, Fee, Lending, Repayment, Withdrawal};
    let own = people::house_account(member.index, House::Own);
    let touches = |row: &TransactionRow, account: u128| row.payer == account || row.payee == account;
    let mixed = rows.iter().find(|row| row.kind != Fee && touches(row, own));
    if let Some(row) = mixed {
        let conduct = "client-money-through-own-account";
        found.planted(member, day, "client-money-own-account", Vec::new(), conduct, row.time);
    }
    if member.public.line != LineOfBusiness::P2p {
        return;
    }
    let custody = people::house_account(member.index, House::Clients);
    let of_project = |row: &TransactionRow| {
        let standing = member.extras.loans.iter().filter(|loan| loan.stands(day));
        standing.into_iter().any(|loan| touches(row, loan.receiving))
    };
    let outside = rows.iter().find(|row| {
        matches!(row.kind, Deposit | Withdrawal | Lending | Disbursement | Repayment)
            && !touches(row, custody)
            && !of_project(row)
    });
    if let Some(row) = outside {
        found.planted(member, day, "outside-custody", Vec::new(), "outside-custody", row.time);
    }
}
