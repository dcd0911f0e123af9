//! Reads records from JSON straight into columns, checking each value as it comes. Every fault
//! of a line is named with its JSON pointer; a line with a fault leaves no trace in the columns.
//!
//! A line is tried by the `shortcut` first, which reads what nearly every line is and gives up at
//! anything else; the `thorough` reader then takes the line from its beginning. Both ask
//! `value` what a text is worth, so they accept the same.

mod plan;
mod shortcut;
mod thorough;
mod value;

use crate::columns::Columns;
use crate::fault::{Fault, FaultCode};
use crate::spec::StreamSpec;
use crate::time::Time;
use plan::Plan;

/// The longest line, in bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;
/// The most items of a list.
pub const LIST_ITEMS_MAX: usize = 1000;
/// The most faults named for one line.
pub const FAULTS_MAX: usize = 8;
/// How far a time may lie after its receipt, in seconds, so that a clock that runs a little fast
/// is forgiven.
pub const FUTURE_SECONDS_MAX: i64 = 600;

/// Reads the lines of one filing.
#[derive(Clone, Copy, Debug)]
pub struct LineReader {
    stream: &'static StreamSpec,
    plan: &'static Plan,
    received_at: Time,
}

impl LineReader {
    /// A reader of lines of a stream received at a time.
    pub fn new(stream: &'static StreamSpec, received_at: Time) -> Self {
        Self { stream, plan: Plan::of(stream), received_at }
    }

    /// Reads one line and appends its record to `columns`.
    ///
    /// # Errors
    /// All faults of the line, at most [`FAULTS_MAX`]; `columns` is then as it was before.
    pub fn read(&self, line: &[u8], columns: &mut Columns) -> Result<(), Vec<Fault>> {
        let row = columns.len();
        if line.len() > LINE_BYTES_MAX {
            return Err(vec![too_long(line)]);
        }
        if shortcut::read(&self.plan.row, line, columns).is_some() {
            return self.check(row, Vec::new(), columns);
        }
        columns.truncate(row);
        self.read_thoroughly(line, columns)
    }

    /// As [`LineReader::read`], by the general reader alone, to which `read` leaves every line
    /// that is not written as nearly all are. It is here so that the two can be compared.
    ///
    /// # Errors
    /// As for [`LineReader::read`].
    pub fn read_thoroughly(&self, line: &[u8], columns: &mut Columns) -> Result<(), Vec<Fault>> {
        let row = columns.len();
        if line.len() > LINE_BYTES_MAX {
            return Err(vec![too_long(line)]);
        }
        let mut faults = Vec::new();
        thorough::read(self.stream.fields, line, columns, &mut faults);
        self.check(row, faults, columns)
    }

    /// Checks a row as a whole, unless it has faults already; drops it if it has any.
    fn check(&self, row: usize, mut faults: Vec<Fault>, columns: &mut Columns) -> Result<(), Vec<Fault>> {
        if faults.is_empty() {
            self.plan.checks.run(columns, row, self.received_at, &mut faults);
        }
        if faults.is_empty() {
            return Ok(());
        }
        columns.truncate(row);
        faults.truncate(FAULTS_MAX);
        Err(faults)
    }
}

fn too_long(line: &[u8]) -> Fault {
    let detail = format!("The line has {} bytes; at most {LINE_BYTES_MAX} are allowed.", line.len());
    Fault::whole(FaultCode::LineTooLong, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::example_records;
    use crate::streams::STREAMS;

    /// What the thorough reader would do as well, nobody would notice that it has to.
    #[test]
    fn the_examples_of_every_stream_go_by_the_shortcut() {
        for stream in STREAMS {
            for example in example_records(stream) {
                let mut columns = Columns::new(stream.fields);
                let line = example.to_string();
                let read = shortcut::read(&Plan::of(stream).row, line.as_bytes(), &mut columns);
                assert_eq!(read, Some(()), "{} {line}", stream.name);
            }
        }
    }
}
