//! Takes the records of a batch into the state of one keyset and finds which rules to evaluate.

use hashbrown::HashMap;
use model::event::Rows;
use rulebook::Window;

use super::distinct::Tally;
use super::entries::{Entries, LATER, NONE, OPEN_BEFORE, OPEN_DAY, SLOW, STALE};
use super::hash::Mixer;
use super::institutions::EVERY_INSTITUTION;
use super::outcome::Outcome;
use super::plan::{KeysetPlan, Op, OpKind, PlannedRule, reach};
use super::prepared::Prepared;
use super::verdict::{RAISED_MASK, worst};

/// Rows looked up together, so that waits for memory overlap.
const LOOKUP_ROWS: usize = 256;

/// Rules that share entries, and the entries.
pub(super) struct Keyset {
    pub(super) plan: KeysetPlan,
    pub(super) entries: Entries,
    pub(super) mixer: Mixer,
    /// The first day of each group whose growth is measured, by institution, group and condition;
    /// never dropped, for a missing filing is told from a new group by it.
    begun: HashMap<(u32, u128, usize), Begun>,
}

/// When a group began.
#[derive(Clone, Copy)]
struct Begun {
    day: i32,
    /// The record of that day was taken back, and which one is first now is not known here.
    is_unsure: bool,
}

/// Records that later ones superseded.
pub(super) struct TakenBack<'a> {
    pub(super) prepared: &'a Prepared<'a>,
    /// For each of them, the row of the batch that takes its place; ascending.
    pub(super) by_row: &'a [usize],
}

/// Which conditions hold for a row, and which are not determined; a bit for each condition.
#[derive(Clone, Copy, Default)]
struct Held {
    yes: u32,
    unknown: u32,
}

/// A record on its way into the state.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) prepared: &'a Prepared<'a>,
    pub(super) row: usize,
    /// Position of the record at which the outcome becomes true.
    pub(super) position: u64,
    pub(super) institution: u32,
    /// Windows that end before this day are no longer evaluated here.
    pub(super) first_live: i32,
}

impl At<'_> {
    #[inline]
    fn group(self, keyset: &Keyset) -> u128 {
        self.prepared.keys[keyset.plan.key].get(self.row)
    }
}

/// Which rules to evaluate at which entry.
type Due = (u32, u64);

fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (bit < 64).then_some(bit as usize)
    })
}

impl Keyset {
    pub(super) fn new(plan: KeysetPlan, mixer: Mixer) -> Self {
        let entries = Entries::new(&plan, mixer);
        Self { plan, entries, mixer, begun: HashMap::new() }
    }

    /// Takes a batch in. `first_live` is, for each row, the first day whose windows are still
    /// evaluated.
    pub(super) fn apply(
        &mut self,
        prepared: &Prepared<'_>,
        taken_back: Option<&TakenBack<'_>>,
        first_live: &[i32],
        outcome: &mut Outcome,
    ) {
        let held = self.held(prepared);
        let held_back = taken_back.map(|taken| self.held(taken.prepared)).unwrap_or_default();
        let across = self.plan.across_institutions;
        let group_keys = &prepared.keys[self.plan.key];
        let mut next_back = 0;
        let mut heads = [NONE; LOOKUP_ROWS];
        let mut hashes = [0; LOOKUP_ROWS];
        let mut touched = 0;
        for start in (0..prepared.rows).step_by(LOOKUP_ROWS) {
            let end = (start + LOOKUP_ROWS).min(prepared.rows);
            let institution =
                |row: usize| if across { EVERY_INSTITUTION } else { prepared.institutions[row] };
            for row in start..end {
                let hash = self.entries.groups.hash(institution(row), group_keys.get(row));
                hashes[row - start] = hash;
                touched ^= i64::from(self.entries.groups.touch(hash));
            }
            for row in start..end {
                let Held { yes, unknown } = held[row];
                let (hash, group) = (hashes[row - start], group_keys.get(row));
                heads[row - start] = match yes | unknown {
                    0 => NONE,
                    _ => self.entries.groups.head(hash, institution(row), group),
                };
            }
            // Buckets, then entries, are looked at once before any is worked on.
            for head in &heads[..end - start] {
                touched ^= self.entries.touch(*head);
            }
            std::hint::black_box(touched);
            for row in start..end {
                let at = At {
                    prepared,
                    row,
                    position: prepared.positions.value(row),
                    institution: institution(row),
                    first_live: first_live[row],
                };
                let mut due_later: Vec<Due> = Vec::new();
                if let Some(taken) = taken_back {
                    let first = next_back;
                    while taken.by_row.get(next_back) == Some(&row) {
                        let old = At { prepared: taken.prepared, row: next_back, ..at };
                        self.take_back(old, held_back[next_back], &mut due_later, outcome);
                        next_back += 1;
                    }
                    let replaced = first..next_back;
                    if held[row].yes | held[row].unknown != 0 {
                        self.add(at, held[row], heads[row - start], outcome);
                    }
                    for old_row in replaced {
                        let old = At { prepared: taken.prepared, row: old_row, ..at };
                        for (entry, rules) in std::mem::take(&mut due_later) {
                            bits(rules).for_each(|rule| self.evaluate(rule, entry, old, outcome));
                        }
                    }
                } else if held[row].yes | held[row].unknown != 0 {
                    self.add(at, held[row], heads[row - start], outcome);
                }
            }
        }
    }

