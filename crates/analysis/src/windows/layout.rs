//! Where in an entry each thing lies.
//!
//! ```text
//! word 0     the group's entry of the day before; the last record noted
//! word 1     day and flags; verdicts of the first eight rules, four bits each
//! word 2 …   further verdicts, then the measures
//! ```
//!
//! Counts take half a word. Measures over all records come before those of a condition: a record
//! that meets few conditions then touches the first line of the cache only.

use rulebook::Window;

use super::lines::{LINE_WORDS, Row, RowMut, stride};
use super::plan::{KeysetPlan, OpKind, reach};

/// No entry, no record noted.
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

/// A place in an entry, in halves of a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Slot(u16);

impl Slot {
    /// The low half (0) or the high half (1) of a word.
    pub(super) const fn half_of(word: u16, half: u16) -> Self {
        Self(word * 2 + half)
    }

    /// The word.
    #[inline]
    pub(super) const fn word(self) -> usize {
        self.0 as usize / 2
    }

    /// Where in the word the half begins.
    #[inline]
    pub(super) const fn shift(self) -> u32 {
        (self.0 as u32 % 2) * 32
    }

    /// The half after this one.
    #[inline]
    pub(super) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

const PREVIOUS: Slot = Slot::half_of(0, 0);
const NOTED: Slot = Slot::half_of(0, 1);
const DAY: Slot = Slot::half_of(1, 0);
const VERDICTS: Slot = Slot::half_of(1, 1);
/// Bits of a day; the flags lie above them.
const DAY_BITS: u32 = 24;
/// Verdicts in half a word.
const VERDICTS_PER_HALF: usize = 8;
const VERDICT_MASK: u32 = 15;

impl Row<'_> {
    /// The day.
    #[inline]
    pub(super) fn day(self) -> i32 {
        (self.half(DAY) << (32 - DAY_BITS)) as i32 >> (32 - DAY_BITS)
    }

    #[inline]
    pub(super) fn flags(self) -> u32 {
        self.half(DAY) >> DAY_BITS
    }

    /// The group's entry of the next earlier day.
    #[inline]
    pub(super) fn previous(self) -> u32 {
        self.half(PREVIOUS)
    }

    /// The last record noted.
    #[inline]
    pub(super) fn noted(self) -> u32 {
        self.half(NOTED)
    }

    /// The verdict raised last of a rule.
    #[inline]
    pub(super) fn raised(self, rule: usize) -> u8 {
        let (slot, shift) = verdict(rule);
        (self.half(slot) >> shift & VERDICT_MASK) as u8
    }

    /// Whether a verdict of the first `rules` rules was raised.
    #[inline]
    pub(super) fn has_raised(self, rules: usize) -> bool {
        let slots = (0..rules.div_ceil(VERDICTS_PER_HALF) as u16).map(|half| Slot(VERDICTS.0 + half));
        slots.fold(0, |all, slot| all | self.half(slot)) != 0
    }
}

impl RowMut<'_> {
    pub(super) fn set_flags(&mut self, flags: u32) {
        self.set_half(DAY, self.half(DAY) | flags << DAY_BITS);
    }

    pub(super) fn set_previous(&mut self, previous: u32) {
        self.set_half(PREVIOUS, previous);
    }

    #[inline]
    pub(super) fn set_noted(&mut self, noted: u32) {
        self.set_half(NOTED, noted);
    }

    pub(super) fn set_raised(&mut self, rule: usize, code: u8) {
        let (slot, shift) = verdict(rule);
        self.set_half(slot, self.half(slot) & !(VERDICT_MASK << shift) | u32::from(code) << shift);
    }

    /// Begins an entry.
    pub(super) fn begin(&mut self, day: i32, previous: u32, flags: u32) {
        self.set_previous(previous);
        self.set_noted(NONE);
        self.set_half(DAY, day as u32 & (u32::MAX >> (32 - DAY_BITS)) | flags << DAY_BITS);
    }
}

#[inline]
fn verdict(rule: usize) -> (Slot, u32) {
    (Slot(VERDICTS.0 + (rule / VERDICTS_PER_HALF) as u16), (rule % VERDICTS_PER_HALF) as u32 * 4)
}

/// Gives out places, one after the other.
struct Places {
    next_word: u16,
    /// The half that a half before it left over.
    spare: Option<Slot>,
}

impl Places {
    fn half(&mut self) -> Slot {
        match self.spare.take() {
            Some(spare) => spare,
            None => {
                self.spare = Some(Slot::half_of(self.next_word, 1));
                self.words(1)
            }
        }
    }

