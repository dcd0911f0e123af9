//! The core of the tamper-evident ledger: a Merkle tree over opaque bytes, its proofs, and the
//! texts that parties sign about it. It computes and checks; storing, fetching, clocks and
//! sockets belong to its callers.
//!
//! | module | holds | source |
//! |---|---|---|
//! | [`hash`], [`hasher`] | the hash value; SHA-256 and SM3 with RFC 6962 domain separation | RFC 6962 §2.1, GB/T 32905 |
//! | [`tree`] | the growing tree: append, root at any size, proofs | RFC 9162 §2.1 |
//! | [`verify`] | strict checks of inclusion and consistency | RFC 9162 §2.1.3.2, §2.1.4.2 |
//! | [`tiles`] | paths and contents of tiles and entry bundles | C2SP tlog-tiles |
//! | [`note`], [`checkpoint`] | signed notes, keys, cosignatures, tree heads | C2SP signed-note, tlog-checkpoint, tlog-cosignature |
//! | [`witness`], [`policy`] | what a witness decides; how many witnesses are enough | C2SP tlog-witness, tlog-policy |
//! | [`proof_file`] | a proof that is checked offline | C2SP tlog-proof |
//!
//! **Invariant:** no I/O, no clock, no randomness, and no other crate of this workspace.
//!
//! **Invariant:** parsing is strict: text that parses formats back to the same bytes, so that a
//! signature over the text and the parsed value can never disagree.
//!
//! **Invariant:** the tree never trusts the leaf hashes that a [`tree::LeafSource`] returns: a
//! block that does not hash to the subtree root held in memory is an error, never a wrong proof.
#![deny(clippy::indexing_slicing)]

mod base64_strict;
pub mod checkpoint;
mod decimal;
pub mod hash;
pub mod hasher;
pub mod note;
pub mod policy;
pub mod proof_file;
pub mod tiles;
pub mod tree;
pub mod verify;
pub mod witness;

pub use checkpoint::{Checkpoint, SignedCheckpoint, TrustedLog};
pub use hash::Hash;
pub use hasher::{Sha256Tree, Sm3Tree, TreeHasher};
pub use note::{Cosigner, Note, NoteSignature, Signer, VerifierKey};
pub use policy::{PolicyError, WitnessPolicy};
pub use proof_file::{LogProof, ProofFileError};
pub use tiles::{Tile, TileKind};
pub use tree::{LeafSource, SourceError, Tree, TreeError};
pub use verify::{ProofError, verify_consistency, verify_inclusion};
pub use witness::{AddCheckpoint, Refusal, TreeHead, Witness};
