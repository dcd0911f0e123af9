//! The vault in a folder: what is put comes back, nothing goes before its date, a crash leaves
//! nothing half.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use model::time::Day;
use proptest::prelude::*;
use vault::{ContentHash, Stored, Vault, VaultError};

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn open(dir: &Path) -> Vault {
    Vault::folder(dir).unwrap()
}

fn read(vault: &Vault, sha256: &ContentHash) -> Vec<u8> {
    let mut bytes = Vec::new();
    vault.get(sha256).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// Where an object and its lock lie.
fn object(dir: &Path, sha256: &ContentHash) -> std::path::PathBuf {
    let name = sha256.to_string();
    dir.join("objects").join(&name[..2]).join(&name[2..])
}

fn parts(dir: &Path) -> usize {
    fs::read_dir(dir.join("parts")).unwrap().count()
}

#[test]
fn an_object_is_kept_until_its_day_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let until = day("2036-03-31");
    let stored = vault.put(&b"a recording"[..], until).unwrap();
    let sha256 = ContentHash::of(b"a recording");
    assert_eq!(stored, Stored { sha256, bytes: 11, retained_until: until });

    // On which day; what deleting it comes to.
    let refused = format!("{sha256} is kept until 2036-03-31 and can be deleted from the day after only");
    for (today, wanted) in [
        ("2026-03-31", refused.as_str()),
        ("2036-03-30", &refused),
        ("2036-03-31", &refused),
        ("2036-04-01", "deleted"),
        ("2036-04-01", &format!("the vault holds nothing with the digest {sha256}")),
    ] {
        let came_to = match vault.delete(&sha256, day(today)) {
            Ok(()) => "deleted".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(came_to, wanted, "{today}");
    }
    assert!(matches!(vault.get(&sha256), Err(VaultError::NotFound(_))));
    assert!(vault.list().unwrap().is_empty());
    assert!(!object(dir.path(), &sha256).with_extension("lock").exists());
}

#[test]
fn a_day_moves_later_only() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let sha256 = vault.put(&b"x"[..], day("2036-01-01")).unwrap().sha256;
    // What is done; until when it is kept then, or why not.
    type Step = (&'static str, &'static str, Result<&'static str, &'static str>);
    let table: [Step; 6] = [
        ("extend", "2037-01-01", Ok("2037-01-01")),
        ("extend", "2037-01-01", Ok("2037-01-01")),
        (
            "extend",
            "2036-12-31",
            Err("is kept until 2037-01-01; that can be moved later only, not to 2036-12-31"),
        ),
        ("put", "2030-01-01", Ok("2037-01-01")),
        ("put", "2038-01-01", Ok("2038-01-01")),
        (
            "extend",
            "2037-12-31",
            Err("is kept until 2038-01-01; that can be moved later only, not to 2037-12-31"),
        ),
    ];
    for (what, until, wanted) in table {
        let done = match what {
            "extend" => vault.extend(&sha256, day(until)),
            _ => vault.put(&b"x"[..], day(until)),
        };
        match (done, wanted) {
            (Ok(stored), Ok(wanted)) => assert_eq!(stored.retained_until, day(wanted), "{what} {until}"),
            (Err(error), Err(wanted)) => assert!(error.to_string().ends_with(wanted), "{error}"),
            (done, _) => panic!("{what} {until}: {done:?}"),
        }
        // Another process sees the same.
        assert_eq!(open(dir.path()).stored(&sha256).unwrap(), vault.stored(&sha256).unwrap());
    }
    let nothing = ContentHash::of(b"nothing");
    assert!(matches!(vault.extend(&nothing, day("2040-01-01")), Err(VaultError::NotFound(_))));
}

#[test]
fn nobody_may_write_what_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let sha256 = open(dir.path()).put(&b"x"[..], day("2036-01-01")).unwrap().sha256;
    let path = object(dir.path(), &sha256);
    for path in [path.clone(), path.with_extension("lock")] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o440, "{path:?}");
    }
    let lock = fs::read_to_string(path.with_extension("lock")).unwrap();
    assert_eq!(lock, format!(r#"{{"sha256":"{sha256}","bytes":1,"retained_until":"2036-01-01"}}"#));
}

#[test]
fn what_was_tampered_with_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let sha256 = vault.put(&b"a recording"[..], day("2036-01-01")).unwrap().sha256;
    let path = object(dir.path(), &sha256);

    fs::remove_file(&path).unwrap();
    fs::write(&path, b"a recordinG").unwrap();
    let damaged = vault.get(&sha256).unwrap().read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(damaged.kind(), io::ErrorKind::InvalidData);
    // Who puts it again makes it whole.
    vault.put(&b"a recording"[..], day("2030-01-01")).unwrap();
    assert_eq!(read(&vault, &sha256), b"a recording");
    assert_eq!(vault.stored(&sha256).unwrap().retained_until, day("2036-01-01"));

    // Without its date it is kept for ever, and says so.
    let lock = path.with_extension("lock");
    let other = vault.put(&b"other"[..], day("2030-01-01")).unwrap().sha256;
    for damage in [
        Some("{}".to_owned()),
        Some(fs::read_to_string(object(dir.path(), &other).with_extension("lock")).unwrap()),
        None,
    ] {
        fs::remove_file(&lock).unwrap();
        if let Some(text) = &damage {
            fs::write(&lock, text).unwrap();
        }
        for refused in [
            vault.delete(&sha256, day("2099-01-01")).unwrap_err(),
            vault.extend(&sha256, day("2099-01-01")).unwrap_err(),
            vault.list().unwrap_err(),
        ] {
            assert!(matches!(refused, VaultError::Undated { .. }), "{damage:?}: {refused}");
        }
    }
    vault.put(&b"a recording"[..], day("2036-01-01")).unwrap();
    assert_eq!(vault.list().unwrap().len(), 2);
}

