//! Reading by index, in order, by proof and by tile; and opening.

use std::fs;

use tlog::{
    Cosigner, Hash, Sha256Tree, SignedCheckpoint, Sm3Tree, TreeHasher, tiles, verify_consistency,
    verify_inclusion,
};

use super::*;
use crate::{LedgerError, VerifyOptions, verify};

fn ledger_of(dir: &Path, sizes: &[u64], second: Option<SecondTree>) -> Ledger {
    let mut ledger = Ledger::create(dir, Options { segment_bytes: 20_000, ..options(second) }).unwrap();
    for size in sizes {
        append(&mut ledger, *size);
    }
    ledger
}

#[test]
fn every_entry_is_found_by_its_index() {
    let dir = tempdir();
    let ledger = ledger_of(dir.path(), &[1, 300, 7, 1, 1, 255, 2], None);
    let reader = ledger.reader();
    for index in 0..reader.size() {
        let found = reader.entry(index).unwrap();
        let (leaf, payload) = entry(index);
        assert_eq!(found.leaf_hash, Sha256Tree.leaf(&leaf));
        assert_eq!((found.index, found.leaf, found.payload), (index, leaf, payload));
    }
    let beyond = reader.entry(reader.size()).unwrap_err().to_string();
    assert_eq!(beyond, "asked for entry 567, the ledger holds 567 entries");
}

#[test]
fn any_range_is_read_in_order() {
    let dir = tempdir();
    let ledger = ledger_of(dir.path(), &[1, 300, 7, 1, 1, 255, 2], None);
    let reader = ledger.reader();
    for start in (0..570).step_by(13) {
        for end in (0..600).step_by(29) {
            let indices: Vec<u64> = reader
                .read(start..end)
                .flat_map(|frame| {
                    let frame = frame.unwrap();
                    assert_eq!(frame.leaf_hashes().count(), frame.len());
                    frame.entries().map(|found| found.index).collect::<Vec<_>>()
                })
                .collect();
            assert_eq!(indices, (start..end.min(567)).collect::<Vec<_>>());
        }
    }
}

/// Frames larger than a chunk, and chunks of many frames.
#[test]
fn large_and_small_frames_are_read_alike() {
    let dir = tempdir();
    let mut ledger =
        Ledger::create(dir.path(), Options { segment_bytes: 16 << 20, ..options(None) }).unwrap();
    let mut large = EntryBatch::default();
    for _ in 0..6000 {
        large.push(b"large", &[7; 1000]).unwrap();
    }
    large.hash(None).unwrap();
    let mut small = EntryBatch::default();
    small.push(b"small", &[8; 2000]).unwrap();
    small.hash(None).unwrap();
    for round in 0..3 {
        ledger.append_group(std::slice::from_ref(&large)).unwrap();
        for _ in 0..if round == 1 { 3000 } else { 10 } {
            ledger.append_group(std::slice::from_ref(&small)).unwrap();
        }
    }
    let reader = ledger.reader();
    let (mut next, mut large_found) = (0, 0);
    for frame in reader.read(0..reader.size()) {
        for found in frame.unwrap().entries() {
            assert_eq!(found.index, next);
            large_found += u64::from(found.leaf == b"large" && found.payload == [7; 1000]);
            next += 1;
        }
    }
    assert_eq!((next, large_found), (reader.size(), 18_000));
    assert_eq!(reader.entry(6005).unwrap().leaf, b"small");
    assert_eq!(reader.entry(14_000).unwrap().leaf, b"small");
    assert_eq!(reader.entry(9020).unwrap().leaf, b"large");
}

