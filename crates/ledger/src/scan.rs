//! Sequential reading: large reads, whole frames, no copy per entry.

use std::{fs::File, ops::Range, os::unix::fs::FileExt, sync::Arc};

use tlog::Hash;

use crate::{
    LedgerError,
    bytes::{array, u32_at},
    frame::{self, Header, Salt, Sections},
    segment, spots,
    state::{SegmentInfo, Shared, narrow},
};

/// Bytes read at once, unless a single frame is larger.
const CHUNK_BYTES: u64 = 4 << 20;

/// Consecutive entries of one frame, checked against the frame's checksum.
///
/// A frame shares the bytes that it was read with: cloning and sending it to another thread is
/// cheap, and the bytes are used again once every frame of them is dropped.
#[derive(Clone, Debug)]
pub struct Frame {
    chunk: Arc<Vec<u8>>,
    start: usize,
    header: Header,
    sections: Sections,
    /// Entries of the frame that were asked for, counted from its first.
    visible: Range<u32>,
    segment: u32,
    offset: u64,
}

/// One entry of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryRef<'f> {
    /// Position in the ledger, from 0.
    pub index: u64,
    /// The bytes that the tree is over.
    pub leaf: &'f [u8],
    /// The bytes beside the tree.
    pub payload: &'f [u8],
}

impl Frame {
    /// Index of the first entry.
    #[must_use]
    pub fn first_index(&self) -> u64 {
        self.header.first_index + u64::from(self.visible.start)
    }

    /// Index after the last entry.
    #[must_use]
    pub fn end_index(&self) -> u64 {
        self.header.first_index + u64::from(self.visible.end)
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.visible.len()
    }

    /// Never: a frame has at least one entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.visible.is_empty()
    }

    /// Where the frame is stored: number of the segment, byte offset.
    #[must_use]
    pub fn place(&self) -> (u32, u64) {
        (self.segment, self.offset)
    }

    /// The entries in order.
    pub fn entries(&self) -> impl Iterator<Item = EntryRef<'_>> {
        let (leaves, payloads) = (self.section(&self.sections.leaves), self.section(&self.sections.payloads));
        let leaf_ends = self.section(&self.sections.leaf_ends);
        let payload_ends = self.section(&self.sections.payload_ends);
        let first = self.visible.start as usize;
        let mut leaf_start = end_before(leaf_ends, first);
        let mut payload_start = end_before(payload_ends, first);
        let ends = leaf_ends.as_chunks().0.iter().zip(payload_ends.as_chunks().0);
        (self.first_index()..).zip(ends.skip(first).take(self.len())).map(
            move |(index, (leaf_end, payload_end))| {
                let leaf_end = u32::from_le_bytes(*leaf_end) as usize;
                let payload_end = u32::from_le_bytes(*payload_end) as usize;
                // The ends were checked together with the checksum.
                let entry = EntryRef {
                    index,
                    leaf: leaves.get(leaf_start..leaf_end).unwrap_or_default(),
                    payload: payloads.get(payload_start..payload_end).unwrap_or_default(),
                };
                (leaf_start, payload_start) = (leaf_end, payload_end);
                entry
            },
        )
    }

    /// The stored SHA-256 leaf hashes in order.
    pub fn leaf_hashes(&self) -> impl Iterator<Item = Hash> + '_ {
        self.hashes(&self.sections.leaf_hashes)
    }

    /// The stored SM3 leaf hashes in order; none when the ledger has no second tree.
    pub fn sm3_hashes(&self) -> impl Iterator<Item = Hash> + '_ {
        self.hashes(&self.sections.sm3_hashes)
    }

    fn hashes(&self, section: &Range<usize>) -> impl Iterator<Item = Hash> + '_ {
        frame::hashes(self.section(section)).skip(self.visible.start as usize).take(self.len())
    }

    fn section(&self, section: &Range<usize>) -> &[u8] {
        self.chunk.get(self.start + section.start..self.start + section.end).unwrap_or_default()
    }
}

/// Where entry `i` begins, given the ends of all.
fn end_before(ends: &[u8], i: usize) -> usize {
    match i.checked_sub(1) {
        Some(before) => u32_at(ends, 4 * before).unwrap_or(0) as usize,
        None => 0,
    }
}

/// Goes through entries in order, frame by frame. A damaged frame is one error; what lies behind
/// it is read on.
#[derive(Debug)]
pub struct Scan {
    shared: Arc<Shared>,
    next: u64,
    end: u64,
    chunk: Arc<Vec<u8>>,
    source: Option<ChunkSource>,
}

