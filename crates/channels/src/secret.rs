//! Secrets: where they lie, and how they are kept out of what is shown.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ConfigError;

/// The most bytes of a secret's file.
const FILE_BYTES_MAX: u64 = 16 << 10;
/// What is shorter would be hidden within words.
const HIDDEN_BYTES_MIN: usize = 4;

/// Where a secret lies. A configuration says this instead of the secret: `{env: NAME}` or
/// `{file: /run/secrets/name}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    /// In this variable of the environment.
    Env(String),
    /// In this file, without white space around it.
    File(PathBuf),
}

impl SecretSource {
    /// Fetches it. `field` names it in errors.
    pub(crate) fn fetch(
        &self,
        field: &'static str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Secret, ConfigError> {
        let text = match self {
            Self::Env(name) => env(name)
                .ok_or_else(|| ConfigError::new(field, format!("the environment has no variable {name}")))?,
            Self::File(path) => {
                let unreadable = |error| {
                    ConfigError::new(field, format!("the file {} cannot be read: {error}", path.display()))
                };
                let mut text = String::new();
                let file = File::open(path).map_err(unreadable)?;
                file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
                text
            }
        };
        let text = text.trim();
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(ConfigError::new(field, "the secret is empty or has more than one line"));
        }
        Ok(Secret(text.to_owned()))
    }
}

/// A text that is not shown.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Texts that are taken out of whatever is told: secrets, and what points to a person.
#[derive(Clone, Default)]
pub(crate) struct Hidden(Vec<String>);

impl Hidden {
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::default().and(texts)
    }

    /// With further texts, each also as it stands in an address.
    pub(crate) fn and<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hidden = self.0.clone();
        for text in texts.into_iter().filter(|text| text.len() >= HIDDEN_BYTES_MIN) {
            hidden.push(text.to_owned());
            hidden.push(crate::http::percent_encoded(text));
        }
        // The longest first: what is part of another must not break it up.
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
        hidden.dedup();
        Self(hidden)
    }

    /// The text without them.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, hidden| text.replace(hidden.as_str(), "…"))
    }

    /// What the other side said, in one line of at most 200 characters, without them.
    pub(crate) fn excerpt(&self, bytes: &[u8]) -> String {
        const CHARS_MAX: usize = 200;
        let text = self.hide(&String::from_utf8_lossy(bytes));
        let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let line = words.join(" ");
        match line.char_indices().nth(CHARS_MAX) {
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
            None => line,
        }
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_hidden_in_every_form() {
        let hidden = Hidden::new(["tok+en/1", "tok+en/1-long", "abc"]);
        assert_eq!(hidden.hide("a tok+en/1 and tok%2Ben%2F1 and tok+en/1-long, abc"), "a … and … and …, abc");
        assert_eq!(hidden.excerpt(b" <p>\r\n\x07tok+en/1</p>\xff "), "<p> …</p>\u{fffd}");
        let long = "长".repeat(300);
        assert_eq!(hidden.excerpt(long.as_bytes()).chars().count(), 201);
        assert_eq!(format!("{hidden:?} {:?}", Secret("tok".to_owned())), "… …");
    }

    #[test]
    fn secrets_are_found_or_named() {
        let env = |name: &str| (name == "TOKEN").then(|| " tok \n".to_owned());
        let fetch = |source: SecretSource| source.fetch("token", &env).map(|secret| secret.0);
        assert_eq!(fetch(SecretSource::Env("TOKEN".to_owned())).unwrap(), "tok");
        let error = fetch(SecretSource::Env("OTHER".to_owned())).unwrap_err().to_string();
        assert_eq!(error, "token: the environment has no variable OTHER");
        let error = fetch(SecretSource::File("/nowhere/at/all".into())).unwrap_err().to_string();
        assert!(error.starts_with("token: the file /nowhere/at/all cannot be read: "), "{error}");
        let empty = SecretSource::Env("EMPTY".to_owned()).fetch("token", &|_| Some(" \n".to_owned()));
        assert_eq!(empty.unwrap_err().to_string(), "token: the secret is empty or has more than one line");
    }
}
