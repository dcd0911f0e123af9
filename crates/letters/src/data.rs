//! The data of a letter: what is refused before a form sees it, and what is derived from it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::LetterError;
use crate::capital::capital_amount;
use crate::code::Code;
use crate::fonts::Fonts;

/// The most values (texts, numbers, lists, objects) in the data of one letter.
pub const DATA_VALUES_MAX: usize = 20_000;
/// The most characters of one text in the data.
pub const TEXT_CHARACTERS_MAX: usize = 4_000;
/// The most characters of all texts and names of fields in the data of one letter.
pub const DATA_CHARACTERS_MAX: usize = 300_000;
/// How deep lists and objects may be nested in the data.
pub const DATA_DEPTH_MAX: usize = 12;

/// What a form finds in `/derived.json`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Derived<'a> {
    /// The code to scan that says `verification.url`.
    code: Option<Code>,
    /// Each `amount` of the data in Chinese capital figures.
    capitals: BTreeMap<&'a str, String>,
}

/// Checks the data and derives what a form cannot compute.
///
/// # Errors
/// [`LetterError::TooMuch`], [`LetterError::Character`] or [`LetterError::Amount`], with the field.
pub(crate) fn derive<'a>(data: &'a Value, fonts: &Fonts) -> Result<Derived<'a>, LetterError> {
    let mut reading = Reading { fonts, values: 0, characters: 0, derived: Derived::default() };
    reading.read(data, &Place { name: "data", above: None })?;
    let mut derived = reading.derived;
    if let Some(url) = data.pointer("/verification/url").and_then(Value::as_str) {
        let too_much = |_| LetterError::TooMuch {
            field: "verification.url".to_owned(),
            what: "bytes",
            is: url.len(),
            limit: CODE_BYTES_MAX,
        };
        derived.code = Some(Code::of(url).map_err(too_much)?);
    }
    Ok(derived)
}

/// What a code of level Q holds at most (ISO/IEC 18004, version 40).
const CODE_BYTES_MAX: usize = 1_663;

struct Reading<'a, 'f> {
    fonts: &'f Fonts,
    values: usize,
    characters: usize,
    derived: Derived<'a>,
}

impl<'a> Reading<'a, '_> {
    fn read(&mut self, value: &'a Value, place: &Place<'_>) -> Result<(), LetterError> {
        self.values += 1;
        place.bound("values", self.values, DATA_VALUES_MAX)?;
        place.bound("levels", place.depth(), DATA_DEPTH_MAX)?;
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => {
                self.text(text, place)?;
                if place.name == "amount" {
                    let fen = fen(text)
                        .ok_or_else(|| LetterError::Amount { field: place.path(), text: text.clone() })?;
                    self.derived.capitals.entry(text).or_insert_with(|| capital_amount(fen));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.read(item, &Place { name: &format!("[{index}]"), above: Some(place) })?;
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    self.text(name, place)?;
                    self.read(field, &Place { name, above: Some(place) })?;
                }
            }
        }
        Ok(())
    }

    /// A text must be short enough, and each character must be one that is seen: no control
    /// characters but the end of a line, and nothing that hides or turns round what stands beside it.
    fn text(&mut self, text: &str, place: &Place<'_>) -> Result<(), LetterError> {
        let characters = text.chars().count();
        self.characters += characters;
        place.bound("characters", characters, TEXT_CHARACTERS_MAX)?;
        place.bound("characters in all", self.characters, DATA_CHARACTERS_MAX)?;
        let unseen = |c: &char| {
            *c != '\n' && (c.is_control() || matches!(c, '\u{ad}' | '\u{3164}') || !self.fonts.cover(*c))
        };
        match text.chars().find(unseen) {
            None => Ok(()),
            Some(character) => Err(LetterError::Character { character, field: place.path() }),
        }
    }
}

