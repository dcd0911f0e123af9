//! What the history costs: `history [DIR [MILLIONS [ROWS]]]` appends transactions in batches of
//! ROWS, over ten days (DISORDER=batch: each batch of one of ten days; DISORDER=row: each row of one of
//! two years), and prints processor time a record, size and memory.
#![allow(clippy::unwrap_used, missing_docs, reason = "a measurement, not a part of the product")]

use std::{
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use model::{
    arrow::to_batch,
    columns::Columns,
    spec::Record,
    streams::Transaction,
    time::{Day, MICROS_PER_DAY},
};
use query::{
    RecordBatch,
    arrow::array::{Date32Array, UInt64Array},
};
use store::history::History;

const FIRST_DAY: i32 = 20_000;

fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn wide(n: u64) -> u128 {
    u128::from(mix(n)) << 64 | u128::from(mix(!n))
}

fn transactions(first: u64, rows: u64) -> RecordBatch {
    let spec = Transaction::STREAM;
    let mut columns = Columns::new(spec.fields);
    for n in first..first + rows {
        let mut put = |name: &str, fill: &mut dyn FnMut(&mut model::columns::Column) -> bool| {
            assert!(fill(columns.column_mut(spec.field_index(name).unwrap()).unwrap()));
        };
        put("id", &mut |column| column.push_text(&format!("T20261124{n:011}")));
        put("time", &mut |column| {
            column.push_long(i64::from(FIRST_DAY) * MICROS_PER_DAY + n as i64 * 86_400)
        });
        put("user", &mut |column| column.push_wide(wide(mix(n) % 200_000)));
        put("payer_account", &mut |column| column.push_wide(wide((1 << 40) | (mix(n) % 200_000))));
        put("payee_account", &mut |column| column.push_wide(wide((1 << 41) | (mix(n + 5) % 50_000))));
        put("amount", &mut |column| column.push_long((mix(n) % 10_000_000) as i64));
        put("kind", &mut |column| column.push_byte(1 + (mix(n) % 14) as u8));
        put("direction", &mut |column| column.push_byte(1 + (mix(n) % 2) as u8));
        put("channel", &mut |column| column.push_byte(1 + (mix(n) % 7) as u8));
        put("ip", &mut |column| {
            column.push_text(&format!("10.{}.{}.{}", mix(n) % 256, mix(n) / 7 % 256, n % 256))
        });
        if n % 2 == 0 {
            put("counterparty", &mut |column| column.push_wide(wide((1 << 42) | (mix(n + 9) % 50_000))));
            put("order", &mut |column| column.push_text(&format!("O20261124{n:09}")));
        }
        if n % 3 == 0 {
            put("project", &mut |column| column.push_text(&format!("P{:08}", mix(n) % 5000)));
        }
        columns.end_row();
    }
    to_batch(spec, "91310000MA1FL0AB5Y", columns, (first..first + rows).collect()).unwrap()
}

fn status(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let ticks =
        stat.split_whitespace().skip(13).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>();
    Duration::from_millis(ticks * 10)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().unwrap_or_else(|| "target/history".to_owned()));
    let rows = arguments.next().map_or(5, |millions| millions.parse::<u64>().unwrap()) * 1_000_000;
    let batch_rows: u64 = arguments.next().map_or(8192, |rows| rows.parse().unwrap());
    let disorder = std::env::var("DISORDER").unwrap_or_default();
    let samples: Vec<_> =
        (0..(1 << 18) / batch_rows).map(|n| transactions(n * batch_rows, batch_rows)).collect();
    let mut history = History::rebuild(&dir).unwrap();
    let before = status("VmRSS");
    let (start, cpu_start) = (Instant::now(), cpu());
    let (mut size, mut longest) = (0, Duration::ZERO);
    while size < rows {
        let batch = &samples[(size / batch_rows) as usize % samples.len()];
        let mut columns = batch.columns().to_vec();
        let day = |position: u64| {
            let day = match disorder.as_str() {
                "row" => mix(position) % 730,
                "batch" => mix(position / batch_rows) % 10,
                _ => position * 10 / rows,
            };
            FIRST_DAY + day as i32
        };
        columns[1] = Arc::new(Date32Array::from_iter_values((size..size + batch_rows).map(day)));
        columns[2] = Arc::new(UInt64Array::from_iter_values(size..size + batch_rows));
        let batch = RecordBatch::try_new(batch.schema(), columns).unwrap();
        let began = Instant::now();
        history.append(Transaction::STREAM, batch).unwrap();
        size += batch_rows;
        history.settle(size).unwrap();
        longest = longest.max(began.elapsed());
    }
    history.flush(size).unwrap();
    history.wait_for_files().unwrap();
    let (wall, busy) = (start.elapsed(), cpu() - cpu_start);
    let bytes: u64 = fs::read_dir(&dir).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    println!("{size} transactions in batches of {batch_rows}, disorder of days: {disorder:?}");
    println!("processor {:7.1} ns a record", busy.as_nanos() as f64 / size as f64);
    println!("wall      {wall:?}, longest wait of an append {longest:?}");
    println!("disk      {:7.1} bytes a record", bytes as f64 / size as f64);
    println!("memory    {:7.1} MB at its peak over {before:.1} MB for the samples", status("VmHWM") - before);
    for days in [None, Some(Day(FIRST_DAY + 3)..=Day(FIRST_DAY + 3))] {
        let opening = Instant::now();
        let session = history.session(days.clone(), &query::Options::default()).unwrap();
        let opened = opening.elapsed();
        let sql = "SELECT count(*) AS n, sum(amount) AS s, count(DISTINCT kind) AS k FROM \"transaction\"";
        let found = session.run(sql).unwrap();
        println!(
            "query     {:?} rows of days {days:?} in {:?}, session {opened:?}",
            found.integer("n", 0),
            opening.elapsed()
        );
    }
}
