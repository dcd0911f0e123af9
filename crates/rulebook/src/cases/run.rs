//! Trying an entry on its cases, by the batch engine.

use std::ops::RangeInclusive;

use custody::Reconciliation;
use model::event::Verdict;
use model::pseudonym::PseudonymKind;
use model::spec::Record;
use model::streams::{AccountRegister, CustodyStatement, Register, STREAMS, Transaction};
use model::time::Day;
use query::{Number, Options, QueryError, RecordBatch, Rows, Session, Table};
use serde_json::Value;

use super::rows::pseudonym;
use super::{Case, CaseFailure, Expectation, Expected};
use crate::book::Entry;
use crate::derived::{DERIVED, RECONCILIATION, RECONCILIATION_BREAKS};
use crate::reference::Reference;
use crate::registered::{REGISTERED, REGISTERED_ANY, registered_batch};

/// A window or reading that was found.
struct Found {
    row: usize,
    verdict: Verdict,
    value: Option<Number>,
}

/// Runs an entry on a case; no failures when it finds what the case expects and nothing else.
pub(crate) fn run(
    entry: Entry<'_>,
    case: &Case,
    references: &[Reference],
) -> Result<Vec<CaseFailure>, QueryError> {
    let session = session(case, references)?;
    let (rows, verdicts) = match entry {
        Entry::Rule(rule) => {
            let rows = session.run(&rule.batch_sql())?;
            let verdicts = (0..rows.len()).map(|row| verdict_of(&rows, row)).collect();
            (rows, verdicts)
        }
        Entry::Indicator(indicator) => {
            let rows = session.run(indicator.sql())?;
            let verdicts = indicator.verdicts(rows.batch())?;
            (rows, verdicts)
        }
    };
    let found: Vec<Found> = verdicts
        .into_iter()
        .enumerate()
        .map(|(row, verdict)| Found { row, verdict, value: rows.number("value", row) })
        .collect();
    Ok(compare(case, &rows, &found))
}

fn session(case: &Case, references: &[Reference]) -> Result<Session, QueryError> {
    let session = Session::new(&Options::default())?;
    for stream in STREAMS {
        let batches = case.given.get(stream.name).cloned().unwrap_or_default();
        session.register(stream.name, Table::new(model::arrow::schema(stream)).with_batches(batches))?;
    }
    for table in DERIVED {
        let rows = derived_rows(table.name, case)?;
        session.register(table.name, Table::new(table.schema()).with_batches(rows))?;
    }
    for reference in references {
        let table = Table::new(reference.schema()).with_batches([reference.rows.clone()]);
        session.register(&reference.table_name(), table)?;
    }
    Ok(session)
}

/// The rows of a derived table: those given, or what the given records come to.
fn derived_rows(table: &str, case: &Case) -> Result<Vec<RecordBatch>, QueryError> {
    let given = |name: &str| case.given.get(name).cloned().unwrap_or_default();
    match (table, days(case)) {
        (REGISTERED | REGISTERED_ANY, Some(days)) => {
            let registered = registered_batch(&given(Register::STREAM.name), days);
            Ok(vec![registered.map_err(|error| QueryError::Internal(error.to_string()))?])
        }
        (RECONCILIATION | RECONCILIATION_BREAKS, Some(days)) => {
            let reconciled = Reconciliation::of(
                &custody::Input {
                    transactions: &given(Transaction::STREAM.name),
                    statements: &given(CustodyStatement::STREAM.name),
                    accounts: &given(AccountRegister::STREAM.name),
                },
                days,
                1,
            );
            let reconciled = reconciled.map_err(|error| QueryError::Internal(error.to_string()))?;
            let is_totals = table == RECONCILIATION;
            Ok(vec![if is_totals { reconciled.totals() } else { reconciled.breaks() }])
        }
        _ => Ok(given(table)),
    }
}

