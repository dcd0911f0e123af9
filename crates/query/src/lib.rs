//! SQL.
pub use datafusion::arrow;
pub use datafusion::parquet;
