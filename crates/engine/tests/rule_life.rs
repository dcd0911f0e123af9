//! The life of a rule over a small market: a draft is tested, approved by another person, comes in
//! force from a day on; what was used is never edited; the replay stays equal.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{file, plan};
use engine::life::Saying;
use engine::replay::replay;
use engine::{DataDir, Engine, EngineError, EngineOptions, rulebooks, scan};
use ledger::Reader;
use ledger::keystore::KeyStore;
use model::clock::Clock;
use model::event::{RuleStep, Step};
use model::time::{Day, Time};
use rulebook::{Draft, Rulebook, SourceFile};
use sim::Market;

const ID: &str = "frequent-transactions";
const PATH: &str = "special/frequent-transactions.yaml";

fn saying(by: &str) -> Saying<'_> {
    Saying { by, note: None }
}

fn text() -> String {
    let files = rulebook::load::embedded_files();
    files.iter().find(|file| file.path == PATH).unwrap().text.to_string()
}

fn own_version() -> u32 {
    rulebook::load::embedded().unwrap().entry(ID).unwrap().meta().version
}

/// The rule with another version and threshold.
fn changed(version: u32, threshold: u32) -> String {
    let changed = |line: &str| match line {
        line if line.starts_with("version:") => format!("version: {version}"),
        line if line.starts_with("bands:") => format!("bands: {{yellow: \"> {threshold}\"}}"),
        line => line.to_owned(),
    };
    text().lines().map(changed).collect::<Vec<_>>().join("\n") + "\n"
}

fn cases(threshold: u32) -> String {
    format!(
        "- name: {{zh: 超过, en: above}}\n  given: {{transaction: [{{day: 2024-03-01, user: alice, repeat: {}}}]}}\n  \
         expect: [{{day: 2024-03-01, columns: {{user: alice}}, verdict: yellow}}]\n\
         - name: {{zh: 未超过, en: not above}}\n  given: {{transaction: [{{day: 2024-03-01, user: alice, repeat: {threshold}}}]}}\n  \
         expect: [{{day: 2024-03-01, columns: {{user: alice}}, verdict: silent}}]\n",
        threshold + 1
    )
}

fn draft(version: u32, threshold: u32) -> Draft {
    Draft::new(&format!("{ID}.yaml"), &changed(version, threshold), Some(&cases(threshold)))
}

fn open(dir: &Path, clock: &Clock, book: Rulebook) -> Result<Engine, EngineError> {
    Engine::open(dir, EngineOptions::default(), clock.clone(), Arc::new(book))
}

fn embedded() -> Rulebook {
    rulebook::load::embedded().unwrap()
}

/// Files what was filed in some days of the market.
fn file_days(engine: &Engine, market: &Market, days: std::ops::RangeInclusive<Day>) {
    for filing in market.filings().filter(|filing| days.contains(&filing.date)) {
        engine.clock().advance(filing.filed_at);
        let mut body = Vec::new();
        filing.write_to(&mut body).unwrap();
        file(engine, filing.stream, &filing.institution, filing.date, &body);
    }
    engine.settle().unwrap();
}

fn steps(dir: &Path) -> Vec<RuleStep> {
    let ledger = DataDir::new(dir).ledger();
    let (reader, keys) = (Reader::open(&ledger).unwrap(), KeyStore::open_read_only(&ledger).unwrap());
    scan::rule_steps(&reader, &keys).unwrap().into_iter().map(|(step, _)| step).collect()
}

