//! What becomes of entries and balances, case by case.

mod common;

use common::{Filed, breaks, totals};

/// Platform P keeps its clients' money in C and the money of a project in M, both at bank B; A is
/// a client's account. Positions of the lines in a case count from 2.
const REGISTER: &str = "
    account P C custody B 1 -
    account P M project B 1 -
";

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// Reconciles the second and third of March.
fn check(given: &str, expected_totals: &str, expected_breaks: &str) {
    let filed = Filed::all(&format!("{REGISTER}{given}"));
    for threads in [1, 2, 3] {
        let found = filed.reconcile(2..=3, threads);
        assert_eq!(totals(&found), lines(expected_totals), "{given}");
        assert_eq!(breaks(&found), lines(expected_breaks), "{given}");
    }
}

#[test]
fn the_same_on_both_sides_matches() {
    check(
        "
        moved P t1 2.9 A C 100.00
        states B P C 2.9 flow 100.00 t1
        states B P C 3.9 flow -40.00 t2
        moved P t2 3.9 C A 40.00
        ",
        "
        P 2 B C matched=1 matched_amount=100.00 flows=100.00
        P 3 B C matched=1 matched_amount=40.00 flows=-40.00
        ",
        "",
    );
}

#[test]
fn a_transfer_between_two_accounts_in_custody_is_two_entries() {
    check(
        "
        moved P t1 2.9 C M 100.00
        states B P C 2.9 flow -100.00 t1
        states B P C 3.0 opening 0.00 -
        ",
        "
        P 2 B C matched=1 matched_amount=100.00 flows=-100.00
        P 2 B M missing_at_bank=1 missing_at_bank_amount=100.00
        P 3 B C
        ",
        "missing_at_bank P 2 B M t1 100.00 2 - -",
    );
}

#[test]
fn a_transfer_within_one_account_is_two_entries_that_each_match() {
    check(
        "
        moved P t1 2.9 C C 100.00
        states B P C 2.9 flow 100.00 t1
        states B P C 2.9 flow -100.00 t1
        states B P C 3.9 opening 0.00 -
        ",
        "
        P 2 B C matched=2 matched_amount=200.00
        P 3 B C
        ",
        "",
    );
}

#[test]
fn over_midnight_is_timing_on_the_banks_day() {
    // The bank a day later, the bank a day earlier.
    check(
        "
        moved P t1 2.23 A C 100.00
        states B P C 3.0 flow 100.00 t1
        states B P C 2.23 flow 7.00 t2
        moved P t2 3.0 A C 7.00
        ",
        "
        P 2 B C timing=1 flows=7.00
        P 3 B C timing=1 flows=100.00
        ",
        "
        timing P 2 B C t2 7.00 5 7.00 4
        timing P 3 B C t1 100.00 2 100.00 3
        ",
    );
}

#[test]
fn over_midnight_at_the_edges_of_what_is_asked() {
    // t1 belongs to the fourth, t2 to the second; what the first lacks was said on the first.
    check(
        "
        moved P t1 3.23 A C 100.00
        states B P C 4.0 flow 100.00 t1
        moved P t2 1.23 A C 7.00
        states B P C 2.0 flow 7.00 t2
        moved P t3 1.23 A C 8.00
        states B P C 3.0 opening 0.00 -
        ",
        "
        P 2 B C timing=1 flows=7.00
        P 3 B C
        ",
        "timing P 2 B C t2 7.00 4 7.00 5",
    );
}

#[test]
fn two_days_apart_is_missing_on_both_sides() {
    check(
        "
        moved P t1 2.9 A C 100.00
        states B P C 4.9 flow 100.00 t1
        states B P C 2.0 opening 0.00 -
        states B P C 3.0 opening 0.00 -
        ",
        "
        P 2 B C missing_at_bank=1 missing_at_bank_amount=100.00
        P 3 B C
        ",
        "missing_at_bank P 2 B C t1 100.00 2 - -",
    );
}

#[test]
fn another_amount_or_the_wrong_direction_differs() {
    check(
        "
        moved P t1 2.9 A C 100.00
        states B P C 2.9 flow 90.00 t1
        moved P t2 2.9 A C 50.00
        states B P C 2.9 flow -50.00 t2
        moved P t3 2.23 A C 5.00
        states B P C 3.0 flow 6.00 t3
        ",
        "
        P 2 B C amount_differs=2 difference_amount=110.00 flows=40.00
        P 3 B C amount_differs=1 difference_amount=1.00 flows=6.00
        ",
        "
        amount_differs P 2 B C t1 100.00 2 90.00 3
        amount_differs P 2 B C t2 50.00 4 -50.00 5
        amount_differs P 3 B C t3 5.00 6 6.00 7
        ",
    );
}

