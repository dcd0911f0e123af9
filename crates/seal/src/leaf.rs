//! Leaves and payloads, format 1.
//!
//! A leaf is a deterministic CBOR map: `0` format, `1` kind, `2` institution; for a record `3`
//! stream number and `4` the map of its fields (a committed field holds its 32-byte commitment);
//! for any other event `5` the commitment to its body. The payload of a record is the key store's
//! name for its subject (16 bytes) and, encrypted, the map of the committed fields' values; that of
//! an event a nonce (32 bytes) and its body, encrypted.

use model::canonical;
use model::cbor::{CborError, Reader, Writer};
use model::columns::{Column, Columns};
use model::spec::{FieldKind, FieldSpec, Sealing, StreamSpec};
use model::streams::stream_numbered;

use ledger::keystore::SubjectId;
use ledger::{BatchError, EntryBatch};

use tlog::Hash;
use tlog::hasher::HmacBatch;

use crate::commitment::{Commitment, Commitments, Salt, commit};
use crate::hmac::Keyed;
use crate::record_key::RecordCipher;

/// The key of the person, or institution, whom a record is about.
pub type SubjectKey = [u8; 32];

/// The person, or institution, whom a record is about.
#[derive(Clone, Copy)]
pub struct Subject {
    /// The key store's name for it, which stands before the encrypted payload so that the key is
    /// found again.
    pub id: SubjectId,
    /// Its key.
    pub key: SubjectKey,
}

/// Format of leaves and payloads.
pub const FORMAT: u64 = 1;

const KEY_FORMAT: u64 = 0;
const KEY_KIND: u64 = 1;
const KEY_INSTITUTION: u64 = 2;
const KEY_STREAM: u64 = 3;
const KEY_FIELDS: u64 = 4;
const KEY_BODY: u64 = 5;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// A record of a stream.
    Record = 1,
    /// A filing was taken: its receipt.
    Filing = 2,
    /// A rule found something.
    Finding = 3,
    /// An institution's grade of a day.
    Grade = 4,
    /// Something evaluated without a filing: the time went on, or the rulebook changed.
    Occasion = 5,
    /// A subject's key was destroyed.
    Erasure = 6,
    /// A step in the life of an entry of the rulebook.
    RuleStep = 7,
    /// The supervisor asked for a recording.
    CallUp = 8,
    /// An institution sent a recording that it was asked for.
    CallUpAnswer = 9,
    /// An institution was told of a term that holds for it from a day on.
    Notice = 10,
    /// A step in the life of an alert.
    Alert = 11,
    /// A person looked at a flagged finding, or decided on it.
    Review = 12,
    /// A step in the life of a letter.
    Letter = 15,
    /// A step in the life of a public notice.
    PublicNotice = 16,
    /// Something has to reach somebody, or what became of it.
    Delivery = 19,
    /// A step in the life of a rectification plan.
    Plan = 21,
    /// A step in the life of a case.
    Case = 13,
    /// A step in the life of an order.
    Order = 14,
    /// Something happened in the books of the risk reserve.
    Reserve = 17,
    /// A step in the life of a penalty.
    Penalty = 18,
    /// A whistle-blower's report, or what became of it.
    Report = 20,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 21] = [
        Self::Record,
        Self::Filing,
        Self::Finding,
        Self::Grade,
        Self::Occasion,
        Self::Erasure,
        Self::RuleStep,
        Self::CallUp,
        Self::CallUpAnswer,
        Self::Notice,
        Self::Alert,
        Self::Review,
        Self::Letter,
        Self::PublicNotice,
        Self::Delivery,
        Self::Plan,
        Self::Case,
        Self::Order,
        Self::Reserve,
        Self::Penalty,
        Self::Report,
    ];

    fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u64 == number)
    }

    /// Its name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Record => "记录",
            Self::Filing => "回执",
            Self::Finding => "发现",
            Self::Grade => "评级",
            Self::Occasion => "评估",
            Self::Erasure => "删除",
            Self::RuleStep => "规则步骤",
            Self::CallUp => "调阅",
            Self::CallUpAnswer => "调阅回复",
            Self::Notice => "通知",
            Self::Alert => "预警",
            Self::Review => "复核",
            Self::Letter => "函件",
            Self::PublicNotice => "公示",
            Self::Delivery => "送达",
            Self::Plan => "整改方案",
            Self::Case => "处置案件",
            Self::Order => "指令",
            Self::Reserve => "风险准备金",
            Self::Penalty => "处罚",
            Self::Report => "举报",
        }
    }

    /// Its name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Filing => "receipt",
            Self::Finding => "finding",
            Self::Grade => "grade",
            Self::Occasion => "occasion of evaluation",
            Self::Erasure => "erasure",
            Self::RuleStep => "step in the life of a rule",
            Self::CallUp => "call-up",
            Self::CallUpAnswer => "answer to a call-up",
            Self::Notice => "notice",
            Self::Alert => "alert",
            Self::Review => "review",
            Self::Letter => "letter",
            Self::PublicNotice => "public notice",
            Self::Delivery => "delivery",
            Self::Plan => "rectification plan",
            Self::Case => "case",
            Self::Order => "order",
            Self::Reserve => "risk reserve",
            Self::Penalty => "penalty",
            Self::Report => "report",
        }
    }
}

