//! As much of JSON Schema (2020-12) as the schemas of the standard use. A keyword that is not
//! known here fails, so that none goes unchecked. (The `jsonschema` crate would do the same, but
//! asks for features that compile the SQL engine a second time.)

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;
use serde_json::Value;

/// Keywords that only describe.
const ANNOTATIONS: [&str; 7] =
    ["$schema", "$id", "title", "description", "examples", "format", "additionalProperties"];

/// Where and why a value does not fit a schema, one sentence each.
pub(crate) fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, value, "", &mut found);
    found
}

fn check(schema: &Value, value: &Value, pointer: &str, found: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().expect("a schema is an object") {
        if !fits(schema, keyword, wanted, value, pointer, found) {
            found.push(format!("{pointer} {value} does not fit {keyword} {wanted}"));
        }
    }
}

fn fits(
    schema: &Value,
    keyword: &str,
    wanted: &Value,
    value: &Value,
    pointer: &str,
    found: &mut Vec<String>,
) -> bool {
    match keyword {
        "type" => match wanted {
            Value::Array(types) => types.iter().any(|one| has_type(one, value)),
            one => has_type(one, value),
        },
        "enum" => wanted.as_array().unwrap().contains(value),
        "pattern" => value.as_str().is_none_or(|text| pattern(wanted.as_str().unwrap()).is_match(text)),
        "maxLength" => {
            value.as_str().is_none_or(|text| text.chars().count() as u64 <= wanted.as_u64().unwrap())
        }
        "minimum" => value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|number| number <= wanted.as_f64().unwrap()),
        "maxItems" => value.as_array().is_none_or(|list| list.len() as u64 <= wanted.as_u64().unwrap()),
        "items" => {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                check(wanted, item, &format!("{pointer}/{index}"), found);
            }
            true
        }
        "required" => value.as_object().is_none_or(|object| {
            wanted.as_array().unwrap().iter().all(|name| object.contains_key(name.as_str().unwrap()))
        }),
        "properties" => {
            for (name, value) in value.as_object().into_iter().flatten() {
                match wanted.get(name) {
                    Some(schema) => check(schema, value, &format!("{pointer}/{name}"), found),
                    None if schema["additionalProperties"] == false => {
                        found.push(format!("{pointer}/{name} is not a property"));
                    }
                    None => {}
                }
            }
            true
        }
        // Formats describe only (§7.2.1), so each of these fits.
        "anyOf" => wanted.as_array().unwrap().iter().any(|one| violations(one, value).is_empty()),
        _ => {
            assert!(ANNOTATIONS.contains(&keyword) || keyword.starts_with("x-"), "unknown keyword {keyword}");
            true
        }
    }
}

/// A compiled pattern; each is compiled once, the schemas use some twenty.
fn pattern(text: &str) -> Regex {
    thread_local!(static PATTERNS: RefCell<HashMap<String, Regex>> = RefCell::default());
    PATTERNS.with_borrow_mut(|patterns| {
        patterns.entry(text.to_owned()).or_insert_with(|| Regex::new(text).unwrap()).clone()
    })
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    match wanted.as_str().unwrap() {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => panic!("unknown type {other}"),
    }
}
