//! What loads the server: filings of transactions over HTTP on loopback.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use sim::TransactionLines;
use ureq::{Agent, AsSendBody, SendBody};

use super::Fallible;
use super::server::Server;

/// How hard bodies are compressed, as `jianwei file` does it.
const ZSTD_LEVEL: i32 = 3;
/// Bytes of a receipt at most.
const RECEIPT_BYTES_MAX: u64 = 16 << 20;

/// How a body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Zstd,
}

impl Coding {
    /// Its name in the header.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Zstd => "zstd",
        }
    }
}

/// A filing, ready to be sent.
pub(super) struct Filing {
    records: u64,
    body: Vec<u8>,
    coding: Coding,
}

impl Filing {
    /// The next `records` transactions.
    pub(super) fn next(lines: &mut TransactionLines, records: u64, coding: Coding) -> Fallible<Self> {
        let mut body = Vec::new();
        let records = lines.append(records, &mut body);
        if coding == Coding::Zstd {
            body = zstd::bulk::compress(&body, ZSTD_LEVEL)?;
        }
        Ok(Self { records, body, coding })
    }
}

/// A connection that files as an institution.
pub(super) struct Client {
    agent: Agent,
    url: String,
    authorization: String,
}

/// What a receipt says of interest here.
#[derive(Deserialize)]
struct Receipt {
    accepted: u64,
}

impl Client {
    pub(super) fn new(server: &Server) -> Self {
        Self::with_key(server, &server.key)
    }

    /// As another institution than the server's first.
    pub(super) fn with_key(server: &Server, key: &str) -> Self {
        Self {
            agent: Agent::config_builder().http_status_as_error(false).build().into(),
            url: format!("{}/v1/filings/transaction", server.url),
            authorization: format!("Bearer {key}"),
        }
    }

    /// Files, and returns when the receipt is there.
    pub(super) fn file(&self, filing: &Filing) -> Fallible<()> {
        self.send(filing.records, filing.coding, filing.body.as_slice())
    }

    /// Files lines as they are made, so that neither side holds them all.
    pub(super) fn file_streaming(&self, mut lines: TransactionLines) -> Fallible<()> {
        self.send(lines.remaining(), Coding::Identity, SendBody::from_reader(&mut lines))
    }

    fn send(&self, records: u64, coding: Coding, body: impl AsSendBody) -> Fallible<()> {
        let mut response = self
            .agent
            .post(&self.url)
            .header("authorization", &self.authorization)
            .header("content-type", "application/x-ndjson")
            .header("content-encoding", coding.name())
            .header("filing-version", model::STANDARD_VERSION.to_string())
            .send(body)?;
        let body = response.body_mut().with_config().limit(RECEIPT_BYTES_MAX).read_to_vec()?;
        let accepted = serde_json::from_slice(&body).map(|receipt: Receipt| receipt.accepted);
        match (response.status().as_u16(), accepted) {
            (200, Ok(accepted)) if accepted == records => Ok(()),
            (status, _) => {
                let text: String = String::from_utf8_lossy(&body).chars().take(500).collect();
                Err(format!("a filing of {records} records was answered {status}: {text}").into())
            }
        }
    }
}

/// Sends filings over some connections at once; returns the time until the last receipt.
pub(super) fn send_all(server: &Server, filings: Vec<Filing>, connections: usize) -> Fallible<Duration> {
    let waiting = Mutex::new(filings.into_iter());
    let begun = Instant::now();
    thread::scope(|scope| {
        let sending = || -> Fallible<()> {
            let client = Client::new(server);
            loop {
                let next = waiting.lock().map_err(|_| "another connection failed")?.next();
                match next {
                    Some(filing) => client.file(&filing)?,
                    None => return Ok(()),
                }
            }
        };
        let connections: Vec<_> = (0..connections.max(1)).map(|_| scope.spawn(sending)).collect();
        connections.into_iter().try_for_each(|sent| sent.join().map_err(|_| "a connection failed")?)
    })?;
    Ok(begun.elapsed())
}

/// Time from the beginning of each request to its receipt, one filing after the other.
pub(super) fn latencies(client: &Client, filings: &[Filing]) -> Fallible<Vec<Duration>> {
    filings
        .iter()
        .map(|filing| {
            let begun = Instant::now();
            client.file(filing)?;
            Ok(begun.elapsed())
        })
        .collect()
}

/// Files `per_filing` lines after the other until told to stop; returns how many were filed.
pub(super) fn load_until(
    client: &Client,
    mut lines: TransactionLines,
    per_filing: u64,
    stop: &AtomicBool,
) -> Fallible<u64> {
    let mut filed = 0;
    while !stop.load(Ordering::Relaxed) && lines.remaining() > 0 {
        let filing = Filing::next(&mut lines, per_filing, Coding::Zstd)?;
        filed += filing.records;
        client.file(&filing)?;
    }
    Ok(filed)
}
