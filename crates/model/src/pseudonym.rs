//! Persons, accounts and organisations travel only as pseudonyms: a keyed hash made on the
//! institution's side. The key is issued by the supervisor to all institutions, so the same
//! person is the same pseudonym everywhere, and no raw number is ever sent.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a pseudonym stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PseudonymKind {
    /// A natural person, from the number of the identity document. Written `p1:…`.
    Person = b'p',
    /// An account at a bank or payment firm, from its number. Written `a1:…`.
    Account = b'a',
    /// A merchant or other organisation, from its identifier. Written `o1:…`.
    Organisation = b'o',
}

/// A pseudonym: one byte of kind and 120 bits of keyed hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym(pub u128);

/// The text is not a pseudonym of the kind that the field wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a pseudonym such as \"p1:\" and 30 hexadecimal digits; raw numbers are never sent, `jianwei file` makes pseudonyms"
)]
pub struct MalformedPseudonym;

const HASH_BITS: u32 = 120;
/// Characters of a pseudonym on the wire: kind, version, colon, 30 hexadecimal digits.
pub const PSEUDONYM_LENGTH: usize = 33;

impl Pseudonym {
    /// Parses `p1:`, `a1:` or `o1:` and 30 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`MalformedPseudonym`].
    pub fn parse(text: &str) -> Result<Self, MalformedPseudonym> {
        Self::parse_bytes(text.as_bytes()).ok_or(MalformedPseudonym)
    }

    /// As [`Pseudonym::parse`]; bytes that are no text are no pseudonym.
    #[inline]
    pub(crate) fn parse_bytes(text: &[u8]) -> Option<Self> {
        let [kind @ (b'p' | b'a' | b'o'), b'1', b':', digits @ ..] =
            <&[u8; PSEUDONYM_LENGTH]>::try_from(text).ok()?
        else {
            return None;
        };
        let mut padded = [b'0'; 32];
        let [_, _, end @ ..] = &mut padded;
        *end = *digits;
        Some(Self(u128::from(*kind) << HASH_BITS | from_hexadecimal(&padded)?))
    }

    /// What it stands for; `None` for a value that no pseudonym has.
    pub fn kind(self) -> Option<PseudonymKind> {
        match (self.0 >> HASH_BITS) as u8 {
            b'p' => Some(PseudonymKind::Person),
            b'a' => Some(PseudonymKind::Account),
            b'o' => Some(PseudonymKind::Organisation),
            _ => None,
        }
    }

    /// The pseudonym as it is sealed and stored: 16 bytes, big-endian.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

/// The number that digits in lower case stand for. It takes no decision on a digit by itself: on
/// digits without pattern the processor would guess every other one wrongly.
#[inline]
fn from_hexadecimal(digits: &[u8; 32]) -> Option<u128> {
    let mut nibbles = [0; 32];
    let mut are_digits = true;
    for (nibble, digit) in nibbles.iter_mut().zip(digits) {
        let (number, letter) = (digit.wrapping_sub(b'0'), digit.wrapping_sub(b'a'));
        *nibble = if number < 10 { number } else { letter.wrapping_add(10) };
        are_digits &= (number < 10) | (letter < 6);
    }
    let mut bytes = [0; 16];
    for (byte, [high, low]) in bytes.iter_mut().zip(nibbles.as_chunks::<2>().0) {
        *byte = high << 4 | low;
    }
    are_digits.then(|| u128::from_be_bytes(bytes))
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = (self.0 >> HASH_BITS) as u8 as char;
        write!(f, "{kind}1:{:030x}", self.0 & ((1 << HASH_BITS) - 1))
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

crate::money::wire_as_decimal_string!(Pseudonym);

/// The key with which institutions make pseudonyms.
#[derive(Clone)]
pub struct PseudonymKey(Hmac<Sha256>);

impl PseudonymKey {
    /// Takes the secret that the supervisor issued, at least 16 bytes; `None` when shorter.
    pub fn new(secret: &[u8]) -> Option<Self> {
        if secret.len() < 16 {
            return None;
        }
        Hmac::new_from_slice(secret).ok().map(Self)
    }

    /// The pseudonym of a raw identifier: HMAC-SHA-256 over the kind and the identifier
    /// (spaces and hyphens removed, letters in upper case, so that `11010519491231002x` and
    /// `110105 19491231 002X` are one person), cut to 120 bits.
    pub fn pseudonym(&self, kind: PseudonymKind, raw: &str) -> Pseudonym {
        let mut mac = self.0.clone();
        mac.update(&[kind as u8, b'1', b':']);
        let normal: String =
            raw.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_uppercase).collect();
        mac.update(normal.as_bytes());
        let digest = mac.finalize().into_bytes();
        let hash = digest.iter().take(15).fold(0u128, |value, byte| value << 8 | u128::from(*byte));
        Pseudonym(u128::from(kind as u8) << HASH_BITS | hash)
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> PseudonymKey {
        PseudonymKey::new(b"a secret for tests only").unwrap()
    }

    #[test]
    fn one_person_is_one_pseudonym_however_written() {
        let one = key().pseudonym(PseudonymKind::Person, "11010519491231002x");
        assert_eq!(one, key().pseudonym(PseudonymKind::Person, "110105 19491231-002X"));
        assert_ne!(one, key().pseudonym(PseudonymKind::Account, "11010519491231002x"));
        assert_eq!(one.kind(), Some(PseudonymKind::Person));
    }

    #[test]
    fn the_wire_form_is_read_again_and_raw_numbers_are_not() {
        let one = key().pseudonym(PseudonymKind::Person, "x");
        assert_eq!(one.to_string().len(), PSEUDONYM_LENGTH);
        assert_eq!(Pseudonym::parse(&one.to_string()), Ok(one));
        for raw in [
            "11010519491231002X",
            "",
            "p1:",
            "p2:000000000000000000000000000000",
            "p1:00000000000000000000000000000G",
        ] {
            assert_eq!(Pseudonym::parse(raw), Err(MalformedPseudonym), "{raw}");
        }
    }

    #[test]
    fn a_short_secret_is_no_key() {
        assert!(PseudonymKey::new(b"short").is_none());
    }
}
