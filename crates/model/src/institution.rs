//! Identifiers of institutions: the unified social credit code and the legal entity identifier.

use std::fmt;

/// The characters of a unified social credit code and their values, GB 32100-2015 table 2
/// (no I, O, S, V, Z).
const CREDIT_CODE_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// How well an institution's identifier fits its standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentifierCheck {
    /// It fits, check digits and all.
    Valid,
    /// A unified social credit code of the right form whose check digit does not fit. Some codes
    /// given out early are like that and lawful, so this warns and does not refuse.
    CheckDigitMismatch,
    /// Neither a unified social credit code nor an LEI.
    Malformed,
}

/// Checks an identifier: 18 characters are read as a unified social credit code
/// (GB 32100-2015, check character by the weights 3^(i-1) mod 31), 20 as an LEI
/// (ISO 17442, check digits mod 97-10 of ISO/IEC 7064).
pub fn check_identifier(text: &str) -> IdentifierCheck {
    check_identifier_bytes(text.as_bytes())
}

/// As [`check_identifier`]; bytes that are no text are malformed, and what is not is ASCII.
pub(crate) fn check_identifier_bytes(text: &[u8]) -> IdentifierCheck {
    match text.len() {
        18 => check_credit_code(text),
        20 => check_lei(text),
        _ => IdentifierCheck::Malformed,
    }
}

fn credit_code_value(byte: u8) -> Option<u32> {
    CREDIT_CODE_ALPHABET.iter().position(|&c| c == byte).map(|v| v as u32)
}

/// The check character that completes the first 17 characters of a unified social credit code.
pub fn credit_code_check_character(first_17: &[u8]) -> Option<u8> {
    let mut weight = 1u32;
    let mut sum = 0u32;
    for &byte in first_17 {
        sum += credit_code_value(byte)? * weight;
        weight = weight * 3 % 31;
    }
    CREDIT_CODE_ALPHABET.get(((31 - sum % 31) % 31) as usize).copied()
}

fn check_credit_code(code: &[u8]) -> IdentifierCheck {
    let Some((check, body)) = code.split_last() else { return IdentifierCheck::Malformed };
    // Characters 3 to 8 are the digits of the administrative division of the registration.
    let region_is_digits = body.get(2..8).is_some_and(|region| region.iter().all(u8::is_ascii_digit));
    let (Some(expected), true) = (credit_code_check_character(body), region_is_digits) else {
        return IdentifierCheck::Malformed;
    };
    if credit_code_value(*check).is_none() {
        IdentifierCheck::Malformed
    } else if expected == *check {
        IdentifierCheck::Valid
    } else {
        IdentifierCheck::CheckDigitMismatch
    }
}

fn check_lei(code: &[u8]) -> IdentifierCheck {
    let mut remainder = 0u32;
    for (index, &byte) in code.iter().enumerate() {
        match byte {
            b'0'..=b'9' => remainder = (remainder * 10 + u32::from(byte - b'0')) % 97,
            b'A'..=b'Z' if index < 18 => remainder = (remainder * 100 + u32::from(byte - b'A') + 10) % 97,
            _ => return IdentifierCheck::Malformed,
        }
    }
    // An LEI has no warning grade: its check digits have been there from the first one issued.
    if remainder == 1 { IdentifierCheck::Valid } else { IdentifierCheck::Malformed }
}

/// An institution: its unified social credit code (18 characters) or LEI (20).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstitutionId(String);

/// The text is neither a unified social credit code nor an LEI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "neither a unified social credit code (GB 32100-2015, 18 characters) nor an LEI (ISO 17442, 20 characters)"
)]
pub struct MalformedIdentifier;

impl InstitutionId {
    /// Takes an identifier that is at least of the right form.
    ///
    /// # Errors
    /// [`MalformedIdentifier`].
    pub fn parse(text: &str) -> Result<Self, MalformedIdentifier> {
        match check_identifier(text) {
            IdentifierCheck::Malformed => Err(MalformedIdentifier),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// A well-formed unified social credit code made from a serial number, for simulations and
    /// public data sets that carry no code: registration authority 9, kind 1, division 000000,
    /// which no real organisation has.
    pub fn synthetic(serial: u32) -> Self {
        let mut code = format!("91000000{serial:09}").into_bytes();
        code.push(credit_code_check_character(&code).unwrap_or(b'0'));
        Self(String::from_utf8_lossy(&code).into_owned())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstitutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::money::wire_as_decimal_string!(InstitutionId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_as_the_standards_have_them() {
        use IdentifierCheck::{CheckDigitMismatch, Malformed, Valid};
        // The first two are examples printed with the standards themselves.
        let table = [
            ("91350100M000100Y43", Valid),
            ("5493001KJTIIGC8Y1R12", Valid),
            ("91350100M000100Y44", CheckDigitMismatch),
            ("91350100M000100Y4I", Malformed),
            ("9135O100M000100Y43", Malformed),
            ("5493001KJTIIGC8Y1R13", Malformed),
            ("91350100m000100y43", Malformed),
            ("913501", Malformed),
            ("", Malformed),
        ];
        for (text, expected) in table {
            assert_eq!(check_identifier(text), expected, "{text}");
        }
    }

    #[test]
    fn synthetic_codes_are_well_formed() {
        for serial in [0, 1, 38, 999_999_999] {
            assert_eq!(check_identifier(InstitutionId::synthetic(serial).as_str()), IdentifierCheck::Valid);
        }
    }
}
