//! A filter that says of most ids that a run does not hold them: a Bloom filter in blocks of one
//! cache line (Putze, Sanders, Singler 2007), so that a look costs one line of memory.
//!
//! Ids are keyed hashes: their bits are used as they are.

use std::hint::black_box;

/// Bits that an id sets in its block.
const PROBES: u32 = 7;
const BLOCK_WORDS: usize = 8;
/// Bytes of a block.
pub(super) const BLOCK_BYTES: usize = BLOCK_WORDS * 8;

/// One cache line of a filter.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Block([u64; BLOCK_WORDS]);

/// The bits of an id, wherever its block lies: made once for the filters of all runs.
#[derive(Clone, Copy)]
pub(super) struct Probe {
    place: u64,
    bits: Block,
}

impl Probe {
    #[inline]
    pub(super) fn new(id: u128) -> Self {
        let mut bits = Block::default();
        let mut source = id as u64;
        for _ in 0..PROBES {
            // Nine bits choose one of the 512.
            if let Some(word) = bits.0.get_mut((source as usize >> 6) & (BLOCK_WORDS - 1)) {
                *word |= 1 << (source & 63);
            }
            source >>= 9;
        }
        // The first bits place the block: runs are written in order of ids, so their filters are
        // filled from one end to the other and not at random.
        Self { place: (id >> 64) as u64, bits }
    }
}

/// The filter of one run.
pub(super) struct Filter {
    blocks: Vec<Block>,
}

impl Filter {
    /// Blocks for a number of entries: twenty bits an entry, ten in big runs, where they weigh.
    pub(super) fn blocks_for(entries: u64) -> u64 {
        let bits = if entries <= 1 << 23 { 20 } else { 10 };
        (entries * bits).div_ceil(512).max(1)
    }

    pub(super) fn new(blocks: u64) -> Self {
        Self { blocks: vec![Block::default(); blocks as usize] }
    }

    #[inline]
    fn index(&self, place: u64) -> usize {
        // The high word of the product: a place in 0..blocks without a division.
        ((u128::from(place) * self.blocks.len() as u128) >> 64) as usize
    }

    pub(super) fn insert(&mut self, id: u128) {
        let probe = Probe::new(id);
        let index = self.index(probe.place);
        if let Some(block) = self.blocks.get_mut(index) {
            for (word, bits) in block.0.iter_mut().zip(probe.bits.0) {
                *word |= bits;
            }
        }
    }

    /// Brings the blocks of many ids near: nothing but loads that do not wait for each other.
    #[inline]
    pub(super) fn touch(&self, probes: &[Probe]) {
        let first_word =
            |probe: &Probe| self.blocks.get(self.index(probe.place)).map_or(0, |block| block.0[0]);
        black_box(probes.iter().map(first_word).fold(0, |all, word| all | word));
    }

    /// Whether the run may hold the id. Free of branches, so that the looks for many ids overlap.
    #[inline]
    pub(super) fn may_hold(&self, probe: &Probe) -> bool {
        let Some(block) = self.blocks.get(self.index(probe.place)) else { return false };
        let missing =
            block.0.iter().zip(probe.bits.0).fold(0, |missing, (word, bits)| missing | (bits & !word));
        missing == 0
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.blocks.iter().flat_map(|block| block.0).flat_map(u64::to_le_bytes).collect()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let block = |bytes: &[u8]| {
            let mut block = Block::default();
            for (word, bytes) in block.0.iter_mut().zip(bytes.as_chunks::<8>().0) {
                *word = u64::from_le_bytes(*bytes);
            }
            block
        };
        Self { blocks: bytes.chunks_exact(BLOCK_BYTES).map(block).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> u128 {
        // SplitMix64 twice: any spread will do here.
        let mix = |mut z: u64| {
            z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        u128::from(mix(n)) << 64 | u128::from(mix(n ^ 0x5555_5555))
    }

    #[test]
    fn it_holds_what_was_put_in_and_little_else() {
        for (entries, false_share_max) in [(100_000_u64, 0.003), (1, 0.003)] {
            let mut filter = Filter::new(Filter::blocks_for(entries));
            (0..entries).for_each(|n| filter.insert(id(n)));
            let filter = Filter::from_bytes(&filter.to_bytes());
            assert!((0..entries).all(|n| filter.may_hold(&Probe::new(id(n)))));
            let others = 100_000;
            let held = (0..others).filter(|n| filter.may_hold(&Probe::new(id(1 << 40 | n)))).count();
            assert!((held as f64) < false_share_max * others as f64, "{held} of {others} at {entries}");
        }
    }
}
