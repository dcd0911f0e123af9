//! The one thread that writes the ledger. It gathers what waits, tells new records from those
//! seen before, appends all as one group with one fsync, signs a checkpoint where a receipt
//! needs one, and only then answers. What it appended it hands on, in ledger order, to the
//! evaluator.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, select_biased};
use ledger::keystore::{KeyError, KeyStore};
use ledger::{EntryBatch, Ledger, LedgerError};
use model::clock::Clock;
use model::columns::Columns;
use model::event::{FilingReceipt, to_body};
use model::field_types::RecordId;
use model::spec::StreamSpec;
use seal::EventKind;
use seal::leaf::seal_event;
use store::seen::{Seen, SeenError, Verdict};

use crate::call_ups::CallUpEvent;
use crate::follower::Request;
use crate::intake::chunk::{Chunk, kept_entries};
use crate::subjects::institution_key;

/// Entries in a group at most.
const GROUP_ENTRIES: usize = 10_000;
/// How often the ledger is signed when nobody asks.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// An event to be sealed.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its kind.
    pub kind: EventKind,
    /// Whose it is; `*` for the whole industry.
    pub institution: String,
    /// Its body.
    pub body: Vec<u8>,
}

/// What the sealer is asked to do.
pub enum Command {
    /// Append the new records of a chunk.
    Chunk(Box<Chunk>, Sender<Result<ChunkSealed, SealerError>>),
    /// Append the records of several chunks if all of them are new or duplicates, else none.
    Atomic(Vec<Chunk>, Sender<Result<Vec<ChunkSealed>, SealerError>>),
    /// Append a receipt and sign a checkpoint that covers it.
    Receipt(Box<FilingReceipt>, Sender<Result<ReceiptSealed, SealerError>>),
    /// Append events of the evaluator or an operator, all in one group.
    Events(Vec<Event>, Sender<Result<Range<u64>, SealerError>>),
    /// Append a call-up or what came for it; the answer is where it stands.
    CallUp(Box<CallUpEvent>, Sender<Result<u64, SealerError>>),
    /// Keep a checkpoint that witnesses cosigned.
    Cosigned(Arc<[u8]>, Sender<Result<bool, SealerError>>),
    /// Make everything durable and stop.
    Stop,
}

/// What became of a chunk.
#[derive(Clone, Debug, Default)]
pub struct ChunkSealed {
    /// Where its new records stand.
    pub positions: Range<u64>,
    /// Rows that were not new.
    pub others: Vec<OtherRow>,
}

/// A row of a chunk that was not new.
#[derive(Clone, Debug)]
pub struct OtherRow {
    /// Which row.
    pub row: usize,
    /// Why it was not new.
    pub verdict: Verdict,
    /// The record's id, when it contradicts one accepted before.
    pub id: Option<RecordId>,
}

/// What became of a receipt.
#[derive(Clone, Debug)]
pub struct ReceiptSealed {
    /// Where it stands.
    pub position: u64,
    /// The signed checkpoint that covers it.
    pub checkpoint: Arc<[u8]>,
}

/// Why nothing was appended.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SealerError {
    /// A row of an atomic filing contradicts a record accepted before.
    #[error("a record contradicts one accepted before")]
    Refused(Vec<ChunkSealed>),
    /// The ledger or an index could not be written.
    #[error("{0}")]
    Storage(Arc<str>),
}

impl From<LedgerError> for SealerError {
    fn from(error: LedgerError) -> Self {
        Self::Storage(error.to_string().into())
    }
}
impl From<SeenError> for SealerError {
    fn from(error: SeenError) -> Self {
        Self::Storage(error.to_string().into())
    }
}
impl From<KeyError> for SealerError {
    fn from(error: KeyError) -> Self {
        Self::Storage(error.to_string().into())
    }
}

