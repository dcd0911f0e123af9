//! The pages of the standard for an institution's engineer, made from the same tables as the
//! reader: they cannot disagree with it. Their refusals are what the reader really answers.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::checks::{Relation, relations};
use crate::columns::Columns;
use crate::fault::{Fault, FaultCode};
use crate::read::LineReader;
use crate::schema::{example_lines, example_records, file_name, rule_text, sealing_name, unit, written_as};
use crate::spec::{CodeList, FieldKind, FieldSpec, Sealing, StreamSpec};
use crate::streams::STREAMS;
use crate::time::{Day, Time};

/// When the example filings are received.
pub fn example_received_at() -> Time {
    Time::start_of(Day::from_ymd(2026, 3, 3).unwrap_or_default()).plus_seconds(9 * 3600)
}

/// The page of a stream.
pub fn stream_page(stream: &'static StreamSpec) -> String {
    let mut page = String::new();
    header(stream, &mut page);
    field_table("## Fields 字段", stream.fields, &mut page);
    for field in stream.fields {
        if let FieldKind::List(items) = field.kind {
            field_table(&format!("### Items of `{}` {}", field.name, field.zh), items, &mut page);
        }
    }
    code_tables(stream, &mut page);
    rules(stream, &mut page);
    let _ = writeln!(page, "## Example 样例\n\n```json\n{}```\n", example_lines(stream));
    refusals(stream, &mut page);
    page
}

fn header(stream: &'static StreamSpec, page: &mut String) {
    let _ = writeln!(
        page,
        "<!-- Made from crates/model/src/streams; to make it again: JIANWEI_BLESS=1 cargo test -p jianwei-model --release -->\n"
    );
    let _ = writeln!(page, "# `{}` {}\n\n{}\n", stream.name, stream.zh, stream.en);
    let event_time = stream.fields.get(stream.event_time).map_or("", |field| field.name);
    let subject = stream.subject.and_then(|index| stream.fields.get(index)).map(|field| field.name);
    let file = file_name(stream);
    let _ = writeln!(page, "| | |\n|---|---|");
    let _ = writeln!(page, "| File to | `POST /v1/filings/{}` |", stream.name);
    let _ = writeln!(page, "| Schema | [`schemas/{file}`](../../schemas/{file}) |");
    let _ = writeln!(
        page,
        "| Example | [`examples/filings/{0}.ndjson`](../../examples/filings/{0}.ndjson) |",
        stream.name
    );
    let _ = writeln!(page, "| Version of the standard | {} |", stream.version);
    let _ = writeln!(page, "| Number of the stream in the ledger | {} |", stream.number);
    let _ = writeln!(page, "| A record's day is the day of | `{event_time}` |");
    if stream.fields.iter().any(|field| field.sealing == Sealing::Committed) {
        let whose = match subject {
            Some(name) => format!("of the person in `{name}`"),
            None => "of the institution".to_owned(),
        };
        let _ = writeln!(page, "| Committed fields lie under the key | {whose} |");
    }
    page.push('\n');
}

fn field_table(title: &str, fields: &'static [FieldSpec], page: &mut String) {
    let _ = writeln!(page, "{title}\n");
    let _ = writeln!(page, "| no. | field | 名称 | written as | unit | required | sealed | meaning |");
    let _ = writeln!(page, "|--:|---|---|---|---|---|---|---|");
    for field in fields {
        let _ = writeln!(
            page,
            "| {} | `{}` | {} | {} | {} | {} | {} | {} |",
            field.number,
            field.name,
            field.zh,
            written_as(field).en,
            unit(field).map_or_else(String::new, |unit| format!("{} {}", unit.en, unit.zh)),
            if field.required { "yes 必填" } else { "no" },
            sealing_name(field.sealing),
            field.en,
        );
    }
    page.push('\n');
}

fn code_lists(fields: &'static [FieldSpec], found: &mut Vec<&'static CodeList>) {
    for field in fields {
        match field.kind {
            FieldKind::Code(list) if !found.contains(&list) => found.push(list),
            FieldKind::List(items) => code_lists(items, found),
            _ => {}
        }
    }
}

fn code_tables(stream: &'static StreamSpec, page: &mut String) {
    let mut lists = Vec::new();
    code_lists(stream.fields, &mut lists);
    if lists.is_empty() {
        return;
    }
    page.push_str("## Codes 代码表\n\n");
    for list in lists {
        let _ = writeln!(page, "### {} {}\n", list.name, list.zh);
        let _ = writeln!(page, "| no. | code | 中文 | meaning |\n|--:|---|---|---|");
        for item in list.items {
            let _ = writeln!(page, "| {} | `{}` | {} | {} |", item.number, item.code, item.zh, item.en);
        }
        page.push('\n');
    }
}

