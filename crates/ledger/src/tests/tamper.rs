//! A forger with full access to the directory but not to the signing key.

use std::{fs, sync::Arc};

use proptest::prelude::*;
use tlog::{Sha256Tree, Sm3Tree, TreeHasher};

use super::*;
use crate::{
    KeyStore, LedgerError, Report, VerifyOptions,
    frame::{self, Header},
    segment::{self, FRAMES_START, Step, Walk},
    verify,
};

/// A ledger of several segments with daily checkpoints, keys and a second tree.
fn small_ledger(dir: &Path) -> Vec<Vec<u8>> {
    let mut ledger = Ledger::create(dir, small_segments(Some(SecondTree::Sm3))).unwrap();
    let mut checkpoints = Vec::new();
    for day in 0..4 {
        append(&mut ledger, 4);
        append(&mut ledger, 3);
        checkpoints.push(ledger.checkpoint(NOON_UNIX_S + day * DAY_S).unwrap().to_vec());
    }
    ledger.put_cosigned(checkpoints.last().unwrap()).unwrap();
    let keys = KeyStore::open(dir).unwrap();
    keys.get_or_create(&["a", "b"]).unwrap();
    keys.erase(b"a").unwrap();
    assert!(segment_files(dir).len() >= 3);
    checkpoints
}

fn check(dir: &Path) -> Report {
    verify(dir, &VerifyOptions::default()).unwrap()
}

fn check_against(dir: &Path, checkpoint: &[u8]) -> Report {
    let kept = VerifyOptions { checkpoints: vec![checkpoint.to_vec()], ..VerifyOptions::default() };
    verify(dir, &kept).unwrap()
}

fn forget_sidecars(dir: &Path) {
    for sidecar in files(&dir.join("tree")) {
        fs::remove_file(sidecar).unwrap();
    }
}

