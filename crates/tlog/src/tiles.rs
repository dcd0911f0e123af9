//! Tiles and entry bundles (C2SP tlog-tiles): how a tree is served as static resources.
//!
//! Tile `n` at level `l` holds the roots of the complete subtrees of height `8 l` numbered
//! `256 n ..  256 n + 256`; [`crate::Tree::tile`] computes them. An entry bundle holds the entries
//! whose leaf hashes are in the level-0 tile of the same number.

use std::{fmt, str::FromStr};

use crate::{Hash, decimal};

/// Width of a full tile or bundle.
pub const TILE_WIDTH: usize = 256;
/// Highest tile level that a path may name.
pub const LEVEL_MAX: u8 = 63;
/// Longest entry that a bundle can carry, in bytes.
pub const ENTRY_BYTES_MAX: usize = u16::MAX as usize;

/// What a resource under `tile/` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of the tree, at a tile level of 0 to [`LEVEL_MAX`].
    Hashes {
        /// Tile level: one level is eight levels of the tree.
        level: u8,
    },
    /// Log entries.
    Entries,
}

/// Names one tile or bundle: `tile/<level>/<index>[.p/<width>]` or `tile/entries/…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// Why a path or a tile's content is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// Not the one spelling of a tile's path.
    #[error("{path:?} is not the path of a tile or entry bundle")]
    Path {
        /// The path given.
        path: String,
    },
    /// No such level or width.
    #[error("a tile has a level up to 63 and a width from 1 to 256, not {level} and {width}")]
    Dimensions {
        /// The level given.
        level: u8,
        /// The width given.
        width: usize,
    },
    /// The bytes are not `width` hashes.
    #[error("a tile of width {width} has {} bytes, not {bytes}", width * 32)]
    TileLength {
        /// Width of the tile.
        width: usize,
        /// Number of bytes given.
        bytes: usize,
    },
    /// The bundle breaks off within an entry, or has another number of entries than its width.
    #[error("the bundle has {entries} whole entries where {width} are due")]
    Bundle {
        /// Width of the bundle.
        width: usize,
        /// Whole entries found.
        entries: usize,
    },
    /// An entry too long for its 16-bit length.
    #[error("an entry of {bytes} bytes does not fit a bundle: at most {ENTRY_BYTES_MAX}")]
    EntryTooLong {
        /// Its length in bytes.
        bytes: usize,
    },
}

impl Tile {
    /// The tile or bundle of the given kind, index and width (1 to 256).
    ///
    /// # Errors
    /// [`TileError::Dimensions`].
    pub fn new(kind: TileKind, index: u64, width: usize) -> Result<Self, TileError> {
        let level = match kind {
            TileKind::Hashes { level } => level,
            TileKind::Entries => 0,
        };
        match u16::try_from(width) {
            Ok(narrow) if (1..=TILE_WIDTH).contains(&width) && level <= LEVEL_MAX => {
                Ok(Self { kind, index, width: narrow })
            }
            _ => Err(TileError::Dimensions { level, width }),
        }
    }

    /// Hashes or entries.
    #[must_use]
    pub fn kind(&self) -> TileKind {
        self.kind
    }

    /// Number within the level.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Number of hashes or entries: 1 to 256.
    #[must_use]
    pub fn width(&self) -> usize {
        usize::from(self.width)
    }

    /// Whether the tree of `size` leaves has as much of this tile.
    #[must_use]
    pub fn is_in_tree_of(&self, size: u64) -> bool {
        width_in_tree(self.kind, self.index, size) >= self.width()
    }
}

/// How many hashes or entries the tile has in a tree of `size` leaves: 0 to 256.
#[must_use]
pub fn width_in_tree(kind: TileKind, index: u64, size: u64) -> usize {
    let level = match kind {
        TileKind::Hashes { level } => level,
        TileKind::Entries => 0,
    };
    let in_level = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    let before = index.saturating_mul(TILE_WIDTH as u64);
    in_level.saturating_sub(before).min(TILE_WIDTH as u64) as usize
}

/// The path, without a leading slash.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes { level } => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        f.write_str(&groups.join("/"))?;
        if self.width() < TILE_WIDTH {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

impl FromStr for Tile {
    type Err = TileError;

    fn from_str(path: &str) -> Result<Self, TileError> {
        // Whatever is read leniently here must format to the very path that was given.
        read_path(path)
            .filter(|tile| tile.to_string() == path)
            .ok_or_else(|| TileError::Path { path: path.to_owned() })
    }
}

fn read_path(path: &str) -> Option<Tile> {
    let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes { level: level.parse().ok()? },
    };
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, usize::try_from(decimal::parse(width)?).ok()?),
        None => (rest, TILE_WIDTH),
    };
    let index = index.split('/').try_fold(0_u64, |index, group| {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let group: u64 = digits.parse().ok()?;
        index.checked_mul(1000)?.checked_add(group)
    })?;
    Tile::new(kind, index, width).ok()
}

/// The bytes of a tile of hashes.
#[must_use]
pub fn encode_hashes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads a tile of `width` hashes.
///
/// # Errors
/// [`TileError::TileLength`].
pub fn decode_hashes(bytes: &[u8], width: usize) -> Result<Vec<Hash>, TileError> {
    let (hashes, rest) = bytes.as_chunks::<{ Hash::LEN }>();
    if hashes.len() != width || !rest.is_empty() {
        return Err(TileError::TileLength { width, bytes: bytes.len() });
    }
    Ok(hashes.iter().copied().map(Hash).collect())
}

