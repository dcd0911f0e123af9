//! `jianwei filings` against the real server.

#[path = "support/http.rs"]
mod http;
mod support;

use std::fs;

use support::{Served, run};

#[test]
fn an_institution_lists_what_it_filed() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let served = Served::start(at, "serve --data data --listen 127.0.0.1:0");
    let key = run(at, "keys issue --data data --institution 91350100M000100Y43").expect_code(0).out;
    fs::write(at.join("firm.key"), &key).unwrap();
    let list = format!("filings --server {} --key-file firm.key", served.url);
    let none = run(at, &list).expect_code(0).out;
    assert_eq!(none.lines().count(), 1, "the headings alone: {none}");

    let mut filings = Vec::new();
    for number in 0..5 {
        let body = [&http::transactions(number..number + 2)[..], b"x\n"].concat();
        let receipt = http::file(&served.url, key.trim(), "transaction", &body).json();
        filings.push(receipt["filing"].as_str().unwrap().to_owned());
    }
    filings.reverse();
    let listed = run(at, &format!("{list} --limit 3 --json")).expect_code(0).out;
    let listed: Vec<serde_json::Value> =
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = listed.iter().map(|filing| filing["filing"].as_str().unwrap()).collect();
    assert_eq!(names, filings[..3]);
    assert_eq!((&listed[0]["accepted"], &listed[0]["refused"]), (&1.into(), &1.into()));
    let table = run(at, &list).expect_code(0).out;
    assert_eq!(table.lines().count(), 6, "{table}");
    assert!(table.lines().nth(1).unwrap().ends_with(&filings[0]), "{table}");

    fs::write(at.join("bad.key"), "jw_0_0").unwrap();
    let refused = run(at, &format!("filings --server {} --key-file bad.key", served.url)).expect_code(2);
    assert!(refused.err.contains("key_unknown"), "{}", refused.err);
    let nobody = run(at, "filings --server http://127.0.0.1:1 --key-file firm.key").expect_code(2);
    assert!(nobody.err.contains("not listed"), "{}", nobody.err);
}
