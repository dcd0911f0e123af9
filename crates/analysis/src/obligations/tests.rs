//! Filings against what was owed, as tables.

use super::*;
use model::institution::InstitutionId;
use sim::{Conduct, Market, MarketPlan};

fn duties() -> Duties {
    Duties::of(&rulebook::load::embedded().unwrap_or_else(|faults| panic!("{}", faults.render(100))))
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn time(text: &str) -> Time {
    Time::parse(&format!("{text}+08:00")).unwrap()
}

fn registered(line: LineOfBusiness) -> BTreeMap<String, Vec<Registered>> {
    let from = day("2026-02-01");
    BTreeMap::from([(InstitutionId::synthetic(1).to_string(), vec![Registered { line, from }])])
}

fn receipt(stream: &str, date: &str, received_at: &str) -> FilingReceipt {
    FilingReceipt {
        filing: String::new(),
        stream: stream.to_owned(),
        institution: InstitutionId::synthetic(1),
        date: Day::parse(date).ok(),
        is_final: true,
        outcome: FilingOutcome::Complete,
        received_at: time(received_at),
        lines: 10,
        accepted: 10,
        duplicates: 0,
        refused: 0,
        announced: None,
        refusals_sha256: None,
        refusals_listed: None,
        positions: None,
    }
}

/// How the one obligation in a stream for a day stands.
fn status(
    stream: &str,
    line: LineOfBusiness,
    date: &str,
    receipts: &[FilingReceipt],
    now: Time,
) -> Option<&'static str> {
    let mut filed = Filed::default();
    receipts.iter().for_each(|receipt| filed.add(receipt));
    let date = day(date);
    let standing = duties().standing(&registered(line), &filed, date.plus(-1)..=date.plus(1), now);
    let mut own = standing.iter().filter(|one| one.stream == stream && one.day == date);
    let found = own.next().map(|one| one.status.code());
    assert_eq!(own.next(), None);
    found
}

#[test]
fn how_a_statement_for_the_second_of_march_stands() {
    // Received, final, announced lines, judged at, status.
    let table = [
        (Some("2026-03-03T08:00:00"), true, None, "2026-03-03T11:59:59", None),
        (Some("2026-03-03T08:00:00"), true, None, "2026-03-03T12:00:00", Some("on_time")),
        (Some("2026-03-03T12:00:01"), true, None, "2026-03-04T00:00:00", Some("late")),
        (Some("2026-03-03T08:00:00"), false, None, "2026-03-04T00:00:00", Some("incomplete")),
        (Some("2026-03-03T08:00:00"), true, Some(11), "2026-03-04T00:00:00", Some("incomplete")),
        (Some("2026-03-03T08:00:00"), true, Some(10), "2026-03-04T00:00:00", Some("on_time")),
        (None, true, None, "2026-03-03T11:00:00", None),
        (None, true, None, "2026-03-03T12:00:00", Some("missing")),
    ];
    for (received_at, is_final, announced, now, expected) in table {
        let receipts: Vec<_> = received_at
            .map(|at| FilingReceipt { is_final, announced, ..receipt("custody_statement", "2026-03-02", at) })
            .into_iter()
            .collect();
        let status = status("custody_statement", LineOfBusiness::Custody, "2026-03-02", &receipts, time(now));
        assert_eq!(status, expected, "{received_at:?} {is_final} {announced:?} {now}");
    }
}

/// A filing as (final, accepted, duplicates, refused).
type Brought = (bool, u64, u64, u64);