    fn held(&self, prepared: &Prepared<'_>) -> Vec<Held> {
        let mut held = vec![Held::default(); prepared.rows];
        for (bit, when) in self.plan.whens.iter().enumerate() {
            let truth = &prepared.truths[when.condition];
            let mark = 1u32 << bit;
            if truth.yes.count_set_bits() == prepared.rows {
                held.iter_mut().for_each(|held| held.yes |= mark);
            } else {
                truth.yes.set_indices().for_each(|row| held[row].yes |= mark);
            }
            if let Some(unknown) = &truth.unknown {
                unknown.set_indices().for_each(|row| held[row].unknown |= mark);
            }
        }
        // A record whose group is not known may be in any: nothing about it is determined.
        if let Some(unknown) = &prepared.keys[self.plan.key].unknown {
            for row in unknown.set_indices() {
                let Held { yes, unknown } = held[row];
                held[row] = Held { yes: 0, unknown: yes | unknown };
            }
        }
        held
    }

    /// Windows that this record is in but that are no longer kept.
    fn refer(&self, at: At<'_>, held: Held, outcome: &mut Outcome) {
        let day = at.prepared.days.value(at.row);
        for when in bits(u64::from(held.yes | held.unknown)) {
            for rule in self.plan.rules.iter().filter(|rule| rule.when == when) {
                let last = (day + reach(rule.window)).min(at.first_live - 1);
                outcome.recompute(rule, at.institution, day..=last, at.position);
            }
        }
    }

    fn add(&mut self, at: At<'_>, held: Held, hint: u32, outcome: &mut Outcome) {
        let day = at.prepared.days.value(at.row);
        let begins = match (held.yes | held.unknown) & self.plan.growing {
            0 => 0,
            growing => self.begin(at, growing),
        };
        if day < at.first_live {
            self.refer(at, held, outcome);
        }
        if day >= at.first_live - self.plan.reach {
            let entry = if hint != NONE && self.entries.day(hint) == day {
                hint
            } else {
                self.entry(at.institution, at.group(self), day)
            };
            let due = self.take_in(at, held, entry);
            if day >= at.first_live {
                bits(due).for_each(|rule| self.evaluate(rule, entry, at, outcome));
            }
            if self.plan.reach > 0 && self.entries.flags(entry) & LATER != 0 {
                for (later, due) in self.take_in_later(at, held, entry) {
                    if self.entries.day(later) >= at.first_live {
                        bits(due).for_each(|rule| self.evaluate(rule, later, at, outcome));
                    }
                }
            }
        }
        if begins != 0 {
            self.judge_again_after(at, begins, outcome);
        }
    }

