//! How fast leaves are hashed and the tree grows, for each hash function, on one core.
//!
//! `cargo run --release -p jianwei-tlog --example tlog_bench`

use std::{hint::black_box, time::Instant};

use tlog::{Hash, Sha256Tree, Sm3Tree, SourceError, Tree, TreeHasher};

const LEAVES: usize = 1 << 18;
const LEAF_BYTES: usize = 256;
/// Leaves appended together, as the ledger's group commit does.
const GROUP: usize = 10_000;
const PROOFS: usize = 2_000;
/// Best of so many runs, the hash functions taking turns: on a shared machine the best run was
/// disturbed least, and both were disturbed alike.
const RUNS: usize = 15;

const FIGURES: [&str; 6] = [
    "leaf hash, 256 bytes",
    "node hash",
    "append of leaf hashes",
    "leaf hash and append",
    "inclusion proof",
    "root",
];

fn per_second(count: usize, run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    count as f64 / start.elapsed().as_secs_f64()
}

/// One run of every figure, in the order of [`FIGURES`].
fn measure<H: TreeHasher>(hasher: H, leaves: &[&[u8]]) -> [f64; FIGURES.len()] {
    let mut hashes = Vec::with_capacity(LEAVES);
    let leaf = per_second(LEAVES, || hasher.leaves(leaves, &mut hashes));
    let mut nodes = Vec::with_capacity(LEAVES / 2);
    let node = per_second(LEAVES / 2, || hasher.nodes(&hashes, &mut nodes));
    let mut tree = Tree::new(hasher);
    let append = per_second(LEAVES, || {
        hashes.chunks(GROUP).for_each(|group| tree.append(group));
    });
    let leaf_and_append = per_second(LEAVES, || {
        let mut tree = Tree::new(hasher);
        let mut group_hashes = Vec::with_capacity(GROUP);
        for group in leaves.chunks(GROUP) {
            group_hashes.clear();
            hasher.leaves(group, &mut group_hashes);
            tree.append(&group_hashes);
        }
        black_box(tree.root());
    });
    let source = |start: u64, len: usize| -> Result<Vec<Hash>, SourceError> {
        let start = start as usize;
        Ok(hashes[start..start + len].to_vec())
    };
    let proof = per_second(PROOFS, || {
        for i in 0..PROOFS as u64 {
            black_box(tree.inclusion(i * 131, tree.size(), &source).ok());
        }
    });
    // The dearest root: the last block lacks one leaf.
    tree.append(&hashes[..255]);
    let root = per_second(PROOFS, || {
        for _ in 0..PROOFS {
            black_box(tree.root());
        }
    });
    [leaf, node, append, leaf_and_append, proof, root]
}

fn main() {
    let data: Vec<u8> = (0..LEAVES * LEAF_BYTES).map(|i| (i / 7) as u8).collect();
    let leaves: Vec<&[u8]> = data.chunks(LEAF_BYTES).collect();
    let (mut sha256, mut sm3) = ([0.0; FIGURES.len()], [0.0; FIGURES.len()]);
    for _ in 0..RUNS {
        for (best, run) in
            [(&mut sha256, measure(Sha256Tree, &leaves)), (&mut sm3, measure(Sm3Tree, &leaves))]
        {
            for (best, run) in best.iter_mut().zip(run) {
                *best = run.max(*best);
            }
        }
    }
    println!("{LEAVES} leaves, groups of {GROUP}, best of {RUNS} runs, one thread, per second");
    println!("{:24} {:>12} {:>12} {:>6}", "", "sha256", "sm3", "ratio");
    for (figure, (sha256, sm3)) in FIGURES.iter().zip(sha256.into_iter().zip(sm3)) {
        let ratio = sm3 / sha256;
        println!("{figure:24} {sha256:>12.0} {sm3:>12.0} {ratio:>6.2}");
    }
}
