//! Conditions and values that are compiled once and evaluated on batches.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::DFSchema;
use datafusion::logical_expr::ExprSchemable;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr as SqlExpr, ExprWithAlias, Spanned};
use datafusion::sql::sqlparser::dialect::DuckDbDialect;

use crate::by_code::ByCode;
use crate::check::lint_expression;
use crate::error::QueryError;
use crate::fault::{SqlFault, byte_range, check_size};
use crate::state::PLANNER;

/// The most operators of a condition.
const OPERATORS_MAX: usize = 256;

/// A value of each record, as SQL over the columns of a stream.
#[derive(Clone)]
pub struct Expression {
    sql: String,
    schema: SchemaRef,
    physical: Arc<dyn PhysicalExpr>,
    data_type: DataType,
    columns: Vec<String>,
    by_code: Option<ByCode>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({})", self.sql)
    }
}

impl Expression {
    /// Compiles an expression over the columns of a schema.
    ///
    /// # Errors
    /// A [`SqlFault`]: bad syntax, an unknown column or function, types that do not fit, an
    /// aggregate or a subquery, a division that could be by zero.
    pub fn compile(sql: &str, schema: &SchemaRef) -> Result<Self, SqlFault> {
        compile(sql, parse(sql)?, schema)
    }

    /// The SQL text.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The type of its values.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The columns that it looks at, in alphabetical order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    fn fits(&self, batch: &RecordBatch) -> bool {
        Arc::ptr_eq(batch.schema_ref(), &self.schema) || batch.schema_ref() == &self.schema
    }

    /// Its value for every row of a batch of the schema that it was compiled for.
    ///
    /// # Errors
    /// [`QueryError::Evaluation`] when a value cannot be computed or the batch has another schema.
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<ArrayRef, QueryError> {
        if !self.fits(batch) {
            return Err(QueryError::Evaluation(format!(
                "the columns of the batch are not those that \"{}\" was compiled for",
                self.sql
            )));
        }
        self.physical
            .evaluate(batch)
            .and_then(|value| value.into_array(batch.num_rows()))
            .map_err(|error| QueryError::of(&self.sql, error))
    }
}

/// A condition on each record, as SQL over the columns of a stream.
#[derive(Clone, Debug)]
pub struct Predicate {
    whole: Expression,
    conjuncts: Vec<Conjunct>,
}

/// One of the conditions that a predicate joins with AND.
#[derive(Clone, Debug)]
pub struct Conjunct {
    condition: Expression,
    span: Option<Range<usize>>,
}

impl Conjunct {
    /// The SQL text, spaced in the one usual way.
    pub fn sql(&self) -> &str {
        self.condition.sql()
    }

    /// Where it stands in the predicate's text, where that is known.
    pub fn span(&self) -> Option<Range<usize>> {
        self.span.clone()
    }

    /// The columns that it looks at.
    pub fn columns(&self) -> &[String] {
        self.condition.columns()
    }

    /// Whether it holds for every row; NULL where that is not determined.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, QueryError> {
        booleans(&self.condition, batch)
    }
}

impl Predicate {
    /// Compiles a condition over the columns of a schema.
    ///
    /// # Errors
    /// As [`Expression::compile`], and when the expression is no condition.
    pub fn compile(sql: &str, schema: &SchemaRef) -> Result<Self, SqlFault> {
        let tree = parse(sql)?;
        let mut parts = Vec::new();
        split(&tree, &mut parts);
        let mut conjuncts = Vec::with_capacity(parts.len());
        for part in parts {
            let span = part.span();
            let span = byte_range(sql, span.start, span.end);
            let text = part.to_string();
            // Faults are found part by part, so that each points at the part that it is about.
            let condition = compile(sql, part.clone(), schema).and_then(|condition| {
                if matches!(condition.data_type, DataType::Boolean | DataType::Null) {
                    return Ok(condition);
                }
                let message = format!("this is a value of type {}, not a condition", condition.data_type);
                Err(SqlFault::new(message).with_help("write a comparison, such as \"amount > 0\""))
            });
            let condition = condition.map_err(|fault| match fault.span {
                Some(_) => fault,
                None => fault.at(span.clone()),
            })?;
            conjuncts.push(Conjunct { condition: Expression { sql: text, ..condition }, span });
        }
        let whole = compile(sql, tree, schema)?;
        Ok(Self { whole, conjuncts })
    }

