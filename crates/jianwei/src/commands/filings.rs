//! `jianwei filings`: what the server has of an institution's filings.

use clap::Args;
use client::ListedFiling;

use super::file::AccessArgs;
use crate::outcome::{Done, Outcome, plain};
use crate::screen::{Screen, Style};
use crate::table::{Cell, Table};

/// List what you filed, as the server has it, the newest first
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  jianwei filings --server http://127.0.0.1:8470 --key-file firm.key --limit 50"
)]
pub(crate) struct Filings {
    #[command(flatten)]
    access: AccessArgs,
    /// How many at most
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: usize,
    /// One JSON object a line, as the server answers
    #[arg(long)]
    json: bool,
}

impl Filings {
    pub(crate) fn run(self) -> Done {
        let connection = self.access.connect()?;
        let filings = client::list(&connection, self.limit).map_err(plain)?;
        let mut screen = Screen::stdout();
        if self.json {
            for filing in &filings {
                screen.line(serde_json::to_string(filing).map_err(plain)?)?;
            }
        } else {
            table(&filings).print(&mut screen)?;
        }
        Ok(Outcome::Fine)
    }
}

fn table(filings: &[ListedFiling]) -> Table {
    let mut table = Table::new(&[
        "received 接收",
        "stream 报送流",
        "date 日期",
        "complete 完结",
        "accepted 接收",
        "known 重复",
        "refused 拒收",
        "filing 编号",
    ]);
    for filing in filings {
        let complete = match (filing.outcome.as_str(), filing.is_final) {
            ("interrupted", _) => Cell::styled("interrupted 中断", Style::Red),
            (_, true) => "yes 是".into(),
            (_, false) => "".into(),
        };
        let refused = Cell::number(filing.refused);
        table.row([
            filing.received_at.as_str().into(),
            filing.stream.as_str().into(),
            filing.date.as_deref().unwrap_or_default().into(),
            complete,
            Cell::number(filing.accepted),
            Cell::number(filing.duplicates),
            if filing.refused > 0 { refused.in_style(Style::Red) } else { refused },
            filing.filing.as_str().into(),
        ]);
    }
    table
}
