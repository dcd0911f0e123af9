//! Why an import broke off.

use std::path::PathBuf;

use query::QueryError;

use crate::fault::MappingFaults;

/// Why an import broke off. Filings handed over before it are sound.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The mapping is wrong, or does not fit the files.
    #[error(transparent)]
    Mapping(#[from] MappingFaults),
    /// A file could not be read to its end.
    #[error("{}: {message}", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// What happened, a sentence without a full stop.
        message: String,
    },
    /// The files given are not those that the mapping wants.
    #[error("{0}")]
    Files(String),
    /// A query of the mapping gave no result.
    #[error("the mapping's query for the stream \"{stream}\": {error}")]
    Query {
        /// The stream.
        stream: &'static str,
        /// What happened.
        error: QueryError,
    },
    /// The mapping makes pseudonyms and no key was given.
    #[error(
        "the field \"{field}\" of \"{stream}\" becomes a pseudonym; give the key with --pseudonym-key-file FILE"
    )]
    PseudonymKeyMissing {
        /// The stream.
        stream: &'static str,
        /// The field.
        field: &'static str,
    },
    /// Two keys of institutions got the same made-up code.
    #[error(
        "\"{first}\" and \"{second}\" would both become the institution {code}; \
         give one of them a real code with `institution: {{column: …}}`"
    )]
    SameInstitution {
        /// A key.
        first: String,
        /// Another key.
        second: String,
        /// The code of both.
        code: String,
    },
    /// The one who takes the filings did not take one.
    #[error("a filing could not be handed on: {0}")]
    Sink(#[source] Box<dyn std::error::Error + Send + Sync>),
}
