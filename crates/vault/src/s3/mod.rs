//! The vault in a bucket of S3 with object lock in compliance mode: the store itself refuses to
//! delete an object's version before its date, whoever asks.
//!
//! An object is named by its digest, so its bytes wait in a local file until that is known; then
//! they go in one request, the digest signed and checked by the store. A store that ignores the
//! lock is found out: what was put is asked for its date before it counts as stored.

mod config;
mod sign;
mod xml;

use std::fs::File;
use std::io::{self, Seek};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use model::clock::Clock;
use model::time::{Day, SHANGHAI_OFFSET_SECONDS, Time};
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body, SendBody};

use crate::content::{Content, ContentHash, receive};
use crate::{Stored, VaultError, at};
pub use config::S3Config;
use sign::{Signed, authorization, query_text, timestamp};

/// What S3 takes in one request; recordings of hours have less.
const OBJECT_BYTES_MAX: u64 = 5 << 30;
/// The most bytes of an answer that is no object.
const ANSWER_BYTES_MAX: u64 = 4 << 20;
const LOCK_MODE: &str = "x-amz-object-lock-mode";
const LOCK_DATE: &str = "x-amz-object-lock-retain-until-date";
const VERSION: &str = "x-amz-version-id";
const CHECKSUM: &str = "x-amz-checksum-sha256";

#[derive(Debug)]
pub(crate) struct S3 {
    config: S3Config,
    agent: Agent,
    clock: Clock,
}

/// A request, without what every request has.
struct Request<'a> {
    what: &'static str,
    method: &'static str,
    path: String,
    query: &'a [(&'a str, &'a str)],
    headers: Vec<(&'static str, String)>,
}

