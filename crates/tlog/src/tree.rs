//! The growing Merkle tree of RFC 9162 §2.1, small in memory.
//!
//! Kept here are the hashes of complete 256-leaf subtrees ("blocks"), every 256-fold of them
//! above, and the leaf hashes of the last, incomplete block: about 32 bytes for 256 leaves, 125 MB
//! at 10⁹ leaves. All other leaf hashes live elsewhere and come through a [`LeafSource`] when a
//! proof or a tile needs them.

mod range;

use self::range::Reader;
use crate::{Hash, TreeHasher};

/// Leaves in a complete block: the width of a full tile in C2SP tlog-tiles.
pub const BLOCK_LEAVES: usize = 256;
const BLOCK_LEAVES_U64: u64 = 256;
/// Height of a block, and of a tile.
const BLOCK_HEIGHT: u32 = 8;

/// Blocks hashed level by level together when a long batch is appended: enough to keep
/// the batch hasher's lanes full near the top of a block, few enough to stay in the cache.
const BLOCKS_PER_ROUND: usize = 16;

/// Where the leaf hashes of complete blocks are stored.
pub trait LeafSource {
    /// The `len` leaf hashes from leaf index `start` on.
    ///
    /// The tree asks for whole blocks only: `start` is a multiple of [`BLOCK_LEAVES`] and `len`
    /// is [`BLOCK_LEAVES`]. It never asks for leaves of the incomplete last block.
    ///
    /// # Errors
    /// A [`SourceError`] when the hashes cannot be read.
    fn leaf_hashes(&self, start: u64, len: usize) -> Result<Vec<Hash>, SourceError>;
}

impl<F: Fn(u64, usize) -> Result<Vec<Hash>, SourceError>> LeafSource for F {
    fn leaf_hashes(&self, start: u64, len: usize) -> Result<Vec<Hash>, SourceError> {
        self(start, len)
    }
}

/// The stored leaf hashes could not be read.
#[derive(Debug, thiserror::Error)]
#[error("stored leaf hashes cannot be read: {0}")]
pub struct SourceError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl SourceError {
    /// Wraps the cause.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

/// What the tree cannot answer, or what does not fit it.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// A root or proof was asked for a tree larger than this one.
    #[error("size {asked} exceeds the tree's {size} leaves")]
    SizeBeyondTree {
        /// The size asked for.
        asked: u64,
        /// The tree's size.
        size: u64,
    },
    /// A proof was asked for a leaf outside the tree of the size asked for.
    #[error("leaf index {index} lies outside a tree of {size} leaves")]
    IndexOutsideTree {
        /// Zero-based leaf index.
        index: u64,
        /// The size asked for.
        size: u64,
    },
    /// A consistency proof was asked from a larger to a smaller size, or from the empty tree.
    #[error("no consistency proof leads from size {old_size} to size {new_size}")]
    NoConsistencyProof {
        /// Size of the older tree.
        old_size: u64,
        /// Size of the newer tree.
        new_size: u64,
    },
    /// The tile, or that width of it, is not in the tree.
    #[error("the tree has no {width} hashes in tile {index} of level {level}")]
    NoTile {
        /// Tile level: one level is eight levels of the tree.
        level: u8,
        /// Tile index within the level.
        index: u64,
        /// Number of hashes asked for.
        width: usize,
    },
    /// The parts given are not those of a tree.
    #[error("{tail} leaf hashes after the last complete block; fewer than 256 fit")]
    TailTooLong {
        /// Number of leaf hashes given.
        tail: usize,
    },
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The source returned another number of hashes than asked for.
    #[error("block {block}: {got} stored leaf hashes where 256 are needed")]
    BlockLength {
        /// Index of the block of 256 leaves.
        block: u64,
        /// Number of hashes returned.
        got: usize,
    },
    /// The stored leaf hashes are not the ones that were appended.
    #[error(
        "block {block} (leaves {}..{}): stored leaf hashes lead to {computed}, the tree holds {held}",
        block * 256,
        block * 256 + 256
    )]
    BlockMismatch {
        /// Index of the block of 256 leaves.
        block: u64,
        /// Subtree root that the stored hashes lead to.
        computed: Hash,
        /// Subtree root in the tree.
        held: Hash,
    },
}

/// A growing Merkle tree over leaf hashes.
///
/// ```
/// use tlog::{Sha256Tree, Tree, TreeHasher};
///
/// let mut tree = Tree::new(Sha256Tree);
/// let leaves = [Sha256Tree.leaf(b"first"), Sha256Tree.leaf(b"second")];
/// tree.append(&leaves);
/// assert_eq!(tree.root(), Sha256Tree.node(&leaves[0], &leaves[1]));
/// ```
#[derive(Clone, Debug)]
pub struct Tree<H: TreeHasher> {
    hasher: H,
    /// `levels[k]`: hashes of the complete subtrees of height `8 (k + 1)`, from the left. Level
    /// `k + 1` of tlog-tiles.
    levels: Vec<Vec<Hash>>,
    /// Roots of the largest complete subtrees of blocks, from the left: one for each bit set in
    /// the number of blocks.
    peaks: Vec<Hash>,
    /// Leaf hashes after the last complete block: fewer than [`BLOCK_LEAVES`].
    tail: Vec<Hash>,
}

