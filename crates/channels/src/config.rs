//! Channels as data.

use serde::{Deserialize, Serialize};

use crate::{
    Channel, DingtalkConfig, FeishuConfig, Kind, Limits, MailConfig, NtfyConfig, Phone, Recipient, SmsConfig,
    WebhookConfig, WecomConfig,
};

/// A channel, as it stands in a file: `{ntfy: {server: …}}`. A key that is not known is refused by
/// its name. Secrets do not stand here ([`crate::SecretSource`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelConfig {
    /// Push to phones through a server that speaks ntfy.
    Ntfy(NtfyConfig),
    /// Text messages through a provider's gateway.
    Sms(Box<SmsConfig>),
    /// A custom bot in a group of DingTalk (钉钉自定义机器人).
    Dingtalk(DingtalkConfig),
    /// A bot in a group of WeCom (企业微信群机器人).
    Wecom(WecomConfig),
    /// A custom bot in a group of Feishu (飞书自定义机器人).
    Feishu(FeishuConfig),
    /// A signed webhook to a partner.
    Webhook(WebhookConfig),
    /// Mail by SMTP.
    Mail(Box<MailConfig>),
}

/// What is wrong with a channel's configuration: the field, and a sentence. Quotes no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {what}")]
pub struct ConfigError {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub what: String,
}

impl ConfigError {
    pub(crate) fn new(field: &'static str, what: impl Into<String>) -> Self {
        Self { field, what: what.into() }
    }
}

impl ChannelConfig {
    /// Checks the configuration and fetches its secrets, the variables from `env`. Nothing is sent.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn open(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<Channel, ConfigError> {
        self.open_within(Limits::default(), env)
    }

    /// As [`ChannelConfig::open`], with other limits than the usual ones.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn open_within(
        &self,
        limits: Limits,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Channel, ConfigError> {
        Ok(Channel::new(match self {
            Self::Ntfy(config) => Kind::Ntfy(config.open(limits, env)?),
            Self::Sms(config) => Kind::Sms(Box::new(config.open(limits, env)?)),
            Self::Dingtalk(config) => Kind::Dingtalk(config.open(limits, env)?),
            Self::Wecom(config) => Kind::Wecom(config.open(limits, env)?),
            Self::Feishu(config) => Kind::Feishu(config.open(limits, env)?),
            Self::Webhook(config) => Kind::Webhook(config.open(limits, env)?),
            Self::Mail(config) => Kind::Mail(Box::new(config.open(limits, env)?)),
        }))
    }

    /// Whom an address names on this channel, as it stands in a roster: a topic, a number, mail
    /// addresses or numbers divided by commas, nothing for an endpoint.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn recipient(&self, address: &str) -> Result<Recipient, ConfigError> {
        let each = || address.split(',').map(str::trim).filter(|part| !part.is_empty());
        let phone = |text: &str| {
            let phone = Phone::parse(text);
            phone.map_err(|error| ConfigError::new("to", error.to_string()))
        };
        Ok(match self {
            Self::Ntfy(_) => Recipient::Topic(address.trim().to_owned()),
            Self::Sms(_) => Recipient::Phone(phone(address.trim())?),
            Self::Dingtalk(_) => Recipient::Group { mobiles: each().map(phone).collect::<Result<_, _>>()? },
            Self::Wecom(_) | Self::Feishu(_) => Recipient::Group { mobiles: Vec::new() },
            Self::Webhook(_) => Recipient::Endpoint,
            Self::Mail(_) => Recipient::Mail { to: each().map(str::to_owned).collect(), cc: Vec::new() },
        })
    }

    /// Checks what can be checked without the secrets: whether files in a repository are right.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn check(&self) -> Result<(), ConfigError> {
        match self {
            Self::Ntfy(config) => config.check().map(|_| ()),
            Self::Sms(config) => config.check().map(|_| ()),
            Self::Dingtalk(config) => config.check().map(|_| ()),
            Self::Wecom(config) => config.check().map(|_| ()),
            Self::Feishu(config) => config.check().map(|_| ()),
            Self::Webhook(config) => config.check().map(|_| ()),
            Self::Mail(config) => config.check().map(|_| ()),
        }
    }
}
