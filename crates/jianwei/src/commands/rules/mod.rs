//! `jianwei rules`: the rulebook, for the one who writes rules and the one who relies on them.

mod diff;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use miette::{Report, miette};
use rulebook::load::LoadError;
use rulebook::{Entry, Level, Meta, Rulebook, Tier};

use crate::language::Lang;
use crate::outcome::{Done, Outcome};
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
    /// Show the entries by tier and level, with their bands
    #[command(after_help = "Example:\n  jianwei rules tree")]
    Tree {
        /// Language
        #[arg(long, value_enum, default_value_t)]
        lang: Lang,
    },
    Diff(diff::Diff),
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
            What::Tree { lang } => tree(&mut screen, &load()?, lang),
            What::Diff(diff) => diff.run(&mut screen),
        }
    }
}

fn check(screen: &mut Screen, book: &Rulebook) -> Done {
    let cases: usize = book.entries().iter().map(|entry| book.cases(&entry.meta().id).len()).sum();
    screen.line(format_args!(
        "The rulebook is sound: {} rules, {} indicators, {} filing duties, {} reference tables, {cases} cases (version {}).",
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

/// What an entry is filed under: its tier, and of an indicator its level.
fn branch(entry: &Entry<'_>, tier: Tier, level: Option<Level>) -> bool {
    let own_level = match entry {
        Entry::Rule(_) => None,
        Entry::Indicator(indicator) => Some(indicator.level),
    };
    entry.meta().tier == tier && (level.is_none() || own_level == level)
}

fn tree(screen: &mut Screen, book: &Rulebook, lang: Lang) -> Done {
    for tier in Tier::ALL {
        screen.line(screen.paint(Style::Bold, &lang.words(tier.zh(), tier.en())))?;
        if *tier == Tier::Duty {
            for duty in book.duties() {
                screen.line(format_args!("  {}  {}", duty.meta.id, lang.text(&duty.meta.title)))?;
                let due = lang.words(&duty.due.zh(), &duty.due.en());
                let streams: Vec<_> = duty.streams.iter().map(|stream| stream.name).collect();
                screen.line(format_args!("    {}: {due}", streams.join(" ")))?;
            }
            continue;
        }
        if *tier != Tier::Indicator {
            twigs(screen, book, lang, "  ", &|entry| branch(entry, *tier, None))?;
            continue;
        }
        for level in Level::ALL {
            screen.line(format_args!("  {}", lang.words(level.zh(), level.en())))?;
            twigs(screen, book, lang, "    ", &|entry| branch(entry, *tier, Some(*level)))?;
        }
    }
    Ok(Outcome::Fine)
}

fn twigs(
    screen: &mut Screen,
    book: &Rulebook,
    lang: Lang,
    indent: &str,
    belongs: &dyn Fn(&Entry<'_>) -> bool,
) -> Result<(), Report> {
    for entry in book.entries().iter().filter(|entry| belongs(entry)) {
        let meta = entry.meta();
        screen.line(format_args!("{indent}{}  {}", meta.id, lang.text(&meta.title)))?;
        let bands: Vec<(model::event::Grade, String)> = match entry {
            Entry::Rule(rule) => {
                rule.bands.iter().map(|band| (band.grade, band.comparison.to_string())).collect()
            }
            Entry::Indicator(indicator) => {
                indicator.bands.iter().map(|band| (band.grade, band.condition.sql().to_owned())).collect()
            }
        };
        for (grade, condition) in bands {
            let style = Style::of_verdict(model::event::Verdict::Graded(grade));
            let name = screen.paint(style, &lang.words(grade.zh(), grade.en()));
            screen.line(format_args!("{indent}  {name} {condition}"))?;
        }
    }
    Ok(())
}
