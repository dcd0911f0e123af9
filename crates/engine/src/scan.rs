//! Reads the ledger back: records in columns again, events as they were sealed, in order.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;
use ledger::keystore::{KeyState, KeyStore};
use ledger::{EntryRef, Reader};
use model::columns::Columns;
use model::event::{FilingReceipt, Finding, GradeEvent, Notice, Occasion, RuleStep};
use model::spec::StreamSpec;
use seal::leaf::{Head, Scratch, open_event, read_head};
use seal::{EventKind, OpenedRecord, SubjectKey};
use serde::de::DeserializeOwned;
use workflow::desk::{Desk, DeskEvent};

use crate::EngineError;
use crate::call_ups::CallUpEvent;
use crate::desk::topic_of;
use crate::intake::chunk::CHUNK_RECORDS;
use crate::subjects::{institution_subject, open_with_keys};

/// Something that stands in the ledger.
#[derive(Debug)]
pub enum Item {
    /// Records of one stream and institution that stand one after the other.
    Records {
        /// The stream.
        stream: &'static StreamSpec,
        /// The institution.
        institution: Arc<str>,
        /// The records.
        columns: Columns,
        /// Where they stand.
        positions: Range<u64>,
        /// The first eight bytes of their leaf hashes.
        contents: Vec<u64>,
    },
    /// A receipt, at a position.
    Receipt(Box<FilingReceipt>, u64),
    /// A finding, with its body as it was sealed.
    Finding(Box<Finding>, Vec<u8>),
    /// A grade, with its body as it was sealed.
    Grade(Box<GradeEvent>, Vec<u8>),
    /// A notice to an institution, with its body as it was sealed, at a position.
    Notice(Box<Notice>, Vec<u8>, u64),
    /// An occasion of evaluation, with its body as it was sealed.
    Occasion(Box<Occasion>, Vec<u8>),
    /// A call-up or what came for it, at a position.
    CallUp(Box<CallUpEvent>, u64),
    /// An erasure.
    Erasure,
    /// A step in the life of an entry of the rulebook, at a position.
    RuleStep(Box<RuleStep>, u64),
    /// Something that happened on the desk, at a position.
    Desk(Box<DeskEvent>, u64),
}

/// The events that are not records: occasions of evaluation, in order, found without decrypting
/// anything else.
///
/// # Errors
/// [`EngineError`].
pub fn occasions(reader: &Reader, keys: &KeyStore) -> Result<Vec<Occasion>, EngineError> {
    let mut found = Vec::new();
    let mut known = KnownKeys::new(keys);
    for frame in reader.read(0..reader.size()) {
        for entry in frame?.entries() {
            let head = read_head(entry.leaf).map_err(unreadable(entry.index))?;
            if head.kind == EventKind::Occasion {
                found.push(known.event(&head, &entry)?.0);
            }
        }
    }
    Ok(found)
}

/// The steps in the lives of rules, in order, each with its position.
///
/// # Errors
/// [`EngineError`].
pub fn rule_steps(reader: &Reader, keys: &KeyStore) -> Result<Vec<(RuleStep, u64)>, EngineError> {
    events(reader, keys, EventKind::RuleStep, |item| match item {
        Item::RuleStep(step, position) => Some((*step, position)),
        _ => None,
    })
}

/// The notices to institutions, in order, each with its position.
///
/// # Errors
/// [`EngineError`].
pub fn notices(reader: &Reader, keys: &KeyStore) -> Result<Vec<(Notice, u64)>, EngineError> {
    events(reader, keys, EventKind::Notice, |item| match item {
        Item::Notice(notice, _, position) => Some((*notice, position)),
        _ => None,
    })
}

/// The desk as it stands by what was sealed.
///
/// # Errors
/// [`EngineError`].
pub fn desk(reader: &Reader, keys: &KeyStore) -> Result<Desk, EngineError> {
    let mut desk = Desk::default();
    let is_wanted = |head: &Head<'_>| head.kind == EventKind::Grade || topic_of(head.kind).is_some();
    scan_wanted(reader, keys, 0..reader.size(), &[], is_wanted, |item| {
        match item {
            Item::Grade(grade, _) => desk.take_grade(&grade),
            Item::Desk(event, position) => desk.apply(&event, position),
            _ => {}
        }
        Ok(())
    })?;
    Ok(desk)
}

