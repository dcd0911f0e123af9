//! `jianwei letters` 函件: what the system wrote, and the letters as PDF.

use std::path::PathBuf;

use clap::Args;
use workflow::letter::{Letter, LetterState};

use crate::data::{DataArg, open_to_read};
use crate::language::Lang;
use crate::outcome::{Done, Outcome, failed, plain};
use crate::screen::Screen;
use crate::table::Table;

/// Show the letters, and write those that left as PDF
///
/// A letter that was sent comes out as the same bytes; their SHA-256 stands in the ledger.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  jianwei letters --data ./data\n  jianwei letters --data ./data --pdf ./letters"
)]
pub(crate) struct Letters {
    #[command(flatten)]
    data: DataArg,
    /// Write the released letters into this folder
    #[arg(long, value_name = "DIR")]
    pdf: Option<PathBuf>,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

impl Letters {
    pub(crate) fn run(self) -> Done {
        let dirs = self.data.existing()?;
        let (reader, keys) = open_to_read(&dirs)?;
        let desk = engine::scan::desk(&reader, &keys).map_err(plain)?;
        let lang = self.lang;
        let mut screen = Screen::stdout();
        let headings = [
            lang.words("编号", "number"),
            lang.words("文号", "document"),
            lang.words("机构", "institution"),
            lang.words("事由", "about"),
            lang.words("拟稿", "drafted"),
            lang.words("状态", "state"),
        ];
        let mut table = Table::new(&headings.each_ref().map(String::as_str));
        for letter in desk.letters.all() {
            if self.json {
                screen.line(serde_json::to_string(letter).map_err(plain)?)?;
            }
            table.row([
                letter.id.as_str().into(),
                letter.number.as_str().into(),
                letter.institution.as_str().into(),
                letter.about.as_str().into(),
                letter.drafted_at.to_string().into(),
                state(lang, letter).into(),
            ]);
        }
        if let Some(folder) = &self.pdf {
            std::fs::create_dir_all(folder).map_err(failed(folder.display()))?;
            for letter in desk.letters.all().filter(|letter| letter.state == LetterState::Released) {
                let set = dispatch::set(letter, &reader).map_err(plain)?;
                let path = folder.join(format!("{}.pdf", letter.id));
                std::fs::write(&path, set.pdf).map_err(failed(path.display()))?;
            }
        }
        if !self.json {
            table.print(&mut screen)?;
            screen.line(format_args!("{}: {}", lang.words("函件", "Letters"), desk.letters.all().count()))?;
        }
        Ok(Outcome::Fine)
    }
}

fn state(lang: Lang, letter: &Letter) -> String {
    match letter.state {
        LetterState::Draft => lang.words("草稿", "draft"),
        LetterState::Released => lang.words("已签发", "released"),
        LetterState::Recalled => lang.words("已作废", "recalled"),
    }
}
