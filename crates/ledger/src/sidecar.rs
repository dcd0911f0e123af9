//! Derived data of a sealed segment, `tree/00000000.idx`: with it a large ledger opens without
//! reading its segments. It may be deleted at any time; opening writes it again.
//!
//! ```text
//! offset  bytes
//!      0      8  magic "JWTREE1\n"
//!      8      4  number of the segment
//!     12      4  1 with SM3 hashes, else 0
//!     16      8  index of the first entry
//!     24      8  index after the last entry
//!     32      8  bytes of the segment
//!     40     16  salt of the segment
//!     56      4  s, the number of spots
//!     60      4  r, the number of 256-leaf subtrees that end in the segment
//!     64      4  t, the number of leaves behind the last of them (before 256)
//!     68     8s  spots: entry and offset, four bytes each
//!     then  32r  roots of these subtrees, 32t leaf hashes; the same of SM3
//!             4  CRC-32 of everything above
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tlog::{Hash, Sha256Tree, Sm3Tree, Tree, TreeHasher};

use crate::{
    bytes::{array, u32_at, u64_at},
    disk,
    faults::{Faults, Point},
    frame::{Salt, hashes},
    spots::Spot,
};

const MAGIC: [u8; 8] = *b"JWTREE1\n";
const HEAD_BYTES: usize = 68;

pub(crate) fn path(dir: &Path, number: u32) -> PathBuf {
    dir.join("tree").join(format!("{number:08}.idx"))
}

/// Roots of the 256-leaf subtrees that end in a segment, and the leaf hashes behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blocks {
    pub(crate) roots: Vec<Hash>,
    pub(crate) tail: Vec<Hash>,
}

impl Blocks {
    /// The part of `tree` that a segment added which began with entry `first_index` and ends
    /// where the tree ends.
    pub(crate) fn since<H: TreeHasher>(tree: &Tree<H>, first_index: u64) -> Self {
        let before = usize::try_from(first_index / 256).unwrap_or(usize::MAX);
        Self {
            roots: tree.block_roots().get(before..).unwrap_or_default().to_vec(),
            tail: tree.tail().to_vec(),
        }
    }
}

/// What the sidecar of one segment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sidecar {
    pub(crate) number: u32,
    pub(crate) first_index: u64,
    pub(crate) end_index: u64,
    pub(crate) segment_bytes: u64,
    pub(crate) salt: Salt,
    pub(crate) spots: Vec<Spot>,
    pub(crate) sha256: Blocks,
    pub(crate) sm3: Option<Blocks>,
}

