//! The phones of supervisors and the systems of partners: one small HTTP server. What comes to a
//! partner is taken only when its signature is right.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use channels::webhook::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, WebhookHeaders, verify};
use miette::Report;
use model::clock::Clock;
use serde_json::{Value, json};

use crate::outcome::plain;

/// How long a sender may be silent.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a request at most.
const REQUEST_BYTES_MAX: u64 = 4 << 20;

/// A webhook that a partner took.
#[derive(Clone, Debug)]
pub(in super::super) struct Hook {
    /// Which partner.
    pub(in super::super) partner: String,
    /// What it says.
    pub(in super::super) body: Value,
}

/// What arrived.
#[derive(Debug, Default)]
struct Arrived {
    hooks: Vec<Hook>,
    /// Names of webhooks that were taken: one that comes twice counts once.
    taken: BTreeSet<String>,
    pushes: Vec<Value>,
    refused: Vec<String>,
    /// Partners whose system is down for so many requests more.
    down: BTreeMap<String, u32>,
}

/// The server.
pub(in super::super) struct Hooks {
    address: SocketAddr,
    arrived: Arc<Mutex<Arrived>>,
}

/// What the server's thread holds.
struct Serving {
    arrived: Arc<Mutex<Arrived>>,
    /// By partner the secret that it shares.
    secrets: BTreeMap<String, String>,
    clock: Clock,
}

impl Hooks {
    /// Starts it for partners and the secrets that they share; `clock` is theirs too. It ends with
    /// the process.
    pub(in super::super) fn start(secrets: BTreeMap<String, String>, clock: Clock) -> Result<Self, Report> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(plain)?;
        let address = listener.local_addr().map_err(plain)?;
        let arrived = Arc::new(Mutex::new(Arrived::default()));
        let serving = Serving { arrived: Arc::clone(&arrived), secrets, clock };
        let serve = move || {
            for stream in listener.incoming().flatten() {
                // Who went away while it was answered sends again.
                let _ = serving.answer(&stream);
            }
        };
        std::thread::Builder::new().name("hooks".to_owned()).spawn(serve).map_err(plain)?;
        Ok(Self { address, arrived })
    }

    /// Its address: `http://127.0.0.1:…`.
    pub(in super::super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn arrived<T>(&self, look: impl FnOnce(&mut Arrived) -> T) -> T {
        look(&mut self.arrived.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A partner's system answers its next requests with an error.
    pub(in super::super) fn goes_down(&self, partner: &str, requests: u32) {
        self.arrived(|arrived| {
            arrived.down.insert(partner.to_owned(), requests);
        });
    }

    /// The webhooks that partners took.
    pub(in super::super) fn hooks(&self) -> Vec<Hook> {
        self.arrived(|arrived| arrived.hooks.clone())
    }

    /// How many pushes came to phones, and why webhooks were refused.
    pub(in super::super) fn counts(&self) -> (usize, Vec<String>) {
        self.arrived(|arrived| (arrived.pushes.len(), arrived.refused.clone()))
    }
}

impl Serving {
    fn answer(&self, stream: &TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let Some(request) = Request::read(stream)? else { return Ok(()) };
        let (status, body) = self.take(&request);
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
        let mut stream = stream;
        stream.write_all(head.as_bytes())
    }

    fn take(&self, request: &Request) -> (&'static str, String) {
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let Some(partner) = request.path.strip_prefix("/partners/") else {
            // As ntfy answers.
            arrived.pushes.push(body);
            return ("200 OK", json!({ "id": format!("push-{}", arrived.pushes.len()) }).to_string());
        };
        if let Some(left) = arrived.down.get_mut(partner).filter(|left| **left > 0) {
            *left -= 1;
            return ("503 Service Unavailable", String::new());
        }
        let header = |name: &str| request.headers.get(name).map_or("", String::as_str);
        let headers = WebhookHeaders {
            id: header(ID_HEADER),
            timestamp: header(TIMESTAMP_HEADER),
            signature: header(SIGNATURE_HEADER),
        };
        let secret = self.secrets.get(partner).map_or("", String::as_str);
        match verify(secret, headers, &request.body, self.clock.now()) {
            Err(error) => {
                arrived.refused.push(format!("{partner}: {error}"));
                ("401 Unauthorized", String::new())
            }
            Ok(()) => {
                if arrived.taken.insert(headers.id.to_owned()) {
                    arrived.hooks.push(Hook { partner: partner.to_owned(), body });
                }
                ("204 No Content", String::new())
            }
        }
    }
}

/// A request.
struct Request {
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    /// Reads one; nothing when the other side sent none.
    fn read(stream: &TcpStream) -> std::io::Result<Option<Self>> {
        let mut stream = BufReader::new(stream).take(REQUEST_BYTES_MAX);
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some(path) = line.split(' ').nth(1).map(str::to_owned) else { return Ok(None) };
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok());
        let mut body = Vec::new();
        stream.take(length.unwrap_or(0)).read_to_end(&mut body)?;
        Ok(Some(Self { path, headers, body }))
    }
}
