//! Projects that are not what they say: unfilled, shared, split, rolled over, invented, financing
//! the platform itself, or too large. And those that look so and are in order.

use model::streams::{Direction, GuaranteeKind, IdentityRegister, LineOfBusiness, Relation, TransactionKind};

use super::Stage;
use super::clients::transfer;
use crate::line::Tag;
use crate::people::{self, APART, House};
use crate::rng::Rng;
use crate::rows::{About, DealRow, Row, TransactionRow};
use crate::truth::by;
use crate::world::{Topic, World};

pub(super) fn lent_early(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(4) else { return };
    let person = stage.someone();
    let mut loan = stage.loan(person, day, 30_000, 30);
    loan.published_at = stage.at(day, 15 * 3600 + 120);
    loan.lent_early = true;
    stage.lend(loan);
}

pub(super) fn paid_early(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(5) else { return };
    let person = stage.someone();
    let mut loan = stage.loan(person, day, 36_000, 60);
    loan.fill_days = 2;
    loan.disbursed = day + 3;
    loan.repaid = loan.due();
    loan.paid_early = true;
    stage.lend(loan);
}

pub(super) fn shared_account(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(4) else { return };
    let mut receiving = None;
    for _ in 0..3 {
        let person = stage.someone();
        let mut loan = stage.loan(person, day, 18_000, 30);
        loan.has_account = receiving.is_none();
        loan.receiving = *receiving.get_or_insert(loan.receiving);
        stage.lend(loan);
    }
}

pub(super) fn split_terms(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(4) else { return };
    for claim_days in [15, 30] {
        let person = stage.someone();
        let mut loan = stage.loan(person, day, 12_000, 180);
        loan.claim_days = Some(claim_days);
        stage.lend(loan);
    }
}

pub(super) fn rolled_over(stage: &mut Stage<'_>) {
    // Each loan is followed by the next one within three days of its end.
    let Some(mut day) = stage.early_day(14) else { return };
    let person = stage.someone();
    for follows_after in [0, 2, 1] {
        if day + 1 >= stage.days() {
            break;
        }
        let loan = stage.loan(person, day, 20_000, 7);
        day = loan.repaid + follows_after;
        stage.lend(loan);
    }
}

pub(super) fn new_loan_after_a_while(stage: &mut Stage<'_>) {
    let Some(day) = stage.early_day(32) else { return };
    let person = stage.someone();
    let first = stage.loan(person, day, 20_000, 7);
    let second = stage.loan(person, first.repaid + 20, 20_000, 30);
    let group = by("borrower", second.borrower);
    stage.lawful(
        "rolled-over-projects",
        second.offered,
        group,
        "a new loan 20 days after the old one was settled",
    );
    stage.lend(first);
    stage.lend(second);
}

pub(super) fn unregistered_borrowers(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(6) else { return };
    for offered in [day, day, day + 2] {
        let person = stage.someone();
        let mut loan = stage.loan(person, offered, 16_000, 30);
        loan.identity = Some(IdentityRegister::None);
        stage.lend(loan);
    }
}

fn mortgaged(stage: &mut Stage<'_>, person: u64, offered: u32, yuan: i64, term: u32, deed: Tag) {
    let mut loan = stage.loan(person, offered, yuan, term);
    loan.guarantee = GuaranteeKind::Collateral;
    loan.collateral = Some((yuan * 160, yuan * 140, deed));
    stage.lend(loan);
}

pub(super) fn reused_collateral(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(5) else { return };
    let number = stage.number();
    let deed = Tag::new("ZX", stage.world.day(day), number);
    for offered in [day, day + 1] {
        let person = stage.someone();
        mortgaged(stage, person, offered, 28_000, 90, deed);
    }
}

pub(super) fn collateral_free_again(stage: &mut Stage<'_>) {
    let Some(day) = stage.early_day(14) else { return };
    let number = stage.number();
    let deed = Tag::new("ZX", stage.world.day(day), number);
    let (first, second) = (stage.someone(), stage.someone());
    mortgaged(stage, first, day, 28_000, 7, deed);
    mortgaged(stage, second, day + 12, 25_000, 60, deed);
    let group = vec![("collateral_registration", deed.to_string())];
    stage.lawful("reused-collateral", day + 12, group, "the project that it stood for before is settled");
}

