//! The tree against the definitions of RFC 6962, size by size and at random.

mod common;

use common::{leaf_hashes, naive, source, tree_in_pieces};
use proptest::prelude::*;
use tlog::{
    Hash, Sha256Tree, Sm3Tree, SourceError, Tree, TreeError, TreeHasher, verify_consistency, verify_inclusion,
};

#[test]
fn roots_of_all_small_sizes_are_those_of_the_definition() {
    let leaves = leaf_hashes(600);
    let mut grown = Tree::new(Sha256Tree);
    for size in 0..=600 {
        let want = naive::root(&leaves[..size]);
        assert_eq!(grown.size(), size as u64);
        assert_eq!(grown.root(), want, "grown one by one to {size}");
        let mut at_once = Tree::new(Sha256Tree);
        at_once.append(&leaves[..size]);
        assert_eq!(at_once.root(), want, "appended at once, {size}");
        if let Some(next) = leaves.get(size) {
            grown.push(*next);
        }
    }
    for size in 0..=600 {
        let root = grown.root_at(size as u64, &source(&leaves)).unwrap();
        assert_eq!(root, naive::root(&leaves[..size]), "looking back at {size}");
    }
}

#[test]
fn all_small_proofs_are_those_of_the_definition_and_verify() {
    const SIZE: usize = 72;
    let leaves = leaf_hashes(SIZE);
    let tree = tree_in_pieces(Sha256Tree, &leaves, &[7]);
    let source = source(&leaves);
    for size in 1..=SIZE {
        let (size_u64, root) = (size as u64, naive::root(&leaves[..size]));
        for index in 0..size {
            let path = tree.inclusion(index as u64, size_u64, &source).unwrap();
            assert_eq!(path, naive::path(index, &leaves[..size]), "{index} in {size}");
            verify_inclusion(Sha256Tree, index as u64, size_u64, &leaves[index], &path, &root).unwrap();
            let by_second = naive::root_by_path(index as u64, size_u64, leaves[index], &path);
            assert_eq!(by_second, Some(root));
        }
        for old in 1..=size {
            let proof = tree.consistency(old as u64, size_u64, &source).unwrap();
            assert_eq!(proof, naive::proof(old, &leaves[..size]), "{old} to {size}");
            let old_root = naive::root(&leaves[..old]);
            verify_consistency(Sha256Tree, old as u64, size_u64, &old_root, &root, &proof).unwrap();
            let by_second = naive::roots_by_proof(old as u64, size_u64, old_root, &proof);
            assert_eq!(by_second, Some((old_root, root)));
        }
    }
}

/// Every wrong thing that the mutations below make of a right proof.
fn refused_by_both(index: u64, size: u64, leaf: Hash, path: &[Hash], root: Hash) -> bool {
    let first = verify_inclusion(Sha256Tree, index, size, &leaf, path, &root).is_err();
    let second = naive::root_by_path(index, size, leaf, path) != Some(root);
    assert_eq!(first, second, "the two verifiers disagree: {index} in {size}");
    first
}

fn consistency_refused_by_both(
    (old, new): (u64, u64),
    (old_root, new_root): (Hash, Hash),
    proof: &[Hash],
) -> bool {
    let first = verify_consistency(Sha256Tree, old, new, &old_root, &new_root, proof).is_err();
    let second = naive::roots_by_proof(old, new, old_root, proof) != Some((old_root, new_root));
    assert_eq!(first, second, "the two verifiers disagree: {old} to {new}");
    first
}

fn flipped(mut hash: Hash, bit: usize) -> Hash {
    hash.0[bit / 8] ^= 1 << (bit % 8);
    hash
}

