//! The rulebook's queries are read where something changed: which ones, for which days, over which
//! tables.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use analysis::grade::Readings;
use analysis::indicators;
use analysis::indicators::Turn;
use model::event::{Finding, Notice};
use model::time::Day;
use rulebook::Rulebook;
use store::history::HistorySession;

use super::Evaluator;
use super::changed::Changed;
use crate::EngineError;
use crate::derived::{self, Known, Wanted};

/// What an indicator said of some days.
struct Read<'r> {
    indicator: &'r rulebook::Indicator,
    days: RangeInclusive<Day>,
    read: Vec<indicators::Reading>,
}

impl Evaluator {
    /// Reads what is read in a turn. Findings of entries that tell several of a day apart are added to
    /// the findings, what institutions are to be told to the notices; the readings of the other entries
    /// are given.
    pub(super) fn take_turn(
        &mut self,
        book: &Rulebook,
        changed: &Changed,
        turn: Turn,
        findings: &mut Vec<Finding>,
        notices: &mut Vec<Notice>,
    ) -> Result<Vec<Readings>, EngineError> {
        let mut readings = Vec::new();
        for Read { indicator, days, read } in self.read_indicators(book, changed, turn)? {
            if indicator.per.is_empty() {
                notices.extend(read.iter().filter_map(|reading| self.given.take(reading, self.now)));
                readings.push(Readings { entry: indicator.meta.id.clone(), days, readings: read });
            } else {
                let found = indicators::findings(read, self.position);
                let at = self.position.saturating_sub(1);
                findings.extend(self.latest.take_read(&indicator.meta.id, &days, &found, at));
            }
        }
        Ok(readings)
    }

    fn read_indicators<'r>(
        &self,
        book: &'r Rulebook,
        changed: &Changed,
        turn: Turn,
    ) -> Result<Vec<Read<'r>>, EngineError> {
        // Those that look at the same days share the tables.
        let mut by_days: BTreeMap<_, Vec<&'r rulebook::Indicator>> = BTreeMap::new();
        for (indicator, days) in indicators::affected(book, &changed.tables, turn) {
            if let Some(shown) = self.shown(indicator, &days) {
                let seen = indicators::seen(indicator, &shown);
                let key = (*shown.start(), *shown.end(), *seen.start(), *seen.end());
                by_days.entry(key).or_default().push(indicator);
            }
        }
        let mut all = Vec::new();
        for ((first, last, seen_first, seen_last), group) in by_days {
            let shown = first..=last;
            let tables = group.iter().flat_map(|indicator| indicators::tables(book, indicator)).collect();
            let session = self.session(tables, &shown, seen_first..=seen_last)?;
            for indicator in group {
                let mut read =
                    indicators::read(book, indicator, &session, &shown).map_err(EngineError::evaluation)?;
                indicators::trace(book, indicator, &session, &mut read).map_err(EngineError::evaluation)?;
                all.push(Read { indicator, days: shown.clone(), read });
            }
        }
        Ok(all)
    }

    /// The days for which an indicator is read when records of some days changed; none yet where it
    /// waits for filings that are not due.
    fn shown(
        &self,
        indicator: &rulebook::Indicator,
        days: &RangeInclusive<Day>,
    ) -> Option<RangeInclusive<Day>> {
        let (shown, _) = indicators::reach(indicator, days);
        let shown = self.book.days_of(&indicator.meta, shown)?;
        if indicator.days == rulebook::Days::Any {
            return Some(shown);
        }
        derived::closed(&self.book, &self.duties, indicator, &shown, self.now)
    }

    /// The history of some days, the reference tables, and of the derived tables those that are
    /// wanted, for the days that are shown.
    fn session(
        &self,
        tables: BTreeSet<&str>,
        shown: &RangeInclusive<Day>,
        seen: RangeInclusive<Day>,
    ) -> Result<HistorySession, EngineError> {
        let session = self.records(Some(seen.clone()))?;
        let wanted = Wanted { tables, shown, seen: &seen };
        derived::register(
            &session,
            &self.book,
            &wanted,
            |days| self.records(Some(days)),
            || {
                Ok(Known {
                    duties: &self.duties,
                    registered: &self.registered,
                    filed: &self.filed,
                    called_up: &self.called_up,
                    grades: &self.board,
                    now: self.now,
                })
            },
        )?;
        Ok(session)
    }

    /// The history of some days; of all days when `None`.
    pub(super) fn records(&self, days: Option<RangeInclusive<Day>>) -> Result<HistorySession, EngineError> {
        self.history.session(days, &query::Options::default()).map_err(EngineError::evaluation)
    }

    /// What is new about windows that the streaming rules handed over, by batch SQL over the
    /// history.
    pub(super) fn recomputed(&mut self) -> Result<Vec<Finding>, EngineError> {
        let book = Arc::clone(&self.book);
        let mut findings = Vec::new();
        for windows in self.rules.needs_batch() {
            let Some(rule) = book.rules().get(windows.rule) else { continue };
            let session = self.records(windows.days_needed(rule))?;
            let found = analysis::windows::batch_findings(rule, &windows, &session)
                .map_err(EngineError::evaluation)?;
            let answers = |day| book.answers(&rule.meta, day);
            findings.extend(self.latest.take_recomputed(&rule.meta.id, &windows, &found, answers));
        }
        Ok(findings)
    }
}
