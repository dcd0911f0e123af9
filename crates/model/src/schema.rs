//! The standard as JSON Schema (draft 2020-12), and its example filings.
//!
//! A schema says what a line must look like; what it cannot say (fields that must agree, times
//! that must have passed, texts counted in bytes) stands in its `x-rules` and is checked by
//! [`crate::read`] alone. Beside the keywords of JSON Schema each field bears `x-number` and
//! `x-sealed` and, where it has them, `x-unit` and `x-codes`.

use serde_json::{Map, Value, json};

use crate::checks::{Relation, relations};
use crate::field_types::COUNT_MAX;
use crate::pseudonym::PseudonymKind;
use crate::read::LIST_ITEMS_MAX;
use crate::spec::{CodeList, FieldKind, FieldSpec, Sealing, StreamSpec};

/// The same sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bilingual {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

impl Bilingual {
    fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }
}

/// The name of a stream's schema file: `transaction.v1.schema.json`.
pub fn file_name(stream: &StreamSpec) -> String {
    format!("{}.v{}.schema.json", stream.name, stream.version)
}

/// The schema of one line of a stream.
pub fn json_schema(stream: &'static StreamSpec) -> Value {
    let lines = example_records(stream);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:jianwei:standard:v{}:{}", stream.version, stream.name),
        "title": stream.en,
        "description": stream.zh,
        "x-number": stream.number,
        "x-version": stream.version,
    });
    let rules: Vec<Value> = relations(stream.name)
        .iter()
        .map(|relation| rule_text(*relation))
        .map(|rule| json!({ "en": rule.en, "zh": rule.zh }))
        .collect();
    if let Some(schema) = schema.as_object_mut() {
        if !rules.is_empty() {
            schema.insert("x-rules".to_owned(), Value::Array(rules));
        }
        schema.extend(object_schema(stream.fields, &lines));
        schema.insert("examples".to_owned(), Value::Array(lines.into_iter().take(1).collect()));
    }
    schema
}

fn object_schema(fields: &'static [FieldSpec], examples: &[Value]) -> Map<String, Value> {
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), field_schema(field, examples))).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema.insert("required".to_owned(), json!(required));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema
}

fn field_schema(field: &'static FieldSpec, examples: &[Value]) -> Value {
    let given: Vec<&Value> = examples.iter().filter_map(|example| example.get(field.name)).collect();
    let mut schema = Map::new();
    let mut put = |key: &str, value: Value| {
        schema.insert(key.to_owned(), value);
    };
    let written = written_as(field);
    put("title", json!(field.en));
    put("description", json!(format!("{}。{}", field.zh, written.zh)));
    put("x-number", json!(field.number));
    put("x-sealed", json!(sealing_name(field.sealing)));
    if let Some(unit) = unit(field) {
        put("x-unit", json!(unit.en));
    }
    let json_type = json_type(field.kind);
    // `null` says the same as leaving an optional field out.
    put("type", if field.required { json!(json_type) } else { json!([json_type, "null"]) });
    match field.kind {
        FieldKind::Id => put("pattern", json!("^[!-~]{1,64}$")),
        FieldKind::Text(bytes_max) => {
            put("maxLength", json!(bytes_max));
            put("pattern", json!(r"^[^\u0000-\u001f\u007f-\u009f]*$"));
        }
        FieldKind::Code(list) => {
            let codes = list.items.iter().map(|item| json!(item.code));
            put("enum", codes.chain((!field.required).then_some(Value::Null)).collect());
            put("x-codes", codes_annotation(list));
        }
        // 10¹⁵ yuan and 10⁸ per cent are the largest that the standard allows.
        FieldKind::Money { signed } => put("pattern", json!(decimal_pattern(15, 2, signed))),
        FieldKind::Percent { signed } => put("pattern", json!(decimal_pattern(8, 6, signed))),
        FieldKind::Count => {
            put("minimum", json!(0));
            put("maximum", json!(COUNT_MAX));
        }
        FieldKind::Date => {
            put("format", json!("date"));
            put("pattern", json!(format!("^{DATE}$")));
        }
        FieldKind::Time => {
            put("format", json!("date-time"));
            put("pattern", json!(format!("^{DATE}T{CLOCK}(\\.[0-9]{{1,6}})?(Z|[+-]{OFFSET})$")));
        }
        FieldKind::Pseudonym(kinds) => {
            let letters: String = kinds.iter().map(|kind| *kind as u8 as char).collect();
            put("pattern", json!(format!("^[{letters}]1:[0-9a-f]{{30}}$")));
        }
        FieldKind::Ip => {
            put("pattern", json!("^[0-9A-Fa-f:.]{2,45}$"));
            put("anyOf", json!([{ "format": "ipv4" }, { "format": "ipv6" }]));
        }
        FieldKind::Institution => {
            const CREDIT: &str = "[0-9A-HJ-NPQRTUWXY]";
            put(
                "pattern",
                json!(format!("^({CREDIT}{{2}}[0-9]{{6}}{CREDIT}{{10}}|[0-9A-Z]{{18}}[0-9]{{2}})$")),
            );
        }
        FieldKind::Digest => put("pattern", json!("^[0-9a-f]{64}$")),
        FieldKind::Flag => {}
        FieldKind::List(item_fields) => {
            let items: Vec<Value> =
                given.iter().filter_map(|list| list.as_array()).flatten().cloned().collect();
            put("maxItems", json!(LIST_ITEMS_MAX));
            put("items", Value::Object(object_schema(item_fields, &items)));
        }
    }
    if let (false, Some(first)) = (matches!(field.kind, FieldKind::List(_)), given.first()) {
        put("examples", json!([first]));
    }
    Value::Object(schema)
}

