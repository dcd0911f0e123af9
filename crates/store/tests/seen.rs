//! The index of seen records against a plain map, through flushes, merges, crashes and damage.

use std::{collections::HashMap, fs, path::Path};

use proptest::prelude::*;
use store::seen::{Options, RecordKey, Seen, SeenError, Verdict};

const SMALL: Options = Options { table_entries: 40, merge_width: 3 };

fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn id(record: u64, revision: u64) -> u128 {
    let n = record << 8 | revision;
    u128::from(mix(n)) << 64 | u128::from(mix(!n))
}

fn key(record: u64, revision: u64, content: u64) -> RecordKey {
    let previous = revision.checked_sub(1).map(|before| id(record, before));
    RecordKey { id: id(record, revision), previous, content }
}

fn keys(records: std::ops::Range<u64>) -> Vec<RecordKey> {
    records.map(|record| key(record, 0, 0)).collect()
}

/// What the index must say.
#[derive(Clone, Default)]
struct Model(HashMap<u128, (u64, u64)>);

impl Model {
    fn admit(&mut self, keys: &[RecordKey], mut next: u64) -> Vec<Verdict> {
        let judge = |key: &RecordKey| {
            if let Some((position, content)) = self.0.get(&key.id).copied() {
                return match content == key.content {
                    true => Verdict::Duplicate { position },
                    false => Verdict::ContentDiffers { position },
                };
            }
            let supersedes = key.previous.and_then(|id| self.0.get(&id)).map(|(position, _)| *position);
            if key.previous.is_some() && supersedes.is_none() {
                return Verdict::RevisionNotNext;
            }
            self.0.insert(key.id, (next, key.content));
            next += 1;
            Verdict::New { supersedes }
        };
        keys.iter().map(judge).collect()
    }
}

fn new_count(verdicts: &[Verdict]) -> u64 {
    verdicts.iter().filter(|verdict| matches!(verdict, Verdict::New { .. })).count() as u64
}

#[derive(Clone, Debug)]
enum Step {
    Admit(Vec<RecordKey>),
    /// Admit, and then the ledger does not take it.
    Refuse(Vec<RecordKey>),
    Check(Vec<RecordKey>),
    /// The ledger grows by other events too.
    Other(u64),
    Flush,
    Merge,
    /// All that is not on disk is lost and admitted again from the ledger.
    Crash,
}