fn rules(stream: &'static StreamSpec, page: &mut String) {
    page.push_str("## Rules between fields 字段间规则\n\n");
    if let Some(field) = stream.fields.get(stream.event_time) {
        let (en, zh) = match field.kind {
            _ if stream.name == "register" => ("may lie ahead", "可为将来日期"),
            FieldKind::Date => ("is not after the day of receipt", "不得晚于接收当日"),
            _ => ("is at most ten minutes after the moment of receipt", "不得晚于接收时间十分钟以上"),
        };
        let _ = writeln!(page, "- `{0}` {en}. `{0}` {zh}。", field.name);
    }
    page.push_str("- Dates and times lie from 1990 to 2200. 日期与时间在 1990 年至 2200 年之间。\n");
    for relation in relations(stream.name) {
        let rule = rule_text(*relation);
        let _ = writeln!(page, "- {} {}", rule.en, rule.zh);
    }
    page.push('\n');
}

/// A record of the example filing with something wrong in it.
struct Broken {
    /// What was done to it.
    change: String,
    record: Map<String, Value>,
}

fn refusals(stream: &'static StreamSpec, page: &mut String) {
    page.push_str("## Refusals 拒收示例\n\nThe first example record, or the first one that has the field, with one change each; on the right the `faults` of the answer, word for word.\n\n");
    page.push_str("| change 改动 | answer 答复 |\n|---|---|\n");
    for broken in broken_records(stream) {
        let line = Value::Object(broken.record).to_string();
        let faults = try_line(stream, line.as_bytes()).err().unwrap_or_default();
        let answer = serde_json::to_string(&faults).unwrap_or_default();
        let _ = writeln!(page, "| {} | `{}` |", broken.change, answer.replace('|', "\\|"));
    }
    page.push('\n');
}

fn broken_records(stream: &'static StreamSpec) -> Vec<Broken> {
    let examples: Vec<Map<String, Value>> = example_records(stream)
        .into_iter()
        .filter_map(|record| match record {
            Value::Object(record) => Some(record),
            _ => None,
        })
        .collect();
    let with = |name: &str| examples.iter().find(|record| record.contains_key(name)).cloned();
    let set = |name: &str, value: Value| -> Option<Broken> {
        let mut record = with(name)?;
        let change = format!("`\"{name}\": {value}`");
        record.insert(name.to_owned(), value);
        Some(Broken { change, record })
    };
    let first = |wanted: fn(&FieldSpec) -> bool| {
        stream.fields.iter().skip(2).find(|field| wanted(field) && with(field.name).is_some())
    };
    let mut broken: Vec<Option<Broken>> = Vec::new();

    if let Some(field) = stream.fields.iter().rfind(|field| field.required) {
        let removed = with(field.name).map(|mut record| {
            record.remove(field.name);
            Broken { change: format!("`{}` left out", field.name), record }
        });
        broken.push(removed);
    }
    let unknown = examples.first().cloned().map(|mut record| {
        record.insert("remark".to_owned(), json!("…"));
        Broken { change: "`\"remark\": \"…\"` added".to_owned(), record }
    });
    broken.push(unknown);
    if let Some(field) = stream.fields.get(stream.event_time) {
        let (malformed, future, absurd) = match field.kind {
            FieldKind::Date => ("2026/03/02", "2026-03-09", "0206-03-02"),
            _ => ("2026-03-02 09:30:00", "2026-03-09T09:30:00+08:00", "0206-03-02T09:30:00+08:00"),
        };
        broken.push(set(field.name, json!(malformed)));
        if stream.name != "register" {
            broken.push(set(field.name, json!(future)));
        }
        broken.push(set(field.name, json!(absurd)));
    }
    if let Some(field) = first(|field| matches!(field.kind, FieldKind::Money { .. })) {
        broken.push(set(field.name, json!(12500.5)));
        broken.push(set(field.name, json!("12,500.50")));
        broken.push(set(field.name, json!("12500.505")));
        broken.push(set(field.name, json!("1000000000000000.01")));
        if field.kind == (FieldKind::Money { signed: false }) {
            broken.push(set(field.name, json!("-12500.50")));
        }
    }
    if let Some(field) = first(|field| matches!(field.kind, FieldKind::Percent { .. })) {
        broken.push(set(field.name, json!("8.25%")));
    }
    if let Some(field) = first(|field| field.kind == FieldKind::Count) {
        broken.push(set(field.name, json!("12")));
        broken.push(set(field.name, json!(-1)));
    }
    if let Some(field) = first(|field| matches!(field.kind, FieldKind::Code(_))) {
        broken.push(set(field.name, json!("其他")));
    }
    if let Some(field) = first(|field| matches!(field.kind, FieldKind::Pseudonym(_))) {
        broken.push(set(field.name, json!("11010519491231002X")));
    }
    if let Some(field) = first(|field| field.kind == FieldKind::Institution) {
        broken.push(set(field.name, json!("91000000000000001")));
    }
    if let Some(field) = first(|field| field.kind == FieldKind::Ip) {
        broken.push(set(field.name, json!("203.0.113.256")));
    }
    if let Some(field) = first(|field| field.kind == FieldKind::Digest) {
        broken.push(set(field.name, json!("none")));
    }
    if let Some(field) = first(|field| matches!(field.kind, FieldKind::List(_))) {
        broken.push(with(field.name).and_then(|record| broken_item(field, record)));
    }
    broken.extend(relations(stream.name).iter().map(|relation| broken_relation(stream, *relation, &with)));
    broken.into_iter().flatten().collect()
}

