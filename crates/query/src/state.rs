//! How SQL is read and planned, the same wherever it is.

use std::sync::{Arc, LazyLock};

use datafusion::config::Dialect;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{AggregateUDF, Volatility};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::SessionConfig;

use crate::distinct::Count;
use crate::keys::PackKeys;

/// The dialect in which rules and queries are written. Its reserved words leave `user` a column.
pub(crate) const DIALECT: Dialect = Dialect::DuckDB;

/// Plans conditions and checks queries; it has no tables.
pub(crate) static PLANNER: LazyLock<SessionState> =
    LazyLock::new(|| state(SessionConfig::new().with_target_partitions(1), Arc::default()));

/// A state without tables and without functions that depend on the clock or on chance.
pub(crate) fn state(mut config: SessionConfig, runtime: Arc<RuntimeEnv>) -> SessionState {
    let options = config.options_mut();
    options.sql_parser.dialect = DIALECT;
    options.sql_parser.parse_float_as_decimal = true;
    options.sql_parser.collect_spans = true;
    options.sql_parser.map_string_types_to_utf8view = false;
    options.execution.time_zone = Some(model::arrow::TIME_ZONE.to_owned());
    // Text columns stay as they are filed; views would only be converted back at the end.
    options.execution.parquet.schema_force_view_types = false;
    let mut builder =
        SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features();
    if let Some(functions) = builder.scalar_functions() {
        functions.retain(|function| function.signature().volatility == Volatility::Immutable);
    }
    let count = Arc::new(AggregateUDF::new_from_impl(Count::default()));
    builder.aggregate_functions().get_or_insert_default().push(count);
    *builder.table_functions() = None;
    let mut rules: Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> = vec![Arc::new(PackKeys)];
    rules.extend(PhysicalOptimizer::new().rules);
    builder.with_physical_optimizer_rules(rules).build()
}
