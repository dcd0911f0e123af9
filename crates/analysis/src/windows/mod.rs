//! Rules over windows, evaluated record by record as filings arrive.
//!
//! For every rule, institution (or all together), group and day that has a record of the group,
//! there is a window that ends on that day. It comes to a verdict:
//!
//! - A record counts when `when` is true for it. It is *not determined* when `when` is NULL, or
//!   when it counts and its measured column is NULL, or when it may count and a group column is
//!   NULL (it is then in a group of its own, whose value reads `unknown`).
//! - The worst band that the determined records reach is the grade, provided that every record is
//!   determined or that further records could not undo it (a count, a number of different values,
//!   a greatest value or a sum of amounts that are never negative, above a threshold; a least
//!   value below one).
//! - Otherwise, with a record that is not determined, the window is undetermined.
//! - A growth compares the last records filed for its two days; it is undetermined when one of
//!   them is not determined, when the earlier value is zero, or when there is none for the earlier
//!   day although the group has earlier records.
//!
//! [`rulebook::Rule`] defines all this, and [`rulebook::Rule::batch_sql`] says the same in SQL.
//!
//! A finding is raised whenever a window comes to another verdict than before: when it first
//! reaches a band, when it reaches a worse one, when it is undetermined, and, as `green`, when
//! what was raised no longer holds (after a revision, or a late record that a growth lacked). The
//! latest finding of a window is therefore what holds.
//!
//! How it is done, in the order in which a batch goes through it:
//!
//! | file | what |
//! |---|---|
//! | `plan`, `layout`, `bands` | rules that group by the same columns share entries; where in an entry each measure lies; with which values a verdict stays |
//! | `prepared`, `truth`, `keys` | what is worked out once for a batch: conditions, numbers, group keys |
//! | `keyset`, `program` | looks the entries of many records up together, then takes record by record in, by a list of steps for the conditions that it meets |
//! | `entries`, `groups`, `lines`, `log` | an entry for each group and day, laid out so that a record costs two waits for memory, and these overlap |
//! | `take_in`, `measures`, `distinct`, `growth` | the record's own day, then windows of later days |
//! | `take_back` | a superseded record goes out again |
//! | `verdict`, `outcome` | what a window comes to, and whether that is news |
//! | `batch`, `latest` | windows no longer held here, by SQL; what holds of all windows |
//! | `each` | every window of some days, by SQL, for a draft that is tried on history |
//!
//! **Invariant:** findings depend on the records and their order alone, not on how they are cut
//! into batches, nor on the seed.

mod bands;
mod batch;
mod distinct;
mod each;
mod entries;
mod groups;
mod growth;
mod hash;
mod institutions;
mod keys;
mod keyset;
mod latest;
mod layout;
mod lines;
mod log;
mod measures;
mod outcome;
mod plan;
mod prepared;
mod program;
mod take_back;
mod take_in;
#[cfg(test)]
mod tests;
mod truth;
mod verdict;

use std::collections::HashMap;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use model::event::Finding;
use model::spec::StreamSpec;
use query::QueryError;
use rulebook::Rule;

use self::hash::Mixer;
use self::institutions::{EVERY_INSTITUTION, Institutions};
use self::keyset::{Keyset, TakenBack};
use self::outcome::Outcome;
use self::plan::StreamPlan;
use self::prepared::{Prepared, Wants};

pub use self::batch::batch_findings;
pub use self::each::{FoundWindow, days_seen, each_window};
pub use self::latest::LatestFindings;
pub use self::outcome::Recompute;
pub(crate) use self::prepared::value_text;

