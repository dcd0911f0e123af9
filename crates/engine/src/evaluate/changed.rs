//! What changed since the last evaluation: it decides what is read again.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use analysis::indicators::Tables;
use model::streams::STANDING;
use model::time::Day;

/// How many days before the present are judged again when what stands (the register, products,
/// accounts) is filed with an earlier day of effect.
const STANDING_DAYS_JUDGED: i32 = 31;

/// What changed since the last evaluation.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// By table: the days of which rows changed.
    pub(super) tables: Tables,
    /// The first day from which something filed in a standing stream holds.
    standing: BTreeMap<&'static str, Day>,
    /// Institutions and days that records came of.
    pub(super) looked_at: BTreeSet<(Day, String)>,
}

impl Changed {
    pub(super) fn note(&mut self, table: &'static str, days: RangeInclusive<Day>) {
        if STANDING.iter().any(|standing| standing.name == table) {
            let from = self.standing.entry(table).or_insert(*days.start());
            *from = (*from).min(*days.start());
        } else {
            self.note_days(table, days);
        }
    }

    fn note_days(&mut self, table: &'static str, days: RangeInclusive<Day>) {
        let known = self.tables.entry(table).or_insert_with(|| days.clone());
        *known = *known.start().min(days.start())..=*known.end().max(days.end());
    }

    /// What stands bears on every day since; those long past are not judged again for it.
    pub(super) fn settle_standing(&mut self, now: Day) {
        for (table, from) in std::mem::take(&mut self.standing) {
            let first = from.max(now.plus(-STANDING_DAYS_JUDGED));
            self.note_days(table, first..=first.max(now));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.standing.is_empty()
    }
}
