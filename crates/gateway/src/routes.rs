//! Every address that is served.

use axum::Router;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use crate::problem::Problem;
use crate::{Shared, filing};

/// The router of an engine's gateway.
pub(crate) fn router(context: Shared) -> Router {
    Router::new().route("/v1/filings/{stream}", post(filing::file)).fallback(nothing_here).with_state(context)
}

async fn nothing_here(_: Method, _: Uri) -> Response {
    Problem::not_found("There is nothing at this address.").into_response()
}
