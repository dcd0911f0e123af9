//! Bad input over HTTP to the real server: each case gets its status, its code and a sentence in
//! both languages; after each the server takes a good filing; at the end the ledger verifies and
//! holds everything that was acknowledged, nothing twice.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

#[path = "support/http.rs"]
mod http;
mod support;

use std::fs;
use std::io::Read;
use std::path::Path;

use http::{Answer, exchange, file, parse, request, send_and_leave, transaction, transactions};
use serde_json::Value;
use support::{Served, run};

const SERVE: &str = "serve --data data --listen 127.0.0.1:0";
const INSTITUTION: &str = "91350100M000100Y43";

/// A server, the keys to it, and what it acknowledged.
struct Site {
    served: Served,
    key: String,
    revoked: String,
    supervisor: String,
    /// Numbers of transactions that have their receipt.
    acknowledged: Vec<u64>,
    next: u64,
}

impl Site {
    fn start(at: &Path) -> Self {
        let served = Served::start(at, SERVE);
        let issue = |what: &str| {
            run(at, &format!("keys issue --data data {what}")).expect_code(0).out.trim().to_owned()
        };
        let institution = format!("--institution {INSTITUTION}");
        let (key, revoked, supervisor) = (issue(&institution), issue(&institution), issue("--supervisor"));
        let id = revoked.split('_').nth(1).unwrap();
        run(at, &format!("keys revoke --data data {id}")).expect_code(0);
        Self { served, key, revoked, supervisor, acknowledged: Vec::new(), next: 1_000_000 }
    }

    /// A good filing is taken, whatever came before.
    fn files_as_ever(&mut self, after: &str) {
        let answer =
            file(&self.served.url, &self.key, "transaction", &transactions(self.next..self.next + 1));
        let receipt = answer.json();
        assert_eq!((answer.status, &receipt["accepted"]), (200, &1.into()), "after {after}: {receipt:#}");
        self.acknowledged.push(self.next);
        self.next += 1;
    }
}

