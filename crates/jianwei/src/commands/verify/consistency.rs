//! Verifying that an older checkpoint's tree is the beginning of a newer one's.

use std::path::PathBuf;

use ledger::Reader;
use miette::{Report, miette};
use serde::Deserialize;
use tlog::{Checkpoint, Hash, Sha256Tree, SignedCheckpoint, TrustedLog, verify_consistency};

use super::{Verify, read};
use crate::data::existing;
use crate::outcome::{Done, Outcome, plain};
use crate::screen::{Screen, Style};

/// What `/v1/ledger/consistency` gives, as far as it is needed.
#[derive(Deserialize)]
struct WireProof {
    proof: Vec<String>,
}

pub(super) fn check(screen: &mut Screen, arguments: &Verify, old: &PathBuf, new: &PathBuf) -> Done {
    let (old_note, new_note) = (read(old)?, read(new)?);
    let reader = match &arguments.data {
        Some(data) => Some(Reader::open(&existing(data)?.ledger()).map_err(plain)?),
        None => None,
    };
    let key = arguments.key.clone().or_else(|| reader.as_ref().map(|reader| reader.verifier_key().clone()));
    let key = key.ok_or_else(|| miette!("give the ledger's verifier key with --key"))?;
    let log = TrustedLog::of_key(key);
    let result = examine(arguments, reader.as_ref(), &log, &old_note, &new_note);
    match result {
        Ok((older, newer)) => {
            let verdict = screen.paint(Style::Green, "consistent");
            screen.line(format_args!(
                "{verdict}: the {older} entries of {} are the first of the {newer} of {}",
                old.display(),
                new.display()
            ))?;
            Ok(Outcome::Fine)
        }
        Err(why) => {
            let verdict = screen.paint(Style::Red, "NOT consistent");
            screen.line(format_args!("{verdict}: {why}"))?;
            Ok(Outcome::Faults)
        }
    }
}

fn examine(
    arguments: &Verify,
    reader: Option<&Reader>,
    log: &TrustedLog,
    old: &[u8],
    new: &[u8],
) -> Result<(u64, u64), Report> {
    let (old, new) = (signed(log, old, "the older")?, signed(log, new, "the newer")?);
    if old.size() == 0 {
        // Every tree begins with the empty one; there is nothing to prove.
        return Ok((0, new.size()));
    }
    let proof = match (reader, &arguments.proof) {
        (_, Some(file)) => {
            let wire: WireProof = serde_json::from_slice(&read(file)?).map_err(|error| miette!("{error}"))?;
            let hash = |text: &String| Hash::from_base64(text).map_err(|error| miette!("{error}"));
            wire.proof.iter().map(hash).collect::<Result<Vec<_>, _>>()?
        }
        (Some(reader), None) => reader.consistency(old.size(), new.size()).map_err(plain)?,
        (None, None) if old.size() == new.size() => Vec::new(),
        (None, None) => return Err(miette!("give --data or --proof: nothing leads from one to the other")),
    };
    verify_consistency(Sha256Tree, old.size(), new.size(), old.root(), new.root(), &proof).map_err(plain)?;
    Ok((old.size(), new.size()))
}

fn signed(log: &TrustedLog, note: &[u8], which: &str) -> Result<Checkpoint, Report> {
    let signed = SignedCheckpoint::parse(note).map_err(|error| miette!("{which} checkpoint: {error}"))?;
    log.verify(&signed).map_err(|error| miette!("{which} checkpoint: {error}"))?;
    Ok(signed.checkpoint().clone())
}