fn batch() -> impl Strategy<Value = Vec<RecordKey>> {
    let one = (0..400_u64, prop_oneof![5 => Just(0), 3 => Just(1), 1 => 2..4_u64], 0..20_u64);
    prop::collection::vec(
        one.prop_map(|(record, revision, content)| key(record, revision, content / 19)),
        0..200,
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => batch().prop_map(Step::Admit),
        1 => batch().prop_map(Step::Refuse),
        1 => batch().prop_map(Step::Check),
        1 => (1..9_u64).prop_map(Step::Other),
        1 => Just(Step::Flush),
        1 => Just(Step::Merge),
        1 => Just(Step::Crash),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn it_answers_as_a_map_does(steps in prop::collection::vec(step(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let mut seen = Seen::open_with(dir.path(), SMALL).unwrap();
        let mut model = Model::default();
        // The ledger: where each batch of new records begins.
        let mut ledger: Vec<(u64, Vec<RecordKey>)> = Vec::new();
        let mut size = 0;
        let mut verdicts = Vec::new();
        for step in steps {
            match step {
                Step::Admit(keys) => {
                    seen.admit(&keys, size, &mut verdicts).unwrap();
                    prop_assert_eq!(&verdicts, &model.admit(&keys, size));
                    let new = keys.iter().zip(&verdicts).filter(|(_, verdict)| matches!(verdict, Verdict::New { .. }));
                    ledger.push((size, new.map(|(key, _)| *key).collect()));
                    size += new_count(&verdicts);
                    seen.settle(size).unwrap();
                }
                Step::Refuse(keys) => {
                    seen.admit(&keys, size, &mut verdicts).unwrap();
                    prop_assert_eq!(&verdicts, &model.clone().admit(&keys, size));
                    seen.undo(size).unwrap();
                }
                Step::Check(keys) => {
                    seen.check(&keys, size, &mut verdicts).unwrap();
                    prop_assert_eq!(&verdicts, &model.clone().admit(&keys, size));
                }
                Step::Other(events) => size += events,
                Step::Flush => {
                    seen.flush(size).unwrap();
                    prop_assert_eq!(seen.covered(), size);
                }
                Step::Merge => seen.wait_for_merges().unwrap(),
                Step::Crash => {
                    drop(seen);
                    seen = Seen::open_with(dir.path(), SMALL).unwrap();
                    let covered = seen.covered();
                    prop_assert!(covered <= size);
                    for (first, keys) in &ledger {
                        let done = covered.saturating_sub(*first).min(keys.len() as u64);
                        let rest = &keys[done as usize..];
                        if !rest.is_empty() {
                            seen.admit(rest, *first.max(&covered), &mut verdicts).unwrap();
                            prop_assert_eq!(new_count(&verdicts), rest.len() as u64);
                        }
                    }
                    seen.settle(size).unwrap();
                }
            }
        }
        for (id, (position, _)) in &model.0 {
            prop_assert_eq!(seen.position(*id).unwrap(), Some(*position));
        }
    }
}

#[test]
fn later_keys_of_a_call_see_earlier_ones() {
    let dir = tempfile::tempdir().unwrap();
    let mut seen = Seen::open(dir.path()).unwrap();
    let mut verdicts = Vec::new();
    let keys =
        [key(1, 0, 7), key(1, 0, 7), key(1, 0, 8), key(1, 2, 9), key(1, 1, 9), key(1, 2, 9), key(2, 1, 0)];
    seen.admit(&keys, 100, &mut verdicts).unwrap();
    let expected = [
        Verdict::New { supersedes: None },
        Verdict::Duplicate { position: 100 },
        Verdict::ContentDiffers { position: 100 },
        Verdict::RevisionNotNext,
        Verdict::New { supersedes: Some(100) },
        Verdict::New { supersedes: Some(101) },
        Verdict::RevisionNotNext,
    ];
    assert_eq!(verdicts, expected);
}

#[test]
fn what_the_ledger_does_not_hold_never_reaches_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mut seen = Seen::open_with(dir.path(), SMALL).unwrap();
    let mut verdicts = Vec::new();
    seen.admit(&keys(0..100), 0, &mut verdicts).unwrap();
    seen.admit(&keys(100..200), 100, &mut verdicts).unwrap();
    // The first batch is durable while the second is under way; then the second fails.
    seen.flush(100).unwrap();
    assert!(matches!(seen.undo(99), Err(SeenError::Settled { first: 99 })));
    seen.undo(100).unwrap();
    seen.flush(100).unwrap();
    drop(seen);
    let mut seen = Seen::open_with(dir.path(), SMALL).unwrap();
    assert_eq!(seen.covered(), 100);
    assert!(matches!(seen.admit(&keys(300..301), 99, &mut verdicts), Err(SeenError::PositionsGoBack { .. })));
    seen.admit(&keys(0..200), 100, &mut verdicts).unwrap();
    assert_eq!(new_count(&verdicts), 100);
    assert_eq!(verdicts[199], Verdict::New { supersedes: None });
}

#[test]
fn many_flushes_make_few_files() {
    let dir = tempfile::tempdir().unwrap();
    let mut seen = Seen::open_with(dir.path(), SMALL).unwrap();
    let mut verdicts = Vec::new();
    for batch in 0..300 {
        seen.admit(&keys(batch * 7..batch * 7 + 7), batch * 7, &mut verdicts).unwrap();
        seen.flush(batch * 7 + 7).unwrap();
    }
    seen.wait_for_merges().unwrap();
    drop(seen);
    let mut seen = Seen::open_with(dir.path(), SMALL).unwrap();
    let files = fs::read_dir(dir.path()).unwrap().count();
    assert!(files < 20, "{files} files");
    seen.check(&keys(0..2100), 2100, &mut verdicts).unwrap();
    let expected: Vec<_> = (0..2100).map(|position| Verdict::Duplicate { position }).collect();
    assert_eq!(verdicts, expected);
}

/// Opens the index and asks about everything: either all is right or the error names a file.
fn ask(dir: &Path) -> Result<(), SeenError> {
    let mut seen = Seen::open_with(dir, SMALL)?;
    let mut verdicts = Vec::new();
    seen.check(&keys(0..400), 300, &mut verdicts)?;
    let expected = (0..400).map(|n| match n {
        position @ 0..300 => Verdict::Duplicate { position },
        _ => Verdict::New { supersedes: None },
    });
    assert_eq!(verdicts, expected.collect::<Vec<_>>());
    Ok(())
}

#[test]
fn a_damaged_file_is_an_error_and_never_a_wrong_answer() {
    let dir = tempfile::tempdir().unwrap();
    let mut seen = Seen::open_with(dir.path(), SMALL).unwrap();
    seen.admit(&keys(0..300), 0, &mut Vec::new()).unwrap();
    seen.flush(300).unwrap();
    drop(seen);
    ask(dir.path()).unwrap();
    let files: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path()).collect();
    for path in files {
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(37) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            fs::write(&path, &damaged).unwrap();
            let error = ask(dir.path()).expect_err("damage was not noticed").to_string();
            assert!(error.contains(path.to_str().unwrap()) && error.contains("rebuild"), "{error}");
        }
        for len in (0..whole.len()).step_by(211) {
            fs::write(&path, &whole[..len]).unwrap();
            ask(dir.path()).expect_err("a cut file was not noticed");
        }
        fs::write(&path, &whole).unwrap();
    }
    ask(dir.path()).unwrap();
    let seen = Seen::rebuild(dir.path()).unwrap();
    assert_eq!(seen.covered(), 0);
}

#[test]
fn a_run_that_is_gone_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let mut seen = Seen::open_with(dir.path(), SMALL).unwrap();
    seen.admit(&keys(0..300), 0, &mut Vec::new()).unwrap();
    seen.flush(300).unwrap();
    drop(seen);
    fs::remove_file(dir.path().join("00000001.run")).unwrap();
    assert!(Seen::open(dir.path()).is_err_and(|error| error.to_string().contains("00000001.run")));
}

#[test]
fn an_index_of_another_version_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let mut seen = Seen::open_with(dir.path(), SMALL).unwrap();
    seen.admit(&keys(0..300), 0, &mut Vec::new()).unwrap();
    seen.flush(300).unwrap();
    drop(seen);
    let manifest = dir.path().join("MANIFEST");
    let own = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, own.replace("jianwei seen 1 ", "jianwei seen 9 ")).unwrap();
    assert!(Seen::open(dir.path()).is_err_and(|error| error.to_string().contains("jianwei seen 9")));
    let (mut seen, other) = Seen::open_or_empty(dir.path()).unwrap();
    assert_eq!((seen.covered(), other.unwrap().found.as_str()), (0, "jianwei seen 9"));
    seen.admit(&keys(0..300), 0, &mut Vec::new()).unwrap();
    seen.flush(300).unwrap();
    drop(seen);
    ask(dir.path()).unwrap();
}
