//! The latest finding of every window: what tells news from what was found before.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use model::event::{Finding, Grade, Reason, Rows, Verdict};
use model::time::Day;

use super::outcome::Recompute;

type Group = Vec<(String, String)>;

/// What holds of every window that a finding was raised for, in a few bytes more than the findings
/// themselves; green ones are forgotten.
///
/// The streaming evaluator raises what is news to it, but it does not know what the batch engine
/// found of windows that it no longer holds. Every finding, from either and from the ledger at a
/// start, goes through here before it is sealed.
#[derive(Debug, Default)]
pub struct LatestFindings(BTreeMap<(String, String, Day, Group), Finding>);

fn is_green(finding: &Finding) -> bool {
    finding.reason.verdict == Verdict::Graded(Grade::Green)
}

impl LatestFindings {
    /// Takes a finding; whether it is news: its window came to another verdict before, or to none
    /// and this one is not green.
    pub fn take(&mut self, finding: &Finding) -> bool {
        let key =
            (finding.reason.entry.clone(), finding.institution.clone(), finding.day, finding.group.clone());
        let before = self.0.get(&key).map(|known| known.reason.verdict);
        if before.unwrap_or(Verdict::Graded(Grade::Green)) == finding.reason.verdict {
            return false;
        }
        match is_green(finding) {
            true => self.0.remove(&key),
            false => self.0.insert(key, finding.clone()),
        };
        true
    }

    /// Takes what [`super::batch_findings`] found in the windows of `windows`, which are all
    /// windows of the rule with these ids that are not green. Gives the news: what was not found
    /// before, and, as green, what was found and no longer holds; in the order of day and group.
    ///
    /// `answers` says whether this version of the rule answers for a day; for another day another
    /// version does.
    pub fn take_recomputed(
        &mut self,
        rule: &str,
        windows: &Recompute,
        found: &[Finding],
        answers: impl Fn(Day) -> bool,
    ) -> Vec<Finding> {
        let key = |day: Day| (rule.to_owned(), windows.institution.clone(), day, Vec::new());
        let known = self.0.range(key(windows.first_day)..key(windows.last_day.plus(1)));
        let known = known.filter(|((.., day, _), _)| answers(*day));
        let known: Vec<Finding> = known.map(|(_, finding)| finding.clone()).collect();
        self.take_instead(known, found, windows.at)
    }

    /// Takes what a query of the rulebook found on some days: all that it finds there. Gives the
    /// news as [`LatestFindings::take_recomputed`] does.
    pub fn take_read(
        &mut self,
        entry: &str,
        days: &RangeInclusive<Day>,
        found: &[Finding],
        at: u64,
    ) -> Vec<Finding> {
        let first = (entry.to_owned(), String::new(), Day(i32::MIN), Vec::new());
        let of_entry = self.0.range(first..).take_while(|((own, ..), _)| own == entry);
        let known = of_entry.filter(|((.., day, _), _)| days.contains(day));
        let known: Vec<Finding> = known.map(|(_, finding)| finding.clone()).collect();
        self.take_instead(known, found, at)
    }

    /// Takes what was found instead of what was known; what is no longer found is green.
    fn take_instead(&mut self, known: Vec<Finding>, found: &[Finding], at: u64) -> Vec<Finding> {
        let place = |finding: &Finding| (finding.day, finding.institution.clone(), finding.group.clone());
        let still: BTreeSet<_> = found.iter().map(place).collect();
        let gone = known.into_iter().filter(|known| !still.contains(&place(known)));
        let mut news: Vec<Finding> = gone
            .map(|known| Finding {
                reason: Reason {
                    verdict: Verdict::Graded(Grade::Green),
                    value: None,
                    rows: Rows::default(),
                    ..known.reason
                },
                at,
                ..known
            })
            .collect();
        news.extend(found.iter().cloned());
        news.retain(|finding| self.take(finding));
        news.sort_by_cached_key(place);
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(day: i32, group: &str, verdict: Verdict) -> Finding {
        Finding {
            institution: "i".to_owned(),
            from: Day(day),
            day: Day(day),
            group: vec![("user".to_owned(), group.to_owned())],
            reason: Reason {
                entry: "rule".to_owned(),
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
    fn what_is_found_again_is_no_news_and_what_no_longer_holds_is() {
        let (orange, red) = (Verdict::Graded(Grade::Orange), Verdict::Graded(Grade::Red));
        let green = Verdict::Graded(Grade::Green);
        let mut latest = LatestFindings::default();
        assert!(!latest.take(&finding(1, "a", green)));
        assert!(latest.take(&finding(1, "a", orange)));
        assert!(!latest.take(&finding(1, "a", orange)));
        assert!(latest.take(&finding(1, "b", orange)));
        assert!(latest.take(&finding(2, "c", orange)));
        assert!(latest.take(&finding(3, "d", orange)));

        let windows =
            Recompute { rule: 0, institution: "i".to_owned(), first_day: Day(1), last_day: Day(2), at: 9 };
        // a is found again, b is worse, c no longer holds, d lies outside, e is new.
        let found = [finding(1, "a", orange), finding(1, "b", red), finding(2, "e", red)];
        let news = latest.take_recomputed("rule", &windows, &found, |_| true);
        let shown: Vec<_> = news
            .iter()
            .map(|finding| (finding.day.0, finding.group[0].1.as_str(), finding.reason.verdict))
            .collect();
        assert_eq!(shown, [(1, "b", red), (2, "c", green), (2, "e", red)]);
        assert_eq!(news[1].at, 9);
        assert!(latest.take_recomputed("rule", &windows, &found, |_| true).is_empty());
        // Another version of the rule answers for the second day: what it found stays.
        let of_first = latest.take_recomputed("rule", &windows, &found[..2], |day| day == Day(1));
        assert!(of_first.is_empty(), "{of_first:?}");
        assert!(latest.take(&finding(2, "c", orange)));
    }
}