pub(super) fn failed_and_offered_again(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(9) else { return };
    let (person, number) = (stage.someone(), stage.number());
    let deed = Tag::new("ZX", stage.world.day(day), number);
    // Not filled in three days; two days later it is offered again, and this time lenders come.
    for (offered, fails) in [(day, true), (day + 4, false)] {
        let mut loan = stage.loan(person, offered, 26_000, 60);
        loan.guarantee = GuaranteeKind::Collateral;
        loan.collateral = Some((4_160_000, 3_640_000, deed));
        if fails {
            loan.fails = true;
            loan.repaid = loan.disbursed;
        }
        stage.lend(loan);
    }
    let why = "the project before it failed and its lenders have their money back";
    stage.lawful("rolled-over-projects", day + 4, by("borrower", people::person(person)), why);
    let group = vec![("collateral_registration", deed.to_string())];
    stage.lawful("reused-collateral", day + 4, group, why);
}

pub(super) fn claims_sold(stage: &mut Stage<'_>) {
    let Some(day) = stage.early_day(20) else { return };
    for term in [15, 30] {
        let person = stage.someone();
        let mut loan = stage.loan(person, day, 24_000, term);
        loan.is_traded = true;
        if let Some(on) = loan.trade_day().filter(|on| *on < stage.days()) {
            let why = "claims sold half way, due when the project ends";
            for entry in ["split-terms", "client-money-own-account", "outside-custody"] {
                stage.lawful(entry, on, Vec::new(), why);
            }
        }
        stage.lend(loan);
    }
}

pub(super) fn one_borrower_many_projects(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(7) else { return };
    let person = stage.someone();
    for number in 0..7 {
        let loan = stage.loan(person, day + number / 2, 6_000, 90);
        stage.lend(loan);
    }
}

pub(super) fn two_small_projects(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(6) else { return };
    let person = stage.someone();
    for (offered, yuan) in [(day, 22_000), (day + 3, 18_000)] {
        let loan = stage.loan(person, offered, yuan, 60);
        stage.lend(loan);
    }
    let why = "two projects, together far below the cap";
    stage.lawful("borrower-cap-platform", day + 3, by("borrower", people::person(person)), why);
    stage.lawful("borrower-many-projects", day + 3, by("borrower", people::person(person)), why);
}

pub(super) fn funds_return(stage: &mut Stage<'_>) {
    // Between two days and nine after it was paid out, through a payment firm.
    let Some(day) = stage.someday(13) else { return };
    for after in [2, 9] {
        let person = stage.someone();
        let loan = stage.loan(person, day, 32_000, 90);
        let back = loan.disbursed + after;
        let payee = people::house_account(stage.member.index, House::Related);
        let time = stage.office(back);
        let mut row = transfer(person, 0, time, loan.amount_fen * 9 / 10, stage.number());
        row.id = Tag::new("XR", row.id.day, stage.member.index as u64 * 100_000 + row.id.number);
        row.payee = payee;
        row.counterparty = Some(people::affiliate(stage.member.index, 0));
        stage.elsewhere.push((LineOfBusiness::Payment, back, Row::Transaction(row)));
        stage.lend(loan);
    }
}

pub(super) fn self_financing(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(5) else { return };
    for (number, offered) in [(0, day), (1, day + 1)] {
        let person = stage.someone();
        let mut loan = stage.loan(person, offered, 38_000, 90);
        loan.borrower = people::affiliate(stage.member.index, number);
        loan.identity = Some(IdentityRegister::Enterprise);
        stage.lend(loan);
    }
    // And one whose relation shows only by a deal two days later.
    let person = stage.someone();
    let mut loan = stage.loan(person, day + 1, 21_000, 60);
    loan.borrower = people::affiliate(stage.member.index, 8);
    loan.identity = Some(IdentityRegister::Enterprise);
    let time = stage.office(day + 3);
    let deal = DealRow {
        id: Tag::new("GX", time.day(), stage.number()),
        time,
        party: loan.borrower,
        relation: Relation::Subsidiary,
        amount_fen: 30_000_000,
    };
    stage.push(day + 3, Row::Deal(deal));
    stage.lend(loan);
}

