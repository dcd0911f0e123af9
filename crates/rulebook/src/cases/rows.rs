//! Given records, from the short form of a case to batches.

use std::collections::BTreeMap;

use model::arrow::to_batch;
use model::checks::{Relation, relations};
use model::columns::Columns;
use model::event::{Grade, Medium};
use model::pseudonym::{Pseudonym, PseudonymKind};
use model::read::LineReader;
use model::spec::{FieldKind, FieldSpec, StreamSpec};
use model::streams::{self, LineOfBusiness};
use model::time::{Day, Time};
use serde_json::{Map, Value, json};
use serde_saphyr::Spanned;
use sha2::{Digest, Sha256};

use super::{CaseTables, DEFAULT_INSTITUTION};
use crate::call_ups::{CALL_UPS, CalledUp, call_ups_batch};
use crate::derived::{GRADES, grades_batch};
use crate::obligations::{OBLIGATIONS, Obligation, ObligationStatus, obligations_batch};
use crate::yaml::Reader;

type RawRows = Vec<Spanned<Map<String, Value>>>;

/// The most records that `repeat` may make of one.
const REPEAT_MAX: u64 = 10_000;
const NOON_SECONDS: i64 = 12 * 3600;

pub(super) fn tables(reader: &mut Reader<'_>, given: BTreeMap<String, RawRows>) -> CaseTables {
    let mut tables = CaseTables::new();
    for (name, rows) in given {
        if name == GRADES {
            let grades: Vec<_> = rows.iter().filter_map(|row| grade(reader, row)).collect();
            let rows = grades.iter().map(|(institution, day, grade)| (institution.as_str(), *day, *grade));
            if let Ok(batch) = grades_batch(rows) {
                tables.insert(name, vec![batch]);
            }
            continue;
        }
        if name == OBLIGATIONS {
            let obligations: Vec<_> = rows.iter().filter_map(|row| obligation(reader, row)).collect();
            if let Ok(batch) = obligations_batch(&obligations) {
                tables.insert(name, vec![batch]);
            }
            continue;
        }
        if name == CALL_UPS {
            let numbered = rows.iter().zip(0..);
            let called: Vec<_> =
                numbered.filter_map(|(row, position)| called_up(reader, row, position)).collect();
            if let Ok(batch) = call_ups_batch(&called) {
                tables.insert(name, vec![batch]);
            }
            continue;
        }
        match streams::stream(&name) {
            Some(stream) => {
                tables.insert(name, batches(reader, stream, rows));
            }
            None => {
                let message = format!("there is no stream \"{name}\"");
                match rows.first() {
                    Some(row) => reader.fault(row, message),
                    None => continue,
                };
            }
        }
    }
    tables
}

fn batches(reader: &mut Reader<'_>, stream: &'static StreamSpec, rows: RawRows) -> Vec<query::RecordBatch> {
    // Cases may lie in any year; what a filing must not, be later than its receipt, is not at
    // stake here.
    let lines = LineReader::new(stream, Time::start_of(Day(80_000)));
    let mut by_institution: BTreeMap<String, (Columns, Vec<u64>)> = BTreeMap::new();
    let mut position = 0;
    for row in rows {
        let mut fields = row.value.clone();
        let institution = take_text(&mut fields, "institution").unwrap_or(DEFAULT_INSTITUTION.to_owned());
        let repeat = fields.shift_remove("repeat").map_or(Some(1), |value| value.as_u64());
        let Some(repeat) = repeat.filter(|repeat| (1..=REPEAT_MAX).contains(repeat)) else {
            reader.fault(&row, format!("\"repeat\" is a number from 1 to {REPEAT_MAX}"));
            continue;
        };
        let day = take_text(&mut fields, "day").and_then(|text| Day::parse(&text).ok());
        let target =
            by_institution.entry(institution).or_insert_with(|| (Columns::new(stream.fields), Vec::new()));
        for _ in 0..repeat {
            let filled = fill(stream, fields.clone(), day, position);
            if let Err(faults) = lines.read(Value::Object(filled).to_string().as_bytes(), &mut target.0) {
                let details: Vec<_> = faults.iter().map(|fault| fault.detail.as_str()).collect();
                reader.fault(&row, details.join(" ").trim_end_matches('.').to_owned());
                break;
            }
            target.1.push(position);
            position += 1;
        }
    }
    by_institution
        .into_iter()
        .filter_map(|(institution, (columns, positions))| {
            to_batch(stream, &institution, columns, positions).ok()
        })
        .collect()
}

