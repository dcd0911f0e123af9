//! What the reader refuses, as a table that a supervisor can read.
//!
//! Each row takes the first example record of a stream (or the first that has the field), makes
//! the changes in the second column (`-` leaves a field out), and says which faults the answer
//! names: JSON pointer and code.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helper may panic")]

mod support;

use std::collections::BTreeSet;

use model::columns::Columns;
use model::fault::{Fault, FaultCode};
use model::guide::example_received_at;
use model::read::{FAULTS_MAX, LINE_BYTES_MAX, LIST_ITEMS_MAX, LineReader};
use model::schema::example_records;
use model::streams::{STREAMS, stream};
use serde_json::Value;

/// Received at 2026-03-03T09:00:00+08:00. `⟨n⟩` after a value repeats it n times.
const RECORDS: &str = r#"
 what is wrong                  | stream            | changes                                                        | faults
 nothing                        | transaction       |                                                                |
 an optional field is null      | transaction       | ip: null ; counterparty: null                                  |
 a clock nine minutes fast      | transaction       | time: "2026-03-03T09:09:00+08:00"                              |
 a register entry for next year | register          | effective_from: "2027-01-01"                                   |
 no revision is revision 0      | transaction       | revision: 0                                                    |
 a check digit that warns only  | custody_statement | platform: "910000000000000011"                                 |
 a payment on account of a loss | business_daily    | income: "-0.01"                                                |

 a required field left out      | transaction       | amount: -                                                      | /amount missing_field
 a required field is null       | transaction       | amount: null                                                   | /amount missing_field
 a required list is null        | operations_daily  | incidents: null                                                | /incidents missing_field
 a field the standard has not   | transaction       | remark: "x"                                                    | /remark unknown_field
 a field in another case        | transaction       | Amount: "1.00"                                                 | /Amount unknown_field
 a name that pointers escape    | transaction       | a/b~c: 1                                                       | /a~1b~0c unknown_field

 an amount as a number          | transaction       | amount: 12.5                                                   | /amount wrong_type
 an amount as an integer        | transaction       | amount: 12                                                     | /amount wrong_type
 an amount as a list            | transaction       | amount: ["12.50"]                                              | /amount wrong_type
 an amount as an object         | transaction       | amount: {"yuan": "12.50"}                                      | /amount wrong_type
 an amount as a flag            | transaction       | amount: true                                                   | /amount wrong_type
 a count as a string            | project           | term_days: "90"                                                | /term_days wrong_type
 a count with decimals          | project           | term_days: 90.5                                                | /term_days wrong_type
 a count with an exponent       | project           | term_days: 9e1                                                 | /term_days wrong_type
 a code as its number           | transaction       | kind: 1                                                        | /kind wrong_type
 a list as a string             | operations_daily  | incidents: "none"                                              | /incidents wrong_type

 separators in an amount        | transaction       | amount: "12,500.00"                                            | /amount malformed_value
 a unit in an amount            | transaction       | amount: "12.50元"                                              | /amount malformed_value
 an exponent in an amount       | transaction       | amount: "1e3"                                                  | /amount malformed_value
 an empty amount                | transaction       | amount: ""                                                     | /amount malformed_value
 full-width digits              | transaction       | amount: "１２"                                                 | /amount malformed_value
 a time without an offset       | transaction       | time: "2026-03-02T09:30:00"                                    | /time malformed_value
 a day that does not exist      | transaction       | time: "2026-02-30T09:30:00+08:00"                              | /time malformed_value
 a date as other people write   | business_daily    | date: "02/03/2026"                                             | /date malformed_value
 an id with a space             | transaction       | id: "t 1"                                                      | /id malformed_value
 an empty id                    | transaction       | id: ""                                                         | /id malformed_value
 an id of 65 characters         | transaction       | id: "x"⟨65⟩                                                    | /id malformed_value
 an id in Chinese               | transaction       | order: "订单一"                                                | /order malformed_value
 a text that is too long        | project           | purpose: "购"⟨67⟩                                              | /purpose malformed_value
 a text with a line feed        | project           | purpose: "a\nb"                                                | /purpose malformed_value
 no network address             | transaction       | ip: "203.0.113.256"                                            | /ip malformed_value
 no digest                      | dual_recording    | sound_sha256: "DEADBEEF"                                       | /sound_sha256 malformed_value
 a short credit code            | custody_statement | platform: "9100000000000001N"                                  | /platform malformed_value
 a credit code with the letter I| custody_statement | platform: "9100000000000000I1"                                 | /platform malformed_value
 an LEI with false check digits | custody_statement | platform: "5493001KJTIIGC8Y1R13"                               | /platform malformed_value

 a code that the list has not   | transaction       | kind: "loan"                                                   | /kind unknown_code
 a code in Chinese              | transaction       | direction: "流入"                                              | /direction unknown_code
 tenths of a fen                | transaction       | amount: "12.505"                                               | /amount too_precise
 seven decimals of a rate       | project           | annual_rate_percent: "9.6000001"                               | /annual_rate_percent too_precise
 more than all the money        | transaction       | amount: "1000000000000000.01"                                  | /amount out_of_range
 an amount that overflows       | transaction       | amount: "9"⟨400⟩                                               | /amount out_of_range
 a count beyond 2^53-1          | project           | term_days: 9007199254740992                                    | /term_days out_of_range
 a count beyond 64 bits         | project           | term_days: 99999999999999999999                                | /term_days out_of_range
 a negative amount              | transaction       | amount: "-12.50"                                               | /amount negative
 a negative count               | project           | term_days: -1                                                  | /term_days negative
 a negative count beyond 64 bits| project           | term_days: -99999999999999999999                               | /term_days negative
 an amount of nothing           | transaction       | amount: "0.00"                                                 | /amount not_positive
 a term of nothing              | project           | term_days: 0                                                   | /term_days not_positive

 a time of tomorrow             | transaction       | time: "2026-03-04T09:00:00+08:00"                              | /time in_future
 a clock eleven minutes fast    | transaction       | time: "2026-03-03T09:11:00+08:00"                              | /time in_future
 a day that has not come        | business_daily    | date: "2026-03-04"                                             | /date in_future
 a year typed wrongly           | transaction       | time: "0206-03-02T09:30:00+08:00"                              | /time absurd_date
 a year far ahead               | transaction       | time: "9999-12-31T00:00:00Z"                                   | /time absurd_date
 for ever, written as a date    | dual_recording    | retained_until: "9999-12-31"                                   | /retained_until absurd_date

 an id number, not a pseudonym  | transaction       | user: "11010519491231002X"                                     | /user pseudonym_wanted
 a card number, not a pseudonym | transaction       | payer_account: "6222000000000000000"                           | /payer_account pseudonym_wanted
 an account as a person         | transaction       | user: "a1:000000000000000000000000000001"                      | /user pseudonym_wanted
 a pseudonym in upper case      | transaction       | user: "P1:00000000000000000000000000000A"                      | /user pseudonym_wanted
 an empty pseudonym             | transaction       | user: ""                                                       | /user pseudonym_wanted

 paid to itself                 | transaction       | payer_account: "a1:000000000000000000000000000001" ; payee_account: "a1:000000000000000000000000000001" | /payee_account inconsistent
 more repaid than lent          | project           | amount: "10.00" ; outstanding: "10.01"                         | /outstanding inconsistent
 settled, nobody knows when     | project           | status: "settled" ; ended_on: -                                | /ended_on inconsistent
 failed, the day is null        | project           | status: "failed" ; ended_on: null                              | /ended_on inconsistent
 written off, nobody knows when | project           | status: "defaulted" ; ended_on: -                              | /ended_on inconsistent
 ended, and being repaid        | project           | status: "repaying" ; ended_on: "2026-03-01"                    | /ended_on inconsistent
 ended, and a payment is late   | project           | status: "overdue" ; ended_on: "2026-03-01"                     | /ended_on inconsistent
 more overdue than lent         | business_daily    | loan_balance: "1.00" ; overdue_balance: "1.01" ; nonperforming_balance: "1.00" | /overdue_balance inconsistent
 more deposited than held       | business_daily    | reserve_total: "1" ; reserve_deposited: "1.01"                 | /reserve_deposited inconsistent
 more resolved than due         | operations_daily  | complaints_due: 1 ; complaints_resolved_in_time: 2             | /complaints_resolved_in_time inconsistent
 no way of checking             | kyc_check         | online_method: - ; offline_method: -                           | /online_method inconsistent

 an item is no object           | register          | executives: ["chairman"]                                       | /executives/0 wrong_type
 an item is null                | register          | executives: [null]                                             | /executives/0 wrong_type
 an item is a list              | register          | executives: [[]]                                               | /executives/0 wrong_type
 the second item's id number    | register          | executives: [{"person": "p1:000000000000000000000000000001", "post": "chairman"}, {"person": "11010519491231002X", "post": "chairman"}] | /executives/1/person pseudonym_wanted
 the second item has no person  | register          | executives: [{"person": "p1:000000000000000000000000000001", "post": "chairman"}, {"post": "chairman"}] | /executives/1/person missing_field
 an item's unknown field        | operations_daily  | servers: [{"address": "203.0.113.1", "port": 443}]             | /servers/0/port unknown_field
 an item's negative minutes     | operations_daily  | incidents: [{"began_at": "2026-03-01T20:14:00+08:00", "minutes": -1, "severity": "minor"}] | /incidents/0/minutes negative
 an item's absurd date          | register          | executives: [{"person": "p1:000000000000000000000000000001", "post": "chairman", "qualified_until": "9999-12-31"}] | /executives/0/qualified_until absurd_date
 1,001 items                    | operations_daily  | servers: [{"address": "203.0.113.1"}]⟨1001⟩                    | /servers too_many_items

 several at once                | transaction       | amount: "-1" ; kind: "loan" ; user: "1" ; direction: - ; remark: 1 | /user pseudonym_wanted, /amount negative, /kind unknown_code, /remark unknown_field, /direction missing_field
 null and malformed together    | transaction       | amount: null ; user: "1"                                       | /user pseudonym_wanted, /amount missing_field
 several contradictions         | project           | amount: "0" ; term_days: 0 ; outstanding: "5"                  | /amount not_positive, /term_days not_positive, /outstanding inconsistent
 too many to list               | transaction       | a: 1 ; b: 1 ; c: 1 ; d: 1 ; e: 1 ; f: 1 ; g: 1 ; h: 1 ; i: 1   | /a unknown_field, /b unknown_field, /c unknown_field, /d unknown_field, /e unknown_field, /f unknown_field, /g unknown_field, /h unknown_field
