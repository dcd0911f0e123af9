//! The ledger as C2SP tlog-tiles serves it: every resource comes out of the segments, none is a
//! file of its own.

use tlog::tiles::{self, Tile, TileKind};

use crate::{LedgerError, reader::Reader};

/// Prefix under which the SM3 tree is served; tlog-tiles itself fixes SHA-256.
const SM3_PREFIX: &str = "sm3/";

impl Reader {
    /// The resource at a tlog-tiles path without leading slash: `checkpoint`,
    /// `tile/<level>/<index>[.p/<width>]`, `tile/entries/<index>[.p/<width>]`, and the tiles of
    /// the SM3 tree under `sm3/`. `None` when there is no such resource (yet).
    ///
    /// # Errors
    /// Damaged segments.
    pub fn tile(&self, path: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        if path == "checkpoint" {
            return Ok(Some(self.checkpoint().to_vec()));
        }
        let (is_sm3, path) = match path.strip_prefix(SM3_PREFIX) {
            Some(path) => (true, path),
            None => (false, path),
        };
        let Ok(tile) = path.parse::<Tile>() else {
            return Ok(None);
        };
        if !tile.is_in_tree_of(self.size()) {
            return Ok(None);
        }
        let (index, width) = (tile.index(), tile.width());
        match tile.kind() {
            TileKind::Hashes { level } if is_sm3 => {
                let hashes = self.sm3_hash_tile(level, index, width)?;
                Ok(hashes.map(|hashes| tiles::encode_hashes(&hashes)))
            }
            TileKind::Hashes { level } => {
                Ok(Some(tiles::encode_hashes(&self.hash_tile(level, index, width)?)))
            }
            TileKind::Entries if is_sm3 => Ok(None),
            TileKind::Entries => self.entry_bundle(index, width).map(Some),
        }
    }

    /// The first `width` entries of bundle `index`: each leaf behind its length in two bytes,
    /// big-endian.
    ///
    /// # Errors
    /// [`LedgerError::OutOfRange`], [`LedgerError::Corrupt`].
    pub fn entry_bundle(&self, index: u64, width: usize) -> Result<Vec<u8>, LedgerError> {
        let start = index.saturating_mul(tiles::TILE_WIDTH as u64);
        let mut bundle = Vec::new();
        for (entry, leaf) in (start..).zip(self.leaves(start..start.saturating_add(width as u64))?) {
            // Append lets no longer leaf in.
            tiles::push_entry(&mut bundle, &leaf).map_err(|error| LedgerError::OutOfRange {
                asked: format!("entry {entry} in a bundle ({error})"),
                size: self.size(),
            })?;
        }
        Ok(bundle)
    }
}