/// Appends an entry to a bundle: its length in two bytes, big-endian, and the entry.
///
/// # Errors
/// [`TileError::EntryTooLong`]; the bundle is as before.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), TileError> {
    let length = u16::try_from(entry.len());
    let length = length.map_err(|_| TileError::EntryTooLong { bytes: entry.len() })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// Reads a bundle of `width` entries.
///
/// # Errors
/// [`TileError::Bundle`].
pub fn decode_entries(bundle: &[u8], width: usize) -> Result<Vec<&[u8]>, TileError> {
    let mut entries = Vec::with_capacity(width.min(TILE_WIDTH));
    let mut rest = bundle;
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((entry, after)) = after.split_at_checked(length) else {
            break;
        };
        entries.push(entry);
        rest = after;
    }
    if entries.len() != width || !rest.is_empty() {
        return Err(TileError::Bundle { width, entries: entries.len() });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_spelling() {
        let hashes = |level| TileKind::Hashes { level };
        for (path, kind, index, width) in [
            ("tile/0/000", hashes(0), 0, 256),
            ("tile/0/x001/x234/067", hashes(0), 1_234_067, 256),
            ("tile/0/x001/x234/067.p/1", hashes(0), 1_234_067, 1),
            ("tile/63/999.p/255", hashes(63), 999, 255),
            ("tile/8/x001/000", hashes(8), 1000, 256),
            ("tile/entries/x273/112.p/8", TileKind::Entries, 273_112, 8),
            ("tile/1/x018/x446/x744/x073/x709/x551/615", hashes(1), u64::MAX, 256),
        ] {
            let tile = Tile::new(kind, index, width).unwrap();
            assert_eq!(tile.to_string(), path);
            assert_eq!(path.parse(), Ok(tile));
        }
    }

    #[test]
    fn other_paths_are_refused() {
        for path in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "/tile/0/000",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/1000",
            "tile/00/000",
            "tile/64/000",
            "tile/256/000",
            "tile/-1/000",
            "tile/+1/000",
            "tile/entry/000",
            "tile/0/x000/001",
            "tile/0/001/001",
            "tile/0/x001/x001",
            "tile/0/xx01/001",
            "tile/0/x001//001",
            "tile/0/+01",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000.p",
            "tile/0/000/p/1",
            "tile/0/000.p/1/",
            "tile/0/000.p/1.p/1",
            "tile/1/x018/x446/x744/x073/x709/x551/616",
            "tile/0/00٣",
        ] {
            assert!(path.parse::<Tile>().is_err(), "{path:?}");
        }
    }

    #[test]
    fn widths_of_the_specification_s_examples() {
        let width = |level, index, size| width_in_tree(TileKind::Hashes { level }, index, size);
        for (level, index, size, want) in [
            (0, 272, 70_000, 256),
            (0, 273, 70_000, 112),
            (0, 274, 70_000, 0),
            (1, 0, 70_000, 256),
            (1, 1, 70_000, 17),
            (2, 0, 70_000, 1),
            (3, 0, 70_000, 0),
            (0, 0, 256, 256),
            (1, 0, 256, 1),
            (63, 0, u64::MAX, 0),
            (0, u64::MAX, u64::MAX, 0),
        ] {
            assert_eq!(width(level, index, size), want, "{level} {index} {size}");
        }
        assert_eq!(width_in_tree(TileKind::Entries, 273, 70_000), 112);
        let partial = Tile::new(TileKind::Entries, 273, 112).unwrap();
        assert!(partial.is_in_tree_of(70_000) && !partial.is_in_tree_of(69_999));
    }

    #[test]
    fn contents_round_trip_and_broken_ones_are_refused() {
        let hashes = [Hash([1; 32]), Hash([2; 32])];
        let bytes = encode_hashes(&hashes);
        assert_eq!(decode_hashes(&bytes, 2).unwrap(), hashes);
        for (bytes, width) in [(&bytes[..63], 2), (&bytes, 1), (&bytes, 3)] {
            assert!(decode_hashes(bytes, width).is_err());
        }

        let entries: [&[u8]; 3] = [b"first", b"", &[9; ENTRY_BYTES_MAX]];
        let mut bundle = Vec::new();
        for entry in entries {
            push_entry(&mut bundle, entry).unwrap();
        }
        assert_eq!(bundle[..7], *b"\x00\x05first");
        assert_eq!(decode_entries(&bundle, 3).unwrap(), entries);
        let before = bundle.clone();
        let refused = push_entry(&mut bundle, &[9; ENTRY_BYTES_MAX + 1]);
        assert_eq!(refused, Err(TileError::EntryTooLong { bytes: 65_536 }));
        assert_eq!(bundle, before);
        for end in [0, 1, 2, 6, bundle.len() - 1] {
            assert!(decode_entries(&bundle[..end], 3).is_err(), "cut at {end}");
        }
        assert!(decode_entries(&bundle, 2).is_err());
        assert!(decode_entries(&bundle, 4).is_err());
    }
}
