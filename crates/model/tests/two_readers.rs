//! The shortcut and the thorough reader take every line for the same: what one accepts, the other
//! accepts with the same values, and what is refused is refused for the same faults.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helper may panic")]

mod support;

use model::columns::Columns;
use model::read::LineReader;
use model::schema::example_records;
use model::spec::StreamSpec;
use model::time::{Day, Time};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value};
use support::records::record;

/// A record as one of many writers would write it.
fn written(record: Map<String, Value>, writer: usize) -> Vec<u8> {
    let record = Value::Object(record);
    let compact = record.to_string();
    match writer {
        0 => compact.into_bytes(),
        1 => compact.replace("\",\"", "\", \"").replace("\":", "\": ").into_bytes(),
        2 => serde_json::to_string_pretty(&record).unwrap().replace('\n', "\r\n").into_bytes(),
        3 => compact.replace('/', "\\/").into_bytes(),
        _ => format!(" \t{compact}  ").into_bytes(),
    }
}

/// What may become of a line on its way.
#[derive(Clone, Debug)]
enum Edit {
    Replace(Index, u8),
    Insert(Index, &'static str),
    Delete(Index, usize),
    /// Bytes from one place stand at another one too: fields twice, objects in objects.
    Copy(Index, usize, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let byte =
        prop_oneof![select(&b"\"\\{}[],:019.eE+-tfn \t\r\x00\x0b\x0c\x1f\x7f\x80\xc3\xff"[..]), any::<u8>()];
    let fragment = select(
        &[
            " ",
            "\t",
            "\u{c}",
            "\u{feff}",
            "é",
            "\u{80}",
            "\\\"",
            "\\u0061",
            "\\ud800",
            "\"",
            "{}",
            "[]",
            "null",
            "true",
            "0",
            "00",
            "-0",
            "1.0",
            "1e3",
            "9007199254740992",
            "99999999999999999999",
            ",",
            "\"x\":1,",
            "\"amount\":null,",
            "\"id\":\"i\",",
            "{\"id\":\"i\"}",
            "[{}],",
        ][..],
    );
    prop_oneof![
        4 => (any::<Index>(), byte).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        3 => (any::<Index>(), fragment).prop_map(|(at, text)| Edit::Insert(at, text)),
        2 => (any::<Index>(), 1..20usize).prop_map(|(at, count)| Edit::Delete(at, count)),
        2 => (any::<Index>(), 1..60usize, any::<Index>()).prop_map(|(from, count, to)| Edit::Copy(from, count, to)),
    ]
}

fn edited(mut line: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        if line.is_empty() {
            break;
        }
        let bytes = line.len();
        let range = |from: &Index, count: usize| from.index(bytes)..(from.index(bytes) + count).min(bytes);
        match edit {
            Edit::Replace(at, byte) => line[at.index(bytes)] = *byte,
            Edit::Insert(at, text) => drop(line.splice(range(at, 0), text.bytes())),
            Edit::Delete(at, count) => drop(line.drain(range(at, *count))),
            Edit::Copy(from, count, to) => {
                let copied = line[range(from, *count)].to_vec();
                line.splice(range(to, 0), copied);
            }
        }
    }
    line
}

/// Reads a line both ways, after a good one, and holds the outcomes against each other.
fn compare(stream: &'static StreamSpec, line: &[u8], received_at: Time) -> Result<(), TestCaseError> {
    let reader = LineReader::new(stream, received_at);
    let mut columns = Columns::new(stream.fields);
    let good = example_records(stream)[0].to_string();
    LineReader::new(stream, model::guide::example_received_at()).read(good.as_bytes(), &mut columns).unwrap();
    let mut columns_too = columns.clone();
    let outcome = reader.read(line, &mut columns);
    let outcome_too = reader.read_thoroughly(line, &mut columns_too);
    let text = String::from_utf8_lossy(line);
    prop_assert_eq!(outcome, outcome_too, "{} {}", stream.name, text);
    prop_assert_eq!(columns, columns_too, "{} {}", stream.name, text);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn lines_as_they_are_written((stream, record) in record(), writer in 0..5usize, year in 2000..2300u32) {
        let received_at = Time::start_of(Day::from_ymd(year, 1, 1).unwrap());
        compare(stream, &written(record, writer), received_at)?;
    }

    #[test]
    fn lines_that_came_to_harm(
        (stream, record) in record(),
        writer in 0..5usize,
        edits in proptest::collection::vec(edit(), 1..4),
    ) {
        let received_at = Time::start_of(Day::from_ymd(2200, 1, 2).unwrap());
        compare(stream, &edited(written(record, writer), &edits), received_at)?;
    }
}
