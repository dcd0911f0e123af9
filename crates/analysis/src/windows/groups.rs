//! Finds the newest entry of a group: for each institution a table with open addresses. A bucket
//! holds a hash of the group and no more, so that four share a line of the cache and one line
//! answers, and so that a table grows without a look at what it points to.

use super::hash::GroupHash;
use super::layout::NONE;

/// A group and its newest entry.
#[derive(Clone, Copy)]
struct Bucket {
    place: u64,
    check: u32,
    /// [`NONE`]: the bucket is free.
    head: u32,
}

const FREE: Bucket = Bucket { place: 0, check: 0, head: NONE };
const BUCKETS_MIN: usize = 16;

/// The groups of one institution.
#[derive(Default)]
struct Table {
    /// A power of two of them, at most five in eight taken; none before the first group.
    buckets: Vec<Bucket>,
    taken: usize,
}

impl Table {
    /// Where a group lies if no other is in its way: the first bits of its hash, so that growing
    /// keeps the order.
    #[inline]
    fn first(&self, hash: GroupHash) -> usize {
        ((hash.place >> 32) as usize * self.buckets.len()) >> 32
    }

    /// The bucket of a group, or the free one that it would take. There is a free one.
    #[inline]
    fn place(&self, hash: GroupHash) -> usize {
        let mut place = self.first(hash);
        while let Some(bucket) = self.buckets.get(place) {
            let is_same = bucket.place == hash.place && bucket.check == hash.check;
            if is_same || bucket.head == NONE {
                break;
            }
            place = (place + 1) & (self.buckets.len() - 1);
        }
        place
    }

    fn grow(&mut self) {
        let larger = vec![FREE; (self.buckets.len() * 2).max(BUCKETS_MIN)];
        let buckets = std::mem::replace(&mut self.buckets, larger);
        for bucket in buckets.into_iter().filter(|bucket| bucket.head != NONE) {
            let place = self.place(GroupHash { place: bucket.place, check: bucket.check });
            self.buckets[place] = bucket;
        }
    }
}

/// Groups with their newest entries.
#[derive(Default)]
pub(super) struct Groups {
    /// By the number of the institution.
    tables: Vec<Table>,
}

impl Groups {
    pub(super) fn bytes(&self) -> usize {
        let buckets: usize = self.tables.iter().map(|table| table.buckets.capacity()).sum();
        buckets * size_of::<Bucket>() + self.tables.capacity() * size_of::<Table>()
    }

    /// Reads a little of where groups of an institution would be, so that it is on its way. The
    /// loop does nothing else: the fewer instructions lie between two loads, the more of them the
    /// processor has under way at once.
    #[inline]
    pub(super) fn touch(&self, institution: u32, hashes: &[GroupHash]) -> u32 {
        let Some(table) = self.tables.get(institution as usize) else { return 0 };
        let head = |hash: &GroupHash| table.buckets.get(table.first(*hash)).map_or(0, |bucket| bucket.head);
        hashes.iter().fold(0, |all, hash| all ^ head(hash))
    }

    /// The newest entry of a group, [`NONE`] when it has none.
    #[inline]
    pub(super) fn head(&self, institution: u32, hash: GroupHash) -> u32 {
        let table = self.tables.get(institution as usize);
        table.and_then(|table| table.buckets.get(table.place(hash))).map_or(NONE, |bucket| bucket.head)
    }

    /// Sets the newest entry of a group.
    pub(super) fn set_head(&mut self, institution: u32, hash: GroupHash, head: u32) {
        let institution = institution as usize;
        if institution >= self.tables.len() {
            self.tables.resize_with(institution + 1, Table::default);
        }
        let table = &mut self.tables[institution];
        if table.taken * 8 >= table.buckets.len() * 5 {
            table.grow();
        }
        let place = table.place(hash);
        table.taken += usize::from(table.buckets[place].head == NONE);
        table.buckets[place] = Bucket { place: hash.place, check: hash.check, head };
    }

    /// All groups with their institutions and newest entries, in no order that means anything.
    pub(super) fn into_groups(self) -> impl Iterator<Item = (u32, GroupHash, u32)> {
        self.tables.into_iter().enumerate().flat_map(|(institution, table)| {
            let taken = table.buckets.into_iter().filter(|bucket| bucket.head != NONE);
            taken.map(move |bucket| {
                let hash = GroupHash { place: bucket.place, check: bucket.check };
                (institution as u32, hash, bucket.head)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::Mixer;
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn groups_are_found_again_as_the_table_grows() {
        let mixer = Mixer::new(3);
        let mut groups = Groups::default();
        let mut known = HashMap::new();
        for number in 0..20_000u32 {
            let key = (number % 7, u128::from(number / 2) << 60);
            groups.set_head(key.0, mixer.group(key.1), number);
            known.insert(key, number);
        }
        for ((institution, group), head) in &known {
            assert_eq!(groups.head(*institution, mixer.group(*group)), *head);
        }
        assert_eq!(groups.head(9, mixer.group(1)), NONE);
        assert_eq!(groups.head(6, mixer.group(1)), NONE);
        assert_eq!(groups.into_groups().count(), known.len());
    }
}