#[test]
fn what_one_side_does_not_know_is_missing_there() {
    check(
        "
        moved P t1 2.9 A C 100.00
        states B P C 2.9 flow 30.00 t2
        states B P C 2.9 flow -8.00 -
        states B P C 3.9 closing 1.00 -
        ",
        "
        P 2 B C missing_at_bank=1 missing_at_platform=2 missing_at_bank_amount=100.00 missing_at_platform_amount=38.00 flows=22.00
        P 3 B C closing=1.00
        ",
        "
        missing_at_bank P 2 B C t1 100.00 2 - -
        missing_at_platform P 2 B C t2 - - 30.00 3
        missing_at_platform P 2 B C - - - -8.00 4
        ",
    );
}

#[test]
fn the_same_id_on_another_account_is_another_entry() {
    check(
        "
        moved P t1 2.9 A C 100.00
        states B P M 2.9 flow 100.00 t1
        states B P M 3.9 opening 0.00 -
        ",
        "
        P 2 B C missing_at_bank=1 missing_at_bank_amount=100.00
        P 2 B M missing_at_platform=1 missing_at_platform_amount=100.00 flows=100.00
        P 3 B M
        ",
        "
        missing_at_bank P 2 B C t1 100.00 2 - -
        missing_at_platform P 2 B M t1 - - 100.00 3
        ",
    );
}

#[test]
fn duplicates_are_paired_as_far_as_they_go() {
    // The bank booked t1 three times, once on the next day, and once with another amount.
    check(
        "
        moved P t1 2.9 A C 100.00
        moved P t1 2.9 A C 100.00
        states B P C 2.9 flow 90.00 t1
        states B P C 2.9 flow 100.00 t1
        states B P C 3.0 flow 100.00 t1
        states B P C 2.9 flow 100.00 t1
        ",
        "
        P 2 B C matched=2 missing_at_platform=1 matched_amount=200.00 missing_at_platform_amount=90.00 flows=290.00
        P 3 B C missing_at_platform=1 missing_at_platform_amount=100.00 flows=100.00
        ",
        "
        missing_at_platform P 2 B C t1 - - 90.00 4
        missing_at_platform P 3 B C t1 - - 100.00 6
        ",
    );
}

#[test]
fn an_account_in_a_statement_is_in_custody_though_nobody_registered_it() {
    check(
        "
        moved P t1 2.9 A X 100.00
        moved P t2 3.9 X A 60.00
        states B P X 2.9 flow 100.00 t1
        states B P C 3.9 opening 0.00 -
        moved P t3 2.9 Y A 5.00
        ",
        "
        P 2 B X matched=1 matched_amount=100.00 flows=100.00
        P 3 B C
        P 3 B X missing_at_bank=1 missing_at_bank_amount=60.00
        ",
        "missing_at_bank P 3 B X t2 -60.00 3 - -",
    );
}

#[test]
fn only_accounts_in_custody_on_the_day_count() {
    check(
        "
        account P D custody B 3 3
        account P O own B 1 -
        states B P C 2.9 opening 0.00 -
        states B P C 3.9 opening 0.00 -
        moved P t1 2.9 A D 1.00
        moved P t2 3.9 A D 2.00
        moved P t3 3.9 A O 4.00
        ",
        "
        P 2 B C
        P 3 B C
        P 3 B D missing_at_bank=1 missing_at_bank_amount=2.00
        ",
        "missing_at_bank P 3 B D t2 2.00 7 - -",
    );
}

#[test]
fn a_day_that_no_bank_stated_is_undetermined() {
    check(
        "
        states B P C 2.9 opening 0.00 -
        moved P t1 3.9 A C 100.00
        moved P t2 3.9 C M 100.00
        ",
        "
        P 2 B C
        P 3 - - not_stated undetermined=3
        ",
        "",
    );
}

#[test]
fn a_day_that_no_bank_stated_shows_without_any_transaction() {
    check("", "P 2 - - not_stated\nP 3 - - not_stated", "");
}

