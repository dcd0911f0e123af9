//! One table of a mapping: the files that it is read from and the columns that they have.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::fault::Fault;
use query::{DataType, Field, RecordBatch, Schema, SchemaRef};

use super::rows::{Origin, TextColumn};
use super::{DeclaredColumn, Format, SourceSpec, csv, json, parquet};
use crate::convert::ColumnType;
use crate::error::ImportError;
use crate::report::{Refusal, SourceReport};
use crate::yaml::Reader;

/// A column of a table.
#[derive(Clone, Debug)]
pub(crate) struct TableColumn {
    pub(crate) name: String,
    /// The column of the file.
    pub(super) from: String,
    pub(super) kind: ColumnKind,
}

#[derive(Clone, Debug)]
pub(super) enum ColumnKind {
    /// Converted from text.
    Converted(ColumnType),
    /// As the file has it.
    Native(DataType),
}

impl TableColumn {
    fn data_type(&self) -> DataType {
        match &self.kind {
            ColumnKind::Converted(column_type) => column_type.data_type(),
            ColumnKind::Native(data_type) => data_type.clone(),
        }
    }

    /// As a column that is converted from text.
    pub(super) fn as_text(&self) -> TextColumn {
        let column_type = match &self.kind {
            ColumnKind::Converted(column_type) => column_type.clone(),
            ColumnKind::Native(_) => ColumnType::Text,
        };
        TextColumn { name: self.name.clone(), column_type }
    }
}

/// A table: the files that it is read from and the columns that are read.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(super) files: Vec<PathBuf>,
    pub(super) spec: SourceSpec,
    pub(crate) columns: Vec<TableColumn>,
}

/// How tables are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadOptions {
    pub(crate) batch_rows: usize,
    pub(crate) refusals_listed_max: usize,
}

/// Takes the rows of a table, batch by batch.
pub(super) struct Consumer<'a> {
    pub(super) options: ReadOptions,
    pub(super) report: &'a mut SourceReport,
    pub(super) on_batch: &'a mut (dyn FnMut(RecordBatch, Origin<'_>) -> Result<(), ImportError> + 'a),
}

impl Consumer<'_> {
    /// Notes a row that is left out.
    pub(super) fn refuse(&mut self, path: &Path, line: u64, faults: Vec<Fault>) {
        self.report.refused += 1;
        if self.report.refusals.len() < self.options.refusals_listed_max {
            let file = Some(path.display().to_string());
            self.report.refusals.push(Refusal { file, line: Some(line), faults });
        }
    }
}

pub(super) fn unreadable(path: &Path, message: impl std::fmt::Display) -> ImportError {
    ImportError::Source { path: path.to_owned(), message: message.to_string() }
}

impl Table {
    /// Looks at the first file for the columns that there are, and notes declared columns that it
    /// does not have as faults of the mapping.
    pub(crate) fn open(
        name: &str,
        files: Vec<PathBuf>,
        spec: &SourceSpec,
        mapping: &mut Reader,
    ) -> Result<Self, ImportError> {
        let first =
            files.first().ok_or_else(|| ImportError::Files(format!("no file for the table \"{name}\"")))?;
        let found: Option<Vec<(String, DataType)>> = match spec.format {
            Format::Csv => {
                let header = csv::header(first, spec)?;
                Some(header.into_iter().map(|name| (name, DataType::Utf8)).collect())
            }
            Format::Parquet => Some(parquet::columns(first)?),
            Format::Json | Format::NdJson => None,
        };
        let mut columns: Vec<TableColumn> = spec.declared.iter().map(declared).collect();
        if let Some(found) = found {
            for column in &spec.declared {
                if !found.iter().any(|(name, _)| *name == column.from) {
                    let wanted = crate::yaml::Word { value: column.from.clone(), ..column.name.clone() };
                    let file = first.file_name().unwrap_or(first.as_os_str());
                    let place = format!(" in {}", file.display());
                    mapping.unknown(&wanted, "column", &place, found.iter().map(|(name, _)| name.as_str()));
                }
            }
            let taken: BTreeSet<&str> = spec.declared.iter().map(|column| column.from.as_str()).collect();
            let undeclared = found.into_iter().filter(|(name, _)| !taken.contains(name.as_str()));
            let undeclared: Vec<TableColumn> = undeclared
                .map(|(name, data_type)| TableColumn {
                    name: name.clone(),
                    from: name,
                    kind: ColumnKind::Native(data_type),
                })
                .collect();
            for column in &spec.declared {
                if undeclared.iter().any(|other| other.name == column.name.value) {
                    let message = format!("the file has another column \"{}\"", column.name.value);
                    mapping.fault(&column.name, message).help =
                        Some("declare it under another name".to_owned());
                }
            }
            columns.extend(undeclared);
        }
        Ok(Self { name: name.to_owned(), files, spec: spec.clone(), columns })
    }

    /// The columns as SQL sees them.
    pub(crate) fn schema(&self) -> SchemaRef {
        let fields: Vec<Field> =
            self.columns.iter().map(|column| Field::new(&column.name, column.data_type(), true)).collect();
        Arc::new(Schema::new(fields))
    }

    /// The table with those columns only that are used.
    pub(crate) fn narrowed(&self, used: impl Fn(&str) -> bool) -> Self {
        let columns = self.columns.iter().filter(|column| used(&column.name)).cloned().collect();
        Self { columns, ..self.clone() }
    }

    /// Reads all rows of all files.
    ///
    /// # Errors
    /// [`ImportError::Source`], and what `on_batch` gives.
    pub(crate) fn read(
        &self,
        options: ReadOptions,
        report: &mut SourceReport,
        on_batch: &mut dyn FnMut(RecordBatch, Origin<'_>) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        let mut consumer = Consumer { options, report, on_batch };
        let mut seen = vec![false; self.columns.len()];
        for path in &self.files {
            consumer.report.files += 1;
            match self.spec.format {
                Format::Csv => csv::read(self, path, &mut consumer)?,
                Format::Json | Format::NdJson => json::read(self, path, &mut consumer, &mut seen)?,
                Format::Parquet => parquet::read(self, path, &mut consumer)?,
            }
        }
        if matches!(self.spec.format, Format::Json | Format::NdJson) {
            let unseen = self.columns.iter().zip(&seen).filter(|(_, seen)| !**seen);
            consumer.report.never_seen = unseen.map(|(column, _)| column.from.clone()).collect();
        }
        Ok(())
    }
}

fn declared(column: &DeclaredColumn) -> TableColumn {
    TableColumn {
        name: column.name.value.clone(),
        from: column.from.clone(),
        kind: ColumnKind::Converted(column.column_type.clone()),
    }
}
