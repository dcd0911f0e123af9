//! What the page of the rulebook says of words and columns is what the program takes, in both halves;
//! and its example is a rule that loads and whose cases pass.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a fixture that fails fails its test")]

use rulebook::{Answerable, Basis, DERIVED, Draft, Level, Nature, Scope, Tier, Unit, load};

const PAGE: &str = include_str!("../../../rulebook/README.md");

/// The Chinese half and the English one.
fn halves() -> [&'static str; 2] {
    PAGE.split_once("\n## English\n").unwrap().into()
}

/// The words in backticks of the cell after a key's, in its row.
fn listed(half: &str, key: &str) -> Vec<String> {
    let row =
        half.lines().find(|line| line.starts_with(&format!("| `{key}`")) && line.matches('`').count() > 2);
    let Some(row) = row else { panic!("no row of {key}") };
    let cell = row.split('|').nth(2).unwrap();
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_columns_of_derived_tables_are_listed() {
    for half in halves() {
        for table in DERIVED {
            let schema = table.schema();
            let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            assert_eq!(listed(half, table.name), columns, "{}", table.name);
        }
    }
}

#[test]
fn the_words_of_keys_are_listed() {
    let words: [(&str, Vec<&str>); 8] = [
        ("tier", Tier::ALL.iter().map(|word| word.code()).collect()),
        ("basis", Basis::ALL.iter().map(|word| word.code()).collect()),
        ("answerable", Answerable::ALL.iter().map(|word| word.code()).collect()),
        ("nature", Nature::ALL.iter().map(|word| word.code()).collect()),
        ("level", Level::ALL.iter().map(|word| word.code()).collect()),
        ("scope", Scope::ALL.iter().map(|word| word.code()).collect()),
        ("unit", Unit::ALL.iter().map(|word| word.code()).collect()),
        ("verdict", vec!["yellow", "orange", "red", "silent", "undetermined"]),
    ];
    for half in halves() {
        for (key, codes) in &words {
            assert_eq!(listed(half, key), *codes, "{key}");
        }
    }
}

#[test]
fn the_example_loads_and_its_cases_pass() {
    for half in halves() {
        let blocks: Vec<&str> =
            half.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        let [text, cases] = blocks.as_slice() else { panic!("{} blocks", blocks.len()) };
        let draft = Draft::new("many-small-payments.yaml", text, Some(cases));
        let book =
            draft.rulebook(&load::embedded_files()).unwrap_or_else(|faults| panic!("{}", faults.render(100)));
        assert_eq!(book.cases(&draft.id).len(), 2);
        assert_eq!(book.run_cases(&draft.id).unwrap(), []);
    }
}
