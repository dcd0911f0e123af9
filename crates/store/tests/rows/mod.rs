//! Rows of any stream: each required field filled with something lawful enough for columns.

use model::{
    arrow::to_batch,
    columns::{Column, Columns},
    spec::{FieldKind, FieldSpec, StreamSpec},
    time::MICROS_PER_DAY,
};
use query::RecordBatch;

fn fill(column: &mut Column, field: &FieldSpec, n: u64) {
    match field.kind {
        FieldKind::Money { .. } | FieldKind::Percent { .. } | FieldKind::Count | FieldKind::Time => {
            column.push_long(n as i64)
        }
        FieldKind::Date => column.push_date(n as i32),
        FieldKind::Code(list) => column.push_byte(list.items[n as usize % list.items.len()].number),
        FieldKind::Flag => column.push_byte((n % 2) as u8),
        FieldKind::Pseudonym(_) => column.push_wide(u128::from(n) << 64 | 7),
        FieldKind::List(fields) => {
            let items = column.list_items_mut().unwrap();
            for item in 0..n % 3 {
                fill_row(items, fields, n + item);
            }
            column.end_list()
        }
        _ => column.push_text(&format!("{}-{n}", field.name)),
    };
}

fn fill_row(columns: &mut Columns, fields: &[FieldSpec], n: u64) {
    for (index, field) in fields.iter().enumerate() {
        if field.required || n.is_multiple_of(2) {
            fill(columns.column_mut(index).unwrap(), field, n);
        }
    }
    columns.end_row();
}

/// One row for each day, at consecutive positions.
pub(crate) fn batch(
    stream: &'static StreamSpec,
    institution: &str,
    days: &[i32],
    first_position: u64,
) -> RecordBatch {
    let mut columns = Columns::new(stream.fields);
    for (position, day) in (first_position..).zip(days) {
        for (index, field) in stream.fields.iter().enumerate() {
            let column = columns.column_mut(index).unwrap();
            match (index == stream.event_time, field.kind) {
                (true, FieldKind::Date) => assert!(column.push_date(*day)),
                (true, _) => assert!(column.push_long(i64::from(*day) * MICROS_PER_DAY)),
                _ if field.required || position.is_multiple_of(2) => fill(column, field, position),
                _ => {}
            }
        }
        columns.end_row();
    }
    let positions = (first_position..).take(days.len()).collect();
    to_batch(stream, institution, columns, positions).unwrap()
}
