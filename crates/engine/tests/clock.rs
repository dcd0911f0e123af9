//! A machine's clock that steps back: while the engine runs, and between two runs of it.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

use std::path::Path;
use std::sync::Arc;

use engine::intake::{ContentCoding, FilingHead, FilingMode, Receipt};
use engine::replay::replay;
use engine::{Engine, EngineOptions};
use model::clock::Clock;
use model::institution::InstitutionId;
use model::time::Time;

const HOUR: i64 = 3600;

fn open(dir: &Path, clock: Clock) -> Engine {
    let rulebook = Arc::new(rulebook::load::embedded().unwrap());
    Engine::open(dir, EngineOptions::default(), clock, rulebook).unwrap()
}

/// Files one record.
fn file(engine: &Engine, id: u32) -> Receipt {
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
        r#"{{"id":"t-{id}","time":"2025-03-03T09:31:07+08:00","user":"p1:9869806b11c5a57357ea151d16867c","amount":"20.00","kind":"deposit","direction":"out","channel":"app"}}"#
    );
    let receipt = engine.file(head, line.as_bytes()).unwrap();
    assert_eq!(receipt.sealed.accepted, 1, "{receipt:?}");
    receipt
}

#[test]
fn receipts_never_go_back_while_it_runs() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::system();
    let engine = open(dir.path(), clock.clone());
    // The machine's clock was an hour fast; by itself it now says an hour less.
    let fast = clock.now().plus_seconds(HOUR);
    clock.advance(fast);
    let mut last = Time(i64::MIN);
    for id in 0..5 {
        let receipt = file(&engine, id);
        assert!(receipt.sealed.received_at >= last.max(fast));
        last = receipt.sealed.received_at;
        engine.judge_obligations();
    }
    engine.settle().unwrap();
    let listed = engine.filings().list(None, None, 10).unwrap();
    assert_eq!(listed.total, 5);
}

#[test]
fn what_a_start_does_with_a_clock_behind_the_ledger() {
    // How far the clock was ahead in the run before; whether the start notices, and holds it.
    let table = [
        (-HOUR, None),
        (HOUR, Some(true)),
        (23 * HOUR, Some(true)),
        // Years, say: the wrong receipt is not to be repeated until then.
        (25 * HOUR, Some(false)),
        (10 * 365 * 24 * HOUR, Some(false)),
    ];
    for (ahead, wanted) in table {
        let dir = tempfile::tempdir().unwrap();
        let before = Clock::system().now().plus_seconds(ahead);
        let engine = open(dir.path(), Clock::manual(before));
        assert_eq!(file(&engine, 1).sealed.received_at, before);
        engine.settle().unwrap();
        drop(engine);

        let engine = open(dir.path(), Clock::system());
        let behind = engine.clock_behind();
        assert_eq!(behind.map(|behind| behind.is_held), wanted, "{ahead}");
        let receipt = file(&engine, 2);
        if wanted == Some(true) {
            assert_eq!(receipt.sealed.received_at, before, "the latest time is repeated");
            let says = behind.unwrap().to_string();
            assert!(says.contains(&before.to_string()) && says.contains("check the clock"), "{says}");
        }
        if wanted == Some(false) {
            assert!(receipt.sealed.received_at < before, "the clock is believed");
        }
        // Whatever the times: what is evaluated is sealed, and comes out again.
        engine.judge_obligations();
        engine.settle().unwrap();
        assert_eq!(engine.evaluation_failure(), None);
        drop(engine);
        let scratch = tempfile::tempdir().unwrap();
        let rulebook = Arc::new(rulebook::load::embedded().unwrap());
        assert_eq!(replay(dir.path(), rulebook, scratch.path()).unwrap().difference, None, "{ahead}");
    }
}

#[test]
fn a_simulation_s_clock_is_left_where_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let late = Time::parse("2026-03-05T09:00:00+08:00").unwrap();
    let early = Time::parse("2026-03-02T09:00:00+08:00").unwrap();
    drop(file(&open(dir.path(), Clock::manual(late)), 1));
    let engine = open(dir.path(), Clock::manual(early));
    assert_eq!((engine.clock_behind(), file(&engine, 2).sealed.received_at), (None, early));
}
