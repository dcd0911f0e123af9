//! Trouble with the disk under the real server: no room, a folder that is gone, a directory that
//! cannot be written, a byte that was changed. Each is said clearly, the server lives where it
//! can, and nothing acknowledged is lost.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

#[path = "support/http.rs"]
mod http;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use http::{file, transactions};
use support::{Ended, Served, run, run_in};

const SERVE: &str = "serve --data data --listen 127.0.0.1:0";
const INSTITUTION: &str = "91350100M000100Y43";

/// A server with the signal for too large files ignored, so that the write fails instead, and with
/// its log on the same disk.
fn serve(at: &Path) -> Served {
    let script = format!("trap '' XFSZ; exec \"$0\" {SERVE} 2>>log");
    let arguments = ["-c", &script, env!("CARGO_BIN_EXE_jianwei")];
    Served::of(Command::new("sh").args(arguments).current_dir(at).stdout(Stdio::piped()).spawn().unwrap())
}

/// Ends it in order; says whether it did.
fn stop(server: Served) -> bool {
    server.terminate().0 == Some(0)
}

fn issue_key(at: &Path) -> String {
    run(at, &format!("keys issue --data data --institution {INSTITUTION}"))
        .expect_code(0)
        .out
        .trim()
        .to_owned()
}

/// Files records; the answer's status, its code, and how many records were taken.
fn filed(server: &Served, key: &str, numbers: std::ops::Range<u64>) -> (u16, String, u64) {
    let answer = file(&server.url, key, "transaction", &transactions(numbers));
    let body = answer.json();
    let code = body["code"].as_str().unwrap_or_default().to_owned();
    if answer.status == 503 {
        // The sentence tells what to do, in both languages, and nothing of our files.
        let words = format!("{} {}", body["title"], body["detail"]);
        assert!(words.contains("Send it again later"), "{body:#}");
        assert!(body["title_zh"].as_str().unwrap().contains("稍后重报"), "{body:#}");
        assert!(!words.contains("/ledger") && !words.contains(".seg"), "{body:#}");
    }
    (answer.status, code, body["accepted"].as_u64().unwrap_or(0))
}

/// All records of a range are in the ledger once, whether their receipts came or not.
fn check_all(at: &Path, key: &str, acknowledged: std::ops::Range<u64>) {
    let verified = run(at, "verify --open data").expect_code(0);
    assert!(verified.out.contains("clean"), "{}", verified.out);
    // With everything derived deleted, what is known again is in the ledger.
    fs::remove_dir_all(at.join("data/derived")).unwrap();
    let server = serve(at);
    let count = acknowledged.end - acknowledged.start;
    // A bad line among them, so that it is another filing than any before.
    let body = [b"checked\n", &transactions(acknowledged)[..]].concat();
    let answer = file(&server.url, key, "transaction", &body).json();
    assert_eq!((&answer["accepted"], &answer["duplicates"]), (&0.into(), &count.into()), "{answer:#}");
    let ready = http::send(&server.url, "GET /readyz", &[], b"");
    assert_eq!(ready.status, 200, "{:?}", ready.json());
    assert!(stop(server));
}

/// An evaluation whose outcome found no room is sealed once there is some.
fn wait_until_ready(server: &Served) {
    let begun = Instant::now();
    loop {
        let ready = http::send(&server.url, "GET /readyz", &[], b"");
        if ready.status == 200 {
            return;
        }
        // Only so that a failing test ends.
        assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", ready.json());
        thread::sleep(Duration::from_millis(50));
    }
}

fn segment(at: &Path) -> PathBuf {
    at.join("data/ledger/segments/00000000.seg")
}

