//! `jianwei serve`: the supervisor's server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use clap::{Args, ValueEnum};
use dispatch::{Dispatcher, House};
use engine::Engine;
use gateway::{CosigningOptions, GatewayOptions, WitnessAddress};
use ledger::SecondTree;
use miette::Report;
use model::clock::Clock;
use workflow::policy::Policy;

use super::rules::RulebookArg;
use crate::outcome::{Done, Outcome, failed, plain};
use crate::screen::Screen;
use crate::{log, server, site};

/// How often what is owed is judged though nothing may have been filed.
const JUDGED_EVERY: Duration = Duration::from_secs(600);

/// Where a server listens when nothing else is said.
pub(crate) const LISTEN: &str = "127.0.0.1:8470";

/// Take filings over HTTP, seal, evaluate and grade them
///
/// Makes the data directory when it is not there. SIGINT and SIGTERM end it in order. Plain HTTP:
/// beyond this machine, put a TLS proxy before it. `JIANWEI_LOG=info` logs more.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  jianwei serve --data ./data --origin supervisor.example/ledger\n\
                        Then, to let an institution file:\n  \
                        jianwei keys issue --data ./data --institution 91350100M000100Y43")]
pub(crate) struct Serve {
    /// Data directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = LISTEN)]
    listen: SocketAddr,
    #[command(flatten)]
    rulebook: RulebookArg,
    /// Name of a new ledger in its checkpoints: by rule its address without scheme
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// Second tree of a new ledger, over the same entries
    #[arg(long, value_name = "HASH", value_enum)]
    second_tree: Option<Hash>,
    /// Where recordings that were called up are kept: a folder, s3://BUCKET/PREFIX or
    /// https://HOST/BUCKET/PREFIX with the key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY;
    /// without it, the folder vault of the data directory
    #[arg(long, value_name = "FOLDER|URL")]
    vault: Option<String>,
    /// Witness that cosigns checkpoints: its address and verifier key, with a comma between
    #[arg(long = "witness", value_name = "URL,KEY", value_parser = witness_address)]
    witnesses: Vec<WitnessAddress>,
    /// How many of the witnesses must cosign; without it, all
    #[arg(long, value_name = "NUMBER", requires = "witnesses")]
    witness_threshold: Option<usize>,
    /// Who is responsible for whom and how people and partners are reached; without it, posts that
    /// nobody can reach
    #[arg(long, value_name = "FILE")]
    roster: Option<PathBuf>,
    /// Channels by which messages leave: push, SMS, bots, webhooks, mail
    #[arg(long, value_name = "FILE")]
    channels: Option<PathBuf>,
}

/// A hash function for the second tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Hash {
    /// GB/T 32905
    Sm3,
}

impl From<Hash> for SecondTree {
    fn from(hash: Hash) -> Self {
        match hash {
            Hash::Sm3 => Self::Sm3,
        }
    }
}

fn witness_address(text: &str) -> Result<WitnessAddress, String> {
    let (url, key) = text.split_once(',').ok_or("not of the form URL,KEY")?;
    let key = key.trim().parse().map_err(|error| format!("{error}"))?;
    Ok(WitnessAddress { url: url.trim().to_owned(), key })
}

impl Serve {
    pub(crate) fn run(self) -> Done {
        log::start();
        let dirs = engine::DataDir::new(&self.data);
        let book = self.rulebook.load_for(&dirs)?;
        if let Some(enacted) = self.rulebook.passed_over(&dirs, &book) {
            let (data, named) = (self.data.display(), book.hash());
            tracing::warn!(
                "rulebook {enacted} was enacted in {data}, but --rulebook names {named}, which is used instead: \
                 leave --rulebook out to serve under what was enacted"
            );
            tracing::warn!(
                "{data} 已施行规则库 {enacted}，而 --rulebook 指定了 {named}，现按后者评估；要按已施行的评估，请去掉 --rulebook"
            );
        }
        let (policy, house) = desk_of(self.roster.as_deref(), self.channels.as_deref())?;
        let vault = self.vault.map(|place| site::vault_at(&place, &self.data)).transpose().map_err(plain)?;
        let setup = site::Setup {
            origin: self.origin,
            second_tree: self.second_tree.map(SecondTree::from),
            vault: vault.map(Arc::new),
            policy: Some(Arc::clone(&policy)),
        };
        let engine = site::open(&self.data, setup, book, Clock::system())?;
        if let Some(behind) = engine.clock_behind() {
            tracing::warn!("{behind}");
        }
        let mut options = GatewayOptions::default();
        if !self.witnesses.is_empty() {
            let mut cosigning = CosigningOptions::new(self.witnesses);
            cosigning.threshold = self.witness_threshold.unwrap_or(cosigning.threshold);
            options.cosigning = Some(cosigning);
        }
        let serving = Serving { options, listen: self.listen, market: Market::Live, house };
        serve(engine, serving, &self.data, |_| Vec::new())
    }
}

