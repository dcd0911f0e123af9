//! Commitments to single values: HMAC-SHA-256(salt, tag ‖ value).

use tlog::Hash;
use tlog::hasher::HmacBatch;

use crate::hmac::Keyed;

/// The salt of one commitment. Whoever holds it and the value can check the commitment; who
/// holds neither learns nothing from it.
pub type Salt = [u8; 16];

/// A commitment.
pub type Commitment = [u8; 32];

/// The longest value whose message is put together on the stack.
const SHORT: usize = 96;

/// Commits to a value in canonical form; the tag says which field of which stream it is, so that
/// a commitment cannot be passed off as one to another field.
#[inline]
pub fn commit(salt: &Salt, stream: u8, field: u8, value: &[u8]) -> Commitment {
    let keyed = Keyed::new(salt);
    let mut short = [0u8; SHORT + 2];
    match short.get_mut(..value.len() + 2) {
        Some(message) => {
            if let [first, second, rest @ ..] = message {
                (*first, *second) = (stream, field);
                rest.copy_from_slice(value);
            }
            keyed.code(message)
        }
        None => {
            let mut message = Vec::with_capacity(value.len() + 2);
            message.extend_from_slice(&[stream, field]);
            message.extend_from_slice(value);
            keyed.code(&message)
        }
    }
}

/// Commitments to be made together.
#[derive(Debug, Default)]
pub(crate) struct Commitments {
    batch: HmacBatch,
    added: usize,
    /// Values too long for the batch: (index, commitment).
    long: Vec<(usize, Commitment)>,
}

impl Commitments {
    pub(crate) fn clear(&mut self) {
        self.batch.clear();
        self.added = 0;
        self.long.clear();
    }

    /// Adds a value to be committed to.
    #[inline]
    pub(crate) fn add(&mut self, salt: &Salt, stream: u8, field: u8, value: &[u8]) {
        if !self.batch.add(salt, &[&[stream, field], value]) {
            self.long.push((self.added, commit(salt, stream, field, value)));
        }
        self.added += 1;
    }

    /// Makes all of them; they come in the order in which they were added.
    pub(crate) fn make(&mut self) -> &[Hash] {
        let made = self.batch.finish();
        for (index, commitment) in &self.long {
            if let Some(made) = made.get_mut(*index) {
                *made = Hash(*commitment);
            }
        }
        made
    }
}
