//! What a line must satisfy beyond each value by itself: times that can be, fields that agree.

use crate::columns::{Column, Columns};
use crate::fault::{Fault, FaultCode};
use crate::read::FUTURE_SECONDS_MAX;
use crate::spec::{FieldKind, FieldSpec, StreamSpec};
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
    /// The first field is given just where the code of the second is one of these.
    JustWhere(&'static str, &'static str, &'static [&'static str]),
}

impl Relation {
    /// The fields that it is about, twice the same where it is one.
    const fn fields(self) -> [&'static str; 2] {
        match self {
            Self::Positive(field) => [field, field],
            Self::AtMost(one, other)
            | Self::Differ(one, other)
            | Self::OneOf(one, other)
            | Self::JustWhere(one, other, _) => [one, other],
        }
    }
}

/// What the fields of a stream must satisfy together.
pub fn relations(stream: &str) -> &'static [Relation] {
    use Relation::{AtMost, Differ, JustWhere, OneOf, Positive};
    match stream {
        "transaction" => &[Positive("amount"), Differ("payer_account", "payee_account")],
        "project" => &[
            Positive("amount"),
            Positive("term_days"),
            AtMost("outstanding", "amount"),
            // Without its day a project that has ended would stand for ever for the caps of borrowers.
            JustWhere("ended_on", "status", &["failed", "settled", "defaulted"]),
        ],
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

/// The checks of a stream's rows, with the places of the fields that they look at.
#[derive(Debug)]
pub(crate) struct RowChecks {
    stream: &'static StreamSpec,
    /// Times and dates, and lists, whose items may have some.
    dated: Vec<usize>,
    /// Each relation with the places of its two fields, twice the same where it has one.
    relations: Vec<(Relation, [usize; 2])>,
}

impl RowChecks {
    /// The checks of a stream.
    pub(crate) fn new(stream: &'static StreamSpec) -> Self {
        let is_dated = |kind| matches!(kind, FieldKind::Time | FieldKind::Date | FieldKind::List(_));
        let fields = stream.fields.iter().enumerate();
        let placed = |relation: &Relation| {
            let [left, right] = relation.fields();
            Some((*relation, [stream.field_index(left)?, stream.field_index(right)?]))
        };
        Self {
            stream,
            dated: fields.filter(|(_, field)| is_dated(field.kind)).map(|(index, _)| index).collect(),
            relations: relations(stream.name).iter().filter_map(placed).collect(),
        }
    }

    /// Appends the faults of a row that was read without any.
    pub(crate) fn run(&self, columns: &Columns, row: usize, received_at: Time, faults: &mut Vec<Fault>) {
        for &index in &self.dated {
            if let (Some(field), Some(column)) = (self.stream.fields.get(index), columns.column(index)) {
                check_calendar(field, column, row, "", faults);
            }
        }
        self.check_event_time(columns, row, received_at, faults);
        for (relation, places) in &self.relations {
            if let Some((field, code, detail)) = broken(self.stream, *relation, *places, columns, row) {
                faults.push(Fault { pointer: format!("/{field}"), code, detail });
            }
        }
    }

    fn check_event_time(&self, columns: &Columns, row: usize, received_at: Time, faults: &mut Vec<Fault>) {
        let place = self.stream.event_time;
        let (Some(field), Some(column)) = (self.stream.fields.get(place), columns.column(place)) else {
            return;
        };
        // A register entry may take effect later; everything else has happened already.
        if !is_future(column, row, received_at) || self.stream.name == "register" {
            return;
        }
        let pointer = format!("/{}", field.name);
        if !faults.iter().any(|fault| fault.pointer == pointer) {
            let detail = format!("\"{}\" lies after the moment of receipt, {received_at}.", field.name);
            faults.push(Fault { pointer, code: FaultCode::InFuture, detail });
        }
    }
}

fn is_future(column: &Column, row: usize, received_at: Time) -> bool {
    match (column.long(row), column.date(row)) {
        (Some(micros), _) => Time(micros) > received_at.plus_seconds(FUTURE_SECONDS_MAX),
        (_, Some(day)) => Day(day) > received_at.day(),
        _ => false,
    }
}

/// Appends a fault for a date or time that no such business has, and for each one in a list.
fn check_calendar(field: &FieldSpec, column: &Column, row: usize, parent: &str, faults: &mut Vec<Fault>) {
    let day = match field.kind {
        FieldKind::Time => column.long(row).map(|micros| Time(micros).day()),
        FieldKind::Date => column.date(row).map(Day),
        FieldKind::List(fields) => {
            let Some((items, range)) = column.list(row) else { return };
            for (index, item) in range.enumerate() {
                let parent = format!("{parent}/{}/{index}", field.name);
                for (field, column) in fields.iter().zip(items.columns()) {
                    check_calendar(field, column, item, &parent, faults);
                }
            }
            return;
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

fn broken(
    stream: &StreamSpec,
    relation: Relation,
    [left, right]: [usize; 2],
    columns: &Columns,
    row: usize,
) -> Option<(&'static str, FaultCode, String)> {
    let long = |place| columns.column(place).and_then(|column| column.long(row));
    let wide = |place| columns.column(place).and_then(|column| column.wide(row));
    let is_given = |place| columns.column(place).is_some_and(|column| column.validity().is_present(row));
    match relation {
        Relation::AtMost(small, large) => (long(left)? > long(right)?)
            .then(|| (small, FaultCode::Inconsistent, format!("\"{small}\" is larger than \"{large}\"."))),
        Relation::Positive(name) => (long(left)? <= 0)
            .then(|| (name, FaultCode::NotPositive, format!("\"{name}\" must be above zero."))),
        Relation::Differ(one, other) => (wide(left)? == wide(right)?)
            .then(|| (other, FaultCode::Inconsistent, format!("\"{one}\" and \"{other}\" are the same."))),
        Relation::OneOf(one, other) => (!is_given(left) && !is_given(right)).then(|| {
            (one, FaultCode::Inconsistent, format!("Give at least one of \"{one}\" and \"{other}\"."))
        }),
        Relation::JustWhere(name, of, codes) => {
            let Some(FieldKind::Code(list)) = stream.fields.get(right).map(|field| field.kind) else {
                return None;
            };
            let code = list.item(columns.column(right)?.byte(row)?)?.code;
            let detail = match (codes.contains(&code), is_given(left)) {
                (true, false) => format!("Give \"{name}\" where \"{of}\" is \"{code}\"."),
                (false, true) => format!("Leave \"{name}\" out where \"{of}\" is \"{code}\"."),
                _ => return None,
            };
            Some((name, FaultCode::Inconsistent, detail))
        }
    }
}
