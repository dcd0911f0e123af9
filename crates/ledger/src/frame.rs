//! Frame format v1: one group of entries, written in one piece and durable in one piece.
//!
//! ```text
//! offset  bytes
//!      0      4  magic "JWFR"
//!      4      2  version, 1
//!      6      2  flags: bit 0, the frame carries SM3 leaf hashes
//!      8      8  index of the first entry
//!     16      4  n, the number of entries (never 0)
//!     20      4  l, bytes of all leaves
//!     24      4  p, bytes of all payloads
//!     28      4  CRC-32 of the segment's salt and the 28 bytes above
//!     32     4n  end of each leaf within the leaves
//!            4n  end of each payload within the payloads
//!             l  leaves
//!           32n  SHA-256 leaf hashes
//!          (32n) SM3 leaf hashes
//!             p  payloads
//!             4  CRC-32 of the segment's salt and everything above
//! ```
//! All integers are little-endian. The salt is a secret of the segment: without it nobody can
//! put bytes into a leaf that recovery would take for a frame.

use std::ops::Range;

use crc32fast::Hasher;
use tlog::Hash;

use crate::{
    batch::{BatchError, EntryBatch, SecondTree, divided_by},
    bytes::{array, u16_at, u32_at, u64_at},
};

/// First four bytes of every frame.
pub(crate) const MAGIC: [u8; 4] = *b"JWFR";
/// Bytes of a frame header.
pub(crate) const HEADER_BYTES: usize = 32;
/// Bytes of the largest frame: offsets within a segment stay below 4 GiB.
pub(crate) const FRAME_BYTES_MAX: u64 = 1 << 30;
const VERSION: u16 = 1;
const FLAG_SM3: u16 = 1;
const CRC_BYTES: usize = 4;

/// Random bytes of a segment that every checksum in it begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Salt(pub(crate) [u8; 16]);

impl Salt {
    pub(crate) fn crc(&self, bytes: &[u8]) -> u32 {
        let mut hasher = Hasher::new();
        hasher.update(&self.0);
        hasher.update(bytes);
        hasher.finalize()
    }
}

/// The first 32 bytes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) first_index: u64,
    pub(crate) count: u32,
    pub(crate) leaves_bytes: u32,
    pub(crate) payloads_bytes: u32,
    pub(crate) has_sm3: bool,
}

impl Header {
    pub(crate) fn encode(&self, salt: &Salt) -> [u8; HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(if self.has_sm3 { FLAG_SM3 } else { 0 }.to_le_bytes());
        bytes.extend(self.first_index.to_le_bytes());
        bytes.extend(self.count.to_le_bytes());
        bytes.extend(self.leaves_bytes.to_le_bytes());
        bytes.extend(self.payloads_bytes.to_le_bytes());
        bytes.extend(salt.crc(&bytes).to_le_bytes());
        bytes.first_chunk().copied().unwrap_or([0; HEADER_BYTES])
    }

