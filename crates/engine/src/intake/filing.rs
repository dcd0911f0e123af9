//! One filing, from its first byte to its receipt.
//!
//! The thread that reads it validates and seals chunk after chunk and hands each to the one
//! writer; while a chunk is being made durable the next is read. Memory is bounded by a few
//! chunks, whatever the filing's size.

use std::collections::VecDeque;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded};
use model::columns::Columns;
use model::event::{FilingOutcome, FilingReceipt, Positions, RefusedLine};
use model::fault::{Fault, FaultCode};
use model::field_types::RecordId;
use model::institution::InstitutionId;
use model::read::LineReader;
use model::spec::StreamSpec;
use model::time::{Day, Time};
use seal::leaf::Scratch;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::seen::Verdict;

use super::body::{Body, BodyError, ContentCoding};
use super::chunk::{CHUNK_RECORDS, Chunk, seal_chunk};
use super::lines::{Line, Lines};
use super::quarantine::Refusals;
use super::warnings;
use crate::Engine;
use crate::sealer::{ChunkSealed, Command, SealerError};

/// Chunks of a filing that may wait for the writer while the next is read.
const CHUNKS_AHEAD: usize = 2;
/// Records that an atomic filing may have: all are held until the last is read.
pub const ATOMIC_RECORDS_MAX: usize = 200_000;
/// Bytes of text after which a chunk is closed though it has fewer records.
const CHUNK_TEXT_BYTES: usize = 4 << 20;

/// What to do when a line is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FilingMode {
    /// Keep the good lines, list the refused ones.
    #[default]
    Lines,
    /// Take all or none.
    Atomic,
}

/// What is known of a filing before its body.
#[derive(Clone, Debug)]
pub struct FilingHead {
    /// The stream.
    pub stream: &'static StreamSpec,
    /// Who files.
    pub institution: InstitutionId,
    /// The business date that it covers.
    pub date: Option<Day>,
    /// Whether it completes the stream for that date.
    pub is_final: bool,
    /// How many lines the institution says that it has.
    pub announced: Option<u64>,
    /// What to do when a line is refused.
    pub mode: FilingMode,
    /// How the body is compressed.
    pub coding: ContentCoding,
}

/// The answer to a filing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What was sealed.
    #[serde(flatten)]
    pub sealed: FilingReceipt,
    /// The first refused lines; the rest are listed under the filing's refusals.
    pub refusals: Vec<RefusedLine>,
    /// The signed checkpoint that covers everything that the filing added to the ledger.
    pub checkpoint: String,
    /// What the institution should look at though nothing was refused for it.
    pub warnings: Vec<String>,
}

/// Why a filing was not taken, or not to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct FilingError {
    /// The fault to answer.
    pub fault: Fault,
    /// What had been accepted before it, if anything was sealed.
    pub receipt: Option<Box<Receipt>>,
    /// The refused lines of an atomic filing.
    pub refusals: Vec<RefusedLine>,
}

impl From<Fault> for FilingError {
    fn from(fault: Fault) -> Self {
        Self { fault, receipt: None, refusals: Vec::new() }
    }
}

fn storage(error: impl std::fmt::Display) -> FilingError {
    Fault::whole(FaultCode::StorageFailed, error.to_string()).into()
}

/// A chunk that the writer has, with the numbers of its lines.
struct Outstanding {
    lines: Vec<u64>,
    reply: Receiver<Result<ChunkSealed, SealerError>>,
}

/// A filing under way.
pub(crate) struct Filing<'e> {
    engine: &'e Engine,
    head: FilingHead,
    institution: Arc<str>,
    received_at: Time,
    reader: LineReader,
    columns: Columns,
    /// Numbers of the lines in `columns`.
    lines: Vec<u64>,
    text_bytes: usize,
    scratch: Scratch,
    digest: Sha256,
    outstanding: VecDeque<Outstanding>,
    /// The chunks of an atomic filing, with the numbers of their lines.
    held: Vec<(Chunk, Vec<u64>)>,
    refusals: Refusals,
    line: u64,
    lines_read: u64,
    accepted: u64,
    duplicates: u64,
    renewed: u64,
    positions: Option<Range<u64>>,
}

