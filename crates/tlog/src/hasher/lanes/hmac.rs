//! HMAC-SHA-256 (RFC 2104) of many short messages, each under a key of its own: four
//! compressions in lanes, and the inner digest never leaves them.

use super::{BLOCK, Compression, LANES, Sha256Lanes, Words, compress, digest};
use crate::Hash;

/// Bytes of the longest message: with its end mark and length it fills one block.
pub const SHORT_MESSAGE_MAX: usize = BLOCK - 9;

/// A message of at most [`SHORT_MESSAGE_MAX`] bytes, padded for its HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortMessage([u8; BLOCK]);

impl Default for ShortMessage {
    /// The empty message.
    fn default() -> Self {
        let mut block = [0; BLOCK];
        block[0] = 0x80;
        block[BLOCK - 8..].copy_from_slice(&(BLOCK as u64 * 8).to_be_bytes());
        Self(block)
    }
}

impl ShortMessage {
    /// Puts the parts of a message together; `None` when they are too long.
    #[inline]
    pub fn new(parts: &[&[u8]]) -> Option<Self> {
        let mut block = [0; BLOCK];
        let mut len = 0;
        for part in parts {
            block.get_mut(len..len + part.len())?.copy_from_slice(part);
            len += part.len();
        }
        if len > SHORT_MESSAGE_MAX {
            return None;
        }
        block[len] = 0x80;
        let bits = ((BLOCK + len) as u64 * 8).to_be_bytes();
        block[BLOCK - 8..].copy_from_slice(&bits);
        Some(Self(block))
    }
}

/// A key of at most 32 bytes, shorter ones filled up with zeros as RFC 2104 has it.
pub type ShortKey = [u8; 32];

/// Pushes the code of each message under the key of the same index.
pub fn hmac_sha256_short(keys: &[ShortKey], messages: &[ShortMessage], out: &mut Vec<Hash>) {
    out.reserve(keys.len().min(messages.len()));
    for (keys, messages) in keys.chunks(LANES).zip(messages.chunks(LANES)) {
        let mut inner_key = [[0x3636_3636; LANES]; 16];
        let mut outer_key = [[0x5c5c_5c5c; LANES]; 16];
        let mut message: [Words; 16] = [[0; LANES]; 16];
        for (lane, (key, text)) in keys.iter().zip(messages).enumerate() {
            for (at, bytes) in key.as_chunks::<4>().0.iter().enumerate() {
                let word = u32::from_be_bytes(*bytes);
                inner_key[at][lane] ^= word;
                outer_key[at][lane] ^= word;
            }
            super::put_words(&mut message, lane, &text.0);
        }
        let mut inner = Sha256Lanes::INITIAL.map(|word| [word; LANES]);
        compress::<Sha256Lanes>(&mut inner, &inner_key);
        compress::<Sha256Lanes>(&mut inner, &message);
        let mut digests: [Words; 16] = [[0; LANES]; 16];
        digests[..8].copy_from_slice(&inner);
        digests[8] = [0x8000_0000; LANES];
        digests[15] = [(BLOCK as u32 + 32) * 8; LANES];
        let mut outer = Sha256Lanes::INITIAL.map(|word| [word; LANES]);
        compress::<Sha256Lanes>(&mut outer, &outer_key);
        compress::<Sha256Lanes>(&mut outer, &digests);
        out.extend((0..keys.len().min(messages.len())).map(|lane| digest(&outer, lane)));
    }
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

    #[test]
    fn a_message_that_does_not_fit_is_refused() {
        assert!(ShortMessage::new(&[&[0; SHORT_MESSAGE_MAX]]).is_some());
        assert!(ShortMessage::new(&[&[0; SHORT_MESSAGE_MAX], b"x"]).is_none());
        assert!(ShortMessage::new(&[&[0; 100]]).is_none());
    }
}
