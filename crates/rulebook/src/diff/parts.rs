//! A rulebook's files sorted by what they are about, read as far as it takes to compare them.

use std::collections::BTreeMap;
use std::ops::Deref;

use serde_json::{Map, Value};

use super::{Edition, Part};
use crate::editions::past_path;
use crate::source::SourceFile;

/// The files of one thing: its text, its cases, its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    file: Option<SourceFile>,
    cases: Option<SourceFile>,
    pub(super) rows: Option<SourceFile>,
}

/// Everything in a rulebook, by part and id.
pub(super) struct Parts(BTreeMap<(Part, String), Text>);

impl Deref for Parts {
    type Target = BTreeMap<(Part, String), Text>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Parts {
    pub(super) fn of(files: &[SourceFile]) -> Self {
        let mut parts = BTreeMap::new();
        for file in files.iter().filter(|file| !file.path.ends_with(".md")) {
            let (part, id) = about(file);
            let text: &mut Text = parts.entry((part, id)).or_default();
            let place = if file.name().ends_with(".cases.yaml") {
                &mut text.cases
            } else if part == Part::Reference && file.name().ends_with(".csv") {
                &mut text.rows
            } else {
                &mut text.file
            };
            *place = Some(file.clone());
        }
        Self(parts)
    }
}

fn about(file: &SourceFile) -> (Part, String) {
    let stem = file.name().split('.').next().unwrap_or_default().to_owned();
    match file.folder().split('/').next().unwrap_or_default() {
        "basic" | "special" | "guidance" | "indicators" => (Part::Entry, stem),
        "duties" => (Part::Duty, stem),
        "reference" => (Part::Reference, stem),
        _ if file.path == "grading.yaml" => (Part::Grading, stem),
        _ => (Part::Other, file.path.clone()),
    }
}

/// The YAML of a file and what stands after it: all of a `.yaml` file, of a `.sql` file what
/// stands in its first comment.
fn yaml_and_query(file: &SourceFile) -> (&str, Option<&str>) {
    let text: &str = &file.text;
    if !file.name().ends_with(".sql") {
        return (text, None);
    }
    let split = text.split_once("/*").and_then(|(_, rest)| rest.split_once("*/"));
    split.map_or(("", Some(text)), |(header, query)| (header, Some(query)))
}

/// The keys of a YAML text, one within another with a dot. A text that is no map has the key
/// `file`.
fn keys_of(file: &SourceFile) -> Map<String, Value> {
    let (yaml, query) = yaml_and_query(file);
    let mut keys = Map::new();
    match serde_saphyr::from_str::<Value>(yaml) {
        Ok(Value::Object(map)) => flatten("", map, &mut keys),
        Ok(_) | Err(_) => drop(keys.insert("file".to_owned(), Value::String(yaml.to_owned()))),
    }
    if let Some(query) = query {
        keys.insert("query".to_owned(), Value::String(query.trim().to_owned()));
    }
    keys
}

fn flatten(before: &str, map: Map<String, Value>, into: &mut Map<String, Value>) {
    for (key, value) in map {
        let key = format!("{before}{key}");
        match value {
            Value::Object(inner) => flatten(&format!("{key}."), inner, into),
            value => drop(into.insert(key, value)),
        }
    }
}

/// A value as text: a list of words in one line, a list of anything else one a line.
pub(super) fn shown(value: &Value) -> String {
    let is_word = |value: &Value| matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_));
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim_end().to_owned(),
        Value::Array(items) if items.iter().all(is_word) => {
            items.iter().map(shown).collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) => items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

impl Text {
    /// What counts for whether it differs: the bytes of its files, cases left out, and where the
    /// text lies.
    pub(super) fn files(&self) -> (Option<(&str, &str)>, Option<&str>) {
        let file = self.file.as_ref().map(|file| (file.path.as_str(), &*file.text));
        (file, self.rows.as_ref().map(|rows| &*rows.text))
    }

    pub(super) fn whole(&self) -> String {
        let text =
            |file: &Option<SourceFile>| file.as_ref().map(|file| file.text.to_string()).unwrap_or_default();
        text(&self.file) + &text(&self.rows)
    }

    /// The keys of its file, `path` among them.
    pub(super) fn keys(&self) -> Map<String, Value> {
        let Some(file) = &self.file else { return Map::new() };
        let mut keys = keys_of(file);
        keys.insert("path".to_owned(), Value::String(file.path.clone()));
        keys
    }

    pub(super) fn edition(&self) -> Edition {
        let file = self.rows.as_ref().or(self.file.as_ref()).or(self.cases.as_ref());
        let version =
            self.keys().get("version").and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
        match file {
            Some(file) => Edition { version, hash: file.hash(), path: file.path.clone() },
            None => Edition { version, hash: crate::entry::EntryHash([0; 32]), path: String::new() },
        }
    }

    pub(super) fn title(&self) -> Option<(String, String)> {
        let keys = self.keys();
        let text = |key: &str| keys.get(key).and_then(Value::as_str).map(|text| text.trim().to_owned());
        Some((text("title.zh")?, text("title.en")?))
    }

    /// Its cases by their names.
    pub(super) fn cases(&self) -> BTreeMap<(String, String), Value> {
        let Some(file) = &self.cases else { return BTreeMap::new() };
        let Ok(Value::Array(cases)) = serde_saphyr::from_str::<Value>(&file.text) else {
            return BTreeMap::new();
        };
        let name = |case: &Value, language: &str| {
            let text = case.get("name").and_then(|name| name.get(language)).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        cases.into_iter().map(|case| ((name(&case, "zh"), name(&case, "en")), case)).collect()
    }
}

/// The id and number of version that a file of an entry or a duty gives itself; none for other
/// files.
pub fn id_and_version(file: &SourceFile) -> Option<(String, u32)> {
    // A text that was replaced is still that text.
    let path = past_path(&file.path).map_or(file.path.as_str(), |(_, path)| path);
    let (part, _) = about(&SourceFile::new(path, std::sync::Arc::clone(&file.text)));
    if !matches!(part, Part::Entry | Part::Duty) || file.name().ends_with(".cases.yaml") {
        return None;
    }
    let keys = keys_of(file);
    let version = keys.get("version").and_then(Value::as_u64)?;
    Some((keys.get("id")?.as_str()?.to_owned(), u32::try_from(version).ok()?))
}

/// Whether a file is of an entry: its text or its cases.
pub(crate) fn is_entry(file: &SourceFile) -> bool {
    about(file).0 == Part::Entry
}

/// A word that the description of a file gives a key.
pub(crate) fn header_word(file: &SourceFile, key: &str) -> Option<String> {
    keys_of(file).get(key).and_then(Value::as_str).map(str::to_owned)
}
