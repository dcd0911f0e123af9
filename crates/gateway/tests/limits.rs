//! Clients that break off, dawdle, flood or bomb: memory stays bounded, the server goes on.

mod support;

use std::io::{BufRead, BufReader, Read};
use std::net::Shutdown;
use std::time::Duration;

use gateway::{ConnectionOptions, GatewayOptions};
use support::{Answer, Site, transaction, transactions, write};

fn begin(site: &Site, query: &str, headers: &[(&str, &str)]) -> std::net::TcpStream {
    let bearer = format!("Bearer {}", site.key);
    let mut all = vec![("Authorization", bearer.as_str()), ("Filing-Version", "1")];
    all.extend_from_slice(headers);
    site.begin(&format!("POST /v1/filings/transaction{query}"), &all)
}

/// Three whole lines and half of one.
fn cut_body() -> String {
    transactions(0..3) + &transaction(3)[..40]
}

#[test]
fn a_body_cut_off_keeps_its_whole_lines() {
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let framings = [
        (("Content-Length", "100000"), cut_body()),
        (("Transfer-Encoding", "chunked"), chunk(&cut_body())),
        (("Transfer-Encoding", "chunked"), format!("ffff\r\n{}", cut_body())),
    ];
    for (header, body) in framings {
        let site = Site::start();
        let mut stream = begin(&site, "", &[header]);
        write(&mut stream, body.as_bytes());
        // The client sends no more, but still listens.
        stream.shutdown(Shutdown::Write).unwrap();
        let answer = Answer::read(stream);
        assert_eq!(answer.outcome(), "400 body_incomplete", "{}", answer.text());
        let receipt = &answer.json()["receipt"];
        assert_eq!((&receipt["outcome"], &receipt["accepted"]), (&"interrupted".into(), &3.into()));

        let whole = site.file("", &[], transactions(0..5).as_bytes()).json();
        assert_eq!((&whole["accepted"], &whole["duplicates"]), (&2.into(), &3.into()));
    }
}

#[test]
fn a_client_that_is_gone_leaves_its_whole_lines_and_no_atomic_ones() {
    let site = Site::start();
    let mut atomic = begin(&site, "?mode=atomic", &[("Content-Length", "100000")]);
    write(&mut atomic, cut_body().replace("t-", "a-").as_bytes());
    drop(atomic);
    let mut stream = begin(&site, "", &[("Content-Length", "100000")]);
    write(&mut stream, cut_body().as_bytes());
    drop(stream);
    support::until(|| site.engine.filings().len() == 1);
    let receipt = site.file("", &[], transactions(0..5).as_bytes()).json();
    assert_eq!((&receipt["accepted"], &receipt["duplicates"]), (&2.into(), &3.into()));
    let receipt = site.file("", &[], transactions(0..5).replace("t-", "a-").as_bytes()).json();
    assert_eq!((&receipt["accepted"], &receipt["duplicates"]), (&5.into(), &0.into()));
}

#[test]
fn a_body_that_pauses_for_too_long_is_given_up() {
    let site = Site::with(GatewayOptions {
        body_idle_timeout: Duration::from_millis(200),
        ..GatewayOptions::default()
    });
    let mut stream = begin(&site, "", &[("Content-Length", "100000")]);
    write(&mut stream, cut_body().as_bytes());
    let answer = Answer::read(&mut stream);
    assert_eq!(answer.outcome(), "400 body_incomplete");
    assert_eq!(answer.json()["receipt"]["accepted"], 3);
    assert_eq!(answer.header("connection"), Some("close"));
}

#[test]
fn a_head_that_does_not_come_is_given_up() {
    let connections =
        ConnectionOptions { header_timeout: Duration::from_millis(200), ..ConnectionOptions::default() };
    let site = Site::with(GatewayOptions { connections, ..GatewayOptions::default() });
    for begun in ["", "POST /v1/filings/transaction HTTP/1.1\r\nHost: x\r\n"] {
        let mut stream = site.connect();
        write(&mut stream, begun.as_bytes());
        let mut left = Vec::new();
        stream.read_to_end(&mut left).unwrap();
        assert!(!String::from_utf8_lossy(&left).contains(" 200 "), "{begun:?}");
    }
    assert_eq!(site.get("/healthz", None).status, 200);
}

