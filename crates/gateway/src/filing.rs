//! `POST /v1/filings/{stream}`: the body of a filing on its way to the engine.

pub(crate) mod body;
mod head;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::intake::{FilingError, Receipt};
use model::fault::{Fault, FaultCode};

use crate::problem::Problem;
use crate::{Context, Shared, answer};
use body::{Incoming, Pumped};

/// Takes a filing and answers with its receipt, or with what was wrong and a receipt of what was
/// taken all the same.
pub(crate) async fn file(
    State(context): State<Shared>,
    stream: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut body = Incoming::new(body, &parts.headers, &context.options, context.options.body_bytes_max);
    let stream = stream.map(|Path(stream)| stream).unwrap_or_default();
    let taken = take(&context, &stream, query.as_deref().unwrap_or(""), &parts, &mut body).await;
    let mut response = match taken {
        Ok(receipt) => receipt_answer(&receipt),
        Err(problem) => problem.into_response(),
    };
    if !body.is_read() {
        // The rest is read for a while beside the answer; then the connection is of no more use.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        body.drain();
    }
    response
}

async fn take(
    context: &Context,
    stream: &str,
    query: &str,
    parts: &Parts,
    body: &mut Incoming,
) -> Result<Receipt, Problem> {
    let head = head::read(context, stream, query, &parts.headers)?;
    body.check_announced_length()?;
    let (institution, stream) = (head.institution.clone(), head.stream.name);
    let admitted = context.admission.enter(&institution).await?;
    let (sender, reader) = body::channel();
    let engine = std::sync::Arc::clone(&context.engine);
    // The place is held by the thread, not by this future: it goes on when the client is gone.
    let reading = tokio::task::spawn_blocking(move || {
        let filed = engine.file(head, reader);
        drop(admitted);
        filed
    });
    let pumped = body.pump(sender).await;
    let filed = reading.await.map_err(Problem::internal)?;
    match filed {
        Ok(receipt) => {
            let sealed = &receipt.sealed;
            let (lines, accepted, refused) = (sealed.lines, sealed.accepted, sealed.refused);
            tracing::info!(%institution, stream, filing = sealed.filing, lines, accepted, refused, "filed");
            Ok(receipt)
        }
        Err(error) => {
            tracing::info!(%institution, stream, code = %error.fault.code, "filing not taken to its end");
            Err(blame(error, pumped).into())
        }
    }
}

/// The engine only sees a body that ended early; why it did is known here.
fn blame(error: FilingError, pumped: Pumped) -> FilingError {
    match pumped {
        Pumped::TooLarge(fault) if error.fault.code == FaultCode::BodyIncomplete => {
            FilingError { fault, ..error }
        }
        _ => error,
    }
}

fn receipt_answer(receipt: &Receipt) -> Response {
    let mut response = answer::json(StatusCode::OK, "application/json", receipt);
    if let Ok(location) = HeaderValue::try_from(format!("/v1/filings/{}", receipt.sealed.filing)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// A body that is larger than the operator allows.
fn too_large(bytes_max: u64) -> Fault {
    Fault::whole(FaultCode::BodyTooLarge, format!("The body may have {bytes_max} bytes on this server."))
}
