//! Filings as files in a folder.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use model::institution::InstitutionId;
use model::time::Day;
use serde::Serialize;

use crate::error::ImportError;
use crate::filing::Filing;
use crate::mapping::Mapping;
use crate::report::Report;
use crate::run::{Options, import};

/// Name of the list of files, written when all of them are complete.
pub const INDEX_FILE: &str = "index.json";

/// One file of a folder of filings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IndexEntry {
    /// Whose records they are.
    pub institution: InstitutionId,
    /// The stream.
    pub stream: &'static str,
    /// The file below the folder.
    pub file: String,
    /// Records in it.
    pub records: u64,
    /// The first day that a record is of.
    pub first_day: Day,
    /// The last day.
    pub last_day: Day,
}

#[derive(Serialize)]
struct Index<'a> {
    version: u32,
    files: Vec<&'a IndexEntry>,
    report: &'a Report,
}

/// Maps files to one NDJSON file for each institution and stream,
/// `FOLDER/<institution>/<stream>.ndjson`, and a list of them, [`INDEX_FILE`].
///
/// # Errors
/// An [`ImportError`]; also when the folder is there already and not empty, because records of
/// two imports in one file would be filed as one.
pub fn import_into_folder(
    mapping: &Mapping,
    files: &[PathBuf],
    options: &Options,
    folder: &Path,
) -> Result<Report, ImportError> {
    let fault =
        |error: std::io::Error| ImportError::Source { path: folder.to_owned(), message: error.to_string() };
    fs::create_dir_all(folder).map_err(fault)?;
    if fs::read_dir(folder).map_err(fault)?.next().is_some() {
        let message = "is not empty; an import begins in a new folder".to_owned();
        return Err(ImportError::Source { path: folder.to_owned(), message });
    }
    let mut entries: BTreeMap<(InstitutionId, u8), IndexEntry> = BTreeMap::new();
    let report = import(mapping, files, options, &mut |filing| {
        let entry = entries.entry((filing.institution.clone(), filing.stream.number)).or_insert_with(|| {
            let (institution, stream) = (filing.institution.clone(), filing.stream.name);
            let file = format!("{institution}/{stream}.ndjson");
            IndexEntry {
                institution,
                stream,
                file,
                records: 0,
                first_day: filing.first_day,
                last_day: filing.last_day,
            }
        });
        entry.records += filing.records;
        entry.first_day = entry.first_day.min(filing.first_day);
        entry.last_day = entry.last_day.max(filing.last_day);
        append(folder, &entry.file, &filing)?;
        Ok(())
    })?;
    let index = Index { version: 1, files: entries.values().collect(), report: &report };
    let mut text = serde_json::to_vec_pretty(&index).map_err(|error| fault(error.into()))?;
    text.push(b'\n');
    fs::write(folder.join(INDEX_FILE), text).map_err(fault)?;
    Ok(report)
}

fn append(folder: &Path, file: &str, filing: &Filing) -> std::io::Result<()> {
    let path = folder.join(file);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    OpenOptions::new().create(true).append(true).open(path)?.write_all(&filing.lines)
}
