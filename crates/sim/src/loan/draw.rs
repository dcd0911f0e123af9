//! The ordinary loans of a platform: drawn by their day and number.
//!
//! Calibrated on monthly figures of real platforms and on a real loan book; see `docs/market.md`.

use model::streams::{GuaranteeKind, IdentityRegister};
use model::time::Time;

use super::shares::UNIT_FEN;
use super::{Loan, trade_offset};
use crate::line::Tag;
use crate::people;
use crate::rng::{Rng, mix};
use crate::world::{Member, Topic, World};

/// Terms by number of the loan within its day: any day's first loans are short, and of eight two
/// last over three months, so that the platform is matched.
const TERMS: [u32; 8] = [30, 90, 15, 60, 120, 30, 7, 180];
/// The most lenders of an ordinary loan.
pub(crate) const LENDERS_MAX: u32 = 40;
/// From the offer until the money is paid out, the days at most.
pub(super) const OPEN_DAYS_MAX: u32 = 3;
/// Days that a late borrower is late by.
const LATE_DAYS: u32 = 5;
/// One loan in so many is paid back late: 2 % of a real loan book are in arrears.
const LATE_ONE_IN: u64 = 50;
/// One project in so many fails.
const FAILS_ONE_IN: u64 = 40;
/// Of one loan in so many some claims are sold.
const TRADED_ONE_IN: u64 = 10;
/// Lenders withdraw within so many days after they were paid back.
pub(super) const PAYOUT_DAYS: u32 = 3;

/// In a run lenders withdraw within so many days what they were paid back in so many days before.
pub(super) const RUN_DAYS: u32 = 5;
pub(super) const IDLE_DAYS: u32 = 30;

/// Transactions of a loan until it is settled, on average.
pub(crate) fn expected_transactions() -> f64 {
    13.5 * 2.42 + 3.0
}

/// What becomes of a loan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Held,
    Fails,
    Traded,
}

/// What becomes of a loan, told without drawing it.
fn fate(world: &World, member: &Member, offered: u32, number: u64) -> Fate {
    let place = (member.index as u64) << 48 ^ u64::from(offered) << 32 ^ number;
    let bits = mix(world.plan.seed ^ mix(place ^ 0xfa7e));
    if member.extras.flags.is_clockwork {
        Fate::Held
    } else if bits.is_multiple_of(FAILS_ONE_IN) {
        Fate::Fails
    } else if (bits >> 32).is_multiple_of(TRADED_ONE_IN) {
        Fate::Traded
    } else {
        Fate::Held
    }
}

/// A loan offered on a day.
fn draw(world: &World, member: &Member, offered: u32, number: u64) -> Loan {
    let topic = [Topic::Projects as u64, member.index as u64, u64::from(offered), number];
    let mut rng = Rng::keyed(world.plan.seed, &topic);
    let key = rng.bits();
    let first_day = world.plan.first_day;
    let term_days = TERMS[number as usize % TERMS.len()];
    let clock = if member.extras.flags.is_clockwork {
        // One every quarter of an hour from nine on.
        9 * 3600 + (number as i64 * 900) % (8 * 3600)
    } else {
        8 * 3600 + rng.below(8 * 3600) as i64
    };
    let published_at = Time::start_of(world.day(offered)).plus_seconds(clock);
    let most = if term_days > 90 { 12_000.0 } else { 40_000.0 };
    let mut yuan = (world.loan_amounts.draw_fen(&mut rng) as f64 / 100.0).clamp(3_000.0, most);
    if member.extras.flags.is_clockwork {
        yuan = 12_000.0;
    } else if member.extras.flags.has_standard_amounts {
        yuan = [3_000.0f64, 5_000.0, 10_000.0, 20_000.0][rng.below(4) as usize].min(most);
    }
    let amount_fen = (yuan / 100.0) as i64 * UNIT_FEN;
    let units = (amount_fen / UNIT_FEN) as u64;
    let lenders = (units / (6 + rng.below(15))).clamp(2, u64::from(LENDERS_MAX)) as u32;
    let guarantee = match rng.below(4) {
        0 => GuaranteeKind::Collateral,
        1 => GuaranteeKind::Guarantor,
        2 => GuaranteeKind::Insurance,
        _ => GuaranteeKind::RiskFund,
    };
    let id = Tag::new("P", world.day(offered), number);
    let collateral = (guarantee == GuaranteeKind::Collateral).then(|| {
        let appraised = (amount_fen as f64 * rng.between(1.3, 2.0)).round();
        let realisable = (appraised * rng.between(0.83, 0.94)).round();
        (appraised as i64, realisable as i64, Tag::new("ZD", id.day, number))
    });
    // Longer terms pay more, about two points from a month to over half a year.
    let spread = f64::from(term_days).min(200.0) / 100.0;
    let rate_hundredths = ((8.2 + spread + rng.between(-1.6, 2.4)) * 100.0) as i64;
    let is_firm = rng.chance(120);
    let person = 2 * people::APART + (mix(key) >> 24);
    let borrower = if is_firm { people::merchant(person) } else { people::person(person) };
    let fill_days = rng.below(3) as u32;
    let disbursed = offered + fill_days + 1;
    let fate = fate(world, member, offered, number);
    let late = if number % LATE_ONE_IN == LATE_ONE_IN - 7 { LATE_DAYS } else { 0 };
    Loan {
        key,
        id,
        first_day,
        offered,
        published_at,
        borrower,
        person,
        disburse_to: people::account(person),
        repay_from: people::account(person),
        amount_fen,
        term_days,
        rate_hundredths,
        guarantee,
        collateral,
        identity: Some(if is_firm { IdentityRegister::Enterprise } else { IdentityRegister::Citizen }),
        receiving: people::project_account(member.index, u64::from(offered) << 24 | number),
        has_account: true,
        lenders,
        first_lender: world.lender_slots(member, offered) + number * u64::from(LENDERS_MAX),
        fill_days,
        disbursed,
        repaid: if fate == Fate::Fails { disbursed } else { disbursed + term_days + late },
        lent_early: false,
        paid_early: false,
        claim_days: None,
        fails: fate == Fate::Fails,
        is_traded: fate == Fate::Traded,
        run_from: member.run_from().filter(|_| fate != Fate::Fails),
    }
}

