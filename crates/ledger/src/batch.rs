//! Entries on their way in: a flat batch without an allocation per entry.

use tlog::{Hash, Sha256Tree, Sm3Tree, TreeHasher};

/// Longest leaf in bytes: an entry bundle of tlog-tiles has a 16-bit length before each leaf.
pub const LEAF_BYTES_MAX: usize = u16::MAX as usize;

/// The second tree over the same entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondTree {
    /// SM3 (GB/T 32905) with the same RFC 6962 domain separation.
    Sm3,
}

/// A batch of entries laid out flat: entry `i` ends where `leaf_ends[i]` and `payload_ends[i]`
/// say and begins where the one before it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryBatch {
    /// The leaves, one after the other: what the tree is over.
    pub leaves: Vec<u8>,
    /// Where each leaf ends in `leaves`.
    pub leaf_ends: Vec<u32>,
    /// The payloads, one after the other: encrypted by the caller, beside the tree.
    pub payloads: Vec<u8>,
    /// Where each payload ends in `payloads`.
    pub payload_ends: Vec<u32>,
    /// SHA-256 leaf hash of each leaf; [`EntryBatch::hash`] fills it on the caller's thread.
    pub leaf_hashes: Vec<Hash>,
    /// SM3 leaf hash of each leaf when the ledger has a second tree, else empty.
    pub sm3_hashes: Vec<Hash>,
}

/// A batch is not well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The lists of ends differ in length.
    #[error("{leaf_ends} leaf ends but {payload_ends} payload ends")]
    Counts {
        /// Number of leaf ends.
        leaf_ends: usize,
        /// Number of payload ends.
        payload_ends: usize,
    },
    /// Ends go backwards, or the last one is not the length of the bytes.
    #[error("the {0} ends do not divide the {0} bytes")]
    Ends(&'static str),
    /// A leaf is longer than [`LEAF_BYTES_MAX`].
    #[error("a leaf has {0} bytes, at most 65535 fit an entry bundle")]
    LeafTooLong(usize),
    /// Not as many hashes as leaves: [`EntryBatch::hash`] was not called for this ledger's trees.
    #[error("{found} {tree} leaf hashes for {leaves} leaves")]
    NotHashed {
        /// `sha256` or `sm3`.
        tree: &'static str,
        /// Hashes given.
        found: usize,
        /// Leaves given.
        leaves: usize,
    },
    /// One frame cannot hold this much.
    #[error("a group of {0} bytes is more than one frame can hold")]
    GroupTooLarge(u64),
}

impl EntryBatch {
    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.leaf_ends.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.leaf_ends.is_empty()
    }

    /// Adds an entry. The hashes become stale: call [`EntryBatch::hash`] after the last one.
    ///
    /// # Errors
    /// A leaf that is too long, or more than 4 GiB in one batch.
    pub fn push(&mut self, leaf: &[u8], payload: &[u8]) -> Result<(), BatchError> {
        if leaf.len() > LEAF_BYTES_MAX {
            return Err(BatchError::LeafTooLong(leaf.len()));
        }
        let end = |have: &Vec<u8>, more: &[u8]| {
            let end = have.len() + more.len();
            u32::try_from(end).map_err(|_| BatchError::GroupTooLarge(end as u64))
        };
        let (leaf_end, payload_end) = (end(&self.leaves, leaf)?, end(&self.payloads, payload)?);
        self.leaves.extend_from_slice(leaf);
        self.leaf_ends.push(leaf_end);
        self.payloads.extend_from_slice(payload);
        self.payload_ends.push(payload_end);
        Ok(())
    }

    /// Computes the leaf hashes of all leaves, for the SHA-256 tree and for `second`.
    ///
    /// # Errors
    /// The leaf ends do not divide the leaves.
    pub fn hash(&mut self, second: Option<SecondTree>) -> Result<(), BatchError> {
        let leaves: Vec<&[u8]> =
            divide(&self.leaves, &self.leaf_ends).collect::<Option<_>>().ok_or(BatchError::Ends("leaf"))?;
        self.leaf_hashes.clear();
        self.leaf_hashes.reserve(leaves.len());
        Sha256Tree.leaves(&leaves, &mut self.leaf_hashes);
        self.sm3_hashes.clear();
        if let Some(SecondTree::Sm3) = second {
            self.sm3_hashes.reserve(leaves.len());
            Sm3Tree.leaves(&leaves, &mut self.sm3_hashes);
        }
        Ok(())
    }

    /// Forgets the entries and keeps the room.
    pub fn clear(&mut self) {
        self.leaves.clear();
        self.leaf_ends.clear();
        self.payloads.clear();
        self.payload_ends.clear();
        self.leaf_hashes.clear();
        self.sm3_hashes.clear();
    }

    /// Checks everything but the hash values.
    pub(crate) fn check(&self, second: Option<SecondTree>) -> Result<(), BatchError> {
        let leaves = self.leaf_ends.len();
        if leaves != self.payload_ends.len() {
            return Err(BatchError::Counts { leaf_ends: leaves, payload_ends: self.payload_ends.len() });
        }
        let longest = divided_by(self.leaves.len(), &self.leaf_ends).ok_or(BatchError::Ends("leaf"))?;
        if longest > LEAF_BYTES_MAX {
            return Err(BatchError::LeafTooLong(longest));
        }
        divided_by(self.payloads.len(), &self.payload_ends).ok_or(BatchError::Ends("payload"))?;
        let hashed = |tree, found| match found == leaves {
            true => Ok(()),
            false => Err(BatchError::NotHashed { tree, found, leaves }),
        };
        hashed(Sha256Tree::NAME, self.leaf_hashes.len())?;
        match second {
            Some(SecondTree::Sm3) => hashed(Sm3Tree::NAME, self.sm3_hashes.len()),
            None => Ok(()),
        }
    }
}