fn take_text(fields: &mut Map<String, Value>, name: &str) -> Option<String> {
    match fields.shift_remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// The wire form of a record, with what was left out.
fn fill(
    stream: &'static StreamSpec,
    mut fields: Map<String, Value>,
    day: Option<Day>,
    position: u64,
) -> Map<String, Value> {
    for (index, field) in stream.fields.iter().enumerate() {
        match fields.get(field.name) {
            Some(value) => {
                let mut value = value.clone();
                name_pseudonyms(field.kind, &mut value);
                fields.insert(field.name.to_owned(), value);
            }
            None if field.required || index == stream.event_time => {
                if let Some(value) = default(field, day, position) {
                    fields.insert(field.name.to_owned(), value);
                }
            }
            None => {}
        }
    }
    for relation in relations(stream.name) {
        let Relation::JustWhere(name, of, codes) = relation else { continue };
        let is_wanted = fields.get(*of).is_some_and(|code| codes.iter().any(|wanted| code == wanted));
        let spec = stream.fields.iter().find(|field| field.name == *name);
        if is_wanted
            && !fields.contains_key(*name)
            && let Some(value) = spec.and_then(|field| default(field, day, position))
        {
            fields.insert((*name).to_owned(), value);
        }
    }
    fields
}

/// Puts pseudonyms where words stand for them, in lists too.
fn name_pseudonyms(kind: FieldKind, value: &mut Value) {
    match (kind, value) {
        (FieldKind::Pseudonym(kinds), Value::String(word)) => *word = pseudonym(kinds, word),
        (FieldKind::List(fields), Value::Array(items)) => {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                for field in fields {
                    if let Some(value) = item.get_mut(field.name) {
                        name_pseudonyms(field.kind, value);
                    }
                }
            }
        }
        _ => {}
    }
}

fn default(field: &FieldSpec, day: Option<Day>, position: u64) -> Option<Value> {
    Some(match field.kind {
        FieldKind::Id => json!(format!("case-{position}")),
        FieldKind::Text(_) => json!("text"),
        FieldKind::Code(list) => json!(list.items.first()?.code),
        FieldKind::Money { .. } => json!("1.00"),
        FieldKind::Percent { .. } => json!("1"),
        FieldKind::Count => json!(0),
        FieldKind::Date => json!(day?.to_string()),
        FieldKind::Time => json!(Time::start_of(day?).plus_seconds(NOON_SECONDS).to_string()),
        FieldKind::Flag => json!(false),
        FieldKind::Pseudonym(kinds) => json!(pseudonym(kinds, "someone")),
        FieldKind::Ip => json!("192.0.2.1"),
        FieldKind::Institution => json!("91110000100000000X"),
        FieldKind::Digest => json!("0".repeat(64)),
        FieldKind::List(_) => json!([]),
    })
}

/// The pseudonym that a word stands for; a pseudonym stands for itself.
pub(super) fn pseudonym(kinds: &[PseudonymKind], word: &str) -> String {
    if Pseudonym::parse(word).is_ok() {
        return word.to_owned();
    }
    let kind = kinds.first().copied().unwrap_or(PseudonymKind::Person) as u8;
    let digest = Sha256::digest([&[kind], word.as_bytes()].concat());
    let hash = digest.iter().take(15).fold(0u128, |value, byte| value << 8 | u128::from(*byte));
    Pseudonym(u128::from(kind) << 120 | hash).to_string()
}

