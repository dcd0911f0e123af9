//! SHA-256 over trees, the hash that C2SP tlog-tiles fixes.

use sha2::{Digest as _, Sha256, block_api::compress256};

use super::{
    LEAF_PREFIX, TreeHasher,
    lanes::{self, Sha256Lanes},
};
use crate::Hash;

/// SHA-256 (FIPS 180-4) as the hash of the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sha256Tree;

/// FIPS 180-4 §5.3.3.
pub(super) const INITIAL_STATE: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

impl TreeHasher for Sha256Tree {
    const NAME: &'static str = "sha256";

    fn empty_root(&self) -> Hash {
        Hash(Sha256::digest([]).into())
    }

    fn leaf(&self, data: &[u8]) -> Hash {
        let hasher = Sha256::new_with_prefix([LEAF_PREFIX]);
        Hash(hasher.chain_update(data).finalize().into())
    }

    fn node(&self, left: &Hash, right: &Hash) -> Hash {
        // The message is always 65 bytes, two padded blocks: compressing them directly spares
        // the general hasher's buffering.
        let mut state = INITIAL_STATE;
        compress256(&mut state, &super::node_blocks(left, right));
        super::digest_of(state)
    }

    fn leaves(&self, leaves: &[&[u8]], out: &mut Vec<Hash>) {
        if lanes::are_faster_for_sha256() {
            lanes::leaves::<Sha256Lanes>(leaves, |data| self.leaf(data), out);
        } else {
            out.extend(leaves.iter().map(|data| self.leaf(data)));
        }
    }

    fn nodes(&self, children: &[Hash], out: &mut Vec<Hash>) {
        let (pairs, _) = children.as_chunks::<2>();
        let single = |[left, right]: &[Hash; 2]| self.node(left, right);
        if lanes::are_faster_for_sha256() {
            lanes::nodes::<Sha256Lanes>(pairs, single, out);
        } else {
            out.extend(pairs.iter().map(single));
        }
    }
}
