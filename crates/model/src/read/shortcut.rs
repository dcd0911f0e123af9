//! Reads lines as nearly every line is: one object of the standard's own fields, texts without
//! escapes, no value refused. Whatever else a line may be, lawful or not, is left to the thorough
//! reader: the shortcut refuses nothing by itself and names no fault.

use super::plan::{FieldPlan, RowPlan};
use super::{LIST_ITEMS_MAX, value};
use crate::columns::{Column, Columns};
use crate::field_types::COUNT_MAX;
use crate::spec::FieldKind;

/// Reads a line into a row; `None` when that is not for the shortcut, and then the row may be
/// half-written.
pub(super) fn read(plan: &RowPlan, line: &[u8], columns: &mut Columns) -> Option<()> {
    let mut text = Text { rest: line };
    text.expect(b'{')?;
    text.row(plan, columns)?;
    text.token().is_none().then_some(())
}

/// What is left of a line.
struct Text<'a> {
    rest: &'a [u8],
}

impl<'a> Text<'a> {
    /// The next byte that is not blank, in JSON's sense.
    #[inline]
    fn token(&mut self) -> Option<u8> {
        loop {
            let (&first, rest) = self.rest.split_first()?;
            self.rest = rest;
            if !matches!(first, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(first);
            }
        }
    }

    #[inline]
    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.token()? == wanted).then_some(())
    }

    #[inline]
    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.rest = self.rest.get(bytes..)?;
        Some(())
    }

    /// Reads an object, after its brace, into a row.
    fn row(&mut self, plan: &RowPlan, columns: &mut Columns) -> Option<()> {
        let mut seen = 0u64;
        // `null` is seen, but says the same as leaving the field out.
        let mut given = 0u64;
        let mut after_last = 0;
        loop {
            self.expect(b'"')?;
            let (index, field) = plan.field_at(self.rest, after_last)?;
            self.skip(field.key_bytes())?;
            self.expect(b':')?;
            after_last = index + 1;
            if seen >> index & 1 == 1 {
                return None;
            }
            seen |= 1 << index;
            let is_given = self.value(field, columns.column_mut(index)?)?;
            given |= u64::from(is_given) << index;
            match self.token()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        if plan.required & !given != 0 {
            return None;
        }
        columns.end_row_given(given);
        Some(())
    }

    /// Reads a value into a column, and says whether there was one: not for `null`.
    #[inline]
    fn value(&mut self, field: &FieldPlan, column: &mut Column) -> Option<bool> {
        let is_taken = match self.token()? {
            b'"' => value::take(field.kind, self.plain_text()?, column),
            first @ b'0'..=b'9' if field.kind == FieldKind::Count => {
                self.count(first).is_some_and(|count| column.push_long(count))
            }
            b'[' => self.list(field.items.as_ref()?, column)?,
            b't' if field.kind == FieldKind::Flag && self.rest.starts_with(b"rue") => {
                self.skip(3)?;
                column.push_byte(1)
            }
            b'f' if field.kind == FieldKind::Flag && self.rest.starts_with(b"alse") => {
                self.skip(4)?;
                column.push_byte(0)
            }
            b'n' if self.rest.starts_with(b"ull") => {
                self.skip(3)?;
                return Some(false);
            }
            _ => false,
        };
        is_taken.then_some(true)
    }

    /// The text up to the quote that ends it, if nothing in it is escaped.
    #[inline]
    fn plain_text(&mut self) -> Option<&'a [u8]> {
        let (text, rest) = self.rest.split_at_checked(plain_bytes(self.rest)?)?;
        self.rest = rest.get(1..)?;
        Some(text)
    }

    /// Reads the digits of a count after the first one.
    fn count(&mut self, first: u8) -> Option<i64> {
        let mut count = u64::from(first - b'0');
        while let Some((digit @ b'0'..=b'9', rest)) = self.rest.split_first() {
            // JSON has no leading zeros.
            if count == 0 {
                return None;
            }
            count = count * 10 + u64::from(digit - b'0');
            if count > COUNT_MAX {
                return None;
            }
            self.rest = rest;
        }
        // What follows a number is a comma or a brace: with decimals or an exponent it is no count.
        i64::try_from(count).ok()
    }

    /// Reads a list of objects, after its bracket, into a list column.
    fn list(&mut self, plan: &RowPlan, column: &mut Column) -> Option<bool> {
        let items = column.list_items_mut()?;
        let mut count = 0;
        let mut token = self.token()?;
        while token != b']' || count > 0 {
            if token != b'{' || count == LIST_ITEMS_MAX {
                return None;
            }
            self.row(plan, items)?;
            count += 1;
            match self.token()? {
                b',' => token = self.token()?,
                b']' => break,
                _ => return None,
            }
        }
        Some(column.end_list())
    }
}

const EACH_BYTE: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Bytes before the quote that ends a text; `None` when a backslash or a control character, or
/// the end of the line, comes first.
#[inline]
fn plain_bytes(text: &[u8]) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    let mut before = 0;
    for word in words {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            let at = (special.trailing_zeros() / 8) as usize;
            return (word.get(at) == Some(&b'"')).then_some(before + at);
        }
        before += 8;
    }
    let at = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    (rest.get(at) == Some(&b'"')).then_some(before + at)
}

/// Marks, by their high bits, the quotes, backslashes and control characters among eight bytes:
/// surely the first one of them, while marks above it may be false.
#[inline]
fn special_bytes(word: u64) -> u64 {
    let below = |word: u64, limit: u64| word.wrapping_sub(EACH_BYTE * limit) & !word & HIGH_BITS;
    let quotes = below(word ^ (EACH_BYTE * u64::from(b'"')), 1);
    let backslashes = below(word ^ (EACH_BYTE * u64::from(b'\\')), 1);
    quotes | backslashes | below(word, 0x20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(text: &[u8]) -> Option<usize> {
        let at = text.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
        (text[at] == b'"').then_some(at)
    }

    proptest! {
        #[test]
        fn plain_texts_end_where_a_look_at_each_byte_says(
            text in proptest::collection::vec(prop_oneof![9 => any::<u8>(), 1 => Just(b'"'), 1 => Just(b'\\'), 9 => b'!'..=b'#'], 0..40)
        ) {
            prop_assert_eq!(plain_bytes(&text), naive(&text));
        }
    }
}