impl<'e> Filing<'e> {
    pub(crate) fn new(engine: &'e Engine, head: FilingHead) -> Self {
        let received_at = engine.clock().now();
        let mut digest = Sha256::new();
        digest.update(format!(
            "{}\n{}\n{}\n{}\n{:?}\n",
            head.institution,
            head.stream.name,
            head.date.map_or(String::new(), |date| date.to_string()),
            head.is_final,
            head.announced,
        ));
        Self {
            institution: head.institution.as_str().into(),
            reader: LineReader::new(head.stream, received_at),
            columns: Columns::new(head.stream.fields),
            lines: Vec::with_capacity(CHUNK_RECORDS),
            text_bytes: 0,
            scratch: Scratch::default(),
            digest,
            outstanding: VecDeque::new(),
            held: Vec::new(),
            refusals: engine.quarantine().begin(),
            line: 0,
            lines_read: 0,
            accepted: 0,
            duplicates: 0,
            renewed: 0,
            positions: None,
            engine,
            head,
            received_at,
        }
    }

    /// Reads the whole body and seals the receipt.
    pub(crate) fn take<R: Read>(mut self, body: R) -> Result<Receipt, FilingError> {
        let ended = self.read_body(body);
        match (ended, self.head.mode) {
            (Ok(()), FilingMode::Lines) => {
                self.flush_chunk()?;
                self.settle_all()?;
                self.finish(FilingOutcome::Complete)
            }
            (Ok(()), FilingMode::Atomic) => {
                self.flush_chunk()?;
                self.settle_atomic()?;
                self.finish(FilingOutcome::Complete)
            }
            // The good lines before the break are kept and a receipt says which they are.
            (Err(error), FilingMode::Lines) if error.fault.code != FaultCode::StorageFailed => {
                self.flush_chunk()?;
                self.settle_all()?;
                let receipt = match self.accepted + self.duplicates + self.refusals.count() {
                    0 => None,
                    _ => Some(Box::new(self.finish(FilingOutcome::Interrupted)?)),
                };
                Err(FilingError { receipt, ..error })
            }
            (Err(error), _) => Err(error),
        }
    }

    fn read_body<R: Read>(&mut self, body: R) -> Result<(), FilingError> {
        let body = Body::new(self.head.coding, body).map_err(body_error)?;
        let mut lines = Lines::new(body);
        while let Some(line) = lines.next_line().map_err(body_error)? {
            self.line += 1;
            match line {
                Line::Text(text) if text.trim_ascii().is_empty() => {}
                Line::Text(text) => self.read_line(text)?,
                Line::TooLong(bytes) => {
                    self.lines_read += 1;
                    self.digest.update(self.line.to_le_bytes());
                    self.digest.update(bytes.to_le_bytes());
                    let detail = format!(
                        "The line has {bytes} bytes; at most {} are allowed.",
                        model::read::LINE_BYTES_MAX
                    );
                    self.refuse(self.line, None, vec![Fault::whole(FaultCode::LineTooLong, detail)])?;
                }
            }
        }
        Ok(())
    }

    fn read_line(&mut self, text: &[u8]) -> Result<(), FilingError> {
        self.lines_read += 1;
        match self.reader.read(text, &mut self.columns) {
            Ok(()) => {
                self.lines.push(self.line);
                self.text_bytes += text.len();
                if self.lines.len() >= CHUNK_RECORDS || self.text_bytes >= CHUNK_TEXT_BYTES {
                    self.flush_chunk()?;
                }
                Ok(())
            }
            Err(faults) => {
                // With its number, which stands in the receipt.
                self.digest.update(self.line.to_le_bytes());
                self.digest.update(text);
                self.refuse(self.line, readable_id(text), faults)
            }
        }
    }

