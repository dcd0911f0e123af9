//! What an institution hides from supervisor and public: figures, deals, events, incidents, or the
//! filing itself.

use model::spec::Record;
use model::streams::{BusinessDaily, KycCheck, MajorEventKind, OperationsDaily, Relation, Transaction};

use super::Stage;
use crate::extras::Punctuality;
use crate::line::Tag;
use crate::people;
use crate::rows::{DealRow, EventRow, Row};
use crate::streams::disclosure::month_row;

pub(super) fn false_rate(stage: &mut Stage<'_>) {
    stage.member.extras.flags.rate_told = -120;
}

pub(super) fn false_overdue(stage: &mut Stage<'_>) {
    stage.member.extras.flags.overdue_told = -60;
}

pub(super) fn hidden_deals(stage: &mut Stage<'_>) {
    // Some in every month, of which two are not told.
    stage.member.extras.flags.deals_hidden = 2;
    for day in (1..stage.days()).step_by(9) {
        let time = stage.office(day);
        let row = DealRow {
            id: Tag::new("GX", stage.world.day(day), stage.number()),
            time,
            party: people::affiliate(stage.member.index, 2),
            relation: Relation::Affiliate,
            amount_fen: (40 + stage.rng.below(90) as i64) * 1_000_000,
        };
        stage.push(day, Row::Deal(row));
    }
}

pub(super) fn disclosure_late(stage: &mut Stage<'_>) {
    stage.member.extras.flags.disclosure = Punctuality::Late(9);
}

pub(super) fn disclosure_missing(stage: &mut Stage<'_>) {
    stage.member.extras.flags.disclosure = Punctuality::Never;
}

fn event(stage: &mut Stage<'_>, day: u32, kind: MajorEventKind) -> EventRow {
    let seconds = 10 * 3600 + stage.rng.below(5 * 3600) as i64;
    let occurred_at = stage.at(day, seconds);
    EventRow {
        id: Tag::new("ZX", stage.world.day(day), stage.number()),
        revision: 0,
        occurred_at,
        kind,
        disclosed_at: None,
    }
}

pub(super) fn event_told_late(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(6) else { return };
    let row = event(stage, day, MajorEventKind::Litigation);
    let told = EventRow { revision: 1, disclosed_at: Some(row.occurred_at.plus_seconds(50 * 3600)), ..row };
    stage.push(day, Row::Event(row));
    stage.push(day + 2, Row::Event(told));
    // Another one is told just in time.
    let mut row = event(stage, day + 3, MajorEventKind::Executive);
    row.disclosed_at = Some(stage.at(day + 3, 21 * 3600));
    stage.push(day + 3, Row::Event(row));
    stage.lawful("major-event-late", day + 3, Vec::new(), "told the public within hours");
}

pub(super) fn event_never_told(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(4) else { return };
    let row = event(stage, day, MajorEventKind::Penalty);
    stage.push(day, Row::Event(row));
}

pub(super) fn incident_unreported(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(4) else { return };
    let time = stage.at(day, 11 * 3600);
    stage.member.extras.flags.critical = Some((day, time));
}

pub(super) fn incident_reported(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(4) else { return };
    let time = stage.at(day, 14 * 3600);
    stage.member.extras.flags.critical = Some((day, time));
    let mut row = event(stage, day, MajorEventKind::Security);
    row.occurred_at = time;
    row.disclosed_at = Some(time.plus_seconds(3 * 3600));
    stage.push(day, Row::Event(row));
    stage.lawful("incident-report", day, Vec::new(), "reported as a major event on the same day");
}

pub(super) fn late_transactions(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(12) else { return };
    let twist = (Transaction::STREAM.number, day, Punctuality::Late(10));
    stage.member.extras.flags.filings.push(twist);
}

pub(super) fn incomplete_figures(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(2) else { return };
    let twist = (KycCheck::STREAM.number, day, Punctuality::Incomplete);
    stage.member.extras.flags.filings.push(twist);
}

pub(super) fn silence(stage: &mut Stage<'_>) {
    // Three days without operations and business figures: five and more in a month.
    let Some(day) = stage.someday(5) else { return };
    for day in day..day + 3 {
        for stream in [OperationsDaily::STREAM, BusinessDaily::STREAM] {
            stage.member.extras.flags.filings.push((stream.number, day, Punctuality::Never));
        }
    }
}

/// Sound figures are told with two decimals: no falsehood.
pub(super) fn rounded(stage: &mut Stage<'_>) {
    for day in 0..stage.days() {
        if month_row(stage.world, stage.member, day).is_some() {
            for entry in ["false-rate", "false-overdue", "false-related-deals"] {
                stage.lawful(entry, day, Vec::new(), "rounded to two decimals");
            }
        }
    }
}

/// After a holiday more is redeemed than on any other day, and that is no run.
pub(super) fn after_the_holiday(stage: &mut Stage<'_>) {
    for day in 0..stage.days() {
        if stage.world.calendar.is_after_holiday(stage.world.day(day)) {
            for entry in ["large-redemption", "redemption-pressure"] {
                stage.lawful(entry, day, Vec::new(), "the first day worked after a holiday");
            }
        }
    }
}