/// Gives some bytes and breaks off.
struct Breaking(usize);

impl Read for Breaking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::other("the connection was closed"));
        }
        let count = self.0.min(buffer.len());
        self.0 -= count;
        Ok(count)
    }
}

#[test]
fn what_breaks_off_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    for bytes in [0, 1, 100_000] {
        let error = vault.put(Breaking(bytes), day("2036-01-01")).unwrap_err();
        assert!(matches!(error, VaultError::Content(_)), "{error}");
    }
    assert!(vault.list().unwrap().is_empty());
    assert_eq!(parts(dir.path()), 0);
}

/// The state at each point at which a process may be killed between the first byte and the answer,
/// made by hand: the next start finds nothing half, and the same content is stored again.
#[test]
fn a_kill_at_any_point_leaves_nothing_half() {
    let (content, until) = (&b"a recording"[..], day("2036-01-01"));
    let sha256 = ContentHash::of(content);
    // What there is: the part, the lock of the object, the object.
    for (part, lock, whole) in
        [(Some(4), false, false), (Some(11), false, false), (Some(11), true, false), (None, true, true)]
    {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).put(content, until).unwrap();
        let path = object(dir.path(), &sha256);
        if let Some(bytes) = part {
            fs::write(dir.path().join("parts/1-0"), &content[..bytes]).unwrap();
        }
        if !lock {
            fs::remove_file(path.with_extension("lock")).unwrap();
        }
        if !whole {
            fs::remove_file(&path).unwrap();
        }
        let vault = open(dir.path());
        assert_eq!(parts(dir.path()), 0, "what was half received is gone");
        assert_eq!(vault.list().unwrap().len(), usize::from(whole));
        assert_eq!(vault.stored(&sha256).is_ok(), whole);
        assert_eq!(vault.put(content, until).unwrap().retained_until, until);
        assert_eq!(read(&vault, &sha256), content);
    }
}

#[test]
fn what_another_receives_is_left_alone() {
    struct Opening<'a>(&'a Path, bool);
    impl Read for Opening<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.1, true) {
                return Ok(0);
            }
            // While this one is being received somebody opens the vault.
            open(self.0);
            buffer[0] = b'x';
            Ok(1)
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let stored = vault.put(Opening(dir.path(), false), day("2036-01-01")).unwrap();
    assert_eq!(read(&vault, &stored.sha256), b"x");
}

#[test]
fn the_same_content_from_many_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    std::thread::scope(|scope| {
        for year in 30..38 {
            let vault = &vault;
            scope.spawn(move || {
                vault.put(&[7u8; 200_000][..], Day::from_ymd(2000 + year, 1, 1).unwrap()).unwrap()
            });
        }
    });
    let all = vault.list().unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].retained_until, day("2037-01-01"));
    assert_eq!(parts(dir.path()), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// What is put comes back byte for byte, whatever the pieces in which it came, and the list
    /// holds it once.
    #[test]
    fn what_is_put_comes_back(contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200_000), 1..4), piece in 1usize..9_000) {
        struct Pieces<'a>(&'a [u8], usize);
        impl Read for Pieces<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let count = self.1.min(buffer.len());
                self.0.read(&mut buffer[..count])
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let vault = open(dir.path());
        let mut names = std::collections::BTreeSet::new();
        for content in &contents {
            let stored = vault.put(Pieces(content, piece), Day(24_000)).unwrap();
            prop_assert_eq!(stored, Stored { sha256: ContentHash::of(content), bytes: content.len() as u64, retained_until: Day(24_000) });
            prop_assert_eq!(&read(&vault, &stored.sha256), content);
            names.insert(stored.sha256);
        }
        let listed: Vec<_> = vault.list().unwrap().into_iter().map(|stored| stored.sha256).collect();
        prop_assert_eq!(listed, names.into_iter().collect::<Vec<_>>());
    }
}