/// Proofs with one hash changed, dropped, doubled, or two swapped.
fn mutated(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = vec![[proof, &[Hash([7; 32])]].concat(), [&[Hash([7; 32])], proof].concat()];
    for i in 0..proof.len() {
        let mut changed = proof.to_vec();
        changed[i] = flipped(changed[i], (i * 37) % 256);
        all.push(changed);
        let mut dropped = proof.to_vec();
        dropped.remove(i);
        all.push(dropped);
        let mut doubled = proof.to_vec();
        doubled.insert(i, proof[i]);
        all.push(doubled);
        if i > 0 {
            let mut swapped = proof.to_vec();
            swapped.swap(i - 1, i);
            all.push(swapped);
        }
    }
    all
}

#[test]
fn every_mutation_of_every_small_proof_is_refused() {
    const SIZE: usize = 33;
    let leaves = leaf_hashes(SIZE);
    let tree = tree_in_pieces(Sha256Tree, &leaves, &[SIZE]);
    let source = source(&leaves);
    let roots: Vec<Hash> = (0..=SIZE).map(|n| naive::root(&leaves[..n])).collect();
    for size in 1..=SIZE {
        let n = size as u64;
        let root = roots[size];
        for (index, leaf) in leaves.iter().enumerate().take(size) {
            let (m, leaf) = (index as u64, *leaf);
            let path = tree.inclusion(m, n, &source).unwrap();
            for wrong in mutated(&path) {
                assert!(refused_by_both(m, n, leaf, &wrong, root));
            }
            assert!(refused_by_both(m, n, flipped(leaf, 9), &path, root));
            assert!(refused_by_both(m, n, leaf, &path, flipped(root, 200)));
            for other in 0..n + 2 {
                assert!(other == m || refused_by_both(other, n, leaf, &path, root));
            }
            assert!(refused_by_both(u64::MAX, n, leaf, &path, root));
        }
        for (old, old_root) in roots.iter().enumerate().take(size).skip(1) {
            let (m, old_root) = (old as u64, *old_root);
            let proof = tree.consistency(m, n, &source).unwrap();
            for wrong in mutated(&proof) {
                assert!(consistency_refused_by_both((m, n), (old_root, root), &wrong));
            }
            for wrong_roots in [(root, old_root), (flipped(old_root, 3), root), (old_root, flipped(root, 3))]
            {
                assert!(consistency_refused_by_both((m, n), wrong_roots, &proof));
            }
            for other in 0..n + 2 {
                assert!(other == m || consistency_refused_by_both((other, n), (old_root, root), &proof));
            }
        }
    }
}

#[test]
fn a_tree_is_rebuilt_from_its_parts() {
    for size in [0, 1, 255, 256, 257, 512, 70_000, 131_072 + 255] {
        let leaves = leaf_hashes(size);
        let tree = tree_in_pieces(Sha256Tree, &leaves, &[1000, 1]);
        let parts = (tree.block_roots().to_vec(), tree.tail().to_vec());
        let mut rebuilt = Tree::from_parts(Sha256Tree, parts.0, parts.1).unwrap();
        assert_eq!(rebuilt.size(), size as u64);
        assert_eq!(rebuilt.root(), tree.root());
        // What is appended afterwards goes to the same places.
        let more = leaf_hashes(700);
        let mut tree = tree;
        tree.append(&more);
        rebuilt.append(&more);
        assert_eq!(rebuilt.root(), tree.root());
        let all = [leaves, more].concat();
        let index = size as u64 / 2;
        assert_eq!(
            rebuilt.inclusion(index, tree.size(), &source(&all)).unwrap(),
            tree.inclusion(index, tree.size(), &source(&all)).unwrap(),
        );
    }
    let too_long = Tree::from_parts(Sha256Tree, vec![], leaf_hashes(256));
    assert!(matches!(too_long, Err(TreeError::TailTooLong { tail: 256 })));
}

