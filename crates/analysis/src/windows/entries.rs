//! The state of one keyset: an entry for each group and day, the newest day of a group first.

use hashbrown::{HashMap, HashSet};
use model::event::Rows;

use super::distinct::Tally;
use super::groups::Groups;
use super::hash::Mixer;
use super::plan::{HEADER_WORDS, KeysetPlan};

/// No entry.
pub(super) const NONE: u32 = u32::MAX;

/// A record of the day is not determined for some rule.
pub(super) const OPEN_DAY: u32 = 1;
/// A record of an earlier day within reach is not determined for some rule.
pub(super) const OPEN_BEFORE: u32 = 2;
/// Some slot no longer holds what its records come to.
pub(super) const STALE: u32 = 4;
/// The group has entries of later days.
pub(super) const LATER: u32 = 8;
/// Flags that send an evaluation the slow way.
pub(super) const SLOW: u32 = OPEN_DAY | OPEN_BEFORE | STALE;

/// Words in a line of the processor's cache.
const WORDS_PER_LINE: usize = 8;

/// Fewer entries than this are not worth a sweep.
const SWEEP_MIN: usize = if cfg!(test) { 8 } else { 4096 };

/// A record that measures took in.
#[derive(Clone, Copy)]
pub(super) struct LogItem {
    pub(super) position: u64,
    /// The measures, by their bits.
    pub(super) ops: u32,
    previous: u32,
}

/// Records of a day that are not determined for a rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    pub(super) rows: Rows,
    /// How many of them meet the condition and lack only the value.
    pub(super) gaps: u64,
}

/// The entries of a keyset.
pub(super) struct Entries {
    mixer: Mixer,
    stride: usize,
    pub(super) groups: Groups,
    words: Vec<i64>,
    log: Vec<LogItem>,
    pub(super) tallies: Vec<Tally>,
    /// By entry and rule.
    pub(super) open: HashMap<(u32, u32), Open>,
    /// By entry and slot.
    pub(super) stale: HashSet<(u32, usize)>,
    swept_to: usize,
    oldest: i32,
}

