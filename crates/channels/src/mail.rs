//! Mail by SMTP (RFC 5321), as RFC 5322 and MIME have it. The connection is driven here, step by
//! step, so that a failing farewell after the mail was taken does not send it twice.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, SystemTime};

use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Enclosure, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, SmtpConnection, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::extension::ClientId;
use model::time::Time;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::http::{authorities_pem, is_loopback_host};
use crate::message::one_line;
use crate::secret::{Hidden, Secret, SecretSource};
use crate::{ConfigError, Limits, Message, Priority, SendError, Sent};

/// Recipients of one message at most.
const RECIPIENTS_MAX: usize = 50;
/// Bytes of all files of a message at most: relays refuse what is beyond some tens of millions.
const ATTACHED_BYTES_MAX: usize = 20 << 20;

/// A mail server, and as whom to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Its name: `smtp.example`.
    pub host: String,
    /// Its port; without it 465 for `tls`, 587 for `starttls`, 25 for `plain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the connection is encrypted.
    pub security: MailSecurity,
    /// As whom to log in; with `password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretSource>,
    /// The sender that is shown: `见微 <alerts@jianwei.example>`.
    pub from: String,
    /// Where answers go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Where bounces go (the envelope's sender); without it to `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounces_to: Option<String>,
    /// As whom to greet the server: this machine's name. Without it, the domain of `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hello: Option<String>,
    /// Seconds for one mail, for a relay that looks through files before it answers; 10 to 300.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// Authorities to trust instead of Mozilla's: a file in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<PathBuf>,
}

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// From the first byte (RFC 8314).
    Tls,
    /// By `STARTTLS`, which must be there.
    Starttls,
    /// Not at all: to this machine only.
    Plain,
}

/// A mailbox: an address, and the name of who reads there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    name: Option<String>,
    address: Address,
}

impl Mailbox {
    /// Reads `a@b.example` or `Name <a@b.example>`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"'), address),
            None => ("", text),
        };
        if name.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '"')) {
            return None;
        }
        let address: Address = address.parse().ok()?;
        // Addresses beyond ASCII need servers that take them all the way.
        let is_ascii = AsRef::<str>::as_ref(&address).is_ascii();
        is_ascii.then(|| Self { name: (!name.is_empty()).then(|| name.to_owned()), address })
    }

    fn lettre(&self) -> lettre::message::Mailbox {
        lettre::message::Mailbox::new(self.name.clone(), self.address.clone())
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => write!(f, "{}", self.address),
        }
    }
}

/// The mailboxes of a configuration.
#[derive(Clone, Debug)]
pub(crate) struct Senders {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    envelope: Address,
    hello: String,
}

