//! What a backtest costs: `backtest [DIR [MILLIONS [THREADS]]]` fills a history with a year of simulated
//! transactions of twenty firms, unless DIR holds one, and runs drafts over it: a streaming rule
//! with another threshold, and an indicator with another band. Prints seconds, processor seconds
//! and the most memory.
#![allow(clippy::unwrap_used, missing_docs, reason = "a measurement, not a part of the product")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use engine::backtest::Past;
use model::arrow::to_batch;
use model::columns::Columns;
use model::institution::InstitutionId;
use model::read::LineReader;
use model::spec::Record;
use model::streams::Transaction;
use model::time::Time;
use rulebook::{Rulebook, SourceFile};
use sim::{LOAD_FIRST_DAY, transactions};
use store::history::History;

const FIRMS: u64 = 20;
const DAYS: u32 = 365;
/// Lines of a batch, as of a chunk of a filing.
const LINES: u64 = 4096;

fn fill(dir: &Path, rows: u64) {
    let stream = Transaction::STREAM;
    let mut history = History::rebuild(dir).unwrap();
    let reader = LineReader::new(stream, Time::start_of(LOAD_FIRST_DAY.plus(DAYS as i32 + 2)));
    let (mut position, mut text) = (0, Vec::new());
    for day in 0..DAYS {
        for firm in 0..FIRMS {
            let institution = InstitutionId::synthetic(firm as u32 + 1).to_string();
            // Each day has its users, of whom some in a thousand pass fifty.
            let seed = FIRMS * u64::from(day) + firm + 1;
            let mut lines =
                transactions(seed, rows / FIRMS / u64::from(DAYS)).over(LOAD_FIRST_DAY.plus(day as i32), 1);
            while lines.remaining() > 0 {
                text.clear();
                let count = lines.append(LINES, &mut text);
                let mut columns = Columns::new(stream.fields);
                for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    reader.read(line, &mut columns).unwrap();
                }
                let positions = (position..position + count).collect();
                let batch = to_batch(stream, &institution, columns, positions);
                history.append(stream, batch.unwrap()).unwrap();
                position += count;
                history.settle(position).unwrap();
            }
        }
    }
    history.flush(position).unwrap();
    history.wait_for_files().unwrap();
}

/// The rulebook with one of its files changed.
fn draft(id: &str, from: &str, to: &str) -> Rulebook {
    let mut files = rulebook::load::embedded_files();
    let is_its = |file: &&mut SourceFile| {
        file.path.contains(&format!("/{id}.")) && !file.path.ends_with(".cases.yaml")
    };
    let file = files.iter_mut().find(is_its).unwrap();
    assert!(file.text.contains(from), "{id}: {from}");
    *file = SourceFile::new(file.path.clone(), file.text.replace(from, to));
    Rulebook::from_files(files).unwrap()
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

fn run(past: &Past, id: &str, from: &str, to: &str) {
    let (book, changed) = (rulebook::load::embedded().unwrap(), draft(id, from, to));
    // Memory is counted from here on.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let (began, busy) = (Instant::now(), cpu());
    let days = LOAD_FIRST_DAY..=LOAD_FIRST_DAY.plus(DAYS as i32 - 1);
    let report = past.backtest(&changed, &book, id, &days, |_| {}).unwrap();
    let (wall, busy) = (began.elapsed(), cpu() - busy);
    let total = &report.total;
    println!(
        "{id}: {:.1} s, {:.1} processor seconds, {:.0} MiB at most; in force {}, draft {}, only draft {}, only in force {}, otherwise {}, {} institutions",
        wall.as_secs_f64(),
        busy.as_secs_f64(),
        status("VmHWM"),
        total.in_force.all(),
        total.draft.all(),
        total.only_draft,
        total.only_in_force,
        total.otherwise,
        report.institutions.len(),
    );
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().unwrap_or_else(|| "target/backtest".to_owned()));
    let rows = arguments.next().map_or(20, |millions| millions.parse::<u64>().unwrap()) * 1_000_000;
    let threads = arguments.next().map_or(2, |threads| threads.parse::<usize>().unwrap());
    if !dir.join("MANIFEST").exists() {
        let began = Instant::now();
        fill(&dir, rows);
        println!(
            "{rows} transactions of {FIRMS} firms in {DAYS} days written in {:.0} s",
            began.elapsed().as_secs_f64()
        );
    }
    let past = Past::of_columns(&dir, threads).unwrap();
    println!("{} rows, {threads} threads", past.as_of());
    run(&past, "frequent-transactions", "\"> 50\"", "\"> 40\"");
    run(&past, "fifty-thousand-yuan-day", "\"> 50000\"", "\"> 2000\"");
    run(&past, "transaction-concentration", "yellow: \"value", "yellow: \"1 = 1 OR value");
}
