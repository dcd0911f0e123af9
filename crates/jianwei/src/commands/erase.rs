//! `jianwei erase`: a person's key is destroyed.

use std::{fs, io};

use clap::Args;
use engine::DataDir;
use ledger::Erasure;
use miette::{Report, miette};
use model::clock::Clock;
use model::pseudonym::{Pseudonym, PseudonymKind};

use super::rules::RulebookArg;
use crate::data::DataArg;
use crate::outcome::{Done, Outcome, plain};
use crate::screen::Screen;
use crate::site;

/// Destroy a person's key: what was filed about the person becomes unreadable
///
/// The ledger keeps verifying: its leaves hold commitments that nobody can open any more. The
/// erasure is sealed, with its ground and without the person's name. The columns for queries are
/// removed and made again by the next start, which therefore takes longer. No server may run
/// meanwhile. It cannot be undone.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  jianwei erase --data ./data --person p1:0123456789abcdef0123456789abcd \
                        --ground 'request of 2026-03-31'")]
pub(crate) struct Erase {
    #[command(flatten)]
    data: DataArg,
    #[command(flatten)]
    rulebook: RulebookArg,
    /// Pseudonym of the person
    #[arg(long, value_name = "PSEUDONYM", value_parser = person)]
    person: Pseudonym,
    /// On what ground; it is sealed, so name nobody in it
    #[arg(long, value_name = "TEXT")]
    ground: String,
}

fn person(text: &str) -> Result<Pseudonym, String> {
    let pseudonym = Pseudonym::parse(text).map_err(|error| error.to_string())?;
    match pseudonym.kind() {
        Some(PseudonymKind::Person) => Ok(pseudonym),
        _ => Err("a person's pseudonym begins with p1:".to_owned()),
    }
}

/// Removes the columns that hold the person's values in clear; the next start makes them again
/// from the ledger, where they can no longer be read.
fn forget_history(dirs: &DataDir) -> Result<(), Report> {
    // What a backtest that was killed left behind are links to the same columns.
    for folder in [dirs.history(), dirs.reading()] {
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let help =
                    "the key is destroyed; remove this folder by hand, it is made again from the ledger";
                return Err(miette!(help = help, "{}: {error}", folder.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

impl Erase {
    pub(crate) fn run(self) -> Done {
        let book = self.rulebook.load_for(&self.data.existing()?)?;
        let engine = site::open(&self.data.data, site::Setup::default(), book, Clock::system())?;
        let erasure = engine.erase(self.person, &self.ground).map_err(plain)?;
        site::close(engine)?;
        if erasure != Erasure::Unknown {
            forget_history(&DataDir::new(&self.data.data))?;
        }
        let mut screen = Screen::stdout();
        match erasure {
            Erasure::Done => screen.line("The key is destroyed and the erasure sealed.")?,
            Erasure::AlreadyErased => screen.line("The key had been destroyed before.")?,
            Erasure::Unknown => return Err(miette!("nothing was ever filed about {}", self.person)),
        }
        Ok(Outcome::Fine)
    }
}
