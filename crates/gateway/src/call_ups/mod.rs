//! `/v1/call-ups…` 调阅: the supervisor asks for recordings, institutions upload them, the
//! supervisor reads them.

mod content;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::call_ups::{CallUpRequest, CallUpStatus, Called};
use model::event::{CallUp, CallUpAnswer, Medium};
use model::fault::{Fault, FaultCode};
use model::field_types::RecordId;
use model::institution::InstitutionId;
use model::time::Time;
use serde::{Deserialize, Serialize};

use crate::address::{self, Segment};
use crate::blocking::blocking;
use crate::filing::body::{self, Incoming, Pumped};
use crate::problem::Problem;
use crate::query::{self, Parameters};
use crate::{Context, Shared, answer, caller};
pub(crate) use content::content;

/// Bytes of what the supervisor sends.
const REQUEST_BYTES_MAX: usize = 64 << 10;
/// Characters of a media type.
const MEDIA_TYPE_MAX: usize = 100;

/// What the supervisor sends to call something up.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    institution: String,
    policy: RecordId,
    medium: Medium,
    #[serde(default)]
    hours: Option<u32>,
    ground: String,
}

/// A call-up as it is shown.
#[derive(Serialize)]
struct Shown<'c> {
    #[serde(flatten)]
    asked: &'c CallUp,
    status: CallUpStatus,
    /// Where it stands in the ledger.
    position: u64,
    answer: Option<&'c CallUpAnswer>,
}

impl<'c> Shown<'c> {
    fn of(called: &'c Called, now: Time) -> Self {
        let Called { asked, position, answer } = called;
        Self { asked, status: called.status(now), position: *position, answer: answer.as_ref() }
    }
}

/// A part of the call-ups.
#[derive(Serialize)]
struct CallUps<'c> {
    /// How many there are in all.
    total: usize,
    offset: usize,
    call_ups: Vec<Shown<'c>>,
}