/// The policy of the desk and the channels of the house, from an operator's files.
fn desk_of(roster: Option<&Path>, channels: Option<&Path>) -> Result<(Arc<Policy>, Option<House>), Report> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(failed(path.display()));
    let roster = roster.map(read).transpose()?;
    let policy = Policy::shipped(roster.as_deref()).map_err(plain)?;
    let house = match channels {
        Some(path) => {
            let house = House::read(&read(path)?, &|name| std::env::var(name).ok()).map_err(plain)?;
            house.check(&policy.roster).map_err(plain)?;
            Some(house)
        }
        None => None,
    };
    Ok((Arc::new(policy), house))
}

/// How an engine is served.
pub(crate) struct Serving {
    /// Of the gateway.
    pub(crate) options: GatewayOptions,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Whether institutions go on filing.
    pub(crate) market: Market,
    /// By what messages leave; without it they wait, and are shown.
    pub(crate) house: Option<House>,
}

/// Sends what waits in the outbox, beside the server, until it is told to stop.
struct Sending {
    thread: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl Sending {
    fn start(engine: &Arc<Engine>, house: House) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (dispatcher, told) = (Dispatcher::new(Arc::clone(engine), house), Arc::clone(&stop));
        let thread = std::thread::Builder::new().name("outbox".to_owned());
        Ok(Self { thread: thread.spawn(move || dispatcher.run(&told))?, stop })
    }

    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.join();
    }
}

/// Whether institutions go on filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Market {
    /// They do; who falls silent is found.
    Live,
    /// A simulated market stands still after its last day: its silence means nothing.
    Still,
}

/// Judges what is owed, again and again.
async fn judge(engine: Arc<Engine>) {
    let mut ticks = tokio::time::interval(JUDGED_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        engine.judge_obligations();
    }
}

/// Serves an engine until a signal comes, and lets everything under way end. `more` says what
/// else is to be announced when the address is known.
pub(crate) fn serve(
    engine: Arc<Engine>,
    serving: Serving,
    data: &Path,
    more: impl FnOnce(SocketAddr) -> Vec<String>,
) -> Done {
    let Serving { options, listen, market, house } = serving;
    let sending = house.map(|house| Sending::start(&engine, house)).transpose().map_err(plain)?;
    let runtime = server::runtime()?;
    let served: Result<(), Report> = runtime.block_on(async {
        let stop = server::stop_signal()?;
        let server = gateway::bind(Arc::clone(&engine), options, listen)
            .await
            .map_err(failed(format_args!("cannot listen on {listen}")))?;
        let address = server.address();
        announce(&engine, address, data, &more(address))?;
        let judging = match market {
            Market::Live => Some(tokio::spawn(judge(Arc::clone(&engine)))),
            Market::Still => None,
        };
        server.run(stop).await;
        if let Some(judging) = judging {
            judging.abort();
            // Only once it is gone nobody else holds the engine.
            let _ = judging.await;
        }
        Ok(())
    });
    if let Some(sending) = sending {
        sending.end();
    }
    served?;
    // Threads of the runtime may hold the engine; only its last holder lets it close.
    drop(runtime);
    let entries = engine.reader().size();
    site::close(engine)?;
    Screen::stdout().line(format_args!("Stopped in order; the ledger holds {entries} entries."))?;
    Ok(Outcome::Fine)
}

fn announce(engine: &Engine, address: SocketAddr, data: &Path, more: &[String]) -> Result<(), Report> {
    let mut screen = Screen::stdout();
    let reader = engine.reader();
    screen.line(format_args!("Jianwei 见微 serves http://{address} from {}.", data.display()))?;
    screen.line(format_args!("  ledger       {} entries, {}", reader.size(), reader.verifier_key()))?;
    screen.line(format_args!("  filing       POST http://{address}/v1/filings/{{stream}}"))?;
    screen.line(format_args!("  description  http://{address}/openapi.yaml"))?;
    screen.line(format_args!("  keys         jianwei keys issue --data {} …", data.display()))?;
    more.iter().try_for_each(|line| screen.line(line))?;
    screen.flush()
}
