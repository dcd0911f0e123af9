//! HMAC-SHA-256 (RFC 2104) of many short messages, each under a key of its own: four
//! compressions in lanes, and the inner digest never leaves them.

use super::{BLOCK, Compression, Group, LANES, Sha256Lanes, Words, put_words};
use crate::Hash;

/// Bytes of the longest message: with its end mark and length it fills one block.
pub const SHORT_MESSAGE_MAX: usize = BLOCK - 9;

/// A message of at most [`SHORT_MESSAGE_MAX`] bytes, with its end mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortMessage {
    block: [u8; BLOCK],
    len: usize,
}

impl Default for ShortMessage {
    /// The empty message.
    fn default() -> Self {
        let mut block = [0; BLOCK];
        block[0] = END_MARK;
        Self { block, len: 0 }
    }
}

/// What follows the last byte of a message in its last block.
const END_MARK: u8 = 0x80;

impl ShortMessage {
    /// Puts the parts of a message together; `None` when they are too long.
    pub fn new(parts: &[&[u8]]) -> Option<Self> {
        let mut block = [0; BLOCK];
        let len = put_together(parts, &mut block)?;
        Some(Self { block, len })
    }
}

/// Puts the parts of a message into an empty block, the end mark behind them; gives their length,
/// `None` when they are too long.
#[inline(always)]
fn put_together(parts: &[&[u8]], block: &mut [u8; BLOCK]) -> Option<usize> {
    let mut len = 0;
    for part in parts {
        block.get_mut(len..len + part.len())?.copy_from_slice(part);
        len += part.len();
    }
    if len > SHORT_MESSAGE_MAX {
        return None;
    }
    block[len] = END_MARK;
    Some(len)
}

/// A key of at most 32 bytes, shorter ones filled up with zeros as RFC 2104 has it.
pub type ShortKey = [u8; 32];

/// Messages that go through the compression function together.
const TOGETHER: usize = 2 * LANES;

/// Codes of messages that come one by one: as soon as the lanes are full, they are made.
#[derive(Clone, Debug, Default)]
pub struct HmacBatch {
    keys: [[Words; 8]; 2],
    messages: [[Words; 16]; 2],
    waiting: usize,
    made: Vec<Hash>,
}

impl HmacBatch {
    /// Forgets all messages and codes.
    pub fn clear(&mut self) {
        self.made.clear();
        self.empty_lanes();
    }

    /// Adds a message, given in parts, under a key. One longer than [`SHORT_MESSAGE_MAX`] is not
    /// taken, which `false` says: whatever [`HmacBatch::finish`] gives in its place means nothing.
    #[inline]
    pub fn add<const N: usize>(&mut self, key: &[u8; N], parts: &[&[u8]]) -> bool {
        let mut block = [0; BLOCK];
        let len = put_together(parts, &mut block);
        self.put(key, &block, len.unwrap_or(0));
        len.is_some()
    }

    #[inline]
    fn put<const N: usize>(&mut self, key: &[u8; N], block: &[u8; BLOCK], len: usize) {
        const { assert!(N <= 32 && N.is_multiple_of(4), "a key is whole words, eight at most") };
        let (group, lane) = (self.waiting / LANES, self.waiting % LANES);
        put_words(&mut self.keys[group], lane, key);
        // The words behind the end mark are zero already; in the last one is the length in bits,
        // the block of the key counted in.
        let message = &mut self.messages[group];
        put_words(message, lane, &block[..(len / 4 + 1) * 4]);
        message[15][lane] = (BLOCK + len) as u32 * 8;
        self.waiting += 1;
        if self.waiting == TOGETHER {
            self.make_waiting();
        }
    }

    /// The codes of all messages, in the order in which they were added.
    pub fn finish(&mut self) -> &mut [Hash] {
        self.make_waiting();
        &mut self.made
    }

    fn make_waiting(&mut self) {
        let mut groups = [Group::new::<Sha256Lanes>(); 2];
        let groups = &mut groups[..self.waiting.div_ceil(LANES)];
        self.compress_keys(groups, 0x3636_3636);
        for (group, message) in groups.iter_mut().zip(&self.messages) {
            group.message = *message;
        }
        Sha256Lanes::compress_all(groups);
        let mut outer = [Group::new::<Sha256Lanes>(); 2];
        let outer = &mut outer[..groups.len()];
        self.compress_keys(outer, 0x5c5c_5c5c);
        for (outer, inner) in outer.iter_mut().zip(groups) {
            outer.message = [[0; LANES]; 16];
            outer.message[..8].copy_from_slice(&inner.state);
            outer.message[8] = [u32::from_be_bytes([END_MARK, 0, 0, 0]); LANES];
            outer.message[15] = [(BLOCK as u32 + Hash::LEN as u32) * 8; LANES];
        }
        Sha256Lanes::compress_all(outer);
        self.made.extend((0..self.waiting).map(|at| outer[at / LANES].digest(at % LANES)));
        self.empty_lanes();
    }

