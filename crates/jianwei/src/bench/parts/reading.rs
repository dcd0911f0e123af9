//! From the text of a filing to columns.

use std::fmt;
use std::hint::black_box;

use model::columns::Columns;
use model::read::LineReader;
use model::spec::Record;
use model::streams::Transaction;
use model::time::Time;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use sim::LOAD_FIRST_DAY;

use super::{CHUNK_RECORDS, Cost, Fallible, Part, Role, part};

/// Parsing alone, and reading as the server does it.
pub(super) struct Reading {
    reader: LineReader,
    parse: Cost,
    read: Cost,
}

impl Reading {
    pub(super) fn new() -> Self {
        let received_at = Time::start_of(LOAD_FIRST_DAY.plus(2));
        let reader = LineReader::new(Transaction::STREAM, received_at);
        Self { reader, parse: Cost::default(), read: Cost::default() }
    }

    /// Reads a block of lines; gives its records in chunks.
    pub(super) fn block(&mut self, text: &[u8]) -> Fallible<Vec<Columns>> {
        let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        self.parse.of(|| {
            for line in &lines {
                black_box(serde_json::from_slice::<Tokens>(line)?.0);
            }
            Ok(())
        })?;
        self.read.of(|| {
            lines
                .chunks(CHUNK_RECORDS)
                .map(|lines| {
                    let mut columns = Columns::new(Transaction::STREAM.fields);
                    for line in lines {
                        let read = self.reader.read(line, &mut columns);
                        read.map_err(|faults| format!("a simulated line is refused: {faults:?}"))?;
                    }
                    Ok(columns)
                })
                .collect()
        })
    }

    pub(super) fn parts(&self) -> Vec<Part> {
        vec![
            part("JSON parsed, nothing kept", self.parse, Role::Parsed),
            part("JSON parsed, validated, in columns", self.read, Role::ParsedAndMore),
        ]
    }
}

/// The tokens of a JSON text: each is recognised and checked, none is kept.
struct Tokens(usize);

impl<'de> Deserialize<'de> for Tokens {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TokensVisitor)
    }
}

struct TokensVisitor;

impl<'de> Visitor<'de> for TokensVisitor {
    type Value = Tokens;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Tokens, E> {
        black_box(text);
        Ok(Tokens(1))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tokens, E> {
        black_box(number);
        Ok(Tokens(1))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tokens, E> {
        black_box(number);
        Ok(Tokens(1))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tokens, E> {
        black_box(number);
        Ok(Tokens(1))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tokens, E> {
        Ok(Tokens(1))
    }

    fn visit_unit<E>(self) -> Result<Tokens, E> {
        Ok(Tokens(1))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tokens, A::Error> {
        let mut tokens = 0;
        while let Some(Tokens(more)) = list.next_element()? {
            tokens += more;
        }
        Ok(Tokens(tokens))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tokens, A::Error> {
        let mut tokens = 0;
        while let Some((Tokens(key), Tokens(value))) = map.next_entry()? {
            tokens += key + value;
        }
        Ok(Tokens(tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::Tokens;

    #[test]
    fn every_token_is_seen() {
        let text = r#"{"a": "b", "c": [1, -2, 3.5, true, null], "d": {"e": "f\n"}}"#;
        assert_eq!(serde_json::from_str::<Tokens>(text).unwrap().0, 11);
    }
}
