//! A set of pairs of a group and a value of sixteen bytes, which counts values for each group.
//!
//! A hash table over tens of millions of pairs misses the processor's caches with every row. Here
//! rows are only appended to one of [`PARTS`] lists, chosen by their hash, and duplicates are
//! dropped list by list, each with a table that fits the caches. A list is looked through when it
//! has doubled, so that it never holds more than twice what is distinct.

/// Lists of pairs.
const PARTS: usize = 256;
/// Pairs in a list before duplicates are looked for.
const COMPACT_MIN: usize = 4096;

/// A group and a value that occurs in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) value: [u64; 2],
    pub(super) group: u32,
}

impl Pair {
    pub(super) fn new(group: u32, value: [u8; 16]) -> Self {
        let value = u128::from_le_bytes(value);
        Self { value: [value as u64, (value >> 64) as u64], group }
    }

    pub(super) fn bytes(&self) -> [u8; 16] {
        let [low, high] = self.value;
        (u128::from(low) | u128::from(high) << 64).to_le_bytes()
    }

    /// Its upper bits choose the list, its lower ones the place in the list's table.
    fn hash(&self) -> u64 {
        let [low, high] = self.value;
        let group = u64::from(self.group).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        fold(fold(low ^ group, 0xa076_1d64_78bd_642f) ^ high, 0xe703_7ed1_a0b4_28db)
    }
}

/// The halves of a product, mixed: every bit of it depends on every bit of the input.
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

#[derive(Clone, Debug, Default)]
struct Part {
    pairs: Vec<Pair>,
    /// How many of the first pairs are known to be distinct.
    distinct: usize,
}

impl Part {
    /// Drops duplicates. `table` is working space: places in `pairs`, counted from one.
    fn compact(&mut self, table: &mut Vec<u32>) {
        if self.distinct == self.pairs.len() {
            return;
        }
        let slots = (2 * self.pairs.len()).next_power_of_two();
        table.clear();
        table.resize(slots, 0);
        let mask = slots - 1;
        let mut kept = 0;
        for next in 0..self.pairs.len() {
            let Some(pair) = self.pairs.get(next).copied() else { break };
            let mut slot = pair.hash() as usize & mask;
            // There are twice as many slots as pairs: an empty one comes.
            while let Some(place) = table.get_mut(slot) {
                if *place == 0 {
                    *place = kept as u32 + 1;
                    if let Some(to) = self.pairs.get_mut(kept) {
                        *to = pair;
                    }
                    kept += 1;
                    break;
                }
                if self.pairs.get(*place as usize - 1) == Some(&pair) {
                    break;
                }
                slot = (slot + 1) & mask;
            }
        }
        self.pairs.truncate(kept);
        self.distinct = kept;
    }
}

/// The set.
#[derive(Debug)]
pub(super) struct Pairs {
    parts: Vec<Part>,
    table: Vec<u32>,
}

impl Pairs {
    pub(super) fn new() -> Self {
        Self { parts: vec![Part::default(); PARTS], table: Vec::new() }
    }

    pub(super) fn insert(&mut self, pair: Pair) {
        let index = (pair.hash() >> 56) as usize;
        let Some(part) = self.parts.get_mut(index) else { return };
        if part.pairs.len() >= COMPACT_MIN.max(2 * part.distinct) {
            part.compact(&mut self.table);
        }
        part.pairs.push(pair);
    }

    /// Every pair once.
    pub(super) fn iter(&mut self) -> impl Iterator<Item = &Pair> {
        for part in &mut self.parts {
            part.compact(&mut self.table);
        }
        self.parts.iter().flat_map(|part| &part.pairs)
    }

    /// Keeps the pairs of groups from `first` on, and lets these count from zero.
    pub(super) fn drop_groups_before(&mut self, first: u32) {
        let kept: Vec<Pair> = self.iter().copied().collect();
        *self = Self::new();
        for Pair { value, group } in kept {
            if let Some(group) = group.checked_sub(first) {
                self.insert(Pair { value, group });
            }
        }
    }

    /// Bytes held.
    pub(super) fn size(&self) -> usize {
        let pairs: usize = self.parts.iter().map(|part| part.pairs.capacity()).sum();
        pairs * size_of::<Pair>() + self.table.capacity() * size_of::<u32>() + PARTS * size_of::<Part>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_is_its_bytes() {
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        assert_eq!(Pair::new(7, bytes).bytes(), bytes);
    }

    #[test]
    fn duplicates_do_not_pile_up() {
        let mut pairs = Pairs::new();
        for n in 0..2_000_000u32 {
            pairs.insert(Pair { value: [u64::from(n % 1000), 0], group: n % 3 });
        }
        assert!(pairs.size() < 256 * 2 * COMPACT_MIN * size_of::<Pair>(), "{}", pairs.size());
        assert_eq!(pairs.iter().count(), 3000);
    }

    proptest! {
        #[test]
        fn it_holds_what_a_hash_set_holds(
            rows in prop::collection::vec((0u32..4, 0u64..50, 0u64..3), 0..20_000),
            first in 0u32..5,
        ) {
            let mut pairs = Pairs::new();
            let mut expected = HashSet::new();
            for (group, low, high) in rows {
                pairs.insert(Pair { value: [low, high], group });
                expected.insert((group, low, high));
            }
            let found: Vec<_> = pairs.iter().map(|p| (p.group, p.value[0], p.value[1])).collect();
            prop_assert_eq!(found.len(), expected.len());
            prop_assert_eq!(found.into_iter().collect::<HashSet<_>>(), expected.clone());

            pairs.drop_groups_before(first);
            let expected: HashSet<_> = expected
                .into_iter()
                .filter_map(|(group, low, high)| Some((group.checked_sub(first)?, low, high)))
                .collect();
            let found: HashSet<_> = pairs.iter().map(|p| (p.group, p.value[0], p.value[1])).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
