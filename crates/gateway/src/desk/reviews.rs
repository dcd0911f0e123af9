//! `/v1/reviews` 人工复核: findings that wait for a person, and what persons do with them. For the
//! supervisor alone.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::Review;
use model::event::Finding;
use model::fault::{Fault, FaultCode};
use model::time::{Day, Time};
use serde::{Deserialize, Serialize};
use workflow::desk::DeskEvent;
use workflow::review::{Handling, ReviewCommand, identifier};

use super::{part, read};
use crate::blocking::blocking;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::{Shared, answer, caller};

/// Reviews in one request.
const IDS_MAX: usize = 1000;

/// A finding that waits, as it is shown.
#[derive(Serialize)]
struct Shown {
    id: String,
    finding: Finding,
    found_at: Time,
    /// Nothing where the calendar of working days does not reach so far.
    due: Option<Day>,
    overdue: Option<bool>,
    four_eyes: bool,
    /// Whether nothing more is to be done.
    decided: bool,
    handling: Handling,
}

/// A part of the queue.
#[derive(Serialize)]
struct Reviews {
    /// How many there are in all.
    total: usize,
    offset: usize,
    reviews: Vec<Shown>,
}

/// `GET /v1/reviews?institution=&overdue=&decided=&offset=&limit=`: the first due first.
pub(crate) async fn list(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller::supervisor(&context, &headers)?;
    let known = ["institution", "overdue", "decided", "offset", "limit"];
    let parameters = Parameters::read(query.as_deref().unwrap_or(""), &known)?;
    let institution = parameters.get("institution").map(str::to_owned);
    let overdue: Option<bool> = parameters.parsed("overdue", "is not true or false")?;
    let decided = parameters.parsed("decided", "is not true or false")?.unwrap_or(false);
    let (offset, limit) = parameters.page()?;
    blocking(move || {
        let now = context.engine.clock().now();
        let mut queue = context.engine.review_queue();
        queue.retain(|review| {
            institution.as_ref().is_none_or(|wanted| *wanted == review.finding.institution)
                && overdue.is_none_or(|wanted| review.is_overdue(now) == Some(wanted))
        });
        let queue: Vec<(String, Review)> =
            queue.into_iter().map(|review| (identifier(&review.finding), review)).collect();
        let desk = context.engine.desk();
        let wanted = |(id, review): &(String, Review)| {
            let handling = desk.reviews.get(id);
            let verdict = review.finding.reason.verdict;
            handling.is_some_and(|handling| handling.is_decided(verdict, review.four_eyes)) == decided
        };
        let part = part(queue.into_iter(), wanted, (offset, limit));
        let shown = part.items.into_iter().map(|(id, review)| Shown {
            handling: desk.reviews.get(&id).cloned().unwrap_or_default(),
            id,
            found_at: review.found_at,
            due: review.due.as_ref().ok().copied(),
            overdue: review.is_overdue(now),
            four_eyes: review.four_eyes,
            decided,
            finding: review.finding,
        });
        let shown = Reviews { total: part.total, offset, reviews: shown.collect() };
        drop(desk);
        Ok(answer::ok(&shown))
    })
    .await
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Look,
    Claim,
    Release,
    Confirm,
    Dismiss,
}

/// A step with one or more findings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Steps {
    /// Which, by their identifiers.
    ids: Vec<String>,
    step: Step,
    /// Why: where something is decided.
    reason: Option<String>,
}

impl Steps {
    fn checked(self) -> Result<(Vec<String>, ReviewCommand), Fault> {
        if self.ids.is_empty() {
            return Err(Fault::whole(FaultCode::MalformedValue, "ids names no review."));
        }
        if self.ids.len() > IDS_MAX {
            let detail = format!("ids names {}; {IDS_MAX} are taken at once.", self.ids.len());
            return Err(Fault::whole(FaultCode::TooManyItems, detail));
        }
        let command = match (self.step, self.reason) {
            (Step::Confirm, reason) => ReviewCommand::Confirm { reason: reason.unwrap_or_default() },
            (Step::Dismiss, reason) => ReviewCommand::Dismiss { reason: reason.unwrap_or_default() },
            (_, Some(_)) => {
                return Err(Fault::whole(
                    FaultCode::MalformedValue,
                    "A reason goes with confirm and dismiss alone.",
                ));
            }
            (Step::Look, None) => ReviewCommand::Look,
            (Step::Claim, None) => ReviewCommand::Claim,
            (Step::Release, None) => ReviewCommand::Release,
        };
        Ok((self.ids, command))
    }
}

/// What became of one of them.
#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    Done { id: String, events: Vec<DeskEvent> },
    Refused { id: String, problem: Problem },
}

/// `POST /v1/reviews/steps`: each is done or refused by itself.
pub(crate) async fn steps(
    State(context): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    caller::supervisor(&context, &headers)?;
    let steps: Steps = read(&context, body).await?;
    let by = caller::actor(&context, &headers)?;
    let (ids, command) = steps.checked()?;
    blocking(move || {
        let outcomes = context.engine.review(&ids, &command, &by);
        let told = ids.into_iter().zip(outcomes).map(|(id, outcome)| match outcome {
            Ok(events) => Outcome::Done { id, events },
            Err(error) => Outcome::Refused { id, problem: error.into() },
        });
        let told: Vec<Outcome> = told.collect();
        Ok(answer::ok(&serde_json::json!({ "outcomes": told })))
    })
    .await
}
