//! The newest entries, in memory, in the order of their positions.

use std::hint::black_box;

use super::entry::Entry;

/// Slots for each entry, at least: a search then ends after one or two of them.
const SLOTS_PER_ENTRY: usize = 2;
const SLOTS_MIN: usize = 16;

/// Entries in order of position, and an index from their ids: a table with open addresses, of
/// which a look takes one line of the cache.
pub(super) struct Memtable {
    entries: Vec<Entry>,
    /// In the low half the place of an entry plus one, in the high half bits of its id; 0 is free.
    slots: Vec<u64>,
}

/// Where the search for an id begins. Ids are keyed hashes already.
#[inline]
fn first(id: u128, slots: usize) -> usize {
    // The high word of the product: a place in 0..slots without a division.
    ((u128::from(id as u64) * slots as u128) >> 64) as usize
}

/// Bits of an id other than those that say where it lies.
#[inline]
fn tag(id: u128) -> u64 {
    (id >> 32) as u64 & !u64::from(u32::MAX)
}

impl Memtable {
    pub(super) fn new(capacity: usize) -> Self {
        let slots = (capacity * SLOTS_PER_ENTRY).max(SLOTS_MIN);
        Self { entries: Vec::with_capacity(capacity), slots: vec![0; slots] }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Brings near where ids are looked up: nothing but loads that do not wait for each other.
    #[inline]
    pub(super) fn touch(&self, ids: &[u128]) {
        let slot = |id: &u128| self.slots.get(first(*id, self.slots.len())).copied().unwrap_or(0);
        black_box(ids.iter().map(slot).fold(0, |all, slot| all | slot));
    }

    /// The slot of an id, or the free one that it would take; and its entry.
    #[inline]
    fn slot(&self, id: u128) -> (usize, Option<Entry>) {
        let mut place = first(id, self.slots.len());
        loop {
            let slot = self.slots.get(place).copied().unwrap_or(0);
            if slot == 0 {
                return (place, None);
            }
            if slot & !u64::from(u32::MAX) == tag(id) {
                let entry = self.entries.get(slot as u32 as usize - 1);
                if let Some(entry) = entry.filter(|entry| entry.id == id) {
                    return (place, Some(*entry));
                }
            }
            place = if place + 1 == self.slots.len() { 0 } else { place + 1 };
        }
    }

    #[inline]
    pub(super) fn find(&self, id: u128) -> Option<Entry> {
        self.slot(id).1
    }

    /// Puts an entry in unless its id is there: then that entry is returned.
    #[inline]
    pub(super) fn insert(&mut self, entry: Entry) -> Option<Entry> {
        if self.entries.len() * SLOTS_PER_ENTRY >= self.slots.len() {
            self.grow();
        }
        let (place, known) = self.slot(entry.id);
        if known.is_none()
            && let Some(slot) = self.slots.get_mut(place)
        {
            self.entries.push(entry);
            *slot = tag(entry.id) | self.entries.len() as u64;
        }
        known
    }

    /// Makes room. The entries are put in again in their order, as [`Memtable::truncate`] needs it.
    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        for index in 0..self.entries.len() {
            let Some(id) = self.entries.get(index).map(|entry| entry.id) else { continue };
            let (place, _) = self.slot(id);
            if let Some(slot) = self.slots.get_mut(place) {
                *slot = tag(id) | (index as u64 + 1);
            }
        }
    }

    /// Takes back all entries after the first `len`, the last one first: whatever went past its
    /// slot came later and is gone, so that the slot is free again.
    pub(super) fn truncate(&mut self, len: usize) {
        while self.entries.len() > len
            && let Some(last) = self.entries.last()
        {
            let (place, _) = self.slot(last.id);
            if let Some(slot) = self.slots.get_mut(place) {
                *slot = 0;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn entry(number: u64) -> Entry {
        // Few places and few tags, so that entries lie in each other's way.
        let id = u128::from(number / 8) << 96 | u128::from(number % 8) << 61 | u128::from(number % 3);
        Entry { id, position: number, content: number }
    }

    proptest! {
        #[test]
        fn what_went_in_is_found_and_what_was_taken_back_is_not(
            steps in proptest::collection::vec((0u64..64, any::<bool>(), 0usize..40), 1..200)
        ) {
            let mut table = Memtable::new(0);
            let mut known: Vec<Entry> = Vec::new();
            for (number, takes_back, len) in steps {
                if takes_back && len < known.len() {
                    table.truncate(len);
                    known.truncate(len);
                } else {
                    let entry = entry(number);
                    let before = known.iter().find(|other| other.id == entry.id).copied();
                    prop_assert_eq!(table.insert(entry), before);
                    if before.is_none() {
                        known.push(entry);
                    }
                }
                prop_assert_eq!(table.entries(), known.as_slice());
                let by_id: HashMap<u128, Entry> = known.iter().map(|entry| (entry.id, *entry)).collect();
                for id in (0..64).map(|number| entry(number).id) {
                    prop_assert_eq!(table.find(id), by_id.get(&id).copied());
                }
            }
        }
    }
}