fn refusal(result: Result<RuleStep, engine::life::LifeError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_draft_is_tested_approved_by_another_and_comes_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let market = Market::new(plan());
    let first = plan().first_day;
    let clock = Clock::manual(Time::start_of(first));
    let version = own_version();
    let engine = open(dir.path(), &clock, embedded()).unwrap();
    file_days(&engine, &market, first.plus(-400)..=first.plus(5));

    // The order of steps is kept, and the four eyes are.
    assert!(refusal(engine.submit_rule(ID, None, &saying("Li Wei"))).contains("there is no draft"));
    let same = engine.draft_rule(&draft(version, 20), &saying("Li Wei"));
    assert!(refusal(same).contains("raise the version"));
    assert!(refusal(engine.draft_rule(&draft(version + 1, 20), &saying(" "))).contains("who takes the step"));
    let bad = Draft::new(&format!("{ID}.yaml"), &changed(version + 1, 20), Some(&cases(30)));
    engine.draft_rule(&bad, &saying("Li Wei")).unwrap();
    assert!(refusal(engine.submit_rule(ID, None, &saying("Li Wei"))).contains("fails its case"));
    engine.draft_rule(&draft(version + 1, 20), &saying("Li Wei")).unwrap();
    assert!(refusal(engine.approve_rule(ID, &saying("Wang Fang"))).contains("not tested"));
    engine.submit_rule(ID, Some("ab".repeat(32)), &saying("Li Wei")).unwrap();
    for author in ["Li Wei", "li wei", " LI  WEI ", "LiWei"] {
        assert!(refusal(engine.approve_rule(ID, &saying(author))).contains("another person"), "{author}");
    }
    let from = clock.now().day().plus(2);
    assert!(refusal(engine.enact_rule(ID, from, &saying("Wang Fang"))).contains("not approved"));
    engine.approve_rule(ID, &saying("Wang Fang")).unwrap();
    let today = clock.now().day();
    assert!(refusal(engine.enact_rule(ID, today, &saying("Wang Fang"))).contains("a day to come"));
    let enacted = engine.enact_rule(ID, from, &saying("Wang Fang")).unwrap();
    assert!(refusal(engine.enact_rule(ID, from, &saying("Wang Fang"))).contains("already"));
    assert_eq!(engine.rulebook().hash(), embedded().hash(), "this engine goes on as it began");
    drop(engine);

    // All of it is in the ledger, the one replaced and the one in force together.
    let sealed = steps(dir.path());
    let told: Vec<(Step, u32)> = sealed.iter().map(|step| (step.step, step.version - version)).collect();
    let order = [
        (Step::Drafted, 1),
        (Step::Drafted, 1),
        (Step::Tested, 1),
        (Step::Approved, 1),
        (Step::Replaced, 0),
        (Step::InForce, 1),
    ];
    assert_eq!(told, order);
    assert_eq!(sealed.last(), Some(&enacted));
    assert_eq!(enacted.effective_from, Some(from));
    assert_eq!(enacted.entry_hash, draft(version + 1, 20).text.hash().to_string(), "the text approved");
    assert_eq!(sealed[2].report_sha256, Some("ab".repeat(32)));

    // The next start evaluates under it: each day by the text that was in force on it.
    let kept = DataDir::new(dir.path()).rulebooks();
    let digest = rulebooks::in_force(&kept).unwrap().unwrap();
    assert_eq!(enacted.rulebook.as_deref(), Some(digest.as_str()));
    let book = rulebooks::load(&kept, &digest).unwrap();
    let engine = open(dir.path(), &clock, book.clone()).unwrap();
    assert_eq!(engine.lives().under_way(ID).last().map(|step| step.step), Some(Step::InForce));
    file_days(&engine, &market, first.plus(6)..=first.plus(400));
    // A busy user on each side of the day.
    busy(&engine, &market, from.plus(-1), 60);
    busy(&engine, &market, from.plus(-1), 30);
    busy(&engine, &market, from, 30);
    engine.settle().unwrap();
    let found = engine.board().findings(|finding| finding.reason.entry == ID && finding.day >= from.plus(-1));
    let hashes: Vec<(Day, String)> =
        found.iter().map(|finding| (finding.day, finding.reason.entry_hash.clone())).collect();
    assert!(hashes.contains(&(from.plus(-1), embedded().entry(ID).unwrap().meta().hash.to_string())));
    assert!(hashes.contains(&(from, enacted.entry_hash.clone())));
    for (day, hash) in &hashes {
        assert_eq!(*hash == enacted.entry_hash, *day >= from, "{day}");
    }
    drop(engine);

    // Replayed, everything comes out as it was sealed, under each rulebook of its time.
    for book in [embedded(), book] {
        let scratch = tempfile::tempdir().unwrap();
        let report = replay(dir.path(), Arc::new(book), scratch.path()).unwrap();
        assert_eq!(report.difference, None);
        assert!(report.compared > 0 && report.other_rulebook > 0);
    }
}

/// A user with many transactions on a day.
fn busy(engine: &Engine, market: &Market, day: Day, count: u32) {
    let institution = &market.institutions().next().unwrap().id;
    let lines: String = (0..count)
        .map(|number| {
            format!(
                r#"{{"id":"busy-{day}-{count}-{number}","time":"{day}T10:00:{:02}+08:00","user":"p1:9869806b11c5a57357ea151d1686{count:02}","amount":"1.00","kind":"deposit","direction":"out","channel":"app"}}"#,
                number % 60
            ) + "\n"
        })
        .collect();
    engine.clock().advance(Time::start_of(day.plus(1)));
    file(engine, model::streams::stream("transaction").unwrap(), institution, day, lines.as_bytes());
}

#[test]
fn a_draft_that_is_withdrawn_does_not_come_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Time::start_of(plan().first_day));
    let engine = open(dir.path(), &clock, embedded()).unwrap();
    let version = own_version() + 1;
    engine.draft_rule(&draft(version, 20), &saying("李伟")).unwrap();
    engine.submit_rule(ID, None, &saying("李伟")).unwrap();
    engine.withdraw_rule(ID, &Saying { by: "李伟", note: Some("门槛有误") }).unwrap();
    assert!(refusal(engine.approve_rule(ID, &saying("王芳"))).contains("withdrawn"));
    // Another draft begins anew, and who wrote the same text before is its author still.
    engine.draft_rule(&draft(version, 20), &saying("王芳")).unwrap();
    engine.submit_rule(ID, None, &saying("王芳")).unwrap();
    assert!(refusal(engine.approve_rule(ID, &saying("李 伟"))).contains("another person"));
    engine.approve_rule(ID, &saying("张敏")).unwrap();
}

