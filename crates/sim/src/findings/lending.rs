//! Projects: whose they are, what they stand on, when money goes to them, how much one borrows.

use std::collections::{BTreeMap, BTreeSet};

use model::spec::Record;
use model::streams::{BusinessDaily, IdentityRegister, LineOfBusiness};
use model::time::Time;

use super::Found;
use super::clients::transactions;
use crate::loan::{self, Loan, Part};
use crate::people::{self, House};
use crate::rows::Row;
use crate::streams::{business, register};
use crate::truth::by;
use crate::world::{Member, World};

pub(super) fn find(found: &mut Found<'_>, member: &Member) {
    if member.public.line != LineOfBusiness::P2p {
        return;
    }
    for loan in &member.extras.loans {
        one_loan(found, member, loan);
    }
    for day in 0..found.days() {
        published(found, member, day);
        if day_of_cap(found, member, day) {
            let at = found.noon(day);
            found.planted(member, day, "loan-balance-cap", Vec::new(), "loan-balance-over-the-cap", at);
        }
    }
    regular(found, member);
}

fn of_project(loan: &Loan) -> Vec<(&'static str, String)> {
    vec![("project", loan.id.to_string())]
}

fn one_loan(found: &mut Found<'_>, member: &Member, loan: &Loan) {
    let world = found.world;
    let client = |slot| world.lender(member, slot);
    let (mut lent, mut events) = (0, Vec::new());
    for day in loan.offered..=loan.disbursed {
        events.clear();
        loan.events(day, 0, &client, &mut events);
        events.sort_by_key(|event| (event.micros, event.part));
        let mut early: Option<Time> = None;
        for event in &events {
            let at = Time(Time::start_of(loan.day(day)).0 + event.micros as i64);
            let is_early = match event.part {
                Part::Lending(_) => {
                    lent += event.amount_fen;
                    at < loan.published_at
                }
                Part::Disbursement | Part::EarlyDisbursement => lent < loan.amount_fen,
                _ => false,
            };
            if is_early {
                early = early.or(Some(at));
            }
        }
        if let Some(at) = early {
            let conduct =
                if loan.lent_early { "lent-before-the-project" } else { "paid-out-before-it-is-filled" };
            found.planted(member, day, "lending-before-project", of_project(loan), conduct, at);
        }
    }
    // Holders of the related parties' accounts from the first day on, and parties of deals up to a
    // month after: it shows from the day on which both are known.
    let holders = [people::affiliate(member.index, 0), people::affiliate(member.index, 1)];
    let deals = member.extras.all().filter_map(|(day, row)| match row {
        Row::Deal(row) if row.party == loan.borrower && day <= loan.offered + 31 => Some((day, row.time)),
        _ => None,
    });
    let holder = holders.contains(&loan.borrower).then_some((0, loan.published_at));
    if let Some((since, told_at)) = holder.into_iter().chain(deals).min() {
        let (day, at) = (loan.offered.max(since), loan.published_at.max(told_at));
        found.planted(member, day, "self-financing", of_project(loan), "self-financing", at);
    }
}

/// Whether a planted loan stands at the end of a day; one that fails stands for nothing.
fn is_standing(world: &World, loan: &Loan, day: u32) -> bool {
    // A settlement after the market's end is never filed.
    !loan.fails && loan.offered <= day && (loan.repaid > day || loan.repaid >= world.plan.days)
}

