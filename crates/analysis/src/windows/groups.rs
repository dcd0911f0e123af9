//! Finds the newest entry of a group: a table with open addresses whose buckets lie side by side,
//! so that one line of the cache answers, and can be asked for ahead.

use super::entries::NONE;
use super::hash::Mixer;

/// A group and its newest entry.
#[derive(Clone, Copy)]
pub(super) struct Bucket {
    low: u64,
    high: u64,
    pub(super) institution: u32,
    /// [`NONE`]: the bucket is free.
    pub(super) head: u32,
}

const FREE: Bucket = Bucket { low: 0, high: 0, institution: 0, head: NONE };
const BUCKETS_MIN: usize = 16;

/// Groups with their newest entries.
pub(super) struct Groups {
    mixer: Mixer,
    /// A power of two of them, at most three quarters taken.
    buckets: Vec<Bucket>,
    taken: usize,
}

impl Groups {
    pub(super) fn new(mixer: Mixer) -> Self {
        Self { mixer, buckets: vec![FREE; BUCKETS_MIN], taken: 0 }
    }

    pub(super) fn bytes(&self) -> usize {
        self.buckets.len() * size_of::<Bucket>()
    }

    #[inline]
    pub(super) fn hash(&self, institution: u32, group: u128) -> u64 {
        self.mixer.bucket(institution, group)
    }

    #[inline]
    fn first(&self, hash: u64) -> usize {
        // The high bits: a product mixes them best.
        (hash >> 32) as usize & (self.buckets.len() - 1)
    }

    /// Reads a little of where a group would be, so that it is on its way.
    #[inline]
    pub(super) fn touch(&self, hash: u64) -> u32 {
        self.buckets[self.first(hash)].head
    }

    /// The bucket of a group, or the free one that it would take.
    #[inline]
    fn place(&self, hash: u64, institution: u32, group: u128) -> usize {
        let (low, high) = (group as u64, (group >> 64) as u64);
        let mut place = self.first(hash);
        loop {
            let bucket = &self.buckets[place];
            let is_same = bucket.low == low && bucket.high == high && bucket.institution == institution;
            if is_same || bucket.head == NONE {
                return place;
            }
            place = (place + 1) & (self.buckets.len() - 1);
        }
    }

    /// The newest entry of a group, [`NONE`] when it has none.
    #[inline]
    pub(super) fn head(&self, hash: u64, institution: u32, group: u128) -> u32 {
        self.buckets[self.place(hash, institution, group)].head
    }

    /// Sets the newest entry of a group.
    #[inline]
    pub(super) fn set_head(&mut self, institution: u32, group: u128, head: u32) {
        if self.taken * 4 >= self.buckets.len() * 3 {
            self.grow();
        }
        let place = self.place(self.hash(institution, group), institution, group);
        let bucket = &mut self.buckets[place];
        self.taken += usize::from(bucket.head == NONE);
        *bucket = Bucket { low: group as u64, high: (group >> 64) as u64, institution, head };
    }

    fn grow(&mut self) {
        let larger = vec![FREE; self.buckets.len() * 2];
        let buckets = std::mem::replace(&mut self.buckets, larger);
        for bucket in buckets.into_iter().filter(|bucket| bucket.head != NONE) {
            let group = u128::from(bucket.high) << 64 | u128::from(bucket.low);
            let place = self.place(self.hash(bucket.institution, group), bucket.institution, group);
            self.buckets[place] = bucket;
        }
    }

    /// All groups in no order that means anything.
    pub(super) fn into_groups(self) -> impl Iterator<Item = (u32, u128, u32)> {
        let taken = self.buckets.into_iter().filter(|bucket| bucket.head != NONE);
        taken.map(|bucket| {
            (bucket.institution, u128::from(bucket.high) << 64 | u128::from(bucket.low), bucket.head)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn groups_are_found_again_as_the_table_grows() {
        let mut groups = Groups::new(Mixer::new(3));
        let mut known = HashMap::new();
        for number in 0..20_000u32 {
            let key = (number % 7, u128::from(number / 2) << 60);
            groups.set_head(key.0, key.1, number);
            known.insert(key, number);
        }
        for ((institution, group), head) in &known {
            let hash = groups.hash(*institution, *group);
            assert_eq!(groups.head(hash, *institution, *group), *head);
        }
        assert_eq!(groups.head(groups.hash(9, 1), 9, 1), NONE);
        assert_eq!(groups.into_groups().count(), known.len());
    }
}
