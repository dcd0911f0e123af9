//! `/v1/alerts` 预警.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use model::event::Grade;
use workflow::alert::{Alert, AlertCommand};
use workflow::desk::DeskCommand;

use super::{act, part, read_step};
use crate::address::{self, Segment};
use crate::problem::Problem;
use crate::query::{self, Parameters};
use crate::{Shared, answer, caller};

/// `GET /v1/alerts?institution=&grade=&open=&offset=&limit=`: the newest first.
pub(crate) async fn list(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let role = caller::role(&context, &headers)?;
    let known = ["institution", "grade", "open", "offset", "limit"];
    let parameters = Parameters::read(query.as_deref().unwrap_or(""), &known)?;
    let stated = parameters.get("institution").map(str::to_owned);
    let institution = caller::asked_for(&role, stated, |own| own.as_str().to_owned())?;
    let grade = parameters.get("grade").map(|word| {
        let grade = Grade::ALL.into_iter().find(|grade| grade.en() == word);
        grade.ok_or_else(|| query::malformed("grade", "is not red, orange, yellow or green"))
    });
    let grade = grade.transpose()?;
    let open: Option<bool> = parameters.parsed("open", "is not true or false")?;
    let page = parameters.page()?;
    let wanted = |alert: &&Alert| {
        institution.as_ref().is_none_or(|wanted| *wanted == alert.institution)
            && grade.is_none_or(|wanted| wanted == alert.grade)
            && open.is_none_or(|wanted| wanted == alert.is_open())
    };
    let desk = context.engine.desk();
    Ok(answer::ok(&part(desk.alerts.all().rev(), wanted, page)))
}

/// `GET /v1/alerts/{id}`.
pub(crate) async fn one(
    State(context): State<Shared>,
    id: Segment,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = address::text(id)?;
    let role = caller::role(&context, &headers)?;
    let desk = context.engine.desk();
    let alert = desk.alerts.get(&id).filter(|alert| caller::may_see_of(&role, &alert.institution));
    let alert = alert.ok_or_else(|| Problem::not_found("There is no such alert."))?;
    Ok(answer::ok(alert))
}

/// `POST /v1/alerts/{id}/steps`: `{"step": "acknowledge"}` and so on.
pub(crate) async fn step(
    State(context): State<Shared>,
    id: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = address::text(id)?;
    caller::supervisor(&context, &headers)?;
    let command: AlertCommand = read_step(&context, body, &["acknowledge"]).await?;
    act(context, &headers, DeskCommand::Alert { id, command }).await
}
