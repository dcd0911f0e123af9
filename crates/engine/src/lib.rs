//! The order of things. Filings come in, are validated and sealed by many threads, told apart
//! and made durable by one, answered, and evaluated in the order of the ledger; what the
//! evaluation finds is sealed again. This is the only crate that knows that order.
//!
//! **Invariant:** nothing is acknowledged before it is durable.
//! **Invariant:** one thread appends to the ledger; one thread evaluates, in ledger order.
//! **Invariant:** what stands under `derived/` can be deleted and comes back.
#![deny(clippy::indexing_slicing)]

pub mod access;
pub mod backtest;
pub mod board;
pub mod call_ups;
mod clock_at_start;
mod derived;
pub mod desk;
mod evaluate;
mod files;
pub mod filings;
mod follower;
mod identity;
pub mod intake;
pub mod life;
mod reconcile;
mod recover;
pub mod replay;
pub mod rulebooks;
pub mod scan;
pub mod sealer;
pub mod subjects;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded, unbounded};
use ledger::keystore::{Erasure, KeyError, KeyStore};
use ledger::{Ledger, LedgerError, Options, Reader, SecondTree};
use model::clock::Clock;
use model::event::{RuleStep, to_body};
use model::pseudonym::Pseudonym;
use rulebook::Rulebook;
use store::OtherVersion;
use store::history::{History, HistoryError};
use store::seen::{Seen, SeenError};
use vault::{Vault, VaultError};
use workflow::policy::{Policy, PolicyFault};

use access::Access;
pub use analysis::review::Review;
use board::Board;
use call_ups::CallUps;
pub use clock_at_start::ClockBehind;
use desk::Office;
use filings::Filings;
use follower::{Follower, Request};
use identity::IdentityKey;
use intake::filing::Filing;
use intake::quarantine::{LISTED_IN_RECEIPT, Quarantine};
use intake::{FilingError, FilingHead, Receipt};
use recover::recover;
use sealer::{Command, Sealer, SealerError};

/// Commands that may wait for the writer, and as many chunks of records.
const COMMANDS_WAITING: usize = 16;
/// Records that may wait for the evaluator; beyond, filing slows down to its pace. They are what an
/// alert waits behind at most: some hundred milliseconds' work.
const RECORDS_WAITING: usize = 1 << 16;
/// How long a filing pauses when the evaluator has too much before it.
const PAUSE: Duration = Duration::from_micros(500);

/// Where things lie in a data directory.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// A data directory.
    pub fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }
    /// The ledger.
    pub fn ledger(&self) -> PathBuf {
        self.0.join("ledger")
    }
    /// API keys.
    pub fn access(&self) -> PathBuf {
        self.0.join("access/keys.json")
    }
    /// Lists of refused lines.
    pub fn quarantine(&self) -> PathBuf {
        self.0.join("quarantine")
    }
    /// What was called up, where nothing else is said.
    pub fn vault(&self) -> PathBuf {
        self.0.join("vault")
    }
    /// Every rulebook that was in force.
    pub fn rulebooks(&self) -> PathBuf {
        self.0.join("rulebooks")
    }
    /// What is derived from the ledger.
    pub fn derived(&self) -> PathBuf {
        self.0.join("derived")
    }
    /// Links to columns that are being read, each reader's in a folder of its own.
    pub fn reading(&self) -> PathBuf {
        self.derived().join("reading")
    }
    /// Every record in columns, derived.
    pub fn history(&self) -> PathBuf {
        self.derived().join("history")
    }
}

