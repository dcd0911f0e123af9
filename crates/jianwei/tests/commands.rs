//! Commands as they are typed: what they print and how they end.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod support;

use std::fs;
use std::path::Path;

use support::{Served, run, run_in};

const BUSY_RULE: &str = "rulebook/special/frequent-transactions.yaml";

fn repository() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A copy of the rulebook.
fn copy_rulebook(to: &Path) {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &target)
            } else {
                drop(fs::copy(entry.path(), target))
            }
        }
    }
    copy(&repository().join("rulebook"), to);
}

#[test]
fn commands_that_need_no_data() {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(repository().join("examples/filings/transaction.ndjson"), dir.path().join("good.ndjson"))
        .unwrap();
    fs::write(dir.path().join("bad.ndjson"), "{\"id\":\"x\"\n").unwrap();
    // Arguments; exit code; a part of the output; a part of the errors.
    let table = [
        ("--version", 0, "jianwei 0.", ""),
        ("--help", 0, "Institutions file", ""),
        ("", 2, "", "Usage: jianwei"),
        ("nonsense", 2, "", "unrecognized subcommand"),
        ("standard list", 0, "transaction", ""),
        ("standard schema transaction", 0, "\"$schema\"", ""),
        ("standard schema nonsense", 2, "", "there are transaction, project"),
        ("standard explain register", 0, "effective_from", ""),
        ("standard example kyc_check", 0, "{\"id\":", ""),
        ("rules check", 0, "The rulebook is sound", ""),
        ("rules list --lang en", 0, "frequent-transactions", ""),
        ("rules tree --lang zh", 0, "操作指引", ""),
        ("rules explain frequent-transactions --lang en", 0, "Grouped by", ""),
        ("rules explain frequent-transactions", 0, "分组", ""),
        ("rules explain nonsense", 2, "", "no entry \"nonsense\""),
        ("rules test nonsense", 2, "", "no entry \"nonsense\""),
        ("rules test frequent-transactions liquidity", 0, "2 entries", ""),
        ("rules check --rulebook nowhere", 2, "", "nowhere cannot be read"),
        ("check transaction good.ndjson", 0, "good.ndjson: fine", ""),
        ("check transaction good.ndjson --json", 0, "\"refused\": 0", ""),
        ("check transaction bad.ndjson", 1, "bad.ndjson:1", ""),
        ("check transaction absent.ndjson", 2, "", "absent.ndjson"),
        ("check nonsense good.ndjson", 2, "", "no such stream"),
        ("verify nowhere", 2, "", "nowhere: No such file"),
        ("verify good.ndjson", 2, "", "checked with the ledger's key"),
        ("verify .", 2, "", "holds no ledger"),
        ("verify", 2, "", "required"),
        ("grade --data nowhere", 2, "", "nowhere is no data directory"),
        ("replay --data nowhere", 2, "", "nowhere is no data directory"),
        ("keys list --data nowhere", 2, "", "nowhere is no data directory"),
        ("keys issue --data nowhere", 2, "", "--institution"),
        ("erase --data nowhere --ground g --person x", 2, "", "not a pseudonym"),
        ("prove --data nowhere 0", 2, "", "nowhere is no data directory"),
        ("serve --data /dev/null/x", 2, "", "/dev/null/x"),
        ("import nowhere.yaml f.csv --out o", 2, "", "nowhere.yaml"),
        ("import m.yaml f.csv", 2, "", "--out"),
        (
            "file --server http://127.0.0.1:1 --key-file absent --stream transaction good.ndjson",
            2,
            "",
            "absent",
        ),
    ];
    for (arguments, code, out, err) in table {
        let ended = run(dir.path(), arguments);
        let fits = ended.code == code && ended.out.contains(out) && ended.err.contains(err);
        assert!(fits, "jianwei {arguments}: wanted {code}, {out:?}, {err:?}; got {ended:#?}");
        assert!(
            !ended.out.contains('\x1b') && !ended.err.contains('\x1b'),
            "colours off a terminal: {arguments}"
        );
    }
}

#[test]
fn every_entry_passes_its_cases() {
    let dir = tempfile::tempdir().unwrap();
    let ended = run(dir.path(), "rules test").expect_code(0);
    assert!(ended.out.contains(" 0 failed."), "{}", ended.out);
}

