//! The figures, mapped to the interface standard as an institution would file them.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use importer::{Mapping, Options};
use model::arrow::{event_day, to_batch};
use model::columns::Columns;
use model::read::LineReader;
use model::spec::Record;
use model::streams::BusinessDaily;
use model::time::{Day, Time};
use query::RecordBatch;

use super::StudyError;

const MAPPING: &str = include_str!("../../../../examples/mappings/wdzj.yaml");
/// The figures were gathered in August 2018; nothing in them lies later.
const GATHERED_BEFORE: (u32, u32, u32) = (2018, 12, 31);
/// Length of `-YYYY-MM-DD`, which the mapping puts after a platform's number.
const DATE_SUFFIX_BYTES: usize = 11;

/// A platform.
#[derive(Clone, Debug)]
pub(super) struct Platform {
    /// Its number in the set.
    pub(super) id: String,
    /// The code under which it files.
    pub(super) institution: String,
    /// The days that it filed figures of.
    pub(super) days: Vec<Day>,
}

/// The figures of all platforms.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub(super) platforms: Vec<Platform>,
    pub(super) batches: Vec<RecordBatch>,
    pub(super) import: importer::Report,
    pub(super) warnings: Vec<String>,
}

/// The file of a name, or one that begins with it: `monthly.csv` or `monthly.csv.xz`.
pub(super) fn file(folder: &Path, name: &str) -> Result<PathBuf, StudyError> {
    let plain = folder.join(name);
    let packed = ["xz", "gz", "zst"].map(|ending| folder.join(format!("{name}.{ending}")));
    let found = std::iter::once(plain).chain(packed).find(|path| path.is_file());
    found.ok_or_else(|| StudyError::Data { path: folder.to_owned(), message: format!("has no {name}") })
}

pub(super) fn load(folder: &Path) -> Result<Panel, StudyError> {
    let path = file(folder, "monthly.csv")?;
    let mapping = Mapping::read("wdzj.yaml", MAPPING).map_err(importer::ImportError::from)?;
    let (year, month, day) = GATHERED_BEFORE;
    let received_at = Time::start_of(Day::from_ymd(year, month, day).unwrap_or_default());
    let stream = BusinessDaily::STREAM;
    let reader = LineReader::new(stream, received_at);
    let mut by_platform: BTreeMap<String, (String, Columns)> = BTreeMap::new();
    let mut ids: HashSet<String> = HashSet::new();
    let mut twice = 0u64;
    let import = importer::import(&mapping, &[path], &Options::new(received_at), &mut |filing| {
        let mut columns = Columns::new(stream.fields);
        for line in filing.lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            // The importer has checked every line.
            if reader.read(line, &mut columns).is_err() {
                return Err("a record that was checked is not sound".into());
            }
        }
        for row in 0..columns.len() {
            let id = columns.id(row);
            // As the ledger would: the first record of an id stays.
            if !ids.insert(id.to_owned()) {
                twice += 1;
                continue;
            }
            let platform = id.get(..id.len().saturating_sub(DATE_SUFFIX_BYTES)).unwrap_or(id);
            let (_, own) = by_platform
                .entry(platform.to_owned())
                .or_insert_with(|| (filing.institution.to_string(), Columns::new(stream.fields)));
            own.push_row_of(&columns, row);
        }
        Ok(())
    })?;
    let mut warnings = Vec::new();
    if twice > 0 {
        warnings.push(format!("{twice} rows of a platform and month that has one already were left out"));
    }
    if import.refused() > 0 {
        warnings.push(format!("{} rows were refused by the interface standard", import.refused()));
    }
    let mut platforms = Vec::new();
    let mut batches = Vec::new();
    for (id, (institution, columns)) in by_platform {
        let days = (0..columns.len()).map(|row| event_day(stream, &columns, row)).collect();
        let positions = (0..columns.len() as u64).collect();
        let batch = to_batch(stream, &institution, columns, positions)
            .map_err(|error| query::QueryError::Internal(error.to_string()))?;
        batches.push(batch);
        platforms.push(Platform { id, institution, days });
    }
    Ok(Panel { platforms, batches, import, warnings })
}
