//! The queue of human review (requirements 1.7 and 3.1): findings that a person has to look at, and
//! by when.

use std::collections::BTreeMap;

use model::event::{Finding, Grade, Verdict};
use model::time::{Day, Time};
use rulebook::{BeyondCalendar, Rulebook};

/// A finding that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The finding as it stands.
    pub finding: Finding,
    /// When it was found first.
    pub found_at: Time,
    /// The last working day on which it is in time; where the calendar ends before, that is said.
    pub due: Result<Day, BeyondCalendar>,
    /// Whether two persons have to say the same before it is decided.
    pub four_eyes: bool,
}

impl Review {
    /// Whether the day by which it was due is over; unknown where the calendar does not reach.
    pub fn is_overdue(&self, now: Time) -> Option<bool> {
        self.due.as_ref().ok().map(|due| now.day() > *due)
    }
}

/// Entry, institution, day and group of a finding.
type Key = (String, String, Day, Vec<(String, String)>);

/// The queue, from findings in the order in which they were sealed, each with its time. A finding
/// that no longer holds leaves the queue; one that got worse keeps its deadline.
pub fn queue<'f>(book: &Rulebook, findings: impl IntoIterator<Item = (&'f Finding, Time)>) -> Vec<Review> {
    let reviewed: BTreeMap<&str, (u32, bool)> = (book.entries().iter().map(|entry| entry.meta()))
        .filter_map(|meta| Some((meta.id.as_str(), (meta.review_working_days?, meta.review_four_eyes))))
        .collect();
    let mut waiting: BTreeMap<Key, Review> = BTreeMap::new();
    for (finding, found_at) in findings {
        let Some((days, four_eyes)) = reviewed.get(finding.reason.entry.as_str()) else { continue };
        let key =
            (finding.reason.entry.clone(), finding.institution.clone(), finding.day, finding.group.clone());
        if finding.reason.verdict == Verdict::Graded(Grade::Green) {
            waiting.remove(&key);
            continue;
        }
        let due = || book.calendar().working_days_after(found_at.day(), *days);
        let review = waiting.entry(key).or_insert_with(|| Review {
            finding: finding.clone(),
            found_at,
            due: due(),
            four_eyes: *four_eyes,
        });
        review.finding = finding.clone();
    }
    let mut queue: Vec<Review> = waiting.into_values().collect();
    queue.sort_by_key(|review| (review.due.as_ref().ok().copied(), review.found_at));
    queue
}

#[cfg(test)]
mod tests {
    use model::event::{Reason, Rows};

    use super::*;
    use crate::testing::{RuleText, rulebook};

    fn finding(verdict: Verdict, user: &str) -> Finding {
        Finding {
            institution: "i".to_owned(),
            from: Day(19_782),
            day: Day(19_782),
            group: vec![("user".to_owned(), user.to_owned())],
            reason: Reason {
                entry: "rule-000".to_owned(),
                entry_hash: String::new(),
                line: None,
                verdict,
                value: None,
                condition: String::new(),
                rows: Rows::default(),
            },
            at: 1,
        }
    }

    #[test]
    fn a_finding_waits_until_its_working_days_are_over_and_keeps_its_deadline() {
        // The key stands after the group, where a rule's text takes it.
        let reviewed = RuleText { group_by: "[user]\nreview: {working_days: 2}", ..RuleText::default() };
        let book = rulebook(&[reviewed]);
        let friday = Time::start_of(Day::parse("2024-03-01").unwrap_or_default()).plus_seconds(3600);
        let yellow = Verdict::Graded(Grade::Yellow);
        let sealed = [
            (finding(yellow, "a"), friday),
            (finding(yellow, "b"), friday),
            (finding(Verdict::Graded(Grade::Orange), "a"), friday.plus_seconds(86_400)),
            (finding(Verdict::Graded(Grade::Green), "b"), friday.plus_seconds(86_400)),
        ];
        let queue = queue(&book, sealed.iter().map(|(finding, at)| (finding, *at)));
        assert_eq!(queue.len(), 1);
        // Friday, then Monday and Tuesday.
        assert_eq!(queue.first().and_then(|one| one.due.ok()), Day::parse("2024-03-05").ok());
        let overdue = |day: &str| {
            let at = Time::start_of(Day::parse(day).unwrap_or_default());
            queue.first().and_then(|one| one.is_overdue(at))
        };
        assert_eq!((overdue("2024-03-05"), overdue("2024-03-06")), (Some(false), Some(true)));
    }
}
