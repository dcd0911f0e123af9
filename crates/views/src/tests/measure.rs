//! How long it takes, with a hundred thousand alerts. Not run with the others: `cargo test --release
//! -p jianwei-views measure -- --ignored --nocapture`.

use std::time::Instant;

use model::event::Grade;
use model::time::Time;
use workflow::actor::Actor;
use workflow::alert::{AlertEvent, AlertReason, AlertStep, Clock, Started};
use workflow::desk::{Desk, DeskEvent};
use workflow::term::{Deadline, Term};

use super::Database;
use crate::{AlertFilter, EventFilter, Month, Page, Which};

const ALERTS: u64 = 100_000;
/// Events that are written together.
const TOGETHER: usize = 2000;

fn events() -> Vec<(u64, DeskEvent)> {
    let start = Time::parse("2026-01-01T00:00:00+08:00").unwrap();
    let mut events = Vec::new();
    for number in 0..ALERTS {
        let at = start.plus_seconds(number.cast_signed() * 150);
        let institution = format!("9{:017}", number % 5000);
        let grade = Grade::ALL[1 + (number % 3) as usize];
        let bureau = format!("bureau-{}", number % 20);
        let due = Deadline {
            started: at,
            term: Term::Hours(24),
            due: Some(at.plus_seconds(86_400)),
            kept: None,
            missed: None,
        };
        let reason = AlertReason {
            entry: format!("entry-{}", number % 40),
            entry_hash: "0123456789abcdef".repeat(4),
            line: None,
            day: at.day(),
            grade,
            value: Some("12.5".to_owned()),
            condition: "value > 10".to_owned(),
        };
        let opened = AlertStep::Opened {
            grade,
            reasons: vec![reason],
            bureau,
            owner: format!("person-{}", number % 50),
            clocks: vec![
                Started { clock: Clock::Acknowledge, deadline: due },
                Started { clock: Clock::Letter, deadline: due },
            ],
            as_of: number,
        };
        let ended = number % 10 != 0;
        let mut steps = vec![(at, opened), (at.plus_seconds(600), AlertStep::Acknowledged)];
        if ended {
            let kept = AlertStep::Kept { clock: Clock::Letter };
            steps.push((at.plus_seconds(7200), kept));
            steps.push((at.plus_seconds(86_400), AlertStep::Closed { reason: None }));
        }
        for (at, step) in steps {
            let (id, institution) = (format!("A-2026-{number:06}"), institution.clone());
            let event = AlertEvent { id, institution, at, by: Actor::System, step };
            events.push((events.len() as u64, event.into()));
        }
    }
    events
}

fn a_hundred_thousand_alerts(database: &Database) {
    let events = events();
    let mut views = database.open();
    let (mut desk, mut making, mut writing) = (Desk::default(), 0.0, 0.0);
    for some in events.chunks(TOGETHER) {
        some.iter().for_each(|(position, event)| desk.apply(event, *position));
        let start = Instant::now();
        let batch = crate::Batch::of(some, &desk);
        making += start.elapsed().as_secs_f64();
        let start = Instant::now();
        views.write(&batch).unwrap();
        writing += start.elapsed().as_secs_f64();
    }
    let rate = |seconds: f64| events.len() as f64 / seconds;
    println!("{} events: rows {:.0}/s, written {:.0}/s", events.len(), rate(making), rate(writing));
    let start = Instant::now();
    for _ in 0..200 {
        let (first, event) = &events[events.len() - 1];
        let alone = [(first + 1, event.clone())];
        // A position anew each time, so that it is written.
        let batch = crate::Batch {
            first: Some(views.covered()),
            end: views.covered() + 1,
            ..crate::Batch::of(&alone, &desk)
        };
        views.write(&batch).unwrap();
    }
    println!("one event alone: {:.2} ms", start.elapsed().as_secs_f64() * 1000.0 / 200.0);
    let reader = database.reader();
    let now = Time::parse("2026-06-20T09:00:00+08:00").unwrap();
    let page = Page::default();
    let open = || AlertFilter { is_open: Some(true), ..AlertFilter::default() };
    let of_bureau = AlertFilter { bureau: Some("bureau-10".to_owned()), is_worst_first: true, ..open() };
    let time = |name: &str, ask: &dyn Fn() -> usize| {
        let rows = ask();
        let mut took: Vec<f64> = (0..21)
            .map(|_| {
                let start = Instant::now();
                ask();
                start.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        took.sort_by(f64::total_cmp);
        println!("{name}: median {:.2} ms, worst {:.2} ms, {rows} rows", took[10], took[20]);
    };
    let count = |paged: Result<crate::Paged, crate::ViewsError>| paged.unwrap().rows.rows.len();
    time("open alerts, newest first", &|| count(reader.alerts(&open(), &page)));
    time("open alerts of a bureau, worst first", &|| count(reader.alerts(&of_bureau, &page)));
    time("open alerts, worst first", &|| {
        count(reader.alerts(&AlertFilter { is_worst_first: true, ..open() }, &page))
    });
    let third = |which| count(reader.deadlines(which, Some("bureau-10"), &page));
    time("overdue", &|| count(reader.deadlines(Which::Overdue(now), None, &page)));
    time("overdue of a bureau", &|| third(Which::Overdue(now)));
    time("running", &|| count(reader.deadlines(Which::Running(now), None, &page)));
    let of_institution = EventFilter { institution: Some(format!("9{:017}", 17)), ..EventFilter::default() };
    time("events of an institution", &|| count(reader.events(&of_institution, &page)));
    time("events of an alert", &|| count(reader.events_of("A-2026-050001", &page)));
    let month = Month::of(now.day());
    time("scorecard of a month", &|| reader.scorecard(month, month, None).unwrap().rows.len());
}

#[test]
#[ignore = "a measurement"]
fn sqlite() {
    a_hundred_thousand_alerts(&Database::sqlite());
}

#[test]
#[ignore = "a measurement"]
fn postgres() {
    a_hundred_thousand_alerts(&Database::postgres());
}
