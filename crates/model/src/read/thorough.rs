//! Reads a line by a general JSON reader, whatever it is, and names every fault with its JSON
//! pointer.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{FAULTS_MAX, LIST_ITEMS_MAX, value};
use crate::columns::{Column, Columns};
use crate::fault::{Fault, FaultCode};
use crate::field_types::COUNT_MAX;
use crate::money::{AMOUNT_FEN_MAX, DecimalError, Fen, Percent, parse_scaled};
use crate::spec::{FieldKind, FieldSpec};
use crate::time::TimeError;

/// Reads a line into a row and adds its faults; with faults the row may be half-written.
pub(super) fn read(
    fields: &'static [FieldSpec],
    line: &[u8],
    columns: &mut Columns,
    faults: &mut Vec<Fault>,
) {
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    let context = RowContext { fields, parent: None, faults: &mut *faults };
    let syntax =
        RowSeed { context, columns }.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    if let Err(error) = syntax {
        // Faults found before the syntax broke would only distract from it.
        faults.clear();
        faults.push(syntax_fault(line, &error));
    }
}

fn syntax_fault(line: &[u8], error: &serde_json::Error) -> Fault {
    if std::str::from_utf8(line).is_err() {
        return Fault::whole(FaultCode::NotUtf8, "The line is not UTF-8.");
    }
    // serde_json words its messages without quoting the input, so nothing personal leaks here.
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or(&message);
    Fault::whole(
        FaultCode::MalformedJson,
        format!("Not well-formed JSON at column {}: {what}.", error.column()),
    )
}

/// Where in a line the reader is.
struct RowContext<'a> {
    fields: &'static [FieldSpec],
    /// For an item of a list: the list's name and the item's index.
    parent: Option<(&'static str, usize)>,
    faults: &'a mut Vec<Fault>,
}

impl RowContext<'_> {
    /// Notes that something else than an object stands where a row should.
    fn not_an_object(&mut self, found: &str) {
        if self.faults.len() >= FAULTS_MAX {
            return;
        }
        let (pointer, what) = match self.parent {
            None => (String::new(), "line"),
            Some((list, index)) => (format!("/{list}/{index}"), "item"),
        };
        let detail = format!("Found {found}, wanted a JSON object for each {what}.");
        self.faults.push(Fault { pointer, code: FaultCode::WrongType, detail });
    }

    fn fault(&mut self, name: &str, code: FaultCode, detail: String) {
        if self.faults.len() >= FAULTS_MAX {
            return;
        }
        let name = name.replace('~', "~0").replace('/', "~1");
        let pointer = match self.parent {
            None => format!("/{name}"),
            Some((list, index)) => format!("/{list}/{index}/{name}"),
        };
        self.faults.push(Fault { pointer, code, detail });
    }
}