    /// Reads a header; the error is a sentence about what does not fit.
    pub(crate) fn decode(bytes: &[u8], salt: &Salt) -> Result<Self, &'static str> {
        let short = "the file ends within a frame header";
        let head = bytes.get(..HEADER_BYTES).ok_or(short)?;
        if array(head, 0) != Some(MAGIC) {
            return Err("no frame begins here");
        }
        let covered = head.get(..28).ok_or(short)?;
        if u32_at(head, 28) != Some(salt.crc(covered)) {
            return Err("the frame header does not fit its checksum");
        }
        if u16_at(head, 4) != Some(VERSION) {
            return Err("the frame has a version that this program does not know");
        }
        let flags = u16_at(head, 6).ok_or(short)?;
        if flags & !FLAG_SM3 != 0 {
            return Err("the frame has flags that this program does not know");
        }
        let header = Self {
            first_index: u64_at(head, 8).ok_or(short)?,
            count: u32_at(head, 16).ok_or(short)?,
            leaves_bytes: u32_at(head, 20).ok_or(short)?,
            payloads_bytes: u32_at(head, 24).ok_or(short)?,
            has_sm3: flags == FLAG_SM3,
        };
        if header.count == 0
            || header.frame_bytes() > FRAME_BYTES_MAX
            || header.first_index.checked_add(u64::from(header.count)).is_none()
        {
            return Err("the frame header has impossible lengths");
        }
        Ok(header)
    }

    /// Length of the whole frame.
    pub(crate) fn frame_bytes(&self) -> u64 {
        let hashes = if self.has_sm3 { 2 } else { 1 };
        HEADER_BYTES as u64
            + u64::from(self.count) * (8 + 32 * hashes)
            + u64::from(self.leaves_bytes)
            + u64::from(self.payloads_bytes)
            + CRC_BYTES as u64
    }

    /// Index after the last entry.
    pub(crate) fn end_index(&self) -> u64 {
        self.first_index + u64::from(self.count)
    }

    pub(crate) fn sections(&self) -> Sections {
        let count = self.count as usize;
        let mut at = HEADER_BYTES;
        let mut take = |bytes: usize| {
            let section = at..at + bytes;
            at += bytes;
            section
        };
        Sections {
            leaf_ends: take(4 * count),
            payload_ends: take(4 * count),
            leaves: take(self.leaves_bytes as usize),
            leaf_hashes: take(Hash::LEN * count),
            sm3_hashes: take(if self.has_sm3 { Hash::LEN * count } else { 0 }),
            payloads: take(self.payloads_bytes as usize),
        }
    }
}

/// Where the sections lie within the bytes of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sections {
    pub(crate) leaf_ends: Range<usize>,
    pub(crate) payload_ends: Range<usize>,
    pub(crate) leaves: Range<usize>,
    pub(crate) leaf_hashes: Range<usize>,
    pub(crate) sm3_hashes: Range<usize>,
    pub(crate) payloads: Range<usize>,
}

/// Header of the frame that holds `group`; checks the batches.
///
/// # Errors
/// The number of the batch that is wrong, and how.
pub(crate) fn header_of(
    first_index: u64,
    group: &[EntryBatch],
    second: Option<SecondTree>,
) -> Result<Header, (usize, BatchError)> {
    let (mut count, mut leaves, mut payloads) = (0_u64, 0_u64, 0_u64);
    for (i, batch) in group.iter().enumerate() {
        batch.check(second).map_err(|error| (i, error))?;
        count += batch.len() as u64;
        leaves += batch.leaves.len() as u64;
        payloads += batch.payloads.len() as u64;
        // Also keeps each length within 32 bits.
        let bytes = count * 72 + leaves + payloads + (HEADER_BYTES + CRC_BYTES) as u64;
        if bytes > FRAME_BYTES_MAX {
            return Err((i, BatchError::GroupTooLarge(bytes)));
        }
    }
    let narrow = |n: u64| u32::try_from(n).map_err(|_| (0, BatchError::GroupTooLarge(n)));
    Ok(Header {
        first_index,
        count: narrow(count)?,
        leaves_bytes: narrow(leaves)?,
        payloads_bytes: narrow(payloads)?,
        has_sm3: second.is_some(),
    })
}

/// Puts the frame of `group` into `out`, replacing what is there.
pub(crate) fn encode(header: &Header, group: &[EntryBatch], salt: &Salt, out: &mut Vec<u8>) {
    out.clear();
    out.reserve(usize::try_from(header.frame_bytes()).unwrap_or(0));
    out.extend_from_slice(&header.encode(salt));
    push_ends(group.iter().map(|batch| batch.leaf_ends.as_slice()), out);
    push_ends(group.iter().map(|batch| batch.payload_ends.as_slice()), out);
    for batch in group {
        out.extend_from_slice(&batch.leaves);
    }
    for batch in group {
        push_hashes(&batch.leaf_hashes, out);
    }
    if header.has_sm3 {
        for batch in group {
            push_hashes(&batch.sm3_hashes, out);
        }
    }
    for batch in group {
        out.extend_from_slice(&batch.payloads);
    }
    let crc = salt.crc(out);
    out.extend_from_slice(&crc.to_le_bytes());
}

