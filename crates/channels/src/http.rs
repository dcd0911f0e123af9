//! One request and its answer: HTTP with limits of time and size, without redirects.

use std::net::IpAddr;
use std::path::Path;

use model::time::Time;
use ureq::Agent;
use ureq::http::Uri;
use ureq::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::secret::Hidden;
use crate::verdict::retry_after_seconds;
use crate::{ConfigError, Limits, SendError};

/// The most bytes of an answer that are read. Providers answer with some hundred.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// A client for one address.
#[derive(Debug)]
pub(crate) struct Http {
    agent: Agent,
    /// As it is called in errors: without path and query, where tokens stand.
    host: String,
}

/// What is asked.
pub(crate) struct Request<'a> {
    pub(crate) url: &'a str,
    pub(crate) headers: Vec<(&'a str, String)>,
    /// `POST` with these bytes, or `GET`.
    pub(crate) body: Option<&'a [u8]>,
}

/// An answer. Its status is for the caller to judge.
#[derive(Debug)]
pub(crate) struct Answer {
    host: String,
    status: u16,
    headers: HeaderMap,
    /// Or why it was not read to its end.
    body: Result<Vec<u8>, String>,
}

impl Http {
    /// A client for `address`, which was checked ([`checked`]); it trusts the authorities in the
    /// file `authorities` alone, or those of Mozilla.
    pub(crate) fn new(
        address: &Uri,
        authorities: Option<&Path>,
        limits: Limits,
    ) -> Result<Self, ConfigError> {
        let mut config = Agent::config_builder()
            // Statuses are judged here; a redirect could carry a token to a stranger.
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("jianwei/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect))
            .timeout_global(Some(limits.whole));
        config = if is_loopback(address) { config.proxy(None) } else { config.https_only(true) };
        if let Some(path) = authorities {
            let certificates = certificates(path)?;
            let roots = RootCerts::new_with_certs(&certificates);
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        let host = address.authority().map(ToString::to_string).unwrap_or_default();
        Ok(Self { agent: config.build().into(), host })
    }

    /// Sends a request, once.
    ///
    /// # Errors
    /// No answer came, or none in HTTP.
    pub(crate) fn send(&self, request: Request<'_>, hidden: &Hidden) -> Result<Answer, SendError> {
        let Self { agent, host } = self;
        let answer = match request.body {
            Some(body) => {
                let post = agent.post(request.url);
                request.headers.iter().fold(post, |post, (name, value)| post.header(*name, value)).send(body)
            }
            None => {
                let get = agent.get(request.url);
                request.headers.iter().fold(get, |get, (name, value)| get.header(*name, value)).call()
            }
        };
        let mut response = match answer {
            Ok(response) => response,
            // These quote the address, and are ours.
            Err(ureq::Error::BadUri(_) | ureq::Error::RequireHttpsOnly(_) | ureq::Error::Http(_)) => {
                return Err(SendError::refused(format!("no request to {host} can be made of this message")));
            }
            Err(error) => {
                let error = hidden.excerpt(error.to_string().as_bytes());
                return Err(SendError::retry(format!("no answer from {host}: {error}")));
            }
        };
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        Ok(Answer {
            host: host.clone(),
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: body.map_err(|error| hidden.excerpt(error.to_string().as_bytes())),
        })
    }
}

impl Answer {
    /// The body, if it came whole; else nothing.
    pub(crate) fn whole(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// Seconds that the other side asked to wait.
    pub(crate) fn retry_after(&self, now: Time) -> Option<u64> {
        retry_after_seconds(self.headers.get(RETRY_AFTER)?.to_str().ok()?, now)
    }

    /// Whether the status says that it may go another time: 408, 425, 429 and 5xx.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 500..=599)
    }

    /// What was answered, in a sentence.
    pub(crate) fn words(&self, hidden: &Hidden) -> String {
        let Self { host, status, body, .. } = self;
        match body {
            Ok(body) if body.is_empty() => format!("{host} answered {status}"),
            Ok(body) => format!("{host} answered {status}: {}", hidden.excerpt(body)),
            Err(error) => format!("{host} answered {status}, and the rest could not be read: {error}"),
        }
    }

    /// What was answered, if the status is 2xx.
    ///
    /// # Errors
    /// By the status.
    pub(crate) fn taken(&self, hidden: &Hidden, now: Time) -> Result<String, SendError> {
        let why = self.words(hidden);
        match self.status {
            200..=299 => Ok(why),
            300..=399 => Err(SendError::refused(format!("{why} (redirects are not followed)"))),
            _ if self.is_passing() => Err(SendError::Retry { after: self.retry_after(now), why }),
            _ => Err(SendError::Refused { why }),
        }
    }
}

/// Checks an address: `https://`, or `http://` on this machine, without user and fragment.
///
/// # Errors
/// [`ConfigError`], which does not quote it: tokens may stand in it.
pub(crate) fn checked(url: &str, field: &'static str) -> Result<Uri, ConfigError> {
    let malformed = || ConfigError::new(field, "not an address such as https://push.example");
    let uri: Uri = url.parse().map_err(|_| malformed())?;
    let authority = uri.authority().ok_or_else(malformed)?;
    if authority.host().is_empty() || authority.as_str().contains('@') || url.contains('#') {
        return Err(malformed());
    }
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_loopback(&uri) => Ok(uri),
        Some("http") => Err(ConfigError::new(
            field,
            "http:// is for this machine only (127.0.0.1, [::1], localhost); use https://",
        )),
        _ => Err(malformed()),
    }
}

/// Checks the base address of a server: no query, and no slash at its end is left.
///
/// # Errors
/// As [`checked`].
pub(crate) fn checked_base(url: &str, field: &'static str) -> Result<(Uri, String), ConfigError> {
    let uri = checked(url, field)?;
    if uri.query().is_some() {
        return Err(ConfigError::new(field, "a server's address has no query"));
    }
    Ok((uri, url.trim_end_matches('/').to_owned()))
}

/// Whether an address is on this machine.
pub(crate) fn is_loopback(uri: &Uri) -> bool {
    uri.host().is_some_and(is_loopback_host)
}

/// Whether a host is this machine.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Checks headers of a configuration.
pub(crate) fn check_header(name: &str, value: &str, field: &'static str) -> Result<(), ConfigError> {
    const OURS: [&str; 4] = ["content-length", "content-type", "host", "transfer-encoding"];
    if HeaderName::from_bytes(name.as_bytes()).is_err() || OURS.contains(&name.to_ascii_lowercase().as_str())
    {
        return Err(ConfigError::new(field, format!("{name:?} is no header that can be set here")));
    }
    if HeaderValue::from_str(value).is_err() || !value.is_ascii() {
        return Err(ConfigError::new(field, format!("the value of {name} is not printable ASCII")));
    }
    Ok(())
}

/// The bytes of a file of authorities.
pub(crate) fn authorities_pem(path: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(path).map_err(|error| {
        ConfigError::new("authorities", format!("the file {} cannot be read: {error}", path.display()))
    })
}

/// The authorities of a file.
fn certificates(path: &Path) -> Result<Vec<ureq::tls::Certificate<'static>>, ConfigError> {
    let pem = authorities_pem(path)?;
    let malformed = || {
        ConfigError::new("authorities", format!("the file {} holds no certificates in PEM", path.display()))
    };
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| malformed())? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(malformed()) } else { Ok(found) }
}

