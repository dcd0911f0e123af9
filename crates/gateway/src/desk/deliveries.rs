//! `GET /v1/deliveries` 送达: what went out, what waits and why. For the supervisor alone.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use workflow::delivery::{Delivery, DeliveryState};

use super::part;
use crate::problem::Problem;
use crate::query::{self, Parameters};
use crate::{Shared, answer, caller};

const STATES: [(&str, DeliveryState); 5] = [
    ("waiting", DeliveryState::Waiting),
    ("trying", DeliveryState::Trying),
    ("delivered", DeliveryState::Delivered),
    ("refused", DeliveryState::Refused),
    ("unreachable", DeliveryState::Unreachable),
];

/// `GET /v1/deliveries?about=&state=&offset=&limit=`: the newest first.
pub(crate) async fn list(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller::supervisor(&context, &headers)?;
    let parameters =
        Parameters::read(query.as_deref().unwrap_or(""), &["about", "state", "offset", "limit"])?;
    let about = parameters.get("about");
    let state = parameters.get("state").map(|word| {
        let known = STATES.iter().find(|(name, _)| *name == word);
        known.map(|(_, state)| *state).ok_or_else(|| {
            query::malformed("state", "is not waiting, trying, delivered, refused or unreachable")
        })
    });
    let state = state.transpose()?;
    let page = parameters.page()?;
    let wanted = |delivery: &&Delivery| {
        about.is_none_or(|about| about == delivery.about) && state.is_none_or(|state| state == delivery.state)
    };
    let desk = context.engine.desk();
    Ok(answer::ok(&part(desk.deliveries.all().rev(), wanted, page)))
}
