//! Refusals as problem documents (RFC 9457), all made from the one table of codes.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::intake::{FilingError, Receipt};
use model::event::RefusedLine;
use model::fault::{Fault, FaultCode};
use serde::{Serialize, Serializer};

use crate::answer;

/// When a client that met a full or failing server may try again, in seconds.
const RETRY_AFTER_SECONDS: u32 = 2;

/// Why a request was refused.
#[derive(Debug)]
pub(crate) struct Problem {
    fault: Fault,
    detail_zh: Option<String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    detail_zh: Option<&'a str>,
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

    /// The same sentence in Chinese.
    pub(crate) fn in_chinese(mut self, detail: String) -> Self {
        self.detail_zh = Some(detail);
        self
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.fault.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is told of it. What failed on our side may name files and addresses: that is for the log.
    fn document(&self) -> Document<'_> {
        let code = self.fault.code;
        let ours = matches!(code, FaultCode::Internal | FaultCode::StorageFailed);
        if ours {
            tracing::error!(%code, detail = self.fault.detail, "request failed");
        } else {
            tracing::info!(%code, "request refused");
        }
        Document {
            kind: format!("urn:jianwei:fault:{code}"),
            title: code.help(),
            title_zh: code.help_zh(),
            status: self.status().as_u16(),
            code,
            detail: if ours { code.help() } else { &self.fault.detail },
            detail_zh: self.detail_zh.as_deref().filter(|_| !ours),
            pointer: &self.fault.pointer,
            receipt: self.receipt.as_deref(),
            refusals: &self.refusals,
        }
    }
}

/// As a part of an answer that tells of several things.
impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document().serialize(serializer)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self { fault, detail_zh: None, receipt: None, refusals: Vec::new() }
    }
}

impl From<FilingError> for Problem {
    fn from(error: FilingError) -> Self {
        Self { fault: error.fault, detail_zh: None, receipt: error.receipt, refusals: error.refusals }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = answer::json(status, "application/problem+json", &self.document());
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
