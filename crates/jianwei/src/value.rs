//! Values of records in the wire form, to be shown.

use model::columns::{Column, Columns};
use model::money::{Fen, Percent};
use model::pseudonym::Pseudonym;
use model::spec::FieldKind;
use model::time::{Day, Time};
use serde_json::{Map, Value, json};

/// The value of a row as JSON in the wire form; `None` where the row has none.
pub(crate) fn wire(kind: FieldKind, column: &Column, row: usize) -> Option<Value> {
    Some(match kind {
        FieldKind::Id | FieldKind::Text(_) | FieldKind::Ip | FieldKind::Institution | FieldKind::Digest => {
            json!(column.text(row)?)
        }
        FieldKind::Money { .. } => json!(Fen(column.long(row)?).to_string()),
        FieldKind::Percent { .. } => json!(Percent(column.long(row)?).to_string()),
        FieldKind::Count => json!(column.long(row)?),
        FieldKind::Time => json!(Time(column.long(row)?).to_string()),
        FieldKind::Date => json!(Day(column.date(row)?).to_string()),
        FieldKind::Flag => json!(column.byte(row)? != 0),
        FieldKind::Code(list) => json!(list.item(column.byte(row)?)?.code),
        FieldKind::Pseudonym(_) => json!(Pseudonym(column.wide(row)?).to_string()),
        FieldKind::List(_) => {
            let (items, range) = column.list(row)?;
            Value::Array(range.map(|item| Value::Object(wire_row(items, item))).collect())
        }
    })
}

/// All values of a row, by field.
pub(crate) fn wire_row(columns: &Columns, row: usize) -> Map<String, Value> {
    let fields = columns.fields().iter().zip(columns.columns());
    fields
        .filter_map(|(field, column)| Some((field.name.to_owned(), wire(field.kind, column, row)?)))
        .collect()
}
