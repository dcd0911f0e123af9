//! The table of the T+1 calendar: what each institution owed for which day, and whether it came.

use std::sync::{Arc, LazyLock};

use model::arrow::TIME_ZONE;
use model::streams::LineOfBusiness;
use model::time::{Day, Time};
use query::arrow::array::{Date32Array, StringArray, TimestampMicrosecondArray};
use query::arrow::datatypes::TimeUnit;
use query::arrow::error::ArrowError;
use query::{DataType, Field, RecordBatch, Schema, SchemaRef};

use crate::entry::words;

/// The name of the table.
pub const OBLIGATIONS: &str = "obligations";

words! {
    /// How an obligation stands.
    ObligationStatus "status" {
        OnTime "on_time" "按时" "filed on time",
        Late "late" "迟报" "filed late",
        Missing "missing" "漏报" "due and not filed",
        Incomplete "incomplete" "不完整" "filed without all that is owed",
    }
}

/// What an institution owed for a day. Obligations that are not due yet are not in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligation {
    /// The institution.
    pub institution: String,
    /// The business date that the filing is about.
    pub day: Day,
    /// The line of business that owes it.
    pub line: LineOfBusiness,
    /// The stream that is owed.
    pub stream: String,
    /// By when.
    pub due_at: Time,
    /// When it was complete, if it was.
    pub filed_at: Option<Time>,
    /// How it stands.
    pub status: ObligationStatus,
}

/// The columns of the table: `institution`, `day`, `line`, `stream`, `due_at`, `filed_at`
/// (nullable), `status`.
pub fn obligations_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some(TIME_ZONE.into()));
        Arc::new(Schema::new(vec![
            Field::new("institution", DataType::Utf8, false),
            Field::new("day", DataType::Date32, false),
            Field::new("line", DataType::Utf8, false),
            Field::new("stream", DataType::Utf8, false),
            Field::new("due_at", time.clone(), false),
            Field::new("filed_at", time, true),
            Field::new("status", DataType::Utf8, false),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// Obligations as rows of the table.
///
/// # Errors
/// Never for lists that fit in memory; the signature is Arrow's.
pub fn obligations_batch(obligations: &[Obligation]) -> Result<RecordBatch, ArrowError> {
    let texts = |text: fn(&Obligation) -> &str| {
        Arc::new(obligations.iter().map(|o| Some(text(o))).collect::<StringArray>())
    };
    let due: TimestampMicrosecondArray = obligations.iter().map(|o| Some(o.due_at.0)).collect();
    let filed: TimestampMicrosecondArray =
        obligations.iter().map(|o| o.filed_at.map(|time| time.0)).collect();
    RecordBatch::try_new(
        obligations_schema(),
        vec![
            texts(|o| &o.institution),
            Arc::new(obligations.iter().map(|o| Some(o.day.0)).collect::<Date32Array>()),
            texts(|o| o.line.code()),
            texts(|o| &o.stream),
            Arc::new(due.with_timezone(TIME_ZONE)),
            Arc::new(filed.with_timezone(TIME_ZONE)),
            texts(|o| o.status.code()),
        ],
    )
}
