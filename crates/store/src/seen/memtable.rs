//! The newest entries, in memory, in the order of their positions.

use hashbrown::{HashTable, hash_table};

use super::entry::Entry;

/// Entries in order of position, and an index from their ids.
pub(super) struct Memtable {
    entries: Vec<Entry>,
    index: HashTable<u32>,
}

/// Ids are keyed hashes already.
#[inline]
fn hash(id: u128) -> u64 {
    id as u64
}

fn id_at(entries: &[Entry], index: u32) -> u128 {
    entries.get(index as usize).map_or(0, |entry| entry.id)
}

impl Memtable {
    pub(super) fn new(capacity: usize) -> Self {
        Self { entries: Vec::with_capacity(capacity), index: HashTable::with_capacity(capacity) }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub(super) fn find(&self, id: u128) -> Option<Entry> {
        let index = self.index.find(hash(id), |index| id_at(&self.entries, *index) == id)?;
        self.entries.get(*index as usize).copied()
    }

    /// Puts an entry in unless its id is there: then that entry is returned.
    #[inline]
    pub(super) fn insert(&mut self, entry: Entry) -> Option<Entry> {
        let Self { entries, index } = self;
        let place = index.entry(
            hash(entry.id),
            |index| id_at(entries, *index) == entry.id,
            |index| hash(id_at(entries, *index)),
        );
        match place {
            hash_table::Entry::Occupied(known) => entries.get(*known.get() as usize).copied(),
            hash_table::Entry::Vacant(place) => {
                place.insert(entries.len() as u32);
                entries.push(entry);
                None
            }
        }
    }

    /// Takes back all entries after the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        while self.entries.len() > len {
            let last = self.entries.len() as u32 - 1;
            let id = id_at(&self.entries, last);
            if let Ok(place) = self.index.find_entry(hash(id), |index| *index == last) {
                place.remove();
            }
            self.entries.pop();
        }
    }

    /// Takes away the entries from a position on, into a table of their own.
    pub(super) fn split_off(&mut self, position: u64, capacity: usize) -> Self {
        let kept = self.entries.partition_point(|entry| entry.position < position);
        let mut rest = Self::new(capacity);
        for entry in self.entries.get(kept..).unwrap_or_default() {
            rest.insert(*entry);
        }
        self.truncate(kept);
        rest
    }

    /// The entries in order of their ids.
    pub(super) fn sorted(&self) -> Vec<Entry> {
        // Ids are spread evenly: one pass puts each entry into one of many small buckets by its
        // first bits, and sorting within those stays in the nearest cache.
        let bits = self.entries.len().max(64).ilog2() - 5;
        let bucket = |entry: &Entry| (entry.id >> (128 - bits)) as usize;
        let mut ends = vec![0_u32; (1 << bits) + 1];
        for entry in &self.entries {
            if let Some(end) = ends.get_mut(bucket(entry) + 1) {
                *end += 1;
            }
        }
        let mut end = 0;
        for start in &mut ends {
            end += *start;
            *start = end;
        }
        let mut sorted = self.entries.clone();
        for entry in &self.entries {
            if let Some(next) = ends.get_mut(bucket(entry)) {
                if let Some(place) = sorted.get_mut(*next as usize) {
                    *place = *entry;
                }
                *next += 1;
            }
        }
        // Each bucket now ends where `ends` says.
        let mut start = 0;
        for end in ends {
            if let Some(bucket) = sorted.get_mut(start..end as usize) {
                bucket.sort_unstable_by_key(|entry| entry.id);
            }
            start = end as usize;
        }
        sorted
    }
}
