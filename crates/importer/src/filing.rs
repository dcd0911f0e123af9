//! Records become filings: those of one institution, stream and day together.

use std::collections::BTreeMap;

use model::institution::InstitutionId;
use model::spec::StreamSpec;
use model::time::Day;

use crate::error::ImportError;
use crate::institution::Institutions;

/// Which records go into one filing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// Those of one institution, stream and day: what is owed for a day, the oldest day first.
    #[default]
    Day,
    /// Those of one institution and stream, whatever their days: a history that is brought in at
    /// once, in fewer filings.
    Institution,
}

/// Records of one stream of one institution, as the filing API takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filing {
    /// Who files.
    pub institution: InstitutionId,
    /// The stream.
    pub stream: &'static StreamSpec,
    /// The civil day of its first record in time.
    pub first_day: Day,
    /// The civil day of the last one; the same when filings are grouped by day.
    pub last_day: Day,
    /// How many there are.
    pub records: u64,
    /// One JSON object a line, each ended by a newline.
    pub lines: Vec<u8>,
}

impl Filing {
    /// The one day that all records are of, if it is one.
    pub fn date(&self) -> Option<Day> {
        (self.first_day == self.last_day).then_some(self.first_day)
    }
}

/// Takes filings; an error ends the import.
pub type Sink<'a> = dyn FnMut(Filing) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send + 'a;

#[derive(Debug, Default)]
struct Group {
    days: Option<(Day, Day)>,
    records: u64,
    lines: Vec<u8>,
}

/// Gathers records. A day is handed on as a whole as long as it fits; the oldest days go first,
/// so that what comes in order of time leaves in it.
pub(crate) struct Gatherer<'a> {
    sink: &'a mut Sink<'a>,
    grouping: Grouping,
    groups: BTreeMap<(Day, u32, u8), Group>,
    bytes: usize,
    bytes_max: usize,
    filing_bytes_max: usize,
    pub(crate) filings: u64,
}

impl<'a> Gatherer<'a> {
    pub(crate) fn new(
        sink: &'a mut Sink<'a>,
        grouping: Grouping,
        bytes_max: usize,
        filing_bytes_max: usize,
    ) -> Self {
        Self { sink, grouping, groups: BTreeMap::new(), bytes: 0, bytes_max, filing_bytes_max, filings: 0 }
    }

    pub(crate) fn add(
        &mut self,
        institutions: &Institutions,
        institution: u32,
        stream: &'static StreamSpec,
        day: Day,
        line: &[u8],
    ) -> Result<(), ImportError> {
        let key_day = match self.grouping {
            Grouping::Day => day,
            Grouping::Institution => Day::default(),
        };
        let key = (key_day, institution, stream.number);
        let group = self.groups.entry(key).or_default();
        group.days = Some(group.days.map_or((day, day), |(first, last)| (first.min(day), last.max(day))));
        group.records += 1;
        group.lines.extend_from_slice(line);
        group.lines.push(b'\n');
        self.bytes += line.len() + 1;
        if group.lines.len() >= self.filing_bytes_max
            && let Some(group) = self.groups.remove(&key)
        {
            self.hand_on(institutions, key, group)?;
        }
        if self.bytes > self.bytes_max {
            self.hand_on_until(institutions, self.bytes_max / 2)?;
        }
        Ok(())
    }

    /// Hands everything on that is left.
    pub(crate) fn finish(&mut self, institutions: &Institutions) -> Result<(), ImportError> {
        self.hand_on_until(institutions, 0)
    }

    fn hand_on_until(&mut self, institutions: &Institutions, bytes: usize) -> Result<(), ImportError> {
        while self.bytes > bytes
            && let Some((key, group)) = self.groups.pop_first()
        {
            self.hand_on(institutions, key, group)?;
        }
        Ok(())
    }

    fn hand_on(
        &mut self,
        institutions: &Institutions,
        (_, institution, stream): (Day, u32, u8),
        group: Group,
    ) -> Result<(), ImportError> {
        self.bytes -= group.lines.len().min(self.bytes);
        let (Some(institution), Some(stream), Some((first_day, last_day))) =
            (institutions.get(institution), model::streams::stream_numbered(stream), group.days)
        else {
            return Ok(());
        };
        self.filings += 1;
        let institution = institution.clone();
        let Group { records, lines, .. } = group;
        (self.sink)(Filing { institution, stream, first_day, last_day, records, lines })
            .map_err(ImportError::Sink)
    }
}