/// What is sent in a case.
enum Sent {
    /// Lines of a stream, filed properly.
    Lines(&'static str, Vec<u8>),
    /// A request. `Authorization` and `Filing-Version` are right unless they stand here; `-` leaves
    /// a header out, and REVOKED and SUPERVISOR stand for those keys.
    Request(&'static str, &'static [(&'static str, &'static str)], Vec<u8>),
}

/// A case: what is wrong, what is sent, and the status, code and a part of the sentence to come.
/// A line that is refused stands in a receipt, so its status is 200.
type Case = (&'static str, Sent, u16, &'static str, &'static str);

fn line(text: impl Into<Vec<u8>>) -> Sent {
    Sent::Lines("transaction", text.into())
}

/// A good transaction with a part of it put differently.
fn with(old: &str, new: &str) -> Sent {
    let good = transaction(0);
    assert!(good.contains(old), "{old}");
    line(good.replacen(old, new, 1))
}

/// An example of a stream with a part of it put differently.
fn example(stream: &'static str, old: &str, new: &str) -> Sent {
    let path = format!("{}/../../examples/filings/{stream}.ndjson", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).unwrap();
    let first = text.lines().next().unwrap();
    assert!(first.contains(old), "{old}");
    Sent::Lines(stream, first.replacen(old, new, 1).into_bytes())
}

fn post(headers: &'static [(&'static str, &'static str)], body: impl Into<Vec<u8>>) -> Sent {
    Sent::Request("POST /v1/filings/transaction", headers, body.into())
}

fn to(line: &'static str) -> Sent {
    Sent::Request(line, &[], transaction(0).into())
}

fn gzip(bytes: impl Read) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(bytes, flate2::Compression::best()).read_to_end(&mut packed).unwrap();
    packed
}

fn zstd(bytes: impl Read) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// A hundred mebibytes of one byte.
fn much(byte: u8) -> impl Read {
    std::io::repeat(byte).take(100 << 20)
}

fn short_by(bytes: Vec<u8>, by: usize) -> Vec<u8> {
    bytes[..bytes.len() - by].to_vec()
}

#[rustfmt::skip]
fn lines_that_are_no_records() -> Vec<Case> {
    let good = transaction(0);
    let deep = "[".repeat(200_000);
    let nested = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let twice = format!("{good} {good}");
    vec![
        ("cut off in a name",            line(&good[..3]),                                     200, "malformed_json",   "column 3: EOF"),
        ("cut off in a value",           line(&good[..60]),                                    200, "malformed_json",   "EOF while parsing"),
        ("cut off before its brace",     line(&good[..good.len() - 1]),                        200, "malformed_json",   "EOF while parsing an object"),
        ("two records in one line",      line(twice),                                          200, "malformed_json",   "trailing characters"),
        ("a comma too many",             with("}", ",}"),                                      200, "malformed_json",   "trailing comma"),
        ("CSV",                          line("t-1,2025-03-03,12.50"),                         200, "malformed_json",   "column 2"),
        ("a word",                       line("x"),                                            200, "malformed_json",   "expected value"),
        ("bytes of zero",                line([0u8; 1000]),                                      200, "malformed_json",   "expected value"),
        ("a list of records",            line(format!("[{good}]")),                            200, "wrong_type",       "Found a list"),
        ("nested deep and not closed",   line(deep),                                           200, "malformed_json",   "JSON at column"),
        ("nested deep",                  line(&*nested),                                       200, "wrong_type",       "Found a list"),
        ("nested deep in a field",       with("\"20.00\"", &nested),                           200, "wrong_type",       "decimal number as a string"),
        ("a line of three mebibytes",    line(vec![b' '; 3 << 20]),                            200, "line_too_long",    "3145728 bytes; at most 1048576"),
        ("GB 18030",                     line(&b"{\"id\":\"\xbd\xbb\xd2\xd7\"}"[..]),          200, "not_utf8",         "not UTF-8"),
        ("UTF-16",                       line(utf16),                                          200, "malformed_json",   "column"),
        ("a byte order mark",            line(format!("\u{feff}{good}")),                      200, "malformed_json",   "column 1"),
        ("a field twice",                with("{", "{\"amount\":\"20.00\","),                  200, "duplicate_field",  "\"amount\" stands twice"),
        ("a field twice, once escaped",  with("{", "{\"\\u0061mount\":\"20.00\","),            200, "duplicate_field",  "\"amount\" stands twice"),
        ("a misspelt field",             with("channel", "chanel"),                            200, "unknown_field",    "no field \"chanel\""),
        ("a field left out",             with("\"amount\":\"20.00\",", ""),                    200, "missing_field",    "\"amount\" (金额) is required"),
        ("an amount as a number",        with("\"20.00\"", "20.00"),                           200, "wrong_type",       "decimal number as a string"),
        ("a negative amount",            with("20.00", "-20.00"),                              200, "negative",         "cannot be negative"),
        ("an amount of nothing",         with("20.00", "0.00"),                                200, "not_positive",     "above zero"),
        ("an amount that overflows",     with("20.00", &"9".repeat(400)),                      200, "out_of_range",     "larger than the standard allows"),
        ("all the money and a fen",      with("20.00", "1000000000000000.01"),                 200, "out_of_range",     "larger than the standard allows"),
        ("tenths of a fen",              with("20.00", "20.005"),                              200, "too_precise",      "more than 2 decimals"),
        ("a negative count",             example("operations_daily", "184220", "-1"),          200, "negative",         "cannot be negative"),
        ("a count beyond 64 bits",       example("operations_daily", "184220", "99999999999999999999"), 200, "out_of_range", "larger than 9007199254740991"),
        ("a time in a hundred years",    with("2025-03-03", "2126-03-03"),                     200, "in_future",        "after the moment of receipt"),
        ("a year typed wrongly",         with("2025-03-03", "0205-03-03"),                     200, "absurd_date",      "1990"),
        ("a year far ahead",             with("2025-03-03", "9999-12-31"),                     200, "absurd_date",      "2200"),
        ("a day that does not exist",    with("2025-03-03", "2025-02-30"),                     200, "malformed_value",  "\"time\""),
        ("an identity number in clear",  with("p1:9869806b11c5a57357ea151d16867c", "11010519491231002X"), 200, "pseudonym_wanted", "\"user\""),
        ("a code that there is not",     with("deposit", "loan"),                              200, "unknown_code",     "\"kind\""),
        ("a known id, other content",    line(transaction(1_000_000).replace("20.00", "21.00")), 200, "content_differs", "has this id and other content"),
        ("a revision that leaves a gap", with("{", "{\"revision\":5,"),                        200, "revision_not_next", "never accepted"),
    ]
}

#[rustfmt::skip]
fn requests_that_are_refused_whole() -> Vec<Case> {
    const GZIP: &[(&str, &str)] = &[("Content-Encoding", "gzip")];
    const ZSTD: &[(&str, &str)] = &[("Content-Encoding", "zstd")];
    const LONGER: &[(&str, &str)] = &[("Content-Length", "1000000")];
    const CHUNKED: &[(&str, &str)] = &[("Transfer-Encoding", "chunked")];
    let good = || transaction(0).into_bytes();
    let many = transactions(0..100);
    vec![
        ("an unknown stream",            to("POST /v1/filings/loans"),                         404, "unknown_stream",   "GET /v1/streams lists them"),
        ("another institution asked for", to("POST /v1/filings/transaction?institution=91000000000000001N"), 403, "wrong_institution", "another institution than the key's"),
        ("another institution's header", post(&[("Filing-Institution", "91000000000000001N")], good()), 403, "wrong_institution", "another institution than the key's"),
        ("no key",                       post(&[("Authorization", "-")], good()),              401, "key_missing",      "no header Authorization"),
        ("a key of another kind",        post(&[("Authorization", "Basic dTpw")], good()),     401, "key_missing",      "Bearer KEY"),
        ("a key that was never issued",  post(&[("Authorization", "Bearer jw_0_0")], good()),  401, "key_unknown",      "not known"),
        ("a revoked key",                post(&[("Authorization", "Bearer REVOKED")], good()), 401, "key_revoked",      "revoked"),
        ("the supervisor's key",         post(&[("Authorization", "Bearer SUPERVISOR")], good()), 403, "not_allowed",   "only an institution's key files"),
        ("no version",                   post(&[("Filing-Version", "-")], good()),             400, "missing_header",   "Filing-Version is missing"),
        ("a version to come",            post(&[("Filing-Version", "2")], good()),             400, "unsupported_version", "another version than 1"),
        ("a date that does not exist",   post(&[("Filing-Date", "2025-02-30")], good()),       400, "malformed_header", "filing-date"),
        ("minus one record announced",   post(&[("Filing-Records", "-1")], good()),            400, "malformed_header", "filing-records"),
        ("a misspelt parameter",         to("POST /v1/filings/transaction?mod=atomic"),        400, "unknown_field",    "mode, institution"),
        ("a coding that is not read",    post(&[("Content-Encoding", "br")], good()),          415, "unsupported_encoding", "identity, gzip or zstd"),
        ("no gzip",                      post(GZIP, good()),                                   400, "broken_compression", "could not be unpacked"),
        ("no zstd",                      post(ZSTD, good()),                                   400, "broken_compression", "could not be unpacked"),
        ("gzip cut off",                 post(GZIP, short_by(gzip(&many[..]), 20)),            400, "broken_compression", "could not be unpacked"),
        ("zstd cut off",                 post(ZSTD, short_by(zstd(&many[..]), 20)),            400, "broken_compression", "could not be unpacked"),
        ("a gzip bomb, one line",        post(GZIP, gzip(much(b' '))),                         413, "decompressed_too_large", "at most 400 times"),
        ("a zstd bomb, one line",        post(ZSTD, zstd(much(0))),                            413, "decompressed_too_large", "at most 400 times"),
        ("a zstd bomb of empty lines",   post(ZSTD, zstd(much(b'\n'))),                        413, "decompressed_too_large", "at most 400 times"),
        ("a bomb in a bomb",             post(GZIP, gzip(&gzip(much(0))[..])),                 200, "not_utf8",         ""),
        ("a body cut off",               post(LONGER, &many[..many.len() - 40]),               400, "body_incomplete",  "ended before it was complete"),
        ("chunks cut off",               post(CHUNKED, &b"ffff\r\n{\"id\":"[..]),              400, "body_incomplete",  "ended before it was complete"),
        ("chunks that are none",         post(CHUNKED, &b"many\r\n{\"id\":"[..]),              400, "body_incomplete",  "ended before it was complete"),
        ("all or none, and one is bad",  Sent::Request("POST /v1/filings/transaction?mode=atomic", &[], [&transactions(500..600), &b"x\n"[..]].concat()), 422, "atomic_refused", "1 of 101 lines were refused"),
        ("all or none, and one missing", Sent::Request("POST /v1/filings/transaction?mode=atomic", &[("Filing-Records", "2")], good()), 409, "count_differs", "2 lines were announced, 1 came"),
        ("another method",               to("PUT /v1/filings/transaction"),                    405, "",                 "does not know the method"),
        ("another address",              to("POST /v2/filings"),                               404, "not_found",        "nothing at this address"),
    ]
}

fn send(site: &Site, sent: &Sent) -> Answer {
    let (line, given, body) = match sent {
        Sent::Lines(stream, body) => return file(&site.served.url, &site.key, stream, body),
        Sent::Request(line, headers, body) => (line, headers, body),
    };
    let usual = [("Authorization", format!("Bearer {}", site.key)), ("Filing-Version", "1".to_owned())];
    let mut headers: Vec<(&str, String)> =
        usual.into_iter().filter(|(name, _)| !given.iter().any(|(other, _)| other == name)).collect();
    for (name, value) in given.iter().filter(|(_, value)| *value != "-") {
        let value = value.replace("REVOKED", &site.revoked).replace("SUPERVISOR", &site.supervisor);
        headers.push((name, value));
    }
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    parse(&exchange(&site.served.url, &request(line, &headers, body)))
}

/// Code and sentences of an answer: of the problem, or of the first refused line.
fn said(answer: &Value) -> (String, String) {
    let of = |value: &Value, names: &[&str]| {
        names.iter().filter_map(|name| value[name].as_str()).collect::<Vec<_>>().join(" ")
    };
    match &answer["refusals"][0]["faults"][0] {
        fault if fault.is_object() && answer["status"].is_null() => {
            assert!(!of(fault, &["detail"]).is_empty(), "{answer:#}");
            (of(fault, &["code"]), of(fault, &["detail"]))
        }
        _ => (of(answer, &["code"]), of(answer, &["title", "detail"])),
    }
}

#[test]
fn every_case_is_answered_and_nothing_acknowledged_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let mut site = Site::start(at);
    site.files_as_ever("the start");
    let mut wrong = Vec::new();
    for (name, sent, status, code, sentence) in
        lines_that_are_no_records().into_iter().chain(requests_that_are_refused_whole())
    {
        let answer = send(&site, &sent);
        let body = answer.json();
        let (found, words) = said(&body);
        if (answer.status, found.as_str()) != (status, code) || !words.contains(sentence) {
            wrong.push(format!(
                "{name}: wanted {status} {code} {sentence:?}, found {} {found} {words:?}",
                answer.status
            ));
        }
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        for secret in [&site.key, &site.revoked, &site.supervisor] {
            assert!(!text.contains(secret.as_str()), "{name}: a key is told");
        }
        assert!(!text.contains("11010519491231002X"), "{name}: a personal value is told");
        assert!(answer.status < 400 || code.is_empty() || body["title_zh"].is_string(), "{name}: {text}");
        site.files_as_ever(name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // What is not even HTTP, and clients that go away.
    let bearer = format!("Bearer {}", site.key);
    let leaves = [("Authorization", bearer.as_str()), ("Filing-Version", "1"), ("Content-Length", "1000000")];
    send_and_leave(
        &site.served.url,
        &request("POST /v1/filings/transaction", &leaves, &transactions(700..750)),
    );
    site.files_as_ever("a client that went away");
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(1 << 20));
    let twice =
        "POST /v1/filings/transaction HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n";
    let both = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked, x\r\n\r\n";
    for bytes in ["", "\0\0\0\r\n\r\n", "GET / HTTP/9\r\n\r\n", "\u{16}\u{3}\u{1}", &long, twice, both] {
        let answer = exchange(&site.served.url, bytes.as_bytes());
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
        site.files_as_ever("what is not HTTP");
    }
    everything_is_there(site, at);
}

/// Stopped in order, the ledger verifies; with everything derived deleted, each acknowledged
/// record is known again, so it is in the ledger.
fn everything_is_there(site: Site, at: &Path) {
    let Site { served, key, acknowledged, .. } = site;
    let (code, said) = served.terminate();
    assert_eq!(code, Some(0), "{said}");
    let verified = run(at, "verify --open data").expect_code(0);
    assert!(verified.out.contains("clean"), "{}", verified.out);
    fs::remove_dir_all(at.join("data/derived")).unwrap();
    let served = Served::start(at, SERVE);
    let records: Vec<u8> =
        acknowledged.iter().flat_map(|number| (transaction(*number) + "\n").into_bytes()).collect();
    // A bad line among them, so that it is another filing than any before.
    let body = [b"x\n", &records[..]].concat();
    let receipt = file(&served.url, &key, "transaction", &body).json();
    let count = |name: &str| receipt[name].as_u64().unwrap();
    let all = acknowledged.len() as u64;
    assert_eq!((count("accepted"), count("duplicates"), count("refused")), (0, all, 1), "{receipt:#}");
}

/// A body of a few bytes that unpacks to very many lines which are none: the list of refused
/// lines ends, the count goes on, and the receipt says so, also after a restart.
#[test]
fn more_bad_lines_than_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let mut site = Site::start(at);
    let body = zstd(&b"x\n".repeat(1_200_000)[..]);
    assert!(body.len() < 1000, "{}", body.len());
    let bearer = format!("Bearer {}", site.key);
    let headers = [("Authorization", bearer.as_str()), ("Filing-Version", "1"), ("Content-Encoding", "zstd")];
    let answer = http::send(&site.served.url, "POST /v1/filings/transaction", &headers, &body);
    let receipt = answer.json();
    assert_eq!(
        (&receipt["refused"], &receipt["refusals_listed"]),
        (&1_200_000.into(), &1_000_000.into()),
        "{receipt:#}"
    );
    assert_eq!(receipt["refusals"].as_array().unwrap().len(), 100);
    let warning = receipt["warnings"][0].as_str().unwrap();
    assert!(warning.contains("Of 1200000 refused lines the first 1000000 are listed"), "{warning}");
    site.files_as_ever("many bad lines");

    let filing = receipt["filing"].as_str().unwrap().to_owned();
    let (code, said) = site.served.terminate();
    assert_eq!(code, Some(0), "{said}");
    site.served = Served::start(at, SERVE);
    let get = |path: &str| http::send(&site.served.url, &format!("GET {path}"), &headers[..1], b"").json();
    let again = get(&format!("/v1/filings/{filing}"));
    for member in ["refused", "refusals_listed", "refusals", "refusals_sha256", "warnings"] {
        assert_eq!(again[member], receipt[member], "{member}");
    }
    let part = get(&format!("/v1/filings/{filing}/refusals?offset=999999"));
    assert_eq!(part["refusals"].as_array().unwrap().len(), 1);
    assert_eq!((&part["total"], &part["listed"]), (&1_200_000.into(), &1_000_000.into()));
    assert_eq!(part["refusals"][0]["line"], 1_000_000);
    everything_is_there(site, at);
}
