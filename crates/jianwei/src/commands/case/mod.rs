//! `jianwei case` 处置案件: the cases of a data directory, and what may follow on what.

mod show;
mod states;

use clap::{Args, Subcommand};
use workflow::case::Case;
use workflow::desk::Desk;
use workflow::life::Word;

use crate::data::{DataArg, open_to_read};
use crate::language::Lang;
use crate::outcome::{Done, Outcome, plain};
use crate::screen::{Screen, Style};
use crate::table::{Cell, Table};

/// Disposal cases: list them, show one, print what may follow on what
#[derive(Args, Debug)]
pub(crate) struct Cases {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Print the tables by which steps are decided: each state with each step, where it leads, who
    /// may take it, and with `--refused` the sentence with which it is refused
    #[command(after_help = "Examples:\n  jianwei case states\n  jianwei case states --refused --lang en")]
    States(states::States),
    /// List the cases
    #[command(after_help = "Example:\n  jianwei case list --data ./data")]
    List {
        #[command(flatten)]
        data: DataArg,
        /// Closed ones too
        #[arg(long)]
        all: bool,
        /// Language
        #[arg(long, value_enum, default_value_t)]
        lang: Lang,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show a case with its findings, measures and orders
    #[command(after_help = "Example:\n  jianwei case show --data ./data C-2026-000001")]
    Show(show::Show),
}

impl Cases {
    pub(crate) fn run(self) -> Done {
        match self.what {
            What::States(states) => states.run(),
            What::List { data, all, lang, json } => list(&desk(&data)?, all, lang, json),
            What::Show(show) => show.run(),
        }
    }
}

/// The desk of a data directory.
fn desk(data: &DataArg) -> Result<Desk, miette::Report> {
    let (reader, keys) = open_to_read(&data.existing()?)?;
    engine::scan::desk(&reader, &keys).map_err(plain)
}

fn list(desk: &Desk, all: bool, lang: Lang, json: bool) -> Done {
    let cases: Vec<&Case> = desk.disposal.cases.iter().filter(|case| all || case.is_open()).collect();
    let mut screen = Screen::stdout();
    if json {
        for case in &cases {
            screen.line(serde_json::to_string(case).map_err(plain)?)?;
        }
        return Ok(Outcome::Fine);
    }
    let headings = [
        lang.words("编号", "number"),
        lang.words("机构", "institution"),
        lang.words("名称", "name"),
        lang.words("阶段", "stage"),
        lang.words("风险", "risks"),
        lang.words("责任人", "owner"),
        lang.words("措施", "measures"),
        lang.words("阶段期限", "stage due"),
    ];
    let mut table = Table::new(&headings.each_ref().map(String::as_str));
    for case in &cases {
        let settled = case.measures.values().filter(|measure| measure.is_settled()).count();
        let deadline = case.stay().and_then(|stay| stay.deadline);
        let due = deadline.and_then(|deadline| deadline.due).map(|due| due.to_string()).unwrap_or_default();
        let is_missed = deadline.is_some_and(|deadline| deadline.in_time() == Some(false));
        table.row([
            case.id.as_str().into(),
            case.institution.as_str().into(),
            case.name.as_deref().unwrap_or_default().into(),
            lang.words(case.stage.zh(), case.stage.en()).into(),
            case.risks.iter().cloned().collect::<Vec<_>>().join(", ").into(),
            case.owner.as_str().into(),
            format!("{settled}/{}", case.measures.len()).into(),
            if is_missed { Cell::styled(due, Style::Red) } else { due.into() },
        ]);
    }
    table.print(&mut screen)?;
    screen.line(format_args!("{}: {}", lang.words("案件", "Cases"), cases.len()))?;
    Ok(Outcome::Fine)
}
