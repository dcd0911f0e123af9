//! Segment files: a header and then frames, `segments/00000000.seg` and so on.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    LedgerError,
    bytes::{array, u16_at, u32_at, u64_at},
    frame::{self, Header, MAGIC, Salt},
};

/// Bytes of a segment header.
pub(crate) const SEGMENT_HEADER_BYTES: usize = 64;
/// The same as an offset: where the first frame begins.
pub(crate) const FRAMES_START: u64 = SEGMENT_HEADER_BYTES as u64;

const SEGMENT_MAGIC: [u8; 8] = *b"JWLEDGER";
const VERSION: u16 = 1;
const WINDOW_BYTES: usize = 8 << 20;

/// Path of segment `number`.
pub(crate) fn path(dir: &Path, number: u32) -> PathBuf {
    dir.join("segments").join(format!("{number:08}.seg"))
}

/// The segments present, which must be numbered 0, 1, 2 … without a gap.
pub(crate) fn list(dir: &Path) -> Result<Vec<u32>, LedgerError> {
    let segments = dir.join("segments");
    let mut numbers = Vec::new();
    for entry in fs::read_dir(&segments).map_err(LedgerError::io("read", &segments))? {
        let entry = entry.map_err(LedgerError::io("read", &segments))?;
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_suffix(".seg"))
            .filter(|digits| digits.len() == 8)
            .and_then(|digits| digits.parse().ok());
        if let Some(number) = number {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The first 64 bytes of a segment.
///
/// ```text
/// offset  bytes
///      0      8  magic "JWLEDGER"
///      8      2  version, 1
///     10      2  zero
///     12      4  number of the segment
///     16      8  index of its first entry
///     24     16  salt of its checksums, random
///     40     16  id of the ledger: the start of SHA-256 of its verifier key
///     56      4  zero
///     60      4  CRC-32 of the 60 bytes above
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) number: u32,
    pub(crate) first_index: u64,
    pub(crate) salt: Salt,
    pub(crate) ledger_id: [u8; 16],
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SEGMENT_HEADER_BYTES);
        bytes.extend(SEGMENT_MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(self.first_index.to_le_bytes());
        bytes.extend(self.salt.0);
        bytes.extend(self.ledger_id);
        bytes.extend([0; 4]);
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    /// Reads a header; the error is a sentence about what does not fit.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        let short = "the file ends within the segment header";
        let covered = bytes.get(..60).ok_or(short)?;
        if array(bytes, 0) != Some(SEGMENT_MAGIC) {
            return Err("the file does not begin as a segment does");
        }
        if u32_at(bytes, 60).ok_or(short)? != crc32fast::hash(covered) {
            return Err("the segment header does not fit its checksum");
        }
        if u16_at(bytes, 8) != Some(VERSION) {
            return Err("the segment has a version that this program does not know");
        }
        Ok(Self {
            number: u32_at(bytes, 12).ok_or(short)?,
            first_index: u64_at(bytes, 16).ok_or(short)?,
            salt: Salt(array(bytes, 24).ok_or(short)?),
            ledger_id: array(bytes, 40).ok_or(short)?,
        })
    }

    /// Checks that this is the header of segment `number` of the ledger `ledger_id`.
    pub(crate) fn check_place(&self, number: u32, ledger_id: &[u8; 16]) -> Result<(), String> {
        if self.number != number {
            return Err(format!("this is segment {:08} under another name", self.number));
        }
        if &self.ledger_id != ledger_id {
            return Err("the segment belongs to another ledger".to_owned());
        }
        Ok(())
    }
}

/// Reads the header of an open segment; inside, what does not fit.
pub(crate) fn read_header(file: &File) -> io::Result<Result<SegmentHeader, &'static str>> {
    let mut bytes = Vec::with_capacity(SEGMENT_HEADER_BYTES);
    io::Read::read_to_end(&mut io::Read::take(OffsetReader { file, at: 0 }, FRAMES_START), &mut bytes)?;
    Ok(SegmentHeader::decode(&bytes))
}

/// Reads from an offset without moving the file's own position, which other threads share.
struct OffsetReader<'f> {
    file: &'f File,
    at: u64,
}

