//! Random histories: however they are taken in, the tables are those of a plain fold.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use workflow::desk::{Desk, DeskEvent};

use super::fixture::shown;
use super::history::{Happening, House, SAID, happenings};
use super::naive::Naive;
use super::{Database, on_both};
use crate::{Batch, Listing, Views, tables};

on_both!(random_histories_give_the_same_tables_as_a_fold);

/// The same events, each with the desk after it.
fn replayed(sealed: &[(u64, DeskEvent)], mut each: impl FnMut(&[(u64, DeskEvent)], &Desk), sizes: &[usize]) {
    let mut desk = Desk::default();
    let mut rest = sealed;
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let size = sizes.next().copied().unwrap_or(1).clamp(1, rest.len());
        let (now, after) = rest.split_at(size);
        now.iter().for_each(|(position, event)| desk.apply(event, *position));
        each(now, &desk);
        rest = after;
    }
}

fn hold_against_fold(dump: &BTreeMap<&'static str, Listing>, naive: &Naive) {
    let mut rows: BTreeMap<(&str, String), BTreeMap<&str, String>> = BTreeMap::new();
    for shape in tables::all() {
        for row in &dump[shape.name].rows {
            let key: Vec<String> = row[..shape.key].iter().map(shown).collect();
            let cells = shape.heads.iter().zip(row).map(|(head, value)| (head.name, shown(value)));
            rows.insert((shape.name, key.join("/")), cells.collect());
        }
    }
    let (found, wanted): (Vec<_>, Vec<_>) = (rows.keys().collect(), naive.cells.keys().collect());
    assert_eq!(
        found.iter().map(|(table, key)| (*table, key.as_str())).collect::<Vec<_>>(),
        wanted.iter().map(|(table, key)| (*table, key.as_str())).collect::<Vec<_>>()
    );
    for ((table, key), cells) in &naive.cells {
        for (column, wanted) in cells {
            let found = &rows[&(*table, key.clone())][column];
            assert_eq!(found, wanted, "{table} {key} {column}");
        }
    }
}

fn nothing_personal(dump: &BTreeMap<&'static str, Listing>) {
    for (table, listing) in dump {
        let csv = listing.csv(crate::Words::Codes);
        for never in [SAID, "example", "13800138000", "@"] {
            assert!(!csv.contains(never), "{table} holds {never}");
        }
    }
}

fn hold(views: &mut Views, database: &Database, all: &[Happening], sizes: &[usize]) {
    let mut house = House::new();
    all.iter().for_each(|what| house.happens(what));
    let sealed = &house.sealed;
    // Group by group, some of them twice, with restarts between.
    views.clear().unwrap();
    let mut turn = 0;
    replayed(
        sealed,
        |events, desk| {
            assert_eq!(views.apply(events, desk).unwrap(), events.len());
            assert_eq!(views.apply(events, desk).unwrap(), 0);
            turn += 1;
            if turn % 5 == 0 {
                let covered = views.covered();
                *views = database.open();
                assert_eq!(views.covered(), covered);
            }
        },
        sizes,
    );
    let dump = database.dump();
    hold_against_fold(&dump, &Naive::of(sealed));
    nothing_personal(&dump);
    // From the beginning, all at once.
    views.clear().unwrap();
    assert!(database.dump().values().all(|listing| listing.rows.is_empty()));
    views.write(&Batch::of(sealed, &house.desk)).unwrap();
    assert_eq!(database.dump(), dump);
    // Event by event, the desk being further already; and a part of what is in once more.
    views.clear().unwrap();
    for events in sealed.chunks(1) {
        views.apply(events, &house.desk).unwrap();
    }
    let half = sealed.len() / 2;
    views.apply(&sealed[half..], &house.desk).unwrap();
    assert_eq!(database.dump(), dump);
}

fn random_histories_give_the_same_tables_as_a_fold(database: &Database) {
    let cases = if database.is_sqlite() { 40 } else { 20 };
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    let views = std::cell::RefCell::new(database.open());
    let histories = (happenings(80), prop::collection::vec(1usize..30, 1..4));
    let ran = runner.run(&histories, |(all, sizes)| {
        hold(&mut views.borrow_mut(), database, &all, &sizes);
        Ok(())
    });
    ran.unwrap();
}
