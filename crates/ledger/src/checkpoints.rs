//! The checkpoints that a ledger keeps: the latest in the file `checkpoint`, the first of each
//! civil day in the file `checkpoints`, the last one that came back from witnesses in the file
//! `checkpoint.cosigned`.
//!
//! `checkpoints` only grows. Each record is a line and the signed note, as it is published:
//! ```text
//! first-of-day 2026-11-03 1793664000 312 1a2b3c4d
//! ```
//! the civil day (Asia/Shanghai), when it was taken in seconds since 1970, the bytes of the
//! note, and a CRC-32 in hex of the line up to there and the note.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, FixedOffset, NaiveDate};
use tlog::{Hash, SignedCheckpoint, TrustedLog};

use crate::{
    LedgerError, Reader,
    batch::SecondTree,
    disk::{self, DurableFile},
    faults::{Faults, Point},
    identity::Identity,
};

const RECORD: &str = "first-of-day ";
/// Name of the extension line that carries the root of the SM3 tree.
const SM3_EXTENSION: &str = "sm3 ";

/// The first checkpoint of a civil day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyCheckpoint {
    /// Civil day in Asia/Shanghai.
    pub day: NaiveDate,
    /// When it was taken, seconds since 1970.
    pub taken_at_unix_s: i64,
    /// The signed note as it was published.
    pub note: Arc<[u8]>,
}

impl DailyCheckpoint {
    /// What the note states, verified with the ledger's key.
    ///
    /// # Errors
    /// [`LedgerError::Checkpoint`] when the stored note is not a checkpoint of this ledger.
    pub fn head(&self, ledger: &Reader) -> Result<Head, LedgerError> {
        let log = TrustedLog::of_key(ledger.verifier_key().clone());
        head_of(&self.note, &log, ledger.second_tree()).map_err(LedgerError::Checkpoint)
    }
}

/// What a checkpoint states, read and verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Entries covered.
    pub size: u64,
    /// Root of the SHA-256 tree over them.
    pub root: Hash,
    /// Root of the SM3 tree, when the ledger has one.
    pub sm3_root: Option<Hash>,
}

/// The civil day in Asia/Shanghai (UTC+8, no summer time); `None` outside chrono's range.
pub(crate) fn civil_day(unix_s: i64) -> Option<NaiveDate> {
    let zone = FixedOffset::east_opt(8 * 3600)?;
    let time = DateTime::from_timestamp(unix_s, 0)?;
    Some(time.with_timezone(&zone).date_naive())
}

/// The extension line with the root of the SM3 tree.
pub(crate) fn sm3_extension(root: &Hash) -> String {
    format!("{SM3_EXTENSION}{}", root.to_base64())
}

/// Verifies a signed note as a checkpoint of `log`; the error is a sentence.
pub(crate) fn head_of(note: &[u8], log: &TrustedLog, second: Option<SecondTree>) -> Result<Head, String> {
    let signed = SignedCheckpoint::parse(note).map_err(|error| error.to_string())?;
    log.verify(&signed).map_err(|error| error.to_string())?;
    let checkpoint = signed.checkpoint();
    let sm3_root = checkpoint
        .extensions()
        .iter()
        .find_map(|line| line.strip_prefix(SM3_EXTENSION))
        .map(Hash::from_base64)
        .transpose()
        .map_err(|error| format!("the root of the SM3 tree: {error}"))?;
    if second == Some(SecondTree::Sm3) && sm3_root.is_none() {
        return Err("the checkpoint has no root of the SM3 tree".to_owned());
    }
    Ok(Head { size: checkpoint.size(), root: *checkpoint.root(), sm3_root })
}

/// The stored checkpoints, read.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) latest: Arc<[u8]>,
    pub(crate) latest_head: Head,
    /// The last one that witnesses signed, too.
    pub(crate) cosigned: Option<(Head, Arc<[u8]>)>,
    pub(crate) daily: Vec<DailyCheckpoint>,
    /// Bytes of `checkpoints` up to the end of the last whole record.
    pub(crate) daily_bytes: u64,
    /// Bytes behind them that an interrupted write left.
    pub(crate) torn_bytes: u64,
}

