//! What differs between two rulebooks, text against text: entries, filing duties, reference tables,
//! grading. It reads files and not checked entries, so that a rulebook of years ago, which the
//! program of today might no longer take, can still be held against today's; and every key of a
//! file is compared, also one that came after this was written.

mod lines;
mod parts;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

pub use lines::Line;
pub use parts::id_and_version;
pub(crate) use parts::{header_word, is_entry};
pub use rows::RowChange;

use crate::entry::EntryHash;
use crate::source::SourceFile;
use parts::Parts;

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A rule, a query or a principle.
    Entry,
    /// A filing duty.
    Duty,
    /// A reference table.
    Reference,
    /// How findings become a grade.
    Grading,
    /// Another file that counts.
    Other,
}

impl Part {
    /// Its name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Entry => "条目",
            Self::Duty => "报送义务",
            Self::Reference => "参考数据",
            Self::Grading => "评级办法",
            Self::Other => "其他文件",
        }
    }

    /// Its name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Duty => "filing duty",
            Self::Reference => "reference table",
            Self::Grading => "grading",
            Self::Other => "other file",
        }
    }
}

/// Which text stood on one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edition {
    /// The number of version that it gives itself, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The digest of its file; of a reference table, that of its rows.
    #[serde(serialize_with = "as_text")]
    pub hash: EntryHash,
    /// The file's path below the rulebook's folder.
    pub path: String,
}

fn as_text<S: serde::Serializer>(hash: &EntryHash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(hash)
}

/// A key whose value differs, old and new line by line. A key within another is written with a
/// dot: `bands.yellow`, `text.zh`. The query of a `.sql` file is the key `query`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyChange {
    /// The key.
    pub key: String,
    /// The lines of the value: those that went and those that came, with unchanged ones between.
    pub lines: Vec<Line>,
}

/// A case that stands on one side only, or otherwise. Cases change no result and no hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseChange {
    /// Its name in Chinese.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// Whether it stood in the old rulebook.
    pub in_old: bool,
    /// Whether it stands in the new one.
    pub in_new: bool,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is about.
    pub part: Part,
    /// The id of the entry or duty, the name of the table, or the path.
    pub id: String,
    /// Its title, as the new side has it, or the old one where there is no new one: Chinese and
    /// English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<(String, String)>,
    /// As it stood; none when it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Edition>,
    /// As it stands; none when it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Edition>,
    /// Keys that differ, in the order of the new file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyChange>,
    /// Rows that differ, of a reference table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowChange>,
    /// Cases that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CaseChange>,
}

impl Change {
    /// Whether a text was edited and kept its number of version: over a ledger where it was used,
    /// no server starts with it.
    pub fn keeps_version(&self) -> bool {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => {
                old.version.is_some() && old.version == new.version && old.hash != new.hash
            }
            _ => false,
        }
    }
}

/// Everything that differs between two rulebooks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// The changes, in the order of part and id.
    pub changes: Vec<Change>,
}

impl Diff {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Compares two rulebooks by their files.
pub fn compare(old: &[SourceFile], new: &[SourceFile]) -> Diff {
    let (old, new) = (Parts::of(old), Parts::of(new));
    let ids: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let changes = ids.into_iter().filter_map(|id| change(id, old.get(id), new.get(id)));
    Diff { changes: changes.collect() }
}

fn change(
    (part, id): &(Part, String),
    old: Option<&parts::Text>,
    new: Option<&parts::Text>,
) -> Option<Change> {
    let cases = cases(old, new);
    if old.map(parts::Text::files) == new.map(parts::Text::files) && cases.is_empty() {
        return None;
    }
    let edition = |text: &parts::Text| text.edition();
    let (mut keys, mut rows) = (Vec::new(), Vec::new());
    if let (Some(old), Some(new)) = (old, new) {
        keys = key_changes(old, new);
        rows = rows::compare(old.rows.as_ref(), new.rows.as_ref());
        // The digest differs, and nothing that is said does: comments, or how it is laid out.
        if keys.is_empty() && rows.is_empty() && old.files() != new.files() {
            keys.push(KeyChange {
                key: "layout".to_owned(),
                lines: lines::compare(&old.whole(), &new.whole()),
            });
        }
    }
    Some(Change {
        part: *part,
        id: id.clone(),
        title: new.and_then(parts::Text::title).or_else(|| old.and_then(parts::Text::title)),
        old: old.map(edition),
        new: new.map(edition),
        keys,
        rows,
        cases,
    })
}

fn key_changes(old: &parts::Text, new: &parts::Text) -> Vec<KeyChange> {
    let (before, after) = (old.keys(), new.keys());
    let mut changes = Vec::new();
    let gone = before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(key, _)| key);
    for key in after.keys().chain(gone) {
        let text = |side: &Map<String, Value>| side.get(key).map(parts::shown).unwrap_or_default();
        let (old, new) = (text(&before), text(&after));
        if old != new {
            changes.push(KeyChange { key: key.clone(), lines: lines::compare(&old, &new) });
        }
    }
    changes
}

fn cases(old: Option<&parts::Text>, new: Option<&parts::Text>) -> Vec<CaseChange> {
    let named = |text: Option<&parts::Text>| -> BTreeMap<(String, String), Value> {
        text.map(parts::Text::cases).unwrap_or_default()
    };
    let (before, after) = (named(old), named(new));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let differs = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    // Of an entry that is wholly new or gone every case is; that says nothing more.
    if old.is_none() || new.is_none() {
        return Vec::new();
    }
    differs
        .map(|name| CaseChange {
            zh: name.0.clone(),
            en: name.1.clone(),
            in_old: before.contains_key(name),
            in_new: after.contains_key(name),
        })
        .collect()
}