/// Why an entry could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Not deterministic CBOR of the form that a leaf has.
    #[error("the leaf is not of the form of format 1: {0}")]
    Malformed(#[from] CborError),
    /// A kind or stream that this version does not know.
    #[error("the leaf is of a kind or stream that this version does not know")]
    Unknown,
    /// The payload does not fit the commitments in the leaf.
    #[error("the payload does not fit the commitment to field {0}")]
    CommitmentMismatch(u8),
    /// An event's body does not fit the commitment in its leaf.
    #[error("the event's body does not fit the commitment in its leaf")]
    BodyMismatch,
}

/// Seals all rows of a stream and appends their entries, leaf hashes not yet made, to a batch.
/// `subject_of` tells each row's subject.
///
/// The rows go through each step together, so that the hash function works on many of them at
/// once.
///
/// # Errors
/// [`BatchError`] when the batch is full or a leaf longer than a ledger entry may be.
pub fn seal_records(
    stream: &'static StreamSpec,
    institution: &str,
    columns: &Columns,
    subject_of: impl Fn(usize) -> Subject,
    batch: &mut EntryBatch,
    scratch: &mut Scratch,
) -> Result<(), BatchError> {
    let rows = columns.len();
    let Scratch { plain, ends, identity, codes, commitments, .. } = scratch;
    plain.clear();
    ends.clear();
    commitments.clear();
    let fields: Vec<Field<'_>> = stream.fields.iter().zip(columns.columns()).collect();
    let is_committed = |(field, _): &Field<'_>| field.sealing == Sealing::Committed;
    let committed: Vec<Field<'_>> = fields.iter().copied().filter(is_committed).collect();
    let codes = record_codes(stream, institution, columns, |row| subject_of(row).key, identity, codes);
    for (row, code) in codes.iter().enumerate() {
        let cipher = RecordCipher::of_code(&code.0);
        let start = plain.len();
        plain.extend_from_slice(&subject_of(row).id.0);
        let secret = plain.len();
        write_committed(stream.number, &committed, row, &cipher, plain, commitments);
        match plain.get_mut(secret..) {
            Some(secret) if !secret.is_empty() => cipher.apply(secret),
            // Nothing is committed to, so there is nothing to find a key for.
            _ => plain.truncate(start),
        }
        ends.push(plain.len());
    }
    let mut made = commitments.make().iter();
    let mut start = 0;
    let prefix = leaf_prefix(stream, institution);
    for (row, end) in (0..rows).zip(ends.iter()) {
        scratch.leaf.clear();
        write_leaf(&fields, row, &prefix, &mut made, &mut scratch.leaf);
        batch.push(&scratch.leaf, plain.get(start..*end).unwrap_or_default())?;
        start = *end;
    }
    Ok(())
}

/// HMAC-SHA-256(subject key, identity) of each row.
fn record_codes<'c>(
    stream: &'static StreamSpec,
    institution: &str,
    columns: &Columns,
    key_of: impl Fn(usize) -> SubjectKey,
    identity: &mut Vec<u8>,
    codes: &'c mut HmacBatch,
) -> &'c [Hash] {
    codes.clear();
    let mut long = Vec::new();
    for row in 0..columns.len() {
        record_identity(stream, institution, columns.id_bytes(row), columns.revision(row), identity);
        let key = key_of(row);
        if !codes.add(&key, &[identity]) {
            long.push((row, Keyed::new(&key).code(identity)));
        }
    }
    let made = codes.finish();
    for (row, code) in long {
        if let Some(made) = made.get_mut(row) {
            *made = Hash(code);
        }
    }
    made
}

