//! Measures the ledger alone on this machine: `ledger_bench [DIR] [RECORDS]`.
//!
//! Entries are leaves of 256 bytes without payload. Every group is durable before the next one is
//! appended; in the pipelined rows another thread builds and hashes the next group meanwhile, as
//! the workers of a server do.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::mpsc,
    time::Instant,
};

use ledger::{EntryBatch, Ledger, Options, SecondTree, VerifyOptions};

const LEAF_BYTES: usize = 256;
/// 2026-11-03 12:00 in Shanghai.
const NOON_UNIX_S: i64 = 1_793_678_400;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().map_or_else(|| std::env::temp_dir().join("ledger_bench"), PathBuf::from);
    let records: u64 = arguments.next().map_or(Ok(4_000_000), |text| text.parse())?;
    println!("| trees | group | pipelined | records/s | records/CPU-s | bytes/record |");
    println!("|---|---|---|---|---|---|");
    for second_tree in [None, Some(SecondTree::Sm3)] {
        for group in [256, 10_000] {
            for pipelined in [false, true] {
                let records = if group == 256 { records / 8 } else { records };
                append(&dir, second_tree, group, pipelined, records)?;
            }
        }
    }
    // The ledger that the last row left is the one that is read.
    let options = Options { second_tree: Some(SecondTree::Sm3), ..Options::new("bench") };
    read(&dir, options)?;
    keys(&dir)?;
    fs::remove_dir_all(&dir)?;
    Ok(())
}

fn append(
    dir: &Path,
    second_tree: Option<SecondTree>,
    group: u64,
    pipelined: bool,
    records: u64,
) -> Outcome<()> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    let mut ledger = Ledger::create(dir, Options { second_tree, ..Options::new("bench") })?;
    let (cpu, start) = (cpu_seconds()?, Instant::now());
    match pipelined {
        false => {
            let mut batch = EntryBatch::default();
            for first in (0..records).step_by(usize::try_from(group)?) {
                fill(&mut batch, first, group, second_tree)?;
                ledger.append_group(std::slice::from_ref(&batch))?;
            }
        }
        true => append_pipelined(&mut ledger, second_tree, group, records)?,
    }
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    ledger.checkpoint(NOON_UNIX_S)?;
    let records = ledger.size() as f64;
    drop(ledger);
    let bytes = bytes_below(&dir.join("segments"))? + bytes_below(&dir.join("tree"))?;
    println!(
        "| {} | {group} | {} | {:.0} | {:.0} | {:.1} |",
        if second_tree.is_some() { "SHA-256 + SM3" } else { "SHA-256" },
        if pipelined { "yes" } else { "no" },
        records / seconds,
        records / cpu,
        bytes as f64 / records,
    );
    Ok(())
}

fn append_pipelined(
    ledger: &mut Ledger,
    second_tree: Option<SecondTree>,
    group: u64,
    records: u64,
) -> Outcome<()> {
    let (filled, to_append) = mpsc::sync_channel::<EntryBatch>(2);
    let (used, to_fill) = mpsc::channel::<EntryBatch>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for first in (0..records).step_by(usize::try_from(group).unwrap_or(1)) {
                let mut batch = to_fill.try_recv().unwrap_or_default();
                if fill(&mut batch, first, group, second_tree).is_err() || filled.send(batch).is_err() {
                    return;
                }
            }
        });
        for batch in to_append {
            ledger.append_group(std::slice::from_ref(&batch))?;
            // The other side may be done already.
            let _ = used.send(batch);
        }
        Ok(())
    })
}

fn fill(batch: &mut EntryBatch, first: u64, count: u64, second: Option<SecondTree>) -> Outcome<()> {
    batch.clear();
    let mut leaf = [0x5a; LEAF_BYTES];
    for index in first..first + count {
        for (target, byte) in leaf.iter_mut().zip(index.to_le_bytes()) {
            *target = byte;
        }
        batch.push(&leaf, b"")?;
    }
    Ok(batch.hash(second)?)
}

fn read(dir: &Path, options: Options) -> Outcome<()> {
    let timed = |what: &str, bytes: u64, records: u64, start: Instant| {
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{what}: {:.2} s, {:.2} GB/s, {:.1} M records/s",
            seconds,
            bytes as f64 / seconds / 1e9,
            records as f64 / seconds / 1e6,
        );
    };
    let bytes = bytes_below(&dir.join("segments"))?;
    println!();
    let start = Instant::now();
    let ledger = Ledger::open(dir, options.clone())?;
    timed("open, last segment read whole", bytes, ledger.size(), start);

    let reader = ledger.reader();
    let start = Instant::now();
    let mut leaf_bytes = 0;
    for frame in reader.read(0..reader.size()) {
        leaf_bytes += frame?.entries().map(|entry| entry.leaf.len()).sum::<usize>();
    }
    timed("read in order", bytes, reader.size(), start);
    assert_eq!(leaf_bytes, LEAF_BYTES * usize::try_from(reader.size())?);

    let start = Instant::now();
    let count = 20_000;
    for i in 0..count {
        reader.entry(i * 7_919 % reader.size())?;
    }
    println!("read by index: {:.1} µs each", start.elapsed().as_secs_f64() / count as f64 * 1e6);
    let start = Instant::now();
    for i in 0..count {
        reader.inclusion(i * 7_919 % reader.size(), reader.size())?;
    }
    println!("inclusion proof: {:.1} µs each", start.elapsed().as_secs_f64() / count as f64 * 1e6);
    let size = ledger.size();
    drop(ledger);
    let start = Instant::now();
    let report = ledger::verify(dir, &VerifyOptions::default())?;
    assert!(report.is_clean() && report.entries == size);
    timed("verify", bytes, size, start);
    Ok(())
}

fn keys(dir: &Path) -> Outcome<()> {
    let store = ledger::KeyStore::open(dir)?;
    let subjects: Vec<String> = (0..1_000_000).map(|i| format!("pseudonym-{i:020}")).collect();
    let before = resident_bytes()?;
    let start = Instant::now();
    for chunk in subjects.chunks(10_000) {
        store.get_or_create(chunk)?;
    }
    println!("\nmake 1 M keys: {:.2} s", start.elapsed().as_secs_f64());
    println!("their memory: {:.0} MB", (resident_bytes()?.saturating_sub(before)) as f64 / 1e6);
    let start = Instant::now();
    let mut found = 0;
    for subject in &subjects {
        found += usize::from(store.get(subject.as_bytes()).is_some());
    }
    println!("get: {:.2} µs each", start.elapsed().as_secs_f64());
    assert_eq!(found, subjects.len());
    drop(store);
    let start = Instant::now();
    let store = ledger::KeyStore::open(dir)?;
    println!("open with {} keys: {:.2} s", store.len(), start.elapsed().as_secs_f64());
    Ok(())
}

fn bytes_below(dir: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for item in fs::read_dir(dir)? {
        bytes += item?.metadata()?.len();
    }
    Ok(bytes)
}

/// CPU time of this process, all threads, user and system.
fn cpu_seconds() -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat")?;
    let ticks: f64 = fields.split_whitespace().skip(11).take(2).flat_map(str::parse::<f64>).sum();
    Ok(ticks / 100.0)
}

fn resident_bytes() -> Outcome<u64> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split(' ').nth(1).ok_or("/proc/self/statm")?.parse()?;
    Ok(pages * 4096)
}