impl Sidecar {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
        out.extend(MAGIC);
        out.extend(self.number.to_le_bytes());
        out.extend(u32::from(self.sm3.is_some()).to_le_bytes());
        out.extend(self.first_index.to_le_bytes());
        out.extend(self.end_index.to_le_bytes());
        out.extend(self.segment_bytes.to_le_bytes());
        out.extend(self.salt.0);
        out.extend(count(self.spots.len()));
        out.extend(count(self.sha256.roots.len()));
        out.extend(count(self.sha256.tail.len()));
        for spot in &self.spots {
            out.extend(spot.entry.to_le_bytes());
            out.extend(spot.offset.to_le_bytes());
        }
        for blocks in [Some(&self.sha256), self.sm3.as_ref()].into_iter().flatten() {
            for hash in blocks.roots.iter().chain(&blocks.tail) {
                out.extend(hash.0);
            }
        }
        out.extend(crc32fast::hash(&out).to_le_bytes());
        out
    }

    /// Reads a sidecar; `None` when it is damaged in any way.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let (covered, crc) = bytes.split_last_chunk()?;
        if u32::from_le_bytes(*crc) != crc32fast::hash(covered) || array(covered, 0)? != MAGIC {
            return None;
        }
        let number = u32_at(covered, 8)?;
        let has_sm3 = match u32_at(covered, 12)? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let (first_index, end_index) = (u64_at(covered, 16)?, u64_at(covered, 24)?);
        let spots = u32_at(covered, 56)? as usize;
        let (roots, tail) = (u32_at(covered, 60)?, u32_at(covered, 64)?);
        let fits = end_index > first_index
            && u64::from(roots) == end_index / 256 - first_index / 256
            && u64::from(tail) == end_index % 256;
        if !fits {
            return None;
        }
        let mut rest = covered.get(HEAD_BYTES..)?;
        let spots = take(&mut rest, spots.checked_mul(8)?)?
            .as_chunks()
            .0
            .iter()
            .map(|&[a, b, c, d, e, f, g, h]| Spot {
                entry: u32::from_le_bytes([a, b, c, d]),
                offset: u32::from_le_bytes([e, f, g, h]),
            })
            .collect();
        let mut blocks = || {
            Some(Blocks {
                roots: hashes(take(&mut rest, (roots as usize).checked_mul(32)?)?).collect(),
                tail: hashes(take(&mut rest, (tail as usize).checked_mul(32)?)?).collect(),
            })
        };
        let sha256 = blocks()?;
        let sm3 = if has_sm3 { Some(blocks()?) } else { None };
        rest.is_empty().then_some(Self {
            number,
            first_index,
            end_index,
            segment_bytes: u64_at(covered, 32)?,
            salt: Salt(array(covered, 40)?),
            spots,
            sha256,
            sm3,
        })
    }

    pub(crate) fn write(&self, dir: &Path, faults: &Faults) -> io::Result<()> {
        let points = (Point::FileWrite, Point::FileSync);
        disk::replace(&path(dir, self.number), &self.encode(), false, points, faults)
    }

    /// The sidecar of segment `number`; `None` when it is missing or damaged.
    pub(crate) fn read(dir: &Path, number: u32) -> io::Result<Option<Self>> {
        match fs::read(path(dir, number)) {
            Ok(bytes) => Ok(Self::decode(&bytes).filter(|sidecar| sidecar.number == number)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(len)?;
    *rest = left;
    Some(taken)
}

/// Grows the blocks of one segment, beginning with the leaf hashes that the segment before it
/// left over. Subtrees of 256 leaves do not depend on what lies to their left.
pub(crate) struct BlockBuilder {
    sha256: Tree<Sha256Tree>,
    sm3: Option<Tree<Sm3Tree>>,
    scratch: Vec<Hash>,
}

impl BlockBuilder {
    pub(crate) fn new(sha256_tail: &[Hash], sm3_tail: Option<&[Hash]>) -> Self {
        let mut sha256 = Tree::new(Sha256Tree);
        sha256.append(sha256_tail);
        let sm3 = sm3_tail.map(|tail| {
            let mut tree = Tree::new(Sm3Tree);
            tree.append(tail);
            tree
        });
        Self { sha256, sm3, scratch: Vec::new() }
    }

    /// Takes in the leaf hash sections of a frame.
    pub(crate) fn push(&mut self, sha256_section: &[u8], sm3_section: &[u8]) {
        self.scratch.clear();
        self.scratch.extend(hashes(sha256_section));
        self.sha256.append(&self.scratch);
        if let Some(sm3) = &mut self.sm3 {
            self.scratch.clear();
            self.scratch.extend(hashes(sm3_section));
            sm3.append(&self.scratch);
        }
    }

    pub(crate) fn finish(self) -> (Blocks, Option<Blocks>) {
        (Blocks::since(&self.sha256, 0), self.sm3.as_ref().map(|tree| Blocks::since(tree, 0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sidecar_reads_back_and_no_flip_goes_unseen() {
        let blocks = |n: u8| Blocks { roots: vec![Hash([n; 32]); 2], tail: vec![Hash([n + 1; 32]); 88] };
        for sm3 in [None, Some(blocks(5))] {
            let sidecar = Sidecar {
                number: 3,
                first_index: 255,
                end_index: 600,
                segment_bytes: 1234,
                salt: Salt([9; 16]),
                spots: vec![Spot { entry: 0, offset: 64 }, Spot { entry: 99, offset: 200_000 }],
                sha256: blocks(1),
                sm3,
            };
            let bytes = sidecar.encode();
            assert_eq!(Sidecar::decode(&bytes).as_ref(), Some(&sidecar));
            for at in 0..bytes.len() {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1;
                assert_eq!(Sidecar::decode(&flipped), None, "byte {at}");
                assert_eq!(Sidecar::decode(&bytes[..at]), None, "cut at {at}");
            }
        }
    }
}