fn can(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The disk has no room for the segment (by a limit on the size of files, which needs no rights):
/// filings are refused until there is room, and then go on without a restart.
#[test]
fn no_room_for_the_ledger() {
    if !can("prlimit") {
        eprintln!("prlimit (util-linux) is missing: not tried");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let mut server = serve(at);
    let key = issue_key(at);
    assert_eq!(filed(&server, &key, 0..3000), (200, String::new(), 3000));

    let limit = |server: &Served, bytes: &str| {
        let limit = format!("--fsize={bytes}:unlimited");
        let set = Command::new("prlimit").args(["--pid", &server.pid(), &limit]).status().unwrap();
        assert!(set.success());
    };
    let bytes = fs::metadata(segment(at)).unwrap().len();
    limit(&server, &(bytes + 2000).to_string());
    for _ in 0..3 {
        assert_eq!(filed(&server, &key, 3000..6000), (503, "storage_failed".to_owned(), 0));
        assert!(server.lives());
    }
    limit(&server, "unlimited");
    assert_eq!(filed(&server, &key, 3000..6000), (200, String::new(), 3000));

    // No room for the log either, which has said what was wrong before.
    let log = fs::read_to_string(at.join("log")).unwrap();
    assert!(log.contains("no room in data/ledger/segments/00000000.seg"), "{log}");
    limit(&server, "100");
    assert_eq!(filed(&server, &key, 6000..9000), (503, "storage_failed".to_owned(), 0));
    let health = http::send(&server.url, "GET /healthz", &[], b"");
    assert_eq!(health.status, 200);
    limit(&server, "unlimited");
    assert_eq!(filed(&server, &key, 6000..9000), (200, String::new(), 3000));
    wait_until_ready(&server);
    assert!(stop(server));
    check_all(at, &key, 0..9000);
}

/// A small file system of its own.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where mounting is not allowed.
    fn mount(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m", "jianwei-test"])
            .arg(at)
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// A disk that is really full: filled beside the ledger to the last byte, and by filing alone.
#[test]
fn a_full_disk() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(dir.path()) else {
        eprintln!("mounting is not allowed here: not tried");
        return;
    };
    let at = disk.0.as_path();
    let mut server = serve(at);
    let key = issue_key(at);
    assert_eq!(filed(&server, &key, 0..1000), (200, String::new(), 1000));

    let filler = at.join("filler");
    let full = Command::new("dd")
        .args(["if=/dev/zero", &format!("of={}", filler.display()), "bs=64k"])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(!full.success(), "it was to fill the disk");
    for _ in 0..3 {
        assert_eq!(filed(&server, &key, 1000..9000).0, 503);
        assert!(server.lives());
    }
    fs::remove_file(&filler).unwrap();
    let (status, code, _) = filed(&server, &key, 1000..9000);
    assert_eq!((status, code.as_str()), (200, ""), "there is room again");

    // Now the ledger itself fills it.
    let mut acknowledged = 9000;
    for _ in 0..200 {
        let next = acknowledged + 2000;
        match filed(&server, &key, acknowledged..next).0 {
            200 => acknowledged = next,
            status => {
                assert_eq!(status, 503);
                break;
            }
        }
    }
    assert!(server.lives());
    assert_eq!(filed(&server, &key, acknowledged..acknowledged + 2000).0, 503, "still no room");
    drop(server);
    let resized = Command::new("mount").args(["-o", "remount,size=200m"]).arg(at).status().unwrap();
    assert!(resized.success());
    check_all(at, &key, 0..acknowledged);
}

/// The folder for lists of refused lines is gone: a filing that needs it is refused and can be
/// sent again, one that does not is taken.
#[test]
fn a_folder_that_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let mut server = serve(at);
    let key = issue_key(at);
    let folder = at.join("data/quarantine");
    fs::remove_dir_all(&folder).unwrap();
    let bad = [&transactions(0..5)[..], b"x\n"].concat();
    let answer = file(&server.url, &key, "transaction", &bad);
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("storage_failed")));
    assert!(server.lives());
    assert_eq!(filed(&server, &key, 10..15), (200, String::new(), 5));
    fs::create_dir(&folder).unwrap();
    let receipt = file(&server.url, &key, "transaction", &bad).json();
    let taken = receipt["accepted"].as_u64().unwrap() + receipt["duplicates"].as_u64().unwrap();
    assert_eq!((taken, &receipt["refused"]), (5, &1.into()), "{receipt:#}");
    assert!(stop(server));
    check_all(at, &key, 0..5);
}

