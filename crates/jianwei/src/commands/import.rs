//! `jianwei import`: a core system's export becomes filings, without a program.

mod engine_sink;
mod server_sink;

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use importer::{Grouping, ImportError, Mapping, Options, Refusal};
use miette::Report;
use model::clock::Clock;

use super::check::PseudonymArg;
use super::rules::RulebookArg;
use crate::language::Lang;
use crate::outcome::{Done, Outcome, plain};
use crate::screen::Screen;
use crate::table::{Cell, Table};

/// Map columns of CSV, JSON or Parquet files to streams, and write, file or grade what comes out
///
/// The mapping says in SQL over the file's columns what each field is. Files may be compressed
/// (.gz, .zst, .xz). Every line that comes out is checked as the supervisor would.
#[derive(Args, Debug)]
#[command(
    group = ArgGroup::new("target").required(true),
    after_help = "Examples:\n  jianwei import mapping.yaml export.csv --out ./filings\n  \
        jianwei import mapping.yaml 2017-*.csv.xz --data ./data\n  \
        jianwei import mapping.yaml export.parquet --server http://127.0.0.1:8470 --key-file firm.key"
)]
pub(crate) struct Import {
    /// Mapping file
    #[arg(value_name = "MAPPING")]
    mapping: PathBuf,
    /// Files to read
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write NDJSON files into this folder
    #[arg(long, value_name = "DIR", group = "target")]
    out: Option<PathBuf>,
    /// File into this data directory, which is made when it is not there, and print the grades
    #[arg(long, value_name = "DIR", group = "target")]
    data: Option<PathBuf>,
    /// File to this server, as the institution of the key
    #[arg(long, value_name = "URL", group = "target", requires = "key_file")]
    server: Option<String>,
    /// File with the institution's API key, for --server
    #[arg(long, value_name = "FILE", requires = "server")]
    key_file: Option<PathBuf>,
    /// Folder that keeps the receipts, for --server
    #[arg(long, value_name = "DIR", default_value = "./receipts")]
    receipts: PathBuf,
    #[command(flatten)]
    pseudonyms: PseudonymArg,
    #[command(flatten)]
    rulebook: RulebookArg,
    /// For --data: what goes into one filing
    #[arg(long, value_enum, default_value_t = Group::Day)]
    group: Group,
    /// For --data: when the filings count as received
    #[arg(long, value_enum, default_value_t = Received::MorningAfter)]
    received: Received,
    /// Language of the grades
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
}

/// What goes into one filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Group {
    /// An institution's day, which it completes; the oldest first
    Day,
    /// An institution's whole history, for no day in particular
    Institution,
}

impl From<Group> for Grouping {
    fn from(group: Group) -> Self {
        match group {
            Group::Day => Self::Day,
            Group::Institution => Self::Institution,
        }
    }
}

/// When filings of the past count as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Received {
    /// At eight in the morning after their last day, as if filed in time
    MorningAfter,
    /// Now, which makes every filing of the past a late one
    Now,
}

impl Import {
    pub(crate) fn run(self) -> Done {
        let mapping = Mapping::open(&self.mapping).map_err(told)?;
        let mut options = Options::new(Clock::system().now());
        options.pseudonym_key = self.pseudonyms.key()?;
        if self.data.is_some() {
            options.grouping = self.group.into();
        }
        let mut screen = Screen::stdout();
        let report = match (&self.out, &self.data, &self.server) {
            (Some(folder), _, _) => {
                let report =
                    importer::import_into_folder(&mapping, &self.files, &options, folder).map_err(told)?;
                print(&mut screen, &report)?;
                screen.line(format_args!("Written to {}.", folder.display()))?;
                report
            }
            (_, Some(data), _) => engine_sink::run(&self, &mut screen, &mapping, &options, data)?,
            (_, _, Some(server)) => server_sink::run(&self, &mut screen, &mapping, &options, server)?,
            // The group wants one of them.
            (None, None, None) => importer::Report::default(),
        };
        Ok(Outcome::of(report.refused() > 0))
    }
}

/// A fault of the mapping is shown with its place.
fn told(error: ImportError) -> Report {
    match error {
        ImportError::Mapping(faults) => faults_report(faults),
        other => plain(other),
    }
}

fn faults_report(faults: importer::MappingFaults) -> Report {
    Report::new(faults)
}

/// What was read, written and refused.
fn print(screen: &mut Screen, report: &importer::Report) -> Result<(), Report> {
    for source in &report.sources {
        refusals(screen, &source.refusals, source.refused)?;
        for key in &source.never_seen {
            screen.line(format_args!("warning: no object of {} has the key \"{key}\"", source.table))?;
        }
    }
    for stream in &report.streams {
        refusals(screen, &stream.refusals, stream.refused)?;
    }
    let mut table = Table::new(&["stream", "rows", "left out", "refused", "records", "institutions", "days"]);
    for stream in &report.streams {
        let days = match (stream.first_day, stream.last_day) {
            (Some(first), Some(last)) => format!("{first} – {last}"),
            _ => String::new(),
        };
        table.row([
            stream.stream.as_str().into(),
            Cell::number(stream.rows),
            Cell::number(stream.left_out),
            Cell::number(stream.refused),
            Cell::number(stream.records),
            Cell::number(stream.institutions),
            days.into(),
        ]);
    }
    table.print(screen)?;
    screen.line(format_args!(
        "{} rows read, {} records in {} filings, {} refused.",
        report.rows(),
        report.records(),
        report.filings,
        report.refused()
    ))
}

fn refusals(screen: &mut Screen, refusals: &[Refusal], total: u64) -> Result<(), Report> {
    for refusal in refusals {
        screen.line(refusal)?;
    }
    let unlisted = total.saturating_sub(refusals.len() as u64);
    if unlisted > 0 {
        screen.line(format_args!("and {unlisted} more"))?;
    }
    Ok(())
}
