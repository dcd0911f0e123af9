//! What supervisors look at: the grades as they stand, everything that was found, and the notices that
//! institutions were given.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use analysis::grade::current;
use model::event::{Finding, GradeEvent, Notice};
use model::time::{Day, Time};

use crate::evaluate::Outputs;

/// Grades, findings and notices, as sealed.
#[derive(Debug, Default)]
pub struct Board(RwLock<Shown>);

#[derive(Debug, Default)]
struct Shown {
    grades: BTreeMap<(Day, String), GradeEvent>,
    /// Each with the time of the evaluation that came to it.
    findings: Vec<(Finding, Time)>,
    notices: Vec<Notice>,
}

impl Board {
    /// Adds what an evaluation came to.
    pub(crate) fn add(&self, outputs: Outputs) {
        let Outputs { findings, grades, notices, occasion } = outputs;
        let at = occasion.time;
        let mut shown = self.0.write().unwrap_or_else(PoisonError::into_inner);
        shown.findings.extend(findings.into_iter().map(|finding| (finding, at)));
        for grade in grades {
            shown.grades.insert((grade.day, grade.institution.clone()), grade);
        }
        shown.notices.extend(notices);
    }

    /// The grades that `wanted` names, in the order of day and institution.
    pub fn grades(&self, wanted: impl Fn(&GradeEvent) -> bool) -> Vec<GradeEvent> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shown.grades.values().filter(|grade| wanted(grade)).cloned().collect()
    }

    /// The current grade of each institution, when the filings of days up to one have come due.
    pub fn current(&self, closed: Day) -> Vec<GradeEvent> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut of_each: BTreeMap<&str, Vec<&GradeEvent>> = BTreeMap::new();
        for grade in shown.grades.values() {
            of_each.entry(&grade.institution).or_default().push(grade);
        }
        let of_each = of_each.into_values();
        of_each.filter_map(|grades| current(grades.into_iter(), closed)).cloned().collect()
    }

    /// The findings that `wanted` names, in the order in which they were sealed.
    pub fn findings(&self, wanted: impl Fn(&Finding) -> bool) -> Vec<Finding> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let findings = shown.findings.iter().map(|(finding, _)| finding);
        findings.filter(|finding| wanted(finding)).cloned().collect()
    }

    /// Lends all findings, in the order in which they were sealed, each with the time at which it was
    /// found.
    pub fn with_findings<T>(&self, look: impl FnOnce(&[(Finding, Time)]) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner).findings)
    }

    /// The notices that `wanted` names, in the order in which they were given.
    pub fn notices(&self, wanted: impl Fn(&Notice) -> bool) -> Vec<Notice> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shown.notices.iter().filter(|notice| wanted(notice)).cloned().collect()
    }

    /// How many grades and findings there are.
    pub fn counts(&self) -> (usize, usize) {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        (shown.grades.len(), shown.findings.len())
    }
}
