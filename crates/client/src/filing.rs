//! Filing a file: checked as a whole, then sent batch by batch.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use model::clock::Clock;
use model::pseudonym::PseudonymKey;
use model::spec::StreamSpec;
use model::time::Day;
use serde::Serialize;

use crate::batch::{Batch, BatchLimits};
use crate::check::{CheckReport, REFUSALS_LISTED_MAX, check};
use crate::connection::{Answer, Connection, Mode, Request, compress};
use crate::lines::Lines;
use crate::prepare::Preparer;
use crate::pseudonymise::Pseudonymiser;
use crate::receipt::{Problem, Receipt, Refusal};
use crate::receipts::{ReceiptFolder, StoredReceipt};
use crate::retry::RetryPolicy;

/// What to file and how.
#[derive(Clone, Debug)]
pub struct FilingJob {
    /// The stream.
    pub stream: &'static StreamSpec,
    /// The file: NDJSON in the wire form, raw numbers allowed where a pseudonym key is given.
    pub path: PathBuf,
    /// The business date that it covers; none for a push in real time.
    pub date: Option<Day>,
    /// Whether the stream is complete for that date with this file. Said with the last batch, and
    /// not said when lines were left out.
    pub complete: bool,
    /// How the server takes refused lines. Atomic filings go in one batch.
    pub mode: Mode,
    /// Whether to send the rest when the offline check refuses lines; otherwise nothing is sent.
    pub leave_out_refused: bool,
    /// How large batches may be.
    pub limits: BatchLimits,
    /// How often to try again.
    pub retry: RetryPolicy,
    /// The folder that keeps the receipts.
    pub receipts: PathBuf,
    /// With it, raw numbers become pseudonyms.
    pub pseudonym_key: Option<PseudonymKey>,
}

impl FilingJob {
    /// A job with the usual settings: line by line, nothing sent when a line is refused offline,
    /// receipts in `receipts`.
    pub fn new(stream: &'static StreamSpec, path: PathBuf, receipts: PathBuf) -> Self {
        Self {
            stream,
            path,
            date: None,
            complete: false,
            mode: Mode::default(),
            leave_out_refused: false,
            limits: BatchLimits::default(),
            retry: RetryPolicy::default(),
            receipts,
            pseudonym_key: None,
        }
    }
}

/// What is going on, for whoever watches.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// The offline check is done.
    Checked(&'a CheckReport),
    /// The key will travel unencrypted to another machine.
    Exposed,
    /// A batch is being sent.
    Sending {
        /// Its number, from 1.
        batch: u64,
        /// Its lines.
        lines: u64,
        /// Its bytes as sent.
        compressed_bytes: u64,
    },
    /// An attempt failed; the next one comes after a wait.
    Waiting {
        /// The batch's number, from 1.
        batch: u64,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// How long the wait is.
        wait: Duration,
        /// What happened.
        reason: &'a str,
    },
    /// A batch is sealed: its receipt is kept.
    Sealed {
        /// The batch's number, from 1.
        batch: u64,
        /// Lines of the file dealt with so far, those left out not counted.
        lines_done: u64,
        /// Whether the receipt was there from an earlier run, and nothing was sent.
        earlier: bool,
        /// The receipt.
        receipt: &'a Receipt,
    },
}

/// What came of a filing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FilingSummary {
    /// Batches in all.
    pub batches: u64,
    /// Of those, batches that an earlier run had filed.
    pub batches_earlier: u64,
    /// Lines filed.
    pub lines: u64,
    /// Lines accepted.
    pub accepted: u64,
    /// Lines accepted before.
    pub duplicates: u64,
    /// Lines refused by the server.
    pub refused: u64,
    /// Lines left out because the offline check refuses them.
    pub left_out: u64,
    /// The first refused lines, the server's and those left out, by their numbers in the file.
    pub refusals: Vec<Refusal>,
    /// Whether the stream was declared complete for the date and the server counts it so.
    pub declared_complete: bool,
    /// The last receipt.
    pub last_receipt: Option<Receipt>,
}