/// A field and its column.
type Field<'c> = (&'static FieldSpec, &'c Column);

/// Those of some fields that have a value in a row.
fn present<'f, 'c>(fields: &'f [Field<'c>], row: usize) -> impl Iterator<Item = &'f Field<'c>> {
    fields.iter().filter(move |(_, column)| column.validity().is_present(row))
}

/// Writes the map of a row's committed fields, and asks for a commitment to each.
fn write_committed(
    stream: u8,
    committed: &[Field<'_>],
    row: usize,
    cipher: &RecordCipher,
    plain: &mut Vec<u8>,
    commitments: &mut Commitments,
) {
    let count = present(committed, row).count();
    if count == 0 {
        return;
    }
    Writer(plain).map(count);
    let mut salts = cipher.salts(present(committed, row).map(|(field, _)| field.number));
    for (field, column) in present(committed, row) {
        Writer(plain).unsigned(u64::from(field.number));
        let start = plain.len();
        canonical::write_value(column, field.kind, row, plain);
        let salt = salts.next().unwrap_or_else(|| cipher.salt(field.number));
        commitments.add(&salt, stream, field.number, plain.get(start..).unwrap_or_default());
    }
}

/// What all leaves of a stream and institution begin with.
fn leaf_prefix(stream: &StreamSpec, institution: &str) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(32);
    let mut head = Writer(&mut prefix);
    head.map(5);
    write_head(&mut head, EventKind::Record, institution);
    head.unsigned(KEY_STREAM);
    head.unsigned(u64::from(stream.number));
    head.unsigned(KEY_FIELDS);
    prefix
}

fn write_leaf<'h>(
    fields: &[Field<'_>],
    row: usize,
    prefix: &[u8],
    commitments: &mut impl Iterator<Item = &'h Hash>,
    leaf: &mut Vec<u8>,
) {
    leaf.extend_from_slice(prefix);
    Writer(leaf).map(present(fields, row).count());
    for (field, column) in present(fields, row) {
        Writer(leaf).unsigned(u64::from(field.number));
        match field.sealing {
            Sealing::Clear => canonical::write_value(column, field.kind, row, leaf),
            Sealing::Committed => {
                let commitment = commitments.next().map_or(&[][..], |hash| &hash.0[..]);
                Writer(leaf).bytes(commitment);
            }
        }
    }
}

/// Buffers that sealing and opening write through, kept from one chunk to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    leaf: Vec<u8>,
    payload: Vec<u8>,
    identity: Vec<u8>,
    plain: Vec<u8>,
    ends: Vec<usize>,
    codes: HmacBatch,
    commitments: Commitments,
}

/// Seals an event with a body in canonical form.
///
/// # Errors
/// As [`seal_records`].
pub fn seal_event(
    kind: EventKind,
    institution: &str,
    body: &[u8],
    key: &SubjectKey,
    batch: &mut EntryBatch,
) -> Result<(), BatchError> {
    let cipher = event_cipher(kind, institution, body, key);
    let mut leaf = Vec::with_capacity(80);
    let mut head = Writer(&mut leaf);
    head.map(4);
    write_head(&mut head, kind, institution);
    head.unsigned(KEY_BODY);
    head.bytes(&commit(&cipher.1, EVENT_TAG, kind as u8, body));
    let mut payload = Vec::with_capacity(body.len() + 34);
    // The cipher depends on the body, so whoever opens it needs the digest first.
    payload.extend_from_slice(&cipher.2);
    payload.extend_from_slice(body);
    if let Some(body) = payload.get_mut(32..) {
        cipher.0.apply(body);
    }
    batch.push(&leaf, &payload)
}

/// The stream number in the tag of commitments to events' bodies; no stream has it.
const EVENT_TAG: u8 = 0;

fn event_cipher(
    kind: EventKind,
    institution: &str,
    body: &[u8],
    key: &SubjectKey,
) -> (RecordCipher, Salt, [u8; 32]) {
    // A keyed digest: bare, it would tell a short body to whoever guesses it.
    let nonce = Keyed::new(key).code(body);
    let (cipher, salt) = cipher_of_nonce(kind, institution, &nonce, key);
    (cipher, salt, nonce)
}

