//! The secret of a report: who holds it may ask and be answered.

use std::fmt;

use model::field_types::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Digits of a token: those of Crockford's base 32, which no reader mistakes for one another.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Digits in a group.
const GROUP: usize = 5;
/// So that the hash of a token is the hash of nothing else.
const DOMAIN: &[u8] = b"jianwei/report-token/v1\n";

/// A secret token of 125 bits, such as `7ZK3P-0QJ9M-...`: shown to the reporter once, kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token that randomness gives; every byte counts for one digit.
    pub fn from_random(random: [u8; 25]) -> Self {
        let digit = |byte: &u8| DIGITS.get(usize::from(byte % 32)).copied().map_or('0', char::from);
        let digits: Vec<char> = random.iter().map(digit).collect();
        let groups: Vec<String> = digits.chunks(GROUP).map(|group| group.iter().collect()).collect();
        Self(groups.join("-"))
    }

    /// As it is shown to the reporter.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Its hash, as it stands in the event.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// SHA-256 of a token. 125 bits of chance behind it are not found by trying.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(Digest);

impl TokenHash {
    /// The hash of a token as somebody typed it: case, hyphens and spaces do not count, and letters
    /// that look like digits are those.
    pub fn of(typed: &str) -> Self {
        let digit = |letter: char| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let is_told = |letter: &char| !letter.is_whitespace() && *letter != '-';
        let normal: String = typed.chars().filter(is_told).map(digit).collect();
        let mut hasher = Sha256::new();
        hasher.update(DOMAIN);
        hasher.update(normal.as_bytes());
        Self(Digest(hex::encode(hasher.finalize())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_however_it_is_typed() {
        let token = Token::from_random(std::array::from_fn(|index| u8::try_from(index * 37 % 256).unwrap()));
        assert_eq!(token.reveal(), "05AFM-SY38D-JQW16-BGNTZ-49EKR");
        for typed in ["05afm sy38d jqw16 bgntz 49ekr", "O5AFMSY38DJQWl6BGNTZ49EKR"] {
            assert_eq!(TokenHash::of(typed), token.hash());
        }
        assert_ne!(TokenHash::of("05AFM-SY38D-JQW16-BGNTZ-49EKS"), token.hash());
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
