//! A ledger that an earlier version of this program wrote: stored formats are read for ever.

use super::*;
use crate::{KeyState, KeyStore, VerifyOptions, verify};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1")
}

fn fixture_options() -> Options {
    Options { segment_bytes: 6000, ..options(Some(SecondTree::Sm3)) }
}

#[test]
fn format_v1_opens_verifies_and_grows() {
    let dir = tempdir();
    copy_dir(&fixture(), dir.path());
    let report = verify(dir.path(), &VerifyOptions::default()).unwrap();
    assert!(report.is_clean(), "{:?}", report.problems);
    assert_eq!((report.entries, report.segments, report.checkpoints), (300, 6, 4));
    assert_eq!(report.root.unwrap().to_hex(), include_str!("../../tests/fixtures/v1.root").trim(),);

    let mut ledger = Ledger::open(dir.path(), fixture_options()).unwrap();
    assert_eq!(*ledger.recovery(), crate::Recovery::default());
    assert_holds(&ledger.reader(), 300);
    append(&mut ledger, 30);
    ledger.checkpoint(NOON_UNIX_S + 9 * DAY_S).unwrap();
    assert_holds(&ledger.reader(), 330);

    let keys = KeyStore::open(dir.path()).unwrap();
    let live = keys.get(b"subject 1").unwrap().live().unwrap();
    assert_eq!(hex::encode(live.as_bytes()), include_str!("../../tests/fixtures/v1.key").trim());
    assert_eq!(keys.get(b"subject 2"), Some(KeyState::Erased));
    assert_eq!(keys.get(b"subject 3"), None);
}

/// Wrote the fixture once. A new format gets a new directory; this one is never written again.
#[test]
#[ignore = "the fixture is written once for each format"]
fn write_the_fixture() {
    let dir = fixture();
    let mut ledger = Ledger::create(&dir, fixture_options()).unwrap();
    for round in 0..30 {
        append(&mut ledger, 10);
        if round % 10 == 9 {
            ledger.checkpoint(NOON_UNIX_S + DAY_S * round / 10).unwrap();
        }
    }
    let root = ledger.reader().root_at(300).unwrap();
    fs::write(dir.with_extension("root"), format!("{root}\n")).unwrap();
    let keys = KeyStore::open(&dir).unwrap();
    let live = keys.get_or_create(&["subject 1", "subject 2"]).unwrap()[0].live().unwrap();
    keys.erase(b"subject 2").unwrap();
    fs::write(dir.with_extension("key"), format!("{}\n", hex::encode(live.as_bytes()))).unwrap();
    for lock in [dir.join("LOCK"), dir.join("keys/LOCK")] {
        fs::remove_file(lock).unwrap();
    }
}
