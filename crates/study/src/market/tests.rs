use rulebook::load;

use super::*;

const RULE: &str = "fifty-thousand-yuan-day";

fn expectation(day: i32, user: &str, nature: Expected) -> Expectation {
    Expectation {
        entry: RULE.to_owned(),
        institution: "a".to_owned(),
        day: Day(day),
        group: vec![("user".to_owned(), user.to_owned())],
        nature,
        conduct: "a large day".to_owned(),
    }
}

fn raised(day: i32, user: &str, withdrawn: bool) -> Raised {
    Raised {
        entry: RULE.to_owned(),
        institution: "a".to_owned(),
        day: Day(day),
        group: vec![("user".to_owned(), user.to_owned())],
        found_at: Time::start_of(Day(day)).plus_seconds(7200),
        withdrawn,
    }
}

#[test]
fn planted_found_missed_suspected_and_possible_are_told_apart() {
    let planted = |day| Expected::Planted(Time::start_of(Day(day)));
    let expected = [
        expectation(1, "p1:a", planted(1)),
        expectation(2, "p1:a", planted(2)),
        expectation(3, "p1:a", planted(3)),
        expectation(4, "p1:b", Expected::Possible),
        expectation(5, "p1:c", Expected::Lawful),
    ];
    let found = [
        raised(1, "p1:a", false),
        // Of another user on the same day: not what was planted.
        raised(2, "p1:z", false),
        // Withdrawn: not found in the end.
        raised(3, "p1:a", true),
        raised(4, "p1:b", false),
        raised(5, "p1:c", false),
    ];
    let scores = score(&load::embedded().unwrap(), &expected, &found);
    let score = scores.entries.iter().find(|score| score.entry == RULE).unwrap();
    assert_eq!((score.planted, score.found, score.raised, score.right), (3, 1, 3, 1));
    assert_eq!((score.likenesses, score.likenesses_found, score.withdrawn), (1, 1, 1));
    assert_eq!(score.hours_median, Some(2.0));
    assert_eq!(score.missed.len(), 2);
    assert!(score.wrong[0].contains("p1:z") && score.wrong[1].contains("p1:c"));
    let told = scores.to_string();
    let total: Vec<&str> =
        told.lines().find(|line| line.starts_with("all ")).unwrap().split_whitespace().collect();
    assert_eq!(total, ["all", "3", "1", "0.333", "3", "1", "0.333", "1/1", "1", "–", "2.0"]);
    assert!(told.contains("likeness: lawful"));
}
