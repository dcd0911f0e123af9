//! What an operator may set, with the defaults.

use std::time::Duration;

use crate::cosigning::CosigningOptions;

/// How connections are kept.
#[derive(Clone, Debug)]
pub struct ConnectionOptions {
    /// Connections open at once; more wait to be accepted.
    pub at_once: usize,
    /// How long a client may take to send a request's head, or leave a connection unused.
    pub header_timeout: Duration,
    /// How long what is under way may take to end after a shutdown began.
    pub shutdown_grace: Duration,
}

impl Default for ConnectionOptions {
    fn default() -> Self {
        Self {
            at_once: 4096,
            header_timeout: Duration::from_secs(30),
            shutdown_grace: Duration::from_secs(30),
        }
    }
}

/// How an engine is served.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// How connections are kept.
    pub connections: ConnectionOptions,
    /// Filings read at once; each holds a thread and some chunks of records.
    pub filings_at_once: usize,
    /// Filings that may wait for their turn; more are answered `busy`.
    pub filings_waiting_max: usize,
    /// Filings of one institution, read or waiting, so that none takes everybody's place.
    pub filings_per_institution_max: usize,
    /// How long a filing may wait for its turn.
    pub filing_wait_max: Duration,
    /// Bytes that the body of a filing may have as it is sent; no bound if `None`.
    pub body_bytes_max: Option<u64>,
    /// Bytes of a recording that was called up.
    pub recording_bytes_max: u64,
    /// Recordings taken at once; each holds a thread.
    pub recordings_at_once: usize,
    /// Recordings that one institution sends at once.
    pub recordings_per_institution_max: usize,
    /// How long a body may pause.
    pub body_idle_timeout: Duration,
    /// After a refusal, bytes of the rest of the body that are read and thrown away so that the
    /// client gets to read the answer.
    pub drain_bytes_max: u64,
    /// After a refusal, how long the rest of the body is read.
    pub drain_timeout: Duration,
    /// The witnesses that cosign this ledger's checkpoints.
    pub cosigning: Option<CosigningOptions>,
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            connections: ConnectionOptions::default(),
            filings_at_once: 32,
            filings_waiting_max: 256,
            filings_per_institution_max: 16,
            filing_wait_max: Duration::from_secs(30),
            body_bytes_max: None,
            recording_bytes_max: 4 << 30,
            recordings_at_once: 8,
            recordings_per_institution_max: 2,
            body_idle_timeout: Duration::from_secs(60),
            drain_bytes_max: 16 << 20,
            drain_timeout: Duration::from_secs(10),
            cosigning: None,
        }
    }
}
