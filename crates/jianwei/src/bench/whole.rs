//! The whole filing path: HTTP, validated, told apart, sealed, durable, thirty rules evaluated, in
//! columns. The server's CPU time counts until it is at rest, so work put off counts too.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use sim::{TransactionLines, transactions};

use super::load::{Client, Coding, Filing, latencies, load_until, send_all};
use super::measure::quantile;
use super::parts::{SEED, Sums};
use super::report::{Figure, Report, number, progress};
use super::server::Server;
use super::{Fallible, FilingArgs, rules};

/// Transactions of a filing.
const FILING_RECORDS: u64 = 100_000;
/// Transactions that are held ready before the clock starts.
const ROUND_RECORDS: u64 = 500_000;
/// Small filings whose times are taken.
const SMALL_FILINGS: u64 = 200;
/// Transactions of the filings that go on beside the small ones.
const BESIDE_RECORDS: u64 = 50_000;

/// What filing came to.
struct Filed {
    cpu: Duration,
    wall: Duration,
}

/// Measures the whole over `args.records` transactions for each coding. Returns the data directory
/// of the first, for whoever replays it.
pub(super) fn measure(args: &FilingArgs, dir: &Path, parts: &Sums, report: &mut Report) -> Fallible<PathBuf> {
    let rulebook = dir.join("rulebook");
    rules::write(&rulebook)?;
    let mut figures = Vec::new();
    let mut identity_data = PathBuf::new();
    for (coding, seed) in [(Coding::Identity, SEED), (Coding::Zstd, SEED + 1)] {
        let name = coding.name();
        let server = Server::start(&dir.join(name), &rulebook)?;
        let filed = rate(&server, args, coding, seed)?;
        let records = args.records as f64;
        let micros = filed.cpu.as_secs_f64() * 1e6 / records;
        figures.push(Figure::new(format!("{name}: records a server CPU-second"), 1e6 / micros, "").beside(
            "aim: over 200,000; the strongest open peer publishes 2,497 a second on about 1,488 cores",
        ));
        figures.push(Figure::new(format!("{name}: server CPU time a record"), micros, "µs"));
        figures.push(
            Figure::new(
                format!("{name}: records a second on the clock"),
                records / filed.wall.as_secs_f64(),
                "",
            )
            .beside(format!(
                "{} connections; what loads the server runs on the same machine",
                args.connections
            )),
        );
        figures.push(
            Figure::new(
                format!("{name}: efficiency, sum of all parts / whole"),
                parts.all_micros / micros,
                "",
            )
            .beside("aim: 0.6 or better"),
        );
        figures.push(
            Figure::new(
                format!("{name}: efficiency, sealing alone / whole"),
                parts.sealed_micros / micros,
                "",
            )
            .beside("JSON, canonical form, commitments, encryption, hash, tree, fsync"),
        );
        figures.push(memory(format!("{name}: peak memory"), &server)?);
        if coding == Coding::Identity {
            identity_data = server.stop()?;
            continue;
        }
        let title = format!(
            "The whole filing path: {} transactions in filings of {}, {} rules, columns",
            number(records),
            number(FILING_RECORDS as f64),
            rules::COUNT
        );
        report.section(&title, std::mem::take(&mut figures))?;
        report.section("From the request's first byte to the durable receipt", latency(&server, args)?)?;
        std::fs::remove_dir_all(server.stop()?)?;
    }
    if args.large > 0 {
        report
            .section("Peak memory of the server, a fresh one each time", memories(args, dir, &rulebook)?)?;
    }
    Ok(identity_data)
}

fn rate(server: &Server, args: &FilingArgs, coding: Coding, seed: u64) -> Fallible<Filed> {
    // What happens once: the first connection, the institution's key.
    let client = Client::new(server);
    client.file(&Filing::next(&mut transactions(seed + 1000, 1000), 1000, coding)?)?;
    server.wait_for_rest()?;
    let mut lines = transactions(seed, args.records);
    let mut filed = Filed { cpu: Duration::ZERO, wall: Duration::ZERO };
    while lines.remaining() > 0 {
        progress(&format!("whole, {}: {} records to go", coding.name(), number(lines.remaining() as f64)));
        let round = prepare(&mut lines, coding)?;
        let cpu = server.cpu()?;
        filed.wall += send_all(server, round, args.connections)?;
        server.wait_for_rest()?;
        filed.cpu += server.cpu()?.saturating_sub(cpu);
    }
    Ok(filed)
}

