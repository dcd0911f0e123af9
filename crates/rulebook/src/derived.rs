//! The tables that queries read beside the streams: what is known of the streams' records, made
//! anew for each evaluation.

use std::sync::{Arc, LazyLock};

use query::{DataType, Field, Schema, SchemaRef};

use crate::obligations::{OBLIGATIONS, obligations_schema};
use crate::registered::{REGISTERED, REGISTERED_ANY, registered_schema};

/// The grades known so far: `institution`, `day`, `grade` (`green` to `red`).
pub const GRADES: &str = "grades";

/// A table that is derived from the streams.
pub struct Derived {
    /// Its name.
    pub name: &'static str,
    /// Whether its rows say their line of business.
    pub tells_line: bool,
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
    Derived { name: OBLIGATIONS, tells_line: true, schema: obligations_schema },
    Derived { name: REGISTERED, tells_line: true, schema: registered_schema },
    Derived { name: REGISTERED_ANY, tells_line: false, schema: registered_schema },
    Derived { name: GRADES, tells_line: false, schema: grades_schema },
];

/// The derived table with a name.
pub fn derived(name: &str) -> Option<&'static Derived> {
    DERIVED.iter().find(|table| table.name == name)
}

/// Whether a table is derived and no stream.
pub fn is_derived(name: &str) -> bool {
    derived(name).is_some()
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
