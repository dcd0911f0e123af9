//! Records sealed and opened again: whole, in part, with the wrong key, without a key, tampered.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

use ledger::EntryBatch;
use ledger::keystore::SubjectId;
use model::columns::Columns;
use model::read::LineReader;
use model::spec::{Record, StreamSpec};
use model::streams::{Register, Transaction};
use model::time::Time;
use seal::leaf::{
    Scratch, check_event, check_opening, event_opening, open_event, open_record, openings, read_head,
    seal_event, seal_records,
};
use seal::{EventKind, EventOpening, LeafError, OpenedRecord, Subject};
use tlog::{Sha256Tree, TreeHasher};

const KEY: [u8; 32] = [7; 32];
const SUBJECT: Subject = Subject { id: SubjectId([9; 16]), key: KEY };
const INSTITUTION: &str = "91350100M000100Y43";

fn transaction() -> Columns {
    let line = br#"{"id":"t-1","time":"2026-03-01T09:30:00+08:00","user":"p1:0123456789abcdef0123456789abcd",
        "payer_account":"a1:0123456789abcdef0123456789abcd","amount":"12.50","kind":"payment","direction":"out",
        "order":"o-9","channel":"app","ip":"2001:db8::1"}"#;
    read(Transaction::STREAM, line)
}

fn read(stream: &'static StreamSpec, line: &[u8]) -> Columns {
    let mut columns = Columns::new(stream.fields);
    let received_at = Time::parse("2026-11-01T00:00:00Z").unwrap();
    LineReader::new(stream, received_at).read(line, &mut columns).unwrap();
    columns
}

fn sealed(stream: &'static StreamSpec, columns: &Columns) -> (Vec<u8>, Vec<u8>) {
    let mut batch = EntryBatch::default();
    seal_records(stream, INSTITUTION, columns, |_| SUBJECT, &mut batch, &mut Scratch::default()).unwrap();
    (batch.leaves, batch.payloads)
}

/// What was sealed stays what it is: a change here makes a new format.
#[test]
fn the_format_is_the_one_in_use() {
    let (leaf, payload) = sealed(Transaction::STREAM, &transaction());
    let digests = [leaf, payload].map(|bytes| Sha256Tree.leaf(&bytes).to_hex());
    let in_use = [
        "2ca6ff5f6c664488f960dde36cbe83be067f340a560bdb3052f79accc3b9097e",
        "98d6dbf0f2d956763860df62c45259d1cf2539bf8c1b39977457d39b30183846",
    ];
    assert_eq!(digests, in_use);
}

#[test]
fn a_record_comes_back_as_it_was() {
    let register = read(
        Register::STREAM,
        br#"{"id":"r-1","effective_from":"2026-01-01","name":"A platform","line":"p2p","executives":[
            {"person":"p1:0123456789abcdef0123456789abcd","post":"chairman","qualified_until":"2030-01-01"},
            {"person":"p1:1123456789abcdef0123456789abcd","post":"general_manager"}]}"#,
    );
    for (stream, columns) in [(Transaction::STREAM, transaction()), (Register::STREAM, register)] {
        let (leaf, payload) = sealed(stream, &columns);
        let mut again = Columns::new(stream.fields);
        let head = read_head(&leaf).unwrap();
        assert_eq!(
            (head.kind, head.institution, head.stream),
            (EventKind::Record, INSTITUTION, Some(stream))
        );
        let opened = open_record(&head, &payload, Some(&KEY), true, &mut again, &mut Scratch::default());
        assert_eq!(opened, Ok(OpenedRecord::Whole));
        assert_eq!(again, columns);
        assert_eq!(sealed(stream, &again), (leaf, payload), "sealing is a function");
    }
}

#[test]
fn without_the_key_only_what_is_clear_is_left() {
    let (leaf, payload) = sealed(Transaction::STREAM, &transaction());
    let mut left = Columns::new(Transaction::STREAM.fields);
    let head = read_head(&leaf).unwrap();
    let opened = open_record(&head, &payload, None, true, &mut left, &mut Scratch::default());
    assert_eq!(opened, Ok(OpenedRecord::ClearOnly));
    let index = |name| Transaction::STREAM.field_index(name).unwrap();
    assert_eq!(left.id(0), "t-1");
    for committed in ["user", "payer_account", "amount", "ip"] {
        assert!(!left.column(index(committed)).unwrap().validity().is_present(0), "{committed}");
    }
}