#[test]
fn what_was_enacted_for_a_day_to_come_may_be_withdrawn_until_that_day() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Time::start_of(plan().first_day));
    let kept = DataDir::new(dir.path()).rulebooks();
    let in_force = || rulebooks::load(&kept, &rulebooks::in_force(&kept).unwrap().unwrap()).unwrap();
    let version = own_version() + 1;
    let from = clock.now().day().plus(3);
    let enact = |engine: &Engine| {
        engine.draft_rule(&draft(version, 20), &saying("李伟")).unwrap();
        engine.submit_rule(ID, None, &saying("李伟")).unwrap();
        engine.approve_rule(ID, &saying("王芳")).unwrap();
        engine.enact_rule(ID, from, &saying("王芳")).unwrap()
    };
    let engine = open(dir.path(), &clock, embedded()).unwrap();
    let enacted = enact(&engine);
    // The rulebook that this engine began with does not hold the text.
    assert!(refusal(engine.withdraw_rule(ID, &saying("王芳"))).contains("not in this rulebook"));
    drop(engine);
    let engine = open(dir.path(), &clock, in_force()).unwrap();
    let withdrawn = engine.withdraw_rule(ID, &saying("王芳")).unwrap();
    assert_eq!((withdrawn.step, withdrawn.effective_from), (Step::Withdrawn, Some(from)));
    assert_eq!(withdrawn.entry_hash, enacted.entry_hash);
    assert_eq!(withdrawn.rulebook, rulebooks::in_force(&kept).unwrap(), "kept, named and sealed");
    assert_eq!(in_force().hash(), embedded().hash(), "the text before holds on, to the letter");
    assert_eq!(in_force().run_cases(ID).unwrap(), [], "with its own cases");
    assert!(refusal(engine.withdraw_rule(ID, &saying("王芳"))).contains("withdrawn already"));
    // A crash after the sealing is made good by doing it again.
    rulebooks::put_in_force(&kept, enacted.rulebook.as_deref().unwrap()).unwrap();
    assert_eq!(engine.withdraw_rule(ID, &saying("王芳")).unwrap(), withdrawn);
    assert_eq!(rulebooks::in_force(&kept).unwrap(), withdrawn.rulebook);
    drop(engine);
    assert_eq!(steps(dir.path()).last(), Some(&withdrawn));

    // The same text again; once its day has begun, it stays.
    let engine = open(dir.path(), &clock, in_force()).unwrap();
    enact(&engine);
    drop(engine);
    clock.advance(Time::start_of(from));
    let engine = open(dir.path(), &clock, in_force()).unwrap();
    let message = refusal(engine.withdraw_rule(ID, &saying("王芳")));
    assert!(message.contains(&format!("in force since {from}")), "{message}");
}

#[test]
fn a_version_that_was_used_is_never_edited() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Time::start_of(plan().first_day));
    let market = Market::new(plan());
    let with = |text: &str| {
        let mut files = rulebook::load::embedded_files();
        files.retain(|file| file.path != PATH);
        files.push(SourceFile::new(PATH, text));
        Rulebook::from_files(files).unwrap()
    };
    let version = own_version();
    // A rulebook under which nothing was evaluated was not used.
    drop(open(dir.path(), &clock, with(&changed(version, 70))).unwrap());
    let engine = open(dir.path(), &clock, embedded()).unwrap();
    file_days(&engine, &market, plan().first_day.plus(-400)..=plan().first_day);
    let size = engine.reader().size();
    drop(engine);

    let edited = open(dir.path(), &clock, with(&changed(version, 40))).err().unwrap();
    let message = edited.to_string();
    let hash = |book: &Rulebook| book.entry(ID).unwrap().meta().hash.to_string();
    for part in [ID, "raise the version", &hash(&embedded()), &hash(&with(&changed(version, 40)))] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert!(matches!(edited, EngineError::Edited(_)));
    let dirs = DataDir::new(dir.path());
    assert!(Reader::open(&dirs.ledger()).unwrap().size() >= size, "the ledger is as it was");
    // A note in the file is another text, too.
    assert!(open(dir.path(), &clock, with(&format!("# a note\n{}", text()))).is_err());
    // A version more is a new text; and back to the earlier one, which is the same to the letter.
    let raised = open(dir.path(), &clock, with(&changed(version + 1, 40))).unwrap();
    file_days(&raised, &market, plan().first_day.plus(1)..=plan().first_day.plus(1));
    drop(raised);
    let back = open(dir.path(), &clock, embedded()).unwrap();
    back.settle().unwrap();
}