const DATE: &str = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
const CLOCK: &str = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";
const OFFSET: &str = "([01][0-9]|2[0-3]):[0-5][0-9]";

/// Decimal strings up to `10^digits`, with at most so many decimals.
fn decimal_pattern(digits: u32, decimals: u32, signed: bool) -> String {
    let sign = if signed { "-?" } else { "" };
    format!(
        "^{sign}0*([0-9]{{1,{digits}}}(\\.[0-9]{{1,{decimals}}})?|10{{{digits}}}(\\.0{{1,{decimals}}})?)$"
    )
}

fn codes_annotation(list: &'static CodeList) -> Value {
    list.items
        .iter()
        .map(|item| json!({ "number": item.number, "code": item.code, "en": item.en, "zh": item.zh }))
        .collect()
}

fn json_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Count => "integer",
        FieldKind::Flag => "boolean",
        FieldKind::List(_) => "array",
        _ => "string",
    }
}

/// `clear` or `committed`.
pub fn sealing_name(sealing: Sealing) -> &'static str {
    match sealing {
        Sealing::Clear => "clear",
        Sealing::Committed => "committed",
    }
}

/// The unit of a field's values, if they have one.
pub fn unit(field: &FieldSpec) -> Option<Bilingual> {
    match field.kind {
        FieldKind::Money { .. } => Some(Bilingual::new("yuan", "元")),
        FieldKind::Percent { .. } => Some(Bilingual::new("per cent", "%")),
        FieldKind::Count if field.name.ends_with("_days") => Some(Bilingual::new("days", "天")),
        FieldKind::Count if field.name.ends_with("minutes") => Some(Bilingual::new("minutes", "分钟")),
        _ => None,
    }
}

