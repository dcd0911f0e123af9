//! Cases: what an entry must find in given records, written beside the entry.
//!
//! Records are given in the wire form. What is left out is filled in, so that a case shows only
//! what it is about: `institution` (not part of the wire form) is [`DEFAULT_INSTITUTION`]; the
//! time or date of the event is noon of `day` (not part of the wire form either); required
//! fields are a running id, the amount 1.00, the rate 1, the count 0, the first code of the list,
//! false, an empty list, the person `someone`. So are those that another field asks for: a project
//! of the status `failed` ended on its day. A person, account or organisation may be any word;
//! it stands for a pseudonym. `repeat: 51` gives a record 51 times, each with an id of its own.

mod rows;
mod run;

use std::collections::BTreeMap;

use model::event::Grade;
use model::time::Day;
use query::{Number, RecordBatch};
use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

pub(crate) use run::run;

use crate::entry::{RawText, Text, check_day, check_text};
use crate::fault::RuleFault;
use crate::source::SourceFile;
use crate::yaml::{Reader, Word};

/// The institution of records and expectations that name none.
pub const DEFAULT_INSTITUTION: &str = "institution";

/// The given records by table, one batch for each institution.
pub type CaseTables = BTreeMap<String, Vec<RecordBatch>>;

/// A case of an entry.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows.
    pub name: Text,
    /// The records.
    pub given: CaseTables,
    /// What must be found in them, and, with it, nothing else that is not silent.
    pub expect: Vec<Expectation>,
}

/// What a case expects of one window or reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The institution; of no meaning for the industry.
    pub institution: String,
    /// The day.
    pub day: Day,
    /// Further columns that the window or reading must have, such as `user` or `line`.
    pub columns: BTreeMap<String, String>,
    /// What must be found.
    pub expected: Expected,
    /// The value, where the case names one.
    pub value: Option<Number>,
}

/// What must be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// This grade: yellow, orange or red.
    Graded(Grade),
    /// Green, or no window or reading at all.
    Silent,
    /// Undetermined.
    Undetermined,
}

/// Where an entry does not find what a case expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFailure {
    /// The case.
    pub case: Text,
    /// What was expected and what was found, in one sentence.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    name: RawText,
    given: BTreeMap<String, Vec<Spanned<Map<String, Value>>>>,
    expect: Spanned<Vec<RawExpectation>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExpectation {
    #[serde(default)]
    institution: Option<Word>,
    day: Word,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    verdict: Word,
    #[serde(default)]
    value: Option<Word>,
}

/// Reads the cases of an entry: one at least that finds something, and one that is silent.
pub(crate) fn parse(file: &SourceFile) -> Result<Vec<Case>, Vec<RuleFault>> {
    let mut reader = Reader::whole(file);
    let Some(raw) = reader.read::<Vec<RawCase>>() else { return Err(reader.faults) };
    let cases: Vec<Case> = raw.into_iter().filter_map(|case| check(&mut reader, case)).collect();
    if reader.faults.is_empty() {
        let expects = |wanted: fn(&Expected) -> bool| {
            cases.iter().flat_map(|case| &case.expect).any(|expectation| wanted(&expectation.expected))
        };
        if !expects(|expected| matches!(expected, Expected::Graded(_))) {
            reader.faults.push(RuleFault::new(file, None, "no case finds anything"));
        }
        if !expects(|expected| matches!(expected, Expected::Silent)) {
            reader.faults.push(RuleFault::new(file, None, "no case is silent"));
        }
    }
    if reader.faults.is_empty() { Ok(cases) } else { Err(reader.faults) }
}

fn check(reader: &mut Reader<'_>, raw: RawCase) -> Option<Case> {
    let name = check_text(reader, &raw.name, "name");
    let given = rows::tables(reader, raw.given);
    if raw.expect.value.is_empty() {
        reader.fault(&raw.expect, "a case expects something");
    }
    let expect: Vec<_> = raw.expect.value.into_iter().map(|raw| check_expectation(reader, raw)).collect();
    Some(Case { name: name?, given, expect: expect.into_iter().collect::<Option<_>>()? })
}

fn check_expectation(reader: &mut Reader<'_>, raw: RawExpectation) -> Option<Expectation> {
    let verdicts = [
        ("yellow", Expected::Graded(Grade::Yellow)),
        ("orange", Expected::Graded(Grade::Orange)),
        ("red", Expected::Graded(Grade::Red)),
        ("silent", Expected::Silent),
        ("undetermined", Expected::Undetermined),
    ];
    let expected = reader.one_of(&raw.verdict, "verdict", &verdicts);
    let day = check_day(reader, &raw.day);
    let value = match &raw.value {
        None => None,
        Some(word) => match word.value.parse() {
            Ok(number) => Some(number),
            Err(error) => {
                let error: query::NumberError = error;
                reader.fault(word, error.to_string());
                return None;
            }
        },
    };
    let institution = raw.institution.map_or(DEFAULT_INSTITUTION.to_owned(), |word| word.value);
    Some(Expectation { institution, day: day?, columns: raw.columns, expected: expected?, value })
}
