//! Deterministic CBOR (RFC 8949 §4.2.1), as much of it as the canonical forms use: unsigned and
//! negative integers, byte and text strings, arrays, maps with ascending unsigned keys, `false`,
//! `true`. The reader is strict: what it accepts, the writer would have written byte for byte.

/// Writes items to the end of a buffer.
#[derive(Debug)]
pub struct Writer<'a>(pub &'a mut Vec<u8>);

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;

impl Writer<'_> {
    #[inline]
    fn head(&mut self, major: u8, argument: u64) {
        let major = major << 5;
        match argument {
            0..=23 => self.0.push(major | argument as u8),
            24..=0xff => self.0.extend_from_slice(&[major | 24, argument as u8]),
            0x100..=0xffff => {
                let [a, b] = (argument as u16).to_be_bytes();
                self.0.extend_from_slice(&[major | 25, a, b]);
            }
            0x1_0000..=0xffff_ffff => {
                let [a, b, c, d] = (argument as u32).to_be_bytes();
                self.0.extend_from_slice(&[major | 26, a, b, c, d]);
            }
            _ => {
                let [a, b, c, d, e, f, g, h] = argument.to_be_bytes();
                self.0.extend_from_slice(&[major | 27, a, b, c, d, e, f, g, h]);
            }
        }
    }

    /// An unsigned integer.
    #[inline]
    pub fn unsigned(&mut self, value: u64) {
        self.head(UNSIGNED, value);
    }

    /// An integer.
    #[inline]
    pub fn integer(&mut self, value: i64) {
        if value >= 0 {
            self.head(UNSIGNED, value as u64);
        } else {
            self.head(NEGATIVE, !(value as u64));
        }
    }

    /// A byte string.
    #[inline]
    pub fn bytes(&mut self, value: &[u8]) {
        self.head(BYTES, value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// A text string.
    #[inline]
    pub fn text(&mut self, value: &str) {
        self.text_bytes(value.as_bytes());
    }

    /// A text string from bytes that are known to be UTF-8.
    #[inline]
    pub(crate) fn text_bytes(&mut self, value: &[u8]) {
        self.head(TEXT, value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// The head of an array of this many items, which follow.
    pub fn array(&mut self, items: usize) {
        self.head(ARRAY, items as u64);
    }

    /// The head of a map of this many pairs, which follow with ascending keys.
    #[inline]
    pub fn map(&mut self, pairs: usize) {
        self.head(MAP, pairs as u64);
    }

    /// A truth value.
    pub fn flag(&mut self, value: bool) {
        self.0.push(if value { TRUE } else { FALSE });
    }
}

/// Why bytes were not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// The bytes end inside an item.
    #[error("the bytes end inside an item")]
    Truncated,
    /// An item of another type stands here.
    #[error("an item of another type stands here")]
    Unexpected,
    /// A length or integer is not in its shortest form, or of a kind that is never written.
    #[error("not in deterministic form")]
    NotDeterministic,
    /// An integer does not fit, a text is not UTF-8, or a value lies outside its range.
    #[error("a value outside its range")]
    OutOfRange,
    /// The bytes go on after the item.
    #[error("bytes after the end")]
    Trailing,
}

/// Reads items from the beginning of a slice.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], CborError> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(CborError::Truncated)?;
        self.0 = rest;
        Ok(head)
    }

    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let (&first, rest) = self.0.split_first().ok_or(CborError::Truncated)?;
        self.0 = rest;
        let info = first & 31;
        let (argument, least) = match info {
            0..=23 => (u64::from(info), 0),
            24..=27 => {
                let width = 1 << (info - 24);
                let value = self.take(width)?.iter().fold(0u64, |v, byte| v << 8 | u64::from(*byte));
                (
                    value,
                    [24, 0x100, 0x1_0000, 0x1_0000_0000].get(usize::from(info) - 24).copied().unwrap_or(0),
                )
            }
            _ => return Err(CborError::NotDeterministic),
        };
        if argument < least {
            return Err(CborError::NotDeterministic);
        }
        Ok((first >> 5, argument))
    }

    fn expect(&mut self, major: u8) -> Result<u64, CborError> {
        match self.head()? {
            (found, argument) if found == major => Ok(argument),
            _ => Err(CborError::Unexpected),
        }
    }

    fn length(&mut self, major: u8) -> Result<usize, CborError> {
        usize::try_from(self.expect(major)?).map_err(|_| CborError::Truncated)
    }

    /// An unsigned integer.
    ///
    /// # Errors
    /// [`CborError`], as for every other item.
    pub fn unsigned(&mut self) -> Result<u64, CborError> {
        self.expect(UNSIGNED)
    }

    /// An integer.
    ///
    /// # Errors
    /// [`CborError`].
    pub fn integer(&mut self) -> Result<i64, CborError> {
        let (major, argument) = self.head()?;
        let magnitude = i64::try_from(argument).map_err(|_| CborError::OutOfRange)?;
        match major {
            UNSIGNED => Ok(magnitude),
            NEGATIVE => Ok(!magnitude),
            _ => Err(CborError::Unexpected),
        }
    }

    /// A byte string.
    ///
    /// # Errors
    /// [`CborError`].
    pub fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        let length = self.length(BYTES)?;
        self.take(length)
    }

    /// A text string.
    ///
    /// # Errors
    /// [`CborError`].
    pub fn text(&mut self) -> Result<&'a str, CborError> {
        let length = self.length(TEXT)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| CborError::OutOfRange)
    }

    /// The head of an array: its number of items, which follow.
    ///
    /// # Errors
    /// [`CborError`].
    pub fn array(&mut self) -> Result<usize, CborError> {
        self.length(ARRAY)
    }

    /// The head of a map: its number of pairs, which follow.
    ///
    /// # Errors
    /// [`CborError`].
    pub fn map(&mut self) -> Result<usize, CborError> {
        self.length(MAP)
    }

    /// A truth value.
    ///
    /// # Errors
    /// [`CborError`].
    pub fn flag(&mut self) -> Result<bool, CborError> {
        match self.take(1)? {
            [FALSE] => Ok(false),
            [TRUE] => Ok(true),
            _ => Err(CborError::Unexpected),
        }
    }

    /// Says that nothing follows.
    ///
    /// # Errors
    /// [`CborError::Trailing`].
    pub fn end(self) -> Result<(), CborError> {
        if self.0.is_empty() { Ok(()) } else { Err(CborError::Trailing) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn integers_as_in_rfc_8949_appendix_a() {
        let table: [(i64, &[u8]); 8] = [
            (0, &[0x00]),
            (23, &[0x17]),
            (24, &[0x18, 0x18]),
            (1000, &[0x19, 0x03, 0xe8]),
            (1_000_000, &[0x1a, 0x00, 0x0f, 0x42, 0x40]),
            (-1, &[0x20]),
            (-100, &[0x38, 0x63]),
            (-1000, &[0x39, 0x03, 0xe7]),
        ];
        for (value, expected) in table {
            let mut out = Vec::new();
            Writer(&mut out).integer(value);
            assert_eq!(out, expected);
            assert_eq!(Reader(expected).integer(), Ok(value));
        }
    }

    #[test]
    fn what_is_not_deterministic_is_refused() {
        for bytes in [&[0x18, 0x17][..], &[0x19, 0x00, 0xff], &[0x1f], &[0x5f, 0x41, 0x00, 0xff]] {
            assert_eq!(Reader(bytes).head(), Err(CborError::NotDeterministic));
        }
        assert_eq!(Reader(&[0x19, 0x01]).head(), Err(CborError::Truncated));
    }

    proptest! {
        #[test]
        fn integers_are_read_again(value in any::<i64>()) {
            let mut out = Vec::new();
            Writer(&mut out).integer(value);
            let mut reader = Reader(&out);
            prop_assert_eq!(reader.integer(), Ok(value));
            prop_assert_eq!(reader.end(), Ok(()));
        }

        #[test]
        fn whatever_is_accepted_is_written_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let mut reader = Reader(&bytes);
            if let Ok(value) = reader.integer() {
                let mut out = Vec::new();
                Writer(&mut out).integer(value);
                prop_assert_eq!(&out[..], &bytes[..bytes.len() - reader.0.len()]);
            }
        }
    }
}
