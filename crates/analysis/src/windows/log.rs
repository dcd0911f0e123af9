//! Which records measures took in, the last of each entry first: what a finding lists.

/// Items of a chunk.
const CHUNK_ITEMS: usize = if cfg!(test) { 4 } else { 1 << 15 };

/// A record that measures took in.
#[derive(Clone, Copy)]
pub(super) struct LogItem {
    pub(super) position: u64,
    /// The measures, by their bits.
    pub(super) ops: u32,
    /// The record of the same entry that was noted before it.
    pub(super) previous: u32,
}

/// Items in chunks, so that no room is set aside for as many more when another one comes.
#[derive(Default)]
pub(super) struct Log {
    chunks: Vec<Vec<LogItem>>,
}

impl Log {
    pub(super) fn bytes(&self) -> usize {
        self.chunks.iter().map(Vec::capacity).sum::<usize>() * size_of::<LogItem>()
    }

    /// Appends an item; gives its place.
    #[inline]
    pub(super) fn push(&mut self, item: LogItem) -> u32 {
        let before = self.chunks.len().saturating_sub(1) * CHUNK_ITEMS;
        match self.chunks.last_mut().filter(|chunk| chunk.len() < CHUNK_ITEMS) {
            Some(chunk) => {
                chunk.push(item);
                (before + chunk.len() - 1) as u32
            }
            None => {
                // The first chunk grows: many keysets note a few records only.
                let capacity = if self.chunks.is_empty() { 0 } else { CHUNK_ITEMS };
                let mut chunk = Vec::with_capacity(capacity);
                chunk.push(item);
                self.chunks.push(chunk);
                ((self.chunks.len() - 1) * CHUNK_ITEMS) as u32
            }
        }
    }

    /// The item at a place, if there is one.
    pub(super) fn get(&self, place: u32) -> Option<&LogItem> {
        self.chunks.get(place as usize / CHUNK_ITEMS)?.get(place as usize % CHUNK_ITEMS)
    }

    /// As [`Log::get`], to change it.
    pub(super) fn get_mut(&mut self, place: u32) -> Option<&mut LogItem> {
        self.chunks.get_mut(place as usize / CHUNK_ITEMS)?.get_mut(place as usize % CHUNK_ITEMS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_where_they_were_put() {
        let mut log = Log::default();
        for position in 0..50 {
            let place = log.push(LogItem { position, ops: 1, previous: 0 });
            assert_eq!(u64::from(place), position);
        }
        assert!((0..50).all(|place| log.get(place).is_some_and(|item| item.position == u64::from(place))));
        assert!(log.get(50).is_none() && log.get_mut(u32::MAX).is_none());
    }
}
