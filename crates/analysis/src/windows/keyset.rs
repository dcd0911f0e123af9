//! Takes the records of a batch into the state of one keyset and finds which rules to evaluate.

use std::hint::black_box;
use std::ops::Range;

use hashbrown::HashMap;

use super::entries::{Entries, LOOKUP_ROWS};
use super::growth::Begun;
use super::hash::{GroupHash, Mixer};
use super::institutions::EVERY_INSTITUTION;
use super::layout::{LATER, NONE};
use super::outcome::Outcome;
use super::plan::{KeysetPlan, reach};
use super::prepared::Prepared;
use super::program::{Programs, bits};

/// Rules that share entries, and the entries.
pub(super) struct Keyset {
    pub(super) plan: KeysetPlan,
    pub(super) entries: Entries,
    pub(super) mixer: Mixer,
    pub(super) programs: Programs,
    /// The first day of each group whose growth is measured, by institution, group and condition;
    /// never dropped, for a missing filing is told from a new group by it.
    pub(super) begun: HashMap<(u32, u128, usize), Begun>,
}

/// Records that later ones superseded.
pub(super) struct TakenBack<'a> {
    pub(super) prepared: &'a Prepared<'a>,
    /// For each of them, the row of the batch that takes its place; ascending.
    pub(super) by_row: &'a [usize],
}

/// Which conditions hold for a row, and which are not determined; a bit for each condition.
#[derive(Clone, Copy, Default)]
pub(super) struct Held {
    pub(super) yes: u16,
    pub(super) unknown: u16,
    /// Whether a measured column has no value.
    pub(super) has_gap: bool,
}

impl Held {
    /// The conditions that the record meets or may meet.
    #[inline]
    pub(super) fn any(self) -> u16 {
        self.yes | self.unknown
    }
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
    pub(super) fn group(self, keyset: &Keyset) -> u128 {
        self.prepared.keys[keyset.plan.key].get(self.row)
    }

    #[inline]
    pub(super) fn day(self) -> i32 {
        self.prepared.days.value(self.row)
    }
}

/// Which rules to evaluate at which entry.
pub(super) type Due = (u32, u64);

impl Keyset {
    pub(super) fn new(plan: KeysetPlan, mixer: Mixer) -> Self {
        let (entries, programs) = (Entries::new(&plan, mixer), Programs::new(&plan));
        Self { plan, entries, mixer, programs, begun: HashMap::new() }
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
        let mut next_back = 0;
        for start in (0..prepared.rows).step_by(LOOKUP_ROWS) {
            let rows = start..(start + LOOKUP_ROWS).min(prepared.rows);
            let heads = self.look_up(prepared, &held, rows.clone());
            for (row, head) in rows.zip(heads) {
                let at = At {
                    prepared,
                    row,
                    position: prepared.positions.value(row),
                    institution: self.institution(prepared, row),
                    first_live: first_live[row],
                };
                let mut replaced = 0..0;
                let mut due_later: Vec<Due> = Vec::new();
                if let Some(taken) = taken_back {
                    let own = taken.by_row[next_back..].iter().take_while(|by| **by == row).count();
                    replaced = next_back..next_back + own;
                    next_back = replaced.end;
                    for old_row in replaced.clone() {
                        let old = At { prepared: taken.prepared, row: old_row, ..at };
                        self.take_back(old, held_back[old_row], &mut due_later, outcome);
                    }
                }
                if held[row].any() != 0 {
                    self.add(at, held[row], head, outcome);
                }
                for old_row in replaced {
                    let Some(taken) = taken_back else { break };
                    let old = At { prepared: taken.prepared, row: old_row, ..at };
                    for (entry, rules) in std::mem::take(&mut due_later) {
                        bits(rules).for_each(|rule| self.evaluate(rule, entry, old, outcome));
                    }
                }
            }
        }
    }

    #[inline]
    fn institution(&self, prepared: &Prepared<'_>, row: usize) -> u32 {
        if self.plan.across_institutions { EVERY_INSTITUTION } else { prepared.institutions[row] }
    }

