//! JSON files: one object a line, objects one after the other, or one list of objects.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, Read};
use std::path::Path;

use model::fault::{Fault, FaultCode};
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Format;
use super::csv::flush;
use super::open::open_text;
use super::rows::RowBatcher;
use super::table::{Consumer, Table, unreadable};
use crate::error::ImportError;

/// The longest line or object, in bytes.
const OBJECT_BYTES_MAX: u64 = 16 << 20;

type Object<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

pub(super) fn read(
    table: &Table,
    path: &Path,
    consumer: &mut Consumer<'_>,
    seen: &mut [bool],
) -> Result<(), ImportError> {
    let mut text = open_text(path, table.spec.encoding).map_err(|error| unreadable(path, error))?;
    let columns = table.columns.iter().map(|column| column.as_text()).collect();
    let pointers: Vec<Vec<String>> = table.columns.iter().map(|column| pointer(&column.from)).collect();
    let mut rows = Rows { batcher: RowBatcher::new(&table.spec, columns), path, consumer, pointers, seen };
    if table.spec.format == Format::NdJson {
        rows.read_lines(&mut text)?;
    } else {
        rows.read_values(text)?;
    }
    if rows.batcher.rows() > 0 {
        flush(&mut rows.batcher, path, rows.consumer)?;
    }
    Ok(())
}

/// The keys that lead to a value: those of a JSON pointer (RFC 6901), or one key.
fn pointer(from: &str) -> Vec<String> {
    match from.strip_prefix('/') {
        Some(rest) => rest.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")).collect(),
        None => vec![from.to_owned()],
    }
}

struct Rows<'a, 'c> {
    batcher: RowBatcher<'a>,
    path: &'a Path,
    consumer: &'a mut Consumer<'c>,
    pointers: Vec<Vec<String>>,
    seen: &'a mut [bool],
}

impl Rows<'_, '_> {
    fn read_lines(&mut self, text: &mut dyn BufRead) -> Result<(), ImportError> {
        let mut line = Vec::new();
        for number in 1u64.. {
            line.clear();
            let mut limited = text.take(OBJECT_BYTES_MAX);
            let count = limited.read_until(b'\n', &mut line).map_err(|error| unreadable(self.path, error))?;
            if count == 0 {
                break;
            }
            if line.len() as u64 >= OBJECT_BYTES_MAX {
                return Err(unreadable(self.path, format!("line {number} is longer than 16 MiB")));
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            self.push(number, &line)?;
        }
        Ok(())
    }

    fn read_values(&mut self, mut text: impl BufRead) -> Result<(), ImportError> {
        let first = first_byte(&mut text).map_err(|error| unreadable(self.path, error))?;
        let mut broken = None;
        let path = self.path;
        let mut deserializer = serde_json::Deserializer::from_reader(text);
        let syntax = if first == Some(b'[') {
            let mut item = 0;
            ListSeed(&mut |raw: &RawValue| {
                item += 1;
                self.push(item, raw.get().as_bytes()).map_err(|error| broken = Some(error)).is_ok()
            })
            .deserialize(&mut deserializer)
            .and_then(|()| deserializer.end())
        } else {
            let mut objects = deserializer.into_iter::<Box<RawValue>>().enumerate();
            objects.try_for_each(|(index, object)| {
                let object = object?;
                if broken.is_none() {
                    broken = self.push(index as u64 + 1, object.get().as_bytes()).err();
                }
                Ok(())
            })
        };
        match (broken, syntax) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(unreadable(path, error)),
            (None, Ok(())) => Ok(()),
        }
    }

    fn push(&mut self, number: u64, text: &[u8]) -> Result<(), ImportError> {
        self.consumer.report.rows += 1;
        if let Err(faults) = self.push_object(number, text) {
            self.consumer.refuse(self.path, number, faults);
        }
        if self.batcher.rows() >= self.consumer.options.batch_rows {
            flush(&mut self.batcher, self.path, self.consumer)?;
        }
        Ok(())
    }

    fn push_object(&mut self, number: u64, text: &[u8]) -> Result<(), Vec<Fault>> {
        let malformed = |detail: &str| vec![Fault::whole(FaultCode::MalformedJson, detail)];
        let text = std::str::from_utf8(text).map_err(|_| malformed("The line is not UTF-8."))?;
        let object: Object<'_> =
            serde_json::from_str(text).map_err(|_| malformed("Not one well-formed JSON object."))?;
        let mut texts = Vec::with_capacity(self.pointers.len());
        for (keys, seen) in self.pointers.iter().zip(self.seen.iter_mut()) {
            let value = lookup(&object, keys);
            *seen |= value.is_some();
            texts.push(value.and_then(scalar));
        }
        self.batcher.push(number, |index| Ok(texts.get(index).and_then(Option::as_deref)))
    }
}

fn first_byte(text: &mut impl BufRead) -> std::io::Result<Option<u8>> {
    loop {
        let buffer = text.fill_buf()?;
        let spaces = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        match buffer.get(spaces) {
            Some(byte) => return Ok(Some(*byte)),
            None if buffer.is_empty() => return Ok(None),
            None => text.consume(spaces),
        }
    }
}

fn lookup<'a>(object: &Object<'a>, keys: &[String]) -> Option<&'a RawValue> {
    let (first, rest) = keys.split_first()?;
    let value = *object.get(first.as_str())?;
    if rest.is_empty() {
        return Some(value);
    }
    lookup(&serde_json::from_str(value.get()).ok()?, rest)
}

/// A string without its quotes; a number, a truth value, a list or an object as it is written;
/// nothing for `null`.
fn scalar(value: &RawValue) -> Option<Cow<'_, str>> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'n') | None => None,
        Some(b'"') => match serde_json::from_str::<&str>(text) {
            Ok(plain) => Some(Cow::Borrowed(plain)),
            Err(_) => serde_json::from_str::<String>(text).ok().map(Cow::Owned),
        },
        Some(_) => Some(Cow::Borrowed(text)),
    }
}

/// Passes the items of a list on, one by one, until the taker says that it is enough.
struct ListSeed<'f>(&'f mut dyn FnMut(&RawValue) -> bool);

impl<'de> DeserializeSeed<'de> for ListSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ListSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut goes_on = true;
        while let Some(item) = list.next_element::<Box<RawValue>>()? {
            goes_on = goes_on && (self.0)(&item);
        }
        Ok(())
    }
}
