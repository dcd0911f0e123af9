//! Reading while the writer writes: entries, proofs, tiles, checkpoints.

use std::{ops::Range, path::Path, sync::Arc};

use tlog::{Hash, LeafSource, Sha256Tree, SourceError, TreeError, TreeHasher, VerifierKey};

use crate::{
    LedgerError,
    batch::SecondTree,
    checkpoints::{DailyCheckpoint, Head},
    frame::{Sections, hashes},
    load::{self, source_error},
    scan::{Place, Scan},
    state::Shared,
};

/// One entry, read by its index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Position in the ledger, from 0.
    pub index: u64,
    /// The bytes that the tree is over.
    pub leaf: Vec<u8>,
    /// The bytes beside the tree.
    pub payload: Vec<u8>,
    /// SHA-256 leaf hash: the entry's unique hash.
    pub leaf_hash: Hash,
}

/// A view of a ledger that sees what is durable, from any thread.
#[derive(Clone, Debug)]
pub struct Reader {
    shared: Arc<Shared>,
}

impl Reader {
    /// Opens a ledger for reading only: without the lock, without changing anything. Entries that
    /// a running writer appends later are not seen.
    ///
    /// # Errors
    /// As [`crate::Ledger::open`].
    pub fn open(dir: &Path) -> Result<Self, LedgerError> {
        Ok(Self::of(load::load(dir)?.shared))
    }

    pub(crate) fn of(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Number of durable entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.shared.trees().size()
    }