#[test]
fn a_damaged_frame_is_an_error_and_the_others_stay_readable() {
    let dir = tempdir();
    let ledger = ledger_of(dir.path(), &[10, 10, 10], None);
    let reader = ledger.reader();
    let (_, offset) = reader.place_of(10).unwrap();
    let segment = segment_files(dir.path()).remove(0);
    let whole = fs::read(&segment).unwrap();
    let frame_bytes = reader.place_of(20).unwrap().1 - offset;
    for at in (offset..offset + frame_bytes).step_by(3) {
        let mut damaged = whole.clone();
        damaged[at as usize] ^= 32;
        fs::write(&segment, &damaged).unwrap();
        let (found, errors): (Vec<_>, Vec<_>) = reader.read(0..30).partition(Result::is_ok);
        assert_eq!(errors.len(), 1, "byte {at}");
        let error = errors.into_iter().next().unwrap().unwrap_err();
        assert!(
            matches!(error, LedgerError::Corrupt { segment: 0, offset: named, .. } if named == offset),
            "byte {at}: {error}"
        );
        let entries: usize = found.into_iter().map(|frame| frame.unwrap().len()).sum();
        let header_is_whole = at >= offset + 32;
        assert_eq!(entries, if header_is_whole { 20 } else { 10 }, "byte {at}");
        assert_eq!(reader.entry(3).unwrap().index, 3);
        assert!(reader.entry(13).is_err());
        if header_is_whole {
            assert_eq!(reader.entry(23).unwrap().index, 23);
        }
    }
    fs::write(&segment, &whole).unwrap();
    assert_eq!(reader.entry(13).unwrap().index, 13);
}

fn naive_root(hasher: impl TreeHasher, leaves: &[Hash]) -> Hash {
    match leaves {
        [] => hasher.empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            hasher.node(&naive_root(hasher, left), &naive_root(hasher, right))
        }
    }
}

#[test]
fn proofs_of_both_trees_verify_at_any_size() {
    let dir = tempdir();
    let ledger = ledger_of(dir.path(), &[1, 300, 7, 1, 1, 255, 2], Some(SecondTree::Sm3));
    let reader = ledger.reader();
    let leaves: Vec<Vec<u8>> = (0..reader.size()).map(|index| entry(index).0).collect();
    let sha256: Vec<Hash> = leaves.iter().map(|leaf| Sha256Tree.leaf(leaf)).collect();
    let sm3: Vec<Hash> = leaves.iter().map(|leaf| Sm3Tree.leaf(leaf)).collect();
    let sizes = [1, 2, 255, 256, 257, 400, 512, 513, 567];
    for size in sizes {
        let n = usize::try_from(size).unwrap();
        let root = reader.root_at(size).unwrap();
        let sm3_root = reader.sm3_root_at(size).unwrap().unwrap();
        assert_eq!(root, naive_root(Sha256Tree, &sha256[..n]));
        assert_eq!(sm3_root, naive_root(Sm3Tree, &sm3[..n]));
        for index in [0, size / 3, size - 1] {
            let i = usize::try_from(index).unwrap();
            let proof = reader.inclusion(index, size).unwrap();
            verify_inclusion(Sha256Tree, index, size, &sha256[i], &proof, &root).unwrap();
            let proof = reader.sm3_inclusion(index, size).unwrap().unwrap();
            verify_inclusion(Sm3Tree, index, size, &sm3[i], &proof, &sm3_root).unwrap();
        }
        for old in sizes.into_iter().filter(|old| *old <= size) {
            let old_root = reader.root_at(old).unwrap();
            let proof = reader.consistency(old, size).unwrap();
            verify_consistency(Sha256Tree, old, size, &old_root, &root, &proof).unwrap();
            let old_root = reader.sm3_root_at(old).unwrap().unwrap();
            let proof = reader.sm3_consistency(old, size).unwrap().unwrap();
            verify_consistency(Sm3Tree, old, size, &old_root, &sm3_root, &proof).unwrap();
        }
    }
    assert!(reader.root_at(568).is_err());
    assert!(reader.inclusion(567, 567).is_err());
}

