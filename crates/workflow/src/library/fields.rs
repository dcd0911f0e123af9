//! 填写项: what a person fills in when proposing a measure, checked against what the library asks
//! for, and the texts that are filled with it.

use std::collections::{BTreeMap, BTreeSet};

use model::money::Fen;
use model::text::Text;
use model::time::Day;
use serde::{Deserialize, Serialize};

use super::form::FieldKind;
use crate::life::Word as _;

/// Characters of one value at most.
const VALUE_CHARS_MAX: usize = 4000;
/// Items of a list, or rows of a table, at most.
const ITEMS_MAX: usize = 1000;

/// What somebody filled in, by the name of the field.
pub type Filled = BTreeMap<String, FieldValue>;

/// A value that was filled in. A date is written `2026-11-24`, an amount in yuan as `"1234.50"`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// A text, a date or an amount.
    Text(String),
    /// Several texts.
    List(Vec<String>),
    /// Rows: each names its columns.
    Table(Vec<BTreeMap<String, String>>),
}

/// A field of a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name in placeholders and in what is filled in.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Whether a proposal without it is refused.
    #[serde(default)]
    pub required: bool,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// The columns of a table; a table without them takes any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
}

/// A column of a field that is a table: all rows have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds: no list and no table.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What is wrong with what was filled in: a sentence each, without a full stop.
pub(crate) fn faults(fields: &[Field], filled: &Filled) -> Vec<Text> {
    let mut faults = Vec::new();
    for field in fields {
        match filled.get(&field.name) {
            None if field.required => faults.push(Text::new(
                format!("缺少“{}”（{}）", field.zh, field.name),
                format!("\"{}\" ({}) is missing", field.en, field.name),
            )),
            None => {}
            Some(value) => {
                if let Some(wanted) = unfit(field, value) {
                    faults.push(Text::new(
                        format!("“{}”（{}）{}", field.zh, field.name, wanted.zh),
                        format!("\"{}\" ({}) {}", field.en, field.name, wanted.en),
                    ));
                }
            }
        }
    }
    let known: BTreeSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    for name in filled.keys().filter(|name| !known.contains(name.as_str())) {
        faults.push(Text::new(format!("没有“{name}”这一填写项"), format!("there is no field \"{name}\"")));
    }
    faults
}

/// What a value should be and is not.
fn unfit(field: &Field, value: &FieldValue) -> Option<Text> {
    match (field.kind, value) {
        (FieldKind::List, FieldValue::List(items)) => {
            let sound = (1..=ITEMS_MAX).contains(&items.len()) && items.iter().all(|item| is_text(item));
            (!sound).then(|| {
                Text::new(
                    format!("须列出1至{ITEMS_MAX}项，每项均不为空"),
                    format!("takes 1 to {ITEMS_MAX} items, none of them empty"),
                )
            })
        }
        (FieldKind::Table, FieldValue::Table(rows)) => unfit_rows(&field.columns, rows),
        (FieldKind::Table, FieldValue::List(none)) if none.is_empty() => unfit_rows(&field.columns, &[]),
        (FieldKind::List, _) => Some(Text::new("须为清单", "takes a list")),
        (FieldKind::Table, _) => Some(Text::new("须为表格", "takes a table")),
        (kind, FieldValue::Text(text)) => unfit_text(kind, text),
        (kind, _) => Some(Text::new(format!("须为{}", kind.zh()), format!("takes one {}", kind.en()))),
    }
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= VALUE_CHARS_MAX
}

fn unfit_text(kind: FieldKind, text: &str) -> Option<Text> {
    match kind {
        FieldKind::Date if Day::parse(text).is_err() => {
            Some(Text::new("须为2026-11-24这样的日期", "takes a date such as 2026-11-24"))
        }
        FieldKind::Money if !is_amount(text) => Some(Text::new(
            "须为以元计、两位小数的金额，如1234.50",
            "takes an amount in yuan with two decimals such as 1234.50",
        )),
        _ if !is_text(text) => Some(Text::new(
            format!("须填写，不超过{VALUE_CHARS_MAX}字"),
            format!("takes 1 to {VALUE_CHARS_MAX} characters"),
        )),
        _ => None,
    }
}