impl Entries {
    pub(super) fn new(plan: &KeysetPlan, mixer: Mixer) -> Self {
        Self {
            mixer,
            stride: plan.stride,
            groups: Groups::new(mixer),
            words: Vec::new(),
            log: Vec::new(),
            tallies: Vec::new(),
            open: HashMap::new(),
            stale: HashSet::new(),
            swept_to: 0,
            oldest: i32::MAX,
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.words.len() / self.stride.max(1)
    }

    /// Bytes held, without those of the rare side tables.
    pub(super) fn bytes(&self) -> usize {
        self.words.capacity() * 8
            + self.log.capacity() * size_of::<LogItem>()
            + self.groups.bytes()
            + self.tallies.capacity() * size_of::<Tally>()
    }

    /// The newest entry of a group.
    #[inline]
    pub(super) fn head(&self, institution: u32, group: u128) -> u32 {
        self.groups.head(self.groups.hash(institution, group), institution, group)
    }

    #[inline]
    fn base(&self, entry: u32) -> usize {
        entry as usize * self.stride
    }

    /// The words of an entry.
    #[inline]
    pub(super) fn words(&self, entry: u32) -> &[i64] {
        let base = self.base(entry);
        &self.words[base..base + self.stride]
    }

    /// The words of an entry, and the tallies beside them.
    #[inline]
    pub(super) fn words_mut(&mut self, entry: u32) -> (&mut [i64], &mut Vec<Tally>) {
        let base = self.base(entry);
        (&mut self.words[base..base + self.stride], &mut self.tallies)
    }

    /// The day of an entry.
    #[inline]
    pub(super) fn day(&self, entry: u32) -> i32 {
        self.words[self.base(entry)] as i32
    }

    /// Reads a little of each cache line of an entry, so that they are on their way.
    #[inline]
    pub(super) fn touch(&self, entry: u32) -> i64 {
        if entry == NONE {
            return 0;
        }
        let words = self.words(entry);
        words.iter().step_by(WORDS_PER_LINE).fold(0, |sum, word| sum ^ word)
    }

    /// The group's entry of the next earlier day.
    #[inline]
    pub(super) fn previous(&self, entry: u32) -> u32 {
        (self.words[self.base(entry)] >> 32) as u32
    }

    fn set_previous(&mut self, entry: u32, previous: u32) {
        let base = self.base(entry);
        let word = &mut self.words[base];
        *word = *word & 0xffff_ffff | i64::from(previous) << 32;
    }

    fn log_head(&self, entry: u32) -> u32 {
        self.words[self.base(entry) + 1] as u32
    }

    #[inline]
    fn set_log_head(&mut self, entry: u32, head: u32) {
        let base = self.base(entry) + 1;
        let word = &mut self.words[base];
        *word = *word >> 32 << 32 | i64::from(head);
    }

    /// The flags of an entry.
    #[inline]
    pub(super) fn flags(&self, entry: u32) -> u32 {
        (self.words[self.base(entry) + 1] >> 32) as u32
    }

    pub(super) fn set_flags(&mut self, entry: u32, flags: u32) {
        let base = self.base(entry) + 1;
        self.words[base] |= i64::from(flags) << 32;
    }

    /// Notes a record that measures took in.
    #[inline]
    pub(super) fn note(&mut self, entry: u32, position: u64, ops: u32) {
        let item = LogItem { position, ops, previous: self.log_head(entry) };
        let head = self.log.len() as u32;
        self.log.push(item);
        self.set_log_head(entry, head);
    }

    /// Forgets a record for the measures that had taken it in.
    pub(super) fn unnote(&mut self, entry: u32, position: u64) {
        let mut next = self.log_head(entry);
        while let Some(item) = self.log.get_mut(next as usize) {
            if item.position == position {
                item.ops = 0;
            }
            next = item.previous;
        }
    }

    /// The noted records of an entry, the last first.
    pub(super) fn noted(&self, entry: u32) -> impl Iterator<Item = LogItem> {
        let mut next = self.log_head(entry);
        std::iter::from_fn(move || {
            let item = *self.log.get(next as usize)?;
            next = item.previous;
            Some(item)
        })
    }

    /// The group's entries from one on back to a day, the newest first.
    pub(super) fn back_to(&self, entry: u32, first_day: i32) -> impl Iterator<Item = u32> {
        let mut next = entry;
        std::iter::from_fn(move || {
            if next == NONE || self.day(next) < first_day {
                return None;
            }
            let entry = next;
            next = self.previous(entry);
            Some(entry)
        })
    }

    /// The group's entries after a day up to another, the newest first.
    pub(super) fn after(&self, institution: u32, group: u128, day: i32, last_day: i32) -> Vec<u32> {
        let head = self.head(institution, group);
        self.back_to(head, day + 1).filter(|entry| self.day(*entry) <= last_day).collect()
    }

    /// The entry of a group and day, if there is one.
    pub(super) fn find(&self, institution: u32, group: u128, day: i32) -> Option<u32> {
        let head = self.head(institution, group);
        self.back_to(head, day).last().filter(|entry| self.day(*entry) == day)
    }

    /// The entry of a group and day; whether it is new.
    pub(super) fn find_or_create(
        &mut self,
        plan: &KeysetPlan,
        institution: u32,
        group: u128,
        day: i32,
    ) -> (u32, bool) {
        let head = self.head(institution, group);
        if head != NONE && self.day(head) >= day {
            return self.find_or_insert(plan, head, day);
        }
        let entry = self.push(plan, day, head, 0);
        self.groups.set_head(institution, group, entry);
        (entry, true)
    }

    /// The entry of a day in a group whose newest day is not earlier.
    fn find_or_insert(&mut self, plan: &KeysetPlan, head: u32, day: i32) -> (u32, bool) {
        let newer = self.back_to(head, day).last().unwrap_or(head);
        if self.day(newer) == day {
            return (newer, false);
        }
        let entry = self.push(plan, day, self.previous(newer), LATER);
        self.set_previous(newer, entry);
        (entry, true)
    }

    fn push(&mut self, plan: &KeysetPlan, day: i32, previous: u32, flags: u32) -> u32 {
        let entry = self.len() as u32;
        self.oldest = self.oldest.min(day);
        self.words.push(i64::from(day as u32) | i64::from(previous) << 32);
        self.words.push(i64::from(NONE) | i64::from(flags) << 32);
        self.words.extend_from_slice(&plan.empty);
        debug_assert_eq!(plan.empty.len() + HEADER_WORDS, self.stride);
        if previous != NONE {
            self.set_flags(previous, LATER);
        }
        entry
    }

    /// Whether there is an entry of a day before this one.
    pub(super) fn is_older(&self, day: i32) -> bool {
        self.oldest < day
    }

    /// Drops the entries before an institution's first day kept, when enough have come since the
    /// last time to make it worth while. Days dropped are never asked for again, so when this
    /// happens shows in no result.
    pub(super) fn sweep(&mut self, plan: &KeysetPlan, first_kept: impl Fn(u32) -> i32) {
        if self.len() < SWEEP_MIN.max(2 * self.swept_to) {
            return;
        }
        let mut kept = Self::new(plan, self.mixer);
        let mut moved = vec![NONE; self.len()];
        let groups = std::mem::replace(&mut self.groups, Groups::new(self.mixer));
        for (institution, group, head) in groups.into_groups() {
            let first_day = first_kept(institution);
            let chain: Vec<u32> = self.back_to(head, first_day).collect();
            let mut previous = NONE;
            for entry in chain.into_iter().rev() {
                let place = kept.len() as u32;
                kept.words.extend_from_slice(self.words(entry));
                kept.oldest = kept.oldest.min(self.day(entry));
                kept.set_previous(place, previous);
                kept.set_log_head(place, NONE);
                let items: Vec<LogItem> = self.noted(entry).filter(|item| item.ops != 0).collect();
                for item in items.into_iter().rev() {
                    kept.note(place, item.position, item.ops);
                }
                for op in plan.tally_slots() {
                    let word = kept.base(place) + op;
                    let Ok(index) = usize::try_from(kept.words[word] - 1) else { continue };
                    kept.tallies.push(self.tallies.get_mut(index).map(std::mem::take).unwrap_or_default());
                    kept.words[word] = kept.tallies.len() as i64;
                }
                moved[entry as usize] = place;
                previous = place;
            }
            if previous != NONE {
                kept.groups.set_head(institution, group, previous);
            }
        }
        let place = |entry: u32| moved.get(entry as usize).copied().filter(|place| *place != NONE);
        let open = std::mem::take(&mut self.open);
        kept.open =
            open.into_iter().filter_map(|((e, rule), open)| Some(((place(e)?, rule), open))).collect();
        kept.stale = self.stale.iter().filter_map(|(entry, slot)| Some((place(*entry)?, *slot))).collect();
        kept.swept_to = kept.len();
        *self = kept;
    }
}

impl KeysetPlan {
    /// The words that hold tallies.
    fn tally_slots(&self) -> impl Iterator<Item = usize> {
        let ops = self.whens.iter().flat_map(|when| &when.ops);
        ops.filter(|op| matches!(op.kind, super::plan::OpKind::Distinct(_)))
            .flat_map(|op| std::iter::once(op.slot).chain(op.windows.iter().map(|window| window.slot)))
    }
}
