//! Random records of every stream, through every form that a record takes.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helper may panic")]

mod support;

use std::sync::LazyLock;

use model::canonical::{read_row, write_row};
use model::cbor::Reader;
use model::checks::{Relation, relations};
use model::columns::Columns;
use model::field_types::COUNT_MAX;
use model::institution::InstitutionId;
use model::money::{AMOUNT_FEN_MAX, Fen, Percent};
use model::pseudonym::Pseudonym;
use model::read::LineReader;
use model::schema::json_schema;
use model::spec::{FieldKind, FieldSpec, Record, StreamSpec};
use model::streams::*;
use model::time::{Day, Time};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use support::json_schema::violations;

/// A random value of a field, as on the wire.
fn value(kind: FieldKind) -> BoxedStrategy<Value> {
    match kind {
        FieldKind::Id => "[!-~]{1,64}".prop_map(Value::from).boxed(),
        FieldKind::Text(bytes_max) => "\\PC{0,60}"
            .prop_filter("too long", move |text: &String| text.len() <= usize::from(bytes_max))
            .prop_map(Value::from)
            .boxed(),
        FieldKind::Code(list) => {
            (0..list.items.len()).prop_map(|index| json!(list.items[index].code)).boxed()
        }
        FieldKind::Money { signed } => {
            let least = if signed { -AMOUNT_FEN_MAX } else { 0 };
            prop_oneof![least..=AMOUNT_FEN_MAX, 0..100_000i64, Just(AMOUNT_FEN_MAX), Just(0)]
                .prop_map(|fen| json!(Fen(fen).to_string()))
                .boxed()
        }
        FieldKind::Percent { .. } => prop_oneof![0..=Percent::MAX, 0..100_000_000i64, Just(Percent::MAX)]
            .prop_map(|rate| json!(Percent(rate).to_string()))
            .boxed(),
        FieldKind::Count => {
            prop_oneof![0..=COUNT_MAX, 0..100u64, Just(COUNT_MAX)].prop_map(Value::from).boxed()
        }
        // 1990-01-01 to 2199-12-31.
        FieldKind::Date => (7305..84_005i32).prop_map(|day| json!(Day(day).to_string())).boxed(),
        FieldKind::Time => (7305..84_005i64, 0..86_400_000_000i64, any::<bool>())
            .prop_map(|(day, micros, whole)| {
                let micros = if whole { micros / 1_000_000 * 1_000_000 } else { micros };
                json!(Time(day * 86_400_000_000 + micros).to_string())
            })
            .boxed(),
        FieldKind::Flag => any::<bool>().prop_map(Value::from).boxed(),
        FieldKind::Pseudonym(kinds) => (select(kinds), any::<u128>())
            .prop_map(|(kind, hash)| json!(Pseudonym(u128::from(kind as u8) << 120 | hash >> 8).to_string()))
            .boxed(),
        FieldKind::Ip => any::<std::net::IpAddr>().prop_map(|address| json!(address.to_string())).boxed(),
        FieldKind::Institution => prop_oneof![
            (0..1_000_000_000u32).prop_map(|serial| json!(InstitutionId::synthetic(serial))),
            Just(json!("5493001KJTIIGC8Y1R12")),
        ]
        .boxed(),
        FieldKind::Digest => "[0-9a-f]{64}".prop_map(Value::from).boxed(),
        FieldKind::List(fields) => proptest::collection::vec(object(fields), 0..4)
            .prop_map(|items| items.into_iter().map(Value::Object).collect())
            .boxed(),
    }
}

/// A random object with these fields; optional ones are given, null, or left out.
fn object(fields: &'static [FieldSpec]) -> BoxedStrategy<Map<String, Value>> {
    let members: Vec<_> = fields
        .iter()
        .map(|field| {
            let given = value(field.kind).prop_map(move |value| Some((field.name.to_owned(), value)));
            if field.required {
                given.boxed()
            } else {
                prop_oneof![3 => given, 1 => Just(Some((field.name.to_owned(), Value::Null))), 2 => Just(None)].boxed()
            }
        })
        .collect();
    members.prop_map(|members| members.into_iter().flatten().collect()).boxed()
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => model::money::parse_scaled(text, Percent::DECIMALS, Percent::MAX)
            .or_else(|_| model::money::parse_scaled(text, Fen::DECIMALS, AMOUNT_FEN_MAX))
            .ok(),
        _ => None,
    }
}

fn schema_of(stream: &StreamSpec) -> &'static Value {
    static SCHEMAS: LazyLock<Vec<Value>> =
        LazyLock::new(|| STREAMS.iter().map(|stream| json_schema(stream)).collect());
    &SCHEMAS[STREAMS.iter().position(|other| *other == stream).unwrap()]
}

/// Makes the fields agree as the standard wants it.
fn reconcile(stream: &StreamSpec, mut record: Map<String, Value>) -> Map<String, Value> {
    let kind = |name: &str| stream.fields[stream.field_index(name).unwrap()].kind;
    for relation in relations(stream.name) {
        match *relation {
            Relation::Positive(name) => {
                if number(&record[name]) == Some(0) {
                    record[name] = if kind(name) == FieldKind::Count { json!(1) } else { json!("0.01") };
                }
            }
            Relation::AtMost(small, large) => {
                if record.get(small).is_some_and(|value| !value.is_null())
                    && let Some(most) = record.get(large).filter(|value| !value.is_null()).cloned()
                {
                    // Nothing, or just as much: both lie within the bound, whatever it is.
                    let nothing = if kind(small) == FieldKind::Count { json!(0) } else { json!("0") };
                    let is_even = number(&most).is_some_and(|most| most % 2 == 0);
                    record[small] = if is_even { most } else { nothing };
                }
            }
            Relation::Differ(left, right) => {
                if record.get(left) == record.get(right) {
                    record.remove(right);
                }
            }
            Relation::OneOf(left, right) => {
                if [left, right].iter().all(|name| record.get(*name).is_none_or(Value::is_null)) {
                    let FieldKind::Code(list) = kind(left) else { panic!("{left} is no code") };
                    record.insert(left.to_owned(), json!(list.items[0].code));
                }
            }
        }
    }
    record
}

/// A random record of a random stream.
fn record() -> impl Strategy<Value = (&'static StreamSpec, Map<String, Value>)> {
    select(STREAMS).prop_flat_map(|stream| {
        object(stream.fields).prop_map(move |record| (stream, reconcile(stream, record)))
    })
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
        RelatedPartyDeal KycCheck DualRecording Register RectificationPlan)
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
