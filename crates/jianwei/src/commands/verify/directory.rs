//! Verifying a data directory.

use std::path::Path;

use engine::DataDir;
use engine::subjects::{institution_subject, open_with_keys};
use hashbrown::HashMap;
use ledger::keystore::KeyState;
use ledger::{EntryRef, KeyStore, Reader, VerifyOptions};
use miette::{Report, miette};
use model::columns::Columns;
use seal::leaf::{Scratch, open_event, read_head};
use seal::{EventKind, LeafError, OpenedRecord, SubjectKey};

use super::{Verify, read};
use crate::data::is_ledger;
use crate::outcome::{Done, Outcome, plain};
use crate::screen::{Screen, Style};

/// Faults of payloads that are listed; all are counted.
const LISTED_MAX: usize = 100;

pub(super) fn check(screen: &mut Screen, arguments: &Verify, path: &Path) -> Done {
    let ledger = match is_ledger(path) {
        true => path.to_owned(),
        false => DataDir::new(path).ledger(),
    };
    if !is_ledger(&ledger) {
        return Err(miette!("{} holds no ledger", path.display()));
    }
    let checkpoints = arguments.checkpoints.iter().map(read).collect::<Result<_, _>>()?;
    let options = VerifyOptions { key: arguments.key.clone(), checkpoints };
    let report = ledger::verify(&ledger, &options).map_err(plain)?;
    for problem in &report.problems {
        let word = screen.paint(Style::Red, "does not fit");
        screen.line(format_args!("{}: {word}: {problem}", path.display()))?;
    }
    if let Some(torn) = &report.torn {
        screen.line(format_args!(
            "{}: remains of an interrupted write, never acknowledged: {torn:?}",
            path.display()
        ))?;
    }
    let mut faults = report.problems.len() as u64;
    if arguments.open && report.is_clean() {
        faults += open_all(screen, path, &ledger)?;
    }
    let verdict = match faults {
        0 => screen.paint(Style::Green, "clean"),
        1 => screen.paint(Style::Red, "1 fault"),
        many => screen.paint(Style::Red, &format!("{many} faults")),
    };
    let root = report.root.map(|root| root.to_base64()).unwrap_or_default();
    screen.line(format_args!(
        "{}: {verdict}; {} entries in {} segments, {} checkpoints held against them, root {root}",
        path.display(),
        report.entries,
        report.segments,
        report.checkpoints,
    ))?;
    if !report.problems.is_empty() {
        screen.line(
            "  Leave the directory as it is, put the files named back from a copy, and verify again.",
        )?;
    }
    if arguments.key.is_none() && faults == 0 {
        screen.line(
            "  The key was taken from the directory itself; give --key to know whose ledger this is.",
        )?;
    }
    Ok(Outcome::of(faults > 0))
}

/// Opens every payload; prints and counts those that do not fit their leaves.
fn open_all(screen: &mut Screen, path: &Path, ledger: &Path) -> Result<u64, Report> {
    let reader = Reader::open(ledger).map_err(plain)?;
    let keys = KeyStore::open_read_only(ledger).map_err(plain)?;
    let mut opener = Opener { keys: &keys, institutions: HashMap::new(), scratch: Scratch::default() };
    let (mut opened, mut erased, mut faults) = (0_u64, 0_u64, 0_u64);
    for frame in reader.read(0..reader.size()) {
        for entry in frame.map_err(plain)?.entries() {
            match opener.open(&entry) {
                Ok(OpenedRecord::Whole) => opened += 1,
                Ok(OpenedRecord::ClearOnly) => erased += 1,
                Err(what) => {
                    faults += 1;
                    if faults <= LISTED_MAX as u64 {
                        screen.line(format_args!("{}: entry {}: {what}", path.display(), entry.index))?;
                    }
                }
            }
        }
    }
    screen.line(format_args!(
        "{}: {opened} payloads fit their commitments, {erased} can no longer be opened: their keys were destroyed",
        path.display()
    ))?;
    Ok(faults)
}

struct Opener<'k> {
    keys: &'k KeyStore,
    institutions: HashMap<String, Option<SubjectKey>>,
    scratch: Scratch,
}

impl Opener<'_> {
    fn open(&mut self, entry: &EntryRef<'_>) -> Result<OpenedRecord, LeafError> {
        let head = read_head(entry.leaf)?;
        if let (EventKind::Record, Some(stream)) = (head.kind, head.stream) {
            let mut columns = Columns::new(stream.fields);
            let scratch = &mut self.scratch;
            return open_with_keys(self.keys, &head, entry.payload, true, &mut columns, scratch);
        }
        let key = match self.institutions.get(head.institution) {
            Some(key) => *key,
            None => {
                let state = self.keys.get(&institution_subject(head.institution));
                let key = state.and_then(KeyState::live).map(|key| *key.as_bytes());
                self.institutions.insert(head.institution.to_owned(), key);
                key
            }
        };
        match key {
            Some(key) => open_event(&head, entry.payload, &key).map(|_| OpenedRecord::Whole),
            None => Ok(OpenedRecord::ClearOnly),
        }
    }
}