    /// The key that verifies this ledger's checkpoints; its name is the origin.
    #[must_use]
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.shared.identity.key
    }

    /// The second tree over the same entries.
    #[must_use]
    pub fn second_tree(&self) -> Option<SecondTree> {
        self.shared.identity.second_tree
    }

    /// Reads the entries in `range` in order, frame by frame; a range beyond the ledger's end
    /// stops there.
    #[must_use]
    pub fn read(&self, range: Range<u64>) -> Scan {
        let end = range.end.min(self.size());
        Scan::new(Arc::clone(&self.shared), range.start..end)
    }

    /// Reads one entry.
    ///
    /// # Errors
    /// [`LedgerError::OutOfRange`]; [`LedgerError::Corrupt`] when the frame does not fit its
    /// checksum or the leaf its hash.
    pub fn entry(&self, index: u64) -> Result<Entry, LedgerError> {
        let shared = &*self.shared;
        let place = Place::checked(shared, index)?;
        let sections = place.header.sections();
        let i = usize::try_from(index - place.header.first_index).unwrap_or(usize::MAX);
        let one = |ends: &Range<usize>, bytes: &Range<usize>| {
            let bounds = place.bounds(shared, ends, &(i..i + 1))?;
            match bounds.as_slice() {
                [start, end] => place.read(shared, bytes.start + start..bytes.start + end),
                _ => Ok(Vec::new()),
            }
        };
        let leaf = one(&sections.leaf_ends, &sections.leaves)?;
        let payload = one(&sections.payload_ends, &sections.payloads)?;
        let at = sections.leaf_hashes.start + Hash::LEN * i;
        let stored = place.read(shared, at..at + Hash::LEN)?;
        let leaf_hash = Sha256Tree.leaf(&leaf);
        if leaf_hash.0.as_slice() != stored {
            return Err(LedgerError::Corrupt {
                segment: place.segment,
                offset: place.offset,
                what: format!("the leaf of entry {index} does not fit its hash"),
            });
        }
        Ok(Entry { index, leaf, payload, leaf_hash })
    }

    /// The stored SHA-256 leaf hashes of `range`.
    ///
    /// # Errors
    /// [`LedgerError::OutOfRange`], [`LedgerError::Corrupt`].
    pub fn leaf_hashes(&self, range: Range<u64>) -> Result<Vec<Hash>, LedgerError> {
        self.stored_hashes(range, |sections| &sections.leaf_hashes)
    }

    fn stored_hashes(
        &self,
        range: Range<u64>,
        section: impl Fn(&Sections) -> &Range<usize>,
    ) -> Result<Vec<Hash>, LedgerError> {
        let mut out = Vec::new();
        self.frames_of(range, |place, entries| {
            let start = section(&place.header.sections()).start;
            let bytes = start + Hash::LEN * entries.start..start + Hash::LEN * entries.end;
            out.extend(hashes(&place.read(&self.shared, bytes)?));
            Ok(())
        })?;
        Ok(out)
    }

    /// Calls `each` with every frame that holds entries of `range`, and which of its entries.
    fn frames_of(
        &self,
        range: Range<u64>,
        mut each: impl FnMut(&Place, Range<usize>) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut next = range.start;
        while next < range.end {
            let place = Place::checked(&self.shared, next)?;
            let first = place.header.first_index;
            let end = place.header.end_index().min(range.end);
            let entries = |index: u64| usize::try_from(index - first).unwrap_or(usize::MAX);
            each(&place, entries(next)..entries(end))?;
            next = end;
        }
        Ok(())
    }

    /// Segment and byte offset of the frame that holds entry `index`.
    #[must_use]
    pub fn place_of(&self, index: u64) -> Option<(u32, u64)> {
        let place = Place::find(&self.shared, index).ok()?;
        Some((place.segment, place.offset))
    }

    /// Number of the last segment and its length in bytes.
    pub(crate) fn end(&self) -> (u32, u64) {
        self.shared.segments().last().map_or((0, 0), |segment| (segment.number, segment.bytes))
    }

    /// Root of the SHA-256 tree over the first `size` entries.
    ///
    /// # Errors
    /// A size beyond the ledger; damaged segments.
    pub fn root_at(&self, size: u64) -> Result<Hash, LedgerError> {
        let trees = self.shared.trees();
        let root = trees.sha256.root_at(size, &self.sha256_source());
        root.map_err(|error| self.tree_error(error))
    }

    /// Root of the SM3 tree over the first `size` entries, when there is one.
    ///
    /// # Errors
    /// A size beyond the ledger; damaged segments.
    pub fn sm3_root_at(&self, size: u64) -> Result<Option<Hash>, LedgerError> {
        let trees = self.shared.trees();
        let root = trees.sm3.as_ref().map(|tree| tree.root_at(size, &self.sm3_source()));
        root.transpose().map_err(|error| self.tree_error(error))
    }

    /// The proof that entry `index` is in the tree of the first `size` entries (RFC 9162
    /// §2.1.3.1).
    ///
    /// # Errors
    /// An index or size beyond the ledger; damaged segments.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, LedgerError> {
        let trees = self.shared.trees();
        let proof = trees.sha256.inclusion(index, size, &self.sha256_source());
        proof.map_err(|error| self.tree_error(error))
    }

    /// The same in the SM3 tree, when there is one.
    ///
    /// # Errors
    /// As [`Reader::inclusion`].
    pub fn sm3_inclusion(&self, index: u64, size: u64) -> Result<Option<Vec<Hash>>, LedgerError> {
        let trees = self.shared.trees();
        let proof = trees.sm3.as_ref().map(|tree| tree.inclusion(index, size, &self.sm3_source()));
        proof.transpose().map_err(|error| self.tree_error(error))
    }

    /// The proof that the tree of the first `old_size` entries is a prefix of that of the first
    /// `new_size` (RFC 9162 §2.1.4.1), for example between two daily checkpoints.
    ///
    /// # Errors
    /// Sizes out of order or beyond the ledger; damaged segments.
    pub fn consistency(&self, old_size: u64, new_size: u64) -> Result<Vec<Hash>, LedgerError> {
        let trees = self.shared.trees();
        let proof = trees.sha256.consistency(old_size, new_size, &self.sha256_source());
        proof.map_err(|error| self.tree_error(error))
    }

    /// The same in the SM3 tree, when there is one.
    ///
    /// # Errors
    /// As [`Reader::consistency`].
    pub fn sm3_consistency(&self, old_size: u64, new_size: u64) -> Result<Option<Vec<Hash>>, LedgerError> {
        let trees = self.shared.trees();
        let proof = trees.sm3.as_ref().map(|tree| tree.consistency(old_size, new_size, &self.sm3_source()));
        proof.transpose().map_err(|error| self.tree_error(error))
    }

    /// The first `width` hashes of a tile of the SHA-256 tree (C2SP tlog-tiles).
    ///
    /// # Errors
    /// A tile or width that the tree does not have; damaged segments.
    pub fn hash_tile(&self, level: u8, index: u64, width: usize) -> Result<Vec<Hash>, LedgerError> {
        let trees = self.shared.trees();
        let tile = trees.sha256.tile(level, index, width, &self.sha256_source());
        tile.map_err(|error| self.tree_error(error))
    }

    /// The same of the SM3 tree, when there is one.
    ///
    /// # Errors
    /// As [`Reader::hash_tile`].
    pub fn sm3_hash_tile(
        &self,
        level: u8,
        index: u64,
        width: usize,
    ) -> Result<Option<Vec<Hash>>, LedgerError> {
        let trees = self.shared.trees();
        let tile = trees.sm3.as_ref().map(|tree| tree.tile(level, index, width, &self.sm3_source()));
        tile.transpose().map_err(|error| self.tree_error(error))
    }

    /// The leaves of `range` (without payloads), each as its own bytes.
    ///
    /// # Errors
    /// [`LedgerError::OutOfRange`], [`LedgerError::Corrupt`].
    pub fn leaves(&self, range: Range<u64>) -> Result<Vec<Vec<u8>>, LedgerError> {
        let mut out = Vec::new();
        self.frames_of(range, |place, entries| {
            let sections = place.header.sections();
            let bounds = place.bounds(&self.shared, &sections.leaf_ends, &entries)?;
            let (Some(first), Some(last)) = (bounds.first(), bounds.last()) else {
                return Ok(());
            };
            let start = sections.leaves.start;
            let bytes = place.read(&self.shared, start + first..start + last)?;
            for (from, until) in bounds.iter().zip(bounds.iter().skip(1)) {
                let leaf = bytes.get(from - first..until - first);
                out.push(leaf.unwrap_or_default().to_vec());
            }
            Ok(())
        })?;
        Ok(out)
    }

    /// The latest checkpoint as it was signed: its size may be behind [`Reader::size`].
    #[must_use]
    pub fn checkpoint(&self) -> Arc<[u8]> {
        Arc::clone(&self.shared.checkpoints().latest)
    }

    /// The last checkpoint that came back from witnesses, see [`crate::Ledger::put_cosigned`], and
    /// what it states.
    #[must_use]
    pub fn cosigned_checkpoint(&self) -> Option<(Head, Arc<[u8]>)> {
        self.shared.checkpoints().cosigned.clone()
    }

    /// What the latest checkpoint states.
    #[must_use]
    pub fn head(&self) -> Head {
        self.shared.checkpoints().latest_head
    }

    /// The first checkpoint of each civil day (Asia/Shanghai), oldest first.
    #[must_use]
    pub fn daily_checkpoints(&self) -> Vec<DailyCheckpoint> {
        self.shared.checkpoints().daily.clone()
    }

    fn sha256_source(&self) -> impl LeafSource + '_ {
        self.source(|sections| &sections.leaf_hashes)
    }

    fn sm3_source(&self) -> impl LeafSource + '_ {
        self.source(|sections| &sections.sm3_hashes)
    }

    fn source(
        &self,
        section: impl Fn(&Sections) -> &Range<usize> + Copy,
    ) -> impl Fn(u64, usize) -> Result<Vec<Hash>, SourceError> {
        move |start, len| self.stored_hashes(start..start + len as u64, section).map_err(source_error)
    }

    /// Says where the hashes are stored that do not fit the tree.
    fn tree_error(&self, error: TreeError) -> LedgerError {
        match &error {
            TreeError::BlockMismatch { block, .. } => match self.place_of(block * 256) {
                Some((segment, offset)) => LedgerError::Corrupt { segment, offset, what: error.to_string() },
                None => error.into(),
            },
            _ => error.into(),
        }
    }
}
