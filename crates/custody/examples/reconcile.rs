//! What the reconciliation costs: `reconcile [ENTRIES [SHARE [THREADS]]]` makes ENTRIES entries a
//! side (5,000,000), of which SHARE (0.01) do not match, reconciles them on THREADS (2) and prints
//! seconds, processor seconds and entries a processor second; beside it what it takes to touch
//! the bytes once, and the same by a full outer join in SQL over the same batches.
//!
//! Ten platforms at two banks, each with a custody account and 1,000 project accounts, over one
//! day; deposits and withdrawals (one entry) and lending (two entries) in equal numbers. The
//! bank's lines come in another order than the platforms' transactions.
#![allow(clippy::unwrap_used, missing_docs, reason = "a measurement, not a part of the product")]

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use custody::{Input, Reconciliation};
use model::arrow::{schema, to_batch};
use model::columns::{Column, Columns};
use model::institution::InstitutionId;
use model::spec::{Record, StreamSpec};
use model::streams::{AccountPurpose, AccountRegister, CustodyEntryKind, CustodyStatement, Transaction};
use model::time::{Day, Time};
use query::arrow::array::{Array, AsArray};
use query::arrow::datatypes::Int64Type;
use query::{Options, RecordBatch, Session, Table};

const DAY: Day = Day(20_000);
const PLATFORMS: u64 = 10;
const PROJECTS: u64 = 1_000;
const BATCH_ROWS: u64 = 1 << 16;

fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn account(kind: u64, index: u64) -> u128 {
    u128::from(b'a') << 120 | u128::from(mix(kind << 40 | index)) << 56 | u128::from(mix(index) >> 8)
}

fn name(serial: u64) -> String {
    InstitutionId::synthetic(serial as u32).to_string()
}

fn bank(platform: u64) -> String {
    name(100 + platform % 2)
}

fn custody_account(platform: u64) -> u128 {
    account(1, platform)
}

fn project_account(platform: u64, project: u64) -> u128 {
    account(2, platform * PROJECTS + project)
}

/// Rows of one institution, given out as batches.
struct Filing {
    stream: &'static StreamSpec,
    institution: String,
    columns: Columns,
    batches: Vec<RecordBatch>,
}

impl Filing {
    fn new(stream: &'static StreamSpec, institution: String) -> Self {
        Self { stream, institution, columns: Columns::new(stream.fields), batches: Vec::new() }
    }

    fn put(&mut self, field: &str, fill: impl Fn(&mut Column) -> bool) {
        assert!(fill(self.columns.column_mut(self.stream.field_index(field).unwrap()).unwrap()));
    }

    fn end_row(&mut self, position: &mut u64) {
        self.columns.end_row();
        if self.columns.len() as u64 == BATCH_ROWS {
            self.flush(position);
        }
    }

    fn flush(&mut self, position: &mut u64) {
        let columns = std::mem::replace(&mut self.columns, Columns::new(self.stream.fields));
        let rows = columns.len() as u64;
        let positions = (*position..*position + rows).collect();
        *position += rows;
        self.batches.push(to_batch(self.stream, &self.institution, columns, positions).unwrap());
    }
}

struct Market {
    transactions: Vec<RecordBatch>,
    statements: Vec<RecordBatch>,
    accounts: Vec<RecordBatch>,
    entries: u64,
    lines: u64,
}

/// Transaction `n`: its platform, the accounts that pay and are paid, its amount.
fn transaction(n: u64) -> (u64, u128, u128, i64) {
    let platform = n % PLATFORMS;
    let ours = custody_account(platform);
    let amount = 1 + (mix(n) % 5_000_000) as i64;
    match n / PLATFORMS % 3 {
        0 => (platform, account(3, mix(n) % 1_000_000), ours, amount),
        1 => (platform, ours, project_account(platform, mix(n ^ 77) % PROJECTS), amount),
        _ => (platform, ours, account(3, mix(n) % 1_000_000), amount),
    }
}

fn id(n: u64) -> String {
    format!("T20241004{n:011}")
}

