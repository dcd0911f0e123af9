//! What a rule comes to for a window, and whether that is news.

use model::event::{Finding, Grade, Reason, Rows, Verdict};
use model::money::format_scaled;
use model::time::Day;
use query::Number;

use super::bands::{ELSEWHERE, PlannedBand, code};
use super::keyset::{At, Keyset};
use super::layout::{OPEN_BEFORE, OPEN_DAY, STALE};
use super::outcome::Outcome;
use super::plan::{OpKind, PlannedRule, reach};
use rulebook::Window;

/// A value as findings show it, in the measure's unit.
pub(super) fn value_text(rule: &PlannedRule, value: i64) -> String {
    match (rule.is_money, rule.scale) {
        (true, scale) => format_scaled(value, scale),
        (false, 0) => value.to_string(),
        (false, _) => Number(i128::from(value)).to_string(),
    }
}

/// What a rule comes to for a window.
enum Judged {
    /// The window has no record.
    Absent,
    /// The state no longer knows.
    Stale,
    /// No band is reached.
    Quiet(Option<i64>),
    /// A record is not determined, and it could matter.
    Undetermined,
    /// The band with this index is reached by this value.
    Reached(usize, i64),
}

impl Keyset {
    /// Evaluates a rule for the window that ends on the day of an entry, and raises a finding when
    /// it comes to something else than before.
    pub(super) fn evaluate(&mut self, rule_index: usize, entry: u32, at: At<'_>, outcome: &mut Outcome) {
        let rule = &self.plan.rules[rule_index];
        let day = Day(self.entries.day(entry));
        if !rule.effective.contains(day) {
            return;
        }
        let raised = self.entries.row(entry).raised(rule_index);
        let judged = match rule.window {
            Window::AgainstDaysBefore(_) => self.judge_growth(rule_index, entry, at),
            _ => self.judge(rule_index, entry),
        };
        let (verdict, value, band) = match judged {
            Judged::Stale => {
                outcome.recompute(rule, at.institution, day.0..=day.0, at.position);
                self.set_raised(rule_index, entry, ELSEWHERE);
                return;
            }
            Judged::Absent => (Verdict::Graded(Grade::Green), None, rule.bands.last()),
            Judged::Quiet(value) => (Verdict::Graded(Grade::Green), value, rule.bands.last()),
            Judged::Undetermined => (Verdict::Undetermined, None, rule.bands.last()),
            Judged::Reached(band, value) => {
                let band = rule.bands.get(band);
                (band.map_or(Verdict::Undetermined, |band| Verdict::Graded(band.grade)), Some(value), band)
            }
        };
        if code(verdict) == raised {
            return;
        }
        let finding = Finding {
            institution: String::new(),
            from: Day(day.0 - reach(rule.window)),
            day,
            group: at.prepared.group_texts(&self.plan.fields, at.row),
            reason: Reason {
                entry: rule.id.clone(),
                entry_hash: rule.hash.clone(),
                line: None,
                verdict,
                value: value.map(|value| value_text(rule, value)),
                condition: band.map_or_else(String::new, |band| band.text.clone()),
                rows: self.rows(rule_index, entry, verdict),
            },
            at: at.position,
        };
        outcome.raise(rule.order, at.institution, finding);
        self.set_raised(rule_index, entry, code(verdict));
    }

    fn set_raised(&mut self, rule: usize, entry: u32, code: u8) {
        self.entries.row_mut(entry).0.set_raised(rule, code);
    }

    /// Whether the window's last day has a record that counts or may count.
    pub(super) fn is_there(&self, rule_index: usize, entry: u32) -> bool {
        let rule = &self.plan.rules[rule_index];
        let count_slot = self.plan.whens[rule.when].ops[0].slot;
        self.entries.row(entry).half(count_slot) > 0
            || self.entries.open.contains_key(&(entry, rule_index as u32))
    }

    /// Records of the window: how many are determined, how many are not.
    fn records(&self, rule_index: usize, entry: u32) -> (i64, u64) {
        let rule = &self.plan.rules[rule_index];
        let count_slot = self.plan.whens[rule.when].ops[0].slot;
        let has_open = self.entries.flags(entry) & (OPEN_DAY | OPEN_BEFORE) != 0;
        let first_day = self.entries.day(entry) - reach(rule.window);
        let (mut determined, mut open) = (0, 0);
        for day in self.entries.back_to(entry, first_day) {
            determined += i64::from(self.entries.row(day).half(count_slot));
            if has_open && let Some(kept) = self.entries.open.get(&(day, rule_index as u32)) {
                determined -= kept.gaps as i64;
                open += kept.rows.count;
            }
        }
        (determined, open)
    }

