//! `jianwei demo`: a simulated market is filed, graded and shown beside the truth about it.

mod truth;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use engine::access::Role;
use engine::{DataDir, Engine};
use gateway::GatewayOptions;
use miette::Report;
use model::clock::Clock;
use model::time::Time;

use super::rules::RulebookArg;
use super::serve::{self, LISTEN, Serving, serve};
use super::simulate::PlanArgs;
use crate::data::holds_ledger;
use crate::grade_table::Shown;
use crate::graded::Graded;
use crate::language::Lang;
use crate::market::{Noons, file_all};
use crate::outcome::{Done, Outcome, plain};
use crate::scratch;
use crate::screen::Screen;
use crate::{log, site};

/// Where the demo keeps its data when nothing else is said.
const DATA: &str = "./data/demo";

/// Simulate a market, file it, grade it, show what was found, and serve it
///
/// Forty institutions file for thirty days; some misbehave, and the table is held against what was
/// planted. Data that is there already is opened, not made anew.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  jianwei demo\n  jianwei demo --once --seed 7")]
pub(crate) struct Demo {
    /// End after the table; without --data nothing is left behind
    #[arg(long)]
    once: bool,
    /// Data directory; without it ./data/demo, with --once a temporary one
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = LISTEN)]
    listen: SocketAddr,
    #[command(flatten)]
    plan: PlanArgs,
    /// Language of the table
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
}

impl Demo {
    pub(crate) fn run(self) -> Done {
        log::start();
        let scratch = match (&self.data, self.once) {
            (None, true) => Some(scratch::folder("demo")?),
            _ => None,
        };
        let data = match (&self.data, &scratch) {
            (Some(data), _) => data.clone(),
            (None, Some(scratch)) => scratch.path().to_owned(),
            (None, None) => PathBuf::from(DATA),
        };
        let engine = if holds_ledger(&data) { self.reopen(&data)? } else { self.build(&data)? };
        if self.once {
            site::close(engine)?;
            return Ok(Outcome::Fine);
        }
        let key = engine.access().issue(Role::Supervisor, engine.clock().now()).map_err(plain)?;
        let place = data.display().to_string();
        let serving = Serving {
            options: GatewayOptions::default(),
            listen: self.listen,
            market: serve::Market::Still,
            house: None,
        };
        serve(engine, serving, &data, |address| {
            vec![
                format!("  demo key     {key} (a supervisor's)"),
                format!("  try          curl http://{address}/v1/ledger"),
                format!("  reasons      jianwei grade --data {place} --institution ID"),
                format!("  proof        jianwei verify {place}"),
            ]
        })
    }

    fn reopen(&self, data: &Path) -> Result<Arc<Engine>, Report> {
        let mut screen = Screen::stdout();
        screen.line(format_args!(
            "Opening the demo in {} as it was; remove it to begin anew.",
            data.display()
        ))?;
        let book = RulebookArg::default().load_for(&engine::DataDir::new(data))?;
        let engine = site::open(data, site::Setup::default(), book, Clock::system())?;
        self.show(&mut screen, &engine, data)?;
        Ok(engine)
    }

    fn build(&self, data: &Path) -> Result<Arc<Engine>, Report> {
        let mut screen = Screen::stdout();
        let present = Clock::system();
        let market = self.plan.market(&present);
        let plan = market.plan();
        screen.line(format_args!(
            "A market of {} institutions, {} days to {}, seed {}.",
            plan.institutions,
            plan.days,
            plan.first_day.plus(i32::try_from(plan.days).unwrap_or(0) - 1),
            plan.seed
        ))?;
        screen.line(format_args!("Filling {} with it; this may take minutes …", data.display()))?;
        screen.flush()?;
        let clock = Clock::manual(Time::start_of(plan.first_day));
        let book = rulebook::load::embedded()?;
        let engine = site::open(data, site::Setup::default(), book, clock.clone())?;
        let began = Instant::now();
        let records = file_all(&engine, &market, &clock, present.now(), Noons::Skipped)?;
        let filed = began.elapsed().as_secs_f64();
        engine.settle().map_err(plain)?;
        let settled = began.elapsed().as_secs_f64();
        if self.plan.until.is_none() {
            clock.advance(present.now());
            engine.judge_obligations();
            engine.settle().map_err(plain)?;
        }
        clock.follow_machine();
        self.show(&mut screen, &engine, data)?;
        truth::compare(&mut screen, &market, &Graded::read(&DataDir::new(data))?, clock.now(), self.lang)?;
        screen.line(format_args!(
            "{records} records filed, sealed and made durable in {filed:.1} s ({:.0} a second), all evaluated after {settled:.1} s.",
            records as f64 / filed.max(1e-9)
        ))?;
        Ok(engine)
    }

    fn show(&self, screen: &mut Screen, engine: &Engine, data: &Path) -> Result<(), Report> {
        let graded = Graded::read(&DataDir::new(data))?;
        screen.line("")?;
        Shown { graded: &graded, book: engine.rulebook(), lang: self.lang, until: None }.print(screen)?;
        screen.line("")
    }
}
