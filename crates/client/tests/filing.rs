//! Filing against a small server on the loopback interface that fails as servers and networks do.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use client::{
    BatchLimits, Connection, FilingError, FilingJob, FilingSummary, Mode, Progress, RetryPolicy, Secret,
    StoredReceipt, check, file,
};
use model::clock::Clock;
use model::pseudonym::{PseudonymKey, PseudonymKind};
use model::streams::stream;
use model::time::{Day, Time};
use tempfile::TempDir;

/// What the server does with one request.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Answers with a receipt for all lines.
    Accept,
    /// Answers with a receipt in which one line is refused.
    RefuseLine(u64),
    /// Answers with an error status.
    Fail(u16),
    /// Answers with an error status and `Retry-After: 1`, in a web page.
    BusyPage,
    /// Takes the request and closes the connection without an answer.
    Cut,
    /// Closes the connection in the middle of the receipt.
    CutReceipt,
    /// Closes the connection in the middle of the request.
    CutRequest,
    /// Answers with a receipt for another number of lines.
    WrongReceipt,
    /// Refuses an atomic filing for one line.
    RefuseAll(u64),
    /// Sends elsewhere.
    Redirect,
}

/// A request as the server got it.
#[derive(Clone, Debug)]
struct Got {
    target: String,
    headers: HashMap<String, String>,
    body: String,
}

struct Server {
    address: String,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Server {
    /// A server that does one act for each request, the last one for all that follow.
    fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let got = Arc::new(Mutex::new(Vec::new()));
        let shared = got.clone();
        thread::spawn(move || {
            let mut acts = acts.into_iter().peekable();
            let mut act = Act::Accept;
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                loop {
                    // The act is chosen only when a request comes: an idle connection may close.
                    if stream.fill_buf().map_or(true, <[u8]>::is_empty) {
                        break;
                    }
                    act = acts.next().unwrap_or(act);
                    if matches!(act, Act::CutRequest) {
                        break;
                    }
                    let Some(request) = read_request(&mut stream) else { break };
                    shared.lock().unwrap().push(request.clone());
                    if !answer(act, &request, stream.get_mut()) {
                        break;
                    }
                }
            }
        });
        Self { address, got }
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Got> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    stream.read_exact(&mut body).ok()?;
    assert_eq!(headers["content-encoding"], "zstd");
    let body = String::from_utf8(zstd::decode_all(&body[..]).unwrap()).unwrap();
    Some(Got { target, headers, body })
}