/// Filings of a round.
fn prepare(lines: &mut TransactionLines, coding: Coding) -> Fallible<Vec<Filing>> {
    let mut round = Vec::new();
    let until = lines.remaining().saturating_sub(ROUND_RECORDS);
    while lines.remaining() > until {
        round.push(Filing::next(lines, FILING_RECORDS.min(lines.remaining() - until), coding)?);
    }
    Ok(round)
}

fn latency(server: &Server, args: &FilingArgs) -> Fallible<Vec<Figure>> {
    let client = Client::new(server);
    let mut figures = Vec::new();
    for (load, seed) in [("at rest", 100), ("under load", 200)] {
        progress(&format!("small filings, the server {load}"));
        let stop = AtomicBool::new(false);
        let times = thread::scope(|scope| {
            let loading: Vec<_> = (0..args.connections as u64)
                .filter(|_| load == "under load")
                .map(|number| {
                    let (stop, lines) = (&stop, transactions(seed + 50 + number, 1 << 40));
                    scope.spawn(move || load_until(&Client::new(server), lines, BESIDE_RECORDS, stop))
                })
                .collect();
            let times = small_filings(&client, seed);
            stop.store(true, Ordering::Relaxed);
            for loader in loading {
                loader.join().map_err(|_| "a connection failed")??;
            }
            times
        })?;
        for (records, mut times) in times {
            times.sort_unstable();
            let name = |share| format!("{records} records, the server {load}: {share}");
            for (share, at) in [("p50", 0.5), ("p99", 0.99)] {
                figures.push(Figure::new(name(share), quantile(&times, at).as_secs_f64() * 1e3, "ms"));
            }
        }
    }
    Ok(figures)
}

/// Times of small filings, by their number of records.
fn small_filings(client: &Client, seed: u64) -> Fallible<Vec<(u64, Vec<Duration>)>> {
    [1, 100]
        .into_iter()
        .map(|records| {
            let mut lines = transactions(seed + records, SMALL_FILINGS * records);
            let filings: Fallible<Vec<_>> =
                (0..SMALL_FILINGS).map(|_| Filing::next(&mut lines, records, Coding::Identity)).collect();
            Ok((records, latencies(client, &filings?)?))
        })
        .collect()
}

/// Peak memory after one usual filing, after many, and after as many records in a single one: state
/// grows with the persons seen, so only the last two tell what the size of a filing does.
fn memories(args: &FilingArgs, dir: &Path, rulebook: &Path) -> Fallible<Vec<Figure>> {
    let (mut figures, mut bytes) = (Vec::new(), Vec::new());
    let small = FILING_RECORDS.min(args.large);
    let runs = [
        (format!("one filing of {}", number(small as f64)), small, small),
        (format!("{} in filings of {}", number(args.large as f64), number(small as f64)), args.large, small),
        (format!("{} in one filing", number(args.large as f64)), args.large, args.large),
    ];
    for (name, records, per_filing) in runs {
        progress(&format!("memory: {name}"));
        let server = Server::start(&dir.join("memory"), rulebook)?;
        let client = Client::new(&server);
        let mut lines = transactions(SEED, records);
        if per_filing == records {
            client.file_streaming(lines)?;
        } else {
            while lines.remaining() > 0 {
                client.file(&Filing::next(&mut lines, per_filing, Coding::Identity)?)?;
            }
        }
        server.wait_for_rest()?;
        bytes.push(server.peak_memory_bytes()? as f64);
        figures.push(memory(name, &server)?);
        std::fs::remove_dir_all(server.stop()?)?;
    }
    if let [_, in_many, in_one] = bytes.as_slice() {
        let ratio = Figure::new("one large filing / many usual ones, as many records", in_one / in_many, "");
        figures.push(ratio.beside("aim: about 1, memory does not depend on the size of a filing"));
    }
    Ok(figures)
}

fn memory(name: String, server: &Server) -> Fallible<Figure> {
    Ok(Figure::new(name, server.peak_memory_bytes()? as f64 / f64::from(1 << 20), "MiB"))
}
