//! Text messages through a provider's HTTP gateway. Gateways are many and differ in words only, so
//! one is described by data: address, headers, body with placeholders, and what in the answer
//! means success. Gateways that want each request signed need [`SmsSigning`] besides.

mod acs3;
mod template;

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ureq::http::Uri;

use crate::http::{Answer, Http, Request, check_header, checked};
use crate::message::{Language, one_line};
use crate::secret::{Hidden, Secret, SecretSource};
use crate::{ConfigError, Limits, Message, Phone, SendError, Sent};
use template::{Encoding, Template, Values};

/// Characters of a text at most, unless something else is said: five parts of 67.
const CHARS_MAX: usize = 300;

/// A gateway. In `url`, `headers` and `body`, `{phone}` is the number in E.164, `{mobile}` a
/// Chinese mobile without +86, `{text}` the text, `{id}` the idempotency key and `{secret}` the
/// secret, each written as its place wants it; `{text|json}` is the text as part of a JSON string
/// that is itself a value of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsConfig {
    /// The address; placeholders in its query only.
    pub url: String,
    /// How it is asked.
    #[serde(default)]
    pub method: SmsMethod,
    /// Headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body of a `POST`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<SmsBody>,
    /// What `{secret}` stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretSource>,
    /// User and password of HTTP (`Authorization: Basic …`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basic: Option<SmsBasic>,
    /// How requests are signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing: Option<SmsSigning>,
    /// What in the answer means success; without it, a status of 2xx does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success: Option<SmsSuccess>,
    /// Where the answer has the provider's name of the message (JSON pointer).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The language of the text.
    #[serde(default)]
    pub language: Language,
    /// Characters of the text at most.
    #[serde(default = "chars_max")]
    pub chars_max: usize,
    /// Authorities to trust instead of Mozilla's: a file in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<PathBuf>,
}

fn chars_max() -> usize {
    CHARS_MAX
}

/// How a gateway is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SmsMethod {
    /// With a body.
    #[default]
    Post,
    /// All in the address.
    Get,
}

/// A body with placeholders, and its form, which says how they are filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsBody {
    /// `application/x-www-form-urlencoded`: `To={phone}&Body={text}`.
    Form(String),
    /// `application/json`, placeholders within strings: `{"phone": "{phone}", "text": "{text}"}`.
    Json(String),
}

/// User and password of HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsBasic {
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretSource,
}

/// How requests are signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SmsSigning {
    /// ACS3-HMAC-SHA256 of Aliyun's OpenAPI (V3版本请求体&签名机制). `x-acs-action` and
    /// `x-acs-version` stand in `headers`.
    Acs3 {
        /// The AccessKey's name.
        access_key_id: String,
        /// The AccessKey's secret.
        access_key_secret: SecretSource,
    },
}

/// What in the answer means success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsSuccess {
    /// Where to look (RFC 6901): `/Code`.
    pub pointer: String,
    /// What stands there if it was taken, numbers as they are written: `OK`, `0`.
    pub equals: String,
    /// What stands there if another time may do: limits of speed, a provider that is busy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passing: Vec<String>,
}

/// A configuration that was read.
pub(crate) struct Read {
    uri: Uri,
    url: Template,
    headers: Vec<(String, Template)>,
    body: Option<Template>,
}

