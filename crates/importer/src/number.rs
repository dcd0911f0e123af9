//! Decimal numbers from text, exactly.

/// Why a text is not the number that was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NumberFault {
    #[error("is not a number")]
    Malformed,
    #[error("has more decimals than were declared")]
    TooPrecise,
    #[error("is too large")]
    TooLarge,
}

/// The largest power of ten of an exponent: beyond it nothing fits.
const EXPONENT_MAX: i32 = 60;

/// A number as an integer scaled by 10^`scale`: an optional sign, digits, optionally a point and
/// digits, optionally an exponent (statistics programs write 100000 as `1e+05`). Zeros after the
/// declared decimals are no decimals.
pub(crate) fn parse_decimal(text: &str, scale: i32, digits_max: u32) -> Result<i128, NumberFault> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let value: i32 = exponent.parse().map_err(|_| NumberFault::Malformed)?;
            (mantissa, value)
        }
        None => (rest, 0),
    };
    if exponent.abs() > EXPONENT_MAX {
        return Err(NumberFault::TooLarge);
    }
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && part.is_empty() {
        return Err(NumberFault::Malformed);
    }
    let mut value: i128 = 0;
    for byte in whole.bytes().chain(part.bytes()) {
        if !byte.is_ascii_digit() {
            return Err(NumberFault::Malformed);
        }
        value = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(i128::from(byte - b'0')))
            .ok_or(NumberFault::TooLarge)?;
    }
    let mut shift = scale + exponent - part.len() as i32;
    while shift < 0 && value != 0 {
        if value % 10 != 0 {
            return Err(NumberFault::TooPrecise);
        }
        value /= 10;
        shift += 1;
    }
    if shift > 0 && value != 0 {
        value = 10i128
            .checked_pow(shift.unsigned_abs())
            .and_then(|power| value.checked_mul(power))
            .ok_or(NumberFault::TooLarge)?;
    }
    if value >= 10i128.pow(digits_max.min(38)) {
        return Err(NumberFault::TooLarge);
    }
    Ok(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_as_programs_export_them() {
        let table = [
            ("0", Ok(0)),
            ("12.5", Ok(1250)),
            ("12.500", Ok(1250)),
            ("-0.01", Ok(-1)),
            ("+3", Ok(300)),
            (".5", Ok(50)),
            ("5.", Ok(500)),
            ("1e+05", Ok(10_000_000)),
            ("1.5E-1", Ok(15)),
            ("1e-2", Ok(1)),
            ("1e-3", Err(NumberFault::TooPrecise)),
            ("0.005", Err(NumberFault::TooPrecise)),
            ("", Err(NumberFault::Malformed)),
            (".", Err(NumberFault::Malformed)),
            ("-", Err(NumberFault::Malformed)),
            ("1,000", Err(NumberFault::Malformed)),
            ("1 000", Err(NumberFault::Malformed)),
            ("NaN", Err(NumberFault::Malformed)),
            ("１", Err(NumberFault::Malformed)),
            ("1e", Err(NumberFault::Malformed)),
            ("1e99999", Err(NumberFault::TooLarge)),
            ("123456789012345678901", Err(NumberFault::TooLarge)),
            ("99999999999999999999999999999999999999999999", Err(NumberFault::TooLarge)),
        ];
        for (text, expected) in table {
            assert_eq!(parse_decimal(text, 2, 20), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in -1_000_000_000_000i64..1_000_000_000_000) {
            let text = model::money::format_scaled(value, 4);
            prop_assert_eq!(parse_decimal(&text, 4, 20), Ok(i128::from(value)));
        }
    }
}
