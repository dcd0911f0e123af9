//! A second, independent implementation: the definitions of RFC 6962 §2.1 written out as
//! recursions over whole lists of leaves, and a verifier that rebuilds the split of the tree from
//! the top. It shares no code with the library but the hash value.
#![allow(dead_code, reason = "each test binary uses a part")]

use sha2::{Digest as _, Sha256};
use tlog::Hash;

fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    Hash(hasher.finalize().into())
}

pub(crate) fn leaf_hash(data: &[u8]) -> Hash {
    sha256(&[&[0], data])
}

fn split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// MTH(D[n]) over leaf hashes.
pub(crate) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            sha256(&[&[1], &root(left).0, &root(right).0])
        }
    }
}

/// PATH(m, D[n]).
pub(crate) fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, sibling) =
        if m < k { (path(m, left), root(right)) } else { (path(m - k, right), root(left)) };
    path.push(sibling);
    path
}

/// PROOF(m, D[n]).
pub(crate) fn proof(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    subproof(m, leaves, true)
}

fn subproof(m: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if known { Vec::new() } else { vec![root(leaves)] };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, other) = if m <= k {
        (subproof(m, left, known), root(right))
    } else {
        (subproof(m - k, right, false), root(left))
    };
    proof.push(other);
    proof
}

/// The root over `n` leaves that an audit path leads to; `None` for a path of another length.
pub(crate) fn root_by_path(m: u64, n: u64, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    if m >= n {
        return None;
    }
    if n == 1 {
        return path.is_empty().then_some(leaf);
    }
    let k = split(usize::try_from(n).ok()?) as u64;
    let (sibling, below) = path.split_last()?;
    Some(if m < k {
        sha256(&[&[1], &root_by_path(m, k, leaf, below)?.0, &sibling.0])
    } else {
        sha256(&[&[1], &sibling.0, &root_by_path(m - k, n - k, leaf, below)?.0])
    })
}

/// The (old, new) roots that a consistency proof leads to; `None` for one of another length.
pub(crate) fn roots_by_proof(m: u64, n: u64, old_root: Hash, proof: &[Hash]) -> Option<(Hash, Hash)> {
    if m == 0 || m > n {
        return None;
    }
    roots_of_subproof(m, n, Some(old_root), proof)
}

fn roots_of_subproof(m: u64, n: u64, known: Option<Hash>, proof: &[Hash]) -> Option<(Hash, Hash)> {
    if m == n {
        return match (known, proof) {
            (Some(hash), []) => Some((hash, hash)),
            (None, [hash]) => Some((*hash, *hash)),
            _ => None,
        };
    }
    let k = split(usize::try_from(n).ok()?) as u64;
    let (other, below) = proof.split_last()?;
    Some(if m <= k {
        let (old, new) = roots_of_subproof(m, k, known, below)?;
        (old, sha256(&[&[1], &new.0, &other.0]))
    } else {
        let (old, new) = roots_of_subproof(m - k, n - k, None, below)?;
        (sha256(&[&[1], &other.0, &old.0]), sha256(&[&[1], &other.0, &new.0]))
    })
}
