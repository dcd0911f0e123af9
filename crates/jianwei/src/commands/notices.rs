//! `jianwei notices` 通知: what institutions were told of terms that hold for them from a day on.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{ArgGroup, Args};
use miette::Report;
use model::event::Notice;
use model::institution::InstitutionId;
use rulebook::Language;

use super::file::connect;
use crate::data::{existing, open_to_read};
use crate::graded::Graded;
use crate::language::Lang;
use crate::outcome::{Done, Outcome, plain};
use crate::screen::{Screen, Style};

/// Show the notices that institutions were given: a term that moves, such as the ratio of the
/// reserve, and the day from which it holds
///
/// Of a data directory all of them; of a server those that the key sees: an institution its own.
#[derive(Args, Debug)]
#[command(
    group = ArgGroup::new("from").required(true),
    after_help = "Examples:\n  jianwei notices --data ./data\n  jianwei notices --server http://127.0.0.1:8470 --key-file firm.key"
)]
pub(crate) struct Notices {
    /// Data directory
    #[arg(long, value_name = "DIR", group = "from")]
    data: Option<PathBuf>,
    /// The supervisor's server
    #[arg(long, value_name = "URL", group = "from", requires = "key_file")]
    server: Option<String>,
    /// File with the API key
    #[arg(long, value_name = "FILE", requires = "server")]
    key_file: Option<PathBuf>,
    /// To this institution alone
    #[arg(long, value_name = "ID", value_parser = InstitutionId::parse)]
    institution: Option<InstitutionId>,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

impl Notices {
    pub(crate) fn run(self) -> Done {
        let mut names = BTreeMap::new();
        let mut given = match (&self.data, &self.server, &self.key_file) {
            (Some(data), ..) => {
                let dirs = existing(data)?;
                let (reader, keys) = open_to_read(&dirs)?;
                let notices = engine::scan::notices(&reader, &keys).map_err(plain)?;
                if !self.json && !notices.is_empty() {
                    names = Graded::read(&dirs)?.registered;
                }
                notices.into_iter().map(|(notice, _)| notice).collect()
            }
            (None, Some(server), Some(key_file)) => {
                client::notices(&connect(server, key_file)?).map_err(plain)?
            }
            // The arguments rule it out.
            _ => Vec::new(),
        };
        given.retain(|notice| {
            self.institution.as_ref().is_none_or(|wanted| notice.institution == wanted.as_str())
        });
        let mut screen = Screen::stdout();
        for notice in &given {
            if self.json {
                screen.line(serde_json::to_string(notice).map_err(plain)?)?;
            } else {
                let name = names.get(&notice.institution).map_or("", |registered| registered.name.as_str());
                self.print(&mut screen, notice, name)?;
            }
        }
        if !self.json {
            screen.line(format_args!("{}: {}", self.lang.words("通知", "Notices"), given.len()))?;
        }
        Ok(Outcome::Fine)
    }

    fn print(&self, screen: &mut Screen, notice: &Notice, name: &str) -> Result<(), Report> {
        let lang = self.lang;
        let title = screen.paint(Style::Bold, &lang.words(&notice.title.zh, &notice.title.en));
        let space = if name.is_empty() { "" } else { "  " };
        screen.line(format_args!("{}{space}{name}  {title}", notice.id))?;
        screen.line(format_args!(
            "  {} {}, {} {}: {} → {}",
            lang.words("通知时间", "given"),
            notice.given_at,
            lang.words("生效日", "in force from"),
            notice.effective_from,
            notice.before,
            notice.term
        ))?;
        if let Some(corrected) = &notice.corrects {
            screen.line(format_args!("  {} {corrected}", lang.words("更正", "corrects")))?;
        }
        for language in lang.languages() {
            let text = match language {
                Language::Zh => &notice.text.zh,
                Language::En => &notice.text.en,
            };
            for line in text.lines() {
                screen.line(format_args!("  {line}"))?;
            }
        }
        screen.line("")
    }
}
