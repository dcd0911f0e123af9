//! `jianwei call-up` as both sides type it, against a server of its own process.

mod support;

use std::fs;

use support::{Served, run, run_in};

const FIRM: &str = "91350100M000100Y43";

#[test]
fn a_recording_is_asked_for_answered_and_fetched() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let served = Served::start(dir, "serve --data data --listen 127.0.0.1:0 --vault kept");
    for (who, file) in
        [(format!("--institution {FIRM}"), "firm.key"), ("--supervisor".to_owned(), "boss.key")]
    {
        let issued = run(dir, &format!("keys issue --data data {who}")).expect_code(0);
        let key = issued.out.split_whitespace().find(|word| word.starts_with("jw_")).unwrap();
        fs::write(dir.join(file), key).unwrap();
    }
    let of = |verb: &str, key: &str| format!("call-up {verb} --server {} --key-file {key}", served.url);
    fs::write(dir.join("sound"), b"the sound").unwrap();
    fs::write(dir.join("cut"), b"cut").unwrap();
    let digest = "ce7fa259b95b75791ad23a6234f6d5dc04e5f022d0d6e5b529c184b455d8fed4";
    fs::write(
        dir.join("recordings.ndjson"),
        format!(
            r#"{{"id":"dr-1","time":"2026-03-02T10:40:00+08:00","user":"p1:ab1fbe02a73486a174bb9849487e8a","policy":"pol-1","product":"annuity-7","annual_yield_percent":"5.2","sound_sha256":"{digest}","retained_until":"2041-03-02"}}"#
        ),
    )
    .unwrap();
    let file =
        format!("file --server {} --key-file firm.key --stream dual_recording recordings.ndjson", served.url);
    run(dir, &file).expect_code(0);

    let ask = format!(
        "{} --institution {FIRM} --policy pol-1 --medium sound --ground complaint",
        of("ask", "boss.key")
    );
    let asked = run(dir, &ask).expect_code(0);
    let id = asked.out.split_whitespace().nth(1).unwrap().to_owned();
    assert!(asked.out.contains(FIRM) && !asked.out.contains("no digest"), "{}", asked.out);
    // An institution cannot ask; nobody waits for ever.
    assert!(run(dir, &ask.replace("boss.key", "firm.key")).expect_code(2).err.contains("key does not allow"));
    assert!(run(dir, &format!("{ask} --hours 241")).expect_code(2).err.contains("240"));

    let listed = run(dir, &format!("{} --status open", of("list", "firm.key"))).expect_code(0);
    assert!(listed.out.contains(&id) && listed.out.contains("open 待回复"), "{}", listed.out);
    assert!(listed.out.contains("complaint") && listed.out.contains("录音 sound"), "{}", listed.out);
    // A file that is not the one is not sent by mistake.
    let answer = format!("{} --id {id}", of("answer", "firm.key"));
    assert!(run(dir, &format!("{answer} cut")).expect_code(2).err.contains("nothing was sent"));
    let sent = run(dir, &format!("{answer} cut --as-it-is")).expect_code(1);
    assert!(sent.out.contains("hash differs"), "{}", sent.out);
    let sent = run(dir, &format!("{answer} sound --media-type audio/mp4")).expect_code(0);
    assert!(
        sent.out.contains("answered 已回复") && sent.out.contains("kept until 2041-03-02"),
        "{}",
        sent.out
    );
    let again = run(dir, &format!("{answer} sound")).expect_code(0);
    assert!(again.out.contains("answered before with this file"), "{}", again.out);
    assert!(dir.join("kept/objects").is_dir(), "the vault is where --vault says");
    assert!(!dir.join("data/vault").exists());

    let fetch = format!("{} --id {id}", of("fetch", "boss.key"));
    run(dir, &format!("{fetch} came")).expect_code(0);
    assert_eq!(fs::read(dir.join("came")).unwrap(), b"the sound");
    let over = run(dir, &format!("{fetch} came")).expect_code(2);
    assert!(over.err.contains("came is there already"), "no file is written over: {}", over.err);
    run(dir, &format!("{} fetched", fetch.replace("boss.key", "firm.key"))).expect_code(2);
    let listed = run_in(dir, &of("list", "boss.key").split(' ').chain(["--json"]).collect::<Vec<_>>());
    let listed: serde_json::Value = serde_json::from_str(&listed.expect_code(0).out).unwrap();
    assert_eq!((&listed["status"], &listed["answer"]["hash_matches"]), (&"answered".into(), &true.into()));

    let (code, _) = served.terminate();
    assert_eq!(code, Some(0));
    run(dir, "verify data").expect_code(0);
    run(dir, "replay --data data").expect_code(0);
    run(dir, "grade --data data").expect_code(0);
}

#[test]
fn a_vault_that_cannot_be_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for (vault, wanted) in [
        ("ftp://x/y", "is neither s3://BUCKET/PREFIX nor https://HOST/BUCKET/PREFIX"),
        ("http://127.0.0.1:1/bucket", "the environment has no AWS_ACCESS_KEY_ID"),
    ] {
        let line = format!("serve --data data --listen 127.0.0.1:0 --vault {vault}");
        let output = support::command()
            .current_dir(dir.path())
            .args(line.split(' '))
            .env_remove("AWS_ACCESS_KEY_ID")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains(wanted), "{vault}");
    }
}
