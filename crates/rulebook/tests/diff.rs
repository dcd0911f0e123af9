//! Two rulebooks held against each other: what a supervisor is shown before a change takes hold.

use rulebook::SourceFile;
use rulebook::diff::{Diff, Line, Part, compare};

const RULE: &str = "\
id: busy
version: 1
effective: {from: 2020-01-01}
lines: [p2p, fund]
title: {zh: 频繁, en: Busy}
text:
  zh: |
    第一句。
    第二句。
    第三句。
    第四句。
  en: |
    One.
    Two.
    Three.
    Four.
stream: transaction
when: kind = 'deposit'
bands: {yellow: \"> 50\", orange: \"> 500\"}
";

const QUERY: &str = "/*
id: ratio
version: 3
bands: {yellow: value > 1}
*/
SELECT
  institution,
  day,
  a AS value
FROM business_daily
";

const CASES: &str = "
- name: {zh: 超过, en: above}
  given: {}
  expect: []
- name: {zh: 未超过, en: below}
  given: {}
  expect: []
";

fn book() -> Vec<SourceFile> {
    vec![
        SourceFile::new("README.md", "not a part of it"),
        SourceFile::new("special/busy.yaml", RULE),
        SourceFile::new("special/busy.cases.yaml", CASES),
        SourceFile::new("indicators/micro/ratio.sql", QUERY),
        SourceFile::new("duties/daily.yaml", "id: daily\nversion: 1\ndue: {days_after: 1, at: \"12:00\"}\n"),
        SourceFile::new("reference/caps.yaml", "name: caps\ntitle: {zh: 上限, en: Caps}\n"),
        SourceFile::new("reference/caps.csv", "line,tier,cap\np2p,1,100\np2p,2,200\nfund,1,300\n"),
        SourceFile::new("grading.yaml", "undetermined: listed\nwithout: []\n"),
    ]
}

/// The book after one of its files was replaced.
fn with(path: &str, text: &str) -> Vec<SourceFile> {
    let mut files = book();
    files.retain(|file| file.path != path);
    files.push(SourceFile::new(path, text));
    files
}

/// The changes as lines that a person can read in a test.
fn told(diff: &Diff) -> String {
    let mut text = String::new();
    for change in &diff.changes {
        let version = |edition: &Option<rulebook::diff::Edition>| {
            edition.as_ref().map_or("–".to_owned(), |edition| {
                edition.version.map_or("?".to_owned(), |version| version.to_string())
            })
        };
        let kept = if change.keeps_version() { " (not raised)" } else { "" };
        let (old, new) = (version(&change.old), version(&change.new));
        text += &format!("{} {}: version {old} → {new}{kept}\n", change.part.en(), change.id);
        for key in &change.keys {
            text += &format!("  {}\n", key.key);
            for line in &key.lines {
                text += &match line {
                    Line::Old(line) => format!("    - {line}\n"),
                    Line::New(line) => format!("    + {line}\n"),
                    Line::Same(line) => format!("      {line}\n"),
                    Line::Skipped(count) => format!("      … {count}\n"),
                };
            }
        }
        for row in &change.rows {
            text += &format!("  row {}: {:?} → {:?}\n", row.key, row.old, row.new);
        }
        for case in &change.cases {
            text += &format!("  case {} {}: {} → {}\n", case.zh, case.en, case.in_old, case.in_new);
        }
    }
    text
}

#[test]
fn the_same_files_do_not_differ() {
    assert!(compare(&book(), &book()).is_empty());
    let mut turned = book();
    turned.reverse();
    assert!(compare(&book(), &turned).is_empty(), "the order of files says nothing");
    assert!(compare(&book(), &with("README.md", "other words")).is_empty(), "a note is no part of it");
}

#[test]
fn a_changed_rule_is_shown_key_by_key() {
    let text = RULE
        .replace("version: 1", "version: 2")
        .replace("[p2p, fund]", "[p2p, payment]")
        .replace("第三句", "另一句")
        .replace("when: kind = 'deposit'\n", "")
        .replace("> 50\"", "> 40\"")
        .replace("{from: 2020-01-01}", "{from: 2020-01-01, to: 2026-03-31}");
    insta::assert_snapshot!(told(&compare(&book(), &with("special/busy.yaml", &text))), @r"
    entry busy: version 1 → 2
      version
        - 1
        + 2
      effective.to
        + 2026-03-31
      lines
        - p2p, fund
        + p2p, payment
      text.zh
          … 1
          第二句。
        - 第三句。
        + 另一句。
          第四句。
      bands.yellow
        - > 50
        + > 40
      when
        - kind = 'deposit'
    ");
}

#[test]
fn an_edit_without_a_new_version_is_said() {
    let commented = format!("# A note.\n{RULE}");
    insta::assert_snapshot!(told(&compare(&book(), &with("special/busy.yaml", &commented))), @r"
    entry busy: version 1 → 1 (not raised)
      layout
        + # A note.
          id: busy
          … 18
    ");
}

#[test]
fn a_query_is_shown_line_by_line() {
    let text =
        QUERY.replace("version: 3", "version: 4").replace("  a AS value\n", "  a + b AS value,\n  b\n");
    insta::assert_snapshot!(told(&compare(&book(), &with("indicators/micro/ratio.sql", &text))), @r"
    entry ratio: version 3 → 4
      version
        - 3
        + 4
      query
          … 2
            day,
        -   a AS value
        +   a + b AS value,
        +   b
          FROM business_daily
    ");
}

#[test]
fn what_came_and_went() {
    let mut new = book();
    new.retain(|file| file.path != "duties/daily.yaml" && file.path != "reference/caps.yaml");
    new.retain(|file| file.path != "reference/caps.csv");
    new.push(SourceFile::new("basic/sound.yaml", "id: sound\nversion: 1\ntitle: {zh: 稳健, en: Sound}\n"));
    new.push(SourceFile::new("demands.yaml", "- {id: a}\n"));
    let moved = SourceFile::new("guidance/busy.yaml", RULE);
    new.retain(|file| !file.path.starts_with("special/"));
    new.push(moved);
    let diff = compare(&book(), &new);
    insta::assert_snapshot!(told(&diff), @r"
    entry busy: version 1 → 1
      path
        - special/busy.yaml
        + guidance/busy.yaml
      case 未超过 below: true → false
      case 超过 above: true → false
    entry sound: version – → 1
    filing duty daily: version 1 → –
    reference table caps: version ? → –
    other file demands.yaml: version – → ?
    ");
    let back = compare(&new, &book());
    assert_eq!(back.changes.len(), diff.changes.len());
}

#[test]
fn rows_of_a_table_are_known_again_by_their_first_cells() {
    let text = "line,tier,cap\np2p,1,100\np2p,2,250\npayment,1,300\n";
    insta::assert_snapshot!(told(&compare(&book(), &with("reference/caps.csv", text))), @r#"
    reference table caps: version ? → ?
      row fund,1: Some("fund,1,300") → None
      row p2p,2: Some("p2p,2,200") → Some("p2p,2,250")
      row payment,1: None → Some("payment,1,300")
    "#);
    // Where no cells tell rows apart, one that stands once more is a row that came.
    let twice = "line,tier,cap\np2p,1,100\np2p,1,100\np2p,2,200\nfund,1,300\n";
    insta::assert_snapshot!(told(&compare(&book(), &with("reference/caps.csv", twice))), @r#"
    reference table caps: version ? → ?
      row p2p,1,100: None → Some("p2p,1,100")
    "#);
}

#[test]
fn cases_and_grading() {
    let cases = CASES
        .replace("below", "much below")
        .replace("超过, en: above}\n  given: {}", "超过, en: above}\n  given: {x: []}");
    let mut new = with("special/busy.cases.yaml", &cases);
    new.retain(|file| file.path != "grading.yaml");
    new.push(SourceFile::new("grading.yaml", "undetermined: yellow\nwithout: [busy, ratio]\n"));
    insta::assert_snapshot!(told(&compare(&book(), &new)), @r"
    entry busy: version 1 → 1
      case 未超过 below: true → false
      case 未超过 much below: false → true
      case 超过 above: true → true
    grading grading: version ? → ?
      undetermined
        - listed
        + yellow
      without
        + busy, ratio
    ");
}

#[test]
fn a_file_that_is_no_yaml_is_compared_as_text() {
    let diff = compare(&book(), &with("special/busy.yaml", "id: busy\n  : ["));
    assert_eq!(diff.changes.len(), 1);
    assert_eq!(diff.changes.first().unwrap().part, Part::Entry);
    assert!(diff.changes.first().unwrap().keys.iter().any(|key| key.key == "file"));
}

#[test]
fn a_large_text_is_not_held_line_against_line() {
    let text = |word: &str| format!("id: busy\ntext: |\n{}", format!("  {word}\n").repeat(5_000));
    let (old, new) = (with("special/busy.yaml", &text("a")), with("special/busy.yaml", &text("b")));
    let diff = compare(&old, &new);
    assert_eq!(diff.changes.first().unwrap().keys.first().unwrap().lines.len(), 10_000);
}
