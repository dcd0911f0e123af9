//! Makes a line ready to be sent: pseudonyms made, then checked by the reader that the server has.

use model::columns::Columns;
use model::fault::{Fault, FaultCode};
use model::read::{LINE_BYTES_MAX, LineReader};
use model::spec::StreamSpec;
use model::time::Time;
use serde::Deserialize;

use crate::lines::Line;
use crate::pseudonymise::Pseudonymiser;
use crate::receipt::Refusal;

/// Rows that are gathered by the reader before they are dropped; they are of no further use.
const ROWS_KEPT_MAX: usize = 4096;

/// Prepares the lines of one file.
pub(crate) struct Preparer {
    reader: LineReader,
    columns: Columns,
    pseudonymiser: Option<Pseudonymiser>,
    prepared: Vec<u8>,
    /// Raw numbers replaced so far.
    pub(crate) replaced: u64,
}

impl Preparer {
    pub(crate) fn new(stream: &'static StreamSpec, pseudonymiser: Option<Pseudonymiser>, now: Time) -> Self {
        Self {
            reader: LineReader::new(stream, now),
            columns: Columns::new(stream.fields),
            pseudonymiser,
            prepared: Vec::new(),
            replaced: 0,
        }
    }

    /// The line as it would be sent, without a line feed, or why the server would refuse it.
    pub(crate) fn prepare(&mut self, line: &Line<'_>) -> Result<&[u8], Refusal> {
        if line.bytes.len() > LINE_BYTES_MAX {
            let detail = format!("The line has {} bytes; at most {LINE_BYTES_MAX} are allowed.", line.length);
            let faults = vec![Fault::whole(FaultCode::LineTooLong, detail).into()];
            return Err(Refusal { line: line.number, id: None, faults });
        }
        self.prepared.clear();
        match &self.pseudonymiser {
            Some(pseudonymiser) => {
                self.replaced += u64::from(pseudonymiser.rewrite(line.bytes, &mut self.prepared));
            }
            None => self.prepared.extend_from_slice(line.bytes.trim_ascii()),
        }
        if self.columns.len() >= ROWS_KEPT_MAX {
            self.columns.truncate(0);
        }
        match self.reader.read(&self.prepared, &mut self.columns) {
            Ok(()) => Ok(&self.prepared),
            Err(faults) => Err(Refusal {
                line: line.number,
                id: record_id(&self.prepared),
                faults: faults.into_iter().map(Into::into).collect(),
            }),
        }
    }
}

/// The id that a refused line bears, if it can be read at all.
fn record_id(line: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct WithId {
        id: String,
    }
    let found: WithId = serde_json::from_slice(line).ok()?;
    (found.id.len() <= 64 && !found.id.chars().any(char::is_control)).then_some(found.id)
}
