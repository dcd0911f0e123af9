//! What the tests of lives share: printed tables, fixtures of events, a calendar.

use std::collections::BTreeSet;
use std::path::PathBuf;

use model::calendar::Calendar;
use model::time::{Day, Time};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Row;
use crate::Refusal;

/// The printed table as aligned text, for tests that people read.
pub(crate) fn printed(rows: &[Row]) -> String {
    let names = |texts: &[model::text::Text]| match texts {
        [] => "-".to_owned(),
        texts => texts.iter().map(|text| text.en.clone()).collect::<Vec<_>>().join(", "),
    };
    let line = |row: &Row| {
        let eyes = if row.four_eyes { ", another person" } else { "" };
        let line =
            format!("{:<22} {} -> {}: {}{eyes}", row.code, names(&row.from), names(&row.to), row.by.en);
        line.trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// A text of the test without its indentation and blank lines.
pub(crate) fn plain(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.to_owned() + "\n").collect()
}

/// A calendar that knows 2026 and 2027, with the holidays of October 2026 alone.
pub(crate) fn calendar() -> Calendar {
    let day = |text: &str| Day::parse(text).unwrap();
    let days = [("2026-10-01", false), ("2026-10-02", false), ("2026-10-10", true)];
    let days = days.map(|(text, works)| (day(text), works));
    Calendar::new(day("2026-01-01"), day("2027-12-31"), days).unwrap()
}

pub(crate) fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}

/// A refusal says in both languages what is missing.
pub(crate) fn speaks(refusal: &Refusal) -> bool {
    let is_chinese = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    refusal.zh.contains(is_chinese)
        && refusal.zh.ends_with('。')
        && refusal.en.ends_with('.')
        && !refusal.en.contains(is_chinese)
}

/// The events of version 1 as they are sealed, under `tests/fixtures/v1`: each is read, written as
/// it was, and is what is written today. `JIANWEI_BLESS` writes a fixture that is not there yet.
pub(crate) fn stays<E: Serialize + DeserializeOwned>(name: &str, events: &[E]) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1");
    let file = folder.join(format!("{name}.ndjson"));
    let written: String = events.iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect();
    if std::env::var_os("JIANWEI_BLESS").is_some() && !file.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&file, &written).unwrap();
    }
    let fixture = std::fs::read_to_string(&file).unwrap();
    for line in fixture.lines() {
        let event: E = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), line);
    }
    assert_eq!(written, fixture, "events of version 1 are written otherwise than they were");
}

/// The kinds of steps that stand in events: the key of each step, or its name.
pub(crate) fn kinds<E: Serialize>(events: &[E]) -> BTreeSet<String> {
    let kind = |event: &E| {
        let value = serde_json::to_value(event).unwrap();
        match &value["step"] {
            serde_json::Value::String(name) => name.clone(),
            step => step.as_object().unwrap().keys().next().unwrap().clone(),
        }
    };
    events.iter().map(kind).collect()
}
