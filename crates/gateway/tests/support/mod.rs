//! A gateway on loopback with an engine in a temporary directory, and a client made of a socket.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helper may panic")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use engine::access::Role;
use engine::{Engine, EngineOptions};
use gateway::GatewayOptions;
use model::clock::Clock;
use model::institution::InstitutionId;
use model::time::{Day, Time};
use serde_json::Value;
use tokio::sync::oneshot;

/// A served engine.
pub struct Site {
    pub address: SocketAddr,
    pub engine: Arc<Engine>,
    /// Key of the first institution.
    pub key: String,
    /// Key of another.
    pub other_key: String,
    pub supervisor_key: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    _dir: Option<tempfile::TempDir>,
}

pub fn institution() -> InstitutionId {
    InstitutionId::synthetic(1)
}

impl Site {
    /// Under another rulebook than the embedded one.
    pub fn under(book: rulebook::Rulebook) -> Self {
        Self::under_policy(book, EngineOptions::default())
    }

    /// Under another rulebook, and a policy or a roster of its own.
    pub fn under_policy(book: rulebook::Rulebook, engine: EngineOptions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut site = Self::serving(dir.path(), GatewayOptions::default(), engine, book);
        site._dir = Some(dir);
        site
    }

    pub fn start() -> Self {
        Self::with(GatewayOptions::default())
    }

    pub fn with(options: GatewayOptions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut site = Self::over(dir.path(), options);
        site._dir = Some(dir);
        site
    }

    /// Over a directory that outlives it.
    pub fn over(dir: &std::path::Path, options: GatewayOptions) -> Self {
        Self::serving(dir, options, EngineOptions::default(), rulebook::load::embedded().unwrap())
    }

    fn serving(
        dir: &std::path::Path,
        options: GatewayOptions,
        engine: EngineOptions,
        book: rulebook::Rulebook,
    ) -> Self {
        let clock = Clock::manual(Time::start_of(Day::from_ymd(2026, 3, 10).unwrap()));
        let engine = Arc::new(Engine::open(dir, engine, clock, Arc::new(book)).unwrap());
        let issue = |role| engine.access().issue(role, Time(0)).unwrap();
        let key = issue(Role::Institution(institution()));
        let other_key = issue(Role::Institution(InstitutionId::synthetic(2)));
        let supervisor_key = issue(Role::Supervisor);
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let served = Arc::clone(&engine);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            let serving = gateway::serve(
                served,
                options,
                "127.0.0.1:0".parse().unwrap(),
                move |address| tell.send(address).unwrap(),
                async move { drop(stopped.await) },
            );
            runtime.block_on(serving).unwrap();
        });
        let address = told.recv().expect("the server is bound");
        Self {
            address,
            engine,
            key,
            other_key,
            supervisor_key,
            stop: Some(stop),
            thread: Some(thread),
            _dir: None,
        }
    }

    /// Waits until everything filed is evaluated, the outcome sealed and signed; says how many
    /// entries that makes.
    pub fn settled(&self) -> u64 {
        self.engine.settle().unwrap();
        let reader = self.engine.reader();
        until(|| reader.head().size == reader.size());
        reader.size()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        // Only so that a failing test ends.
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends a request's head and nothing of its body.
    pub fn begin(&self, request: &str, headers: &[(&str, &str)]) -> TcpStream {
        let mut stream = self.connect();
        let mut head = format!("{request} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    pub fn send(&self, request: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let length = body.len().to_string();
        let mut all = headers.to_vec();
        if request.starts_with("POST") || request.starts_with("PUT") {
            all.push(("Content-Length", &length));
        }
        let mut stream = self.begin(request, &all);
        // A server that has heard enough may close before everything is sent.
        let _ = stream.write_all(body);
        Answer::read(stream)
    }

    /// Calls a part of a recording of the first institution up, as the supervisor.
    pub fn call_up(&self, policy: &str, medium: &str) -> Answer {
        let institution = institution();
        let body = format!(
            r#"{{"institution":"{institution}","policy":"{policy}","medium":"{medium}","ground":"complaint 7"}}"#
        );
        let bearer = format!("Bearer {}", self.supervisor_key);
        self.send("POST /v1/call-ups", &[("Authorization", &bearer)], body.as_bytes())
    }

    /// A key for somebody.
    pub fn issue(&self, role: Role) -> String {
        self.engine.access().issue(role, Time(0)).unwrap()
    }

    /// Sends JSON.
    pub fn post(&self, path: &str, key: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {key}");
        self.send(&format!("POST {path}"), &[("Authorization", &bearer)], body.as_bytes())
    }

    pub fn get(&self, path: &str, key: Option<&str>) -> Answer {
        let bearer = format!("Bearer {}", key.unwrap_or_default());
        let headers = [("Authorization", bearer.as_str())];
        self.send(&format!("GET {path}"), if key.is_some() { &headers } else { &[] }, b"")
    }

    /// Files transactions as the first institution.
    pub fn file(&self, query: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.file_to(&format!("transaction{query}"), headers, body)
    }

    pub fn file_to(&self, stream: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        let mut all = vec![("Authorization", bearer.as_str()), ("Filing-Version", "1")];
        all.extend_from_slice(headers);
        self.send(&format!("POST /v1/filings/{stream}"), &all, body)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads one answer; its length is announced or it lasts to the connection's end.
    pub fn read(stream: impl Read) -> Self {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).expect("a status line").parse().unwrap();
        let mut headers = Vec::new();
        loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
                None => break,
            }
        }
        let mut answer = Self { status, headers, body: Vec::new() };
        match answer.header("content-length").map(|length| length.parse().unwrap()) {
            Some(length) => {
                answer.body = vec![0; length];
                reader.read_exact(&mut answer.body).unwrap();
            }
            None => drop(reader.read_to_end(&mut answer.body).unwrap()),
        }
        answer
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// `200`, or the status and the code of the problem.
    pub fn outcome(&self) -> String {
        match self.header("content-type") {
            Some("application/problem+json") => {
                format!("{} {}", self.status, self.json()["code"].as_str().unwrap())
            }
            _ => self.status.to_string(),
        }
    }
}

/// A transaction that is in order, its id made of a number.
pub fn transaction(number: u64) -> String {
    transaction_of(number, "20.00", 0)
}

pub fn transaction_of(number: u64, amount: &str, revision: u64) -> String {
    format!(
        r#"{{"id":"t-{number}","revision":{revision},"time":"2026-03-02T09:31:07+08:00","user":"p1:9869806b11c5a57357ea151d16867c","amount":"{amount}","kind":"deposit","direction":"out","channel":"app"}}"#
    )
}

/// Transactions, one a line.
pub fn transactions(numbers: std::ops::Range<u64>) -> String {
    numbers.map(|number| transaction(number) + "\n").collect()
}

pub fn write(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).unwrap();
}

/// Waits for something that will come; fails when it does not for a long time.
pub fn until(mut come: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if come() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not come");
}

fn status_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

pub fn resident_bytes() -> u64 {
    status_kib("VmRSS:") << 10
}

pub fn peak_resident_bytes() -> u64 {
    status_kib("VmHWM:") << 10
}

/// Lets the peak begin anew from what is resident now.
pub fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