/// The pieces of `bytes` that `ends` delimit; `None` in place of one that does not fit.
fn divide<'a>(bytes: &'a [u8], ends: &'a [u32]) -> impl Iterator<Item = Option<&'a [u8]>> {
    let mut start = 0;
    ends.iter().map(move |&end| {
        let piece = bytes.get(start..end as usize);
        start = end as usize;
        piece
    })
}

/// Length of the longest piece if `ends` never go back and end at `len`.
pub(crate) fn divided_by(len: usize, ends: &[u32]) -> Option<usize> {
    let mut longest = 0;
    let mut start = 0;
    for &end in ends {
        longest = longest.max(end.checked_sub(start)?);
        start = end;
    }
    (start as usize == len).then_some(longest as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_does_not_add_up_is_refused() {
        let mut good = EntryBatch::default();
        good.push(b"leaf", b"payload").unwrap();
        good.push(b"", b"").unwrap();
        assert_eq!(good.check(None), Err(BatchError::NotHashed { tree: "sha256", found: 0, leaves: 2 }));
        good.hash(None).unwrap();
        assert_eq!(good.check(None), Ok(()));
        assert_eq!(
            good.check(Some(SecondTree::Sm3)),
            Err(BatchError::NotHashed { tree: "sm3", found: 0, leaves: 2 })
        );
        good.hash(Some(SecondTree::Sm3)).unwrap();
        assert_eq!(good.check(Some(SecondTree::Sm3)), Ok(()));
        assert_eq!(good.leaf_hashes[0], Sha256Tree.leaf(b"leaf"));
        assert_eq!(good.sm3_hashes[1], Sm3Tree.leaf(b""));

        type Damage = fn(&mut EntryBatch);
        let table: [(Damage, BatchError); 5] = [
            (|b| b.leaf_ends[1] = 3, BatchError::Ends("leaf")),
            (|b| b.leaves.push(0), BatchError::Ends("leaf")),
            (|b| b.payload_ends[1] = 8, BatchError::Ends("payload")),
            (|b| b.payload_ends.push(7), BatchError::Counts { leaf_ends: 2, payload_ends: 3 }),
            (
                |b| {
                    b.leaves.resize(LEAF_BYTES_MAX + 5, 0);
                    b.leaf_ends[1] = u32::try_from(b.leaves.len()).unwrap();
                },
                BatchError::LeafTooLong(LEAF_BYTES_MAX + 1),
            ),
        ];
        for (damage, error) in table {
            let mut batch = good.clone();
            damage(&mut batch);
            assert_eq!(batch.check(None), Err(error));
        }
    }
}