#[test]
fn what_is_no_http_is_refused() {
    let site = Site::start();
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(1 << 20));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(1000));
    let twice =
        "POST /v1/filings/transaction HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n";
    for bytes in ["\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9\r\n\r\n", long.as_str(), many.as_str(), twice] {
        let mut stream = site.connect();
        let _ = std::io::Write::write_all(&mut stream, bytes.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!(site.get("/healthz", None).status, 200);
}

#[test]
fn when_all_places_are_taken_the_answer_is_busy() {
    let options = GatewayOptions { filings_at_once: 1, filings_waiting_max: 0, ..GatewayOptions::default() };
    let site = Site::with(options);
    let body = transactions(0..3);
    let length = body.len().to_string();
    let mut first = begin(&site, "", &[("Content-Length", &length), ("Expect", "100-continue")]);
    // Being asked for the body means having the place.
    let mut reader = BufReader::new(first.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
    reader.read_line(&mut line).unwrap();

    let second = site.file("", &[], transactions(3..4).as_bytes());
    assert_eq!(second.outcome(), "503 busy");
    assert_eq!(second.header("retry-after"), Some("2"));

    write(&mut first, body.as_bytes());
    assert_eq!(Answer::read(reader).json()["accepted"], 3);
    assert_eq!(site.file("", &[], transactions(3..4).as_bytes()).json()["accepted"], 1);
}

#[test]
fn who_asks_before_sending_is_told_no_at_once() {
    let site = Site::start();
    let headers =
        [("Content-Length", "100000"), ("Expect", "100-continue"), ("Authorization", "Bearer jw_0_0")];
    let answer = Answer::read(site.begin("POST /v1/filings/transaction", &headers));
    assert_eq!(answer.outcome(), "401 key_unknown");
}

#[test]
fn a_body_beyond_the_operator_s_bound_is_refused() {
    let site = Site::with(GatewayOptions { body_bytes_max: Some(100_000), ..GatewayOptions::default() });
    assert_eq!(site.file("", &[], transactions(0..100).as_bytes()).status, 200);
    let large = transactions(100..2000);
    let answer = site.file("", &[], large.as_bytes());
    assert_eq!(answer.outcome(), "413 body_too_large");
    assert!(answer.json()["receipt"].is_null());

    let mut stream = begin(&site, "", &[("Transfer-Encoding", "chunked")]);
    let chunked = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    let _ = std::io::Write::write_all(&mut stream, chunked.as_bytes());
    let answer = Answer::read(stream);
    assert_eq!(answer.outcome(), "413 body_too_large");
    assert!(answer.json()["receipt"]["accepted"].as_u64().unwrap() > 0, "what came before is kept");
}

/// A refusal reaches a client that goes on sending far more than the sockets buffer.
#[test]
fn the_answer_arrives_though_the_client_is_still_sending() {
    let site = Site::start();
    let body = vec![b'x'; 12 << 20];
    let headers = [("Authorization", "Bearer jw_0_0"), ("Filing-Version", "1")];
    let answer = site.send("POST /v1/filings/transaction", &headers, &body);
    assert_eq!(answer.outcome(), "401 key_unknown");
    assert_eq!(answer.header("connection"), Some("close"));
}

#[test]
fn a_shutdown_lets_what_is_under_way_end() {
    let site = Site::start();
    let body = transactions(0..3);
    let length = body.len().to_string();
    let mut stream = begin(&site, "", &[("Content-Length", &length), ("Expect", "100-continue")]);
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    reader.read_line(&mut line).unwrap();
    let stopping = std::thread::spawn(move || drop(site));
    write(&mut stream, body.as_bytes());
    assert_eq!(Answer::read(reader).json()["accepted"], 3);
    stopping.join().unwrap();
}