/// Answers; `false` closes the connection.
fn answer(act: Act, request: &Got, out: &mut TcpStream) -> bool {
    let lines = request.body.lines().count() as u64;
    let receipt = |lines: u64, refused: &[u64]| {
        let refusals: Vec<String> = refused
            .iter()
            .map(|line| format!(r#"{{"line":{line},"id":"x","faults":[{{"pointer":"","code":"content_differs","detail":"d"}}]}}"#))
            .collect();
        let stream = request.target.split(['/', '?']).nth(3).unwrap();
        format!(
            r#"{{"filing":"f1","stream":"{stream}","institution":"91000000000000001N","received_at":"2024-03-02T01:00:00+08:00","lines":{lines},"accepted":{},"duplicates":0,"refused":{},"refusals":[{}],"positions":{{"first":0,"last":{lines}}},"checkpoint":"note","warnings":[],"newer":1}}"#,
            lines - refused.len() as u64,
            refused.len(),
            refusals.join(","),
        )
    };
    let respond = |out: &mut TcpStream, status: &str, headers: &str, body: &str| {
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
        out.write_all(head.as_bytes()).is_ok() && out.write_all(body.as_bytes()).is_ok()
    };
    match act {
        Act::Accept => respond(out, "200 OK", "", &receipt(lines, &[])),
        Act::RefuseLine(line) => respond(out, "200 OK", "", &receipt(lines, &[line])),
        Act::Fail(status) => {
            let problem = format!(
                r#"{{"type":"about:blank","status":{status},"code":"some_code","title":"a title","title_zh":"标题","detail":"why"}}"#
            );
            respond(out, &format!("{status} Bad"), "content-type: application/problem+json\r\n", &problem)
        }
        Act::BusyPage => respond(out, "503 Busy", "retry-after: 1\r\n", "<html>"),
        Act::Cut | Act::CutRequest => false,
        Act::CutReceipt => {
            let body = receipt(lines, &[]);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            out.write_all(head.as_bytes()).unwrap();
            out.write_all(&body.as_bytes()[..40]).unwrap();
            false
        }
        Act::WrongReceipt => respond(out, "200 OK", "", &receipt(lines + 1, &[])),
        Act::RefuseAll(line) => {
            let problem = format!(
                r#"{{"status":422,"code":"atomic_refused","title":"t","refusals":[{{"line":{line},"faults":[]}}]}}"#
            );
            respond(out, "422 Unprocessable", "", &problem)
        }
        Act::Redirect => respond(out, "302 Found", "location: http://127.0.0.1:1/\r\n", ""),
    }
}

/// A place with a file of so many good lines, and the job to file it.
struct Place {
    folder: TempDir,
    job: FilingJob,
}

const KEY: &str = "jw_the_key_of_a_test";

fn good_line(n: usize) -> String {
    format!(
        r#"{{"id":"t{n}","time":"2024-03-01T09:00:00+08:00","user":"p1:{n:030x}","amount":"{n}.50","kind":"payment","direction":"out"}}"#
    )
}

fn place(lines: &[String]) -> Place {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("transactions.ndjson");
    let mut text = String::new();
    for line in lines {
        writeln!(text, "{line}").unwrap();
    }
    fs::write(&path, text).unwrap();
    let mut job = FilingJob::new(stream("transaction").unwrap(), path, folder.path().join("receipts"));
    job.date = Day::parse("2024-03-01").ok();
    job.complete = true;
    job.limits = BatchLimits { lines: 4, ..BatchLimits::default() };
    let short = Duration::from_millis(1);
    job.retry = RetryPolicy { attempts: 4, first_delay: short, longest_delay: short };
    Place { folder, job }
}

fn good_lines(count: usize) -> Vec<String> {
    (1..=count).map(good_line).collect()
}

/// Runs the job; returns what came of it and what was told on the way.
fn run(place: &Place, server: &str) -> (Result<FilingSummary, FilingError>, Vec<String>) {
    let connection = Connection::new(server, Secret::new(KEY).unwrap()).unwrap();
    let clock = Clock::manual(Time::parse("2024-03-02T01:00:00+08:00").unwrap());
    let mut told = Vec::new();
    let result = file(&place.job, &connection, &clock, &mut |progress| {
        told.push(match progress {
            Progress::Checked(report) => format!("checked {} {}", report.lines, report.refused),
            Progress::Exposed => "exposed".to_owned(),
            Progress::Sending { batch, lines, .. } => format!("sending {batch} {lines}"),
            Progress::Waiting { batch, attempt, .. } => format!("waiting {batch} {attempt}"),
            Progress::Sealed { batch, lines_done, earlier, .. } => {
                format!("sealed {batch} {lines_done}{}", if earlier { " earlier" } else { "" })
            }
        });
    });
    (result, told)
}

fn receipt_files(place: &Place) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let receipts = place.folder.path().join("receipts");
    for server in fs::read_dir(receipts).into_iter().flatten() {
        files.extend(fs::read_dir(server.unwrap().path()).unwrap().map(|entry| entry.unwrap().path()));
    }
    files.sort();
    files
}

#[test]
fn a_file_goes_in_batches_and_the_last_one_says_so() {
    let server = Server::start(vec![Act::Accept]);
    let place = place(&good_lines(10));
    let (result, told) = run(&place, &server.address);
    let summary = result.unwrap();
    assert_eq!((summary.batches, summary.lines, summary.accepted, summary.refused), (3, 10, 10, 0));
    assert!(summary.declared_complete);
    assert_eq!(
        told.join(", "),
        "checked 10 0, sending 1 4, sealed 1 4, sending 2 4, sealed 2 8, sending 3 2, sealed 3 10"
    );
    let got = server.got();
    let bodies: String = got.iter().map(|request| request.body.as_str()).collect();
    assert_eq!(bodies, fs::read_to_string(&place.job.path).unwrap());
    for (index, request) in got.iter().enumerate() {
        let header = |name: &str| request.headers[name].clone();
        assert_eq!(request.target, "/v1/filings/transaction?mode=lines");
        assert_eq!(header("authorization"), format!("Bearer {KEY}"));
        assert_eq!(header("filing-version"), "1");
        assert_eq!(header("filing-date"), "2024-03-01");
        assert_eq!(header("filing-final"), (index == 2).to_string());
        assert_eq!(header("filing-records"), request.body.lines().count().to_string());
    }
    assert_ne!(got[0].headers["idempotency-key"], got[1].headers["idempotency-key"]);

    let files = receipt_files(&place);
    assert_eq!(files.len(), 3);
    let stored: Vec<StoredReceipt> =
        files.iter().map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect();
    let last = stored.iter().find(|stored| stored.complete).unwrap();
    assert_eq!((last.file_lines, last.receipt.accepted), (Some((9, 10)), 2));
    assert!(files.iter().all(|path| !fs::read_to_string(path).unwrap().contains(KEY)));
}

#[test]
fn what_may_work_later_is_tried_again_with_the_same_key() {
    for failures in [
        vec![Act::Fail(503), Act::Fail(500)],
        vec![Act::Fail(429), Act::BusyPage],
        vec![Act::Cut, Act::CutReceipt],
        vec![Act::CutRequest, Act::Cut],
    ] {
        let first_cut = matches!(failures[0], Act::CutRequest);
        let server = Server::start([failures, vec![Act::Accept]].concat());
        let place = place(&good_lines(3));
        let (result, told) = run(&place, &server.address);
        assert_eq!(result.unwrap().accepted, 3);
        assert_eq!(told.join(", "), "checked 3 0, sending 1 3, waiting 1 1, waiting 1 2, sealed 1 3");
        let keys: Vec<_> = server.got().iter().map(|got| got.headers["idempotency-key"].clone()).collect();
        assert_eq!(keys.len(), if first_cut { 2 } else { 3 });
        assert!(keys.iter().all(|key| key == &keys[0]));
    }
}

#[test]
fn a_refused_request_is_not_tried_again() {
    for status in [400, 401, 403, 404, 409, 413, 415, 422] {
        let server = Server::start(vec![Act::Fail(status)]);
        let place = place(&good_lines(3));
        match run(&place, &server.address).0 {
            Err(FilingError::Refused { batch: 1, problem }) => {
                assert_eq!(problem.to_string(), format!("{status} some_code: a title (why) 标题"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(server.got().len(), 1);
        assert!(receipt_files(&place).is_empty());
    }
}

#[test]
fn the_key_does_not_follow_a_redirect() {
    let server = Server::start(vec![Act::Redirect]);
    match run(&place(&good_lines(1)), &server.address).0 {
        Err(FilingError::Refused { problem, .. }) => assert_eq!(problem.status, 302),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_gives_up_after_the_last_attempt_and_goes_on_where_it_stopped() {
    let server = Server::start(vec![Act::Accept, Act::Cut]);
    let place = place(&good_lines(10));
    match run(&place, &server.address).0 {
        Err(FilingError::GaveUp { batch: 2, attempts: 4, .. }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(receipt_files(&place).len(), 1);

    // The server comes back at the same address, which its receipts' folder is named after.
    let folder = receipt_files(&place)[0].parent().unwrap().to_owned();
    let server = Server::start(vec![Act::Accept]);
    let again = server.address.trim_start_matches("http://").replace(':', "_");
    fs::rename(&folder, folder.with_file_name(again)).unwrap();
    let (result, told) = run(&place, &server.address);
    let summary = result.unwrap();
    assert_eq!((summary.batches, summary.batches_earlier, summary.accepted), (3, 1, 10));
    assert_eq!(
        told.join(", "),
        "checked 10 0, sealed 1 4 earlier, sending 2 4, sealed 2 8, sending 3 2, sealed 3 10"
    );
    assert_eq!(server.got().len(), 2);
    // A third run sends nothing.
    assert_eq!(run(&place, &server.address).0.unwrap().batches_earlier, 3);
    assert_eq!(server.got().len(), 2);
}

#[test]
fn a_server_that_is_not_there_is_tried_too() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    match run(&place(&good_lines(1)), &format!("http://{gone}")).0 {
        Err(FilingError::GaveUp { attempts: 4, .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_receipt_for_something_else_is_not_kept() {
    let server = Server::start(vec![Act::WrongReceipt]);
    let place = place(&good_lines(3));
    match run(&place, &server.address).0 {
        Err(FilingError::ReceiptDiffers { batch: 1, lines: 4, .. }) => {}
        other => panic!("{other:?}"),
    }
    assert!(receipt_files(&place).is_empty());
}

#[test]
fn a_refused_line_is_named_by_its_number_in_the_file() {
    let server = Server::start(vec![Act::Accept, Act::RefuseLine(2)]);
    let mut lines = good_lines(6);
    lines.insert(0, String::new());
    let (result, _) = run(&place(&lines), &server.address);
    let summary = result.unwrap();
    assert_eq!((summary.accepted, summary.refused), (5, 1));
    assert_eq!(summary.refusals[0].line, 7);
    assert_eq!(summary.refusals[0].faults[0].code, "content_differs");
}

fn with_bad_lines() -> Vec<String> {
    let mut lines = good_lines(5);
    lines.insert(1, good_line(9).replace("9.50", "9.505"));
    lines.insert(3, "{\"id\":".to_owned());
    lines.insert(4, good_line(8).replace("p1:", "raw"));
    lines
}

#[test]
fn nothing_is_sent_when_the_offline_check_refuses_a_line() {
    let server = Server::start(vec![Act::Accept]);
    let place = place(&with_bad_lines());
    match run(&place, &server.address).0 {
        Err(FilingError::Check(report)) => {
            assert_eq!((report.lines, report.accepted, report.refused), (8, 5, 3));
            let named: Vec<_> = report
                .refusals
                .iter()
                .map(|r| (r.line, r.id.as_deref(), r.faults[0].pointer.as_str(), r.faults[0].code.as_str()))
                .collect();
            let expected = [
                (2, Some("t9"), "/amount", "too_precise"),
                (4, None, "", "malformed_json"),
                (5, Some("t8"), "/user", "pseudonym_wanted"),
            ];
            assert_eq!(named, expected);
        }
        other => panic!("{other:?}"),
    }
    assert!(server.got().is_empty());
}

#[test]
fn refused_lines_are_left_out_on_demand_and_the_day_is_then_not_complete() {
    let server = Server::start(vec![Act::Accept]);
    let mut place = place(&with_bad_lines());
    place.job.leave_out_refused = true;
    let summary = run(&place, &server.address).0.unwrap();
    assert_eq!((summary.lines, summary.accepted, summary.left_out), (5, 5, 3));
    assert_eq!(summary.refusals.iter().map(|r| r.line).collect::<Vec<_>>(), [2, 4, 5]);
    assert!(!summary.declared_complete);
    let got = server.got();
    assert!(got.iter().all(|request| request.headers["filing-final"] == "false"));
    assert!(got.iter().all(|request| !request.body.contains("raw")));
}

#[test]
fn raw_numbers_are_sent_as_pseudonyms_only() {
    let server = Server::start(vec![Act::Accept]);
    let raw = "11010519491231002X";
    let line = good_line(1).replace(&format!("p1:{:030x}", 1), raw);
    let mut place = place(&[line]);
    let key = PseudonymKey::new(b"a secret for tests only").unwrap();
    let expected = key.pseudonym(PseudonymKind::Person, raw).to_string();
    assert!(matches!(run(&place, &server.address).0, Err(FilingError::Check(_))));
    place.job.pseudonym_key = Some(key);
    run(&place, &server.address).0.unwrap();
    let got = server.got();
    assert_eq!(got.len(), 1);
    assert!(got[0].body.contains(&expected) && !got[0].body.contains(raw));
}

#[test]
fn an_empty_day_is_filed_as_complete() {
    let server = Server::start(vec![Act::Accept]);
    let mut empty = place(&[]);
    assert_eq!(run(&empty, &server.address).0.unwrap().batches, 1);
    assert_eq!(server.got()[0].headers["filing-final"], "true");
    empty.job.complete = false;
    assert_eq!(run(&empty, &server.address).0.unwrap().batches, 0);
    empty.job.complete = true;
    empty.job.date = None;
    assert!(matches!(run(&empty, &server.address).0, Err(FilingError::DateWanted)));
}

#[test]
fn an_atomic_filing_goes_in_one_batch_or_not_at_all() {
    let server = Server::start(vec![Act::Accept]);
    let mut atomic = place(&good_lines(5));
    atomic.job.mode = Mode::Atomic;
    assert!(matches!(run(&atomic, &server.address).0, Err(FilingError::AtomicTooLarge { lines: 5, .. })));
    atomic.job.limits.lines = 5;
    run(&atomic, &server.address).0.unwrap();
    assert_eq!(server.got().len(), 1);
    assert_eq!(server.got()[0].target, "/v1/filings/transaction?mode=atomic");

    let server = Server::start(vec![Act::RefuseAll(2)]);
    let mut lines = good_lines(3);
    lines.insert(1, String::new());
    let mut atomic = place(&lines);
    atomic.job.mode = Mode::Atomic;
    match run(&atomic, &server.address).0 {
        Err(FilingError::Refused { problem, .. }) => assert_eq!(problem.refusals[0].line, 3),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_damaged_receipt_stops_the_filing_with_a_clear_line() {
    let server = Server::start(vec![Act::Accept]);
    let place = place(&good_lines(1));
    run(&place, &server.address).0.unwrap();
    fs::write(&receipt_files(&place)[0], "{").unwrap();
    let error = run(&place, &server.address).0.unwrap_err();
    assert!(matches!(error, FilingError::File { .. }));
    assert_eq!(server.got().len(), 1);
}

#[test]
fn the_offline_check_needs_no_server() {
    let place = place(&with_bad_lines());
    let now = Time::parse("2024-03-02T01:00:00+08:00").unwrap();
    let report = check(&place.job.path, place.job.stream, None, now).unwrap();
    assert_eq!((report.lines, report.refused), (8, 3));
    assert_eq!(report.refused_by_code["too_precise"], 1);
    let yesterday = Time::parse("2024-02-29T01:00:00+08:00").unwrap();
    let report = check(&place.job.path, place.job.stream, None, yesterday).unwrap();
    assert_eq!(report.refused_by_code["in_future"], 5);
    assert!(check(Path::new("/nonexistent"), place.job.stream, None, now).is_err());
}