#[test]
fn a_flip_of_any_byte_is_seen() {
    let dir = tempdir();
    small_ledger(dir.path());
    let clean = check(dir.path());
    assert!(clean.is_clean(), "{:?}", clean.problems);
    assert_eq!((clean.entries, clean.checkpoints), (28, 6));
    for path in files(dir.path()) {
        // Only the key store itself can tell: see its tests.
        if path.ends_with("master.key") {
            continue;
        }
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            fs::write(&path, &flipped).unwrap();
            let report = check(dir.path());
            let seen = !report.is_clean() || report.torn.is_some() || report.torn_bytes > 0;
            assert!(seen, "{} byte {at}", path.display());
            // Nothing false is ever read: entries are right or an error.
            if let Ok(reader) = Reader::open(dir.path()) {
                for frame in reader.read(0..reader.size()).flatten() {
                    for found in frame.entries() {
                        let (leaf, payload) = entry(found.index);
                        assert_eq!((found.leaf, found.payload), (&*leaf, &*payload));
                    }
                }
            }
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(check(dir.path()), clean);
}

/// The frames of one segment as a forger handles them.
struct Frames {
    path: PathBuf,
    head: Vec<u8>,
    salt: frame::Salt,
    frames: Vec<(Header, Vec<u8>)>,
}

impl Frames {
    fn read(path: &Path) -> Self {
        let file = fs::File::open(path).unwrap();
        let header = segment::read_header(&file).unwrap().unwrap();
        let bytes = fs::read(path).unwrap();
        let mut walk = Walk::new(Arc::new(file), header.salt, FRAMES_START, bytes.len() as u64);
        let mut frames = Vec::new();
        while let Step::Frame { header, bytes, .. } = walk.step().unwrap() {
            frames.push((header, bytes.to_vec()));
        }
        Self { path: path.to_owned(), head: bytes[..64].to_vec(), salt: header.salt, frames }
    }

    /// Numbers the entries anew, computes every checksum anew and writes the segment.
    fn write(mut self) {
        let mut next = self.frames[0].0.first_index;
        if let Some((header, _)) = self.frames.iter().min_by_key(|(header, _)| header.first_index) {
            next = header.first_index;
        }
        let mut out = self.head;
        for (header, bytes) in &mut self.frames {
            header.first_index = next;
            next = header.end_index();
            bytes[..32].copy_from_slice(&header.encode(&self.salt));
            let crc_at = bytes.len() - 4;
            let crc = self.salt.crc(&bytes[..crc_at]);
            bytes[crc_at..].copy_from_slice(&crc.to_le_bytes());
            out.extend_from_slice(bytes);
        }
        fs::write(self.path, out).unwrap();
    }
}

/// Computes the leaf hashes of a frame anew.
fn rehash(header: &Header, bytes: &mut [u8]) {
    let sections = header.sections();
    let mut start = 0;
    for i in 0..header.count as usize {
        let end_at = sections.leaf_ends.start + 4 * i;
        let end = u32::from_le_bytes(bytes[end_at..end_at + 4].try_into().unwrap()) as usize;
        let leaf = bytes[sections.leaves.start + start..sections.leaves.start + end].to_vec();
        let (at, sm3_at) = (sections.leaf_hashes.start + 32 * i, sections.sm3_hashes.start + 32 * i);
        bytes[at..at + 32].copy_from_slice(&Sha256Tree.leaf(&leaf).0);
        bytes[sm3_at..sm3_at + 32].copy_from_slice(&Sm3Tree.leaf(&leaf).0);
        start = end;
    }
}

type Forgery = fn(&mut Frames);

#[test]
fn a_history_that_was_changed_with_every_checksum_right_does_not_fit_any_checkpoint() {
    let forgeries: [(&str, Forgery); 5] = [
        ("a frame is gone", |segment| drop(segment.frames.remove(0))),
        ("a frame is there twice", |segment| {
            let copy = segment.frames[0].clone();
            segment.frames.insert(0, copy);
        }),
        ("two frames changed places", |segment| segment.frames.swap(0, 1)),
        ("a leaf was changed", |segment| {
            let (header, bytes) = &mut segment.frames[0];
            let at = header.sections().leaves.end - 1;
            bytes[at] ^= 1;
        }),
        ("a leaf was changed and hashed anew", |segment| {
            let (header, bytes) = &mut segment.frames[0];
            let at = header.sections().leaves.end - 1;
            bytes[at] ^= 1;
            rehash(header, bytes);
        }),
    ];
    let original = tempdir();
    let checkpoints = small_ledger(original.path());
    for (what, forge) in forgeries {
        for number in [0, 1] {
            let dir = tempdir();
            copy_dir(original.path(), dir.path());
            let mut segment = Frames::read(&segment_files(dir.path())[number]);
            forge(&mut segment);
            segment.write();
            forget_sidecars(dir.path());
            // The forger also removes what was signed since the forged place.
            fs::write(dir.path().join("checkpoints"), b"").unwrap();
            fs::remove_file(dir.path().join("checkpoint.cosigned")).unwrap();
            for checkpoint in &checkpoints[1..] {
                let report = check_against(dir.path(), checkpoint);
                assert!(!report.is_clean(), "{what} in segment {number}");
            }
            let opened = Ledger::open(dir.path(), small_segments(Some(SecondTree::Sm3)));
            match opened {
                // A leaf that does not fit its hash is found by reading it or by `verify`.
                Ok(_) => assert_eq!(what, "a leaf was changed"),
                Err(
                    LedgerError::Corrupt { .. }
                    | LedgerError::RootMismatch { .. }
                    | LedgerError::HistoryTooShort { .. },
                ) => {}
                Err(other) => panic!("{what}: {other}"),
            }
        }
    }
}

#[test]
fn a_leaf_that_does_not_fit_its_hash_is_not_read_by_index() {
    let dir = tempdir();
    small_ledger(dir.path());
    let mut segment = Frames::read(&segment_files(dir.path())[0]);
    let (header, bytes) = &mut segment.frames[0];
    let at = header.sections().leaves.end - 1;
    let last = u64::from(header.count) - 1;
    bytes[at] ^= 1;
    segment.write();
    let reader = Reader::open(dir.path()).unwrap();
    let error = reader.entry(last).unwrap_err().to_string();
    assert_eq!(error, format!("segment 00000000, byte 64: the leaf of entry {last} does not fit its hash"));
    let report = check(dir.path());
    assert!(report.problems.iter().any(|problem| problem.index == Some(last)), "{:?}", report.problems);
}

/// Rolls the directory back to the checkpoint number `to`: everything in it is genuine.
fn roll_back(dir: &Path, checkpoints: &[Vec<u8>], to: usize) {
    let size = 7 * (to as u64 + 1);
    for path in segment_files(dir) {
        let mut segment = Frames::read(&path);
        segment.frames.retain(|(header, _)| header.first_index < size);
        match segment.frames.is_empty() {
            true => fs::remove_file(path).unwrap(),
            false => segment.write(),
        }
    }
    forget_sidecars(dir);
    fs::write(dir.join("checkpoint"), &checkpoints[to]).unwrap();
    fs::remove_file(dir.join("checkpoint.cosigned")).unwrap();
    fs::write(dir.join("checkpoints"), b"").unwrap();
}

#[test]
fn a_truncated_history_does_not_fit_a_later_checkpoint() {
    let original = tempdir();
    let checkpoints = small_ledger(original.path());
    for to in 0..3 {
        let dir = tempdir();
        copy_dir(original.path(), dir.path());
        roll_back(dir.path(), &checkpoints, to);
        // Without knowledge from outside a perfect rollback is the ledger of that day.
        assert!(check(dir.path()).is_clean(), "{:?}", check(dir.path()).problems);
        for (i, checkpoint) in checkpoints.iter().enumerate() {
            let report = check_against(dir.path(), checkpoint);
            assert_eq!(report.is_clean(), i <= to);
            if i > to {
                let problem = report.problems[0].to_string();
                assert!(problem.contains("its history was cut"), "{problem}");
            }
        }
    }
    // With the ledger's own checkpoints still there it does not even open.
    let dir = tempdir();
    copy_dir(original.path(), dir.path());
    roll_back(dir.path(), &checkpoints, 1);
    fs::copy(original.path().join("checkpoint"), dir.path().join("checkpoint")).unwrap();
    let opened = Ledger::open(dir.path(), small_segments(Some(SecondTree::Sm3)));
    assert!(matches!(opened, Err(LedgerError::HistoryTooShort { size: 14, checkpoint_size: 28, .. })));
}

#[test]
fn a_segment_that_is_gone_exchanged_or_foreign_is_named() {
    let original = tempdir();
    small_ledger(original.path());
    let foreign = tempdir();
    small_ledger(foreign.path());
    type Damage = fn(&Path, &Path);
    let table: [(&str, Damage); 4] = [
        ("segment 00000001, byte 0: the segment is missing", |dir, _| {
            fs::remove_file(segment::path(dir, 1)).unwrap();
        }),
        ("segment 00000001, byte 0: this is segment 00000000 under another name", |dir, _| {
            fs::copy(segment::path(dir, 0), segment::path(dir, 1)).unwrap();
        }),
        ("segment 00000000, byte 0: the segment belongs to another ledger", |dir, foreign| {
            fs::copy(segment::path(foreign, 0), segment::path(dir, 0)).unwrap();
        }),
        ("segment 00000000, byte 0: the file ends within the segment header", |dir, _| {
            fs::write(segment::path(dir, 0), b"JWLEDGER").unwrap();
        }),
    ];
    for (error, damage) in table {
        let dir = tempdir();
        copy_dir(original.path(), dir.path());
        damage(dir.path(), foreign.path());
        let opened = Ledger::open(dir.path(), small_segments(Some(SecondTree::Sm3)));
        assert_eq!(opened.unwrap_err().to_string(), error);
        assert!(!check(dir.path()).is_clean());
    }
}

#[test]
fn a_ledger_signed_anew_by_another_key_is_not_the_one_that_the_verifier_knows() {
    let original = tempdir();
    let checkpoints = small_ledger(original.path());
    let key = Reader::open(original.path()).unwrap().verifier_key().clone();
    let forged = tempdir();
    small_ledger(forged.path());
    let knows = VerifyOptions { key: Some(key), checkpoints };
    assert!(verify(original.path(), &knows).unwrap().is_clean());
    let report = verify(forged.path(), &knows).unwrap();
    assert!(report.problems[0].to_string().starts_with("LEDGER: the ledger's key is"));
    assert!(verify(forged.path(), &VerifyOptions::default()).unwrap().is_clean());
}

#[test]
fn a_copy_without_keys_verifies() {
    let original = tempdir();
    small_ledger(original.path());
    let dir = tempdir();
    copy_dir(original.path(), dir.path());
    fs::remove_dir_all(dir.path().join("keys")).unwrap();
    forget_sidecars(dir.path());
    assert!(check(dir.path()).is_clean());
    assert_holds(&Reader::open(dir.path()).unwrap(), 28);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever stands in a file: an error or the truth, never a panic, never something false.
    #[test]
    fn any_bytes_in_any_file_are_survived(
        pick: prop::sample::Index,
        at: prop::sample::Index,
        removed in 0_usize..200,
        inserted in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let dir = tempdir();
        small_ledger(dir.path());
        let files = files(dir.path());
        let path = pick.get(&files);
        let mut bytes = fs::read(path).unwrap();
        let start = at.index(bytes.len());
        let end = (start + removed).min(bytes.len());
        bytes.splice(start..end, inserted);
        fs::write(path, bytes).unwrap();
        let _ = verify(dir.path(), &VerifyOptions::default());
        let _ = KeyStore::open_read_only(dir.path());
        if let Ok(reader) = Reader::open(dir.path()) {
            for frame in reader.read(0..reader.size()).flatten() {
                for found in frame.entries() {
                    let (leaf, payload) = entry(found.index);
                    prop_assert_eq!((found.leaf, found.payload), (&*leaf, &*payload));
                }
            }
            for index in 0..reader.size() {
                if let Ok(found) = reader.entry(index) {
                    prop_assert_eq!(found.leaf, entry(index).0);
                }
                let _ = reader.inclusion(index, reader.size());
            }
        }
        let _ = Ledger::open(dir.path(), small_segments(Some(SecondTree::Sm3)));
    }
}
