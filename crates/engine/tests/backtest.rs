//! A draft on the history: the version in force gives exactly what was sealed, beside a running
//! engine and after it, and a draft is held against it.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod common;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

use common::{file, file_all, open, plan};
use engine::backtest::{Found, Past, Report};
use engine::{DataDir, Engine};
use model::clock::Clock;
use model::event::{Grade, Verdict};
use model::spec::Record;
use model::streams::Transaction;
use model::time::{Day, Time};
use rulebook::{Draft, Entry, Rulebook, SourceFile};
use sim::Market;

const GREEN: Verdict = Verdict::Graded(Grade::Green);

fn days() -> RangeInclusive<Day> {
    plan().first_day.plus(-60)..=plan().first_day.plus(60)
}

/// What holds of an entry by what was sealed, in order. The value of a streaming rule's finding is
/// that of the record at which it became true, not that of the whole window, so it is left out.
fn sealed(engine: &Engine, book: &Rulebook, id: &str) -> Vec<Found> {
    let is_rule = matches!(book.entry(id), Some(Entry::Rule(_)));
    let is_reading = matches!(book.entry(id), Some(Entry::Indicator(one)) if one.per.is_empty());
    let mut found = Vec::new();
    if is_reading {
        for grade in engine.board().grades(|_| true) {
            for reason in grade.reasons.iter().filter(|reason| reason.entry == id) {
                found.push(Found {
                    institution: grade.institution.clone(),
                    day: grade.day,
                    line: reason.line.clone(),
                    group: Vec::new(),
                    verdict: reason.verdict,
                    value: reason.value.clone(),
                });
            }
        }
    } else {
        // The latest finding of a window is what holds.
        let mut latest = BTreeMap::new();
        for finding in engine.board().findings(|finding| finding.reason.entry == id) {
            let place = (finding.institution.clone(), finding.day, finding.group.clone());
            latest.insert(place, finding.reason);
        }
        for ((institution, day, group), reason) in latest {
            let line = reason.line.clone();
            let value = reason.value.filter(|_| !is_rule);
            found.push(Found { institution, day, line, group, verdict: reason.verdict, value });
        }
    }
    found.retain(|found| found.verdict != GREEN);
    found.sort();
    found
}

fn found(past: &Past, book: &Rulebook, id: &str) -> Vec<Found> {
    let mut all = Vec::new();
    past.find(book, id, &days(), &mut |found| all.push(found)).unwrap();
    if matches!(book.entry(id), Some(Entry::Rule(_))) {
        all.iter_mut().for_each(|found: &mut Found| found.value = None);
    }
    all.sort();
    all
}

/// A past whose files are linked, as a command opens it.
fn past(dir: &Path) -> (Past, tempfile::TempDir) {
    let links = tempfile::tempdir_in(DataDir::new(dir).derived()).unwrap();
    (Past::open(dir, Some(links.path()), 2).unwrap(), links)
}

/// Every transaction of a user as revised: ten times the amount.
fn revise(engine: &Engine, market: &Market) {
    let filing = market.filings().find(|filing| filing.stream == Transaction::STREAM).unwrap();
    let mut body = Vec::new();
    filing.write_to(&mut body).unwrap();
    let text = String::from_utf8(body).unwrap();
    let mut lines = Vec::new();
    for line in text.lines().take(3) {
        let mut record: serde_json::Value = serde_json::from_str(line).unwrap();
        record["revision"] = 1.into();
        record["amount"] = "888888.00".into();
        lines.push(record.to_string());
    }
    file(engine, filing.stream, &filing.institution, filing.date, (lines.join("\n") + "\n").as_bytes());
    engine.settle().unwrap();
}

#[test]
fn the_version_in_force_gives_what_was_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let market = Market::new(plan());
    let book = rulebook::load::embedded().unwrap();
    let engine = open(dir.path(), Clock::manual(Time::start_of(plan().first_day)));
    file_all(&engine, &market);
    revise(&engine, &market);

    // Beside the running engine, which holds most rows in memory.
    let (beside, links) = past(dir.path());
    let ids: Vec<String> = book.entries().iter().map(|entry| entry.meta().id.clone()).collect();
    let mut loud = 0;
    for id in &ids {
        let sealed = sealed(&engine, &book, id);
        loud += usize::from(!sealed.is_empty());
        assert_eq!(found(&beside, &book, id), sealed, "{id}, beside the engine");
    }
    assert!(loud >= 5, "only {loud} entries found anything, which proves little");
    let all: BTreeMap<String, Vec<Found>> =
        ids.iter().map(|id| (id.clone(), sealed(&engine, &book, id))).collect();
    drop((beside, links, engine));

    // After it, from the columns that it wrote.
    let (after, _links) = past(dir.path());
    for (id, sealed) in &all {
        assert_eq!(found(&after, &book, id), *sealed, "{id}, after the engine");
    }
    // A rulebook against itself differs in nothing.
    for (id, sealed) in &all {
        let report = after.backtest(&book, &book, id, &days(), |_| {}).unwrap();
        let total = &report.total;
        assert_eq!((total.only_draft, total.only_in_force, total.otherwise), (0, 0, 0), "{id}");
        assert_eq!(total.draft.all() as usize, sealed.len(), "{id}");
        assert!(total.examples.is_empty() && report.in_force.len() == 1, "{id}");
    }
}

/// The rulebook with a word of one of its files replaced.
fn with(path: &str, from: &str, to: &str) -> Rulebook {
    let mut files = rulebook::load::embedded_files();
    let file = files.iter_mut().find(|file| file.path == path).unwrap();
    assert!(file.text.contains(from));
    *file = SourceFile::new(path, file.text.replace(from, to));
    Rulebook::from_files(files).unwrap()
}