impl MailConfig {
    pub(crate) fn check(&self) -> Result<Senders, ConfigError> {
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | '?');
        if self.host.is_empty() || self.host.contains(is_odd) {
            return Err(ConfigError::new("host", "not the name of a server such as smtp.example"));
        }
        if self.security == MailSecurity::Plain && !is_loopback_host(&self.host) {
            return Err(ConfigError::new(
                "security",
                "plain is for this machine only (127.0.0.1, ::1, localhost); use tls or starttls",
            ));
        }
        if self.user.is_some() != self.password.is_some() {
            return Err(ConfigError::new("user", "user and password go together"));
        }
        if self.timeout_seconds.is_some_and(|seconds| !(10..=300).contains(&seconds)) {
            return Err(ConfigError::new("timeout_seconds", "10 to 300 seconds"));
        }
        let mailbox = |field, text: &str| {
            Mailbox::parse(text)
                .ok_or_else(|| ConfigError::new(field, "not a mailbox such as 见微 <alerts@jianwei.example>"))
        };
        let from = mailbox("from", &self.from)?;
        let reply_to = self.reply_to.as_deref().map(|text| mailbox("reply_to", text)).transpose()?;
        let bounces = self.bounces_to.as_deref().map(|text| mailbox("bounces_to", text)).transpose()?;
        let envelope = bounces.map_or_else(|| from.address.clone(), |mailbox| mailbox.address);
        let hello = self.hello.clone().unwrap_or_else(|| from.address.domain().to_owned());
        if hello.is_empty()
            || !hello.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        {
            return Err(ConfigError::new("hello", "not the name of a machine such as jianwei.example"));
        }
        Ok(Senders { from, reply_to, envelope, hello })
    }

    pub(crate) fn open(
        &self,
        limits: Limits,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Mail, ConfigError> {
        let senders = self.check()?;
        let password = self.password.as_ref().map(|password| password.fetch("password", env)).transpose()?;
        let hidden = Hidden::new(password.iter().map(Secret::reveal));
        let login = self.user.clone().zip(password);
        let tls = match self.security {
            MailSecurity::Plain => None,
            MailSecurity::Tls | MailSecurity::Starttls => Some(self.tls()?),
        };
        let port = self.port.unwrap_or(match self.security {
            MailSecurity::Tls => 465,
            MailSecurity::Starttls => 587,
            MailSecurity::Plain => 25,
        });
        let whole = self.timeout_seconds.map_or(limits.whole, Duration::from_secs);
        let hello = ClientId::Domain(senders.hello.clone());
        let host = self.host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let relay = Relay {
            host,
            port,
            wrapped: self.security == MailSecurity::Tls,
            tls,
            login,
            hello,
            limits: Limits { whole, ..limits },
        };
        Ok(Mail { relay: Arc::new(relay), senders, hidden })
    }

    fn tls(&self) -> Result<TlsParameters, ConfigError> {
        let mut builder = TlsParametersBuilder::new(self.host.clone());
        if let Some(path) = &self.authorities {
            let malformed = || {
                let what = format!("the file {} holds no certificates in PEM", path.display());
                ConfigError::new("authorities", what)
            };
            let certificate = Certificate::from_pem(&authorities_pem(path)?).map_err(|_| malformed())?;
            builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
        }
        builder.build().map_err(|error| ConfigError::new("security", error.to_string()))
    }
}

/// A mail server, ready.
#[derive(Debug)]
pub(crate) struct Mail {
    relay: Arc<Relay>,
    senders: Senders,
    hidden: Hidden,
}

/// How to reach it.
struct Relay {
    host: String,
    port: u16,
    wrapped: bool,
    tls: Option<TlsParameters>,
    login: Option<(String, Secret)>,
    hello: ClientId,
    limits: Limits,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relay({}:{})", self.host, self.port)
    }
}

impl Mail {
    pub(crate) fn send(
        &self,
        to: &[String],
        cc: &[String],
        message: &Message,
        key: &str,
        now: Time,
    ) -> Result<Sent, SendError> {
        let (id, envelope, bytes) = self.written(to, cc, message, key, now)?;
        let relay = Arc::clone(&self.relay);
        let abandoned = Arc::new(AtomicBool::new(false));
        let is_abandoned = Arc::clone(&abandoned);
        let (done, waiting) = channel();
        // Its timeouts are for each step; this thread ends by them, when nobody waits any more.
        let delivery = move || {
            let mut connection = match relay.connected() {
                Ok(connection) => connection,
                Err(error) => return drop(done.send(Err(error))),
            };
            let said = relay.converse(&mut connection, &envelope, &bytes, &is_abandoned);
            let is_taken = said.is_ok();
            // Told before the farewell, which may hang and changes nothing. Nobody listens any more
            // when it took too long.
            let _ = done.send(said);
            if is_taken { drop(connection.quit()) } else { connection.abort() }
        };
        std::thread::Builder::new()
            .name("mail".to_owned())
            .spawn(delivery)
            .map_err(|error| SendError::retry(format!("no thread for mail: {error}")))?;
        let Relay { host, limits, .. } = &*self.relay;
        match waiting.recv_timeout(limits.whole) {
            Ok(Ok(said)) => {
                let said = self.hidden.excerpt(said.as_bytes());
                Ok(Sent { reference: Some(id), answer: format!("{host} answered {said}") })
            }
            Ok(Err(error)) => Err(self.judge(&error)),
            Err(RecvTimeoutError::Timeout) => {
                abandoned.store(true, Ordering::Relaxed);
                let seconds = limits.whole.as_secs_f32();
                Err(SendError::retry(format!("{host} did not take the mail within {seconds} s")))
            }
            Err(RecvTimeoutError::Disconnected) => Err(SendError::retry("the sending of mail broke off")),
        }
    }