    /// The SQL text.
    pub fn sql(&self) -> &str {
        self.whole.sql()
    }

    /// The columns that it looks at, in alphabetical order.
    pub fn columns(&self) -> &[String] {
        self.whole.columns()
    }

    /// The conditions that it joins with AND, at least one: what explains a hit or a miss.
    pub fn conjuncts(&self) -> &[Conjunct] {
        &self.conjuncts
    }

    /// Whether it holds for every row; NULL where that is not determined.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, QueryError> {
        booleans(&self.whole, batch)
    }
}

fn booleans(condition: &Expression, batch: &RecordBatch) -> Result<BooleanArray, QueryError> {
    let by_code = condition.by_code.as_ref().filter(|_| condition.fits(batch));
    if let Some(values) = by_code.and_then(|by_code| by_code.evaluate(batch)) {
        return Ok(values);
    }
    let values = condition.evaluate(batch)?;
    if condition.data_type == DataType::Null {
        return Ok(BooleanArray::new_null(values.len()));
    }
    values.as_any().downcast_ref::<BooleanArray>().cloned().ok_or_else(|| {
        QueryError::Internal(format!("the condition \"{}\" gave {}", condition.sql, values.data_type()))
    })
}

fn parse(sql: &str) -> Result<SqlExpr, SqlFault> {
    check_size(sql, OPERATORS_MAX)?;
    let parsed = DFParserBuilder::new(sql)
        .with_dialect(&DuckDbDialect {})
        .build()
        .and_then(|mut parser| parser.parse_into_expr())
        .map_err(|error| SqlFault::of(sql, &error))?;
    match parsed.alias {
        None => Ok(parsed.expr),
        Some(alias) => {
            let fault = SqlFault::new(format!("\"{}\" is not expected here", alias.value));
            Err(fault.at(byte_range(sql, alias.span.start, alias.span.end)))
        }
    }
}

fn split<'a>(tree: &'a SqlExpr, parts: &mut Vec<&'a SqlExpr>) {
    match tree {
        SqlExpr::BinaryOp { left, op: BinaryOperator::And, right } => {
            split(left, parts);
            split(right, parts);
        }
        SqlExpr::Nested(inner) if matches!(**inner, SqlExpr::BinaryOp { op: BinaryOperator::And, .. }) => {
            split(inner, parts);
        }
        _ => parts.push(tree),
    }
}

fn compile(sql: &str, tree: SqlExpr, schema: &SchemaRef) -> Result<Expression, SqlFault> {
    let fault = |error| SqlFault::of(sql, &error);
    let columns = DFSchema::try_from(schema.as_ref().clone()).map_err(fault)?;
    let logical = PLANNER
        .create_logical_expr_from_sql_expr(ExprWithAlias { expr: tree, alias: None }, &columns)
        .map_err(fault)?;
    if let Some(found) = lint_expression(sql, &logical, &columns, true) {
        return Err(found);
    }
    let mut names: Vec<String> = logical.column_refs().iter().map(|column| column.name.clone()).collect();
    names.sort_unstable();
    let context = SimplifyContext::builder()
        .with_schema(Arc::new(columns.clone()))
        .with_config_options(Arc::clone(PLANNER.config_options()))
        .build();
    let simplifier = ExprSimplifier::new(context);
    let coerced = simplifier.coerce(logical, &columns).map_err(fault)?;
    let simplified = simplifier.simplify(coerced).map_err(fault)?;
    let data_type = simplified.get_type(&columns).map_err(fault)?;
    let by_code = match (names.as_slice(), &data_type) {
        ([column], DataType::Boolean) => ByCode::compile(&simplified, column, schema),
        _ => None,
    };
    let physical = PLANNER.create_physical_expr(simplified, &columns).map_err(fault)?;
    let schema = Arc::clone(schema);
    Ok(Expression { sql: sql.to_owned(), schema, physical, data_type, columns: names, by_code })
}
