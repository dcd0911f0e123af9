//! The association's site 公示: `/notices`, its Atom feed and the same as JSON. Open to everybody; what
//! was withdrawn is shown no more.

mod feed;
mod page;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use workflow::desk::DeskCommand;
use workflow::public_notice::{PublicNotice, Standing};

use super::{act, part, read};
use crate::address::{self, Segment};
use crate::problem::Problem;
use crate::query::Parameters;
use crate::{Shared, answer, caller};

/// Notices on one page.
const ON_PAGE: usize = 50;
/// Notices in the feed.
const IN_FEED: usize = 200;

fn is_shown(notice: &PublicNotice) -> bool {
    notice.standing != Standing::Withdrawn
}

/// `GET /v1/public-notices?institution=&offset=&limit=`: the newest first.
pub(crate) async fn list(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref().unwrap_or(""), &["institution", "offset", "limit"])?;
    let institution = parameters.get("institution");
    let page = parameters.page()?;
    let wanted = |notice: &&PublicNotice| {
        is_shown(notice) && institution.is_none_or(|wanted| wanted == notice.institution)
    };
    let desk = context.engine.desk();
    Ok(answer::ok(&part(desk.notices.all().rev(), wanted, page)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdrawal {
    reason: String,
}

/// `POST /v1/public-notices/{id}/withdraw`.
pub(crate) async fn withdraw(
    State(context): State<Shared>,
    id: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = address::text(id)?;
    caller::supervisor(&context, &headers)?;
    let Withdrawal { reason } = read(&context, body).await?;
    act(context, &headers, DeskCommand::WithdrawNotice { id, reason }).await
}

/// `GET /notices?page=&notice=`: the page; `notice` opens the one that shows it.
pub(crate) async fn page(State(context): State<Shared>, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::read(query.as_deref().unwrap_or(""));
    let authority = context.engine.policy().roster.authority().clone();
    let desk = context.engine.desk();
    let shown: Vec<&PublicNotice> = desk.notices.all().rev().filter(|notice| is_shown(notice)).collect();
    let html = page::html(&authority, &shown, asked.page(&shown));
    drop(desk);
    document("text/html; charset=utf-8", html)
}

/// `GET /notices.atom`: the feed.
pub(crate) async fn feed(State(context): State<Shared>) -> Response {
    let origin = context.engine.reader().verifier_key().name().to_owned();
    let desk = context.engine.desk();
    let shown = desk.notices.all().rev().filter(|notice| is_shown(notice)).take(IN_FEED).collect();
    let feed = feed::atom(&context.engine.policy().roster, &origin, shown);
    drop(desk);
    document("application/atom+xml; charset=utf-8", feed)
}

/// What the address of the page asks for. Others append words of their own to a link that people
/// share, so what is not understood is no fault here.
#[derive(Default)]
struct Asked {
    page: usize,
    notice: Option<String>,
}

impl Asked {
    fn read(query: &str) -> Self {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "page" => asked.page = value.parse::<usize>().map_or(0, |page| page.saturating_sub(1)),
                "notice" => asked.notice = Some(value.into_owned()),
                _ => {}
            }
        }
        asked
    }

    /// The page, from 0.
    fn page(&self, shown: &[&PublicNotice]) -> usize {
        let notice = self.notice.as_ref().and_then(|id| shown.iter().position(|notice| notice.id == *id));
        let last = shown.len().saturating_sub(1) / ON_PAGE;
        notice.map_or(self.page, |place| place / ON_PAGE).min(last)
    }
}

fn document(content_type: &'static str, body: String) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    (StatusCode::OK, headers, body).into_response()
}
