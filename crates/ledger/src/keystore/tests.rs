use std::fs;

use super::*;
use crate::{
    faults::{Fault, Point},
    tests::tempdir,
};

fn open(dir: &Path) -> KeyStore {
    KeyStore::open(dir).unwrap()
}

fn key(store: &KeyStore, subject: &str) -> SubjectKey {
    store.get(subject.as_bytes()).unwrap().live().unwrap()
}

#[test]
fn keys_stay_the_same_erased_ones_stay_away() {
    let dir = tempdir();
    let store = open(dir.path());
    assert_eq!(store.get(b"a"), None);
    let states = store.get_or_create(&["a", "b", "a", "c"]).unwrap();
    assert_eq!(states[0], states[2]);
    assert_ne!(states[0], states[1]);
    assert_eq!(store.len(), 3);
    let (a, b, c) = (key(&store, "a"), key(&store, "b"), key(&store, "c"));
    assert_eq!(store.get_or_create(&["b"]).unwrap(), [KeyState::Live(b)]);

    assert_eq!(store.erase(b"b").unwrap(), Erasure::Done);
    assert_eq!(store.erase(b"b").unwrap(), Erasure::AlreadyErased);
    assert_eq!(store.erase(b"z").unwrap(), Erasure::Unknown);
    assert_eq!(store.get_or_create(&["b", "d"]).unwrap()[0], KeyState::Erased);
    drop(store);

    let store = open(dir.path());
    assert_eq!((key(&store, "a"), key(&store, "c")), (a, c));
    assert_eq!(store.get(b"b"), Some(KeyState::Erased));
    let renewed = store.renew(b"b").unwrap().live().unwrap();
    assert_ne!(renewed, b);
    assert_eq!(store.renew(b"a").unwrap(), KeyState::Live(a));
    drop(store);
    let store = open(dir.path());
    assert_eq!(key(&store, "b"), renewed);
    assert_eq!(["a", "b", "z"].map(|who| store.is_renewed(&store.id(who.as_bytes()))), [false, true, false]);
    assert_eq!(store.erase(b"b").unwrap(), Erasure::Done);
    drop(store);
    assert_eq!(open(dir.path()).get(b"b"), Some(KeyState::Erased));
}

#[test]
fn an_erased_record_is_zeros_and_no_subject_is_readable() {
    let dir = tempdir();
    let store = open(dir.path());
    store.get_or_create(&["person 4711", "person 4712"]).unwrap();
    let path = dir.path().join("keys/subjects.keys");
    let before = fs::read(&path).unwrap();
    assert!(!before.windows(6).any(|window| window == b"person"));
    store.erase(b"person 4711").unwrap();
    let after = fs::read(&path).unwrap();
    let start = 72 + 20;
    assert_eq!(after[start..start + 60], [0; 60]);
    assert_eq!(after[..start], before[..start]);
    assert_eq!(after[72 + 84..], before[72 + 84..]);
}

#[test]
fn one_writer_any_number_of_readers() {
    let dir = tempdir();
    let store = open(dir.path());
    store.get_or_create(&["a"]).unwrap();
    assert!(matches!(KeyStore::open(dir.path()), Err(KeyError::Store(LedgerError::Locked { .. }))));
    let reader = KeyStore::open_read_only(dir.path()).unwrap();
    assert_eq!(reader.get(b"a"), store.get(b"a"));
    assert!(matches!(reader.get_or_create(&["b"]), Err(KeyError::ReadOnly)));
    assert!(matches!(reader.erase(b"a"), Err(KeyError::ReadOnly)));
}

#[test]
fn a_wrong_or_missing_file_is_told_and_nothing_is_made_in_its_place() {
    let dir = tempdir();
    open(dir.path()).get_or_create(&["a"]).unwrap();
    let other = tempdir();
    drop(open(other.path()));
    let keys = dir.path().join("keys");
    for name in ["master.key", "subjects.keys", "subjects.erased"] {
        let path = keys.join(name);
        let kept = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let error = KeyStore::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
        assert!(!path.exists());
        fs::write(&path, kept).unwrap();
    }
    fs::copy(other.path().join("keys/master.key"), keys.join("master.key")).unwrap();
    assert!(matches!(KeyStore::open(dir.path()), Err(KeyError::WrongMasterKey { .. })));
}