fn cipher_of_nonce(
    kind: EventKind,
    institution: &str,
    nonce: &[u8; 32],
    key: &SubjectKey,
) -> (RecordCipher, Salt) {
    let mut identity = vec![EVENT_TAG, kind as u8];
    identity.extend_from_slice(institution.as_bytes());
    identity.extend_from_slice(nonce);
    let cipher = RecordCipher::new(key, &identity);
    let salt = cipher.salt(0);
    (cipher, salt)
}

fn write_head(writer: &mut Writer<'_>, kind: EventKind, institution: &str) {
    writer.unsigned(KEY_FORMAT);
    writer.unsigned(FORMAT);
    writer.unsigned(KEY_KIND);
    writer.unsigned(kind as u64);
    writer.unsigned(KEY_INSTITUTION);
    writer.text(institution);
}

/// Stream, institution, revision and id, each so written that no two records share the bytes; with
/// an id of the usual length it fits one block of the hash function.
fn record_identity(stream: &StreamSpec, institution: &str, id: &[u8], revision: u64, out: &mut Vec<u8>) {
    out.clear();
    let mut writer = Writer(out);
    writer.unsigned(u64::from(stream.number));
    writer.text(institution);
    writer.unsigned(revision);
    out.extend_from_slice(id);
}

/// The head of a leaf and where its content begins.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// What the entry is.
    pub kind: EventKind,
    /// Whose it is.
    pub institution: &'a str,
    /// The stream of a record.
    pub stream: Option<&'static StreamSpec>,
    content: Reader<'a>,
}

fn expect_key(reader: &mut Reader<'_>, key: u64) -> Result<(), LeafError> {
    if reader.unsigned()? == key { Ok(()) } else { Err(CborError::Unexpected.into()) }
}

/// Reads the head of a leaf.
///
/// # Errors
/// [`LeafError`].
pub fn read_head(leaf: &[u8]) -> Result<Head<'_>, LeafError> {
    let mut reader = Reader(leaf);
    let pairs = reader.map()?;
    expect_key(&mut reader, KEY_FORMAT)?;
    if reader.unsigned()? != FORMAT {
        return Err(LeafError::Unknown);
    }
    expect_key(&mut reader, KEY_KIND)?;
    let kind = EventKind::from_number(reader.unsigned()?).ok_or(LeafError::Unknown)?;
    expect_key(&mut reader, KEY_INSTITUTION)?;
    let institution = reader.text()?;
    let (wanted, stream) = if kind == EventKind::Record {
        expect_key(&mut reader, KEY_STREAM)?;
        let number = u8::try_from(reader.unsigned()?).map_err(|_| LeafError::Unknown)?;
        let stream = stream_numbered(number).ok_or(LeafError::Unknown)?;
        expect_key(&mut reader, KEY_FIELDS)?;
        (5, Some(stream))
    } else {
        expect_key(&mut reader, KEY_BODY)?;
        (4, None)
    };
    if pairs != wanted {
        return Err(CborError::Unexpected.into());
    }
    Ok(Head { kind, institution, stream, content: reader })
}

/// What of a record was appended to the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenedRecord {
    /// All of it.
    Whole,
    /// Only the fields in clear: the subject's key was destroyed.
    ClearOnly,
}

/// The subject whose key opens a record's payload; none when nothing in it is committed to.
pub fn subject_of(payload: &[u8]) -> Option<SubjectId> {
    payload.first_chunk::<16>().map(|id| SubjectId(*id))
}

/// Reads a record's clear fields, and with the key its committed ones, into `columns` as one row. With `check` each value is held
/// against its commitment.
///
/// # Errors
/// [`LeafError`]; `columns` is then as it was before.
pub fn open_record(
    head: &Head<'_>,
    payload: &[u8],
    key: Option<&SubjectKey>,
    check: bool,
    columns: &mut Columns,
    scratch: &mut Scratch,
) -> Result<OpenedRecord, LeafError> {
    let row = columns.len();
    let result = open_row(head, payload, key, check, columns, scratch);
    if result.is_err() {
        columns.truncate(row);
    }
    result
}

