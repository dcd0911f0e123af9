//! A core system's export on its way: into files, into a data directory, to a server.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod support;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use support::{Served, run};

const MAPPING: &str = r#"
version: 1
source:
  format: csv
  columns:
    number: { from: NO }
    paid_at: { from: AT, type: time, format: "%Y-%m-%d %H:%M:%S", zone: "+08:00" }
    payer: { from: PAYER }
    amount: { from: YUAN, type: "decimal(20, 2)" }
institution: { synthetic_from: "'shop'" }
streams:
  - stream: transaction
    fields:
      id: "'tx-' || number"
      time: paid_at
      user: payer
      amount: amount
      kind: "'payment'"
      direction: "'out'"
    pseudonymise: { user: person }
"#;

/// One payer pays 51 times in a day, another once; one amount is no amount.
fn export(dir: &Path) {
    let mut rows = "NO,AT,PAYER,YUAN\n".to_owned();
    for number in 0..51 {
        writeln!(rows, "{number},2026-03-02 09:{number:02}:00,11010519491231002X,10.00").unwrap();
    }
    rows.push_str("51,2026-03-02 10:00:00,110101199003074477,20.00\n52,2026-03-02 10:00:01,someone,much\n");
    fs::write(dir.join("export.csv"), rows).unwrap();
    fs::write(dir.join("mapping.yaml"), MAPPING).unwrap();
    fs::write(dir.join("pseudonym.key"), "a-secret-for-tests-only\n").unwrap();
}

#[test]
fn an_export_becomes_filings_and_grades() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    export(at);
    let import = "import mapping.yaml export.csv --pseudonym-key-file pseudonym.key";

    // Without the key no person's number may pass.
    let ended = run(at, "import mapping.yaml export.csv --out none").expect_code(2);
    assert!(ended.err.contains("--pseudonym-key-file FILE"), "{}", ended.err);

    // Into files, which the standard accepts and in which no raw number is left.
    let ended = run(at, &format!("{import} --out filings")).expect_code(1);
    assert!(ended.out.contains("export.csv:54:"), "{}", ended.out);
    assert!(ended.out.contains("52 records"), "{}", ended.out);
    let mut folders = fs::read_dir(at.join("filings")).unwrap().map(|entry| entry.unwrap().path());
    let folder = folders.find(|path| path.is_dir()).unwrap();
    let lines = fs::read_to_string(folder.join("transaction.ndjson")).unwrap();
    assert!(lines.lines().count() == 52 && !lines.contains("11010519491231002X"));
    let file = folder.join("transaction.ndjson");
    run(at, &format!("check transaction {}", file.strip_prefix(at).unwrap().display())).expect_code(0);

    // Into a data directory, graded at once: who pays 51 times in a day is seen.
    let ended = run(at, &format!("{import} --data data --lang en")).expect_code(1);
    assert!(ended.out.contains("1 institutions: red 0"), "{}", ended.out);
    let ended = run(at, "grade --data data --json").expect_code(0);
    assert!(ended.out.contains("\"frequent-transactions\"") && ended.out.contains("\"51\""), "{}", ended.out);

    // The same again adds nothing.
    let size = |said: &str| said.split(" entries").next().unwrap().rsplit(' ').next().unwrap().to_owned();
    let before = size(&run(at, "verify data").expect_code(0).out);
    let ended = run(at, &format!("{import} --data data")).expect_code(1);
    assert!(ended.out.contains("0 records newly sealed, 52 known before"), "{}", ended.out);
    assert_eq!(size(&run(at, "verify data").expect_code(0).out), before);
    let replayed = run(at, "replay --data data").expect_code(0);
    assert!(replayed.out.contains(": equal;"), "{}", replayed.out);

    // The payer's key is destroyed: 51 records can no longer be opened, and the ledger verifies.
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let person = first["user"].as_str().unwrap();
    let erase = format!("erase --data data --ground request --person {person}");
    assert!(run(at, &erase).expect_code(0).out.contains("destroyed and the erasure sealed"));
    assert!(run(at, &erase).expect_code(0).out.contains("had been destroyed before"));
    let opened = run(at, "verify --open data").expect_code(0).out;
    assert!(opened.contains("clean") && opened.contains(" 51 can no longer be opened"), "{opened}");
    assert!(!at.join("data/derived/history").exists(), "no copy in clear is left");
    run(at, "grade --data data").expect_code(0);

    // And the ledger goes on: a start reads it with what is left, and files go in.
    let more = fs::read_to_string(at.join("export.csv")).unwrap().lines().take(1).collect::<String>();
    fs::write(at.join("export.csv"), more + "\n99,2026-03-03 09:00:00,110101199003074477,30.00\n").unwrap();
    let ended = run(at, &format!("{import} --data data")).expect_code(0);
    assert!(ended.out.contains("1 records") || ended.out.contains("1 record"), "{}", ended.out);
    run(at, "verify data").expect_code(0);
}

#[test]
fn an_export_is_filed_to_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    export(at);
    let served = Served::start(at, "serve --data data --listen 127.0.0.1:0");
    let key = run(at, "keys issue --data data --institution 91350100M000100Y43").expect_code(0).out;
    fs::write(at.join("firm.key"), key).unwrap();
    let import = format!(
        "import mapping.yaml export.csv --pseudonym-key-file pseudonym.key --server {} --key-file firm.key",
        served.url
    );
    let ended = run(at, &import).expect_code(1);
    assert!(ended.out.contains("Filed as 91350100M000100Y43: 52 accepted"), "{}", ended.out);
    assert_eq!(served.terminate().0, Some(0));
}

#[test]
fn a_faulty_mapping_is_shown_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    export(at);
    fs::write(at.join("mapping.yaml"), MAPPING.replace("user: payer", "user: payr")).unwrap();
    let ended =
        run(at, "import mapping.yaml export.csv --pseudonym-key-file pseudonym.key --out o").expect_code(2);
    assert!(ended.err.contains("mapping.yaml:") && ended.err.contains("payer"), "{}", ended.err);
}
