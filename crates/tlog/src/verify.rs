//! Strict verification of inclusion and consistency proofs, with errors that say what does not
//! fit. The algorithms are those of RFC 9162 §2.1.3.2 and §2.1.4.2.

use crate::{Hash, TreeHasher};

/// Why a proof was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index lies at or beyond the tree's size.
    #[error("leaf index {index} lies outside a tree of {size} leaves")]
    IndexOutsideTree {
        /// Zero-based leaf index.
        index: u64,
        /// Number of leaves in the tree.
        size: u64,
    },
    /// The proof has not the number of hashes that the sizes determine.
    #[error("the proof has {actual} hashes where the sizes demand {expected}")]
    WrongLength {
        /// Hashes that a proof for these sizes has.
        expected: usize,
        /// Hashes that this one has.
        actual: usize,
    },
    /// The leaf, its index and the proof lead to another root.
    #[error("leaf and proof lead to root {computed}, not to {expected}")]
    RootMismatch {
        /// The root that leaf and proof lead to.
        computed: Hash,
        /// The root that was to be shown.
        expected: Hash,
    },
    /// Nothing can be proven about the empty tree: every tree is consistent with it.
    #[error("an old size of 0 cannot be proven consistent: every tree extends the empty one")]
    OldSizeZero,
    /// The tree would have shrunk.
    #[error("the old size {old_size} exceeds the new size {new_size}")]
    OldExceedsNew {
        /// Size of the older tree.
        old_size: u64,
        /// Size of the newer tree.
        new_size: u64,
    },
    /// Two different roots for one size: the log shows different histories.
    #[error("two roots for the same size {size}: {old_root} and {new_root}")]
    SameSizeDifferentRoots {
        /// The size of both.
        size: u64,
        /// Root given for the older tree.
        old_root: Hash,
        /// Root given for the newer tree.
        new_root: Hash,
    },
    /// The proof does not lead to the older root: the older tree is no prefix of the newer, or
    /// the proof is another one's.
    #[error("the proof leads to old root {computed}, not to {expected}")]
    OldRootMismatch {
        /// The root that the proof leads to.
        computed: Hash,
        /// The root that was to be shown.
        expected: Hash,
    },
    /// The proof fits the older root but not the newer one.
    #[error("the proof leads to new root {computed}, not to {expected}")]
    NewRootMismatch {
        /// The root that the proof leads to.
        computed: Hash,
        /// The root that was to be shown.
        expected: Hash,
    },
}

/// The root that a leaf hash and its audit path lead to (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`ProofError::IndexOutsideTree`], [`ProofError::WrongLength`].
pub fn root_from_inclusion<H: TreeHasher>(
    hasher: H,
    index: u64,
    size: u64,
    leaf: &Hash,
    path: &[Hash],
) -> Result<Hash, ProofError> {
    if index >= size {
        return Err(ProofError::IndexOutsideTree { index, size });
    }
    let expected = inclusion_len(index, size);
    if path.len() != expected {
        return Err(ProofError::WrongLength { expected, actual: path.len() });
    }
    let (mut node, mut last, mut computed) = (index, size - 1, *leaf);
    for sibling in path {
        if node & 1 == 1 || node == last {
            computed = hasher.node(sibling, &computed);
            // A right edge without sibling is passed up unchanged.
            let skipped = node.trailing_zeros();
            node = node.checked_shr(skipped).unwrap_or(0);
            last = last.checked_shr(skipped).unwrap_or(0);
        } else {
            computed = hasher.node(&computed, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    Ok(computed)
}

/// Checks that the leaf with hash `leaf` is at `index` in the tree of `size` leaves with `root`.
///
/// # Errors
/// A [`ProofError`] that says what does not fit.
pub fn verify_inclusion<H: TreeHasher>(
    hasher: H,
    index: u64,
    size: u64,
    leaf: &Hash,
    path: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    let computed = root_from_inclusion(hasher, index, size, leaf, path)?;
    if computed == *root { Ok(()) } else { Err(ProofError::RootMismatch { computed, expected: *root }) }
}

/// Checks that the tree of `old_size` leaves with `old_root` is a prefix of the tree of
/// `new_size` leaves with `new_root`. Equal sizes want equal roots and an empty proof.
///
/// # Errors
/// A [`ProofError`] that says what does not fit. An old size of 0 is an error: there is nothing
/// to prove, and whoever accepts an empty old tree must decide so knowingly.
pub fn verify_consistency<H: TreeHasher>(
    hasher: H,
    old_size: u64,
    new_size: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size == 0 {
        return Err(ProofError::OldSizeZero);
    }
    if old_size > new_size {
        return Err(ProofError::OldExceedsNew { old_size, new_size });
    }
    let expected = consistency_len(old_size, new_size);
    if proof.len() != expected {
        return Err(ProofError::WrongLength { expected, actual: proof.len() });
    }
    if old_size == new_size {
        return if old_root == new_root {
            Ok(())
        } else {
            Err(ProofError::SameSizeDifferentRoots {
                size: old_size,
                old_root: *old_root,
                new_root: *new_root,
            })
        };
    }

    // Where the old tree is one complete subtree its root is known and left out of the proof.
    let (mut start, mut rest) = (*old_root, proof);
    if !old_size.is_power_of_two()
        && let Some((first, after)) = proof.split_first()
    {
        (start, rest) = (*first, after);
    }
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    let complete_levels = node.trailing_ones();
    node >>= complete_levels;
    last >>= complete_levels;
    let (mut old_computed, mut new_computed) = (start, start);
    for hash in rest {
        if node & 1 == 1 || node == last {
            old_computed = hasher.node(hash, &old_computed);
            new_computed = hasher.node(hash, &new_computed);
            let skipped = node.trailing_zeros();
            node = node.checked_shr(skipped).unwrap_or(0);
            last = last.checked_shr(skipped).unwrap_or(0);
        } else {
            new_computed = hasher.node(&new_computed, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    if old_computed != *old_root {
        return Err(ProofError::OldRootMismatch { computed: old_computed, expected: *old_root });
    }
    if new_computed != *new_root {
        return Err(ProofError::NewRootMismatch { computed: new_computed, expected: *new_root });
    }
    Ok(())
}

/// Number of hashes in the audit path of leaf `index` in a tree of `size` leaves; 0 where there
/// is no such leaf.
#[must_use]
pub fn inclusion_len(index: u64, size: u64) -> usize {
    if index >= size {
        return 0;
    }
    // Up to the level where the path meets the right edge every level has a sibling; above it
    // only those where the edge is a right child.
    let last = size - 1;
    let levels_to_edge = u64::BITS - (index ^ last).leading_zeros();
    let above_edge = index.checked_shr(levels_to_edge).unwrap_or(0).count_ones();
    (levels_to_edge + above_edge) as usize
}

/// Number of hashes in the consistency proof between two sizes; 0 where the sizes are equal, the
/// old one is 0 or exceeds the new one.
#[must_use]
pub fn consistency_len(old_size: u64, new_size: u64) -> usize {
    if old_size == 0 || old_size >= new_size {
        return 0;
    }
    // The path of the old tree's last complete subtree, preceded by that subtree itself unless
    // it is the whole old tree.
    let last = old_size - 1;
    let complete_levels = last.trailing_ones();
    let path = inclusion_len(last >> complete_levels, ((new_size - 1) >> complete_levels) + 1);
    path + usize::from(!old_size.is_power_of_two())
}