impl SmsConfig {
    pub(crate) fn check(&self) -> Result<Read, ConfigError> {
        let url = Template::parse(&self.url, Encoding::Query, "url")?;
        let sample = url.filled(&Values::sample())?;
        let uri = checked(&sample, "url")?;
        // Where it goes is not for the message to say.
        let is_fixed = self.url.split('?').next().is_some_and(|path| sample.starts_with(path));
        if !is_fixed {
            return Err(ConfigError::new("url", "placeholders stand behind the ? only"));
        }
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            check_header(name, value, "headers")?;
            headers.push((name.clone(), Template::parse(value, Encoding::Header, "headers")?));
        }
        let body = match (&self.body, self.method) {
            (Some(SmsBody::Form(text)), SmsMethod::Post) => {
                Some(Template::parse(text, Encoding::Form, "body")?)
            }
            (Some(SmsBody::Json(text)), SmsMethod::Post) => {
                let template = Template::parse(text, Encoding::Json, "body")?;
                let sample = template.filled(&Values::sample())?;
                if let Err(error) = serde_json::from_str::<Value>(&sample) {
                    return Err(ConfigError::new("body", format!("not JSON: {error}")));
                }
                Some(template)
            }
            (None, SmsMethod::Post) => return Err(ConfigError::new("body", "a POST has a body")),
            (Some(_), SmsMethod::Get) => return Err(ConfigError::new("body", "a GET has no body")),
            (None, SmsMethod::Get) => None,
        };
        let all: Vec<&Template> =
            [&url].into_iter().chain(headers.iter().map(|(_, value)| value)).chain(&body).collect();
        let uses = |name: &str| all.iter().any(|template| template.uses(name));
        if !uses("phone") && !uses("mobile") {
            return Err(ConfigError::new("body", "neither {phone} nor {mobile} stands anywhere"));
        }
        if !uses("text") {
            return Err(ConfigError::new("body", "{text} stands nowhere"));
        }
        if uses("secret") != self.secret.is_some() {
            return Err(ConfigError::new("secret", "{secret} and `secret` go together"));
        }
        let pointers = self.reference.iter().chain(self.success.as_ref().map(|success| &success.pointer));
        for pointer in pointers {
            if !pointer.starts_with('/') {
                return Err(ConfigError::new(
                    "success",
                    format!("{pointer:?} is no JSON pointer such as /Code"),
                ));
            }
        }
        if !(20..=1000).contains(&self.chars_max) {
            return Err(ConfigError::new("chars_max", "a text has 20 to 1000 characters"));
        }
        Ok(Read { uri, url, headers, body })
    }

    pub(crate) fn open(
        &self,
        limits: Limits,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Sms, ConfigError> {
        let read = self.check()?;
        let secret = self.secret.as_ref().map(|secret| secret.fetch("secret", env)).transpose()?;
        let mut hide: Vec<String> = secret.iter().map(|secret| secret.reveal().to_owned()).collect();
        let mut authorization = None;
        if let Some(SmsBasic { user, password }) = &self.basic {
            let password = password.fetch("basic", env)?;
            let encoded = STANDARD.encode(format!("{user}:{}", password.reveal()));
            hide.extend([password.reveal().to_owned(), encoded.clone()]);
            authorization = Some(format!("Basic {encoded}"));
        }
        let mut signing = None;
        if let Some(SmsSigning::Acs3 { access_key_id, access_key_secret }) = &self.signing {
            let secret = access_key_secret.fetch("signing", env)?;
            hide.push(secret.reveal().to_owned());
            signing = Some((access_key_id.clone(), secret));
        }
        Ok(Sms {
            http: Http::new(&read.uri, self.authorities.as_deref(), limits)?,
            read,
            secret,
            authorization,
            signing,
            content_type: match &self.body {
                Some(SmsBody::Form(_)) => Some("application/x-www-form-urlencoded"),
                Some(SmsBody::Json(_)) => Some("application/json; charset=utf-8"),
                None => None,
            },
            success: self.success.clone(),
            reference: self.reference.clone(),
            language: self.language,
            chars_max: self.chars_max,
            hidden: Hidden::new(hide.iter().map(String::as_str)),
        })
    }
}

/// A gateway, ready.
pub(crate) struct Sms {
    http: Http,
    read: Read,
    secret: Option<Secret>,
    authorization: Option<String>,
    signing: Option<(String, Secret)>,
    content_type: Option<&'static str>,
    success: Option<SmsSuccess>,
    reference: Option<String>,
    language: Language,
    chars_max: usize,
    hidden: Hidden,
}

impl std::fmt::Debug for Sms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sms").field("http", &self.http).finish_non_exhaustive()
    }
}

