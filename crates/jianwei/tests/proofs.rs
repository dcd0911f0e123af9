//! A grade, a finding and other events proved in a file that whoever holds the key can read.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod support;

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use support::{run, run_in};

/// Proves an entry into a file; returns the ledger's key.
fn prove(at: &Path, position: u64, file: &str) -> String {
    let said = run(at, &format!("prove --data data {position} --out {file}")).expect_code(0).out;
    said.split('\'').nth(1).unwrap().to_owned()
}

/// Changes what goes along with a proof.
fn alter(at: &Path, from: &str, to: &str, change: impl Fn(&mut Value)) {
    let text = fs::read_to_string(at.join(from)).unwrap();
    let extra = text.lines().find_map(|line| line.strip_prefix("extra ")).unwrap();
    let mut evidence = serde_json::from_slice(&STANDARD.decode(extra).unwrap()).unwrap();
    change(&mut evidence);
    let altered = STANDARD.encode(serde_json::to_vec(&evidence).unwrap());
    fs::write(at.join(to), text.replace(extra, &altered)).unwrap();
}

#[test]
fn events_are_proved_with_what_they_say() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    run(at, "demo --once --data data --seed 3 --institutions 12 --days 4 --transactions 1000").expect_code(0);

    // A grade that has reasons, and where it is sealed.
    let json = run(at, "grade --data data --json").expect_code(0).out;
    let grades = json.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_telling = |grade: &Value| grade["reasons"].as_array().is_some_and(|all| !all.is_empty());
    let grade = grades.into_iter().find(is_telling).unwrap();
    let [institution, day] = ["institution", "day"].map(|key| grade[key].as_str().unwrap());
    let shown =
        run_in(at, &["grade", "--data", "data", "--lang", "en", "--institution", institution, "--day", day])
            .expect_code(0)
            .out;
    let position = shown.split("sealed at ledger position ").nth(1).unwrap().split(')').next().unwrap();
    let position: u64 = position.parse().unwrap();

    let key = prove(at, position, "grade.tlog-proof");
    let verify = |file: &str, code| run_in(at, &["verify", "--key", &key, file]).expect_code(code).out;
    let said = verify("grade.tlog-proof", 0);
    assert!(said.contains(&format!("评级 grade of {institution}")), "{said}");
    assert!(said.contains(&format!("日期 day = {day}")) && said.contains("disclosed"), "{said}");
    for reason in grade["reasons"].as_array().unwrap() {
        for key in ["entry", "entry_hash", "condition"] {
            assert!(said.contains(reason[key].as_str().unwrap()), "{key} in {said}");
        }
    }

    // One byte of the body changed, or its salt, and the body is named; the leaf alone is proven.
    let another = |text: &Value, change: fn(&mut Vec<u8>)| {
        let mut bytes = STANDARD.decode(text.as_str().unwrap()).unwrap();
        change(&mut bytes);
        Value::from(STANDARD.encode(bytes))
    };
    for key in ["body", "salt"] {
        alter(at, "grade.tlog-proof", "altered.tlog-proof", |evidence| {
            let part = &mut evidence["event"][key];
            *part = another(part, |bytes| bytes[0] ^= 1);
        });
        let said = verify("altered.tlog-proof", 1);
        assert!(said.contains("NOT proven") && said.contains("event's body does not fit"), "{said}");
    }
    // Proofs of events from before bodies went along.
    alter(at, "grade.tlog-proof", "old.tlog-proof", |evidence| {
        assert!(evidence.as_object_mut().unwrap().remove("event").is_some());
    });
    let said = verify("old.tlog-proof", 0);
    assert!(said.contains("评级 grade of") && said.contains("not disclosed"), "{said}");
    run(at, &format!("prove --data data {position} --sealed --out sealed.tlog-proof")).expect_code(0);
    assert_eq!(
        verify("sealed.tlog-proof", 0).lines().skip(1).collect::<Vec<_>>(),
        said.lines().skip(1).collect::<Vec<_>>()
    );

    // The occasion of the last evaluation, after which stands what followed on it: shown as its JSON.
    let checkpoint = fs::read_to_string(at.join("data/ledger/checkpoint")).unwrap();
    let size: u64 = checkpoint.lines().nth(1).unwrap().parse().unwrap();
    let said = (0..size).rev().map(|position| {
        prove(at, position, "occasion.tlog-proof");
        verify("occasion.tlog-proof", 0)
    });
    let said = said.into_iter().find(|said| said.contains("评估 occasion of evaluation of *")).unwrap();
    assert!(said.contains("\"rulebook\": \""), "{said}");

    // An event has no fields, and a record has no body.
    let asked = run(at, &format!("prove --data data {position} --disclose reasons")).expect_code(2);
    assert!(
        asked.err.contains("its kind is: grade") && asked.err.contains("disclosed whole"),
        "{}",
        asked.err
    );
    alter(at, "grade.tlog-proof", "fields.tlog-proof", |evidence| {
        let salt = evidence["event"]["salt"].clone();
        evidence["openings"] = serde_json::json!([{"field": 1, "salt": salt, "value": "AA=="}]);
    });
    assert!(verify("fields.tlog-proof", 1).contains("what is no record"));
}

#[test]
fn a_finding_says_where_it_is_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    run(at, "demo --once --data data --seed 3 --institutions 20 --days 8 --transactions 2000").expect_code(0);
    let waiting = run(at, "reviews --data data --json --day 2036-01-01").expect_code(0).out;
    let review: Value = serde_json::from_str(waiting.lines().next().unwrap()).unwrap();
    let position = review["position"].as_u64().unwrap();
    let finding = &review["finding"];
    let [institution, day] = ["institution", "day"].map(|key| finding[key].as_str().unwrap());

    // The grade that rests on it says it too.
    let arguments = ["grade", "--data", "data", "--lang", "en", "--institution", institution, "--day", day];
    let shown = run_in(at, &arguments).expect_code(0).out;
    let mut found = shown.lines().filter_map(|line| line.trim().strip_prefix("found at ledger positions: "));
    assert!(found.any(|all| all.split(' ').any(|one| one == position.to_string())), "{position} in {shown}");

    let key = prove(at, position, "finding.tlog-proof");
    let said = run_in(at, &["verify", "--key", &key, "finding.tlog-proof"]).expect_code(0).out;
    assert!(said.contains(&format!("发现 finding of {institution}, disclosed")), "{said}");
    assert!(said.contains("true since the entry at ledger position = "), "{said}");
    for text in [day, finding["reason"]["entry_hash"].as_str().unwrap()] {
        assert!(said.contains(text), "{text} in {said}");
    }
}
