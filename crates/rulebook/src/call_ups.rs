//! The table of call-ups: which recordings the supervisor asked for, by when, and what came.

use std::sync::{Arc, LazyLock};

use model::arrow::TIME_ZONE;
use model::event::Medium;
use model::time::{Day, Time};
use query::arrow::array::{BooleanArray, Date32Array, StringArray, TimestampMicrosecondArray, UInt64Array};
use query::arrow::datatypes::TimeUnit;
use query::arrow::error::ArrowError;
use query::{DataType, Field, RecordBatch, Schema, SchemaRef};

/// The name of the table.
pub const CALL_UPS: &str = "call_ups";

/// A recording that was called up. Call-ups that are neither answered nor due yet are not in the
/// table, so `answered_at` is absent only where nothing came in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledUp {
    /// The institution that was asked.
    pub institution: String,
    /// The policy whose sale was recorded.
    pub policy: String,
    /// Which part of the recording.
    pub medium: Medium,
    /// When it was asked for. Its civil date is the row's day.
    pub asked_at: Time,
    /// By when it was to come.
    pub due_at: Time,
    /// When it came, if it did: the first time that what came was what had been filed, else the
    /// latest.
    pub answered_at: Option<Time>,
    /// Whether that is what was filed; absent when nothing came, or nothing was filed.
    pub hash_matches: Option<bool>,
    /// Where the call-up stands in the ledger.
    pub position: u64,
}

impl CalledUp {
    /// The day on which it was asked for.
    pub fn day(&self) -> Day {
        self.asked_at.day()
    }
}

/// The columns of the table: `institution`, `day` (asked), `policy`, `medium` (`sound`,
/// `picture`), `asked_at`, `due_at`, `answered_at` (nullable), `hash_matches` (nullable),
/// `position`.
pub fn call_ups_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some(TIME_ZONE.into()));
        Arc::new(Schema::new(vec![
            Field::new("institution", DataType::Utf8, false),
            Field::new("day", DataType::Date32, false),
            Field::new("policy", DataType::Utf8, false),
            Field::new("medium", DataType::Utf8, false),
            Field::new("asked_at", time.clone(), false),
            Field::new("due_at", time.clone(), false),
            Field::new("answered_at", time, true),
            Field::new("hash_matches", DataType::Boolean, true),
            Field::new("position", DataType::UInt64, false),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// Call-ups as rows of the table.
///
/// # Errors
/// Never for lists that fit in memory; the signature is Arrow's.
pub fn call_ups_batch(call_ups: &[CalledUp]) -> Result<RecordBatch, ArrowError> {
    let texts = |text: fn(&CalledUp) -> &str| {
        Arc::new(call_ups.iter().map(|c| Some(text(c))).collect::<StringArray>())
    };
    let times = |time: fn(&CalledUp) -> Option<Time>| {
        let times: TimestampMicrosecondArray = call_ups.iter().map(|c| time(c).map(|time| time.0)).collect();
        Arc::new(times.with_timezone(TIME_ZONE))
    };
    RecordBatch::try_new(
        call_ups_schema(),
        vec![
            texts(|c| &c.institution),
            Arc::new(call_ups.iter().map(|c| Some(c.day().0)).collect::<Date32Array>()),
            texts(|c| &c.policy),
            texts(|c| c.medium.code()),
            times(|c| Some(c.asked_at)),
            times(|c| Some(c.due_at)),
            times(|c| c.answered_at),
            Arc::new(call_ups.iter().map(|c| c.hash_matches).collect::<BooleanArray>()),
            Arc::new(call_ups.iter().map(|c| Some(c.position)).collect::<UInt64Array>()),
        ],
    )
}