#[test]
fn tiles_and_bundles_hold_hashes_and_leaves() {
    let dir = tempdir();
    let mut ledger = ledger_of(dir.path(), &[1, 300, 7, 1, 1, 255, 2], Some(SecondTree::Sm3));
    let note = ledger.checkpoint(NOON_UNIX_S).unwrap();
    let reader = ledger.reader();
    let tile = |path: &str| reader.tile(path).unwrap();
    assert_eq!(tile("checkpoint").unwrap(), note.to_vec());
    for (path, first, width) in
        [("000", 0, 256), ("001", 256, 256), ("002.p/55", 512, 55), ("002.p/20", 512, 20), ("000.p/3", 0, 3)]
    {
        let bundle = tile(&format!("tile/entries/{path}")).unwrap();
        let entries = tiles::decode_entries(&bundle, width).unwrap();
        let hashes = tiles::decode_hashes(&tile(&format!("tile/0/{path}")).unwrap(), width).unwrap();
        let sm3 = tiles::decode_hashes(&tile(&format!("sm3/tile/0/{path}")).unwrap(), width).unwrap();
        for (i, leaf) in (0..).zip(entries) {
            assert_eq!(leaf, entry(first + i).0);
            let i = usize::try_from(i).unwrap();
            assert_eq!((hashes[i], sm3[i]), (Sha256Tree.leaf(leaf), Sm3Tree.leaf(leaf)));
        }
    }
    let level_1 = tiles::decode_hashes(&tile("tile/1/000.p/2").unwrap(), 2).unwrap();
    assert_eq!(level_1[0], reader.root_at(256).unwrap());
    for absent in [
        "tile/entries/002",
        "tile/0/002",
        "tile/0/002.p/56",
        "tile/1/000",
        "tile/2/000.p/1",
        "sm3/tile/entries/000",
        "sm3/checkpoint",
        "",
        "tile/0/0",
    ] {
        assert_eq!(tile(absent), None, "{absent}");
    }
}

#[test]
fn checkpoints_are_signed_kept_by_day_and_consistent() {
    let dir = tempdir();
    let mut ledger = ledger_of(dir.path(), &[5], Some(SecondTree::Sm3));
    let times = [
        (NOON_UNIX_S, true),
        (NOON_UNIX_S + 1, false),
        // 23:59:59 and midnight in Shanghai.
        (NOON_UNIX_S + 12 * 3600 - 1, false),
        (NOON_UNIX_S + 12 * 3600, true),
        // A clock that steps back makes no first of a day.
        (NOON_UNIX_S, false),
        (NOON_UNIX_S + 3 * DAY_S, true),
    ];
    let mut due = Vec::new();
    for (now, is_first) in times {
        append(&mut ledger, 40);
        let note = ledger.checkpoint(now).unwrap();
        assert_eq!(ledger.checkpoint(now).unwrap(), note, "the same entries, the same note");
        let text = String::from_utf8(note.to_vec()).unwrap();
        assert!(text.starts_with(&format!("test.example/ledger\n{}\n", ledger.size())), "{text}");
        assert_eq!(text.lines().nth(3).unwrap().split(' ').next(), Some("sm3"));
        if is_first {
            due.push(note);
        }
    }
    assert!(ledger.checkpoint(i64::MAX).is_err());
    drop(ledger);
    let mut ledger = Ledger::open(dir.path(), options(Some(SecondTree::Sm3))).unwrap();
    let note = ledger.checkpoint(NOON_UNIX_S + 4 * DAY_S).unwrap();
    due.push(note);
    let reader = ledger.reader();
    let daily = reader.daily_checkpoints();
    let days: Vec<String> = daily.iter().map(|daily| daily.day.to_string()).collect();
    assert_eq!(days, ["2026-11-03", "2026-11-04", "2026-11-06", "2026-11-07"]);
    assert_eq!(daily.iter().map(|daily| daily.note.clone()).collect::<Vec<_>>(), due);
    let sizes: Vec<u64> = daily.iter().map(|daily| daily.head(&reader).unwrap().size).collect();
    assert_eq!(sizes, [45, 165, 245, 245]);
    let heads: Vec<_> = daily.iter().map(|daily| daily.head(&reader).unwrap()).collect();
    for (i, old) in heads.iter().enumerate() {
        for new in &heads[i..] {
            let proof = reader.consistency(old.size, new.size).unwrap();
            verify_consistency(Sha256Tree, old.size, new.size, &old.root, &new.root, &proof).unwrap();
        }
    }
    assert!(verify(dir.path(), &VerifyOptions::default()).unwrap().is_clean());
}

