//! What is not sound is refused, with file, line, column and caret.
#![expect(clippy::expect_used, reason = "a fixture that fails fails its test")]

mod common;

use common::{faults, files, with};
use rulebook::{Rulebook, SourceFile};

const RULE: &str = "special/many.yaml";
const INDICATOR: &str = "indicators/micro/ratio.sql";
const DUTY: &str = "duties/daily.yaml";
const CASES: &str = "special/many.cases.yaml";

/// A notice by its term, its day of effect and its English text.
macro_rules! notice {
    ($term:literal, $effective:literal, $text:literal) => {
        concat!(
            "notice:\n  term: ",
            $term,
            "\n  until_then: value\n  effective: ",
            $effective,
            "\n  title: {zh: 通知, en: Notice}\n  text: {zh: \"比例 {value}\", en: \"",
            $text,
            "\"}\n"
        )
    };
}

#[test]
fn the_small_rulebook_is_sound() {
    let book = Rulebook::from_files(files()).unwrap_or_else(|faults| panic!("{}", faults.render(100)));
    for entry in book.entries() {
        assert_eq!(book.run_cases(&entry.meta().id).unwrap(), [], "{}", entry.meta().id);
    }
}

/// Each line: the file, what stands in it, what it is replaced with.
#[test]
fn broken_rules_and_indicators() {
    let table = [
        // The YAML itself.
        (RULE, "basis: plan", "basis plan"),
        (RULE, "basis: plan", "basis: plan\nbasis: law"),
        (RULE, "basis: plan", "basis: plan\nseverity: 3"),
        (RULE, "version: 1", "version: one"),
        (RULE, "answerable: analyst\n", ""),
        // What every entry says about itself.
        (RULE, "id: many", "id: Many"),
        (RULE, "id: many", "id: more"),
        (RULE, "version: 1", "version: 0"),
        (RULE, "tier: special", "tier: basic"),
        (RULE, "tier: special", "tier: specialty"),
        (RULE, "\"3.1\"", "\"3.9\""),
        (RULE, "[\"3.1\"]", "[]"),
        (RULE, "zh: 第三部分", "zh: part three"),
        (RULE, "en: part 3", "en: \"\""),
        (RULE, "    太多了。", "    TODO"),
        (RULE, "en: Many", "en: 多"),
        (RULE, "basis: plan", "basis: custom"),
        (RULE, "2010-01-01", "2010-02-30"),
        (RULE, "from: 2010-01-01", "from: 2010-01-01, to: 2009-12-31"),
        (RULE, "lines: [p2p]", "lines: [p2p, bank]"),
        (RULE, "answerable: analyst", "answerable: nobody"),
        // What a rule looks at.
        (RULE, "stream: transaction", "stream: transactions"),
        (RULE, "amount > 0 AND", "amont > 0 AND"),
        (RULE, "channel = 'app'", "channel = app"),
        (RULE, "amount > 0 AND", "amount >> 'x' AND"),
        (RULE, "amount > 0 AND", "amount / amount > 1 AND"),
        (RULE, "amount > 0 AND", "now() > \\\"time\\\" AND"),
        (RULE, "\"amount > 0 AND channel = 'app'\"", "amount + 1"),
        (RULE, "\"amount > 0 AND channel = 'app'\"", "|\n  amount > 0\n  AND chanel = 'app'"),
        (RULE, "group_by: [user]", "group_by: [user, channle]"),
        (RULE, "{calendar: day}", "{calendar: month}"),
        (RULE, "{calendar: day}", "{sliding_days: 0}"),
        (RULE, "{calendar: day}", "{calendar: day, sliding_days: 7}"),
        (RULE, "{calendar: day}", "{against_days_before: 7}"),
        (RULE, "measure: count()", "measure: count"),
        (RULE, "measure: count()", "measure: sum(kind)"),
        (RULE, "measure: count()", "measure: median(amount)"),
        (RULE, "measure: count()", "measure: sum(fee)"),
        (RULE, "measure: count()", "measure: growth_percent(amount)"),
        (RULE, "> 1", "= 1"),
        (RULE, "> 1", "> 1.1234567"),
        (RULE, "> 1", "> 3"),
        (RULE, "> 1", "< 1"),
        (RULE, "{yellow: \"> 1\", orange: \"> 2\"}", "{}"),
        (RULE, "{yellow: \"> 1\", orange: \"> 2\"}", "{green: \"> 0\"}"),
        // Indicators.
        (INDICATOR, "/*\n", ""),
        (INDICATOR, "level: micro", "level: macro"),
        (INDICATOR, "unit: percent", "unit: euro"),
        (INDICATOR, "streams: [business_daily]", "streams: [business]"),
        (INDICATOR, "streams: [business_daily]", "streams: []"),
        (INDICATOR, "streams: [business_daily]", "streams: [business_daily, project]"),
        (INDICATOR, "lookback_days: 0", "lookback_days: 9999"),
        (INDICATOR, "lookback_days: 0", "lookback_days: 0\ninputs: [nothing]"),
        (INDICATOR, "lookback_days: 0", "lookback_days: 0\ninputs: [ratio]"),
        (INDICATOR, "value < 10", "ratio < 10"),
        (INDICATOR, "value < 5", "value"),
        (INDICATOR, "cash_reserve", "cash_reserves"),
        (INDICATOR, "NULLIF(debt_due_30_days, 0)", "debt_due_30_days"),
        (INDICATOR, "FROM business_daily", "FROM business_dayly"),
        (INDICATOR, "FROM business_daily", "FROM business_daily WHERE"),
        (INDICATOR, "  day,\n", "  date AS tag,\n"),
        (INDICATOR, "AS value", "AS ratio"),
        (INDICATOR, "100 *", "CAST(100 AS DOUBLE) *"),
        (INDICATOR, "scope: institution", "scope: industry"),
        (INDICATOR, "bands:", concat!(notice!("value", "day", "{value} %"), "per: [institution]\nbands:")),
        (INDICATOR, "bands:", concat!(notice!("share", "day", "{value} %"), "bands:")),
        (INDICATOR, "bands:", concat!(notice!("value", "value", "{value} %"), "bands:")),
        (INDICATOR, "bands:", concat!(notice!("value", "day", "{share} %"), "bands:")),
        (INDICATOR, "bands:", concat!(notice!("value", "day", ""), "bands:")),
        (INDICATOR, "SELECT\n", "DELETE FROM business_daily; SELECT\n"),
        // Cases.
        (CASES, "verdict: yellow", "verdict: green"),
        (CASES, "verdict: yellow, value: \"2\"", "verdict: silent"),
        (CASES, "verdict: silent", "verdict: yellow"),
        (CASES, "channel: app, repeat: 2", "chanel: app, repeat: 2"),
        (CASES, "channel: app, repeat: 2", "amount: 10.00, repeat: 2"),
        (CASES, "channel: app, repeat: 2", "channel: app, repeat: 0"),
        (CASES, "transaction:", "transactions:"),
        // Filing duties, and what they say about who files.
        (DUTY, "id: daily", "id: dayly"),
        (DUTY, "tier: duty", "tier: guidance"),
        (DUTY, "[transaction, business_daily]", "[transaction, business]"),
        (DUTY, "[transaction, business_daily]", "[transaction, transaction]"),
        (DUTY, "[transaction, business_daily]", "[]"),
        (DUTY, "period: day", "period: week"),
        (DUTY, "period: day", "period: month"),
        (DUTY, "days_after: 1", "day_of_next_month: 10"),
        (DUTY, "days_after: 1", "days_after: 32"),
        (DUTY, "days_after: 1", "days_after: 0"),
        (DUTY, "12:00", "25:00"),
        (DUTY, "12:00", "12"),
        (DUTY, "nil_return: true", "nil_return: perhaps"),
        (DUTY, "lines: [p2p]", "lines: [p2p, fund, payment]"),
        // What belongs to the rulebook as a whole.
        ("reference/calendar.csv", "2024-05-01,holiday", "2024-05-01,feast"),
        ("reference/calendar.csv", "2024-05-01,holiday", "2024-05-32,holiday"),
        ("reference/calendar.csv", "2024-05-01,holiday", "2024-05-04,holiday"),
        ("reference/calendar.csv", "2024-05-01,holiday", "2024-05-01"),
        ("reference/calendar.yaml", "type: date", "type: day"),
        ("grading.yaml", "without: []", "without: [unknown]"),
        ("grading.yaml", "listed", "red"),
    ];
    let mut seen = String::new();
    for (path, old, new) in table {
        let found = faults(with(path, old, new));
        assert_ne!(found, "no fault", "{path}: {old} -> {new}");
        seen.push_str(&format!("━━━ {old:?} → {new:?}\n{found}\n"));
    }
    insta::assert_snapshot!(seen);
}

