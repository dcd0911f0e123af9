//! Timers of alerts when the machine's clock is moved: while the engine runs, and between two runs
//! of it. The clock is one that the test moves; what a machine's clock does when it is set back is
//! in `clock.rs` and `model::clock`.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

use std::path::Path;
use std::sync::Arc;

use engine::intake::{ContentCoding, FilingHead, FilingMode};
use engine::scan::{Item, scan};
use engine::{DataDir, Engine, EngineOptions};
use ledger::{KeyStore, Reader};
use model::clock::Clock;
use model::institution::InstitutionId;
use model::time::Time;
use rulebook::{Rulebook, SourceFile};
use workflow::alert::{AlertStep, Clock as AlertClock};
use workflow::desk::DeskEvent;

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

const RULE: &str = r#"id: large-payment
version: 1
tier: special
requirement: ["3.1"]
clause: {zh: 试验, en: for a test}
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
answerable: analyst
title: {zh: 大额, en: A large payment}
text: {zh: 试验用, en: For a test}
stream: transaction
group_by: [user]
window: {calendar: day}
measure: max(amount)
bands: {red: ">= 500000"}
"#;

const CASES: &str = r#"
- name: {zh: 有, en: hit}
  given: {}
  expect: [{day: 2024-03-01, verdict: red}]
- name: {zh: 无, en: silent}
  given: {}
  expect: [{day: 2024-03-01, verdict: silent}]
"#;

fn open(dir: &Path, clock: Clock) -> Engine {
    let shipped = rulebook::load::embedded_files();
    let mut files: Vec<_> = shipped.into_iter().filter(|file| file.path.starts_with("reference/")).collect();
    files.push(SourceFile::new("grading.yaml", "undetermined: listed\nwithout: []\n"));
    files.push(SourceFile::new("special/large-payment.yaml", RULE));
    files.push(SourceFile::new("special/large-payment.cases.yaml", CASES));
    let book = Rulebook::from_files(files).unwrap();
    Engine::open(dir, EngineOptions::default(), clock, Arc::new(book)).unwrap()
}

fn noon() -> Time {
    Time::parse("2026-03-05T12:00:00+08:00").unwrap()
}

/// An institution files a payment that makes it red; the alert is open when this returns.
fn turn_red(engine: &Engine) {
    let head = FilingHead {
        stream: model::streams::stream("transaction").unwrap(),
        institution: InstitutionId::synthetic(1),
        date: None,
        is_final: false,
        announced: None,
        mode: FilingMode::Lines,
        coding: ContentCoding::Identity,
    };
    let line = format!(
        r#"{{"id":"t-1","time":"{}","user":"p1:9869806b11c5a57357ea151d16867c","amount":"600000.00","kind":"deposit","direction":"in","channel":"app"}}"#,
        engine.clock().now()
    );
    assert_eq!(engine.file(head, line.as_bytes()).unwrap().sealed.accepted, 1);
    engine.settle().unwrap();
}

/// Which clocks went off and when, and who was told next, in the order of the ledger.
fn went_off(dir: &Path) -> Vec<String> {
    let dirs = DataDir::new(dir);
    let reader = Reader::open(&dirs.ledger()).unwrap();
    let keys = KeyStore::open_read_only(&dirs.ledger()).unwrap();
    let mut events = Vec::new();
    scan(&reader, &keys, 0..reader.size(), &[], |item| {
        if let Item::Desk(event, _) = item
            && let DeskEvent::Alert(event) = *event
        {
            let minutes = (event.at.0 - noon().0) / 1_000_000 / MINUTE;
            match event.step {
                AlertStep::Missed { clock } => events.push(format!("{minutes} {clock:?}")),
                AlertStep::Escalated { to, .. } => events.push(format!("{minutes} → {to}")),
                _ => {}
            }
        }
        Ok(())
    })
    .unwrap();
    events
}

