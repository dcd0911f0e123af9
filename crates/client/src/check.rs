//! The offline check: what the server would refuse, known before anything is sent.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use model::spec::StreamSpec;
use model::time::Time;
use serde::Serialize;

use crate::lines::Lines;
use crate::prepare::Preparer;
use crate::pseudonymise::Pseudonymiser;
use crate::receipt::Refusal;

/// The most refused lines that a report lists; all are counted.
pub const REFUSALS_LISTED_MAX: usize = 100;

/// What a file looks like to the standard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Lines in all, blank ones not counted.
    pub lines: u64,
    /// Lines that the standard accepts.
    pub accepted: u64,
    /// Lines that it refuses.
    pub refused: u64,
    /// Bytes that would be sent, before compression.
    pub bytes: u64,
    /// Raw numbers that became pseudonyms.
    pub replaced: u64,
    /// The first refused lines, at most [`REFUSALS_LISTED_MAX`].
    pub refusals: Vec<Refusal>,
    /// How many lines were refused for each code first named.
    pub refused_by_code: BTreeMap<String, u64>,
}

impl CheckReport {
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.refused += 1;
        if let Some(fault) = refusal.faults.first() {
            *self.refused_by_code.entry(fault.code.clone()).or_default() += 1;
        }
        if self.refusals.len() < REFUSALS_LISTED_MAX {
            self.refusals.push(refusal);
        }
    }
}

/// Checks a file of NDJSON against a stream, as the server would at the time `now`; raw numbers
/// are first made pseudonyms where a pseudonymiser is given. What only the server can know (an id
/// filed before with other content, say) is not checked.
///
/// # Errors
/// Those of reading the file.
pub fn check(
    path: &Path,
    stream: &'static StreamSpec,
    pseudonymiser: Option<Pseudonymiser>,
    now: Time,
) -> io::Result<CheckReport> {
    let mut lines = Lines::new(BufReader::with_capacity(1 << 18, File::open(path)?));
    let mut preparer = Preparer::new(stream, pseudonymiser, now);
    let mut report = CheckReport::default();
    while let Some(line) = lines.next()? {
        report.lines += 1;
        match preparer.prepare(&line) {
            Ok(prepared) => {
                report.accepted += 1;
                report.bytes += prepared.len() as u64 + 1;
            }
            Err(refusal) => report.refuse(refusal),
        }
    }
    report.replaced = preparer.replaced;
    Ok(report)
}
