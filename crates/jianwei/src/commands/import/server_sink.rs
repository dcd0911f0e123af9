//! An import filed to a server, as the institution that the key is of.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use client::{FilingJob, Progress};
use importer::{Mapping, Options};
use miette::{Report, miette};
use model::clock::Clock;
use model::institution::InstitutionId;
use model::spec::StreamSpec;
use model::time::Day;

use super::{Import, print, told};
use crate::commands::file::connect;
use crate::progress::Bar;
use crate::scratch;
use crate::screen::Screen;

pub(super) fn run(
    arguments: &Import,
    screen: &mut Screen,
    mapping: &Mapping,
    options: &Options,
    server: &str,
) -> Result<importer::Report, Report> {
    let key_file = arguments.key_file.as_ref().ok_or_else(|| miette!("give the API key with --key-file"))?;
    let connection = connect(server, key_file)?;
    let scratch = scratch::folder("import")?;
    let mut files: BTreeMap<(Day, u8), (&'static StreamSpec, PathBuf)> = BTreeMap::new();
    let mut institution: Option<InstitutionId> = None;
    let report = importer::import(mapping, &arguments.files, options, &mut |filing| {
        let known = institution.get_or_insert_with(|| filing.institution.clone());
        if *known != filing.institution {
            return Err("a key files for one institution, and the mapping gives several".into());
        }
        let name = format!("{}-{}.ndjson", filing.stream.name, filing.first_day);
        let path = scratch.path().join(name);
        OpenOptions::new().create(true).append(true).open(&path)?.write_all(&filing.lines)?;
        files.insert((filing.first_day, filing.stream.number), (filing.stream, path));
        Ok(())
    });
    let report = report.map_err(told)?;
    print(screen, &report)?;
    let bar = Bar::filings("filing");
    bar.length(files.len() as u64);
    let (mut accepted, mut known_before, mut refused, mut filed_as) = (0, 0, 0, String::new());
    for ((date, _), (stream, path)) in files {
        let mut job = FilingJob::new(stream, path, arguments.receipts.clone());
        job.date = Some(date);
        job.complete = true;
        let summary = client::file(&job, &connection, &Clock::system(), &mut |progress| {
            if let Progress::Waiting { reason, wait, .. } = progress {
                bar.say(&format!("{} of {date}: {reason}; again in {} s", stream.name, wait.as_secs()));
            }
        });
        let summary = summary.map_err(|error| miette!("{} of {date}: {error}", stream.name))?;
        accepted += summary.accepted;
        known_before += summary.duplicates;
        refused += summary.refused;
        if let Some(receipt) = summary.last_receipt {
            filed_as = receipt.institution;
        }
        bar.one_more();
    }
    bar.end();
    screen.line(format_args!(
        "Filed as {filed_as}: {accepted} accepted, {known_before} known before, {refused} refused."
    ))?;
    Ok(report)
}
