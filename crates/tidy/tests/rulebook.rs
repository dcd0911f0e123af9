//! Every entry of the rulebook speaks both languages.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Texts that each entry has in Chinese and English.
const BILINGUAL: [&str; 3] = ["clause", "title", "text"];

/// Rules are YAML files, indicators SQL files that begin with a comment of YAML.
fn entries() -> Vec<PathBuf> {
    let mut entries = Vec::new();
    for folder in ["basic", "special", "guidance", "indicators"] {
        let files = tidy::files(&format!("rulebook/{folder}"), &[".yaml", ".sql"]).unwrap();
        entries.extend(files.into_iter().filter(|path| !is_cases(path)));
    }
    entries
}

fn is_cases(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".cases.yaml")
}

fn header(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).unwrap();
    let yaml = if path.extension().is_some_and(|ending| ending == "sql") {
        let comment = text.strip_prefix("/*").and_then(|rest| rest.split_once("*/"));
        comment.ok_or("does not begin with a comment")?.0.to_owned()
    } else {
        text
    };
    serde_saphyr::from_str(&yaml).map_err(|error| error.to_string())
}

fn has_both(value: &Value) -> bool {
    ["zh", "en"].iter().all(|language| value[*language].as_str().is_some_and(|text| !text.trim().is_empty()))
}

fn has_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
fn every_entry_has_its_texts_in_both_languages() {
    let mut wrong = Vec::new();
    for path in entries() {
        let name = tidy::relative(&path);
        match header(&path) {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok(entry) => {
                for key in BILINGUAL {
                    if !has_both(&entry[key]) {
                        wrong.push(format!("{name}: {key} needs zh and en"));
                    } else if !has_chinese(entry[key]["zh"].as_str().unwrap()) {
                        wrong.push(format!("{name}: {key}.zh is not Chinese"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_entry_has_cases_and_every_case_a_name_in_both_languages() {
    let mut wrong = Vec::new();
    // Principles compute nothing; the special rules that serve them have the cases.
    let is_principle = |path: &PathBuf| tidy::relative(path).starts_with("rulebook/basic/");
    for path in entries().into_iter().filter(|path| !is_principle(path)) {
        let cases = path.with_extension("cases.yaml");
        let name = tidy::relative(&cases);
        let Ok(text) = fs::read_to_string(&cases) else {
            wrong.push(format!("{name} is missing"));
            continue;
        };
        match serde_saphyr::from_str::<Value>(&text) {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok(Value::Array(cases)) if !cases.is_empty() => {
                for (index, case) in cases.iter().enumerate().filter(|(_, case)| !has_both(&case["name"])) {
                    wrong.push(format!("{name}: case {} needs name.zh and name.en: {case}", index + 1));
                }
            }
            Ok(_) => wrong.push(format!("{name} is not a list of cases")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
