//! What a line must satisfy beyond each value by itself: times that can be, fields that agree.

use crate::columns::Columns;
use crate::fault::{Fault, FaultCode};
use crate::read::FUTURE_SECONDS_MAX;
use crate::spec::{FieldKind, StreamSpec};
use crate::time::{Day, Time};

/// 1990-01-01: no institution of this kind is older.
const FIRST_DAY: Day = Day(7305);
/// 2200-01-01.
const LAST_DAY: Day = Day(84_006);

/// A relation between fields of one stream.
enum Relation {
    /// The first field, where given, is at most the second, where given.
    AtMost(&'static str, &'static str),
    /// The field, where given, is above zero.
    Positive(&'static str),
    /// The two fields, where given, differ.
    Differ(&'static str, &'static str),
    /// At least one of the two is given.
    OneOf(&'static str, &'static str),
}

fn relations(stream: &str) -> &'static [Relation] {
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
    for (index, (field, column)) in stream.fields.iter().zip(columns.columns()).enumerate() {
        let (day, is_future) = match field.kind {
            FieldKind::Time => match column.long(row).map(Time) {
                Some(time) => (time.day(), time > received_at.plus_seconds(FUTURE_SECONDS_MAX)),
                None => continue,
            },
            FieldKind::Date => match column.date(row).map(Day) {
                Some(day) => (day, day > received_at.day()),
                None => continue,
            },
            _ => continue,
        };
        let fault = if day < FIRST_DAY || day > LAST_DAY {
            Some((FaultCode::AbsurdDate, format!("\"{}\" lies before 1990 or after 2200.", field.name)))
        } else if is_future && index == stream.event_time && stream.name != "register" {
            // A register entry may take effect later; everything else has happened already.
            let detail = format!("\"{}\" lies after the moment of receipt, {received_at}.", field.name);
            Some((FaultCode::InFuture, detail))
        } else {
            None
        };
        if let Some((code, detail)) = fault {
            faults.push(Fault { pointer: format!("/{}", field.name), code, detail });
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
