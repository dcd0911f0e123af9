//! A crash leaves any prefix of the last write, or any of its pages.

use std::fs;

use super::*;
use crate::{
    LedgerError, VerifyOptions,
    faults::{Fault, Faults},
    verify,
};

const BOTH: [Option<SecondTree>; 2] = [None, Some(SecondTree::Sm3)];

/// Where the groups of `sizes` end in the one segment of a new ledger in `dir`.
fn write_groups(dir: &Path, sizes: &[u64], second: Option<SecondTree>) -> Vec<u64> {
    let mut ledger = Ledger::create(dir, options(second)).unwrap();
    let segment = segment_files(dir).remove(0);
    let mut ends = Vec::new();
    for (i, size) in (0..).zip(sizes) {
        append(&mut ledger, *size);
        ends.push(fs::metadata(&segment).unwrap().len());
        if i == 0 {
            ledger.checkpoint(NOON_UNIX_S).unwrap();
        }
    }
    ends
}

#[test]
fn cut_at_every_byte_of_the_last_frames() {
    for second in BOTH {
        let dir = tempdir();
        let sizes = [3, 5, 1, 4];
        let ends = write_groups(dir.path(), &sizes, second);
        let segment = segment_files(dir.path()).remove(0);
        let whole = fs::read(&segment).unwrap();
        assert_eq!(ends.last(), Some(&(whole.len() as u64)));

        for cut in usize::try_from(ends[0]).unwrap()..=whole.len() {
            let kept = ends.iter().filter(|end| **end <= cut as u64).count();
            let size = sizes[..kept].iter().sum();
            let on_boundary = ends.contains(&(cut as u64));
            // What a crash leaves behind the cut: nothing, or pages that never reached the disk.
            let mut with_hole = whole.clone();
            with_hole[cut..].fill(0);
            with_hole.truncate(ends[kept.min(ends.len() - 1)] as usize);
            for content in [&whole[..cut], &with_hole] {
                fs::write(&segment, content).unwrap();
                assert_eq!(Reader::open(dir.path()).unwrap().size(), size, "cut at {cut}");
                let report = verify(dir.path(), &VerifyOptions::default()).unwrap();
                assert!(report.is_clean(), "cut at {cut}: {:?}", report.problems);

                let mut ledger = Ledger::open(dir.path(), options(second)).unwrap();
                assert_holds(&ledger.reader(), size);
                let torn = ledger.recovery().torn.clone();
                assert_eq!(torn, report.torn, "cut at {cut}");
                if content.len() == cut {
                    assert_eq!(torn.is_none(), on_boundary, "cut at {cut}");
                }
                if let Some(torn) = torn {
                    assert_eq!((torn.segment, torn.offset), (0, ends[kept - 1]));
                    assert_eq!(torn.bytes, content.len() as u64 - torn.offset);
                }
                if cut % 16 == 0 || on_boundary {
                    append(&mut ledger, 2);
                    drop(ledger);
                    assert_holds(&Reader::open(dir.path()).unwrap(), size + 2);
                }
            }
        }
    }
}

#[test]
fn a_cut_below_the_checkpoint_is_refused_and_changes_nothing() {
    let dir = tempdir();
    let ends = write_groups(dir.path(), &[3, 5], None);
    let segment = segment_files(dir.path()).remove(0);
    let whole = fs::read(&segment).unwrap();
    for cut in 64..usize::try_from(ends[0]).unwrap() {
        fs::write(&segment, &whole[..cut]).unwrap();
        match Ledger::open(dir.path(), options(None)) {
            Err(LedgerError::HistoryTooShort { size: 0, checkpoint_size: 3, segment: 0, offset: 64 }) => {}
            other => panic!("cut at {cut}: {other:?}"),
        }
        assert_eq!(fs::metadata(&segment).unwrap().len(), cut as u64);
        let report = verify(dir.path(), &VerifyOptions::default()).unwrap();
        assert!(!report.is_clean(), "cut at {cut}");
    }
}

#[test]
fn damage_before_the_last_frame_is_no_torn_tail() {
    let dir = tempdir();
    let ends = write_groups(dir.path(), &[3, 5, 2], None);
    let segment = segment_files(dir.path()).remove(0);
    let whole = fs::read(&segment).unwrap();
    for at in ends[0]..ends[1] {
        let mut damaged = whole.clone();
        damaged[at as usize] ^= 4;
        fs::write(&segment, &damaged).unwrap();
        match Ledger::open(dir.path(), options(None)) {
            Err(LedgerError::Corrupt { segment: 0, offset, .. }) => assert_eq!(offset, ends[0]),
            other => panic!("byte {at}: {other:?}"),
        }
    }
    assert_eq!(fs::read(&segment).unwrap().len(), whole.len());
}