    fn judge(&self, rule_index: usize, entry: u32) -> Judged {
        let rule = &self.plan.rules[rule_index];
        if !self.is_there(rule_index, entry) {
            return Judged::Absent;
        }
        if self.entries.flags(entry) & STALE != 0 && self.entries.stale.contains(&(entry, rule.slot)) {
            return Judged::Stale;
        }
        let value = rule.kind.read(self.entries.row(entry), rule.slot);
        let (determined, open) = self.records(rule_index, entry);
        let has_value = matches!(rule.kind, OpKind::Count | OpKind::Distinct(_)) || determined > 0;
        let counts = |band: &PlannedBand| band.bound.holds(value) && (open == 0 || band.is_certain);
        match rule.bands.iter().position(|band| has_value && counts(band)) {
            Some(band) => Judged::Reached(band, value),
            None if open > 0 => Judged::Undetermined,
            None => Judged::Quiet(has_value.then_some(value)),
        }
    }

    /// The two entries that a growth compares: the first day's, if it has one, and the last day's.
    fn compared(&self, rule_index: usize, entry: u32) -> (Option<u32>, u32) {
        let first_day = self.entries.day(entry) - reach(self.plan.rules[rule_index].window);
        let first = self.entries.back_to(entry, first_day).last();
        let counts = |first: &u32| self.entries.day(*first) == first_day && self.is_there(rule_index, *first);
        (first.filter(counts), entry)
    }

    fn judge_growth(&self, rule_index: usize, entry: u32, at: At<'_>) -> Judged {
        let rule = &self.plan.rules[rule_index];
        if !self.is_there(rule_index, entry) {
            return Judged::Absent;
        }
        let slot = self.plan.whens[rule.when].ops[rule.op].slot;
        let (first, last) = self.compared(rule_index, entry);
        let is_stale = |entry: u32| {
            self.entries.flags(entry) & STALE != 0 && self.entries.stale.contains(&(entry, slot))
        };
        if is_stale(last) || first.is_some_and(is_stale) {
            return Judged::Stale;
        }
        let Some(first) = first else {
            // Nothing was filed for the earlier day: a filing is missing if the group is older.
            let day = self.entries.day(last);
            return match self.begun(rule_index, at) {
                None => Judged::Stale,
                Some(begun) if begun < day - reach(rule.window) => Judged::Undetermined,
                Some(_) => Judged::Quiet(None),
            };
        };
        let value = |entry: u32| {
            let unknown = self.entries.open.get(&(entry, rule_index as u32));
            let has_unknown = unknown.is_some_and(|open| open.rows.count > open.gaps);
            let row = self.entries.row(entry);
            (row.word(slot.word()) > 0 && !has_unknown).then(|| Number(i128::from(rule.kind.read(row, slot))))
        };
        let growth = value(first).zip(value(last)).and_then(|(old, new)| Number::growth_percent(old, new));
        let Some(growth) = growth else { return Judged::Undetermined };
        let growth = growth.0.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
        match rule.bands.iter().position(|band| band.bound.holds(growth)) {
            Some(band) => Judged::Reached(band, growth),
            None => Judged::Quiet(Some(growth)),
        }
    }

    /// The records that make a verdict true: those counted, or those not determined.
    fn rows(&self, rule_index: usize, entry: u32, verdict: Verdict) -> Rows {
        let rule = &self.plan.rules[rule_index];
        let op = &self.plan.whens[rule.when].ops[rule.op];
        if let Window::AgainstDaysBefore(_) = rule.window {
            let (first, last) = self.compared(rule_index, entry);
            let position = |entry: u32| match self.entries.row(entry).word(op.slot.word()) {
                0 => None,
                word if word > 0 => Some(word as u64 - 1),
                word => Some(!word as u64),
            };
            let mut positions: Vec<u64> =
                first.and_then(position).into_iter().chain(position(last)).collect();
            positions.sort_unstable();
            return Rows { count: positions.len() as u64, positions };
        }
        let (determined, open) = self.records(rule_index, entry);
        let first_day = self.entries.day(entry) - reach(rule.window);
        let days = self.entries.back_to(entry, first_day);
        let mut positions: Vec<u64> = match verdict {
            Verdict::Undetermined => days
                .filter_map(|day| self.entries.open.get(&(day, rule_index as u32)))
                .flat_map(|open| open.rows.positions.iter().copied())
                .collect(),
            Verdict::Graded(_) => days
                .flat_map(|day| self.entries.noted(day))
                .filter(|item| item.ops >> op.bit & 1 == 1)
                .map(|item| item.position)
                .collect(),
        };
        positions.sort_unstable();
        positions.truncate(Rows::LISTED_MAX);
        let count = match verdict {
            Verdict::Undetermined => open,
            Verdict::Graded(_) => determined.max(0) as u64,
        };
        Rows { count, positions }
    }
}