#[test]
fn a_timer_goes_off_once_wherever_the_clock_is_moved() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(noon());
    let engine = open(dir.path(), clock.clone());
    turn_red(&engine);
    // Just before, at, and after its moment.
    clock.advance(Time(noon().0 + 10 * MINUTE * 1_000_000 - 1));
    assert_eq!(engine.tick_desk().unwrap(), 0);
    clock.advance(noon().plus_seconds(10 * MINUTE));
    assert!(engine.tick_desk().unwrap() > 0);
    assert_eq!(engine.tick_desk().unwrap(), 0, "once");
    // Within a process a clock that is set back repeats the latest time.
    clock.advance(noon());
    assert_eq!((engine.clock().now(), engine.tick_desk().unwrap()), (noon().plus_seconds(10 * MINUTE), 0));
    let first = ["10 Acknowledge", "10 → deputy-head"];
    assert_eq!(went_off(dir.path()), first);
    drop(engine);

    // A start with a clock behind all that was sealed: nothing goes off again, however often it starts.
    for back in [MINUTE, 9 * MINUTE, DAY, 400 * DAY] {
        let clock = Clock::manual(noon().plus_seconds(10 * MINUTE - back));
        let engine = open(dir.path(), clock.clone());
        assert_eq!(engine.tick_desk().unwrap(), 0, "{back} s back");
        // Nor while it catches up with the moment at which the timer went off.
        clock.advance(noon().plus_seconds(10 * MINUTE));
        assert_eq!(engine.tick_desk().unwrap(), 0, "{back} s back, caught up");
        let alert = engine.desk().alerts.all().next().cloned().unwrap();
        assert_eq!(alert.clocks[&AlertClock::Acknowledge].due, Some(noon().plus_seconds(20 * MINUTE)));
    }
    assert_eq!(went_off(dir.path()), first);

    // A clock set far forward: what came due meanwhile goes off, once; the next of the chain gets the
    // whole term from now.
    let late = noon().plus_seconds(3 * DAY);
    let engine = open(dir.path(), Clock::manual(late));
    assert!(engine.tick_desk().unwrap() > 0);
    assert_eq!(engine.tick_desk().unwrap(), 0);
    let alert = engine.desk().alerts.all().next().cloned().unwrap();
    assert_eq!(alert.clocks[&AlertClock::Acknowledge].due, Some(late.plus_seconds(10 * MINUTE)));
    let after = ["4320 Push", "4320 Acknowledge", "4320 → head"];
    assert_eq!(went_off(dir.path()), [&first[..], &after[..]].concat());
    drop(engine);

    // And set right again: the deadline stands where it was written down.
    let clock = Clock::manual(noon().plus_seconds(30 * MINUTE));
    let engine = open(dir.path(), clock.clone());
    assert_eq!(engine.tick_desk().unwrap(), 0);
    clock.advance(late.plus_seconds(10 * MINUTE));
    assert!(engine.tick_desk().unwrap() > 0);
    let last = ["4330 Acknowledge"];
    assert_eq!(went_off(dir.path()), [&first[..], &after[..], &last[..]].concat(), "nobody is left to tell");
    assert_eq!(engine.desk().alerts.all().next().unwrap().timer(), None);
}

#[test]
fn what_has_to_go_out_does_not_wait_for_a_clock_that_was_set_back() {
    // The alert is escalated ten minutes after the latest receipt.
    let dir = tempfile::tempdir().unwrap();
    let machine = Clock::system().now();
    let clock = Clock::manual(machine.plus_seconds(60 * MINUTE));
    let engine = open(dir.path(), clock.clone());
    turn_red(&engine);
    let escalated = machine.plus_seconds(70 * MINUTE);
    clock.advance(escalated);
    assert!(engine.tick_desk().unwrap() > 0);
    drop(engine);
    // The machine's clock is an hour and more behind what the desk wrote down.
    let engine = open(dir.path(), Clock::system());
    let behind = engine.clock_behind().unwrap();
    assert_eq!((behind.latest, behind.is_held), (escalated, true));
    assert!(engine.clock().now() >= escalated, "what is sealed next bears no earlier time");
}
