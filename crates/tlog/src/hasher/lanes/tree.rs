//! Leaf and node hashes of many messages.

use super::{BLOCK, Compression, Group, LANES, Words, put_first_words, put_words};
use crate::Hash;
use crate::hasher::{LEAF_PREFIX, NODE_PREFIX};

/// Messages that go through the compression function together.
const TOGETHER: usize = 2 * LANES;

/// Pushes the node hash of each pair; `single` hashes those that would leave the lanes empty.
pub(in crate::hasher) fn nodes<C: Compression>(
    pairs: &[[Hash; 2]],
    single: impl Fn(&[Hash; 2]) -> Hash,
    out: &mut Vec<Hash>,
) {
    const MESSAGE_BITS: u32 = (1 + 2 * Hash::LEN as u32) * 8;
    for pairs in pairs.chunks(TOGETHER) {
        if pairs.len() < C::BUSY_LANES_MIN {
            out.extend(pairs.iter().map(&single));
            continue;
        }
        let mut groups = [Group::new::<C>(); 2];
        let groups = &mut groups[..pairs.len().div_ceil(LANES)];
        for (group, pairs) in groups.iter_mut().zip(pairs.chunks(LANES)) {
            for (lane, [left, right]) in pairs.iter().enumerate() {
                let mut children = [0; 2 * Hash::LEN];
                children[..Hash::LEN].copy_from_slice(&left.0);
                children[Hash::LEN..].copy_from_slice(&right.0);
                put_first_words(&mut group.message, lane, NODE_PREFIX, &children[..BLOCK - 1]);
            }
        }
        C::compress_all(groups);
        for (group, pairs) in groups.iter_mut().zip(pairs.chunks(LANES)) {
            // The last byte of the right child, the end mark, and the length.
            group.message = [[0; LANES]; 16];
            group.message[15] = [MESSAGE_BITS; LANES];
            for (word, [_, Hash([.., last])]) in group.message[0].iter_mut().zip(pairs) {
                *word = u32::from_be_bytes([*last, 0x80, 0, 0]);
            }
        }
        C::compress_all(groups);
        out.extend((0..pairs.len()).map(|at| groups[at / LANES].digest(at % LANES)));
    }
}

/// Pushes the leaf hash of each message; `single` hashes those that would leave the lanes empty.
pub(in crate::hasher) fn leaves<C: Compression>(
    leaves: &[&[u8]],
    single: impl Fn(&[u8]) -> Hash,
    out: &mut Vec<Hash>,
) {
    let start = out.len();
    out.resize(start + leaves.len(), Hash::default());
    let digests = &mut out[start..];
    // Messages of about the same length go together: a lane whose message has ended is idle.
    let mut order: Vec<usize> = (0..leaves.len()).collect();
    order.sort_by_key(|&at| leaf_blocks(leaves[at]));
    for together in order.chunks(TOGETHER) {
        let blocks = together.iter().map(|&at| leaf_blocks(leaves[at]));
        let (total, longest) =
            blocks.fold((0, 0), |(total, longest), blocks| (total + blocks, blocks.max(longest)));
        if total < C::BUSY_LANES_MIN * longest {
            for &at in together {
                digests[at] = single(leaves[at]);
            }
        } else {
            leaves_together::<C>(leaves, together, longest, digests);
        }
    }
}

/// Hashes those of the leaves that `together` names, shortest first; `longest` has the last one.
fn leaves_together<C: Compression>(
    leaves: &[&[u8]],
    together: &[usize],
    longest: usize,
    digests: &mut [Hash],
) {
    let mut groups = [Group::new::<C>(); 2];
    for block in 0..longest {
        for (group, messages) in groups.iter_mut().zip(together.chunks(LANES)) {
            for (lane, &at) in messages.iter().enumerate() {
                put_leaf_block(&mut group.message, lane, leaves[at], block);
            }
        }
        let has_more =
            |messages: &[usize]| messages.last().is_some_and(|&at| leaf_blocks(leaves[at]) > block);
        let ended = together.chunks(LANES).take_while(|messages| !has_more(messages)).count();
        C::compress_all(&mut groups[ended..together.len().div_ceil(LANES)]);
        for (group, messages) in groups.iter().zip(together.chunks(LANES)) {
            for (lane, &at) in messages.iter().enumerate() {
                if leaf_blocks(leaves[at]) == block + 1 {
                    digests[at] = group.digest(lane);
                }
            }
        }
    }
}

