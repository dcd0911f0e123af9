//! Signed webhooks to partners: custody banks, the police, telecoms, app stores, the association.
//! Requests and signatures are those of Standard Webhooks, so that a partner can check them with a
//! library that there is (<https://www.standardwebhooks.com>, specification 1.0). [`verify`] is
//! the receiving side.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use model::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::Sha256;
use ureq::http::Uri;

use crate::http::{Http, Request, check_header, checked};
use crate::secret::{Hidden, Secret, SecretSource};
use crate::{ConfigError, Limits, Message, SendError, Sent};

/// The name of the message; the same when it is sent again.
pub const ID_HEADER: &str = "webhook-id";
/// When it was sent, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// Signatures, divided by blanks: `v1,` and Base64 of HMAC-SHA-256.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// Seconds by which the clocks of both sides may differ, and for which a request can be replayed.
pub const TOLERANCE_SECONDS: i64 = 300;

const SECRET_PREFIX: &str = "whsec_";
const SIGNATURE_PREFIX: &str = "v1,";

/// A partner's endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Its address. Tokens do not stand here: see `bearer`.
    pub url: String,
    /// The secret shared with the partner: `whsec_` and 24 to 64 bytes in Base64.
    pub secret: SecretSource,
    /// The secret before, while the partner changes over: both signatures are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret: Option<SecretSource>,
    /// A token that the partner's gateway asks for besides (`Authorization: Bearer …`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<SecretSource>,
    /// Further headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Authorities to trust instead of Mozilla's: a file in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<PathBuf>,
}

impl WebhookConfig {
    pub(crate) fn check(&self) -> Result<Uri, ConfigError> {
        for (name, value) in &self.headers {
            check_header(name, value, "headers")?;
            let name = name.to_ascii_lowercase();
            if name.starts_with("webhook-") || name == "authorization" {
                return Err(ConfigError::new("headers", format!("{name:?} is not set here")));
            }
        }
        checked(&self.url, "url")
    }

    pub(crate) fn open(
        &self,
        limits: Limits,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Webhook, ConfigError> {
        let uri = self.check()?;
        let secret = self.secret.fetch("secret", env)?;
        let previous = self.previous_secret.as_ref().map(|s| s.fetch("previous_secret", env)).transpose()?;
        let bearer = self.bearer.as_ref().map(|bearer| bearer.fetch("bearer", env)).transpose()?;
        let mut keys = Vec::new();
        for (field, secret) in [("secret", Some(&secret)), ("previous_secret", previous.as_ref())] {
            let Some(secret) = secret else { continue };
            let key = SigningKey::parse(secret.reveal())
                .map_err(|error| ConfigError::new(field, error.to_string()))?;
            keys.push(key);
        }
        let secrets = [Some(&secret), previous.as_ref(), bearer.as_ref()];
        let hidden = Hidden::new(
            secrets
                .into_iter()
                .flatten()
                .map(|secret| secret.reveal().strip_prefix(SECRET_PREFIX).unwrap_or(secret.reveal())),
        );
        let http = Http::new(&uri, self.authorities.as_deref(), limits)?;
        let headers = self.headers.clone();
        Ok(Webhook { http, url: self.url.clone(), keys, bearer, headers, hidden })
    }
}

/// An endpoint, ready.
#[derive(Debug)]
pub(crate) struct Webhook {
    http: Http,
    url: String,
    keys: Vec<SigningKey>,
    bearer: Option<Secret>,
    headers: BTreeMap<String, String>,
    hidden: Hidden,
}

impl Webhook {
    pub(crate) fn send(&self, message: &Message, key: &str, now: Time) -> Result<Sent, SendError> {
        let body = match &message.payload {
            Some(payload) => payload.to_string(),
            None => own_payload(message, now)?,
        };
        let timestamp = now.0.div_euclid(1_000_000);
        let signatures: Vec<String> =
            self.keys.iter().map(|signing| signing.sign(key, timestamp, body.as_bytes())).collect();
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            (ID_HEADER, key.to_owned()),
            (TIMESTAMP_HEADER, timestamp.to_string()),
            (SIGNATURE_HEADER, signatures.join(" ")),
        ];
        if let Some(bearer) = &self.bearer {
            headers.push(("authorization", format!("Bearer {}", bearer.reveal())));
        }
        headers.extend(self.headers.iter().map(|(name, value)| (name.as_str(), value.clone())));
        let request = Request { url: &self.url, headers, body: Some(body.as_bytes()) };
        let answer = self.http.send(request, &self.hidden)?;
        let answer = answer.taken(&self.hidden, now)?;
        Ok(Sent { reference: None, answer })
    }
}

/// What is sent of a message without a payload, in the form that the specification recommends.
fn own_payload(message: &Message, now: Time) -> Result<String, SendError> {
    message.checked_title()?;
    let data = json!({
        "title": message.title,
        "body": message.body,
        "priority": message.priority,
        "link": message.checked_link()?,
        "tags": message.tags,
    });
    Ok(json!({"type": "message", "timestamp": now.to_string(), "data": data}).to_string())
}

/// Why a secret is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret of a webhook is whsec_ and 24 to 64 bytes in Base64")]
pub struct MalformedSecret;

