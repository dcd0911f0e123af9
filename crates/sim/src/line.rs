//! Writes one record after the other in the wire form.

use model::money::Fen;
use model::time::{Day, MICROS_PER_DAY, SHANGHAI_OFFSET_SECONDS, Time};

const HEX: [[u8; 2]; 256] = hex_pairs();
const DECIMAL: [[u8; 2]; 100] = decimal_pairs();

const fn hex_pairs() -> [[u8; 2]; 256] {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut value = 0;
    while value < 256 {
        pairs[value] = [digits[value >> 4], digits[value & 15]];
        value += 1;
    }
    pairs
}

const fn decimal_pairs() -> [[u8; 2]; 100] {
    let mut pairs = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + value as u8 / 10, b'0' + value as u8 % 10];
        value += 1;
    }
    pairs
}

/// Appends the two decimal digits of a number below 100.
#[inline]
fn push_pair(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&DECIMAL[(value % 100) as usize]);
}

/// Appends a whole number.
#[inline]
pub(crate) fn push_number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0u8; 20];
    let mut start = digits.len();
    while value >= 100 {
        start -= 2;
        digits[start..start + 2].copy_from_slice(&DECIMAL[(value % 100) as usize]);
        value /= 100;
    }
    if value >= 10 {
        start -= 2;
        digits[start..start + 2].copy_from_slice(&DECIMAL[value as usize]);
    } else {
        start -= 1;
        digits[start] = b'0' + value as u8;
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends a whole number with leading zeros, `pairs` times two digits of it.
#[inline]
pub(crate) fn push_padded(out: &mut Vec<u8>, value: u64, pairs: u32) {
    for pair in (0..pairs).rev() {
        push_pair(out, value / 100u64.pow(pair));
    }
}

/// Appends an amount of fen as yuan with two decimals.
#[inline]
pub(crate) fn push_yuan(out: &mut Vec<u8>, fen: i64) {
    if fen < 0 {
        out.push(b'-');
    }
    let fen = fen.unsigned_abs();
    push_number(out, fen / 100);
    out.push(b'.');
    push_pair(out, fen);
}

/// Appends a pseudonym, as [`model::pseudonym::Pseudonym`] displays itself.
#[inline]
pub(crate) fn push_pseudonym(out: &mut Vec<u8>, value: u128) {
    let bytes = value.to_be_bytes();
    let mut text = [0u8; model::pseudonym::PSEUDONYM_LENGTH];
    text[0] = bytes[0];
    text[1] = b'1';
    text[2] = b':';
    for (pair, byte) in text[3..].chunks_exact_mut(2).zip(&bytes[1..]) {
        pair.copy_from_slice(&HEX[usize::from(*byte)]);
    }
    out.extend_from_slice(&text);
}

/// Appends `HH:MM:SS.ffffff` of a number of microseconds since midnight.
#[inline]
pub(crate) fn push_clock(out: &mut Vec<u8>, micros: u64) {
    let seconds = micros / 1_000_000;
    let mut text = *b"00:00:00.000000";
    let mut put = |at: usize, value: u64| {
        text[at..at + 2].copy_from_slice(&DECIMAL[(value % 100) as usize]);
    };
    put(0, seconds / 3600);
    put(3, seconds / 60 % 60);
    put(6, seconds % 60);
    put(9, micros / 10_000 % 100);
    put(11, micros / 100 % 100);
    put(13, micros % 100);
    out.extend_from_slice(&text);
}

/// Year, month and day of the month of a civil day (Howard Hinnant's `civil_from_days`).
#[inline]
pub(crate) fn civil(day: Day) -> (u32, u32, u32) {
    let shifted = i64::from(day.0) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as u32, month as u32, day_of_month as u32)
}

/// Appends `YYYY-MM-DD`.
#[inline]
pub(crate) fn push_day(out: &mut Vec<u8>, day: Day) {
    let (year, month, day) = civil(day);
    push_padded(out, u64::from(year), 2);
    out.push(b'-');
    push_pair(out, u64::from(month));
    out.push(b'-');
    push_pair(out, u64::from(day));
}

/// The id of a record: a letter or two, a date, a number. Small enough to be copied about, and made
/// of what the record is about, so that any stream can name a record that another one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tag {
    /// What kind of record.
    pub(crate) prefix: &'static str,
    /// The day that it belongs to.
    pub(crate) day: Day,
    /// Its number in that day.
    pub(crate) number: u64,
}

impl Tag {
    pub(crate) const fn new(prefix: &'static str, day: Day, number: u64) -> Self {
        Self { prefix, day, number }
    }

    #[inline]
    pub(crate) fn push(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.prefix.as_bytes());
        let (year, month, day) = civil(self.day);
        push_padded(out, u64::from(year * 10_000 + month * 100 + day), 4);
        out.push(b'-');
        push_padded(out, self.number, 5);
    }
}

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = Vec::new();
        self.push(&mut out);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