/// Why a filing was not made, or not wholly. What has a receipt is sealed; run again to go on.
#[derive(Debug, thiserror::Error)]
pub enum FilingError {
    /// Lines that the standard refuses; nothing was sent.
    #[error("{} of {} lines are refused by the standard; nothing was sent", .0.refused, .0.lines)]
    Check(Box<CheckReport>),
    /// The file was changed while it was being filed; what has a receipt is sealed.
    #[error(
        "line {line} of the file changed after the check and is refused now; nothing from there on was sent"
    )]
    FileChanged {
        /// The first such line.
        line: u64,
    },
    /// Only a date can be complete.
    #[error("a stream is complete for a date; name the date")]
    DateWanted,
    /// An atomic filing goes in one batch and this one does not fit.
    #[error("an atomic filing goes in one batch; this one has {lines} lines and {bytes} bytes")]
    AtomicTooLarge {
        /// Its lines.
        lines: u64,
        /// Its bytes.
        bytes: u64,
    },
    /// The file or the receipts' folder failed.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The server refused a batch.
    #[error("batch {batch} was refused: {problem}")]
    Refused {
        /// The batch's number, from 1.
        batch: u64,
        /// Why.
        problem: Box<Problem>,
    },
    /// The server could not be reached, or could not take it, as often as it was tried.
    #[error("batch {batch} could not be filed in {attempts} attempts: {reason}")]
    GaveUp {
        /// The batch's number, from 1.
        batch: u64,
        /// The attempts.
        attempts: u32,
        /// What happened last.
        reason: String,
    },
    /// A receipt for something else than what was sent; it was not kept.
    #[error("the receipt for batch {batch} is for {lines} lines of {stream}, which were not sent")]
    ReceiptDiffers {
        /// The batch's number, from 1.
        batch: u64,
        /// The lines that it speaks of.
        lines: u64,
        /// The stream that it speaks of.
        stream: String,
    },
}

/// Files a file. Checks it as a whole first; then sends it in batches, skipping those that an
/// earlier run has receipts for, and keeps each receipt before it goes on.
///
/// # Errors
/// [`FilingError`]. Running the same job again goes on where this one stopped.
pub fn file(
    job: &FilingJob,
    connection: &Connection,
    clock: &Clock,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<FilingSummary, FilingError> {
    if job.complete && job.date.is_none() {
        return Err(FilingError::DateWanted);
    }
    let at_file = |source| FilingError::File { path: job.path.display().to_string(), source };
    let pseudonymiser = job.pseudonym_key.clone().map(|key| Pseudonymiser::new(key, job.stream));
    let now = clock.now();
    let report = check(&job.path, job.stream, pseudonymiser.clone(), now).map_err(at_file)?;
    progress(Progress::Checked(&report));
    if report.refused > 0 && (!job.leave_out_refused || job.mode == Mode::Atomic) {
        return Err(FilingError::Check(Box::new(report)));
    }
    let is_large = report.bytes > job.limits.bytes as u64 || report.accepted > job.limits.lines as u64;
    if job.mode == Mode::Atomic && is_large {
        return Err(FilingError::AtomicTooLarge { lines: report.accepted, bytes: report.bytes });
    }
    if connection.is_exposed() {
        progress(Progress::Exposed);
    }
    let folder_path = job.receipts.join(folder_name(connection.server()));
    let folder = ReceiptFolder::open(&folder_path)
        .map_err(|source| FilingError::File { path: folder_path.display().to_string(), source })?;
    let mut sender = Sender { job, connection, folder, progress, summary: FilingSummary::default() };

    // The file is read and checked once more while it is sent: what is sent is what was checked,
    // even if the file was changed in between.
    let input = File::open(&job.path).map_err(at_file)?;
    let mut lines = Lines::new(BufReader::with_capacity(1 << 18, input));
    let mut preparer = Preparer::new(job.stream, pseudonymiser, now);
    let mut left_out = CheckReport::default();
    let mut batch = Batch::default();
    while let Some(line) = lines.next().map_err(at_file)? {
        match preparer.prepare(&line) {
            Ok(prepared) => {
                if job.mode == Mode::Lines && !batch.has_room(prepared.len(), job.limits) {
                    sender.send(&batch, false)?;
                    batch = Batch::default();
                }
                batch.push(line.number, prepared);
            }
            Err(refusal) if job.leave_out_refused => left_out.refuse(refusal),
            Err(refusal) => return Err(FilingError::FileChanged { line: refusal.line }),
        }
    }
    let complete = job.complete && left_out.refused == 0;
    // A day on which nothing happened is filed too: an empty batch completes it.
    if complete || !batch.numbers.is_empty() {
        sender.send(&batch, complete)?;
    }
    let mut summary = sender.summary;
    let said = summary.last_receipt.as_ref().and_then(|receipt| receipt.is_final);
    summary.declared_complete = complete && said.unwrap_or(true);
    summary.left_out = left_out.refused;
    summary.refusals.extend(left_out.refusals);
    summary.refusals.sort_by_key(|refusal| refusal.line);
    summary.refusals.truncate(REFUSALS_LISTED_MAX);
    Ok(summary)
}

/// The name of a server's folder of receipts.
fn folder_name(server: &str) -> String {
    let authority = server.split_once("://").map_or(server, |(_, rest)| rest);
    authority.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect()
}

struct Sender<'a> {
    job: &'a FilingJob,
    connection: &'a Connection,
    folder: ReceiptFolder,
    progress: &'a mut dyn FnMut(Progress<'_>),
    summary: FilingSummary,
}

