//! What a grade is made of.

use super::*;
use crate::testing::{self, RuleText};

/// A rule on transactions, one on balances, one of another time, one across institutions.
fn book() -> Rulebook {
    testing::rulebook(&[
        RuleText::default(),
        RuleText { stream: "business_daily", group_by: "[line]", ..RuleText::default() },
        RuleText { effective: "{from: 2010-01-01, to: 2012-01-01}", ..RuleText::default() },
        RuleText { across: true, ..RuleText::default() },
    ])
}

fn day(day: i32) -> Day {
    Day::from_ymd(2024, 3, 1).unwrap().plus(day)
}

fn finding(on: i32, group: &str, verdict: Verdict) -> Finding {
    let rows = Rows { count: 2, positions: vec![7, 8] };
    let group = vec![("user".to_owned(), group.to_owned())];
    let reason = Reason { rows, ..reason("rule-000", None, verdict) };
    Finding { institution: "bank".to_owned(), from: day(on), day: day(on), group, reason, at: 8 }
}

fn reason(entry: &str, line: Option<&str>, verdict: Verdict) -> Reason {
    Reason {
        entry: entry.to_owned(),
        entry_hash: String::new(),
        line: line.map(str::to_owned),
        verdict,
        value: None,
        condition: String::new(),
        rows: Rows::default(),
    }
}

fn reading(on: i32, line: &str, verdict: Verdict) -> Reading {
    let reason = reason("liquidity", Some(line), verdict);
    Reading {
        day: day(on),
        institution: "bank".to_owned(),
        group: Vec::new(),
        reason,
        grades: true,
        announces: None,
    }
}

fn readings(days: RangeInclusive<i32>, readings: Vec<Reading>) -> Readings {
    Readings { entry: "liquidity".to_owned(), days: day(*days.start())..=day(*days.end()), readings }
}

fn looked_at(on: i32) -> BTreeSet<(Day, String)> {
    BTreeSet::from([(day(on), "bank".to_owned())])
}

const GREEN: Verdict = Verdict::Graded(Grade::Green);
const YELLOW: Verdict = Verdict::Graded(Grade::Yellow);
const RED: Verdict = Verdict::Graded(Grade::Red);

/// Grades as (day, verdict, entries of the reasons, rules that passed).
fn shown(grades: &[GradeEvent]) -> Vec<(i32, Verdict, Vec<&str>, Vec<&str>)> {
    let one = |grade: &'_ GradeEvent| (grade.day.0 - day(0).0, grade.verdict);
    grades
        .iter()
        .map(|grade| {
            let (on, verdict) = one(grade);
            let reasons = grade.reasons.iter().map(|reason| reason.entry.as_str()).collect();
            (on, verdict, reasons, grade.passed.iter().map(String::as_str).collect())
        })
        .collect()
}

#[test]
fn records_in_which_rules_found_nothing_make_a_green_grade_that_names_them() {
    let (book, mut board) = (book(), GradeBoard::default());
    board.note_records("bank", day(0), "transaction");
    let news = || News { looked_at: looked_at(0), ..News::default() };
    let grades = board.update(&book, news());
    assert_eq!(shown(&grades), [(0, GREEN, vec![], vec!["rule-000"])]);
    assert!(board.update(&book, news()).is_empty(), "nothing new");

    board.note_records("bank", day(0), "business_daily");
    let grades = board.update(&book, news());
    assert_eq!(shown(&grades), [(0, GREEN, vec![], vec!["rule-000", "rule-001"])]);

    let found = [finding(0, "a", RED)];
    let grades = board.update(&book, News { findings: &found, ..News::default() });
    assert_eq!(shown(&grades), [(0, RED, vec!["rule-000"], vec!["rule-001"])]);
}

#[test]
fn records_that_no_rule_looks_at_make_no_grade() {
    let (book, mut board) = (book(), GradeBoard::default());
    board.note_records("bank", day(0), "kyc_check");
    assert!(board.update(&book, News { looked_at: looked_at(0), ..News::default() }).is_empty());
}

