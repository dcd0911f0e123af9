//! `jianwei file`: an institution files.

use std::path::{Path, PathBuf};

use clap::Args;
use client::{Connection, FilingError, FilingJob, FilingSummary, Mode, Progress, Secret};
use miette::{Report, miette};
use model::clock::Clock;
use model::spec::StreamSpec;
use model::time::Day;

use super::check::{PseudonymArg, print_refusals};
use super::standard::stream_named;
use crate::outcome::{Done, Outcome, plain};
use crate::progress::Bar;
use crate::screen::{Screen, Style};

/// File NDJSON to the supervisor's server
///
/// Files are first checked offline; with a line that the standard refuses nothing is sent, unless
/// --leave-out-refused. Raw numbers become pseudonyms before anything leaves the machine. Receipts
/// are kept; the same command again goes on where the last one stopped.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  jianwei file --server http://127.0.0.1:8470 --key-file firm.key --stream transaction \
    --date 2026-03-31 --final transactions.ndjson\n  jianwei file --server http://127.0.0.1:8470 --key-file firm.key \
    --stream kyc_check --pseudonym-key-file pseudonym.key checks.ndjson"
)]
pub(crate) struct File {
    #[command(flatten)]
    server: ServerArgs,
    /// Stream of the files
    #[arg(long, value_name = "STREAM", value_parser = stream_named)]
    stream: &'static StreamSpec,
    #[command(flatten)]
    pseudonyms: PseudonymArg,
    /// Business date that the files are about; left out for a push in real time
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = Day::parse)]
    date: Option<Day>,
    /// The stream is complete for that date with these files
    #[arg(long = "final", requires = "date")]
    complete: bool,
    /// All lines of a file or none
    #[arg(long)]
    atomic: bool,
    /// Send the rest when the offline check refuses lines
    #[arg(long, conflicts_with = "atomic")]
    leave_out_refused: bool,
    /// Files of NDJSON
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Where to file and how to be known there.
#[derive(Args, Debug)]
pub(crate) struct ServerArgs {
    #[command(flatten)]
    access: AccessArgs,
    /// Folder that keeps the receipts
    #[arg(long, value_name = "DIR", default_value = "./receipts")]
    pub(crate) receipts: PathBuf,
}

impl ServerArgs {
    /// As [`AccessArgs::connect`].
    pub(crate) fn connect(&self) -> Result<Connection, Report> {
        self.access.connect()
    }
}

/// A server and how to be known there.
#[derive(Args, Debug)]
pub(crate) struct AccessArgs {
    /// The supervisor's server
    #[arg(long, value_name = "URL")]
    server: String,
    /// File with the API key
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
}

impl AccessArgs {
    /// The connection; nothing is sent yet.
    pub(crate) fn connect(&self) -> Result<Connection, Report> {
        connect(&self.server, &self.key_file)
    }
}

/// A connection by address and key file.
pub(crate) fn connect(server: &str, key_file: &Path) -> Result<Connection, Report> {
    let secret = Secret::from_file(key_file).map_err(|error| miette!("{}: {error}", key_file.display()))?;
    Connection::new(server, secret).map_err(plain)
}

impl File {
    pub(crate) fn run(self) -> Done {
        let connection = self.server.connect()?;
        let pseudonym_key = self.pseudonyms.key()?;
        let mut screen = Screen::stdout();
        let mut faults = false;
        let last = self.files.len() - 1;
        for (number, path) in self.files.iter().enumerate() {
            let mut job = FilingJob::new(self.stream, path.clone(), self.server.receipts.clone());
            job.date = self.date;
            // With several files only the last one can say that there is no more.
            job.complete = self.complete && number == last;
            job.mode = if self.atomic { Mode::Atomic } else { Mode::Lines };
            job.leave_out_refused = self.leave_out_refused;
            job.pseudonym_key = pseudonym_key.clone();
            faults |= file(&mut screen, &job, &connection)? == Outcome::Faults;
        }
        Ok(Outcome::of(faults))
    }
}

/// Files one file and says what came of it.
fn file(screen: &mut Screen, job: &FilingJob, connection: &Connection) -> Done {
    let name = job.path.display().to_string();
    let bar = Bar::lines(&name);
    let result = client::file(job, connection, &Clock::system(), &mut |progress| show(&bar, progress));
    bar.end();
    match result {
        Ok(summary) => summarise(screen, &name, &summary),
        Err(FilingError::Check(report)) => {
            print_refusals(screen, &name, &report.refusals, report.refused)?;
            let word = screen.paint(Style::Red, "not filed");
            screen.line(format_args!(
                "{name}: {word}: the standard refuses {} of {} lines (--leave-out-refused files the rest)",
                report.refused, report.lines
            ))?;
            Ok(Outcome::Faults)
        }
        Err(FilingError::Refused { batch, problem }) => {
            print_refusals(screen, &name, &problem.refusals, problem.refusals.len() as u64)?;
            let word = screen.paint(Style::Red, "refused");
            screen.line(format_args!("{name}: batch {batch} {word}: {problem}"))?;
            Ok(Outcome::Faults)
        }
        Err(error) => Err(miette!("{name}: {error}")),
    }
}

fn show(bar: &Bar, progress: Progress<'_>) {
    match progress {
        Progress::Checked(report) => bar.length(report.lines),
        Progress::Exposed => bar.say("the key travels unencrypted to another machine; use https"),
        Progress::Sending { .. } => {}
        Progress::Waiting { attempt, wait, reason, .. } => {
            bar.say(&format!("attempt {attempt} failed ({reason}); the next one in {} s", wait.as_secs()));
        }
        Progress::Sealed { lines_done, .. } => bar.at(lines_done),
    }
}

fn summarise(screen: &mut Screen, name: &str, summary: &FilingSummary) -> Done {
    let unaccepted = summary.refused + summary.left_out;
    print_refusals(screen, name, &summary.refusals, unaccepted)?;
    let word = match unaccepted {
        0 => screen.paint(Style::Green, "filed"),
        _ => screen.paint(Style::Red, "filed in part"),
    };
    screen.line(format_args!(
        "{name}: {word}; {} accepted, {} known before, {} refused, {} left out{}",
        summary.accepted,
        summary.duplicates,
        summary.refused,
        summary.left_out,
        if summary.declared_complete { "; the date is complete" } else { "" }
    ))?;
    if let Some(receipt) = &summary.last_receipt {
        let positions = receipt
            .positions
            .map(|positions| format!(", ledger positions {}–{}", positions.first, positions.last));
        screen.line(format_args!("  receipt {}{}", receipt.filing, positions.unwrap_or_default()))?;
        for warning in &receipt.warnings {
            let text = warning.as_str().map_or_else(|| warning.to_string(), str::to_owned);
            screen.line(format_args!("  warning: {text}"))?;
        }
    }
    Ok(Outcome::of(unaccepted > 0))
}
