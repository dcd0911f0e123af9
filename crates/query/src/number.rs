//! Numbers that findings rest on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number with six decimals, held in millionths: the value of an indicator or a measure, or a
/// threshold. Further decimals are cut off towards zero, as decimal division in SQL does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub i128);

/// The text is not a number with at most six decimals and thirty digits before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number with at most six decimals, such as \"12.5\"")]
pub struct NumberError;

const MILLION: i128 = 1_000_000;
const DIGITS_MAX: usize = 30;

impl Number {
    /// Decimals held.
    pub const DECIMALS: u32 = 6;

    /// A whole number.
    pub const fn from_integer(value: i64) -> Self {
        Self(value as i128 * MILLION)
    }

    /// `unscaled` · 10^-`scale`, cut off after six decimals; `None` when it is too large.
    pub fn from_scaled(unscaled: i128, scale: i8) -> Option<Self> {
        let shift = i32::from(scale) - Self::DECIMALS as i32;
        let power = 10i128.checked_pow(shift.unsigned_abs())?;
        let value = if shift > 0 { unscaled / power } else { unscaled.checked_mul(power)? };
        Some(Self(value))
    }

    /// 100 · (`new` / `old` - 1), cut off after six decimals: what the SQL
    /// `100.00 * (new - old) / old` gives. `None` when `old` is zero or a number is too large.
    pub fn growth_percent(old: Self, new: Self) -> Option<Self> {
        let difference = new.0.checked_sub(old.0)?;
        difference.checked_mul(100 * MILLION)?.checked_div(old.0).map(Self)
    }

    /// The nearest float, for display and statistics only.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / MILLION as f64
    }
}

impl fmt::Display for Number {
    /// The shortest decimal form: `30`, `-0.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) =
            (self.0.unsigned_abs() / MILLION as u128, self.0.unsigned_abs() % MILLION as u128);
        if part == 0 {
            write!(f, "{sign}{whole}")
        } else {
            let part = format!("{part:06}");
            write!(f, "{sign}{whole}.{}", part.trim_end_matches('0'))
        }
    }
}

impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(part) || whole.len() > DIGITS_MAX || part.len() > 6 {
            return Err(NumberError);
        }
        let value: i128 = format!("{whole}{part:0<6}").parse().map_err(|_| NumberError)?;
        Ok(Self(if negative { -value } else { value }))
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_as_they_are_written() {
        let table = [
            ("30", Ok("30")),
            ("-0.50", Ok("-0.5")),
            ("0.000001", Ok("0.000001")),
            ("00.10", Ok("0.1")),
            ("-0", Ok("0")),
            ("1.0000001", Err(NumberError)),
            ("", Err(NumberError)),
            ("-", Err(NumberError)),
            (".5", Err(NumberError)),
            ("5.", Err(NumberError)),
            ("1e3", Err(NumberError)),
            ("+1", Err(NumberError)),
        ];
        for (text, expected) in table {
            let read = text.parse::<Number>().map(|number| number.to_string());
            assert_eq!(read.as_deref(), expected.as_ref().map(|text| *text), "{text}");
        }
    }

    #[test]
    fn scales_are_cut_off_towards_zero() {
        assert_eq!(Number::from_scaled(12_345, 2), "123.45".parse().ok());
        assert_eq!(Number::from_scaled(-19_999_999, 7), "-1.999999".parse().ok());
        assert_eq!(Number::from_scaled(i128::MAX, 0), None);
    }

    #[test]
    fn growth_is_a_share_of_the_old_value() {
        let number = |text: &str| text.parse::<Number>().unwrap();
        assert_eq!(Number::growth_percent(number("100"), number("130")), Some(number("30")));
        assert_eq!(Number::growth_percent(number("3"), number("4")), Some(number("33.333333")));
        assert_eq!(Number::growth_percent(number("0"), number("4")), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in -10i128.pow(30)..10i128.pow(30)) {
            prop_assert_eq!(Number(value).to_string().parse(), Ok(Number(value)));
        }
    }
}
