//! The chain of the tiers, the demands and what meets them, and what a query may say beside its
//! bands.
#![expect(clippy::panic, clippy::expect_used, reason = "a fixture that fails fails its test")]

mod common;

use common::{faults, files};
use model::time::Day;
use rulebook::{Rulebook, SourceFile};

const PRINCIPLE: &str = r#"id: watchful
version: 1
tier: basic
requirement: ["3.1"]
clause: {zh: 第三部分, en: part 3}
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: head
title: {zh: 风险识别, en: Watchfulness}
text: {zh: 异常须识别。, en: What is abnormal is identified.}
"#;

const DEMANDS: &str = r#"- id: many-a-day
  requirement: "3.1"
  text: {zh: 一日多笔, en: many in a day}
  lines: [p2p]
"#;

/// A query that tells borrowers apart, as guidance to the special rule.
const QUERY: &str = r#"/*
id: large-borrower
version: 1
tier: guidance
details: many
requirement: ["1.3"]
clause: {zh: 第一部分, en: part 1}
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title: {zh: 大额借款人, en: Large borrower}
text: {zh: 借款过多。, en: Too much is borrowed.}
nature: judgement
review: {working_days: 5}
level: micro
scope: institution
unit: yuan
streams: [project, registered]
lookback_days: 0
lookahead_days: 1
days: closed
per: [borrower]
bands:
  orange: "value > 100"
*/
SELECT p.institution, p.day, p.borrower, sum(p.amount) AS value, array_agg(p.position) AS rows
FROM project p
JOIN registered r ON r.institution = p.institution AND r.day = p.day AND r.licence IS NOT NULL
GROUP BY p.institution, p.day, p.borrower
"#;

const QUERY_CASES: &str = r#"- name: {zh: 两个借款人, en: Two borrowers}
  given:
    register:
      - {day: 2024-01-01, line: p2p, licence: L1}
      - {day: 2024-03-02, line: p2p}
    project:
      - {day: 2024-03-01, borrower: alice, term_days: 30, amount: "60.00", repeat: 2}
      - {day: 2024-03-01, borrower: bob, term_days: 30, amount: "100.00"}
      - {day: 2024-03-02, borrower: alice, term_days: 30, amount: "999.00"}
  expect:
    - {day: 2024-03-01, columns: {borrower: alice}, verdict: orange, value: "120"}
    - {day: 2024-03-01, columns: {borrower: bob}, verdict: silent}
    - {day: 2024-03-02, verdict: silent}
"#;

/// The small rulebook with a chain: its rule serves a principle and is detailed by a query.
fn chained() -> Vec<SourceFile> {
    let mut files = files();
    for file in &mut files {
        if file.path == "special/many.yaml" {
            let text =
                file.text.replace("tier: special", "tier: special\nserves: watchful\ndemands: [many-a-day]");
            *file = SourceFile::new("special/many.yaml", text);
        }
    }
    files.push(SourceFile::new("basic/watchful.yaml", PRINCIPLE));
    files.push(SourceFile::new("demands.yaml", DEMANDS));
    files.push(SourceFile::new("guidance/large-borrower.sql", QUERY));
    files.push(SourceFile::new("guidance/large-borrower.cases.yaml", QUERY_CASES));
    files
}

fn changed(path: &str, old: &str, new: &str) -> Vec<SourceFile> {
    let mut files = chained();
    let file = files.iter_mut().find(|file| file.path == path).unwrap_or_else(|| panic!("{path}"));
    assert!(file.text.contains(old), "{path} does not hold {old}");
    *file = SourceFile::new(path, file.text.replacen(old, new, 1));
    files
}

fn book(files: Vec<SourceFile>) -> Rulebook {
    Rulebook::from_files(files).unwrap_or_else(|faults| panic!("{}", faults.render(100)))
}

#[test]
fn a_chained_rulebook_is_sound_and_its_query_tells_borrowers_apart() {
    let book = book(chained());
    for entry in book.entries() {
        assert_eq!(book.run_cases(&entry.meta().id).unwrap(), [], "{}", entry.meta().id);
    }
    assert_eq!(book.principles().len(), 1);
    let coverage = book.coverage();
    assert_eq!(coverage.len(), 1);
    assert_eq!(coverage[0].gap(), None);
}

