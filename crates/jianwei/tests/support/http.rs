//! A client made of a socket: it sends exactly what it is told, also what no proper client would.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helper may panic")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// An answer, read to the connection's end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    // Only so that a failing test ends.
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    stream
}

/// Sends bytes, then nothing more, and reads what comes back.
pub fn exchange(url: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(url);
    // A server that has heard enough may close before everything is sent.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// Sends bytes and goes away without waiting for an answer.
pub fn send_and_leave(url: &str, bytes: &[u8]) {
    let _ = connect(url).write_all(bytes);
}

/// A request as it is sent. `Content-Length` is that of the body unless a header says otherwise.
pub fn request(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let says_length = |name: &str| ["content-length", "transfer-encoding"].contains(&&*name.to_lowercase());
    if !headers.iter().any(|(name, _)| says_length(name)) {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// Reads an answer; its body must not come in chunks.
pub fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer");
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    assert!(!head.to_lowercase().contains("transfer-encoding"), "{head}");
    let status = head.split(' ').nth(1).expect("a status line").parse().unwrap();
    Answer { status, body: bytes[end + 4..].to_vec() }
}

pub fn send(url: &str, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    parse(&exchange(url, &request(line, headers, body)))
}

/// Files lines of a stream with a key.
pub fn file(url: &str, key: &str, stream: &str, body: &[u8]) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("Authorization", bearer.as_str()), ("Filing-Version", "1")];
    send(url, &format!("POST /v1/filings/{stream}"), &headers, body)
}

/// A transaction that is in order, its id made of a number.
pub fn transaction(number: u64) -> String {
    format!(
        r#"{{"id":"t-{number}","time":"2025-03-03T09:31:07+08:00","user":"p1:9869806b11c5a57357ea151d16867c","amount":"20.00","kind":"deposit","direction":"out","channel":"app"}}"#
    )
}

/// Transactions, one a line.
pub fn transactions(numbers: std::ops::Range<u64>) -> Vec<u8> {
    numbers.flat_map(|number| (transaction(number) + "\n").into_bytes()).collect()
}
