//! Everything by which a message leaves the house: push to a phone, text message, bots of group
//! chats, signed webhooks to partners, mail. Why something is sent is not known here.
//!
//! A channel is data ([`ChannelConfig`]); [`ChannelConfig::open`] checks it and fetches its
//! secrets, and [`Channel::send`] sends one message, once, and blocks while it does. Whether and
//! when to try again is the caller's, who keeps the outbox: [`SendError`] says whether it can
//! help, [`backoff`] how long to wait. See `docs/channels.md`.
//!
//! **Invariant:** no secret, no topic and no phone number stands in a configuration as it is
//! shown, in `Debug` or in the words of an error.
//! **Invariant:** what leaves this machine is encrypted, and the other side's certificate is
//! checked; plain connections go to loopback addresses only.
//! **Invariant:** one call sends at most one message, follows no redirect, and comes to an end.
//! **Invariant:** `Ok` is returned only for what the other side said in its own form that it took.
#![deny(clippy::indexing_slicing)]

mod backoff;
mod config;
mod dingtalk;
mod feishu;
mod http;
mod mail;
mod markdown;
mod message;
mod ntfy;
mod phone;
mod secret;
mod sms;
mod verdict;
pub mod webhook;
mod wecom;

use std::time::Duration;

use model::time::Time;

pub use backoff::{backoff, wait_seconds};
pub use config::{ChannelConfig, ConfigError};
pub use dingtalk::DingtalkConfig;
pub use feishu::FeishuConfig;
pub use mail::{MailConfig, MailSecurity, Mailbox};
pub use message::{Attachment, Language, Message, Priority, Recipient, Text};
pub use ntfy::NtfyConfig;
pub use phone::{MalformedPhone, Phone};
pub use secret::SecretSource;
pub use sms::{SmsBasic, SmsBody, SmsConfig, SmsMethod, SmsSigning, SmsSuccess};
pub use verdict::{SendError, Sent};
pub use webhook::WebhookConfig;
pub use wecom::WecomConfig;

/// How long one call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until the other side accepted the connection.
    pub connect: Duration,
    /// From the first look-up of a name to the last byte of the answer.
    pub whole: Duration,
}

impl Default for Limits {
    /// Three seconds, and ten.
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), whole: Duration::from_secs(10) }
    }
}

/// A channel that is ready to send: its configuration was checked and its secrets are at hand.
#[derive(Debug)]
pub struct Channel(Kind);

/// The forms.
#[derive(Debug)]
pub(crate) enum Kind {
    Ntfy(ntfy::Ntfy),
    Sms(Box<sms::Sms>),
    Dingtalk(dingtalk::Dingtalk),
    Wecom(wecom::Wecom),
    Feishu(feishu::Feishu),
    Webhook(webhook::Webhook),
    Mail(Box<mail::Mail>),
}

impl Channel {
    pub(crate) fn new(kind: Kind) -> Self {
        Self(kind)
    }

    /// Sends one message, once, and waits for the answer.
    ///
    /// `idempotency_key` names the message: tried again under the same key, it carries the same
    /// `webhook-id`, `Message-ID`, `{id}` or ntfy sequence, so that a message that arrived twice
    /// can be told. It is 1 to 128 visible ASCII characters without a full stop. `now` goes into
    /// signatures and dates; providers refuse one that is off by more than minutes.
    ///
    /// # Errors
    /// [`SendError`]. A message that the channel cannot carry, or a recipient of another kind, is
    /// refused before anything is sent.
    pub fn send(
        &self,
        recipient: &Recipient,
        message: &Message,
        idempotency_key: &str,
        now: Time,
    ) -> Result<Sent, SendError> {
        if !is_key(idempotency_key) {
            return Err(SendError::refused(
                "the idempotency key is not 1 to 128 visible ASCII characters without a full stop",
            ));
        }
        match (&self.0, recipient) {
            (Kind::Ntfy(ntfy), Recipient::Topic(topic)) => ntfy.send(topic, message, idempotency_key, now),
            (Kind::Sms(sms), Recipient::Phone(phone)) => sms.send(phone, message, idempotency_key, now),
            (Kind::Dingtalk(bot), Recipient::Group { mobiles }) => bot.send(mobiles, message, now),
            (Kind::Wecom(bot), Recipient::Group { .. }) => bot.send(message, now),
            (Kind::Feishu(bot), Recipient::Group { .. }) => bot.send(message, now),
            (Kind::Webhook(hook), Recipient::Endpoint) => hook.send(message, idempotency_key, now),
            (Kind::Mail(mail), Recipient::Mail { to, cc }) => {
                mail.send(to, cc, message, idempotency_key, now)
            }
            (kind, _) => Err(SendError::refused(format!("{}, not {}", kind.wants(), recipient.kind()))),
        }
    }
}

impl Kind {
    /// Whom the channel reaches.
    fn wants(&self) -> &'static str {
        match self {
            Self::Ntfy(_) => "push is sent to a topic",
            Self::Sms(_) => "a text message is sent to a phone",
            Self::Dingtalk(_) | Self::Wecom(_) | Self::Feishu(_) => "a bot writes to its group",
            Self::Webhook(_) => "a webhook is sent to its own endpoint",
            Self::Mail(_) => "mail is sent to addresses",
        }
    }
}

/// What signatures, headers and addresses can carry. The full stop divides what a webhook signs.
fn is_key(key: &str) -> bool {
    (1..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.')
}
