//! `GET /v1/filings/…`: receipts and refused lines, for the institution itself and the supervisor.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::filings::Filed;
use model::event::{FilingReceipt, RefusedLine};
use serde::Serialize;

use crate::address::{self, Segment};
use crate::blocking::blocking;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::{Context, Shared, answer, caller};

/// A part of the refused lines of a filing.
#[derive(Serialize)]
struct Refusals {
    filing: String,
    /// How many there are in all.
    total: u64,
    /// How many of them are listed: beyond a bound they were counted only.
    listed: u64,
    offset: usize,
    refusals: Vec<RefusedLine>,
}

/// `GET /v1/filings/{filing}`.
pub(crate) async fn receipt(
    State(context): State<Shared>,
    filing: Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let filing = visible(&context, &headers, &address::text(filing)?)?.sealed.filing.clone();
    Parameters::read(query.as_deref().unwrap_or(""), &[])?;
    blocking(move || {
        let receipt = context.engine.receipt(&filing).map_err(Problem::internal)?;
        Ok(answer::ok(&receipt))
    })
    .await
}

/// `GET /v1/filings/{filing}/refusals?offset=&limit=`.
pub(crate) async fn refusals(
    State(context): State<Shared>,
    filing: Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let filed = visible(&context, &headers, &address::text(filing)?)?;
    let (offset, limit) = Parameters::read(query.as_deref().unwrap_or(""), &["offset", "limit"])?.page()?;
    blocking(move || {
        let FilingReceipt { filing, refused, refusals_listed, .. } = filed.sealed.clone();
        let refusals = context.engine.quarantine().read(&filing, offset, limit).map_err(Problem::internal)?;
        let listed = refusals_listed.unwrap_or(refused);
        Ok(answer::ok(&Refusals { filing, total: refused, listed, offset, refusals }))
    })
    .await
}

/// A filing that the caller may see. Another's is not found: its existence is nobody's business.
fn visible(context: &Context, headers: &HeaderMap, filing: &str) -> Result<Arc<Filed>, Problem> {
    let role = caller::role(context, headers)?;
    let filed = context.engine.filings().get(filing);
    filed
        .filter(|filed| caller::may_see(&role, &filed.sealed.institution))
        .ok_or_else(|| Problem::not_found("There is no such filing."))
}