/// One record being written: a field after the other, each name once.
pub(crate) struct Line<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Line<'a> {
    /// Begins a record with its id, and its revision where it is one.
    pub(crate) fn begin(out: &'a mut Vec<u8>, id: Tag, revision: u64) -> Self {
        out.extend_from_slice(b"{\"id\":\"");
        id.push(out);
        out.push(b'"');
        let line = Self { out };
        if revision > 0 { line.count("revision", revision) } else { line }
    }

    /// Begins an item of a list with its first field, a text.
    pub(crate) fn begin_item(out: &'a mut Vec<u8>, name: &str, value: &str) -> Self {
        out.extend_from_slice(b"{\"");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":\"");
        out.extend_from_slice(value.as_bytes());
        out.push(b'"');
        Self { out }
    }

    fn name(&mut self, name: &str) {
        self.out.extend_from_slice(b",\"");
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn quoted(mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        self.name(name);
        self.out.push(b'"');
        write(self.out);
        self.out.push(b'"');
        self
    }

    /// A text, code or identifier; one that needs no escape.
    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        debug_assert!(!value.contains(['"', '\\']) && !value.chars().any(char::is_control));
        self.quoted(name, |out| out.extend_from_slice(value.as_bytes()))
    }

    /// An amount.
    pub(crate) fn money(self, name: &str, amount: Fen) -> Self {
        self.quoted(name, |out| push_yuan(out, amount.0))
    }

    /// The id of another record.
    pub(crate) fn tag(self, name: &str, tag: Tag) -> Self {
        self.quoted(name, |out| tag.push(out))
    }

    /// A rate.
    pub(crate) fn percent(self, name: &str, percent: f64) -> Self {
        self.hundredths(name, (percent * 100.0).round() as i64)
    }

    /// A rate in hundredths of a per cent: two decimals, as people write rates.
    pub(crate) fn hundredths(self, name: &str, rate: i64) -> Self {
        self.quoted(name, |out| push_yuan(out, rate))
    }

    /// Yes or no.
    pub(crate) fn flag(mut self, name: &str, value: bool) -> Self {
        self.name(name);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        self
    }

    /// A count.
    pub(crate) fn count(mut self, name: &str, value: u64) -> Self {
        self.name(name);
        push_number(self.out, value);
        self
    }

    /// A date.
    pub(crate) fn day(self, name: &str, day: Day) -> Self {
        self.quoted(name, |out| push_day(out, day))
    }

    /// A point in time, with the offset of Asia/Shanghai and microseconds.
    pub(crate) fn time(self, name: &str, time: Time) -> Self {
        let offset_micros = i64::from(SHANGHAI_OFFSET_SECONDS) * 1_000_000;
        let civil_micros = time.0 + offset_micros;
        self.quoted(name, |out| {
            push_day(out, Day(civil_micros.div_euclid(MICROS_PER_DAY) as i32));
            out.push(b'T');
            push_clock(out, civil_micros.rem_euclid(MICROS_PER_DAY) as u64);
            out.extend_from_slice(b"+08:00");
        })
    }

    /// A pseudonym.
    pub(crate) fn pseudonym(self, name: &str, value: u128) -> Self {
        self.quoted(name, |out| push_pseudonym(out, value))
    }

    /// A network address of the private range 10.0.0.0/8 (RFC 1918), which belongs to no one.
    pub(crate) fn address(self, name: &str, host: u32) -> Self {
        let [_, rest @ ..] = host.to_be_bytes();
        self.quoted(name, |out| {
            out.extend_from_slice(b"10");
            for part in rest {
                out.push(b'.');
                push_number(out, u64::from(part));
            }
        })
    }

    /// A list of items, each written by `write`.
    pub(crate) fn list<T>(
        mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Vec<u8>, T),
    ) -> Self {
        self.name(name);
        self.out.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            write(self.out, item);
        }
        self.out.push(b']');
        self
    }

    /// Ends an item of a list.
    pub(crate) fn end_item(self) {
        self.out.push(b'}');
    }

    /// Ends the record and its line.
    pub(crate) fn end(self) {
        self.out.extend_from_slice(b"}\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use model::pseudonym::Pseudonym;

    #[test]
    fn values_are_written_as_the_model_writes_them() {
        let mut rng = Rng::new(3);
        let written = |write: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            write(&mut out);
            String::from_utf8(out).unwrap()
        };
        for bits in 0..63 {
            let value = (rng.bits() >> bits) as i64;
            assert_eq!(written(&|out| push_yuan(out, value)), Fen(value).to_string());
            assert_eq!(written(&|out| push_number(out, value as u64)), (value as u64).to_string());
            let pseudonym = u128::from(b'a') << 120 | u128::from(value as u64) << 40;
            assert_eq!(written(&|out| push_pseudonym(out, pseudonym)), Pseudonym(pseudonym).to_string());
        }
        assert_eq!(written(&|out| push_padded(out, 123, 3)), "000123");
        let time = Time::parse("2024-03-01T23:59:58.123456+08:00").unwrap();
        let id = Tag::new("T", time.day(), 7);
        let line = written(&|out| Line::begin(out, id, 2).time("time", time).hundredths("rate", 725).end());
        let expected = "{\"id\":\"T20240301-0000000007\",\"revision\":2,\
                        \"time\":\"2024-03-01T23:59:58.123456+08:00\",\"rate\":\"7.25\"}\n";
        assert_eq!(line, expected);
        for day in (7305..84_006).step_by(7).map(Day) {
            assert_eq!(written(&|out| push_day(out, day)), day.to_string());
        }
    }
}