/// How an engine is set up.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Origin of the ledger's checkpoints, such as `supervisor.example/ledger`. Fixed at creation.
    pub origin: String,
    /// The second tree over the ledger's entries. Fixed at creation.
    pub second_tree: Option<SecondTree>,
    /// Where what was called up is kept; in the data directory if `None`.
    pub vault: Option<Arc<Vault>>,
    /// Clocks of alerts and who is responsible; as shipped if `None`.
    pub policy: Option<Arc<Policy>>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { origin: "jianwei.example/ledger".to_owned(), second_tree: None, vault: None, policy: None }
    }
}

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The key store.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The index of records.
    #[error(transparent)]
    Seen(#[from] SeenError),
    /// Every record in columns.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A file or directory.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// Where what was called up is kept.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Rules or indicators could not be evaluated.
    #[error("evaluation: {0}")]
    Evaluation(String),
    /// A text of the rulebook was edited after it had been used under the same version.
    #[error(transparent)]
    Edited(#[from] rulebooks::Edited),
    /// The policy of alerts.
    #[error(transparent)]
    Policy(#[from] PolicyFault),
    /// A ledger entry that cannot be read.
    #[error("ledger entry {position}: {reason}")]
    Entry {
        /// Its position.
        position: u64,
        /// What is wrong with it.
        reason: String,
    },
}

impl EngineError {
    fn evaluation(error: impl std::fmt::Display) -> Self {
        Self::Evaluation(error.to_string())
    }
}

fn at(path: PathBuf) -> impl FnOnce(std::io::Error) -> EngineError {
    move |source| EngineError::File { path, source }
}

/// The running system over one data directory.
pub struct Engine {
    clock: Clock,
    clock_behind: Option<ClockBehind>,
    rebuilt: Vec<OtherVersion>,
    keys: Arc<KeyStore>,
    identity: IdentityKey,
    reader: Reader,
    access: Access,
    quarantine: Quarantine,
    filings: Filings,
    call_ups: CallUps,
    vault: Arc<Vault>,
    board: Arc<Board>,
    office: Arc<Office>,
    rulebook: Arc<Rulebook>,
    dirs: DataDir,
    /// The steps in the lives of rules, in order.
    steps: Mutex<Vec<RuleStep>>,
    commands: Sender<Command>,
    /// Chunks of records on their way to the sealer.
    records: Sender<Command>,
    requests: Option<Sender<Request>>,
    failed: Arc<Mutex<Option<Arc<str>>>>,
    /// Records that the evaluator has before it.
    waiting: Arc<AtomicUsize>,
    sealing: Option<JoinHandle<()>>,
    following: Option<JoinHandle<()>>,
    timing: Option<JoinHandle<()>>,
    /// Tells the desk's timers to end.
    is_closing: Arc<AtomicBool>,
}

impl Engine {
    /// Opens a data directory, creating it when it is not there, and catches up with its ledger
    /// under a rulebook.
    ///
    /// # Errors
    /// [`EngineError`]; a ledger held by another process is refused with its process id.
    pub fn open(
        dir: &Path,
        options: EngineOptions,
        clock: Clock,
        rulebook: Arc<Rulebook>,
    ) -> Result<Self, EngineError> {
        let dirs = DataDir::new(dir);
        std::fs::create_dir_all(dir).map_err(at(dir.to_owned()))?;
        let ledger_options = Options { second_tree: options.second_tree, ..Options::new(options.origin) };
        let ledger = Ledger::open_or_create(&dirs.ledger(), ledger_options)?;
        let keys = Arc::new(KeyStore::open(&dirs.ledger())?);
        let identity = IdentityKey::open(&dirs.ledger().join("keys")).map_err(at(dirs.ledger()))?;
        let access = Access::open(&dirs.access()).map_err(at(dirs.access()))?;
        let quarantine = Quarantine::open(&dirs.quarantine()).map_err(at(dirs.quarantine()))?;
        let vault = match options.vault {
            Some(vault) => vault,
            None => Arc::new(Vault::folder(&dirs.vault())?),
        };
        let policy = match options.policy {
            Some(policy) => policy,
            None => Arc::new(Policy::shipped(None)?),
        };
        let reader = ledger.reader();
        let planned = scan::occasions(&reader, &keys)?;
        rulebooks::refuse_edited(&dirs.rulebooks(), &rulebook, &planned)?;
        rulebooks::keep(&dirs.rulebooks(), &rulebook).map_err(at(dirs.rulebooks()))?;
        let (seen, other_seen) = Seen::open_or_empty(&dirs.derived().join("seen"))?;
        let (history, other_history) = History::open_or_empty(&dirs.history())?;
        let recovered = recover(&reader, &keys, &identity, seen, history, Arc::clone(&rulebook), planned)?;
        let clock_behind = {
            let (filings, call_ups) = (&recovered.filings, &recovered.call_ups);
            let received = filings.latest_received_at().max(call_ups.latest_at());
            clock_at_start::resume(&clock, received.max(recovered.desk_latest_at))
        };

        let (commands, for_sealer) = bounded(COMMANDS_WAITING);
        let (records, records_for_sealer) = bounded(COMMANDS_WAITING);
        let (requests, for_follower) = unbounded();
        let board = Arc::new(recovered.board);
        let office = Arc::new(Office::new(recovered.desk, recovered.directory, policy, &rulebook));
        let failed = Arc::new(Mutex::new(None));
        let waiting = Arc::new(AtomicUsize::new(0));
        let sealer = Sealer {
            ledger,
            seen: recovered.seen,
            keys: Arc::clone(&keys),
            clock: clock.clone(),
            commands: for_sealer,
            records: records_for_sealer,
            follower: requests.clone(),
            waiting: Arc::clone(&waiting),
        };
        let follower = Follower {
            evaluator: recovered.evaluator,
            requests: for_follower,
            sealer: commands.clone(),
            reader: reader.clone(),
            keys: Arc::clone(&keys),
            board: Arc::clone(&board),
            office: Arc::clone(&office),
            clock: clock.clone(),
            unsealed: None,
            is_broken: false,
            failed: Arc::clone(&failed),
            waiting: Arc::clone(&waiting),
        };
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let sealing = thread("sealer").spawn(move || sealer.run()).map_err(at(dir.to_owned()))?;
        let following = thread("follower").spawn(move || follower.run()).map_err(at(dir.to_owned()))?;
        let is_closing = Arc::new(AtomicBool::new(false));
        let timers = desk::Timers {
            office: Arc::clone(&office),
            clock: clock.clone(),
            sealer: commands.clone(),
            is_closing: Arc::clone(&is_closing),
        };
        let timing = thread("timers").spawn(move || timers.run()).map_err(at(dir.to_owned()))?;
        Ok(Self {
            clock,
            clock_behind,
            rebuilt: other_seen.into_iter().chain(other_history).collect(),
            keys,
            identity,
            reader,
            access,
            quarantine,
            filings: recovered.filings,
            call_ups: recovered.call_ups,
            vault,
            board,
            office,
            rulebook,
            dirs,
            steps: Mutex::new(recovered.steps),
            commands,
            records,
            requests: Some(requests),
            failed,
            waiting,
            sealing: Some(sealing),
            following: Some(following),
            timing: Some(timing),
            is_closing,
        })
    }

    /// Waits until everything filed before is evaluated and the outcome sealed.
    ///
    /// # Errors
    /// [`EngineError::Evaluation`] when evaluation stopped, with why.
    pub fn settle(&self) -> Result<(), EngineError> {
        let (reply, answer) = bounded(1);
        self.request(Request::Settle(reply));
        answer.recv().map_err(EngineError::evaluation)?.map_err(EngineError::evaluation)
    }

    /// Judges what is owed by now, although nothing may have been filed.
    pub fn judge_obligations(&self) {
        self.request(Request::Time(self.clock.now()));
    }

    fn request(&self, request: Request) {
        if let Some(requests) = &self.requests {
            let _ = requests.send(request);
        }
    }

    /// Why evaluation stopped, if it did.
    pub fn evaluation_failure(&self) -> Option<Arc<str>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Grades and findings.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// The current grade of each institution: of a day that is not over only what was found counts.
    pub fn current_grades(&self) -> Vec<model::event::GradeEvent> {
        let duties = analysis::obligations::Duties::of(&self.rulebook);
        self.board.current(duties.all_closed_until(self.clock.now()))
    }

    /// The findings that wait for a person (requirements 1.7 and 3.1), the first due first.
    pub fn review_queue(&self) -> Vec<Review> {
        self.board.with_findings(|findings| {
            analysis::review::queue(&self.rulebook, findings.iter().map(|(finding, at)| (finding, *at)))
        })
    }

    /// The rulebook in force.
    pub fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    /// Destroys a person's key: what was filed about the person becomes unreadable, the ledger
    /// still verifies. The erasure is sealed as an event that does not name the person.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn erase(&self, person: Pseudonym, ground: &str) -> Result<Erasure, EngineError> {
        let erased = self.keys.erase(&subjects::person_subject(person.0))?;
        if erased == Erasure::Done {
            let event = model::event::Erasure { time: self.clock.now(), ground: ground.to_owned() };
            let body = to_body(&event).map_err(EngineError::evaluation)?;
            self.seal(seal::EventKind::Erasure, vec![body])?;
        }
        Ok(erased)
    }

    /// Seals events of the operator, all in one group.
    fn seal(&self, kind: seal::EventKind, bodies: Vec<Vec<u8>>) -> Result<(), EngineError> {
        let institution = analysis::INDUSTRY.to_owned();
        let event = |body| sealer::Event { kind, institution: institution.clone(), body };
        let (reply, answer) = bounded(1);
        let events = bodies.into_iter().map(event).collect();
        self.send(Command::Events(events, reply)).map_err(EngineError::evaluation)?;
        answer.recv().map_err(EngineError::evaluation)?.map_err(EngineError::evaluation)?;
        Ok(())
    }

    /// Takes a filing: reads its body to the end and returns when everything that it brought is
    /// durable.
    ///
    /// # Errors
    /// [`FilingError`].
    pub fn file(&self, head: FilingHead, body: impl Read) -> Result<Receipt, FilingError> {
        Filing::new(self, head).take(body)
    }

    /// The receipt of a filing, with the first of its refused lines.
    ///
    /// # Errors
    /// The list of refused lines cannot be read.
    pub fn receipt(&self, filing: &str) -> std::io::Result<Option<Receipt>> {
        let Some(filed) = self.filings.get(filing) else { return Ok(None) };
        let refusals = match filed.sealed.refused {
            0 => Vec::new(),
            _ => self.quarantine.read(filing, 0, LISTED_IN_RECEIPT)?,
        };
        Ok(Some(filed.receipt(refusals)))
    }

    /// Keeps a checkpoint that came back from witnesses with their cosignatures, for proofs after
    /// a restart; says whether it is not older than the one kept before.
    ///
    /// # Errors
    /// [`SealerError`]; a note that is no checkpoint of this ledger.
    pub fn put_cosigned(&self, note: Arc<[u8]>) -> Result<bool, SealerError> {
        let (reply, answer) = bounded(1);
        let closed = |what: String| SealerError::Storage(what.into());
        self.send(Command::Cosigned(note, reply)).map_err(|error| closed(error.to_owned()))?;
        answer.recv().map_err(|error| closed(error.to_string()))?
    }

    /// Hands a command to the sealer; one with records waits while the evaluator has too many.
    fn send(&self, command: Command) -> Result<(), &'static str> {
        let way = match command {
            Command::Chunk(..) | Command::Atomic(..) => {
                while self.waiting.load(Ordering::Relaxed) > RECORDS_WAITING {
                    std::thread::sleep(PAUSE);
                }
                &self.records
            }
            _ => &self.commands,
        };
        way.send(command).map_err(|_| "the ledger is closed")
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// That the machine's clock was behind the ledger at the start, if it was.
    pub fn clock_behind(&self) -> Option<ClockBehind> {
        self.clock_behind
    }

    /// What another version of the program had derived from the ledger: the start rebuilt it.
    pub fn rebuilt(&self) -> &[OtherVersion] {
        &self.rebuilt
    }

    /// The ledger, to read from.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The API keys.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The receipts.
    pub fn filings(&self) -> &Filings {
        &self.filings
    }

    /// The lists of refused lines.
    pub fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }

    /// The keys of persons and institutions.
    pub fn keys(&self) -> &KeyStore {
        &self.keys
    }

    fn identity(&self) -> &IdentityKey {
        &self.identity
    }

    fn second_tree(&self) -> Option<SecondTree> {
        self.reader.second_tree()
    }
}

impl Drop for Engine {
    /// Lets everything under way become durable, evaluated and sealed.
    fn drop(&mut self) {
        let _ = self.settle();
        self.is_closing.store(true, Ordering::Relaxed);
        self.office.wake();
        if let Some(timing) = self.timing.take() {
            let _ = timing.join();
        }
        let _ = self.commands.send(Command::Stop);
        if let Some(sealing) = self.sealing.take() {
            let _ = sealing.join();
        }
        self.requests = None;
        if let Some(following) = self.following.take() {
            let _ = following.join();
        }
    }
}
