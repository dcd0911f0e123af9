//! Queries made ready once: parsed, checked, planned and optimised. Evaluation asks the same few
//! texts again and again, over tables that differ in nothing but their rows; reading a text took
//! longer than answering it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DataFusionError, ParamValues, Result, plan_err};
use datafusion::datasource::{TableProvider, provider_as_source};
use datafusion::logical_expr::LogicalPlan;
use datafusion::scalar::ScalarValue;

use crate::check::{OPERATORS_MAX, context_of, plan, plan_with_days, tables_read};
use crate::dates::lift;
use crate::fault::{SqlFault, check_size};
use crate::share::{Step, share};

/// Texts that are kept; when there are more, all are forgotten.
const KEPT_MAX: usize = 256;

static KEPT: LazyLock<Mutex<HashMap<String, Arc<Prepared>>>> = LazyLock::new(Mutex::default);

/// Tables by name.
pub(crate) type Tables = BTreeMap<String, Arc<dyn TableProvider>>;

/// A query that is ready for any tables with these columns, and any days in the place of `$1` …
#[derive(Debug)]
struct Prepared {
    tables: Vec<(String, SchemaRef)>,
    steps: Vec<Step>,
    plan: LogicalPlan,
}

impl Prepared {
    async fn new(sql: &str, days: usize, tables: &Tables) -> Result<Self, SqlFault> {
        let fault = |error: DataFusionError| SqlFault::of(sql, &error);
        let context = context_of(sql, tables.iter().map(|(name, table)| (name.as_str(), table.schema())))?;
        let plan = match days {
            0 => plan(&context, sql).await?,
            days => plan_with_days(&context, sql, days).await?,
        };
        let with_columns = |name: String| tables.get(&name).map(|table| (name, table.schema()));
        let tables = tables_read(&plan).into_iter().filter_map(with_columns).collect();
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

    /// Whether a column is called after a parameter.
    fn names_a_parameter(&self) -> bool {
        self.plan.schema().fields().iter().any(|field| field.name().contains('$'))
    }
}

/// A query that is ready, and the days that it asks about.
#[derive(Debug)]
pub(crate) struct Question {
    prepared: Arc<Prepared>,
    days: ParamValues,
}

impl Question {
    /// Makes a text ready for these tables, or finds that it was, be it about other days.
    ///
    /// # Errors
    /// A [`SqlFault`].
    pub(crate) async fn of(sql: &str, tables: &Tables) -> Result<Self, SqlFault> {
        check_size(sql, OPERATORS_MAX)?;
        if let Some(lifted) = lift(sql)
            && let Some(prepared) = of(&lifted.text, lifted.days.len(), tables).await
        {
            let days = lifted.days.into_iter().map(|day| ScalarValue::Date32(Some(day.0)));
            return Ok(Self { prepared, days: days.collect::<Vec<_>>().into() });
        }
        let prepared = match find(sql, tables) {
            Some(prepared) => prepared,
            None => keep(sql, Prepared::new(sql, 0, tables).await?),
        };
        Ok(Self { prepared, days: ParamValues::List(Vec::new()) })
    }

    /// What has to run before, in this order.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.prepared.steps
    }

    /// The plan of the query itself.
    pub(crate) fn plan(&self) -> &LogicalPlan {
        &self.prepared.plan
    }

    /// Lets a plan of this question read these tables and ask about its days.
    ///
    /// # Errors
    /// When it reads a table that is not among them.
    pub(crate) fn bind(&self, plan: &LogicalPlan, tables: &Tables) -> Result<LogicalPlan> {
        let mut plan = plan.clone();
        if !matches!(&self.days, ParamValues::List(days) if days.is_empty()) {
            plan = plan.replace_params_with_values(&self.days)?;
        }
        let bound = plan.transform_up_with_subqueries(|node| match node {
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
}

/// A text without its dates; `None` when it makes sense only with them.
async fn of(text: &str, days: usize, tables: &Tables) -> Option<Arc<Prepared>> {
    if let Some(found) = find(text, tables) {
        return Some(found);
    }
    let new = Prepared::new(text, days, tables).await.ok()?;
    (!new.names_a_parameter()).then(|| keep(text, new))
}

fn find(text: &str, tables: &Tables) -> Option<Arc<Prepared>> {
    kept().get(text).filter(|found| found.fits(tables)).cloned()
}

fn keep(text: &str, new: Prepared) -> Arc<Prepared> {
    let new = Arc::new(new);
    let mut kept = kept();
    if kept.len() >= KEPT_MAX {
        kept.clear();
    }
    kept.insert(text.to_owned(), Arc::clone(&new));
    new
}

fn kept() -> std::sync::MutexGuard<'static, HashMap<String, Arc<Prepared>>> {
    // A thread that panicked left whole entries.
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}
