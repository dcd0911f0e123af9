//! Keys in memory: some 65 bytes a subject, read by many threads, rarely written.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use hashbrown::HashTable;

use super::{KeyState, SubjectId, SubjectKey};
use crate::bytes::u64_at;

/// Locks, so that readers on other cores seldom share one.
const SHARDS: usize = 64;

#[derive(Debug)]
pub(super) struct Table {
    shards: Vec<RwLock<Shard>>,
}

#[derive(Debug, Default)]
struct Shard {
    entries: Vec<Entry>,
    /// Positions in `entries`: four bytes a bucket instead of a whole entry.
    positions: HashTable<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    id: SubjectId,
    key: SubjectKey,
    slot: u32,
    is_erased: bool,
    /// It was erased before it got this key.
    is_renewed: bool,
}

impl Entry {
    fn state(&self) -> KeyState {
        match self.is_erased {
            true => KeyState::Erased,
            false => KeyState::Live(self.key),
        }
    }
}

/// The id is a keyed hash already.
fn hash_of(id: &SubjectId) -> u64 {
    u64_at(&id.0, 0).unwrap_or_default()
}

impl Table {
    pub(super) fn with_capacity(subjects: usize) -> Self {
        let shard = || {
            RwLock::new(Shard {
                entries: Vec::with_capacity(subjects / SHARDS),
                positions: HashTable::with_capacity(subjects / SHARDS),
            })
        };
        Self { shards: std::iter::repeat_with(shard).take(SHARDS).collect() }
    }

    fn shard(&self, id: &SubjectId) -> Option<&RwLock<Shard>> {
        let [.., last] = id.0;
        self.shards.get(usize::from(last) % SHARDS)
    }

    /// State of a subject and number of its record.
    pub(super) fn get(&self, id: &SubjectId) -> Option<(KeyState, u32)> {
        let shard = read(self.shard(id)?);
        let entry = shard.find(id).and_then(|position| shard.entries.get(position))?;
        Some((entry.state(), entry.slot))
    }

    /// Whether a subject was erased before it got the key that it has.
    pub(super) fn is_renewed(&self, id: &SubjectId) -> bool {
        let Some(shard) = self.shard(id) else { return false };
        let shard = read(shard);
        shard.find(id).and_then(|position| shard.entries.get(position)).is_some_and(|entry| entry.is_renewed)
    }

    /// Sets the state of a subject; an erased key is overwritten in memory, too.
    pub(super) fn insert(&self, id: SubjectId, state: KeyState, slot: u32) {
        let Some(shard) = self.shard(&id) else { return };
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        let key = state.live().unwrap_or(SubjectKey([0; 32]));
        let is_erased = state == KeyState::Erased;
        let mut entry = Entry { id, key, slot, is_erased, is_renewed: false };
        match shard.find(&id) {
            Some(position) => {
                if let Some(present) = shard.entries.get_mut(position) {
                    entry.is_renewed = !is_erased && (present.is_erased || present.is_renewed);
                    *present = entry;
                }
            }
            None => shard.push(entry),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| read(shard).entries.len()).sum()
    }
}

fn read(shard: &RwLock<Shard>) -> RwLockReadGuard<'_, Shard> {
    shard.read().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    fn find(&self, id: &SubjectId) -> Option<usize> {
        let is_it =
            |position: &u32| self.entries.get(*position as usize).is_some_and(|entry| entry.id == *id);
        self.positions.find(hash_of(id), is_it).map(|position| *position as usize)
    }

    fn push(&mut self, entry: Entry) {
        // Growing by an eighth: doubling would cost up to twice the memory.
        if self.entries.len() == self.entries.capacity() {
            self.entries.reserve_exact((self.entries.len() / 8).max(16));
        }
        let position = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(entry);
        let entries = &self.entries;
        let hash_at = |position: &u32| entries.get(*position as usize).map_or(0, |entry| hash_of(&entry.id));
        self.positions.insert_unique(hash_of(&entry.id), position, hash_at);
    }
}