pub(super) fn clockwork(stage: &mut Stage<'_>) {
    stage.member.extras.flags.is_clockwork = true;
    // A small platform offers few loans: so many that the pattern is there for all.
    let first = stage.days().saturating_sub(12);
    for number in 0..24 {
        let person = stage.someone();
        let offered = first + number / 2;
        if offered < stage.days() {
            let mut loan = stage.loan(person, offered, 12_000, 30);
            loan.published_at = stage.at(offered, 10 * 3600 + i64::from(number % 2) * 3600);
            stage.lend(loan);
        }
    }
}

pub(super) fn standard_amounts(stage: &mut Stage<'_>) {
    stage.member.extras.flags.has_standard_amounts = true;
    let why = "instalment loans of four amounts, at all times of the day";
    for day in [stage.days() / 2, stage.days().saturating_sub(2)] {
        stage.lawful("regular-projects", day, Vec::new(), why);
    }
}

pub(super) fn over_the_cap(stage: &mut Stage<'_>) {
    stage.member.extras.flags.cap_ratio = Some(0.9);
}

pub(super) fn large_borrower(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(6) else { return };
    let person = stage.someone();
    for (offered, yuan) in [(day, 110_000), (day + 2, 95_000), (day + 3, 20_000)] {
        let loan = stage.loan(person, offered, yuan, 90);
        stage.lend(loan);
    }
}

pub(super) fn large_firm(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(6) else { return };
    let person = stage.someone();
    for (offered, yuan) in [(day, 620_000), (day + 2, 480_000)] {
        let mut loan = stage.loan(person, offered, yuan, 90);
        loan.borrower = people::merchant(person);
        loan.identity = Some(IdentityRegister::Enterprise);
        stage.lend(loan);
    }
    // And one that stays below.
    let person = stage.someone();
    let mut loan = stage.loan(person, day, 700_000, 90);
    loan.borrower = people::merchant(person);
    loan.identity = Some(IdentityRegister::Enterprise);
    let group = by("borrower", loan.borrower);
    stage.lawful("borrower-cap-platform", day, group, "a firm may owe a million");
    stage.lend(loan);
}

/// One person borrows below each platform's cap from so many that the market's is passed.
pub(super) fn across_platforms(world: &mut World, round: usize) {
    const YUAN: i64 = 180_000;
    const PLATFORMS: usize = 7;
    let mut rng = Rng::keyed(world.plan.seed, &[Topic::Schemes as u64, 2, round as u64]);
    let Some(latest) = world.plan.days.checked_sub(PLATFORMS as u32 + 3) else { return };
    let first = rng.below(u64::from(latest) + 1) as u32;
    let mut members = std::mem::take(&mut world.members);
    let platforms: Vec<usize> = members
        .iter()
        .filter(|member| member.public.line == LineOfBusiness::P2p && member.plot.is_none())
        .filter(|member| !member.extras.flags.is_clockwork)
        .map(|member| member.index)
        .collect();
    if platforms.len() >= PLATFORMS {
        let person = APART + (1 << 36) + round as u64;
        let (mut elsewhere, mut told) = (Vec::new(), Vec::new());
        let begin = rng.below(platforms.len() as u64) as usize;
        for number in 0..PLATFORMS {
            let index = platforms[(begin + number) % platforms.len()];
            let Some(member) = members.get_mut(index) else { continue };
            let rng = rng.clone();
            let mut stage = Stage { world, member, rng, elsewhere: &mut elsewhere, told: &mut told };
            let loan = stage.loan(person, first + number as u32, YUAN, 90);
            let group = by("borrower", loan.borrower);
            let why = "below the platform's cap; what others lend counts for the market's";
            stage.lawful("borrower-cap-platform", loan.offered, group, why);
            stage.lend(loan);
        }
        world.truths.append(&mut told);
    }
    world.members = members;
}

/// A withdrawal of a client that goes to the platform itself.
pub(super) fn withdrawal_to(member: usize, person: u64, payee: u128, row: TransactionRow) -> TransactionRow {
    TransactionRow {
        user: people::person(person),
        payer: people::house_account(member, House::Clients),
        payee,
        counterparty: None,
        kind: TransactionKind::Withdrawal,
        direction: Direction::In,
        about: About::Nothing,
        ..row
    }
}