fn obligation(reader: &mut Reader<'_>, row: &Spanned<Map<String, Value>>) -> Option<Obligation> {
    const KEYS: &[&str] = &["institution", "day", "line", "stream", "due_at", "filed_at", "status"];
    if let Some(unknown) = row.value.keys().find(|key| !KEYS.contains(&key.as_str())) {
        reader.fault(row, format!("an obligation has no \"{unknown}\"")).help =
            Some(format!("it has: {}", KEYS.join(", ")));
        return None;
    }
    let text = |name: &str| row.value.get(name).and_then(Value::as_str);
    let time = |name: &str| text(name).and_then(|text| Time::parse(text).ok());
    let status = ObligationStatus::ALL.iter().find(|status| text("status") == Some(status.code()));
    let day = text("day").and_then(|text| Day::parse(text).ok());
    let line = LineOfBusiness::from_code(text("line").unwrap_or("p2p"));
    let (Some(status), Some(day), Some(line)) = (status, day, line) else {
        reader.fault(row, "an obligation has a day, a line of business and a status");
        return None;
    };
    Some(Obligation {
        institution: text("institution").unwrap_or(DEFAULT_INSTITUTION).to_owned(),
        day,
        line,
        stream: text("stream").unwrap_or("business_daily").to_owned(),
        due_at: time("due_at").unwrap_or(Time::start_of(day.plus(1)).plus_seconds(NOON_SECONDS)),
        filed_at: time("filed_at"),
        status: *status,
    })
}

/// A call-up: asked for at noon of its day, due a day later, if nothing else is said.
fn called_up(reader: &mut Reader<'_>, row: &Spanned<Map<String, Value>>, position: u64) -> Option<CalledUp> {
    const KEYS: &[&str] =
        &["institution", "day", "policy", "medium", "asked_at", "due_at", "answered_at", "hash_matches"];
    if let Some(unknown) = row.value.keys().find(|key| !KEYS.contains(&key.as_str())) {
        reader.fault(row, format!("a call-up has no \"{unknown}\"")).help =
            Some(format!("it has: {}", KEYS.join(", ")));
        return None;
    }
    let text = |name: &str| row.value.get(name).and_then(Value::as_str);
    let absent = |name: &str| row.value.get(name).is_none_or(Value::is_null);
    let time = |name: &str| text(name).and_then(|text| Time::parse(text).ok());
    for name in ["asked_at", "due_at", "answered_at"] {
        if !absent(name) && time(name).is_none() {
            reader.fault(row, format!("\"{name}\" is not a time such as 2026-03-01T09:30:00+08:00"));
            return None;
        }
    }
    let hash_matches = row.value.get("hash_matches").and_then(Value::as_bool);
    let medium = Medium::ALL.into_iter().find(|medium| text("medium") == Some(medium.code()));
    let day = text("day").and_then(|text| Day::parse(text).ok());
    let (Some(day), Some(policy), Some(medium), true) =
        (day, text("policy"), medium, absent("hash_matches") || hash_matches.is_some())
    else {
        reader.fault(
            row,
            "a call-up has a day, a policy, a medium (sound or picture), and true or false as hash_matches",
        );
        return None;
    };
    let asked_at = time("asked_at").unwrap_or(Time::start_of(day).plus_seconds(NOON_SECONDS));
    if asked_at.day() != day {
        reader.fault(row, "a call-up's day is the one on which it was asked for");
        return None;
    }
    Some(CalledUp {
        institution: text("institution").unwrap_or(DEFAULT_INSTITUTION).to_owned(),
        policy: policy.to_owned(),
        medium,
        asked_at,
        due_at: time("due_at").unwrap_or(asked_at.plus_seconds(24 * 3600)),
        answered_at: time("answered_at"),
        hash_matches,
        position,
    })
}

fn grade(reader: &mut Reader<'_>, row: &Spanned<Map<String, Value>>) -> Option<(String, Day, Grade)> {
    const KEYS: &[&str] = &["institution", "day", "grade"];
    let unknown = row.value.keys().find(|key| !KEYS.contains(&key.as_str()));
    let text = |name: &str| row.value.get(name).and_then(Value::as_str);
    let grade = Grade::ALL.into_iter().find(|grade| text("grade") == Some(grade.en()));
    let day = text("day").and_then(|text| Day::parse(text).ok());
    let (None, Some(day), Some(grade)) = (unknown, day, grade) else {
        reader.fault(
            row,
            "a grade has a day, a grade from green to red, and an institution if it is not the usual",
        );
        return None;
    };
    Some((text("institution").unwrap_or(DEFAULT_INSTITUTION).to_owned(), day, grade))
}
