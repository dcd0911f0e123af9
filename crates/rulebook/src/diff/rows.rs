//! Rows of a reference table that went, came or changed.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::source::SourceFile;

/// A row that differs.
///
/// A row is known again by its first cells: by as many as it takes to tell all rows of both tables
/// apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowChange {
    /// Those cells.
    pub key: String,
    /// The row as it stood, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The row as it stands, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

pub(super) fn compare(old: Option<&SourceFile>, new: Option<&SourceFile>) -> Vec<RowChange> {
    let (old, new) = (rows(old), rows(new));
    let most = old.iter().chain(&new).map(|row| row.split(',').count()).max().unwrap_or(1);
    let keys = |cells: usize| move |row: &&str| row.split(',').take(cells).collect::<Vec<_>>().join(",");
    let tells_apart = |rows: &[&str], cells: usize| {
        rows.iter().map(keys(cells)).collect::<BTreeSet<_>>().len() == rows.len()
    };
    let cells =
        (1..most).find(|cells| tells_apart(&old, *cells) && tells_apart(&new, *cells)).unwrap_or(most);
    // Rows that are the same to the last cell may stand several times.
    let by_key = |rows: &[&str]| -> BTreeMap<String, Vec<String>> {
        let mut of_key: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in rows {
            of_key.entry(keys(cells)(row)).or_default().push((*row).to_owned());
        }
        of_key
    };
    let (old, new) = (by_key(&old), by_key(&new));
    let all: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for key in all {
        let of = |side: &BTreeMap<String, Vec<String>>| side.get(key).cloned().unwrap_or_default();
        let (old, new) = (of(&old), of(&new));
        for at in 0..old.len().max(new.len()) {
            let (old, new) = (old.get(at).cloned(), new.get(at).cloned());
            if old != new {
                changes.push(RowChange { key: key.clone(), old, new });
            }
        }
    }
    changes
}

/// The lines below the headings.
fn rows(file: Option<&SourceFile>) -> Vec<&str> {
    file.map(|file| file.text.lines().skip(1).filter(|line| !line.trim().is_empty()).collect())
        .unwrap_or_default()
}