/// Ends count from the start of the batch; in the frame they count from the start of the section.
fn push_ends<'a>(batches: impl Iterator<Item = &'a [u32]>, out: &mut Vec<u8>) {
    let mut base = 0;
    for ends in batches {
        out.extend(ends.iter().flat_map(|end| (base + end).to_le_bytes()));
        base += ends.last().copied().unwrap_or(0);
    }
}

fn push_hashes(hashes: &[Hash], out: &mut Vec<u8>) {
    for hash in hashes {
        out.extend_from_slice(&hash.0);
    }
}

/// Checks the checksum and the ends of a whole frame; the error is a sentence.
pub(crate) fn check(frame: &[u8], header: &Header, salt: &Salt) -> Result<(), &'static str> {
    let short = "the file ends within a frame";
    let (covered, crc) = frame.split_last_chunk().ok_or(short)?;
    if u32::from_le_bytes(*crc) != salt.crc(covered) {
        return Err("the frame does not fit its checksum");
    }
    let sections = header.sections();
    let fits = |ends: Range<usize>, bytes: u32| {
        let ends: Vec<u32> = frame
            .get(ends)
            .unwrap_or_default()
            .as_chunks()
            .0
            .iter()
            .map(|end| u32::from_le_bytes(*end))
            .collect();
        divided_by(bytes as usize, &ends).is_some()
    };
    match fits(sections.leaf_ends, header.leaves_bytes) && fits(sections.payload_ends, header.payloads_bytes)
    {
        true => Ok(()),
        false => Err("the ends in the frame do not divide its bytes"),
    }
}

/// The hashes in a section.
pub(crate) fn hashes(section: &[u8]) -> impl ExactSizeIterator<Item = Hash> + '_ {
    section.as_chunks().0.iter().map(|bytes| Hash(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(second: Option<SecondTree>) -> Vec<EntryBatch> {
        let mut batches = vec![EntryBatch::default(); 3];
        batches[0].push(b"first leaf", b"first payload").unwrap();
        batches[0].push(b"second", b"").unwrap();
        batches[2].push(b"third leaf", b"3").unwrap();
        for batch in &mut batches {
            batch.hash(second).unwrap();
        }
        batches
    }

    #[test]
    fn a_frame_is_as_long_as_its_header_says_and_every_flip_shows() {
        for second in [None, Some(SecondTree::Sm3)] {
            let salt = Salt([7; 16]);
            let group = group(second);
            let header = header_of(41, &group, second).unwrap();
            let mut frame = Vec::new();
            encode(&header, &group, &salt, &mut frame);
            assert_eq!(frame.len() as u64, header.frame_bytes());
            assert_eq!(Header::decode(&frame, &salt), Ok(header));
            assert_eq!(check(&frame, &header, &salt), Ok(()));
            assert_eq!(header.end_index(), 44);

            for at in 0..frame.len() {
                let mut flipped = frame.clone();
                flipped[at] ^= 0x10;
                let header_read = Header::decode(&flipped, &salt);
                assert_eq!(header_read.is_err(), at < HEADER_BYTES, "byte {at}");
                assert!(check(&flipped, &header, &salt).is_err(), "byte {at}");
            }
            assert!(Header::decode(&frame, &Salt([8; 16])).is_err());
        }
    }

    #[test]
    fn a_frame_costs_eight_bytes_an_entry() {
        let mut batch = EntryBatch::default();
        for _ in 0..1000 {
            batch.push(&[1; 200], &[2; 56]).unwrap();
        }
        batch.hash(None).unwrap();
        let header = header_of(0, &[batch], None).unwrap();
        assert_eq!(header.frame_bytes(), 1000 * (256 + 32 + 8) + 36);
    }

    #[test]
    fn a_group_beyond_one_frame_is_refused() {
        let batch = EntryBatch {
            payloads: vec![0; 1 << 29],
            leaf_ends: vec![0],
            payload_ends: vec![1 << 29],
            leaf_hashes: vec![Hash::default()],
            ..EntryBatch::default()
        };
        let group = [batch.clone(), batch];
        assert!(matches!(header_of(0, &group, None), Err((1, BatchError::GroupTooLarge(_)))));
    }
}
