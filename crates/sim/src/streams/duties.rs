//! Identity checks, recordings of sales, and the monthly disclosure.

use std::io::{self, Write};

use model::money::Fen;
use model::streams::{DisclosureKind, KycMethod, KycResult, LineOfBusiness};
use model::time::{Day, Time};

use super::{Sink, business, day_digits};
use crate::rng::Rng;
use crate::world::{Member, Topic, World};

/// The day of the month on which the disclosure of the month before is published.
pub(crate) const DISCLOSURE_DAY: u32 = 5;
/// Recordings are kept for ten years at least (requirement 1.8); with the leap days of ten years
/// and some days to spare.
const KEPT_DAYS: i32 = 10 * 366;

/// A time between nine and seventeen o'clock, the `index`-th of `total`.
fn office_time(day: Day, index: u64, total: u64, rng: &mut Rng) -> Time {
    let seconds = (index as f64 + rng.unit()) / total as f64 * 8.0 * 3600.0;
    Time::start_of(day).plus_seconds(9 * 3600 + seconds as i64)
}

pub(super) fn write_kyc_checks<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    let mut rng = world.rng(Topic::Duties, member, day);
    let (date, digits) = (world.day(day), day_digits(world, day));
    let day_text = date.to_string();
    let total = 1 + rng.below(3 + member.size as u64);
    for number in 0..total {
        let time = office_time(date, number, total, &mut rng);
        let user = world.people.person(world.client(member, rng.below(member.users)));
        let online = if rng.chance(500) { KycMethod::Face } else { KycMethod::IdDatabase };
        let offline = if rng.chance(700) { KycMethod::Document } else { KycMethod::Branch };
        let result = if rng.chance(970) { KycResult::Passed } else { KycResult::Failed };
        sink.record(&format!("K{digits}-{number:04}"), |line| {
            line.time("time", &day_text, time)
                .pseudonym("user", user)
                .text("online_method", online.code())
                .text("offline_method", offline.code())
                .text("result", result.code())
        })?;
    }
    Ok(())
}

pub(super) fn write_recordings<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    let mut rng = world.rng(Topic::Duties, member, day + (1 << 20));
    let (date, digits) = (world.day(day), day_digits(world, day));
    let day_text = date.to_string();
    let total = 1 + rng.below(2 + member.size as u64);
    for number in 0..total {
        let time = office_time(date, number, total, &mut rng);
        let user = world.people.person(world.client(member, rng.below(member.users)));
        let policy = format!("Y{:08}", rng.below(20_000_000));
        let product = format!("W{:03}", rng.below(12));
        let annual_yield = rng.between(3.2, 6.4);
        let mut digest = || (0..4).map(|_| format!("{:016x}", rng.bits())).collect::<String>();
        let (sound, picture) = (digest(), digest());
        sink.record(&format!("R{digits}-{number:04}"), |line| {
            line.time("time", &day_text, time)
                .pseudonym("user", user)
                .text("policy", &policy)
                .text("product", &product)
                .percent("annual_yield_percent", annual_yield)
                .text("sound_sha256", &sound)
                .text("picture_sha256", &picture)
                .day("retained_until", date.plus(KEPT_DAYS))
        })?;
    }
    Ok(())
}

/// The last day of the month that a disclosure of a day is about.
pub(crate) fn disclosed_period_end(day: Day) -> Day {
    day.first_of_month().plus(-1)
}

pub(super) fn write_disclosure<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    let mut rng = world.rng(Topic::Duties, member, day + (2 << 20));
    let date = world.day(day);
    let period_end = disclosed_period_end(date);
    let published_at = office_time(date, 0, 1, &mut rng);
    let (deals, amount) = (rng.below(3), Fen::from_yuan(rng.between(10.0, 300.0) as i64 * 10_000));
    sink.record(&format!("M{}", day_digits(world, day)), |line| {
        let mut line = line
            .time("published_at", &date.to_string(), published_at)
            .text("kind", DisclosureKind::Monthly.code())
            .day("period_end", period_end)
            .text("line", member.public.line.code());
        if member.public.line == LineOfBusiness::P2p {
            // The figures of the period's last day, or of the first day that the market knows.
            let last = (period_end.0 - world.plan.first_day.0).max(0) as u32;
            let figures = business::lending(world, member, last);
            line = line.percent("annual_rate_percent", figures.average_return_percent).percent(
                "overdue_rate_percent",
                figures.overdue.0 as f64 / figures.balance.0.max(1) as f64 * 100.0,
            );
        }
        line = line.count("related_party_deals", deals);
        if deals > 0 { line.money("related_party_amount", amount) } else { line }
    })
}
