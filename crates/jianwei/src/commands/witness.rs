//! `jianwei witness`: a custody bank, a court, anyone who is to see that the ledger only grows.

use std::fs::OpenOptions;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use miette::{Report, miette};
use model::clock::Clock;
use tlog::{Cosigner, Sha256Tree, TrustedLog, VerifierKey, Witness as CheckpointWitness};

use crate::outcome::{Done, Outcome, failed, plain};
use crate::screen::Screen;
use crate::{log, server};

/// Cosign a ledger's checkpoints, each only if it continues the one before (C2SP tlog-witness)
///
/// The key file holds 64 hexadecimal digits; it is made when it is not there, and the verifier key
/// to hand out is printed. The state remembers the last tree head of each ledger: never lose it,
/// never share it.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  jianwei witness --listen 127.0.0.1:8471 --state ./witness --name court.example \
                        --key-file ./witness/key --ledger 'supervisor.example/ledger+1a2b3c4d+AbC…'"
)]
pub(crate) struct Witness {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8471")]
    listen: SocketAddr,
    /// Directory of the witness's memory
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// File with the witness's secret key
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// Name of the witness in its cosignatures
    #[arg(long, value_name = "NAME", default_value = "witness.example")]
    name: String,
    /// Verifier key of a ledger to witness
    #[arg(long = "ledger", value_name = "KEY", required = true)]
    ledgers: Vec<VerifierKey>,
}

impl Witness {
    pub(crate) fn run(self) -> Done {
        log::start();
        std::fs::create_dir_all(&self.state).map_err(failed(self.state.display()))?;
        let cosigner = Cosigner::from_seed(self.name, &seed(&self.key_file)?).map_err(plain)?;
        let key = cosigner.verifier_key().clone();
        let logs = self.ledgers.into_iter().map(TrustedLog::of_key);
        let witness = CheckpointWitness::new(Sha256Tree, cosigner, logs);
        let heads = self.state.join("heads");
        let served: Result<(), Report> = server::runtime()?.block_on(async {
            let stop = server::stop_signal()?;
            let options = gateway::ConnectionOptions::default();
            let server = gateway::witness::bind(witness, &heads, Clock::system(), options, self.listen)
                .await
                .map_err(failed(format_args!("cannot witness on {}", self.listen)))?;
            let mut screen = Screen::stdout();
            let address = server.address();
            screen
                .line(format_args!("The witness {} answers http://{address}/add-checkpoint.", key.name()))?;
            screen.line(format_args!("  verifier key  {key}"))?;
            screen
                .line(format_args!("  at the ledger jianwei serve … --witness 'http://{address},{key}'"))?;
            screen.flush()?;
            drop(screen);
            server.run(stop).await;
            Ok(())
        });
        served?;
        Screen::stdout().line("Stopped in order.")?;
        Ok(Outcome::Fine)
    }
}

/// The secret in a key file; a new one, readable by the owner alone, where there is none.
fn seed(path: &Path) -> Result<[u8; 32], Report> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let seed = hex::decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
            seed.ok_or_else(|| miette!("{} does not hold 64 hexadecimal digits", path.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).map_err(|error| miette!("{error}"))?;
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            let written = file.and_then(|mut file| {
                writeln!(file, "{}", hex::encode(seed))?;
                file.sync_all()
            });
            written.map_err(failed(path.display()))?;
            Ok(seed)
        }
        Err(error) => Err(miette!("{}: {error}", path.display())),
    }
}