"#;

/// Rows of the table: stream, changes, faults.
fn rows(table: &str) -> impl Iterator<Item = [&str; 4]> {
    let rows = table.lines().skip(2).filter(|line| !line.trim().is_empty());
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        <[&str; 4]>::try_from(cells).unwrap_or_else(|_| panic!("not four columns: {line}"))
    })
}

/// The record of a row, as JSON text. Values are kept as they are written: a parser would
/// already change an integer that is too large.
fn line(stream_name: &str, changes: &str) -> String {
    let changes: Vec<(&str, String)> = changes
        .split(" ; ")
        .filter(|change| !change.is_empty())
        .map(|change| change.split_once(": ").unwrap_or_else(|| panic!("no change: {change}")))
        .map(|(name, value)| (name, repeated(value)))
        .collect();
    let examples = example_records(stream(stream_name).unwrap());
    let has_all = |example: &&Value| changes.iter().all(|(name, _)| example.get(name).is_some());
    let example = examples.iter().find(has_all).unwrap_or(&examples[0]);
    let mut fields: Vec<(String, String)> =
        example.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
    for (name, value) in changes {
        let place = fields.iter().position(|(field, _)| field == name);
        match (place, value.as_str()) {
            (Some(index), "-") => drop(fields.remove(index)),
            (None, "-") => {}
            (Some(index), _) => fields[index].1 = value,
            (None, _) => fields.push((name.to_owned(), value)),
        }
    }
    let members: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}: {value}", Value::from(name.as_str()))).collect();
    format!("{{{}}}", members.join(", "))
}

