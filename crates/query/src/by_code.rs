//! Conditions on a single column of codes: evaluated for each code of the list, of which there are
//! some ten, and looked up for each of thousands of records.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, UInt8Array};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef, UInt8Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::DFSchema;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::PhysicalExpr;

use crate::state::PLANNER;

/// A condition over a batch of the one column that it looks at.
#[derive(Clone)]
pub(crate) struct ByCode {
    column: usize,
    schema: SchemaRef,
    condition: Arc<dyn PhysicalExpr>,
}

impl ByCode {
    /// Compiles a condition that looks at one column, if that one holds codes.
    pub(crate) fn compile(condition: &Expr, column: &str, schema: &SchemaRef) -> Option<Self> {
        let index = schema.index_of(column).ok()?;
        let field = schema.field(index);
        let DataType::Dictionary(keys, _) = field.data_type() else { return None };
        if **keys != DataType::UInt8 {
            return None;
        }
        let schema = Arc::new(Schema::new(vec![field.clone()]));
        let columns = DFSchema::try_from(schema.as_ref().clone()).ok()?;
        let condition = PLANNER.create_physical_expr(condition.clone(), &columns).ok()?;
        Some(Self { column: index, schema, condition })
    }

    /// Whether the condition holds for every row. Nothing if this is not the way to find out:
    /// there are fewer rows than codes, or the condition fails for a code that no row may have.
    pub(crate) fn evaluate(&self, batch: &RecordBatch) -> Option<BooleanArray> {
        let codes = batch.columns().get(self.column)?.as_dictionary_opt::<UInt8Type>()?;
        if codes.values().len() >= codes.len() {
            return None;
        }
        let truths = self.of_codes(codes).ok()?;
        let truths = truths.as_boolean_opt()?;
        let absent = codes.values().len();
        let keys = codes.keys().values();
        let nulls = codes.nulls().filter(|nulls| nulls.null_count() > 0);
        let look_up = |table: Vec<bool>| {
            let of = |code: usize| table.get(code).copied().unwrap_or(false);
            let key = |row: usize| keys.get(row).map_or(absent, |key| usize::from(*key));
            match nulls {
                None => BooleanBuffer::collect_bool(keys.len(), |row| of(key(row))),
                Some(nulls) => BooleanBuffer::collect_bool(keys.len(), |row| {
                    of(if nulls.is_null(row) { absent } else { key(row) })
                }),
            }
        };
        let holds = |code: usize| truths.is_valid(code) && truths.value(code);
        let values = look_up((0..truths.len()).map(holds).collect());
        let is_known = || look_up((0..truths.len()).map(|code| truths.is_valid(code)).collect());
        let known = (truths.null_count() > 0).then(|| NullBuffer::new(is_known()));
        Some(BooleanArray::new(values, known))
    }

    /// The condition for each code, and last for no code.
    fn of_codes(&self, codes: &DictionaryArray<UInt8Type>) -> datafusion::common::Result<ArrayRef> {
        let each = (0..codes.values().len()).map(|code| u8::try_from(code).ok());
        let no_code = (codes.null_count() > 0).then_some(None);
        let keys: UInt8Array = each.chain(no_code).collect();
        let rows = keys.len();
        let column = Arc::new(DictionaryArray::<UInt8Type>::try_new(keys, Arc::clone(codes.values()))?);
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), vec![column])?;
        self.condition.evaluate(&batch)?.into_array(rows)
    }
}
