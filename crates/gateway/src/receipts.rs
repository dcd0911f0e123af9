//! `GET /v1/filings/…`: receipts and refused lines, for the institution itself and the supervisor.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::intake::Receipt;
use model::event::RefusedLine;
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
    let receipt = visible(&context, &headers, &address::text(filing)?)?;
    Parameters::read(query.as_deref().unwrap_or(""), &[])?;
    Ok(answer::ok(&receipt))
}

/// `GET /v1/filings/{filing}/refusals?offset=&limit=`.
pub(crate) async fn refusals(
    State(context): State<Shared>,
    filing: Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let receipt = visible(&context, &headers, &address::text(filing)?)?.sealed;
    let (offset, limit) = Parameters::read(query.as_deref().unwrap_or(""), &["offset", "limit"])?.page()?;
    let (filing, total) = (receipt.filing, receipt.refused);
    blocking(move || {
        let refusals = context.engine.quarantine().read(&filing, offset, limit).map_err(Problem::internal)?;
        Ok(answer::ok(&Refusals { filing, total, offset, refusals }))
    })
    .await
}

/// A receipt that the caller may see. Another's is not found: its existence is nobody's business.
fn visible(context: &Context, headers: &HeaderMap, filing: &str) -> Result<Receipt, Problem> {
    let role = caller::role(context, headers)?;
    let receipt = context.engine.filings().receipt(filing);
    receipt
        .filter(|receipt| caller::may_see(&role, &receipt.sealed.institution))
        .ok_or_else(|| Problem::not_found("There is no such filing."))
}