impl<H: TreeHasher> Tree<H> {
    /// The empty tree.
    pub fn new(hasher: H) -> Self {
        Self { hasher, levels: Vec::new(), peaks: Vec::new(), tail: Vec::with_capacity(BLOCK_LEAVES) }
    }

    /// The tree with the given roots of complete 256-leaf subtrees and the leaf hashes after
    /// them, as [`Tree::block_roots`] and [`Tree::tail`] return them. Costs one node hash for
    /// each block.
    ///
    /// # Errors
    /// [`TreeError::TailTooLong`] for a tail of 256 hashes or more.
    pub fn from_parts(hasher: H, block_roots: Vec<Hash>, tail: Vec<Hash>) -> Result<Self, TreeError> {
        if tail.len() >= BLOCK_LEAVES {
            return Err(TreeError::TailTooLong { tail: tail.len() });
        }
        let mut tree = Self::new(hasher);
        for (block, root) in (0..).zip(&block_roots) {
            tree.merge_block(block, *root);
        }
        if !block_roots.is_empty() {
            match tree.levels.first_mut() {
                Some(level) => *level = block_roots,
                None => tree.levels.push(block_roots),
            }
        }
        tree.tail.extend_from_slice(&tail);
        Ok(tree)
    }

    /// The hash function.
    pub fn hasher(&self) -> H {
        self.hasher
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.blocks() * BLOCK_LEAVES_U64 + self.tail.len() as u64
    }

