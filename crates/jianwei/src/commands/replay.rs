//! `jianwei replay`: every finding and grade again, from the records alone.

use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use engine::rulebooks;
use miette::{Report, miette};
use rulebook::Rulebook;

use super::rules::RulebookArg;
use crate::data::DataArg;
use crate::outcome::{Done, Outcome, plain};
use crate::scratch;
use crate::screen::{Screen, Style};

/// Evaluate the ledger's records again and compare every finding and grade, byte for byte
///
/// Occasions of evaluation are repeated under the rulebook of their time, which the data directory
/// keeps. The ledger is only read.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  jianwei replay --data ./data")]
pub(crate) struct Replay {
    #[command(flatten)]
    data: DataArg,
    #[command(flatten)]
    rulebook: RulebookArg,
}

impl Replay {
    pub(crate) fn run(self) -> Done {
        let dirs = self.data.existing()?;
        let mut screen = Screen::stdout();
        let book = Arc::new(self.rulebook.load()?);
        let mut equal = self.replay(&mut screen, Arc::clone(&book))?;
        if self.rulebook.rulebook.is_none() {
            for kept in kept_rulebooks(&dirs.rulebooks())? {
                if kept.hash() != book.hash() {
                    equal &= self.replay(&mut screen, Arc::new(kept))?;
                }
            }
        }
        Ok(Outcome::of(!equal))
    }

    /// Replays what was evaluated under one rulebook; says whether it came out as it was sealed.
    fn replay(&self, screen: &mut Screen, book: Arc<Rulebook>) -> Result<bool, Report> {
        let version = book.hash().short();
        let scratch = scratch::folder("replay")?;
        let began = Instant::now();
        let report = engine::replay::replay(&self.data.data, book, scratch.path()).map_err(plain)?;
        let seconds = began.elapsed().as_secs_f64();
        let evaluated = report.occasions.saturating_sub(report.other_rulebook);
        let verdict = match &report.difference {
            None => screen.paint(Style::Green, "equal"),
            Some(_) => screen.paint(Style::Red, "DIFFERENT"),
        };
        screen.line(format_args!(
            "rulebook {version}: {verdict}; {} records, {evaluated} occasions, {} findings, grades and occasions \
             compared; {seconds:.1} s, {:.0} records/s",
            report.records,
            report.compared,
            report.records as f64 / seconds.max(1e-9),
        ))?;
        if report.other_rulebook > 0 {
            screen.line(format_args!("  {} occasions were under another rulebook", report.other_rulebook))?;
        }
        if report.erased > 0 {
            screen.line(format_args!(
                "  {} records are of persons who were erased: what rested on them may differ",
                report.erased
            ))?;
        }
        if let Some(difference) = &report.difference {
            screen.line(difference)?;
        }
        Ok(report.difference.is_none())
    }
}

/// The rulebooks that were in force over a ledger.
fn kept_rulebooks(folder: &std::path::Path) -> Result<Vec<Rulebook>, Report> {
    let mut books = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(books) };
    let mut names: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    names.sort();
    for name in names {
        if let Some(digest) = name.to_str().and_then(|name| name.strip_suffix(".json")) {
            let book =
                rulebooks::load(folder, digest).map_err(|error| miette!("rulebook {digest}: {error}"))?;
            books.push(book);
        }
    }
    Ok(books)
}
