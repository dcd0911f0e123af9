//! `jianwei rules coverage`: what the source demands, line by line, and what meets it.

use clap::Args;
use rulebook::Rulebook;

use crate::outcome::{Done, Outcome};
use crate::screen::Screen;

/// Show what the source demands, by line of business, and the entries and cases that meet it
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  jianwei rules coverage\n  jianwei rules coverage > docs/coverage.md")]
pub(super) struct Coverage {}

impl Coverage {
    pub(super) fn run(self, screen: &mut Screen, book: &Rulebook) -> Done {
        screen.text(rulebook::coverage::page(book))?;
        let gaps: Vec<String> = book.coverage().iter().filter_map(|covered| covered.gap()).collect();
        for gap in &gaps {
            eprintln!("{gap}");
        }
        Ok(Outcome::of(!gaps.is_empty()))
    }
}
