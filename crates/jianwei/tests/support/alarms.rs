//! Red alerts as they come about: institutions file, a rulebook of one rule finds, the engine opens
//! them. The clock is the test's, so that deadlines fall where the test wants them.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use engine::intake::{ContentCoding, FilingHead, FilingMode};
use engine::scan::{Item, scan_wanted};
use engine::{DataDir, Engine, EngineOptions};
use ledger::{KeyStore, Reader};
use model::clock::Clock;
use model::institution::InstitutionId;
use rulebook::{Rulebook, SourceFile};
use seal::EventKind;
use workflow::desk::DeskEvent;
use workflow::policy::Policy;

/// Connections that file at once.
const FILERS: usize = 32;

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

fn files() -> Vec<SourceFile> {
    let shipped = rulebook::load::embedded_files();
    let mut files: Vec<_> = shipped.into_iter().filter(|file| file.path.starts_with("reference/")).collect();
    files.push(SourceFile::new("grading.yaml", "undetermined: listed\nwithout: []\n"));
    files.push(SourceFile::new("special/large-payment.yaml", RULE));
    files.push(SourceFile::new("special/large-payment.cases.yaml", CASES));
    files
}

/// The rulebook.
pub fn rulebook() -> Rulebook {
    Rulebook::from_files(files()).unwrap()
}

/// Writes the rulebook into a folder.
pub fn write_rulebook(dir: &Path) {
    for file in files() {
        let path = dir.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file.text.as_bytes()).unwrap();
    }
}

/// Opens a data directory under the rulebook and a roster; as shipped without.
pub fn open(data: &Path, roster: Option<&str>, clock: Clock) -> Engine {
    let policy = Some(Arc::new(Policy::shipped(roster).unwrap()));
    Engine::open(data, EngineOptions { policy, ..EngineOptions::default() }, clock, Arc::new(rulebook()))
        .unwrap()
}

/// Each of these institutions files a payment that makes it red; all are evaluated when this returns.
pub fn turn_red(engine: &Engine, institutions: std::ops::Range<u32>) {
    let next = AtomicUsize::new(institutions.start as usize);
    thread::scope(|scope| {
        for _ in 0..FILERS {
            scope.spawn(|| {
                loop {
                    let number = u32::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
                    if number >= institutions.end {
                        return;
                    }
                    file(engine, number);
                }
            });
        }
    });
    engine.settle().unwrap();
}

fn file(engine: &Engine, number: u32) {
    let head = FilingHead {
        stream: model::streams::stream("transaction").unwrap(),
        institution: InstitutionId::synthetic(number),
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
    let receipt = engine.file(head, line.as_bytes()).unwrap();
    assert_eq!(receipt.sealed.accepted, 1, "{receipt:?}");
}

/// What happened on the desk, in the order of the ledger.
pub fn desk_events(data: &Path) -> Vec<DeskEvent> {
    let dirs = DataDir::new(data);
    let reader = Reader::open(&dirs.ledger()).unwrap();
    let keys = KeyStore::open_read_only(&dirs.ledger()).unwrap();
    let is_of_desk = |kind| matches!(kind, EventKind::Alert | EventKind::Delivery);
    let mut events = Vec::new();
    scan_wanted(
        &reader,
        &keys,
        0..reader.size(),
        &[],
        |head| is_of_desk(head.kind),
        |item| {
            if let Item::Desk(event, _) = item {
                events.push(*event);
            }
            Ok(())
        },
    )
    .unwrap();
    events
}

/// A number from the environment.
pub fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}