/// What the sealer appended, handed to the evaluator in ledger order.
pub enum Appended {
    /// New records.
    Records {
        /// The stream.
        stream: &'static StreamSpec,
        /// The institution.
        institution: Arc<str>,
        /// The records.
        columns: Columns,
        /// Where they stand.
        positions: Range<u64>,
        /// (row, position of the revision that it replaces).
        supersedes: Vec<(usize, u64)>,
    },
    /// A receipt.
    Receipt(Box<FilingReceipt>, u64),
    /// A call-up or what came for it.
    CallUp(Box<CallUpEvent>, u64),
}

/// Work whose entries wait for the group's fsync.
enum Pending {
    Chunks { chunks: Vec<PendingChunk>, reply: ChunkReply },
    Receipt(Box<FilingReceipt>, Sender<Result<ReceiptSealed, SealerError>>),
    Events(Sender<Result<Range<u64>, SealerError>>),
    CallUp(Box<CallUpEvent>, Sender<Result<u64, SealerError>>),
}

enum ChunkReply {
    One(Sender<Result<ChunkSealed, SealerError>>),
    All(Sender<Result<Vec<ChunkSealed>, SealerError>>),
}

struct PendingChunk {
    stream: &'static StreamSpec,
    institution: Arc<str>,
    columns: Columns,
    others: Vec<OtherRow>,
    supersedes: Vec<(usize, u64)>,
}

/// The state of the sealing thread.
pub(crate) struct Sealer {
    pub(crate) ledger: Ledger,
    pub(crate) seen: Seen,
    pub(crate) keys: Arc<KeyStore>,
    pub(crate) clock: Clock,
    pub(crate) commands: Receiver<Command>,
    /// Chunks of records. What else there is goes before them: it is small, and somebody waits for it.
    pub(crate) records: Receiver<Command>,
    pub(crate) follower: Sender<Request>,
    /// Records handed to the follower and not applied yet.
    pub(crate) waiting: Arc<AtomicUsize>,
}

impl Sealer {
    /// Works until it is told to stop or nobody is left to tell it.
    pub(crate) fn run(mut self) {
        loop {
            let first = select_biased! {
                recv(self.commands) -> command => command,
                recv(self.records) -> command => command,
                default(CHECKPOINT_EVERY) => {
                    // A failure shows at the next append, which answers with it.
                    let _ = self.ledger.checkpoint(self.clock.now().unix_seconds());
                    continue;
                }
            };
            let Ok(first) = first else { break };
            if !self.run_group(first) {
                break;
            }
        }
        let _ = self.ledger.checkpoint(self.clock.now().unix_seconds());
        let _ = self.seen.flush(self.ledger.size());
    }

    /// Appends one group, beginning with a command and going on with those that wait. Says whether
    /// to go on.
    fn run_group(&mut self, first: Command) -> bool {
        let mut group: Vec<EntryBatch> = Vec::new();
        let mut pending: Vec<Pending> = Vec::new();
        let mut next = Some(first);
        let mut go_on = true;
        while let Some(command) = next.take() {
            go_on &= !matches!(command, Command::Stop);
            self.take(command, &mut group, &mut pending);
            let entries: usize = group.iter().map(EntryBatch::len).sum();
            if go_on && entries < GROUP_ENTRIES {
                next = self.commands.try_recv().or_else(|_| self.records.try_recv()).ok();
            }
        }
        self.append(group, pending);
        go_on
    }

