//! The streaming evaluator against the rule's own SQL, on random records.

use std::collections::BTreeMap;

use model::arrow::to_batch;
use model::columns::Columns;
use model::event::{Finding, Grade, Verdict};
use model::read::LineReader;
use model::spec::{Record, StreamSpec};
use model::streams::{BusinessDaily, Transaction};
use model::time::{Day, Time};
use proptest::prelude::*;
use query::arrow::compute::concat_batches;
use query::{Hidden, Number, Options, RecordBatch, Session, Table};
use rulebook::{Rule, Rulebook};
use serde_json::{Map, Value, json};

use super::{Recompute, Settings, StreamingRules, Superseded, batch_findings};
use crate::testing::{RuleText, rulebook};

const FIRST_DAY: Day = Day(19_783); // 2024-03-01

fn book() -> Rulebook {
    let t = RuleText::default();
    let b = RuleText { stream: "business_daily", group_by: "[]", ..t };
    rulebook(&[
        RuleText { bands: "{yellow: \">= 3\", red: \">= 6\"}", ..t },
        RuleText { measure: "sum(amount)", when: "kind = 'payment'", bands: "{orange: \"> 12.50\"}", ..t },
        RuleText { when: "project = 'p1'", window: "{sliding_days: 3}", bands: "{yellow: \"> 2\"}", ..t },
        RuleText {
            measure: "count_distinct(payee_account)",
            window: "{sliding_days: 3}",
            bands: "{orange: \">= 2\", red: \">= 3\"}",
            ..t
        },
        RuleText { measure: "count_distinct(user)", group_by: "[ip]", bands: "{yellow: \"> 1\"}", ..t },
        RuleText {
            measure: "max(amount)",
            group_by: "[payee_account, channel]",
            window: "{sliding_days: 4}",
            bands: "{yellow: \"> 5\", orange: \"> 8.5\"}",
            ..t
        },
        RuleText { measure: "min(amount)", bands: "{yellow: \"< 4\", red: \"<= 1\"}", ..t },
        RuleText { measure: "sum(amount)", window: "{sliding_days: 2}", bands: "{yellow: \"< 6\"}", ..t },
        RuleText { when: "amount > 2 AND project <> 'p2'", bands: "{yellow: \"< 2\"}", ..t },
        RuleText { across: true, window: "{sliding_days: 5}", bands: "{red: \">= 7\"}", ..t },
        RuleText { group_by: "[]", bands: "{yellow: \"> 3\", orange: \"> 5\", red: \"> 7\"}", ..t },
        RuleText { effective: "{from: 2024-03-03, to: 2024-03-06}", bands: "{yellow: \">= 2\"}", ..t },
        RuleText {
            measure: "count_distinct(project)",
            group_by: "[]",
            across: true,
            window: "{sliding_days: 3}",
            bands: "{yellow: \">= 2\"}",
            ..t
        },
        RuleText {
            measure: "growth_percent(loan_balance)",
            window: "{against_days_before: 2}",
            bands: "{orange: \"> 30\", red: \"> 100\"}",
            ..b
        },
        RuleText {
            measure: "growth_percent(lenders)",
            when: "cash_reserve > 4",
            group_by: "[line]",
            window: "{against_days_before: 1}",
            bands: "{yellow: \"< -10\", orange: \"<= -50\"}",
            ..b
        },
        RuleText {
            measure: "sum(income)",
            window: "{sliding_days: 3}",
            bands: "{yellow: \"> 6\", orange: \"> 9\"}",
            ..b
        },
        RuleText {
            measure: "min(highest_return_percent)",
            when: "line = 'p2p'",
            window: "{sliding_days: 4}",
            bands: "{yellow: \"< 2.5\"}",
            ..b
        },
        RuleText {
            measure: "max(borrowers)",
            across: true,
            group_by: "[line]",
            bands: "{red: \"> 7\"}",
            ..b
        },
    ])
}

/// A record as it was drawn.
#[derive(Clone, Debug)]
struct Drawn {
    is_business: bool,
    institution: u8,
    day: u8,
    fields: Vec<u8>,
    /// Supersedes an earlier record of the same stream and institution: which, counted back.
    supersedes: Option<u8>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let fields = proptest::collection::vec(any::<u8>(), 8);
    let day = prop_oneof![3 => 0u8..10, 1 => Just(9u8)];
    let supersedes = prop_oneof![6 => Just(None), 1 => (0u8..4).prop_map(Some)];
    (any::<bool>(), 0u8..3, day, fields, supersedes).prop_map(
        |(is_business, institution, day, fields, supersedes)| Drawn {
            is_business,
            institution,
            day,
            fields,
            supersedes,
        },
    )
}