    /// Compresses the block that a key and a pad make.
    fn compress_keys(&self, groups: &mut [Group], pad: u32) {
        for (group, keys) in groups.iter_mut().zip(&self.keys) {
            group.message = [[pad; LANES]; 16];
            for (words, key) in group.message.iter_mut().zip(keys) {
                *words = std::array::from_fn(|lane| key[lane] ^ pad);
            }
        }
        Sha256Lanes::compress_all(groups);
    }

    /// Shorter keys and messages find zeros behind them.
    fn empty_lanes(&mut self) {
        self.keys = Default::default();
        self.messages = Default::default();
        self.waiting = 0;
    }
}

/// Pushes the code of each message under the key of the same index.
pub fn hmac_sha256_short(keys: &[ShortKey], messages: &[ShortMessage], out: &mut Vec<Hash>) {
    out.reserve(keys.len().min(messages.len()));
    let mut batch = HmacBatch { made: std::mem::take(out), ..HmacBatch::default() };
    for (key, message) in keys.iter().zip(messages) {
        batch.put(key, &message.block, message.len);
    }
    batch.make_waiting();
    *out = batch.made;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, cases 1 and 2, whose keys and messages are short.
    #[test]
    fn as_in_rfc_4231() {
        let key = |bytes: &[u8]| {
            let mut key = [0; 32];
            key[..bytes.len()].copy_from_slice(bytes);
            key
        };
        let keys = [key(&[0x0b; 20]), key(b"Jefe")];
        let messages = [
            ShortMessage::new(&[b"Hi ", b"There"]).unwrap(),
            ShortMessage::new(&[b"what do ya want for nothing?"]).unwrap(),
        ];
        let mut out = Vec::new();
        hmac_sha256_short(&keys, &messages, &mut out);
        let expected = [
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ];
        assert_eq!(out.iter().map(Hash::to_hex).collect::<Vec<_>>(), expected);
    }

    /// HMAC as RFC 2104 defines it, by the general hash function.
    fn plain_hmac(key: &[u8], text: &[u8]) -> Hash {
        use sha2::{Digest as _, Sha256};
        let padded = |pad: u8| {
            let mut block = [pad; BLOCK];
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            block
        };
        let inner = Sha256::new_with_prefix(padded(0x36)).chain_update(text).finalize();
        Hash(Sha256::new_with_prefix(padded(0x5c)).chain_update(inner).finalize().into())
    }

    #[test]
    fn a_batch_makes_what_each_makes_alone() {
        let bytes: Vec<u8> = (0..300_u32).map(|i| (i * i / 3) as u8).collect();
        let mut batch = HmacBatch::default();
        // The second time, nothing of the first is left; 33 fill the lanes and begin anew.
        for count in [75, 33] {
            batch.clear();
            let (mut expected, mut long) = (Vec::new(), Vec::new());
            for n in 0..count {
                let text = &bytes[n..n + n * 7 % (SHORT_MESSAGE_MAX + 3)];
                let key = bytes[n * 2..].first_chunk::<32>().unwrap();
                let fits = if n % 3 == 0 {
                    let key = key.first_chunk::<16>().unwrap();
                    expected.push(plain_hmac(key, text));
                    batch.add(key, &[text])
                } else {
                    expected.push(plain_hmac(key, text));
                    batch.add(key, &[&text[..text.len() / 2], &text[text.len() / 2..]])
                };
                assert_eq!(fits, text.len() <= SHORT_MESSAGE_MAX);
                if !fits {
                    long.push(n);
                }
            }
            let made = batch.finish();
            long.iter().for_each(|&n| made[n] = expected[n]);
            assert_eq!(made, expected);
        }
    }

    #[test]
    fn a_message_that_does_not_fit_is_refused() {
        assert!(ShortMessage::new(&[&[0; SHORT_MESSAGE_MAX]]).is_some());
        assert!(ShortMessage::new(&[&[0; SHORT_MESSAGE_MAX], b"x"]).is_none());
        assert!(ShortMessage::new(&[&[0; 100]]).is_none());
    }
}
