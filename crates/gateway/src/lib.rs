//! HTTP in front of the engine: institutions file and see their receipts, the supervisor sees
//! everyone's, and the ledger's tree is open to all. In front of a witness it is the small
//! service that cosigns checkpoints.
//!
//! **Invariant:** no logic: a handler reads the request, asks one question, writes the answer.
//! **Invariant:** a body is never held whole; what waits for the engine is a few pieces of it.
//! **Invariant:** every refusal is a problem document (RFC 9457) made from the one table of codes,
//! and what it says of our own failures is in the log, not in the answer.
//! **Invariant:** keys and bodies are never logged.
#![deny(clippy::indexing_slicing)]

mod address;
mod admission;
mod answer;
mod blocking;
mod call_ups;
mod caller;
mod cosigning;
mod desk;
mod filing;
mod grades;
mod health;
mod notices;
mod options;
mod problem;
mod query;
mod receipts;
mod routes;
mod server;
mod standard;
mod tree;
pub mod witness;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use engine::Engine;

use admission::Admission;
use cosigning::{Cosigning, Published};
pub use cosigning::{CosigningOptions, WitnessAddress};
pub use options::{ConnectionOptions, GatewayOptions};
pub use server::Server;

/// What the handlers share.
pub(crate) struct Context {
    engine: Arc<Engine>,
    options: GatewayOptions,
    admission: Admission,
    /// The places for recordings that were called up, which take long and must not hold up filings.
    recordings: Admission,
    published: Arc<Published>,
}

impl Context {
    /// What `GET /checkpoint` gives: that of the last round with the witnesses, if there are any.
    fn published_checkpoint(&self) -> Arc<[u8]> {
        self.published.latest().unwrap_or_else(|| self.engine.reader().checkpoint())
    }
}

/// The context as the handlers get it.
pub(crate) type Shared = Arc<Context>;

/// Binds `listen` for an engine; nothing is answered before [`Server::run`].
///
/// # Errors
/// The socket's; witnesses that cannot be: a threshold beyond their number, a key that is not a
/// cosigner's.
pub async fn bind(engine: Arc<Engine>, options: GatewayOptions, listen: SocketAddr) -> io::Result<Server> {
    let published = Arc::new(Published::default());
    let cosigning = match options.cosigning.clone() {
        Some(cosigning) => {
            let cosigning = Cosigning::new(Arc::clone(&engine), cosigning, Arc::clone(&published));
            Some(cosigning.map_err(io::Error::other)?)
        }
        None => {
            published.restore(engine.reader(), None);
            None
        }
    };
    let connections = options.connections.clone();
    let admission = Admission::new(&options);
    let recordings = Admission::new(&GatewayOptions {
        filings_at_once: options.recordings_at_once,
        filings_per_institution_max: options.recordings_per_institution_max,
        ..options.clone()
    });
    let context = Arc::new(Context { engine, options, admission, recordings, published });
    let server = Server::bind(listen, routes::router(context), connections).await?;
    Ok(match cosigning {
        Some(cosigning) => server.beside(cosigning.run()),
        None => server,
    })
}

/// Serves an engine until `shutdown` is ready, then lets what is under way end. `bound` is told
/// the address, which says what port 0 became.
///
/// # Errors
/// As [`bind`].
pub async fn serve(
    engine: Arc<Engine>,
    options: GatewayOptions,
    listen: SocketAddr,
    bound: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let server = bind(engine, options, listen).await?;
    bound(server.address());
    server.run(shutdown).await;
    Ok(())
}