#[test]
fn the_worst_finding_of_a_rule_stands_for_all_and_undetermined_is_listed() {
    let (book, mut board) = (book(), GradeBoard::default());
    let found = [finding(0, "a", YELLOW), finding(0, "b", RED), finding(0, "c", Verdict::Undetermined)];
    let grades = board.update(&book, News { findings: &found, ..News::default() });
    assert_eq!(shown(&grades), [(0, RED, vec!["rule-000"], vec![])]);
    assert_eq!(grades[0].reasons[0].rows.count, 6);

    let lines = vec![reading(0, "p2p", Verdict::Undetermined), reading(0, "payment", GREEN)];
    let grades = board.update(&book, News { readings: vec![readings(0..=0, lines)], ..News::default() });
    assert_eq!(shown(&grades), [(0, RED, vec!["rule-000", "liquidity", "liquidity"], vec![])]);
    assert_eq!(grades[0].reasons[1].line.as_deref(), Some("p2p"), "the undetermined one first");

    // What was found no longer holds: what is left is green, and one line is undetermined.
    let gone = [finding(0, "a", GREEN), finding(0, "b", GREEN), finding(0, "c", GREEN)];
    let grades = board.update(&book, News { findings: &gone, ..News::default() });
    assert_eq!(grades[0].verdict, GREEN);
    assert!(grades[0].reasons.iter().any(|reason| reason.verdict == Verdict::Undetermined));
}

#[test]
fn nothing_but_undetermined_is_undetermined() {
    let (book, mut board) = (book(), GradeBoard::default());
    let read = vec![reading(0, "p2p", Verdict::Undetermined)];
    let grades = board.update(&book, News { readings: vec![readings(0..=0, read)], ..News::default() });
    assert_eq!(shown(&grades), [(0, Verdict::Undetermined, vec!["liquidity"], vec![])]);
}

#[test]
fn a_reading_that_is_gone_takes_its_reason_with_it() {
    let (book, mut board) = (book(), GradeBoard::default());
    let read = |on| vec![reading(on, "p2p", YELLOW)];
    let of = |on: i32, read| News { readings: vec![readings(on..=on, read)], ..News::default() };
    assert_eq!(board.update(&book, of(0, read(0))).len(), 1);
    assert_eq!(board.update(&book, of(1, read(1))).len(), 1);
    let grades = board.update(&book, News { readings: vec![readings(0..=0, vec![])], ..News::default() });
    assert_eq!(shown(&grades), [(0, Verdict::Undetermined, vec![], vec![])]);
    assert_eq!(board.grade("bank", day(1)).unwrap().verdict, YELLOW);
}

#[test]
fn a_restored_board_goes_on_as_the_one_that_never_stopped() {
    let book = rulebook::load::embedded().unwrap();
    let mut live = GradeBoard::default();
    live.note_records("bank", day(0), "transaction");
    let lines = || vec![reading(0, "p2p", YELLOW), reading(0, "payment", RED)];
    let found = [finding(0, "a", YELLOW)];
    let news = News { findings: &found, readings: vec![readings(0..=0, lines())], ..News::default() };
    let sealed = live.update(&book, news);

    let mut restored = GradeBoard::default();
    restored.note_records("bank", day(0), "transaction");
    restored.restore_finding(&book, &found[0]);
    for grade in sealed {
        restored.restore(&book, grade);
    }
    let worse = [finding(0, "b", RED)];
    let then = || News { findings: &worse, as_of: 9, ..News::default() };
    assert_eq!(live.update(&book, then()), restored.update(&book, then()));
    assert!(live.grades().eq(restored.grades()));
    let again = || News { readings: vec![readings(0..=0, lines())], ..News::default() };
    assert!(live.update(&book, again()).is_empty());
    assert!(restored.update(&book, again()).is_empty());
}
