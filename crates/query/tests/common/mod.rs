//! Records to query.
#![allow(dead_code, reason = "each test binary uses a part")]

use model::arrow::{schema, to_batch};
use model::columns::Columns;
use model::read::LineReader;
use model::spec::{Record, StreamSpec};
use model::streams::{BusinessDaily, Transaction};
use model::time::Time;
use query::{RecordBatch, SchemaRef};

pub(crate) fn transactions() -> SchemaRef {
    schema(Transaction::STREAM)
}

pub(crate) fn business() -> SchemaRef {
    schema(BusinessDaily::STREAM)
}

/// Lines in the wire form as one batch of an institution; positions count from `first`.
pub(crate) fn batch(
    stream: &'static StreamSpec,
    institution: &str,
    first: u64,
    lines: &[String],
) -> RecordBatch {
    let reader = LineReader::new(stream, Time::parse("2030-01-01T00:00:00+08:00").unwrap());
    let mut columns = Columns::new(stream.fields);
    for line in lines {
        reader.read(line.as_bytes(), &mut columns).unwrap_or_else(|faults| panic!("{faults:?}"));
    }
    let positions = (first..first + lines.len() as u64).collect();
    to_batch(stream, institution, columns, positions).unwrap()
}

pub(crate) fn transaction(id: usize, time: &str, user: u32, amount: &str, channel: Option<&str>) -> String {
    let channel = channel.map(|code| format!(r#","channel":"{code}""#)).unwrap_or_default();
    format!(
        r#"{{"id":"t{id}","time":"{time}","user":"p1:{user:030x}","amount":"{amount}","kind":"lending","direction":"out"{channel}}}"#
    )
}

/// Four transactions: two on 1 March, one each on 2 and 3 March, with and without a channel.
pub(crate) fn four() -> RecordBatch {
    let lines = [
        transaction(1, "2024-03-01T09:00:00+08:00", 1, "0.10", Some("app")),
        transaction(2, "2024-03-01T23:59:59+08:00", 1, "50000.00", None),
        transaction(3, "2024-03-02T00:00:00+08:00", 2, "123.45", Some("web")),
        transaction(4, "2024-03-03T12:00:00+08:00", 2, "7", Some("app")),
    ];
    batch(Transaction::STREAM, "institution-a", 10, &lines)
}