    /// A mail: its `Message-ID`, envelope and bytes.
    fn written(
        &self,
        to: &[String],
        cc: &[String],
        message: &Message,
        key: &str,
        now: Time,
    ) -> Result<(String, Envelope, Vec<u8>), SendError> {
        let mailboxes = |texts: &[String]| {
            let read = |text: &String| {
                Mailbox::parse(text).ok_or_else(|| {
                    SendError::refused(format!("{} is not an address of mail", one_line(text)))
                })
            };
            texts.iter().map(read).collect::<Result<Vec<Mailbox>, SendError>>()
        };
        let (to, cc) = (mailboxes(to)?, mailboxes(cc)?);
        if to.is_empty() || to.len() + cc.len() > RECIPIENTS_MAX {
            return Err(SendError::refused(format!("a mail goes to 1 to {RECIPIENTS_MAX} mailboxes")));
        }
        let refused = |error: &dyn fmt::Display| SendError::refused(format!("no mail can be made: {error}"));
        let all = to.iter().chain(&cc).map(|mailbox| mailbox.address.clone()).collect();
        let envelope =
            Envelope::new(Some(self.senders.envelope.clone()), all).map_err(|error| refused(&error))?;
        let Senders { from, reply_to, .. } = &self.senders;
        let id = message_id(key, from.address.domain());
        let seconds = u64::try_from(now.0.div_euclid(1_000_000)).unwrap_or_default();
        let mut mail = lettre::Message::builder()
            .from(from.lettre())
            .subject(message.checked_title()?)
            .message_id(Some(id.clone()))
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            // No answers of absence to this (RFC 3834).
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .envelope(envelope.clone());
        for mailbox in &to {
            mail = mail.to(mailbox.lettre());
        }
        for mailbox in &cc {
            mail = mail.cc(mailbox.lettre());
        }
        if let Some(reply_to) = reply_to {
            mail = mail.reply_to(reply_to.lettre());
        }
        if message.priority == Priority::Urgent {
            mail = mail.raw_header(header("Importance", "high")).raw_header(header("X-Priority", "1"));
        }
        let text = SinglePart::plain(text(message)?);
        let attached: usize = message.attachments.iter().map(|attachment| attachment.bytes.len()).sum();
        if attached > ATTACHED_BYTES_MAX {
            return Err(SendError::refused(format!("{attached} bytes of files are too many for a mail")));
        }
        let mail = if message.attachments.is_empty() {
            mail.singlepart(text)
        } else {
            let mut parts = MultiPart::mixed().singlepart(text);
            for attachment in &message.attachments {
                let media_type = ContentType::parse(&attachment.media_type).map_err(|_| {
                    SendError::refused(format!("{:?} is no media type", attachment.media_type))
                })?;
                let enclosure = Enclosure::new(file_name(&attachment.name)?);
                parts = parts.singlepart(enclosure.body(attachment.bytes.clone(), media_type));
            }
            mail.multipart(parts)
        };
        Ok((id, envelope, mail.map_err(|error| refused(&error))?.formatted()))
    }

    fn judge(&self, error: &Undelivered) -> SendError {
        let host = &self.relay.host;
        let error = match error {
            Undelivered::Abandoned => return SendError::retry(format!("{host} was too slow")),
            Undelivered::Smtp(error) => error,
        };
        let mut words = error.to_string();
        // The code first, as people who run mail servers read it.
        if let (Some(code), Some(source)) = (error.status(), std::error::Error::source(error)) {
            words = format!("{code} {source}");
        }
        let why = format!("{host}: {}", self.hidden.excerpt(words.as_bytes()));
        // `is_client`: what the server does not offer, or what cannot be said to it.
        if error.is_permanent() || error.is_client() {
            SendError::Refused { why }
        } else {
            SendError::retry(why)
        }
    }
}

