//! The life of a rule on the command line: draft, submit, approve, enact, withdraw, history.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use engine::life::{LifeError, Saying, report_digest};
use engine::{Engine, scan};
use miette::{Report, miette};
use model::clock::Clock;
use model::event::{RuleStep, Step};
use model::time::Day;

use super::RulebookArg;
use super::backtest::{Reports, draft_of};
use crate::data::{DataArg, open_to_read};
use crate::language::Lang;
use crate::outcome::{Done, Outcome, failed, plain};
use crate::screen::{Screen, Style};
use crate::site;
use crate::table::{Cell, Table};

/// Whose step it is, and where.
#[derive(Args, Debug)]
struct Taken {
    #[command(flatten)]
    data: DataArg,
    /// Who takes the step; it is sealed
    #[arg(long, value_name = "NAME")]
    by: String,
    /// What there is to say about it, in a line; it is sealed
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl Taken {
    /// Takes a step with the engine of the data directory, which no server may hold, and prints it.
    fn take(
        &self,
        screen: &mut Screen,
        rulebook: &RulebookArg,
        step: impl FnOnce(&Engine, &Saying<'_>) -> Result<RuleStep, LifeError>,
    ) -> Result<RuleStep, Report> {
        let book = rulebook.load_for(&self.data.existing()?)?;
        let engine: Arc<Engine> = site::open(&self.data.data, site::Setup::default(), book, Clock::system())?;
        let taken = step(&engine, &Saying { by: &self.by, note: self.note.as_deref() });
        site::close(engine)?;
        let taken = taken.map_err(|error| match error {
            LifeError::Unsound(faults) => faults.into(),
            other => plain(other),
        })?;
        screen.line(told(&taken, Clock::system().now().day()))?;
        Ok(taken)
    }

    /// Says under which rulebook the server goes on, where a step made another one.
    fn next_rulebook(&self, screen: &mut Screen, step: &RuleStep) -> Result<(), Report> {
        let Some(digest) = &step.rulebook else { return Ok(()) };
        let data = self.data.data.display();
        screen.line(format_args!("The next `jianwei serve --data {data}` evaluates under rulebook {digest}."))
    }
}

/// `frequent-transactions v2 1a2b3c4d5e6f7081: 批准 approved, Li Wei`
fn told(step: &RuleStep, today: Day) -> String {
    let hash: String = step.entry_hash.chars().take(16).collect();
    let what = named(step, &[], today, Lang::Both);
    format!("{} v{} {hash}: {what}, {}", step.entry, step.version, step.by)
}

/// What a step is called on a day, when others came after it: what is in force from a day to come is
/// not in force.
fn named(step: &RuleStep, later: &[(RuleStep, u64)], today: Day, lang: Lang) -> String {
    let name = lang.words(step.step.zh(), step.step.en());
    let Some(day) = step.effective_from else { return name };
    let undone = |other: &RuleStep| match other.step {
        Step::Withdrawn => other.effective_from == Some(day),
        Step::Replaced => {
            step.step == Step::InForce
                && other.entry_hash == step.entry_hash
                && other.effective_from.is_some_and(|from| from <= day)
        }
        _ => false,
    };
    let is_undone = later.iter().any(|(other, _)| other.entry == step.entry && undone(other));
    match (step.step, is_undone) {
        (Step::InForce, true) => {
            lang.words(&format!("曾定自 {day} 起施行"), &format!("was to come from {day}"))
        }
        (Step::Replaced, true) => {
            lang.words(&format!("曾定自 {day} 起被替换"), &format!("was to be replaced from {day}"))
        }
        (Step::InForce, false) if day > today => {
            lang.words(&format!("将自 {day} 起施行"), &format!("to come from {day}"))
        }
        (Step::Replaced, false) if day > today => {
            lang.words(&format!("将自 {day} 起被替换"), &format!("to be replaced from {day}"))
        }
        _ => name,
    }
}

/// Bring a new text of an entry in, to be tested and approved
///
/// The text must be sound in the rulebook in force, and its version a new one. The step is sealed in
/// the ledger with the digest of the text; the text is kept in the data directory. No server may run
/// on it meanwhile.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  jianwei rules draft drafts/frequent-transactions.yaml --data ./data --by 'Li Wei'"
)]
pub(crate) struct Draft {
    /// File of the entry, its cases beside it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    taken: Taken,
}

