//! `/v1/plans` 整改方案.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use model::time::Day;
use serde::Deserialize;
use workflow::desk::DeskCommand;
use workflow::plan::Plan;

use super::{act, part, read};
use crate::address::{self, Segment};
use crate::problem::Problem;
use crate::query::Parameters;
use crate::{Shared, answer, caller};

/// `GET /v1/plans?institution=&alert=&offset=&limit=`: the newest first.
pub(crate) async fn list(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let role = caller::role(&context, &headers)?;
    let parameters =
        Parameters::read(query.as_deref().unwrap_or(""), &["institution", "alert", "offset", "limit"])?;
    let stated = parameters.get("institution").map(str::to_owned);
    let institution = caller::asked_for(&role, stated, |own| own.as_str().to_owned())?;
    let alert = parameters.get("alert");
    let page = parameters.page()?;
    let wanted = |plan: &&Plan| {
        institution.as_ref().is_none_or(|wanted| *wanted == plan.institution)
            && alert.is_none_or(|alert| alert == plan.alert)
    };
    let desk = context.engine.desk();
    Ok(answer::ok(&part(desk.plans.all().rev(), wanted, page)))
}

/// A plan as an institution files it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filed {
    /// The alert that it answers.
    alert: String,
    /// What will be done.
    text: String,
    /// By when.
    done_by: Day,
}

/// `POST /v1/plans`: the institution's own key files it.
pub(crate) async fn file(
    State(context): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let institution = caller::institution(&context, &headers)?;
    let Filed { alert, text, done_by } = read(&context, body).await?;
    let is_own = {
        let desk = context.engine.desk();
        desk.alerts.get(&alert).is_some_and(|alert| alert.institution == institution.as_str())
    };
    if !is_own {
        return Err(Problem::not_found("There is no such alert."));
    }
    act(context, &headers, DeskCommand::FilePlan { alert, text, done_by }).await
}

/// The supervisor's answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// Whether it is accepted.
    accepted: bool,
    /// Why it is sent back, or what there is to say.
    #[serde(default)]
    said: String,
}

/// `POST /v1/plans/{id}/answer`.
pub(crate) async fn answer(
    State(context): State<Shared>,
    id: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = address::text(id)?;
    caller::supervisor(&context, &headers)?;
    let Answer { accepted, said } = read(&context, body).await?;
    act(context, &headers, DeskCommand::AnswerPlan { id, accepted, said }).await
}