/// Why rules could not be compiled or applied.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A rule does not fit its stream.
    #[error("rule {rule}: {what}")]
    Rule {
        /// The rule.
        rule: String,
        /// What is wrong with it.
        what: String,
    },
    /// A batch is not one of the stream.
    #[error("a batch of {stream} cannot be evaluated: {what}")]
    Batch {
        /// The stream.
        stream: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A condition could not be evaluated.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// How the evaluator is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Days behind the newest day of an institution (and stream) whose windows are kept. A record
    /// that comes later than that is referred to the batch engine. Part of what findings depend
    /// on, so it must not change within the life of a ledger.
    pub days_kept: u16,
    /// Spreads keys in memory; any number that institutions do not know. Shows in no result.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { days_kept: 45, seed: 0 }
    }
}

/// Records that others supersede.
#[derive(Clone, Copy, Debug)]
pub struct Superseded<'a> {
    /// The records, with the columns of the stream.
    pub rows: &'a RecordBatch,
    /// For each of them, the position of the record that takes its place; ascending.
    pub by: &'a [u64],
}

/// The rules of one stream and their state.
struct Stream {
    spec: &'static StreamSpec,
    wants: Wants,
    keysets: Vec<Keyset>,
    /// By institution, the newest day seen.
    newest: Vec<i32>,
}

/// Evaluates rules over windows as records arrive.
pub struct StreamingRules {
    settings: Settings,
    mixer: Mixer,
    streams: Vec<Stream>,
    institutions: Institutions,
    outcome: Outcome,
}

impl std::fmt::Debug for StreamingRules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StreamingRules({} entries)", self.entries())
    }
}