#[test]
fn a_faulty_rulebook_is_shown_with_file_line_and_caret() {
    let dir = tempfile::tempdir().unwrap();
    copy_rulebook(&dir.path().join("rulebook"));
    let rule = dir.path().join(BUSY_RULE);
    let text = fs::read_to_string(&rule).unwrap();
    // What is changed into what; what the fault says.
    let table = [
        ("amount > 0", "amont > 0", "amont"),
        ("group_by: [user]", "group_by: [usr]", "usr"),
        ("tier: special", "tier: specal", "specal"),
        ("version: 1", "version: 1\nnonsense: 1", "nonsense"),
    ];
    for (from, to, says) in table {
        if !text.contains(from) {
            continue;
        }
        fs::write(&rule, text.replace(from, to)).unwrap();
        let ended = run(dir.path(), "rules check --rulebook rulebook").expect_code(1);
        assert!(ended.out.contains("special/frequent-transactions.yaml:"), "{from}: {}", ended.out);
        assert!(ended.out.contains(says), "{from}: {}", ended.out);
        // Any other command does not even begin.
        let ended = run(dir.path(), "rules list --rulebook rulebook").expect_code(2);
        assert!(ended.err.contains(says), "{from}: {}", ended.err);
    }
}

#[test]
fn a_case_that_fails_is_told() {
    let dir = tempfile::tempdir().unwrap();
    copy_rulebook(&dir.path().join("rulebook"));
    let rule = dir.path().join(BUSY_RULE);
    let text = fs::read_to_string(&rule).unwrap();
    fs::write(&rule, text.replace("\"> 50\"", "\"> 400\"")).unwrap();
    let ended = run(dir.path(), "rules test --rulebook rulebook frequent-transactions").expect_code(1);
    assert!(ended.out.contains("FAILED frequent-transactions"), "{}", ended.out);
}

/// The path of an institution: server, key, filing, receipt, proof, verification.
#[test]
fn from_key_to_proof() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let served = Served::start(at, "serve --data data --listen 127.0.0.1:0 --origin supervisor.example/test");

    // Keys work beside the running server, and only once shown.
    let key = run(at, "keys issue --data data --institution 91350100M000100Y43").expect_code(0).out;
    fs::write(at.join("firm.key"), &key).unwrap();
    let listed = run(at, "keys list --data data").expect_code(0).out;
    assert!(listed.contains("91350100M000100Y43") && !listed.contains(key.trim()), "{listed}");

    fs::copy(repository().join("examples/filings/transaction.ndjson"), at.join("good.ndjson")).unwrap();
    let url = served.url.clone();
    let file = format!("file --server {url} --key-file firm.key --stream transaction good.ndjson");
    let filed = run(at, &file).expect_code(0);
    assert!(filed.out.contains("good.ndjson: filed;"), "{}", filed.out);
    let position = filed.out.split("ledger positions ").nth(1).unwrap().split('–').next().unwrap().to_owned();
    // A second time nothing is sent: the receipt is kept.
    run(at, &file).expect_code(0);

    // A line that the standard refuses is not sent.
    let good = fs::read_to_string(at.join("good.ndjson")).unwrap();
    fs::write(at.join("mixed.ndjson"), format!("{good}{{\"id\":\"broken\"}}\n")).unwrap();
    let mixed = format!("file --server {url} --key-file firm.key --stream transaction mixed.ndjson");
    assert!(run(at, &mixed).expect_code(1).out.contains("not filed"));

    // A second process on the same data is refused in one line.
    let second = run(at, "serve --data data --listen 127.0.0.1:0").expect_code(2);
    assert!(second.err.contains("in use by"), "{}", second.err);
    assert_eq!(second.err.lines().filter(|line| !line.starts_with("  help: ")).count(), 1, "{}", second.err);

    // A revoked key files no more.
    let id = key.split('_').nth(1).unwrap();
    run(at, &format!("keys revoke --data data {id}")).expect_code(0);
    fs::remove_dir_all(at.join("receipts")).unwrap();
    assert!(run(at, &file).expect_code(1).out.contains("key_revoked"));

    let (code, said) = served.terminate();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Stopped in order"), "{said}");

    let clean = run(at, "verify --open data").expect_code(0).out;
    assert!(clean.contains("clean"), "{clean}");

    // A proof that discloses the amount, checked alone.
    let proved = run(at, &format!("prove --data data {position} --disclose amount --out one.tlog-proof"))
        .expect_code(0)
        .out;
    let verifier = proved.split('\'').nth(1).unwrap().to_owned();
    assert!(verifier.starts_with("supervisor.example/test+"), "{proved}");
    let shown = run_in(at, &["verify", "--key", &verifier, "one.tlog-proof"]).expect_code(0).out;
    assert!(
        shown.contains("proven") && shown.contains("amount = ") && shown.contains("(disclosed)"),
        "{shown}"
    );
    assert!(!shown.contains("user = "), "{shown}");
    run(at, "prove --data data 999 --out x").expect_code(2);
    run(at, &format!("prove --data data {position} --disclose nonsense")).expect_code(2);

    // One character of it changed, it proves nothing.
    let proof = fs::read_to_string(at.join("one.tlog-proof")).unwrap();
    let other = proof.replacen("index ", "index 1", 1);
    fs::write(at.join("other.tlog-proof"), other).unwrap();
    let shown = run_in(at, &["verify", "--key", &verifier, "other.tlog-proof"]).expect_code(1).out;
    assert!(shown.contains("NOT proven"), "{shown}");

    // The checkpoint of today is consistent with itself, and with the directory.
    fs::copy(at.join("data/ledger/checkpoint"), at.join("now.checkpoint")).unwrap();
    let shown = run(at, "verify --consistency now.checkpoint now.checkpoint --data data").expect_code(0).out;
    assert!(shown.contains("consistent"), "{shown}");
    run(at, "verify --checkpoint now.checkpoint data").expect_code(0);
}

