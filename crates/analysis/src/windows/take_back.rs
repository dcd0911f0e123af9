//! Takes superseded records back out.

use super::keyset::{At, Due, Held, Keyset};
use super::layout::{NONE, OPEN_DAY, STALE};
use super::measures::{Value, clear, join, tally_mut};
use super::outcome::Outcome;
use super::plan::{Op, OpKind};
use super::program::{bits, set_of};
use super::take_in::reaches;

impl Keyset {
    /// Takes a superseded record back out; what it may have moved is evaluated once its successor
    /// is in.
    pub(super) fn take_back(
        &mut self,
        old: At<'_>,
        held: Held,
        due_later: &mut Vec<Due>,
        outcome: &mut Outcome,
    ) {
        if held.any() == 0 {
            return;
        }
        let day = old.day();
        let position = old.prepared.positions.value(old.row);
        let group = old.group(self);
        if day < old.first_live {
            self.refer(old, held, outcome);
        }
        let growing = held.any() & self.plan.growing;
        let Some(entry) = self.entries.find(old.institution, group, day) else {
            if day >= old.first_live {
                // It was never seen here: the state began after it.
                self.refer(At { first_live: i32::MAX, ..old }, held, outcome);
            }
            self.unbegin(old, growing, NONE, due_later, outcome);
            return;
        };
        self.entries.unnote(entry, position);
        let mut due = 0u64;
        for when in bits(held.any()) {
            let is_unknown = held.unknown >> when & 1 == 1;
            for op_index in 0..self.plan.whens[when].ops.len() {
                let op = self.plan.whens[when].ops[op_index].clone();
                let value = match is_unknown {
                    true => None,
                    false => op.kind.value(old.prepared, old.row),
                };
                for &rule in &op.rules {
                    due |= 1 << rule;
                    if value.is_none() {
                        self.close(entry, rule as u32, position, !is_unknown);
                    }
                }
                self.pull(&op, when, entry, value, position);
            }
        }
        due_later.push((entry, due));
        if self.plan.reach > 0 {
            let last_day = day + self.plan.reach;
            for later in self.entries.after(old.institution, group, day, last_day).into_iter().rev() {
                let distance = self.entries.day(later) - day;
                let moved = bits(due).filter(|rule| reaches(self.plan.rules[*rule].window, distance));
                let moved = set_of(moved);
                self.rejoin(later, held);
                due_later.push((later, moved));
            }
            self.rejoin(entry, held);
        }
        self.unbegin(old, growing, entry, due_later, outcome);
        due_later.retain(|(entry, _)| self.entries.day(*entry) >= old.first_live);
    }

    /// Takes a value out of the slot of its day.
    fn pull(&mut self, op: &Op, when: usize, entry: u32, value: Option<Value>, position: u64) {
        let count_slot = self.plan.whens[when].ops[0].slot;
        let gaps: u64 = op
            .rules
            .first()
            .and_then(|rule| self.entries.open.get(&(entry, *rule as u32)))
            .map_or(0, |open| open.gaps);
        let (mut row, tallies) = self.entries.row_mut(entry);
        // The count comes first among the measures, so it has been taken back already.
        let others = OpKind::Count.read(row.as_row(), count_slot);
        let is_last_value = others - gaps as i64 <= 0;
        let word = op.slot.word();
        let is_stale = match (op.kind, value) {
            (OpKind::Count, Some(_)) => match row.half(op.slot).checked_sub(1) {
                Some(rest) => {
                    row.set_half(op.slot, rest);
                    false
                }
                None => true,
            },
            (OpKind::Sum(_), Some(Value::Number(value))) => match row.word(word).checked_sub(value) {
                Some(rest) => {
                    row.set_word(word, rest);
                    false
                }
                None => true,
            },
            (OpKind::Min(_) | OpKind::Max(_), Some(Value::Number(value))) => {
                if is_last_value {
                    row.set_word(word, op.kind.empty());
                }
                !is_last_value && row.word(word) == value
            }
            (OpKind::Distinct(_), Some(Value::Key(key))) => {
                if let Some(tally) = tally_mut(row.as_row(), tallies, op.slot) {
                    tally.take_back(key);
                    row.set_half(op.slot.next(), tally.len() as u32);
                }
                false
            }
            (OpKind::Last(_), _) => {
                let last = row.word(word);
                let was_last = last == position as i64 + 1 || last == !(position as i64);
                let has_others = others > 0 || row.as_row().flags() & OPEN_DAY != 0;
                if was_last && !has_others {
                    row.set_word(word, 0);
                }
                was_last && has_others
            }
            _ => false,
        };
        if is_stale {
            self.entries.stale.insert((entry, op.slot));
            self.entries.set_flags(entry, STALE);
        }
    }

    /// Forgets that a record is not determined for a rule.
    fn close(&mut self, entry: u32, rule: u32, position: u64, is_gap: bool) {
        let Some(open) = self.entries.open.get_mut(&(entry, rule)) else { return };
        open.rows.count = open.rows.count.saturating_sub(1);
        open.rows.positions.retain(|other| *other != position);
        open.gaps = open.gaps.saturating_sub(u64::from(is_gap));
        if open.rows.count == 0 {
            self.entries.open.remove(&(entry, rule));
        }
    }

    /// Works the windows of an entry out anew from the days in them.
    fn rejoin(&mut self, entry: u32, held: Held) {
        let day = self.entries.day(entry);
        for when in bits(held.any()) {
            for op in &self.plan.whens[when].ops {
                for window in &op.windows {
                    let days: Vec<u32> = self.entries.back_to(entry, day - window.reach).collect();
                    let (mut row, tallies) = self.entries.row_mut(entry);
                    clear(&mut row, tallies, op.kind, window.slot);
                    self.entries.stale.remove(&(entry, window.slot));
                    join(&mut self.entries, op, window.slot, entry, &days, self.mixer);
                }
            }
        }
    }
}
