//! `jianwei alerts` 预警: what has an owner and a deadline, and how its clocks stand.

use clap::Args;
use miette::Report;
use model::event::{Grade, Verdict};
use workflow::alert::{Alert, Clock, Ended};
use workflow::term::Deadline;

use crate::data::{DataArg, open_to_read};
use crate::graded::Graded;
use crate::language::Lang;
use crate::outcome::{Done, Outcome, plain};
use crate::screen::{Screen, Style};
use crate::table::{Cell, Table};

/// Show the alerts: institution, grade, owner, and how each clock stands
///
/// A clock is kept (✓), missed (✗), runs until a time, or waits for the calendar (?). Exit code 1 when an
/// open alert has missed a clock.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  jianwei alerts --data ./data\n  jianwei alerts --data ./data --all --json"
)]
pub(crate) struct Alerts {
    #[command(flatten)]
    data: DataArg,
    /// Those that have ended too
    #[arg(long)]
    all: bool,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

impl Alerts {
    pub(crate) fn run(self) -> Done {
        let dirs = self.data.existing()?;
        let (reader, keys) = open_to_read(&dirs)?;
        let desk = engine::scan::desk(&reader, &keys).map_err(plain)?;
        let shown: Vec<&Alert> = desk.alerts.all().filter(|alert| self.all || alert.is_open()).collect();
        let missed = shown.iter().filter(|alert| alert.is_open() && has_missed(alert)).count();
        let mut screen = Screen::stdout();
        if self.json {
            for alert in &shown {
                screen.line(serde_json::to_string(alert).map_err(plain)?)?;
            }
            return Ok(Outcome::of(missed > 0));
        }
        let names = Graded::read(&dirs)?.registered;
        self.print(&mut screen, &shown, |institution| {
            names.get(institution).map(|registered| registered.name.clone()).unwrap_or_default()
        })?;
        let lang = self.lang;
        screen.line(format_args!(
            "{}: {}; {}: {missed}",
            lang.words("预警", "Alerts"),
            shown.len(),
            lang.words("其中有逾期", "with a missed clock"),
        ))?;
        Ok(Outcome::of(missed > 0))
    }

    fn print(
        &self,
        screen: &mut Screen,
        shown: &[&Alert],
        name: impl Fn(&str) -> String,
    ) -> Result<(), Report> {
        let lang = self.lang;
        let headings = [
            lang.words("编号", "number"),
            lang.words("机构", "institution"),
            lang.words("名称", "name"),
            lang.words("等级", "grade"),
            lang.words("触发", "opened"),
            lang.words("责任人", "owner"),
            lang.words("时限", "clocks"),
            lang.words("状态", "state"),
        ];
        let mut table = Table::new(&headings.each_ref().map(String::as_str));
        for alert in shown {
            let clocks = alert.clocks.iter().map(|(clock, deadline)| self.clock(*clock, deadline));
            let clocks = clocks.collect::<Vec<_>>().join("; ");
            table.row([
                alert.id.as_str().into(),
                alert.institution.as_str().into(),
                name(&alert.institution).into(),
                Cell::styled(grade(lang, alert.grade), Style::of_verdict(Verdict::Graded(alert.grade))),
                alert.opened_at.to_string().into(),
                alert.owner.as_str().into(),
                if has_missed(alert) { Cell::styled(clocks, Style::Red) } else { clocks.into() },
                self.state(alert).into(),
            ]);
        }
        table.print(screen)
    }

    fn clock(&self, clock: Clock, deadline: &Deadline) -> String {
        let stands = match (deadline.in_time(), deadline.due) {
            (Some(true), _) => "✓".to_owned(),
            (Some(false), _) => "✗".to_owned(),
            (None, Some(due)) => format!("→ {due}"),
            (None, None) => "?".to_owned(),
        };
        format!("{} {stands}", self.lang.words(clock.zh(), clock.en()))
    }

    fn state(&self, alert: &Alert) -> String {
        match (&alert.ended, &alert.acknowledged) {
            (Some(end), _) => match end.how {
                Ended::Dismissed => self.lang.words("已排除", "dismissed"),
                Ended::Closed => self.lang.words("已解除", "closed"),
            },
            (None, Some(_)) => self.lang.words("已确认", "acknowledged"),
            (None, None) => self.lang.words("未结", "open"),
        }
    }
}

fn has_missed(alert: &Alert) -> bool {
    let earlier = alert.earlier_clocks.iter().map(|(_, deadline)| deadline);
    alert.clocks.values().chain(earlier).any(|deadline| deadline.in_time() == Some(false))
}

fn grade(lang: Lang, grade: Grade) -> String {
    lang.words(grade.zh(), grade.en())
}
