//! The state of one keyset: an entry for each group and day, the newest day of a group first.

use std::hint::black_box;

use hashbrown::{HashMap, HashSet};
use model::event::Rows as Listed;

use super::distinct::Tally;
use super::groups::Groups;
use super::hash::{GroupHash, Mixer};
use super::layout::{LATER, NONE, Slot};
use super::lines::{Row, RowMut, Rows};
use super::log::{Log, LogItem};
use super::plan::{KeysetPlan, Op, OpKind};

/// Groups looked up together, so that waits for memory overlap, and few enough that what was
/// fetched for the first is still near when the last has been fetched.
pub(super) const LOOKUP_ROWS: usize = if cfg!(test) { 8 } else { 128 };

/// Fewer entries than this are not worth a sweep.
const SWEEP_MIN: usize = if cfg!(test) { 8 } else { 4096 };

/// Records of a day that are not determined for a rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    pub(super) rows: Listed,
    /// How many of them meet the condition and lack only the value.
    pub(super) gaps: u64,
}

/// The entries of a keyset.
pub(super) struct Entries {
    mixer: Mixer,
    groups: Groups,
    rows: Rows,
    log: Log,
    pub(super) tallies: Vec<Tally>,
    /// By entry and rule.
    pub(super) open: HashMap<(u32, u32), Open>,
    /// By entry and slot.
    pub(super) stale: HashSet<(u32, Slot)>,
    swept_to: usize,
    oldest: i32,
}

