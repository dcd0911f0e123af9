//! `jianwei study market`: a simulated market is filed day by day, and what was found is held
//! against what was planted.

use std::collections::BTreeMap;

use clap::Args;
use engine::scan::{Item, scan};
use engine::{DataDir, Engine};
use miette::Report;
use model::clock::Clock;
use model::event::{Finding, Grade, GradeEvent, Verdict};
use model::time::{Day, Time};
use rulebook::{Entry, Rulebook};
use sim::{Market, MarketPlan, Truth};
use study::market::{Expectation, Expected, Raised, score};

use crate::commands::rules::RulebookArg;
use crate::data::open_to_read;
use crate::market::{Noons, file_all};
use crate::outcome::{Done, Outcome, plain};
use crate::progress::Bar;
use crate::screen::Screen;
use crate::{log, scratch, site};

/// Days that the market is watched after its last one, until its filings have come due.
const DAYS_AFTER: i64 = 3;

/// Simulate a market, file it day by day, and hold what was found against what was planted
///
/// Prints for each entry of the rulebook what was planted and found (recall), how much of what was
/// found had been planted (precision), lawful likenesses that were found all the same, and the
/// hours from the first offending record to the finding.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  jianwei study market --seed 7\n  \
                        jianwei study market --seed 7 --institutions 20 --days 20 --transactions 5000\n  \
                        jianwei study market --seed 8 --institutions 200 --days 120 --json")]
pub(crate) struct MarketStudy {
    /// The same seed gives the same market, where --until and the sizes are the same, too
    #[arg(long, value_name = "NUMBER")]
    seed: u64,
    /// Institutions, custody banks among them
    #[arg(long, value_name = "NUMBER", default_value_t = 160)]
    institutions: u32,
    /// Days
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    days: u32,
    /// Transactions in all
    #[arg(long, value_name = "NUMBER", default_value_t = 300_000)]
    transactions: u64,
    /// The last day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = Day::parse, default_value = "2026-06-30")]
    until: Day,
    #[command(flatten)]
    rulebook: RulebookArg,
    /// Print the scores as JSON
    #[arg(long)]
    json: bool,
}

impl MarketStudy {
    pub(crate) fn run(self) -> Done {
        log::start();
        let days = self.days.max(1);
        let market = Market::whole(MarketPlan {
            seed: self.seed,
            institutions: self.institutions.max(1),
            days,
            transactions: self.transactions,
            first_day: self.until.plus(1 - i32::try_from(days).unwrap_or(i32::MAX)),
        });
        let book = self.rulebook.load()?;
        let scratch = scratch::folder("study")?;
        let clock = Clock::manual(Time::start_of(market.plan().first_day));
        let engine = site::open(scratch.path(), site::Setup::default(), book.clone(), clock.clone())?;
        let end = Time::start_of(self.until).plus_seconds(DAYS_AFTER * 24 * 3600);
        Bar::filings("filing").say(&format!(
            "filing a market of {} institutions and {days} days, day by day; this may take minutes",
            self.institutions
        ));
        let records = file_all(&engine, &market, &clock, end, Noons::Judged)?;
        close(engine, &clock, end)?;
        let mut raised = raised(&DataDir::new(scratch.path()), &book)?;
        // Nobody files after the last day; what is missing then is the end of the simulation.
        raised.retain(|finding| finding.day <= self.until);
        let expected: Vec<Expectation> = market.truth().into_iter().filter_map(expectation).collect();
        let scores = score(&book, &expected, &raised);
        let mut screen = Screen::stdout();
        if self.json {
            screen.json(&scores)?;
        } else {
            screen.line(format_args!(
                "Seed {}: {} institutions, {days} days, {records} records; {} expectations.\n",
                self.seed,
                self.institutions,
                expected.len()
            ))?;
            screen.line(scores)?;
        }
        Ok(Outcome::Fine)
    }
}

