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

mod admission;
mod answer;
mod caller;
mod filing;
mod options;
mod problem;
mod query;
mod routes;
mod server;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use engine::Engine;

use admission::Admission;
pub use options::{ConnectionOptions, GatewayOptions};
pub use server::Server;

/// What the handlers share.
pub(crate) struct Context {
    engine: Arc<Engine>,
    options: GatewayOptions,
    admission: Admission,
}

/// The context as the handlers get it.
pub(crate) type Shared = Arc<Context>;

/// Binds `listen` for an engine; nothing is answered before [`Server::run`].
///
/// # Errors
/// The socket's.
pub async fn bind(engine: Arc<Engine>, options: GatewayOptions, listen: SocketAddr) -> io::Result<Server> {
    let connections = options.connections.clone();
    let admission = Admission::new(&options);
    let context = Arc::new(Context { engine, options, admission });
    Server::bind(listen, routes::router(context), connections).await
}

/// Serves an engine until `shutdown` is ready, then lets what is under way end. `bound` is told
/// the address, which says what port 0 became.
///
/// # Errors
/// The socket's.
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