#[test]
fn a_cosigned_checkpoint_is_kept_until_a_later_one_comes() {
    let dir = tempdir();
    let mut ledger = ledger_of(dir.path(), &[5], None);
    let witness = Cosigner::from_seed("witness.example", &[7; 32]).unwrap();
    let cosigned = |ledger: &mut Ledger| {
        append(ledger, 10);
        let note = ledger.checkpoint(NOON_UNIX_S).unwrap();
        let mut signed = SignedCheckpoint::parse(&note).unwrap();
        signed.add(witness.cosign(signed.note().text(), 1_793_678_400).unwrap());
        signed.to_string().into_bytes()
    };
    assert_eq!(ledger.reader().cosigned_checkpoint(), None);
    let (first, second) = (cosigned(&mut ledger), cosigned(&mut ledger));
    assert!(ledger.put_cosigned(&second).unwrap());
    assert!(!ledger.put_cosigned(&first).unwrap(), "a witness that answers late changes nothing");

    let other_dir = tempdir();
    let foreign = cosigned(&mut ledger_of(other_dir.path(), &[5], None));
    assert!(matches!(ledger.put_cosigned(&foreign), Err(LedgerError::Checkpoint(_))));
    drop(ledger);
    let reader = Reader::open(dir.path()).unwrap();
    let (head, note) = reader.cosigned_checkpoint().unwrap();
    assert_eq!((head.size, &*note), (25, &*second));
    let report = verify(dir.path(), &VerifyOptions::default()).unwrap();
    assert!(report.is_clean() && report.checkpoints == 3);
}

#[test]
fn opening_says_what_is_wrong() {
    let dir = tempdir();
    let name = dir.path().display();
    let error = |opened: Result<Ledger, LedgerError>| opened.unwrap_err().to_string();
    assert_eq!(
        error(Ledger::open(dir.path(), options(None))),
        format!("{name} holds no ledger (no file LEDGER)")
    );
    let ledger = Ledger::create(dir.path(), options(None)).unwrap();
    assert_eq!(
        error(Ledger::open(dir.path(), options(None))),
        format!("the ledger in {name} is in use by process {}", std::process::id())
    );
    drop(ledger);
    assert_eq!(error(Ledger::create(dir.path(), options(None))), format!("{name} already holds a ledger"));
    assert_eq!(
        error(Ledger::open(dir.path(), options(Some(SecondTree::Sm3)))),
        format!("the ledger in {name} was created with second-tree \"none\", not \"sm3\"")
    );
    assert_eq!(
        error(Ledger::open(dir.path(), Options::new("other"))),
        format!("the ledger in {name} was created with origin \"test.example/ledger\", not \"other\"")
    );
    assert!(Ledger::create(&dir.path().join("x"), Options::new("not a name")).is_err());
}

#[test]
fn a_bad_batch_is_refused_and_nothing_is_written() {
    let dir = tempdir();
    let mut ledger = Ledger::create(dir.path(), options(None)).unwrap();
    let good = group(0, &[3], None).remove(0);
    let bad = EntryBatch { leaf_hashes: Vec::new(), ..good.clone() };
    let error = ledger.append_group(&[good.clone(), bad]).unwrap_err().to_string();
    assert_eq!(error, "batch 1 of the group: 0 sha256 leaf hashes for 3 leaves");
    assert_eq!(ledger.size(), 0);
    assert_eq!(ledger.append_group(&[]).unwrap(), []);
    let empty = EntryBatch::default();
    assert_eq!(ledger.append_group(&[empty.clone(), good, empty]).unwrap(), [0..0, 0..3, 3..3]);
}

#[test]
fn readers_on_other_threads_see_whole_groups_only() {
    let dir = tempdir();
    let mut ledger = Ledger::create(dir.path(), small_segments(None)).unwrap();
    let reader = ledger.reader();
    std::thread::scope(|scope| {
        let follower = scope.spawn(move || {
            let mut next = 0;
            while next < 1000 {
                for frame in reader.read(next..u64::MAX) {
                    let frame = frame.unwrap();
                    assert_eq!(frame.first_index() % 10, 0);
                    for found in frame.entries() {
                        assert_eq!((found.index, found.leaf), (next, &*entry(next).0));
                        next += 1;
                    }
                    let size = reader.size();
                    assert!(size >= next && size.is_multiple_of(10));
                    reader.inclusion(next - 1, size).unwrap();
                }
                std::thread::yield_now();
            }
        });
        for _ in 0..100 {
            append(&mut ledger, 10);
        }
        follower.join().unwrap();
    });
}