/// Reads one JSON object into one row.
struct RowSeed<'a> {
    context: RowContext<'a>,
    columns: &'a mut Columns,
}

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // Not `deserialize_map`: what is no object shall be named as the fault that it is.
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_str<E>(mut self, _: &str) -> Result<(), E> {
        self.context.not_an_object("a string");
        Ok(())
    }

    fn visit_u64<E>(mut self, _: u64) -> Result<(), E> {
        self.context.not_an_object("a number");
        Ok(())
    }

    fn visit_i64<E>(mut self, _: i64) -> Result<(), E> {
        self.context.not_an_object("a number");
        Ok(())
    }

    fn visit_f64<E>(mut self, _: f64) -> Result<(), E> {
        self.context.not_an_object("a number");
        Ok(())
    }

    fn visit_bool<E>(mut self, _: bool) -> Result<(), E> {
        self.context.not_an_object("true or false");
        Ok(())
    }

    fn visit_unit<E>(mut self) -> Result<(), E> {
        self.context.not_an_object("null");
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        self.context.not_an_object("a list");
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let fields = self.context.fields;
        let mut seen = 0u64;
        // `null` is seen, but says the same as leaving the field out.
        let mut given = 0u64;
        let mut guess = 0;
        while let Some(key) = map.next_key_seed(KeySeed { fields, guess })? {
            let index = match key {
                Key::Field(index) => index,
                Key::Unknown(name) => {
                    let detail = format!("The standard has no field \"{name}\" here.");
                    self.context.fault(&name, FaultCode::UnknownField, detail);
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            guess = index + 1;
            let (Some(field), Some(column)) = (fields.get(index), self.columns.column_mut(index)) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen >> index & 1 == 1 {
                let detail = format!("The field \"{}\" stands twice.", field.name);
                self.context.fault(field.name, FaultCode::DuplicateField, detail);
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            seen |= 1 << index;
            let is_given = map.next_value_seed(ValueSeed { field, column, context: &mut self.context })?;
            given |= u64::from(is_given) << index;
        }
        for (index, field) in fields.iter().enumerate() {
            if field.required && given >> index & 1 == 0 {
                let detail = format!("The field \"{}\" ({}) is required.", field.name, field.zh);
                self.context.fault(field.name, FaultCode::MissingField, detail);
            }
        }
        self.columns.end_row();
        Ok(())
    }
}

enum Key {
    Field(usize),
    Unknown(String),
}

/// Finds the field of a key. Writers keep their order, so the field after the last one found is
/// tried first.
struct KeySeed {
    fields: &'static [FieldSpec],
    guess: usize,
}

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        // Optional fields are often left out, so the guess looks a few fields ahead.
        let ahead = self.fields.iter().enumerate().skip(self.guess).take(4);
        let found = ahead
            .chain(self.fields.iter().enumerate())
            .find(|(_, field)| field.name == name)
            .map(|(index, _)| index);
        Ok(match found {
            Some(index) => Key::Field(index),
            None => Key::Unknown(name.chars().take(64).collect()),
        })
    }
}

/// Reads one value into one column, and says whether there was one: not for `null`.
struct ValueSeed<'a, 'c> {
    field: &'static FieldSpec,
    column: &'a mut Column,
    context: &'a mut RowContext<'c>,
}

impl ValueSeed<'_, '_> {
    fn fault(&mut self, code: FaultCode, detail: String) {
        self.context.fault(self.field.name, code, detail);
    }

    fn wrong_type(&mut self, found: &str) {
        let wanted = match self.field.kind {
            FieldKind::Count => "an integer",
            FieldKind::Flag => "true or false",
            FieldKind::List(_) => "a list",
            FieldKind::Money { .. } | FieldKind::Percent { .. } => "a decimal number as a string",
            _ => "a string",
        };
        self.fault(FaultCode::WrongType, format!("Found {found}, wanted {wanted}."));
    }

    fn refused_decimal(&mut self, text: &str, decimals: u32, max: i64) {
        let (code, what) = match parse_scaled(text, decimals, max) {
            Ok(_) => (FaultCode::Negative, "cannot be negative".to_owned()),
            Err(DecimalError::Malformed) => {
                (FaultCode::MalformedValue, "is not a decimal number such as \"1234.56\"".to_owned())
            }
            Err(DecimalError::TooPrecise) => {
                (FaultCode::TooPrecise, format!("has more than {decimals} decimals"))
            }
            Err(DecimalError::OutOfRange) => {
                (FaultCode::OutOfRange, "is larger than the standard allows".to_owned())
            }
        };
        self.fault(code, format!("\"{}\" {what}.", self.field.name));
    }

    fn count_too_large(&mut self) {
        self.fault(FaultCode::OutOfRange, format!("\"{}\" is larger than {COUNT_MAX}.", self.field.name));
    }

    fn count_negative(&mut self) {
        self.fault(FaultCode::Negative, format!("\"{}\" cannot be negative.", self.field.name));
    }

    fn malformed(&mut self, wanted: &str) {
        self.fault(FaultCode::MalformedValue, format!("\"{}\" is {wanted}.", self.field.name));
    }

    fn text(&mut self, text: &str) {
        if !value::take(self.field.kind, text.as_bytes(), self.column) {
            self.refused_text(text);
        }
    }