/// `"x"⟨3⟩` is `"xxx"`, `[1]⟨3⟩` is `[1, 1, 1]`.
fn repeated(value: &str) -> String {
    let Some((value, times)) = value.strip_suffix('⟩').and_then(|value| value.split_once('⟨')) else {
        return value.to_owned();
    };
    let times = times.parse().unwrap();
    if let Some(text) = value.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        return format!("\"{}\"", text.repeat(times));
    }
    let item = value.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap();
    format!("[{}]", vec![item; times].join(", "))
}

/// The faults of a line, after a look that it left no trace in the columns.
fn faults(stream_name: &str, line: &[u8]) -> Vec<Fault> {
    let stream = stream(stream_name).unwrap();
    let reader = LineReader::new(stream, example_received_at());
    let mut columns = Columns::new(stream.fields);
    let good = example_records(stream)[0].to_string();
    reader.read(good.as_bytes(), &mut columns).unwrap();
    let before = columns.clone();
    let outcome = reader.read(line, &mut columns);
    assert_eq!(outcome, reader.read_thoroughly(line, &mut before.clone()), "the two readers differ");
    match outcome {
        Ok(()) => {
            assert_eq!(columns.len(), 2);
            Vec::new()
        }
        Err(faults) => {
            assert!(!faults.is_empty() && faults.len() <= FAULTS_MAX);
            assert_eq!(columns, before, "a refused line left a trace");
            faults
        }
    }
}

