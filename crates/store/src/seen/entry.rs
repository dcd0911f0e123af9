//! What is known about a record that was accepted.

/// Bytes of an entry in a run.
pub(super) const ENTRY_BYTES: usize = 32;

/// A record that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: u128,
    pub(super) position: u64,
    pub(super) content: u64,
}

impl Entry {
    pub(super) fn to_bytes(self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        let (id, rest) = bytes.split_at_mut(16);
        let (position, content) = rest.split_at_mut(8);
        id.copy_from_slice(&self.id.to_be_bytes());
        position.copy_from_slice(&self.position.to_le_bytes());
        content.copy_from_slice(&self.content.to_le_bytes());
        bytes
    }

    /// The entry in exactly [`ENTRY_BYTES`] bytes; of a shorter slice, zeroes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        Self {
            id: bytes.first_chunk().map_or(0, |id| u128::from_be_bytes(*id)),
            position: word(bytes, 16),
            content: word(bytes, 24),
        }
    }
}

/// The little-endian number at an offset; 0 beyond the end.
pub(super) fn word(bytes: &[u8], offset: usize) -> u64 {
    bytes.get(offset..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u64::from_le_bytes(*word))
}

/// As [`word`], for four bytes.
pub(super) fn half_word(bytes: &[u8], offset: usize) -> u32 {
    bytes.get(offset..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u32::from_le_bytes(*word))
}
