//! The query of a rule says what the documentation of [`rulebook::Rule`] says: against windows
//! counted by hand, on random records.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a fixture that fails fails its test"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::with;
use model::arrow::{schema, to_batch};
use model::columns::Columns;
use model::read::LineReader;
use model::spec::{Record, StreamSpec};
use model::streams::{BusinessDaily, Transaction};
use model::time::{Day, Time};
use proptest::prelude::*;
use query::{Number, Options, Rows, Session, Table};
use rulebook::{Entry, Rule, Rulebook};
use serde_json::Value;

const INSTITUTIONS: [&str; 2] = ["a", "b"];

/// A record, reduced to what the rules below look at.
#[derive(Clone, Debug)]
struct Given {
    institution: usize,
    day: i32,
    /// The group: a counterparty, or NULL.
    group: Option<u32>,
    /// The measured amount in fen; NULL only in the stream where it may be.
    fen: Option<i64>,
    /// Whether `when` holds; NULL: undetermined.
    when: Option<bool>,
}

/// What a window came to.
#[derive(Debug, PartialEq)]
struct Found {
    value: Option<Number>,
    undetermined: bool,
    records: i64,
    verdict: String,
}

type Key = (Option<String>, Option<String>, Day);

fn first_day() -> Day {
    Day::parse("2024-03-01").unwrap()
}

fn pseudonym(group: u32) -> String {
    format!("o1:{group:030x}")
}

