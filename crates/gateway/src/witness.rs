//! A witness's service: `POST /add-checkpoint` (C2SP tlog-witness) over [`tlog::Witness`], with
//! the tree heads that it cosigned kept in one file.

mod heads;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use model::clock::Clock;
use tlog::witness::{PROOF_HASHES_MAX, cosignature_lines};
use tlog::{Refusal, Sha256Tree, Witness};

use crate::options::ConnectionOptions;
use crate::server::Server;
use heads::Heads;

/// The longest request: a note, its proof, and what stands around them.
const REQUEST_BYTES_MAX: usize = tlog::note::NOTE_BYTES_MAX + (PROOF_HASHES_MAX + 2) * 64;
/// How long a request's body may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A witness with what it remembers.
struct Service {
    witness: Witness<Sha256Tree>,
    clock: Clock,
    /// Held from judging a request until its head is on disk: no two requests build on the same
    /// last head.
    heads: Mutex<Heads>,
}

/// Binds `listen` for a witness that keeps its tree heads in `state_file`, which no other process
/// may use meanwhile. Nothing is answered before [`Server::run`].
///
/// # Errors
/// The socket's; a state file that is damaged, held by another process or cannot be written.
pub async fn bind(
    witness: Witness<Sha256Tree>,
    state_file: &Path,
    clock: Clock,
    options: ConnectionOptions,
    listen: SocketAddr,
) -> io::Result<Server> {
    let heads = Mutex::new(Heads::open(state_file)?);
    let router = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/healthz", get(crate::health::alive))
        .with_state(Arc::new(Service { witness, clock, heads }));
    Server::bind(listen, router, options).await
}

/// Serves a witness until `shutdown` is ready. `bound` is told the address.
///
/// # Errors
/// As [`bind`].
pub async fn serve(
    witness: Witness<Sha256Tree>,
    state_file: &Path,
    clock: Clock,
    listen: SocketAddr,
    bound: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let server = bind(witness, state_file, clock, ConnectionOptions::default(), listen).await?;
    bound(server.address());
    server.run(shutdown).await;
    Ok(())
}

/// Why a request gets no cosignature.
enum Denied {
    Refused(Refusal),
    /// The head could not be stored, or the clock is beyond what a cosignature can bear.
    Failed(String),
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

async fn add_checkpoint(State(service): State<Arc<Service>>, body: Body) -> Response {
    let read = tokio::time::timeout(REQUEST_TIMEOUT, axum::body::to_bytes(body, REQUEST_BYTES_MAX)).await;
    let body = match read {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return plain(StatusCode::BAD_REQUEST, "the request broke off or is too long\n"),
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "the request took too long\n"),
    };
    let judged = tokio::task::spawn_blocking(move || service.cosign(&body)).await;
    match judged {
        Ok(Ok(cosignatures)) => plain(StatusCode::OK, &cosignatures),
        Ok(Err(Denied::Refused(refusal))) => {
            tracing::info!(%refusal, "no cosignature");
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
            let content_type = HeaderValue::from_static(refusal.content_type());
            (status, [(header::CONTENT_TYPE, content_type)], refusal.body()).into_response()
        }
        Ok(Err(Denied::Failed(error))) => failed(&error),
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(error: &str) -> Response {
    tracing::error!(error, "no cosignature");
    plain(StatusCode::INTERNAL_SERVER_ERROR, "the witness failed; it was logged\n")
}

fn plain(status: StatusCode, text: &str) -> Response {
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    (status, [(header::CONTENT_TYPE, content_type)], text.to_owned()).into_response()
}

impl Service {
    /// The answer's body: the cosignature, made after the head is on disk.
    fn cosign(&self, body: &[u8]) -> Result<String, Denied> {
        let opened = self.witness.open(body)?;
        let origin = opened.origin().to_owned();
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        let accepted = opened.judge(heads.last(&origin))?;
        let time_s = u64::try_from(self.clock.now().unix_seconds()).unwrap_or(0);
        // Made before the head is stored, so that nothing is stored that cannot be answered.
        let cosignature = accepted.cosign(time_s).map_err(|error| Denied::Failed(error.to_string()))?;
        let head = accepted.head();
        heads.remember(&origin, head).map_err(|error| Denied::Failed(error.to_string()))?;
        tracing::info!(origin, size = head.size, "cosigned");
        Ok(cosignature_lines(&[cosignature]))
    }
}