/// A record whose list has an item without its first field.
fn broken_item(field: &FieldSpec, mut record: Map<String, Value>) -> Option<Broken> {
    let FieldKind::List(item_fields) = field.kind else { return None };
    let name = item_fields.first()?.name;
    let last = record.get_mut(field.name)?.as_array_mut()?.last_mut()?.as_object_mut()?;
    last.remove(name)?;
    Some(Broken { change: format!("`{name}` of the last of `{}` left out", field.name), record })
}

fn broken_relation(
    stream: &'static StreamSpec,
    relation: Relation,
    with: &dyn Fn(&str) -> Option<Map<String, Value>>,
) -> Option<Broken> {
    let kind = |name| stream.fields.iter().find(|field| field.name == name).map(|field| field.kind);
    let (mut record, changes) = match relation {
        Relation::AtMost(small, large) => {
            let value = match kind(small)? {
                FieldKind::Count => json!(900_000_000),
                FieldKind::Percent { .. } => json!("99.9"),
                _ => json!("900000000000.00"),
            };
            (with(large)?, vec![(small, Some(value))])
        }
        Relation::Positive(name) => {
            let zero = if kind(name)? == FieldKind::Count { json!(0) } else { json!("0.00") };
            (with(name)?, vec![(name, Some(zero))])
        }
        Relation::Differ(left, right) => {
            let record = with(left)?;
            let value = record.get(left).cloned();
            (record, vec![(right, value)])
        }
        Relation::OneOf(left, right) => (with(left)?, vec![(left, None), (right, None)]),
        Relation::JustWhere(name, of, codes) => {
            (with(of)?, vec![(of, Some(json!(codes.first()?))), (name, None)])
        }
    };
    let mut texts = Vec::new();
    for (name, value) in changes {
        match value {
            Some(value) => {
                texts.push(format!("`\"{name}\": {value}`"));
                record.insert(name.to_owned(), value);
            }
            None => {
                texts.push(format!("`{name}` left out"));
                record.remove(name);
            }
        }
    }
    Some(Broken { change: texts.join(", "), record })
}

/// The table of all streams.
pub fn streams_table() -> String {
    let mut table = "| no. | stream 报送流 | 名称 | what it is |\n|--:|---|---|---|\n".to_owned();
    for stream in STREAMS {
        let _ = writeln!(
            table,
            "| {} | [`{1}`]({1}.md) | {2} | {3} |",
            stream.number, stream.name, stream.zh, stream.en
        );
    }
    table
}

/// The table of all fault codes.
pub fn faults_table() -> String {
    let mut table = "| code 代码 | HTTP | what to do | 处理办法 |\n|---|--:|---|---|\n".to_owned();
    for code in FaultCode::ALL {
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            code.code(),
            code.http_status(),
            code.help(),
            code.help_zh()
        );
    }
    table
}

/// The table of answers to lines that are no record at all.
pub fn broken_lines_table() -> String {
    let Some(stream) = STREAMS.first().copied() else { return String::new() };
    let good = example_lines(stream).lines().next().unwrap_or_default();
    let without_end = good.get(..60).unwrap_or_default();
    let twice = good.replacen('{', "{\"kind\": \"deposit\", ", 1);
    let long = vec![b' '; crate::read::LINE_BYTES_MAX + 1];
    let table: [(&str, &[u8]); 7] = [
        ("cut off in the middle 被截断", without_end.as_bytes()),
        ("a comma too many 多一个逗号", b"{\"id\": \"t-1\",}"),
        ("two records in one line 一行两条记录", b"{\"id\": \"t-1\"} {\"id\": \"t-2\"}"),
        ("a list around the records 用列表包裹", b"[{\"id\": \"t-1\"}]"),
        ("in GB 18030 instead of UTF-8 以 GB 18030 编码", b"{\"id\": \"\xbd\xbb\xd2\xd7\"}"),
        ("a field twice 字段重复", twice.as_bytes()),
        ("longer than 1 MiB 超过 1 MiB", &long),
    ];
    let mut text = "| line 行 | answer 答复 |\n|---|---|\n".to_owned();
    for (what, line) in table {
        let faults = try_line(stream, line).err().unwrap_or_default();
        let answer = serde_json::to_string(&faults).unwrap_or_default();
        let _ = writeln!(text, "| {what} | `{answer}` |");
    }
    text
}

/// The faults that the reader finds in a line received with the example filings.
///
/// # Errors
/// Those faults.
pub fn try_line(stream: &'static StreamSpec, line: &[u8]) -> Result<(), Vec<Fault>> {
    LineReader::new(stream, example_received_at()).read(line, &mut Columns::new(stream.fields))
}
