//! Random records of every stream, through every form that a record takes.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helper may panic")]

mod support;

use std::sync::LazyLock;

use model::canonical::{read_row, write_row};
use model::cbor::Reader;
use model::columns::Columns;
use model::read::LineReader;
use model::schema::json_schema;
use model::spec::{FieldKind, Record, StreamSpec};
use model::streams::*;
use model::time::{Day, Time};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::json_schema::violations;
use support::records::record;

fn schema_of(stream: &StreamSpec) -> &'static Value {
    static SCHEMAS: LazyLock<Vec<Value>> =
        LazyLock::new(|| STREAMS.iter().map(|stream| json_schema(stream)).collect());
    &SCHEMAS[STREAMS.iter().position(|other| *other == stream).unwrap()]
}

/// Reads a line received at the end of the year 2200's first day, after every random time.
fn read(stream: &'static StreamSpec, line: &str) -> Columns {
    let mut columns = Columns::new(stream.fields);
    let received_at = Time::start_of(Day::from_ymd(2200, 1, 2).unwrap());
    LineReader::new(stream, received_at)
        .read(line.as_bytes(), &mut columns)
        .unwrap_or_else(|faults| panic!("{} {line}\n{faults:?}", stream.name));
    columns
}

/// The line again, after a way through the Rust type of its stream.
fn through_its_type(stream: &'static StreamSpec, line: &str) -> String {
    fn through<R: Record + serde::de::DeserializeOwned>(line: &str) -> String {
        let record: R = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}\n{error}"));
        serde_json::to_string(&record).unwrap()
    }
    macro_rules! dispatch {
        ($($record:ident)*) => {
            match stream {
                $(stream if stream == $record::STREAM => through::<$record>(line),)*
                other => panic!("{} has no type here", other.name),
            }
        };
    }
    dispatch!(Transaction Project BusinessDaily OperationsDaily CustodyStatement Disclosure MajorEvent
        RelatedPartyDeal KycCheck DualRecording Register RectificationPlan
        Claim Product Policy AccountRegister)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_canonical_form_is_read_again((stream, record) in record()) {
        let columns = read(stream, &Value::Object(record).to_string());
        let mut bytes = Vec::new();
        write_row(&columns, 0, &mut bytes);
        let mut again = Columns::new(stream.fields);
        let mut reader = Reader(&bytes);
        read_row(&mut reader, &mut again).unwrap();
        reader.end().unwrap();
        prop_assert_eq!(&again, &columns);
        let mut bytes_again = Vec::new();
        write_row(&again, 0, &mut bytes_again);
        prop_assert_eq!(bytes_again, bytes);
    }

    #[test]
    fn the_rust_type_writes_what_the_reader_reads((stream, record) in record()) {
        let line = Value::Object(record).to_string();
        let columns = read(stream, &line);
        prop_assert_eq!(read(stream, &through_its_type(stream, &line)), columns);
    }

    #[test]
    fn the_order_of_the_fields_says_nothing((stream, record) in record(), turn in 0usize..40) {
        let columns = read(stream, &Value::Object(record.clone()).to_string());
        let mut fields: Vec<_> = record.into_iter().collect();
        let middle = turn % fields.len();
        fields.rotate_left(middle);
        fields.reverse();
        let line = Value::Object(fields.into_iter().collect()).to_string();
        prop_assert_eq!(read(stream, &line), columns);
    }

    #[test]
    fn what_is_accepted_fits_the_schema((stream, record) in record()) {
        let record = Value::Object(record);
        read(stream, &record.to_string());
        prop_assert_eq!(violations(schema_of(stream), &record), Vec::<String>::new());
    }

    /// The canonical reader sees bytes from the ledger only, yet must not trust them.
    #[test]
    fn the_canonical_reader_bears_any_change((stream, record) in record(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let columns = read(stream, &Value::Object(record).to_string());
        let mut bytes = Vec::new();
        write_row(&columns, 0, &mut bytes);
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let mut again = Columns::new(stream.fields);
        let mut reader = Reader(&bytes);
        if read_row(&mut reader, &mut again).is_ok() && reader.end().is_ok() {
            let mut bytes_again = Vec::new();
            write_row(&again, 0, &mut bytes_again);
            prop_assert_eq!(bytes_again, bytes, "two forms of one record");
        }
    }
}

/// Texts near what a value may be, so that both sides of each border are met.
fn text_near_a_value() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[0-9]{0,17}(\\.[0-9]{0,7})?",
        "-?0{0,3}10{15}(\\.0{0,3})?",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "20[0-9]{2}-0[0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,7})?(Z|[+-][0-2][0-9]:[0-6][0-9])",
        "[paox][12]:[0-9a-g]{29,31}",
        "[0-9A-Z]{17,21}",
        "\\PC{0,70}",
        "[ -~]{60,70}",
    ]
}

static EXAMPLES: LazyLock<Vec<(&str, Value)>> = LazyLock::new(|| {
    STREAMS.iter().map(|stream| (stream.name, model::schema::example_records(stream).remove(0))).collect()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// A text is accepted by the reader exactly when it fits the schema, but for what a schema
    /// cannot say: days that a month has not, the form of network addresses, check digits of an
    /// LEI, texts counted in bytes. The reader also forgives the zero with a minus.
    #[test]
    fn reader_and_schema_agree_on_texts(text in text_near_a_value()) {
        for stream in STREAMS {
            let base = &EXAMPLES.iter().find(|(name, _)| *name == stream.name).unwrap().1;
            for field in stream.fields {
                let mut record = base.clone();
                record[field.name] = json!(text);
                let fits = violations(&schema_of(stream)["properties"][field.name], &record[field.name]).is_empty();
                let found = model::guide::try_line(stream, record.to_string().as_bytes()).err().unwrap_or_default();
                let pointer = format!("/{}", field.name);
                use model::fault::FaultCode::{AbsurdDate, Inconsistent, InFuture, NotPositive};
                let is_read = !found.iter().any(|fault| {
                    fault.pointer == pointer
                        && ![AbsurdDate, Inconsistent, InFuture, NotPositive].contains(&fault.code)
                });
                match field.kind {
                    FieldKind::Ip | FieldKind::Date | FieldKind::Time | FieldKind::Institution | FieldKind::Text(_) => {
                        prop_assert!(fits || !is_read, "{} {text:?} is read but does not fit", field.name);
                    }
                    FieldKind::Money { signed: false } | FieldKind::Percent { .. } if text.starts_with('-') => {
                        prop_assert!(!fits);
                    }
                    _ => prop_assert_eq!(fits, is_read, "{} {:?}", field.name, text),
                }
            }
        }
    }
}
