//! What an import read, wrote and refused.

use model::fault::Fault;
use model::time::Day;
use serde::Serialize;

/// A row or record that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The file that it came from; absent for a record that a query made of several rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of a text file, or the number of the row or item from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// All that is wrong with it. A pointer names the column of the source, or the field of the
    /// stream.
    pub faults: Vec<Fault>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}:")?,
            (Some(file), None) => write!(f, "{file}:")?,
            _ => f.write_str("(a query's row):")?,
        }
        for fault in &self.faults {
            write!(
                f,
                " {} [{}{}{}]",
                fault.detail,
                fault.code,
                if fault.pointer.is_empty() { "" } else { " " },
                fault.pointer
            )?;
        }
        Ok(())
    }
}

/// Rows of one table that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// The table's name in the mapping.
    pub table: String,
    /// How many files it was read from.
    pub files: u64,
    /// Rows in the files.
    pub rows: u64,
    /// Rows left out because a value is not what its column was declared to be.
    pub refused: u64,
    /// The first of them.
    pub refusals: Vec<Refusal>,
    /// Declared keys that no JSON object had: probably misspelt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub never_seen: Vec<String>,
}

/// Records of one stream of the mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StreamReport {
    /// The stream.
    pub stream: String,
    /// Rows that it was made from.
    pub rows: u64,
    /// Rows that the mapping's `where` left out.
    pub left_out: u64,
    /// Records written.
    pub records: u64,
    /// Records that the interface standard refuses.
    pub refused: u64,
    /// The first of them.
    pub refusals: Vec<Refusal>,
    /// Institutions that the records are of.
    pub institutions: u64,
    /// The first day that a record is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_day: Option<Day>,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<Day>,
}

/// What an import read, wrote and refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The mapping's file.
    pub mapping: String,
    /// What was read, one for each table.
    pub sources: Vec<SourceReport>,
    /// What was written, one for each stream of the mapping.
    pub streams: Vec<StreamReport>,
    /// Filings handed on.
    pub filings: u64,
}

impl Report {
    /// Rows read in all.
    pub fn rows(&self) -> u64 {
        self.sources.iter().map(|source| source.rows).sum()
    }

    /// Records written in all.
    pub fn records(&self) -> u64 {
        self.streams.iter().map(|stream| stream.records).sum()
    }

    /// Rows and records refused in all.
    pub fn refused(&self) -> u64 {
        let rows: u64 = self.sources.iter().map(|source| source.refused).sum();
        let records: u64 = self.streams.iter().map(|stream| stream.refused).sum();
        rows + records
    }
}
