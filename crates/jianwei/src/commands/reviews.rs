//! `jianwei reviews`: what waits for a person, until when, and who sees to it.

use std::collections::BTreeMap;

use analysis::review::{Review, queue};
use clap::Args;
use model::clock::Clock;
use model::event::{Finding, Verdict};
use model::time::{Day, Time};
use serde_json::json;
use workflow::actor::Actor;
use workflow::desk::Desk;
use workflow::review::{Decision, Handling, identifier};

use super::rules::RulebookArg;
use crate::data::{DataArg, open_to_read};
use crate::graded::Graded;
use crate::language::Lang;
use crate::outcome::{Done, Outcome, plain};
use crate::screen::{Screen, Style};
use crate::table::{Cell, Table};

/// Show the queue of human review: findings that a person has to look at, by when, and who sees to it
///
/// Entries of the rulebook with `review` put what they find here; working days are those of the
/// State Council's calendar. Who does what with them says so to the server (`POST /v1/reviews/steps`).
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  jianwei reviews --data ./data\n  jianwei reviews --data ./data --overdue --json\n  jianwei reviews --data ./data --decided"
)]
pub(crate) struct Reviews {
    #[command(flatten)]
    data: DataArg,
    #[command(flatten)]
    rulebook: RulebookArg,
    /// The queue as of this day; without it, today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = Day::parse)]
    day: Option<Day>,
    /// Only what is overdue
    #[arg(long)]
    overdue: bool,
    /// What was decided, instead of what waits
    #[arg(long)]
    decided: bool,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

impl Reviews {
    pub(crate) fn run(self) -> Done {
        let dirs = self.data.existing()?;
        let graded = Graded::read(&dirs)?;
        let book = self.rulebook.load_for(&dirs)?;
        let now = self.day.map_or_else(|| Clock::system().now(), Time::start_of);
        let (reader, keys) = open_to_read(&dirs)?;
        let desk = engine::scan::desk(&reader, &keys).map_err(plain)?;
        let found_by = |at: &Time| at.day() <= now.day();
        let findings = || graded.findings.iter().filter(|sealed| found_by(&sealed.found_at));
        let mut waiting = queue(&book, findings().map(|sealed| (&sealed.finding, sealed.found_at)));
        waiting.retain(|review| !self.overdue || review.is_overdue(now) == Some(true));
        waiting.retain(|review| is_decided(&desk, review) == self.decided);
        let mut screen = Screen::stdout();
        if self.json {
            // Of several findings about the same the last one, as in the queue.
            let positions: BTreeMap<Key<'_>, u64> =
                findings().map(|sealed| (key(&sealed.finding), sealed.position)).collect();
            for review in &waiting {
                screen.line(in_json(&desk, review, positions.get(&key(&review.finding)).copied(), now))?;
            }
            return Ok(Outcome::Fine);
        }
        self.print(&mut screen, &desk, &waiting, now)
    }

    fn print(&self, screen: &mut Screen, desk: &Desk, waiting: &[Review], now: Time) -> Done {
        let lang = self.lang;
        let headings = [
            lang.words("截止", "due"),
            lang.words("机构", "institution"),
            lang.words("日期", "day"),
            lang.words("条目", "entry"),
            lang.words("对象", "about"),
            lang.words("档位", "grade"),
            lang.words("数值", "value"),
            lang.words("办理", "handling"),
        ];
        let mut table = Table::new(&headings.each_ref().map(String::as_str));
        for review in waiting {
            let reason = &review.finding.reason;
            let due = review.due.as_ref().map_or_else(ToString::to_string, ToString::to_string);
            let is_overdue = review.is_overdue(now) == Some(true);
            let grade = match reason.verdict {
                Verdict::Graded(grade) => lang.words(grade.zh(), grade.en()),
                Verdict::Undetermined => lang.words("无法判定", "undetermined"),
            };
            table.row([
                if is_overdue { Cell::styled(due, Style::Red) } else { due.into() },
                review.finding.institution.as_str().into(),
                review.finding.day.to_string().into(),
                reason.entry.as_str().into(),
                about(review).into(),
                Cell::styled(grade, Style::of_verdict(reason.verdict)),
                Cell::number(reason.value.as_deref().unwrap_or("–")),
                handled(lang, handling_of(desk, review)).into(),
            ]);
        }
        table.print(screen)?;
        let overdue = waiting.iter().filter(|review| review.is_overdue(now) == Some(true)).count();
        screen.line(format_args!(
            "{}: {}; {}: {overdue}",
            match self.decided {
                true => lang.words("已有结论", "Decided"),
                false => lang.words("待复核", "Waiting for review"),
            },
            waiting.len(),
            lang.words("其中逾期", "overdue"),
        ))?;
        Ok(Outcome::of(!self.decided && overdue > 0))
    }
}

/// Entry, institution, day and group of a finding: what the queue tells findings apart by.
type Key<'f> = (&'f str, &'f str, Day, &'f [(String, String)]);

fn key(finding: &Finding) -> Key<'_> {
    (&finding.reason.entry, &finding.institution, finding.day, &finding.group)
}

/// What a finding is about, as `column=value`.
fn about(review: &Review) -> String {
    let pairs = review.finding.group.iter().map(|(column, value)| format!("{column}={value}"));
    pairs.collect::<Vec<_>>().join(" ")
}

fn handling_of<'d>(desk: &'d Desk, review: &Review) -> Option<&'d Handling> {
    desk.reviews.get(&identifier(&review.finding))
}

fn is_decided(desk: &Desk, review: &Review) -> bool {
    let verdict = review.finding.reason.verdict;
    handling_of(desk, review).is_some_and(|handling| handling.is_decided(verdict, review.four_eyes))
}

/// Who sees to it, and what was said.
fn handled(lang: Lang, handling: Option<&Handling>) -> String {
    let Some(handling) = handling else { return String::new() };
    let name = |actor: &Actor| actor.person().map_or_else(|| actor.to_string(), str::to_owned);
    let claimed = handling.claimed_by.iter().map(|by| lang.words("认领", "claimed by") + " " + &name(by));
    let said = handling.said.iter().map(|said| {
        let what = match said.decision {
            Decision::Confirmed => lang.words("认定", "confirmed by"),
            Decision::Dismissed => lang.words("排除", "dismissed by"),
        };
        what + " " + &name(&said.by)
    });
    claimed.chain(said).collect::<Vec<_>>().join(&lang.words("，", ", "))
}

fn in_json(desk: &Desk, review: &Review, position: Option<u64>, now: Time) -> serde_json::Value {
    let id = identifier(&review.finding);
    json!({
        "id": id,
        "finding": review.finding,
        "position": position,
        "found_at": review.found_at.to_string(),
        "due": review.due.as_ref().ok().map(ToString::to_string),
        "overdue": review.is_overdue(now),
        "four_eyes": review.four_eyes,
        "decided": is_decided(desk, review),
        "handling": desk.reviews.get(&id).cloned().unwrap_or_default(),
    })
}