/// Where the chunk in memory comes from and how far it is used up.
#[derive(Debug)]
struct ChunkSource {
    segment: u32,
    salt: Salt,
    /// Offset of the chunk in the segment.
    offset: u64,
    bytes: usize,
    used: usize,
    /// Index after the last entry of the chunk.
    end_index: u64,
}

impl Scan {
    pub(crate) fn new(shared: Arc<Shared>, range: Range<u64>) -> Self {
        Self { shared, next: range.start, end: range.end, chunk: Arc::default(), source: None }
    }

    fn read_chunk(&mut self) -> Result<(), LedgerError> {
        let next = self.next;
        let beyond =
            || LedgerError::OutOfRange { asked: format!("entry {next}"), size: self.shared.stored_entries() };
        let mut source =
            self.shared.with_segment(next, |segment| chunk_of(segment, next)).flatten().ok_or_else(beyond)?;
        let file: Arc<File> = self.shared.file(source.segment)?;
        if Arc::get_mut(&mut self.chunk).is_none() {
            self.chunk = Arc::default();
        }
        if let Some(chunk) = Arc::get_mut(&mut self.chunk) {
            if chunk.len() < source.bytes {
                chunk.resize(source.bytes, 0);
            }
            let target = chunk.get_mut(..source.bytes).unwrap_or_default();
            if let Err(error) = file.read_exact_at(target, source.offset) {
                let path = segment::path(&self.shared.dir, source.segment);
                // Without this the caller would meet the same error for ever.
                self.next = source.end_index;
                return Err(LedgerError::io("read", path)(error));
            }
        }
        source.used = 0;
        self.source = Some(source);
        Ok(())
    }

    /// The next frame of the chunk with entries that were asked for; `None`: read on.
    fn next_in_chunk(&mut self) -> Result<Option<Frame>, LedgerError> {
        let Some(source) = &mut self.source else {
            return Ok(None);
        };
        while source.used < source.bytes && self.next < self.end {
            let start = source.used;
            let offset = source.offset + start as u64;
            let rest = self.chunk.get(start..source.bytes).unwrap_or_default();
            let corrupt =
                |what: &str| LedgerError::Corrupt { segment: source.segment, offset, what: what.to_owned() };
            let header = match Header::decode(rest, &source.salt) {
                Ok(header) if header.first_index <= self.next || start > 0 => header,
                other => {
                    let error = corrupt(other.err().unwrap_or("the frame is out of order"));
                    self.next = source.end_index;
                    source.used = source.bytes;
                    return Err(error);
                }
            };
            let frame_bytes = usize::try_from(header.frame_bytes()).unwrap_or(usize::MAX);
            let end_index = header.end_index();
            source.used = start.saturating_add(frame_bytes);
            if end_index <= self.next {
                continue;
            }
            let from = narrow(self.next.saturating_sub(header.first_index));
            let until = narrow(end_index.min(self.end) - header.first_index);
            let in_order = header.first_index <= self.next;
            self.next = end_index;
            if !in_order {
                return Err(corrupt("the frame is out of order"));
            }
            let bytes = rest.get(..frame_bytes).ok_or_else(|| corrupt("the file ends within a frame"))?;
            frame::check(bytes, &header, &source.salt).map_err(corrupt)?;
            return Ok(Some(Frame {
                chunk: Arc::clone(&self.chunk),
                start,
                header,
                sections: header.sections(),
                visible: from..until,
                segment: source.segment,
                offset,
            }));
        }
        self.source = None;
        Ok(None)
    }
}

impl Iterator for Scan {
    type Item = Result<Frame, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_in_chunk() {
                Ok(Some(frame)) => return Some(Ok(frame)),
                Ok(None) if self.next >= self.end => return None,
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
            let before = self.next;
            if let Err(error) = self.read_chunk() {
                if self.next == before {
                    self.next = self.end;
                }
                return Some(Err(error));
            }
        }
    }
}

/// The chunk that holds entry `index`: whole frames, so that none is read twice.
fn chunk_of(segment: &SegmentInfo, index: u64) -> Option<ChunkSource> {
    let position = spots::position(&segment.spots, narrow(index - segment.first_index))?;
    let offset = segment.spots.get(position)?.offset;
    let limit = u64::from(offset) + CHUNK_BYTES;
    let stop = if segment.bytes <= limit {
        None
    } else {
        let within = segment.spots.partition_point(|spot| u64::from(spot.offset) <= limit);
        segment.spots.get((within - 1).max(position + 1))
    };
    let (end, end_index) = match stop {
        Some(spot) => (u64::from(spot.offset), segment.first_index + u64::from(spot.entry)),
        None => (segment.bytes, segment.end_index),
    };
    Some(ChunkSource {
        segment: segment.number,
        salt: segment.salt,
        offset: u64::from(offset),
        bytes: usize::try_from(end - u64::from(offset)).ok()?,
        used: 0,
        end_index,
    })
}