impl Stored {
    /// Reads both files and verifies the latest checkpoint and the last of a day.
    pub(crate) fn read(dir: &Path, identity: &Identity) -> Result<Self, LedgerError> {
        let log = identity.trusted_log();
        // In this order, because a writer that runs meanwhile writes `checkpoint` first.
        let path = dir.join("checkpoints");
        let bytes = fs::read(&path).map_err(LedgerError::io("read", &path))?;
        let (daily, daily_bytes) =
            parse_daily(&bytes).map_err(|what| LedgerError::BadFile { path: path.clone(), what })?;
        let latest_path = dir.join("checkpoint");
        let latest = fs::read(&latest_path).map_err(LedgerError::io("read", &latest_path))?;
        let latest_head = head_of(&latest, &log, identity.second_tree)
            .map_err(|what| LedgerError::BadFile { path: latest_path, what })?;
        if let Some(last) = daily.last() {
            let head = head_of(&last.note, &log, identity.second_tree)
                .map_err(|what| LedgerError::BadFile { path: path.clone(), what })?;
            // `checkpoint` is written first: it can never be behind.
            if head.size > latest_head.size {
                return Err(LedgerError::BadFile {
                    path: dir.join("checkpoint"),
                    what: format!(
                        "the latest checkpoint covers {} entries, that of {} already {}",
                        latest_head.size, last.day, head.size
                    ),
                });
            }
        }
        let path = cosigned_path(dir);
        let cosigned = match fs::read(&path) {
            Ok(note) => {
                let head = head_of(&note, &log, identity.second_tree)
                    .map_err(|what| LedgerError::BadFile { path, what })?;
                Some((head, note.into()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(LedgerError::io("read", path)(error)),
        };
        Ok(Self {
            latest: latest.into(),
            latest_head,
            cosigned,
            daily,
            daily_bytes: daily_bytes as u64,
            torn_bytes: (bytes.len() - daily_bytes) as u64,
        })
    }
}

/// Makes a new ledger's checkpoint files.
pub(crate) fn create(dir: &Path, note: &[u8], faults: &Faults) -> Result<(), LedgerError> {
    write_latest(dir, note, faults).map_err(LedgerError::io("write", dir.join("checkpoint")))?;
    let path = dir.join("checkpoints");
    let points = (Point::FileWrite, Point::FileSync);
    disk::replace(&path, &[], false, points, faults).map_err(LedgerError::io("write", &path))
}

/// Puts the latest checkpoint in place.
pub(crate) fn write_latest(dir: &Path, note: &[u8], faults: &Faults) -> io::Result<()> {
    let points = (Point::CheckpointWrite, Point::CheckpointSync);
    disk::replace(&dir.join("checkpoint"), note, false, points, faults)
}

/// Puts the checkpoint with the signatures of witnesses in place.
pub(crate) fn write_cosigned(dir: &Path, note: &[u8], faults: &Faults) -> io::Result<()> {
    let points = (Point::CheckpointWrite, Point::CheckpointSync);
    disk::replace(&cosigned_path(dir), note, false, points, faults)
}

pub(crate) fn cosigned_path(dir: &Path) -> PathBuf {
    dir.join("checkpoint.cosigned")
}

/// Writes the first checkpoint of a day at byte `at`, not yet durable; returns where the file then
/// ends.
pub(crate) fn write_daily(file: &DurableFile, at: u64, checkpoint: &DailyCheckpoint) -> io::Result<u64> {
    let record = encode_daily(checkpoint);
    file.write_at(Point::CheckpointWrite, &record, at)?;
    Ok(at + record.len() as u64)
}

fn encode_daily(checkpoint: &DailyCheckpoint) -> Vec<u8> {
    let line = format!("{RECORD}{} {} {}", checkpoint.day, checkpoint.taken_at_unix_s, checkpoint.note.len());
    let crc = record_crc(&line, &checkpoint.note);
    let mut record = format!("{line} {crc:08x}\n").into_bytes();
    record.extend_from_slice(&checkpoint.note);
    record
}

fn record_crc(line: &str, note: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(line.as_bytes());
    hasher.update(note);
    hasher.finalize()
}

/// The whole records and where they end. What follows is the remains of an interrupted write;
/// damage before a later record is an error.
pub(crate) fn parse_daily(bytes: &[u8]) -> Result<(Vec<DailyCheckpoint>, usize), String> {
    let mut daily: Vec<DailyCheckpoint> = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let Some((checkpoint, len)) = parse_record(rest) else {
            let later = rest.windows(RECORD.len()).skip(1).any(|window| window == RECORD.as_bytes());
            if later {
                return Err(format!("the record at byte {at} is damaged"));
            }
            break;
        };
        if daily.last().is_some_and(|last| last.day >= checkpoint.day) {
            return Err(format!("the record at byte {at} is out of order"));
        }
        daily.push(checkpoint);
        at += len;
    }
    Ok((daily, at))
}

fn parse_record(rest: &[u8]) -> Option<(DailyCheckpoint, usize)> {
    let line_len = rest.iter().position(|byte| *byte == b'\n')?;
    let line = str::from_utf8(rest.get(..line_len)?).ok()?;
    let (covered, crc) = line.rsplit_once(' ')?;
    let mut fields = covered.strip_prefix(RECORD)?.split(' ');
    let day = fields.next()?.parse().ok()?;
    let taken_at_unix_s = fields.next()?.parse().ok()?;
    let note_len: usize = fields.next()?.parse().ok()?;
    let end = (line_len + 1).checked_add(note_len)?;
    let note = rest.get(line_len + 1..end)?;
    if fields.next().is_some() || crc != format!("{:08x}", record_crc(covered, note)) {
        return None;
    }
    let checkpoint = DailyCheckpoint { day, taken_at_unix_s, note: note.into() };
    Some((checkpoint, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_civil_day_is_shanghais() {
        let table = [
            (0, "1970-01-01"),
            (1_793_663_999 - 8 * 3600, "2026-11-02"),
            (1_793_664_000 - 8 * 3600, "2026-11-03"),
            (-8 * 3600 - 1, "1969-12-31"),
        ];
        for (unix_s, day) in table {
            assert_eq!(civil_day(unix_s).unwrap().to_string(), day, "{unix_s}");
        }
        assert_eq!(civil_day(i64::MAX), None);
    }

    #[test]
    fn records_read_back_torn_ones_are_left_out_damaged_ones_refused() {
        let record = |unix_s: i64, note: &str| DailyCheckpoint {
            day: civil_day(unix_s).unwrap(),
            taken_at_unix_s: unix_s,
            note: note.as_bytes().into(),
        };
        let records = [record(0, "note\n\n— a b\n"), record(200_000, "note 2\n")];
        let encoded = records.each_ref().map(encode_daily);
        let file = encoded.concat();
        assert_eq!(parse_daily(&file).unwrap(), (records.to_vec(), file.len()));
        let first = encoded[0].len();
        for cut in 0..file.len() {
            let (daily, end) = parse_daily(&file[..cut]).unwrap();
            let whole = usize::from(cut >= first);
            assert_eq!((daily.len(), end), (whole, whole * first), "cut at {cut}");
        }
        for at in 0..file.len() {
            let mut flipped = file.clone();
            flipped[at] ^= 1;
            match parse_daily(&flipped) {
                Err(_) => assert!(at < first, "byte {at}"),
                Ok((daily, end)) => {
                    assert!(at >= first, "byte {at}");
                    assert_eq!((daily.len(), end), (1, first), "byte {at}");
                }
            }
        }
        let swapped = [encoded[1].clone(), encoded[0].clone()].concat();
        assert!(parse_daily(&swapped).is_err());
    }
}
