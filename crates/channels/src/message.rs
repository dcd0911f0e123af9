//! What is sent, and to whom; how it is put for a phone, a group and a mailbox.

use std::fmt;

pub use model::text::Text;
use serde::{Deserialize, Serialize};

use crate::{Phone, SendError};

/// A language, where a channel has room for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// A text in this language; the other one where there is none.
    pub(crate) fn of(self, text: &Text) -> &str {
        let (wanted, other) = match self {
            Self::Zh => (&text.zh, &text.en),
            Self::En => (&text.en, &text.zh),
        };
        if wanted.is_empty() { other } else { wanted }
    }
}

/// How much a message presses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// A phone may ring for it at night.
    Urgent,
    /// It may wait until somebody looks.
    #[default]
    Normal,
}

/// A file that goes with mail; other channels leave it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, without a path.
    pub name: String,
    /// Such as `application/pdf`.
    pub media_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {} bytes)", self.name, self.media_type, self.bytes.len())
    }
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// One line.
    pub title: Text,
    /// Plain text, in lines.
    pub body: Text,
    /// How much it presses.
    pub priority: Priority,
    /// Where to look in the console: `https://…` or `http://…`.
    pub link: Option<String>,
    /// Short words by which phones sort and mark it.
    pub tags: Vec<String>,
    /// Files, for mail.
    pub attachments: Vec<Attachment>,
    /// What a webhook sends as it is. Without it, a webhook sends title, text and link.
    pub payload: Option<serde_json::Value>,
}

/// Whom a message is for. Each channel takes one of these kinds.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Recipient {
    /// A topic of an ntfy server, to which a person's phones listen. Who knows it can listen too,
    /// unless the server asks for a key: it is not shown.
    Topic(String),
    /// A phone that gets text messages.
    Phone(Phone),
    /// Mailboxes, as `a@b.example` or `Name <a@b.example>`.
    Mail {
        /// At least one.
        to: Vec<String>,
        /// Who gets a copy.
        #[serde(default)]
        cc: Vec<String>,
    },
    /// The group in which a bot sits.
    Group {
        /// Whom DingTalk calls by name; the other bots cannot by number.
        #[serde(default)]
        mobiles: Vec<Phone>,
    },
    /// The address of the webhook.
    Endpoint,
}

impl Recipient {
    /// The kind, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Topic(_) => "to a topic",
            Self::Phone(_) => "to a phone",
            Self::Mail { .. } => "to addresses of mail",
            Self::Group { .. } => "to a group",
            Self::Endpoint => "to an endpoint",
        }
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(_) => f.write_str("Topic(…)"),
            Self::Phone(phone) => write!(f, "Phone({phone:?})"),
            Self::Mail { to, cc } => f.debug_struct("Mail").field("to", to).field("cc", cc).finish(),
            Self::Group { mobiles } => f.debug_struct("Group").field("mobiles", mobiles).finish(),
            Self::Endpoint => f.write_str("Endpoint"),
        }
    }
}

impl Message {
    /// Both titles in one line.
    pub(crate) fn title_line(&self) -> String {
        let (zh, en) = (one_line(&self.title.zh), one_line(&self.title.en));
        match (zh.is_empty(), en.is_empty()) {
            (false, false) => format!("{zh} / {en}"),
            (true, _) => en,
            (_, true) => zh,
        }
    }

    /// The link, if it is one that can be opened.
    ///
    /// # Errors
    /// Refused if it is not.
    pub(crate) fn checked_link(&self) -> Result<Option<&str>, SendError> {
        let Some(link) = self.link.as_deref() else { return Ok(None) };
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"');
        let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
        match rest {
            Some(rest) if !rest.is_empty() && !rest.contains(is_odd) => Ok(Some(link)),
            _ => Err(SendError::refused(
                "the link of the message is not one such as https://console.example/case/1",
            )),
        }
    }

    /// The title to show, or a refusal where there is none in either language.
    pub(crate) fn checked_title(&self) -> Result<String, SendError> {
        let title = self.title_line();
        if title.is_empty() { Err(SendError::refused("the message has no title")) } else { Ok(title) }
    }
}

/// A text without line ends and control characters.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// At most so many bytes of a text, cut between characters, with `…` where it was cut.
pub(crate) fn cut(text: &str, bytes_max: usize) -> String {
    const MARK: &str = "…";
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes_max.saturating_sub(MARK.len()));
    format!("{}{MARK}", text.get(..end).unwrap_or_default().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        for (text, bytes_max, wanted) in [
            ("红色", 6, "红色"),
            ("红色等级", 9, "红色…"),
            ("红色等级", 10, "红色…"),
            ("", 0, ""),
            ("abc", 2, "…"),
        ] {
            assert_eq!(cut(text, bytes_max), wanted, "{text} {bytes_max}");
        }
        assert_eq!(one_line(" 红色\r\n等级\u{7} x "), "红色 等级 x");
    }

    #[test]
    fn titles_and_links_as_they_come() {
        let mut message = Message { title: Text::new("红色", "Red\n"), ..Message::default() };
        assert_eq!(message.title_line(), "红色 / Red");
        message.title.en.clear();
        assert_eq!(message.title_line(), "红色");
        message.title = Text::new("", "Red");
        assert_eq!(message.title_line(), "Red");
        assert_eq!(Language::Zh.of(&message.title), "Red");
        message.title = Text::default();
        assert!(message.checked_title().is_err());
        for (link, good) in [
            ("https://a/b?c", true),
            ("http://127.0.0.1/", true),
            ("javascript:x", false),
            ("https://", false),
            ("https://a b", false),
        ] {
            message.link = Some(link.to_owned());
            assert_eq!(message.checked_link().is_ok(), good, "{link}");
        }
    }

    #[test]
    fn recipients_are_data_and_not_shown() {
        let recipient: Recipient = serde_json::from_str(r#"{"topic": "duty-7f3a"}"#).unwrap();
        assert_eq!(format!("{recipient:?}"), "Topic(…)");
        let group: Recipient = serde_json::from_str(r#"{"group": {"mobiles": ["13800138000"]}}"#).unwrap();
        assert_eq!(format!("{group:?}"), "Group { mobiles: [+861…00] }");
        let error = serde_json::from_str::<Recipient>(r#"{"mail": {"to": [], "bcc": []}}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `bcc`"), "{error}");
        assert_eq!(serde_json::from_str::<Recipient>("\"endpoint\"").unwrap(), Recipient::Endpoint);
    }
}
