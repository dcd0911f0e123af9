//! Measures the streaming evaluator: 30 rules over transactions of a load test, on one core.
//!
//! `cargo run --release -p jianwei-analysis --example rules [records] [rows of a batch] [days] [1: also count different values]`
#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement may panic")]

use std::io::Write;

use analysis::windows::{Settings, StreamingRules};
use model::arrow::to_batch;
use model::columns::Columns;
use model::read::LineReader;
use model::spec::Record;
use model::streams::Transaction;
use model::time::Time;

#[path = "../src/testing.rs"]
mod testing;
use testing::{RuleText, rulebook};

/// Thirty limits of a day, a week and a month for users, accounts, counterparties, addresses and the
/// institution itself, as `jianwei bench` has them; with `distinct`, four that count different
/// values besides.
#[rustfmt::skip]
fn rules(distinct: bool) -> Vec<RuleText<'static>> {
    let t = RuleText::default();
    let (week, month) = ("{sliding_days: 7}", "{sliding_days: 30}");
    let mut rules = vec![
        RuleText { bands: r#"{orange: "> 50"}"#, ..t },
        RuleText { measure: "sum(amount)", bands: r#"{yellow: "> 50000", orange: "> 200000"}"#, ..t },
        RuleText { when: "amount >= 10000", bands: r#"{yellow: ">= 3"}"#, ..t },
        RuleText { measure: "max(amount)", bands: r#"{yellow: ">= 20000", red: ">= 500000"}"#, ..t },
        RuleText { when: "kind = 'transfer'", measure: "sum(amount)", bands: r#"{orange: "> 20000"}"#, ..t },
        RuleText { when: "kind = 'transfer'", bands: r#"{yellow: "> 10"}"#, ..t },
        RuleText { when: "kind = 'refund'", bands: r#"{yellow: ">= 5"}"#, ..t },
        RuleText { when: "direction = 'in'", measure: "sum(amount)", bands: r#"{yellow: "> 50000"}"#, ..t },
        RuleText { when: "channel = 'web'", bands: r#"{yellow: "> 20"}"#, ..t },
        RuleText { when: "amount < 5", bands: r#"{yellow: "> 15"}"#, ..t },
        RuleText { window: week, bands: r#"{yellow: "> 200", orange: "> 300"}"#, ..t },
        RuleText { window: week, measure: "sum(amount)", bands: r#"{yellow: "> 100000", red: "> 1000000"}"#, ..t },
        RuleText { when: "kind = 'refund'", window: week, measure: "sum(amount)", bands: r#"{yellow: "> 10000"}"#, ..t },
        RuleText { window: month, measure: "sum(amount)", bands: r#"{orange: "> 500000"}"#, ..t },
        RuleText { group_by: "[payer_account]", bands: r#"{yellow: "> 60"}"#, ..t },
        RuleText { group_by: "[payer_account]", measure: "sum(amount)", bands: r#"{orange: "> 100000"}"#, ..t },
        RuleText { when: "direction = 'out'", group_by: "[payer_account]", window: week, measure: "sum(amount)", bands: r#"{orange: "> 200000"}"#, ..t },
        RuleText { group_by: "[payee_account]", bands: r#"{yellow: "> 2000"}"#, ..t },
        RuleText { group_by: "[payee_account]", measure: "sum(amount)", bands: r#"{yellow: "> 200000", orange: "> 500000"}"#, ..t },
        RuleText { when: "amount >= 5000", group_by: "[payee_account]", bands: r#"{yellow: ">= 20"}"#, ..t },
        RuleText { group_by: "[payee_account]", window: week, measure: "sum(amount)", bands: r#"{orange: "> 1000000"}"#, ..t },
        RuleText { group_by: "[counterparty]", measure: "sum(amount)", bands: r#"{orange: "> 500000"}"#, ..t },
        RuleText { when: "kind = 'transfer' AND amount >= 1000", group_by: "[counterparty]", bands: r#"{yellow: ">= 10"}"#, ..t },
        RuleText { when: "kind = 'payment'", group_by: "[counterparty]", window: week, bands: r#"{yellow: "> 5000"}"#, ..t },
        RuleText { group_by: "[ip]", bands: r#"{yellow: "> 200"}"#, ..t },
        RuleText { when: "direction = 'out' AND amount >= 2000", group_by: "[ip]", measure: "sum(amount)", bands: r#"{yellow: "> 50000"}"#, ..t },
        RuleText { group_by: "[user, channel]", bands: r#"{yellow: "> 40"}"#, ..t },
        RuleText { group_by: "[]", measure: "sum(amount)", bands: r#"{yellow: "> 1000000000"}"#, ..t },
        RuleText { when: "kind = 'refund'", group_by: "[]", bands: r#"{yellow: "> 100000"}"#, ..t },
        RuleText { when: "amount >= 50000", group_by: "[]", window: week, bands: r#"{yellow: "> 1000"}"#, ..t },
    ];
    if distinct {
        rules.extend([
            RuleText { measure: "count_distinct(counterparty)", bands: "{yellow: \"> 30\"}", ..t },
            RuleText { measure: "count_distinct(ip)", bands: "{yellow: \"> 5\"}", ..t },
            RuleText { group_by: "[payee_account]", measure: "count_distinct(user)", bands: "{yellow: \"> 3000\"}", ..t },
            RuleText { group_by: "[ip]", measure: "count_distinct(user)", bands: "{yellow: \"> 500\"}", ..t },
        ]);
    }
    rules
}

/// Nanoseconds that this thread has run; waiting for a core does not count.
fn thread_nanos() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().unwrap());
    let records = arguments.next().unwrap_or(2_000_000);
    let batch_rows = arguments.next().unwrap_or(8192);
    let days = arguments.next().unwrap_or(1) as u32;
    let distinct = arguments.next().unwrap_or(0) > 0;
    let book = rulebook(&rules(distinct));

    let mut lines = sim::transactions(1, records).over(sim::LOAD_FIRST_DAY, days);
    let reader = LineReader::new(Transaction::STREAM, Time::start_of(sim::LOAD_FIRST_DAY.plus(400)));
    let mut rules = StreamingRules::new(book.rules(), Settings::default()).unwrap();
    let (mut position, mut findings, mut text) = (0, 0, Vec::new());
    let mut spent = 0;
    let mut making = 0;
    let mut batches = Vec::new();
    loop {
        // A million records at a time are made ready, so that only the evaluation is timed.
        while batches.len() < 128 {
            text.clear();
            if lines.append(batch_rows, &mut text) == 0 {
                break;
            }
            let mut columns = Columns::new(Transaction::STREAM.fields);
            for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                reader.read(line, &mut columns).unwrap_or_else(|faults| panic!("{faults:?}"));
            }
            let positions = position..position + columns.len() as u64;
            position = positions.end;
            let institution = model::institution::InstitutionId::synthetic(1);
            let began = thread_nanos();
            let batch = to_batch(Transaction::STREAM, institution.as_str(), columns, positions.collect());
            making += thread_nanos() - began;
            batches.push(batch.unwrap());
        }
        if batches.is_empty() {
            break;
        }
        let start = thread_nanos();
        for batch in &batches {
            rules.apply(Transaction::STREAM, batch).unwrap();
            findings += rules.take_findings().len();
        }
        spent += thread_nanos() - start;
        batches.clear();
    }
    let mut out = std::io::stdout();
    writeln!(out, "to_batch {:.0} ns a record", making as f64 / records as f64).unwrap();
    writeln!(
        out,
        "{} rules, {records} records, batches of {batch_rows}, {days} days: {:.0} ns a record, {findings} findings, \
         {} entries, {} MB",
        book.rules().len(),
        spent as f64 / records as f64,
        rules.entries(),
        rules.bytes() >> 20,
    )
    .unwrap();
}
