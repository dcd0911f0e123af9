//! What became of the platforms.

use std::collections::BTreeMap;
use std::path::Path;

use super::StudyError;
use super::load::file;

/// How a platform ended, by the words of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Normal,
    Failed,
    /// Not told, or in a word that is not known here.
    Unknown,
}

const NORMAL: [&str; 3] = ["normal", "正常", "正常运营"];
/// Withdrawals failing, closed, absconded, police, changed business.
const FAILED: [&str; 5] = ["提现困难", "停业", "跑路", "经侦介入", "转型"];
const UNKNOWN: [&str; 3] = ["", "unknown", "NA"];
/// Names that the status may have, in order of preference.
const STATUS_COLUMNS: [&str; 4] = ["status_2018_08", "status", "outcome", "状态"];

/// What became of the platforms, by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcomes {
    pub(super) fates: BTreeMap<String, Fate>,
    /// How many platforms each word was said of.
    pub(super) words: BTreeMap<String, u64>,
    pub(super) warnings: Vec<String>,
}

impl Outcomes {
    pub(super) fn of(&self, platform: &str) -> Fate {
        self.fates.get(platform).copied().unwrap_or(Fate::Unknown)
    }
}

pub(super) fn read(folder: &Path) -> Result<Outcomes, StudyError> {
    let path = file(folder, "outcome.csv")?;
    let fault = |message: String| StudyError::Data { path: path.clone(), message };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_path(&path)
        .map_err(|error| fault(error.to_string()))?;
    let header = reader.headers().map_err(|error| fault(error.to_string()))?.clone();
    let place = |wanted: &str| header.iter().position(|name| name == wanted);
    let names = || header.iter().collect::<Vec<_>>().join(", ");
    let platform = place("plat_id")
        .ok_or_else(|| fault(format!("has no column \"plat_id\"; its columns are: {}", names())))?;
    let status = STATUS_COLUMNS
        .iter()
        .find_map(|name| place(name))
        .or_else(|| header.iter().position(|name| name.starts_with("status") || name.starts_with("outcome")))
        .ok_or_else(|| {
            fault(format!("has no column \"status_2018_08\" or another status; its columns are: {}", names()))
        })?;
    let mut outcomes = Outcomes::default();
    for record in reader.records() {
        let record = record.map_err(|error| fault(error.to_string()))?;
        let id = record.get(platform).unwrap_or_default();
        if id.is_empty() {
            continue;
        }
        let word = record.get(status).unwrap_or_default();
        let fate = match word {
            word if NORMAL.contains(&word) => Fate::Normal,
            word if FAILED.contains(&word) => Fate::Failed,
            _ => Fate::Unknown,
        };
        if let Some(before) = outcomes.fates.insert(id.to_owned(), fate)
            && before != fate
        {
            outcomes.warnings.push(format!("the platform {id} has two outcomes; the later one counts"));
        }
        let word = if UNKNOWN.contains(&word) { "unknown" } else { word };
        *outcomes.words.entry(word.to_owned()).or_default() += 1;
    }
    for (word, count) in &outcomes.words {
        if word != "unknown" && !NORMAL.contains(&word.as_str()) && !FAILED.contains(&word.as_str()) {
            let text =
                format!("the status \"{word}\" of {count} platforms is not known and counts as unknown");
            outcomes.warnings.push(text);
        }
    }
    Ok(outcomes)
}
