//! The ledger as a whole: against crashes, failing disks, forgers, and a plain list.

mod crash;
mod faults;
mod fixture;
mod model;
mod reading;
mod tamper;

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{EntryBatch, Ledger, Options, Reader, SecondTree};

/// 2026-11-03 12:00 in Shanghai.
const NOON_UNIX_S: i64 = 1_793_664_000 + 4 * 3600;
const DAY_S: i64 = 86_400;

/// A directory in memory where there is one: what is tested here is not the disk.
pub(crate) fn tempdir() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Leaf and payload of entry `index`: of many lengths, empty ones too.
fn entry(index: u64) -> (Vec<u8>, Vec<u8>) {
    let byte = index.to_le_bytes()[0];
    let leaf = format!("leaf {index} ").repeat(usize::from(byte) % 5).into_bytes();
    (leaf, vec![byte; usize::from(byte) * 7 % 23])
}

/// Batches of the given sizes that hold the entries from `first` on.
fn group(first: u64, sizes: &[u64], second: Option<SecondTree>) -> Vec<EntryBatch> {
    let mut next = first;
    let batch = |size: &u64| {
        let mut batch = EntryBatch::default();
        for index in next..next + size {
            let (leaf, payload) = entry(index);
            batch.push(&leaf, &payload).unwrap();
        }
        next += size;
        batch.hash(second).unwrap();
        batch
    };
    sizes.iter().map(batch).collect()
}

fn options(second_tree: Option<SecondTree>) -> Options {
    Options { second_tree, ..Options::new("test.example/ledger") }
}

/// Options with segments so small that they roll every few groups.
fn small_segments(second_tree: Option<SecondTree>) -> Options {
    Options { segment_bytes: 1500, ..options(second_tree) }
}

/// Appends `count` entries as one group of one batch.
fn append(ledger: &mut Ledger, count: u64) -> Range<u64> {
    let second = ledger.reader().second_tree();
    let group = group(ledger.size(), &[count], second);
    ledger.append_group(&group).unwrap().remove(0)
}

/// Checks that the ledger holds exactly the entries `0..size`.
fn assert_holds(reader: &Reader, size: u64) {
    assert_eq!(reader.size(), size);
    let mut next = 0;
    for frame in reader.read(0..u64::MAX) {
        let frame = frame.unwrap();
        assert_eq!(frame.first_index(), next);
        for found in frame.entries() {
            let (leaf, payload) = entry(found.index);
            assert_eq!(found.index, next);
            assert_eq!((found.leaf, found.payload), (&*leaf, &*payload), "entry {next}");
            next += 1;
        }
    }
    assert_eq!(next, size);
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        match item.file_type().unwrap().is_dir() {
            true => copy_dir(&item.path(), &target),
            false => drop(fs::copy(item.path(), target).unwrap()),
        }
    }
}

/// Every file below `dir` but the lock files.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if path.file_name().unwrap() == "LOCK" => {}
            false => found.push(path),
        }
    }
    found.sort();
    found
}

fn segment_files(dir: &Path) -> Vec<PathBuf> {
    files(&dir.join("segments"))
}
