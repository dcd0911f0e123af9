//! `GET /v1/notices` 通知: what institutions were told of terms that hold for them from a day on. The
//! supervisor sees all, an institution its own.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use model::event::Notice;
use serde::Serialize;

use crate::blocking::blocking;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::{Shared, answer, caller};

/// A part of the notices.
#[derive(Serialize)]
struct Notices {
    /// How many there are in all.
    total: usize,
    offset: usize,
    notices: Vec<Notice>,
}

/// `GET /v1/notices?institution=&offset=&limit=`: in the order in which they were given.
pub(crate) async fn notices(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let role = caller::role(&context, &headers)?;
    let parameters = Parameters::read(query.as_deref().unwrap_or(""), &["institution", "offset", "limit"])?;
    let stated = parameters.get("institution").map(str::to_owned);
    let institution = caller::asked_for(&role, stated, |own| own.as_str().to_owned())?;
    let (offset, limit) = parameters.page()?;
    blocking(move || {
        let is_wanted =
            |notice: &Notice| institution.as_ref().is_none_or(|wanted| *wanted == notice.institution);
        let all = context.engine.board().notices(is_wanted);
        let total = all.len();
        let notices = all.into_iter().skip(offset).take(limit).collect();
        Ok(answer::ok(&Notices { total, offset, notices }))
    })
    .await
}
