//! Data directories: how commands find and open them.

use std::path::{Path, PathBuf};

use clap::Args;
use engine::DataDir;
use ledger::{KeyStore, Reader};
use miette::{Report, miette};

use crate::outcome::plain;

/// The data directory of a command that works on one.
#[derive(Args, Debug)]
pub(crate) struct DataArg {
    /// Data directory
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
}

impl DataArg {
    /// The directory, when a ledger is in it.
    ///
    /// A name misspelt must not become a new, empty ledger, so only `serve`, `demo` and `import`
    /// make one.
    pub(crate) fn existing(&self) -> Result<DataDir, Report> {
        existing(&self.data)
    }
}

/// Whether a ledger is in a data directory.
pub(crate) fn holds_ledger(dir: &Path) -> bool {
    is_ledger(&DataDir::new(dir).ledger())
}

/// Whether a directory is a ledger itself.
pub(crate) fn is_ledger(dir: &Path) -> bool {
    dir.join("LEDGER").is_file()
}

/// A data directory with a ledger in it.
pub(crate) fn existing(dir: &Path) -> Result<DataDir, Report> {
    if holds_ledger(dir) {
        return Ok(DataDir::new(dir));
    }
    let help = format!("`jianwei serve --data {0}` makes one, `jianwei demo --data {0}` too", dir.display());
    Err(miette!(help = help, "{} is no data directory: it holds no ledger", dir.display()))
}

/// The ledger and the keys of a data directory, to read from, also beside a running server.
pub(crate) fn open_to_read(dirs: &DataDir) -> Result<(Reader, KeyStore), Report> {
    let reader = Reader::open(&dirs.ledger()).map_err(plain)?;
    let keys = KeyStore::open_read_only(&dirs.ledger()).map_err(plain)?;
    Ok((reader, keys))
}
