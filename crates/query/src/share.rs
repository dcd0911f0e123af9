//! Parts that a query names once and reads more than once.
//!
//! The engine plans a `WITH` table anew wherever it is named and would compute it as often. Here
//! such a part is taken out and becomes a step of its own whose rows the rest reads as a table.
//! Only parts that aggregate are: their rows are few, and are held in memory.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, SubqueryAlias};

/// What comes before the number in the name of a step's table; no name in SQL begins so.
const STEP: char = '@';

/// A plan that has to run before the ones after it, whose rows are the table of this name.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) plan: LogicalPlan,
}

/// Takes out what is read more than once; the steps come in the order in which they run.
///
/// # Errors
/// When a plan cannot be put together, which would be a mistake here.
pub(crate) fn share(mut plan: LogicalPlan) -> Result<(Vec<Step>, LogicalPlan)> {
    let mut steps = Vec::new();
    while let Some(repeated) = smallest_repeated(&plan)? {
        let name = format!("{STEP}{}", steps.len());
        let schema = Arc::new(repeated.schema().as_arrow().clone());
        let source = provider_as_source(Arc::new(EmptyTable::new(schema)));
        let table = Arc::new(LogicalPlanBuilder::scan(name.as_str(), source, None)?.build()?);
        plan = plan
            .transform_up_with_subqueries(|node| match node {
                LogicalPlan::SubqueryAlias(named) if *named.input == repeated => {
                    let named = SubqueryAlias::try_new(Arc::clone(&table), named.alias)?;
                    Ok(Transformed::yes(LogicalPlan::SubqueryAlias(named)))
                }
                other => Ok(Transformed::no(other)),
            })?
            .data;
        steps.push(Step { name, plan: repeated });
    }
    Ok((steps, plan))
}

/// The smallest of the named parts that occur more than once: it holds no other such part.
fn smallest_repeated(plan: &LogicalPlan) -> Result<Option<LogicalPlan>> {
    let mut seen: HashMap<LogicalPlan, usize> = HashMap::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::SubqueryAlias(named) = node
            && aggregates(&named.input)
            && names_are_unique(named.input.schema())
            && named.input.all_out_ref_exprs().is_empty()
        {
            *seen.entry(named.input.as_ref().clone()).or_default() += 1;
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    let repeated = seen.into_iter().filter(|(_, times)| *times > 1).map(|(plan, _)| plan);
    let sized = repeated.map(|plan| (nodes(&plan), plan.to_string(), plan));
    Ok(sized.min_by(|left, right| (left.0, &left.1).cmp(&(right.0, &right.1))).map(|(_, _, plan)| plan))
}

fn aggregates(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_) => true,
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::SubqueryAlias(_) => plan.inputs().into_iter().all(aggregates),
        _ => false,
    }
}

fn names_are_unique(schema: &DFSchema) -> bool {
    let mut names = HashSet::new();
    schema.fields().iter().all(|field| names.insert(field.name()))
}

fn nodes(plan: &LogicalPlan) -> usize {
    let mut count = 0;
    let _ = plan.apply_with_subqueries(|_| {
        count += 1;
        Ok(TreeNodeRecursion::Continue)
    });
    count
}
