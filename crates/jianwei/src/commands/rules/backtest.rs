//! `jianwei rules backtest`: what a draft would have raised on the history.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use engine::DataDir;
use engine::backtest::{Comparison, Counts, Example, Outcome as Found, Past, Report as Trial};
use miette::{Report, miette};
use model::event::{Grade, Verdict};
use model::time::Day;
use rulebook::{Draft, Entry, Rulebook};

use super::RulebookArg;
use crate::data::DataArg;
use crate::language::Lang;
use crate::outcome::{Done, Outcome, failed, plain};
use crate::screen::{Screen, Style};
use crate::table::{Cell, Table};

/// Run a draft on the history and say what it would have raised, against the version in force
///
/// The draft is checked strictly and tried on its cases first. It is run as if it had been in force
/// on every day asked for; the version in force of the same id, on the days on which it was. Nothing
/// in the data directory is changed, and a server may run meanwhile.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    jianwei rules backtest drafts/frequent-transactions.yaml --data ./data --from 2025-01-01 --to 2025-12-31\n  \
    jianwei rules backtest ./rulebook --data ./data --from 2025-01-01 --to 2025-12-31 --entry liquidity --json\n\
    Exit codes: 0 the draft finds what the version in force finds, 1 it finds something else.")]
pub(crate) struct Backtest {
    /// File of an entry (its cases beside it), or a folder with a whole rulebook
    #[arg(value_name = "DRAFT")]
    draft: PathBuf,
    #[command(flatten)]
    data: DataArg,
    /// The first day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = Day::parse)]
    from: Day,
    /// The last day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = Day::parse)]
    to: Day,
    /// Of a whole rulebook, this entry alone; without it, every entry that differs
    #[arg(long = "entry", value_name = "ID")]
    entries: Vec<String>,
    /// Run it although cases fail
    #[arg(long)]
    force: bool,
    /// Print the reports as JSON: what `rules submit --report` takes
    #[arg(long)]
    json: bool,
    /// Processors to use; without it, all
    #[arg(long, value_name = "NUMBER")]
    threads: Option<usize>,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
}

/// The reports of a run, as `--json` prints them.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Reports {
    pub(super) reports: Vec<Trial>,
}

/// The draft in a file, its cases beside it.
pub(super) fn draft_of(path: &Path) -> Result<Draft, Report> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(failed(path.display()));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let help = "a draft is the file of an entry, such as frequent-transactions.yaml or liquidity.sql";
    if !(name.ends_with(".yaml") || name.ends_with(".sql")) || name.ends_with(".cases.yaml") {
        return Err(miette!(help = help, "{} is no file of an entry", path.display()));
    }
    let id = name.split('.').next().unwrap_or_default();
    let beside = path.with_file_name(format!("{id}.cases.yaml"));
    let cases = if beside.is_file() { Some(read(&beside)?) } else { None };
    Ok(Draft::new(name, &read(path)?, cases.as_deref()))
}

/// Tries entries of a rulebook on their cases; shows those that fail and says whether any did.
pub(super) fn try_cases(
    mut screen: Option<&mut Screen>,
    book: &Rulebook,
    ids: &[String],
) -> Result<bool, Report> {
    let mut failed = false;
    for id in ids {
        for failure in book.run_cases(id).map_err(|error| miette!("{id}: {error}"))? {
            failed = true;
            let Some(screen) = &mut screen else { continue };
            let word = screen.paint(Style::Red, "FAILED");
            screen.line(format_args!("{word} {id}: {} {}", failure.case.zh, failure.case.en))?;
            screen.line(format_args!("       {}", failure.message))?;
        }
    }
    Ok(failed)
}

