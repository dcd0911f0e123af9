//! Queries made ready once: parsed, checked, planned and optimised. Evaluation asks the same few
//! texts again and again, over tables that differ in nothing but their rows; reading a text took
//! longer than answering it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, plan_err};
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::{TableProvider, provider_as_source};
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionConfig;

use crate::check::plan;
use crate::fault::SqlFault;
use crate::share::{Step, share};
use crate::state;

/// Texts that are kept; when there are more, all are forgotten.
const KEPT_MAX: usize = 256;

static KEPT: LazyLock<Mutex<HashMap<String, Arc<Prepared>>>> = LazyLock::new(Mutex::default);

/// Tables by name.
pub(crate) type Tables = BTreeMap<String, Arc<dyn TableProvider>>;

/// A query that is ready for any tables with these columns.
#[derive(Debug)]
pub(crate) struct Prepared {
    tables: Vec<(String, SchemaRef)>,
    /// What has to run before.
    pub(crate) steps: Vec<Step>,
    /// The query itself.
    pub(crate) plan: LogicalPlan,
}

impl Prepared {
    /// Makes a text ready for these tables, or finds that it was.
    ///
    /// # Errors
    /// A [`SqlFault`].
    pub(crate) async fn of(sql: &str, tables: &Tables) -> Result<Arc<Self>, SqlFault> {
        let found = kept().get(sql).cloned();
        if let Some(found) = found.filter(|found| found.fits(tables)) {
            return Ok(found);
        }
        let new = Arc::new(Self::new(sql, tables).await?);
        let mut kept = kept();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(sql.to_owned(), Arc::clone(&new));
        Ok(new)
    }

    async fn new(sql: &str, tables: &Tables) -> Result<Self, SqlFault> {
        let fault = |error: DataFusionError| SqlFault::of(sql, &error);
        let config = SessionConfig::new().with_target_partitions(1);
        let context = SessionContext::new_with_state(state::state(config, Arc::default()));
        for (name, table) in tables {
            let empty = Arc::new(EmptyTable::new(table.schema()));
            context.register_table(name.as_str(), empty).map_err(fault)?;
        }
        let plan = plan(&context, sql).await?;
        let tables = read(&plan, tables);
        let (steps, plan) = share(plan).map_err(fault)?;
        let state = context.state();
        let steps = steps
            .into_iter()
            .map(|Step { name, plan }| Ok(Step { name, plan: state.optimize(&plan)? }))
            .collect::<Result<Vec<_>>>()
            .map_err(fault)?;
        Ok(Self { tables, steps, plan: state.optimize(&plan).map_err(fault)? })
    }

    fn fits(&self, tables: &Tables) -> bool {
        self.tables.iter().all(|(name, wanted)| {
            tables
                .get(name)
                .map(|table| table.schema())
                .is_some_and(|own| Arc::ptr_eq(&own, wanted) || own == *wanted)
        })
    }
}

fn kept() -> std::sync::MutexGuard<'static, HashMap<String, Arc<Prepared>>> {
    // A thread that panicked left whole entries.
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The tables that a plan reads, with their columns.
fn read(plan: &LogicalPlan, tables: &Tables) -> Vec<(String, SchemaRef)> {
    let mut read = BTreeMap::new();
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Some((name, table)) = tables.get_key_value(scan.table_name.table())
        {
            read.insert(name.clone(), table.schema());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    read.into_iter().collect()
}

/// Lets a plan read these tables.
///
/// # Errors
/// When it reads one that is not among them.
pub(crate) fn bind(plan: &LogicalPlan, tables: &Tables) -> Result<LogicalPlan> {
    let bound = plan.clone().transform_up_with_subqueries(|node| match node {
        LogicalPlan::TableScan(mut scan) => match tables.get(scan.table_name.table()) {
            Some(table) => {
                scan.source = provider_as_source(Arc::clone(table));
                Ok(Transformed::yes(LogicalPlan::TableScan(scan)))
            }
            None => plan_err!("there is no table {}", scan.table_name),
        },
        other => Ok(Transformed::no(other)),
    })?;
    Ok(bound.data)
}
