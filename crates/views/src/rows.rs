//! What a question is answered with: heads and rows, as JSON for the API and as CSV.

use std::fmt::Write as _;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::shape::{Head, Sort, Value};

/// Rows under heads. As JSON an array of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Heads.
    pub heads: Vec<Head>,
    /// Rows; each has a value for each head.
    pub rows: Vec<Vec<Value>>,
}

/// In which words a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Names of columns and codes as in the database: for programs.
    Codes,
    /// Heads and codes in Chinese: for people.
    Chinese,
}

impl Listing {
    /// The value of a row under a head.
    pub fn value(&self, row: usize, head: &str) -> Option<&Value> {
        let column = self.heads.iter().position(|known| known.name == head)?;
        self.rows.get(row)?.get(column)
    }

    /// As CSV (RFC 4180) with a line of heads. Heads and their order change with a version of the
    /// program only by new ones at the end. What a spreadsheet would take for a formula begins with `'`.
    pub fn csv(&self, words: Words) -> String {
        let mut csv = String::new();
        let heads = self.heads.iter().map(|head| match words {
            Words::Codes => head.name.to_owned(),
            Words::Chinese => head.zh.to_owned(),
        });
        line(&mut csv, heads);
        for row in &self.rows {
            line(&mut csv, self.heads.iter().zip(row).map(|(head, value)| said(head, value, words)));
        }
        csv
    }
}

fn line(csv: &mut String, cells: impl Iterator<Item = String>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            csv.push(',');
        }
        match cell.contains(['"', ',', '\n', '\r']) {
            true => drop(write!(csv, "\"{}\"", cell.replace('"', "\"\""))),
            false => csv.push_str(&cell),
        }
    }
    csv.push_str("\r\n");
}

fn said(head: &Head, value: &Value, words: Words) -> String {
    match value {
        Value::Nothing => String::new(),
        Value::Whole(number) => number.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Flag(is_so) => match (words, is_so) {
            (Words::Codes, true) => "1".to_owned(),
            (Words::Codes, false) => "0".to_owned(),
            (Words::Chinese, true) => "是".to_owned(),
            (Words::Chinese, false) => "否".to_owned(),
        },
        Value::Text(text) => {
            if let (Sort::Code(codes), Words::Chinese) = (head.sort, words)
                && let Some((_, zh)) = codes.iter().find(|(code, _)| code == text)
            {
                return (*zh).to_owned();
            }
            match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                true => format!("'{text}"),
                false => text.clone(),
            }
        }
    }
}

struct Line<'l>(&'l [Head], &'l [Value]);

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.1.len()))?;
        for (head, value) in self.0.iter().zip(self.1) {
            map.serialize_entry(head.name, value)?;
        }
        map.end()
    }
}

impl Serialize for Listing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.rows.len()))?;
        for row in &self.rows {
            rows.serialize_element(&Line(&self.heads, row))?;
        }
        rows.end()
    }
}

/// A page of rows, and where the next begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Paged {
    /// Rows.
    pub rows: Listing,
    /// What [`Page::after`] is for the next page; nothing after the last.
    pub next: Option<String>,
}

/// Rows of a page at most.
pub const PAGE_MAX: usize = 1000;

/// Which part of a list. What comes in meanwhile shifts nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where the page before ended ([`Paged::next`]).
    pub after: Option<String>,
    /// Rows at most, up to [`PAGE_MAX`].
    pub limit: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self { after: None, limit: 100 }
    }
}
