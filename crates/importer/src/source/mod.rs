//! The files that are mapped, as tables of columns.

mod csv;
mod json;
mod open;
mod parquet;
mod rows;
mod table;

pub(crate) use rows::Origin;
pub(crate) use table::{ReadOptions, Table};

use crate::convert::ColumnType;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    /// One list of objects, or objects one after the other.
    Json,
    /// One object a line.
    NdJson,
    Parquet,
}

/// The encoding of a text file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TextEncoding {
    #[default]
    Utf8,
    /// GB 18030, which takes in GBK and GB 2312.
    Gb18030,
}

/// A column that the mapping declares.
#[derive(Clone, Debug)]
pub(crate) struct DeclaredColumn {
    /// Its name in SQL.
    pub(crate) name: crate::yaml::Word,
    /// The column of the file: its name in the header, or a JSON pointer when it begins with `/`.
    pub(crate) from: String,
    pub(crate) column_type: ColumnType,
}

/// How the files of a table are read.
#[derive(Clone, Debug)]
pub(crate) struct SourceSpec {
    pub(crate) format: Format,
    pub(crate) encoding: TextEncoding,
    pub(crate) delimiter: u8,
    pub(crate) quote: u8,
    pub(crate) has_header: bool,
    /// Names of the columns of a CSV file without a header.
    pub(crate) names: Vec<String>,
    /// Texts that mean that there is no value.
    pub(crate) null_values: Vec<String>,
    pub(crate) trims: bool,
    pub(crate) declared: Vec<DeclaredColumn>,
}
