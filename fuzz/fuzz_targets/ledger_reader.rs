//! A sound little ledger with bytes of its segment changed: pairs of (position, byte).
#![no_main]

use ledger::{EntryBatch, Ledger, Options};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut ledger = Ledger::create(dir.path(), Options::new("fuzz.example/ledger")).expect("a new ledger");
    for group in 0..3u8 {
        let mut batch = EntryBatch::default();
        for entry in 0..4u8 {
            batch.push(&[group, entry], &[entry; 5]).expect("small entries fit");
        }
        batch.hash(None).expect("ends divide");
        ledger.append_group(&[batch]).expect("appended");
    }
    drop(ledger);
    let segment = dir.path().join("segments/00000000.seg");
    let mut bytes = std::fs::read(&segment).expect("the segment");
    for [high, low, byte] in data.as_chunks::<3>().0 {
        let length = bytes.len();
        bytes[usize::from(u16::from_be_bytes([*high, *low])) % length] = *byte;
    }
    std::fs::write(&segment, &bytes).expect("written back");
    if let Ok(ledger) = Ledger::open(dir.path(), Options::new("fuzz.example/ledger")) {
        let reader = ledger.reader();
        for frame in reader.read(0..reader.size()).flatten() {
            for entry in frame.entries() {
                assert_eq!(entry.leaf, [(entry.index / 4) as u8, (entry.index % 4) as u8]);
            }
        }
    }
});
