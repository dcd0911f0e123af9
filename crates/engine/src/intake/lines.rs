//! Cuts a body into lines with a bounded buffer: a line longer than allowed is skipped to its
//! end without being held.

use std::io::Read;

use model::read::LINE_BYTES_MAX;

use super::body::{Body, BodyError};

/// Bytes read at once.
const READ_BYTES: usize = 256 << 10;

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Its bytes, without the line feed.
    Text(&'a [u8]),
    /// It was longer than [`LINE_BYTES_MAX`]; this many bytes were skipped.
    TooLong(u64),
}

/// Cuts lines.
pub struct Lines<R: Read> {
    body: Body<R>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
}

impl<R: Read> Lines<R> {
    /// Lines of a body.
    pub fn new(body: Body<R>) -> Self {
        Self { body, buffer: vec![0; READ_BYTES], start: 0, end: 0, ended: false }
    }

    /// The next line, empty ones included; `None` at the end of the body.
    ///
    /// # Errors
    /// [`BodyError`]; the bytes after the last line feed are then not given as a line, since
    /// they may be half of one.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, BodyError> {
        let mut searched = self.start;
        loop {
            let unsearched = self.buffer.get(searched..self.end).unwrap_or_default();
            if let Some(found) = memchr::memchr(b'\n', unsearched) {
                let line = self.start..searched + found;
                self.start = line.end + 1;
                return Ok(self.buffer.get(line).map(|text| Line::Text(strip_return(text))));
            }
            if self.ended {
                let line = self.start..self.end;
                self.start = self.end;
                return Ok(if line.is_empty() {
                    None
                } else {
                    self.buffer.get(line).map(|text| Line::Text(strip_return(text)))
                });
            }
            if self.end - self.start > LINE_BYTES_MAX {
                return self.skip_line().map(|bytes| Some(Line::TooLong(bytes)));
            }
            searched = self.fill()?;
        }
    }

    /// Reads more bytes behind those not yet given out; returns where they begin.
    fn fill(&mut self) -> Result<usize, BodyError> {
        if self.start > 0 && self.end + READ_BYTES > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end + READ_BYTES > self.buffer.len() {
            self.buffer.resize(self.end + READ_BYTES, 0);
        }
        let from = self.end;
        let count = match self.buffer.get_mut(from..) {
            Some(room) => self.body.read(room)?,
            None => 0,
        };
        self.ended = count == 0;
        self.end += count;
        Ok(from)
    }

    fn skip_line(&mut self) -> Result<u64, BodyError> {
        let mut skipped = 0;
        loop {
            let held = self.buffer.get(self.start..self.end).unwrap_or_default();
            if let Some(found) = memchr::memchr(b'\n', held) {
                self.start += found + 1;
                return Ok(skipped + found as u64);
            }
            skipped += held.len() as u64;
            (self.start, self.end) = (0, 0);
            if self.ended {
                return Ok(skipped);
            }
            self.fill()?;
        }
    }
}

fn strip_return(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\r").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::body::ContentCoding;
    use proptest::prelude::*;

    /// Gives its bytes in pieces of a given size, as a network does.
    struct Pieces<'a>(&'a [u8], usize);
    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(buffer.len()).min(self.0.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn all(bytes: &[u8], piece: usize) -> Vec<Result<Vec<u8>, u64>> {
        let mut lines = Lines::new(Body::new(ContentCoding::Identity, Pieces(bytes, piece)).unwrap());
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            found.push(match line {
                Line::Text(text) => Ok(text.to_vec()),
                Line::TooLong(bytes) => Err(bytes),
            });
        }
        found
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_is_read() {
        let mut bytes = vec![b'x'; 5 << 20];
        bytes.extend_from_slice(b"\nnext\r\n\nlast");
        let expected = vec![Err(5 << 20), Ok(b"next".to_vec()), Ok(Vec::new()), Ok(b"last".to_vec())];
        assert_eq!(all(&bytes, 100_000), expected);
        assert_eq!(all(&vec![b'x'; 3 << 20], 1 << 20), vec![Err(3 << 20)]);
    }

    proptest! {
        #[test]
        fn cuts_as_split_does(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'a')], 0..200), piece in 1usize..50) {
            let mut expected: Vec<_> = bytes.split(|b| *b == b'\n').map(|line| Ok(line.to_vec())).collect();
            if expected.last() == Some(&Ok(Vec::new())) {
                expected.pop();
            }
            prop_assert_eq!(all(&bytes, piece), expected);
        }
    }
}
