//! Why nothing could be reconciled.

use query::arrow::error::ArrowError;

/// Why nothing could be reconciled.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// A batch lacks a column of its stream.
    #[error("rows of {stream} have no column \"{column}\"")]
    Column {
        /// The stream.
        stream: &'static str,
        /// The column.
        column: &'static str,
    },
    /// An amount beyond 64 bits, which the standard does not let in.
    #[error("an amount that no record may bear: {0} fen")]
    Amount(i128),
    /// An id longer than the standard lets in.
    #[error("a transaction's id of {0} bytes")]
    Id(usize),
    /// More days at once than are reckoned with.
    #[error("{0} days at once; the most is 65,000")]
    Days(i64),
    /// A column that is not what its stream has there.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}
