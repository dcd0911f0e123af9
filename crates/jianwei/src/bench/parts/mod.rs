//! Each unavoidable part of filing alone: one thread, CPU time a record.
//!
//! The transactions go through the parts block by block, every part on the same block before the
//! next block is made: so they share whatever the machine does meanwhile, and their inputs come
//! from memory rather than from the nearest cache, as in the server.

mod evaluating;
mod keeping;
mod reading;
mod sealing;

use std::path::Path;
use std::time::Duration;

use model::institution::InstitutionId;

use super::Fallible;
use super::measure::Cost;
use super::report::{Figure, Report, number, progress};
use super::rules;
use evaluating::Evaluating;
use keeping::Keeping;
use reading::Reading;
use sealing::Sealing;

/// Records in a block.
const BLOCK_RECORDS: u64 = 65_536;
/// Records that go through a part together, as in the server.
const CHUNK_RECORDS: usize = engine::intake::chunk::CHUNK_RECORDS;
/// The seed of the transactions.
pub(super) const SEED: u64 = 1;

/// What the parts take together, in microseconds of CPU time a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    /// Parsing, canonical form, commitments, encryption, leaf hash, tree, fsync.
    pub(super) sealed_micros: f64,
    /// All parts: validated, told apart, under rules and in columns too.
    pub(super) all_micros: f64,
}

/// One part.
struct Part {
    name: &'static str,
    cpu: Duration,
    role: Role,
}

/// How a part enters the sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Whatever is sealed has to go through it.
    Sealed,
    /// As [`Role::Sealed`], but contained in [`Role::ParsedAndMore`].
    Parsed,
    /// What the whole does besides; contains parsing.
    ParsedAndMore,
    /// What the whole does besides.
    More,
    /// Shown only: others contain it.
    Shown,
}

impl Role {
    fn is_sealed(self) -> bool {
        matches!(self, Self::Sealed | Self::Parsed)
    }

    fn is_in_all(self) -> bool {
        matches!(self, Self::Sealed | Self::ParsedAndMore | Self::More)
    }
}

/// Measures the parts over `records` transactions, writing below `dir`.
pub(super) fn measure(records: u64, dir: &Path, report: &mut Report) -> Fallible<Sums> {
    let dir = dir.join("parts");
    std::fs::create_dir_all(&dir)?;
    let institution = InstitutionId::synthetic(1);
    let mut lines = sim::transactions(SEED, records);
    let mut text = Vec::new();
    let mut text_bytes = 0;
    let mut reading = Reading::new();
    let mut sealing = Sealing::new(institution.as_str());
    let mut keeping = Keeping::new(institution.as_str(), &dir)?;
    let mut evaluating = Evaluating::new(institution.as_str(), &dir)?;
    let mut done = 0;
    while lines.remaining() > 0 {
        if done % (16 * BLOCK_RECORDS) == 0 {
            progress(&format!("parts: {} of {} records", number(done as f64), number(records as f64)));
        }
        text.clear();
        done += lines.append(BLOCK_RECORDS, &mut text);
        text_bytes += text.len();
        let chunks = reading.block(&text)?;
        let sealed = sealing.block(&chunks)?;
        keeping.block(&chunks, &sealed)?;
        evaluating.block(chunks)?;
    }
    keeping.end()?;
    evaluating.end()?;
    let findings = evaluating.findings;
    let bytes_a_record = keeping.bytes as f64 / records as f64;
    let fsync = keeping.fsync_wall();
    let mut parts = reading.parts();
    parts.extend(sealing.parts());
    parts.extend(keeping.parts());
    parts.extend(evaluating.parts());
    std::fs::remove_dir_all(&dir)?;

    let micros = |cpu: Duration| cpu.as_secs_f64() * 1e6 / records as f64;
    let sum = |counts: fn(Role) -> bool| {
        parts.iter().filter(|part| counts(part.role)).map(|part| micros(part.cpu)).sum()
    };
    let sums = Sums { sealed_micros: sum(Role::is_sealed), all_micros: sum(Role::is_in_all) };
    let per_second = |micros: f64| format!("{} records a CPU-second", number(1e6 / micros));
    let mut figures: Vec<_> = parts
        .iter()
        .map(|part| Figure::new(part.name, micros(part.cpu), "µs").beside(per_second(micros(part.cpu))))
        .collect();
    let sum_of = |name, micros| Figure::new(name, micros, "µs").beside(per_second(micros));
    figures.push(sum_of(
        "sum: JSON, canonical form, commitments, encryption, hash, tree, fsync",
        sums.sealed_micros,
    ));
    figures.push(sum_of("sum of all (validation, duplicates, rules, columns too)", sums.all_micros));
    figures.push(Figure::new(
        "time on the clock in write and fdatasync",
        fsync.as_secs_f64() * 1e6 / records as f64,
        "µs",
    ));
    figures.push(Figure::new("a line of JSON", text_bytes as f64 / records as f64, "bytes"));
    figures.push(Figure::new("entry in the ledger, with its hash", bytes_a_record, "bytes"));
    figures.push(Figure::new("findings raised", findings as f64, ""));
    let title =
        format!("Each part alone: CPU time a record, one thread, {} transactions", number(records as f64));
    report.section(&title, figures)?;
    Ok(sums)
}

/// A part that took what was measured on this thread.
fn part(name: &'static str, cost: Cost, role: Role) -> Part {
    Part { name, cpu: cost.cpu, role }
}