/// Whether a text is an amount that is not below zero, with exactly two decimals.
fn is_amount(text: &str) -> bool {
    Fen::parse(text).is_ok_and(|fen| fen.0 >= 0 && fen.to_string() == text)
}

fn unfit_rows(columns: &[Column], rows: &[BTreeMap<String, String>]) -> Option<Text> {
    if !(1..=ITEMS_MAX).contains(&rows.len()) {
        return Some(Text::new(format!("须有1至{ITEMS_MAX}行"), format!("takes 1 to {ITEMS_MAX} rows")));
    }
    for (number, row) in rows.iter().enumerate() {
        let number = number + 1;
        for column in columns {
            let unfit = match row.get(&column.name) {
                None => Some(Text::new("缺少", "is missing")),
                Some(text) => unfit_text(column.kind, text),
            };
            if let Some(wanted) = unfit {
                return Some(Text::new(
                    format!("第{number}行“{}”（{}）{}", column.zh, column.name, wanted.zh),
                    format!("row {number}: \"{}\" ({}) {}", column.en, column.name, wanted.en),
                ));
            }
        }
        let known = |name: &String| columns.is_empty() || columns.iter().any(|column| column.name == *name);
        if let Some(name) = row.keys().find(|name| !known(name)) {
            return Some(Text::new(
                format!("第{number}行没有“{name}”这一列"),
                format!("row {number}: there is no column \"{name}\""),
            ));
        }
        if row.is_empty() || !row.values().all(|text| is_text(text)) {
            return Some(Text::new(
                format!("第{number}行有空白"),
                format!("row {number} has something empty"),
            ));
        }
    }
    None
}

/// The names in braces of a text, in their order; the message says which brace stands alone.
pub(crate) fn placeholders(text: &str) -> Result<Vec<&str>, String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (_, from) = rest.split_at(at);
        let Some((name, after)) = from.strip_prefix('{').and_then(|inner| inner.split_once('}')) else {
            return Err("a brace stands alone".to_owned());
        };
        if name.is_empty() || name.contains('{') {
            return Err("a brace stands alone".to_owned());
        }
        names.push(name);
        rest = after;
    }
    Ok(names)
}

/// A text with its placeholders filled; one that nothing was filled in for says so.
pub(crate) fn fill(text: &Text, fields: &[Field], filled: &Filled, own: &[(&str, &str)]) -> Text {
    let in_language = |text: &str, chinese: bool| {
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, inner)| Some((before, inner.split_once('}')?)))
        {
            whole.push_str(before);
            let field = fields.iter().find(|field| field.name == name);
            let own = own.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
            let value = own.or_else(|| filled.get(name).map(|value| shown(value, field, chinese)));
            let none = if chinese { "（未填写）" } else { "(not filled in)" };
            whole.push_str(&value.unwrap_or_else(|| none.to_owned()));
            rest = after;
        }
        whole.push_str(rest);
        whole
    };
    Text::new(in_language(&text.zh, true), in_language(&text.en, false))
}

/// A value as a letter says it.
fn shown(value: &FieldValue, field: Option<&Field>, chinese: bool) -> String {
    let (comma, semicolon) = if chinese { ("、", "；") } else { (", ", "; ") };
    match value {
        FieldValue::Text(text) if field.is_some_and(|field| field.kind == FieldKind::Money) => {
            format!("{text}{}", if chinese { "元" } else { " yuan" })
        }
        FieldValue::Text(text) => text.clone(),
        FieldValue::List(items) => items.join(comma),
        FieldValue::Table(rows) => {
            let columns = field.map_or(&[][..], |field| &field.columns);
            let row = |row: &BTreeMap<String, String>| {
                let named: Vec<&str> =
                    columns.iter().filter_map(|column| row.get(&column.name)).map(String::as_str).collect();
                match named.is_empty() {
                    true => row.values().map(String::as_str).collect::<Vec<_>>().join(comma),
                    false => named.join(comma),
                }
            };
            rows.iter().map(row).collect::<Vec<_>>().join(semicolon)
        }
    }
}
