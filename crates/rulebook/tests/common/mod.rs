//! A small rulebook to break.
#![allow(dead_code, reason = "each test binary uses a part")]

use rulebook::{Rulebook, SourceFile};

pub(crate) const RULE: &str = r#"id: many
version: 1
tier: special
requirement: ["3.1"]
clause: {zh: 第三部分, en: part 3}
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: analyst
title: {zh: 多, en: Many}
text:
  zh: |
    太多了。
  en: |
    Too many.
stream: transaction
when: "amount > 0 AND channel = 'app'"
group_by: [user]
window: {calendar: day}
measure: count()
bands: {yellow: "> 1", orange: "> 2"}
"#;

pub(crate) const RULE_CASES: &str = r#"- name: {zh: 两笔, en: Two}
  given:
    transaction:
      - {day: 2024-03-01, channel: app, repeat: 2}
      - {day: 2024-03-02, channel: app}
  expect:
    - {day: 2024-03-01, verdict: yellow, value: "2"}
    - {day: 2024-03-02, verdict: silent}
"#;

pub(crate) const INDICATOR: &str = r#"/*
id: ratio
version: 1
tier: indicator
requirement: ["2.4"]
clause: {zh: 第二部分, en: part 2}
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title: {zh: 比率, en: Ratio}
text: {zh: 比率过低。, en: The ratio is low.}
level: micro
scope: institution
unit: percent
streams: [business_daily]
lookback_days: 0
bands:
  yellow: "value < 10"
  red: "value < 5"
*/
SELECT
  institution,
  day,
  100 * cash_reserve / NULLIF(debt_due_30_days, 0) AS value
FROM business_daily
"#;

pub(crate) const INDICATOR_CASES: &str = r#"- name: {zh: 低, en: Low}
  given:
    business_daily:
      - {day: 2024-03-01, cash_reserve: "9.00", debt_due_30_days: "100.00"}
      - {day: 2024-03-02, cash_reserve: "90.00", debt_due_30_days: "100.00"}
      - {day: 2024-03-03, cash_reserve: "90.00"}
  expect:
    - {day: 2024-03-01, verdict: yellow, value: "9"}
    - {day: 2024-03-02, verdict: silent}
    - {day: 2024-03-03, verdict: undetermined}
"#;

pub(crate) const CALENDAR: &str = r#"name: calendar
title: {zh: 日历, en: Calendar}
source: {zh: 通知, en: Notice}
known_from: 2024-01-01
known_to: 2024-12-31
columns: [{name: day, type: date}, {name: kind, type: text}]
"#;

pub(crate) const DUTY: &str = r#"id: daily
version: 1
tier: duty
requirement: ["2.1"]
clause: {zh: 第二部分, en: part 2}
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: analyst
title: {zh: 日报, en: Every day}
text: {zh: 每日报送。, en: To be filed every day.}
streams: [transaction, business_daily]
period: day
due: {days_after: 1, at: "12:00"}
nil_return: true
"#;

/// A rulebook of one rule, one indicator and one duty.
pub(crate) fn files() -> Vec<SourceFile> {
    vec![
        SourceFile::new("special/many.yaml", RULE),
        SourceFile::new("special/many.cases.yaml", RULE_CASES),
        SourceFile::new("indicators/micro/ratio.sql", INDICATOR),
        SourceFile::new("indicators/micro/ratio.cases.yaml", INDICATOR_CASES),
        SourceFile::new("duties/daily.yaml", DUTY),
        SourceFile::new("reference/calendar.yaml", CALENDAR),
        SourceFile::new("reference/calendar.csv", "day,kind\n2024-05-01,holiday\n2024-05-11,working\n"),
        SourceFile::new("grading.yaml", "undetermined: listed\nwithout: []\n"),
    ]
}

/// The rulebook with a piece of one file replaced; the piece must be there.
pub(crate) fn with(path: &str, old: &str, new: &str) -> Vec<SourceFile> {
    let mut files = files();
    let file = files.iter_mut().find(|file| file.path == path).expect(path);
    assert!(file.text.contains(old), "{path} has no {old}");
    *file = SourceFile::new(path, file.text.replacen(old, new, 1));
    files
}

/// What the loader says of it.
pub(crate) fn faults(files: Vec<SourceFile>) -> String {
    match Rulebook::from_files(files) {
        Ok(_) => "no fault".to_owned(),
        Err(faults) => faults.render(100),
    }
}