impl Backtest {
    pub(super) fn run(self, screen: &mut Screen, rulebook: &RulebookArg) -> Done {
        if self.to < self.from {
            return Err(miette!("--to lies before --from"));
        }
        let dirs = self.data.existing()?;
        let in_force = rulebook.load_for(&dirs)?;
        let (draft, ids) = self.draft(&in_force)?;
        if ids.is_empty() {
            screen.line(
                self.lang.words("没有不同的条目，无可回测。", "No entry differs: there is nothing to try."),
            )?;
            return Ok(Outcome::Fine);
        }
        if try_cases((!self.json).then_some(&mut *screen), &draft, &ids)? && !self.force {
            return Err(miette!(
                help = "put the draft or its cases right; --force runs it all the same",
                "the draft fails its own cases, so it was not run on the history"
            ));
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = self.threads.unwrap_or(threads);
        let links = links(&dirs);
        let past = Past::open(&self.data.data, links.as_ref().map(tempfile::TempDir::path), threads);
        let past = past.map_err(|error| not_read(&self.data.data, &error))?;
        let mut reports = Vec::new();
        for id in &ids {
            let began = Instant::now();
            let days = self.from..=self.to;
            let report = past.backtest(&draft, &in_force, id, &days, |_| {}).map_err(plain)?;
            if !self.json {
                Shown { screen: &mut *screen, lang: self.lang }
                    .report(&report, began.elapsed().as_secs_f64())?;
            }
            reports.push(report);
        }
        let differs = |report: &Trial| {
            report.total.only_draft + report.total.only_in_force + report.total.otherwise > 0
        };
        let outcome = Outcome::of(reports.iter().any(differs));
        if self.json {
            screen.json(&Reports { reports })?;
        }
        Ok(outcome)
    }

    /// The draft's rulebook and the entries to run.
    fn draft(&self, in_force: &Rulebook) -> Result<(Rulebook, Vec<String>), Report> {
        if !self.draft.is_dir() {
            let draft = draft_of(&self.draft)?;
            let book = draft.rulebook(in_force.files())?;
            if !has(&book, &draft.id) {
                let help = "rules and indicators raise something by themselves; what others raise by a changed duty or principle, \
                            a whole rulebook shows: give its folder";
                return Err(miette!(help = help, "\"{}\" raises nothing by itself", draft.id));
            }
            return Ok((book, vec![draft.id]));
        }
        let book = rulebook::load::directory(&self.draft)?;
        if let Some(unknown) = self.entries.iter().find(|id| !has(&book, id) && !has(in_force, id)) {
            return Err(super::no_entry(unknown));
        }
        let ids = if self.entries.is_empty() { differing(&book, in_force) } else { self.entries.clone() };
        Ok((book, ids))
    }
}

fn has(book: &Rulebook, id: &str) -> bool {
    matches!(book.entry(id), Some(Entry::Rule(_) | Entry::Indicator(_)))
}

/// The entries that may find something else: those whose text, inputs, reference tables or duties
/// differ.
fn differing(draft: &Rulebook, in_force: &Rulebook) -> Vec<String> {
    let ids: BTreeSet<String> = [draft, in_force]
        .into_iter()
        .flat_map(Rulebook::entries)
        .filter(|entry| matches!(entry, Entry::Rule(_) | Entry::Indicator(_)))
        .map(|entry| entry.meta().id.clone())
        .collect();
    let rests_on = |book: &Rulebook, id: &str| -> Vec<String> {
        let mut all = Vec::new();
        let own = book.entries().into_iter().filter(|entry| entry.meta().id == id);
        for entry in own {
            all.push(entry.meta().hash.to_string());
            let Entry::Indicator(indicator) = entry else { continue };
            // Inputs are part of the query.
            all.push(indicator.sql().to_owned());
            let reads = |table: &str| indicator.sql().contains(table);
            let tables = book.references().iter().filter(|reference| reads(&reference.table_name()));
            all.extend(tables.map(|reference| reference.hash.to_string()));
            if reads(rulebook::OBLIGATIONS) || indicator.days == rulebook::Days::Closed {
                all.extend(book.duties().iter().map(|duty| duty.meta.hash.to_string()));
            }
        }
        all
    };
    ids.into_iter().filter(|id| rests_on(draft, id) != rests_on(in_force, id)).collect()
}

/// Where files of the history are linked while they are read; none where nothing can be written.
fn links(dirs: &DataDir) -> Option<tempfile::TempDir> {
    std::fs::create_dir_all(dirs.reading()).ok()?;
    tempfile::tempdir_in(dirs.reading()).ok()
}

fn not_read(dir: &Path, error: &engine::EngineError) -> Report {
    miette!(
        help = format!(
            "the columns under {0}/derived/history are written by the server: a start of `jianwei serve --data {0}` makes those that are missing",
            dir.display()
        ),
        "the history cannot be read: {error}"
    )
}

/// Prints reports.
struct Shown<'s> {
    screen: &'s mut Screen,
    lang: Lang,
}

