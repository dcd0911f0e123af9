//! Refusals as problem documents (RFC 9457), all made from the one table of codes.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::intake::{FilingError, Receipt};
use model::event::RefusedLine;
use model::fault::{Fault, FaultCode};
use serde::Serialize;

use crate::answer;

/// When a client that met a full or failing server may try again, in seconds.
const RETRY_AFTER_SECONDS: u32 = 2;

/// Why a request was refused.
#[derive(Debug)]
pub(crate) struct Problem {
    fault: Fault,
    receipt: Option<Box<Receipt>>,
    refusals: Vec<RefusedLine>,
}

/// The document, fields in the order of RFC 9457 and then ours.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    title_zh: &'a str,
    status: u16,
    code: FaultCode,
    detail: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pointer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<&'a Receipt>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    refusals: &'a [RefusedLine],
}

impl Problem {
    /// A refusal with its sentence.
    pub(crate) fn new(code: FaultCode, detail: impl Into<String>) -> Self {
        Fault::whole(code, detail).into()
    }

    /// Our own failure: `error` goes to the log alone.
    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        Self::new(FaultCode::Internal, error.to_string())
    }

    /// Nothing at that address.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(FaultCode::NotFound, detail)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self { fault, receipt: None, refusals: Vec::new() }
    }
}

impl From<FilingError> for Problem {
    fn from(error: FilingError) -> Self {
        Self { fault: error.fault, receipt: error.receipt, refusals: error.refusals }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let code = self.fault.code;
        // What failed on our side may name files and addresses: it is for the log.
        let ours = matches!(code, FaultCode::Internal | FaultCode::StorageFailed);
        let detail = if ours { code.help() } else { &self.fault.detail };
        if ours {
            tracing::error!(%code, detail = self.fault.detail, "request failed");
        } else {
            tracing::info!(%code, "request refused");
        }
        let status = StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = answer::json(
            status,
            "application/problem+json",
            &Document {
                kind: format!("urn:jianwei:fault:{code}"),
                title: code.help(),
                title_zh: code.help_zh(),
                status: status.as_u16(),
                code,
                detail,
                pointer: &self.fault.pointer,
                receipt: self.receipt.as_deref(),
                refusals: &self.refusals,
            },
        );
        let headers = response.headers_mut();
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
            }
            _ => {}
        }
        response
    }
}