impl Draft {
    pub(super) fn run(self, screen: &mut Screen, rulebook: &RulebookArg) -> Done {
        let draft = draft_of(&self.file)?;
        self.taken.take(screen, rulebook, |engine, saying| engine.draft_rule(&draft, saying))?;
        Ok(Outcome::Fine)
    }
}

/// Try a draft on its cases; where they pass, it is tested and may be approved
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  jianwei rules submit frequent-transactions --data ./data --by 'Li Wei' \
                        --report backtest.json")]
pub(crate) struct Submit {
    /// Id of the entry
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    taken: Taken,
    /// What `rules backtest --json` printed about this text; its digest is sealed
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl Submit {
    pub(super) fn run(self, screen: &mut Screen, rulebook: &RulebookArg) -> Done {
        let report = match &self.report {
            None => None,
            Some(path) => Some(std::fs::read(path).map_err(failed(path.display()))?),
        };
        self.taken.take(screen, rulebook, |engine, saying| {
            if let Some(report) = &report {
                let lives = engine.lives();
                let hash = lives.under_way(&self.id).first().map(|step| step.entry_hash.clone());
                if !is_about(report, &self.id, hash.as_deref()) {
                    let message = format!("the report is not of this text of \"{}\"", self.id);
                    return Err(LifeError::Refused(message));
                }
            }
            let digest = report.as_deref().map(report_digest);
            engine.submit_rule(&self.id, digest, saying)
        })?;
        Ok(Outcome::Fine)
    }
}

/// Whether a report holds the backtest of a text.
fn is_about(report: &[u8], id: &str, hash: Option<&str>) -> bool {
    let Ok(Reports { reports }) = serde_json::from_slice(report) else { return false };
    reports
        .iter()
        .any(|report| report.entry == id && report.draft.as_ref().map(|draft| draft.hash.as_str()) == hash)
}

/// Approve a tested draft: somebody else than its author
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  jianwei rules approve frequent-transactions --data ./data --by 'Wang Fang'"
)]
pub(crate) struct Approve {
    /// Id of the entry
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    taken: Taken,
}

impl Approve {
    pub(super) fn run(self, screen: &mut Screen, rulebook: &RulebookArg) -> Done {
        self.taken.take(screen, rulebook, |engine, saying| engine.approve_rule(&self.id, saying))?;
        Ok(Outcome::Fine)
    }
}

/// Put an approved text in force from a day on; the text before ends the day before
///
/// The rulebook that comes of it is kept in the data directory, and the next `jianwei serve` on it
/// evaluates under that one, unless --rulebook names another.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  jianwei rules enact frequent-transactions --data ./data --by 'Wang Fang' \
                        --from 2026-04-01"
)]
pub(crate) struct Enact {
    /// Id of the entry
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    taken: Taken,
    /// The first day: a day to come
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = Day::parse)]
    from: Day,
}

impl Enact {
    pub(super) fn run(self, screen: &mut Screen, rulebook: &RulebookArg) -> Done {
        let step = self
            .taken
            .take(screen, rulebook, |engine, saying| engine.enact_rule(&self.id, self.from, saying))?;
        self.taken.next_rulebook(screen, &step)?;
        Ok(Outcome::Fine)
    }
}

/// Take a draft back, or a text whose first day has not come: it does not come in force
///
/// Where it was enacted, the text before it holds on, in a rulebook that is kept and named.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  jianwei rules withdraw frequent-transactions --data ./data --by 'Li Wei'"
)]
pub(crate) struct Withdraw {
    /// Id of the entry
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    taken: Taken,
}

impl Withdraw {
    pub(super) fn run(self, screen: &mut Screen, rulebook: &RulebookArg) -> Done {
        let step =
            self.taken.take(screen, rulebook, |engine, saying| engine.withdraw_rule(&self.id, saying))?;
        self.taken.next_rulebook(screen, &step)?;
        Ok(Outcome::Fine)
    }
}

/// Show who did what to which text of a rule and when, as it was sealed
///
/// Reads the ledger, also beside a running server.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  jianwei rules history --data ./data\n  \
    jianwei rules history frequent-transactions --data ./data --json")]