/// What the projects published on a day show.
fn published(found: &mut Found<'_>, member: &Member, day: u32) {
    let world = found.world;
    let loans = &member.extras.loans;
    let fresh: Vec<&Loan> = loans.iter().filter(|loan| loan.offered == day).collect();
    let standing: Vec<&Loan> = loans.iter().filter(|loan| is_standing(world, loan, day)).collect();
    if let Some(first) = fresh
        .iter()
        .filter(|loan| loan.identity == Some(IdentityRegister::None))
        .min_by_key(|l| l.published_at)
    {
        let at = first.published_at;
        found.planted(member, day, "unregistered-borrower", Vec::new(), "unregistered-borrowers", at);
    }
    let latest = |matching: &dyn Fn(&Loan) -> bool| {
        fresh.iter().filter(|loan| matching(loan)).map(|loan| loan.published_at).max()
    };
    for account in fresh.iter().map(|loan| loan.receiving).collect::<BTreeSet<_>>() {
        if standing.iter().filter(|loan| loan.receiving == account).count() >= 2
            && let Some(at) = latest(&|loan| loan.receiving == account)
        {
            let group = by("receiving_account", account);
            found.planted(member, day, "shared-project-account", group, "shared-account", at);
        }
    }
    for deed in
        fresh.iter().filter_map(|loan| loan.collateral).map(|(_, _, deed)| deed).collect::<BTreeSet<_>>()
    {
        let is_on = |loan: &Loan| loan.collateral.is_some_and(|(_, _, other)| other == deed);
        if standing.iter().filter(|loan| is_on(loan)).count() >= 2
            && let Some(at) = latest(&is_on)
        {
            let group = vec![("collateral_registration", deed.to_string())];
            found.planted(member, day, "reused-collateral", group, "reused-collateral", at);
        }
    }
    for borrower in fresh.iter().map(|loan| loan.borrower).collect::<BTreeSet<_>>() {
        let own: Vec<&&Loan> = standing.iter().filter(|loan| loan.borrower == borrower).collect();
        let Some(at) = latest(&|loan| loan.borrower == borrower) else { continue };
        if own.len() >= 5 {
            let group = by("borrower", borrower);
            found.planted(member, day, "borrower-many-projects", group, "one-borrower-many-projects", at);
        }
        let owed: i64 = own.iter().map(|loan| loan.amount_fen).sum();
        let cap = own.iter().map(|loan| caps_fen(loan).0).min().unwrap_or(i64::MAX);
        if owed > cap {
            let group = by("borrower", borrower);
            found.planted(member, day, "borrower-cap-platform", group, "borrower-over-the-cap", at);
        }
        let rolls = fresh.iter().filter(|new| new.borrower == borrower).any(|new| {
            loans.iter().any(|old| {
                old.borrower == borrower
                    && !old.fails
                    && old.offered < new.offered
                    && (new.offered.saturating_sub(3)..=new.offered).contains(&old.repaid)
                    && (95 * old.amount_fen..=105 * old.amount_fen).contains(&(100 * new.amount_fen))
            })
        });
        if rolls {
            let group = by("borrower", borrower);
            found.planted(member, day, "rolled-over-projects", group, "rolled-over", at);
        }
    }
    split(found, member, day);
}

/// What a borrower may owe on one platform and on all, by the law that was.
fn caps_fen(loan: &Loan) -> (i64, i64) {
    match loan.identity {
        Some(IdentityRegister::Enterprise) => (100_000_000, 500_000_000),
        _ => (20_000_000, 100_000_000),
    }
}

/// Claims that fall due more than three days before their projects end.
fn split(found: &mut Found<'_>, member: &Member, day: u32) {
    let world = found.world;
    let client = |slot| world.lender(member, slot);
    let mut first: Option<Time> = None;
    for loan in member.extras.loans.iter().filter(|loan| loan.claim_days.is_some()) {
        let mut events = Vec::new();
        loan.events(day, 0, &client, &mut events);
        let claims = events.iter().filter_map(|event| loan.claim_row(&client, event, day));
        let end = loan.day(loan.offered).plus(loan.term_days as i32);
        for claim in claims.filter(|claim| claim.due_on.plus(3) < end) {
            first = Some(first.map_or(claim.time, |at| at.min(claim.time)));
        }
    }
    if let Some(at) = first {
        found.planted(member, day, "split-terms", Vec::new(), "split-terms", at);
    }
}

fn day_of_cap(found: &Found<'_>, member: &Member, day: u32) -> bool {
    let world = found.world;
    let since = day / register::RENEWED_DAYS * register::RENEWED_DAYS;
    let cap = register::entry(world, member, since).loan_balance_cap;
    cap.is_some_and(|cap| business::lending(world, member, day).balance > cap)
        && super::watch::is_filed(member, BusinessDaily::STREAM.number, day)
}

