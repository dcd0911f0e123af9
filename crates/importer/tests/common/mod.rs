//! Small made-up files, mapped in a temporary folder.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of this module")]

use std::path::PathBuf;

use importer::{Filing, ImportError, Mapping, Options, Report};
use model::pseudonym::PseudonymKey;
use model::time::Time;

/// Options of a filing received at the start of 2026.
pub fn options() -> Options {
    let mut options = Options::new(Time::parse("2026-01-01T00:00:00+08:00").unwrap());
    options.pseudonym_key = PseudonymKey::new(b"a secret for tests only");
    options
}

/// Maps files given by name and content.
pub fn import_with(
    mapping: &str,
    files: &[(&str, &[u8])],
    options: &Options,
) -> Result<(Report, Vec<Filing>), ImportError> {
    let folder = tempfile::tempdir().unwrap();
    let mut paths: Vec<PathBuf> = Vec::new();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        paths.push(path);
    }
    let mapping = Mapping::read("mapping.yaml", mapping)?;
    let mut filings = Vec::new();
    let mut report = importer::import(&mapping, &paths, options, &mut |filing| {
        filings.push(filing);
        Ok(())
    })?;
    let sources = report.sources.iter_mut().flat_map(|source| &mut source.refusals);
    for refusal in sources.chain(report.streams.iter_mut().flat_map(|stream| &mut stream.refusals)) {
        refusal.file = refusal.file.take().map(|file| file.rsplit('/').next().unwrap().to_owned());
    }
    Ok((report, filings))
}

/// As [`import_with`] the usual options.
pub fn import(mapping: &str, files: &[(&str, &str)]) -> Result<(Report, Vec<Filing>), ImportError> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    import_with(mapping, &files, &options())
}

/// Filings as text: whose, which stream and day, and the lines.
pub fn shown(filings: &[Filing]) -> String {
    let mut text = String::new();
    for filing in filings {
        text += &format!(
            "{} {} {} ({})\n",
            filing.first_day, filing.institution, filing.stream.name, filing.records
        );
        text += std::str::from_utf8(&filing.lines).unwrap();
    }
    text
}

/// What an import gives as text, whether it succeeds or not.
pub fn outcome(result: Result<(Report, Vec<Filing>), ImportError>) -> String {
    match result {
        Ok((report, filings)) => {
            let refusals = report.sources.iter().flat_map(|source| &source.refusals);
            let refusals = refusals.chain(report.streams.iter().flat_map(|stream| &stream.refusals));
            let refusals: Vec<String> = refusals.map(ToString::to_string).collect();
            format!("{}{}", shown(&filings), refusals.join("\n"))
        }
        Err(ImportError::Mapping(faults)) => faults.render(110),
        Err(error) => error.to_string(),
    }
}
