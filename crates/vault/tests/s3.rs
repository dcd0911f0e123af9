//! The vault in S3, against a small server that checks signatures and locks as S3 documents them.
//! No S3 of anybody's was there to test against.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod support;

use std::io::{self, Read};

use model::clock::Clock;
use model::time::{Day, Time};
use support::{BUCKET, Flaw, KEY_ID, REGION, SECRET, Server};
use vault::s3::S3Config;
use vault::{ContentHash, Stored, Vault, VaultError};

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn open_as(server: &Server, id: &str, secret: &str, spool: &tempfile::TempDir) -> Vault {
    let url = format!("http://{}/{BUCKET}/callups/2026", server.address);
    let env = |name: &str| match name {
        "AWS_ACCESS_KEY_ID" => Some(id.to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some(secret.to_owned()),
        "AWS_SESSION_TOKEN" => Some("a session".to_owned()),
        "AWS_REGION" => Some(REGION.to_owned()),
        _ => None,
    };
    let config = S3Config::from_url(&url, env, spool.path().to_owned()).unwrap();
    Vault::s3(config, Clock::manual(Time::parse("2026-03-01T09:30:00+08:00").unwrap())).unwrap()
}

fn open(server: &Server, spool: &tempfile::TempDir) -> Vault {
    open_as(server, KEY_ID, SECRET, spool)
}

fn read(vault: &Vault, sha256: &ContentHash) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    vault.get(sha256).unwrap().read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[test]
fn the_store_keeps_an_object_until_its_day_is_over() {
    let (server, spool) = (Server::start(Flaw::None), tempfile::tempdir().unwrap());
    let vault = open(&server, &spool);
    let content: Vec<u8> = (0..300_000u32).map(|number| number as u8).collect();
    let sha256 = ContentHash::of(&content);
    let until = day("2036-03-31");
    assert!(matches!(vault.get(&sha256), Err(VaultError::NotFound(_))));
    assert_eq!(
        vault.put(content.as_slice(), until).unwrap(),
        Stored { sha256, bytes: 300_000, retained_until: until }
    );
    assert_eq!(read(&vault, &sha256).unwrap(), content);
    assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 0, "nothing is left where it waited");

    // Again: what is there is kept, and later if that was asked.
    vault.put(content.as_slice(), day("2030-01-01")).unwrap();
    let longer = vault.put(content.as_slice(), day("2037-03-31")).unwrap();
    assert_eq!(longer.retained_until, day("2037-03-31"));
    let refused = vault.extend(&sha256, until).unwrap_err();
    assert!(matches!(refused, VaultError::Shortened { .. }), "{refused}");
    assert_eq!(vault.extend(&sha256, day("2038-03-31")).unwrap().retained_until, day("2038-03-31"));
    assert_eq!(server.state.lock().unwrap().objects.values().flatten().count(), 1, "one version");

    // We refuse before the date, and so does the store if our day were wrong.
    let refused = vault.delete(&sha256, day("2038-03-31")).unwrap_err();
    assert!(matches!(refused, VaultError::Retained { until, .. } if until == day("2038-03-31")), "{refused}");
    let refused = vault.delete(&sha256, day("2038-04-01")).unwrap_err().to_string();
    assert_eq!(refused, "the store refuses to delete an object: 403 AccessDenied");
    assert_eq!(read(&vault, &sha256).unwrap(), content);
    server.state.lock().unwrap().now = "2038-03-31T16:00:00Z".to_owned();
    vault.delete(&sha256, day("2038-04-01")).unwrap();
    assert!(matches!(vault.stored(&sha256), Err(VaultError::NotFound(_))));
    assert!(server.state.lock().unwrap().objects.values().all(Vec::is_empty), "no version is left");
}

#[test]
fn objects_are_listed_page_by_page() {
    let (server, spool) = (Server::start(Flaw::None), tempfile::tempdir().unwrap());
    let vault = open(&server, &spool);
    let mut wanted: Vec<Stored> =
        (0..5u8).map(|number| vault.put(&[number][..], Day(24_000 + i32::from(number))).unwrap()).collect();
    wanted.sort_unstable();
    // Something else in the bucket is none of ours.
    let foreign =
        support::Version { id: "f".to_owned(), bytes: Vec::new(), retain_until: None, deleted: false };
    server.state.lock().unwrap().objects.insert("callups/2026/readme".to_owned(), vec![foreign]);
    assert_eq!(vault.list().unwrap(), wanted);
}

#[test]
fn a_store_that_falls_short_is_found_out() {
    for (flaw, wanted) in [
        (Flaw::IgnoresLocks, "does not lock it against deletion"),
        (Flaw::NoObjectLock, "the store refuses to store an object: 400 InvalidRequest"),
    ] {
        let (server, spool) = (Server::start(flaw), tempfile::tempdir().unwrap());
        let refused = open(&server, &spool).put(&b"x"[..], day("2036-01-01")).unwrap_err().to_string();
        assert!(refused.contains(wanted), "{refused}");
    }
    let (server, spool) = (Server::start(Flaw::DamagesContent), tempfile::tempdir().unwrap());
    let vault = open(&server, &spool);
    let sha256 = vault.put(&b"x"[..], day("2036-01-01")).unwrap().sha256;
    assert_eq!(read(&vault, &sha256).unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[test]
fn what_lies_there_unlocked_or_damaged_is_put_right() {
    let (server, spool) = (Server::start(Flaw::None), tempfile::tempdir().unwrap());
    let vault = open(&server, &spool);
    let sha256 = ContentHash::of(b"x");
    let key = format!("callups/2026/{sha256}");
    for bytes in [b"x".to_vec(), b"y".to_vec()] {
        let version = support::Version { id: "a".to_owned(), bytes, retain_until: None, deleted: false };
        server.state.lock().unwrap().objects.insert(key.clone(), vec![version]);
        assert!(matches!(vault.stored(&sha256), Err(VaultError::NotLocked(_))));
        assert!(matches!(vault.delete(&sha256, day("2099-01-01")), Err(VaultError::NotLocked(_))));
        assert_eq!(vault.put(&b"x"[..], day("2036-01-01")).unwrap().retained_until, day("2036-01-01"));
        assert_eq!(read(&vault, &sha256).unwrap(), b"x");
    }
}

#[test]
fn a_wrong_key_is_refused_and_not_shown() {
    let (server, spool) = (Server::start(Flaw::None), tempfile::tempdir().unwrap());
    for (id, secret, code) in
        [(KEY_ID, "another", "SignatureDoesNotMatch"), ("SOMEBODY", SECRET, "InvalidAccessKeyId")]
    {
        let vault = open_as(&server, id, secret, &spool);
        let error = vault.list().unwrap_err().to_string();
        assert_eq!(error, format!("the store refuses to list objects: 403 {code}"));
        assert!(!format!("{vault:?} {}", vault.place()).contains(secret));
    }
    assert!(server.state.lock().unwrap().requests.is_empty());
}

#[test]
fn what_breaks_off_or_finds_nobody_stores_nothing() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the connection was closed"))
        }
    }
    let (server, spool) = (Server::start(Flaw::None), tempfile::tempdir().unwrap());
    let broken = open(&server, &spool).put(Broken, day("2036-01-01")).unwrap_err();
    assert!(matches!(broken, VaultError::Content(_)), "{broken}");
    assert!(server.state.lock().unwrap().requests.is_empty());

    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = Server { address, state: Default::default() };
    match open(&nobody, &spool).put(&b"x"[..], day("2036-01-01")) {
        Err(VaultError::Connection(_)) => {}
        other => panic!("{other:?}"),
    }
}
