//! Memory stays bounded, whatever is sent. The tests take turns: the peak is the process's.

mod support;

use std::io::Read;
use std::sync::{Mutex, MutexGuard, PoisonError};

use support::{Answer, Site, transaction, transactions, write};

fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `times` copies of a compressed part.
fn repeated(part: &[u8], times: usize) -> Vec<u8> {
    part.repeat(times)
}

#[test]
fn bombs_are_refused_and_memory_stays_bounded() {
    let _alone = alone();
    let site = Site::start();
    let zstd_of = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    let gzip_of = |bytes: &[u8]| {
        let mut out = Vec::new();
        flate2::read::GzEncoder::new(bytes, flate2::Compression::best()).read_to_end(&mut out).unwrap();
        out
    };
    let zeros = vec![0; 64 << 20];
    let empty_lines = vec![b'\n'; 64 << 20];
    let same_line = (transaction(1) + "\n").repeat(100_000);
    // Ten gigabytes each, but for the line that is repeated.
    let bombs = [
        ("zstd, one line", "zstd", repeated(&zstd_of(&zeros), 160)),
        ("zstd, many lines", "zstd", repeated(&zstd_of(&empty_lines), 160)),
        ("zstd, one record", "zstd", repeated(&zstd_of(same_line.as_bytes()), 20)),
        ("gzip, one line", "gzip", repeated(&gzip_of(&zeros), 160)),
    ];
    drop((zeros, empty_lines, same_line));
    let before = support::resident_bytes();
    support::forget_peak();
    for (name, coding, body) in &bombs {
        for mode in ["", "?mode=atomic"] {
            let answer = site.file(mode, &[("Content-Encoding", coding)], body);
            let outcome = answer.outcome();
            let atomic_first = *name == "zstd, one record" && outcome == "413 atomic_too_large";
            assert!(
                outcome == "413 decompressed_too_large" || atomic_first,
                "{name}{mode}: {}",
                answer.text()
            );
        }
        assert_eq!(site.get("/healthz", None).status, 200, "{name}");
    }
    let grown = support::peak_resident_bytes().saturating_sub(before);
    println!("bombs: {} MiB more than before", grown >> 20);
    assert!(grown < 400 << 20, "{} MiB", grown >> 20);
    assert_eq!(site.file("", &[], transactions(2..3).as_bytes()).json()["accepted"], 1);
}

/// A gigabyte of blank lines: nothing that the ledger would have to remember.
#[test]
fn memory_does_not_grow_with_the_body() {
    let _alone = alone();
    let site = Site::start();
    let bearer = format!("Bearer {}", site.key);
    let headers =
        [("Authorization", bearer.as_str()), ("Filing-Version", "1"), ("Transfer-Encoding", "chunked")];
    let before = support::resident_bytes();
    support::forget_peak();
    let mut stream = site.begin("POST /v1/filings/transaction", &headers);
    let mut chunk = vec![b' '; 1 << 20];
    chunk[700_000] = b'\n';
    let framed = [format!("{:x}\r\n", chunk.len()).as_bytes(), &chunk, b"\r\n"].concat();
    (0..1024).for_each(|_| write(&mut stream, &framed));
    let last = format!("\n{}", transaction(1));
    write(&mut stream, format!("{:x}\r\n{last}\r\n0\r\n\r\n", last.len()).as_bytes());
    let answer = Answer::read(stream);
    assert_eq!(answer.json()["accepted"], 1, "{}", answer.text());
    let grown = support::peak_resident_bytes().saturating_sub(before);
    println!("a body of 1 GiB: {} MiB more than before", grown >> 20);
    assert!(grown < 100 << 20, "{} MiB", grown >> 20);
}