#[test]
fn files_that_are_missing_or_too_many() {
    let without = |path: &str| files().into_iter().filter(|file| file.path != path).collect::<Vec<_>>();
    let plus = |path: &str, text: &str| {
        let mut files = files();
        files.push(SourceFile::new(path, text));
        files
    };
    let mut seen = String::new();
    for (name, changed) in [
        ("no cases", without("special/many.cases.yaml")),
        ("no entry beside the cases", without("special/many.yaml")),
        ("no grading", without("grading.yaml")),
        ("no calendar", without("reference/calendar.csv")),
        ("no description", without("reference/calendar.yaml")),
        ("a duty twice", plus("duties/daily-too.yaml", &common::DUTY.replace("id: daily", "id: daily-too"))),
        ("nothing is owed and something looks for it", {
            let late =
                common::INDICATOR.replace("id: ratio", "id: late").replace("business_daily", "obligations");
            let late = late.replace("100 * cash_reserve / NULLIF(debt_due_30_days, 0)", "1");
            let cases = common::INDICATOR_CASES;
            let mut files = without(DUTY);
            files.push(SourceFile::new("indicators/micro/late.sql", late));
            files.push(SourceFile::new("indicators/micro/late.cases.yaml", cases));
            files
        }),
        ("a stray file", plus("special/notes.txt", "")),
        ("an entry twice", plus("basic/many.yaml", common::RULE)),
    ] {
        seen.push_str(&format!("━━━ {name}\n{}\n", faults(changed)));
    }
    insta::assert_snapshot!(seen);
}

