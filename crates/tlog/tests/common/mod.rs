//! What the tests of the tree share.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod naive;

use tlog::{Hash, SourceError, Tree, TreeHasher};

/// Different leaf hashes without hashing anything.
pub(crate) fn leaf_hashes(count: usize) -> Vec<Hash> {
    (0..count as u64)
        .map(|i| {
            let mut bytes = [0x5a; 32];
            bytes[..8].copy_from_slice(&i.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
            Hash(bytes)
        })
        .collect()
}

/// A source over a slice that holds the tree to what it promises to ask for.
pub(crate) fn source(leaves: &[Hash]) -> impl Fn(u64, usize) -> Result<Vec<Hash>, SourceError> {
    move |start, len| {
        assert_eq!((start % 256, len), (0, 256), "whole blocks only");
        let start = start as usize;
        Ok(leaves[start..start + len].to_vec())
    }
}

/// The tree of `leaves`, appended in pieces of the given sizes, over and over.
pub(crate) fn tree_in_pieces<H: TreeHasher>(hasher: H, leaves: &[Hash], pieces: &[usize]) -> Tree<H> {
    let mut tree = Tree::new(hasher);
    let mut rest = leaves;
    for piece in pieces.iter().cycle() {
        let (now, later) = rest.split_at((*piece).min(rest.len()));
        tree.append(now);
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    tree
}