/// From the first day that a case speaks of to the last.
fn days(case: &Case) -> Option<RangeInclusive<Day>> {
    let of_rows = case.given.values().flatten().flat_map(|batch| {
        let rows = Rows::new(batch.clone());
        (0..rows.len()).filter_map(|row| rows.day("day", row)).collect::<Vec<_>>()
    });
    let all: Vec<Day> = of_rows.chain(case.expect.iter().map(|expectation| expectation.day)).collect();
    Some(*all.iter().min()?..=*all.iter().max()?)
}

fn verdict_of(rows: &Rows, row: usize) -> Verdict {
    let word = rows.text("verdict", row);
    let grade = model::event::Grade::ALL.into_iter().find(|grade| Some(grade.en()) == word.as_deref());
    grade.map_or(Verdict::Undetermined, Verdict::Graded)
}

fn compare(case: &Case, rows: &Rows, found: &[Found]) -> Vec<CaseFailure> {
    let mut failures = Vec::new();
    let mut explained = vec![false; found.len()];
    let mut fail = |message: String| failures.push(CaseFailure { case: case.name.clone(), message });
    for expectation in &case.expect {
        let matching: Vec<_> =
            found.iter().enumerate().filter(|(_, found)| fits(expectation, rows, found.row)).collect();
        for (index, _) in &matching {
            if let Some(explained) = explained.get_mut(*index) {
                *explained = true;
            }
        }
        let place = place(expectation);
        match matching.as_slice() {
            [] if expectation.expected == Expected::Silent => {}
            [] => fail(format!("{place}: expected {}, found nothing", shown(expectation.expected))),
            [(_, found)] => {
                if !meets(expectation.expected, found.verdict) {
                    fail(format!(
                        "{place}: expected {}, found {} (value {})",
                        shown(expectation.expected),
                        named(found.verdict),
                        number(found.value)
                    ));
                } else if expectation.value.is_some() && expectation.value != found.value {
                    let (wanted, got) = (number(expectation.value), number(found.value));
                    fail(format!("{place}: expected the value {wanted}, found {got}"));
                }
            }
            several => fail(format!("{place}: {} rows fit; name more columns", several.len())),
        }
    }
    for (found, explained) in found.iter().zip(&explained) {
        if !explained && !meets(Expected::Silent, found.verdict) {
            let row = rows.to_json().into_iter().nth(found.row).map(Value::Object).unwrap_or_default();
            fail(format!("not expected: {} in {row}", named(found.verdict)));
        }
    }
    failures
}

fn fits(expectation: &Expectation, rows: &Rows, row: usize) -> bool {
    let institution = rows.text("institution", row);
    institution.is_none_or(|institution| institution == expectation.institution)
        && rows.day("day", row) == Some(expectation.day)
        && expectation.columns.iter().all(|(column, wanted)| match rows.json(column, row) {
            Value::String(text) => {
                let stands_for = |kind| text == pseudonym(&[kind], wanted);
                text == *wanted
                    || stands_for(PseudonymKind::Person)
                    || stands_for(PseudonymKind::Account)
                    || stands_for(PseudonymKind::Organisation)
            }
            Value::Null => wanted == "null",
            other => {
                let shown = other.to_string();
                shown == *wanted
            }
        })
}

fn meets(expected: Expected, verdict: Verdict) -> bool {
    match expected {
        Expected::Graded(grade) => verdict == Verdict::Graded(grade),
        Expected::Silent => verdict == Verdict::Graded(model::event::Grade::Green),
        Expected::Undetermined => verdict == Verdict::Undetermined,
    }
}

fn place(expectation: &Expectation) -> String {
    let columns: String =
        expectation.columns.iter().map(|(column, value)| format!(" {column}={value}")).collect();
    format!("{} {}{columns}", expectation.institution, expectation.day)
}

fn shown(expected: Expected) -> &'static str {
    match expected {
        Expected::Graded(grade) => grade.en(),
        Expected::Silent => "silence",
        Expected::Undetermined => "undetermined",
    }
}

fn named(verdict: Verdict) -> &'static str {
    verdict.grade().map_or("undetermined", model::event::Grade::en)
}

fn number(value: Option<Number>) -> String {
    value.map_or("NULL".to_owned(), |value| value.to_string())
}
