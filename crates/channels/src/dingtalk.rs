//! Custom bots in groups of DingTalk (钉钉自定义机器人), secured by signature (加签)
//! (<https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages>).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use model::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::Sha256;
use ureq::http::Uri;

use crate::http::{Http, Request, checked_base, percent_encoded};
use crate::markdown::markdown;
use crate::message::cut;
use crate::secret::{Hidden, Secret, SecretSource};
use crate::verdict::Codes;
use crate::{ConfigError, Limits, Message, Phone, SendError, Sent};

/// DingTalk takes 20,000 bytes of message, escapes included.
const TEXT_BYTES_MAX: usize = 12_000;
/// What a list of conversations shows at most.
const TITLE_BYTES_MAX: usize = 200;

/// -1: busy. 130101, 410100: more than 20 messages in a minute, for which a bot is held up for ten.
const CODES: Codes = Codes {
    provider: "DingTalk",
    codes: &["errcode"],
    words: &["errmsg"],
    passing: &[(-1, 0), (130_101, 600), (410_100, 600)],
};

/// A bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DingtalkConfig {
    /// DingTalk's server; another one for private installations.
    #[serde(default = "server")]
    pub server: String,
    /// What stands behind `access_token=` in the bot's address.
    pub access_token: SecretSource,
    /// The secret by which messages are signed; DingTalk shows it under 加签, `SEC…`.
    pub secret: SecretSource,
}

fn server() -> String {
    "https://oapi.dingtalk.com".to_owned()
}

impl DingtalkConfig {
    pub(crate) fn check(&self) -> Result<(Uri, String), ConfigError> {
        checked_base(&self.server, "server")
    }

    pub(crate) fn open(
        &self,
        limits: Limits,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Dingtalk, ConfigError> {
        let (uri, server) = self.check()?;
        let token = self.access_token.fetch("access_token", env)?;
        let secret = self.secret.fetch("secret", env)?;
        let hidden = Hidden::new([token.reveal(), secret.reveal()]);
        Ok(Dingtalk { http: Http::new(&uri, None, limits)?, server, token, secret, hidden })
    }
}

/// A bot, ready.
#[derive(Debug)]
pub(crate) struct Dingtalk {
    http: Http,
    server: String,
    token: Secret,
    secret: Secret,
    hidden: Hidden,
}

impl Dingtalk {
    pub(crate) fn send(&self, mobiles: &[Phone], message: &Message, now: Time) -> Result<Sent, SendError> {
        let millis = now.0.div_euclid(1000);
        let url = format!(
            "{}/robot/send?access_token={}&timestamp={millis}&sign={}",
            self.server,
            percent_encoded(self.token.reveal()),
            percent_encoded(&signature(millis, self.secret.reveal())),
        );
        // DingTalk knows Chinese mobiles without their country.
        let called: Vec<&str> =
            mobiles.iter().map(|phone| phone.chinese_mobile().unwrap_or(phone.as_str())).collect();
        let hidden = self.hidden.and(called.iter().copied());
        // Who is called must stand in the text as well.
        let calls: String = called.iter().map(|mobile| format!(" @{mobile}")).collect();
        let mut text = markdown(message, "\n\n", TEXT_BYTES_MAX)?;
        if !calls.is_empty() {
            text.push_str("\n\n");
            text.push_str(calls.trim_start());
        }
        let body = json!({
            "msgtype": "markdown",
            "markdown": {"title": cut(&message.title_line(), TITLE_BYTES_MAX), "text": text},
            "at": {"atMobiles": called, "isAtAll": false},
        });
        let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
        let body = body.to_string().into_bytes();
        let answer = self.http.send(Request { url: &url, headers, body: Some(&body) }, &hidden)?;
        CODES.judge(&answer, &hidden, now)
    }
}

/// 加签: HMAC-SHA-256 of `{millis}\n{secret}` under the secret, in Base64.
fn signature(millis: i64, secret: &str) -> String {
    // A key of any length will do.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    STANDARD.encode(mac.chain_update(format!("{millis}\n{secret}")).finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_as_computed_elsewhere() {
        // python3: base64.b64encode(hmac.new(s, f"{t}\n{s}", sha256))
        let secret = "SEC3e4f5a6b7c8d9e0f";
        assert_eq!(signature(1_772_352_000_000, secret), "v1qWTIEXzV3Q9Iqsvsh7WSQ6mAzHJKEmy9fyzpSrv8g=");
    }
}
