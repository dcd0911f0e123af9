//! Which texts are values of a field, and what they are worth: the one place that decides it,
//! however a line is read.

use std::net::IpAddr;

use crate::columns::Column;
use crate::institution::{IdentifierCheck, check_identifier_bytes};
use crate::money::{AMOUNT_FEN_MAX, Fen, Percent, parse_scaled_bytes};
use crate::pseudonym::{Pseudonym, PseudonymKind};
use crate::spec::FieldKind;
use crate::time::{Day, Time};

/// Appends the value that a text is of a field of a kind; `false`, and nothing appended, when it
/// is none. The text need not be UTF-8: what is not is no value.
#[inline]
pub(super) fn take(kind: FieldKind, text: &[u8], column: &mut Column) -> bool {
    match kind {
        FieldKind::Id => is_id(text) && column.push_ascii(text),
        FieldKind::Text(bytes_max) => take_free_text(text, usize::from(bytes_max), column),
        FieldKind::Code(list) => list.number_of(text).is_some_and(|number| column.push_byte(number)),
        FieldKind::Money { signed } => take_decimal(text, Fen::DECIMALS, AMOUNT_FEN_MAX, signed, column),
        FieldKind::Percent { signed } => take_decimal(text, Percent::DECIMALS, Percent::MAX, signed, column),
        FieldKind::Date => Day::parse_bytes(text).is_some_and(|day| column.push_date(day.0)),
        FieldKind::Time => Time::parse_bytes(text).is_some_and(|time| column.push_long(time.0)),
        FieldKind::Pseudonym(kinds) => take_pseudonym(text, kinds, column),
        FieldKind::Ip => is_address(text) && column.push_ascii(text),
        FieldKind::Institution => {
            check_identifier_bytes(text) != IdentifierCheck::Malformed && column.push_ascii(text)
        }
        FieldKind::Digest => is_digest(text) && column.push_ascii(text),
        FieldKind::Count | FieldKind::Flag | FieldKind::List(_) => false,
    }
}

fn is_id(text: &[u8]) -> bool {
    // Without a way out of the loop, the compiler checks many bytes at once.
    (1..=64).contains(&text.len()) && text.iter().fold(true, |all, byte| all & byte.is_ascii_graphic())
}

fn is_digest(text: &[u8]) -> bool {
    text.len() == 64 && text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn take_free_text(text: &[u8], bytes_max: usize, column: &mut Column) -> bool {
    text.len() <= bytes_max
        && std::str::from_utf8(text)
            .is_ok_and(|text| !text.chars().any(char::is_control) && column.push_text(text))
}

#[inline]
fn take_decimal(text: &[u8], decimals: u32, max: i64, signed: bool, column: &mut Column) -> bool {
    parse_scaled_bytes(text, decimals, max)
        .is_ok_and(|value| (signed || value >= 0) && column.push_long(value))
}

#[inline]
fn take_pseudonym(text: &[u8], kinds: &[PseudonymKind], column: &mut Column) -> bool {
    Pseudonym::parse_bytes(text).is_some_and(|pseudonym| {
        pseudonym.kind().is_some_and(|kind| kinds.contains(&kind)) && column.push_wide(pseudonym.0)
    })
}

fn is_address(text: &[u8]) -> bool {
    is_dotted(text)
        || (text.is_ascii() && std::str::from_utf8(text).is_ok_and(|text| text.parse::<IpAddr>().is_ok()))
}

/// Whether a text is an IPv4 address. The standard library knows that too, but takes longer over
/// the one form in which nearly all addresses come.
fn is_dotted(text: &[u8]) -> bool {
    let (mut octets, mut digits, mut value) = (1, 0, 0u32);
    for &byte in text {
        match byte {
            b'0'..=b'9' if digits == 0 || value != 0 => {
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return false;
                }
            }
            b'.' if digits > 0 => (octets, digits, value) = (octets + 1, 0, 0),
            _ => return false,
        }
    }
    octets == 4 && digits > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn dotted_addresses_are_those_of_the_standard_library(
            text in "([0-9]{1,3}|1?[0-9]{1,2}|25[0-9])(\\.([0-9]{1,3}|1?[0-9]{1,2}|25[0-9])){2,4}|[0-9.]{0,15}"
        ) {
            prop_assert_eq!(is_dotted(text.as_bytes()), text.parse::<std::net::Ipv4Addr>().is_ok());
        }
    }
}
