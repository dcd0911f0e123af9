//! Takes a record into the entry of its day, and into the windows of later days.

use model::event::{Rows, Verdict};
use rulebook::Window;

use super::bands::code;
use super::keyset::{At, Due, Held, Keyset};
use super::layout::{OPEN_BEFORE, OPEN_DAY, SLOW, STALE};
use super::lines::Row;
use super::measures::{join, put};
use super::plan::{OpKind, reach};
use super::program::{bits, set_of};

impl Keyset {
    /// Takes a record into the entry of its day; gives the rules that it may have moved.
    pub(super) fn take_in(&mut self, at: At<'_>, held: Held, entry: u32) -> u64 {
        let is_plain = held.unknown == 0 && !held.has_gap && self.entries.flags(entry) & SLOW == 0;
        if is_plain { self.take_in_determined(at, held, entry) } else { self.take_in_any(at, held, entry) }
    }

    /// As [`Keyset::take_in`], when the record and all before it in the windows are determined.
    #[inline]
    pub(super) fn take_in_determined(&mut self, at: At<'_>, held: Held, entry: u32) -> u64 {
        let Self { plan, programs, entries, mixer, .. } = self;
        let program = programs.make(plan, held.yes);
        let (mut row, tallies) = entries.row_mut(entry);
        let mut moved = row.as_row().has_raised(plan.rules.len());
        let (mut lists, mut overflow) = (false, false);
        for step in &program.steps {
            let Some(value) = step.kind.value(at.prepared, at.row) else { continue };
            let put = put(&mut row, tallies, step.kind, step.slot, value, at.position, *mixer);
            let Some(value) = put else {
                overflow = true;
                continue;
            };
            moved |= value < step.least || value > step.greatest;
            lists |= step.is_record_count && value <= Rows::LISTED_MAX as i64;
        }
        let (rules, ops) = (program.rules, program.ops);
        if lists {
            entries.note(entry, at.position, ops);
        }
        if overflow {
            // A sum beyond 64 bits is left to the batch engine, which adds in 128.
            self.mark_stale(entry, held.yes);
            return rules;
        }
        if !moved {
            return 0;
        }
        let row = self.entries.row(entry);
        bits(rules).fold(0, |due, rule| due | u64::from(self.may_move(rule, row)) << rule)
    }

    /// Whether the verdict of a rule may have changed, when all records are determined.
    #[inline]
    fn may_move(&self, rule: usize, row: Row<'_>) -> bool {
        let planned = &self.plan.rules[rule];
        let raised = usize::from(row.raised(rule));
        let value = planned.kind.read(row, planned.slot);
        planned.stays.get(raised).is_none_or(|stays| !stays.contains(&value))
    }

    /// As [`Keyset::take_in`], when something is not determined.
    fn take_in_any(&mut self, at: At<'_>, held: Held, entry: u32) -> u64 {
        let Self { plan, entries, mixer, .. } = self;
        let slow = entries.flags(entry) & SLOW != 0;
        let (mut row, tallies) = entries.row_mut(entry);
        let (mut due, mut noted, mut gaps) = (0u64, 0u32, 0u32);
        let mut lists = slow;
        let mut overflow = false;
        for when in bits(held.yes) {
            let when = &plan.whens[when];
            for op in &when.ops {
                let Some(value) = op.kind.value(at.prepared, at.row) else {
                    gaps |= 1 << op.bit;
                    if let OpKind::Last(_) = op.kind {
                        row.set_word(op.slot.word(), !(at.position as i64));
                    }
                    continue;
                };
                noted |= 1 << op.bit;
                for slot in op.slots() {
                    let put = put(&mut row, tallies, op.kind, slot, value, at.position, *mixer);
                    overflow |= put.is_none();
                }
                due |= set_of(op.rules.iter().copied());
            }
            lists |= row.half(when.ops[0].slot) as usize <= Rows::LISTED_MAX;
        }
        let row = self.entries.row(entry);
        due = set_of(bits(due).filter(|rule| self.is_open_to(*rule, row)));
        if lists && noted != 0 {
            self.entries.note(entry, at.position, noted);
        }
        if overflow {
            self.mark_stale(entry, held.yes);
            due |= self.rules_of(held.yes);
        }
        if slow && self.entries.flags(entry) & STALE != 0 {
            self.refresh_last(entry, held.any());
        }
        if gaps != 0 || held.unknown != 0 {
            due |= self.open(at, held, gaps, entry);
        }
        due
    }

    /// Whether the verdict of a rule may change at all: the worst one, once certain, does not.
    fn is_open_to(&self, rule: usize, row: Row<'_>) -> bool {
        let worst = self.plan.rules[rule].bands.first();
        !worst.is_some_and(|worst| worst.is_certain && row.raised(rule) == code(Verdict::Graded(worst.grade)))
    }