/// Where in the data something stands; spelt out only when there is something to say.
struct Place<'a> {
    name: &'a str,
    above: Option<&'a Place<'a>>,
}

impl Place<'_> {
    fn path(&self) -> String {
        match self.above {
            None => self.name.to_owned(),
            Some(above) if above.above.is_none() => self.name.to_owned(),
            Some(above) if self.name.starts_with('[') => above.path() + self.name,
            Some(above) => format!("{}.{}", above.path(), self.name),
        }
    }

    fn depth(&self) -> usize {
        self.above.map_or(0, |above| 1 + above.depth())
    }

    fn bound(&self, what: &'static str, is: usize, limit: usize) -> Result<(), LetterError> {
        if is <= limit {
            return Ok(());
        }
        Err(LetterError::TooMuch { field: self.path(), what, is, limit })
    }
}

/// The fen of an amount in yuan: digits, at most two decimals, perhaps a minus before them.
fn fen(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (yuan, decimals) = match digits.split_once('.') {
        Some((yuan, decimals)) if (1..=2).contains(&decimals.len()) => (yuan, decimals),
        Some(_) => return None,
        None => (digits, ""),
    };
    if yuan.is_empty() || !yuan.bytes().chain(decimals.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fen: i64 = format!("{yuan}{decimals:0<2}").parse().ok()?;
    Some(if negative { -fen } else { fen })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(data: &Value) -> String {
        derive(data, Fonts::get().unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn amounts_are_yuan_with_two_decimals() {
        for (text, want) in [
            ("0", Some(0)),
            ("1", Some(100)),
            ("12.3", Some(1_230)),
            ("-1234.56", Some(-123_456)),
            ("92233720368547758.07", Some(i64::MAX)),
            ("92233720368547758.08", None),
            ("", None),
            ("-", None),
            (".5", None),
            ("1.", None),
            ("1.234", None),
            ("1,000", None),
            ("+1", None),
            ("１", None),
        ] {
            assert_eq!(fen(text), want, "{text}");
        }
        let wrong = refused(&json!({"lines": [{"amount": "1.2"}, {"amount": "12,000"}]}));
        assert!(wrong.starts_with("lines[1].amount is \"12,000\""), "{wrong}");
    }

    #[test]
    fn a_character_that_cannot_be_shown_is_named_with_its_field() {
        let emoji = refused(&json!({"party": {"names": ["张三", "李😀四"]}}));
        assert_eq!(emoji, "party.names[1] holds '😀' (U+1F600), which the typeface of letters cannot show");
        for hidden in [
            '\u{202e}', '\u{200b}', '\u{ad}', '\u{feff}', '\u{2066}', '\t', '\r', '\0', '\u{e000}',
            '\u{3164}',
        ] {
            let data = json!({ "title": format!("a{hidden}b") });
            assert!(refused(&data).starts_with("title holds"), "{hidden:?}");
        }
        assert!(refused(&json!({"a\u{202e}": 1})).starts_with("data holds"));
        assert!(derive(&json!({"text": "第一行\n第二行"}), Fonts::get().unwrap()).is_ok());
    }

    #[test]
    fn what_is_too_much_is_refused_and_named() {
        let text = refused(&json!({"summary": {"zh": "长".repeat(TEXT_CHARACTERS_MAX + 1)}}));
        assert_eq!(text, "summary.zh: characters 4001, and a letter takes 4000");
        assert!(refused(&json!(vec![0; DATA_VALUES_MAX])).contains("values 20001"));
        assert!(refused(&json!(vec!["x".repeat(4_000); 101])).contains("characters in all"));
        let mut deep = json!(1);
        for _ in 0..=DATA_DEPTH_MAX {
            deep = json!([deep]);
        }
        assert!(refused(&deep).contains("levels 13"));
        let long = format!("https://jianwei.example/{}", "x".repeat(2_000));
        assert!(refused(&json!({"verification": {"url": long}})).starts_with("verification.url: bytes"));
    }
}
