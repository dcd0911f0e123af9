//! Operations of a day.

use std::io::{self, Write};

use model::streams::IncidentSeverity;
use model::time::Time;

use super::Sink;
use crate::line::{Line, Tag};
use crate::world::{Member, Topic, World};

/// Minor incidents of an institution lie at least this many days apart.
const MINOR_EVERY_DAYS: u32 = 20;

pub(super) fn write<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    let mut rng = world.rng(Topic::Operations, member, day);
    let date = world.day(day);
    let due = 3 + rng.below(5 + (member.size * 20.0) as u64);
    // Nearly all complaints are resolved in time.
    let resolved = due - u64::from(due > 20 && rng.chance(400));
    // One in a few months, and never three within thirty days: a sound institution has no more.
    let is_minor = rng.chance(240) && day % MINOR_EVERY_DAYS == member.index as u32 % MINOR_EVERY_DAYS;
    let began_at = Time::start_of(date).plus_seconds(rng.below(86_400) as i64);
    let minutes = 4 + rng.below(40);
    let incidents = [
        is_minor.then_some((began_at, minutes, IncidentSeverity::Minor)),
        member
            .extras
            .flags
            .critical
            .and_then(|(on, at)| (on == day).then_some((at, 35, IncidentSeverity::Critical))),
    ];
    let servers = [("web", 1), ("app", 2), ("database", 3)];
    sink.record(Tag::new("O", date, 0), |line| {
        line.day("date", date)
            .list("servers", servers, |out, (role, host)| {
                let address = format!("10.{}.{}.{host}", member.index / 256 % 256, member.index % 256);
                Line::begin_item(out, "address", &address).text("role", role).end_item();
            })
            .count("visits", (40_000.0 * member.size * rng.between(0.7, 1.4)) as u64)
            .count("complaints_received", rng.below(2 * due))
            .count("complaints_due", due)
            .count("complaints_resolved_in_time", resolved)
            .list("incidents", incidents.into_iter().flatten(), |out, (began_at, minutes, severity)| {
                Line::begin_item(out, "began_at", &began_at.to_string())
                    .count("minutes", minutes)
                    .text("severity", severity.code())
                    .end_item();
            })
    })
}
