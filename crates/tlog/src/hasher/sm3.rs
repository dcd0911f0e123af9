//! SM3 over trees, for those who must use the national algorithms.

use sm3::{Digest as _, Sm3};

use super::{
    LEAF_PREFIX, NODE_PREFIX, TreeHasher,
    lanes::{self, Sm3Lanes},
};
use crate::Hash;

/// SM3 (GB/T 32905-2016) as the hash of the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sm3Tree;

impl TreeHasher for Sm3Tree {
    const NAME: &'static str = "sm3";

    fn empty_root(&self) -> Hash {
        Hash(Sm3::digest([]).into())
    }

    fn leaf(&self, data: &[u8]) -> Hash {
        let hasher = Sm3::new_with_prefix([LEAF_PREFIX]);
        Hash(hasher.chain_update(data).finalize().into())
    }

    fn node(&self, left: &Hash, right: &Hash) -> Hash {
        let hasher = Sm3::new_with_prefix([NODE_PREFIX]).chain_update(left);
        Hash(hasher.chain_update(right).finalize().into())
    }

    fn leaves(&self, leaves: &[&[u8]], out: &mut Vec<Hash>) {
        lanes::leaves::<Sm3Lanes>(leaves, |data| self.leaf(data), out);
    }

    fn nodes(&self, children: &[Hash], out: &mut Vec<Hash>) {
        let (pairs, _) = children.as_chunks::<2>();
        lanes::nodes::<Sm3Lanes>(pairs, |[left, right]| self.node(left, right), out);
    }
}