impl io::Read for OffsetReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buf, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// Goes through the frames of one segment from `at` to `len`, checking each, and finds its way
/// past damage.
#[derive(Debug)]
pub(crate) struct Walk {
    file: Arc<File>,
    salt: Salt,
    at: u64,
    len: u64,
    window: Vec<u8>,
    window_at: u64,
}

/// What lies at the next place.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// A whole frame whose checksum fits.
    Frame { at: u64, header: Header, bytes: &'a [u8] },
    /// Bytes that are no frame.
    Damage(Damage),
    /// The segment ends behind a whole frame.
    End,
}

/// Bytes that are no frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) at: u64,
    pub(crate) what: &'static str,
    /// The header, when it alone is whole.
    pub(crate) header: Option<Header>,
    /// Where the next frame header is. `None`: the damage reaches to the end of the file, as
    /// the remains of an interrupted write do.
    pub(crate) resume: Option<u64>,
}

impl Walk {
    pub(crate) fn new(file: Arc<File>, salt: Salt, at: u64, len: u64) -> Self {
        Self { file, salt, at, len, window: Vec::new(), window_at: 0 }
    }

    pub(crate) fn step(&mut self) -> io::Result<Step<'_>> {
        let at = self.at;
        let left = self.len.saturating_sub(at);
        if left == 0 {
            return Ok(Step::End);
        }
        let salt = self.salt;
        let head = self.bytes(at, frame::HEADER_BYTES)?;
        let header = match Header::decode(head, &salt) {
            Ok(header) => header,
            Err(what) => {
                let resume = self.find_header(at + 1)?;
                self.at = resume.unwrap_or(self.len);
                return Ok(Step::Damage(Damage { at, what, header: None, resume }));
            }
        };
        let frame_bytes = header.frame_bytes();
        let damage = |what, resume| Ok(Step::Damage(Damage { at, what, header: Some(header), resume }));
        if frame_bytes > left {
            self.at = self.len;
            return damage("the file ends within a frame", None);
        }
        self.at = at + frame_bytes;
        let next = (self.at < self.len).then_some(self.at);
        // At most 1 GiB, see `Header::decode`.
        let len = usize::try_from(frame_bytes).unwrap_or(usize::MAX);
        let bytes = self.bytes(at, len)?;
        match frame::check(bytes, &header, &salt) {
            Ok(()) => Ok(Step::Frame { at, header, bytes }),
            Err(what) => damage(what, next),
        }
    }

    /// The first place from `from` on that looks like a frame header.
    fn find_header(&mut self, from: u64) -> io::Result<Option<u64>> {
        let salt = self.salt;
        let mut from = from;
        while from < self.len {
            let bytes = self.bytes(from, WINDOW_BYTES)?;
            let found = bytes
                .windows(frame::HEADER_BYTES)
                .position(|head| head.starts_with(&MAGIC) && Header::decode(head, &salt).is_ok());
            if let Some(found) = found {
                return Ok(Some(from + found as u64));
            }
            let passed = (bytes.len() + 1).saturating_sub(frame::HEADER_BYTES);
            if passed == 0 {
                return Ok(None);
            }
            from += passed as u64;
        }
        Ok(None)
    }

    /// The `need` bytes at `at`, fewer where the segment ends.
    fn bytes(&mut self, at: u64, need: usize) -> io::Result<&[u8]> {
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX);
        let need = need.min(left);
        let skip = at
            .checked_sub(self.window_at)
            .and_then(|skip| usize::try_from(skip).ok())
            .filter(|skip| *skip <= self.window.len());
        let have = match skip {
            Some(skip) => self.window.len() - skip,
            None => 0,
        };
        if have < need || skip.is_none() {
            match skip {
                Some(skip) => {
                    self.window.drain(..skip);
                }
                None => self.window.clear(),
            }
            self.window_at = at;
            let have = self.window.len();
            let want = need.max(WINDOW_BYTES).min(left);
            self.window.resize(want, 0);
            let fresh = self.window.get_mut(have..).unwrap_or_default();
            self.file.read_exact_at(fresh, at + have as u64)?;
            return Ok(self.window.get(..need).unwrap_or_default());
        }
        let skip = skip.unwrap_or(0);
        Ok(self.window.get(skip..skip + need).unwrap_or_default())
    }
}