    fn words(&mut self, words: u16) -> Slot {
        self.next_word += words;
        Slot::half_of(self.next_word - words, 0)
    }

    fn of(&mut self, kind: OpKind) -> Slot {
        match kind {
            OpKind::Count => self.half(),
            OpKind::Last(_) => self.words(2),
            _ => self.words(1),
        }
    }
}

impl KeysetPlan {
    /// Gives every measure its place. `always` is the condition that all records meet, if rules have it.
    pub(super) fn lay_out(&mut self, always: Option<usize>) {
        let mut places = Places { next_word: 2, spare: Some(VERDICTS) };
        for _ in 0..self.rules.len().div_ceil(VERDICTS_PER_HALF) {
            places.half();
        }
        self.empty = vec![0; usize::from(places.next_word)];
        for (bit, op) in self.whens.iter_mut().flat_map(|when| &mut when.ops).enumerate() {
            op.bit = bit as u32;
        }
        let (first, then): (Vec<_>, Vec<_>) =
            self.whens.iter_mut().partition(|when| Some(when.condition) == always);
        for op in first.into_iter().chain(then).flat_map(|when| &mut when.ops) {
            let slots =
                std::iter::once(&mut op.slot).chain(op.windows.iter_mut().map(|window| &mut window.slot));
            for slot in slots {
                *slot = places.of(op.kind);
                self.empty.resize(usize::from(places.next_word), 0);
                self.empty[slot.word()] |= op.kind.empty();
            }
        }
        let joined = self.whens.iter().flat_map(|when| &when.ops).filter(|op| !op.windows.is_empty());
        self.joined_lines = joined.map(|op| op.slot.word() / LINE_WORDS + 1).max().unwrap_or(1);
        self.stride = stride(self.empty.len());
        self.empty.resize(self.stride, 0);
        for (index, when) in self.whens.iter().enumerate() {
            let grows = when.ops.iter().any(|op| matches!(op.kind, OpKind::Last(_)));
            self.growing |= u16::from(grows) << index;
        }
        for rule in &mut self.rules {
            let op = &self.whens[rule.when].ops[rule.op];
            let window = op.windows.iter().find(|window| window.reach == reach(rule.window));
            rule.slot = match (rule.window, window) {
                (Window::SlidingDays(_), Some(window)) => window.slot,
                _ => op.slot,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::Rows;
    use super::super::plan::StreamPlan;
    use super::*;
    use crate::testing::{RuleText, rulebook};

    #[test]
    fn an_entry_holds_its_days_flags_and_verdicts() {
        let mut rows = Rows::new(4);
        for day in [0, 19_783, -3, 3_000_000] {
            rows.push([0; 4].into_iter());
            let mut row = rows.row_mut(rows.len() as u32 - 1);
            row.begin(day, 7, LATER);
            row.set_flags(STALE);
            row.set_raised(3, 5);
            row.set_raised(9, 2);
            row.set_raised(3, 4);
            let row = row.as_row();
            assert_eq!((row.day(), row.flags(), row.previous(), row.noted()), (day, LATER | STALE, 7, NONE));
            assert_eq!([2, 3, 4, 9].map(|rule| row.raised(rule)), [0, 4, 0, 2]);
            assert!(row.has_raised(8) && row.has_raised(4));
        }
    }

    #[test]
    fn what_every_record_touches_lies_in_the_first_line() {
        let t = RuleText::default();
        let rules = [
            RuleText { when: "kind = 'refund'", measure: "sum(amount)", ..t },
            RuleText { measure: "sum(amount)", window: "{sliding_days: 7}", ..t },
            RuleText { measure: "max(amount)", ..t },
            RuleText { measure: "count()", window: "{sliding_days: 7}", ..t },
        ];
        let book = rulebook(&rules);
        let rules: Vec<_> = book.rules().iter().enumerate().collect();
        let plan = StreamPlan::new(book.rules()[0].stream, &rules).unwrap();
        let keyset = &plan.keysets[0];
        let always = keyset.whens.iter().find(|when| when.ops.len() == 3).unwrap();
        assert!(always.ops.iter().all(|op| op.slot.word() < 7));
        assert_eq!(keyset.stride, 8);
        // A greatest value begins below all others, everything else at nothing.
        assert_eq!(keyset.empty.iter().filter(|word| **word == i64::MIN).count(), 1);
        assert_eq!(keyset.empty.iter().filter(|word| **word != 0).count(), 1);
    }
}
