//! Which of an institution's grades is the current one.

use model::event::{Grade, GradeEvent, Verdict};
use model::time::Day;

/// The current one of an institution's grades, which come in the order of their days: that of the
/// latest day whose filings have come due (`closed`), unless something worse was found on a day since.
///
/// Of a day that is not over hardly anything was filed yet, so that nothing was found in it says
/// nothing; what was found counts at once.
pub fn current<'g>(
    grades: impl DoubleEndedIterator<Item = &'g GradeEvent>,
    closed: Day,
) -> Option<&'g GradeEvent> {
    let (mut since, mut base) = (Vec::new(), None);
    for grade in grades.rev() {
        if grade.day <= closed {
            base = Some(grade);
            break;
        }
        since.push(grade);
    }
    let worst = since.iter().copied().max_by_key(|grade| (found(grade.verdict), grade.day));
    match (base, worst) {
        (Some(base), Some(worst)) if found(worst.verdict) > found(base.verdict) => Some(worst),
        (Some(base), _) => Some(base),
        (None, worst) => worst,
    }
}

/// What was found; green and undetermined are nothing.
fn found(verdict: Verdict) -> Grade {
    verdict.grade().unwrap_or(Grade::Green)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_is_not_over_counts_only_where_something_was_found() {
        use Grade::{Green, Orange, Red, Yellow};
        // Grades of days 1, 2, …; the last day that closed; the day of the current grade.
        let table = [
            (vec![], 2, None),
            (vec![Some(Orange), Some(Green), Some(Green)], 1, Some(1)),
            (vec![Some(Green), Some(Green), Some(Green)], 2, Some(2)),
            (vec![Some(Green), Some(Red), Some(Green)], 1, Some(2)),
            (vec![Some(Orange), Some(Yellow), Some(Orange)], 1, Some(1)),
            (vec![Some(Yellow), Some(Orange), Some(Orange)], 1, Some(3)),
            (vec![None, Some(Green)], 1, Some(1)),
            (vec![Some(Green), Some(Yellow)], 0, Some(2)),
        ];
        for (grades, closed, expected) in table {
            let days = grades.iter().zip(1..).map(|(grade, day)| GradeEvent {
                institution: "i".to_owned(),
                day: Day(day),
                verdict: grade.map_or(Verdict::Undetermined, Verdict::Graded),
                reasons: Vec::new(),
                passed: Vec::new(),
                as_of: 0,
            });
            let days: Vec<GradeEvent> = days.collect();
            let current = current(days.iter(), Day(closed)).map(|grade| grade.day.0);
            assert_eq!(current, expected, "{grades:?}, closed {closed}");
        }
    }
}
