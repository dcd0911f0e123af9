//! `GET /v1/filings…`: lists of filings, receipts and refused lines, for the institution itself and
//! the supervisor.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::filings::Filed;
use model::event::{FilingReceipt, RefusedLine};
use model::institution::InstitutionId;
use serde::Serialize;

use crate::address::{self, Segment};
use crate::blocking::blocking;
use crate::problem::Problem;
use crate::query::{self, Parameters};
use crate::{Context, Shared, answer, caller};

/// A part of a list of filings.
#[derive(Serialize)]
struct Filings<'f> {
    /// How many there are in all.
    total: usize,
    filings: Vec<&'f FilingReceipt>,
}

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

/// `GET /v1/filings?institution=&before=&limit=`: the newest first; `before` is the last filing
/// of the part before.
pub(crate) async fn filings(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let role = caller::role(&context, &headers)?;
    let parameters = Parameters::read(query.as_deref().unwrap_or(""), &["institution", "before", "limit"])?;
    let stated = parameters.get("institution").map(InstitutionId::parse).transpose();
    let stated = stated.map_err(|_| query::malformed("institution", "is no institution's identifier"))?;
    let institution = caller::asked_for(&role, stated, InstitutionId::clone)?;
    let (_, limit) = parameters.page()?;
    let listed = context
        .engine
        .filings()
        .list(institution.as_ref(), parameters.get("before"), limit)
        .ok_or_else(|| query::malformed("before", "names none of these filings"))?;
    let filings = listed.filings.iter().map(|filed| &filed.sealed).collect();
    Ok(answer::ok(&Filings { total: listed.total, filings }))
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
        let FilingReceipt { filing, refused, refusals_listed, .. } = &filed.sealed;
        let (filing, refused) = (filing.clone(), *refused);
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