/// Blocks of a leaf's message: prefix, data, end mark and 64-bit length.
fn leaf_blocks(data: &[u8]) -> usize {
    (1 + data.len() + 1 + 8).div_ceil(BLOCK)
}

/// Puts block number `block` of a leaf's padded message into its lane; nothing when the message
/// has ended.
fn put_leaf_block(words: &mut [Words; 16], lane: usize, data: &[u8], block: usize) {
    // The prefix moves the data on by one byte.
    let begin = (block * BLOCK).saturating_sub(1);
    match data.get(begin..(block + 1) * BLOCK - 1) {
        Some(inside) if block == 0 => put_first_words(words, lane, LEAF_PREFIX, inside),
        Some(inside) => put_words(words, lane, inside),
        None if block < leaf_blocks(data) => {
            put_words(words, lane, &last_leaf_block(data, block));
        }
        None => {}
    }
}

/// A block of a leaf's padded message that reaches beyond its data: one of the last two.
fn last_leaf_block(data: &[u8], block: usize) -> [u8; BLOCK] {
    let mut padded = [0; BLOCK];
    let begin = (block * BLOCK).saturating_sub(1);
    let rest = data.get(begin..).unwrap_or_default();
    let to = if block == 0 {
        padded[0] = LEAF_PREFIX;
        1
    } else {
        0
    };
    padded[to..to + rest.len()].copy_from_slice(rest);
    let end_mark = (1 + data.len()).checked_sub(block * BLOCK);
    if let Some(byte) = end_mark.and_then(|at| padded.get_mut(at)) {
        *byte = 0x80;
    }
    if block + 1 == leaf_blocks(data) {
        let bits = (1 + data.len() as u64) * 8;
        padded[BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
    }
    padded
}

#[cfg(test)]
mod tests {
    use super::super::{Sha256Lanes, Sm3Lanes};
    use super::*;

    #[test]
    fn lanes_hash_what_single_messages_hash() {
        use crate::{Sha256Tree, Sm3Tree, TreeHasher};
        let data: Vec<u8> = (0..100_000_u32).map(|i| (i * i / 7) as u8).collect();
        // Every length around the ends of blocks, in lanes of all lengths mixed.
        let messages: Vec<&[u8]> = (0..400).map(|i| &data[i * 3..i * 3 + i * 97 % 401]).collect();
        let out = |run: &dyn Fn(&mut Vec<Hash>)| {
            let mut out = Vec::new();
            run(&mut out);
            out
        };
        let single = |_: &[u8]| Hash::default();
        let by_lanes = out(&|out| leaves::<Sha256Lanes>(&messages, single, out));
        let one_by_one: Vec<Hash> = messages.iter().map(|data| Sha256Tree.leaf(data)).collect();
        assert_eq!(by_lanes, one_by_one);
        let by_lanes = out(&|out| leaves::<Sm3Lanes>(&messages, single, out));
        let one_by_one: Vec<Hash> = messages.iter().map(|data| Sm3Tree.leaf(data)).collect();
        assert_eq!(by_lanes, one_by_one);

        let pairs = one_by_one.as_chunks::<2>().0;
        let single = |_: &[Hash; 2]| Hash::default();
        let node = |[left, right]: &[Hash; 2]| Sha256Tree.node(left, right);
        let by_lanes = out(&|out| nodes::<Sha256Lanes>(pairs, single, out));
        assert_eq!(by_lanes, pairs.iter().map(node).collect::<Vec<_>>());
        let node = |[left, right]: &[Hash; 2]| Sm3Tree.node(left, right);
        let by_lanes = out(&|out| nodes::<Sm3Lanes>(pairs, single, out));
        assert_eq!(by_lanes, pairs.iter().map(node).collect::<Vec<_>>());
    }
}
