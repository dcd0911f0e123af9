//! The story of three institutions, from filings to closed cases, as the log tells it: with the mail
//! server that is built in, and with npm's `maildev` where `make` installed it.

mod support;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use support::run_in;

/// The log without what is new every time: the mail server, hashes, the folder of the letters.
fn masked(out: &str, at: &Path) -> String {
    let line = |line: &str| {
        let line = line.replace(&at.display().to_string(), "[dir]");
        match line.split_once(" Mail server: ").or_else(|| line.split_once("clean; ")) {
            Some((before, _)) => format!("{before} […]"),
            None => line,
        }
    };
    out.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn three_institutions_from_filings_to_closed_cases() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let played = run_in(at, &["scenario", "--out", "letters", "--data", "data"]).expect_code(0);
    insta::assert_snapshot!("scenario", masked(&played.out, at));
    // What was mailed is what the ledger gives again.
    let again = run_in(at, &["letters", "--data", "data", "--pdf", "again"]).expect_code(0);
    assert!(again.out.contains("risk-notice") || again.out.contains("L-2026-000001"), "{}", again.out);
    let mut count = 0;
    for file in fs::read_dir(at.join("letters")).unwrap() {
        let file = file.unwrap();
        assert_eq!(
            fs::read(file.path()).unwrap(),
            fs::read(at.join("again").join(file.file_name())).unwrap()
        );
        count += 1;
    }
    assert!(count > 10, "{count} letters");
    run_in(at, &["verify", "--open", "data"]).expect_code(0);
    run_in(at, &["scenario", "--data", "data"]).expect_code(2);
}

#[test]
fn mails_go_to_a_real_server() {
    let Some(maildev) = std::env::var_os("JIANWEI_MAILDEV").filter(|path| !path.is_empty()) else {
        println!(
            "maildev is not installed (`make mail-sink`): the mails of the scenario went to the server that is built in"
        );
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let words = ["scenario", "--out", "letters", "--maildev"].map(OsStr::new);
    let arguments = [&words[..], &[&maildev]].concat();
    let played = run_in(dir.path(), &arguments).expect_code(0);
    assert!(played.out.contains("Mail server: npm maildev"), "{}", played.out);
    insta::assert_snapshot!("scenario", masked(&played.out, dir.path()));
}
