//! The engine's own executor, so that callers need none.

use std::future::Future;

use tokio::runtime::{Builder, Handle};

use crate::error::QueryError;

pub(crate) struct Runtime(Option<tokio::runtime::Runtime>);

impl Runtime {
    /// An executor on the caller's thread, or on as many threads as there are partitions.
    pub(crate) fn new(partitions: usize) -> Result<Self, QueryError> {
        let built = if partitions <= 1 {
            Builder::new_current_thread().enable_all().build()
        } else {
            Builder::new_multi_thread().worker_threads(partitions).enable_all().build()
        };
        built.map(|runtime| Self(Some(runtime))).map_err(|error| QueryError::Internal(error.to_string()))
    }

    /// Waits for a future, also where the caller itself runs on an executor.
    pub(crate) fn block_on<F>(&self, future: F) -> Result<F::Output, QueryError>
    where
        F: Future + Send,
        F::Output: Send,
    {
        let Some(runtime) = &self.0 else {
            return Err(QueryError::Internal("the executor is gone".to_owned()));
        };
        if Handle::try_current().is_err() {
            return Ok(runtime.block_on(future));
        }
        // An executor does not let its own threads wait for another one.
        std::thread::scope(|scope| scope.spawn(|| runtime.block_on(future)).join())
            .map_err(|_| QueryError::Internal("the query's thread broke off".to_owned()))
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Dropping waits for the threads, which an executor's thread may not do.
            runtime.shutdown_background();
        }
    }
}