    /// Roots of the complete 256-leaf subtrees, from the left.
    pub fn block_roots(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// Leaf hashes after the last complete block: fewer than [`BLOCK_LEAVES`].
    pub fn tail(&self) -> &[Hash] {
        &self.tail
    }

    fn blocks(&self) -> u64 {
        self.block_roots().len() as u64
    }

    /// Appends leaf hashes. Large batches are cheaper per leaf than small ones.
    pub fn append(&mut self, leaf_hashes: &[Hash]) {
        let mut rest = leaf_hashes;
        if !self.tail.is_empty() {
            let missing = BLOCK_LEAVES - self.tail.len();
            let (completing, after) = rest.split_at(missing.min(rest.len()));
            self.tail.extend_from_slice(completing);
            rest = after;
            if self.tail.len() < BLOCK_LEAVES {
                return;
            }
            let block = std::mem::take(&mut self.tail);
            self.append_blocks(&block);
        }
        let (blocks, tail) = rest.split_at(rest.len() - rest.len() % BLOCK_LEAVES);
        for round in blocks.chunks(BLOCKS_PER_ROUND * BLOCK_LEAVES) {
            self.append_blocks(round);
        }
        self.tail.extend_from_slice(tail);
    }

    /// Appends one leaf hash.
    pub fn push(&mut self, leaf_hash: Hash) {
        self.append(&[leaf_hash]);
    }

    /// Root over all leaves. Costs up to 254 node hashes (the incomplete block) and one for each
    /// bit set in the number of blocks.
    pub fn root(&self) -> Hash {
        let tail_root = range::root_of_leaves(self.hasher, &self.tail);
        let right_to_left = tail_root.into_iter().chain(self.peaks.iter().rev().copied());
        right_to_left
            .reduce(|right, left| self.hasher.node(&left, &right))
            .unwrap_or_else(|| self.hasher.empty_root())
    }

    /// Root over the first `size` leaves.
    ///
    /// # Errors
    /// [`TreeError::SizeBeyondTree`]; what the source reports; stored hashes that do not fit.
    pub fn root_at(&self, size: u64, source: &impl LeafSource) -> Result<Hash, TreeError> {
        self.check_size(size)?;
        if size == 0 {
            return Ok(self.hasher.empty_root());
        }
        if size == self.size() {
            return Ok(self.root());
        }
        Reader::new(self, source).root(0, size)
    }

    /// The audit path of leaf `index` in the tree of the first `size` leaves, from the leaf's
    /// sibling up (RFC 9162 §2.1.3.1). Reads at most two blocks from the source.
    ///
    /// # Errors
    /// [`TreeError::SizeBeyondTree`], [`TreeError::IndexOutsideTree`]; what the source reports;
    /// stored hashes that do not fit.
    pub fn inclusion(&self, index: u64, size: u64, source: &impl LeafSource) -> Result<Vec<Hash>, TreeError> {
        self.check_size(size)?;
        if index >= size {
            return Err(TreeError::IndexOutsideTree { index, size });
        }
        let mut reader = Reader::new(self, source);
        let (mut start, mut end) = (0, size);
        let mut path = Vec::new();
        while end - start > 1 {
            let middle = start + range::left_width(end - start);
            if index < middle {
                path.push(reader.root(middle, end)?);
                end = middle;
            } else {
                path.push(reader.root(start, middle)?);
                start = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The proof that the tree of the first `old_size` leaves is a prefix of that of the first
    /// `new_size` (RFC 9162 §2.1.4.1); empty for equal sizes. Reads at most two blocks from the
    /// source.
    ///
    /// # Errors
    /// [`TreeError::SizeBeyondTree`], [`TreeError::NoConsistencyProof`]; what the source reports;
    /// stored hashes that do not fit.
    pub fn consistency(
        &self,
        old_size: u64,
        new_size: u64,
        source: &impl LeafSource,
    ) -> Result<Vec<Hash>, TreeError> {
        self.check_size(new_size)?;
        if old_size == 0 || old_size > new_size {
            return Err(TreeError::NoConsistencyProof { old_size, new_size });
        }
        let mut reader = Reader::new(self, source);
        let (mut start, mut end) = (0, new_size);
        let mut proof = Vec::new();
        // Descend to the subtree that ends where the old tree ends.
        while end != old_size {
            let middle = start + range::left_width(end - start);
            if old_size <= middle {
                proof.push(reader.root(middle, end)?);
                end = middle;
            } else {
                proof.push(reader.root(start, middle)?);
                start = middle;
            }
        }
        // Starting at 0 it is the old tree itself, whose root the verifier has.
        if start != 0 {
            proof.push(reader.root(start, end)?);
        }
        proof.reverse();
        Ok(proof)
    }

    /// The first `width` hashes of tile `index` at tile level `level` (C2SP tlog-tiles): roots of
    /// complete subtrees of height `8 * level`.
    ///
    /// # Errors
    /// [`TreeError::NoTile`] for a width of 0, above 256 or beyond the tree; what the source
    /// reports; stored hashes that do not fit.
    pub fn tile(
        &self,
        level: u8,
        index: u64,
        width: usize,
        source: &impl LeafSource,
    ) -> Result<Vec<Hash>, TreeError> {
        let no_tile = || TreeError::NoTile { level, index, width };
        if width == 0 || width > BLOCK_LEAVES {
            return Err(no_tile());
        }
        let hashes = match level.checked_sub(1) {
            Some(stored) => {
                let start = usize::try_from(index)
                    .ok()
                    .and_then(|index| index.checked_mul(BLOCK_LEAVES))
                    .ok_or_else(no_tile)?;
                let hashes = self.levels.get(usize::from(stored));
                let hashes = hashes.and_then(|hashes| hashes.get(start..start + width));
                hashes.ok_or_else(no_tile)?.to_vec()
            }
            None if index == self.blocks() => self.tail.get(..width).ok_or_else(no_tile)?.to_vec(),
            None if index < self.blocks() => {
                let mut hashes = Reader::new(self, source).block_leaves(index)?;
                hashes.truncate(width);
                hashes
            }
            None => return Err(no_tile()),
        };
        Ok(hashes)
    }

    fn check_size(&self, asked: u64) -> Result<(), TreeError> {
        let size = self.size();
        if asked > size {
            return Err(TreeError::SizeBeyondTree { asked, size });
        }
        Ok(())
    }

    /// Appends the leaf hashes of whole blocks; the tail is empty.
    fn append_blocks(&mut self, leaf_hashes: &[Hash]) {
        let mut nodes = Vec::with_capacity(leaf_hashes.len() / 2);
        self.hasher.nodes(leaf_hashes, &mut nodes);
        let mut parents = Vec::with_capacity(nodes.len() / 2);
        for _ in 1..BLOCK_HEIGHT {
            parents.clear();
            self.hasher.nodes(&nodes, &mut parents);
            std::mem::swap(&mut nodes, &mut parents);
        }
        for root in nodes {
            let block = self.blocks();
            push_sparingly(level_mut(&mut self.levels, 0), root);
            self.merge_block(block, root);
        }
    }

    /// Carries the root of block number `block` into the peaks and the levels above the blocks.
    fn merge_block(&mut self, block: u64, root: Hash) {
        let mut node = root;
        for height in 1..=block.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            node = self.hasher.node(&left, &node);
            if height.is_multiple_of(BLOCK_HEIGHT) {
                let level = (height / BLOCK_HEIGHT) as usize;
                push_sparingly(level_mut(&mut self.levels, level), node);
            }
        }
        self.peaks.push(node);
    }
}

/// The level, made if it is not there yet.
fn level_mut(levels: &mut Vec<Vec<Hash>>, level: usize) -> &mut Vec<Hash> {
    if levels.len() <= level {
        levels.resize_with(level + 1, Vec::new);
    }
    #[expect(clippy::indexing_slicing, reason = "resized just above")]
    &mut levels[level]
}

/// Pushes, growing by an eighth: doubling would cost up to twice the memory promised.
fn push_sparingly(hashes: &mut Vec<Hash>, hash: Hash) {
    if hashes.len() == hashes.capacity() {
        hashes.reserve_exact((hashes.len() / 8).max(BLOCK_LEAVES));
    }
    hashes.push(hash);
}
