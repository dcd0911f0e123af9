//! Hashing of group keys: a multiply-and-fold mix over a secret seed.
//!
//! Texts become 128 bits, so that a key has one size. The seed is given by the caller and never
//! shows in a result; institutions choose ids themselves, and a seed that they do not know keeps
//! them from choosing ids that collide.

/// Mixes under a seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mixer {
    first: u64,
    second: u64,
}

/// What stands for a group in the table of its institution. It is wide enough that no two groups
/// share it: among a hundred million of them with a chance of one in ten million million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GroupHash {
    /// Its first bits say where the group lies.
    pub(super) place: u64,
    pub(super) check: u32,
}

/// Digits of π in hexadecimal: odd, and nothing up a sleeve.
const PI: [u64; 4] =
    [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345, 0xa409_3822_299f_31d1, 0x082e_fa98_ec4e_6c89];

fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

/// All of up to sixteen bytes, in two words that overlap where there are fewer: whoever knows how
/// many there are could tell them from the words.
#[inline]
fn halves(block: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (block.first_chunk(), block.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (block.first_chunk(), block.last_chunk()) {
        return (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into());
    }
    (block.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0)
}

impl Mixer {
    pub(super) fn new(seed: u64) -> Self {
        let [a, b, c, d] = PI;
        Self { first: fold(seed ^ a, b) | 1, second: fold(seed ^ c, d) | 1 }
    }

    /// 96 bits to find a group by.
    #[inline]
    pub(super) fn group(self, key: u128) -> GroupHash {
        let low = key as u64 ^ self.first;
        let high = (key >> 64) as u64 ^ self.second;
        GroupHash {
            place: fold(fold(low, high ^ PI[0]) ^ self.second, self.first ^ high),
            check: fold(low ^ PI[1], high.rotate_left(32) ^ self.first) as u32,
        }
    }

    /// 64 bits to find a value by.
    #[inline]
    pub(super) fn value(self, value: u128) -> u64 {
        self.group(value).place
    }

    /// 128 bits that stand for a text.
    #[inline]
    pub(super) fn text(self, text: &[u8]) -> u128 {
        let mut left = self.first ^ text.len() as u64;
        let mut right = self.second;
        for block in text.chunks(16) {
            let (low, high) = halves(block);
            // The added terms keep a factor of zero from wiping out what came before.
            left = fold(left ^ low, self.second ^ high).wrapping_add(left.rotate_left(29));
            right = fold(right ^ high, self.first ^ low.rotate_left(32)).wrapping_add(right.rotate_left(31));
        }
        u128::from(fold(left, PI[2] ^ right)) << 64 | u128::from(fold(right, PI[3] ^ left))
    }

    /// The key of a tuple, from the key of its beginning and its next member.
    #[inline]
    pub(super) fn join(self, key: u128, member: u128) -> u128 {
        let mut bytes = [0; 32];
        let (start, end) = bytes.split_at_mut(16);
        start.copy_from_slice(&key.to_le_bytes());
        end.copy_from_slice(&member.to_le_bytes());
        self.text(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn like_texts_have_unlike_keys() {
        let mixer = Mixer::new(7);
        let mut keys = HashSet::new();
        for number in 0..100_000u32 {
            assert!(keys.insert(mixer.text(format!("t{number}").as_bytes())));
        }
        assert!(keys.insert(mixer.text(b"")));
        assert!(keys.insert(mixer.text(b"\0")));
        assert!(keys.insert(mixer.text(&[0; 16])));
        assert!(keys.insert(mixer.text(&[0; 17])));
        assert_ne!(mixer.join(1, 2), mixer.join(2, 1));
        assert_ne!(mixer.text(b"t1"), Mixer::new(8).text(b"t1"));
        for len in 1..40 {
            for at in 0..len {
                let mut text = vec![0; len];
                text[at] = 1;
                assert!(keys.insert(mixer.text(&text)), "byte {at} of {len}");
            }
        }
    }

    #[test]
    fn buckets_spread_over_low_and_high_bits() {
        let mixer = Mixer::new(0);
        let hashes: Vec<u64> = (0..4096).map(|n| mixer.value(u128::from(b'p') << 120 | n)).collect();
        let low: HashSet<u64> = hashes.iter().map(|hash| hash & 4095).collect();
        let high: HashSet<u64> = hashes.iter().map(|hash| hash >> 52).collect();
        assert!(low.len() > 2400 && high.len() > 2400, "{} {}", low.len(), high.len());
    }
}
