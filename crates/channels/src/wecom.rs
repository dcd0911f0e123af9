//! Bots in groups of WeCom (企业微信群机器人)
//! (<https://developer.work.weixin.qq.com/document/path/91770>).

use model::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::json;
use ureq::http::Uri;

use crate::http::{Http, Request, checked_base, percent_encoded};
use crate::markdown::markdown;
use crate::secret::{Hidden, Secret, SecretSource};
use crate::verdict::Codes;
use crate::{ConfigError, Limits, Message, SendError, Sent};

/// WeCom's limit for markdown, in UTF-8.
const TEXT_BYTES_MAX: usize = 4096;

/// -1: busy. 45009: more than 20 messages in a minute. 45033: too many at once.
const CODES: Codes = Codes {
    provider: "WeCom",
    codes: &["errcode"],
    words: &["errmsg"],
    passing: &[(-1, 0), (45_009, 60), (45_033, 60)],
};

/// A bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WecomConfig {
    /// WeCom's server; another one for private installations.
    #[serde(default = "server")]
    pub server: String,
    /// What stands behind `key=` in the bot's address. Who has it can write to the group.
    pub key: SecretSource,
}

fn server() -> String {
    "https://qyapi.weixin.qq.com".to_owned()
}

impl WecomConfig {
    pub(crate) fn check(&self) -> Result<(Uri, String), ConfigError> {
        checked_base(&self.server, "server")
    }

    pub(crate) fn open(
        &self,
        limits: Limits,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Wecom, ConfigError> {
        let (uri, server) = self.check()?;
        let key = self.key.fetch("key", env)?;
        let hidden = Hidden::new([key.reveal()]);
        Ok(Wecom { http: Http::new(&uri, None, limits)?, server, key, hidden })
    }
}

/// A bot, ready.
#[derive(Debug)]
pub(crate) struct Wecom {
    http: Http,
    server: String,
    key: Secret,
    hidden: Hidden,
}

impl Wecom {
    pub(crate) fn send(&self, message: &Message, now: Time) -> Result<Sent, SendError> {
        let url = format!("{}/cgi-bin/webhook/send?key={}", self.server, percent_encoded(self.key.reveal()));
        let text = markdown(message, "\n", TEXT_BYTES_MAX)?;
        let body = json!({"msgtype": "markdown", "markdown": {"content": text}}).to_string().into_bytes();
        let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
        let answer = self.http.send(Request { url: &url, headers, body: Some(&body) }, &self.hidden)?;
        CODES.judge(&answer, &self.hidden, now)
    }
}
