//! Who the records are of.

use std::collections::HashMap;

use model::institution::InstitutionId;
use sha2::{Digest, Sha256};

use crate::error::ImportError;
use crate::mapping::InstitutionSource;

/// Serial numbers below are those of simulations.
const SERIALS_OF_NUMBERS: u32 = 100_000_000;
const SERIALS_OF_TEXTS: u32 = 200_000_000;
const SERIALS_END: u32 = 1_000_000_000;

/// The serial number of a key, always the same one: a key of at most eight digits that begins
/// with no zero keeps them (`1001` is 100,001,001); any other takes one from its digest.
fn serial(key: &str) -> u32 {
    let is_number = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()) && !key.starts_with('0');
    if let (true, Ok(number)) = (is_number, key.parse::<u32>())
        && number < SERIALS_OF_NUMBERS
    {
        return SERIALS_OF_NUMBERS + number;
    }
    let digest = Sha256::digest(key.as_bytes());
    let value = digest.iter().take(8).fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    SERIALS_OF_TEXTS + (value % u64::from(SERIALS_END - SERIALS_OF_TEXTS)) as u32
}

/// The institutions met so far.
#[derive(Debug, Default)]
pub(crate) struct Institutions {
    known: Vec<InstitutionId>,
    by_key: HashMap<(bool, String), u32>,
    key_of_code: HashMap<String, (bool, String)>,
}

impl Institutions {
    /// The number of the institution of a key or code, from 0 in the order of their meeting;
    /// `None` when the text is no code.
    pub(crate) fn number(
        &mut self,
        source: InstitutionSource,
        text: &str,
    ) -> Result<Option<u32>, ImportError> {
        let is_synthetic = source == InstitutionSource::SyntheticFrom;
        // One look-up by a borrowed pair is not to be had; the last institution is mostly this one.
        let key = (is_synthetic, text.to_owned());
        if let Some(number) = self.by_key.get(&key) {
            return Ok(Some(*number));
        }
        let code = if is_synthetic {
            InstitutionId::synthetic(serial(text))
        } else {
            match InstitutionId::parse(text) {
                Ok(code) => code,
                Err(_) => return Ok(None),
            }
        };
        if let Some((_, other)) = self.key_of_code.get(code.as_str()) {
            return Err(ImportError::SameInstitution {
                first: other.clone(),
                second: text.to_owned(),
                code: code.to_string(),
            });
        }
        let number = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        self.key_of_code.insert(code.to_string(), key.clone());
        self.known.push(code);
        self.by_key.insert(key, number);
        Ok(Some(number))
    }

    /// The institution of a number.
    pub(crate) fn get(&self, number: u32) -> Option<&InstitutionId> {
        self.known.get(number as usize)
    }
}

/// The institution that `synthetic_from` makes of a key, always the same one.
pub fn synthetic_institution(key: &str) -> InstitutionId {
    InstitutionId::synthetic(serial(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_serials_of_their_own() {
        let table = [("1001", 100_001_001), ("0", 0), ("01001", 0), ("100000000", 0), ("wd5", 0), ("", 0)];
        for (key, expected) in table {
            let serial = serial(key);
            match expected {
                0 => assert!((SERIALS_OF_TEXTS..SERIALS_END).contains(&serial), "{key}"),
                _ => assert_eq!(serial, expected, "{key}"),
            }
        }
        assert_eq!(synthetic_institution("wd5"), synthetic_institution("wd5"));
        assert_ne!(synthetic_institution("wd5"), synthetic_institution("wd6"));
    }

    #[test]
    fn a_code_belongs_to_one_key() {
        let mut institutions = Institutions::default();
        let made = synthetic_institution("wd5").to_string();
        assert_eq!(institutions.number(InstitutionSource::SyntheticFrom, "wd5").unwrap(), Some(0));
        assert_eq!(institutions.number(InstitutionSource::SyntheticFrom, "1001").unwrap(), Some(1));
        assert_eq!(institutions.number(InstitutionSource::SyntheticFrom, "wd5").unwrap(), Some(0));
        assert_eq!(institutions.number(InstitutionSource::Column, "no code").unwrap(), None);
        assert!(institutions.number(InstitutionSource::Column, &made).is_err());
    }
}
