//! The Atom feed (RFC 4287) of the same.

use atom_syndication::{Content, Entry, Feed, FixedDateTime, Link, Person, Text};
use model::time::Time;
use workflow::policy::Roster;
use workflow::public_notice::{PublicNotice, Standing};

use super::page::{article, is_plain};

fn stamp(time: Time) -> FixedDateTime {
    FixedDateTime::parse_from_rfc3339(&time.to_string()).unwrap_or_default()
}

fn plain(text: &str) -> String {
    text.chars().filter(|letter| is_plain(*letter)).collect()
}

fn link(href: String, rel: &str, mime_type: &str) -> Link {
    Link { href, rel: rel.to_owned(), mime_type: Some(mime_type.to_owned()), ..Link::default() }
}

fn entry(notice: &PublicNotice, site: &str, origin: &str) -> Entry {
    let title = match notice.standing {
        Standing::Settled => format!("【已整改】{} [settled] {}", notice.title.zh, notice.title.en),
        _ => format!("{} {}", notice.title.zh, notice.title.en),
    };
    Entry {
        id: format!("tag:{origin},2026:{}", notice.id),
        title: Text::plain(plain(&title)),
        published: Some(stamp(notice.published_at)),
        updated: stamp(notice.updated_at),
        links: vec![link(
            format!("{site}/notices?notice={id}#{id}", id = notice.id),
            "alternate",
            "text/html",
        )],
        content: Some(Content {
            content_type: Some("html".to_owned()),
            value: Some(article(notice)),
            ..Content::default()
        }),
        ..Entry::default()
    }
}

/// The feed of notices, the newest first.
pub(super) fn atom(roster: &Roster, origin: &str, shown: Vec<&PublicNotice>) -> String {
    let site = roster.site();
    let feed = Feed {
        id: format!("tag:{origin},2026:notices"),
        title: Text::plain("风险公示 Public risk notices"),
        updated: shown.iter().map(|notice| stamp(notice.updated_at)).max().unwrap_or_default(),
        authors: vec![Person { name: plain(&roster.authority().zh), ..Person::default() }],
        links: vec![
            link(format!("{site}/notices.atom"), "self", "application/atom+xml"),
            link(format!("{site}/notices"), "alternate", "text/html"),
        ],
        entries: shown.into_iter().map(|notice| entry(notice, site, origin)).collect(),
        ..Feed::default()
    };
    feed.to_string()
}
