//! Queries over named tables.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::execution::context::SessionContext;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::displayable;
use datafusion::prelude::SessionConfig;
use futures::StreamExt;

use crate::check::plan;
use crate::error::QueryError;
use crate::rows::Rows;
use crate::runtime::Runtime;
use crate::state;
use crate::table::Table;

/// What a session may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Memory for intermediate results, in bytes; unbounded when `None`. Tables in memory do not
    /// count.
    pub memory_bytes_max: Option<usize>,
    /// Where intermediate results go that do not fit; without it such a query ends with
    /// [`QueryError::Memory`]. Intermediate results are not encrypted.
    pub spill_directory: Option<PathBuf>,
    /// Parts of a query that run at the same time. One runs on the caller's thread.
    pub partitions: usize,
    /// Rows of a batch.
    pub batch_rows: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { memory_bytes_max: None, spill_directory: None, partitions: 1, batch_rows: 8192 }
    }
}

/// Whether a streaming query goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The next batch is wanted.
    Continue,
    /// Enough.
    Stop,
}

/// Named tables and the means to query them. Calls block until the result is there; a session
/// may be used from any thread, also from one that belongs to an executor.
pub struct Session {
    context: SessionContext,
    runtime: Runtime,
    partitions: usize,
}

impl Session {
    /// A session without tables.
    ///
    /// # Errors
    /// [`QueryError::Internal`] when the system gives no threads, or [`QueryError::Storage`] when
    /// the spill directory cannot be used.
    pub fn new(options: &Options) -> Result<Self, QueryError> {
        let mode = match &options.spill_directory {
            Some(directory) => DiskManagerMode::Directories(vec![directory.clone()]),
            None => DiskManagerMode::Disabled,
        };
        let mut environment =
            RuntimeEnvBuilder::new().with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode));
        if let Some(bytes) = options.memory_bytes_max {
            environment = environment.with_memory_pool(Arc::new(FairSpillPool::new(bytes)));
        }
        let environment = environment.build_arc().map_err(|error| QueryError::of("", error))?;
        let partitions = options.partitions.max(1);
        let config = SessionConfig::new()
            .with_target_partitions(partitions)
            .with_batch_size(options.batch_rows.max(1));
        let context = SessionContext::new_with_state(state::state(config, environment));
        Ok(Self { context, runtime: Runtime::new(partitions)?, partitions })
    }

    /// Names a table; one that had the name before is forgotten.
    ///
    /// # Errors
    /// [`QueryError::Internal`] when the batches do not have the table's columns.
    pub fn register(&self, name: &str, table: Table) -> Result<(), QueryError> {
        let internal = |error: datafusion::common::DataFusionError| {
            QueryError::Internal(format!("table \"{name}\": {}", error.strip_backtrace()))
        };
        let provider = table.into_provider(self.partitions).map_err(internal)?;
        self.context.deregister_table(name).map_err(internal)?;
        self.context.register_table(name, provider).map_err(internal)?;
        Ok(())
    }

    /// Runs one query and gives all rows of its result.
    ///
    /// # Errors
    /// A [`QueryError`].
    pub fn run(&self, sql: &str) -> Result<Rows, QueryError> {
        let batches = self.runtime.block_on(async {
            let plan = plan(&self.context, sql).await.map_err(QueryError::Sql)?;
            let fault = |error| QueryError::of(sql, error);
            let frame = self.context.execute_logical_plan(plan).await.map_err(fault)?;
            let mut stream = frame.execute_stream().await.map_err(fault)?;
            let schema = stream.schema();
            let mut batches = Vec::new();
            while let Some(batch) = stream.next().await {
                batches.push(batch.map_err(fault)?);
            }
            concat_batches(&schema, &batches).map_err(|error| QueryError::of(sql, error.into()))
        })??;
        Ok(Rows::new(batches))
    }

    /// Runs one query and passes its result on batch by batch, so that it need not fit in memory.
    ///
    /// # Errors
    /// A [`QueryError`]; batches passed on before it are sound.
    pub fn run_streaming(
        &self,
        sql: &str,
        mut on_batch: impl FnMut(RecordBatch) -> Flow + Send,
    ) -> Result<(), QueryError> {
        self.pass_on(sql, &mut on_batch)
    }

    /// Not generic: else each crate that streams a query would compile the planner once more.
    fn pass_on(
        &self,
        sql: &str,
        on_batch: &mut (dyn FnMut(RecordBatch) -> Flow + Send),
    ) -> Result<(), QueryError> {
        self.runtime.block_on(async {
            let plan = plan(&self.context, sql).await.map_err(QueryError::Sql)?;
            let fault = |error| QueryError::of(sql, error);
            let frame = self.context.execute_logical_plan(plan).await.map_err(fault)?;
            let mut stream = frame.execute_stream().await.map_err(fault)?;
            while let Some(batch) = stream.next().await {
                if on_batch(batch.map_err(fault)?) == Flow::Stop {
                    break;
                }
            }
            Ok(())
        })?
    }

    /// How a query would be run, as an indented text for people who tune it.
    ///
    /// # Errors
    /// A [`QueryError`].
    pub fn explain(&self, sql: &str) -> Result<String, QueryError> {
        self.runtime.block_on(async {
            let plan = plan(&self.context, sql).await.map_err(QueryError::Sql)?;
            let physical = self.context.state().create_physical_plan(&plan).await;
            let physical = physical.map_err(|error| QueryError::of(sql, error))?;
            Ok(displayable(physical.as_ref()).indent(false).to_string())
        })?
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({} partitions)", self.partitions)
    }
}
