//! From columns to findings and to the history.

use std::path::Path;

use analysis::windows::{Settings, StreamingRules};
use model::arrow::to_batch;
use model::columns::Columns;
use model::spec::Record;
use model::streams::Transaction;
use store::history::History;

use super::super::measure::threads_cpu;
use super::{Cost, Fallible, Part, Role, part, rules};

/// What the thread is called that writes the history.
const HISTORY_THREADS: &str = "history";

/// Rules and columns.
pub(super) struct Evaluating {
    institution: String,
    rules: StreamingRules,
    evaluated: Cost,
    history: History,
    columns: Cost,
    next: u64,
    /// Findings raised.
    pub(super) findings: usize,
}

impl Evaluating {
    pub(super) fn new(institution: &str, dir: &Path) -> Fallible<Self> {
        Ok(Self {
            institution: institution.to_owned(),
            rules: StreamingRules::new(rules::rulebook()?.rules(), Settings::default())?,
            evaluated: Cost::default(),
            history: History::open(&dir.join("history"))?,
            columns: Cost::default(),
            next: 0,
            findings: 0,
        })
    }

    /// Takes the chunks of a block.
    pub(super) fn block(&mut self, chunks: Vec<Columns>) -> Fallible<()> {
        let first = self.next;
        let batches = self.columns.of(|| {
            let mut next = first;
            let mut batches = Vec::with_capacity(chunks.len());
            for columns in chunks {
                let positions = next..next + columns.len() as u64;
                next = positions.end;
                batches.push(to_batch(Transaction::STREAM, &self.institution, columns, positions.collect())?);
            }
            Ok(batches)
        })?;
        self.evaluated.of(|| {
            for batch in &batches {
                self.rules.apply(Transaction::STREAM, batch)?;
                self.findings += self.rules.take_findings().len();
            }
            Ok(())
        })?;
        self.columns.of(|| {
            for batch in batches {
                self.next += batch.num_rows() as u64;
                self.history.append(Transaction::STREAM, batch)?;
                self.history.settle(self.next)?;
            }
            Ok(())
        })
    }

    pub(super) fn end(&mut self) -> Fallible<()> {
        self.columns.of(|| Ok(self.history.flush(self.next)?))?;
        self.history.wait_for_files()?;
        self.columns.cpu += threads_cpu(HISTORY_THREADS)?;
        Ok(())
    }

    pub(super) fn parts(&self) -> Vec<Part> {
        vec![
            part("30 streaming rules", self.evaluated, Role::More),
            part("columns (Arrow, then Parquet)", self.columns, Role::More),
        ]
    }
}
