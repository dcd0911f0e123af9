//! Transactions as Parquet, and queries over them: our side of `benches/duckdb_indicators.py`.
//!
//! `--records N --out DIR` writes
//!
//! ```text
//! DIR/history/transaction-*.parquet   N transactions of 100 institutions in 30 days
//! DIR/queries/NAME.sql                the queries, which both engines run as they stand
//! ```
//!
//! `--out DIR --ask` reads names of queries from standard input and answers each with one line of
//! JSON: the time on the clock and on the processor, and the rows. So whoever asks can let two
//! engines take turns, each in a process that has its tables open.

mod queries;

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use model::arrow::to_batch;
use model::columns::Columns;
use model::institution::InstitutionId;
use model::read::LineReader;
use model::spec::Record;
use model::streams::Transaction;
use model::time::Time;
use serde::Serialize;
use serde_json::{Map, Value};
use sim::{LOAD_FIRST_DAY, TransactionLines, transactions};
use store::history::{History, HistorySession};

use super::Fallible;
use super::measure::process_cpu;
use super::report::{number, progress};
use crate::screen::Screen;

const INSTITUTIONS: u64 = 100;
const DAYS: u32 = 30;
/// Lines that an institution files at a time, before it is the next one's turn.
const TURN_LINES: u64 = 1024;

#[derive(Args, Debug)]
pub(super) struct IndicatorsArgs {
    /// Folder for Parquet files and queries
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Transactions to write
    #[arg(long, value_name = "N", default_value_t = 20_000_000, conflicts_with = "ask")]
    records: u64,
    /// Answer queries named on standard input over what was written before
    #[arg(long)]
    ask: bool,
    /// Threads of a query
    #[arg(long, value_name = "N", default_value_t = 1, requires = "ask")]
    threads: usize,
}

pub(super) fn run(args: &IndicatorsArgs) -> Fallible<()> {
    if args.ask { answer(args) } else { write(args) }
}

fn history(out: &Path) -> PathBuf {
    out.join("history")
}

fn query_file(out: &Path, name: &str) -> PathBuf {
    out.join("queries").join(format!("{name}.sql"))
}

fn write(args: &IndicatorsArgs) -> Fallible<()> {
    std::fs::create_dir_all(args.out.join("queries"))?;
    for query in queries::all()? {
        std::fs::write(query_file(&args.out, &query.name), query.sql)?;
    }
    let mut history = History::rebuild(&history(&args.out))?;
    let reader = LineReader::new(Transaction::STREAM, Time::start_of(LOAD_FIRST_DAY.plus(DAYS as i32 + 1)));
    let mut institutions: Vec<(InstitutionId, TransactionLines)> = (0..INSTITUTIONS)
        .map(|serial| {
            // Those left over by the division are the first institution's.
            let extra = if serial == 0 { args.records % INSTITUTIONS } else { 0 };
            let lines = transactions(serial, args.records / INSTITUTIONS + extra);
            (InstitutionId::synthetic(serial as u32), lines.over(LOAD_FIRST_DAY, DAYS))
        })
        .collect();
    let mut size = 0;
    let mut text = Vec::new();
    while size < args.records {
        progress(&format!("{} of {} transactions written", number(size as f64), number(args.records as f64)));
        for (institution, lines) in institutions.iter_mut().filter(|(_, lines)| lines.remaining() > 0) {
            text.clear();
            lines.append(TURN_LINES, &mut text);
            let columns = read(&reader, &text)?;
            let positions: Vec<u64> = (size..size + columns.len() as u64).collect();
            size += positions.len() as u64;
            history.append(
                Transaction::STREAM,
                to_batch(Transaction::STREAM, institution.as_str(), columns, positions)?,
            )?;
            history.settle(size)?;
        }
    }
    history.flush(size)?;
    history.wait_for_files()?;
    Ok(())
}

fn read(reader: &LineReader, text: &[u8]) -> Fallible<Columns> {
    let mut columns = Columns::new(Transaction::STREAM.fields);
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let read = reader.read(line, &mut columns);
        read.map_err(|faults| format!("a simulated line is refused: {faults:?}"))?;
    }
    Ok(columns)
}

/// The answer to one query.
#[derive(Serialize)]
struct Answer {
    seconds: f64,
    cpu_seconds: f64,
    rows: Vec<Map<String, Value>>,
}

fn answer(args: &IndicatorsArgs) -> Fallible<()> {
    let history = History::open(&history(&args.out))?;
    let options = query::Options { partitions: args.threads, ..query::Options::default() };
    let session = history.session(None, &options)?;
    let mut screen = Screen::stdout();
    for name in std::io::stdin().lock().lines() {
        let sql = std::fs::read_to_string(query_file(&args.out, &name?))?;
        screen.line(serde_json::to_string(&ask(&session, &sql)?)?)?;
        screen.flush()?;
    }
    Ok(())
}

fn ask(session: &HistorySession, sql: &str) -> Fallible<Answer> {
    let (begun, cpu) = (Instant::now(), process_cpu(std::process::id())?);
    let rows = session.run(sql)?;
    let seconds = begun.elapsed().as_secs_f64();
    let cpu_seconds = process_cpu(std::process::id())?.saturating_sub(cpu).as_secs_f64();
    Ok(Answer { seconds, cpu_seconds, rows: rows.to_json() })
}