/// Filings of one date in a row, an hour apart from nine o'clock, and how the date stands the day
/// after.
#[test]
fn refused_lines_keep_a_date_incomplete_until_they_are_put_right() {
    #[rustfmt::skip]
    let table: &[(&str, &[Brought], &str)] = &[
        ("nothing refused",                  &[(true, 100, 0, 0)], "on_time"),
        ("three refused",                    &[(true, 97, 0, 3)], "incomplete"),
        ("put right alone",                  &[(true, 97, 0, 3), (true, 3, 0, 0)], "on_time"),
        ("put right alone, not declared",    &[(true, 97, 0, 3), (false, 3, 0, 0)], "on_time"),
        ("put right one by one",             &[(true, 97, 0, 3), (false, 2, 0, 0), (false, 1, 0, 0)], "on_time"),
        ("two of three put right",           &[(true, 97, 0, 3), (true, 2, 0, 0)], "incomplete"),
        ("two put right, one refused again", &[(true, 97, 0, 3), (true, 2, 0, 1)], "incomplete"),
        ("and then that one",                &[(true, 97, 0, 3), (true, 2, 0, 1), (true, 1, 0, 0)], "on_time"),
        ("put right too late",               &[(true, 97, 0, 3), (true, 2, 0, 0), (true, 0, 0, 1), (true, 1, 0, 0)], "late"),
        ("the whole again",                  &[(true, 97, 0, 3), (true, 3, 97, 0)], "on_time"),
        ("the whole without the bad lines",  &[(true, 97, 0, 3), (true, 0, 97, 0)], "on_time"),
        ("the whole, one refused again",     &[(true, 97, 0, 3), (true, 2, 97, 1)], "incomplete"),
        ("a part again without bad lines",   &[(true, 97, 0, 3), (true, 0, 40, 0)], "incomplete"),
        ("in two parts, one with refusals",  &[(false, 95, 0, 5), (true, 100, 0, 0)], "incomplete"),
        ("in two parts, then put right",     &[(false, 95, 0, 5), (true, 100, 0, 0), (true, 5, 0, 0)], "on_time"),
        ("pushed, then filed whole",         &[(false, 95, 0, 5), (true, 5, 95, 0)], "on_time"),
        ("pushed, refused again when whole", &[(false, 95, 0, 5), (true, 0, 95, 5)], "incomplete"),
        ("declared complete, nothing else",  &[(false, 95, 0, 5), (true, 0, 0, 0)], "incomplete"),
        ("refused after it was complete",    &[(true, 100, 0, 0), (true, 0, 0, 2)], "on_time"),
        ("none of the lines is good",        &[(true, 0, 0, 4)], "incomplete"),
        ("an empty day",                     &[(true, 0, 0, 0)], "on_time"),
    ];
    for (name, filings, expected) in table {
        let receipts: Vec<_> = (9..)
            .zip(*filings)
            .map(|(hour, (is_final, accepted, duplicates, refused))| FilingReceipt {
                is_final: *is_final,
                accepted: *accepted,
                duplicates: *duplicates,
                refused: *refused,
                lines: accepted + duplicates + refused,
                ..receipt("transaction", "2026-03-02", &format!("2026-03-03T{hour:02}:30:00"))
            })
            .collect();
        let now = time("2026-03-04T00:00:00");
        let status = status("transaction", LineOfBusiness::Payment, "2026-03-02", &receipts, now);
        assert_eq!(status, Some(*expected), "{name}");
    }
}

#[test]
fn what_broke_off_is_filed_again() {
    let broken = FilingReceipt {
        is_final: false,
        outcome: FilingOutcome::Interrupted,
        accepted: 40,
        refused: 2,
        ..receipt("transaction", "2026-03-02", "2026-03-03T09:00:00")
    };
    let again = FilingReceipt {
        accepted: 55,
        duplicates: 40,
        refused: 5,
        ..receipt("transaction", "2026-03-02", "2026-03-03T09:05:00")
    };
    let mended = FilingReceipt { accepted: 5, ..receipt("transaction", "2026-03-02", "2026-03-03T10:00:00") };
    let now = time("2026-03-04T00:00:00");
    for (receipts, expected) in [
        (vec![broken.clone()], "incomplete"),
        (vec![broken.clone(), again.clone()], "incomplete"),
        (vec![broken, again, mended], "on_time"),
    ] {
        let status = status("transaction", LineOfBusiness::P2p, "2026-03-02", &receipts, now);
        assert_eq!(status, Some(expected), "{receipts:#?}");
    }
}

#[test]
fn a_month_is_disclosed_by_the_tenth_of_the_next() {
    // The filing's date, received, judged at, how February stands.
    let table = [
        (Some("2026-02-28"), "2026-03-05T10:00:00", "2026-03-10T23:59:59", None),
        (Some("2026-02-28"), "2026-03-05T10:00:00", "2026-03-11T00:00:00", Some("on_time")),
        (Some("2026-02-28"), "2026-03-11T00:00:01", "2026-03-12T00:00:00", Some("late")),
        (Some("2026-03-05"), "2026-03-05T10:00:00", "2026-03-11T00:00:00", Some("missing")),
        (None, "2026-03-05T10:00:00", "2026-03-11T00:00:00", Some("missing")),
    ];
    for (date, received_at, now, expected) in table {
        let receipts: Vec<_> =
            date.map(|date| receipt("disclosure", date, received_at)).into_iter().collect();
        let status = status("disclosure", LineOfBusiness::Fund, "2026-02-28", &receipts, time(now));
        assert_eq!(status, expected, "{date:?} {received_at} {now}");
    }
}

#[test]
fn what_happens_now_and_then_is_owed_only_when_it_happens() {
    let now = time("2026-03-04T00:00:00");
    let on = |received_at: &str| vec![receipt("major_event", "2026-03-02", received_at)];
    for (receipts, expected) in [
        (vec![], None),
        (on("2026-03-02T18:00:00"), Some("on_time")),
        (on("2026-03-03T08:00:00"), Some("late")),
    ] {
        assert_eq!(status("major_event", LineOfBusiness::P2p, "2026-03-02", &receipts, now), expected);
    }
}

