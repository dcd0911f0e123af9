//! When groups began: a growth tells by it a missing filing from a new group.

use super::keyset::{At, Due, Keyset};
use super::layout::NONE;
use super::outcome::Outcome;
use super::plan::OpKind;
use super::program::{bits, set_of};

/// When a group began.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    day: i32,
    /// The record of that day was taken back, and which one is first now is not known here.
    is_unsure: bool,
}

impl Keyset {
    /// Notes when a group began; gives the rules of growth for which it began earlier than was
    /// known.
    pub(super) fn begin(&mut self, at: At<'_>, growing: u16) -> u64 {
        let day = at.day();
        let mut moved = 0;
        for when in bits(growing) {
            let key = (at.institution, at.group(self), when);
            let is_known = self.begun.contains_key(&key);
            let begun = self.begun.entry(key).or_insert(Begun { day, is_unsure: false });
            if day < begun.day || begun.is_unsure && day == begun.day {
                *begun = Begun { day, is_unsure: false };
                if is_known {
                    moved |= self.growth_rules(when);
                }
            }
        }
        moved
    }

    fn growth_rules(&self, when: usize) -> u64 {
        let ops = self.plan.whens[when].ops.iter().filter(|op| matches!(op.kind, OpKind::Last(_)));
        set_of(ops.flat_map(|op| &op.rules).copied())
    }

    /// The day on which the group of a record began, if it is known.
    pub(super) fn begun(&self, rule: usize, at: At<'_>) -> Option<i32> {
        let key = (at.institution, at.group(self), self.plan.rules[rule].when);
        self.begun.get(&key).filter(|begun| !begun.is_unsure).map(|begun| begun.day)
    }

    /// Evaluates rules for all windows of a group after a record.
    pub(super) fn judge_again_after(&mut self, at: At<'_>, rules: u64, outcome: &mut Outcome) {
        let day = at.day();
        for rule in bits(rules) {
            outcome.recompute(&self.plan.rules[rule], at.institution, day..=at.first_live - 1, at.position);
        }
        let later = self.entries.after(at.institution, at.group(self), day.max(at.first_live - 1), i32::MAX);
        for entry in later.into_iter().rev() {
            bits(rules).for_each(|rule| self.evaluate(rule, entry, at, outcome));
        }
    }

    /// Notes that a group may begin later than was known, when its first record is taken back.
    pub(super) fn unbegin(
        &mut self,
        old: At<'_>,
        growing: u16,
        entry: u32,
        due_later: &mut Vec<Due>,
        outcome: &mut Outcome,
    ) {
        let day = old.day();
        let group = old.group(self);
        for when in bits(growing) {
            let rules = self.growth_rules(when);
            let has_others = entry != NONE && bits(rules).any(|rule| self.is_there(rule, entry));
            let begun = self.begun.get_mut(&(old.institution, group, when));
            let Some(begun) = begun.filter(|begun| begun.day == day && !has_others) else { continue };
            begun.is_unsure = true;
            for rule in bits(rules) {
                let days = day..=old.first_live - 1;
                outcome.recompute(&self.plan.rules[rule], old.institution, days, old.position);
            }
            let first_day = day.max(old.first_live - 1);
            let later = self.entries.after(old.institution, group, first_day, i32::MAX);
            due_later.extend(later.into_iter().rev().map(|entry| (entry, rules)));
        }
    }
}
