//! `GET /v1/streams…`: the interface standard, for anyone.

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use model::streams::{STREAMS, stream};
use serde::Serialize;

use crate::address::{self, Segment};
use crate::answer;
use crate::problem::Problem;
use crate::query::Parameters;
use model::fault::FaultCode;

/// What a list of streams says of each.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    number: u8,
    version: u16,
    title: &'static str,
    title_zh: &'static str,
    schema: String,
}

/// `GET /v1/streams`.
pub(crate) async fn streams(RawQuery(query): RawQuery) -> Result<Response, Problem> {
    Parameters::read(query.as_deref().unwrap_or(""), &[])?;
    let listed = STREAMS.iter().map(|stream| Listed {
        name: stream.name,
        number: stream.number,
        version: stream.version,
        title: stream.en,
        title_zh: stream.zh,
        schema: format!("/v1/streams/{}/schema", stream.name),
    });
    Ok(answer::ok(&listed.collect::<Vec<_>>()))
}

/// `GET /v1/streams/{stream}/schema`.
pub(crate) async fn schema(name: Segment, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    Parameters::read(query.as_deref().unwrap_or(""), &[])?;
    let stream = stream(&address::text(name)?)
        .ok_or_else(|| Problem::new(FaultCode::UnknownStream, "GET /v1/streams lists the streams."))?;
    Ok(answer::json(StatusCode::OK, "application/schema+json", &model::schema::json_schema(stream)))
}