    fn refuse(&mut self, line: u64, id: Option<RecordId>, faults: Vec<Fault>) -> Result<(), FilingError> {
        self.refusals.add(RefusedLine { line, id, faults }).map_err(storage)
    }

    /// Seals the rows read so far and hands them to the writer, or holds them when the filing is
    /// all or none.
    fn flush_chunk(&mut self) -> Result<(), FilingError> {
        if self.columns.is_empty() {
            return Ok(());
        }
        let columns = std::mem::replace(&mut self.columns, Columns::new(self.head.stream.fields));
        let lines = std::mem::take(&mut self.lines);
        self.text_bytes = 0;
        let engine = self.engine;
        let chunk = seal_chunk(
            self.head.stream,
            &self.institution,
            columns,
            engine.keys(),
            engine.identity(),
            engine.second_tree(),
            &mut self.scratch,
        )
        .map_err(storage)?;
        for hash in &chunk.entries.leaf_hashes {
            self.digest.update(hash.0.first_chunk::<16>().copied().unwrap_or_default());
        }
        self.renewed += chunk.renewed;
        if self.head.mode == FilingMode::Atomic {
            self.held.push((chunk, lines));
            let records: usize = self.held.iter().map(|(_, lines)| lines.len()).sum();
            if records > ATOMIC_RECORDS_MAX {
                let detail = format!("An atomic filing may have {ATOMIC_RECORDS_MAX} records.");
                return Err(Fault::whole(FaultCode::AtomicTooLarge, detail).into());
            }
            return Ok(());
        }
        let (reply, answer) = bounded(1);
        engine.send(Command::Chunk(Box::new(chunk), reply)).map_err(storage)?;
        self.outstanding.push_back(Outstanding { lines, reply: answer });
        if self.outstanding.len() > CHUNKS_AHEAD { self.settle_one() } else { Ok(()) }
    }

    fn settle_all(&mut self) -> Result<(), FilingError> {
        while !self.outstanding.is_empty() {
            self.settle_one()?;
        }
        Ok(())
    }

    fn settle_one(&mut self) -> Result<(), FilingError> {
        let Some(chunk) = self.outstanding.pop_front() else { return Ok(()) };
        let sealed = chunk.reply.recv().map_err(storage)?.map_err(storage)?;
        self.settle(&sealed, &chunk.lines)
    }

    /// Counts what became of a chunk.
    fn settle(&mut self, sealed: &ChunkSealed, lines: &[u64]) -> Result<(), FilingError> {
        self.accepted += sealed.positions.end - sealed.positions.start;
        if !sealed.positions.is_empty() {
            let first = self.positions.as_ref().map_or(sealed.positions.start, |all| all.start);
            self.positions = Some(first..sealed.positions.end);
        }
        for other in &sealed.others {
            let line = lines.get(other.row).copied().unwrap_or(0);
            match contradiction(&other.verdict) {
                Some(fault) => self.refuse(line, other.id.clone(), vec![fault])?,
                None => self.duplicates += 1,
            }
        }
        Ok(())
    }

    fn settle_atomic(&mut self) -> Result<(), FilingError> {
        if self.head.announced.is_some_and(|announced| announced != self.lines_read) {
            let detail = format!(
                "{} lines were announced, {} came.",
                self.head.announced.unwrap_or(0),
                self.lines_read
            );
            return Err(Fault::whole(FaultCode::CountDiffers, detail).into());
        }
        if self.refusals.count() > 0 {
            return Err(self.atomic_refused());
        }
        let (chunks, lines): (Vec<_>, Vec<_>) = std::mem::take(&mut self.held).into_iter().unzip();
        let (reply, answer) = bounded(1);
        self.engine.send(Command::Atomic(chunks, reply)).map_err(storage)?;
        match answer.recv().map_err(storage)? {
            Ok(sealed) => {
                for (sealed, lines) in sealed.iter().zip(&lines) {
                    self.settle(sealed, lines)?;
                }
                Ok(())
            }
            Err(SealerError::Refused(chunks)) => {
                for (sealed, lines) in chunks.iter().zip(&lines) {
                    self.settle(sealed, lines)?;
                }
                Err(self.atomic_refused())
            }
            Err(error) => Err(storage(error)),
        }
    }

