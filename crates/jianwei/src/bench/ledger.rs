//! The ledger alone: entries of 256 bytes without payload, every group durable before the next one
//! is appended. In the pipelined rows another thread builds and hashes the next group meanwhile,
//! as the threads of a server do. Beside each row, in the same run: the same number of bytes written
//! to a raw file in the same groups, each made durable.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ledger::{EntryBatch, Ledger, Options, SecondTree, VerifyOptions, verify};
use rustix::fs::{FallocateFlags, fallocate};

use super::Fallible;
use super::measure::{bytes_below, process_cpu, quantile};
use super::report::{Figure, Report, number, progress};

const LEAF_BYTES: usize = 256;
/// A group of the usual size, and one as small as a busy hour leaves it.
const GROUPS: [u64; 2] = [256, 10_000];
/// Small groups wait for the disk most of the time, so fewer entries are enough.
const SMALL_GROUP_SHARE: u64 = 8;
/// Entries and proofs that are asked for.
const ASKED: u64 = 20_000;
/// 2026-11-03 12:00 in Shanghai.
const NOON_UNIX_S: i64 = 1_793_678_400;

/// What the strongest peers do on a machine such as this, records a second.
fn aim(group: u64) -> &'static str {
    match group {
        256 => "Tessera's POSIX engine measured at 11,800 in groups of 256",
        _ => "aim: 240,000 (10 × Tessera's POSIX engine), 272,000 (8 × immudb synced)",
    }
}

/// Measures a ledger of `records` entries below `dir`.
pub(super) fn measure(records: u64, dir: &Path, report: &mut Report) -> Fallible<()> {
    let dir = dir.join("ledger");
    for group in GROUPS {
        let records = if group < 1000 { (records / SMALL_GROUP_SHARE).max(group) } else { records };
        let mut figures = Vec::new();
        let mut rates = Vec::new();
        for second_tree in [None, Some(SecondTree::Sm3)] {
            for pipelined in [false, true] {
                let row = Row { group, records, second_tree, pipelined };
                progress(&format!("ledger: {} in groups of {group}", row.name()));
                let appended = append(&dir, &row)?;
                let raw = raw_file(&dir, row.groups(), appended.bytes)?;
                rates.push((row.second_tree.is_some(), appended.records / appended.cpu.as_secs_f64()));
                figures.extend(appended.figures(&row, raw));
            }
        }
        let of = |sm3: bool| rates.iter().filter(|rate| rate.0 == sm3).map(|rate| rate.1).sum::<f64>();
        figures.push(
            Figure::new("SHA-256 + SM3 / SHA-256 alone, in records a CPU-second", of(true) / of(false), "")
                .beside("aim: SM3 at 0.8 of SHA-256"),
        );
        report.section(
            &format!(
                "Durable append, {} entries in groups of {}",
                number(records as f64),
                number(group as f64)
            ),
            figures,
        )?;
    }
    progress("ledger: reading");
    // The ledger that the last row left: large groups, both trees.
    report.section("Reading the last of these ledgers", read(&dir)?)
}

/// One way of appending.
struct Row {
    group: u64,
    records: u64,
    second_tree: Option<SecondTree>,
    pipelined: bool,
}

impl Row {
    fn name(&self) -> String {
        let trees = if self.second_tree.is_some() { "SHA-256 + SM3" } else { "SHA-256" };
        format!("{trees}{}", if self.pipelined { ", pipelined" } else { "" })
    }

    fn groups(&self) -> u64 {
        self.records.div_ceil(self.group)
    }
}

/// What appending came to.
struct Appended {
    records: f64,
    wall: Duration,
    cpu: Duration,
    /// Bytes on the disk.
    bytes: u64,
}

impl Appended {
    fn figures(&self, row: &Row, raw: Raw) -> Vec<Figure> {
        let name = row.name();
        let rate = self.records / self.wall.as_secs_f64();
        let bound = self.records / raw.wall.as_secs_f64();
        vec![
            Figure::new(format!("{name}: records a second"), rate, "").beside(aim(row.group)),
            Figure::new(format!("{name}: the same bytes in a raw file"), bound, "")
                .beside(format!("fdatasync p50 {} ms", number(raw.sync_p50.as_secs_f64() * 1e3))),
            Figure::new(format!("{name}: share of that bound"), rate / bound, ""),
            Figure::new(format!("{name}: records a CPU-second"), self.records / self.cpu.as_secs_f64(), ""),
            Figure::new(format!("{name}: bytes a record on disk"), self.bytes as f64 / self.records, "")
                .beside(if row.second_tree.is_some() { "" } else { "aim: 300" }),
        ]
    }
}

fn append(dir: &Path, row: &Row) -> Fallible<Appended> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    let options = Options { second_tree: row.second_tree, ..Options::new("bench") };
    let mut ledger = Ledger::create(dir, options)?;
    let (cpu, begun) = (process_cpu(std::process::id())?, Instant::now());
    if row.pipelined {
        append_pipelined(&mut ledger, row)?;
    } else {
        let mut batch = EntryBatch::default();
        for first in (0..row.records).step_by(usize::try_from(row.group)?) {
            fill(&mut batch, first, row)?;
            ledger.append_group(std::slice::from_ref(&batch))?;
        }
    }
    let (wall, cpu) = (begun.elapsed(), process_cpu(std::process::id())?.saturating_sub(cpu));
    ledger.checkpoint(NOON_UNIX_S)?;
    let records = ledger.size() as f64;
    drop(ledger);
    let bytes = bytes_below(&dir.join("segments"))? + bytes_below(&dir.join("tree"))?;
    Ok(Appended { records, wall, cpu, bytes })
}

