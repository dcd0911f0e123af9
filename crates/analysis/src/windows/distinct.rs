//! How often each value stands in a window: what counting different values needs to stay exact
//! when days join and records are taken back.

use hashbrown::HashMap;

use super::hash::Mixer;

/// Up to this many values are searched one by one.
const LISTED_MAX: usize = 16;

/// Values with the number of records that bear them.
#[derive(Clone, Debug)]
pub(super) enum Tally {
    Listed(Vec<(u128, u32)>),
    Mapped(HashMap<u128, u32, Build>),
}

/// The hashing of values: they are keys already, but their bits may be uneven.
#[derive(Clone, Copy, Debug)]
pub(super) struct Build(Mixer);

impl std::hash::BuildHasher for Build {
    type Hasher = Once;
    fn build_hasher(&self) -> Once {
        Once { mixer: self.0, hash: 0 }
    }
}

/// Hashes one key.
pub(super) struct Once {
    mixer: Mixer,
    hash: u64,
}

impl std::hash::Hasher for Once {
    fn finish(&self) -> u64 {
        self.hash
    }
    fn write(&mut self, bytes: &[u8]) {
        self.hash = self.mixer.text(bytes) as u64;
    }
    fn write_u128(&mut self, value: u128) {
        self.hash = self.mixer.value(value);
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl Tally {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Listed(items) => items.len(),
            Self::Mapped(items) => items.len(),
        }
    }

    pub(super) fn add(&mut self, value: u128, records: u32, mixer: Mixer) {
        match self {
            Self::Listed(items) => {
                if let Some((_, count)) = items.iter_mut().find(|(known, _)| *known == value) {
                    *count += records;
                } else if items.len() < LISTED_MAX {
                    items.push((value, records));
                } else {
                    let mut map = HashMap::with_capacity_and_hasher(2 * LISTED_MAX, Build(mixer));
                    map.extend(items.drain(..));
                    map.insert(value, records);
                    *self = Self::Mapped(map);
                }
            }
            Self::Mapped(items) => *items.entry(value).or_insert(0) += records,
        }
    }

    pub(super) fn take_back(&mut self, value: u128) {
        match self {
            Self::Listed(items) => {
                if let Some(index) = items.iter().position(|(known, _)| *known == value)
                    && let Some((_, count)) = items.get_mut(index)
                {
                    *count -= 1;
                    if *count == 0 {
                        items.swap_remove(index);
                    }
                }
            }
            Self::Mapped(items) => {
                if let Some(count) = items.get_mut(&value) {
                    *count -= 1;
                    if *count == 0 {
                        items.remove(&value);
                    }
                }
            }
        }
    }

    pub(super) fn join(&mut self, other: &Self, mixer: Mixer) {
        match other {
            Self::Listed(items) => items.iter().for_each(|(value, count)| self.add(*value, *count, mixer)),
            Self::Mapped(items) => items.iter().for_each(|(value, count)| self.add(*value, *count, mixer)),
        }
    }
}
