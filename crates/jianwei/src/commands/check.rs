//! `jianwei check`: what the supervisor would refuse, known before anything is sent.

use std::path::PathBuf;

use clap::Args;
use client::{CheckReport, Pseudonymiser, Refusal, Secret};
use miette::{Report, miette};
use model::clock::Clock;
use model::pseudonym::PseudonymKey;
use model::spec::StreamSpec;

use super::standard::stream_named;
use crate::outcome::{Done, Outcome, plain};
use crate::screen::{Screen, Style};

/// Check files against the interface standard, offline
///
/// Lines are checked as the supervisor's server would. What only the server can know, such as an
/// id filed before with other content, is not checked.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  jianwei check transaction transactions.ndjson\n  \
                        jianwei check transaction --pseudonym-key-file pseudonym.key raw.ndjson")]
pub(crate) struct Check {
    /// Stream of the files
    #[arg(value_parser = stream_named)]
    stream: &'static StreamSpec,
    /// Files of NDJSON
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    pseudonyms: PseudonymArg,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// The key that turns raw numbers into pseudonyms.
#[derive(Args, Debug)]
pub(crate) struct PseudonymArg {
    /// File with the key that makes pseudonyms of raw numbers, as the supervisor issued it
    #[arg(long, visible_alias = "pseudonym-key", value_name = "FILE")]
    pub(crate) pseudonym_key_file: Option<PathBuf>,
}

impl PseudonymArg {
    /// The key, when its file was named.
    pub(crate) fn key(&self) -> Result<Option<PseudonymKey>, Report> {
        let Some(path) = &self.pseudonym_key_file else { return Ok(None) };
        let key = Secret::from_file(path).and_then(|secret| secret.pseudonym_key());
        key.map(Some).map_err(|error| miette!("{}: {error}", path.display()))
    }
}

impl Check {
    pub(crate) fn run(self) -> Done {
        let mut screen = Screen::stdout();
        let key = self.pseudonyms.key()?;
        let now = Clock::system().now();
        let mut refused = false;
        let mut reports = serde_json::Map::new();
        for file in &self.files {
            let pseudonymiser = key.clone().map(|key| Pseudonymiser::new(key, self.stream));
            let report = client::check(file, self.stream, pseudonymiser, now)
                .map_err(|error| miette!("{}: {error}", file.display()))?;
            refused |= report.refused > 0;
            let name = file.display().to_string();
            if self.json {
                reports.insert(name, serde_json::to_value(&report).map_err(plain)?);
            } else {
                print(&mut screen, &name, &report)?;
            }
        }
        if self.json {
            screen.json(&reports)?;
        }
        Ok(Outcome::of(refused))
    }
}

fn print(screen: &mut Screen, name: &str, report: &CheckReport) -> Result<(), Report> {
    print_refusals(screen, name, &report.refusals, report.refused)?;
    let verdict = match report.refused {
        0 => screen.paint(Style::Green, "fine"),
        _ => screen.paint(Style::Red, "refused lines"),
    };
    screen.line(format_args!(
        "{name}: {verdict}; {} lines, {} accepted, {} refused, {} raw numbers made pseudonyms.",
        report.lines, report.accepted, report.refused, report.replaced
    ))
}

/// Refused lines with their place, as compilers print it, and how many more there are.
pub(crate) fn print_refusals(
    screen: &mut Screen,
    name: &str,
    refusals: &[Refusal],
    total: u64,
) -> Result<(), Report> {
    for refusal in refusals {
        let id = refusal.id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default();
        for fault in &refusal.faults {
            let pointer = if fault.pointer.is_empty() { "the line" } else { &fault.pointer };
            screen.line(format_args!(
                "{name}:{}{id}: {pointer}: {} [{}]",
                refusal.line, fault.detail, fault.code
            ))?;
        }
    }
    let unlisted = total.saturating_sub(refusals.len() as u64);
    if unlisted > 0 {
        screen.line(format_args!("{name}: and {unlisted} more refused lines"))?;
    }
    Ok(())
}
