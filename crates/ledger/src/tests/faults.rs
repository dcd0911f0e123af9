//! A disk that fails while the process lives on.

use super::*;
use crate::{
    LedgerError, VerifyOptions,
    faults::{Fault, Faults, Point},
    verify,
};

fn with_faults(point: Point, nth: usize, fault: Fault) -> (Options, Faults) {
    let faults = Faults::at(point, nth, fault);
    (Options { faults: faults.clone(), ..options(None) }, faults)
}

#[test]
fn after_a_failed_write_or_fsync_every_append_says_the_same() {
    let table = [
        // The first write and fsync of a segment file make its header.
        (Point::SegmentWrite, 2, Fault::Eio),
        (Point::SegmentWrite, 2, Fault::Short(100)),
        (Point::SegmentSync, 2, Fault::Eio),
        (Point::SegmentSync, 2, Fault::Enospc),
        (Point::SegmentReserve, 1, Fault::Eio),
    ];
    for (point, nth, fault) in table {
        let dir = tempdir();
        let (options, faults) = with_faults(point, nth, fault);
        let mut ledger = Ledger::create(dir.path(), options).unwrap();
        append(&mut ledger, 5);
        let reader = ledger.reader();
        let mut errors: Vec<String> = Vec::new();
        // Large enough that room has to be reserved again.
        for _ in 0..3 {
            match ledger.append_group(&group(5, &[200], None)) {
                Err(error @ LedgerError::Poisoned { .. }) => errors.push(error.to_string()),
                other => panic!("{point:?} {fault:?}: {other:?}"),
            }
        }
        assert!(faults.fired());
        errors.dedup();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].contains("00000000.seg"), "{errors:?}");
        assert!(matches!(ledger.checkpoint(NOON_UNIX_S), Err(LedgerError::Poisoned { .. })));
        assert_holds(&reader, 5);
        drop(ledger);

        let ledger = Ledger::open(dir.path(), super::options(None)).unwrap();
        assert!([5, 205].contains(&ledger.size()), "whole or not at all");
        assert_holds(&ledger.reader(), ledger.size());
    }
}

#[test]
fn a_full_disk_leaves_a_clean_tail_and_the_ledger_goes_on() {
    let table = [
        (Point::SegmentReserve, 1, Fault::Enospc),
        (Point::SegmentWrite, 2, Fault::Enospc),
        (Point::SegmentWrite, 2, Fault::ShortEnospc(100)),
    ];
    for (point, nth, fault) in table {
        let dir = tempdir();
        let (options, faults) = with_faults(point, nth, fault);
        let mut ledger = Ledger::create(dir.path(), options).unwrap();
        append(&mut ledger, 5);
        let segment = segment_files(dir.path()).remove(0);
        let before = fs::metadata(&segment).unwrap().len();
        let full = ledger.append_group(&group(5, &[200], None));
        // A reservation ahead that fails is tried once more for the frame alone.
        if point == Point::SegmentReserve {
            assert!(full.is_ok());
        } else {
            assert!(matches!(full, Err(LedgerError::DiskFull { .. })), "{full:?}");
            assert_eq!(fs::metadata(&segment).unwrap().len(), before);
            assert_eq!(append(&mut ledger, 200), 5..205);
        }
        assert!(faults.fired());
        assert_holds(&ledger.reader(), 205);
        drop(ledger);
        assert!(verify(dir.path(), &VerifyOptions::default()).unwrap().is_clean());
    }
}

#[test]
fn a_failed_roll_stops_the_ledger_a_full_disk_only_delays_it() {
    for (point, nth, fault) in [
        (Point::SegmentWrite, 3, Fault::Enospc),
        (Point::SegmentWrite, 3, Fault::ShortEnospc(10)),
        (Point::SegmentWrite, 3, Fault::Eio),
        (Point::SegmentSync, 3, Fault::Eio),
        (Point::Rename, 5, Fault::Eio),
    ] {
        let dir = tempdir();
        let (options, faults) = with_faults(point, nth, fault);
        let mut ledger = Ledger::create(dir.path(), Options { segment_bytes: 3000, ..options }).unwrap();
        append(&mut ledger, 10);
        append(&mut ledger, 10);
        let next = group(20, &[200], None);
        let refused = ledger.append_group(&next);
        assert!(faults.fired(), "{point:?} {fault:?} {refused:?}");
        match fault {
            Fault::Eio => assert!(matches!(refused, Err(LedgerError::Poisoned { .. })), "{refused:?}"),
            _ => {
                assert!(matches!(refused, Err(LedgerError::DiskFull { .. })), "{refused:?}");
                assert_eq!(append(&mut ledger, 200), 20..220);
            }
        }
        drop(ledger);
        let ledger = Ledger::open(dir.path(), super::options(None)).unwrap();
        assert_holds(&ledger.reader(), if fault == Fault::Eio { 20 } else { 220 });
    }
}

#[test]
fn derived_data_that_cannot_be_written_is_no_reason_to_stop() {
    let dir = tempdir();
    let (options, faults) = with_faults(Point::Rename, 6, Fault::Eio);
    let mut ledger = Ledger::create(dir.path(), Options { segment_bytes: 1000, ..options }).unwrap();
    for _ in 0..4 {
        append(&mut ledger, 10);
    }
    assert!(faults.fired());
    drop(ledger);
    let ledger = Ledger::open(dir.path(), super::options(None)).unwrap();
    assert_eq!(ledger.recovery().rebuilt_sidecars, [0]);
    assert_holds(&ledger.reader(), 40);
}

#[test]
fn a_checkpoint_that_was_not_stored_is_not_handed_out() {
    // The first checkpoint is that of size 0 at creation.
    for (point, nth) in [
        (Point::CheckpointWrite, 1),
        (Point::CheckpointSync, 1),
        (Point::CheckpointWrite, 2),
        (Point::CheckpointSync, 2),
    ] {
        for fault in [Fault::Eio, Fault::Enospc, Fault::Short(20), Fault::ShortEnospc(20)] {
            let dir = tempdir();
            let (options, faults) = with_faults(point, nth, fault);
            let mut ledger = Ledger::create(dir.path(), options).unwrap();
            append(&mut ledger, 5);
            let refused = ledger.checkpoint(NOON_UNIX_S).unwrap_err();
            assert!(faults.fired());
            // A file that is put in place whole can be written again after a failed fsync, one that
            // only grows cannot.
            let may_go_on = (point, nth) != (Point::CheckpointSync, 2);
            let is_full = may_go_on && matches!(fault, Fault::Enospc | Fault::ShortEnospc(_));
            match refused {
                LedgerError::DiskFull { .. } if is_full => {
                    append(&mut ledger, 5);
                    ledger.checkpoint(NOON_UNIX_S).unwrap();
                }
                LedgerError::Poisoned { .. } if !is_full => {}
                other => panic!("{point:?} {nth} {fault:?}: {other:?}"),
            }
            drop(ledger);
            let report = verify(dir.path(), &VerifyOptions::default()).unwrap();
            assert!(report.is_clean(), "{:?}", report.problems);
            let mut ledger = Ledger::open(dir.path(), super::options(None)).unwrap();
            ledger.checkpoint(NOON_UNIX_S + DAY_S).unwrap();
            assert_eq!(ledger.reader().head().size, if is_full { 10 } else { 5 });
        }
    }
}