fn market(entries_wanted: u64, share: f64) -> Market {
    let count = entries_wanted * 3 / 4;
    let mut position = 0;
    let mut entries = 0;
    let mut platforms: Vec<Filing> =
        (0..PLATFORMS).map(|p| Filing::new(Transaction::STREAM, name(p))).collect();
    let broken = |n: u64| (mix(n ^ 0xb0b0) >> 11) as f64 / (1u64 << 53) as f64 <= share;
    let midnight = Time::start_of(DAY).0;
    for n in 0..count {
        let (platform, payer, payee, amount) = transaction(n);
        // One in four breaks: the platform does not know it.
        if broken(n) && mix(n ^ 1).is_multiple_of(4) {
            continue;
        }
        let filing = &mut platforms[platform as usize];
        filing.put("id", |column| column.push_text(&id(n)));
        filing.put("time", |column| column.push_long(midnight + (n * 80_000_000_000 / count) as i64));
        filing.put("user", |column| column.push_wide(payer ^ 1));
        filing.put("payer_account", |column| column.push_wide(payer));
        filing.put("payee_account", |column| column.push_wide(payee));
        filing.put("amount", |column| column.push_long(amount));
        filing.put("kind", |column| column.push_byte(1 + (n % 3) as u8));
        filing.put("direction", |column| column.push_byte(1 + (n % 2) as u8));
        filing.end_row(&mut position);
        entries += 1 + u64::from(n / PLATFORMS % 3 == 1);
    }
    let mut lines = 0;
    let mut banks: Vec<Filing> = (0..2).map(|b| Filing::new(CustodyStatement::STREAM, bank(b))).collect();
    // Another order than the platforms': a walk by a step that has no factor in common with the count.
    let step = (count / 3 * 2 + 1) | 1;
    let gcd = |mut a: u64, mut b: u64| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let step = (step..).step_by(2).find(|step| gcd(*step, count) == 1).unwrap();
    for at in 0..count {
        let n = at * step % count;
        let (platform, payer, payee, amount) = transaction(n);
        let kind = if broken(n) { mix(n ^ 1) % 4 } else { 0 };
        // The bank does not know it; it has another amount; it has it a day later.
        if kind == 1 {
            continue;
        }
        let difference = i64::from(kind == 2);
        let time = if kind == 3 {
            midnight + 86_400_000_000 + at as i64
        } else {
            midnight + (at * 80_000_000_000 / count) as i64
        };
        let in_custody = |account: u128| {
            account >> 56 != 0
                && match n / PLATFORMS % 3 {
                    0 => account == payee,
                    1 => true,
                    _ => account == payer,
                }
        };
        for (own, other, sign) in [(payer, payee, -1), (payee, payer, 1)] {
            if !in_custody(own) {
                continue;
            }
            let filing = &mut banks[(platform % 2) as usize];
            filing.put("id", |column| column.push_text(&format!("B20241004{lines:011}")));
            filing.put("time", |column| column.push_long(time));
            filing.put("platform", |column| column.push_text(&name(platform)));
            filing.put("account", |column| column.push_wide(own));
            filing.put("kind", |column| column.push_byte(CustodyEntryKind::Flow as u8));
            filing.put("amount", |column| column.push_long(sign * (amount + difference)));
            filing.put("counter_account", |column| column.push_wide(other));
            filing.put("transaction", |column| column.push_text(&id(n)));
            filing.end_row(&mut position);
            lines += 1;
        }
    }
    let mut registers: Vec<Filing> =
        (0..PLATFORMS).map(|p| Filing::new(AccountRegister::STREAM, name(p))).collect();
    for platform in 0..PLATFORMS {
        let projects = (0..PROJECTS).map(|p| (project_account(platform, p), AccountPurpose::Project));
        let all = std::iter::once((custody_account(platform), AccountPurpose::Custody)).chain(projects);
        for (index, (account, purpose)) in all.enumerate() {
            let filing = &mut registers[platform as usize];
            filing.put("id", |column| column.push_text(&format!("A{index}")));
            filing.put("effective_from", |column| column.push_date(DAY.0 - 100));
            filing.put("account", |column| column.push_wide(account));
            filing.put("purpose", |column| column.push_byte(purpose as u8));
            filing.put("bank", |column| column.push_text(&bank(platform)));
            filing.end_row(&mut position);
        }
    }
    let mut batches = |filings: Vec<Filing>| -> Vec<RecordBatch> {
        filings
            .into_iter()
            .flat_map(|mut filing| {
                filing.flush(&mut position);
                filing.batches
            })
            .collect()
    };
    Market {
        transactions: batches(platforms),
        statements: batches(banks),
        accounts: batches(registers),
        entries,
        lines,
    }
}

fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, stat) = stat.rsplit_once(')').unwrap();
    let ticks =
        stat.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>();
    Duration::from_millis(ticks * 10)
}

