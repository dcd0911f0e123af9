//! A small market and an engine that takes it.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use std::path::Path;
use std::sync::Arc;

use engine::intake::{ContentCoding, FilingHead, FilingMode};
use engine::{Engine, EngineOptions};
use model::clock::Clock;
use model::institution::InstitutionId;
use model::spec::StreamSpec;
use model::time::Day;
use sim::{Market, MarketPlan};

pub fn plan() -> MarketPlan {
    MarketPlan {
        seed: 11,
        institutions: 40,
        days: 12,
        transactions: 6_000,
        first_day: Day::from_ymd(2026, 3, 2).unwrap(),
    }
}

pub fn open(dir: &Path, clock: Clock) -> Engine {
    let rulebook = Arc::new(rulebook::load::embedded().unwrap());
    Engine::open(dir, EngineOptions::default(), clock, rulebook).unwrap()
}

/// Files lines as a whole date of a stream.
pub fn file(
    engine: &Engine,
    stream: &'static StreamSpec,
    institution: &InstitutionId,
    date: Day,
    body: &[u8],
) {
    let head = FilingHead {
        stream,
        institution: institution.clone(),
        date: Some(date),
        is_final: true,
        announced: None,
        mode: FilingMode::Lines,
        coding: ContentCoding::Identity,
    };
    let receipt = engine.file(head, body).unwrap();
    assert_eq!(receipt.sealed.refused, 0, "{:?}", receipt.refusals);
}

pub fn file_all(engine: &Engine, market: &Market) {
    for filing in market.filings() {
        engine.clock().advance(filing.filed_at);
        let mut body = Vec::new();
        filing.write_to(&mut body).unwrap();
        file(engine, filing.stream, &filing.institution, filing.date, &body);
    }
    engine.settle().unwrap();
}
