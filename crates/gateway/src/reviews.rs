//! `GET /v1/reviews` 人工复核: findings that wait for a person. For the supervisor alone.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::Review;
use model::event::Finding;
use model::time::{Day, Time};
use serde::Serialize;

use crate::blocking::blocking;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::{Shared, answer, caller};

/// A finding that waits, as it is shown.
#[derive(Serialize)]
struct Shown<'r> {
    finding: &'r Finding,
    found_at: Time,
    /// Nothing where the calendar of working days does not reach so far.
    due: Option<Day>,
    overdue: Option<bool>,
}

/// A part of the queue.
#[derive(Serialize)]
struct Reviews<'r> {
    /// How many there are in all.
    total: usize,
    offset: usize,
    reviews: Vec<Shown<'r>>,
}

/// `GET /v1/reviews?institution=&overdue=&offset=&limit=`: the first due first.
pub(crate) async fn reviews(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller::supervisor(&context, &headers)?;
    let known = ["institution", "overdue", "offset", "limit"];
    let parameters = Parameters::read(query.as_deref().unwrap_or(""), &known)?;
    let institution = parameters.get("institution").map(str::to_owned);
    let overdue: Option<bool> = parameters.parsed("overdue", "is not true or false")?;
    let (offset, limit) = parameters.page()?;
    blocking(move || {
        let now = context.engine.clock().now();
        let mut queue = context.engine.review_queue();
        queue.retain(|review: &Review| {
            institution.as_ref().is_none_or(|wanted| *wanted == review.finding.institution)
                && overdue.is_none_or(|wanted| review.is_overdue(now) == Some(wanted))
        });
        let part = queue.iter().skip(offset).take(limit).map(|review| Shown {
            finding: &review.finding,
            found_at: review.found_at,
            due: review.due.as_ref().ok().copied(),
            overdue: review.is_overdue(now),
        });
        Ok(answer::ok(&Reviews { total: queue.len(), offset, reviews: part.collect() }))
    })
    .await
}
