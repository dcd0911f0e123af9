//! Why a query gave no result.

use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;

use crate::fault::SqlFault;

/// Why a query gave no result.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The SQL does not fit the tables, or is no SQL.
    #[error("{0}")]
    Sql(SqlFault),
    /// The query asked for more memory than it was given.
    #[error("the query needs more memory than it was given: {0}")]
    Memory(String),
    /// A value could not be computed: a division by zero, a number too large.
    #[error("a value could not be computed: {0}")]
    Evaluation(String),
    /// A file could not be read.
    #[error("a file of the history could not be read: {0}")]
    Storage(String),
    /// The engine failed in a way that it should not.
    #[error("the query engine failed: {0}")]
    Internal(String),
}

impl QueryError {
    /// Sorts an error of the engine that came up while `sql` was planned or run.
    pub(crate) fn of(sql: &str, error: DataFusionError) -> Self {
        let message = || first_line(&error.strip_backtrace());
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => Self::Memory(message()),
            DataFusionError::ArrowError(arrow, _) => match **arrow {
                ArrowError::IoError(..) | ArrowError::ParquetError(_) => Self::Storage(message()),
                _ => Self::Evaluation(message()),
            },
            DataFusionError::Execution(_) => Self::Evaluation(message()),
            DataFusionError::ParquetError(_)
            | DataFusionError::ObjectStore(_)
            | DataFusionError::IoError(_) => Self::Storage(message()),
            DataFusionError::SQL(..)
            | DataFusionError::Plan(_)
            | DataFusionError::SchemaError(..)
            | DataFusionError::NotImplemented(_)
            | DataFusionError::Diagnostic(..)
            | DataFusionError::Collection(_) => Self::Sql(SqlFault::of(sql, &error)),
            _ => Self::Internal(message()),
        }
    }
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}
