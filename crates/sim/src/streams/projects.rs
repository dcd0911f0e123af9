//! Lending projects: offered on a day, filled three days later, which is a revision.

use std::io::{self, Write};

use model::money::Fen;
use model::streams::{GuaranteeKind, LineOfBusiness, ProjectStatus};
use model::time::Time;

use super::{Sink, day_digits};
use crate::cycle::micros_in_day;
use crate::rng::Rng;
use crate::world::{Member, Topic, World};

/// Days from the offer until a project is filled.
const DAYS_OPEN: u32 = 3;

fn count_on(world: &World, member: &Member, day: u32) -> u64 {
    debug_assert!(member.public.line == LineOfBusiness::P2p);
    let most = 2 + (member.size * 3.0) as u64;
    2 + world.rng(Topic::Projects, member, day).below(most)
}

fn project_id(world: &World, day: u32, number: u64) -> String {
    format!("P{}-{number:03}", day_digits(world, day))
}

/// A project that is open on a day.
pub(super) fn one_of(world: &World, member: &Member, day: u32, bits: u64) -> String {
    let offered = day - (bits >> 50) as u32 % DAYS_OPEN.min(day + 1);
    project_id(world, offered, (bits >> 20) % count_on(world, member, offered))
}

pub(super) fn write<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    for number in 0..count_on(world, member, day) {
        write_one(world, member, day, number, ProjectStatus::Raising, sink)?;
    }
    if day >= DAYS_OPEN {
        let offered = day - DAYS_OPEN;
        for number in 0..count_on(world, member, offered) {
            write_one(world, member, offered, number, ProjectStatus::Repaying, sink)?;
        }
    }
    Ok(())
}

fn write_one<W: Write>(
    world: &World,
    member: &Member,
    offered: u32,
    number: u64,
    status: ProjectStatus,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    // Everything but the status is the same in both: drawn from the same generator.
    let topic = [Topic::Projects as u64, member.index as u64, u64::from(offered), number];
    let mut rng = Rng::keyed(world.plan.seed, &topic);
    let day = world.day(offered);
    let day_text = day.to_string();
    let micros = micros_in_day(number, count_on(world, member, offered), rng.unit());
    let published_at = Time(Time::start_of(day).0 + micros as i64);
    let amount = Fen::from_yuan((rng.between(3.0, 20.0) as i64) * 10_000);
    // Most are short; a platform is matched when few last over three months.
    let term_days = if rng.chance(150) { 180 } else { 30 + 30 * rng.below(3) };
    let guarantee = match rng.below(4) {
        0 => GuaranteeKind::Collateral,
        1 => GuaranteeKind::Guarantor,
        2 => GuaranteeKind::Insurance,
        _ => GuaranteeKind::RiskFund,
    };
    let borrower = world.people.person(rng.bits());
    let rate = rng.between(7.5, 14.5);
    let worth = rng.between(1.3, 2.0);
    let realisable = rng.between(0.78, 0.92);
    let is_filled = status == ProjectStatus::Repaying;
    sink.record(&project_id(world, offered, number), |line| {
        let mut line = if is_filled { line.count("revision", 1) } else { line };
        line = line
            .time("published_at", &day_text, published_at)
            .pseudonym("borrower", borrower)
            .money("amount", amount)
            .count("term_days", term_days)
            .percent("annual_rate_percent", rate)
            .text("guarantee", guarantee.code());
        if guarantee == GuaranteeKind::Collateral {
            let appraised = (amount.0 as f64 * worth).round();
            line = line
                .money("collateral_appraised", Fen(appraised as i64))
                .money("collateral_realisable", Fen((appraised * realisable).round() as i64));
        }
        line = line.text("status", status.code());
        if is_filled { line.money("outstanding", amount) } else { line }
    })
}