    /// Says what is wrong with a text that is no value of the field.
    fn refused_text(&mut self, text: &str) {
        match self.field.kind {
            FieldKind::Id => self.malformed("not 1 to 64 visible ASCII characters without spaces"),
            FieldKind::Text(bytes_max) if text.len() > usize::from(bytes_max) => {
                self.malformed(&format!("longer than {bytes_max} bytes"));
            }
            FieldKind::Text(_) => self.malformed("a text with control characters, which are not allowed"),
            FieldKind::Code(list) => {
                let codes: Vec<_> = list.items.iter().map(|item| item.code).collect();
                let detail = format!("\"{}\" is one of: {}.", self.field.name, codes.join(", "));
                self.fault(FaultCode::UnknownCode, detail);
            }
            FieldKind::Money { .. } => self.refused_decimal(text, Fen::DECIMALS, AMOUNT_FEN_MAX),
            FieldKind::Percent { .. } => self.refused_decimal(text, Percent::DECIMALS, Percent::MAX),
            FieldKind::Date => self.malformed(&TimeError::MalformedDate.to_string()),
            FieldKind::Time => self.malformed(&TimeError::MalformedTime.to_string()),
            FieldKind::Pseudonym(kinds) => {
                let wanted: Vec<_> = kinds.iter().map(|kind| format!("{}1:…", *kind as u8 as char)).collect();
                let detail = format!(
                    "\"{}\" is not a pseudonym ({} and 30 hexadecimal digits); raw numbers are never sent.",
                    self.field.name,
                    wanted.join(" or ")
                );
                self.fault(FaultCode::PseudonymWanted, detail);
            }
            FieldKind::Ip => self.malformed("not an IPv4 or IPv6 address"),
            FieldKind::Institution => self.malformed("neither a unified social credit code nor an LEI"),
            FieldKind::Digest => self.malformed("not 64 lower-case hexadecimal digits"),
            FieldKind::Count | FieldKind::Flag | FieldKind::List(_) => self.wrong_type("a string"),
        }
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_, '_> {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E>(mut self, text: &str) -> Result<bool, E> {
        self.text(text);
        Ok(true)
    }

    fn visit_u64<E>(mut self, value: u64) -> Result<bool, E> {
        match self.field.kind {
            FieldKind::Count if value <= COUNT_MAX => {
                self.column.push_long(value as i64);
            }
            FieldKind::Count => self.count_too_large(),
            _ => self.wrong_type("a number"),
        }
        Ok(true)
    }

    fn visit_i64<E>(mut self, _: i64) -> Result<bool, E> {
        match self.field.kind {
            FieldKind::Count => self.count_negative(),
            _ => self.wrong_type("a number"),
        }
        Ok(true)
    }

    /// A number with decimals, or an integer that has no room in 64 bits.
    fn visit_f64<E>(mut self, value: f64) -> Result<bool, E> {
        if value.fract() != 0.0 {
            self.wrong_type("a number with decimals");
        } else if self.field.kind != FieldKind::Count {
            self.wrong_type("a number");
        } else if value > COUNT_MAX as f64 {
            self.count_too_large();
        } else if value < 0.0 {
            self.count_negative();
        } else {
            self.wrong_type("a number with a decimal point or an exponent");
        }
        Ok(true)
    }

    fn visit_bool<E>(mut self, value: bool) -> Result<bool, E> {
        if self.field.kind == FieldKind::Flag {
            self.column.push_byte(u8::from(value));
        } else {
            self.wrong_type("true or false");
        }
        Ok(true)
    }

    /// `null` says the same as leaving the field out.
    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<bool, A::Error> {
        let FieldKind::List(fields) = self.field.kind else {
            self.wrong_type("a list");
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(true);
        };
        let mut index = 0;
        while let Some(items) = self.column.list_items_mut() {
            if index >= LIST_ITEMS_MAX {
                if list.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
                index += 1;
                continue;
            }
            let parent = Some((self.field.name, index));
            let context = RowContext { fields, parent, faults: &mut *self.context.faults };
            if list.next_element_seed(RowSeed { context, columns: items })?.is_none() {
                break;
            }
            index += 1;
        }
        if index > LIST_ITEMS_MAX {
            let detail = format!("\"{}\" has {index} items.", self.field.name);
            self.fault(FaultCode::TooManyItems, detail);
        }
        self.column.end_list();
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<bool, A::Error> {
        self.wrong_type("an object");
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(true)
    }
}
