//! Identity checks, deals with related parties, major events.

use std::io::{self, Write};

use model::streams::{KycMethod, KycResult, MajorEventKind, Relation};
use model::time::{Day, Time};

use super::Sink;
use crate::line::Tag;
use crate::people;
use crate::rng::Rng;
use crate::rows::{DealRow, EventRow, KycRow, Row};
use crate::world::{Member, Topic, World};

/// A time between nine and seventeen o'clock, the `index`-th of `total`.
pub(super) fn office_time(day: Day, index: u64, total: u64, rng: &mut Rng) -> Time {
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
    let date = world.day(day);
    let total = 1 + rng.below(3 + member.size as u64);
    for number in 0..total {
        let row = KycRow {
            id: Tag::new("K", date, number),
            time: office_time(date, number, total, &mut rng),
            user: people::person(world.client(member, rng.below(member.users))),
            online: Some(if rng.chance(500) { KycMethod::Face } else { KycMethod::IdDatabase }),
            offline: Some(if rng.chance(700) { KycMethod::Document } else { KycMethod::Branch }),
            result: if rng.chance(970) { KycResult::Passed } else { KycResult::Failed },
        };
        sink.row(&Row::Kyc(row))?;
    }
    Ok(())
}

/// The ordinary deal with a related party of a day, if there is one: about one in three weeks.
pub(super) fn deal(world: &World, member: &Member, day: u32) -> Option<DealRow> {
    let mut rng = world.rng(Topic::Deals, member, day);
    if !rng.chance(45) {
        return None;
    }
    let relation = match rng.below(4) {
        0 => Relation::Shareholder,
        1 => Relation::Subsidiary,
        2 => Relation::Controller,
        _ => Relation::Affiliate,
    };
    let date = world.day(day);
    Some(DealRow {
        id: Tag::new("GL", date, 0),
        time: office_time(date, 0, 1, &mut rng),
        party: people::affiliate(member.index, 2 + rng.below(3)),
        relation,
        amount_fen: (10 + rng.below(290) as i64) * 1_000_000,
    })
}

pub(super) fn has_deal(world: &World, member: &Member, day: u32) -> bool {
    deal(world, member, day).is_some()
}

pub(super) fn write_deals<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    deal(world, member, day).map_or(Ok(()), |row| sink.row(&Row::Deal(row)))
}

/// The deals with related parties from one day to another: how many, and their sum.
pub(crate) fn deals_between(world: &World, member: &Member, from: u32, to: u32) -> (u64, i64) {
    let of_day = |day| {
        let planted = member.extras.all().filter_map(move |(on, row)| match row {
            Row::Deal(row) if on == day => Some(row.amount_fen),
            _ => None,
        });
        planted.chain(deal(world, member, day).map(|row| row.amount_fen))
    };
    (from..=to).flat_map(of_day).fold((0, 0), |(count, sum), fen| (count + 1, sum + fen))
}

/// The ordinary major event of a day, if there is one: a few a year, told the public within hours.
fn event(world: &World, member: &Member, day: u32) -> Option<EventRow> {
    let mut rng = world.rng(Topic::Events, member, day);
    if !rng.chance(8) {
        return None;
    }
    let kind = match rng.below(4) {
        0 => MajorEventKind::Ownership,
        1 => MajorEventKind::Executive,
        2 => MajorEventKind::Litigation,
        _ => MajorEventKind::Business,
    };
    let occurred_at = office_time(world.day(day), 0, 1, &mut rng);
    let disclosed_at = Some(occurred_at.plus_seconds(1200 + rng.below(4 * 3600) as i64));
    Some(EventRow { id: Tag::new("ZS", world.day(day), 0), revision: 0, occurred_at, kind, disclosed_at })
}

pub(super) fn has_event(world: &World, member: &Member, day: u32) -> bool {
    event(world, member, day).is_some()
}

pub(super) fn write_events<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    event(world, member, day).map_or(Ok(()), |row| sink.row(&Row::Event(row)))
}
