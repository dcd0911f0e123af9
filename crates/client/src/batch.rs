//! Batches: a big file goes in parts, each with a receipt of its own.

use sha2::{Digest, Sha256};

/// How large a batch may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Most bytes before compression. A single line that is longer still makes a batch.
    pub bytes: usize,
    /// Most lines.
    pub lines: usize,
}

impl Default for BatchLimits {
    /// 8 MiB and 50,000 lines: some seconds' work for the server, and little to repeat when a
    /// connection breaks.
    fn default() -> Self {
        Self { bytes: 8 << 20, lines: 50_000 }
    }
}

/// Lines that go together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    /// The lines, each with its line feed.
    pub(crate) bytes: Vec<u8>,
    /// By line: its number in the file.
    pub(crate) numbers: Vec<u64>,
}

impl Batch {
    /// Whether another line of so many bytes still fits.
    pub(crate) fn has_room(&self, line_bytes: usize, limits: BatchLimits) -> bool {
        self.numbers.is_empty()
            || (self.numbers.len() < limits.lines && self.bytes.len() + line_bytes < limits.bytes)
    }

    /// Appends a line.
    pub(crate) fn push(&mut self, number: u64, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.bytes.push(b'\n');
        self.numbers.push(number);
    }

    /// SHA-256 of its bytes, in hexadecimal.
    pub(crate) fn id(&self) -> String {
        hex::encode(Sha256::digest(&self.bytes))
    }
}
