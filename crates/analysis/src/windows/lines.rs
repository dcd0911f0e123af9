//! Rows of words that lie in lines of the processor's cache: a short row never in two of them, a
//! long one from the beginning of a line, so that a row costs as few waits for memory as it can.

use std::ops::Range;

use super::layout::Slot;

/// Words in a line.
pub(super) const LINE_WORDS: usize = 8;

/// One line of the cache.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([i64; LINE_WORDS]);

/// Rows of a chunk, a power of two.
const CHUNK_ROWS: usize = if cfg!(test) { 4 } else { 1 << 14 };

/// Rows of the same number of words: 1, 2, 4 or a multiple of [`LINE_WORDS`]. They lie in chunks,
/// so that none is copied, nor room for as many more set aside, when another one comes.
pub(super) struct Rows {
    chunks: Vec<Vec<Line>>,
    stride: usize,
    len: usize,
}

/// The words that a row takes which needs so many.
pub(super) fn stride(words: usize) -> usize {
    if words <= LINE_WORDS { words.next_power_of_two() } else { words.next_multiple_of(LINE_WORDS) }
}

impl Rows {
    pub(super) fn new(stride: usize) -> Self {
        Self { chunks: Vec::new(), stride: stride.max(1), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn bytes(&self) -> usize {
        self.chunks.iter().map(Vec::capacity).sum::<usize>() * size_of::<Line>()
    }

    /// Appends a row.
    pub(super) fn push(&mut self, words: impl Iterator<Item = i64>) {
        let in_chunk = self.len % CHUNK_ROWS;
        if in_chunk == 0 {
            // The first chunk grows: many keysets hold a few rows only.
            let lines = (CHUNK_ROWS * self.stride).div_ceil(LINE_WORDS);
            self.chunks.push(Vec::with_capacity(if self.len == 0 { 0 } else { lines }));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.resize(((in_chunk + 1) * self.stride).div_ceil(LINE_WORDS), Line([0; LINE_WORDS]));
        }
        self.len += 1;
        let mut row = self.row_mut(self.len as u32 - 1);
        words.enumerate().for_each(|(index, word)| row.set_word(index, word));
    }

    /// Chunk, lines in it, first word in the first of them.
    #[inline]
    fn place(&self, row: u32) -> (usize, Range<usize>, usize) {
        let first = row as usize % CHUNK_ROWS * self.stride;
        let line = first / LINE_WORDS;
        let lines = line..line + self.stride.div_ceil(LINE_WORDS);
        (row as usize / CHUNK_ROWS, lines, first % LINE_WORDS)
    }

    #[inline]
    pub(super) fn row(&self, row: u32) -> Row<'_> {
        let (chunk, lines, first) = self.place(row);
        Row { lines: &self.chunks[chunk][lines], first }
    }

    #[inline]
    pub(super) fn row_mut(&mut self, row: u32) -> RowMut<'_> {
        let (chunk, lines, first) = self.place(row);
        RowMut { lines: &mut self.chunks[chunk][lines], first }
    }

    /// The words of a row.
    pub(super) fn words(&self, row: u32) -> impl Iterator<Item = i64> + '_ {
        let row = self.row(row);
        (0..self.stride).map(move |index| row.word(index))
    }

    /// Reads a little of a line of some rows, so that it is on its way; rows that are not there are
    /// left out.
    #[inline]
    pub(super) fn touch(&self, rows: &[u32], line: usize) -> i64 {
        let word = |row: &u32| {
            let first = *row as usize % CHUNK_ROWS * self.stride;
            let chunk = self.chunks.get(*row as usize / CHUNK_ROWS);
            chunk.and_then(|chunk| chunk.get(first / LINE_WORDS + line)).map_or(0, |line| line.0[0])
        };
        rows.iter().fold(0, |all, row| all ^ word(row))
    }
}

/// A row to read.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    lines: &'a [Line],
    first: usize,
}

/// A row to change.
pub(super) struct RowMut<'a> {
    lines: &'a mut [Line],
    first: usize,
}

impl Row<'_> {
    #[inline]
    pub(super) fn word(self, index: usize) -> i64 {
        let at = self.first + index;
        self.lines[at / LINE_WORDS].0[at % LINE_WORDS]
    }

    /// Half a word; the low half of each comes first.
    #[inline]
    pub(super) fn half(self, slot: Slot) -> u32 {
        (self.word(slot.word()) >> slot.shift()) as u32
    }
}

impl RowMut<'_> {
    #[inline]
    pub(super) fn as_row(&self) -> Row<'_> {
        Row { lines: self.lines, first: self.first }
    }

    #[inline]
    pub(super) fn word(&self, index: usize) -> i64 {
        self.as_row().word(index)
    }

    #[inline]
    pub(super) fn word_mut(&mut self, index: usize) -> &mut i64 {
        let at = self.first + index;
        &mut self.lines[at / LINE_WORDS].0[at % LINE_WORDS]
    }

    #[inline]
    pub(super) fn set_word(&mut self, index: usize, word: i64) {
        *self.word_mut(index) = word;
    }

    #[inline]
    pub(super) fn half(&self, slot: Slot) -> u32 {
        self.as_row().half(slot)
    }

    #[inline]
    pub(super) fn set_half(&mut self, slot: Slot, half: u32) {
        let word = self.word_mut(slot.word());
        *word = *word & !(0xffff_ffff << slot.shift()) | i64::from(half) << slot.shift();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_hold_what_was_put_into_them() {
        for (words, expected) in [(1, 1), (3, 4), (5, 8), (8, 8), (9, 16), (17, 24)] {
            let stride = stride(words);
            assert_eq!(stride, expected);
            let mut rows = Rows::new(stride);
            for row in 0..20 {
                rows.push((0..words).map(|index| (row << 40 | index) as i64));
            }
            rows.row_mut(7).set_half(Slot::half_of(0, 1), 0xffff_fff0);
            rows.row_mut(7).set_half(Slot::half_of(0, 0), 5);
            assert_eq!(rows.len(), 20);
            for row in 0..20 {
                let expected = |index: usize| match (row, index) {
                    (7, 0) => 0xffff_fff0_i64 << 32 | 5,
                    _ => (row << 40 | index) as i64,
                };
                let read = rows.row(row as u32);
                assert!((0..words).all(|index| read.word(index) == expected(index)), "{row} of {words}");
            }
            assert_eq!(rows.row(7).half(Slot::half_of(0, 1)), 0xffff_fff0);
        }
    }
}