fn append_pipelined(ledger: &mut Ledger, row: &Row) -> Fallible<()> {
    let (filled, to_append) = mpsc::sync_channel::<Fallible<EntryBatch>>(2);
    let (used, to_fill) = mpsc::channel::<EntryBatch>();
    thread::scope(|scope| {
        scope.spawn(move || {
            for first in (0..row.records).step_by(usize::try_from(row.group).unwrap_or(1)) {
                let mut batch = to_fill.try_recv().unwrap_or_default();
                let made = fill(&mut batch, first, row).map(|()| batch);
                if filled.send(made).is_err() {
                    return;
                }
            }
        });
        for batch in to_append {
            let batch = batch?;
            ledger.append_group(std::slice::from_ref(&batch))?;
            // The other side may be done already.
            let _ = used.send(batch);
        }
        Ok(())
    })
}

fn fill(batch: &mut EntryBatch, first: u64, row: &Row) -> Fallible<()> {
    batch.clear();
    let mut leaf = [0x5a; LEAF_BYTES];
    for index in first..(first + row.group).min(row.records) {
        for (target, byte) in leaf.iter_mut().zip(index.to_le_bytes()) {
            *target = byte;
        }
        batch.push(&leaf, b"")?;
    }
    Ok(batch.hash(row.second_tree)?)
}

/// What a raw file came to.
struct Raw {
    wall: Duration,
    sync_p50: Duration,
}

/// Writes as many bytes to a file, in as many groups, each made durable: what the disk allows.
fn raw_file(dir: &Path, groups: u64, bytes: u64) -> Fallible<Raw> {
    let path = dir.with_extension("raw");
    let group = vec![0x5a; usize::try_from(bytes / groups.max(1))?];
    let mut file = File::create(&path)?;
    let mut syncs = Vec::new();
    let begun = Instant::now();
    // With room reserved, as the ledger does it: else each fdatasync has the new length to keep, too.
    fallocate(&file, FallocateFlags::empty(), 0, bytes)?;
    for _ in 0..groups {
        file.write_all(&group)?;
        let sync = Instant::now();
        file.sync_data()?;
        syncs.push(sync.elapsed());
    }
    let wall = begun.elapsed();
    fs::remove_file(path)?;
    syncs.sort_unstable();
    Ok(Raw { wall, sync_p50: quantile(&syncs, 0.5) })
}

fn read(dir: &Path) -> Fallible<Vec<Figure>> {
    let options = Options { second_tree: Some(SecondTree::Sm3), ..Options::new("bench") };
    let mut figures = Vec::new();
    let begun = Instant::now();
    let ledger = Ledger::open(dir, options)?;
    let records = ledger.size() as f64;
    figures.push(
        Figure::new("reopened, the last segment read whole", begun.elapsed().as_secs_f64(), "s")
            .beside(format!("{} entries", number(records))),
    );

    let reader = ledger.reader();
    let begun = Instant::now();
    let mut leaf_bytes = 0;
    for frame in reader.read(0..reader.size()) {
        leaf_bytes += frame?.entries().map(|entry| entry.leaf.len()).sum::<usize>();
    }
    let seconds = begun.elapsed().as_secs_f64();
    if leaf_bytes as f64 != records * LEAF_BYTES as f64 {
        return Err("the ledger gave back other entries".into());
    }
    let segment_bytes = bytes_below(&dir.join("segments"))? as f64;
    figures.push(Figure::new("read in order: records a second", records / seconds, ""));
    figures.push(Figure::new("read in order", segment_bytes / seconds / 1e9, "GB/s"));

    // A step that shares no divisor with usual sizes, so that every ask goes elsewhere.
    let places = || (0..ASKED).map(|ask| ask * 7919 % reader.size().max(1));
    let begun = Instant::now();
    for place in places() {
        reader.entry(place)?;
    }
    figures.push(Figure::new("entries by index a second", ASKED as f64 / begun.elapsed().as_secs_f64(), ""));
    let begun = Instant::now();
    for place in places() {
        reader.inclusion(place, reader.size())?;
    }
    figures.push(Figure::new("inclusion proofs a second", ASKED as f64 / begun.elapsed().as_secs_f64(), ""));
    let begun = Instant::now();
    for place in places() {
        reader.consistency(place.max(1), reader.size())?;
    }
    figures.push(Figure::new(
        "consistency proofs a second",
        ASKED as f64 / begun.elapsed().as_secs_f64(),
        "",
    ));

    drop(ledger);
    let begun = Instant::now();
    let verified = verify(dir, &VerifyOptions::default())?;
    if !verified.is_clean() || verified.entries as f64 != records {
        return Err("the ledger does not verify".into());
    }
    let seconds = begun.elapsed().as_secs_f64();
    figures.push(Figure::new("verified, both trees: records a second", records / seconds, ""));
    Ok(figures)
}