fn open_row(
    head: &Head<'_>,
    payload: &[u8],
    key: Option<&SubjectKey>,
    check: bool,
    columns: &mut Columns,
    scratch: &mut Scratch,
) -> Result<OpenedRecord, LeafError> {
    let stream = head.stream.ok_or(LeafError::Unknown)?;
    let row = columns.len();
    let mut commitments: [Option<Commitment>; 64] = [None; 64];
    let mut reader = head.content;
    let mut from = 0;
    for _ in 0..reader.map()? {
        let (index, field) = next_field(stream, &mut from, reader.unsigned()?)?;
        match (field.sealing, columns.column_mut(index), commitments.get_mut(index)) {
            (Sealing::Clear, Some(column), _) => canonical::read_value(&mut reader, field.kind, column)?,
            (Sealing::Committed, _, Some(commitment)) => {
                let bytes = reader.bytes()?;
                *commitment = Some(bytes.try_into().map_err(|_| CborError::OutOfRange)?);
            }
            _ => return Err(LeafError::Unknown),
        }
    }
    reader.end()?;
    let opened = match key {
        Some(key) if !payload.is_empty() => {
            let (id, revision) = (columns.id_bytes(row), columns.revision(row));
            record_identity(stream, head.institution, id, revision, &mut scratch.identity);
            let cipher = RecordCipher::new(key, &scratch.identity);
            scratch.payload.clear();
            scratch.payload.extend_from_slice(payload.get(16..).unwrap_or_default());
            cipher.apply(&mut scratch.payload);
            read_committed(stream, &cipher, &scratch.payload, check.then_some(&mut commitments), columns)?;
            OpenedRecord::Whole
        }
        None if !payload.is_empty() => OpenedRecord::ClearOnly,
        _ => OpenedRecord::Whole,
    };
    if check && opened == OpenedRecord::Whole {
        // A commitment that no value answered for means that the payload was cut.
        let left = commitments.iter().position(Option::is_some).and_then(|index| stream.fields.get(index));
        if let Some(field) = left {
            return Err(LeafError::CommitmentMismatch(field.number));
        }
    }
    columns.end_row();
    Ok(opened)
}

fn next_field(
    stream: &'static StreamSpec,
    from: &mut usize,
    number: u64,
) -> Result<(usize, &'static FieldSpec), LeafError> {
    let mut ahead = stream.fields.iter().enumerate().skip(*from);
    let (index, field) =
        ahead.find(|(_, field)| u64::from(field.number) == number).ok_or(LeafError::Unknown)?;
    *from = index + 1;
    Ok((index, field))
}

fn read_committed(
    stream: &'static StreamSpec,
    cipher: &RecordCipher,
    plain: &[u8],
    mut commitments: Option<&mut [Option<Commitment>; 64]>,
    columns: &mut Columns,
) -> Result<(), LeafError> {
    let mut reader = Reader(plain);
    let mut from = 0;
    // A wrong key decrypts to noise, which is then no map of known fields.
    for _ in 0..reader.map().map_err(|_| LeafError::CommitmentMismatch(0))? {
        let number = reader.unsigned().map_err(|_| LeafError::CommitmentMismatch(0))?;
        let (index, field) =
            next_field(stream, &mut from, number).map_err(|_| LeafError::CommitmentMismatch(0))?;
        let before = reader.0;
        let column = columns.column_mut(index).ok_or(LeafError::Unknown)?;
        canonical::read_value(&mut reader, field.kind, column)
            .map_err(|_| LeafError::CommitmentMismatch(field.number))?;
        if let Some(slot) = commitments.as_deref_mut().and_then(|all| all.get_mut(index)) {
            let value = before.get(..before.len() - reader.0.len()).unwrap_or_default();
            if slot.take() != Some(commit(&cipher.salt(field.number), stream.number, field.number, value)) {
                return Err(LeafError::CommitmentMismatch(field.number));
            }
        }
    }
    reader.end().map_err(|_| LeafError::CommitmentMismatch(0))
}

/// An event's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedEvent(pub Vec<u8>);

/// Decrypts an event's body and holds it against the commitment in its leaf.
///
/// # Errors
/// [`LeafError`]; a wrong key shows as a commitment that does not fit.
pub fn open_event(head: &Head<'_>, payload: &[u8], key: &SubjectKey) -> Result<OpenedEvent, LeafError> {
    event_opening(head, payload, key).map(|opening| OpenedEvent(opening.body))
}

/// What discloses an event: with the leaf, anyone can check the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventOpening {
    /// The salt of the commitment to the body.
    pub salt: Salt,
    /// The body, byte for byte as it was sealed.
    pub body: Vec<u8>,
}

