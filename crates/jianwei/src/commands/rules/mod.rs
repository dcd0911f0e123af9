//! `jianwei rules`: the rulebook, for the one who writes rules and the one who relies on them.

mod backtest;
mod coverage;
mod diff;
mod export;
mod life;
mod tree;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use engine::{DataDir, rulebooks};
use miette::{Report, miette};
use rulebook::load::LoadError;
use rulebook::{Meta, Rulebook};

use crate::language::Lang;
use crate::outcome::{Done, Outcome, failed};
use crate::screen::{Screen, Style};
use crate::table::Table;

/// Width to which faults are drawn.
const FAULT_WIDTH: usize = 110;

/// Where the rulebook is.
#[derive(Args, Debug, Default)]
pub(crate) struct RulebookArg {
    /// Folder of the rulebook; without it, the one inside this program
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) rulebook: Option<PathBuf>,
}

impl RulebookArg {
    /// The rulebook.
    pub(crate) fn load(&self) -> Result<Rulebook, Report> {
        Ok(load(self.rulebook.as_deref())?)
    }

    /// The rulebook for a data directory: the one that is named, or that was put in force there, or
    /// the one inside this program.
    pub(crate) fn load_for(&self, dirs: &DataDir) -> Result<Rulebook, Report> {
        if self.rulebook.is_some() {
            return self.load();
        }
        let kept = dirs.rulebooks();
        match rulebooks::in_force(&kept).map_err(failed(kept.display()))? {
            None => self.load(),
            Some(digest) => rulebooks::load(&kept, &digest)
                .map_err(failed(format_args!("the rulebook in force, {digest}, cannot be used"))),
        }
    }

    /// The digest of the rulebook that was put in force in a data directory, where another one, named
    /// by hand, is used instead of it.
    pub(crate) fn passed_over(&self, dirs: &DataDir, used: &Rulebook) -> Option<String> {
        self.rulebook.as_ref()?;
        // A data directory that cannot say so is no reason not to use what was named.
        let enacted = rulebooks::in_force(&dirs.rulebooks()).ok()??;
        (enacted != used.hash().to_string()).then_some(enacted)
    }
}

fn load(folder: Option<&Path>) -> Result<Rulebook, LoadError> {
    match folder {
        Some(folder) => rulebook::load::directory(folder),
        None => Ok(rulebook::load::embedded()?),
    }
}

/// The rulebook: check it, try it on its cases, list and explain its entries
#[derive(Args, Debug)]
pub(crate) struct Rules {
    #[command(flatten)]
    rulebook: RulebookArg,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Load the rulebook strictly and show every fault with file, line and caret
    #[command(after_help = "Example:\n  jianwei rules check --rulebook ./rulebook")]
    Check,
    /// Try entries on the cases that are written beside them
    #[command(after_help = "Examples:\n  jianwei rules test\n  jianwei rules test liquidity overdue-ratio")]
    Test {
        /// Ids of entries; without any, all
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
    /// List the entries, and the filing duties: who owes what by when
    #[command(after_help = "Example:\n  jianwei rules list --lang en")]
    List {
        /// Language
        #[arg(long, value_enum, default_value_t)]
        lang: Lang,
    },
    /// Say what an entry means, on what it rests and what to do when it finds something
    #[command(
        after_help = "Examples:\n  jianwei rules explain frequent-transactions --lang zh\n  jianwei rules explain monthly-disclosure"
    )]
    Explain {
        /// Id of the entry or filing duty
        id: String,
        /// Language
        #[arg(long, value_enum, default_value_t)]
        lang: Lang,
    },
    /// Show the chain of the tiers: basic rules, the special rules that serve each, the guidance that
    /// details those; then indicators and filing duties
    #[command(after_help = "Example:\n  jianwei rules tree")]
    Tree {
        /// Language
        #[arg(long, value_enum, default_value_t)]
        lang: Lang,
    },
    Coverage(coverage::Coverage),
    Diff(diff::Diff),
    Export(export::Export),
    Backtest(backtest::Backtest),
    Draft(life::Draft),
    Submit(life::Submit),
    Approve(life::Approve),
    Enact(life::Enact),
    Withdraw(life::Withdraw),
    History(life::History),
}

