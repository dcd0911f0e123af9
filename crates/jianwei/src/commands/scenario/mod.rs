//! `jianwei scenario`: three institutions, from what they file to the end of their cases, under a
//! simulated clock, with real letters, mails and webhooks.

mod advertising;
mod checks;
mod filings;
mod house;
mod pooling;
mod security;
mod sinks;
mod stage;
mod tables;
mod tell;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use dispatch::Dispatcher;
use engine::DataDir;
use ledger::VerifyOptions;
use miette::Report;
use model::clock::Clock;
use model::time::Time;
use workflow::letter::LetterState;

use crate::outcome::{Done, Outcome, failed, plain};
use crate::screen::{Screen, Style};
use crate::{log, scratch, site};

use sinks::{Hooks, MailServer};
use stage::Stage;

/// Play a story from filings to closed cases
///
/// A red platform that pools lenders' money, an orange insurer with false advertising and a yellow
/// payment firm, under a simulated clock: alerts, deadlines, letters as PDF by mail, signed webhooks,
/// orders, the double penalty. In the end every mail and webhook that arrived is held against the
/// ledger, and the ledger is verified.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  jianwei scenario\n  jianwei scenario --out ./letters --data ./data/scenario"
)]
pub(crate) struct Scenario {
    /// Write the letters as PDF into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Keep the data in this directory, which must not be there yet; without it nothing is left behind
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The program `maildev` of npm, which then takes the mails; without it a server that is built in
    #[arg(long, value_name = "FILE")]
    maildev: Option<PathBuf>,
}

impl Scenario {
    pub(crate) fn run(self) -> Done {
        log::start();
        let scratch = scratch::folder("scenario")?;
        let data = self.data.clone().unwrap_or_else(|| scratch.path().join("data"));
        if crate::data::holds_ledger(&data) {
            return Err(miette::miette!(
                "{} holds a ledger already; the story begins with none",
                data.display()
            ));
        }
        let mut stage = self.stage(&data)?;
        let story = [pooling::beats(), advertising::beats(), security::beats()];
        stage.play(story.into_iter().flatten().collect())?;
        checks::check(&mut stage)?;
        let desk = stage.engine.desk().clone();
        tables::print(&mut stage.screen, &desk)?;
        if let Some(folder) = &self.out {
            write_letters(&mut stage, folder)?;
        }
        stage.screen.line("")?;
        let (engine, mut screen) = stage.over();
        site::close(engine)?;
        verify(&mut screen, &data)
    }

    /// The engine, the sinks and the dispatcher between them.
    fn stage(&self, data: &Path) -> Result<Stage, Report> {
        let clock = Clock::manual(Time::parse("2026-06-01T08:30:00+08:00").map_err(plain)?);
        let policy = Arc::new(house::policy()?);
        let setup = site::Setup {
            origin: Some("supervision.example/scenario".to_owned()),
            policy: Some(Arc::clone(&policy)),
            ..site::Setup::default()
        };
        let engine = site::open(data, setup, rulebook::load::embedded()?, clock.clone())?;
        let secrets = house::secrets()?;
        let mail = MailServer::start(self.maildev.as_deref())?;
        let hooks = Hooks::start(secrets.clone(), clock)?;
        let channels = house::channels(mail.port(), &hooks.url(), &secrets, &policy)?;
        let dispatcher = Dispatcher::new(Arc::clone(&engine), channels);
        let mut screen = Screen::stdout();
        screen.line(
            "见微情景演示：从报送到结案 · The story of three institutions, from filings to closed cases",
        )?;
        screen.line(format_args!("邮件服务器 Mail server: {}", mail.what()))?;
        Ok(Stage::new(engine, dispatcher, mail, hooks, screen))
    }
}

fn write_letters(stage: &mut Stage, folder: &Path) -> Result<(), Report> {
    std::fs::create_dir_all(folder).map_err(failed(folder.display()))?;
    let desk = stage.engine.desk().clone();
    let mut count = 0;
    for letter in desk.letters.all().filter(|letter| letter.state == LetterState::Released) {
        let set = dispatch::set(letter, stage.engine.reader()).map_err(plain)?;
        let path = folder.join(format!("{}.pdf", letter.id));
        std::fs::write(&path, set.pdf).map_err(failed(path.display()))?;
        count += 1;
    }
    stage.screen.line("")?;
    stage
        .screen
        .line(format_args!("函件 {count} 份已写入 · {count} letters written into {}", folder.display()))
}

/// Reads the ledger again from its first byte.
fn verify(screen: &mut Screen, data: &Path) -> Done {
    let options = VerifyOptions { key: None, checkpoints: Vec::new() };
    let report = ledger::verify(&DataDir::new(data).ledger(), &options).map_err(plain)?;
    for problem in &report.problems {
        screen.line(format_args!("账本不符 does not fit: {problem}"))?;
    }
    let verdict = match report.problems.is_empty() {
        true => screen.paint(Style::Green, "账本校验无误 ledger verified: clean"),
        false => screen.paint(Style::Red, "账本校验有误 ledger verified: damaged"),
    };
    let root = report.root.map(|root| root.to_base64()).unwrap_or_default();
    screen.line(format_args!("{verdict}; {} entries, root {root}", report.entries))?;
    Ok(Outcome::of(!report.problems.is_empty()))
}
