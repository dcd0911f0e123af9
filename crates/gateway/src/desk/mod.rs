//! 办理台 over HTTP: alerts, letters, rectification plans, deliveries, reviews. A supervisor sees
//! all, an institution what is about it; a step is taken by a person, or by the institution where
//! it is the institution's.

pub(crate) mod alerts;
pub(crate) mod deliveries;
pub(crate) mod letters;
pub(crate) mod plans;
pub(crate) mod public;
pub(crate) mod reviews;

use std::error::Error as _;
use std::fmt::Display;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use engine::desk::DeskError;
use http_body_util::LengthLimitError;
use model::fault::{Fault, FaultCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use workflow::Why;
use workflow::desk::DeskCommand;

use crate::blocking::blocking;
use crate::problem::Problem;
use crate::{Context, Shared, answer, caller};

/// Bytes of what somebody says at the desk at most.
const REQUEST_BYTES_MAX: usize = 512 << 10;

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused(refusal) => {
                let code = match refusal.why {
                    Why::NotFound => FaultCode::NotFound,
                    Why::NotNow => FaultCode::NotNow,
                    Why::Missing => FaultCode::StepMissing,
                    Why::FourEyes => FaultCode::FourEyes,
                    Why::NotAllowed => FaultCode::NotAllowed,
                    Why::BadValue => FaultCode::MalformedValue,
                    Why::BeyondCalendar => FaultCode::BeyondCalendar,
                };
                Self::new(code, refusal.en).in_chinese(refusal.zh)
            }
            DeskError::Sealer(error) => Self::new(FaultCode::StorageFailed, error.to_string()),
            DeskError::Storage(error) => Self::new(FaultCode::StorageFailed, error),
        }
    }
}

/// A part of a list.
#[derive(Serialize)]
struct Listed<T> {
    /// How many there are in all.
    total: usize,
    offset: usize,
    items: Vec<T>,
}

/// The part of what `wanted` names that a page asks for.
fn part<T>(
    all: impl Iterator<Item = T>,
    wanted: impl Fn(&T) -> bool,
    (offset, limit): (usize, usize),
) -> Listed<T> {
    let mut listed = Listed { total: 0, offset, items: Vec::new() };
    for item in all.filter(wanted) {
        if listed.total >= offset && listed.items.len() < limit {
            listed.items.push(item);
        }
        listed.total += 1;
    }
    listed
}

/// Reads a small JSON body.
async fn read<T: DeserializeOwned>(context: &Context, body: Body) -> Result<T, Problem> {
    parsed(&whole(context, body).await?)
}

/// Reads a step. Those of the `bare` ones bear nothing: serde passes over what stands beside a variant
/// that has no fields.
async fn read_step<T: DeserializeOwned>(context: &Context, body: Body, bare: &[&str]) -> Result<T, Problem> {
    let body = whole(context, body).await?;
    let command = parsed(&body)?;
    let members: Map<String, Value> = parsed(&body)?;
    let step = members.get("step").and_then(Value::as_str).unwrap_or_default();
    match bare.contains(&step) && members.len() > 1 {
        true => Err(malformed(&format!("nothing goes with the step {step}"))),
        false => Ok(command),
    }
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| malformed(&error))
}

fn malformed(why: &dyn Display) -> Problem {
    Fault::whole(FaultCode::MalformedJson, format!("Not what is taken here: {why}.")).into()
}

async fn whole(context: &Context, body: Body) -> Result<Bytes, Problem> {
    let reading = tokio::time::timeout(
        context.options.body_idle_timeout,
        axum::body::to_bytes(body, REQUEST_BYTES_MAX),
    );
    let incomplete = || Problem::new(FaultCode::BodyIncomplete, "The body did not come whole.");
    reading.await.map_err(|_| incomplete())?.map_err(|error| match error.source() {
        Some(source) if source.is::<LengthLimitError>() => {
            let detail = format!("A body of up to {REQUEST_BYTES_MAX} bytes is taken here.");
            Problem::new(FaultCode::BodyTooLarge, detail)
        }
        _ => incomplete(),
    })
}

/// Does something at the desk and answers with what came of it.
async fn act(context: Shared, headers: &HeaderMap, command: DeskCommand) -> Result<Response, Problem> {
    let by = caller::actor(&context, headers)?;
    blocking(move || {
        let events = context.engine.at_desk(&command, by)?;
        Ok(answer::ok(&serde_json::json!({ "events": events })))
    })
    .await
}
