//! What a line must satisfy beyond each value by itself: times that can be, fields that agree.

use crate::columns::{Column, Columns};
use crate::fault::{Fault, FaultCode};
use crate::read::FUTURE_SECONDS_MAX;
use crate::spec::{FieldKind, StreamSpec};
use crate::time::{Day, Time};

/// 1990-01-01: no institution of this kind is older.
const FIRST_DAY: Day = Day(7305);
/// 2200-01-01.
const LAST_DAY: Day = Day(84_006);

/// A relation between fields of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The first field, where given, is at most the second, where given.
    AtMost(&'static str, &'static str),
    /// The field, where given, is above zero.
    Positive(&'static str),
    /// The two fields, where given, differ.
    Differ(&'static str, &'static str),
    /// At least one of the two is given.
    OneOf(&'static str, &'static str),
}

/// What the fields of a stream must satisfy together.
pub fn relations(stream: &str) -> &'static [Relation] {
    use Relation::{AtMost, Differ, OneOf, Positive};
    match stream {
        "transaction" => &[Positive("amount"), Differ("payer_account", "payee_account")],
        "project" => &[Positive("amount"), Positive("term_days"), AtMost("outstanding", "amount")],
        "business_daily" => &[
            AtMost("overdue_balance", "loan_balance"),
            AtMost("nonperforming_balance", "loan_balance"),
            AtMost("small_lenders", "lenders"),
            AtMost("large_lenders", "lenders"),
            AtMost("large_borrowers", "borrowers"),
            AtMost("top10_borrower_share_percent", "top50_borrower_share_percent"),
            AtMost("top10_lender_share_percent", "top50_lender_share_percent"),
            AtMost("reserve_deposited", "reserve_total"),
        ],
        "operations_daily" => &[AtMost("complaints_resolved_in_time", "complaints_due")],
        "kyc_check" => &[OneOf("online_method", "offline_method")],
        _ => &[],
    }
}

/// Appends the faults of a row that was read without any.
pub(crate) fn check_row(
    stream: &'static StreamSpec,
    columns: &Columns,
    row: usize,
    received_at: Time,
    faults: &mut Vec<Fault>,
) {
    check_times(stream, columns, row, received_at, faults);
    for relation in relations(stream.name) {
        if let Some((field, code, detail)) = broken(relation, stream, columns, row) {
            faults.push(Fault { pointer: format!("/{field}"), code, detail });
        }
    }
}

fn check_times(
    stream: &'static StreamSpec,
    columns: &Columns,
    row: usize,
    received_at: Time,
    faults: &mut Vec<Fault>,
) {
    check_calendar(columns, row, "", faults);
    let (Some(field), Some(column)) =
        (stream.fields.get(stream.event_time), columns.column(stream.event_time))
    else {
        return;
    };
    // A register entry may take effect later; everything else has happened already.
    if stream.name == "register" || !is_future(column, row, received_at) {
        return;
    }
    let pointer = format!("/{}", field.name);
    if !faults.iter().any(|fault| fault.pointer == pointer) {
        let detail = format!("\"{}\" lies after the moment of receipt, {received_at}.", field.name);
        faults.push(Fault { pointer, code: FaultCode::InFuture, detail });
    }
}

fn is_future(column: &Column, row: usize, received_at: Time) -> bool {
    match (column.long(row), column.date(row)) {
        (Some(micros), _) => Time(micros) > received_at.plus_seconds(FUTURE_SECONDS_MAX),
        (_, Some(day)) => Day(day) > received_at.day(),
        _ => false,
    }
}

/// Appends a fault for each date or time that no such business has, those in lists too.
fn check_calendar(columns: &Columns, row: usize, parent: &str, faults: &mut Vec<Fault>) {
    for (field, column) in columns.fields().iter().zip(columns.columns()) {
        let day = match field.kind {
            FieldKind::Time => column.long(row).map(|micros| Time(micros).day()),
            FieldKind::Date => column.date(row).map(Day),
            FieldKind::List(_) => {
                if let Some((items, range)) = column.list(row) {
                    for (index, item) in range.enumerate() {
                        check_calendar(items, item, &format!("{parent}/{}/{index}", field.name), faults);
                    }
                }
                None
            }
            _ => None,
        };
        if day.is_some_and(|day| day < FIRST_DAY || day > LAST_DAY) {
            faults.push(Fault {
                pointer: format!("{parent}/{}", field.name),
                code: FaultCode::AbsurdDate,
                detail: format!("\"{}\" lies before 1990 or after 2200.", field.name),
            });
        }
    }
}

fn broken(
    relation: &Relation,
    stream: &'static StreamSpec,
    columns: &Columns,
    row: usize,
) -> Option<(&'static str, FaultCode, String)> {
    let column = |name: &str| stream.field_index(name).and_then(|index| columns.column(index));
    let long = |name: &str| column(name).and_then(|column| column.long(row));
    match *relation {
        Relation::AtMost(small, large) => match (long(small), long(large)) {
            (Some(a), Some(b)) if a > b => {
                Some((small, FaultCode::Inconsistent, format!("\"{small}\" is larger than \"{large}\".")))
            }
            _ => None,
        },
        Relation::Positive(name) => match long(name) {
            Some(value) if value <= 0 => {
                Some((name, FaultCode::NotPositive, format!("\"{name}\" must be above zero.")))
            }
            _ => None,
        },
        Relation::Differ(left, right) => {
            let value = |name| column(name).and_then(|column| column.wide(row));
            match (value(left), value(right)) {
                (Some(a), Some(b)) if a == b => Some((
                    right,
                    FaultCode::Inconsistent,
                    format!("\"{left}\" and \"{right}\" are the same."),
                )),
                _ => None,
            }
        }
        Relation::OneOf(left, right) => {
            let present = |name| column(name).is_some_and(|column| column.validity().is_present(row));
            (!present(left) && !present(right)).then(|| {
                (left, FaultCode::Inconsistent, format!("Give at least one of \"{left}\" and \"{right}\"."))
            })
        }
    }
}
