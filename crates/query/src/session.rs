//! Queries over named tables.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::TaskContext;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryConsumer};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, displayable, execute_stream};
use datafusion::prelude::SessionConfig;
use futures::StreamExt;

use crate::error::QueryError;
use crate::prepared::{Question, Tables};
use crate::provider::Provider;
use crate::rows::Rows;
use crate::runtime::Runtime;
use crate::share::Step;
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
    state: SessionState,
    task: Arc<TaskContext>,
    tables: RwLock<Tables>,
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
        let state = state::state(config, environment);
        let task = Arc::new(TaskContext::from(&state));
        Ok(Self { state, task, tables: RwLock::default(), runtime: Runtime::new(partitions)?, partitions })
    }

    /// Names a table; one that had the name before is forgotten.
    ///
    /// # Errors
    /// [`QueryError::Internal`] when the batches do not have the table's columns.
    pub fn register(&self, name: &str, table: Table) -> Result<(), QueryError> {
        let provider = table.into_provider(self.partitions).map_err(|error| {
            QueryError::Internal(format!("table \"{name}\": {}", error.strip_backtrace()))
        })?;
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.insert(name.to_owned(), Arc::new(provider));
        Ok(())
    }

    /// Runs one query and gives all rows of its result.
    ///
    /// # Errors
    /// A [`QueryError`].
    pub fn run(&self, sql: &str) -> Result<Rows, QueryError> {
        let batches = self.runtime.block_on(async {
            let fault = |error| QueryError::of(sql, error);
            let mut stream = self.stream(sql).await?;
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
            let mut stream = self.stream(sql).await?;
            while let Some(batch) = stream.next().await {
                if on_batch(batch.map_err(|error| QueryError::of(sql, error))?) == Flow::Stop {
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
            let fault = |error| QueryError::of(sql, error);
            let mut tables = self.tables();
            let question = Question::of(sql, &tables).await.map_err(QueryError::Sql)?;
            let mut text = String::new();
            for Step { name, plan } in question.steps() {
                let physical = self.physical(&question, plan, &tables).await.map_err(fault)?;
                text += &format!("{name}:\n{}", displayable(physical.as_ref()).indent(false));
                let empty = Provider::new(physical.schema(), self.partitions);
                tables.insert(name.clone(), Arc::new(empty.with_batches([]).map_err(fault)?));
            }
            let physical = self.physical(&question, question.plan(), &tables).await.map_err(fault)?;
            Ok(text + &displayable(physical.as_ref()).indent(false).to_string())
        })?
    }

    fn tables(&self) -> Tables {
        self.tables.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn physical(
        &self,
        question: &Question,
        plan: &LogicalPlan,
        tables: &Tables,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let plan = question.bind(plan, tables)?;
        self.state.query_planner().create_physical_plan(&plan, &self.state).await
    }

    async fn stream(&self, sql: &str) -> Result<SendableRecordBatchStream, QueryError> {
        let fault = |error| QueryError::of(sql, error);
        let mut tables = self.tables();
        let question = Question::of(sql, &tables).await.map_err(QueryError::Sql)?;
        for step in question.steps() {
            let rows = self.step(&question, step, &tables).await.map_err(fault)?;
            tables.insert(step.name.clone(), Arc::new(rows));
        }
        let physical = self.physical(&question, question.plan(), &tables).await.map_err(fault)?;
        execute_stream(physical, Arc::clone(&self.task)).map_err(fault)
    }

    /// The rows of a step, held in memory.
    async fn step(
        &self,
        question: &Question,
        step: &Step,
        tables: &Tables,
    ) -> Result<Provider, DataFusionError> {
        let physical = self.physical(question, &step.plan, tables).await?;
        let schema = physical.schema();
        let memory = MemoryConsumer::new("a part read more than once").register(self.task.memory_pool());
        let mut stream = execute_stream(physical, Arc::clone(&self.task))?;
        let mut batches = Vec::new();
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            memory.try_grow(batch.get_array_memory_size())?;
            batches.push(batch);
        }
        Ok(Provider::new(schema, self.partitions).with_batches(batches)?.counting(memory))
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({} partitions)", self.partitions)
    }
}
