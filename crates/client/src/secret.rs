//! Secrets: read from a file or the environment, never shown.

use std::fmt;
use std::path::Path;

use model::pseudonym::PseudonymKey;

/// An API key or a pseudonym secret.
#[derive(Clone)]
pub struct Secret(String);

/// Why a secret could not be taken. Never shows it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The environment does not have the variable, or not as text.
    #[error("the environment variable {0} is not set")]
    NotSet(String),
    /// The file cannot be read.
    #[error("the secret's file {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Empty, or with characters that a header cannot carry.
    #[error("the secret is empty or holds characters other than visible ASCII")]
    Malformed,
    /// Too short for a pseudonym secret.
    #[error("a pseudonym secret has at least 16 bytes")]
    TooShort,
}

impl Secret {
    /// Takes a secret, without white space around it.
    ///
    /// # Errors
    /// [`SecretError::Malformed`] unless it is visible ASCII.
    pub fn new(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SecretError::Malformed);
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads a secret from a file.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn from_file(path: &Path) -> Result<Self, SecretError> {
        let unreadable = |source| SecretError::Unreadable { path: path.display().to_string(), source };
        Self::new(&std::fs::read_to_string(path).map_err(unreadable)?)
    }

    /// Reads a secret from an environment variable.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn from_environment(variable: &str) -> Result<Self, SecretError> {
        Self::new(&std::env::var(variable).map_err(|_| SecretError::NotSet(variable.to_owned()))?)
    }

    /// The key for pseudonyms that the secret makes.
    ///
    /// # Errors
    /// [`SecretError::TooShort`].
    pub fn pseudonym_key(&self) -> Result<PseudonymKey, SecretError> {
        PseudonymKey::new(self.0.as_bytes()).ok_or(SecretError::TooShort)
    }

    /// The secret itself, for the one header that carries it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_trimmed_checked_and_never_shown() {
        let secret = Secret::new(" jw_0123456789abcdef\n").unwrap();
        assert_eq!(secret.reveal(), "jw_0123456789abcdef");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert!(secret.pseudonym_key().is_ok());
        assert!(matches!(Secret::new("short").unwrap().pseudonym_key(), Err(SecretError::TooShort)));
        for bad in ["", " \n", "a b", "密钥"] {
            assert!(matches!(Secret::new(bad), Err(SecretError::Malformed)), "{bad}");
        }
        assert!(Secret::from_file(Path::new("/nonexistent/key")).is_err());
    }
}