    /// The newest entries of the groups of some rows; [`NONE`] for rows that no rule looks at.
    /// Each step runs over all of them, so that they wait for memory together.
    fn look_up(&mut self, prepared: &Prepared<'_>, held: &[Held], rows: Range<usize>) -> [u32; LOOKUP_ROWS] {
        let first = rows.start;
        let held = &held[rows.clone()];
        let keys = &prepared.keys[self.plan.key];
        let mut hashes = [GroupHash::default(); LOOKUP_ROWS];
        for (row, hash) in rows.clone().zip(&mut hashes) {
            *hash = self.entries.hash(keys.get(row));
        }
        // Mostly a batch is of one institution; where it is not, some are looked for in vain.
        let institution = self.institution(prepared, first);
        black_box(self.entries.touch_groups(institution, &hashes[..held.len()]));

        let mut heads = [NONE; LOOKUP_ROWS];
        let mut more_lines = [NONE; LOOKUP_ROWS];
        let mut lines = 1;
        for (at, (row, held)) in rows.zip(held).enumerate() {
            if held.any() != 0 {
                heads[at] = self.entries.head_of(self.institution(prepared, row), hashes[at]);
                let own = self.programs.make(&self.plan, held.yes).lines;
                if own > 1 {
                    more_lines[at] = heads[at];
                    lines = lines.max(own);
                }
            }
        }
        black_box(self.entries.touch(&heads, 0));
        for line in 1..lines {
            black_box(self.entries.touch(&more_lines, line));
        }
        if self.plan.reach > 0 {
            self.touch_days_before(&prepared.days.values()[first..], heads);
        }
        heads
    }

    /// Brings near the days that the windows of new entries will be joined from.
    fn touch_days_before(&self, days: &[i32], mut heads: [u32; LOOKUP_ROWS]) {
        let mut first_days = [0; LOOKUP_ROWS];
        for ((head, day), first_day) in heads.iter_mut().zip(days).zip(&mut first_days) {
            *first_day = *day - self.plan.reach;
            if *head != NONE && self.entries.day(*head) >= *day {
                *head = NONE;
            }
        }
        self.entries.touch_back(heads, &first_days, self.plan.joined_lines);
    }

    fn held(&self, prepared: &Prepared<'_>) -> Vec<Held> {
        let mut held = vec![Held::default(); prepared.rows];
        for (bit, when) in self.plan.whens.iter().enumerate() {
            let truth = &prepared.truths[when.condition];
            let mark = 1 << bit;
            if truth.is_always {
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
                held[row].unknown |= std::mem::take(&mut held[row].yes);
            }
        }
        for op in self.plan.whens.iter().flat_map(|when| &when.ops) {
            if let Some(absent) = op.kind.gaps(prepared) {
                absent.set_indices().for_each(|row| held[row].has_gap = true);
            }
        }
        held
    }

    /// Windows that this record is in but that are no longer kept.
    pub(super) fn refer(&self, at: At<'_>, held: Held, outcome: &mut Outcome) {
        for when in bits(held.any()) {
            for rule in self.plan.rules.iter().filter(|rule| rule.when == when) {
                let last = (at.day() + reach(rule.window)).min(at.first_live - 1);
                outcome.recompute(rule, at.institution, at.day()..=last, at.position);
            }
        }
    }

    /// Takes a record in; `hint` is the newest entry of its group, as it was a moment ago.
    #[inline]
    fn add(&mut self, at: At<'_>, held: Held, hint: u32, outcome: &mut Outcome) {
        if self.is_usual(at, held, hint) {
            let due = self.take_in_determined(at, held, hint);
            bits(due).for_each(|rule| self.evaluate(rule, hint, at, outcome));
        } else {
            self.add_any(at, held, hint, outcome);
        }
    }

    /// Whether a record is of the newest day of its group, and it and all others are determined:
    /// nothing but its own entry is concerned then.
    #[inline]
    fn is_usual(&self, at: At<'_>, held: Held, newest: u32) -> bool {
        let is_plain = held.unknown == 0 && !held.has_gap && held.yes & self.plan.growing == 0;
        is_plain && newest != NONE && {
            let row = self.entries.row(newest);
            row.flags() == 0 && row.day() == at.day() && at.day() >= at.first_live
        }
    }

    fn add_any(&mut self, at: At<'_>, held: Held, hint: u32, outcome: &mut Outcome) {
        let day = at.day();
        let begins = match held.any() & self.plan.growing {
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
}
