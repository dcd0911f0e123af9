//! `jianwei verify`: does it all fit? A data directory, a proof by itself, two checkpoints.

mod consistency;
mod directory;
mod event;
mod proof;

use std::path::PathBuf;

use clap::Args;
use miette::{Report, miette};
use tlog::VerifierKey;

use crate::outcome::{Done, Outcome};
use crate::screen::Screen;

/// Verify ledgers, proofs and checkpoints, offline
///
/// A data directory (or a copy of its ledger alone) is read from its first byte: every leaf hash,
/// the trees, every checkpoint. A tlog-proof file is checked by itself, with the ledger's key, and
/// what it discloses is shown: fields of a record, or the whole of a grade, a finding or another
/// event. With --consistency two checkpoints are: that the older tree is the beginning of the newer
/// one.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  jianwei verify ./data\n  jianwei verify --open ./data\n  \
    jianwei verify --key 'supervisor.example/ledger+1a2b3c4d+AbC…' 17.tlog-proof\n  \
    jianwei verify --consistency monday.checkpoint friday.checkpoint --data ./data")]
pub(crate) struct Verify {
    /// Data directories, ledgers and tlog-proof files
    #[arg(value_name = "PATH", required_unless_present = "consistency")]
    paths: Vec<PathBuf>,
    /// The ledger's verifier key, as you know it from elsewhere: the key or a file with it
    #[arg(long, value_name = "KEY|FILE", value_parser = verifier_key)]
    key: Option<VerifierKey>,
    /// Verifier key of a witness that must have cosigned
    #[arg(long = "witness-key", value_name = "KEY|FILE", value_parser = verifier_key)]
    witness_keys: Vec<VerifierKey>,
    /// How many of those witnesses are enough; without it, all
    #[arg(long, value_name = "NUMBER", requires = "witness_keys")]
    witness_threshold: Option<usize>,
    /// File with the leaf that a proof is about, where the proof does not bring it along
    #[arg(long, value_name = "FILE")]
    leaf: Option<PathBuf>,
    /// Checkpoint that you kept, to hold a directory against
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// Also decrypt every payload and hold it against the commitments in its leaf
    #[arg(long)]
    open: bool,
    /// Two checkpoints, the older one first
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    consistency: Vec<PathBuf>,
    /// Data directory that makes the consistency proof
    #[arg(long, value_name = "DIR", requires = "consistency", conflicts_with = "proof")]
    data: Option<PathBuf>,
    /// Consistency proof, as the server gives it under /v1/ledger/consistency
    #[arg(long, value_name = "FILE", requires = "consistency")]
    proof: Option<PathBuf>,
}

/// A verifier key in the argument itself, or in the file that it names.
fn verifier_key(text: &str) -> Result<VerifierKey, String> {
    match text.trim().parse() {
        Ok(key) => Ok(key),
        Err(error) => match std::fs::read_to_string(text) {
            Ok(content) => content.trim().parse().map_err(|error| format!("in the file: {error}")),
            Err(_) => Err(format!("{error}")),
        },
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>, Report> {
    std::fs::read(path).map_err(|error| miette!("{}: {error}", path.display()))
}

impl Verify {
    pub(crate) fn run(self) -> Done {
        let mut screen = Screen::stdout();
        let mut faults = false;
        if let [old, new] = self.consistency.as_slice() {
            faults |= consistency::check(&mut screen, &self, old, new)? == Outcome::Faults;
        }
        for path in &self.paths {
            let outcome = if path.is_dir() {
                directory::check(&mut screen, &self, path)?
            } else {
                proof::check(&mut screen, &self, path)?
            };
            faults |= outcome == Outcome::Faults;
        }
        Ok(Outcome::of(faults))
    }
}