#[test]
fn questions_beyond_the_tree_are_errors() {
    let leaves = leaf_hashes(300);
    let tree = tree_in_pieces(Sha256Tree, &leaves, &[300]);
    let source = source(&leaves);
    let refusals = [
        tree.root_at(301, &source).map(|_| vec![]),
        tree.inclusion(0, 301, &source),
        tree.inclusion(300, 300, &source),
        tree.inclusion(0, 0, &source),
        tree.consistency(0, 300, &source),
        tree.consistency(10, 9, &source),
        tree.consistency(10, 301, &source),
        tree.tile(0, 1, 45, &source),
        tree.tile(0, 0, 257, &source),
        tree.tile(0, 0, 0, &source),
        tree.tile(1, 0, 2, &source),
        tree.tile(2, 0, 1, &source),
        tree.tile(1, u64::MAX, 1, &source),
    ];
    let said: Vec<String> = refusals.into_iter().map(|refusal| refusal.unwrap_err().to_string()).collect();
    assert_eq!(
        said,
        [
            "size 301 exceeds the tree's 300 leaves",
            "size 301 exceeds the tree's 300 leaves",
            "leaf index 300 lies outside a tree of 300 leaves",
            "leaf index 0 lies outside a tree of 0 leaves",
            "no consistency proof leads from size 0 to size 300",
            "no consistency proof leads from size 10 to size 9",
            "size 301 exceeds the tree's 300 leaves",
            "the tree has no 45 hashes in tile 1 of level 0",
            "the tree has no 257 hashes in tile 0 of level 0",
            "the tree has no 0 hashes in tile 0 of level 0",
            "the tree has no 2 hashes in tile 0 of level 1",
            "the tree has no 1 hashes in tile 0 of level 2",
            "the tree has no 1 hashes in tile 18446744073709551615 of level 1",
        ]
    );
}

#[test]
fn stored_hashes_that_were_altered_never_enter_a_proof() {
    let leaves = leaf_hashes(1024);
    let tree = tree_in_pieces(Sha256Tree, &leaves, &[1024]);
    let mut altered = leaves.clone();
    altered[300] = flipped(altered[300], 0);
    let altered = source(&altered);
    for result in [
        tree.inclusion(301, 1024, &altered),
        tree.consistency(400, 1024, &altered),
        tree.tile(0, 1, 256, &altered),
    ] {
        assert!(matches!(result, Err(TreeError::BlockMismatch { block: 1, .. })));
    }
    // Proofs that need no leaf of that block are still given.
    assert!(tree.inclusion(0, 1024, &altered).is_ok());

    let short = |_, len: usize| Ok(leaves[..len - 1].to_vec());
    let result = tree.inclusion(0, 1024, &short);
    assert!(matches!(result, Err(TreeError::BlockLength { block: 0, got: 255 })));
    let broken = |_, _| Err(SourceError::new("disk on fire"));
    let result = tree.inclusion(0, 1024, &broken);
    assert_eq!(result.unwrap_err().to_string(), "stored leaf hashes cannot be read: disk on fire");
}

#[test]
fn tiles_of_the_specification_s_example() {
    // "a tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0
    // tile of width 112, one full level 1 tile, one partial level 1 tile of width 17, and one
    // partial level 2 tile of width 1."
    let leaves = leaf_hashes(70_000);
    let tree = tree_in_pieces(Sha256Tree, &leaves, &[10_000]);
    let source = source(&leaves);
    for (level, index, width, span) in [
        (0, 0, 256, 1),
        (0, 272, 256, 1),
        (0, 273, 112, 1),
        (1, 0, 256, 256),
        (1, 1, 17, 256),
        (2, 0, 1, 65_536),
    ] {
        let tile = tree.tile(level, index, width, &source).unwrap();
        let first = usize::try_from(index).unwrap() * 256 * span;
        let want: Vec<Hash> = leaves[first..].chunks(span).take(width).map(naive::root).collect();
        assert_eq!(tile, want, "level {level} tile {index}");
        assert!(width == 256 || tree.tile(level, index, width + 1, &source).is_err());
    }
}

