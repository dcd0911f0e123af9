//! The life of a ledger: a small market is filed, evaluated, replayed, reopened, rebuilt.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

use std::path::Path;
use std::sync::Arc;

use engine::intake::{ContentCoding, FilingHead, FilingMode};
use engine::replay::replay;
use engine::{DataDir, Engine, EngineOptions};
use model::clock::Clock;
use model::event::{Finding, Grade, GradeEvent, Verdict};
use model::time::{Day, Time};
use sim::{Conduct, Market, MarketPlan, Planted};

fn plan() -> MarketPlan {
    MarketPlan {
        seed: 11,
        institutions: 40,
        days: 12,
        transactions: 6_000,
        first_day: Day::from_ymd(2026, 3, 2).unwrap(),
    }
}

fn open(dir: &Path, clock: Clock) -> Engine {
    let rulebook = Arc::new(rulebook::load::embedded().unwrap());
    Engine::open(dir, EngineOptions::default(), clock, rulebook).unwrap()
}

fn file_all(engine: &Engine, market: &Market) {
    for filing in market.filings() {
        engine.clock().advance(filing.filed_at);
        let mut body = Vec::new();
        filing.write_to(&mut body).unwrap();
        let head = FilingHead {
            stream: filing.stream,
            institution: filing.institution.clone(),
            date: Some(filing.date),
            is_final: true,
            announced: None,
            mode: FilingMode::Lines,
            coding: ContentCoding::Identity,
        };
        let receipt = engine.file(head, body.as_slice()).unwrap();
        assert_eq!(receipt.sealed.refused, 0, "{:?}", receipt.refusals);
    }
    engine.settle().unwrap();
}

fn board(engine: &Engine) -> (Vec<GradeEvent>, Vec<Finding>) {
    (engine.board().grades(|_| true), engine.board().findings(|_| true))
}

/// Whether what was planted shows in the grade of its institution and day.
fn is_found(engine: &Engine, planted: &Planted) -> bool {
    let entry = match planted.what {
        Conduct::BusyUser { .. } => "frequent-transactions",
        Conduct::LargeDay { .. } => "fifty-thousand-yuan-day",
        Conduct::LoanSurge { .. } => "loan-balance-surge",
        Conduct::RunningDry { .. } => "liquidity",
        Conduct::BadLoans { .. } => "nonperforming-ratio",
        Conduct::Surrenders { .. } => "surrender-rate",
        Conduct::ReserveShort { .. } => "reserve-deposit",
        Conduct::MassRedemption { .. } => "large-redemption",
        Conduct::Late { .. } | Conduct::Silent => "late-filing",
    };
    let grades = engine
        .board()
        .grades(|grade| grade.institution == planted.institution.as_str() && grade.day == planted.day);
    // Twelve days are too few for a rate of surrender: that it cannot be told must be seen.
    let too_short = matches!(planted.what, Conduct::Surrenders { .. });
    let hit = |verdict: Verdict| match verdict {
        Verdict::Graded(grade) => grade > Grade::Green,
        Verdict::Undetermined => too_short,
    };
    grades.iter().flat_map(|grade| &grade.reasons).any(|reason| reason.entry == entry && hit(reason.verdict))
}

#[test]
fn a_market_is_filed_graded_replayed_and_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let market = Market::new(plan());
    let clock = Clock::manual(Time::start_of(plan().first_day));
    let engine = open(dir.path(), clock.clone());
    file_all(&engine, &market);
    let filed = board(&engine);
    assert!(!filed.0.is_empty());
    let missed: Vec<_> =
        market.planted().iter().filter(|planted| !is_found(&engine, planted)).cloned().collect();
    assert!(missed.is_empty(), "planted and not found: {missed:#?}");
    drop(engine);

    // From nothing but the ledger, everything comes out as it was sealed.
    let scratch = tempfile::tempdir().unwrap();
    let rulebook = Arc::new(rulebook::load::embedded().unwrap());
    let report = replay(dir.path(), rulebook, scratch.path()).unwrap();
    assert_eq!(report.difference, None);
    assert!(report.compared as usize >= filed.0.len() + filed.1.len());
    assert_eq!((report.erased, report.other_rulebook), (0, 0));

    // A restart shows what it showed, also when all that is derived was deleted.
    let again = open(dir.path(), clock.clone());
    again.settle().unwrap();
    assert_eq!(board(&again), filed);
    drop(again);
    let derived = DataDir::new(dir.path()).derived();
    std::fs::remove_dir_all(&derived).unwrap();
    let rebuilt = open(dir.path(), clock.clone());
    rebuilt.settle().unwrap();
    assert_eq!(board(&rebuilt), filed);
    assert_eq!(rebuilt.rebuilt(), [], "nothing of another version was there");
    drop(rebuilt);

    // Or when another version of the program wrote it; what is not ours stays.
    for part in ["seen", "history"] {
        std::fs::write(derived.join(part).join("note.txt"), part).unwrap();
        let manifest = derived.join(part).join("MANIFEST");
        let text = std::fs::read_to_string(&manifest).unwrap();
        let (kind, rest) = text.split_once(" crc32 ").unwrap();
        assert!(kind.starts_with(&format!("jianwei {part} ")), "{kind}");
        std::fs::write(&manifest, format!("jianwei {part} 0 crc32 {rest}")).unwrap();
    }
    let rebuilt = open(dir.path(), clock.clone());
    let found: Vec<_> = rebuilt.rebuilt().iter().map(|other| other.found.as_str()).collect();
    assert_eq!(found, ["jianwei seen 0", "jianwei history 0"]);
    rebuilt.settle().unwrap();
    assert_eq!(board(&rebuilt), filed);
    drop(rebuilt);
    for part in ["seen", "history"] {
        assert_eq!(std::fs::read_to_string(derived.join(part).join("note.txt")).unwrap(), part);
    }
    let rebuilt = open(dir.path(), clock);
    assert_eq!(rebuilt.rebuilt(), []);

    // And it goes on from there: the same filings again change nothing.
    let size = rebuilt.reader().size();
    let first = market.filings().next().unwrap();
    let mut body = Vec::new();
    first.write_to(&mut body).unwrap();
    let head = FilingHead {
        stream: first.stream,
        institution: first.institution.clone(),
        date: Some(first.date),
        is_final: true,
        announced: None,
        mode: FilingMode::Lines,
        coding: ContentCoding::Identity,
    };
    let receipt = rebuilt.file(head, body.as_slice()).unwrap();
    assert_eq!(receipt.sealed.received_at, first.filed_at, "the first receipt");
    assert_eq!(rebuilt.reader().size(), size);
}

#[test]
fn a_second_process_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _engine = open(dir.path(), Clock::system());
    let rulebook = Arc::new(rulebook::load::embedded().unwrap());
    let second = Engine::open(dir.path(), EngineOptions::default(), Clock::system(), rulebook);
    let message = second.err().unwrap().to_string();
    assert!(message.contains(&std::process::id().to_string()), "{message}");
}
