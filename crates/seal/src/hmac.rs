//! HMAC-SHA-256 (RFC 2104) of one message, straight on the compression function: opening checks
//! a commitment for each sensitive field of each record, and the buffering of a general hasher
//! would cost as much as the hashing. Sealing has many messages at once and uses
//! [`tlog::hasher::HmacBatch`].

use sha2::block_api::compress256;

const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
const BLOCK: usize = 64;

/// The inner and outer states after the padded key: what is common to all messages under a key.
#[derive(Clone, Copy)]
pub(crate) struct Keyed {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl Keyed {
    /// Absorbs a key of at most 64 bytes; the type of the callers' keys keeps it so.
    #[inline]
    pub(crate) fn new<const N: usize>(key: &[u8; N]) -> Self {
        const { assert!(N <= BLOCK, "longer keys would have to be hashed first") };
        let mut inner_pad = [0x36u8; BLOCK];
        let mut outer_pad = [0x5cu8; BLOCK];
        for ((inner, outer), byte) in inner_pad.iter_mut().zip(&mut outer_pad).zip(key) {
            *inner ^= byte;
            *outer ^= byte;
        }
        let (mut inner, mut outer) = (INITIAL, INITIAL);
        compress256(&mut inner, &[inner_pad]);
        compress256(&mut outer, &[outer_pad]);
        Self { inner, outer }
    }

    /// The code of a message.
    #[inline]
    pub(crate) fn code(&self, message: &[u8]) -> [u8; 32] {
        let mut state = self.inner;
        let (whole, rest) = message.as_chunks::<BLOCK>();
        compress256(&mut state, whole);
        finish(&mut state, rest, BLOCK + message.len());
        let digest = to_bytes(&state);
        let mut state = self.outer;
        finish(&mut state, &digest, BLOCK + digest.len());
        to_bytes(&state)
    }
}

/// Pads and absorbs the last, incomplete block of a message of `total` bytes.
#[inline]
fn finish(state: &mut [u32; 8], rest: &[u8], total: usize) {
    let mut block = [0u8; BLOCK];
    for (target, byte) in block.iter_mut().zip(rest.iter().chain(&[0x80])) {
        *target = *byte;
    }
    if rest.len() >= BLOCK - 8 {
        compress256(state, &[block]);
        block = [0u8; BLOCK];
    }
    let length_bits = (total as u64 * 8).to_be_bytes();
    for (target, byte) in block.iter_mut().skip(BLOCK - 8).zip(length_bits) {
        *target = byte;
    }
    compress256(state, &[block]);
}

#[inline]
fn to_bytes(state: &[u32; 8]) -> [u8; 32] {
    let mut bytes = [0u8; 32];
    for (target, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *target = word.to_be_bytes();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_general_implementation(key: [u8; 32], message in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
            mac.update(&message);
            prop_assert_eq!(Keyed::new(&key).code(&message), <[u8; 32]>::from(mac.finalize().into_bytes()));
        }
    }
}
