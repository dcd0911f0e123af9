//! What is told falsely, late or never.

use model::spec::Record;
use model::streams::{
    BusinessDaily, Disclosure, LineOfBusiness, MajorEventKind, OperationsDaily, stream_numbered,
};
use model::time::{Day, Time};

use super::Found;
use crate::extras::Punctuality;
use crate::plots::Plot;
use crate::rows::{EventRow, Row};
use crate::streams::disclosure::{month_figures, month_row, quarter_row};
use crate::world::Member;

/// Whether the figures of a stream and day are filed at all, early or late.
pub(super) fn is_filed(member: &Member, stream: u8, day: u32) -> bool {
    let twists = &member.extras.flags.filings;
    let is_twisted = twists.contains(&(stream, day, Punctuality::Never));
    let is_silent = matches!(member.plot, Some(Plot::Silent { day: silent }) if silent == day)
        && [BusinessDaily::STREAM.number, OperationsDaily::STREAM.number].contains(&stream);
    !is_twisted && !is_silent
}

pub(super) fn find(found: &mut Found<'_>, member: &Member) {
    if member.public.line == LineOfBusiness::Custody {
        return;
    }
    for day in 0..found.days() {
        told(found, member, day);
        disclosed(found, member, day);
    }
    events(found, member);
    filings(found, member);
}

/// Disclosures published on a day that are not what the records say.
fn told(found: &mut Found<'_>, member: &Member, day: u32) {
    let world = found.world;
    if let Some(row) = quarter_row(world, member, day)
        && let Some((core, all)) = row.solvency_hundredths
        && (core < 6_000 || all < 12_000)
    {
        found.planted(member, day, "solvency", Vec::new(), "low-solvency", row.published_at);
    }
    let Some(row) = month_row(world, member, day) else { return };
    let Some(figures) = month_figures(world, member, row.period_end) else { return };
    let begin = row.period_end.first_of_month();
    let filed = |date: Day| {
        u32::try_from(date.0 - world.plan.first_day.0)
            .is_ok_and(|day| is_filed(member, BusinessDaily::STREAM.number, day))
    };
    // Of a month that the market knows in part no one can say what it came to.
    let is_whole = filed(begin) && filed(row.period_end);
    let at = row.published_at;
    let mut judge = |entry: &'static str, is_false: bool, is_known: bool, conduct: &'static str| {
        if is_false && is_known {
            found.planted(member, day, entry, Vec::new(), conduct, at);
        } else if is_false || !is_known {
            found.possible(member, day, entry, Vec::new(), conduct);
        }
    };
    if member.public.line == LineOfBusiness::P2p {
        let differs =
            |told: Option<i64>, is: Option<i64>| told.zip(is).is_some_and(|(a, b)| (a - b).abs() > 6);
        judge("false-rate", differs(row.rate_hundredths, figures.rate_hundredths), is_whole, "false-rate");
        let is_false = differs(row.overdue_hundredths, figures.overdue_hundredths);
        judge("false-overdue", is_false, filed(row.period_end), "false-overdue");
    }
    judge("false-related-deals", row.deals != Some(figures.deals), is_whole, "hidden-deals");
}

/// Whether the month that ends on a day is disclosed by the tenth of the next.
fn disclosed(found: &mut Found<'_>, member: &Member, day: u32) {
    let date = found.world.day(day);
    if date != date.last_of_month() || member.extras.flags.disclosure == Punctuality::InTime {
        return;
    }
    let due = Time::start_of(date.plus(11));
    let group = vec![("stream", Disclosure::STREAM.name.to_owned())];
    if day + 11 < found.days() {
        found.planted(member, day, "disclosure-late", Vec::new(), "disclosure-late", due);
        found.planted(member, day, "late-filing", group, "disclosure-late", due);
    } else {
        found.possible(member, day, "disclosure-late", Vec::new(), "disclosure-late");
        found.possible(member, day, "late-filing", group, "disclosure-late");
    }
}

fn events(found: &mut Found<'_>, member: &Member) {
    let rows: Vec<(u32, EventRow)> = member
        .extras
        .all()
        .filter_map(|(day, row)| match row {
            Row::Event(row) => Some((day, *row)),
            _ => None,
        })
        .collect();
    for (day, row) in rows.iter().filter(|(_, row)| row.revision == 0) {
        let last =
            rows.iter().filter(|(_, other)| other.id == row.id).max_by_key(|(_, other)| other.revision);
        let told = last.and_then(|(_, last)| last.disclosed_at);
        let limit = row.occurred_at.plus_seconds(24 * 3600);
        if told.is_none_or(|told| told > limit) {
            found.planted(member, *day, "major-event-late", Vec::new(), "event-told-late", limit);
        }
    }
    if let Some((day, at)) = member.extras.flags.critical {
        let is_told =
            rows.iter().any(|(on, row)| row.kind == MajorEventKind::Security && (day..=day + 1).contains(on));
        if !is_told && is_filed(member, OperationsDaily::STREAM.number, day) {
            found.planted(member, day, "incident-report", Vec::new(), "incident-unreported", at);
        }
        for later in day..=day + 29 {
            found.possible(member, later, "system-failures", Vec::new(), "critical-incident");
        }
    }
}

fn filings(found: &mut Found<'_>, member: &Member) {
    let mut missing = vec![0u32; found.days() as usize];
    let mut twists = member.extras.flags.filings.clone();
    match member.plot {
        Some(Plot::Late { day }) => twists.push((BusinessDaily::STREAM.number, day, Punctuality::Late(10))),
        Some(Plot::Silent { day }) => {
            for stream in [BusinessDaily::STREAM, OperationsDaily::STREAM] {
                twists.push((stream.number, day, Punctuality::Never));
            }
        }
        _ => {}
    }
    for (stream, day, punctuality) in &twists {
        let (stream, day) = (*stream, *day);
        // Due at noon of the day after, or of the first day worked after a holiday.
        let mut due = found.world.day(day).plus(1);
        while !found.world.calendar.is_worked(due) {
            due = due.plus(1);
        }
        let at = Time::start_of(due).plus_seconds(12 * 3600);
        if *punctuality == Punctuality::Never
            && let Some(count) = missing.get_mut(day as usize)
        {
            *count += 1;
        }
        let name = stream_numbered(stream).map_or("", |stream| stream.name);
        let conduct = match punctuality {
            Punctuality::Never => "missing-filing",
            Punctuality::Late(_) => "late-filing",
            _ => "incomplete-filing",
        };
        found.planted(member, day, "late-filing", vec![("stream", name.to_owned())], conduct, at);
    }
    for day in 0..missing.len() {
        let within: u32 = missing.get(day.saturating_sub(29)..=day).unwrap_or_default().iter().sum();
        if within >= 5 {
            let at = found.noon(day as u32);
            found.planted(member, day as u32, "repeated-non-filing", Vec::new(), "silence", at);
        }
    }
}
