//! A sound little ledger with bytes of its segment changed: pairs of (position, byte).
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use ledger::{EntryBatch, Ledger, Options};
use libfuzzer_sys::fuzz_target;

/// The ledger and the bytes of its segment. It is made once: making one is a hundred times the
/// work of opening it.
static SOUND: LazyLock<(tempfile::TempDir, Vec<u8>)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut ledger = Ledger::create(dir.path(), options()).expect("a new ledger");
    for group in 0..3u8 {
        let mut batch = EntryBatch::default();
        for entry in 0..4u8 {
            batch.push(&[group, entry], &[entry; 5]).expect("small entries fit");
        }
        batch.hash(None).expect("ends divide");
        ledger.append_group(&[batch]).expect("appended");
    }
    drop(ledger);
    let bytes = std::fs::read(segment(&dir)).expect("the segment");
    (dir, bytes)
});

fn options() -> Options {
    Options::new("fuzz.example/ledger")
}

fn segment(dir: &tempfile::TempDir) -> PathBuf {
    dir.path().join("segments/00000000.seg")
}

fuzz_target!(|data: &[u8]| {
    let (dir, sound) = &*SOUND;
    let mut bytes = sound.clone();
    for [high, low, byte] in data.as_chunks::<3>().0 {
        let length = bytes.len();
        bytes[usize::from(u16::from_be_bytes([*high, *low])) % length] = *byte;
    }
    std::fs::write(segment(dir), &bytes).expect("written");
    if let Ok(ledger) = Ledger::open(dir.path(), options()) {
        let reader = ledger.reader();
        for frame in reader.read(0..reader.size()).flatten() {
            for entry in frame.entries() {
                assert_eq!(entry.leaf, [(entry.index / 4) as u8, (entry.index % 4) as u8]);
            }
        }
    }
});