    /// The entry of a group and day.
    fn entry(&mut self, institution: u32, group: u128, day: i32) -> u32 {
        let (entry, is_new) = self.entries.find_or_create(&self.plan, institution, group, day);
        if is_new && self.plan.reach > 0 {
            self.join_days_before(entry, day);
        }
        entry
    }

    /// Notes when a group began; gives the rules of growth for which it began earlier than was
    /// known.
    fn begin(&mut self, at: At<'_>, growing: u32) -> u64 {
        let day = at.prepared.days.value(at.row);
        let mut moved = 0;
        for when in bits(u64::from(growing)) {
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
        ops.flat_map(|op| &op.rules).fold(0, |set, rule| set | 1 << rule)
    }

    /// The day on which the group of a record began, if it is known.
    pub(super) fn begun(&self, rule: usize, at: At<'_>) -> Option<i32> {
        let key = (at.institution, at.group(self), self.plan.rules[rule].when);
        self.begun.get(&key).filter(|begun| !begun.is_unsure).map(|begun| begun.day)
    }

    /// Evaluates rules for all windows of a group after a record.
    fn judge_again_after(&mut self, at: At<'_>, rules: u64, outcome: &mut Outcome) {
        let day = at.prepared.days.value(at.row);
        for rule in bits(rules) {
            outcome.recompute(&self.plan.rules[rule], at.institution, day..=at.first_live - 1, at.position);
        }
        let later = self.entries.after(at.institution, at.group(self), day.max(at.first_live - 1), i32::MAX);
        for entry in later.into_iter().rev() {
            bits(rules).for_each(|rule| self.evaluate(rule, entry, at, outcome));
        }
    }

    /// Takes a record into the entry of its day; gives the rules that it may have moved.
    #[inline]
    fn take_in(&mut self, at: At<'_>, held: Held, entry: u32) -> u64 {
        let Self { plan, entries, mixer, .. } = self;
        let slow = entries.flags(entry) & SLOW != 0;
        let (words, tallies) = entries.words_mut(entry);
        let (mut due, mut noted, mut gaps) = (0u64, 0u32, 0u32);
        let mut lists = slow;
        let mut overflow = false;
        for when in bits(u64::from(held.yes)) {
            let when = &plan.whens[when];
            for op in &when.ops {
                let Some(value) = value_of(op.kind, at.prepared, at.row) else {
                    gaps |= 1 << op.bit;
                    if let OpKind::Last(_) = op.kind {
                        words[op.slot] = !(at.position as i64);
                    }
                    continue;
                };
                noted |= 1 << op.bit;
                overflow |= put(words, tallies, op.kind, op.slot, value, at.position, *mixer);
                for window in &op.windows {
                    overflow |= put(words, tallies, op.kind, window.slot, value, at.position, *mixer);
                }
                for &rule in &op.rules {
                    let planned = &plan.rules[rule];
                    due |= u64::from(may_move(planned, words, slow)) << rule;
                }
            }
            lists |= words[when.ops[0].slot] <= Rows::LISTED_MAX as i64;
        }
        if lists && noted != 0 {
            entries.note(entry, at.position, noted);
        }
        if overflow {
            // A sum beyond 64 bits is left to the batch engine, which adds in 128.
            self.mark_stale(entry, held.yes);
            due |= self.rules_of(held.yes);
        }
        if slow && self.entries.flags(entry) & STALE != 0 {
            self.refresh_last(entry, held.yes | held.unknown);
        }
        if gaps != 0 || held.unknown != 0 {
            due |= self.open(at, held, gaps, entry);
        }
        due
    }

    /// Keeps a record that is not determined for some rules; gives those rules.
    fn open(&mut self, at: At<'_>, held: Held, gaps: u32, entry: u32) -> u64 {
        let mut due = 0u64;
        for when in bits(u64::from(held.yes | held.unknown)) {
            let is_unknown = held.unknown >> when & 1 == 1;
            for op in &self.plan.whens[when].ops {
                let is_gap = gaps >> op.bit & 1 == 1;
                if !is_unknown && !is_gap {
                    continue;
                }
                if let OpKind::Last(_) = op.kind {
                    self.entries.words_mut(entry).0[op.slot] = !(at.position as i64);
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
    fn take_in_later(&mut self, at: At<'_>, held: Held, entry: u32) -> Vec<Due> {
        let day = at.prepared.days.value(at.row);
        let group = at.group(self);
        let last_day = day + self.plan.reach;
        let is_open = self.entries.flags(entry) & (OPEN_DAY | OPEN_BEFORE) != 0;
        let mut due_later = Vec::new();
        for later in self.entries.after(at.institution, group, day, last_day).into_iter().rev() {
            let Self { plan, entries, mixer, .. } = self;
            let distance = entries.day(later) - day;
            let (words, tallies) = entries.words_mut(later);
            let (mut due, mut overflow) = (0u64, false);
            for when in bits(u64::from(held.yes | held.unknown)) {
                for op in &plan.whens[when].ops {
                    let value = match held.yes >> when & 1 {
                        1 => value_of(op.kind, at.prepared, at.row),
                        _ => None,
                    };
                    for window in op.windows.iter().filter(|window| window.reach >= distance) {
                        if let Some(value) = value {
                            overflow |= put(words, tallies, op.kind, window.slot, value, at.position, *mixer);
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
    fn join_days_before(&mut self, entry: u32, day: i32) {
        let Self { plan, entries, mixer, .. } = self;
        let before: Vec<u32> = entries.back_to(entries.previous(entry), day - plan.reach).collect();
        if before.is_empty() {
            return;
        }
        for op in plan.whens.iter().flat_map(|when| &when.ops) {
            for window in &op.windows {
                let days = before.iter().filter(|other| entries.day(**other) >= day - window.reach);
                let days: Vec<u32> = days.copied().collect();
                join(entries, op, window.slot, entry, &days, *mixer);
            }
        }
        if before.iter().any(|other| entries.flags(*other) & OPEN_DAY != 0) {
            entries.set_flags(entry, OPEN_BEFORE);
        }
    }

    /// Takes a superseded record back out; what it may have moved is evaluated once its successor
    /// is in.
    fn take_back(&mut self, old: At<'_>, held: Held, due_later: &mut Vec<Due>, outcome: &mut Outcome) {
        if held.yes | held.unknown == 0 {
            return;
        }
        let day = old.prepared.days.value(old.row);
        let position = old.prepared.positions.value(old.row);
        let group = old.group(self);
        if day < old.first_live {
            self.refer(old, held, outcome);
        }
        let growing = (held.yes | held.unknown) & self.plan.growing;
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
        for when in bits(u64::from(held.yes | held.unknown)) {
            let is_unknown = held.unknown >> when & 1 == 1;
            for op_index in 0..self.plan.whens[when].ops.len() {
                let op = self.plan.whens[when].ops[op_index].clone();
                let value = match is_unknown {
                    true => None,
                    false => value_of(op.kind, old.prepared, old.row),
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
                let moved = moved.fold(0u64, |set, rule| set | 1 << rule);
                self.rejoin(later, held);
                due_later.push((later, moved));
            }
            self.rejoin(entry, held);
        }
        self.unbegin(old, growing, entry, due_later, outcome);
        due_later.retain(|(entry, _)| self.entries.day(*entry) >= old.first_live);
    }

    /// Notes that a group may begin later than was known, when its first record is taken back.
    fn unbegin(
        &mut self,
        old: At<'_>,
        growing: u32,
        entry: u32,
        due_later: &mut Vec<Due>,
        outcome: &mut Outcome,
    ) {
        let day = old.prepared.days.value(old.row);
        let group = old.group(self);
        for when in bits(u64::from(growing)) {
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

    /// Takes a value out of the slot of its day.
    fn pull(&mut self, op: &Op, when: usize, entry: u32, value: Option<Value>, position: u64) {
        let count_slot = self.plan.whens[when].ops[0].slot;
        let gaps: u64 = op
            .rules
            .first()
            .and_then(|rule| self.entries.open.get(&(entry, *rule as u32)))
            .map_or(0, |open| open.gaps);
        let (words, tallies) = self.entries.words_mut(entry);
        // The count comes first among the measures, so it has been taken back already.
        let is_last_value = words[count_slot] - gaps as i64 <= 0;
        let is_stale = match (op.kind, value) {
            (OpKind::Count, Some(_)) => {
                words[op.slot] -= 1;
                false
            }
            (OpKind::Sum(_), Some(Value::Number(value))) => match words[op.slot].checked_sub(value) {
                Some(rest) => {
                    words[op.slot] = rest;
                    false
                }
                None => true,
            },
            (OpKind::Min(_) | OpKind::Max(_), Some(Value::Number(value))) => {
                if is_last_value {
                    words[op.slot] = op.kind.empty();
                }
                !is_last_value && words[op.slot] == value
            }
            (OpKind::Distinct(_), Some(Value::Key(key))) => {
                if let Some(tally) = tally_mut(words, tallies, op.slot) {
                    tally.take_back(key);
                    words[op.slot + 1] = tally.len() as i64;
                }
                false
            }
            (OpKind::Last(_), _) => {
                let last = words[op.slot];
                let was_last = last == position as i64 + 1 || last == !(position as i64);
                let has_others = words[count_slot] > 0 || self.entries.flags(entry) & OPEN_DAY != 0;
                if was_last && !has_others {
                    self.entries.words_mut(entry).0[op.slot] = 0;
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
        for when in bits(u64::from(held.yes | held.unknown)) {
            for op in &self.plan.whens[when].ops {
                for window in &op.windows {
                    let days: Vec<u32> = self.entries.back_to(entry, day - window.reach).collect();
                    let (words, tallies) = self.entries.words_mut(entry);
                    clear(words, tallies, op.kind, window.slot);
                    self.entries.stale.remove(&(entry, window.slot));
                    join(&mut self.entries, op, window.slot, entry, &days, self.mixer);
                }
            }
        }
    }

    /// A value filed after the one that was taken back is the last one again.
    fn refresh_last(&mut self, entry: u32, whens: u32) {
        for when in bits(u64::from(whens)) {
            for op in self.plan.whens[when].ops.iter().filter(|op| matches!(op.kind, OpKind::Last(_))) {
                self.entries.stale.remove(&(entry, op.slot));
            }
        }
    }

    fn mark_stale(&mut self, entry: u32, yes: u32) {
        for when in bits(u64::from(yes)) {
            for op in self.plan.whens[when].ops.iter().filter(|op| matches!(op.kind, OpKind::Sum(_))) {
                self.entries.stale.insert((entry, op.slot));
                self.entries.stale.extend(op.windows.iter().map(|window| (entry, window.slot)));
            }
        }
        self.entries.set_flags(entry, STALE);
    }

    fn rules_of(&self, whens: u32) -> u64 {
        let ops = bits(u64::from(whens)).flat_map(|when| &self.plan.whens[when].ops);
        ops.flat_map(|op| &op.rules).fold(0, |set, rule| set | 1 << rule)
    }
}

/// Whether a rule's window that ends so many days after a record has the record in it.
fn reaches(window: Window, distance: i32) -> bool {
    match window {
        Window::AgainstDaysBefore(_) => reach(window) == distance,
        _ => reach(window) >= distance,
    }
}

/// Whether the verdict of a rule may have changed; most records end here.
#[inline]
fn may_move(rule: &PlannedRule, words: &[i64], slow: bool) -> bool {
    let raised = (words[rule.verdict_word] >> rule.verdict_shift) as u8 & RAISED_MASK;
    if !slow && raised == 0 {
        return words[rule.value_slot] >= rule.low;
    }
    raised != worst(rule) || !rule.bands.first().is_some_and(|band| band.is_certain)
}

/// A value on its way into a measure.
#[derive(Clone, Copy)]
enum Value {
    One,
    Number(i64),
    Key(u128),
}

#[inline(always)]
fn value_of(kind: OpKind, prepared: &Prepared<'_>, row: usize) -> Option<Value> {
    match kind {
        OpKind::Count => Some(Value::One),
        OpKind::Sum(index) | OpKind::Min(index) | OpKind::Max(index) | OpKind::Last(index) => {
            prepared.numbers[index].get(row).map(Value::Number)
        }
        OpKind::Distinct(index) => prepared.distinct[index].get(row).map(Value::Key),
    }
}

/// Puts a value into a slot; says whether the slot overflowed.
#[inline(always)]
fn put(
    words: &mut [i64],
    tallies: &mut Vec<Tally>,
    kind: OpKind,
    slot: usize,
    value: Value,
    position: u64,
    mixer: Mixer,
) -> bool {
    match (kind, value) {
        (OpKind::Count, _) => words[slot] += 1,
        (OpKind::Sum(_), Value::Number(value)) => match words[slot].checked_add(value) {
            Some(sum) => words[slot] = sum,
            None => return true,
        },
        (OpKind::Min(_), Value::Number(value)) => words[slot] = words[slot].min(value),
        (OpKind::Max(_), Value::Number(value)) => words[slot] = words[slot].max(value),
        (OpKind::Distinct(_), Value::Key(key)) => put_key(words, tallies, slot, key, mixer),
        (OpKind::Last(_), Value::Number(value)) => {
            words[slot] = position as i64 + 1;
            words[slot + 1] = value;
        }
        _ => {}
    }
    false
}

#[inline(never)]
fn put_key(words: &mut [i64], tallies: &mut Vec<Tally>, slot: usize, key: u128, mixer: Mixer) {
    if words[slot] == 0 {
        tallies.push(Tally::default());
        words[slot] = tallies.len() as i64;
    }
    if let Some(tally) = tally_mut(words, tallies, slot) {
        tally.add(key, 1, mixer);
        words[slot + 1] = tally.len() as i64;
    }
}

fn tally_mut<'a>(words: &[i64], tallies: &'a mut [Tally], slot: usize) -> Option<&'a mut Tally> {
    usize::try_from(words[slot] - 1).ok().and_then(|index| tallies.get_mut(index))
}

fn clear(words: &mut [i64], tallies: &mut [Tally], kind: OpKind, slot: usize) {
    if let OpKind::Distinct(_) = kind {
        if let Some(tally) = tally_mut(words, tallies, slot) {
            *tally = Tally::default();
        }
        words[slot + 1] = 0;
    } else {
        words[slot] = kind.empty();
    }
}

/// Joins the slots of days into the slot of a window.
fn join(entries: &mut Entries, op: &Op, slot: usize, entry: u32, days: &[u32], mixer: Mixer) {
    let mut overflow = false;
    for &day in days {
        if entries.flags(day) & STALE != 0 && entries.stale.contains(&(day, op.slot)) {
            overflow = true;
        }
        let words = entries.words(day);
        let value = words[op.slot];
        match op.kind {
            OpKind::Distinct(_) => {
                let Some(tally) =
                    usize::try_from(value - 1).ok().and_then(|index| entries.tallies.get(index))
                else {
                    continue;
                };
                let tally = tally.clone();
                let (words, tallies) = entries.words_mut(entry);
                if words[slot] == 0 {
                    tallies.push(Tally::default());
                    words[slot] = tallies.len() as i64;
                }
                if let Some(own) = tally_mut(words, tallies, slot) {
                    own.join(&tally, mixer);
                    words[slot + 1] = own.len() as i64;
                }
            }
            OpKind::Count | OpKind::Sum(_) => {
                let own = &mut entries.words_mut(entry).0[slot];
                match own.checked_add(value) {
                    Some(sum) => *own = sum,
                    None => overflow = true,
                }
            }
            OpKind::Min(_) => {
                let own = &mut entries.words_mut(entry).0[slot];
                *own = (*own).min(value);
            }
            OpKind::Max(_) => {
                let own = &mut entries.words_mut(entry).0[slot];
                *own = (*own).max(value);
            }
            OpKind::Last(_) => {}
        }
    }
    if overflow {
        entries.stale.insert((entry, slot));
        entries.set_flags(entry, STALE);
    }
}
