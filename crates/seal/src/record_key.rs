//! What is derived from a subject's key for one record: a salt for each field and the keystream
//! for the payload.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

use crate::commitment::Salt;
use crate::hmac::Keyed;

/// The cipher of one record: AES-128 under HMAC-SHA-256(subject key, identity of the record).
///
/// Salts and keystream are encryptions of blocks that differ in their first byte, so none tells
/// anything about another. A record's identity is unique in the ledger, so no keystream is used
/// twice. The payload has no tag: each of its values is bound by its commitment in the tree.
pub(crate) struct RecordCipher(Aes128);

/// Blocks encrypted together: what AES instructions need to be kept busy.
const AT_ONCE: usize = 8;

const SALT: u8 = 1;
const KEYSTREAM: u8 = 2;

impl RecordCipher {
    /// The cipher of one record.
    #[inline]
    pub(crate) fn new(subject_key: &[u8; 32], identity: &[u8]) -> Self {
        Self::of_code(&Keyed::new(subject_key).code(identity))
    }

    /// The cipher from HMAC-SHA-256(subject key, identity), where the caller has it already.
    #[inline]
    pub(crate) fn of_code(code: &[u8; 32]) -> Self {
        let mut key = Array::default();
        for (target, byte) in key.iter_mut().zip(code) {
            *target = *byte;
        }
        Self(Aes128::new(&key))
    }

    fn block(domain: u8, counter: u32) -> Array<u8, aes::cipher::consts::U16> {
        let [a, b, c, d] = counter.to_be_bytes();
        Array::from([domain, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d])
    }

    /// The salt of a field.
    #[inline]
    pub(crate) fn salt(&self, field: u8) -> Salt {
        let mut block = Self::block(SALT, u32::from(field));
        self.0.encrypt_block(&mut block);
        block.into()
    }

    /// The salts of at most eight fields, encrypted together.
    #[inline]
    pub(crate) fn salts(&self, fields: impl Iterator<Item = u8>) -> impl Iterator<Item = Salt> {
        let mut blocks = [Self::block(SALT, 0); AT_ONCE];
        let mut count = 0;
        for (block, field) in blocks.iter_mut().zip(fields) {
            *block = Self::block(SALT, u32::from(field));
            count += 1;
        }
        self.0.encrypt_blocks(&mut blocks);
        blocks.into_iter().take(count).map(Into::into)
    }

    /// Encrypts or decrypts a payload in place.
    #[inline]
    pub(crate) fn apply(&self, payload: &mut [u8]) {
        for (index, part) in payload.chunks_mut(16 * AT_ONCE).enumerate() {
            let first = (index * AT_ONCE) as u32;
            let mut stream: [_; AT_ONCE] =
                std::array::from_fn(|block| Self::block(KEYSTREAM, first + block as u32));
            self.0.encrypt_blocks(&mut stream);
            let mut stream = stream.into_iter().map(<[u8; 16]>::from);
            let (blocks, rest) = part.as_chunks_mut::<16>();
            for (block, key) in blocks.iter_mut().zip(&mut stream) {
                *block = (u128::from_ne_bytes(*block) ^ u128::from_ne_bytes(key)).to_ne_bytes();
            }
            for (byte, key) in rest.iter_mut().zip(stream.flatten()) {
                *byte ^= key;
            }
        }
    }
}
