//! Roots of ranges of leaves, out of what the tree holds and what its source returns.

use super::{BLOCK_HEIGHT, BLOCK_LEAVES, BLOCK_LEAVES_U64, LeafSource, Tree, TreeError};
use crate::{Hash, TreeHasher};

/// Width of the left part of a split: the largest power of two below `width` (RFC 9162 §2.1.1).
/// `width` is at least 2.
pub(super) fn left_width(width: u64) -> u64 {
    1 << (width - 1).ilog2()
}

/// Root over leaf hashes, or over the roots of adjacent subtrees of equal height; `None` when
/// there are none.
pub(super) fn root_of_leaves<H: TreeHasher>(hasher: H, leaves: &[Hash]) -> Option<Hash> {
    let mut level = leaves.to_vec();
    let mut above = Vec::with_capacity(level.len() / 2 + 1);
    while level.len() > 1 {
        above.clear();
        hasher.nodes(&level, &mut above);
        // A last node without sibling goes up as it is: it is the root of a whole right edge.
        if level.len() % 2 == 1 {
            above.extend(level.last());
        }
        std::mem::swap(&mut level, &mut above);
    }
    level.pop()
}

/// Reads the tree together with its source, keeping the one block that it read last: all levels
/// of a proof within a block come out of one read.
pub(super) struct Reader<'a, H: TreeHasher, S> {
    tree: &'a Tree<H>,
    source: &'a S,
    block: Option<(u64, Vec<Hash>)>,
}

impl<'a, H: TreeHasher, S: LeafSource> Reader<'a, H, S> {
    pub(super) fn new(tree: &'a Tree<H>, source: &'a S) -> Self {
        Self { tree, source, block: None }
    }

    /// Root over the leaves `start..end`, a node of the tree at some size: `start < end`, `start`
    /// is a multiple of a power of two not below `end - start`, and `end` lies within the tree.
    pub(super) fn root(&mut self, start: u64, end: u64) -> Result<Hash, TreeError> {
        // Complete subtrees from the left, ever smaller; folded from the right.
        let mut roots = Vec::new();
        let mut at = start;
        while at < end {
            let height = (end - at).ilog2();
            roots.push(self.complete(at, height)?);
            at += 1 << height;
        }
        let hasher = self.tree.hasher;
        let root = roots.into_iter().rev().reduce(|right, left| hasher.node(&left, &right));
        Ok(root.unwrap_or_else(|| hasher.empty_root()))
    }

    /// Root of the complete subtree of `height` that starts at leaf `start`.
    fn complete(&mut self, start: u64, height: u32) -> Result<Hash, TreeError> {
        let tree = self.tree;
        let no_nodes =
            TreeError::SizeBeyondTree { asked: start.saturating_add(1 << height), size: tree.size() };
        let roots = match (height / BLOCK_HEIGHT).checked_sub(1) {
            Some(level) => {
                let stored_height = BLOCK_HEIGHT * (level + 1);
                let nodes = tree.levels.get(level as usize).and_then(|nodes| {
                    let first = usize::try_from(start >> stored_height).ok()?;
                    nodes.get(first..first + (1 << (height - stored_height)))
                });
                root_of_leaves(tree.hasher, nodes.unwrap_or_default())
            }
            None => {
                let leaves = self.block(start / BLOCK_LEAVES_U64)?;
                let first = (start % BLOCK_LEAVES_U64) as usize;
                let leaves = leaves.get(first..first + (1 << height));
                root_of_leaves(tree.hasher, leaves.unwrap_or_default())
            }
        };
        roots.ok_or(no_nodes)
    }

    /// The 256 leaf hashes of a complete block, checked against its root.
    pub(super) fn block_leaves(mut self, block: u64) -> Result<Vec<Hash>, TreeError> {
        self.block(block).map(<[Hash]>::to_vec)
    }

    /// The leaf hashes of a block: of the tail, or read and checked against the block's root.
    fn block(&mut self, block: u64) -> Result<&[Hash], TreeError> {
        let tree = self.tree;
        let roots = tree.block_roots();
        let Some(held) = usize::try_from(block).ok().and_then(|i| roots.get(i)) else {
            return Ok(&tree.tail);
        };
        let cached = self.block.take().filter(|(cached, _)| *cached == block);
        let leaves = match cached {
            Some((_, leaves)) => leaves,
            None => self.read_block(block, held)?,
        };
        Ok(&self.block.insert((block, leaves)).1)
    }

    fn read_block(&self, block: u64, held: &Hash) -> Result<Vec<Hash>, TreeError> {
        let start = block * BLOCK_LEAVES_U64;
        let leaves = self.source.leaf_hashes(start, BLOCK_LEAVES)?;
        if leaves.len() != BLOCK_LEAVES {
            return Err(TreeError::BlockLength { block, got: leaves.len() });
        }
        let computed = root_of_leaves(self.tree.hasher, &leaves);
        match computed {
            Some(computed) if computed != *held => {
                Err(TreeError::BlockMismatch { block, computed, held: *held })
            }
            _ => Ok(leaves),
        }
    }
}