#[test]
fn the_leaf_tells_no_sensitive_value() {
    let (leaf, payload) = sealed(Transaction::STREAM, &transaction());
    for secret in [&[0x23, 0x45, 0x67, 0x89][..], b"2001:db8", &[0x19, 0x04, 0xe2]] {
        assert!(!leaf.windows(secret.len()).any(|window| window == secret));
        assert!(!payload.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    let (leaf, payload) = sealed(Transaction::STREAM, &transaction());
    let open = |leaf: &[u8], payload: &[u8], key: &[u8; 32]| {
        let mut columns = Columns::new(Transaction::STREAM.fields);
        let head = read_head(leaf)?;
        let opened = open_record(&head, payload, Some(key), true, &mut columns, &mut Scratch::default());
        assert_eq!(columns.len(), usize::from(opened.is_ok()), "a failed opening leaves no row");
        opened
    };
    // The first sixteen bytes only say where the key is.
    for index in 16..payload.len() {
        let mut payload = payload.clone();
        payload[index] ^= 1;
        assert!(open(&leaf, &payload, &KEY).is_err(), "payload byte {index}");
    }
    assert!(open(&leaf, &payload[..payload.len() - 1], &KEY).is_err());
    assert!(open(&leaf, &payload, &[8; 32]).is_err());
    // A cut leaf is never taken; a changed one is the tree's matter.
    for cut in 0..leaf.len() {
        assert!(open(&leaf[..cut], &payload, &KEY).is_err(), "leaf cut at {cut}");
    }
}

#[test]
fn a_single_field_is_disclosed_and_no_other() {
    let (leaf, payload) = sealed(Transaction::STREAM, &transaction());
    let all = openings(&read_head(&leaf).unwrap(), &payload, &KEY).unwrap();
    assert_eq!(all.iter().map(|o| o.field).collect::<Vec<_>>(), [4, 5, 8, 17]);
    for opening in &all {
        assert_eq!(check_opening(&leaf, opening), Ok(()));
        let mut forged = opening.clone();
        forged.value[0] ^= 1;
        assert_eq!(check_opening(&leaf, &forged), Err(LeafError::CommitmentMismatch(opening.field)));
        let mut elsewhere = opening.clone();
        elsewhere.field = 6;
        assert!(check_opening(&leaf, &elsewhere).is_err());
    }
}

#[test]
fn events_keep_their_bodies() {
    let mut batch = EntryBatch::default();
    seal_event(EventKind::Grade, INSTITUTION, b"a body", &KEY, &mut batch).unwrap();
    let head = read_head(&batch.leaves).unwrap();
    assert_eq!(open_event(&head, &batch.payloads, &KEY).unwrap().0, b"a body");
    assert_eq!(open_event(&head, &batch.payloads, &[0; 32]), Err(LeafError::BodyMismatch));
    assert!(!batch.leaves.windows(6).any(|window| window == b"a body"));
}

#[test]
fn an_event_is_disclosed_and_every_changed_byte_of_it_is_noticed() {
    let sealed_as = |kind| {
        let mut batch = EntryBatch::default();
        seal_event(kind, INSTITUTION, b"a body", &KEY, &mut batch).unwrap();
        (batch.leaves, batch.payloads)
    };
    let (leaf, payload) = sealed_as(EventKind::Grade);
    let opening = event_opening(&read_head(&leaf).unwrap(), &payload, &KEY).unwrap();
    assert_eq!(opening.body, b"a body");
    assert_eq!(check_event(&leaf, &opening), Ok(()));
    for index in 0..opening.body.len() {
        let mut forged = opening.clone();
        forged.body[index] ^= 1;
        assert_eq!(check_event(&leaf, &forged), Err(LeafError::BodyMismatch), "byte {index}");
    }
    let mut salted = opening.clone();
    salted.salt[0] ^= 1;
    assert_eq!(check_event(&leaf, &salted), Err(LeafError::BodyMismatch));
    let longer = EventOpening { salt: opening.salt, body: b"a body\0".to_vec() };
    assert_eq!(check_event(&leaf, &longer), Err(LeafError::BodyMismatch));
    // The same body in another role, or a record, is something else.
    assert_eq!(check_event(&sealed_as(EventKind::Finding).0, &opening), Err(LeafError::BodyMismatch));
    let (record, _) = sealed(Transaction::STREAM, &transaction());
    assert_eq!(check_event(&record, &opening), Err(LeafError::Unknown));
}
