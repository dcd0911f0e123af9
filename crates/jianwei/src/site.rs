//! The engine over a data directory, as commands use it.

use std::path::Path;
use std::sync::Arc;

use engine::{DataDir, Engine, EngineError, EngineOptions};
use ledger::{LedgerError, Reader, SecondTree};
use miette::{Report, miette};
use model::clock::Clock;
use rulebook::Rulebook;
use vault::s3::S3Config;
use vault::{Vault, VaultError};
use workflow::policy::Policy;

use crate::data::holds_ledger;
use crate::outcome::plain;

/// How a ledger is made; one that exists keeps what it was made with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    /// The origin of its checkpoints.
    pub(crate) origin: Option<String>,
    /// The second tree.
    pub(crate) second_tree: Option<SecondTree>,
    /// Where what was called up is kept; in the data directory if `None`.
    pub(crate) vault: Option<Arc<Vault>>,
    /// Clocks of alerts and who is responsible; as shipped if `None`.
    pub(crate) policy: Option<Arc<Policy>>,
}

/// Opens the engine of a data directory, which is made when it is not there.
pub(crate) fn open(dir: &Path, setup: Setup, book: Rulebook, clock: Clock) -> Result<Arc<Engine>, Report> {
    let mut options = EngineOptions::default();
    if holds_ledger(dir) {
        let stored = Reader::open(&DataDir::new(dir).ledger())
            .map_err(|error| not_opened(dir, EngineError::Ledger(error)))?;
        options.origin = stored.verifier_key().name().to_owned();
        options.second_tree = stored.second_tree();
    }
    if let Some(origin) = setup.origin {
        options.origin = origin;
    }
    options.second_tree = setup.second_tree.or(options.second_tree);
    options.vault = setup.vault;
    options.policy = setup.policy;
    let engine = Engine::open(dir, options, clock, Arc::new(book)).map_err(|error| not_opened(dir, error))?;
    for other in engine.rebuilt() {
        tracing::warn!("{other}: it was rebuilt from the ledger");
    }
    Ok(Arc::new(engine))
}

/// The vault at an address: a folder, or a bucket of S3 whose key is in the environment.
pub(crate) fn vault_at(place: &str, dir: &Path) -> Result<Vault, VaultError> {
    if !place.contains("://") {
        return Vault::folder(Path::new(place));
    }
    // Content waits on the disk of the data directory, not in a `/tmp` that may be memory.
    let config = S3Config::from_url(place, |name| std::env::var(name).ok(), dir.to_owned())?;
    Vault::s3(config, Clock::system())
}

/// Why a data directory was not opened, and what to do about damage.
fn not_opened(dir: &Path, error: EngineError) -> Report {
    use LedgerError::{BadFile, Corrupt, HistoryTooShort, RootMismatch};
    let dir = dir.display();
    match &error {
        EngineError::Ledger(
            BadFile { .. } | Corrupt { .. } | HistoryTooShort { .. } | RootMismatch { .. },
        ) => miette!(
            help = format!(
                "nothing was changed; `jianwei verify {dir}` lists all that does not fit. Put those files back from a copy of {dir}/ledger"
            ),
            "{error}"
        ),
        EngineError::Ledger(LedgerError::Locked { .. }) => {
            miette!(help = "this writes to the ledger: stop that process in order first", "{error}")
        }
        EngineError::Edited(edited) => miette!(
            help = format!(
                "a finding names its text by this digest. Give the new text version {}, or take the text that was used: `jianwei rules diff` shows what differs",
                edited.version + 1
            ),
            "{error}"
        ),
        EngineError::Seen(_) | EngineError::History(_) => {
            miette!(
                help = format!("`rm -r {dir}/derived` helps: the next start makes it again from the ledger"),
                "{error}"
            )
        }
        _ => plain(error),
    }
}

/// Closes an engine that nobody else holds: everything under way becomes durable and evaluated.
pub(crate) fn close(engine: Arc<Engine>) -> Result<(), Report> {
    Arc::into_inner(engine).map(drop).ok_or_else(|| miette!("the ledger is still in use at the end"))
}
