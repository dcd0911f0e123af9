//! Custom bots in groups of Feishu (飞书自定义机器人), secured by signature (签名校验)
//! (<https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use model::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use ureq::http::Uri;

use crate::http::{Http, Request, checked_base, percent_encoded};
use crate::message::{cut, one_line};
use crate::secret::{Hidden, Secret, SecretSource};
use crate::verdict::Codes;
use crate::{ConfigError, Limits, Message, SendError, Sent};

/// Feishu takes 20 KB of request; each language gets a part, escapes and tags included.
const TEXT_BYTES_MAX: usize = 6000;
/// Lines of a text at most: each has a tag of its own.
const LINES_MAX: usize = 60;

/// 11232, 230020: more than 100 messages in a minute or five in a second. The two fields are of two
/// generations of the interface; one that is not zero counts.
const CODES: Codes = Codes {
    provider: "Feishu",
    codes: &["code", "StatusCode"],
    words: &["msg", "StatusMessage"],
    passing: &[(11_232, 60), (230_020, 60)],
};

/// A bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeishuConfig {
    /// Feishu's server; Lark's is `https://open.larksuite.com`.
    #[serde(default = "server")]
    pub server: String,
    /// What stands behind `/hook/` in the bot's address.
    pub token: SecretSource,
    /// The secret by which messages are signed (签名校验).
    pub secret: SecretSource,
}

fn server() -> String {
    "https://open.feishu.cn".to_owned()
}

impl FeishuConfig {
    pub(crate) fn check(&self) -> Result<(Uri, String), ConfigError> {
        checked_base(&self.server, "server")
    }

    pub(crate) fn open(
        &self,
        limits: Limits,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Feishu, ConfigError> {
        let (uri, server) = self.check()?;
        let token = self.token.fetch("token", env)?;
        let secret = self.secret.fetch("secret", env)?;
        let hidden = Hidden::new([token.reveal(), secret.reveal()]);
        Ok(Feishu { http: Http::new(&uri, None, limits)?, server, token, secret, hidden })
    }
}

/// A bot, ready.
#[derive(Debug)]
pub(crate) struct Feishu {
    http: Http,
    server: String,
    token: Secret,
    secret: Secret,
    hidden: Hidden,
}

impl Feishu {
    pub(crate) fn send(&self, message: &Message, now: Time) -> Result<Sent, SendError> {
        let seconds = now.0.div_euclid(1_000_000);
        let url = format!("{}/open-apis/bot/v2/hook/{}", self.server, percent_encoded(self.token.reveal()));
        let body = json!({
            "timestamp": seconds.to_string(),
            "sign": signature(seconds, self.secret.reveal()),
            "msg_type": "post",
            "content": {"post": post(message)?},
        });
        let body = body.to_string().into_bytes();
        let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
        let answer = self.http.send(Request { url: &url, headers, body: Some(&body) }, &self.hidden)?;
        CODES.judge(&answer, &self.hidden, now)
    }
}

/// A rich text in the languages that there are; Feishu shows the reader's. Its text is typed, so
/// that nothing in it becomes a link.
fn post(message: &Message) -> Result<Value, SendError> {
    message.checked_title()?;
    let link = message.checked_link()?;
    let parts = [
        ("zh_cn", "打开", &message.title.zh, &message.body.zh),
        ("en_us", "Open", &message.title.en, &message.body.en),
    ];
    let mut post = Map::new();
    for (language, open, title, body) in parts {
        let title = one_line(title);
        if title.is_empty() {
            continue;
        }
        let body = cut(body, TEXT_BYTES_MAX);
        let lines = body.lines().map(one_line).filter(|line| !line.is_empty()).take(LINES_MAX);
        let mut content: Vec<Value> = lines.map(|line| json!([{"tag": "text", "text": line}])).collect();
        content.extend(link.map(|link| json!([{"tag": "a", "text": open, "href": link}])));
        post.insert(language.to_owned(), json!({"title": title, "content": content}));
    }
    Ok(Value::Object(post))
}

/// 签名校验: HMAC-SHA-256 of nothing under the key `{seconds}\n{secret}`, in Base64.
fn signature(seconds: i64, secret: &str) -> String {
    let key = format!("{seconds}\n{secret}");
    // A key of any length will do.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_as_computed_elsewhere() {
        // python3: base64.b64encode(hmac.new(f"{t}\n{s}", b"", sha256))
        assert_eq!(
            signature(1_772_352_000, "kq0Rr5v8aPzWn2Lx"),
            "39oPD2j/oiEcQ0R3P/R62dAl9PVZaxhRgUmzGrB+5pg="
        );
    }
}
