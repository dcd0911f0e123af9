//! Turns raw numbers of persons, accounts and organisations into pseudonyms. Only the fields that
//! the standard says hold pseudonyms are touched, and only their values: the rest of a line stays
//! byte for byte, faults and all, so that the check afterwards sees what the institution wrote.

use std::borrow::Cow;
use std::fmt;

use model::institution::{IdentifierCheck, check_identifier};
use model::pseudonym::{Pseudonym, PseudonymKey, PseudonymKind};
use model::spec::{FieldKind, FieldSpec, StreamSpec};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Makes pseudonyms in the lines of one stream.
#[derive(Clone, Debug)]
pub struct Pseudonymiser {
    key: PseudonymKey,
    stream: &'static StreamSpec,
}

impl Pseudonymiser {
    /// A pseudonymiser for a stream.
    pub fn new(key: PseudonymKey, stream: &'static StreamSpec) -> Self {
        Self { key, stream }
    }

    /// Appends a line to `out` with each raw number replaced; returns how many were.
    ///
    /// A raw number may say what it is by `person:`, `account:` or `organisation:` before it.
    /// Without that the field's kind decides. A field that takes persons and organisations takes
    /// a resident identity number (GB 11643) for a person and a unified social credit code or LEI
    /// for an organisation; anything else there stays as it is, and the check refuses it, as it
    /// does a line that is not JSON.
    pub fn rewrite(&self, line: &[u8], out: &mut Vec<u8>) -> u32 {
        let start = out.len();
        let rewritten = std::str::from_utf8(line)
            .ok()
            .and_then(|text| self.rewrite_object(text.trim(), self.stream.fields, out));
        rewritten.unwrap_or_else(|| {
            out.truncate(start);
            out.extend_from_slice(line);
            0
        })
    }

    fn rewrite_object(&self, text: &str, fields: &[FieldSpec], out: &mut Vec<u8>) -> Option<u32> {
        let Members(members) = serde_json::from_str(text).ok()?;
        let mut copied = 0;
        let mut replaced = 0;
        for (name, raw) in members {
            let Some(field) = fields.iter().find(|field| field.name == name) else { continue };
            let mut value = Vec::new();
            let count = match field.kind {
                FieldKind::Pseudonym(kinds) => self.rewrite_value(raw.get(), kinds, &mut value),
                FieldKind::List(items) => self.rewrite_list(raw.get(), items, &mut value),
                _ => 0,
            };
            if count == 0 {
                continue;
            }
            // The raw value is a part of the text: what lies before it is copied as it stands.
            let at = (raw.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
            out.extend_from_slice(text.get(copied..at)?.as_bytes());
            out.append(&mut value);
            copied = at + raw.get().len();
            replaced += count;
        }
        out.extend_from_slice(text.get(copied..)?.as_bytes());
        Some(replaced)
    }

    fn rewrite_list(&self, text: &str, fields: &[FieldSpec], out: &mut Vec<u8>) -> u32 {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) else { return 0 };
        let mut replaced = 0;
        out.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let start = out.len();
            match self.rewrite_object(item.get(), fields, out) {
                Some(count) => replaced += count,
                None => {
                    out.truncate(start);
                    out.extend_from_slice(item.get().as_bytes());
                }
            }
        }
        out.push(b']');
        replaced
    }

    /// Writes the pseudonym of a raw value, as JSON; 0 when the value is to stay as it is.
    fn rewrite_value(&self, text: &str, kinds: &[PseudonymKind], out: &mut Vec<u8>) -> u32 {
        let Ok(raw) = serde_json::from_str::<String>(text) else { return 0 };
        let Some((kind, number)) = kind_of(&raw, kinds) else { return 0 };
        let pseudonym = self.key.pseudonym(kind, number);
        out.extend_from_slice(format!("\"{pseudonym}\"").as_bytes());
        1
    }
}

/// What a raw text stands for, and its number; `None` when it is a pseudonym already or cannot be
/// told.
fn kind_of<'a>(raw: &'a str, kinds: &[PseudonymKind]) -> Option<(PseudonymKind, &'a str)> {
    let raw = raw.trim();
    let prefixes = [
        ("person:", PseudonymKind::Person),
        ("account:", PseudonymKind::Account),
        ("organisation:", PseudonymKind::Organisation),
    ];
    for (prefix, kind) in prefixes {
        if let Some(number) = raw.strip_prefix(prefix) {
            return (kinds.contains(&kind) && !number.trim().is_empty()).then_some((kind, number));
        }
    }
    // A pseudonym, or a damaged one: hashing it again would only hide the mistake.
    let looks_made = ["p1:", "a1:", "o1:"].iter().any(|prefix| raw.starts_with(prefix));
    if raw.is_empty() || looks_made || Pseudonym::parse(raw).is_ok() {
        return None;
    }
    match kinds {
        [kind] => Some((*kind, raw)),
        _ if is_resident_number(raw) => {
            kinds.contains(&PseudonymKind::Person).then_some((PseudonymKind::Person, raw))
        }
        _ if check_identifier(raw) == IdentifierCheck::Valid => {
            kinds.contains(&PseudonymKind::Organisation).then_some((PseudonymKind::Organisation, raw))
        }
        _ => None,
    }
}

