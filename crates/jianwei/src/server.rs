//! Serving until the operator says stop: `serve`, `demo` and `witness` end the same way.

use std::future::Future;

use miette::{IntoDiagnostic, Report};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

/// The runtime of a server.
pub(crate) fn runtime() -> Result<Runtime, Report> {
    Builder::new_multi_thread().enable_all().build().into_diagnostic()
}

/// Ready when SIGINT or SIGTERM comes. To be called within the runtime; from then on the signals
/// no longer end the process by themselves.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>, Report> {
    let mut interrupt = signal(SignalKind::interrupt()).into_diagnostic()?;
    let mut terminate = signal(SignalKind::terminate()).into_diagnostic()?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