fn pseudonym(kind: char, number: u8) -> String {
    format!("{kind}1:{number:030x}")
}

fn amount(draw: u8) -> String {
    format!("{}.{:02}", draw % 10, u32::from(draw) * 37 % 100)
}

impl Drawn {
    fn stream(&self) -> &'static StreamSpec {
        if self.is_business { BusinessDaily::STREAM } else { Transaction::STREAM }
    }

    fn wire(&self, position: usize) -> Value {
        let day = FIRST_DAY.plus(i32::from(self.day));
        let mut record = Map::new();
        let mut put = |name: &str, value: Value| {
            record.insert(name.to_owned(), value);
        };
        // An optional field is left out once in five times.
        let some = |index: usize| (!self.fields[index].is_multiple_of(5)).then_some(self.fields[index] / 5);
        put("id", json!(format!("r{position}")));
        if self.is_business {
            put("date", json!(day.to_string()));
            put("line", json!(["p2p", "fund"][usize::from(self.fields[0] % 2)]));
            if let Some(draw) = some(1) {
                put("loan_balance", json!(amount(draw)));
            }
            if let Some(draw) = some(2) {
                put("lenders", json!(draw % 9));
            }
            if let Some(draw) = some(3) {
                put("cash_reserve", json!(amount(draw)));
            }
            if let Some(draw) = some(4) {
                let sign = if draw % 3 == 0 { "-" } else { "" };
                put("income", json!(format!("{sign}{}", amount(draw))));
            }
            if let Some(draw) = some(5) {
                put("highest_return_percent", json!(format!("{}.{:06}", draw % 9, u32::from(draw) * 7919)));
            }
            if let Some(draw) = some(6) {
                put("borrowers", json!(draw % 9));
            }
        } else {
            put("time", json!(Time::start_of(day).plus_seconds(i64::from(self.fields[7]) * 300).to_string()));
            put("user", json!(pseudonym('p', self.fields[0] % 3)));
            put(
                "amount",
                json!(format!("{}.{:02}", self.fields[1] % 10, u32::from(self.fields[1]) % 50 + 1)),
            );
            put("kind", json!(["payment", "transfer"][usize::from(self.fields[2] % 2)]));
            put("direction", json!("out"));
            if let Some(draw) = some(3) {
                put("payee_account", json!(pseudonym('a', draw % 4)));
            }
            if let Some(draw) = some(4) {
                put("project", json!(format!("p{}", draw % 3)));
            }
            if let Some(draw) = some(5) {
                put("channel", json!(["app", "web"][usize::from(draw % 2)]));
            }
            if let Some(draw) = some(6) {
                put("ip", json!(format!("10.0.0.{}", draw % 3)));
            }
        }
        Value::Object(record)
    }

    fn batch(&self, position: usize) -> RecordBatch {
        let mut columns = Columns::new(self.stream().fields);
        let reader = LineReader::new(self.stream(), Time::start_of(FIRST_DAY.plus(400)));
        let line = self.wire(position).to_string();
        reader.read(line.as_bytes(), &mut columns).unwrap_or_else(|faults| panic!("{line}: {faults:?}"));
        let name = format!("institution-{}", self.institution);
        to_batch(self.stream(), &name, columns, vec![position as u64]).unwrap()
    }
}

/// A ledger: record by record a batch, and which position it supersedes.
struct Ledger {
    records: Vec<(&'static StreamSpec, RecordBatch, Option<usize>)>,
}

impl Ledger {
    fn new(drawn: &[Drawn]) -> Self {
        let mut gone = Vec::new();
        let mut records = Vec::new();
        for (position, record) in drawn.iter().enumerate() {
            let same = |other: &Drawn| {
                other.is_business == record.is_business && other.institution == record.institution
            };
            let mut earlier = (0..position).rev().filter(|at| same(&drawn[*at]) && !gone.contains(at));
            let supersedes = record.supersedes.and_then(|back| earlier.nth(usize::from(back)));
            gone.extend(supersedes);
            records.push((record.stream(), record.batch(position), supersedes));
        }
        Self { records }
    }

