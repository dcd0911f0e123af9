//! The association's site 公示: `/notices`, its Atom feed and the same as JSON. Open to everybody; what
//! was withdrawn is shown no more.

use std::fmt::Write as _;

use atom_syndication::{Content, Entry, Feed, FixedDateTime, Link, Person, Text};
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use workflow::desk::DeskCommand;
use workflow::public_notice::{PublicNotice, Standing};

use super::{act, part, read};
use crate::address::{self, Segment};
use crate::problem::Problem;
use crate::query::Parameters;
use crate::{Shared, answer, caller};

/// Notices on the page and in the feed.
const SHOWN: usize = 200;

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

/// `POST /v1/public-notices/{id}/withdraw`.
pub(crate) async fn withdraw(
    State(context): State<Shared>,
    id: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = address::text(id)?;
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Withdrawal {
        reason: String,
    }
    caller::supervisor(&context, &headers)?;
    let Withdrawal { reason } = read(&context, body).await?;
    act(context, &headers, DeskCommand::WithdrawNotice { id, reason }).await
}

fn document(content_type: &'static str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        ),
    ];
    (StatusCode::OK, headers, body).into_response()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1d2129;--soft:#5a6372;--line:#e2e5ea;--paper:#fff;--yellow:#b7791f;--green:#2f7d4f}\
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--soft:#a3abb8;--line:#343a44;--paper:#16191e;--yellow:#e0a93f;--green:#67c08b}}\
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);\
font:16px/1.7 system-ui,'PingFang SC','Noto Sans CJK SC','Microsoft YaHei',sans-serif}\
main{max-width:56rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}\
h1{font-size:1.6rem;margin:0}header p{color:var(--soft);margin:.25rem 0 2rem}\
article{border-top:1px solid var(--line);padding:1.5rem 0}h2{font-size:1.15rem;margin:0 0 .25rem}\
.meta{color:var(--soft);font-size:.875rem;margin:0 0 .75rem}\
.mark{display:inline-block;border:1px solid currentColor;border-radius:1rem;padding:0 .6rem;font-size:.8125rem;margin-left:.5rem;font-weight:400}\
.open{color:var(--yellow)}.settled{color:var(--green)}\
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9375rem}\
th,td{text-align:left;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}\
th{color:var(--soft);font-weight:400;white-space:nowrap}td small{color:var(--soft)}\
footer{color:var(--soft);font-size:.875rem;border-top:1px solid var(--line);padding-top:1rem}a{color:inherit}";

fn article(notice: &PublicNotice) -> String {
    let (class, mark) = match notice.standing {
        Standing::Settled => ("settled", "已整改 settled"),
        _ => ("open", "公示中 published"),
    };
    let mut html = format!(
        "<article id=\"{id}\"><h2>{zh}<span class=\"mark {class}\">{mark}</span></h2><p class=\"meta\">{en}<br>{id} · {institution} · 公示 published {day}",
        id = escaped(&notice.id),
        zh = escaped(&notice.title.zh),
        en = escaped(&notice.title.en),
        institution = escaped(&notice.institution),
        day = notice.published_at.day(),
    );
    if notice.standing == Standing::Settled {
        let _ = write!(html, " · 更新 updated {}", notice.updated_at.day());
    } else if let Some(due) = notice.plan_due {
        let _ = write!(html, " · 整改方案截止 plan due {}", due.plus_seconds(-1).day());
    }
    html.push_str("</p><div class=\"wide\"><table><tr><th>事项 matter</th><th>依据 basis</th><th>数值 value</th><th>日期 day</th></tr>");
    for fact in &notice.facts {
        let _ = write!(
            html,
            "<tr><td>{}<br><small>{}</small></td><td>{}<br><small>{}</small></td><td>{}</td><td>{}</td></tr>",
            escaped(&fact.title.zh),
            escaped(&fact.title.en),
            escaped(&fact.clause.zh),
            escaped(&fact.clause.en),
            escaped(fact.value.as_deref().unwrap_or("—")),
            fact.day,
        );
    }
    html.push_str("</table></div></article>");
    html
}

/// `GET /notices`: the page.
pub(crate) async fn page(State(context): State<Shared>) -> Response {
    let authority = context.engine.policy().roster.authority().clone();
    let articles: String = {
        let desk = context.engine.desk();
        desk.notices.all().rev().filter(|notice| is_shown(notice)).take(SHOWN).map(article).collect()
    };
    let body = match articles.is_empty() {
        true => "<article><p>目前没有公示。<br>There are no notices.</p></article>".to_owned(),
        false => articles,
    };
    document(
        "text/html; charset=utf-8",
        format!(
            "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <title>风险公示 · Public risk notices</title><link rel=\"alternate\" type=\"application/atom+xml\" href=\"/notices.atom\">\
             <style>{STYLE}</style></head><body><main><header><h1>风险公示 <small>Public risk notices</small></h1>\
             <p>{} · {}</p></header>{body}<footer>公示期间机构应提交整改方案；整改完成后标注为已整改。<br>\
             The institution files a rectification plan; what was put right is marked settled. <a href=\"/notices.atom\">Atom</a></footer></main></body></html>",
            escaped(&authority.zh),
            escaped(&authority.en),
        ),
    )
}

fn stamp(time: model::time::Time) -> FixedDateTime {
    FixedDateTime::parse_from_rfc3339(&time.to_string()).unwrap_or_default()
}

/// `GET /notices.atom`: the feed.
pub(crate) async fn feed(State(context): State<Shared>) -> Response {
    let authority = context.engine.policy().roster.authority().clone();
    let origin = context.engine.reader().verifier_key().name().to_owned();
    let desk = context.engine.desk();
    let shown: Vec<&PublicNotice> =
        desk.notices.all().rev().filter(|notice| is_shown(notice)).take(SHOWN).collect();
    let entries = shown.iter().map(|notice| {
        let link = format!("/notices#{}", notice.id);
        Entry {
            id: format!("tag:{origin},2026:{}", notice.id),
            title: Text::plain(format!("{} {}", notice.title.zh, notice.title.en)),
            published: Some(stamp(notice.published_at)),
            updated: stamp(notice.updated_at),
            links: vec![Link { href: link, rel: "alternate".to_owned(), ..Link::default() }],
            content: Some(Content {
                content_type: Some("html".to_owned()),
                value: Some(article(notice)),
                ..Content::default()
            }),
            ..Entry::default()
        }
    });
    let feed = Feed {
        id: format!("tag:{origin},2026:notices"),
        title: Text::plain("风险公示 Public risk notices"),
        updated: shown.iter().map(|notice| stamp(notice.updated_at)).max().unwrap_or_default(),
        authors: vec![Person { name: authority.zh, ..Person::default() }],
        links: vec![Link { href: "/notices.atom".to_owned(), rel: "self".to_owned(), ..Link::default() }],
        entries: entries.collect(),
        ..Feed::default()
    };
    document("application/atom+xml; charset=utf-8", feed.to_string())
}
