//! Grouping by institutions, codes and days at the cost of grouping by a number.
//!
//! The engine groups quickly by numbers and texts; as soon as one key is a dictionary it writes all
//! keys of every row one after the other and compares bytes. Institutions and codes are dictionaries,
//! and nearly every indicator groups by them and by day. So before an aggregation they become
//! numbers of 32 bits, up to four of them together in one key, and after it what they were.

mod packed;
mod texts;

use std::sync::Arc;

use datafusion::arrow::datatypes::Schema;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode, PhysicalGroupBy};
use datafusion::physical_plan::projection::ProjectionExec;

use packed::{KEYS_MAX, Kind, Packed, Unpacked};

/// Packs the keys of aggregations. Runs first, while every aggregation still stands as the planner
/// put it: one that begins and right above it one that ends.
#[derive(Debug)]
pub(crate) struct PackKeys;

impl PhysicalOptimizerRule for PackKeys {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let packed = plan.transform_up(|node| {
            let found = pair(&node).map(|(end, begin)| pack(end, begin)).transpose()?.flatten();
            Ok(found.map_or(Transformed::no(node), Transformed::yes))
        })?;
        Ok(packed.data)
    }

    fn name(&self) -> &str {
        "pack_keys"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn pair(node: &Arc<dyn ExecutionPlan>) -> Option<(&AggregateExec, &AggregateExec)> {
    let end = node.downcast_ref::<AggregateExec>()?;
    let begin = end.input().downcast_ref::<AggregateExec>()?;
    let ends = matches!(end.mode(), AggregateMode::Final | AggregateMode::FinalPartitioned);
    let is_plain = !begin.group_expr().has_grouping_set() && begin.limit_options().is_none();
    (ends && *begin.mode() == AggregateMode::Partial && is_plain).then_some((end, begin))
}

type Key = (Arc<dyn PhysicalExpr>, String);

/// Where a key comes from afterwards.
enum Source {
    /// A key of its own.
    Whole(usize),
    /// A part of a packed one.
    Part { number: usize, place: usize, kind: Kind },
}

struct Keys {
    keys: Vec<Key>,
    /// For each of the keys as they were.
    sources: Vec<Source>,
}

/// The keys packed; `None` when no text is among them.
fn packed_keys(keys: &[Key], input: &Schema) -> Result<Option<Keys>> {
    let kinds = keys.iter().map(|(key, _)| Kind::of(key, input)).collect::<Result<Vec<_>>>()?;
    if !kinds.iter().any(|kind| matches!(kind, Some(Kind::Text { .. }))) {
        return Ok(None);
    }
    let small = kinds.iter().filter(|kind| kind.is_some()).count();
    let numbers = small.div_ceil(KEYS_MAX);
    let mut parts: Vec<Vec<(Arc<dyn PhysicalExpr>, Kind)>> = vec![Vec::new(); numbers];
    let mut whole = Vec::new();
    let mut sources = Vec::new();
    let mut next = 0;
    for (key, kind) in keys.iter().zip(kinds) {
        let number = next / KEYS_MAX;
        match (kind, parts.get_mut(number)) {
            (Some(kind), Some(part)) => {
                sources.push(Source::Part { number, place: next % KEYS_MAX, kind: kind.clone() });
                part.push((Arc::clone(&key.0), kind));
                next += 1;
            }
            _ => {
                sources.push(Source::Whole(numbers + whole.len()));
                whole.push(key.clone());
            }
        }
    }
    let packed = parts.into_iter().enumerate().map(|(number, parts)| {
        let packed: Arc<dyn PhysicalExpr> = Arc::new(Packed::new(parts));
        (packed, format!("packed keys {number}"))
    });
    Ok(Some(Keys { keys: packed.chain(whole).collect(), sources }))
}

fn pack(end: &AggregateExec, begin: &AggregateExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(keys) = packed_keys(begin.group_expr().expr(), &begin.input_schema())? else {
        return Ok(None);
    };
    let group_by = PhysicalGroupBy::new_single(keys.keys.clone());
    let first = AggregateExec::try_new(
        AggregateMode::Partial,
        group_by.clone(),
        begin.aggr_expr().to_vec(),
        begin.filter_expr().to_vec(),
        Arc::clone(begin.input()),
        begin.input_schema(),
    )?;
    let second = AggregateExec::try_new(
        *end.mode(),
        group_by.as_final(),
        end.aggr_expr().to_vec(),
        end.filter_expr().to_vec(),
        Arc::new(first),
        end.input_schema(),
    )?;
    let names = end.schema();
    let columns = names.fields().iter().enumerate().map(|(index, field)| {
        let column = |place: usize| -> Arc<dyn PhysicalExpr> {
            let schema = second.schema();
            let name = schema.fields().get(place).map_or("", |field| field.name().as_str());
            Arc::new(Column::new(name, place))
        };
        let expression = match keys.sources.get(index) {
            Some(Source::Whole(place)) => column(*place),
            Some(Source::Part { number, place, kind }) => {
                Arc::new(Unpacked::new(column(*number), *place, kind.clone()))
            }
            // What is aggregated follows after the keys.
            None => column(index - keys.sources.len() + keys.keys.len()),
        };
        (expression, field.name().clone())
    });
    let columns: Vec<_> = columns.collect();
    Ok(Some(Arc::new(ProjectionExec::try_new(columns, Arc::new(second))?)))
}