/// Why a mail was not delivered.
enum Undelivered {
    Smtp(lettre::transport::smtp::Error),
    /// Nobody waits for it any more: it will be sent again.
    Abandoned,
}

impl Relay {
    /// A connection on which the server greeted.
    fn connected(&self) -> Result<SmtpConnection, Undelivered> {
        let wrapper = self.tls.as_ref().filter(|_| self.wrapped);
        let address = (self.host.as_str(), self.port);
        SmtpConnection::connect(address, Some(self.limits.connect), &self.hello, wrapper, None)
            .map_err(Undelivered::Smtp)
    }

    /// Delivers a mail and gives what the server said when it took it.
    fn converse(
        &self,
        connection: &mut SmtpConnection,
        envelope: &Envelope,
        mail: &[u8],
        is_abandoned: &AtomicBool,
    ) -> Result<String, Undelivered> {
        // A socket that is closed already says so at the next step.
        let _ = connection.set_timeout(Some(self.limits.whole));
        if let Some(tls) = self.tls.as_ref().filter(|_| !self.wrapped) {
            connection.starttls(tls, &self.hello).map_err(Undelivered::Smtp)?;
        }
        if let Some((user, password)) = &self.login {
            let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .map_err(Undelivered::Smtp)?;
        }
        if is_abandoned.load(Ordering::Relaxed) {
            return Err(Undelivered::Abandoned);
        }
        let response = connection.send(envelope, mail).map_err(Undelivered::Smtp)?;
        let words: Vec<&str> = response.message().collect();
        Ok(format!("{} {}", response.code(), words.join(" ")))
    }
}

/// The same for a message that is sent again, so that a mail which came twice can be told
/// (RFC 5322, 3.6.4).
fn message_id(key: &str, domain: &str) -> String {
    let mut name = hex::encode(Sha256::digest(key.as_bytes()));
    name.truncate(40);
    format!("<{name}@{domain}>")
}

/// The text in both languages, each with the link.
fn text(message: &Message) -> Result<String, SendError> {
    let link = message.checked_link()?;
    let mut parts = Vec::new();
    for (title, body) in [(&message.title.zh, &message.body.zh), (&message.title.en, &message.body.en)] {
        let (title, body) = (one_line(title), body.trim());
        if title.is_empty() && body.is_empty() {
            continue;
        }
        let lines = [title.as_str(), body, link.unwrap_or_default()];
        parts.push(lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n\n"));
    }
    Ok(format!("{}\n", parts.join("\n\n----------------------------------------\n\n")))
}

/// The name of a file, without a path and what could end the header.
fn file_name(name: &str) -> Result<String, SendError> {
    let is_odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | '"');
    if name.is_empty() || name.len() > 200 || name.contains(is_odd) {
        return Err(SendError::refused("a file that is attached has no name, or one with a path"));
    }
    Ok(name.to_owned())
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_as_people_write_them() {
        for (text, wanted) in [
            ("a@b.example", Some("a@b.example")),
            (" 见微 <a@b.example> ", Some("见微 <a@b.example>")),
            ("\"Zhang, San\" <a@b.example>", Some("Zhang, San <a@b.example>")),
            ("<a@b.example>", Some("a@b.example")),
            ("a", None),
            ("", None),
            ("a@b.example, c@d.example", None),
            ("x\r\nBcc: y <a@b.example>", None),
            ("a@b.example\r\nBcc: c@d.example", None),
            ("用户@b.example", None),
        ] {
            assert_eq!(
                Mailbox::parse(text).map(|mailbox| mailbox.to_string()).as_deref(),
                wanted,
                "{text:?}"
            );
        }
    }

    #[test]
    fn names_of_files_have_no_path() {
        assert!(file_name("约谈通知书.pdf").is_ok());
        for bad in ["", "../a.pdf", "a\\b.pdf", "a\"b", "a\nb"] {
            assert!(file_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_message_sent_again_has_its_id() {
        assert_eq!(message_id("case-1", "a.example"), message_id("case-1", "a.example"));
        assert_ne!(message_id("case-1", "a.example"), message_id("case-2", "a.example"));
    }
}