    /// Adds a command's entries to the group, or answers it at once when it has none.
    fn take(&mut self, command: Command, group: &mut Vec<EntryBatch>, pending: &mut Vec<Pending>) {
        match command {
            Command::Chunk(chunk, reply) => match self.admit(*chunk, group) {
                Ok(chunk) => {
                    pending.push(Pending::Chunks { chunks: vec![chunk], reply: ChunkReply::One(reply) })
                }
                Err(error) => drop(reply.send(Err(error))),
            },
            Command::Atomic(chunks, reply) => match self.admit_all(chunks, group) {
                Ok(chunks) => pending.push(Pending::Chunks { chunks, reply: ChunkReply::All(reply) }),
                Err(error) => drop(reply.send(Err(error))),
            },
            Command::Receipt(receipt, reply) => {
                let institution = receipt.institution.to_string();
                let event = to_body(&*receipt)
                    .map(|body| Event { kind: EventKind::Filing, institution, body })
                    .map_err(|error| SealerError::Storage(error.to_string().into()));
                match event.and_then(|event| self.event_batch(&[event])) {
                    Ok(batch) => {
                        group.push(batch);
                        pending.push(Pending::Receipt(receipt, reply));
                    }
                    Err(error) => drop(reply.send(Err(error))),
                }
            }
            Command::Events(events, reply) => match self.event_batch(&events) {
                Ok(batch) => {
                    group.push(batch);
                    pending.push(Pending::Events(reply));
                }
                Err(error) => drop(reply.send(Err(error))),
            },
            Command::CallUp(call_up, reply) => {
                let event = call_up.event().map_err(|error| SealerError::Storage(error.to_string().into()));
                match event.and_then(|event| self.event_batch(&[event])) {
                    Ok(batch) => {
                        group.push(batch);
                        pending.push(Pending::CallUp(call_up, reply));
                    }
                    Err(error) => drop(reply.send(Err(error))),
                }
            }
            // It concerns entries that are durable already, so it waits for no group.
            Command::Cosigned(note, reply) => {
                drop(reply.send(self.ledger.put_cosigned(&note).map_err(SealerError::from)));
            }
            Command::Stop => {}
        }
    }

    fn next_position(&self, group: &[EntryBatch]) -> u64 {
        self.ledger.size() + group.iter().map(|batch| batch.len() as u64).sum::<u64>()
    }

    fn admit(&mut self, chunk: Chunk, group: &mut Vec<EntryBatch>) -> Result<PendingChunk, SealerError> {
        let first = self.next_position(group);
        let mut verdicts = Vec::new();
        self.seen.admit(&chunk.keys, first, &mut verdicts)?;
        let mut others = Vec::new();
        let mut supersedes = Vec::new();
        let mut keep = Vec::with_capacity(verdicts.len());
        for (row, verdict) in verdicts.iter().enumerate() {
            keep.push(matches!(verdict, Verdict::New { .. }));
            match verdict {
                Verdict::New { supersedes: replaced } => {
                    supersedes.extend(replaced.map(|position| (row - others.len(), position)));
                }
                Verdict::Duplicate { .. } => others.push(OtherRow { row, verdict: *verdict, id: None }),
                _ => {
                    let id = Some(chunk.columns.id(row).into());
                    others.push(OtherRow { row, verdict: *verdict, id });
                }
            }
        }
        let (columns, entries) = if others.is_empty() {
            (chunk.columns, chunk.entries)
        } else {
            let entries = kept_entries(&chunk.entries, &keep)
                .map_err(|error| SealerError::Storage(error.to_string().into()))?;
            (chunk.columns.filtered(&keep), entries)
        };
        group.push(entries);
        Ok(PendingChunk { stream: chunk.stream, institution: chunk.institution, columns, others, supersedes })
    }

    fn admit_all(
        &mut self,
        chunks: Vec<Chunk>,
        group: &mut Vec<EntryBatch>,
    ) -> Result<Vec<PendingChunk>, SealerError> {
        let first = self.next_position(group);
        let before = group.len();
        let admitted: Result<Vec<_>, _> = chunks.into_iter().map(|chunk| self.admit(chunk, group)).collect();
        let contradiction = |chunk: &PendingChunk| chunk.others.iter().any(|other| other.id.is_some());
        match admitted {
            Ok(chunks) if !chunks.iter().any(contradiction) => Ok(chunks),
            refused => {
                group.truncate(before);
                self.seen.undo(first)?;
                let chunks = refused?.into_iter();
                Err(SealerError::Refused(
                    chunks
                        .map(|chunk| ChunkSealed { positions: first..first, others: chunk.others })
                        .collect(),
                ))
            }
        }
    }

    fn event_batch(&self, events: &[Event]) -> Result<EntryBatch, SealerError> {
        let mut batch = EntryBatch::default();
        for event in events {
            let key = institution_key(&self.keys, &event.institution)?;
            seal_event(event.kind, &event.institution, &event.body, &key, &mut batch)
                .map_err(|error| SealerError::Storage(error.to_string().into()))?;
        }
        batch
            .hash(self.ledger.reader().second_tree())
            .map_err(|error| SealerError::Storage(error.to_string().into()))?;
        Ok(batch)
    }