impl StreamingRules {
    /// Compiles rules; state begins empty.
    ///
    /// # Errors
    /// [`RulesError::Rule`] for a rule that does not fit its stream.
    pub fn new(rules: &[Rule], settings: Settings) -> Result<Self, RulesError> {
        let mixer = Mixer::new(settings.seed);
        let mut by_stream: Vec<(&'static StreamSpec, Vec<(usize, &Rule)>)> = Vec::new();
        for (order, rule) in rules.iter().enumerate() {
            match by_stream.iter_mut().find(|(stream, _)| *stream == rule.stream) {
                Some((_, rules)) => rules.push((order, rule)),
                None => by_stream.push((rule.stream, vec![(order, rule)])),
            }
        }
        let mut streams = Vec::new();
        for (spec, rules) in by_stream {
            let plan = StreamPlan::new(spec, &rules)?;
            let keysets = plan.keysets.into_iter().map(|keyset| Keyset::new(keyset, mixer)).collect();
            streams.push(Stream { spec: plan.stream, wants: plan.wants, keysets, newest: Vec::new() });
        }
        Ok(Self {
            settings,
            mixer,
            streams,
            institutions: Institutions::default(),
            outcome: Outcome::default(),
        })
    }

    /// Applies records of a stream, in the order of the ledger. Their positions must be above
    /// those of all records of the stream applied before. `batch` has the columns of
    /// [`model::arrow::schema`]; a stream without rules takes no time.
    ///
    /// # Errors
    /// [`RulesError::Batch`] or [`RulesError::Query`]; nothing was applied then.
    pub fn apply(&mut self, stream: &'static StreamSpec, batch: &RecordBatch) -> Result<(), RulesError> {
        self.apply_revising(stream, batch, None)
    }

    /// As [`StreamingRules::apply`]; the superseded records are taken back as the records that
    /// supersede them are applied. Only records that were applied before, or that stand earlier
    /// in this batch, may be superseded.
    ///
    /// # Errors
    /// As [`StreamingRules::apply`], and [`RulesError::Batch`] when a superseding record is not in
    /// the batch.
    pub fn apply_revising(
        &mut self,
        stream: &'static StreamSpec,
        batch: &RecordBatch,
        superseded: Option<Superseded<'_>>,
    ) -> Result<(), RulesError> {
        let Self { settings, mixer, streams, institutions, outcome } = self;
        let Some(stream) = streams.iter_mut().find(|known| known.spec == stream) else { return Ok(()) };
        let prepared = Prepared::new(stream.spec, &stream.wants, batch, *mixer, institutions)?;
        let superseded = superseded.filter(|superseded| superseded.rows.num_rows() > 0);
        let old = superseded
            .map(|superseded| {
                Prepared::new(stream.spec, &stream.wants, superseded.rows, *mixer, institutions)
            })
            .transpose()?;
        let by_row = match superseded {
            Some(superseded) => superseding_rows(stream.spec, batch, superseded)?,
            None => Vec::new(),
        };
        let taken_back = old.as_ref().map(|prepared| TakenBack { prepared, by_row: &by_row });

        stream.newest.resize(institutions.len(), i32::MIN);
        let days_kept = i32::from(settings.days_kept);
        let (live, live_across) = first_live_days(&prepared, &mut stream.newest, days_kept);
        for keyset in &mut stream.keysets {
            let live = if keyset.plan.across_institutions { &live_across } else { &live };
            keyset.apply(&prepared, taken_back.as_ref(), live, outcome);
            let reach = keyset.plan.reach;
            let newest = stream.newest.iter().copied().max().unwrap_or(i32::MIN);
            if !keyset.entries.is_older(newest.saturating_sub(days_kept + reach)) {
                continue;
            }
            keyset.entries.sweep(&keyset.plan, |institution| {
                let newest = stream.newest.get(institution as usize).copied().unwrap_or(i32::MIN);
                newest.saturating_sub(days_kept + reach)
            });
        }
        Ok(())
    }

    /// The findings raised since the last call, in the order of the records at which they became
    /// true; those of one record in the order of the rules.
    pub fn take_findings(&mut self) -> Vec<Finding> {
        self.outcome.take_findings(&self.institutions)
    }

    /// The windows that must be recomputed by batch SQL, in the order of rules and institutions.
    pub fn needs_batch(&mut self) -> Vec<Recompute> {
        self.outcome.take_recompute(&self.institutions)
    }

    /// Entries (one for each group and day) that are held.
    pub fn entries(&self) -> usize {
        self.streams.iter().flat_map(|stream| &stream.keysets).map(|keyset| keyset.entries.len()).sum()
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.streams.iter().flat_map(|stream| &stream.keysets).map(|keyset| keyset.entries.bytes()).sum()
    }
}

/// For each superseded record, the row of the batch that takes its place.
fn superseding_rows(
    stream: &'static StreamSpec,
    batch: &RecordBatch,
    superseded: Superseded<'_>,
) -> Result<Vec<usize>, RulesError> {
    let fault = |what| RulesError::Batch { stream: stream.name, what };
    let positions = batch.column(model::arrow::ADDED_COLUMNS - 1).as_primitive::<UInt64Type>().values();
    let rows: HashMap<u64, usize> =
        positions.iter().enumerate().map(|(row, position)| (*position, row)).collect();
    let found = superseded.by.iter().map(|position| rows.get(position).copied());
    let found: Vec<usize> =
        found.collect::<Option<_>>().ok_or_else(|| fault("a superseding record is not in it"))?;
    if found.len() != superseded.rows.num_rows() || !found.is_sorted() {
        return Err(fault("the superseded records are not in the order of those that supersede them"));
    }
    Ok(found)
}

/// For each row, the first day whose windows are kept: within its institution, and across all.
fn first_live_days(prepared: &Prepared<'_>, newest: &mut [i32], days_kept: i32) -> (Vec<i32>, Vec<i32>) {
    let mut live = Vec::with_capacity(prepared.rows);
    let mut live_across = Vec::with_capacity(prepared.rows);
    for (row, institution) in prepared.institutions.iter().enumerate() {
        let day = prepared.days.value(row);
        for (number, live) in [(*institution, &mut live), (EVERY_INSTITUTION, &mut live_across)] {
            let newest = &mut newest[number as usize];
            *newest = day.max(*newest);
            live.push(newest.saturating_sub(days_kept));
        }
    }
    (live, live_across)
}