/// The events of a kind, in order; nothing else is decrypted.
fn events<T>(
    reader: &Reader,
    keys: &KeyStore,
    kind: EventKind,
    event: impl Fn(Item) -> Option<T>,
) -> Result<Vec<T>, EngineError> {
    let mut found = Vec::new();
    let is_wanted = |head: &Head<'_>| head.kind == kind;
    scan_wanted(reader, keys, 0..reader.size(), &[], is_wanted, |item| {
        found.extend(event(item));
        Ok(())
    })?;
    Ok(found)
}

/// What a scan met that could not be read whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unreadable {
    /// Records whose subject's key was destroyed: only their clear fields were read.
    pub erased: u64,
}

/// Goes through a part of the ledger and hands each item to `take`. A run of records never
/// crosses one of the `boundaries`, which ascend.
///
/// # Errors
/// [`EngineError`] of the ledger, of an entry that cannot be read, or of `take`.
pub fn scan(
    reader: &Reader,
    keys: &KeyStore,
    range: Range<u64>,
    boundaries: &[u64],
    take: impl FnMut(Item) -> Result<(), EngineError>,
) -> Result<Unreadable, EngineError> {
    scan_wanted(reader, keys, range, boundaries, |_| true, take)
}

/// As [`scan`], of those entries alone that `wanted` names by their heads: nothing else is
/// decrypted.
///
/// # Errors
/// As [`scan`].
pub fn scan_wanted(
    reader: &Reader,
    keys: &KeyStore,
    range: Range<u64>,
    boundaries: &[u64],
    wanted: impl Fn(&Head<'_>) -> bool,
    mut take: impl FnMut(Item) -> Result<(), EngineError>,
) -> Result<Unreadable, EngineError> {
    let first = range.start;
    let mut boundaries = boundaries.iter().copied().skip_while(|boundary| *boundary <= first).peekable();
    let mut known = KnownKeys::new(keys);
    let mut unreadable_rows = Unreadable::default();
    let mut run: Option<Run> = None;
    for frame in reader.read(range) {
        let frame = frame?;
        for (entry, hash) in frame.entries().zip(frame.leaf_hashes()) {
            let head = read_head(entry.leaf).map_err(unreadable(entry.index))?;
            let crossed = boundaries.next_if(|boundary| *boundary <= entry.index).is_some();
            while boundaries.next_if(|boundary| *boundary <= entry.index).is_some() {}
            let is_wanted = wanted(&head);
            let goes_on = is_wanted && run.as_ref().is_some_and(|run| run.takes(&head)) && !crossed;
            if !goes_on && let Some(run) = run.take() {
                take(run.into_item())?;
            }
            if !is_wanted {
                continue;
            }
            if let (EventKind::Record, Some(stream)) = (head.kind, head.stream) {
                let run = run.get_or_insert_with(|| Run::new(stream, head.institution, entry.index));
                let content = hash.0.first_chunk::<8>().copied().map_or(0, u64::from_le_bytes);
                run.add(&head, &entry, content, &known, &mut unreadable_rows)?;
            } else {
                take(known.event_item(&head, &entry)?)?;
            }
        }
    }
    if let Some(run) = run {
        take(run.into_item())?;
    }
    Ok(unreadable_rows)
}

/// The record at a position, as columns of one row.
///
/// # Errors
/// [`EngineError`].
pub fn record_at(
    reader: &Reader,
    keys: &KeyStore,
    position: u64,
) -> Result<(&'static StreamSpec, Columns), EngineError> {
    let entry = reader.entry(position)?;
    let entry = EntryRef { index: position, leaf: &entry.leaf, payload: &entry.payload };
    let head = read_head(entry.leaf).map_err(unreadable(position))?;
    let stream =
        head.stream.ok_or_else(|| EngineError::Entry { position, reason: "it is no record".to_owned() })?;
    let mut run = Run::new(stream, head.institution, position);
    run.add(&head, &entry, 0, &KnownKeys::new(keys), &mut Unreadable::default())?;
    Ok((stream, run.columns))
}

fn unreadable<E: std::fmt::Display>(position: u64) -> impl FnOnce(E) -> EngineError {
    move |error| EngineError::Entry { position, reason: error.to_string() }
}

/// Records that stand one after the other.
struct Run {
    stream: &'static StreamSpec,
    institution: Arc<str>,
    columns: Columns,
    first: u64,
    contents: Vec<u64>,
    scratch: Scratch,
}

impl Run {
    fn new(stream: &'static StreamSpec, institution: &str, first: u64) -> Self {
        Self {
            stream,
            institution: institution.into(),
            columns: Columns::new(stream.fields),
            first,
            contents: Vec::with_capacity(CHUNK_RECORDS),
            scratch: Scratch::default(),
        }
    }

    fn takes(&self, head: &Head<'_>) -> bool {
        head.stream == Some(self.stream)
            && *head.institution == *self.institution
            && self.columns.len() < CHUNK_RECORDS
    }

    fn add(
        &mut self,
        head: &Head<'_>,
        entry: &EntryRef<'_>,
        content: u64,
        known: &KnownKeys<'_>,
        unreadable_rows: &mut Unreadable,
    ) -> Result<(), EngineError> {
        let (columns, scratch) = (&mut self.columns, &mut self.scratch);
        let opened = open_with_keys(known.store, head, entry.payload, false, columns, scratch)
            .map_err(unreadable(entry.index))?;
        unreadable_rows.erased += u64::from(opened == OpenedRecord::ClearOnly);
        self.contents.push(content);
        Ok(())
    }

    fn into_item(self) -> Item {
        let positions = self.first..self.first + self.columns.len() as u64;
        Item::Records {
            stream: self.stream,
            institution: self.institution,
            columns: self.columns,
            positions,
            contents: self.contents,
        }
    }
}

/// Keys found while scanning.
struct KnownKeys<'k> {
    store: &'k KeyStore,
    institutions: HashMap<String, Option<SubjectKey>>,
}

