//! A table as the engine reads it.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, DataFusionError, Result, plan_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, col, lit};
use datafusion::object_store;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExecBuilder;
use datafusion::physical_plan::union::UnionExec;
use datafusion::scalar::ScalarValue;
use model::time::Day;

use crate::hidden::Hidden;
use crate::table::ParquetFile;

/// Rows in memory and in files, those that are shown.
pub(crate) struct Provider {
    schema: SchemaRef,
    parts: Vec<Vec<RecordBatch>>,
    files: Vec<PartitionedFile>,
    condition: Option<Expr>,
    /// What the condition looks at.
    condition_columns: Vec<&'static str>,
    /// Memory that the rows take, where it is counted.
    _memory: Option<MemoryReservation>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let batches: usize = self.parts.iter().map(Vec::len).sum();
        write!(f, "Provider({batches} batches, {} files)", self.files.len())
    }
}

impl Provider {
    /// No rows; those that come are read in so many parts.
    pub(crate) fn new(schema: SchemaRef, partitions: usize) -> Self {
        Self {
            schema,
            parts: vec![Vec::new(); partitions.max(1)],
            files: Vec::new(),
            condition: None,
            condition_columns: Vec::new(),
            _memory: None,
        }
    }

    /// # Errors
    /// When a batch has other columns.
    pub(crate) fn with_batches(mut self, batches: impl IntoIterator<Item = RecordBatch>) -> Result<Self> {
        let count = self.parts.len();
        for (index, batch) in batches.into_iter().enumerate() {
            if !Arc::ptr_eq(&batch.schema(), &self.schema) && !self.schema.contains(&batch.schema()) {
                return plan_err!("a batch has the columns {}, not {}", batch.schema(), self.schema);
            }
            if let Some(part) = self.parts.get_mut(index % count) {
                part.push(batch);
            }
        }
        self.parts.retain(|part| !part.is_empty());
        Ok(self)
    }

    /// # Errors
    /// When a path cannot be named.
    pub(crate) fn with_files(mut self, files: &[ParquetFile]) -> Result<Self> {
        self.files = files.iter().map(partitioned).collect::<Result<_>>()?;
        Ok(self)
    }

    /// Shows only rows of these days that are not hidden.
    pub(crate) fn showing(mut self, days: Option<RangeInclusive<Day>>, hidden: Hidden) -> Self {
        let date = |day: &Day| lit(ScalarValue::Date32(Some(day.0)));
        let days =
            days.map(|days| col("day").gt_eq(date(days.start())).and(col("day").lt_eq(date(days.end()))));
        let hidden = (!hidden.is_empty()).then(|| hidden.condition());
        self.condition_columns.extend(days.as_ref().map(|_| "day"));
        self.condition_columns.extend(hidden.as_ref().map(|_| "position"));
        self.condition = match (days, hidden) {
            (Some(days), Some(hidden)) => Some(days.and(hidden)),
            (days, hidden) => days.or(hidden),
        };
        self
    }

    /// Holds a share of the memory that queries may use as long as the rows.
    pub(crate) fn counting(mut self, memory: MemoryReservation) -> Self {
        self._memory = Some(memory);
        self
    }

    fn scan_files(
        &self,
        session: &dyn Session,
        columns: &[usize],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let partitions = session.config().target_partitions().max(1);
        let groups = FileGroup::new(self.files.clone()).split_files(partitions);
        let source = ParquetSource::new(Arc::clone(&self.schema))
            .with_table_parquet_options(session.default_table_options().parquet);
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(Some(columns.to_vec()))?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

#[async_trait]
impl TableProvider for Provider {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let shown: Vec<usize> =
            projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let mut columns = shown.clone();
        for name in &self.condition_columns {
            let index = self.schema.index_of(name)?;
            if !columns.contains(&index) {
                columns.push(index);
            }
        }
        // A row that the condition drops must not count towards the limit.
        let limit = limit.filter(|_| self.condition.is_none());
        let mut sources: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        if !self.files.is_empty() {
            sources.push(self.scan_files(session, &columns, limit)?);
        }
        if !self.parts.is_empty() || sources.is_empty() {
            let none = [Vec::new()];
            let parts = if self.parts.is_empty() { &none } else { self.parts.as_slice() };
            sources.push(MemorySourceConfig::try_new_exec(parts, self.schema(), Some(columns.clone()))?);
        }
        let rows = UnionExec::try_new(sources)?;
        let Some(condition) = &self.condition else { return Ok(rows) };
        let schema = DFSchema::try_from(rows.schema())?;
        let condition = session.create_physical_expr(condition.clone(), &schema)?;
        let places = (columns.len() > shown.len()).then(|| (0..shown.len()).collect());
        Ok(Arc::new(FilterExecBuilder::new(condition, rows).apply_projection(places)?.build()?))
    }
}

fn partitioned(file: &ParquetFile) -> Result<PartitionedFile> {
    let path = Path::new(&file.path);
    let location = object_store::path::Path::from_absolute_path(path)
        .map_err(|error| DataFusionError::External(Box::new(error)))?;
    let mut partitioned = PartitionedFile::new("", file.bytes);
    partitioned.object_meta.location = location;
    Ok(partitioned)
}
