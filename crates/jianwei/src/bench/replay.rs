//! Replay: everything that a ledger holds, read, decrypted and evaluated again.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use engine::replay::replay;

use super::measure::process_cpu;
use super::report::{Figure, Report, number, progress};
use super::{Fallible, rules};

/// Records of the aim.
const AIM_RECORDS: f64 = 10_000_000.0;

/// Replays the data directory that filing left.
pub(super) fn measure(data: &Path, report: &mut Report) -> Fallible<()> {
    progress("replay");
    let scratch = data.join("scratch");
    let book = Arc::new(rules::rulebook()?);
    let (wall, cpu) = (Instant::now(), process_cpu(std::process::id())?);
    let replayed = replay(data, book, &scratch)?;
    let wall = wall.elapsed().as_secs_f64();
    let cpu = process_cpu(std::process::id())?.saturating_sub(cpu).as_secs_f64();
    if let Some(difference) = replayed.difference {
        return Err(format!("the replay came to something else: {difference}").into());
    }
    if replayed.other_rulebook > 0 {
        return Err("the ledger was evaluated under another rulebook".into());
    }
    let records = replayed.records as f64;
    let title = format!(
        "Replay: {} records under {} rules, {} findings, grades and occasions, all as sealed",
        number(records),
        rules::COUNT,
        number(replayed.compared as f64)
    );
    report.section(
        &title,
        vec![
            Figure::new("10 M records at this rate", wall / records * AIM_RECORDS, "s")
                .beside("aim: under 60"),
            Figure::new("records a second on the clock", records / wall, ""),
            Figure::new("records a CPU-second", records / cpu, ""),
        ],
    )
}