    /// Keeps a record that is not determined for some rules; gives those rules.
    fn open(&mut self, at: At<'_>, held: Held, gaps: u32, entry: u32) -> u64 {
        let mut due = 0u64;
        for when in bits(held.any()) {
            let is_unknown = held.unknown >> when & 1 == 1;
            for op in &self.plan.whens[when].ops {
                let is_gap = gaps >> op.bit & 1 == 1;
                if !is_unknown && !is_gap {
                    continue;
                }
                if let OpKind::Last(_) = op.kind {
                    self.entries.row_mut(entry).0.set_word(op.slot.word(), !(at.position as i64));
                }
                for &rule in &op.rules {
                    let open = self.entries.open.entry((entry, rule as u32)).or_default();
                    open.rows.add(at.position);
                    open.gaps += u64::from(is_gap);
                    due |= 1 << rule;
                }
            }
        }
        if due != 0 {
            self.entries.set_flags(entry, OPEN_DAY);
        }
        due
    }

    /// Takes a record into the windows of later days that are there already.
    pub(super) fn take_in_later(&mut self, at: At<'_>, held: Held, entry: u32) -> Vec<Due> {
        let day = at.day();
        let group = at.group(self);
        let last_day = day + self.plan.reach;
        let is_open = self.entries.flags(entry) & (OPEN_DAY | OPEN_BEFORE) != 0;
        let mut due_later = Vec::new();
        for later in self.entries.after(at.institution, group, day, last_day).into_iter().rev() {
            let Self { plan, entries, mixer, .. } = self;
            let distance = entries.day(later) - day;
            let (mut row, tallies) = entries.row_mut(later);
            let (mut due, mut overflow) = (0u64, false);
            for when in bits(held.any()) {
                for op in &plan.whens[when].ops {
                    let value = match held.yes >> when & 1 {
                        1 => op.kind.value(at.prepared, at.row),
                        _ => None,
                    };
                    for window in op.windows.iter().filter(|window| window.reach >= distance) {
                        if let Some(value) = value {
                            let put =
                                put(&mut row, tallies, op.kind, window.slot, value, at.position, *mixer);
                            overflow |= put.is_none();
                        }
                    }
                    for &rule in &op.rules {
                        due |= u64::from(reaches(plan.rules[rule].window, distance)) << rule;
                    }
                }
            }
            if is_open {
                self.entries.set_flags(later, OPEN_BEFORE);
            }
            if overflow {
                self.mark_stale(later, held.yes);
            }
            due_later.push((later, due));
        }
        due_later
    }

    /// Gives the windows of a new entry what the days before it hold.
    pub(super) fn join_days_before(&mut self, entry: u32, day: i32) {
        let Self { plan, entries, mixer, .. } = self;
        let before: Vec<u32> = entries.back_to(entries.row(entry).previous(), day - plan.reach).collect();
        if before.is_empty() {
            return;
        }
        for op in plan.whens.iter().flat_map(|when| &when.ops) {
            for window in &op.windows {
                // The newest come first.
                let in_window = |other: &u32| entries.day(*other) >= day - window.reach;
                let days = &before[..before.partition_point(in_window)];
                join(entries, op, window.slot, entry, days, *mixer);
            }
        }
        if before.iter().any(|other| entries.flags(*other) & OPEN_DAY != 0) {
            entries.set_flags(entry, OPEN_BEFORE);
        }
    }

    /// A value filed after the one that was taken back is the last one again.
    fn refresh_last(&mut self, entry: u32, whens: u16) {
        for when in bits(whens) {
            for op in self.plan.whens[when].ops.iter().filter(|op| matches!(op.kind, OpKind::Last(_))) {
                self.entries.stale.remove(&(entry, op.slot));
            }
        }
    }

    fn mark_stale(&mut self, entry: u32, yes: u16) {
        for when in bits(yes) {
            for op in self.plan.whens[when]
                .ops
                .iter()
                .filter(|op| matches!(op.kind, OpKind::Sum(_) | OpKind::Count))
            {
                self.entries.stale.extend(op.slots().map(|slot| (entry, slot)));
            }
        }
        self.entries.set_flags(entry, STALE);
    }

    fn rules_of(&self, whens: u16) -> u64 {
        let ops = bits(whens).flat_map(|when| &self.plan.whens[when].ops);
        set_of(ops.flat_map(|op| &op.rules).copied())
    }
}

/// Whether a rule's window that ends so many days after a record has the record in it.
pub(super) fn reaches(window: Window, distance: i32) -> bool {
    match window {
        Window::AgainstDaysBefore(_) => reach(window) == distance,
        _ => reach(window) >= distance,
    }
}