fn shown(context: &Context, status: StatusCode, called: &Called) -> Response {
    let shown = Shown::of(called, context.engine.clock().now());
    let mut response = answer::json(status, "application/json", &shown);
    if let Ok(location) = HeaderValue::try_from(format!("/v1/call-ups/{}", called.asked.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// `POST /v1/call-ups`: `201` with the call-up; `200` when the same waits for its answer already.
pub(crate) async fn ask(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let asked_by = caller::supervisor(&context, &headers)?;
    Parameters::read(query.as_deref().unwrap_or(""), &[])?;
    let reading = tokio::time::timeout(
        context.options.body_idle_timeout,
        axum::body::to_bytes(body, REQUEST_BYTES_MAX),
    );
    let incomplete =
        || Problem::new(FaultCode::BodyIncomplete, "The body did not come, or is longer than a call-up is.");
    let body = reading.await.map_err(|_| incomplete())?.map_err(|_| incomplete())?;
    let asked: Asked = serde_json::from_slice(&body)
        .map_err(|error| Problem::new(FaultCode::MalformedJson, format!("Not a call-up: {error}.")))?;
    let institution = InstitutionId::parse(&asked.institution).map_err(|_| Fault {
        pointer: "/institution".to_owned(),
        code: FaultCode::MalformedValue,
        detail: "This is no institution's identifier.".to_owned(),
    })?;
    let Asked { policy, medium, hours, ground, .. } = asked;
    let request = CallUpRequest { institution, policy, medium, hours, ground, asked_by };
    blocking(move || {
        let (called, known) = context.engine.call_up(&request)?;
        let (id, institution) = (&called.asked.id, &called.asked.institution);
        tracing::info!(%institution, id, known, "called up");
        let status = if known { StatusCode::OK } else { StatusCode::CREATED };
        Ok(shown(&context, status, &called))
    })
    .await
}

/// `GET /v1/call-ups?institution=&status=&offset=&limit=`: the newest first; an institution sees
/// its own.
pub(crate) async fn list(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let role = caller::role(&context, &headers)?;
    let known = ["institution", "status", "offset", "limit"];
    let parameters = Parameters::read(query.as_deref().unwrap_or(""), &known)?;
    let stated = parameters.get("institution").map(InstitutionId::parse).transpose();
    let stated = stated.map_err(|_| query::malformed("institution", "is no institution's identifier"))?;
    let institution = caller::asked_for(&role, stated, InstitutionId::clone)?;
    let status = parameters.get("status").map(status_named).transpose()?;
    let (offset, limit) = parameters.page()?;
    let now = context.engine.clock().now();
    let all = context.engine.call_ups().list(|called| {
        institution.as_ref().is_none_or(|wanted| *wanted == called.asked.institution)
            && status.is_none_or(|wanted| wanted == called.status(now))
    });
    let part = all.iter().skip(offset).take(limit).map(|called| Shown::of(called, now));
    Ok(answer::ok(&CallUps { total: all.len(), offset, call_ups: part.collect() }))
}

fn status_named(name: &str) -> Result<CallUpStatus, Fault> {
    Ok(match name {
        "open" => CallUpStatus::Open,
        "answered" => CallUpStatus::Answered,
        "overdue" => CallUpStatus::Overdue,
        "hash_differs" => CallUpStatus::HashDiffers,
        _ => return Err(query::malformed("status", "is not open, answered, overdue or hash_differs")),
    })
}

/// `GET /v1/call-ups/{id}`.
pub(crate) async fn one(
    State(context): State<Shared>,
    id: Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let role = caller::role(&context, &headers)?;
    Parameters::read(query.as_deref().unwrap_or(""), &[])?;
    let called = context.engine.call_ups().get(&address::text(id)?);
    let visible = called.filter(|called| caller::may_see(&role, &called.asked.institution));
    match visible {
        Some(called) => Ok(shown(&context, StatusCode::OK, &called)),
        None => Err(Problem::not_found("There is no such call-up.")),
    }
}

/// `PUT /v1/call-ups/{id}/content`: the institution that was asked uploads the recording as it is.
/// A call-up that has its answer reads nothing more and shows the one that it has.
pub(crate) async fn answer(
    State(context): State<Shared>,
    id: Segment,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let bytes_max = Some(context.options.recording_bytes_max);
    let mut body = Incoming::new(body, &parts.headers, &context.options, bytes_max);
    let taken = take(&context, id, query.as_deref().unwrap_or(""), &parts, &mut body).await;
    let mut response = match taken {
        Ok(called) => shown(&context, StatusCode::OK, &called),
        Err(problem) => problem.into_response(),
    };
    if !body.is_read() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        body.drain();
    }
    response
}

async fn take(
    context: &Shared,
    id: Segment,
    query: &str,
    parts: &Parts,
    body: &mut Incoming,
) -> Result<Called, Problem> {
    let institution = caller::institution(context, &parts.headers)?;
    Parameters::read(query, &[])?;
    let id = address::text(id)?;
    // Whose it is comes before all else: nobody learns of another's.
    let known = context.engine.call_ups().get(&id);
    if known.is_none_or(|called| called.asked.institution != institution) {
        return Err(Problem::not_found("There is no such call-up."));
    }
    let media_type = media_type(&parts.headers)?;
    body.check_announced_length()?;
    let admitted = context.recordings.enter(&institution).await?;
    let (sender, reader) = body::channel();
    let engine = Arc::clone(&context.engine);
    let of = institution.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let called = engine.answer_call_up(&id, &of, media_type, reader);
        drop(admitted);
        called
    });
    let pumped = body.pump(sender).await;
    let called = match (reading.await.map_err(Problem::internal)?, pumped) {
        (Ok(called), _) => called,
        // The engine only sees a body that ended early; why it did is known here.
        (Err(fault), Pumped::TooLarge(too_large)) if fault.code == FaultCode::BodyIncomplete => {
            return Err(too_large.into());
        }
        (Err(fault), _) => return Err(fault.into()),
    };
    let hash_matches = called.answer.as_ref().and_then(|answer| answer.hash_matches);
    tracing::info!(%institution, id = called.asked.id, ?hash_matches, "call-up answered");
    Ok(called)
}

/// What the institution says that the recording is. A body that is packed would have another
/// digest than the recording.
fn media_type(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let coding = caller::header(headers, header::CONTENT_ENCODING.as_str())?;
    if coding.is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        let detail = "A recording is sent as it is, without Content-Encoding.";
        return Err(Fault::whole(FaultCode::UnsupportedEncoding, detail));
    }
    let Some(text) = caller::header(headers, header::CONTENT_TYPE.as_str())? else { return Ok(None) };
    let is_fine = text.len() <= MEDIA_TYPE_MAX && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    match text.split_once('/') {
        Some((kind, rest)) if is_fine && !kind.is_empty() && !rest.is_empty() => Ok(Some(text.to_owned())),
        _ => Err(caller::malformed("Content-Type", "is not a media type such as audio/mp4")),
    }
}