#[test]
fn balances_are_proved_and_carried() {
    check(
        "
        states B P C 1.0 closing 10.00 -
        states B P C 2.0 opening 10.00 -
        states B P C 2.9 flow 5.00 t1
        states B P C 2.23 closing 15.00 -
        states B P C 3.0 opening 14.00 -
        states B P C 3.9 flow -4.00 t2
        states B P C 3.23 closing 11.00 -
        moved P t1 2.9 A C 5.00
        moved P t2 3.9 C A 4.00
        ",
        "
        P 2 B C matched=1 matched_amount=5.00 opening=10.00 flows=5.00 closing=15.00 balance_gap=0.00 carry_gap=0.00
        P 3 B C matched=1 matched_amount=4.00 opening=14.00 flows=-4.00 closing=11.00 balance_gap=1.00 carry_gap=-1.00
        ",
        "",
    );
}

#[test]
fn balances_that_are_missing_or_doubled() {
    // Of two openings the first counts; without an opening there is no gap to speak of.
    check(
        "
        states B P C 2.0 opening 10.00 -
        states B P C 2.0 opening 11.00 -
        states B P C 2.23 closing 10.00 -
        states B P C 2.23 closing 12.00 -
        states B P C 2.23 closing 12.00 -
        states B P C 3.23 closing 12.00 -
        states B P M 3.0 opening 7.00 -
        ",
        "
        P 2 B C opening=10.00 closing=10.00 balance_gap=0.00 statement_faults=3
        P 3 B C closing=12.00
        P 3 B M opening=7.00
        ",
        "",
    );
}

#[test]
fn nulls_are_undetermined_and_never_breaks() {
    // t1 was erased: the bank's line may belong to it. t2 bears no payer, its payee matches.
    // The bank's amount of t3 is not known.
    check(
        "
        moved P t1 2.9 - - -
        states B P C 2.9 flow 100.00 t1
        moved P t2 2.9 - C 7.00
        states B P C 2.9 flow 7.00 t2
        moved P t3 3.9 A C 9.00
        states B P C 3.9 flow - t3
        moved P t4 3.9 A C -
        states B P - 3.9 flow 2.00 t5
        ",
        "
        P 2 - - undetermined=3
        P 2 B C matched=1 undetermined=1 matched_amount=7.00 flows=107.00
        P 3 B - undetermined=1
        P 3 B C undetermined=3
        ",
        "",
    );
}

#[test]
fn platforms_and_banks_are_kept_apart() {
    // Q has an account of its own at two banks, and an id that P has too.
    check(
        "
        account Q C custody D 1 -
        moved P t1 2.9 A C 1.00
        moved Q t1 2.9 A C 1.00
        states B P C 2.9 flow 1.00 t1
        states D Q C 2.9 flow 2.00 t1
        states E Q C 2.9 opening 0.00 -
        states B P C 3.9 opening 0.00 -
        states E Q C 3.9 opening 0.00 -
        moved Q t2 3.9 A C 3.00
        moved R t3 3.9 A C 3.00
        ",
        "
        P 2 B C matched=1 matched_amount=1.00 flows=1.00
        P 3 B C
        Q 2 D C amount_differs=1 difference_amount=1.00 flows=2.00
        Q 2 E C
        Q 3 E C missing_at_bank=1 missing_at_bank_amount=3.00
        ",
        "
        amount_differs Q 2 D C t1 1.00 4 2.00 6
        missing_at_bank Q 3 E C t2 3.00 10 - -
        ",
    );
}

#[test]
fn lists_end_and_totals_do_not() {
    let mut filed = Filed::all(REGISTER);
    filed.file("states B P C 2.0 opening 0.00 -");
    for n in 0..custody::LISTED_MAX + 5 {
        filed.file(&format!("moved P t{n} 2.9 A C 1.00"));
    }
    filed.transactions.reverse();
    let found = filed.reconcile(2..=2, 2);
    assert_eq!(totals(&found), ["P 2 B C missing_at_bank=1005 missing_at_bank_amount=1005.00"]);
    let listed = breaks(&found);
    assert_eq!(listed.len(), 1000);
    assert_eq!(listed[0], "missing_at_bank P 2 B C t0 1.00 3 - -");
    assert_eq!(listed[999], "missing_at_bank P 2 B C t999 1.00 1002 - -");
}

#[test]
fn batches_of_another_shape_are_refused_by_name() {
    let filed = Filed::all(&format!("{REGISTER} moved P t1 2.9 A C 1.00"));
    let narrow: Vec<_> = filed.transactions.iter().map(|batch| batch.project(&[0, 1]).unwrap()).collect();
    let input = custody::Input { transactions: &narrow, statements: &[], accounts: &filed.accounts };
    let error = custody::Reconciliation::of(&input, common::day(2)..=common::day(2), 1).unwrap_err();
    assert_eq!(error.to_string(), "rows of transaction have no column \"position\"");
}
