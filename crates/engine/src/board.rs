//! What supervisors look at: the grades as they stand and everything that was found.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use model::event::{Finding, GradeEvent};
use model::time::Day;

/// Grades and findings, as sealed.
#[derive(Debug, Default)]
pub struct Board(RwLock<Shown>);

#[derive(Debug, Default)]
struct Shown {
    grades: BTreeMap<(Day, String), GradeEvent>,
    findings: Vec<Finding>,
}

impl Board {
    /// Adds what an evaluation came to.
    pub(crate) fn add(&self, findings: Vec<Finding>, grades: Vec<GradeEvent>) {
        let mut shown = self.0.write().unwrap_or_else(PoisonError::into_inner);
        shown.findings.extend(findings);
        for grade in grades {
            shown.grades.insert((grade.day, grade.institution.clone()), grade);
        }
    }

    /// The grades that `wanted` names, in the order of day and institution.
    pub fn grades(&self, wanted: impl Fn(&GradeEvent) -> bool) -> Vec<GradeEvent> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shown.grades.values().filter(|grade| wanted(grade)).cloned().collect()
    }

    /// The latest grade of each institution.
    pub fn latest(&self) -> BTreeMap<String, GradeEvent> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let latest = shown.grades.values().map(|grade| (grade.institution.clone(), grade.clone()));
        latest.collect()
    }

    /// The findings that `wanted` names, in the order in which they were sealed.
    pub fn findings(&self, wanted: impl Fn(&Finding) -> bool) -> Vec<Finding> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shown.findings.iter().filter(|finding| wanted(finding)).cloned().collect()
    }

    /// How many grades and findings there are.
    pub fn counts(&self) -> (usize, usize) {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        (shown.grades.len(), shown.findings.len())
    }
}
