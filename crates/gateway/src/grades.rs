//! `GET /v1/grades` and `GET /v1/findings`: what evaluation came to. The supervisor sees all, an
//! institution its own.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use model::event::{Finding, GradeEvent};
use model::fault::Fault;
use model::time::Day;
use serde::Serialize;

use crate::blocking::blocking;
use crate::problem::Problem;
use crate::query::{self, Parameters};
use crate::{Context, Shared, answer, caller};

/// A part of the grades.
#[derive(Serialize)]
struct Grades {
    /// How many there are in all.
    total: usize,
    offset: usize,
    grades: Vec<GradeEvent>,
}

/// A part of the findings.
#[derive(Serialize)]
struct Findings {
    /// How many there are in all.
    total: usize,
    offset: usize,
    findings: Vec<Finding>,
}

/// Which of them are wanted.
struct Wanted {
    institution: Option<String>,
    day: Option<Day>,
    offset: usize,
    limit: usize,
}

impl Wanted {
    /// Reads the query; an institution's key narrows it to that institution.
    fn read(context: &Context, headers: &HeaderMap, query: &str) -> Result<Self, Fault> {
        let role = caller::role(context, headers)?;
        let parameters = Parameters::read(query, &["institution", "day", "offset", "limit"])?;
        let stated = parameters.get("institution").map(str::to_owned);
        let institution = caller::asked_for(&role, stated, |own| own.as_str().to_owned())?;
        let day = parameters
            .get("day")
            .map(|text| Day::parse(text).map_err(|_| query::malformed("day", "is not a date YYYY-MM-DD")));
        let (offset, limit) = parameters.page()?;
        Ok(Self { institution, day: day.transpose()?, offset, limit })
    }

    fn has(&self, institution: &str, day: Day) -> bool {
        self.institution.as_deref().is_none_or(|wanted| wanted == institution)
            && self.day.is_none_or(|wanted| wanted == day)
    }

    fn part<T>(&self, all: impl IntoIterator<Item = T>) -> Vec<T> {
        all.into_iter().skip(self.offset).take(self.limit).collect()
    }
}

/// `GET /v1/grades?institution=&day=&offset=&limit=`: by day and institution; the current one of each
/// institution when neither is named.
pub(crate) async fn grades(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(&context, &headers, query.as_deref().unwrap_or(""))?;
    blocking(move || {
        let board = context.engine.board();
        let all: Vec<GradeEvent> = match (&wanted.institution, wanted.day) {
            (None, None) => context.engine.current_grades(),
            _ => board.grades(|grade| wanted.has(&grade.institution, grade.day)),
        };
        Ok(answer::ok(&Grades { total: all.len(), offset: wanted.offset, grades: wanted.part(all) }))
    })
    .await
}

/// `GET /v1/findings?institution=&day=&offset=&limit=`: in the order in which they were sealed.
pub(crate) async fn findings(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(&context, &headers, query.as_deref().unwrap_or(""))?;
    blocking(move || {
        let all = context.engine.board().findings(|finding| wanted.has(&finding.institution, finding.day));
        Ok(answer::ok(&Findings { total: all.len(), offset: wanted.offset, findings: wanted.part(all) }))
    })
    .await
}