/// A frame found by the index of one of its entries.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) file: Arc<File>,
    pub(crate) segment: u32,
    pub(crate) offset: u64,
    pub(crate) header: Header,
    salt: Salt,
}

/// Headers are walked in reads of this size.
const HEADER_WINDOW_BYTES: u64 = 16 << 10;

impl Place {
    /// The frame that holds entry `index`, its checksum not looked at.
    pub(crate) fn find(shared: &Shared, index: u64) -> Result<Self, LedgerError> {
        let source =
            shared.with_segment(index, |segment| chunk_of(segment, index)).flatten().ok_or_else(|| {
                LedgerError::OutOfRange { asked: format!("entry {index}"), size: shared.stored_entries() }
            })?;
        let file = shared.file(source.segment)?;
        let end = source.offset + source.bytes as u64;
        let mut offset = source.offset;
        let (mut window, mut window_at) = (Vec::new(), offset);
        loop {
            let corrupt =
                |what: &str| LedgerError::Corrupt { segment: source.segment, offset, what: what.to_owned() };
            let skip = usize::try_from(offset - window_at).unwrap_or(usize::MAX);
            let head = match window.get(skip..skip.saturating_add(frame::HEADER_BYTES)) {
                Some(head) => head,
                None => {
                    let bytes = end.saturating_sub(offset).min(HEADER_WINDOW_BYTES);
                    window.resize(usize::try_from(bytes).unwrap_or(0), 0);
                    window_at = offset;
                    file.read_exact_at(&mut window, offset)
                        .map_err(LedgerError::io("read", segment::path(&shared.dir, source.segment)))?;
                    window.as_slice()
                }
            };
            let header = Header::decode(head, &source.salt).map_err(corrupt)?;
            if header.first_index > index {
                return Err(corrupt("the frame is out of order"));
            }
            if index < header.end_index() {
                return Ok(Self { file, segment: source.segment, offset, header, salt: source.salt });
            }
            offset += header.frame_bytes();
        }
    }

    /// The frame that holds entry `index`, checked once in the life of this process.
    pub(crate) fn checked(shared: &Shared, index: u64) -> Result<Self, LedgerError> {
        let place = Self::find(shared, index)?;
        let offset = narrow(place.offset);
        if !shared.is_checked(place.segment, offset) {
            let frame_bytes = usize::try_from(place.header.frame_bytes()).unwrap_or(usize::MAX);
            let frame = place.read(shared, 0..frame_bytes)?;
            frame::check(&frame, &place.header, &place.salt).map_err(|what| LedgerError::Corrupt {
                segment: place.segment,
                offset: place.offset,
                what: what.to_owned(),
            })?;
            shared.set_checked(place.segment, offset);
        }
        Ok(place)
    }

    /// Bytes of the frame.
    pub(crate) fn read(&self, shared: &Shared, range: Range<usize>) -> Result<Vec<u8>, LedgerError> {
        let mut bytes = vec![0; range.len()];
        self.file.read_exact_at(&mut bytes, self.offset + range.start as u64).map_err(|error| {
            let path = segment::path(&shared.dir, self.segment);
            LedgerError::io("read", path)(error)
        })?;
        Ok(bytes)
    }

    /// Ends of entries `entries` (counted from the frame's first) in a section of ends, preceded
    /// by where the first of them begins.
    pub(crate) fn bounds(
        &self,
        shared: &Shared,
        ends: &Range<usize>,
        entries: &Range<usize>,
    ) -> Result<Vec<usize>, LedgerError> {
        let from = entries.start.saturating_sub(1);
        let bytes = self.read(shared, ends.start + 4 * from..ends.start + 4 * entries.end)?;
        let mut bounds = Vec::with_capacity(entries.len() + 1);
        if entries.start == 0 {
            bounds.push(0);
        }
        bounds.extend(
            (0..bytes.len() / 4)
                .filter_map(|i| array(&bytes, 4 * i))
                .map(|end| u32::from_le_bytes(end) as usize),
        );
        Ok(bounds)
    }
}