#[test]
fn a_firm_with_two_lines_owes_a_filing_once() {
    let institution = InstitutionId::synthetic(1).to_string();
    let from = day("2026-03-02");
    let both = [LineOfBusiness::Fund, LineOfBusiness::P2p].map(|line| Registered { line, from });
    let registered = BTreeMap::from([(institution, both.to_vec())]);
    let now = time("2026-03-03T12:00:00");
    let standing = duties().standing(&registered, &Filed::default(), from.plus(-9)..=from, now);
    let owed: Vec<_> = standing.iter().map(|one| (one.stream.as_str(), one.line, one.day)).collect();
    let own = |stream| (stream, LineOfBusiness::P2p, from);
    assert_eq!(owed, [own("transaction"), own("business_daily"), own("operations_daily")]);
}

#[test]
fn days_that_fall_due() {
    let between = |before: &str, now: &str| duties().due_between(time(before), time(now));
    let range = |first: &str, last: &str| Some(day(first)..=day(last));
    assert_eq!(between("2026-03-03T11:00:00", "2026-03-03T11:00:00"), None);
    assert_eq!(between("2026-03-03T11:00:00", "2026-03-03T13:00:00"), range("2026-03-02", "2026-03-03"));
    assert_eq!(between("2026-03-03T12:00:00", "2026-03-03T13:00:00"), None);
    // The tenth of March is over: February's disclosure was due.
    assert_eq!(between("2026-03-10T23:00:00", "2026-03-11T00:00:00"), range("2026-02-28", "2026-03-11"));
    assert_eq!(between("2026-03-11T00:00:00", "2026-03-11T01:00:00"), None);
    // A server that stood still from December to March.
    assert_eq!(between("2025-12-20T00:00:00", "2026-03-05T00:00:00"), range("2025-12-19", "2026-03-05"));
}

/// Every day that something becomes due for lies in what `due_between` says.
#[test]
fn nothing_falls_due_unnoticed() {
    let duties = duties();
    let start = time("2026-01-28T00:00:00");
    for step in 0..400 {
        let (before, now) = (start.plus_seconds(step * 9 * 3600), start.plus_seconds((step + 1) * 9 * 3600));
        let noticed = duties.due_between(before, now);
        let fell_due = |day: &Day| {
            let due =
                |duty: &Duty| duty.covers(*day) && before < duty.due_at(*day) && duty.due_at(*day) <= now;
            duties.0.iter().any(due)
        };
        for day in (before.day().0 - 60..=now.day().0 + 3).map(Day).filter(fell_due) {
            assert!(
                noticed.as_ref().is_some_and(|days| days.contains(&day)),
                "{day} between {before} and {now}"
            );
        }
    }
}

/// Only what is planted in the simulated market is late or missing.
#[test]
fn a_simulated_market_is_on_time_where_nothing_is_planted() {
    let market = Market::new(MarketPlan {
        seed: 7,
        institutions: 40,
        days: 45,
        transactions: 2_000,
        first_day: day("2026-02-01"),
    });
    let mut filed = Filed::default();
    for filing in market.filings() {
        filed.add(&FilingReceipt {
            institution: filing.institution.clone(),
            date: Some(filing.date),
            received_at: filing.filed_at,
            ..receipt(filing.stream.name, "", "2026-02-01T00:00:00")
        });
    }
    let from = day("2026-02-01");
    let registered: BTreeMap<String, Vec<Registered>> = market
        .institutions()
        .map(|one| (one.id.to_string(), vec![Registered { line: one.line, from }]))
        .collect();
    let now = time("2026-03-17T00:00:00");
    let standing = duties().standing(&registered, &filed, from..=day("2026-03-16"), now);
    assert!(standing.iter().any(|one| one.stream == "disclosure" && one.status == ObligationStatus::OnTime));
    let mut found: Vec<_> = standing
        .into_iter()
        .filter(|one| one.status != ObligationStatus::OnTime)
        .map(|one| (one.institution, one.day, one.status.code()))
        .collect();
    found.sort();
    let mut planted: Vec<_> = market
        .planted()
        .into_iter()
        .flat_map(|planted| {
            let key = |status| (planted.institution.to_string(), planted.day, status);
            match planted.what {
                Conduct::Late { .. } => vec![key("late")],
                // Business and operations both.
                Conduct::Silent => vec![key("missing"); 2],
                _ => Vec::new(),
            }
        })
        .collect();
    planted.sort();
    assert!(!planted.is_empty());
    assert_eq!(found, planted);
}