fn rule(window: &str, measure: &str, more: &[(&str, &str)]) -> Rule {
    let mut files = with("special/many.yaml", "{calendar: day}", window);
    let file = files.iter_mut().find(|file| file.path == "special/many.yaml").unwrap();
    let mut text = file.text.replace("measure: count()", &format!("measure: {measure}"));
    for (old, new) in more {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    *file = rulebook::SourceFile::new("special/many.yaml", text);
    let book = Rulebook::from_files(files).unwrap_or_else(|faults| panic!("{}", faults.render(100)));
    match book.entry("many") {
        Some(Entry::Rule(rule)) => rule.clone(),
        _ => panic!("no rule"),
    }
}

fn table(stream: &'static StreamSpec, given: &[Given], line: impl Fn(usize, &Given) -> String) -> Table {
    let reader = LineReader::new(stream, Time::parse("2030-01-01T00:00:00+08:00").unwrap());
    let batches = INSTITUTIONS.iter().enumerate().map(|(number, institution)| {
        let mut columns = Columns::new(stream.fields);
        let mut positions = Vec::new();
        for (index, record) in given.iter().enumerate().filter(|(_, record)| record.institution == number) {
            let line = line(index, record);
            reader.read(line.as_bytes(), &mut columns).unwrap_or_else(|faults| panic!("{line}: {faults:?}"));
            positions.push(index as u64);
        }
        to_batch(stream, institution, columns, positions).unwrap()
    });
    Table::new(schema(stream)).with_batches(batches.collect::<Vec<_>>())
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

fn transactions(given: &[Given]) -> Table {
    table(Transaction::STREAM, given, |index, record| {
        let time = format!("{}T10:00:00+08:00", first_day().plus(record.day));
        let group =
            record.group.map(|g| format!(r#","counterparty":"{}""#, pseudonym(g))).unwrap_or_default();
        let channel = match record.when {
            Some(true) => r#","channel":"app""#,
            Some(false) => r#","channel":"web""#,
            None => "",
        };
        let amount = yuan(record.fen.unwrap_or(1));
        format!(
            r#"{{"id":"t{index}","time":"{time}","user":"p1:{:030}","amount":"{amount}","kind":"fee","direction":"out"{group}{channel}}}"#,
            0
        )
    })
}

fn business(given: &[Given]) -> Table {
    table(BusinessDaily::STREAM, given, |index, record| {
        let balance = record.fen.map(|fen| format!(r#","loan_balance":"{}""#, yuan(fen))).unwrap_or_default();
        let lenders = match record.when {
            Some(true) => r#","lenders":5"#,
            Some(false) => r#","lenders":50"#,
            None => "",
        };
        let day = first_day().plus(record.day);
        format!(r#"{{"id":"b{index}","date":"{day}","line":"p2p"{balance}{lenders}}}"#)
    })
}

fn run(rule: &Rule, table: Table) -> BTreeMap<Key, Found> {
    let session = Session::new(&Options::default()).unwrap();
    session.register(rule.stream.name, table).unwrap();
    let rows: Rows = session.run(&rule.batch_sql()).unwrap_or_else(|e| panic!("{e}\n{}", rule.batch_sql()));
    let group = rule.group_by.first();
    let windows = (0..rows.len()).map(|row| {
        let group = group.and_then(|column| match rows.json(column, row) {
            Value::String(text) => Some(text),
            _ => None,
        });
        let found = Found {
            value: rows.number("value", row),
            undetermined: rows.flag("undetermined", row).unwrap(),
            records: rows.integer("records", row).unwrap(),
            verdict: rows.text("verdict", row).unwrap(),
        };
        ((rows.text("institution", row), group, rows.day("day", row).unwrap()), found)
    });
    windows.collect()
}

/// The records of each group that are looked at.
fn groups(rule: &Rule, given: &[Given]) -> BTreeMap<(Option<String>, Option<String>), Vec<Given>> {
    let mut groups: BTreeMap<_, Vec<Given>> = BTreeMap::new();
    for record in given.iter().filter(|record| record.when != Some(false)) {
        let institution = (!rule.across_institutions).then(|| INSTITUTIONS[record.institution].to_owned());
        let group = if rule.group_by.is_empty() { None } else { record.group.map(pseudonym) };
        groups.entry((institution, group)).or_default().push(record.clone());
    }
    groups
}

fn verdict(rule: &Rule, value: Option<Number>, undetermined: bool) -> String {
    rule.verdict(value, undetermined).grade().map_or("undetermined", |grade| grade.en()).to_owned()
}

/// Windows over records, counted by hand.
fn by_hand(rule: &Rule, given: &[Given], days_back: i32) -> BTreeMap<Key, Found> {
    let mut windows = BTreeMap::new();
    for ((institution, group), records) in groups(rule, given) {
        let days: BTreeSet<i32> = records.iter().map(|record| record.day).collect();
        for day in days {
            let inside: Vec<_> =
                records.iter().filter(|record| (day - days_back..=day).contains(&record.day)).collect();
            let measured = rule.measure.name() != "count";
            let known = |record: &&Given| {
                record.when.is_some()
                    && (rule.group_by.is_empty() || record.group.is_some())
                    && (!measured || record.fen.is_some())
            };
            let determined: Vec<_> = inside.iter().filter(|record| known(record)).collect();
            let undetermined = determined.len() < inside.len();
            let amounts: Vec<i64> = determined.iter().filter_map(|record| record.fen).collect();
            let money = |fen: i64| Number::from_scaled(i128::from(fen), 2).unwrap();
            let value = match rule.measure.name() {
                "count" => Some(Number::from_integer(determined.len() as i64)),
                "sum" => (!amounts.is_empty()).then(|| money(amounts.iter().sum())),
                "min" => amounts.iter().min().map(|fen| money(*fen)),
                "max" => amounts.iter().max().map(|fen| money(*fen)),
                "count_distinct" => {
                    Some(Number::from_integer(amounts.iter().collect::<BTreeSet<_>>().len() as i64))
                }
                other => panic!("{other}"),
            };
            let found = Found {
                value,
                undetermined,
                records: inside.len() as i64,
                verdict: verdict(rule, value, undetermined),
            };
            windows.insert((institution.clone(), group.clone(), first_day().plus(day)), found);
        }
    }
    windows
}

/// A day against one before, by hand.
fn growth_by_hand(rule: &Rule, given: &[Given], days: i32) -> BTreeMap<Key, Found> {
    let mut windows = BTreeMap::new();
    for ((institution, group), records) in groups(rule, given) {
        let of_day = |day: i32| records.iter().filter(|record| record.day == day).collect::<Vec<_>>();
        let first = records.iter().map(|record| record.day).min().unwrap();
        let all_days: BTreeSet<i32> = records.iter().map(|record| record.day).collect();
        for day in all_days {
            let (now, before) = (of_day(day), of_day(day - days));
            let last = |records: &[&Given]| records.last().and_then(|record| record.fen);
            let all_known = |records: &[&Given]| records.iter().all(|record| record.when.is_some());
            let (value, undetermined) = if before.is_empty() {
                (None, first < day - days)
            } else {
                let growth = match (last(&now), last(&before)) {
                    (Some(new), Some(old)) if all_known(&now) && all_known(&before) => {
                        let number = |fen: i64| Number::from_scaled(i128::from(fen), 2).unwrap();
                        Number::growth_percent(number(old), number(new))
                    }
                    _ => None,
                };
                (growth, growth.is_none())
            };
            let found = Found {
                value,
                undetermined,
                records: now.len() as i64,
                verdict: verdict(rule, value, undetermined),
            };
            windows.insert((institution.clone(), group.clone(), first_day().plus(day)), found);
        }
    }
    windows
}

fn given(nullable_amount: bool) -> impl Strategy<Value = Vec<Given>> {
    let amount = prop_oneof![4 => (1i64..400).prop_map(Some), 1 => Just(None)];
    let record = (
        0usize..2,
        0i32..12,
        prop::option::weighted(0.8, 0u32..3),
        amount,
        prop_oneof![5 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)],
    );
    prop::collection::vec(record, 0..50).prop_map(move |records| {
        records
            .into_iter()
            .map(|(institution, day, group, fen, when)| Given {
                institution,
                day,
                group,
                fen: if nullable_amount { fen.map(|fen| fen % 5) } else { fen.or(Some(1)) },
                when,
            })
            .collect()
    })
}

const GROUPS: &[(&str, &str)] = &[
    ("group_by: [user]", "group_by: [counterparty]"),
    ("group_by: [user]", "group_by: []"),
    ("group_by: [user]", "group_by: [counterparty]\nacross_institutions: true"),
];
/// Larger values are worse, then smaller ones.
const BANDS: &[&str] = &["{yellow: \"> 1\", red: \">= 2.5\"}", "{yellow: \"<= 2.5\", orange: \"< 1\"}"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn windows_over_records(records in given(false), group in 0usize..3, bands in 0usize..2) {
        for (window, days_back) in [("{calendar: day}", 0), ("{sliding_days: 4}", 3)] {
            for measure in ["count()", "sum(amount)", "min(amount)", "max(amount)", "count_distinct(amount)"] {
                let more = [
                    ("amount > 0 AND channel", "channel"),
                    GROUPS[group],
                    ("{yellow: \"> 1\", orange: \"> 2\"}", BANDS[bands]),
                ];
                let rule = rule(window, measure, &more);
                prop_assert_eq!(run(&rule, transactions(&records)), by_hand(&rule, &records, days_back));
            }
        }
    }

    #[test]
    fn windows_over_records_without_amounts(records in given(true), bands in 0usize..2) {
        for (window, days_back) in [("{calendar: day}", 0), ("{sliding_days: 4}", 3)] {
            for measure in ["count()", "sum(loan_balance)", "max(loan_balance)"] {
                let more = [
                    ("stream: transaction", "stream: business_daily"),
                    ("amount > 0 AND channel = 'app'", "lenders < 10"),
                    ("group_by: [user]", "group_by: []"),
                    ("{yellow: \"> 1\", orange: \"> 2\"}", BANDS[bands]),
                ];
                let rule = rule(window, measure, &more);
                prop_assert_eq!(run(&rule, business(&records)), by_hand(&rule, &records, days_back));
            }
        }
    }

    #[test]
    fn growth_against_a_day_before(records in given(true), days in 1i32..4) {
        let more = [
            ("stream: transaction", "stream: business_daily"),
            ("amount > 0 AND channel = 'app'", "lenders < 10"),
            ("group_by: [user]", "group_by: []"),
            ("{yellow: \"> 1\", orange: \"> 2\"}", "{yellow: \">= 0\", orange: \"> 33.333333\"}"),
        ];
        let rule = rule(&format!("{{against_days_before: {days}}}"), "growth_percent(loan_balance)", &more);
        prop_assert_eq!(run(&rule, business(&records)), growth_by_hand(&rule, &records, days));
    }
}
