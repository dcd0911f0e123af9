//! The order of things. Filings come in, are validated and sealed by many threads, told apart
//! and made durable by one, answered, and evaluated in the order of the ledger; what the
//! evaluation finds is sealed again. This is the only crate that knows that order.
//!
//! **Invariant:** nothing is acknowledged before it is durable.
//! **Invariant:** one thread appends to the ledger; one thread evaluates, in ledger order.
//! **Invariant:** whatever stands outside `ledger/` and `access/` can be deleted and comes back.
#![deny(clippy::indexing_slicing)]

pub mod access;
mod files;
pub mod filings;
mod identity;
pub mod intake;
pub mod sealer;
pub mod subjects;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use ledger::keystore::{KeyError, KeyStore};
use ledger::{Ledger, LedgerError, Options, Reader, SecondTree};
use model::clock::Clock;
use store::seen::{Seen, SeenError};

use access::Access;
use filings::Filings;
use identity::IdentityKey;
use intake::filing::Filing;
use intake::quarantine::Quarantine;
use intake::{FilingError, FilingHead, Receipt};
use sealer::{Appended, Command, Sealer};

/// Chunks that may wait for the writer in all.
const COMMANDS_WAITING: usize = 16;
/// Chunks that may wait for the evaluator; beyond, filing slows down to its pace.
const APPENDED_WAITING: usize = 64;

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
    /// What is derived from the ledger.
    pub fn derived(&self) -> PathBuf {
        self.0.join("derived")
    }
}

/// How an engine is set up.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Origin of the ledger's checkpoints, such as `supervisor.example/ledger`. Fixed at creation.
    pub origin: String,
    /// The second tree over the ledger's entries. Fixed at creation.
    pub second_tree: Option<SecondTree>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { origin: "jianwei.example/ledger".to_owned(), second_tree: None }
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
    /// A file or directory.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// A ledger entry that cannot be read.
    #[error("ledger entry {position}: {reason}")]
    Entry {
        /// Its position.
        position: u64,
        /// What is wrong with it.
        reason: String,
    },
}

fn at(path: PathBuf) -> impl FnOnce(std::io::Error) -> EngineError {
    move |source| EngineError::File { path, source }
}

/// The running system over one data directory.
pub struct Engine {
    clock: Clock,
    keys: Arc<KeyStore>,
    identity: IdentityKey,
    reader: Reader,
    access: Access,
    quarantine: Quarantine,
    filings: Filings,
    commands: Sender<Command>,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Opens a data directory, creating it when it is not there, and catches up with its ledger.
    ///
    /// # Errors
    /// [`EngineError`]; a ledger held by another process is refused with its process id.
    pub fn open(dir: &Path, options: EngineOptions, clock: Clock) -> Result<Self, EngineError> {
        let (engine, appended) = Self::open_sealing(dir, options, clock)?;
        std::thread::spawn(move || for _ in appended {});
        Ok(engine)
    }

    fn open_sealing(
        dir: &Path,
        options: EngineOptions,
        clock: Clock,
    ) -> Result<(Self, Receiver<Appended>), EngineError> {
        let dirs = DataDir::new(dir);
        std::fs::create_dir_all(dir).map_err(at(dir.to_owned()))?;
        let ledger_options = Options { second_tree: options.second_tree, ..Options::new(options.origin) };
        let ledger = Ledger::open_or_create(&dirs.ledger(), ledger_options)?;
        let keys = Arc::new(KeyStore::open(&dirs.ledger())?);
        let identity = IdentityKey::open(&dirs.ledger().join("keys")).map_err(at(dirs.ledger()))?;
        let access = Access::open(&dirs.access()).map_err(at(dirs.access()))?;
        let quarantine = Quarantine::open(&dirs.quarantine()).map_err(at(dirs.quarantine()))?;
        let seen = Seen::open(&dirs.derived().join("seen"))?;
        let reader = ledger.reader();
        let (commands, for_sealer) = bounded(COMMANDS_WAITING);
        let (evaluator, appended) = bounded(APPENDED_WAITING);
        let sealer = Sealer {
            ledger,
            seen,
            keys: Arc::clone(&keys),
            clock: clock.clone(),
            commands: for_sealer,
            evaluator,
        };
        let sealing = std::thread::Builder::new()
            .name("sealer".to_owned())
            .spawn(move || sealer.run())
            .map_err(at(dir.to_owned()))?;
        let engine = Self {
            clock,
            keys,
            identity,
            reader,
            access,
            quarantine,
            filings: Filings::default(),
            commands,
            threads: vec![sealing],
        };
        Ok((engine, appended))
    }

    /// Takes a filing: reads its body to the end and returns when everything that it brought is
    /// durable.
    ///
    /// # Errors
    /// [`FilingError`].
    pub fn file(&self, head: FilingHead, body: impl Read) -> Result<Receipt, FilingError> {
        Filing::new(self, head).take(body)
    }

    fn send(&self, command: Command) -> Result<(), &'static str> {
        self.commands.send(command).map_err(|_| "the ledger is closed")
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
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
    /// Lets everything under way become durable.
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Stop);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
