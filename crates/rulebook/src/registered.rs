//! What the register says of each institution on each day.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use model::spec::Record;
use model::streams::Register;
use model::time::Day;
use query::arrow::array::{Date32Array, UInt64Array};
use query::arrow::compute::{concat_batches, take};
use query::arrow::error::ArrowError;
use query::{RecordBatch, Rows, SchemaRef};
use std::sync::Arc;

/// The register as it stands on each day: for every institution, line of business and day the
/// record with the latest day of effect not after it (of several the one filed last). Its columns
/// are those of the stream `register`, with `day` as the day on which the record holds.
pub const REGISTERED: &str = "registered";
/// As [`REGISTERED`], and of every line of business whatever the lines of the entry that reads it:
/// the custodian of a platform stands here too.
pub const REGISTERED_ANY: &str = "registered_any";

/// The columns of [`REGISTERED`].
pub fn registered_schema() -> SchemaRef {
    model::arrow::schema(Register::STREAM)
}

/// The table, from the records of the register (superseded ones left out), for some days.
///
/// # Errors
/// [`ArrowError`] when the batches are not of the stream `register`.
pub fn registered_batch(
    register: &[RecordBatch],
    days: RangeInclusive<Day>,
) -> Result<RecordBatch, ArrowError> {
    let schema = registered_schema();
    let records = Rows::new(concat_batches(&schema, register)?);
    // By institution and line: from which day on which row holds.
    let mut entries: BTreeMap<(String, String), BTreeMap<(Day, u64), u64>> = BTreeMap::new();
    for row in 0..records.len() {
        let key = (records.text("institution", row), records.text("line", row));
        let (Some(from), (Some(institution), Some(line))) = (records.day("effective_from", row), key) else {
            continue;
        };
        let position = records.position("position", row).unwrap_or(0);
        entries.entry((institution, line)).or_default().insert((from, position), row as u64);
    }
    let (mut rows, mut on) = (Vec::new(), Vec::new());
    for of_institution in entries.values() {
        for day in (days.start().0..=days.end().0).map(Day) {
            if let Some((_, row)) = of_institution.range(..=(day, u64::MAX)).next_back() {
                rows.push(*row);
                on.push(day.0);
            }
        }
    }
    let (rows, on) = (UInt64Array::from(rows), Arc::new(Date32Array::from(on)));
    let columns = records.batch().columns().iter().zip(schema.fields()).map(|(column, field)| {
        if field.name() == "day" { Ok(on.clone() as _) } else { take(column, &rows, None) }
    });
    RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<_, _>>()?)
}
