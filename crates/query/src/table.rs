//! The tables that a query reads: batches in memory, Parquet files, without the rows that later
//! revisions superseded.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{Array, AsArray, BooleanArray};
use datafusion::arrow::datatypes::{DataType, SchemaRef, UInt64Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::Session;
use datafusion::common::{DataFusionError, Result, exec_err};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::{MemTable, TableProvider, TableType, ViewTable, provider_as_source};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlanBuilder, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility, col, lit,
};
use datafusion::object_store;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::scalar::ScalarValue;
use model::time::Day;

/// A Parquet file of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParquetFile {
    /// Its absolute path.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Positions of rows that a query does not see, because a revision took their place.
#[derive(Clone, Debug, Default)]
pub struct Hidden(Arc<Vec<u64>>);

impl Hidden {
    /// Takes positions in any order.
    pub fn new(mut positions: Vec<u64>) -> Self {
        positions.sort_unstable();
        positions.dedup();
        Self(Arc::new(positions))
    }

    /// Whether no row is hidden.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the row at a position is hidden.
    pub fn contains(&self, position: u64) -> bool {
        self.0.binary_search(&position).is_ok()
    }

    /// Which of these rows stay.
    fn visible(&self, positions: &[u64]) -> BooleanArray {
        let (low, high) = match (positions.iter().min(), positions.iter().max()) {
            (Some(low), Some(high)) => (*low, *high),
            _ => return BooleanArray::from(Vec::<bool>::new()),
        };
        let from = self.0.partition_point(|position| *position < low);
        let to = self.0.partition_point(|position| *position <= high);
        let near = self.0.get(from..to).unwrap_or_default();
        positions
            .iter()
            .map(|position| Some(near.is_empty() || near.binary_search(position).is_err()))
            .collect()
    }
}

/// One table: its columns and where its rows are.
#[derive(Clone, Debug)]
pub struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    files: Vec<ParquetFile>,
    days: Option<RangeInclusive<Day>>,
    hidden: Hidden,
}

impl Table {
    /// A table without rows.
    pub fn new(schema: SchemaRef) -> Self {
        Self { schema, batches: Vec::new(), files: Vec::new(), days: None, hidden: Hidden::default() }
    }

    /// Adds rows in memory.
    #[must_use]
    pub fn with_batches(mut self, batches: impl IntoIterator<Item = RecordBatch>) -> Self {
        self.batches.extend(batches);
        self
    }

    /// Adds rows in files.
    #[must_use]
    pub fn with_files(mut self, files: impl IntoIterator<Item = ParquetFile>) -> Self {
        self.files.extend(files);
        self
    }

    /// Shows only rows whose column `day` lies in a range.
    #[must_use]
    pub fn within_days(mut self, days: RangeInclusive<Day>) -> Self {
        self.days = Some(days);
        self
    }

    /// Hides rows by their column `position`.
    #[must_use]
    pub fn hiding(mut self, hidden: Hidden) -> Self {
        self.hidden = hidden;
        self
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// As the engine takes it.
    pub(crate) fn into_provider(self, partitions: usize) -> Result<Arc<dyn TableProvider>> {
        let mut sources: Vec<Arc<dyn TableProvider>> = Vec::new();
        if !self.files.is_empty() {
            sources.push(Arc::new(FilesTable { schema: Arc::clone(&self.schema), files: self.files }));
        }
        if !self.batches.is_empty() || sources.is_empty() {
            let mut parts = vec![Vec::new(); partitions.clamp(1, self.batches.len().max(1))];
            let count = parts.len();
            for (index, batch) in self.batches.into_iter().enumerate() {
                if let Some(part) = parts.get_mut(index % count) {
                    part.push(batch);
                }
            }
            sources.push(Arc::new(MemTable::try_new(Arc::clone(&self.schema), parts)?));
        }
        let filters = filters(self.days, self.hidden);
        if filters.is_empty()
            && sources.len() == 1
            && let Some(only) = sources.pop()
        {
            return Ok(only);
        }
        let mut plan: Option<LogicalPlanBuilder> = None;
        for source in sources {
            let scan = LogicalPlanBuilder::scan("rows", provider_as_source(source), None)?;
            plan = Some(match plan {
                None => scan,
                Some(before) => before.union(scan.build()?)?,
            });
        }
        let Some(mut plan) = plan else { return exec_err!("a table without a source") };
        for filter in filters {
            plan = plan.filter(filter)?;
        }
        Ok(Arc::new(ViewTable::new(plan.build()?, None)))
    }
}

fn filters(days: Option<RangeInclusive<Day>>, hidden: Hidden) -> Vec<Expr> {
    let mut filters = Vec::new();
    if let Some(days) = days {
        let date = |day: &Day| lit(ScalarValue::Date32(Some(day.0)));
        filters.push(col("day").between(date(days.start()), date(days.end())));
    }
    if !hidden.is_empty() {
        filters.push(ScalarUDF::new_from_impl(Visible::new(hidden)).call(vec![col("position")]));
    }
    filters
}

/// `visible(position)`: whether a row is not superseded.
#[derive(Debug)]
struct Visible {
    hidden: Hidden,
    signature: Signature,
}

impl Visible {
    fn new(hidden: Hidden) -> Self {
        Self { hidden, signature: Signature::exact(vec![DataType::UInt64], Volatility::Immutable) }
    }
}

impl PartialEq for Visible {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.hidden.0, &other.hidden.0)
    }
}
impl Eq for Visible {}
impl Hash for Visible {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.hidden.0).hash(state);
    }
}

impl ScalarUDFImpl for Visible {
    fn name(&self) -> &str {
        "visible"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let Some(argument) = args.args.into_iter().next() else { return exec_err!("visible(position)") };
        let array = argument.into_array(rows)?;
        let Some(positions) = array.as_primitive_opt::<UInt64Type>() else {
            return exec_err!("positions of type {}", array.data_type());
        };
        Ok(ColumnarValue::Array(Arc::new(self.hidden.visible(positions.values()))))
    }
}

/// Rows in Parquet files named one by one.
struct FilesTable {
    schema: SchemaRef,
    files: Vec<ParquetFile>,
}

impl fmt::Debug for FilesTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FilesTable({} files)", self.files.len())
    }
}

#[async_trait]
impl TableProvider for FilesTable {
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
        let files = self.files.iter().map(partitioned).collect::<Result<Vec<_>>>()?;
        let groups = FileGroup::new(files).split_files(session.config().target_partitions().max(1));
        let source = ParquetSource::new(Arc::clone(&self.schema))
            .with_table_parquet_options(session.default_table_options().parquet);
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

fn partitioned(file: &ParquetFile) -> Result<datafusion::datasource::listing::PartitionedFile> {
    let path = Path::new(&file.path);
    let location = object_store::path::Path::from_absolute_path(path)
        .map_err(|error| DataFusionError::External(Box::new(error)))?;
    let mut partitioned = datafusion::datasource::listing::PartitionedFile::new("", file.bytes);
    partitioned.object_meta.location = location;
    Ok(partitioned)
}