fn memory(what: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

fn timed<T>(what: &str, entries: u64, run: impl FnOnce() -> T) -> (T, Duration) {
    let (start, before) = (Instant::now(), cpu());
    let result = run();
    let (wall, busy) = (start.elapsed(), cpu() - before);
    println!(
        "{what:<28} {:7.3} s   processor {:7.2} s   {:6.2} M entries a processor second",
        wall.as_secs_f64(),
        busy.as_secs_f64(),
        entries as f64 / 1e6 / busy.as_secs_f64().max(0.01),
    );
    (result, wall)
}

/// Adds up every byte of the columns that a reconciliation must look at, in words.
fn touch(batches: &[RecordBatch], columns: &[&str]) -> (u64, u64) {
    let (mut sum, mut bytes) = (0u64, 0u64);
    for batch in batches {
        for column in columns {
            let data = batch.column_by_name(column).unwrap().to_data();
            for buffer in data.buffers() {
                let (words, rest) = buffer.as_slice().as_chunks::<8>();
                sum = words.iter().fold(sum, |sum, word| sum.wrapping_add(u64::from_le_bytes(*word)));
                sum = rest.iter().fold(sum, |sum, byte| sum.wrapping_add(u64::from(*byte)));
                bytes += buffer.len() as u64;
            }
        }
    }
    (sum, bytes)
}

const TRANSACTION_COLUMNS: [&str; 7] =
    ["institution", "day", "position", "id", "payer_account", "payee_account", "amount"];
const STATEMENT_COLUMNS: [&str; 8] =
    ["institution", "day", "position", "platform", "account", "kind", "amount", "transaction"];

/// The same by the query engine: counts by kind only, no list, no balances.
const SQL: &str = r#"
WITH custody AS (
  SELECT DISTINCT institution, account FROM account WHERE purpose IN ('custody', 'project')
), ours AS (
  SELECT t.institution, t.payer_account AS account, t.id, -t.amount AS amount, t.day
  FROM "transaction" t JOIN custody c ON c.institution = t.institution AND c.account = t.payer_account
  UNION ALL
  SELECT t.institution, t.payee_account AS account, t.id, t.amount AS amount, t.day
  FROM "transaction" t JOIN custody c ON c.institution = t.institution AND c.account = t.payee_account
), theirs AS (
  SELECT platform, account, "transaction" AS id, amount, day FROM custody_statement WHERE kind = 'flow'
), pairs AS (
  SELECT CASE WHEN theirs.id IS NULL THEN 'missing_at_bank'
              WHEN ours.id IS NULL THEN 'missing_at_platform'
              WHEN ours.amount <> theirs.amount THEN 'amount_differs'
              WHEN ours.day <> theirs.day THEN 'timing'
              ELSE 'matched' END AS outcome,
         abs(ours.amount - theirs.amount) AS difference
  FROM ours FULL OUTER JOIN theirs
    ON ours.institution = theirs.platform AND ours.account = theirs.account AND ours.id = theirs.id
)
SELECT outcome, count(*) AS entries FROM pairs GROUP BY outcome ORDER BY outcome
"#;

fn by_sql(market: &Market, threads: usize) -> BTreeMap<String, i64> {
    let session = Session::new(&Options { partitions: threads, ..Options::default() }).unwrap();
    for (stream, batches) in [
        (Transaction::STREAM, &market.transactions),
        (CustodyStatement::STREAM, &market.statements),
        (AccountRegister::STREAM, &market.accounts),
    ] {
        session.register(stream.name, Table::new(schema(stream)).with_batches(batches.clone())).unwrap();
    }
    let rows = session.run(SQL).unwrap();
    (0..rows.len())
        .map(|row| (rows.text("outcome", row).unwrap(), rows.integer("entries", row).unwrap()))
        .collect()
}

const KINDS: [&str; 5] = ["matched", "timing", "amount_differs", "missing_at_bank", "missing_at_platform"];

fn counts(totals: &RecordBatch) -> BTreeMap<String, i64> {
    let sum = |kind: &str| -> i64 {
        totals.column_by_name(kind).unwrap().as_primitive::<Int64Type>().values().iter().sum()
    };
    KINDS.iter().map(|kind| ((*kind).to_owned(), sum(kind))).filter(|(_, count)| *count > 0).collect()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let entries = arguments.next().map_or(5_000_000, |entries| entries.parse().unwrap());
    let share = arguments.next().map_or(0.01, |share| share.parse().unwrap());
    let threads = arguments.next().map_or(2, |threads| threads.parse().unwrap());
    let market = market(entries, share);
    let (entries, lines) = (market.entries, market.lines);
    println!("{entries} entries of platforms, {lines} lines of banks, {threads} threads");
    let before = memory("VmRSS");
    let all = entries + lines;

    let ((sum, bytes), touched) = timed("touching the bytes once", all, || {
        let (one, first) = touch(&market.transactions, &TRANSACTION_COLUMNS);
        let (other, second) = touch(&market.statements, &STATEMENT_COLUMNS);
        (one.wrapping_add(other), first + second)
    });
    black_box(sum);
    println!("{:<28} {:7.2} GB a second, one thread", "", bytes as f64 / 1e9 / touched.as_secs_f64());

    let input = Input {
        transactions: &market.transactions,
        statements: &market.statements,
        accounts: &market.accounts,
    };
    let mut ours = Vec::new();
    for _ in 0..3 {
        let run = || Reconciliation::of(&input, DAY..=DAY.plus(1), threads).unwrap();
        ours.push(timed("reconciled", all, run));
    }
    println!(
        "{:<28} {:7.0} MB at its peak over the {before:.0} MB of the rows",
        "memory",
        memory("VmHWM") - before
    );
    let best = ours.iter().map(|(_, wall)| *wall).min().unwrap();
    let (reconciliation, _) = ours.pop().unwrap();
    let found = counts(&reconciliation.totals());
    println!("found {found:?}, {} breaks listed", reconciliation.breaks().num_rows());

    if std::env::var_os("NO_SQL").is_none() {
        let (by_sql, wall) = timed("full outer join in SQL", all, || by_sql(&market, threads));
        println!("found {by_sql:?}");
        println!("SQL takes {:.1} times as long", wall.as_secs_f64() / best.as_secs_f64());
        assert_eq!(found, by_sql);
    }
}
