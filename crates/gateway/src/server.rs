//! The socket and its connections: HTTP/1.1, timeouts, an orderly end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::options::ConnectionOptions;

/// How long accepting pauses when the system has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A bound socket with what it will serve.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    options: ConnectionOptions,
    /// What runs for as long as the server does.
    beside: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Server {
    pub(crate) async fn bind(
        listen: SocketAddr,
        router: Router,
        options: ConnectionOptions,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, router, options, beside: None })
    }

    /// Lets `work` run for as long as the server does.
    pub(crate) fn beside(self, work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { beside: Some(Box::pin(work)), ..self }
    }

    /// The address bound: the real port where port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown` is ready; then accepts nothing more, lets requests under way end
    /// for the grace time, and breaks off the rest.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let mut http = http1::Builder::new();
        // A client that closes its sending side after the request still gets its answer.
        http.timer(TokioTimer::new()).header_read_timeout(self.options.header_timeout).half_close(true);
        let places = Arc::new(Semaphore::new(self.options.at_once));
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let beside = self.beside.map(tokio::spawn);
        let mut shutdown = pin!(shutdown);
        loop {
            let accepted = async {
                let place = Arc::clone(&places).acquire_owned().await.ok();
                (accept(&self.listener).await, place)
            };
            let (stream, place) = tokio::select! {
                accepted = accepted => accepted,
                () = &mut shutdown => break,
            };
            while connections.try_join_next().is_some() {}
            let service = TowerToHyperService::new(self.router.clone());
            let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
            connections.spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "connection ended early");
                }
                drop(place);
            });
        }
        drop(self.listener);
        if let Some(beside) = beside {
            beside.abort();
            // Only once it is gone it no longer holds the engine.
            let _ = beside.await;
        }
        if tokio::time::timeout(self.options.shutdown_grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests still under way after the grace time are broken off");
        }
        connections.shutdown().await;
    }
}

/// The next connection; a failure to accept (a client gone already, no descriptor left) is waited
/// out.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small and complete: waiting to fill a packet only delays them.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