    /// Appends the group durably, then answers and hands on.
    fn append(&mut self, group: Vec<EntryBatch>, pending: Vec<Pending>) {
        let first = self.ledger.size();
        let needs_checkpoint = pending.iter().any(|work| matches!(work, Pending::Receipt(..)));
        let appended = self.ledger.append_group(&group).map_err(SealerError::from).and_then(|ranges| {
            self.seen.settle(self.ledger.size())?;
            let checkpoint = match needs_checkpoint {
                true => Some(self.ledger.checkpoint(self.clock.now().unix_seconds())?),
                false => None,
            };
            Ok((ranges, checkpoint))
        });
        match appended {
            Ok((ranges, checkpoint)) => self.answer(pending, ranges, checkpoint.unwrap_or_default()),
            Err(error) => {
                // Nothing is acknowledged. When the ledger took the group all the same (only the
                // checkpoint failed), the records are duplicates when they are sent again.
                if self.ledger.size() == first {
                    let _ = self.seen.undo(first);
                }
                for work in pending {
                    work.refuse(&error);
                }
            }
        }
    }

    fn answer(&self, pending: Vec<Pending>, ranges: Vec<Range<u64>>, checkpoint: Arc<[u8]>) {
        let mut ranges = ranges.into_iter();
        for work in pending {
            match work {
                Pending::Chunks { chunks, reply } => {
                    let mut sealed = Vec::with_capacity(chunks.len());
                    for chunk in chunks {
                        let positions = ranges.next().unwrap_or_default();
                        sealed.push(ChunkSealed { positions: positions.clone(), others: chunk.others });
                        self.hand_on(Appended::Records {
                            stream: chunk.stream,
                            institution: chunk.institution,
                            columns: chunk.columns,
                            positions,
                            supersedes: chunk.supersedes,
                        });
                    }
                    match reply {
                        ChunkReply::One(reply) => drop(reply.send(Ok(sealed.pop().unwrap_or_default()))),
                        ChunkReply::All(reply) => drop(reply.send(Ok(sealed))),
                    }
                }
                Pending::Receipt(receipt, reply) => {
                    let position = ranges.next().unwrap_or_default().start;
                    let checkpoint = Arc::clone(&checkpoint);
                    let _ = reply.send(Ok(ReceiptSealed { position, checkpoint }));
                    self.hand_on(Appended::Receipt(receipt, position));
                }
                Pending::CallUp(call_up, reply) => {
                    let position = ranges.next().unwrap_or_default().start;
                    // First on its way to the evaluator: who settles after the answer finds it there.
                    self.hand_on(Appended::CallUp(call_up, position));
                    let _ = reply.send(Ok(position));
                }
                Pending::Events(reply) => {
                    let _ = reply.send(Ok(ranges.next().unwrap_or_default()));
                }
            }
        }
    }

    fn hand_on(&self, appended: Appended) {
        if let Appended::Records { columns, .. } = &appended {
            if columns.is_empty() {
                return;
            }
            self.waiting.fetch_add(columns.len(), Ordering::Relaxed);
        }
        // When the follower is gone the engine is closing; what it misses it reads from the ledger
        // at the next start.
        let _ = self.follower.send(Request::Appended(appended));
    }
}

impl Pending {
    fn refuse(self, error: &SealerError) {
        match self {
            Self::Chunks { reply: ChunkReply::One(reply), .. } => drop(reply.send(Err(error.clone()))),
            Self::Chunks { reply: ChunkReply::All(reply), .. } => drop(reply.send(Err(error.clone()))),
            Self::Receipt(_, reply) => drop(reply.send(Err(error.clone()))),
            Self::Events(reply) => drop(reply.send(Err(error.clone()))),
            Self::CallUp(_, reply) => drop(reply.send(Err(error.clone()))),
        }
    }
}