/// A text as it may stand in a query (RFC 3986: all but unreserved characters).
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_write_them() {
        let table = [
            ("https://push.example", "ok"),
            ("https://push.example:8443/a?b=c", "ok"),
            ("http://127.0.0.1:8080", "ok"),
            ("http://[::1]:8080/x", "ok"),
            ("http://localhost", "ok"),
            ("http://push.example", "http"),
            ("http://127.0.0.1.example", "http"),
            ("http://0.0.0.0", "http"),
            ("ftp://push.example", "bad"),
            ("push.example", "bad"),
            ("/path", "bad"),
            ("", "bad"),
            ("https://me:secret@push.example", "bad"),
            ("https://push.example/#x", "bad"),
            ("https://push example", "bad"),
        ];
        for (url, wanted) in table {
            let found = match checked(url, "server") {
                Ok(_) => "ok".to_owned(),
                Err(error) => error.to_string(),
            };
            let begins = match wanted {
                "http" => "server: http:// is for this machine only",
                "bad" => "server: not an address such as",
                _ => "ok",
            };
            assert!(found.starts_with(begins), "{url}: {found}");
        }
        assert_eq!(checked_base("https://push.example/", "server").unwrap().1, "https://push.example");
        assert!(checked_base("https://push.example/?a", "server").is_err());
    }

    #[test]
    fn headers_are_checked() {
        assert!(check_header("x-team", "duty", "headers").is_ok());
        for (name, value) in [("x team", "a"), ("Host", "a"), ("x", "a\r\nb"), ("x", "中"), ("", "a")] {
            assert!(check_header(name, value, "headers").is_err(), "{name}");
        }
    }

    #[test]
    fn queries_are_encoded() {
        assert_eq!(percent_encoded("a b+c/中&=~"), "a%20b%2Bc%2F%E4%B8%AD%26%3D~");
    }
}
