//! `jianwei prove`: a proof file about one entry, with what is to be disclosed of it.

use std::path::PathBuf;

use clap::Args;
use engine::subjects::institution_subject;
use ledger::keystore::KeyState;
use ledger::{Entry, KeyStore};
use miette::{Report, miette};
use model::spec::StreamSpec;
use seal::leaf::{Head, event_opening, openings, read_head, subject_of};
use seal::{EventOpening, Opening};
use tlog::{LogProof, SignedCheckpoint};

use crate::data::{DataArg, open_to_read};
use crate::evidence::Evidence;
use crate::outcome::{Done, Outcome, failed, plain};
use crate::screen::Screen;

/// Make a proof file about a ledger entry
///
/// The file (c2sp.org/tlog-proof@v1) holds the leaf, its path in the tree, the signed checkpoint
/// and what is disclosed: whoever has the ledger's key can check it offline with `jianwei verify`.
/// Of a record the fields named are disclosed; fields not named stay sealed. A grade, a finding or
/// another event is disclosed whole, since it proves nothing where one cannot read it. The file leads to
/// the last checkpoint that witnesses cosigned, if that covers the entry.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  jianwei prove --data ./data 17 > 17.tlog-proof\n  \
    jianwei prove --data ./data 17 --disclose amount,counterparty --out 17.tlog-proof\n  \
    jianwei prove --data ./data 4711 --out grade.tlog-proof\n  \
    jianwei prove --data ./data 4711 --sealed --out grade.tlog-proof\n\n\
    Where a grade and its findings stand `jianwei grade --institution ID` says.")]
pub(crate) struct Prove {
    #[command(flatten)]
    data: DataArg,
    /// Position of the entry in the ledger, from 0
    position: u64,
    /// Sealed fields of a record to disclose
    #[arg(long, value_name = "FIELD,…", value_delimiter = ',')]
    disclose: Vec<String>,
    /// Disclose nothing, of an event either
    #[arg(long, conflicts_with = "disclose")]
    sealed: bool,
    /// File to write; without it, standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Prove {
    pub(crate) fn run(self) -> Done {
        let (reader, keys) = open_to_read(&self.data.existing()?)?;
        let note = match reader.cosigned_checkpoint() {
            Some((head, note)) if self.position < head.size => note,
            _ => reader.checkpoint(),
        };
        let checkpoint = SignedCheckpoint::parse(&note).map_err(plain)?;
        let size = checkpoint.checkpoint().size();
        if self.position >= size {
            return Err(miette!(
                "the ledger's checkpoint covers {size} entries, from 0 to {}",
                size.saturating_sub(1)
            ));
        }
        let entry = reader.entry(self.position).map_err(plain)?;
        let evidence = self.evidence(entry, &keys)?;
        let path = reader.inclusion(self.position, size).map_err(plain)?;
        let proof = LogProof { extra: evidence.to_bytes()?, index: self.position, path, checkpoint };
        let mut screen = Screen::stdout();
        match &self.out {
            None => screen.text(proof)?,
            Some(file) => {
                std::fs::write(file, proof.to_string()).map_err(failed(file.display()))?;
                let key = reader.verifier_key();
                screen
                    .line(format_args!("Check it with: jianwei verify --key '{key}' {}", file.display()))?;
            }
        }
        Ok(Outcome::Fine)
    }

    /// The leaf, and what is disclosed of it.
    fn evidence(&self, entry: Entry, keys: &KeyStore) -> Result<Evidence, Report> {
        if self.sealed {
            return Ok(Evidence::of_leaf(entry.leaf));
        }
        let head = read_head(&entry.leaf)
            .map_err(|error| miette!(help = SEALED_HELP, "entry {}: {error}", entry.index))?;
        let (openings, event) = match head.stream {
            Some(stream) => (fields(&entry, &head, stream, keys, &self.disclose)?, None),
            None if self.disclose.is_empty() => (Vec::new(), Some(body(&entry, &head, keys)?)),
            None => {
                let help = "leave --disclose away: what is no record is disclosed whole";
                let (index, kind) = (entry.index, head.kind.en());
                return Err(miette!(help = help, "entry {index} has no fields, its kind is: {kind}"));
            }
        };
        Ok(Evidence { leaf: entry.leaf, openings, event })
    }
}

const SEALED_HELP: &str = "--sealed makes a proof that the entry stands there, without what it says";

/// The opening of an event's body.
fn body(entry: &Entry, head: &Head<'_>, keys: &KeyStore) -> Result<EventOpening, Report> {
    let key = keys.get(&institution_subject(head.institution)).and_then(KeyState::live);
    let Some(key) = key else {
        let whose = head.institution;
        return Err(miette!(
            help = SEALED_HELP,
            "entry {} is sealed: the key of {whose} is not here",
            entry.index
        ));
    };
    event_opening(head, &entry.payload, key.as_bytes())
        .map_err(|error| miette!("entry {}: {error}", entry.index))
}

/// Openings of the fields named, in the order of the stream.
fn fields(
    entry: &Entry,
    head: &Head<'_>,
    stream: &'static StreamSpec,
    keys: &KeyStore,
    fields: &[String],
) -> Result<Vec<Opening>, Report> {
    if fields.is_empty() {
        return Ok(Vec::new());
    }
    let id = subject_of(&entry.payload);
    let key = match id.and_then(|id| keys.get_by_id(&id)) {
        Some(KeyState::Live(key)) => key,
        Some(KeyState::Erased) => return Err(erased()),
        None => return Err(miette!("nothing of entry {} is sealed, or its key is not here", entry.index)),
    };
    let all = openings(head, &entry.payload, key.as_bytes()).map_err(|error| match id {
        Some(id) if keys.is_renewed(&id) => erased(),
        _ => plain(error),
    })?;
    let number_of =
        |name: &String| stream.fields.iter().find(|field| field.name == name).map(|field| field.number);
    for name in fields {
        let Some(number) = number_of(name) else {
            let help = format!("`jianwei standard explain {}` lists them", stream.name);
            return Err(miette!(help = help, "the stream {} has no field \"{name}\"", stream.name));
        };
        if !all.iter().any(|opening| opening.field == number) {
            return Err(miette!(
                "\"{name}\" is in clear in the leaf or absent from the record: there is nothing to disclose"
            ));
        }
    }
    let wanted = |opening: &Opening| fields.iter().any(|name| number_of(name) == Some(opening.field));
    Ok(all.into_iter().filter(wanted).collect())
}

fn erased() -> Report {
    miette!("the person's key was destroyed: nothing can be disclosed")
}
