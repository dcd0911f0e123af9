//! `jianwei study`: the rulebook on real history, held against what became of the institutions, and
//! on a simulated market, held against what was planted.

mod market;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use study::wdzj::{Options, SEED, run};

use super::rules::RulebookArg;
use crate::outcome::{Done, Outcome, plain};
use crate::screen::Screen;

/// Back-tests of the rulebook: on real history, and on a simulated market
#[derive(Args, Debug)]
pub(crate) struct Study {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Grade P2P platforms month by month, with what was known by then, against their outcome
    #[command(after_help = "Example:\n  jianwei study wdzj --data ./data-sets/wdzj")]
    Wdzj {
        /// Folder with monthly.csv and outcome.csv
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[command(flatten)]
        rulebook: RulebookArg,
        /// Seed of the draws for intervals and cross-validation
        #[arg(long, value_name = "NUMBER", default_value_t = SEED)]
        seed: u64,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
    Market(market::MarketStudy),
}

impl Study {
    pub(crate) fn run(self) -> Done {
        let (data, rulebook, seed, json) = match self.what {
            What::Wdzj { data, rulebook, seed, json } => (data, rulebook, seed, json),
            What::Market(market) => return market.run(),
        };
        let book = rulebook.load()?;
        let report = run(&data, &book, &Options { seed, ..Options::default() }).map_err(plain)?;
        let mut screen = Screen::stdout();
        if json {
            screen.json(&report)?
        } else {
            screen.line(report)?
        }
        Ok(Outcome::Fine)
    }
}
