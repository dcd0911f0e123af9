//! Maps columns of a core system's export (CSV, JSON, Parquet, also compressed) to streams of the
//! interface standard. A mapping is a file that says what each field is, as SQL over the columns;
//! nothing has to be programmed, and every line that comes out is checked as the supervisor would.
//!
//! **Invariant:** a value is never guessed: a text that is not what its column was declared to be
//! refuses its row, by file and line; NULL leaves the field out.
//! **Invariant:** numbers stay decimals from the text of the source to the text of the filing.
//! **Invariant:** a stream that is mapped row by row needs the memory of a few batches, whatever
//! the size of the files; only a `from` with a query holds tables in memory.
#![deny(clippy::indexing_slicing)]

mod convert;
mod error;
mod fault;
mod filing;
mod folder;
mod institution;
mod mapping;
mod number;
mod plan;
mod render;
mod report;
mod run;
mod source;
mod yaml;

pub use error::ImportError;
pub use fault::{MappingFault, MappingFaults};
pub use filing::{Filing, Grouping, Sink};
pub use folder::{INDEX_FILE, IndexEntry, import_into_folder};
pub use institution::synthetic_institution;
pub use mapping::Mapping;
pub use report::{Refusal, Report, SourceReport, StreamReport};
pub use run::{Options, import};