impl Shown<'_> {
    fn report(&mut self, report: &Trial, seconds: f64) -> Result<(), Report> {
        let edition = |edition: &engine::backtest::Edition| {
            format!("v{} {}", edition.version, edition.hash.chars().take(16).collect::<String>())
        };
        let in_force: Vec<String> = report.in_force.iter().map(edition).collect();
        let none = self.lang.words("（无）", "(none)");
        let in_force = if in_force.is_empty() { none.clone() } else { in_force.join(", ") };
        let draft = report.draft.as_ref().map_or(none, edition);
        let head = self.screen.paint(Style::Bold, &report.entry);
        let (old, new) = (self.lang.words("现行", "in force"), self.lang.words("草案", "draft"));
        self.screen.line(format_args!("{head}  {old} {in_force} → {new} {draft}"))?;
        let read = self.lang.words(
            &format!("账本前 {} 条，{seconds:.1} 秒", report.as_of),
            &format!("the ledger's first {} entries, {seconds:.1} s", report.as_of),
        );
        self.screen.line(format_args!("  {}–{}, {read}", report.from, report.to))?;
        self.table(report)?;
        let mut examples = report.total.examples.iter().peekable();
        if examples.peek().is_some() {
            self.screen.line(self.lang.words("  最先不同之处：", "  Where they differ first:"))?;
        }
        for example in examples {
            self.example(example)?;
        }
        self.screen.line("")
    }

    fn table(&mut self, report: &Trial) -> Result<(), Report> {
        let heads = [
            self.lang.words("机构", "institution"),
            self.lang.words("现行", "in force"),
            self.lang.words("草案", "draft"),
            self.lang.words("仅现行", "only in force"),
            self.lang.words("仅草案", "only draft"),
            self.lang.words("档位不同", "otherwise"),
        ];
        let mut table = Table::new(&heads.each_ref().map(String::as_str));
        let row = |name: &str, one: &Comparison| {
            let counts = |number: u64| Cell::number(number);
            [
                name.into(),
                self.counts(&one.in_force).into(),
                self.counts(&one.draft).into(),
                counts(one.only_in_force),
                counts(one.only_draft),
                counts(one.otherwise),
            ]
        };
        for (institution, one) in &report.institutions {
            table.row(row(institution, one));
        }
        table.row(row(&self.lang.words("合计", "all"), &report.total));
        table.print(self.screen)
    }

    /// `12 (10 yellow, 2 red)`.
    fn counts(&self, counts: &Counts) -> String {
        let of = |grade: Grade, number: u64| (self.lang.words(grade.zh(), grade.en()), number);
        let parts = [
            of(Grade::Yellow, counts.yellow),
            of(Grade::Orange, counts.orange),
            of(Grade::Red, counts.red),
            (self.lang.words("无法判定", "undetermined"), counts.undetermined),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(_, number)| *number > 0)
            .map(|(name, number)| format!("{number} {name}"))
            .collect();
        match parts.as_slice() {
            [] => "0".to_owned(),
            [one] => one.clone(),
            _ => format!("{} ({})", counts.all(), parts.join(", ")),
        }
    }

    fn example(&mut self, example: &Example) -> Result<(), Report> {
        let found = |found: &Option<Found>| match found {
            None => self.lang.words("无", "silent"),
            Some(found) => {
                let name = match found.verdict {
                    Verdict::Graded(grade) => self.lang.words(grade.zh(), grade.en()),
                    Verdict::Undetermined => self.lang.words("无法判定", "undetermined"),
                };
                let value = found.value.as_ref().map(|value| format!(" {value}")).unwrap_or_default();
                self.screen.paint(Style::of_verdict(found.verdict), &format!("{name}{value}"))
            }
        };
        let line = example.line.as_ref().map(|line| format!(" {line}")).unwrap_or_default();
        let group: String =
            example.group.iter().map(|(column, value)| format!(" {column}={value}")).collect();
        let (old, new) = (found(&example.in_force), found(&example.draft));
        let place = format!("{} {}{line}{group}", example.day, example.institution);
        self.screen.line(format_args!("    {place}: {old} → {new}"))
    }
}