    /// All findings and windows to recompute when records are applied in portions.
    fn stream(&self, rules: &[Rule], settings: Settings, portions: &[u8]) -> (Vec<Finding>, Vec<Recompute>) {
        let mut evaluator = StreamingRules::new(rules, settings).unwrap();
        let mut portions = portions.iter().cycle();
        let (mut findings, mut recompute) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < self.records.len() {
            let size = usize::from(*portions.next().unwrap()).max(1);
            let stream = self.records[at].0;
            let run = self.records[at..].iter().take(size).take_while(|record| record.0 == stream).count();
            let run = &self.records[at..at + run];
            at += run.len();
            let schema = model::arrow::schema(stream);
            let batch = concat_batches(&schema, run.iter().map(|record| &record.1)).unwrap();
            let old: Vec<_> =
                run.iter().filter_map(|record| record.2).map(|old| &self.records[old].1).collect();
            let by: Vec<u64> = (at - run.len()..at)
                .filter(|position| self.records[*position].2.is_some())
                .map(|position| position as u64)
                .collect();
            let rows = concat_batches(&schema, old).unwrap();
            evaluator.apply_revising(stream, &batch, Some(Superseded { rows: &rows, by: &by })).unwrap();
            findings.extend(evaluator.take_findings());
            recompute.extend(evaluator.needs_batch());
        }
        (findings, recompute)
    }

    /// The first records of a rule's stream as a table.
    fn session(&self, rule: &Rule, records: usize) -> Session {
        let session = Session::new(&Options::default()).unwrap();
        let known = &self.records[..records];
        let batches = known.iter().filter(|record| record.0 == rule.stream).map(|record| record.1.clone());
        let hidden = Hidden::new(known.iter().filter_map(|record| record.2.map(|at| at as u64)).collect());
        let table = Table::new(model::arrow::schema(rule.stream)).with_batches(batches).hiding(hidden);
        session.register(rule.stream.name, table).unwrap();
        session
    }