#[test]
fn one_duty_may_follow_another() {
    let mut files = with(DUTY, "from: 2010-01-01", "from: 2010-01-01, to: 2026-12-31");
    let later = common::DUTY.replace("id: daily", "id: later").replace("2010-01-01", "2027-01-01");
    files.push(SourceFile::new("duties/later.yaml", later.replace("12:00", "09:00")));
    let book = Rulebook::from_files(files).unwrap_or_else(|faults| panic!("{}", faults.render(100)));
    let due = |day: &str| {
        let day = model::time::Day::parse(day).unwrap();
        let own: Vec<_> = book.duties().iter().filter(|duty| duty.covers(day)).collect();
        assert_eq!(own.len(), 1);
        own.first().map(|duty| duty.due_at(day).to_string())
    };
    assert_eq!(due("2026-12-31").as_deref(), Some("2027-01-01T12:00:00+08:00"));
    assert_eq!(due("2027-01-01").as_deref(), Some("2027-01-02T09:00:00+08:00"));
    assert_eq!(book.entries().len(), 2, "duties find nothing by themselves");
}

#[test]
fn every_fault_of_a_file_is_told_at_once() {
    let mut files = with(RULE, "basis: plan", "basis: custom");
    let rule = files.iter_mut().find(|file| file.path == RULE).unwrap();
    *rule = SourceFile::new(RULE, rule.text.replace("amount > 0", "amont > 0").replace("> 2", "= 2"));
    let Err(faults) = Rulebook::from_files(files) else { panic!("no fault") };
    let lines: Vec<_> = faults.0.iter().map(|fault| fault.line_and_column()).collect();
    assert_eq!(lines, [Some((6, 8)), Some((17, 8)), Some((21, 32))]);
}

#[test]
fn a_change_of_an_entry_is_a_change_of_the_rulebook() {
    let book = |files| Rulebook::from_files(files).unwrap();
    let plain = book(files());
    let changed = book(with(RULE, "太多了", "太多"));
    assert_ne!(plain.hash(), changed.hash());
    assert_ne!(plain.entry("many").unwrap().meta().hash, changed.entry("many").unwrap().meta().hash);
    assert_eq!(plain.entry("ratio").unwrap().meta().hash, changed.entry("ratio").unwrap().meta().hash);
    // Cases are no part of a result.
    assert_eq!(plain.hash(), book(with(CASES, "两笔", "两个")).hash());
}