#[test]
fn a_batch_cut_or_holed_anywhere_leaves_the_batches_before_it() {
    let dir = tempdir();
    let store = open(dir.path());
    store.get_or_create(&["a", "b"]).unwrap();
    let a = key(&store, "a");
    store.get_or_create(&["c", "d", "e"]).unwrap();
    drop(store);
    let path = dir.path().join("keys/subjects.keys");
    let whole = fs::read(&path).unwrap();
    let batch = 72 + 2 * 84;
    for cut in batch..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let store = open(dir.path());
        assert_eq!(key(&store, "a"), a);
        assert!(store.get(b"b").is_some());
        assert_eq!(store.len(), 2 + (cut - batch) / 84, "cut at {cut}");
    }
    // Pages may reach the disk in any order: a hole in the last batch.
    for at in (batch..whole.len() - 84).step_by(7) {
        let mut holed = whole.clone();
        holed[at..at + 7].fill(0);
        fs::write(&path, &holed).unwrap();
        assert_eq!(open(dir.path()).len(), 2, "hole at {at}");
    }
    // The same in an earlier batch is damage.
    for at in (72..batch).step_by(5) {
        let mut holed = whole.clone();
        holed[at] ^= 1;
        fs::write(&path, &holed).unwrap();
        let error = KeyStore::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("is damaged"), "byte {at}: {error}");
    }
}

#[test]
fn an_erasure_cut_short_is_finished_or_never_was() {
    for (point, nth) in
        [(Point::EraseWrite, 0), (Point::EraseSync, 0), (Point::EraseWrite, 1), (Point::EraseSync, 1)]
    {
        for bytes in [0, 1, 5, 8, 30, 63] {
            let dir = tempdir();
            let faults = Faults::at(point, nth, Fault::Kill(bytes));
            let store = KeyStore::open_with_faults(dir.path(), &faults).unwrap();
            store.get_or_create(&["a", "b"]).unwrap();
            let (a, b) = (key(&store, "a"), key(&store, "b"));
            assert!(matches!(store.erase(b"a"), Err(KeyError::Poisoned { .. })));
            assert!(faults.fired());
            assert_eq!(store.get(b"a"), Some(KeyState::Erased), "gone from memory in any case");
            assert!(matches!(store.erase(b"b"), Err(KeyError::Poisoned { .. })));
            drop(store);

            let reader = KeyStore::open_read_only(dir.path()).unwrap();
            let store = open(dir.path());
            assert_eq!(key(&store, "b"), b);
            let state = store.get(b"a").unwrap();
            let logged = (point, nth) != (Point::EraseWrite, 0) || bytes >= 28;
            let expected = if logged { KeyState::Erased } else { KeyState::Live(a) };
            assert_eq!(state, expected, "{point:?} {nth} {bytes}");
            assert_eq!(reader.get(b"a"), Some(state));
        }
    }
}

#[test]
fn a_failed_write_stops_the_store_a_full_disk_does_not() {
    let dir = tempdir();
    for (fault, goes_on) in [
        (Fault::Eio, false),
        (Fault::Short(100), false),
        (Fault::Enospc, true),
        (Fault::ShortEnospc(99), true),
    ] {
        let faults = Faults::at(Point::KeysWrite, 0, fault);
        let store = KeyStore::open_with_faults(dir.path(), &faults).unwrap();
        let before = store.len();
        let first = store.get_or_create(&[format!("{fault:?} 1"), format!("{fault:?} 2")]);
        let second = store.get_or_create(&[format!("{fault:?} 3")]);
        match goes_on {
            true => {
                assert!(matches!(first, Err(KeyError::Store(LedgerError::DiskFull { .. }))));
                assert!(second.is_ok());
            }
            false => {
                assert_eq!(first.unwrap_err().to_string(), second.unwrap_err().to_string());
            }
        }
        let after = store.len();
        assert_eq!(after, before + usize::from(goes_on));
        drop(store);
        assert_eq!(open(dir.path()).len(), after);
    }
    let faults = Faults::at(Point::KeysSync, 0, Fault::Eio);
    let store = KeyStore::open_with_faults(dir.path(), &faults).unwrap();
    assert!(matches!(store.get_or_create(&["x"]), Err(KeyError::Poisoned { .. })));
    assert_eq!(store.get(b"x"), None, "a key that may not be durable is never seen");
}

#[test]
fn threads_agree_on_the_keys() {
    let dir = tempdir();
    let store = open(dir.path());
    let subjects: Vec<String> = (0..200).map(|i| format!("subject {i}")).collect();
    let all: Vec<Vec<KeyState>> = std::thread::scope(|scope| {
        let worker = |shift: usize| {
            let (store, subjects) = (&store, &subjects);
            scope.spawn(move || {
                let mut mine: Vec<(usize, KeyState)> = Vec::new();
                for chunk in 0..20 {
                    let picked: Vec<usize> =
                        (0..10).map(|i| (chunk * 10 + i + shift) % subjects.len()).collect();
                    let names: Vec<&String> = picked.iter().map(|i| &subjects[*i]).collect();
                    let states = store.get_or_create(&names).unwrap();
                    mine.extend(picked.into_iter().zip(states));
                }
                mine.sort_by_key(|(i, _)| *i);
                mine.into_iter().map(|(_, state)| state).collect()
            })
        };
        let workers: Vec<_> = [0, 35, 101].map(worker).into_iter().collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
    assert_eq!(store.len(), 200);
    drop(store);
    let again: Vec<KeyState> = open(dir.path()).get_or_create(&subjects).unwrap();
    assert_eq!(again, all[0]);
}
