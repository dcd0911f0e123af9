//! `/v1/letters` 函件.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::access::Role;
use serde_json::{Value, json};
use workflow::actor::Actor;
use workflow::desk::DeskCommand;
use workflow::letter::{Letter, LetterCommand, LetterState};

use super::{Listed, act, part, read_step};
use crate::address::{self, Segment};
use crate::blocking::blocking;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::{Shared, answer, caller};

/// Whether the bearer sees a letter: an institution those to it that left, and none about it to
/// others.
fn may_see(role: &Role, letter: &Letter) -> bool {
    match role {
        Role::Institution(own) => {
            letter.state == LetterState::Released && letter.to == Actor::Institution(own.to_string())
        }
        _ => caller::sees_all(role),
    }
}

/// A letter as a list has it: what it says is read one by one, since that is sealed.
fn in_short(letter: &Letter) -> Value {
    let mut shown = json!(letter);
    if let Some(shown) = shown.as_object_mut() {
        shown.remove("data");
    }
    shown
}

/// `GET /v1/letters?institution=&about=&offset=&limit=`: the newest first. An institution sees those to
/// it that left.
pub(crate) async fn list(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let role = caller::role(&context, &headers)?;
    let parameters =
        Parameters::read(query.as_deref().unwrap_or(""), &["institution", "about", "offset", "limit"])?;
    let stated = parameters.get("institution").map(str::to_owned);
    let institution = caller::asked_for(&role, stated, |own| own.as_str().to_owned())?;
    let about = parameters.get("about");
    let page = parameters.page()?;
    let wanted = |letter: &&Letter| {
        institution.as_ref().is_none_or(|wanted| *wanted == letter.institution)
            && about.is_none_or(|about| about == letter.about)
            && may_see(&role, letter)
    };
    let desk = context.engine.desk();
    let Listed { total, offset, items } = part(desk.letters.all().rev(), wanted, page);
    let items: Vec<Value> = items.into_iter().map(in_short).collect();
    Ok(answer::ok(&Listed { total, offset, items }))
}

/// `GET /v1/letters/{id}`. That an institution read its letter is sealed.
pub(crate) async fn one(
    State(context): State<Shared>,
    id: Segment,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = address::text(id)?;
    let role = caller::role(&context, &headers)?;
    let nothing = || Problem::not_found("There is no such letter.");
    let is_own = !caller::sees_all(&role);
    let letter = {
        let desk = context.engine.desk();
        let seen = desk.letters.get(&id).filter(|letter| may_see(&role, letter));
        seen.cloned().ok_or_else(nothing)?
    };
    blocking(move || {
        if is_own {
            context.engine.letter_read(&letter.id, "the interface")?;
        }
        Ok(answer::ok(&letter))
    })
    .await
}

/// `POST /v1/letters/{id}/steps`: `{"step": "release"}` and so on.
pub(crate) async fn step(
    State(context): State<Shared>,
    id: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = address::text(id)?;
    caller::supervisor(&context, &headers)?;
    let command: LetterCommand = read_step(&context, body, &["check", "release"]).await?;
    act(context, &headers, DeskCommand::Letter { id, command }).await
}
