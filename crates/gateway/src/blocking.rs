//! Work that reads files, kept off the threads that serve connections.

use crate::problem::Problem;

/// Runs `work` on a thread that may block.
///
/// # Errors
/// Those of `work`; an internal problem when it panics.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)?
}