/// The loans that a platform offers on a day, planted ones first.
pub(crate) fn offered_on<'w>(
    world: &'w World,
    member: &'w Member,
    day: u32,
) -> impl Iterator<Item = Loan> + 'w {
    let planted = member.extras.loans.iter().filter(move |loan| loan.offered == day).cloned();
    planted.chain((0..world.loan_count(member, day)).map(move |number| draw(world, member, day, number)))
}

/// The loans that may have something to say on a day: those that are raised or paid out then, and
/// those that end about then.
pub(crate) fn touching<'w>(
    world: &'w World,
    member: &'w Member,
    day: u32,
) -> impl Iterator<Item = Loan> + 'w {
    let fresh = (day.saturating_sub(OPEN_DAYS_MAX)..=day).flat_map(move |offered| {
        (0..world.loan_count(member, offered)).map(move |number| draw(world, member, offered, number))
    });
    // A loan of a term ends so many days after its offer, give or take; numbers of one class have
    // one term.
    let ending = TERMS.iter().enumerate().flat_map(move |(class, term)| {
        let latest = day.checked_sub(term + 1);
        let earliest = day.saturating_sub(term + OPEN_DAYS_MAX + LATE_DAYS + PAYOUT_DAYS - 1);
        let offered = latest.into_iter().flat_map(move |latest| earliest..=latest);
        // What is fresh comes above.
        offered.filter(move |offered| offered + OPEN_DAYS_MAX < day).flat_map(move |offered| {
            let count = world.loan_count(member, offered);
            (class as u64..count).step_by(TERMS.len()).map(move |number| draw(world, member, offered, number))
        })
    });
    let of_fate = move |wanted: Fate, offered: u32, first: usize, step: usize| {
        (first as u64..world.loan_count(member, offered))
            .step_by(step)
            .filter(move |number| fate(world, member, offered, *number) == wanted)
            .map(move |number| draw(world, member, offered, number))
    };
    // Those that failed, until their lenders have withdrawn.
    let earliest = day.saturating_sub(OPEN_DAYS_MAX + PAYOUT_DAYS - 1);
    let failed = (earliest..day.saturating_sub(OPEN_DAYS_MAX))
        .flat_map(move |offered| of_fate(Fate::Fails, offered, 0, 1));
    // Those of which claims are sold today.
    let traded = TERMS.iter().enumerate().flat_map(move |(class, term)| {
        let offered = day.checked_sub(trade_offset(*term));
        offered.into_iter().flat_map(move |offered| of_fate(Fate::Traded, offered, class, TERMS.len()))
    });
    // In a run those too whose lenders left their money where it was.
    let run = member.run_from().filter(|from| (*from..*from + RUN_DAYS).contains(&day));
    let idle = run.into_iter().flat_map(move |from| {
        TERMS.iter().enumerate().flat_map(move |(class, term)| {
            let earliest = from.saturating_sub(IDLE_DAYS + term + OPEN_DAYS_MAX + LATE_DAYS);
            // What ends about now comes above.
            let latest = day.saturating_sub(term + OPEN_DAYS_MAX + LATE_DAYS + PAYOUT_DAYS - 1);
            (earliest..latest).flat_map(move |offered| {
                let count = world.loan_count(member, offered);
                let numbers = (class as u64..count).step_by(TERMS.len());
                numbers.map(move |number| draw(world, member, offered, number))
            })
        })
    });
    let planted = member
        .extras
        .loans
        .iter()
        .filter(move |loan| loan.offered <= day && day <= loan.repaid.saturating_add(PAYOUT_DAYS));
    planted.cloned().chain(fresh).chain(ending).chain(failed).chain(traded).chain(idle)
}

/// The place of a term among the terms, which decides who withdraws when.
pub(super) fn class_of(term_days: u32) -> u64 {
    TERMS.iter().position(|term| *term == term_days).unwrap_or(0) as u64
}

/// Classes of loans by term; two of the eight have the same.
pub(super) const CLASSES: u64 = TERMS.len() as u64;
