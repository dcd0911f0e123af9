//! `jianwei bench`: what this machine can do at best, and how near the whole comes to it.
//!
//! | file | measures |
//! |---|---|
//! | `parts` | each unavoidable part of filing alone, on one thread, in CPU time a record |
//! | `whole` | the whole filing path over HTTP, in CPU time of a server in a process of its own |
//! | `replay` | reading a ledger back and evaluating it again |
//! | `alerts` | `bench alerts`: from a filing that makes an institution red to the push on a phone |
//! | `ledger` | `bench ledger`: the ledger alone, with a raw file beside it |
//! | `indicators` | `bench indicators`: Parquet, SQL and our side of `benches/duckdb_indicators.py` |
//!
//! and with them: `rules` (thirty rules of a day's work), `server` (`jianwei serve` in a process of
//! its own), `load` (what loads it), `sink` (where pushes arrive), `measure` (clocks), `report` (figures and how they are shown).
//!
//! A ratio is only ever taken between figures of one run. CPU time is the yardstick because it
//! hardly changes when something else runs on the machine; time on the clock is shown beside it.
//!
//! **Invariant:** nothing here is used by the server.

mod alerts;
mod indicators;
mod ledger;
mod load;
mod measure;
mod parts;
mod replay;
mod report;
mod rules;
mod server;
mod sink;
mod whole;

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use tempfile::TempDir;

use crate::outcome::{Done, Outcome, plain};
use report::Report;

/// Whatever goes wrong ends the measurement, with its reason.
type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measure this machine: each part of filing alone, then the whole path
///
/// The whole is `jianwei serve` in a process of its own, loaded over HTTP; its CPU time is held
/// against that of the parts, which are measured in the same run.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example:\n  jianwei bench --records 500000 --large 0"
)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    filing: FilingArgs,
}

#[derive(Args, Debug)]
struct FilingArgs {
    /// Transactions for the parts, and for each way of filing them
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    records: u64,
    /// Transactions of the large filing with which memory is measured; 0 leaves it out
    #[arg(long, value_name = "N", default_value_t = 5_000_000)]
    large: u64,
    /// Connections that file at once
    #[arg(long, value_name = "N", default_value_t = 2)]
    connections: usize,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Args, Debug)]
struct CommonArgs {
    /// Folder on the disk to be measured; what is written there is deleted at the end
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl CommonArgs {
    /// A folder to write to, which goes when it is dropped.
    fn folder(&self) -> Fallible<TempDir> {
        Ok(tempfile::Builder::new().prefix("jianwei-bench-").tempdir_in(&self.dir)?)
    }
}

#[derive(Debug, Subcommand)]
enum What {
    /// Measure the ledger alone, with a raw file beside it
    #[command(after_help = "Example:\n  jianwei bench ledger --records 1000000")]
    Ledger(LedgerArgs),
    /// Measure from a filing that makes an institution red to the push on a phone
    #[command(after_help = "Example:\n  jianwei bench alerts --samples 300")]
    Alerts(alerts::AlertsArgs),
    /// Write transactions as Parquet and query them: our side of benches/duckdb_indicators.py
    #[command(
        hide = true,
        after_help = "Example:\n  jianwei bench indicators --records 20000000 --out ./indicators"
    )]
    Indicators(indicators::IndicatorsArgs),
}

#[derive(Args, Debug)]
struct LedgerArgs {
    /// Entries of 256 bytes
    #[arg(long, value_name = "N", default_value_t = 4_000_000)]
    records: u64,
    #[command(flatten)]
    common: CommonArgs,
}

impl Bench {
    /// Measures, and prints the figures.
    pub(crate) fn run(self) -> Done {
        let done = match self.what {
            None => filing(&self.filing),
            Some(What::Ledger(args)) => {
                measured(&args.common, |dir, report| ledger::measure(args.records, dir, report))
            }
            Some(What::Alerts(args)) => {
                measured(&args.common, |dir, report| alerts::measure(&args, dir, report))
            }
            Some(What::Indicators(args)) => indicators::run(&args),
        };
        done.map(|()| Outcome::Fine).map_err(plain)
    }
}

fn filing(args: &FilingArgs) -> Fallible<()> {
    measured(&args.common, |dir, report| {
        let parts = parts::measure(args.records, dir, report)?;
        let data = whole::measure(args, dir, &parts, report)?;
        replay::measure(&data, report)
    })
}

/// Runs a measurement in a folder of its own and prints its report.
fn measured(common: &CommonArgs, measure: impl FnOnce(&Path, &mut Report) -> Fallible<()>) -> Fallible<()> {
    let folder = common.folder()?;
    let mut report = Report::new(common.json);
    measure(folder.path(), &mut report)?;
    report.end()
}
