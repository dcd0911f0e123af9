//! Amounts of money in fen and rates in millionths: exact integers, never floats.

use std::fmt;

/// An amount of renminbi in fen (1/100 yuan).
///
/// On the wire it is a decimal string in yuan with at most two decimals (`"12.50"`), never a
/// JSON number, so that no reader rounds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fen(pub i64);

/// Fen in one yuan.
pub const FEN_PER_YUAN: i64 = 100;

/// The largest amount accepted, in fen: 10¹⁵ yuan, some seven times China's GDP of 2024, so that sums
/// over any realistic number of records stay far inside 128 bits.
pub const AMOUNT_FEN_MAX: i64 = 100_000_000_000_000_000;

/// Why a decimal string was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not of the form `-?digits[.digits]`.
    #[error("not a decimal number such as \"1234.56\"")]
    Malformed,
    /// More decimals than the unit has.
    #[error("more decimals than the unit has")]
    TooPrecise,
    /// Larger than the standard allows.
    #[error("larger than the standard allows")]
    OutOfRange,
}

/// Parses `-?digits[.digits]` into an integer scaled by `10^decimals`.
///
/// # Errors
/// [`DecimalError`] names what is wrong; leading `+`, exponents, spaces and empty parts are malformed.
pub fn parse_scaled(text: &str, decimals: u32, max: i64) -> Result<i64, DecimalError> {
    parse_scaled_bytes(text.as_bytes(), decimals, max)
}

/// As [`parse_scaled`]; bytes that are no text are malformed.
pub(crate) fn parse_scaled_bytes(text: &[u8], decimals: u32, max: i64) -> Result<i64, DecimalError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut value: i64 = 0;
    let mut whole_digits = 0u32;
    let mut fraction_digits: Option<u32> = None;
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                match &mut fraction_digits {
                    None => whole_digits += 1,
                    Some(count) => {
                        *count += 1;
                        if *count > decimals {
                            return Err(DecimalError::TooPrecise);
                        }
                    }
                }
                value = value
                    .checked_mul(10)
                    .and_then(|v| v.checked_add(i64::from(byte - b'0')))
                    .ok_or(DecimalError::OutOfRange)?;
            }
            b'.' if fraction_digits.is_none() => fraction_digits = Some(0),
            _ => return Err(DecimalError::Malformed),
        }
    }
    if whole_digits == 0 || fraction_digits == Some(0) {
        return Err(DecimalError::Malformed);
    }
    let missing = decimals - fraction_digits.unwrap_or(0);
    value = 10i64
        .checked_pow(missing)
        .and_then(|factor| value.checked_mul(factor))
        .ok_or(DecimalError::OutOfRange)?;
    if value > max {
        return Err(DecimalError::OutOfRange);
    }
    Ok(if negative { -value } else { value })
}

/// Writes an integer scaled by `10^decimals` with exactly that many decimals.
pub fn format_scaled(value: i64, decimals: u32) -> String {
    let factor = 10u64.pow(decimals);
    let magnitude = value.unsigned_abs();
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}.{:0width$}", magnitude / factor, magnitude % factor, width = decimals as usize)
}

impl Fen {
    /// Decimals of the unit yuan that a filing may give.
    pub const DECIMALS: u32 = 2;

    /// Whole yuan as fen.
    pub const fn from_yuan(yuan: i64) -> Self {
        Self(yuan * FEN_PER_YUAN)
    }

    /// Parses a decimal string in yuan.
    ///
    /// # Errors
    /// See [`parse_scaled`].
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        parse_scaled(text, Self::DECIMALS, AMOUNT_FEN_MAX).map(Self)
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_scaled(self.0, Self::DECIMALS))
    }
}

/// A rate or share in per cent, exact to a millionth of a per cent.
///
/// On the wire it is a decimal string with at most six decimals (`"8.25"` is 8.25 %).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(pub i64);

impl Percent {
    /// Decimals that a filing may give.
    pub const DECIMALS: u32 = 6;
    /// The largest rate accepted: 100 million per cent.
    pub const MAX: i64 = 100_000_000_000_000;

    /// Parses a decimal string in per cent.
    ///
    /// # Errors
    /// See [`parse_scaled`].
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        parse_scaled(text, Self::DECIMALS, Self::MAX).map(Self)
    }

    /// The nearest representable rate.
    pub fn from_f64(percent: f64) -> Self {
        Self((percent * 1e6).round() as i64)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format_scaled(self.0, Self::DECIMALS);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

macro_rules! wire_as_decimal_string {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use wire_as_decimal_string;
wire_as_decimal_string!(Fen);
wire_as_decimal_string!(Percent);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_as_an_institution_may_write_them() {
        let table = [
            ("0", Ok(0)),
            ("12", Ok(1200)),
            ("12.5", Ok(1250)),
            ("12.50", Ok(1250)),
            ("-0.01", Ok(-1)),
            ("12.505", Err(DecimalError::TooPrecise)),
            ("12.", Err(DecimalError::Malformed)),
            (".5", Err(DecimalError::Malformed)),
            ("", Err(DecimalError::Malformed)),
            ("1e3", Err(DecimalError::Malformed)),
            ("+1", Err(DecimalError::Malformed)),
            ("1,000", Err(DecimalError::Malformed)),
            ("１２", Err(DecimalError::Malformed)),
            ("1000000000000000", Ok(AMOUNT_FEN_MAX)),
            ("1000000000000000.01", Err(DecimalError::OutOfRange)),
            ("99999999999999999999999", Err(DecimalError::OutOfRange)),
        ];
        for (text, expected) in table {
            assert_eq!(Fen::parse(text).map(|fen| fen.0), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(fen in -AMOUNT_FEN_MAX..=AMOUNT_FEN_MAX) {
            prop_assert_eq!(Fen::parse(&Fen(fen).to_string()), Ok(Fen(fen)));
        }
        #[test]
        fn rates_are_read_again(rate in -Percent::MAX..=Percent::MAX) {
            prop_assert_eq!(Percent::parse(&Percent(rate).to_string()), Ok(Percent(rate)));
        }
    }
}
