//! Published proof vectors: every file under `inclusion/` and `consistency/` of the folder named
//! by `JIANWEI_VECTORS`, or of `../../../shared/vectors`. Skipped where there is no such folder.
#![expect(clippy::unwrap_used, reason = "a fixture that fails fails its test")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use tlog::{Hash, Sha256Tree, verify_consistency, verify_inclusion};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inclusion {
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consistency {
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

/// `None` when one of them is no hash: such a proof cannot even be read.
fn hashes(proof: Option<Vec<String>>) -> Option<Vec<Hash>> {
    let proof = proof.unwrap_or_default();
    proof.iter().map(|text| Hash::from_base64(text).ok()).collect()
}

/// Where roots are only compared, some vectors give a short text ("don't care") for one: it
/// stands for itself, padded.
fn root(text: &str) -> Option<Hash> {
    if let Ok(hash) = Hash::from_base64(text) {
        return Some(hash);
    }
    let is_short = !text.is_empty() && text.len() < 32;
    is_short.then(|| {
        let mut bytes = [0xee; 32];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Hash(bytes)
    })
}

fn inclusion_holds(vector: Inclusion) -> Option<()> {
    let leaf = Hash::from_base64(&vector.leaf_hash).ok()?;
    let root = Hash::from_base64(&vector.root).ok()?;
    let proof = hashes(vector.proof)?;
    let (index, size) = (vector.leaf_idx, vector.tree_size);
    verify_inclusion(Sha256Tree, index, size, &leaf, &proof, &root).ok()
}

fn consistency_holds(vector: Consistency) -> Option<()> {
    let (root1, root2) = (root(&vector.root1)?, root(&vector.root2)?);
    let proof = hashes(vector.proof)?;
    let (size1, size2) = (vector.size1, vector.size2);
    verify_consistency(Sha256Tree, size1, size2, &root1, &root2, &proof).ok()
}

fn folder(kind: &str) -> Option<PathBuf> {
    let root = env::var_os("JIANWEI_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"), PathBuf::from);
    let folder = root.join(kind);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no published {kind} vectors; JIANWEI_VECTORS names their folder");
    None
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
        }
    }
    files
}

fn run_all<V: DeserializeOwned>(kind: &str, want_err: fn(&V) -> bool, holds: fn(V) -> Option<()>) {
    let Some(folder) = folder(kind) else { return };
    let files = json_files(&folder);
    assert!(!files.is_empty(), "a folder of vectors without vectors");
    for file in &files {
        let vector: V = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let want_err = want_err(&vector);
        let holds = holds(vector).is_some();
        assert_eq!(holds, !want_err, "{}", file.display());
    }
    println!("{} {kind} vectors passed", files.len());
}

#[test]
fn published_inclusion_vectors() {
    run_all("inclusion", |vector: &Inclusion| vector.want_err, inclusion_holds);
}

#[test]
fn published_consistency_vectors() {
    run_all("consistency", |vector: &Consistency| vector.want_err, consistency_holds);
}