impl Sender<'_> {
    fn send(&mut self, batch: &Batch, complete: bool) -> Result<(), FilingError> {
        let number = self.summary.batches + 1;
        let id = batch.id();
        let date = self.job.date.map(|date| date.to_string());
        // The same bytes under another date, or as the last part, are another filing.
        let key = format!(
            "{}-{}-{}-{}-{id}",
            self.job.stream.name,
            date.as_deref().unwrap_or("live"),
            self.job.mode.as_str(),
            if complete { "last" } else { "part" },
        );
        let at_receipt = |source| FilingError::File { path: format!("receipt {key}"), source };
        let earlier = self.folder.find(&key).map_err(at_receipt)?;
        let is_earlier = earlier.is_some();
        let receipt = match earlier {
            Some(stored) => stored.receipt,
            None => {
                let receipt = self.transmit(number, batch, &id, &key, complete)?;
                let stored = StoredReceipt {
                    batch: id,
                    server: self.connection.server().to_owned(),
                    stream: self.job.stream.name.to_owned(),
                    date,
                    mode: self.job.mode.as_str().to_owned(),
                    complete,
                    file: self.job.path.display().to_string(),
                    file_lines: batch.numbers.first().copied().zip(batch.numbers.last().copied()),
                    receipt,
                };
                self.folder.keep(&key, &stored).map_err(at_receipt)?;
                stored.receipt
            }
        };
        self.add(batch, &receipt, is_earlier);
        let lines_done = self.summary.lines;
        (self.progress)(Progress::Sealed {
            batch: number,
            lines_done,
            earlier: is_earlier,
            receipt: &receipt,
        });
        self.summary.last_receipt = Some(receipt);
        Ok(())
    }

    fn transmit(
        &mut self,
        number: u64,
        batch: &Batch,
        id: &str,
        key: &str,
        complete: bool,
    ) -> Result<Receipt, FilingError> {
        let at_body = |source| FilingError::File { path: self.job.path.display().to_string(), source };
        let body = compress(&batch.bytes).map_err(at_body)?;
        let (lines, compressed_bytes) = (batch.numbers.len() as u64, body.len() as u64);
        (self.progress)(Progress::Sending { batch: number, lines, compressed_bytes });
        let request = Request {
            stream: self.job.stream,
            mode: self.job.mode,
            date: self.job.date,
            complete,
            lines: batch.numbers.len(),
            idempotency_key: key,
            body: &body,
        };
        // The digest differs between institutions, which is all that the waits need.
        let chance = id.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
        let mut attempt = 1;
        loop {
            let (reason, asked) = match self.connection.send(&request) {
                Answer::Receipt(receipt) => {
                    if receipt.lines != lines || receipt.stream != self.job.stream.name {
                        let (lines, stream) = (receipt.lines, receipt.stream);
                        return Err(FilingError::ReceiptDiffers { batch: number, lines, stream });
                    }
                    return Ok(*receipt);
                }
                Answer::Refused(mut problem) => {
                    problem.refusals = problem.refusals.iter().map(|line| in_file(batch, line)).collect();
                    return Err(FilingError::Refused { batch: number, problem: Box::new(problem) });
                }
                Answer::Later { reason, wait } => (reason, wait),
            };
            if attempt >= self.job.retry.attempts {
                return Err(FilingError::GaveUp { batch: number, attempts: attempt, reason });
            }
            let wait = self.job.retry.delay(attempt, chance, asked);
            (self.progress)(Progress::Waiting { batch: number, attempt, wait, reason: &reason });
            thread::sleep(wait);
            attempt += 1;
        }
    }

    fn add(&mut self, batch: &Batch, receipt: &Receipt, is_earlier: bool) {
        let summary = &mut self.summary;
        summary.batches += 1;
        summary.batches_earlier += u64::from(is_earlier);
        summary.lines += receipt.lines;
        summary.accepted += receipt.accepted;
        summary.duplicates += receipt.duplicates;
        summary.refused += receipt.refused;
        let room = REFUSALS_LISTED_MAX.saturating_sub(summary.refusals.len());
        let refusals = receipt.refusals.iter().take(room);
        summary.refusals.extend(refusals.map(|refusal| in_file(batch, refusal)));
    }
}

/// A refusal with the number that its line has in the file instead of the batch.
fn in_file(batch: &Batch, refusal: &Refusal) -> Refusal {
    let place = usize::try_from(refusal.line).ok().and_then(|line| line.checked_sub(1));
    let line = place.and_then(|place| batch.numbers.get(place)).copied().unwrap_or(refusal.line);
    Refusal { line, ..refusal.clone() }
}
