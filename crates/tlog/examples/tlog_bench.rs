//! How fast leaves are hashed and the tree grows, for each hash function, on one core.
//!
//! `cargo run --release -p jianwei-tlog --example tlog_bench`

use std::{hint::black_box, time::Instant};

use tlog::{Hash, Sha256Tree, Sm3Tree, SourceError, Tree, TreeHasher};

const LEAVES: usize = 1 << 18;
const LEAF_BYTES: usize = 256;
/// Best of so many runs: the machine is shared, the best one was disturbed least.
const RUNS: usize = 7;

fn best_per_second(count: usize, mut run: impl FnMut()) -> f64 {
    let seconds = (0..RUNS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    });
    count as f64 / seconds.fold(f64::INFINITY, f64::min)
}

struct Figures {
    leaves: f64,
    nodes: f64,
    append: f64,
    leaves_and_append: f64,
}

fn measure<H: TreeHasher>(hasher: H) -> Figures {
    let data: Vec<u8> = (0..LEAVES * LEAF_BYTES).map(|i| (i / 7) as u8).collect();
    let leaves: Vec<&[u8]> = data.chunks(LEAF_BYTES).collect();
    let mut hashes = Vec::with_capacity(LEAVES);
    let leaf_figure = best_per_second(LEAVES, || {
        hashes.clear();
        hasher.leaves(black_box(&leaves), &mut hashes);
    });
    let mut nodes = Vec::with_capacity(LEAVES / 2);
    let node_figure = best_per_second(LEAVES / 2, || {
        nodes.clear();
        hasher.nodes(black_box(&hashes), &mut nodes);
    });
    let append = best_per_second(LEAVES, || {
        let mut tree = Tree::new(hasher);
        hashes.chunks(10_000).for_each(|group| tree.append(group));
        black_box(tree.root());
    });
    let leaves_and_append = best_per_second(LEAVES, || {
        let mut tree = Tree::new(hasher);
        let mut group_hashes = Vec::with_capacity(10_000);
        for group in leaves.chunks(10_000) {
            group_hashes.clear();
            hasher.leaves(group, &mut group_hashes);
            tree.append(&group_hashes);
        }
        black_box(tree.root());
    });

    let mut tree = Tree::new(hasher);
    tree.append(&hashes);
    let source = |start: u64, len: usize| -> Result<Vec<Hash>, SourceError> {
        let start = start as usize;
        Ok(hashes[start..start + len].to_vec())
    };
    let proofs = 2_000;
    let proof_figure = best_per_second(proofs, || {
        for i in 0..proofs as u64 {
            black_box(tree.inclusion(i * 131, tree.size(), &source).ok());
        }
    });
    let root_figure = best_per_second(proofs, || {
        for _ in 0..proofs {
            black_box(tree.root());
        }
    });

    let name = H::NAME;
    println!("{name:>7} | leaf hash, {LEAF_BYTES} bytes      {leaf_figure:>12.0} /s");
    println!("{name:>7} | node hash                 {node_figure:>12.0} /s");
    println!("{name:>7} | append of leaf hashes     {append:>12.0} /s");
    println!("{name:>7} | leaf hash and append      {leaves_and_append:>12.0} /s");
    println!("{name:>7} | inclusion proof           {proof_figure:>12.0} /s");
    println!("{name:>7} | root                      {root_figure:>12.0} /s");
    Figures { leaves: leaf_figure, nodes: node_figure, append, leaves_and_append }
}

fn main() {
    println!("{LEAVES} leaves, groups of 10000, best of {RUNS} runs, one thread");
    let sha256 = measure(Sha256Tree);
    let sm3 = measure(Sm3Tree);
    for (what, sm3, sha256) in [
        ("leaf hash", sm3.leaves, sha256.leaves),
        ("node hash", sm3.nodes, sha256.nodes),
        ("append", sm3.append, sha256.append),
        ("leaf hash and append", sm3.leaves_and_append, sha256.leaves_and_append),
    ] {
        println!("sm3 / sha256 | {what:<22} {:.2}", sm3 / sha256);
    }
}