impl Rules {
    pub(crate) fn run(self) -> Done {
        let mut screen = Screen::stdout();
        let load = || self.rulebook.load();
        match self.what {
            What::Check => match self::load(self.rulebook.rulebook.as_deref()) {
                Ok(book) => check(&mut screen, &book),
                // What is wrong with the rulebook is what was asked for.
                Err(LoadError::Faulty(faults)) => {
                    screen.text(faults.render(FAULT_WIDTH))?;
                    screen.line(&faults)?;
                    Ok(Outcome::Faults)
                }
                Err(error) => Err(error.into()),
            },
            What::Test { ids } => test(&mut screen, &load()?, &ids),
            What::List { lang } => list(&mut screen, &load()?, lang),
            What::Explain { id, lang } => explain(&mut screen, &load()?, &id, lang),
            What::Tree { lang } => tree::tree(&mut screen, &load()?, lang),
            What::Coverage(coverage) => coverage.run(&mut screen, &load()?),
            What::Diff(diff) => diff.run(&mut screen),
            What::Export(export) => export.run(&mut screen, &self.rulebook),
            What::Backtest(backtest) => backtest.run(&mut screen, &self.rulebook),
            What::Draft(draft) => draft.run(&mut screen, &self.rulebook),
            What::Submit(submit) => submit.run(&mut screen, &self.rulebook),
            What::Approve(approve) => approve.run(&mut screen, &self.rulebook),
            What::Enact(enact) => enact.run(&mut screen, &self.rulebook),
            What::Withdraw(withdraw) => withdraw.run(&mut screen, &self.rulebook),
            What::History(history) => history.run(&mut screen),
        }
    }
}

fn check(screen: &mut Screen, book: &Rulebook) -> Done {
    let cases: usize = book.entries().iter().map(|entry| book.cases(&entry.meta().id).len()).sum();
    screen.line(format_args!(
        "The rulebook is sound: {} basic rules, {} streaming rules, {} queries, {} filing duties, {} reference tables, {cases} cases (version {}).",
        book.principles().len(),
        book.rules().len(),
        book.indicators().len(),
        book.duties().len(),
        book.references().len(),
        book.hash().short(),
    ))?;
    Ok(Outcome::Fine)
}

fn test(screen: &mut Screen, book: &Rulebook, ids: &[String]) -> Done {
    if let Some(unknown) = ids.iter().find(|id| book.entry(id).is_none()) {
        return Err(no_entry(unknown));
    }
    let (mut cases, mut failed, mut tried) = (0, 0, 0);
    for entry in book.entries() {
        let id = &entry.meta().id;
        if !ids.is_empty() && !ids.contains(id) {
            continue;
        }
        let failures = book.run_cases(id).map_err(|error| miette!("{id}: {error}"))?;
        tried += 1;
        cases += book.cases(id).len();
        for failure in &failures {
            let word = screen.paint(Style::Red, "FAILED");
            screen.line(format_args!("{word} {id}: {} {}", failure.case.zh, failure.case.en))?;
            screen.line(format_args!("       {}", failure.message))?;
        }
        let mut names: Vec<_> = failures.iter().map(|failure| &failure.case).collect();
        names.dedup();
        failed += names.len();
    }
    screen
        .line(format_args!("{tried} entries, {cases} cases: {} passed, {failed} failed.", cases - failed))?;
    Ok(Outcome::of(failed > 0))
}

fn no_entry(id: &str) -> Report {
    miette!(help = "`jianwei rules list` lists them", "the rulebook has no entry \"{id}\"")
}

fn list(screen: &mut Screen, book: &Rulebook, lang: Lang) -> Done {
    let mut table = Table::new(&["entry", "tier", "basis", "requirement", "in force", "title"]);
    for entry in book.entries() {
        let meta = entry.meta();
        table.row([
            meta.id.as_str().into(),
            meta.tier.code().into(),
            meta.basis.code().into(),
            meta.requirements.join(" ").into(),
            in_force(meta).into(),
            lang.text(&meta.title).into(),
        ]);
    }
    table.print(screen)?;
    screen.line("")?;
    list_duties(screen, book, lang)
}

/// From which day on an entry holds, and to which.
fn in_force(meta: &Meta) -> String {
    let to = meta.effective.to.map(|day| day.to_string()).unwrap_or_default();
    format!("{}–{to}", meta.effective.from)
}

/// The T+1 calendar: who owes what by when.
fn list_duties(screen: &mut Screen, book: &Rulebook, lang: Lang) -> Done {
    let mut table = Table::new(&["duty", "lines", "due", "nothing to report", "in force", "title"]);
    for duty in book.duties() {
        let meta = &duty.meta;
        let lines: Vec<_> = meta.lines.iter().map(|line| line.code()).collect();
        let nil = if duty.nil_return {
            lang.words("零报告", "file empty")
        } else {
            lang.words("不报", "file nothing")
        };
        table.row([
            meta.id.as_str().into(),
            lines.join(" ").into(),
            lang.words(&duty.due.zh(), &duty.due.en()).into(),
            nil.into(),
            in_force(meta).into(),
            lang.text(&meta.title).into(),
        ]);
    }
    table.print(screen)?;
    Ok(Outcome::Fine)
}

fn explain(screen: &mut Screen, book: &Rulebook, id: &str, lang: Lang) -> Done {
    for (number, language) in lang.languages().iter().enumerate() {
        if number > 0 {
            screen.line("")?;
        }
        screen.text(book.explain(id, *language).ok_or_else(|| no_entry(id))?)?;
    }
    Ok(Outcome::Fine)
}