impl Entries {
    pub(super) fn new(plan: &KeysetPlan, mixer: Mixer) -> Self {
        Self {
            mixer,
            groups: Groups::default(),
            rows: Rows::new(plan.stride),
            log: Log::default(),
            tallies: Vec::new(),
            open: HashMap::new(),
            stale: HashSet::new(),
            swept_to: 0,
            oldest: i32::MAX,
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Bytes held, without those of the rare side tables.
    pub(super) fn bytes(&self) -> usize {
        self.rows.bytes()
            + self.log.bytes()
            + self.groups.bytes()
            + self.tallies.capacity() * size_of::<Tally>()
    }

    #[inline]
    pub(super) fn hash(&self, group: u128) -> GroupHash {
        self.mixer.group(group)
    }

    /// Reads a little of where groups are looked up.
    #[inline]
    pub(super) fn touch_groups(&self, institution: u32, hashes: &[GroupHash]) -> u32 {
        self.groups.touch(institution, hashes)
    }

    /// The newest entry of a group.
    #[inline]
    pub(super) fn head_of(&self, institution: u32, hash: GroupHash) -> u32 {
        self.groups.head(institution, hash)
    }

    /// Reads a little of a line of entries.
    #[inline]
    pub(super) fn touch(&self, entries: &[u32], line: usize) -> i64 {
        self.rows.touch(entries, line)
    }

    #[inline]
    fn head(&self, institution: u32, group: u128) -> u32 {
        self.head_of(institution, self.hash(group))
    }

    /// Reads a little of a day's entry of each group and of those before it, as far back as it is
    /// given for each: a chain is walked link by link, but many chains at once.
    pub(super) fn touch_back(&self, mut entries: [u32; LOOKUP_ROWS], first_days: &[i32], lines: usize) {
        while entries.iter().any(|entry| *entry != NONE) {
            for line in 0..lines {
                black_box(self.touch(&entries, line));
            }
            for (entry, first_day) in entries.iter_mut().zip(first_days).filter(|(entry, _)| **entry != NONE)
            {
                let row = self.row(*entry);
                *entry = if row.day() < *first_day { NONE } else { row.previous() };
            }
        }
    }

    /// An entry to read.
    #[inline]
    pub(super) fn row(&self, entry: u32) -> Row<'_> {
        self.rows.row(entry)
    }

    /// An entry to change, and the tallies beside it.
    #[inline]
    pub(super) fn row_mut(&mut self, entry: u32) -> (RowMut<'_>, &mut Vec<Tally>) {
        (self.rows.row_mut(entry), &mut self.tallies)
    }

    /// The day of an entry.
    #[inline]
    pub(super) fn day(&self, entry: u32) -> i32 {
        self.row(entry).day()
    }

    /// The flags of an entry.
    #[inline]
    pub(super) fn flags(&self, entry: u32) -> u32 {
        self.row(entry).flags()
    }

    pub(super) fn set_flags(&mut self, entry: u32, flags: u32) {
        self.rows.row_mut(entry).set_flags(flags);
    }

    /// Notes a record that measures took in.
    #[inline]
    pub(super) fn note(&mut self, entry: u32, position: u64, ops: u32) {
        let mut row = self.rows.row_mut(entry);
        let previous = row.as_row().noted();
        row.set_noted(self.log.push(LogItem { position, ops, previous }));
    }

    /// Forgets a record for the measures that had taken it in.
    pub(super) fn unnote(&mut self, entry: u32, position: u64) {
        let mut next = self.row(entry).noted();
        while let Some(item) = self.log.get_mut(next) {
            if item.position == position {
                item.ops = 0;
            }
            next = item.previous;
        }
    }

    /// The noted records of an entry, the last first.
    pub(super) fn noted(&self, entry: u32) -> impl Iterator<Item = LogItem> {
        let mut next = self.row(entry).noted();
        std::iter::from_fn(move || {
            let item = *self.log.get(next)?;
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
            next = self.row(entry).previous();
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
        self.groups.set_head(institution, self.mixer.group(group), entry);
        (entry, true)
    }

    /// The entry of a day in a group whose newest day is not earlier.
    fn find_or_insert(&mut self, plan: &KeysetPlan, head: u32, day: i32) -> (u32, bool) {
        let newer = self.back_to(head, day).last().unwrap_or(head);
        if self.day(newer) == day {
            return (newer, false);
        }
        let entry = self.push(plan, day, self.row(newer).previous(), LATER);
        self.rows.row_mut(newer).set_previous(entry);
        (entry, true)
    }

    fn push(&mut self, plan: &KeysetPlan, day: i32, previous: u32, flags: u32) -> u32 {
        let entry = self.len() as u32;
        self.oldest = self.oldest.min(day);
        self.rows.push(plan.empty.iter().copied());
        self.rows.row_mut(entry).begin(day, previous, flags);
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
        let groups = std::mem::take(&mut self.groups);
        for (institution, hash, head) in groups.into_groups() {
            let first_day = first_kept(institution);
            let chain: Vec<u32> = self.back_to(head, first_day).collect();
            let mut previous = NONE;
            for entry in chain.into_iter().rev() {
                let place = kept.len() as u32;
                kept.rows.push(self.rows.words(entry));
                kept.oldest = kept.oldest.min(self.day(entry));
                let mut row = kept.rows.row_mut(place);
                row.set_previous(previous);
                row.set_noted(NONE);
                let items: Vec<LogItem> = self.noted(entry).filter(|item| item.ops != 0).collect();
                for item in items.into_iter().rev() {
                    kept.note(place, item.position, item.ops);
                }
                for slot in plan.tally_slots() {
                    let (mut row, tallies) = kept.row_mut(place);
                    let Some(index) = row.half(slot).checked_sub(1) else { continue };
                    let tally = self.tallies.get_mut(index as usize);
                    tallies.push(tally.map(std::mem::take).unwrap_or_default());
                    row.set_half(slot, tallies.len() as u32);
                }
                moved[entry as usize] = place;
                previous = place;
            }
            if previous != NONE {
                kept.groups.set_head(institution, hash, previous);
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
    /// The slots that hold tallies.
    fn tally_slots(&self) -> impl Iterator<Item = Slot> {
        let ops = self.whens.iter().flat_map(|when| &when.ops);
        ops.filter(|op| matches!(op.kind, OpKind::Distinct(_))).flat_map(Op::slots)
    }
}
