//! Reconciliations from lines that a reader can follow, and back.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, reason = "helpers; each test binary uses a part")]

use custody::{Input, Reconciliation};
use model::arrow::to_batch;
use model::columns::{Column, Columns};
use model::money::Fen;
use model::spec::{FieldKind, Record, StreamSpec};
use model::streams::{AccountRegister, CustodyStatement, Transaction};
use model::time::{Day, MICROS_PER_DAY, Time};
use query::{RecordBatch, Rows};

/// Days are written as the day of March 2026.
pub(crate) fn day(of_march: i32) -> Day {
    Day::from_ymd(2026, 3, 1).unwrap().plus(of_march - 1)
}

/// Accounts are written as one letter.
pub(crate) fn account(letter: &str) -> u128 {
    u128::from(b'a') << 120 | u128::from(letter.as_bytes()[0])
}

/// Rows of the three streams as they stand in the ledger, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filed {
    pub(crate) transactions: Vec<RecordBatch>,
    pub(crate) statements: Vec<RecordBatch>,
    pub(crate) accounts: Vec<RecordBatch>,
    pub(crate) position: u64,
}

type Field<'a> = (&'a str, &'a str);

fn put(column: &mut Column, kind: FieldKind, value: &str) {
    let fits = match kind {
        FieldKind::Money { .. } => column.push_long(Fen::parse(value).unwrap().0),
        FieldKind::Date => column.push_date(day(value.parse().unwrap()).0),
        FieldKind::Time => {
            // Day and hour, as in 2.5 for the second day at five o'clock.
            let (on, hour) = value.split_once('.').unwrap_or((value, "12"));
            let hour: i64 = hour.parse().unwrap();
            column.push_long(Time::start_of(day(on.parse().unwrap())).0 + hour * MICROS_PER_DAY / 24)
        }
        FieldKind::Code(list) => column.push_byte(list.number_of(value).unwrap()),
        FieldKind::Pseudonym(_) => column.push_wide(account(value)),
        _ => column.push_text(value),
    };
    assert!(fits, "{value}");
}

impl Filed {
    fn row(&mut self, stream: &'static StreamSpec, institution: &str, fields: &[Field<'_>]) -> RecordBatch {
        let mut columns = Columns::new(stream.fields);
        for (name, value) in fields.iter().filter(|(_, value)| *value != "-") {
            let index = stream.field_index(name).unwrap();
            put(columns.column_mut(index).unwrap(), stream.fields[index].kind, value);
        }
        columns.end_row();
        self.position += 1;
        to_batch(stream, institution, columns, vec![self.position - 1]).unwrap()
    }

    /// Files one line; positions count from 0:
    /// ```text
    /// account P C custody B 1 -            account of P, purpose, bank, first and last day
    /// moved P t1 2.9 A C 100.00            transaction of P: id, day.hour, payer, payee, amount
    /// states B P C 2.9 flow 100.00 t1      line of B about P: account, day.hour, kind, amount, id
    /// ```
    /// A dash is NULL.
    pub(crate) fn file(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["account", platform, account, purpose, bank, from, to] => {
                let fields = [
                    ("id", account),
                    ("account", account),
                    ("purpose", purpose),
                    ("bank", bank),
                    ("effective_from", from),
                    ("effective_to", to),
                ];
                let row = self.row(AccountRegister::STREAM, platform, &fields);
                self.accounts.push(row);
            }
            ["moved", platform, id, time, payer, payee, amount] => {
                let fields = [
                    ("id", id),
                    ("time", time),
                    ("user", "u"),
                    ("payer_account", payer),
                    ("payee_account", payee),
                    ("amount", amount),
                    ("kind", "lending"),
                    ("direction", "out"),
                ];
                let row = self.row(Transaction::STREAM, platform, &fields);
                self.transactions.push(row);
            }
            ["states", bank, platform, account, time, kind, amount, id] => {
                let own = format!("s{}", self.position);
                let fields = [
                    ("id", own.as_str()),
                    ("time", time),
                    ("platform", platform),
                    ("account", account),
                    ("kind", kind),
                    ("amount", amount),
                    ("transaction", id),
                ];
                let row = self.row(CustodyStatement::STREAM, bank, &fields);
                self.statements.push(row);
            }
            _ => panic!("cannot read: {line}"),
        }
    }

    pub(crate) fn all(lines: &str) -> Self {
        let mut filed = Self::default();
        lines.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| filed.file(line));
        filed
    }

    pub(crate) fn reconcile(&self, days: std::ops::RangeInclusive<i32>, threads: usize) -> Reconciliation {
        let input = Input {
            transactions: &self.transactions,
            statements: &self.statements,
            accounts: &self.accounts,
        };
        Reconciliation::of(&input, day(*days.start())..=day(*days.end()), threads).unwrap()
    }
}

/// A column as a word; a dash for NULL.
fn word(rows: &Rows, column: &str, row: usize) -> String {
    match column {
        "account" => rows.pseudonym(column, row).map(|account| char::from(account.0 as u8).to_string()),
        "day" => rows.day(column, row).map(|on| (on.0 - day(1).0 + 1).to_string()),
        _ => match rows.json(column, row) {
            value if value.is_null() => None,
            value => Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
        },
    }
    .unwrap_or_else(|| "-".to_owned())
}

/// One line for each row of the totals: platform, day, bank and account, then what is neither
/// zero nor NULL.
pub(crate) fn totals(reconciliation: &Reconciliation) -> Vec<String> {
    let rows = Rows::new(reconciliation.totals());
    let line = |row| {
        let key = ["institution", "day", "bank", "account"].map(|column| word(&rows, column, row)).join(" ");
        let stated = if word(&rows, "stated", row) == "true" { "" } else { " not_stated" };
        let columns = rows.schema();
        let rest =
            columns.fields().iter().skip(5).map(|field| (field.name(), word(&rows, field.name(), row)));
        let rest: Vec<String> = rest
            .filter(|(name, value)| {
                value != "-" && (value != "0" && value != "0.00" || name.ends_with("_gap"))
            })
            .map(|(name, value)| format!(" {name}={value}"))
            .collect();
        format!("{key}{stated}{}", rest.concat())
    };
    (0..rows.len()).map(line).collect()
}

/// One line for each break: kind, platform, day, bank, account, transaction, the platform's
/// amount and position, the bank's.
pub(crate) fn breaks(reconciliation: &Reconciliation) -> Vec<String> {
    let rows = Rows::new(reconciliation.breaks());
    let columns = [
        "kind",
        "institution",
        "day",
        "bank",
        "account",
        "transaction",
        "platform_amount",
        "platform_position",
        "bank_amount",
        "bank_position",
    ];
    (0..rows.len()).map(|row| columns.map(|column| word(&rows, column, row)).join(" ")).collect()
}
