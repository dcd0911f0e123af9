//! SQL over records in columns: conditions that are evaluated on batches as they come, and
//! queries over batches in memory and Parquet files. The only crate that names DataFusion; it
//! passes Arrow and Parquet on, so that their versions cannot part.
//!
//! **Invariant:** SQL that is let in here only reads: no statement but one query, no function
//! whose result depends on the clock or on chance, so that a result is a function of its input.
//! **Invariant:** NULL stays NULL: a condition that is not determined is neither true nor false.
//! **Invariant:** numbers written with a decimal point are decimals, never floats.
//! **Invariant:** a plan that is kept rests on the text and the columns, never on rows or days.
#![deny(clippy::indexing_slicing)]

mod by_code;
mod check;
mod dates;
mod distinct;
mod error;
mod fault;
mod hidden;
mod keys;
mod number;
mod predicate;
mod prepared;
mod provider;
mod rows;
mod runtime;
mod session;
mod share;
mod state;
mod table;

pub use check::{CheckedQuery, check};
pub use datafusion::arrow;
pub use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
pub use datafusion::arrow::record_batch::RecordBatch;
pub use datafusion::parquet;
pub use error::QueryError;
pub use fault::SqlFault;
pub use hidden::Hidden;
pub use number::{Number, NumberError};
pub use predicate::{Conjunct, Expression, Predicate};
pub use rows::Rows;
pub use session::{Flow, Options, Session};
pub use table::{ParquetFile, Table};

/// The longest SQL text taken, in bytes.
pub const SQL_BYTES_MAX: usize = 32 * 1024;
