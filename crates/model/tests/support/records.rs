//! Random records of every stream.

use model::checks::{Relation, relations};
use model::field_types::COUNT_MAX;
use model::institution::InstitutionId;
use model::money::{AMOUNT_FEN_MAX, Fen, Percent};
use model::pseudonym::Pseudonym;
use model::spec::{FieldKind, FieldSpec, StreamSpec};
use model::streams::STREAMS;
use model::time::{Day, Time};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

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
            Relation::JustWhere(name, of, codes) => {
                if !codes.iter().any(|code| record[of] == *code) {
                    record.remove(name);
                } else if record.get(name).is_none_or(Value::is_null) {
                    record.insert(name.to_owned(), json!("2026-03-02"));
                }
            }
        }
    }
    record
}

/// A random record of a random stream.
pub(crate) fn record() -> impl Strategy<Value = (&'static StreamSpec, Map<String, Value>)> {
    select(STREAMS).prop_flat_map(|stream| {
        object(stream.fields).prop_map(move |record| (stream, reconcile(stream, record)))
    })
}
