//! Whether a query is sound, before there is any data: syntax, tables, columns, types, and the
//! mistakes that would only show on certain data.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DataFusionError, ExprSchema};
use datafusion::datasource::empty::EmptyTable;
use datafusion::execution::context::{SQLOptions, SessionContext};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator, Statement};
use datafusion::prelude::SessionConfig;
use datafusion::scalar::ScalarValue;

use crate::error::QueryError;
use crate::fault::{SqlFault, check_size, find_cast, find_division, find_word};
use crate::runtime::Runtime;
use crate::state;

/// The most operators of a query.
pub(crate) const OPERATORS_MAX: usize = 1024;

/// What a sound query is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedQuery {
    /// The columns of its result.
    pub schema: SchemaRef,
    /// The tables that it reads, in alphabetical order.
    pub tables: Vec<String>,
}

/// Checks one query against the tables that it may read.
///
/// # Errors
/// A [`SqlFault`] when it is not exactly one reading query, does not fit the tables, or could
/// fail on certain data: a division that could be by zero, a text cast to a number.
pub fn check(sql: &str, tables: &[(&str, SchemaRef)]) -> Result<CheckedQuery, SqlFault> {
    let internal = |error: QueryError| match error {
        QueryError::Sql(fault) => fault,
        other => SqlFault::new(other.to_string()),
    };
    let context = context_of(sql, tables.iter().map(|(name, schema)| (*name, Arc::clone(schema))))?;
    let runtime = Runtime::new(1).map_err(internal)?;
    runtime.block_on(check_in(&context, sql)).map_err(internal)?
}

/// What plans a text over tables of which only the columns are known.
pub(crate) fn context_of<'a>(
    sql: &str,
    tables: impl IntoIterator<Item = (&'a str, SchemaRef)>,
) -> Result<SessionContext, SqlFault> {
    let config = SessionConfig::new().with_target_partitions(1);
    let context = SessionContext::new_with_state(state::state(config, Arc::default()));
    for (name, schema) in tables {
        let empty = Arc::new(EmptyTable::new(schema));
        context.register_table(name, empty).map_err(|error| SqlFault::of(sql, &error))?;
    }
    Ok(context)
}

/// The names of the tables that a plan reads, in alphabetical order.
pub(crate) fn tables_read(plan: &LogicalPlan) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            tables.insert(scan.table_name.table().to_owned());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    tables
}

async fn check_in(context: &SessionContext, sql: &str) -> Result<CheckedQuery, SqlFault> {
    let fault = |error: DataFusionError| SqlFault::of(sql, &error);
    let plan = plan(context, sql).await?;
    lint_plan(sql, &plan)?;
    let state = context.state();
    let optimized = state.optimize(&plan).map_err(fault)?;
    state.create_physical_plan(&plan).await.map_err(fault)?;
    let tables = tables_read(&plan).into_iter().collect();
    let schema: &Schema = optimized.schema().as_arrow();
    Ok(CheckedQuery { schema: Arc::new(schema.clone()), tables })
}

/// Plans a text that must be one reading query.
pub(crate) async fn plan(context: &SessionContext, sql: &str) -> Result<LogicalPlan, SqlFault> {
    check_size(sql, OPERATORS_MAX)?;
    let plan = context.state().create_logical_plan(sql).await;
    only_reads(plan.map_err(|error| SqlFault::of(sql, &error))?)
}

/// Plans such a text in which `$1`, `$2` … stand for days. The faults are not those of the text
/// as it was before.
pub(crate) async fn plan_with_days(
    context: &SessionContext,
    sql: &str,
    days: usize,
) -> Result<LogicalPlan, SqlFault> {
    let text = format!("PREPARE question({}) AS {sql}", vec!["DATE"; days].join(", "));
    let fault = |error: DataFusionError| SqlFault::of(&text, &error);
    match context.state().create_logical_plan(&text).await.map_err(fault)? {
        LogicalPlan::Statement(Statement::Prepare(prepared)) => {
            only_reads(Arc::unwrap_or_clone(prepared.input))
        }
        _ => Err(SqlFault::new("only a query that reads is taken")),
    }
}

