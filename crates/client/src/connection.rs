//! The connection to the server: one request and what came of it.

use std::time::Duration;

use model::STANDARD_VERSION;
use model::spec::StreamSpec;
use model::time::Day;
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::http::header::RETRY_AFTER;
use ureq::typestate::AgentScope;

use crate::receipt::{Problem, Receipt};
use crate::secret::Secret;

/// The most bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 16 << 20;
/// How hard bodies are compressed: records pack to about a fifth at a small cost.
const ZSTD_LEVEL: i32 = 3;

/// How the server takes a filing with refused lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The good lines are kept.
    #[default]
    Lines,
    /// All or none.
    Atomic,
}

impl Mode {
    /// The mode as the query has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Atomic => "atomic",
        }
    }
}

/// Why a connection cannot be made at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// Not an address of a server.
    #[error("the server's address is not one such as https://supervisor.example:8443")]
    MalformedAddress,
    /// This build speaks plain HTTP only.
    #[error("this build has no TLS; build with the feature `https`, or put a TLS proxy before it")]
    NoTls,
    /// The authorities to trust are not PEM, or none is named.
    #[error("the authorities to trust are not certificates in PEM")]
    MalformedAuthorities,
}

/// A server, and the key to file there.
#[derive(Clone, Debug)]
pub struct Connection {
    agent: Agent,
    server: String,
    key: Secret,
}

/// What one request carries.
pub(crate) struct Request<'a> {
    pub(crate) stream: &'static StreamSpec,
    pub(crate) mode: Mode,
    pub(crate) date: Option<Day>,
    pub(crate) complete: bool,
    pub(crate) lines: usize,
    pub(crate) idempotency_key: &'a str,
    /// The compressed body.
    pub(crate) body: &'a [u8],
}

/// What came of one request.
pub(crate) enum Answer {
    /// The receipt.
    Receipt(Box<Receipt>),
    /// Refused for good: sending it again would not help.
    Refused(Problem),
    /// It may work later: no connection, a broken one, 429 or 5xx.
    Later {
        /// What happened.
        reason: String,
        /// How long the server asked to wait.
        wait: Option<Duration>,
    },
}

impl Connection {
    /// A connection to a server by its base address, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// [`ConnectionError`]; nothing is sent yet.
    pub fn new(server: &str, key: Secret) -> Result<Self, ConnectionError> {
        Self::configured(server, key, |config| config)
    }

    /// A connection to a server whose certificate is signed by an authority of its own, given in
    /// PEM; no other authority is trusted.
    ///
    /// # Errors
    /// [`ConnectionError`].
    #[cfg(feature = "https")]
    pub fn trusting(server: &str, key: Secret, authorities_pem: &[u8]) -> Result<Self, ConnectionError> {
        use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
        let mut authorities = Vec::new();
        for item in parse_pem(authorities_pem) {
            match item {
                Ok(PemItem::Certificate(certificate)) => authorities.push(certificate),
                Ok(_) => {}
                Err(_) => return Err(ConnectionError::MalformedAuthorities),
            }
        }
        if authorities.is_empty() {
            return Err(ConnectionError::MalformedAuthorities);
        }
        let roots = RootCerts::new_with_certs(&authorities);
        let tls = TlsConfig::builder().root_certs(roots).build();
        Self::configured(server, key, |config| config.tls_config(tls))
    }

    fn configured(
        server: &str,
        key: Secret,
        configure: impl FnOnce(ConfigBuilder<AgentScope>) -> ConfigBuilder<AgentScope>,
    ) -> Result<Self, ConnectionError> {
        let server = server.trim().trim_end_matches('/');
        let rest = match server.split_once("://") {
            Some(("http", rest)) => rest,
            Some(("https", rest)) if cfg!(feature = "https") => rest,
            Some(("https", _)) => return Err(ConnectionError::NoTls),
            _ => return Err(ConnectionError::MalformedAddress),
        };
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '@');
        if rest.is_empty() || rest.contains(is_odd) {
            return Err(ConnectionError::MalformedAddress);
        }
        let mut config = Agent::config_builder()
            // Statuses are judged here; a redirect could carry the key to a stranger.
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("jianwei-client/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(Duration::from_secs(15)))
            .timeout_send_body(Some(Duration::from_secs(300)))
            .timeout_recv_response(Some(Duration::from_secs(300)))
            .timeout_recv_body(Some(Duration::from_secs(60)));
        if is_loopback(rest) {
            config = config.proxy(None);
        }
        let config = configure(config);
        Ok(Self { agent: config.build().into(), server: server.to_owned(), key })
    }

    /// The server's base address.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Whether the key travels unencrypted to another machine.
    pub fn is_exposed(&self) -> bool {
        self.server.strip_prefix("http://").is_some_and(|rest| !is_loopback(rest))
    }

    /// What the server answers to `GET`, once: the status and the body.
    ///
    /// # Errors
    /// No connection, or one that broke.
    pub(crate) fn get(&self, path: &str) -> Result<(u16, Vec<u8>), String> {
        let request = self.agent.get(format!("{}{path}", self.server));
        let request = request.header("authorization", format!("Bearer {}", self.key.reveal()));
        whole(request.call())
    }

