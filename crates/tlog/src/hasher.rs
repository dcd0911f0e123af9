//! Hashing leaves and nodes with RFC 6962 §2.1 domain separation, by SHA-256 or SM3.

mod lanes;
mod sha256;
mod sm3;

pub use self::lanes::{HmacBatch, SHORT_MESSAGE_MAX, ShortKey, ShortMessage, hmac_sha256_short};
pub use self::{sha256::Sha256Tree, sm3::Sm3Tree};
use crate::Hash;

/// First byte of the hashed message of a leaf (RFC 6962 §2.1).
pub const LEAF_PREFIX: u8 = 0x00;
/// First byte of the hashed message of an inner node (RFC 6962 §2.1).
pub const NODE_PREFIX: u8 = 0x01;

/// A hash function over trees: leaves, inner nodes, the empty tree.
///
/// The batch methods give what the single ones give, faster: prefer them from some eight
/// messages on.
pub trait TreeHasher: Copy + Send + Sync + 'static {
    /// Name of the hash function as configuration spells it: `sha256`, `sm3`.
    const NAME: &'static str;

    /// Root of the tree without leaves: the hash of the empty string.
    fn empty_root(&self) -> Hash;

    /// `H(0x00 ‖ data)`.
    fn leaf(&self, data: &[u8]) -> Hash;

    /// `H(0x01 ‖ left ‖ right)`.
    fn node(&self, left: &Hash, right: &Hash) -> Hash;

    /// Pushes the leaf hash of each of `leaves` to `out`, in order.
    fn leaves(&self, leaves: &[&[u8]], out: &mut Vec<Hash>);

    /// Pushes the node hash of each pair `(children[2i], children[2i + 1])` to `out`, in order.
    /// A last child without a partner is left out.
    fn nodes(&self, children: &[Hash], out: &mut Vec<Hash>);
}

/// The 65-byte message of a node, padded to the two 64-byte blocks that SHA-256 and SM3 compress.
fn node_blocks(left: &Hash, right: &Hash) -> [[u8; 64]; 2] {
    const MESSAGE_BITS: u64 = 65 * 8;
    let [.., last] = right.0;
    let mut blocks = [[0; 64]; 2];
    let [first, second] = &mut blocks;
    let mut message = [NODE_PREFIX].into_iter().chain(left.0).chain(right.0);
    for (target, byte) in first.iter_mut().zip(&mut message) {
        *target = byte;
    }
    second[0] = last;
    second[1] = 0x80;
    second[56..].copy_from_slice(&MESSAGE_BITS.to_be_bytes());
    blocks
}

/// The digest bytes of a final state of eight big-endian words.
fn digest_of(state: [u32; 8]) -> Hash {
    let mut bytes = [0; 32];
    for (target, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *target = word.to_be_bytes();
    }
    Hash(bytes)
}
