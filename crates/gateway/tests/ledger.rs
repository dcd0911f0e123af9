//! What anyone can read of the ledger, checked as an auditor would: with nothing but the key.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use support::{Site, transactions};
use tlog::tiles::{Tile, TileKind, decode_entries, decode_hashes, width_in_tree};
use tlog::{
    Hash, LogProof, Sha256Tree, SignedCheckpoint, Tree, TreeHasher, TrustedLog, VerifierKey, WitnessPolicy,
    verify_consistency,
};

fn trusted(site: &Site) -> TrustedLog {
    let ledger = site.get("/v1/ledger", None).json();
    let key: VerifierKey = ledger["verifier_key"].as_str().unwrap().parse().unwrap();
    assert_eq!(ledger["origin"], key.name());
    TrustedLog::of_key(key)
}

fn checkpoint(site: &Site) -> SignedCheckpoint {
    let answer = site.get("/checkpoint", None);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    let signed = SignedCheckpoint::parse(&answer.body).unwrap();
    trusted(site).verify(&signed).unwrap();
    signed
}

fn hash(value: &serde_json::Value) -> Hash {
    Hash::from_base64(value.as_str().unwrap()).unwrap()
}

fn tile(site: &Site, kind: TileKind, index: u64, width: usize) -> Vec<u8> {
    let path = format!("/{}", Tile::new(kind, index, width).unwrap());
    let answer = site.get(&path, None);
    assert_eq!(answer.status, 200, "{path}");
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert!(answer.header("cache-control").unwrap().contains("immutable"));
    answer.body
}

#[test]
fn the_tree_is_rebuilt_from_its_tiles() {
    let site = Site::start();
    site.file("", &[], transactions(0..700).as_bytes());
    let size = site.settled();
    assert!((701..768).contains(&size), "{size}: what is sealed beside the records fits the third tile");
    let signed = checkpoint(&site);
    assert_eq!(signed.checkpoint().size(), size);
    let mut tree = Tree::new(Sha256Tree);
    let hashes = TileKind::Hashes { level: 0 };
    for index in 0..size.div_ceil(256) {
        let width = width_in_tree(hashes, index, size);
        let stored = decode_hashes(&tile(&site, hashes, index, width), width).unwrap();
        let bundle = tile(&site, TileKind::Entries, index, width);
        let entries = decode_entries(&bundle, width).unwrap();
        let computed: Vec<_> = entries.iter().map(|entry| Sha256Tree.leaf(entry)).collect();
        assert_eq!(stored, computed);
        tree.append(&computed);
    }
    assert_eq!(tree.root(), *signed.checkpoint().root());
    let above = decode_hashes(&tile(&site, TileKind::Hashes { level: 1 }, 0, 2), 2).unwrap();
    assert_eq!(above, tree.block_roots());
    // A part of a tile that has become full is still there.
    assert_eq!(tile(&site, hashes, 0, 3), tile(&site, hashes, 0, 256)[..96]);

    for absent in [
        "/tile/0/003",
        "/tile/0/002",
        "/tile/0/002.p/255",
        "/tile/1/000",
        "/tile/2/000.p/1",
        "/tile/entries/002",
        "/tile/0/x001/x234/067",
        "/tile/64/000",
        "/tile/0/0",
        "/tile/0/000.p/256",
        "/tile/0/%30%30%30",
        "/tile/entry/000",
        "/tile/",
    ] {
        assert_eq!(site.get(absent, None).outcome(), "404 not_found", "{absent}");
    }
}

#[test]
fn proofs_hold_offline() {
    let site = Site::start();
    let receipt = site.file("", &[], transactions(0..300).as_bytes()).json();
    let first = SignedCheckpoint::parse(receipt["checkpoint"].as_str().unwrap().as_bytes()).unwrap();
    site.file("", &[], transactions(300..310).as_bytes());
    let size = site.settled();
    let log = trusted(&site);
    for position in [0, 255, 299, 300, size - 1] {
        let proof = site.get(&format!("/v1/ledger/proofs/{position}?format=json"), None).json();
        let leaf = STANDARD.decode(proof["leaf"].as_str().unwrap()).unwrap();
        let file = site.get(&format!("/v1/ledger/proofs/{position}"), None);
        assert_eq!(proof["file"], file.text());
        let parsed = LogProof::parse(&file.body).unwrap();
        parsed.verify(Sha256Tree, &leaf, std::slice::from_ref(&log), &WitnessPolicy::none()).unwrap();
        assert_eq!(parsed.index, position);
        let other = parsed.verify(Sha256Tree, b"other", std::slice::from_ref(&log), &WitnessPolicy::none());
        assert!(other.is_err());
    }
    let proof = site.get(&format!("/v1/ledger/consistency?from={}", first.checkpoint().size()), None).json();
    let hashes: Vec<_> = proof["proof"].as_array().unwrap().iter().map(hash).collect();
    let latest = checkpoint(&site);
    let (old, new) = (first.checkpoint(), latest.checkpoint());
    assert_eq!((hash(&proof["from_root"]), hash(&proof["to_root"])), (*old.root(), *new.root()));
    verify_consistency(Sha256Tree, old.size(), new.size(), old.root(), new.root(), &hashes).unwrap();

    let beyond = size.to_string();
    for (address, answer) in [
        ("/v1/ledger/proofs/BEYOND", "404 not_found"),
        ("/v1/ledger/proofs/18446744073709551615", "404 not_found"),
        ("/v1/ledger/proofs/18446744073709551616", "400 malformed_value"),
        ("/v1/ledger/proofs/-1", "400 malformed_value"),
        ("/v1/ledger/proofs/1?format=xml", "400 malformed_value"),
        ("/v1/ledger/consistency", "400 malformed_value"),
        ("/v1/ledger/consistency?from=0", "400 out_of_range"),
        ("/v1/ledger/consistency?from=5&to=4", "400 out_of_range"),
        ("/v1/ledger/consistency?from=1&to=1BEYOND", "400 out_of_range"),
        ("/v1/ledger/consistency?from=x", "400 malformed_value"),
    ] {
        let address = address.replace("BEYOND", &beyond);
        assert_eq!(site.get(&address, None).outcome(), answer, "{address}");
    }
}
