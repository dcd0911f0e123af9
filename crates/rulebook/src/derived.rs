//! The tables that queries read beside the streams: what is known of the streams' records, made
//! anew for each evaluation.

use std::sync::{Arc, LazyLock};

use model::event::Grade;
use model::time::Day;
use query::arrow::array::{Date32Array, StringArray};
use query::arrow::error::ArrowError;
use query::{DataType, Field, RecordBatch, Schema, SchemaRef};

use crate::call_ups::{CALL_UPS, call_ups_schema};
use crate::obligations::{OBLIGATIONS, obligations_schema};
use crate::registered::{REGISTERED, REGISTERED_ANY, registered_schema};

/// The grades known so far: `institution`, `day`, `grade` (`green` to `red`).
pub const GRADES: &str = "grades";

/// What the daily reconciliation against the custody banks came to (requirement 1.5), by account
/// and day: [`custody::reconciliation_schema`].
pub const RECONCILIATION: &str = "reconciliation";
/// The entries that did not match: [`custody::breaks_schema`].
pub const RECONCILIATION_BREAKS: &str = "reconciliation_breaks";
/// The streams that are reconciled.
const RECONCILED: &[&str] = &["transaction", "custody_statement", "account"];

/// A table that is derived from the streams.
pub struct Derived {
    /// Its name.
    pub name: &'static str,
    /// Whether its rows say their line of business.
    pub tells_line: bool,
    /// The streams that it is made of: it changes with them.
    pub made_of: &'static [&'static str],
    schema: fn() -> SchemaRef,
}

impl Derived {
    /// Its columns.
    pub fn schema(&self) -> SchemaRef {
        (self.schema)()
    }
}

/// Every derived table.
pub const DERIVED: &[Derived] = &[
    Derived { name: OBLIGATIONS, tells_line: true, made_of: &[], schema: obligations_schema },
    Derived { name: REGISTERED, tells_line: true, made_of: &["register"], schema: registered_schema },
    Derived { name: REGISTERED_ANY, tells_line: false, made_of: &["register"], schema: registered_schema },
    Derived { name: GRADES, tells_line: false, made_of: &[], schema: grades_schema },
    Derived {
        name: RECONCILIATION,
        tells_line: false,
        made_of: RECONCILED,
        schema: custody::reconciliation_schema,
    },
    Derived {
        name: RECONCILIATION_BREAKS,
        tells_line: false,
        made_of: RECONCILED,
        schema: custody::breaks_schema,
    },
    Derived { name: CALL_UPS, tells_line: false, made_of: &[], schema: call_ups_schema },
];

/// The derived table with a name.
pub fn derived(name: &str) -> Option<&'static Derived> {
    DERIVED.iter().find(|table| table.name == name)
}

/// Whether a table is derived and no stream.
pub fn is_derived(name: &str) -> bool {
    derived(name).is_some()
}

/// The streams that stand behind tables, streams among them standing for themselves.
pub fn streams_behind<'t>(tables: impl IntoIterator<Item = &'t str>) -> Vec<&'t str> {
    let behind = |table: &'t str| match derived(table) {
        Some(derived) => derived.made_of.to_vec(),
        None => vec![table],
    };
    tables.into_iter().flat_map(behind).collect()
}

/// The columns of [`GRADES`].
pub fn grades_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        Arc::new(Schema::new(vec![
            Field::new("institution", DataType::Utf8, false),
            Field::new("day", DataType::Date32, false),
            Field::new("grade", DataType::Utf8, false),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// Grades of institutions and days as rows of [`GRADES`].
///
/// # Errors
/// Never for lists that fit in memory; the signature is Arrow's.
pub fn grades_batch<'g>(
    grades: impl Iterator<Item = (&'g str, Day, Grade)> + Clone,
) -> Result<RecordBatch, ArrowError> {
    let institutions: StringArray = grades.clone().map(|(institution, ..)| Some(institution)).collect();
    let days: Date32Array = grades.clone().map(|(_, day, _)| Some(day.0)).collect();
    let words: StringArray = grades.map(|(.., grade)| Some(grade.en())).collect();
    RecordBatch::try_new(grades_schema(), vec![Arc::new(institutions), Arc::new(days), Arc::new(words)])
}
