//! A ledger and its witness, each a process of its own.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod support;

use std::thread;
use std::time::{Duration, Instant};

use support::{Served, run, run_in};

/// The key in an announcement: the word with two plus signs.
fn key_in(text: &str) -> String {
    text.split_whitespace().find(|word| word.matches('+').count() >= 2).unwrap().to_owned()
}

#[test]
fn a_witness_cosigns_what_a_server_publishes() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let serve = "serve --data data --listen 127.0.0.1:0 --origin supervisor.example/test";
    let (_, said) = Served::start(at, serve).terminate();
    let ledger_key = key_in(&said);
    let witness = "witness --listen 127.0.0.1:0 --state w --key-file w.key --name court.example --ledger";
    let witness = Served::start(at, &format!("{witness} {ledger_key}"));
    let (url, (_, said)) = {
        let url = witness.url.clone();
        (url, witness.terminate())
    };
    let witness_key = key_in(&said);
    assert!(witness_key.starts_with("court.example+"), "{said}");

    // Its key is kept, and it listens where the ledger asks it.
    let address = url.strip_prefix("http://").unwrap();
    let again =
        format!("witness --listen {address} --state w --key-file w.key --name court.example --ledger");
    let witness = Served::start(at, &format!("{again} {ledger_key}"));
    let served = Served::start(at, &format!("{serve} --witness {url},{witness_key}"));
    let begun = Instant::now();
    let checkpoint = loop {
        let mut response = ureq::get(format!("{}/checkpoint", served.url)).call().unwrap();
        let checkpoint = response.body_mut().read_to_string().unwrap();
        if checkpoint.contains("\u{2014} court.example ") {
            break checkpoint;
        }
        // Only so that a failing test ends.
        assert!(begun.elapsed() < Duration::from_secs(120), "no cosignature came: {checkpoint}");
        thread::sleep(Duration::from_millis(100));
    };
    assert!(checkpoint.starts_with("supervisor.example/test\n"));
    assert_eq!(served.terminate().0, Some(0));
    assert_eq!(witness.terminate().0, Some(0));

    // A directory is held against the checkpoint that one kept.
    std::fs::write(at.join("kept"), checkpoint).unwrap();
    run_in(at, &["verify", "--key", &ledger_key, "--checkpoint", "kept", "data"]).expect_code(0);
    run(at, "verify --consistency kept kept --data data").expect_code(0);
}