fn in_words(faults: &[Fault]) -> String {
    let words: Vec<String> =
        faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code).trim().to_owned()).collect();
    words.join(", ")
}

#[test]
fn records() {
    let mut wrong = Vec::new();
    for [what, stream, changes, wanted] in rows(RECORDS) {
        let found = faults(stream, line(stream, changes).as_bytes());
        if in_words(&found) != wanted {
            wrong.push(format!("{what}: wanted \"{wanted}\", found \"{}\" {found:?}", in_words(&found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lines that are broken as text: what they are, their bytes, and the one fault of the whole line
/// (or of a field).
fn broken_lines() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = line("transaction", "");
    let text = |text: &str| text.as_bytes().to_vec();
    let deep = |what: &str, depth: usize| text(&what.replace('…', &("[".repeat(depth) + &"]".repeat(depth))));
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("empty", text(""), "malformed_json"),
        ("blanks", text("   "), "malformed_json"),
        ("cut off in a name", text(&good[..3]), "malformed_json"),
        ("cut off in a value", text(&good[..60]), "malformed_json"),
        ("cut off before its brace", text(&good[..good.len() - 1]), "malformed_json"),
        ("two records", text(&format!("{good} {good}")), "malformed_json"),
        ("a comma too many", text(&good.replace('}', ",}")), "malformed_json"),
        ("single quotes", text("{'id': 't-1'}"), "malformed_json"),
        ("a number that JSON has not", text("{\"id\": NaN}"), "malformed_json"),
        ("a number without end", text(&format!("{{\"amount\": {}e999}}", "9".repeat(400))), "malformed_json"),
        ("half a surrogate pair", text(r#"{"id": "\ud800"}"#), "malformed_json"),
        ("a raw line feed in a text", text("{\"id\": \"t\n1\"}"), "malformed_json"),
        ("CSV", text("t-1,2026-03-02,12.50"), "malformed_json"),
        ("a byte order mark", text(&format!("\u{feff}{good}")), "malformed_json"),
        ("a list", text(&format!("[{good}]")), "wrong_type"),
        ("a string", text("\"t-1\""), "wrong_type"),
        ("a number", text("17"), "wrong_type"),
        ("a negative number", text("-17"), "wrong_type"),
        ("null", text("null"), "wrong_type"),
        ("deep nesting alone", deep("…", 100_000), "wrong_type"),
        ("deep nesting in an unknown field", deep("{\"x\": …}", 100_000), "/x unknown_field"),
        ("deep nesting in a known field", deep("{\"amount\": …}", 100_000), "/amount wrong_type"),
        ("GB 18030", b"{\"id\": \"\xbd\xbb\xd2\xd7\"}".to_vec(), "not_utf8"),
        ("GB 18030 in a name", b"{\"\xbd\xbb\": 1}".to_vec(), "not_utf8"),
        ("UTF-16", utf16, "malformed_json"),
        ("a broken compression", vec![0x1f, 0x8b, 0x08, 0xff, 0xfe], "not_utf8"),
        ("one byte too long", vec![b' '; LINE_BYTES_MAX + 1], "line_too_long"),
        ("a field twice", text(&good.replacen('{', "{\"amount\": \"1.00\", ", 1)), "/amount duplicate_field"),
        (
            "a field twice, once null",
            text(&good.replacen('{', "{\"amount\": null, ", 1)),
            "/amount duplicate_field",
        ),
        (
            "a field twice, once escaped",
            text(&good.replacen('{', r#"{"\u0061mount": "1.00", "#, 1)),
            "/amount duplicate_field",
        ),
    ]
}

#[test]
fn broken_text() {
    let mut wrong = Vec::new();
    for (what, line, wanted) in broken_lines() {
        let found = faults("transaction", &line);
        // A record that lacks everything says so too; the first fault is the one looked at.
        let first = in_words(found.get(..1).unwrap_or_default());
        if first != wanted {
            wrong.push(format!("{what}: wanted \"{wanted}\", found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_that_a_line_can_get_is_in_a_table() {
    let mut seen: BTreeSet<FaultCode> = rows(RECORDS)
        .flat_map(|[_, stream, changes, _]| faults(stream, line(stream, changes).as_bytes()))
        .map(|fault| fault.code)
        .collect();
    seen.extend(
        broken_lines().iter().flat_map(|(_, line, _)| faults("transaction", line)).map(|fault| fault.code),
    );
    // The codes of lines come first in the table of faults; `inconsistent` is the last of them.
    let of_lines: BTreeSet<FaultCode> =
        FaultCode::ALL.iter().copied().filter(|code| *code <= FaultCode::Inconsistent).collect();
    assert_eq!(seen, of_lines);
}

#[test]
fn a_line_of_the_greatest_length_is_read() {
    let good = line("transaction", "");
    let padded = format!("{good}{}", " ".repeat(LINE_BYTES_MAX - good.len()));
    assert_eq!(faults("transaction", padded.as_bytes()), Vec::new());
}

#[test]
fn a_list_of_the_greatest_length_is_read() {
    let list = format!("servers: [{{\"address\": \"203.0.113.1\"}}]⟨{LIST_ITEMS_MAX}⟩");
    assert_eq!(faults("operations_daily", line("operations_daily", &list).as_bytes()), Vec::new());
}

#[test]
fn no_answer_quotes_a_personal_value() {
    for stream in STREAMS {
        for field in stream.fields.iter().filter(|field| field.name != "id") {
            let changes = format!("{}: \"11010519491231002X 张三\"", field.name);
            for fault in faults(stream.name, line(stream.name, &changes).as_bytes()) {
                let answer = format!("{} {}", fault.pointer, fault.detail);
                assert!(!answer.contains("1949") && !answer.contains('张'), "{answer}");
            }
        }
    }
}