fn told(report: &Report) -> String {
    let total = &report.total;
    format!(
        "in force {}, draft {}, only in force {}, only draft {}, otherwise {}",
        total.in_force.all(),
        total.draft.all(),
        total.only_in_force,
        total.only_draft,
        total.otherwise
    )
}

#[test]
fn a_draft_is_held_against_the_version_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Clock::manual(Time::start_of(plan().first_day)));
    file_all(&engine, &Market::new(plan()));
    drop(engine);
    let book = rulebook::load::embedded().unwrap();
    let (past, _links) = past(dir.path());
    let id = "frequent-transactions";
    let own = found(&past, &book, id);
    assert!(!own.is_empty());

    // A lower threshold finds all that was found, and more; it is tried on days before it holds.
    let lower = with("special/frequent-transactions.yaml", "\"> 50\"", "\"> 5\"");
    let report = past.backtest(&lower, &book, id, &days(), |_| {}).unwrap();
    let total = &report.total;
    assert_eq!(total.in_force.all() as usize, own.len());
    assert!(total.only_draft > 0 && total.only_in_force == 0 && total.otherwise == 0, "{}", told(&report));
    assert_eq!(total.draft.all(), total.in_force.all() + total.only_draft);
    let of_all: u64 = report.institutions.values().map(|one| one.only_draft).sum();
    assert_eq!(of_all, total.only_draft);
    let first = total.examples.first().unwrap();
    let place = |example: &engine::backtest::Example| (example.day, example.institution.clone());
    assert!(total.examples.iter().all(|example| place(first) <= place(example)), "{:?}", total.examples);
    assert!(first.draft.is_some() && first.in_force.is_none() && first.group[0].0 == "user");

    // A higher one finds less, and another grade is told.
    const BANDS: &str = "{yellow: \"> 50\", orange: \"> 500\"}";
    let higher = with("special/frequent-transactions.yaml", BANDS, "{yellow: \"> 100000\"}");
    let report = past.backtest(&higher, &book, id, &days(), |_| {}).unwrap();
    assert_eq!(report.total.only_in_force as usize, own.len(), "{}", told(&report));
    let worse = with("special/frequent-transactions.yaml", BANDS, "{red: \"> 50\"}");
    let report = past.backtest(&worse, &book, id, &days(), |_| {}).unwrap();
    assert_eq!(report.total.otherwise as usize, own.len(), "{}", told(&report));
    assert_eq!(report.total.draft.red as usize, own.len());

    // A draft that holds from a day in the future is tried as if it had held always.
    let later = with("special/frequent-transactions.yaml", "from: 2010-01-01", "from: 2030-01-01");
    let report = past.backtest(&later, &book, id, &days(), |_| {}).unwrap();
    assert_eq!(told(&report), told(&past.backtest(&book, &book, id, &days(), |_| {}).unwrap()));
    // The version in force counts where it was in force.
    let report = past.backtest(&book, &later, id, &days(), |_| {}).unwrap();
    assert_eq!((report.total.in_force.all(), report.total.only_draft as usize), (0, own.len()));

    // An indicator.
    let stricter = with("indicators/micro/liquidity.sql", "yellow: \"value", "yellow: \"1 = 1 OR value");
    let report = past.backtest(&stricter, &book, "liquidity", &days(), |_| {}).unwrap();
    assert!(report.total.only_draft > 0, "{}", told(&report));

    let again = past.backtest(&stricter, &book, "liquidity", &days(), |_| {}).unwrap();
    assert_eq!(report, again, "the same over the same");
    let unknown = past.backtest(&book, &book, "nothing-of-that-name", &days(), |_| {});
    assert!(unknown.unwrap_err().to_string().contains("nothing-of-that-name"));
}

#[test]
fn texts_that_were_replaced_are_no_part_of_a_draft() {
    const PATH: &str = "special/frequent-transactions.yaml";
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Clock::manual(Time::start_of(plan().first_day)));
    file_all(&engine, &Market::new(plan()));
    drop(engine);
    let (past, _links) = past(dir.path());
    let id = "frequent-transactions";
    let book = rulebook::load::embedded().unwrap();
    let text = book.files().iter().find(|file| file.path == PATH).unwrap().text.to_string();
    let version = book.entry(id).unwrap().meta().version;
    let draft = |later: u32, above: u32| {
        let number = (format!("version: {version}\n"), format!("version: {}\n", version + later));
        let text = text.replace(&number.0, &number.1);
        let text =
            text.replace("{yellow: \"> 50\", orange: \"> 500\"}", &format!("{{yellow: \"> {above}\"}}"));
        Draft::new("frequent-transactions.yaml", &text, None)
    };
    // Two versions were replaced, both of which find much; the draft finds nothing.
    let middle = plan().first_day.plus(4);
    let second = book.succeeded_by(&draft(1, 5), middle).unwrap();
    let third = second.succeeded_by(&draft(2, 8), middle.plus(4)).unwrap();
    let nothing = draft(3, 100_000).rulebook(third.files()).unwrap();
    let report = past.backtest(&nothing, &third, id, &days(), |_| {}).unwrap();
    assert_eq!(report.in_force.len(), 3);
    assert_eq!(report.draft.as_ref().unwrap().version, version + 3);
    assert_eq!(report.total.draft.all(), 0, "{}", told(&report));
    let in_force = found(&past, &third, id).len() as u64;
    assert_eq!((report.total.in_force.all(), report.total.only_in_force), (in_force, in_force));
    assert!(in_force > found(&past, &book, id).len() as u64, "each version for its days");
}
