//! `jianwei grade`: the grades and their reasons, as they were sealed.

use clap::Args;
use miette::miette;
use model::event::GradeEvent;
use model::time::Day;

use super::rules::RulebookArg;
use crate::data::DataArg;
use crate::grade_table::Shown;
use crate::graded::Graded;
use crate::language::Lang;
use crate::outcome::{Done, Outcome};
use crate::screen::Screen;

/// Show grades with their reasons, from a data directory
///
/// Reads what was sealed, also beside a running server. With --institution every reason is shown:
/// rule and version, value, condition, and the ledger positions of the records.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  jianwei grade --data ./data\n  \
    jianwei grade --data ./data --day 2026-03-31 --lang zh\n  \
    jianwei grade --data ./data --institution 91350100M000100Y43 --day 2026-03-31")]
pub(crate) struct Grade {
    #[command(flatten)]
    data: DataArg,
    #[command(flatten)]
    rulebook: RulebookArg,
    /// One institution, or `*` for the industry
    #[arg(long, value_name = "ID")]
    institution: Option<String>,
    /// Grades as of this day; with --institution, of this day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = Day::parse)]
    day: Option<Day>,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print the grade events as JSON, one a line, as they were sealed
    #[arg(long)]
    json: bool,
}

impl Grade {
    pub(crate) fn run(self) -> Done {
        let dirs = self.data.existing()?;
        let graded = Graded::read(&dirs)?;
        let mut screen = Screen::stdout();
        if self.json {
            let grades = graded.grades.values().map(|sealed| &sealed.grade);
            for grade in grades.filter(|grade| self.wants(grade)) {
                screen.line(serde_json::to_string(grade).map_err(crate::outcome::plain)?)?;
            }
            return Ok(Outcome::Fine);
        }
        let book = self.rulebook.load_for(&dirs)?;
        let shown = Shown { graded: &graded, book: &book, lang: self.lang, until: self.day };
        match &self.institution {
            None => shown.print(&mut screen)?,
            Some(institution) => {
                if !shown.print_institution(&mut screen, institution, self.day)? {
                    let on = self.day.map(|day| format!(" on {day}")).unwrap_or_default();
                    let help = "without --day all days that have one are shown; without --institution all institutions";
                    return Err(miette!(help = help, "{institution} has no grade{on}"));
                }
            }
        }
        Ok(Outcome::Fine)
    }

    fn wants(&self, grade: &GradeEvent) -> bool {
        self.institution.as_ref().is_none_or(|institution| *institution == grade.institution)
            && self.day.is_none_or(|day| day == grade.day)
    }
}