/// Says in one line why it does not serve, naming the place.
fn refused_in_one_line(ended: Ended, place: &str) {
    let ended = ended.expect_code(2);
    assert!(ended.err.starts_with("jianwei: ") && ended.err.contains(place), "{}", ended.err);
    let lines = ended.err.lines().filter(|line| !line.starts_with("  help: ")).count();
    assert_eq!(lines, 1, "{}", ended.err);
}

/// A directory that cannot be written, also by root, whom rights of files do not bind.
#[test]
fn a_directory_that_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    fs::write(at.join("file"), "not a folder").unwrap();
    // What is done; the data directory; what is named.
    let table = [
        ("it lies under a file", "", "file/data", "file/data"),
        ("it is a file", "", "file", "file"),
        ("the kernel keeps it", "", "/proc/jianwei", "/proc/jianwei"),
        ("a file for the ledger", "ledger", "a", "a/ledger"),
        ("a file for the keys of persons", "ledger/keys", "b", "b/ledger"),
        ("a file for refused lines", "quarantine", "c", "c/quarantine"),
        ("a file for rulebooks", "rulebooks", "d", "d/rulebooks"),
        ("a file for what is derived", "derived", "e", "e/derived"),
        ("a folder for the API keys", "access/keys.json/", "f", "f/access"),
    ];
    for (what, obstacle, data, named) in table {
        if let Some(folder) = obstacle.strip_suffix('/') {
            fs::create_dir_all(at.join(data).join(folder)).unwrap();
        } else if !obstacle.is_empty() {
            let path = at.join(data).join(obstacle);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        println!("{what}");
        refused_in_one_line(run_in(at, &["serve", "--data", data, "--listen", "127.0.0.1:0"]), named);
    }
}

/// A file system that is read-only while the server runs, where mounting is allowed.
#[test]
fn a_file_system_that_becomes_read_only() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(dir.path()) else {
        eprintln!("mounting is not allowed here: not tried");
        return;
    };
    let at = disk.0.as_path();
    let server = serve(at);
    let key = issue_key(at);
    assert_eq!(filed(&server, &key, 0..100), (200, String::new(), 100));
    assert!(stop(server));
    let remount = |how: &str| {
        Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(at).status().unwrap().success()
    };
    assert!(remount("ro"));
    refused_in_one_line(run(at, SERVE), "data");
    assert!(run(at, "verify data").expect_code(0).out.contains("clean"), "it can still be verified");
    assert!(remount("rw"));
    check_all(at, &key, 0..100);
}

/// One byte changed anywhere in the segment: `serve` does not start over it and says where and
/// what to do, `verify` says where; put back, everything is there.
#[test]
fn a_byte_of_a_segment_changed() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let server = serve(at);
    let key = issue_key(at);
    for filing in 0..8 {
        assert_eq!(filed(&server, &key, filing * 500..(filing + 1) * 500).0, 200);
    }
    assert!(stop(server));
    let sound = fs::read(segment(at)).unwrap();
    for place in [0, 1, 3, 5, 7, 9] {
        let at_byte = (sound.len() - 1) * place / 9;
        let mut changed = sound.clone();
        changed[at_byte] ^= 0x10;
        fs::write(segment(at), &changed).unwrap();

        let ended = run(at, SERVE).expect_code(2);
        assert!(ended.err.contains("segment 00000000") && ended.err.contains("byte "), "{}", ended.err);
        assert!(ended.err.contains("help: nothing was changed"), "{}", ended.err);
        assert!(ended.err.contains("jianwei verify data"), "{}", ended.err);
        assert_eq!(fs::read(segment(at)).unwrap(), changed, "a start changes nothing");

        let ended = run(at, "verify data").expect_code(1);
        assert!(ended.out.contains("does not fit"), "byte {at_byte}: {}", ended.out);
        assert!(ended.out.contains("put the files named back from a copy"), "{}", ended.out);
    }
    fs::write(segment(at), &sound).unwrap();
    check_all(at, &key, 0..4000);
}