    fn atomic_refused(&self) -> FilingError {
        let detail = format!(
            "{} of {} lines were refused, so none was taken.",
            self.refusals.count(),
            self.lines_read
        );
        FilingError {
            fault: Fault::whole(FaultCode::AtomicRefused, detail),
            receipt: None,
            refusals: self.refusals.first().to_vec(),
        }
    }

    fn finish(&mut self, outcome: FilingOutcome) -> Result<Receipt, FilingError> {
        let digest = std::mem::take(&mut self.digest).finalize();
        let filing = hex::encode(digest.first_chunk::<16>().copied().unwrap_or_default());
        if self.accepted == 0
            && let Some(first) = self.engine.receipt(&filing).map_err(storage)?
        {
            return Ok(first);
        }
        let refused = self.refusals.count();
        let refusals = std::mem::replace(&mut self.refusals, self.engine.quarantine().begin());
        let kept = refusals.keep(self.engine.quarantine(), &filing).map_err(storage)?;
        let sealed = FilingReceipt {
            filing,
            stream: self.head.stream.name.to_owned(),
            institution: self.head.institution.clone(),
            date: self.head.date,
            is_final: self.head.is_final && outcome == FilingOutcome::Complete,
            outcome,
            received_at: self.received_at,
            lines: self.lines_read,
            accepted: self.accepted,
            duplicates: self.duplicates,
            refused,
            announced: self.head.announced,
            refusals_sha256: kept.sha256,
            refusals_listed: (kept.lines < refused).then_some(kept.lines),
            positions: self
                .positions
                .clone()
                .map(|range| Positions { first: range.start, last: range.end.saturating_sub(1) }),
        };
        let (reply, answer) = bounded(1);
        self.engine.send(Command::Receipt(Box::new(sealed.clone()), reply)).map_err(storage)?;
        let checkpoint = answer.recv().map_err(storage)?.map_err(storage)?.checkpoint;
        let mut warnings = warnings::of_receipt(&sealed);
        if self.renewed > 0 {
            warnings.push(warnings::renewed(self.renewed));
        }
        let receipt = Receipt {
            sealed,
            refusals: kept.first,
            checkpoint: String::from_utf8_lossy(&checkpoint).into_owned(),
            warnings,
        };
        self.engine.filings().add(&receipt);
        Ok(receipt)
    }
}

fn body_error(error: BodyError) -> FilingError {
    match error {
        BodyError::Fault(fault) => fault.into(),
        BodyError::Broken(reason) => Fault::whole(
            FaultCode::BodyIncomplete,
            format!("The body ended before it was complete: {reason}."),
        )
        .into(),
    }
}

fn contradiction(verdict: &Verdict) -> Option<Fault> {
    match verdict {
        Verdict::New { .. } | Verdict::Duplicate { .. } => None,
        Verdict::ContentDiffers { position } => Some(Fault {
            pointer: "/id".to_owned(),
            code: FaultCode::ContentDiffers,
            detail: format!("The record at position {position} has this id and other content."),
        }),
        Verdict::RevisionNotNext => Some(Fault {
            pointer: "/revision".to_owned(),
            code: FaultCode::RevisionNotNext,
            detail: "The revision before this one was never accepted.".to_owned(),
        }),
    }
}

/// The id of a refused line, where it can be read at all and is a proper id.
fn readable_id(text: &[u8]) -> Option<RecordId> {
    #[derive(Deserialize)]
    struct OnlyId<'a> {
        #[serde(borrow)]
        id: std::borrow::Cow<'a, str>,
    }
    let found = serde_json::from_slice::<OnlyId<'_>>(text).ok()?;
    let proper = (1..=64).contains(&found.id.len()) && found.id.bytes().all(|byte| byte.is_ascii_graphic());
    proper.then(|| RecordId(found.id.into_owned()))
}