/// How a field's value is written on the wire.
pub fn written_as(field: &FieldSpec) -> Bilingual {
    let signed_text = |signed| if signed { ("; may be negative", "，可为负") } else { ("", "") };
    match field.kind {
        FieldKind::Id => Bilingual::new(
            "1 to 64 visible ASCII characters without spaces",
            "1 至 64 个可见 ASCII 字符，不含空格。",
        ),
        FieldKind::Text(bytes_max) => Bilingual::new(
            format!("text, at most {bytes_max} bytes of UTF-8, no control characters"),
            format!("文本，UTF-8 不超过 {bytes_max} 字节，不含控制字符。"),
        ),
        FieldKind::Code(list) => {
            Bilingual::new(format!("code of the list {}", list.name), format!("代码表“{}”。", list.zh))
        }
        FieldKind::Money { signed } => {
            let (en, zh) = signed_text(signed);
            Bilingual::new(
                format!("yuan as a decimal string, at most two decimals{en}"),
                format!("单位元，十进制字符串，小数最多两位{zh}。"),
            )
        }
        FieldKind::Percent { signed } => {
            let (en, zh) = signed_text(signed);
            Bilingual::new(
                format!("per cent as a decimal string, at most six decimals{en}"),
                format!("单位百分之一，十进制字符串，小数最多六位{zh}。"),
            )
        }
        FieldKind::Count => Bilingual::new("integer from 0 to 2⁵³-1, a JSON number", "0 至 2⁵³-1 的整数。"),
        FieldKind::Date => Bilingual::new(
            "date `YYYY-MM-DD`, a civil day in Asia/Shanghai",
            "日期 YYYY-MM-DD，北京时间的自然日。",
        ),
        FieldKind::Time => Bilingual::new(
            "time by RFC 3339 with an offset, at most six decimals of a second",
            "RFC 3339 时间，必须带时区，秒的小数最多六位。",
        ),
        FieldKind::Flag => Bilingual::new("`true` or `false`", "true 或 false。"),
        FieldKind::Pseudonym(kinds) => {
            let join = |texts: Vec<&'static str>, with: &str| texts.join(with);
            let en = join(kinds.iter().map(|kind| pseudonym_text(*kind).0).collect(), " or ");
            let zh = join(kinds.iter().map(|kind| pseudonym_text(*kind).1).collect(), "或");
            Bilingual::new(format!("pseudonym {en}"), format!("假名：{zh}，不得报送原文。"))
        }
        FieldKind::Ip => Bilingual::new("IPv4 or IPv6 address", "IPv4 或 IPv6 地址。"),
        FieldKind::Institution => Bilingual::new(
            "unified social credit code (GB 32100-2015) or LEI (ISO 17442)",
            "统一社会信用代码（GB 32100-2015）或 LEI（ISO 17442）。",
        ),
        FieldKind::Digest => {
            Bilingual::new("SHA-256, 64 lower-case hexadecimal digits", "SHA-256 摘要，64 位小写十六进制。")
        }
        FieldKind::List(_) => Bilingual::new(
            format!("list of at most {LIST_ITEMS_MAX} items, see below"),
            format!("列表，最多 {LIST_ITEMS_MAX} 项。"),
        ),
    }
}

fn pseudonym_text(kind: PseudonymKind) -> (&'static str, &'static str) {
    match kind {
        PseudonymKind::Person => ("`p1:…` of a person", "p1: 开头的个人假名"),
        PseudonymKind::Account => ("`a1:…` of an account", "a1: 开头的账户假名"),
        PseudonymKind::Organisation => ("`o1:…` of an organisation", "o1: 开头的机构假名"),
    }
}

/// A relation between fields in words.
pub fn rule_text(relation: Relation) -> Bilingual {
    match relation {
        Relation::AtMost(small, large) => Bilingual::new(
            format!("`{small}` is at most `{large}`, where both are given."),
            format!("`{small}` 不得大于 `{large}`（二者均报送时）。"),
        ),
        Relation::Positive(name) => {
            Bilingual::new(format!("`{name}` is above zero."), format!("`{name}` 必须大于零。"))
        }
        Relation::Differ(left, right) => Bilingual::new(
            format!("`{left}` and `{right}` differ, where both are given."),
            format!("`{left}` 与 `{right}` 不得相同（二者均报送时）。"),
        ),
        Relation::OneOf(left, right) => Bilingual::new(
            format!("At least one of `{left}` and `{right}` is given."),
            format!("`{left}` 与 `{right}` 至少报送一项。"),
        ),
        Relation::JustWhere(name, of, codes) => {
            let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
            Bilingual::new(
                format!("`{name}` is given just where `{of}` is one of {}.", codes.join(", ")),
                format!("`{of}` 为 {} 之一时必须报送 `{name}`，否则不得报送。", codes.join("、")),
            )
        }
    }
}

macro_rules! example_files {
    ($($name:literal)*) => {
        /// The example filing of a stream, one record a line; empty for a stream that has none.
        pub fn example_lines(stream: &StreamSpec) -> &'static str {
            match stream.name {
                $($name => include_str!(concat!("../../../examples/filings/", $name, ".ndjson")),)*
                _ => "",
            }
        }
    };
}
example_files!("transaction" "project" "business_daily" "operations_daily" "custody_statement" "disclosure"
    "major_event" "related_party_deal" "kyc_check" "dual_recording" "register" "rectification_plan" "claim" "product" "policy"
    "account");

/// The records of the example filing of a stream.
pub fn example_records(stream: &StreamSpec) -> Vec<Value> {
    example_lines(stream).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