/// Segments so small that nearly every group begins one.
fn tiny_segments(second: Option<SecondTree>) -> Options {
    Options { segment_bytes: 600, ..options(second) }
}

/// What a life of a ledger had confirmed when it ended.
#[derive(Default)]
struct Confirmed {
    size: u64,
    /// Size if the group that was being written survives.
    in_flight: u64,
    checkpoints: Vec<Vec<u8>>,
}

/// Creates or opens, appends, takes checkpoints, rolls segments, until a fault ends it.
fn live(dir: &Path, options: Options, confirmed: &mut Confirmed) -> Result<(), LedgerError> {
    let second = options.second_tree;
    for life in 0..2 {
        let mut ledger = Ledger::open_or_create(dir, options.clone())?;
        for round in 0..4 {
            let sizes = [2 + round, 1];
            let group = group(ledger.size(), &sizes, second);
            confirmed.in_flight = ledger.size() + 3 + round;
            ledger.append_group(&group)?;
            confirmed.size = ledger.size();
            if round % 2 == 1 {
                let now = NOON_UNIX_S + DAY_S * (2 * life + i64::try_from(round).unwrap());
                confirmed.checkpoints.push(ledger.checkpoint(now)?.to_vec());
            }
        }
    }
    Ok(())
}

/// Like a kill at every single disk operation, with any part of a write done.
#[test]
fn killed_at_every_operation() {
    for second in BOTH {
        for written in [0, 1, 50, usize::MAX] {
            for nth in 0.. {
                let dir = tempdir();
                let faults = Faults::at_operation(nth, Fault::Kill(written));
                let options = Options { faults: faults.clone(), ..tiny_segments(second) };
                let mut confirmed = Confirmed::default();
                let ended = live(dir.path(), options, &mut confirmed);
                if !faults.fired() {
                    assert!(ended.is_ok());
                    assert!(segment_files(dir.path()).len() > 2, "segments must roll");
                    break;
                }
                let what = format!("operation {nth}, {written} bytes");
                let mut ledger = Ledger::open_or_create(dir.path(), tiny_segments(second))
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
                let size = ledger.size();
                assert!(size == confirmed.size || size == confirmed.in_flight, "{what}: {size}");
                assert_holds(&ledger.reader(), size);
                append(&mut ledger, 3);
                ledger.checkpoint(NOON_UNIX_S + 9 * DAY_S).unwrap();
                drop(ledger);
                let kept = VerifyOptions { checkpoints: confirmed.checkpoints, ..VerifyOptions::default() };
                let report = verify(dir.path(), &kept).unwrap();
                assert!(report.is_clean(), "{what}: {:?}", report.problems);
                assert_eq!((report.torn, report.torn_bytes), (None, 0), "{what}");
                assert_holds(&Reader::open(dir.path()).unwrap(), size + 3);
            }
        }
    }
}

#[test]
fn sidecars_are_made_again_whatever_happened_to_them() {
    for second in BOTH {
        let dir = tempdir();
        let mut ledger = Ledger::create(dir.path(), small_segments(second)).unwrap();
        // Beyond one block of 256, so that roots and tails both matter.
        for _ in 0..60 {
            append(&mut ledger, 11);
        }
        let (size, root) = (ledger.size(), ledger.reader().root_at(ledger.size()).unwrap());
        drop(ledger);
        let sidecars = files(&dir.path().join("tree"));
        assert_eq!(sidecars.len(), segment_files(dir.path()).len() - 1);
        for (i, sidecar) in sidecars.iter().enumerate() {
            let whole = fs::read(sidecar).unwrap();
            match i % 3 {
                0 => fs::remove_file(sidecar).unwrap(),
                1 => fs::write(sidecar, &whole[..whole.len() / 2]).unwrap(),
                _ => drop(fs::copy(&sidecars[0], sidecar).or_else(|_| fs::copy(&sidecars[2], sidecar))),
            }
            let reader = Reader::open(dir.path()).unwrap();
            assert_eq!(reader.root_at(size).unwrap(), root);
            let ledger = Ledger::open(dir.path(), small_segments(second)).unwrap();
            assert_holds(&ledger.reader(), size);
            assert_eq!(fs::read(sidecar).unwrap(), whole);
        }
        assert!(verify(dir.path(), &VerifyOptions::default()).unwrap().is_clean());
    }
}