/// What goes with a request.
enum Payload<'a> {
    None,
    Text(&'a str),
    File(&'a File, ContentHash),
}

/// What the store says of the latest version of an object.
struct Known {
    stored: Stored,
    version: Option<String>,
    /// Whether the store vouches for its bytes.
    is_whole: bool,
    is_locked: bool,
}

impl S3 {
    pub(crate) fn new(config: S3Config, clock: Clock) -> Result<Self, VaultError> {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("jianwei-vault/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(Duration::from_secs(15)))
            .timeout_recv_response(Some(Duration::from_secs(300)));
        let is_loopback = ["http://127.", "http://localhost", "http://[::1]"]
            .iter()
            .any(|start| config.endpoint.starts_with(start));
        let agent = if is_loopback { agent.proxy(None) } else { agent };
        Ok(Self { config, agent: agent.build().into(), clock })
    }

    pub(crate) fn place(&self) -> String {
        let S3Config { endpoint, bucket, prefix, .. } = &self.config;
        format!("{endpoint}/{bucket}/{prefix}")
    }

    fn object(&self, sha256: &ContentHash) -> String {
        format!("/{}/{}{sha256}", self.config.bucket, self.config.prefix)
    }

    pub(crate) fn put(&self, content: &mut dyn io::Read, retained_until: Day) -> Result<Stored, VaultError> {
        let spool = &self.config.spool;
        let mut file = tempfile::tempfile_in(spool).map_err(at(spool))?;
        let (sha256, bytes) = receive(content, &mut file, OBJECT_BYTES_MAX, at(spool))?;
        if let Some(known) = self.known(&sha256)?
            && known.is_whole
            && known.stored.bytes == bytes
        {
            let until = retained_until.max(known.stored.retained_until);
            return match known.is_locked && until == known.stored.retained_until {
                true => Ok(known.stored),
                false => self.lock(&sha256, until),
            };
        }
        file.rewind().map_err(at(spool))?;
        let request = Request {
            what: "store an object",
            method: "PUT",
            path: self.object(&sha256),
            query: &[],
            headers: vec![
                (CHECKSUM, BASE64_STANDARD.encode(sha256.0)),
                (LOCK_MODE, "COMPLIANCE".to_owned()),
                (LOCK_DATE, end_of(retained_until)),
            ],
        };
        wanted(&request, self.send(&request, Payload::File(&file, sha256))?)?;
        self.locked(&sha256, retained_until)
    }

    pub(crate) fn extend(&self, sha256: &ContentHash, retained_until: Day) -> Result<Stored, VaultError> {
        let known = self.known(sha256)?.ok_or(VaultError::NotFound(*sha256))?;
        let held = known.stored.retained_until;
        match known.is_locked && retained_until < held {
            true => Err(VaultError::Shortened { sha256: *sha256, held, asked: retained_until }),
            false => self.lock(sha256, retained_until),
        }
    }

    fn lock(&self, sha256: &ContentHash, retained_until: Day) -> Result<Stored, VaultError> {
        let body = xml::retention(&end_of(retained_until));
        let request = Request {
            what: "lock an object",
            method: "PUT",
            path: self.object(sha256),
            query: &[("retention", "")],
            headers: vec![
                ("x-amz-sdk-checksum-algorithm", "SHA256".to_owned()),
                (CHECKSUM, BASE64_STANDARD.encode(ContentHash::of(body.as_bytes()).0)),
            ],
        };
        wanted(&request, self.send(&request, Payload::Text(&body))?)?;
        self.locked(sha256, retained_until)
    }

    /// That the store says it keeps an object at least until a day.
    fn locked(&self, sha256: &ContentHash, retained_until: Day) -> Result<Stored, VaultError> {
        match self.known(sha256)? {
            Some(known) if known.is_locked && known.stored.retained_until >= retained_until => {
                Ok(known.stored)
            }
            _ => Err(VaultError::NotLocked(*sha256)),
        }
    }

    fn known(&self, sha256: &ContentHash) -> Result<Option<Known>, VaultError> {
        let request = Request {
            what: "describe an object",
            method: "HEAD",
            path: self.object(sha256),
            query: &[],
            headers: vec![("x-amz-checksum-mode", "ENABLED".to_owned())],
        };
        let answer = self.send(&request, Payload::None)?;
        if answer.status().as_u16() == 404 {
            return Ok(None);
        }
        let answer = wanted(&request, answer)?;
        let headers = answer.headers();
        let until = header(headers, LOCK_DATE).and_then(|text| Time::parse(text).ok());
        let stored = Stored {
            sha256: *sha256,
            bytes: header(headers, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0),
            retained_until: until.map(last_day_before).unwrap_or_default(),
        };
        Ok(Some(Known {
            stored,
            version: header(headers, VERSION).map(str::to_owned),
            is_whole: header(headers, CHECKSUM) == Some(&BASE64_STANDARD.encode(sha256.0)),
            is_locked: header(headers, LOCK_MODE) == Some("COMPLIANCE") && until.is_some(),
        }))
    }

    pub(crate) fn stored(&self, sha256: &ContentHash) -> Result<Stored, VaultError> {
        let known = self.known(sha256)?.ok_or(VaultError::NotFound(*sha256))?;
        if known.is_locked { Ok(known.stored) } else { Err(VaultError::NotLocked(*sha256)) }
    }

    pub(crate) fn get(&self, sha256: &ContentHash) -> Result<Content, VaultError> {
        let request = Request {
            what: "read an object",
            method: "GET",
            path: self.object(sha256),
            query: &[],
            headers: Vec::new(),
        };
        let answer = self.send(&request, Payload::None)?;
        if answer.status().as_u16() == 404 {
            return Err(VaultError::NotFound(*sha256));
        }
        let answer = wanted(&request, answer)?;
        let bytes = header(answer.headers(), "content-length").and_then(|text| text.parse().ok());
        Ok(Content::new(answer.into_body().into_reader(), *sha256, bytes.unwrap_or(0)))
    }

    /// Deletes the version that is locked no more: without its name the store would hide the
    /// object and keep it.
    pub(crate) fn delete(&self, sha256: &ContentHash, today: Day) -> Result<(), VaultError> {
        let known = self.known(sha256)?.ok_or(VaultError::NotFound(*sha256))?;
        if !known.is_locked {
            return Err(VaultError::NotLocked(*sha256));
        }
        if today <= known.stored.retained_until {
            return Err(VaultError::Retained { sha256: *sha256, until: known.stored.retained_until });
        }
        let version = known.version.unwrap_or_default();
        let with_version = [("versionId", version.as_str())];
        let request = Request {
            what: "delete an object",
            method: "DELETE",
            path: self.object(sha256),
            query: if version.is_empty() { &[] } else { &with_version },
            headers: Vec::new(),
        };
        wanted(&request, self.send(&request, Payload::None)?).map(drop)
    }

    pub(crate) fn list(&self) -> Result<Vec<Stored>, VaultError> {
        let mut names = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut query = vec![("list-type", "2"), ("prefix", self.config.prefix.as_str())];
            query.extend(next.as_deref().map(|token| ("continuation-token", token)));
            let request = Request {
                what: "list objects",
                method: "GET",
                path: format!("/{}", self.config.bucket),
                query: &query,
                headers: Vec::new(),
            };
            let mut answer = wanted(&request, self.send(&request, Payload::None)?)?;
            let text = text_of(&mut answer).map_err(|error| VaultError::Connection(error.to_string()))?;
            for key in xml::texts(&text, "Key") {
                let name = key.strip_prefix(self.config.prefix.as_str()).unwrap_or(&key);
                names.extend(name.parse::<ContentHash>());
            }
            next = xml::texts(&text, "NextContinuationToken").into_iter().next();
            if next.is_none() {
                break;
            }
        }
        names.sort_unstable();
        names.iter().map(|name| self.stored(name)).collect()
    }

    fn send(&self, request: &Request<'_>, payload: Payload<'_>) -> Result<Response<Body>, VaultError> {
        let S3Config { endpoint, region, credentials, .. } = &self.config;
        let body_sha256 = match &payload {
            Payload::None => ContentHash::of(b""),
            Payload::Text(text) => ContentHash::of(text.as_bytes()),
            Payload::File(_, sha256) => *sha256,
        };
        let timestamp = timestamp(self.clock.now());
        let body_digest = body_sha256.to_string();
        let host = endpoint.split_once("://").map_or("", |(_, host)| host);
        let session = credentials.session.as_ref().map(|session| session.reveal());
        let mut headers = vec![("x-amz-date", timestamp.as_str()), ("x-amz-content-sha256", &body_digest)];
        headers.extend(request.headers.iter().map(|(name, value)| (*name, value.as_str())));
        headers.extend(session.map(|session| ("x-amz-security-token", session)));
        let mut signed_headers = headers.clone();
        signed_headers.push(("host", host));
        let signed = Signed {
            method: request.method,
            path: &request.path,
            query: request.query,
            headers: &signed_headers,
            body_sha256: &body_sha256,
        };
        let authorization = authorization(&signed, credentials, region, &timestamp);
        let query = query_text(request.query);
        let mark = if query.is_empty() { "" } else { "?" };
        let mut http = ureq::http::Request::builder()
            .method(request.method)
            .uri(format!("{endpoint}{}{mark}{query}", request.path))
            .header("authorization", authorization);
        for (name, value) in headers {
            http = http.header(name, value);
        }
        let unsent = |error: ureq::http::Error| VaultError::Connection(error.to_string());
        let answer = match payload {
            Payload::None => self.agent.run(http.body(SendBody::none()).map_err(unsent)?),
            Payload::Text(text) => self.agent.run(http.body(text).map_err(unsent)?),
            Payload::File(file, _) => self.agent.run(http.body(file).map_err(unsent)?),
        };
        answer.map_err(|error| VaultError::Connection(error.to_string()))
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn text_of(answer: &mut Response<Body>) -> Result<String, ureq::Error> {
    answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()
}

fn wanted(request: &Request<'_>, mut answer: Response<Body>) -> Result<Response<Body>, VaultError> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let text = text_of(&mut answer).unwrap_or_default();
    let code = xml::texts(&text, "Code").into_iter().next().unwrap_or_default();
    Err(VaultError::Refused { what: request.what, status: answer.status().as_u16(), code })
}

/// The first instant after a day, in UTC as the store wants it.
fn end_of(day: Day) -> String {
    let end = Time::start_of(day.plus(1)).plus_seconds(-i64::from(SHANGHAI_OFFSET_SECONDS)).to_string();
    format!("{}Z", end.get(..19).unwrap_or(&end))
}

/// The last day that is wholly before a time.
fn last_day_before(time: Time) -> Day {
    time.day().plus(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_in_shanghai() {
        let day = Day::from_ymd(2036, 2, 29).unwrap();
        assert_eq!(end_of(day), "2036-02-29T16:00:00Z");
        assert_eq!(last_day_before(Time::parse(&end_of(day)).unwrap()), day);
        // A store that keeps milliseconds, and one that was told another time of the day.
        for (time, until) in [("2036-02-29T16:00:00.000Z", day), ("2036-02-29T15:59:59Z", day.plus(-1))] {
            assert_eq!(last_day_before(Time::parse(time).unwrap()), until, "{time}");
        }
    }
}