fn only_reads(plan: LogicalPlan) -> Result<LogicalPlan, SqlFault> {
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(&plan)
        .map_err(|_| SqlFault::new("only a query that reads is taken").with_help("begin with SELECT"))?;
    match plan {
        LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) | LogicalPlan::DescribeTable(_) => {
            Err(SqlFault::new("only a query that reads is taken").with_help("begin with SELECT"))
        }
        plan => Ok(plan),
    }
}

fn lint_plan(sql: &str, plan: &LogicalPlan) -> Result<(), SqlFault> {
    let mut found = None;
    let _ = plan.apply_with_subqueries(|node| {
        let mut inputs = DFSchema::empty();
        for input in node.inputs() {
            inputs.merge(input.schema());
        }
        node.apply_expressions(|expression| {
            found = lint_expression(sql, expression, &inputs, false);
            Ok(if found.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })
    });
    found.map_or(Ok(()), Err)
}

/// Finds what would fail on certain data, or, in a condition on one record, what looks further.
pub(crate) fn lint_expression(
    sql: &str,
    expression: &Expr,
    schema: &DFSchema,
    only_one_record: bool,
) -> Option<SqlFault> {
    let mut found = None;
    let _ = expression.apply(|part| {
        found = lint_part(sql, part, schema, only_one_record);
        Ok(if found.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found
}

fn lint_part(sql: &str, part: &Expr, schema: &dyn ExprSchema, only_one_record: bool) -> Option<SqlFault> {
    match part {
        Expr::BinaryExpr(binary) if matches!(binary.op, Operator::Divide | Operator::Modulo) => {
            if never_zero(&binary.right) {
                return None;
            }
            let divisor = shown(&binary.right);
            let message = format!("the divisor {divisor} could be zero, which would end the query");
            let help = format!("write NULLIF({divisor}, 0): a zero then makes the value NULL");
            let first_word = divisor.split(['(', ' ']).next().unwrap_or_default();
            Some(SqlFault::new(message).at(find_division(sql, first_word)).with_help(help))
        }
        Expr::Cast(cast) if !matches!(*cast.expr, Expr::Literal(..)) => {
            let from = cast.expr.get_type(schema).ok()?;
            (is_text(&from) && !is_text(cast.field.data_type())).then(|| {
                SqlFault::new(format!("not every text in {} can be cast", shown(&cast.expr)))
                    .at(find_cast(sql))
                    .with_help("write TRY_CAST: what is not a number then becomes NULL")
            })
        }
        Expr::AggregateFunction(_) | Expr::WindowFunction(_) if only_one_record => Some(
            SqlFault::new("a condition looks at one record; it cannot add up several")
                .at(find_word(sql, part.schema_name().to_string().split('(').next().unwrap_or_default()))
                .with_help("put the aggregate into the measure"),
        ),
        Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) | Expr::Unnest(_)
            if only_one_record =>
        {
            Some(SqlFault::new("a condition looks at one record; it cannot hold a query of its own"))
        }
        Expr::Placeholder(_) => Some(SqlFault::new("there are no parameters here")),
        _ => None,
    }
}

fn shown(expression: &Expr) -> String {
    match expression {
        Expr::Column(Column { name, .. }) => name.clone(),
        Expr::Literal(value, _) => value.to_string(),
        other => other.schema_name().to_string(),
    }
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// Whether a divisor is a number other than zero, or NULL where it would be zero.
fn never_zero(divisor: &Expr) -> bool {
    match divisor {
        Expr::Literal(value, _) => !is_zero(value),
        Expr::Negative(inner) => never_zero(inner),
        Expr::Cast(cast) => never_zero(&cast.expr),
        Expr::TryCast(cast) => never_zero(&cast.expr),
        Expr::Alias(alias) => never_zero(&alias.expr),
        Expr::ScalarFunction(call) => {
            call.func.name() == "nullif"
                && matches!(call.args.get(1), Some(Expr::Literal(value, _)) if is_zero(value))
        }
        _ => false,
    }
}

fn is_zero(value: &ScalarValue) -> bool {
    ScalarValue::new_zero(&value.data_type()).is_ok_and(|zero| &zero == value)
}