/// Judges what was left, and closes the engine.
fn close(engine: std::sync::Arc<Engine>, clock: &Clock, end: Time) -> Result<(), Report> {
    clock.advance(end);
    engine.judge_obligations();
    engine.settle().map_err(plain)?;
    site::close(engine)
}

/// What the market says of an entry; nothing where no rule looks for it.
fn expectation(truth: Truth) -> Option<Expectation> {
    let (nature, conduct) = match truth.expected {
        sim::Expected::Planted { conduct, first_at } => (Expected::Planted(first_at), conduct),
        sim::Expected::Possible { conduct, .. } => (Expected::Possible, conduct),
        sim::Expected::Lawful { why } => (Expected::Lawful, why),
    };
    Some(Expectation {
        entry: truth.entry?.to_owned(),
        institution: truth.institution.to_string(),
        day: truth.day,
        group: truth.group.into_iter().map(|(column, value)| (column.to_owned(), value)).collect(),
        nature,
        conduct: conduct.to_owned(),
    })
}

/// Institution and day.
type Place = (String, Day);
/// Entry and group.
type What = (String, Vec<(String, String)>);

/// When something was found first, and whether it stands.
#[derive(Default)]
struct State {
    found_at: Option<Time>,
    stands: bool,
}

/// What was found in the order of the ledger.
#[derive(Default)]
struct Found {
    all: BTreeMap<Place, BTreeMap<What, State>>,
    /// Found since the last occasion, whose time is not known yet.
    undated: Vec<(Place, What)>,
}

impl Found {
    fn note(&mut self, place: &Place, what: What, verdict: Verdict) {
        let is_hit = matches!(verdict, Verdict::Graded(grade) if grade > Grade::Green);
        let here = self.all.entry(place.clone()).or_default();
        match here.get_mut(&what) {
            Some(state) => state.stands = is_hit,
            None if is_hit => {
                here.insert(what.clone(), State { found_at: None, stands: true });
                self.undated.push((place.clone(), what));
            }
            None => {}
        }
    }

    fn finding(&mut self, finding: Finding) {
        let Finding { institution, day, group, reason, .. } = finding;
        self.note(&(institution, day), (reason.entry, group), reason.verdict);
    }

    /// Takes the readings of a grade; what is no longer among its reasons no longer stands.
    fn grade(&mut self, book: &Rulebook, grade: GradeEvent) {
        let is_reading =
            |entry: &str| matches!(book.entry(entry), Some(Entry::Indicator(one)) if one.per.is_empty());
        let place = (grade.institution, grade.day);
        let here = self.all.entry(place.clone()).or_default();
        here.iter_mut()
            .filter(|((entry, _), _)| is_reading(entry))
            .for_each(|(_, state)| state.stands = false);
        for reason in grade.reasons.into_iter().filter(|reason| is_reading(&reason.entry)) {
            self.note(&place, (reason.entry, Vec::new()), reason.verdict);
        }
    }

    fn occasion(&mut self, time: Time) {
        for (place, what) in std::mem::take(&mut self.undated) {
            if let Some(state) = self.all.get_mut(&place).and_then(|here| here.get_mut(&what)) {
                state.found_at.get_or_insert(time);
            }
        }
    }
}

fn raised(dirs: &DataDir, book: &Rulebook) -> Result<Vec<Raised>, Report> {
    let (reader, keys) = open_to_read(dirs)?;
    let mut found = Found::default();
    scan(&reader, &keys, 0..reader.size(), &[], |item| {
        match item {
            Item::Finding(finding, _) => found.finding(*finding),
            Item::Grade(grade, _) => found.grade(book, *grade),
            Item::Occasion(occasion, _) => found.occasion(occasion.time),
            _ => {}
        }
        Ok(())
    })
    .map_err(plain)?;
    let mut raised = Vec::new();
    for ((institution, day), here) in found.all {
        for ((entry, group), state) in here {
            raised.push(Raised {
                entry,
                institution: institution.clone(),
                day,
                group,
                found_at: state.found_at.unwrap_or_default(),
                withdrawn: !state.stands,
            });
        }
    }
    Ok(raised)
}