    /// What a rule's SQL finds in the first records: window by window value and verdict, green
    /// ones too.
    fn batch(&self, rule: &Rule, records: usize) -> BTreeMap<Key, Judged> {
        let session = self.session(rule, records);
        let rows = session.run(&rule.batch_sql()).unwrap();
        let judged = (0..rows.len()).map(|row| {
            let text = |column: &String| match rows.json(column, row) {
                Value::Null => "unknown".to_owned(),
                Value::String(text) => text,
                other => other.to_string(),
            };
            let key = (
                rule.meta.id.clone(),
                rows.text("institution", row).unwrap_or("*".to_owned()),
                rule.group_by.iter().map(|column| (column.clone(), text(column))).collect(),
                rows.day("day", row).unwrap(),
            );
            let verdict = rows.text("verdict", row).unwrap();
            let grade = Grade::ALL.into_iter().find(|grade| grade.en() == verdict);
            let judged = Judged {
                verdict: grade.map_or(Verdict::Undetermined, Verdict::Graded),
                value: rows.number("value", row),
                is_undetermined: rows.flag("undetermined", row).unwrap(),
                records: rows.position("records", row).unwrap(),
            };
            (key, judged)
        });
        judged.collect()
    }
}

type Key = (String, String, Vec<(String, String)>, Day);

#[derive(Clone, Debug)]
struct Judged {
    verdict: Verdict,
    value: Option<Number>,
    is_undetermined: bool,
    records: u64,
}

fn key(finding: &Finding) -> Key {
    (finding.reason.entry.clone(), finding.institution.clone(), finding.group.clone(), finding.day)
}

fn is_green(verdict: Verdict) -> bool {
    verdict == Verdict::Graded(Grade::Green)
}

/// The latest finding of each window up to a position.
fn latest(findings: &[Finding], records: usize) -> BTreeMap<Key, &Finding> {
    let known = findings.iter().filter(|finding| finding.at < records as u64);
    known.map(|finding| (key(finding), finding)).collect()
}

fn institutions(rule: &Rule) -> Vec<String> {
    match rule.across_institutions {
        true => vec!["*".to_owned()],
        false => (0..3).map(|number| format!("institution-{number}")).collect(),
    }
}

fn agree(ledger: &Ledger, book: &Rulebook, findings: &[Finding], recompute: &[Recompute], records: usize) {
    let latest = latest(findings, records);
    for (order, rule) in book.rules().iter().enumerate() {
        let judged = ledger.batch(rule, records);
        let is_referred = |key: &Key| {
            recompute.iter().any(|windows| {
                windows.rule == order
                    && windows.institution == key.1
                    && (windows.first_day..=windows.last_day).contains(&key.3)
            })
        };
        for (key, judged) in judged.iter().filter(|(key, _)| !is_referred(key)) {
            let found =
                latest.get(key).map_or(Verdict::Graded(Grade::Green), |finding| finding.reason.verdict);
            assert_eq!(found, judged.verdict, "{key:?} after {records}: {judged:?} {:?}", latest.get(key));
            let Some(finding) = latest.get(key).filter(|finding| finding.at + 1 == records as u64) else {
                continue;
            };
            let value = finding.reason.value.as_ref().map(|value| value.parse::<Number>().unwrap());
            if finding.reason.verdict != Verdict::Undetermined {
                assert_eq!(value, judged.value, "{key:?}");
            }
            let rows = &finding.reason.rows;
            assert_eq!(rows.count, rows.positions.len() as u64);
            if !rule.measure.name().starts_with("growth") && !judged.is_undetermined {
                assert_eq!(rows.count, judged.records, "{key:?}");
            }
            assert!(rows.positions.is_sorted() && rows.positions.iter().all(|at| *at < records as u64));
        }
        // The same windows handed to the batch engine come to the same findings.
        let session = ledger.session(rule, records);
        for institution in institutions(rule) {
            let windows = Recompute {
                rule: order,
                institution,
                first_day: FIRST_DAY,
                last_day: FIRST_DAY.plus(20),
                at: records as u64 - 1,
            };
            for found in batch_findings(rule, &windows, &session).unwrap() {
                let Some(known) = latest.get(&key(&found)).filter(|_| !is_referred(&key(&found))) else {
                    continue;
                };
                assert_eq!(known.reason.verdict, found.reason.verdict);
                if known.at == found.at {
                    assert_eq!(**known, found);
                }
            }
        }
        for (key, finding) in latest.iter().filter(|(key, _)| key.0 == rule.meta.id && !is_referred(key)) {
            assert!(
                judged.contains_key(key) || is_green(finding.reason.verdict),
                "{key:?} after {records}: the SQL has no such window, but {finding:?}"
            );
        }
    }
}

fn cases() -> ProptestConfig {
    ProptestConfig { cases: 16, max_shrink_iters: 400, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn streaming_agrees_with_sql_in_portions_of_any_size(
        drawn in proptest::collection::vec(drawn(), 1..120),
        portions in proptest::collection::vec(1u8..40, 1..5),
        days_kept in prop_oneof![Just(45u16), 0u16..6],
        seed: u64,
        cut in 0usize..120,
    ) {
        let book = book();
        let ledger = Ledger::new(&drawn);
        let settings = Settings { days_kept, seed: 0 };
        let (findings, recompute) = ledger.stream(book.rules(), settings, &[1]);
        if days_kept == 45 && drawn.iter().all(|record| record.supersedes.is_none()) {
            prop_assert!(recompute.is_empty());
        }
        let (others, other_recompute) = ledger.stream(book.rules(), Settings { seed, ..settings }, &portions);
        prop_assert_eq!(&findings, &others);
        let referred = |windows: &[Recompute]| {
            let windows = windows.iter().map(|w| (w.rule, w.institution.clone(), w.first_day, w.last_day));
            let mut days = windows
                .flat_map(|(rule, institution, first, last)| {
                    (first.0..=last.0).map(move |day| (rule, institution.clone(), day))
                })
                .collect::<Vec<_>>();
            days.sort();
            days.dedup();
            days
        };
        if portions.len() == 1 {
            // Ranges join, so more may be referred in larger portions, never less.
            let (all, fewer) = (referred(&other_recompute), referred(&recompute));
            prop_assert!(fewer.iter().all(|window| all.contains(window)));
        }
        let last = findings.last().map_or(0, |finding| finding.at as usize + 1);
        for records in [drawn.len(), cut.clamp(1, drawn.len()), last.max(1)] {
            agree(&ledger, &book, &findings, &recompute, records);
        }
    }
}
