//! A person is erased and comes back: what was under the old key is lost, and nothing else.

mod common;

use std::sync::Arc;

use engine::replay::replay;
use ledger::Erasure;
use model::clock::Clock;
use model::institution::InstitutionId;
use model::pseudonym::Pseudonym;
use model::spec::Record;
use model::streams::Transaction;
use model::time::{Day, Time};

const PERSON: &str = "p1:0123456789abcdef0123456789abcd";

fn transaction(id: &str, day: Day, user: &str) -> String {
    format!(
        r#"{{"id":"{id}","time":"{day}T09:30:00+08:00","user":"{user}","payer_account":"a1:0123456789abcdef0123456789abcd","amount":"12.50","kind":"payment","direction":"out","channel":"app"}}"#
    ) + "\n"
}

#[test]
fn an_erased_person_who_comes_back_leaves_the_ledger_readable() {
    let dir = tempfile::tempdir().unwrap();
    let days = [2, 3].map(|day| Day::from_ymd(2026, 3, day).unwrap());
    let clock = Clock::manual(Time::start_of(days[1].plus(2)));
    let firm = InstitutionId::synthetic(1);
    let file = |id, day, user| {
        let engine = common::open(dir.path(), clock.clone());
        common::file(&engine, Transaction::STREAM, &firm, day, transaction(id, day, user).as_bytes());
        engine.settle().unwrap();
        engine
    };
    let engine = file("t-1", days[0], PERSON);
    let erased = engine.erase(Pseudonym::parse(PERSON).unwrap(), "request of 2026-03-03").unwrap();
    assert_eq!(erased, Erasure::Done);
    drop(engine);
    drop(file("t-2", days[1], PERSON));

    // The old record is met under the new key by the next start, by a replay, and by everybody else.
    let again = common::open(dir.path(), clock.clone());
    drop(again);
    std::fs::remove_dir_all(engine::DataDir::new(dir.path()).derived()).unwrap();
    drop(file("t-3", days[1].plus(1), "p1:1123456789abcdef0123456789abcd"));
    let scratch = tempfile::tempdir().unwrap();
    let rulebook = Arc::new(rulebook::load::embedded().unwrap());
    let report = replay(dir.path(), rulebook, scratch.path()).unwrap();
    assert_eq!((report.records, report.erased), (3, 1), "t-1 alone is lost");
}
