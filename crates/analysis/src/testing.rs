//! Rulebooks from a few words, for tests and measurements.

use rulebook::{Rulebook, SourceFile};

/// What matters of a rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleText<'a> {
    pub(crate) stream: &'a str,
    pub(crate) when: &'a str,
    pub(crate) group_by: &'a str,
    pub(crate) across: bool,
    pub(crate) window: &'a str,
    pub(crate) measure: &'a str,
    pub(crate) bands: &'a str,
    pub(crate) effective: &'a str,
}

impl Default for RuleText<'_> {
    fn default() -> Self {
        Self {
            stream: "transaction",
            when: "",
            group_by: "[user]",
            across: false,
            window: "{calendar: day}",
            measure: "count()",
            bands: "{orange: \"> 50\"}",
            effective: "{from: 2010-01-01}",
        }
    }
}

const CASES: &str = r#"
- name: {zh: 有, en: hit}
  given: {}
  expect: [{day: 2024-03-01, verdict: orange}]
- name: {zh: 无, en: silent}
  given: {}
  expect: [{day: 2024-03-01, verdict: silent}]
"#;

const CALENDAR: &str = r#"
name: calendar
title: {zh: 日历, en: calendar}
source: {zh: 无, en: none}
known_from: 2024-01-01
known_to: 2024-12-31
columns: [{name: day, type: date}, {name: kind, type: text}]
"#;

/// A rulebook of rules named `rule-000`, `rule-001` and so on, and of further files.
pub(crate) fn rulebook_with(rules: &[RuleText<'_>], further: Vec<SourceFile>) -> Rulebook {
    let mut files = vec![
        SourceFile::new("grading.yaml", "undetermined: listed\nwithout: []\n"),
        SourceFile::new("reference/calendar.yaml", CALENDAR),
        SourceFile::new("reference/calendar.csv", "day,kind\n"),
    ];
    for (index, rule) in rules.iter().enumerate() {
        let id = format!("rule-{index:03}");
        // Every third is for one line of business only: where records say their line, others drop out.
        let lines = if index % 3 == 1 { "p2p" } else { "p2p, insurance, payment, fund, custody" };
        let when = if rule.when.is_empty() { String::new() } else { format!("when: \"{}\"\n", rule.when) };
        let text = format!(
            "id: {id}\nversion: 1\ntier: special\nrequirement: [\"3.1\"]\nclause: {{zh: 条, en: clause}}\n\
             basis: plan\neffective: {}\nlines: [{lines}]\nanswerable: analyst\ntitle: {{zh: 题, en: title}}\n\
             text: {{zh: 文, en: text}}\nstream: {}\n{when}group_by: {}\nacross_institutions: {}\n\
             window: {}\nmeasure: {}\nbands: {}\n",
            rule.effective, rule.stream, rule.group_by, rule.across, rule.window, rule.measure, rule.bands
        );
        files.push(SourceFile::new(format!("special/{id}.yaml"), text));
        files.push(SourceFile::new(format!("special/{id}.cases.yaml"), CASES));
    }
    files.extend(further);
    Rulebook::from_files(files).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// As [`rulebook_with`], without further files.
pub(crate) fn rulebook(rules: &[RuleText<'_>]) -> Rulebook {
    rulebook_with(rules, Vec::new())
}