impl Sms {
    pub(crate) fn send(
        &self,
        phone: &Phone,
        message: &Message,
        key: &str,
        now: Time,
    ) -> Result<Sent, SendError> {
        let text = self.text(message)?;
        let values = Values {
            phone: phone.as_str(),
            mobile: phone.chinese_mobile(),
            text: &text,
            id: key,
            secret: self.secret.as_ref().map(Secret::reveal).unwrap_or_default(),
        };
        let fill = |template: &Template| {
            template.filled(&values).map_err(|error| SendError::refused(error.to_string()))
        };
        let hidden = self.hidden.and([phone.as_str(), phone.chinese_mobile().unwrap_or_default()]);
        let url = fill(&self.read.url)?;
        let body = self.read.body.as_ref().map(fill).transpose()?;
        let mut headers: Vec<(&str, String)> = Vec::new();
        headers.extend(self.content_type.map(|media_type| ("content-type", media_type.to_owned())));
        for (name, value) in &self.read.headers {
            headers.push((name, fill(value)?));
        }
        headers.extend(self.authorization.iter().map(|value| ("authorization", value.clone())));
        if let Some((id, secret)) = &self.signing {
            let body = body.as_deref().unwrap_or_default();
            let nonce = acs3::nonce(key, now);
            let request =
                acs3::Unsigned { uri: &url, post: self.read.body.is_some(), headers: &headers, body };
            let signed = request
                .signed(id, secret.reveal(), now, nonce)
                .ok_or_else(|| SendError::refused("no request can be signed for this message"))?;
            headers.extend(signed);
        }
        let request = Request { url: &url, headers, body: body.as_deref().map(str::as_bytes) };
        let answer = self.http.send(request, &hidden)?;
        self.judge(&answer, &hidden, now)
    }

    /// The text: title, body and link in one language, as much as there is room for.
    fn text(&self, message: &Message) -> Result<String, SendError> {
        let title = one_line(self.language.of(&message.title));
        if title.is_empty() {
            return Err(SendError::refused("the message has no title"));
        }
        let body = one_line(self.language.of(&message.body));
        let text = if body.is_empty() {
            title
        } else {
            match self.language {
                Language::Zh => format!("{title}：{body}"),
                Language::En => format!("{title}: {body}"),
            }
        };
        let link = message.checked_link()?.map(|link| format!(" {link}")).unwrap_or_default();
        let room = self.chars_max.saturating_sub(link.chars().count());
        if room < 10 {
            return Err(SendError::refused("the link leaves no room for a text"));
        }
        if text.chars().count() <= room {
            return Ok(format!("{text}{link}"));
        }
        let text: String = text.chars().take(room - 1).collect();
        Ok(format!("{}…{link}", text.trim_end()))
    }

    fn judge(&self, answer: &Answer, hidden: &Hidden, now: Time) -> Result<Sent, SendError> {
        let body: Value = serde_json::from_slice(answer.whole()).unwrap_or_default();
        let scalar = |pointer: &str| match body.pointer(pointer)? {
            Value::String(text) => Some(text.clone()),
            value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
            _ => None,
        };
        let sent = |answer: String| {
            let reference = self.reference.as_deref().and_then(scalar);
            Ok(Sent { reference, answer })
        };
        let Some(success) = &self.success else { return answer.taken(hidden, now).and_then(sent) };
        let why = answer.words(hidden);
        match scalar(&success.pointer) {
            Some(code) if code == success.equals => answer.taken(hidden, now).and_then(sent),
            Some(code) if success.passing.contains(&code) || answer.is_passing() => {
                Err(SendError::Retry { after: answer.retry_after(now), why })
            }
            Some(_) => Err(SendError::Refused { why }),
            // Not the gateway's form: by its status, and 2xx means nothing then.
            None => answer.taken(hidden, now).and_then(|_| {
                Err(SendError::retry(format!("{why} (nothing stands at {})", success.pointer)))
            }),
        }
    }
}
