//! Rows that later revisions took the place of.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanArray};
use datafusion::arrow::datatypes::{DataType, UInt64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, col,
};

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

    /// The condition that a row is not hidden.
    pub(crate) fn condition(&self) -> Expr {
        ScalarUDF::new_from_impl(Visible::new(self.clone())).call(vec![col("position")])
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
