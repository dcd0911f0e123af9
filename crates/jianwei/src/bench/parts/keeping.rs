//! From entries to a tree, an index of what was seen, and bytes that are durable.

use std::fs::File;
use std::hash::Hasher;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use ledger::EntryBatch;
use model::columns::Columns;
use model::spec::Record;
use model::streams::Transaction;
use siphasher::sip128::{Hasher128, SipHasher13};
use store::seen::{RecordKey, Seen, Verdict};
use tlog::{Sha256Tree, Tree};

use super::super::measure::threads_cpu;
use super::{Cost, Fallible, Part, Role, part};

/// Entries that are made durable together.
const GROUP_ENTRIES: usize = 10_000;
/// What the threads are called that write the index.
const INDEX_THREADS: &str = "seen-";

/// Tree, duplicates, durability.
pub(super) struct Keeping {
    institution: String,
    tree: Tree<Sha256Tree>,
    append: Cost,
    seen: Seen,
    duplicates: Cost,
    file: File,
    group: Vec<u8>,
    group_entries: usize,
    durable: Cost,
    /// Bytes written.
    pub(super) bytes: u64,
}

impl Keeping {
    pub(super) fn new(institution: &str, dir: &Path) -> Fallible<Self> {
        Ok(Self {
            institution: institution.to_owned(),
            tree: Tree::new(Sha256Tree),
            append: Cost::default(),
            seen: Seen::open(&dir.join("seen"))?,
            duplicates: Cost::default(),
            file: File::create(dir.join("raw"))?,
            group: Vec::new(),
            group_entries: 0,
            durable: Cost::default(),
            bytes: 0,
        })
    }

    /// Takes the chunks of a block and their entries.
    pub(super) fn block(&mut self, chunks: &[Columns], sealed: &[EntryBatch]) -> Fallible<()> {
        let first = self.tree.size();
        self.append.of(|| {
            sealed.iter().for_each(|entries| self.tree.append(&entries.leaf_hashes));
            Ok(())
        })?;
        self.duplicates.of(|| {
            let mut next = first;
            let mut verdicts = Vec::new();
            let key = SipHasher13::new_with_key(&[7; 16]);
            for (columns, entries) in chunks.iter().zip(sealed) {
                let keys = record_keys(&key, &self.institution, columns, entries);
                self.seen.admit(&keys, next, &mut verdicts)?;
                if verdicts.iter().any(|verdict| !matches!(verdict, Verdict::New { .. })) {
                    return Err("a simulated record came twice".into());
                }
                next += keys.len() as u64;
                self.seen.settle(next)?;
            }
            Ok(())
        })?;
        for entries in sealed {
            self.group.extend_from_slice(&entries.leaves);
            self.group.extend(entries.leaf_hashes.iter().flat_map(|hash| hash.0));
            self.group.extend_from_slice(&entries.payloads);
            self.group_entries += entries.len();
            if self.group_entries >= GROUP_ENTRIES {
                self.write_group()?;
            }
        }
        Ok(())
    }

    fn write_group(&mut self) -> Fallible<()> {
        self.durable.of(|| {
            self.file.write_all(&self.group)?;
            Ok(self.file.sync_data()?)
        })?;
        self.bytes += self.group.len() as u64;
        self.group.clear();
        self.group_entries = 0;
        Ok(())
    }

    pub(super) fn end(&mut self) -> Fallible<()> {
        self.write_group()?;
        let size = self.tree.size();
        self.duplicates.of(|| Ok(self.seen.flush(size)?))?;
        self.seen.wait_for_merges()?;
        self.duplicates.cpu += threads_cpu(INDEX_THREADS)?;
        Ok(())
    }

    /// Time on the clock until everything was durable.
    pub(super) fn fsync_wall(&self) -> Duration {
        self.durable.wall
    }

    pub(super) fn parts(&self) -> Vec<Part> {
        vec![
            part("tree append", self.append, Role::Sealed),
            part("write and fdatasync of the same bytes, 10,000 a group", self.durable, Role::Sealed),
            part("duplicates told apart", self.duplicates, Role::More),
        ]
    }
}

fn record_keys(
    key: &SipHasher13,
    institution: &str,
    columns: &Columns,
    entries: &EntryBatch,
) -> Vec<RecordKey> {
    let rows = entries.leaf_hashes.iter().enumerate();
    rows.map(|(row, leaf_hash)| {
        let mut hasher = *key;
        hasher.write(&[Transaction::STREAM.number, institution.len() as u8]);
        hasher.write(institution.as_bytes());
        hasher.write(&columns.revision(row).to_le_bytes());
        hasher.write(columns.id(row).as_bytes());
        let content = leaf_hash.0.first_chunk::<8>().copied().map_or(0, u64::from_le_bytes);
        RecordKey { id: hasher.finish128().as_u128(), previous: None, content }
    })
    .collect()
}
