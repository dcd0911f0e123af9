//! A small HTTP server on a loopback address: answers what it is told to and keeps what it was
//! asked. It ends when its requests are taken.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// What is answered to every request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// This status, these headers, this body.
    Answer(u16, &'static [(&'static str, &'static str)], Vec<u8>),
    /// These bytes.
    Raw(&'static [u8]),
    /// Nothing, until nobody waits any more.
    Nothing,
    /// A status, then a byte of body every now and then.
    Dripping,
}

impl Reply {
    pub(crate) fn ok(body: &str) -> Self {
        Self::Answer(200, &[("content-type", "application/json")], body.as_bytes().to_vec())
    }

    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self::Answer(status, &[], body.as_bytes().to_vec())
    }
}

/// A request as it came: `POST /path`, headers that we chose in order, and the body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    }

    /// The whole, to be compared: without what every HTTP client sends.
    pub(crate) fn text(&self) -> String {
        const OTHERS: [&str; 6] =
            ["host", "content-length", "accept", "accept-encoding", "connection", "user-agent"];
        let mut text = format!("{}\n", self.line);
        for (name, value) in self.headers.iter().filter(|(name, _)| !OTHERS.contains(&name.as_str())) {
            text.push_str(&format!("{name}: {value}\n"));
        }
        format!("{text}\n{}", self.body)
    }
}

pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Request>>,
}

impl Sink {
    pub(crate) fn new(reply: Reply) -> Self {
        Self::serving(move |stream| serve(&mut BufReader::new(stream), &reply))
    }

    /// A server that speaks HTTP over whatever `serve` makes of a connection.
    pub(crate) fn serving(serve: impl Fn(TcpStream) -> Option<Request> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let mut requests = Vec::new();
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                requests.extend(serve(stream));
            }
            requests
        });
        Self { address, is_over, thread }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked, in order.
    pub(crate) fn requests(self) -> Vec<Request> {
        self.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        self.thread.join().unwrap()
    }

    /// The only request.
    pub(crate) fn request(self) -> Request {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1);
        requests.remove(0)
    }
}

/// Reads one request and answers it.
pub(crate) fn serve<S: Read + Write>(stream: &mut BufReader<S>, reply: &Reply) -> Option<Request> {
    let request = read(stream)?;
    let out = stream.get_mut();
    // The other side may have gone.
    let _ = match reply {
        Reply::Answer(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
            for (name, value) in *headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
            out.write_all(head.as_bytes()).and_then(|()| out.write_all(body))
        }
        Reply::Raw(bytes) => out.write_all(bytes),
        Reply::Nothing => stream.read(&mut [0]).map(drop),
        Reply::Dripping => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";
            let mut went = out.write_all(head);
            while went.is_ok() {
                std::thread::sleep(Duration::from_millis(5));
                went = out.write_all(b" ").and_then(|()| out.flush());
            }
            went
        }
    };
    let _ = stream.get_mut().flush();
    Some(request)
}

fn read<S: Read>(stream: &mut BufReader<S>) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let line = lines.first()?.strip_suffix(" HTTP/1.1")?.to_owned();
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    stream.read_exact(&mut body).ok()?;
    Some(Request { line, headers, body: String::from_utf8(body).unwrap() })
}
