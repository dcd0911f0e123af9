//! Whether the server lives and can take filings, for what watches over it; and its description.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::fault::FaultCode;
use serde_json::json;

use crate::problem::Problem;
use crate::{Shared, answer};

/// The description of every address (OpenAPI 3.1).
pub(crate) const OPENAPI: &str = include_str!("../../../schemas/openapi.yaml");

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> Response {
    answer::ok(&json!({ "status": "ok" }))
}

/// `GET /readyz`: the ledger is open and what is filed is evaluated; how far it is.
pub(crate) async fn ready(State(context): State<Shared>) -> Response {
    if let Some(reason) = context.engine.evaluation_failure() {
        let detail = format!("evaluation stopped: {reason}");
        return Problem::new(FaultCode::Internal, detail).into_response();
    }
    let reader = context.engine.reader();
    answer::ok(&json!({
        "status": "ready",
        "entries": reader.size(),
        "signed_entries": reader.head().size,
    }))
}

/// `GET /openapi.yaml`.
pub(crate) async fn description() -> Response {
    ([(header::CONTENT_TYPE, "application/yaml")], OPENAPI).into_response()
}
