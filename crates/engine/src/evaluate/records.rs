//! Records are taken in: into the windows of the streaming rules, into the history, and into what is
//! known of an institution and a day.

use std::collections::BTreeSet;

use analysis::obligations::Registered;
use analysis::windows::Superseded;
use model::arrow::{event_day, to_batch};
use model::columns::Columns;
use model::spec::{Record, StreamSpec};
use model::streams::Register;
use model::time::Day;
use query::RecordBatch;

use super::Evaluator;
use crate::EngineError;

/// Records to be applied.
pub(crate) struct Records<'a> {
    pub(crate) stream: &'static StreamSpec,
    pub(crate) institution: &'a str,
    pub(crate) columns: Columns,
    pub(crate) first_position: u64,
    /// (row, position of the revision that it replaces).
    pub(crate) supersedes: Vec<(usize, u64)>,
}

/// Records that an evaluator must fetch again: those that revisions supersede.
pub(crate) type OldRecord<'a> = &'a dyn Fn(u64) -> Result<(&'static StreamSpec, Columns), EngineError>;

impl Evaluator {
    /// Applies records. `old` reads a superseded record back.
    pub(crate) fn apply(&mut self, records: Records<'_>, old: OldRecord<'_>) -> Result<(), EngineError> {
        let Records { stream, institution, columns, first_position, supersedes } = records;
        let rows = columns.len() as u64;
        if stream == Register::STREAM {
            for own in Registered::read(&columns) {
                self.registered.entry(institution.to_owned()).or_default().push(own);
            }
        }
        let superseded = self.superseded(stream, institution, first_position, &supersedes, old)?;
        let days = days_of(stream, &columns);
        let positions = (first_position..first_position + rows).collect();
        let batch = to_batch(stream, institution, columns, positions).map_err(EngineError::evaluation)?;
        match &superseded {
            Some((rows, by)) => {
                let superseded = Superseded { rows, by };
                self.rules
                    .apply_revising(stream, &batch, Some(superseded))
                    .map_err(EngineError::evaluation)?;
                self.note_days_of(stream, rows);
            }
            None => self.rules.apply(stream, &batch).map_err(EngineError::evaluation)?,
        }
        self.note_records(stream, institution, &days);
        // At a start the history may have these rows already.
        if first_position >= self.history.covered() {
            self.history.append(stream, batch).map_err(EngineError::evaluation)?;
            for (_, position) in supersedes {
                self.history.supersede(stream, position).map_err(EngineError::evaluation)?;
            }
        }
        self.position = first_position + rows;
        Ok(())
    }

    fn note_records(&mut self, stream: &'static StreamSpec, institution: &str, days: &BTreeSet<Day>) {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return };
        self.changed.note(stream.name, *first..=*last);
        for day in days {
            self.board.note_records(institution, *day, stream.name);
            self.changed.looked_at.insert((*day, institution.to_owned()));
        }
    }

    /// The superseded records as a batch, each with the position of the one that takes its place.
    fn superseded(
        &self,
        stream: &'static StreamSpec,
        institution: &str,
        first_position: u64,
        supersedes: &[(usize, u64)],
        old: OldRecord<'_>,
    ) -> Result<Option<(RecordBatch, Vec<u64>)>, EngineError> {
        if supersedes.is_empty() {
            return Ok(None);
        }
        let mut rows = Columns::new(stream.fields);
        let (mut positions, mut by) = (Vec::new(), Vec::new());
        for (row, position) in supersedes {
            rows.push_row_of(&old(*position)?.1, 0);
            positions.push(*position);
            by.push(first_position + *row as u64);
        }
        let batch = to_batch(stream, institution, rows, positions).map_err(EngineError::evaluation)?;
        Ok(Some((batch, by)))
    }

    fn note_days_of(&mut self, stream: &'static StreamSpec, batch: &RecordBatch) {
        let rows = query::Rows::new(batch.clone());
        for day in (0..rows.len()).filter_map(|row| rows.day("day", row)) {
            self.changed.note(stream.name, day..=day);
        }
    }
}

/// The days that records bear.
fn days_of(stream: &'static StreamSpec, columns: &Columns) -> BTreeSet<Day> {
    let mut days = BTreeSet::new();
    let mut last = None;
    for row in 0..columns.len() {
        let day = event_day(stream, columns, row);
        // Most records bear the day of the one before.
        if last.replace(day) != Some(day) {
            days.insert(day);
        }
    }
    days
}
