//! The operator's log: warnings and worse on standard error, more with `JIANWEI_LOG`.

use std::io::IsTerminal;

use tracing_subscriber::filter::LevelFilter;

/// Begins to log. `JIANWEI_LOG` is `error`, `warn` (without it), `info`, `debug` or `trace`.
pub(crate) fn start() {
    let level = std::env::var("JIANWEI_LOG").ok().and_then(|level| level.parse().ok());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level.unwrap_or(LevelFilter::WARN))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // A log on a full disk would be told on standard error, which is the log: that panics, and
        // the request gets no answer.
        .log_internal_errors(false)
        .finish();
    // A second start would be a second command in one process; the first one's log goes on.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