pub(crate) struct History {
    /// Id of an entry; without it, all
    #[arg(value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    data: DataArg,
    /// Print the steps as JSON, one a line, as they were sealed
    #[arg(long)]
    json: bool,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
}

impl History {
    pub(super) fn run(self, screen: &mut Screen) -> Done {
        let (reader, keys) = open_to_read(&self.data.existing()?)?;
        let mut steps = scan::rule_steps(&reader, &keys).map_err(plain)?;
        steps.retain(|(step, _)| self.id.as_ref().is_none_or(|id| step.entry == *id));
        if self.json {
            for (step, _) in &steps {
                screen.line(serde_json::to_string(step).map_err(plain)?)?;
            }
            return Ok(Outcome::Fine);
        }
        if let (true, Some(id)) = (steps.is_empty(), &self.id) {
            return Err(miette!("no step was ever taken with \"{id}\""));
        }
        let lang = self.lang;
        let heads = [
            lang.words("时间", "when"),
            lang.words("条目", "entry"),
            lang.words("版本", "version"),
            lang.words("摘要", "digest"),
            lang.words("步骤", "step"),
            lang.words("何人", "by"),
            lang.words("自", "from"),
            lang.words("账本位置", "position"),
            lang.words("说明", "note"),
        ];
        let mut table = Table::new(&heads.each_ref().map(String::as_str));
        let today = Clock::system().now().day();
        let mut later = steps.as_slice();
        while let Some(((step, position), rest)) = later.split_first() {
            later = rest;
            let style = match step.step {
                Step::InForce if step.effective_from.is_some_and(|day| day > today) => Style::Plain,
                Step::InForce => Style::Green,
                Step::Replaced | Step::Withdrawn => Style::Dim,
                _ => Style::Plain,
            };
            let report = step.report_sha256.as_ref().map(|digest| {
                let digest: String = digest.chars().take(16).collect();
                format!("{} {digest}", lang.words("回测报告", "backtest report"))
            });
            let notes: Vec<String> = step.note.iter().cloned().chain(report).collect();
            table.row([
                step.at.to_string().into(),
                step.entry.as_str().into(),
                Cell::number(step.version),
                step.entry_hash.chars().take(16).collect::<String>().into(),
                Cell::styled(named(step, later, today, lang), style),
                step.by.as_str().into(),
                step.effective_from.map(|day| day.to_string()).unwrap_or_default().into(),
                Cell::number(position),
                notes.join("; ").into(),
            ]);
        }
        table.print(screen)?;
        Ok(Outcome::Fine)
    }
}

#[cfg(test)]
mod tests {
    use model::time::Time;

    use super::*;

    fn step(what: Step, version: u32, from: Option<&str>) -> RuleStep {
        RuleStep {
            entry: "liquidity".to_owned(),
            version,
            entry_hash: format!("{version:064}"),
            step: what,
            by: "Wang Fang".to_owned(),
            at: Time::default(),
            effective_from: from.map(|day| Day::parse(day).unwrap()),
            note: None,
            report_sha256: None,
            rulebook: None,
        }
    }

    #[test]
    fn what_is_to_come_is_not_called_in_force() {
        use Step::{Approved, InForce, Replaced, Withdrawn};
        let (march, april) = (Some("2026-03-01"), Some("2026-04-01"));
        let all = [
            (Approved, 2, None, "approved"),
            (Replaced, 1, april, "was to be replaced from 2026-04-01"),
            (InForce, 2, april, "was to come from 2026-04-01"),
            (Withdrawn, 2, april, "withdrawn"),
            (InForce, 3, april, "was to come from 2026-04-01"),
            (Replaced, 3, march, "replaced"),
            (InForce, 4, march, "in force"),
            (Replaced, 4, Some("2026-05-01"), "to be replaced from 2026-05-01"),
            (InForce, 5, Some("2026-05-01"), "to come from 2026-05-01"),
        ];
        let steps: Vec<_> =
            all.iter().map(|(what, version, from, _)| (step(*what, *version, *from), 0)).collect();
        let today = Day::parse("2026-03-10").unwrap();
        for (at, (.., wanted)) in all.iter().enumerate() {
            assert_eq!(named(&steps[at].0, &steps[at + 1..], today, Lang::En), *wanted, "step {at}");
        }
        assert_eq!(named(&steps[8].0, &[], today, Lang::Zh), "将自 2026-05-01 起施行");
    }
}
