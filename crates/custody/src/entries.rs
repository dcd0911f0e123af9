//! Entries of one side, laid apart by hash.

use std::hash::{BuildHasher, Hasher};

use hashbrown::DefaultHashBuilder;

use crate::error::CustodyError;

/// What one transaction did to one account, as one side has it. The bytes of the id lie in the
/// [`Part`] that holds the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// In fen; negative: out of the account.
    pub(crate) amount: i64,
    /// Index of the record in the ledger.
    pub(crate) position: u64,
    id_start: u32,
    /// The other half of the hash decided on the part.
    pub(crate) hash: u32,
    /// A base for entries of a platform, the bank's book for those of a bank.
    pub(crate) book: u32,
    /// The day, as its place in the window.
    pub(crate) place: u16,
    id_length: u16,
}

#[cfg(test)]
impl Entry {
    /// An entry without an id.
    pub(crate) fn of(amount: i64, position: u64, place: u16) -> Self {
        Self { amount, position, id_start: 0, hash: 0, book: 0, place, id_length: 0 }
    }
}

/// Entries of one side whose hashes fall together.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) entries: Vec<Entry>,
    ids: Vec<u8>,
}

impl Part {
    #[inline]
    pub(crate) fn id(&self, entry: &Entry) -> &[u8] {
        let from = entry.id_start as usize;
        self.ids.get(from..from + usize::from(entry.id_length)).unwrap_or_default()
    }
}

/// What is not yet in a part.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) base: u32,
    pub(crate) book: u32,
    pub(crate) place: u16,
    pub(crate) amount: i64,
    pub(crate) position: u64,
    pub(crate) id: &'a [u8],
}

/// The parts of one side: few enough that each one's end stays in the cache while it is written,
/// so many that all entries of one part fit the cache when they are matched.
#[derive(Debug)]
pub(crate) struct Parts(Vec<Part>);

/// How entries are laid apart. The hash is keyed by chance, so that nobody can choose ids that
/// fall together; nothing that comes out depends on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    hasher: DefaultHashBuilder,
    mask: u32,
}

/// Rows of both sides to a part: some 50 bytes each, so that a part fits the second-level cache.
const PART_ENTRIES: usize = 1 << 14;
const PARTS_MAX: usize = 1 << 11;

impl Layout {
    pub(crate) fn for_rows(rows: usize) -> Self {
        let parts = (rows / PART_ENTRIES).next_power_of_two().clamp(1, PARTS_MAX);
        Self { hasher: DefaultHashBuilder::default(), mask: parts as u32 - 1 }
    }

    pub(crate) fn parts(&self) -> usize {
        self.mask as usize + 1
    }
}

impl Parts {
    /// No entries yet, with room for so many and for the bytes of their ids: the hash lays them
    /// evenly, and parts that need not grow are not copied.
    pub(crate) fn with_room(layout: &Layout, entries: usize, id_bytes: usize) -> Self {
        let share = |all: usize| if layout.parts() == 1 { 0 } else { (all + all / 8) / layout.parts() };
        let part =
            || Part { entries: Vec::with_capacity(share(entries)), ids: Vec::with_capacity(share(id_bytes)) };
        Self((0..layout.parts()).map(|_| part()).collect())
    }

    pub(crate) fn take(&mut self, part: usize) -> Part {
        self.0.get_mut(part).map(std::mem::take).unwrap_or_default()
    }

    // Inlined, so that what was found travels in registers: read back from memory it would wait
    // until the writes of the entry before it have reached the cache.
    #[inline(always)]
    pub(crate) fn push(&mut self, layout: &Layout, found: Found<'_>) -> Result<(), CustodyError> {
        let Found { base, book, place, amount, position, id } = found;
        let mut hasher = layout.hasher.build_hasher();
        hasher.write_u32(base);
        hasher.write(id);
        let hash = hasher.finish();
        let part = &mut self.0[((hash >> 32) as u32 & layout.mask) as usize];
        let (Ok(id_length), Ok(id_start)) = (u16::try_from(id.len()), u32::try_from(part.ids.len())) else {
            return Err(CustodyError::Id(id.len()));
        };
        part.ids.extend_from_slice(id);
        part.entries.push(Entry { amount, position, id_start, hash: hash as u32, book, place, id_length });
        Ok(())
    }
}