    /// What the server answers to a JSON body: the status and the body.
    ///
    /// # Errors
    /// As [`Connection::get`].
    pub(crate) fn post_json(&self, path: &str, body: &[u8]) -> Result<(u16, Vec<u8>), String> {
        let request = self.agent.post(format!("{}{path}", self.server));
        let request = request.header("authorization", format!("Bearer {}", self.key.reveal()));
        let request = request.header("content-type", "application/json");
        whole(request.send(body))
    }

    /// Sends a file as it is, however long that takes: the status and the body of the answer.
    ///
    /// # Errors
    /// As [`Connection::get`].
    pub(crate) fn put_file(
        &self,
        path: &str,
        file: &std::fs::File,
        media_type: Option<&str>,
    ) -> Result<(u16, Vec<u8>), String> {
        let request = self.agent.put(format!("{}{path}", self.server));
        let request = request.config().timeout_send_body(None).build();
        let request = request.header("authorization", format!("Bearer {}", self.key.reveal()));
        let request = request.header("content-type", media_type.unwrap_or("application/octet-stream"));
        whole(request.send(file))
    }

    /// The status and the body of an answer that may be long, to be read piece by piece.
    ///
    /// # Errors
    /// As [`Connection::get`].
    pub(crate) fn open(&self, path: &str) -> Result<(u16, impl std::io::Read + use<>), String> {
        let request = self.agent.get(format!("{}{path}", self.server));
        let request = request.config().timeout_recv_body(None).build();
        let request = request.header("authorization", format!("Bearer {}", self.key.reveal()));
        let response = request.call().map_err(|error| error.to_string())?;
        Ok((response.status().as_u16(), response.into_body().into_reader()))
    }

    /// Sends one request, once.
    pub(crate) fn send(&self, request: &Request<'_>) -> Answer {
        let Request { stream, mode, .. } = request;
        let url = format!("{}/v1/filings/{}?mode={}", self.server, stream.name, mode.as_str());
        let mut builder = self
            .agent
            .post(&url)
            .header("authorization", format!("Bearer {}", self.key.reveal()))
            .header("content-type", "application/x-ndjson")
            .header("content-encoding", "zstd")
            .header("filing-version", STANDARD_VERSION.to_string())
            .header("filing-final", if request.complete { "true" } else { "false" })
            .header("filing-records", request.lines.to_string())
            .header("idempotency-key", request.idempotency_key);
        if let Some(date) = request.date {
            builder = builder.header("filing-date", date.to_string());
        }
        let later = |reason: String, wait| Answer::Later { reason, wait };
        let mut response = match builder.send(request.body) {
            Ok(response) => response,
            Err(error) => return later(error.to_string(), None),
        };
        let status = response.status().as_u16();
        let wait = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        match (status, body) {
            (200, Ok(body)) => match serde_json::from_slice(&body) {
                Ok(receipt) => Answer::Receipt(Box::new(receipt)),
                Err(error) => later(format!("the receipt cannot be read: {error}"), wait),
            },
            // The filing may have been taken; asking again gives the receipt.
            (200, Err(error)) => later(format!("the receipt broke off: {error}"), wait),
            (429 | 500..=599, body) => {
                later(Problem::of_answer(status, &body.unwrap_or_default()).to_string(), wait)
            }
            (_, body) => Answer::Refused(Problem::of_answer(status, &body.unwrap_or_default())),
        }
    }
}

/// The status and the body of an answer.
fn whole(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<(u16, Vec<u8>), String> {
    let mut response = answer.map_err(|error| error.to_string())?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
    Ok((status, body.map_err(|error| error.to_string())?))
}

/// Compresses a body.
pub(crate) fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    zstd::encode_all(bytes, ZSTD_LEVEL)
}

/// Whether the authority of an address is this machine.
fn is_loopback(rest: &str) -> bool {
    let authority = rest.split('/').next().unwrap_or(rest);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_write_them() {
        let connect = |server| Connection::new(server, Secret::new("key").unwrap());
        assert_eq!(connect(" http://127.0.0.1:80/ ").unwrap().server(), "http://127.0.0.1:80");
        for (server, exposed) in
            [("http://localhost", false), ("http://[::1]:8080/x", false), ("http://supervisor.example", true)]
        {
            assert_eq!(connect(server).unwrap().is_exposed(), exposed, "{server}");
        }
        for bad in ["", "supervisor.example", "ftp://x", "http://", "http://a b", "http://x?y", "http://k@x"]
        {
            assert_eq!(connect(bad).unwrap_err(), ConnectionError::MalformedAddress, "{bad}");
        }
        if !cfg!(feature = "https") {
            assert_eq!(connect("https://x").unwrap_err(), ConnectionError::NoTls);
        }
    }

    #[test]
    #[cfg(feature = "https")]
    fn authorities_are_wanted_in_pem() {
        for bad in ["", "none", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
            let made = Connection::trusting("https://x", Secret::new("key").unwrap(), bad.as_bytes());
            assert_eq!(made.unwrap_err(), ConnectionError::MalformedAuthorities, "{bad}");
        }
    }
}
