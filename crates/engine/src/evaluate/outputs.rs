//! What an evaluation came to, as events to be sealed.

use analysis::INDUSTRY;
use model::event::{Finding, GradeEvent, Notice, Occasion, to_body};
use seal::EventKind;
use serde::Serialize;

use crate::EngineError;
use crate::sealer::Event;

/// What an evaluation came to.
#[derive(Debug)]
pub(crate) struct Outputs {
    pub(crate) findings: Vec<Finding>,
    pub(crate) grades: Vec<GradeEvent>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) occasion: Occasion,
}

impl Outputs {
    /// As events to be sealed, the occasion last.
    pub(crate) fn events(&self) -> Result<Vec<Event>, EngineError> {
        let mut events = Vec::with_capacity(self.findings.len() + self.grades.len() + self.notices.len() + 1);
        for finding in &self.findings {
            events.push(event(EventKind::Finding, &finding.institution, finding)?);
        }
        for grade in &self.grades {
            events.push(event(EventKind::Grade, &grade.institution, grade)?);
        }
        for notice in &self.notices {
            events.push(event(EventKind::Notice, &notice.institution, notice)?);
        }
        events.push(event(EventKind::Occasion, INDUSTRY, &self.occasion)?);
        Ok(events)
    }
}

fn event(kind: EventKind, institution: &str, event: &impl Serialize) -> Result<Event, EngineError> {
    let body = to_body(event).map_err(EngineError::evaluation)?;
    Ok(Event { kind, institution: institution.to_owned(), body })
}