impl<'k> KnownKeys<'k> {
    fn new(store: &'k KeyStore) -> Self {
        Self { store, institutions: HashMap::new() }
    }

    fn of_institution(&mut self, institution: &str) -> Option<SubjectKey> {
        if let Some(known) = self.institutions.get(institution) {
            return *known;
        }
        let state = self.store.get(&institution_subject(institution));
        let key = state.and_then(KeyState::live).map(|key| *key.as_bytes());
        self.institutions.insert(institution.to_owned(), key);
        key
    }

    /// The body of an event, as it was sealed.
    fn body(&mut self, head: &Head<'_>, entry: &EntryRef<'_>) -> Result<Vec<u8>, EngineError> {
        let key = self
            .of_institution(head.institution)
            .ok_or_else(|| unreadable(entry.index)("the institution has no key"))?;
        Ok(open_event(head, entry.payload, &key).map_err(unreadable(entry.index))?.0)
    }

    /// An event and its body.
    fn event<T: DeserializeOwned>(
        &mut self,
        head: &Head<'_>,
        entry: &EntryRef<'_>,
    ) -> Result<(T, Vec<u8>), EngineError> {
        let body = self.body(head, entry)?;
        let event = serde_json::from_slice(&body).map_err(unreadable(entry.index))?;
        Ok((event, body))
    }

    fn event_item(&mut self, head: &Head<'_>, entry: &EntryRef<'_>) -> Result<Item, EngineError> {
        if let Some(topic) = topic_of(head.kind) {
            let event = topic.read(&self.body(head, entry)?).map_err(unreadable(entry.index))?;
            return Ok(Item::Desk(Box::new(event), entry.index));
        }
        Ok(match head.kind {
            EventKind::Filing => Item::Receipt(Box::new(self.event(head, entry)?.0), entry.index),
            EventKind::Finding => {
                let (finding, body) = self.event(head, entry)?;
                Item::Finding(Box::new(finding), body)
            }
            EventKind::Grade => {
                let (grade, body) = self.event(head, entry)?;
                Item::Grade(Box::new(grade), body)
            }
            EventKind::Notice => {
                let (notice, body) = self.event(head, entry)?;
                Item::Notice(Box::new(notice), body, entry.index)
            }
            EventKind::Occasion => {
                let (occasion, body) = self.event(head, entry)?;
                Item::Occasion(Box::new(occasion), body)
            }
            EventKind::CallUp => {
                let event = CallUpEvent::Asked(self.event(head, entry)?.0);
                Item::CallUp(Box::new(event), entry.index)
            }
            EventKind::CallUpAnswer => {
                let event = CallUpEvent::Answered(self.event(head, entry)?.0);
                Item::CallUp(Box::new(event), entry.index)
            }
            EventKind::Erasure => Item::Erasure,
            EventKind::RuleStep => Item::RuleStep(Box::new(self.event(head, entry)?.0), entry.index),
            _ => return Err(unreadable(entry.index)("a record without a stream")),
        })
    }
}
