//! Verifying a tlog-proof file by itself.

use std::path::PathBuf;

use miette::{Report, miette};
use model::columns::Columns;
use model::time::Time;
use seal::leaf::{Head, Scratch, open_record, read_head};
use tlog::note::VerifiedSignature;
use tlog::{LogProof, Sha256Tree, TreeHasher, TrustedLog, WitnessPolicy};

use super::{Verify, event, read};
use crate::evidence::Evidence;
use crate::outcome::{Done, Outcome};
use crate::screen::{Screen, Style};
use crate::value::wire_row;

pub(super) fn check(screen: &mut Screen, arguments: &Verify, path: &PathBuf) -> Done {
    let bytes = read(path)?;
    let key = arguments.key.clone().ok_or_else(|| {
        let help = "give the ledger's verifier key with --key; whoever made the proof cannot vouch for it";
        miette!(help = help, "{}: a proof is checked with the ledger's key", path.display())
    })?;
    let name = path.display().to_string();
    match examine(arguments, &bytes, &TrustedLog::of_key(key)) {
        Ok(shown) => {
            let verdict = screen.paint(Style::Green, "proven");
            screen.line(format_args!("{name}: {verdict}"))?;
            shown.iter().try_for_each(|line| screen.line(format_args!("  {line}")))?;
            Ok(Outcome::Fine)
        }
        Err(why) => {
            let verdict = screen.paint(Style::Red, "NOT proven");
            screen.line(format_args!("{name}: {verdict}: {why}"))?;
            Ok(Outcome::Faults)
        }
    }
}

/// What the proof shows, in lines; or why it shows nothing.
fn examine(arguments: &Verify, bytes: &[u8], log: &TrustedLog) -> Result<Vec<String>, Report> {
    let proof = LogProof::parse(bytes).map_err(|error| miette!("{error}"))?;
    let evidence = match (&arguments.leaf, proof.extra.as_slice()) {
        (Some(leaf), _) => Evidence::of_leaf(read(leaf)?),
        (None, []) => return Err(miette!("the proof does not bring its leaf along; give it with --leaf")),
        (None, extra) => Evidence::from_bytes(extra)?,
    };
    let threshold = arguments.witness_threshold.unwrap_or(arguments.witness_keys.len());
    let policy =
        WitnessPolicy::new(threshold, arguments.witness_keys.clone()).map_err(|error| miette!("{error}"))?;
    let proven = proof
        .verify(Sha256Tree, &evidence.leaf, std::slice::from_ref(log), &policy)
        .map_err(|error| miette!("{error}"))?;
    let checkpoint = proof.checkpoint.checkpoint();
    let mut lines = vec![format!(
        "entry {} of {} in the ledger {}, hash {}",
        proof.index,
        checkpoint.size(),
        checkpoint.origin(),
        Sha256Tree.leaf(&evidence.leaf).to_hex()
    )];
    lines.extend(proven.signed_by.iter().map(|by| format!("signed by {}", signature(by))));
    lines.extend(proven.cosigned_by.iter().map(|by| format!("cosigned by {}", signature(by))));
    match read_head(&evidence.leaf) {
        Ok(head) => lines.extend(contents(&head, &evidence)?),
        Err(error) => lines.push(format!("what it says cannot be shown: {error}")),
    }
    Ok(lines)
}

fn signature(by: &VerifiedSignature) -> String {
    let at = by.cosigned_at_s.and_then(|seconds| i64::try_from(seconds).ok());
    let at = at.map(|seconds| format!(" at {}", Time(0).plus_seconds(seconds))).unwrap_or_default();
    format!("{} ({:08x}){at}", by.name, by.key_id)
}

/// What the leaf says in clear, and what was disclosed of the rest.
fn contents(head: &Head<'_>, evidence: &Evidence) -> Result<Vec<String>, Report> {
    // An opening that has no place in the leaf is a fault, whatever the leaf is of.
    let body = evidence.body()?;
    let Some(stream) = head.stream else {
        return match evidence.openings.as_slice() {
            [] => Ok(event::lines(head, body)),
            _ => Err(miette!("fields are disclosed of what is no record")),
        };
    };
    let mut lines = vec![format!("{} {} of {}", stream.zh, stream.name, head.institution)];
    let mut columns = Columns::new(stream.fields);
    // Without payload and key: what the leaf alone says.
    open_record(head, &[0; 16], None, false, &mut columns, &mut Scratch::default())
        .map_err(|error| miette!("{error}"))?;
    lines.extend(wire_row(&columns, 0).iter().map(|(field, value)| format!("  {field} = {value}")));
    for (field, value) in evidence.disclosed(stream)? {
        lines.push(format!("  {} = {value} (disclosed)", field.name));
    }
    Ok(lines)
}
