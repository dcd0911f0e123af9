//! The 32-byte hash value of leaves, inner nodes and roots.

use std::fmt;

use crate::base64_strict;

/// A 32-byte hash: of a leaf, of an inner node or of a whole tree.
///
/// `Display` is lowercase hex; the C2SP texts use [`Hash::to_base64`].
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Hash(pub [u8; 32]);

/// The text is not a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashParseError {
    /// Not the canonical padded base64 (RFC 4648 §4) of 32 bytes.
    #[error("not the base64 of a 32-byte hash")]
    Base64,
    /// Not 64 hex digits.
    #[error("not a hash of 64 hex digits")]
    Hex,
}

impl Hash {
    /// Number of bytes in a hash.
    pub const LEN: usize = 32;

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Lowercase hex, 64 characters.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Padded base64, 44 characters.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64_strict::encode(&self.0)
    }

    /// Reads 64 hex digits of either case.
    ///
    /// # Errors
    /// [`HashParseError::Hex`] for anything else.
    pub fn from_hex(text: &str) -> Result<Self, HashParseError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| HashParseError::Hex)?;
        Ok(Self(bytes))
    }

    /// Reads the canonical padded base64 of 32 bytes.
    ///
    /// # Errors
    /// [`HashParseError::Base64`] for anything else.
    pub fn from_base64(text: &str) -> Result<Self, HashParseError> {
        let bytes = base64_strict::decode(text).ok_or(HashParseError::Base64)?;
        Self::try_from(bytes.as_slice()).map_err(|_| HashParseError::Base64)
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = std::array::TryFromSliceError;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(Self)
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_round_trip_and_others_are_refused() {
        let hash = Hash(std::array::from_fn(|i| u8::try_from(i * 7).unwrap()));
        assert_eq!(Hash::from_hex(&hash.to_hex()), Ok(hash));
        assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
        assert_eq!(Hash::from_hex("00"), Err(HashParseError::Hex));

        let base64 = hash.to_base64();
        // 32 bytes leave two unused bits in the last digit: they must be zero.
        let trailing_bits = base64.replace("2Q==", "2R==").replace("k=", "l=");
        for bad in [
            "",
            &base64[..43],
            &format!("{base64}="),
            &format!(" {base64}"),
            &trailing_bits,
            &base64.replace('/', "_").replace('+', "-"),
        ] {
            if bad != base64 {
                assert_eq!(Hash::from_base64(bad), Err(HashParseError::Base64), "{bad}");
            }
        }
        assert_ne!(trailing_bits, base64);
    }
}