/// Twenty or more projects within thirty days whose amounts vary by less than five per cent.
fn regular(found: &mut Found<'_>, member: &Member) {
    if !member.extras.flags.is_clockwork {
        return;
    }
    let world = found.world;
    let by_day: Vec<Vec<(f64, Time)>> = (0..found.days())
        .map(|day| {
            let offered = loan::offered_on(world, member, day);
            offered.map(|loan| (loan.amount_fen as f64, loan.published_at)).collect()
        })
        .collect();
    for day in 0..found.days() as usize {
        let within: Vec<(f64, Time)> =
            by_day.get(day.saturating_sub(29)..=day).into_iter().flatten().flatten().copied().collect();
        if by_day.get(day).is_none_or(Vec::is_empty) || within.len() < 20 {
            continue;
        }
        let mean = within.iter().map(|(fen, _)| fen).sum::<f64>() / within.len() as f64;
        let squares: f64 = within.iter().map(|(fen, _)| (fen / mean - 1.0) * (fen / mean - 1.0)).sum();
        if squares / (within.len() as f64) < 0.0025
            && let Some((_, at)) = within.get(19)
        {
            found.planted(member, day as u32, "regular-projects", Vec::new(), "clockwork", *at);
        }
    }
}

/// What shows only across institutions.
pub(super) fn find_across(found: &mut Found<'_>) {
    let world = found.world;
    let platforms = || world.members.iter().filter(|member| member.public.line == LineOfBusiness::P2p);
    // Borrowers on several platforms.
    let mut by_borrower: BTreeMap<u128, Vec<(&Member, &Loan)>> = BTreeMap::new();
    for member in platforms() {
        for loan in &member.extras.loans {
            by_borrower.entry(loan.borrower).or_default().push((member, loan));
        }
    }
    for (borrower, loans) in by_borrower {
        for day in loans.iter().map(|(_, loan)| loan.offered).collect::<BTreeSet<_>>() {
            let standing = loans.iter().filter(|(_, loan)| is_standing(world, loan, day));
            let owed: i64 = standing.clone().map(|(_, loan)| loan.amount_fen).sum();
            let cap = standing.map(|(_, loan)| caps_fen(loan).1).min().unwrap_or(i64::MAX);
            let last =
                loans.iter().filter(|(_, loan)| loan.offered == day).max_by_key(|(_, l)| l.published_at);
            if owed > cap
                && let Some((member, loan)) = last
            {
                let group = by("borrower", borrower);
                found.planted(
                    member,
                    day,
                    "borrower-cap-market",
                    group,
                    "borrower-over-the-cap-of-all",
                    loan.published_at,
                );
            }
        }
    }
    // Money of projects that comes back.
    let mut houses: BTreeMap<u128, &Member> = BTreeMap::new();
    let mut loans: BTreeMap<u128, Vec<(&Member, &Loan)>> = BTreeMap::new();
    for member in platforms() {
        for house in [House::Own, House::Related, House::SecondRelated] {
            houses.insert(people::house_account(member.index, house), member);
        }
        for loan in &member.extras.loans {
            loans.entry(loan.disburse_to).or_default().push((member, loan));
        }
    }
    let mut back: BTreeMap<(usize, u32, String), Time> = BTreeMap::new();
    for member in &world.members {
        for (day, row) in member.extras.all() {
            let Row::Transaction(row) = row else { continue };
            let Some(platform) = houses.get(&row.payee) else { continue };
            for (lender, loan) in loans.get(&row.payer).into_iter().flatten() {
                let is_after =
                    transactions_of(world, lender, loan).is_some_and(|paid_out| row.time >= paid_out);
                if lender.index == platform.index && is_after && day <= loan.disbursed + 10 {
                    let at = back.entry((lender.index, day, loan.id.to_string())).or_insert(row.time);
                    *at = (*at).min(row.time);
                }
            }
        }
    }
    for ((index, day, project), at) in back {
        if let Some(member) = world.members.get(index) {
            found.planted(member, day, "funds-return", vec![("project", project)], "funds-return", at);
        }
    }
}

/// When a loan was paid out.
fn transactions_of(world: &World, member: &Member, loan: &Loan) -> Option<Time> {
    let rows = transactions(world, member, loan.disbursed);
    rows.into_iter().find(|row| row.payer == loan.receiving).map(|row| row.time)
}