#[test]
fn a_review_may_want_two_persons() {
    const GUIDANCE: &str = "guidance/large-borrower.sql";
    for (review, wanted) in [
        ("{working_days: 5}", (Some(5), false)),
        ("{working_days: 2, four_eyes: true}", (Some(2), true)),
        ("{working_days: 2, four_eyes: false}", (Some(2), false)),
    ] {
        let book = book(changed(GUIDANCE, "{working_days: 5}", review));
        let entry = book.entry("large-borrower").unwrap();
        let meta = entry.meta();
        assert_eq!((meta.review_working_days, meta.review_four_eyes), wanted, "{review}");
    }
    for review in ["{four_eyes: true}", "{working_days: 5, four_eyes: 2}", "{working_days: 5, eyes: 4}"] {
        let found = faults(changed(GUIDANCE, "{working_days: 5}", review));
        assert_ne!(found, "no fault", "{review}");
    }
}

#[test]
fn broken_links_and_keys() {
    const RULE: &str = "special/many.yaml";
    const GUIDANCE: &str = "guidance/large-borrower.sql";
    let table = [
        (RULE, "serves: watchful\n", ""),
        (RULE, "serves: watchful", "serves: wakeful"),
        (RULE, "serves: watchful", "serves: large-borrower"),
        (RULE, "serves: watchful", "serves: watchful\ndetails: many"),
        (RULE, "demands: [many-a-day]", "demands: [many-a-night]"),
        (GUIDANCE, "details: many\n", ""),
        (GUIDANCE, "details: many", "details: watchful"),
        (GUIDANCE, "details: many", "details: many\nserves: watchful"),
        (GUIDANCE, "nature: judgement", "nature: guess"),
        (GUIDANCE, "working_days: 5", "working_days: 0"),
        (GUIDANCE, "per: [borrower]", "per: [lender]"),
        (GUIDANCE, "per: [borrower]", "per: [day]"),
        (GUIDANCE, ", array_agg(p.position) AS rows", ""),
        (GUIDANCE, "array_agg(p.position)", "array_agg(p.borrower)"),
        (GUIDANCE, "days: closed", "days: open"),
        (GUIDANCE, "lookahead_days: 1", "lookahead_days: 99"),
        (GUIDANCE, "days: closed", "days: closed\nlines_by: account"),
        ("basic/watchful.yaml", "tier: basic", "tier: special"),
        ("basic/watchful.yaml", "tier: basic", "tier: basic\nserves: watchful"),
        ("demands.yaml", "lines: [p2p]", "lines: []"),
        ("demands.yaml", "\"3.1\"", "\"9.9\""),
    ];
    let mut seen = String::new();
    for (path, old, new) in table {
        let found = faults(changed(path, old, new));
        assert_ne!(found, "no fault", "{path}: {old} -> {new}");
        seen.push_str(&format!("━━━ {old:?} → {new:?}\n{found}\n"));
    }
    insta::assert_snapshot!(seen);
}

#[test]
fn a_demand_that_nothing_meets_is_a_gap() {
    let more = format!(
        "{DEMANDS}- id: other\n  requirement: \"1.2\"\n  text: {{zh: 其他, en: other}}\n  lines: [p2p, fund]\n"
    );
    let book = book(changed("demands.yaml", DEMANDS, &more));
    let gaps: Vec<String> = book.coverage().iter().filter_map(|covered| covered.gap()).collect();
    assert_eq!(gaps, ["other (1.2, p2p): no entry meets it", "other (1.2, fund): no entry meets it"]);
}

/// The register as it stands on a day: the latest day of effect, and of several the last filed.
#[test]
fn the_register_stands_from_day_to_day() {
    let cases = r#"- name: {zh: 登记, en: Register}
  given:
    register:
      - {day: 2024-03-01, line: p2p, licence: first}
      - {day: 2024-03-03, line: p2p, licence: second}
      - {day: 2024-03-03, line: p2p, licence: third}
      - {day: 2024-03-02, line: fund, licence: other}
  expect:
    - {day: 2024-02-29, verdict: silent}
    - {day: 2024-03-01, columns: {licence: first}, verdict: orange}
    - {day: 2024-03-02, columns: {licence: first}, verdict: orange}
    - {day: 2024-03-03, columns: {licence: third}, verdict: orange}
    - {day: 2024-03-04, columns: {licence: third}, verdict: orange}
"#;
    let query = QUERY
        .replace("per: [borrower]", "per: [licence]")
        .replace("streams: [project, registered]", "streams: [registered]");
    let (head, _) = query.split_once("SELECT").unwrap();
    let sql = format!(
        "{head}SELECT institution, day, licence, 101 AS value, array_agg(position) AS rows FROM registered GROUP BY institution, day, licence\n"
    );
    let mut files = changed("guidance/large-borrower.sql", QUERY, &sql);
    files.retain(|file| file.path != "guidance/large-borrower.cases.yaml");
    files.push(SourceFile::new("guidance/large-borrower.cases.yaml", cases));
    assert_eq!(book(files).run_cases("large-borrower").unwrap(), []);
    assert!(Day::parse("2024-03-04").is_ok());
}