/// Whether a text is a resident identity number: 17 digits and a check character by ISO 7064 MOD
/// 11-2, as GB 11643-1999 has it.
fn is_resident_number(text: &str) -> bool {
    let characters: Vec<char> = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if characters.len() != 18 {
        return false;
    }
    let mut product = 0;
    for (place, character) in characters.into_iter().enumerate() {
        let value = match character {
            'X' | 'x' if place == 17 => 10,
            _ => match character.to_digit(10) {
                Some(digit) => digit,
                None => return false,
            },
        };
        product = (product * 2 + value) % 11;
    }
    product == 1
}

/// The members of a JSON object in their order, doubled names and all.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((Cow::Owned(name), value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::streams::stream;

    fn rewritten(stream_name: &str, line: &str) -> (String, u32) {
        let key = PseudonymKey::new(b"a secret for tests only").unwrap();
        let mut out = Vec::new();
        let count = Pseudonymiser::new(key, stream(stream_name).unwrap()).rewrite(line.as_bytes(), &mut out);
        (String::from_utf8(out).unwrap(), count)
    }

    fn pseudonym(kind: PseudonymKind, raw: &str) -> Pseudonym {
        PseudonymKey::new(b"a secret for tests only").unwrap().pseudonym(kind, raw)
    }

    #[test]
    fn raw_numbers_are_replaced_and_nothing_else_is() {
        let made = pseudonym(PseudonymKind::Account, "1");
        let line = format!(
            r#" {{ "id":"t1", "user" : "11010519491231002X","payer_account":"6228 4800-1","payee_account":"{made}","amount": 12.50, "x":"11010519491231002X"}}"#
        );
        let (text, count) = rewritten("transaction", &line);
        let expected = line
            .trim()
            .replacen(
                "11010519491231002X",
                &pseudonym(PseudonymKind::Person, "11010519491231002x").to_string(),
                1,
            )
            .replace("6228 4800-1", &pseudonym(PseudonymKind::Account, "622848001").to_string());
        assert_eq!((text, count), (expected, 2));
    }

    #[test]
    fn a_party_is_a_person_or_an_organisation_as_its_number_says() {
        use PseudonymKind::{Organisation, Person};
        let table = [
            ("11010519491231002X", Some((Person, "11010519491231002X"))),
            ("91350100M000100Y43", Some((Organisation, "91350100M000100Y43"))),
            ("5493001KJTIIGC8Y1R12", Some((Organisation, "5493001KJTIIGC8Y1R12"))),
            ("person:E12345678", Some((Person, "E12345678"))),
            ("organisation:M-77", Some((Organisation, "M-77"))),
            // Neither can be told, nor an account be a party.
            ("E12345678", None),
            ("11010519491231002 1", None),
            ("account:6228480", None),
            ("person:", None),
            ("", None),
            ("p1:damaged", None),
        ];
        for (raw, expected) in table {
            let (text, _) = rewritten("transaction", &format!(r#"{{"counterparty":"{raw}"}}"#));
            let expected = match expected {
                Some((kind, number)) => pseudonym(kind, number).to_string(),
                None => raw.to_owned(),
            };
            assert_eq!(text, format!(r#"{{"counterparty":"{expected}"}}"#), "{raw}");
        }
    }

    #[test]
    fn persons_in_lists_are_replaced_too() {
        let (text, count) = rewritten(
            "register",
            r#"{"id":"r1","executives":[{"person":"E1","post":"chairman"},7,{"post":"chairman","person":"E2"}]}"#,
        );
        let [one, two] = ["E1", "E2"].map(|raw| pseudonym(PseudonymKind::Person, raw));
        let expected = format!(
            r#"{{"id":"r1","executives":[{{"person":"{one}","post":"chairman"}},7,{{"post":"chairman","person":"{two}"}}]}}"#
        );
        assert_eq!((text, count), (expected, 2));
    }

    #[test]
    fn what_is_not_an_object_stays_as_it_is() {
        for line in ["", "[]", "{\"user\":\"E1\"", "{\"user\":\"E1\"} x", "{\"user\":17}"] {
            assert_eq!(rewritten("transaction", line), (line.to_owned(), 0));
        }
        let doubled = r#"{"user":"E1","user":"E2"}"#;
        assert_eq!(rewritten("transaction", doubled).1, 2);
    }
}