/// Why a webhook that came in is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Our side: the secret.
    #[error(transparent)]
    Secret(#[from] MalformedSecret),
    /// The header is no number.
    #[error("webhook-timestamp is not a number of seconds")]
    MalformedTimestamp,
    /// Too long ago, or replayed.
    #[error("the webhook is more than five minutes old")]
    Old,
    /// From the future.
    #[error("the webhook is more than five minutes ahead of this clock")]
    Ahead,
    /// No signature is the secret's.
    #[error("no signature of the webhook is right")]
    Signature,
}

/// The headers of a webhook that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookHeaders<'a> {
    /// [`ID_HEADER`]. Who keeps those of five minutes tells a webhook that came twice.
    pub id: &'a str,
    /// [`TIMESTAMP_HEADER`].
    pub timestamp: &'a str,
    /// [`SIGNATURE_HEADER`].
    pub signature: &'a str,
}

/// Checks a webhook that came in: that one of its signatures is of this secret (compared in
/// constant time) and that it was sent within five minutes of `now`. The body is the bytes as they
/// came, before anything reads them.
///
/// # Errors
/// [`VerifyError`].
pub fn verify(secret: &str, headers: WebhookHeaders<'_>, body: &[u8], now: Time) -> Result<(), VerifyError> {
    let key = SigningKey::parse(secret)?;
    let timestamp: i64 = headers.timestamp.parse().map_err(|_| VerifyError::MalformedTimestamp)?;
    let seconds = now.0.div_euclid(1_000_000);
    if timestamp < seconds.saturating_sub(TOLERANCE_SECONDS) {
        return Err(VerifyError::Old);
    }
    if timestamp > seconds.saturating_add(TOLERANCE_SECONDS) {
        return Err(VerifyError::Ahead);
    }
    let given = headers.signature.split(' ').filter_map(|one| one.strip_prefix(SIGNATURE_PREFIX));
    let is_right = |signature: &str| {
        STANDARD.decode(signature).is_ok_and(|signature| {
            // What was signed is the header's text, not the number.
            key.mac(headers.id, headers.timestamp, body)
                .is_some_and(|mac| mac.verify_slice(&signature).is_ok())
        })
    };
    if given.into_iter().any(is_right) { Ok(()) } else { Err(VerifyError::Signature) }
}

/// The bytes that sign.
struct SigningKey(Vec<u8>);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl SigningKey {
    fn parse(secret: &str) -> Result<Self, MalformedSecret> {
        let text = secret.strip_prefix(SECRET_PREFIX).ok_or(MalformedSecret)?;
        let bytes = STANDARD.decode(text).map_err(|_| MalformedSecret)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(MalformedSecret) }
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        Some(
            mac.chain_update(id)
                .chain_update(".")
                .chain_update(timestamp)
                .chain_update(".")
                .chain_update(body),
        )
    }

    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mac = self.mac(id, &timestamp.to_string(), body);
        let mac = mac.map(|mac| STANDARD.encode(mac.finalize().into_bytes()));
        format!("{SIGNATURE_PREFIX}{}", mac.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The vector in the tests of the reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const SECONDS: i64 = 1_614_265_330;

    #[test]
    fn signatures_are_those_of_the_specification() {
        assert_eq!(SigningKey::parse(SECRET).unwrap().sign(ID, SECONDS, BODY), SIGNATURE);
    }

    #[test]
    fn what_comes_in_is_checked() {
        let good = WebhookHeaders { id: ID, timestamp: "1614265330", signature: SIGNATURE };
        let several = format!("v1a,x v1,AAAA {SIGNATURE}");
        type Row<'a> = (&'a str, WebhookHeaders<'a>, &'a [u8], i64, Result<(), VerifyError>);
        let table: [Row<'_>; 12] = [
            ("as sent", good, BODY, 0, Ok(())),
            ("late", good, BODY, 300, Ok(())),
            ("too late", good, BODY, 301, Err(VerifyError::Old)),
            ("early", good, BODY, -300, Ok(())),
            ("too early", good, BODY, -301, Err(VerifyError::Ahead)),
            ("one of several", WebhookHeaders { signature: &several, ..good }, BODY, 0, Ok(())),
            ("another body", good, b"{}", 0, Err(VerifyError::Signature)),
            ("another id", WebhookHeaders { id: "msg_2", ..good }, BODY, 0, Err(VerifyError::Signature)),
            (
                "another time",
                WebhookHeaders { timestamp: "1614265331", ..good },
                BODY,
                0,
                Err(VerifyError::Signature),
            ),
            (
                "the same time, written otherwise",
                WebhookHeaders { timestamp: "+1614265330", ..good },
                BODY,
                0,
                Err(VerifyError::Signature),
            ),
            (
                "no time",
                WebhookHeaders { timestamp: "x", ..good },
                BODY,
                0,
                Err(VerifyError::MalformedTimestamp),
            ),
            ("none", WebhookHeaders { signature: "", ..good }, BODY, 0, Err(VerifyError::Signature)),
        ];
        for (name, headers, body, later, wanted) in table {
            let now = Time((SECONDS + later) * 1_000_000);
            assert_eq!(verify(SECRET, headers, body, now), wanted, "{name}");
        }
        let now = Time(SECONDS * 1_000_000);
        let other = "whsec_c2VjcmV0LW9mLWEtcm90YXRlZC1lbmRwb2ludA==";
        assert_eq!(verify(other, good, BODY, now), Err(VerifyError::Signature));
        for malformed in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!", "whsec_c2hvcnQ="] {
            assert_eq!(verify(malformed, good, BODY, now), Err(VerifyError::Secret(MalformedSecret)));
        }
    }
}
