//! Push to phones through a server that speaks ntfy, by publishing JSON
//! (<https://docs.ntfy.sh/publish/#publish-as-json>): titles in UTF-8, no headers to encode.

use std::path::PathBuf;

use model::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use ureq::http::Uri;

use crate::http::{Http, Request, checked_base};
use crate::message::cut;
use crate::secret::{Hidden, Secret, SecretSource};
use crate::{ConfigError, Limits, Message, Priority, SendError, Sent};

/// ntfy makes an attachment of a longer message (4,096 bytes).
const MESSAGE_BYTES_MAX: usize = 3900;
/// What a notification shows of a title at most.
const TITLE_BYTES_MAX: usize = 250;

/// A server that speaks ntfy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NtfyConfig {
    /// Its address: `https://push.example`.
    pub server: String,
    /// An access token, if topics are not open to all (they should not be).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretSource>,
    /// Authorities to trust instead of Mozilla's: a file in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<PathBuf>,
}

impl NtfyConfig {
    pub(crate) fn check(&self) -> Result<(Uri, String), ConfigError> {
        checked_base(&self.server, "server")
    }

    pub(crate) fn open(
        &self,
        limits: Limits,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Ntfy, ConfigError> {
        let (uri, server) = self.check()?;
        let token = self.token.as_ref().map(|token| token.fetch("token", env)).transpose()?;
        let http = Http::new(&uri, self.authorities.as_deref(), limits)?;
        Ok(Ntfy { http, server, token })
    }
}

/// A server, ready.
#[derive(Debug)]
pub(crate) struct Ntfy {
    http: Http,
    server: String,
    token: Option<Secret>,
}

impl Ntfy {
    pub(crate) fn send(
        &self,
        topic: &str,
        message: &Message,
        key: &str,
        now: Time,
    ) -> Result<Sent, SendError> {
        let is_topic = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=64).contains(&topic.len()) || !topic.bytes().all(is_topic) {
            return Err(SendError::refused("a topic has 1 to 64 letters, digits, hyphens and underscores"));
        }
        let hidden = Hidden::new(self.token.iter().map(Secret::reveal).chain([topic]));
        let body = published(topic, message, key)?;
        let mut headers = vec![("content-type", "application/json".to_owned())];
        if let Some(token) = &self.token {
            headers.push(("authorization", format!("Bearer {}", token.reveal())));
        }
        let url = format!("{}/", self.server);
        let answer = self.http.send(Request { url: &url, headers, body: Some(&body) }, &hidden)?;
        let words = answer.taken(&hidden, now)?;
        let said: Value = serde_json::from_slice(answer.whole()).unwrap_or_default();
        match said.get("id").and_then(Value::as_str) {
            Some(id) => Ok(Sent { reference: Some(id.to_owned()), answer: format!("published as {id}") }),
            None => Err(SendError::retry(format!("not an answer of ntfy: {words}"))),
        }
    }
}

/// What is published.
fn published(topic: &str, message: &Message, key: &str) -> Result<Vec<u8>, SendError> {
    let title = message.checked_title()?;
    let parts = [message.body.zh.trim(), message.body.en.trim()];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    let mut body = json!({
        "topic": topic,
        "title": cut(&title, TITLE_BYTES_MAX),
        "message": cut(&text, MESSAGE_BYTES_MAX),
        "priority": match message.priority { Priority::Urgent => 5, Priority::Normal => 3 },
        "tags": message.tags,
        // From ntfy 2.16: what is sent twice is shown once. Older servers leave it unread.
        "sequence_id": sequence(key),
    });
    if let (Some(link), Some(body)) = (message.checked_link()?, body.as_object_mut()) {
        body.insert("click".to_owned(), link.into());
    }
    Ok(body.to_string().into_bytes())
}

/// A name of ntfy's form for the message.
fn sequence(key: &str) -> String {
    let mut name = hex::encode(Sha256::digest(key.as_bytes()));
    name.truncate(32);
    name
}