#[test]
fn a_changed_byte_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    run(at, "demo --once --data data --institutions 4 --days 2 --transactions 200").expect_code(0);
    run(at, "verify data").expect_code(0);
    let segment = fs::read_dir(at.join("data/ledger/segments")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let ended = run(at, "verify data").expect_code(1);
    assert!(ended.out.contains("does not fit"), "{}", ended.out);
}

#[test]
fn the_demo_finds_what_was_planted_and_replays_equal() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let ended =
        run(at, "demo --once --data data --seed 3 --institutions 40 --days 14 --transactions 4000 --lang en")
            .expect_code(0);
    assert!(ended.out.contains("40 institutions: red"), "{}", ended.out);
    assert!(ended.out.contains("Planted conduct found: "), "{}", ended.out);
    // The same data again is opened and shown as it was.
    let again = run(at, "demo --once --data data --lang en").expect_code(0);
    assert!(again.out.contains("as it was"), "{}", again.out);

    let grades = run(at, "grade --data data --lang en").expect_code(0).out;
    let first = grades.lines().nth(1).unwrap();
    let institution = first.split_whitespace().next().unwrap();
    let reasons = run(at, &format!("grade --data data --lang en --institution {institution}")).expect_code(0);
    assert!(reasons.out.contains("ledger positions:"), "{}", reasons.out);
    let json = run(at, &format!("grade --data data --json --institution {institution}")).expect_code(0).out;
    let grade: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(grade["institution"], institution);

    let replayed = run(at, "replay --data data").expect_code(0);
    assert!(replayed.out.contains(": equal;"), "{}", replayed.out);

    // An erased person leaves the ledger whole.
    let proof = run(at, "verify data").expect_code(0);
    assert!(proof.out.contains("clean"));
    run(at, "erase --data data --ground test --person p1:0123456789abcdef0123456789abcd").expect_code(2);
}

#[test]
fn a_simulated_market_passes_the_check() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    run(at, "simulate --out market --institutions 3 --days 2 --transactions 100").expect_code(0);
    run(at, "simulate --out market").expect_code(2);
    let mut checked = 0;
    for institution in
        fs::read_dir(at.join("market")).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir())
    {
        for file in fs::read_dir(institution.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let stream = path.file_name().unwrap().to_string_lossy().split('-').next().unwrap().to_owned();
            run_in(at, &["check".as_ref(), stream.as_ref(), path.as_os_str()]).expect_code(0);
            checked += 1;
        }
    }
    assert!(checked > 5);
}

#[test]
fn rules_diff_says_what_changed_and_ends_with_one() {
    let dir = tempfile::tempdir().unwrap();
    let same = run(dir.path(), "rules diff embedded embedded --lang en").expect_code(0);
    assert_eq!(same.out, "The rulebooks say the same.\n");
    let book = dir.path().join("book");
    for file in rulebook::load::embedded_files() {
        let path = book.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &*file.text).unwrap();
    }
    run(dir.path(), "rules diff embedded book").expect_code(0);
    let path = book.join("special/frequent-transactions.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"> 50\"", "\"> 40\"")).unwrap();
    let english = run(dir.path(), "rules diff embedded book --lang en").expect_code(1).out;
    assert!(english.contains("~ frequent-transactions  entry, changed"), "{english}");
    assert!(english.contains("    bands.yellow: > 50 → > 40\n"), "{english}");
    assert!(english.contains("the version was not raised"), "{english}");
    assert!(english.ends_with("1 thing differs.\n"), "{english}");
    let chinese = run(dir.path(), "rules diff embedded book --lang zh").expect_code(1).out;
    assert!(chinese.contains("黄色档: > 50 → > 40") && chinese.contains("版本号未变"), "{chinese}");
    let json = run(dir.path(), "rules diff embedded book --json").expect_code(1).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["changes"][0]["keys"][0]["lines"][1]["new"], "> 40");
    let unknown = run(dir.path(), "rules diff embedded nowhere").expect_code(2);
    assert!(unknown.err.contains("there is no folder nowhere"), "{}", unknown.err);
}