/// The opening of an event, held against the commitment in its leaf.
///
/// # Errors
/// As [`open_event`].
pub fn event_opening(head: &Head<'_>, payload: &[u8], key: &SubjectKey) -> Result<EventOpening, LeafError> {
    let (nonce, body) = payload.split_first_chunk::<32>().ok_or(LeafError::BodyMismatch)?;
    let (cipher, salt) = cipher_of_nonce(head.kind, head.institution, nonce, key);
    let mut body = body.to_vec();
    cipher.apply(&mut body);
    let opening = EventOpening { salt, body };
    hold_against(head, &opening)?;
    Ok(opening)
}

/// Checks the opening of an event against a leaf, knowing nothing else.
///
/// # Errors
/// [`LeafError::BodyMismatch`] when the leaf does not commit to that body; other [`LeafError`]s when
/// the leaf is none of an event.
pub fn check_event(leaf: &[u8], opening: &EventOpening) -> Result<(), LeafError> {
    hold_against(&read_head(leaf)?, opening)
}

fn hold_against(head: &Head<'_>, opening: &EventOpening) -> Result<(), LeafError> {
    if head.kind == EventKind::Record {
        return Err(LeafError::Unknown);
    }
    let mut reader = head.content;
    let commitment = reader.bytes()?;
    reader.end()?;
    match commit(&opening.salt, EVENT_TAG, head.kind as u8, &opening.body) == *commitment {
        true => Ok(()),
        false => Err(LeafError::BodyMismatch),
    }
}

/// What discloses one committed field of one leaf: with the leaf, anyone can check the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The field's number.
    pub field: u8,
    /// The salt of its commitment.
    pub salt: Salt,
    /// Its value in canonical form.
    pub value: Vec<u8>,
}

/// The openings of all committed fields of a record.
///
/// # Errors
/// [`LeafError`].
pub fn openings(head: &Head<'_>, payload: &[u8], key: &SubjectKey) -> Result<Vec<Opening>, LeafError> {
    let stream = head.stream.ok_or(LeafError::Unknown)?;
    let mut columns = Columns::new(stream.fields);
    let mut scratch = Scratch::default();
    open_record(head, payload, Some(key), true, &mut columns, &mut scratch)?;
    let cipher = RecordCipher::new(key, &scratch.identity);
    let fields = stream.fields.iter().zip(columns.columns());
    let committed = fields.filter(|(f, c)| f.sealing == Sealing::Committed && c.validity().is_present(0));
    Ok(committed
        .map(|(field, column)| {
            let mut value = Vec::new();
            canonical::write_value(column, field.kind, 0, &mut value);
            Opening { field: field.number, salt: cipher.salt(field.number), value }
        })
        .collect())
}

/// Checks an opening against a leaf, knowing nothing else.
///
/// # Errors
/// [`LeafError::CommitmentMismatch`] when the leaf does not commit to that value in that field.
pub fn check_opening(leaf: &[u8], opening: &Opening) -> Result<(), LeafError> {
    let head = read_head(leaf)?;
    let stream = head.stream.ok_or(LeafError::Unknown)?;
    let mut reader = head.content;
    let mut from = 0;
    let mut skipped = Columns::new(stream.fields);
    for _ in 0..reader.map()? {
        let (index, field) = next_field(stream, &mut from, reader.unsigned()?)?;
        if field.sealing == Sealing::Committed {
            let found = reader.bytes()?;
            if field.number == opening.field {
                let computed = commit(&opening.salt, stream.number, field.number, &opening.value);
                return if found == computed {
                    Ok(())
                } else {
                    Err(LeafError::CommitmentMismatch(field.number))
                };
            }
        } else if let Some(column) = skipped.column_mut(index) {
            canonical::read_value(&mut reader, field.kind, column)?;
        }
    }
    Err(LeafError::CommitmentMismatch(opening.field))
}

/// The subject of a row: the person whose key protects it, or none, and then the institution's
/// own key does.
pub fn row_subject(stream: &StreamSpec, columns: &Columns, row: usize) -> Option<u128> {
    let column = columns.column(stream.subject?)?;
    matches!(stream.fields.get(stream.subject?)?.kind, FieldKind::Pseudonym(_)).then(|| column.wide(row))?
}