fn batches_equal_single_calls<H: TreeHasher>(hasher: H, messages: &[Vec<u8>]) {
    let slices: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    let single: Vec<Hash> = slices.iter().map(|data| hasher.leaf(data)).collect();
    let mut batch = vec![Hash::default()];
    hasher.leaves(&slices, &mut batch);
    assert_eq!(batch[0], Hash::default(), "what was in `out` stays");
    assert_eq!(batch[1..], single, "{} leaves", H::NAME);

    let nodes: Vec<Hash> = single.chunks_exact(2).map(|pair| hasher.node(&pair[0], &pair[1])).collect();
    let mut batch = vec![Hash::default()];
    hasher.nodes(&single, &mut batch);
    assert_eq!(batch[1..], nodes, "{} nodes", H::NAME);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn larger_trees_are_those_of_the_definition(
        size in 1_usize..5_000,
        pieces in prop::collection::vec(1_usize..2_000, 1..6),
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 4),
    ) {
        let leaves = leaf_hashes(size);
        let tree = tree_in_pieces(Sha256Tree, &leaves, &pieces);
        prop_assert_eq!(tree.root(), naive::root(&leaves));
        let source = source(&leaves);
        for (at, within) in picks {
            let n = at.index(size) + 1;
            let m = within.index(n);
            let root = tree.root_at(n as u64, &source).unwrap();
            prop_assert_eq!(root, naive::root(&leaves[..n]));
            let path = tree.inclusion(m as u64, n as u64, &source).unwrap();
            prop_assert_eq!(&path, &naive::path(m, &leaves[..n]));
            prop_assert!(!refused_by_both(m as u64, n as u64, leaves[m], &path, root));
            for wrong in mutated(&path) {
                prop_assert!(refused_by_both(m as u64, n as u64, leaves[m], &wrong, root));
            }
            let old = m + 1;
            let proof = tree.consistency(old as u64, n as u64, &source).unwrap();
            prop_assert_eq!(&proof, &naive::proof(old, &leaves[..n]));
            let roots = (naive::root(&leaves[..old]), root);
            prop_assert!(!consistency_refused_by_both((old as u64, n as u64), roots, &proof));
            for wrong in mutated(&proof) {
                prop_assert!(consistency_refused_by_both((old as u64, n as u64), roots, &wrong));
            }
        }
    }

    #[test]
    fn proofs_about_sizes_near_the_end_of_numbers_are_refused_without_panic(
        index: u64, size: u64, new_size: u64, length in 0_usize..70,
    ) {
        let proof = leaf_hashes(length);
        let hash = Hash::default();
        prop_assert!(verify_inclusion(Sha256Tree, index, size, &hash, &proof, &hash).is_err());
        prop_assert!(size == new_size
            || verify_consistency(Sha256Tree, size, new_size, &hash, &hash, &proof).is_err());
    }

    #[test]
    fn batches_hash_as_single_calls_do(
        lengths in prop::collection::vec(0_usize..700, 0..70),
        equal_length in 0_usize..300,
    ) {
        let of_length = |(i, length): (usize, &usize)| -> Vec<u8> {
            (0..*length).map(|at| (at * 31 + i * 7) as u8).collect()
        };
        let mixed: Vec<Vec<u8>> = lengths.iter().enumerate().map(of_length).collect();
        let equal: Vec<Vec<u8>> = (0..lengths.len()).map(|i| of_length((i, &equal_length))).collect();
        for messages in [mixed, equal] {
            batches_equal_single_calls(Sha256Tree, &messages);
            batches_equal_single_calls(Sm3Tree, &messages);
        }
    }
}

#[test]
fn the_verifiers_agree_on_every_small_wrong_length() {
    for size in 0..40 {
        for index in 0..size + 2 {
            for length in 0..8 {
                let path = leaf_hashes(length);
                let root = Hash([1; 32]);
                assert!(refused_by_both(index, size, Hash::default(), &path, root));
            }
        }
    }
}
