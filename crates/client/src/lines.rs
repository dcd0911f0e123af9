//! The lines of a file, numbered, with bounded memory whatever the file holds.

use std::io::{self, BufRead};

use model::read::LINE_BYTES_MAX;

/// Reads lines. Lines of white space alone and a byte-order mark are skipped.
pub(crate) struct Lines<R> {
    input: R,
    number: u64,
    buffer: Vec<u8>,
}

/// One line, without its line feed.
pub(crate) struct Line<'a> {
    /// From 1, blank lines counted.
    pub(crate) number: u64,
    /// At most one byte more than the standard allows, so that a reader sees that it is too long.
    pub(crate) bytes: &'a [u8],
    /// How long it is.
    pub(crate) length: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, number: 0, buffer: Vec::new() }
    }

    /// The next line.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let length = self.read_one()?;
            if length == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.number == 1 && self.buffer.starts_with(b"\xEF\xBB\xBF") {
                self.buffer.drain(..3);
            }
            if self.buffer.last() == Some(&b'\n') {
                self.buffer.pop();
            }
            if !self.buffer.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(Line { number: self.number, bytes: &self.buffer, length }));
            }
        }
    }

    /// Reads up to a line feed, keeping no more than a line may have; returns how long it is.
    fn read_one(&mut self) -> io::Result<u64> {
        self.buffer.clear();
        let mut length = 0;
        loop {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let (part, is_end) = match available.iter().position(|byte| *byte == b'\n') {
                Some(at) => (available.get(..=at).unwrap_or(available), true),
                None => (available, available.is_empty()),
            };
            let room = (LINE_BYTES_MAX + 1).saturating_sub(self.buffer.len());
            self.buffer.extend_from_slice(part.get(..room).unwrap_or(part));
            let used = part.len();
            self.input.consume(used);
            length += used as u64;
            if is_end {
                return Ok(length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_blank_ones_skipped() {
        let mut lines = Lines::new(&b"\xEF\xBB\xBFa\n\n \r\nb\r\nc"[..]);
        let mut seen = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            seen.push((line.number, line.bytes.to_vec()));
        }
        assert_eq!(seen, [(1, b"a".to_vec()), (4, b"b\r".to_vec()), (5, b"c".to_vec())]);
    }

    #[test]
    fn a_huge_line_is_not_kept() {
        let mut text = vec![b'x'; 3 * LINE_BYTES_MAX];
        text.extend_from_slice(b"\nshort\n");
        let mut lines = Lines::new(io::BufReader::new(&text[..]));
        let line = lines.next().unwrap().unwrap();
        assert_eq!((line.bytes.len(), line.length), (LINE_BYTES_MAX + 1, 3 * LINE_BYTES_MAX as u64 + 1));
        assert_eq!(lines.next().unwrap().unwrap().bytes, b"short");
        assert!(lines.next().unwrap().is_none());
    }
}
