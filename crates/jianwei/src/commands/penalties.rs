//! `jianwei penalties` 处罚: what was imposed on whom, and the export for the credit platform (requirement 3.4).

use std::path::{Path, PathBuf};

use clap::Args;
use miette::Report;
use model::clock::Clock;
use model::money::Fen;
use model::time::Day;
use rust_xlsxwriter::{Format, Workbook};
use workflow::desk::Desk;
use workflow::life::Word;
use workflow::penalty::{Addressee, CREDIT_COLUMNS, CreditEntry, Penalty, credit_entries};

use crate::data::{DataArg, open_to_read};
use crate::language::Lang;
use crate::outcome::{Done, Outcome, failed, plain};
use crate::screen::Screen;
use crate::table::{Cell, Table};

/// Show the penalties, and export what the national credit-information platform takes
///
/// The export has a row for each penalty that was published; one that was withdrawn stays, with the
/// day and the reason, so that the platform takes it off. Persons stand there by pseudonym.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  jianwei penalties --data ./data\n  jianwei penalties --data ./data --xlsx credit.xlsx"
)]
pub(crate) struct Penalties {
    #[command(flatten)]
    data: DataArg,
    /// Write the export as a spreadsheet
    #[arg(long, value_name = "FILE")]
    xlsx: Option<PathBuf>,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print the export as JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl Penalties {
    pub(crate) fn run(self) -> Done {
        let (reader, keys) = open_to_read(&self.data.existing()?)?;
        let desk = engine::scan::desk(&reader, &keys).map_err(plain)?;
        let mut screen = Screen::stdout();
        let entries = credit_entries(&desk.penalties);
        if let Some(path) = &self.xlsx {
            write(path, &entries)?;
        }
        if self.json {
            for entry in &entries {
                screen.line(serde_json::to_string(entry).map_err(plain)?)?;
            }
            return Ok(Outcome::Fine);
        }
        self.print(&mut screen, &desk)?;
        Ok(Outcome::Fine)
    }

    fn print(&self, screen: &mut Screen, desk: &Desk) -> Result<(), Report> {
        let lang = self.lang;
        let headings = [
            lang.words("编号", "number"),
            lang.words("机构", "institution"),
            lang.words("对象", "party"),
            lang.words("状态", "state"),
            lang.words("罚款", "fine"),
            lang.words("未缴", "owed"),
            lang.words("文号", "document"),
        ];
        let today = Clock::system().now().day();
        let mut table = Table::new(&headings.each_ref().map(String::as_str));
        for penalty in desk.penalties.all() {
            let document = penalty.decision.as_ref().map(|decision| decision.document.as_str());
            table.row([
                penalty.id.as_str().into(),
                penalty.institution.as_str().into(),
                party(penalty).into(),
                lang.words(penalty.state.zh(), penalty.state.en()).into(),
                Cell::number(penalty.sanctions.fine_amount()),
                Cell::number(owed(penalty, today)),
                document.unwrap_or_default().into(),
            ]);
        }
        table.print(screen)?;
        screen.line(format_args!("{}: {}", lang.words("处罚", "Penalties"), desk.penalties.all().count()))
    }
}

/// What is owed in all on a day.
fn owed(penalty: &Penalty, day: Day) -> Fen {
    let owed = penalty.owed(day);
    Fen(owed.fine.0.saturating_add(owed.confiscation.0).saturating_add(owed.surcharge.0))
}

fn party(penalty: &Penalty) -> String {
    match &penalty.addressee {
        Addressee::Institution { name } => name.clone(),
        Addressee::Person { person, .. } => person.0.to_string(),
    }
}

/// The export as a spreadsheet: names and codes of the columns, then a row for each penalty.
fn write(path: &Path, entries: &[CreditEntry]) -> Result<(), Report> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let bold = Format::new().set_bold();
    sheet.set_name("行政处罚信息").map_err(plain)?;
    let more = ["上报时间", "撤销时间", "撤销原因"];
    let names = CREDIT_COLUMNS.iter().map(|column| (column.zh, column.code));
    for (at, (name, code)) in names.chain(more.map(|name| (name, ""))).enumerate() {
        let at = u16::try_from(at).unwrap_or(u16::MAX);
        sheet.write_string_with_format(0, at, name, &bold).map_err(plain)?;
        sheet.write_string(1, at, code).map_err(plain)?;
    }
    for (row, entry) in (2u32..).zip(entries) {
        let withdrawn = entry.withdrawn_at.map(|at| at.to_string()).unwrap_or_default();
        let because = entry.withdrawn_because.clone().unwrap_or_default();
        let own = [entry.published_at.to_string(), withdrawn, because];
        let cells = entry.row.cells().into_iter().map(str::to_owned).chain(own);
        for (at, cell) in cells.enumerate() {
            let at = u16::try_from(at).unwrap_or(u16::MAX);
            sheet.write_string(row, at, cell).map_err(plain)?;
        }
    }
    sheet.set_freeze_panes(2, 1).map_err(plain)?;
    sheet.autofit();
    book.save(path).map_err(failed(path.display()))
}
