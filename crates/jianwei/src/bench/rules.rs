//! Thirty streaming rules over transactions, as a rulebook of a few years has them: limits of a
//! day, of a week and of a month for users, accounts, counterparties and addresses, for some kinds,
//! directions and channels, and for the institution itself.

use std::path::Path;

use rulebook::{Rulebook, SourceFile};

use super::Fallible;

/// What differs between the rules.
struct Limit {
    when: &'static str,
    group_by: &'static str,
    window: &'static str,
    measure: &'static str,
    bands: &'static str,
}

const DAY: &str = "{calendar: day}";
const WEEK: &str = "{sliding_days: 7}";
const MONTH: &str = "{sliding_days: 30}";

const fn limit(
    when: &'static str,
    group_by: &'static str,
    window: &'static str,
    measure: &'static str,
    bands: &'static str,
) -> Limit {
    Limit { when, group_by, window, measure, bands }
}

/// The rules. Thresholds are such that some windows in a thousand reach them, as in earnest.
#[rustfmt::skip]
const LIMITS: [Limit; 30] = [
    // Users in a day.
    limit("", "[user]", DAY, "count()", r#"{orange: "> 50"}"#),
    limit("", "[user]", DAY, "sum(amount)", r#"{yellow: "> 50000", orange: "> 200000"}"#),
    limit("amount >= 10000", "[user]", DAY, "count()", r#"{yellow: ">= 3"}"#),
    limit("", "[user]", DAY, "max(amount)", r#"{yellow: ">= 20000", red: ">= 500000"}"#),
    limit("kind = 'transfer'", "[user]", DAY, "sum(amount)", r#"{orange: "> 20000"}"#),
    limit("kind = 'transfer'", "[user]", DAY, "count()", r#"{yellow: "> 10"}"#),
    limit("kind = 'refund'", "[user]", DAY, "count()", r#"{yellow: ">= 5"}"#),
    limit("direction = 'in'", "[user]", DAY, "sum(amount)", r#"{yellow: "> 50000"}"#),
    limit("channel = 'web'", "[user]", DAY, "count()", r#"{yellow: "> 20"}"#),
    limit("amount < 5", "[user]", DAY, "count()", r#"{yellow: "> 15"}"#),
    // Users in a week and a month.
    limit("", "[user]", WEEK, "count()", r#"{yellow: "> 200", orange: "> 300"}"#),
    limit("", "[user]", WEEK, "sum(amount)", r#"{yellow: "> 100000", red: "> 1000000"}"#),
    limit("kind = 'refund'", "[user]", WEEK, "sum(amount)", r#"{yellow: "> 10000"}"#),
    limit("", "[user]", MONTH, "sum(amount)", r#"{orange: "> 500000"}"#),
    // Accounts.
    limit("", "[payer_account]", DAY, "count()", r#"{yellow: "> 60"}"#),
    limit("", "[payer_account]", DAY, "sum(amount)", r#"{orange: "> 100000"}"#),
    limit("direction = 'out'", "[payer_account]", WEEK, "sum(amount)", r#"{orange: "> 200000"}"#),
    limit("", "[payee_account]", DAY, "count()", r#"{yellow: "> 2000"}"#),
    limit("", "[payee_account]", DAY, "sum(amount)", r#"{yellow: "> 200000", orange: "> 500000"}"#),
    limit("amount >= 5000", "[payee_account]", DAY, "count()", r#"{yellow: ">= 20"}"#),
    limit("", "[payee_account]", WEEK, "sum(amount)", r#"{orange: "> 1000000"}"#),
    // Counterparties.
    limit("", "[counterparty]", DAY, "sum(amount)", r#"{orange: "> 500000"}"#),
    limit("kind = 'transfer' AND amount >= 1000", "[counterparty]", DAY, "count()", r#"{yellow: ">= 10"}"#),
    limit("kind = 'payment'", "[counterparty]", WEEK, "count()", r#"{yellow: "> 5000"}"#),
    // Addresses, and users by channel.
    limit("", "[ip]", DAY, "count()", r#"{yellow: "> 200"}"#),
    limit("direction = 'out' AND amount >= 2000", "[ip]", DAY, "sum(amount)", r#"{yellow: "> 50000"}"#),
    limit("", "[user, channel]", DAY, "count()", r#"{yellow: "> 40"}"#),
    // The institution itself.
    limit("", "[]", DAY, "sum(amount)", r#"{yellow: "> 1000000000"}"#),
    limit("kind = 'refund'", "[]", DAY, "count()", r#"{yellow: "> 100000"}"#),
    limit("amount >= 50000", "[]", WEEK, "count()", r#"{yellow: "> 1000"}"#),
];

const CASES: &str = r#"
- name: {zh: 有, en: hit}
  given: {}
  expect: [{day: 2024-03-01, verdict: yellow}]
- name: {zh: 无, en: silent}
  given: {}
  expect: [{day: 2024-03-01, verdict: silent}]
"#;

/// How many rules there are.
pub(super) const COUNT: usize = LIMITS.len();

/// The rulebook's files: the thirty rules, with the shipped reference data.
fn files() -> Vec<SourceFile> {
    let shipped = rulebook::load::embedded_files();
    let mut files: Vec<_> = shipped.into_iter().filter(|file| file.path.starts_with("reference/")).collect();
    files.push(SourceFile::new("grading.yaml", "undetermined: listed\nwithout: []\n"));
    files.extend(limits(""));
    files
}

/// The rulebook that is shipped, with all its queries, and the thirty rules beside.
fn files_with_shipped() -> Vec<SourceFile> {
    let mut files = rulebook::load::embedded_files();
    files.extend(limits("serves: known-clients\n"));
    files
}

/// The files of the thirty rules, with a line about what they are for where the rulebook asks for it.
fn limits(serves: &str) -> Vec<SourceFile> {
    let mut files = Vec::new();
    for (index, limit) in LIMITS.iter().enumerate() {
        let id = format!("limit-{:02}", index + 1);
        let when = if limit.when.is_empty() { String::new() } else { format!("when: \"{}\"\n", limit.when) };
        let text = format!(
            "id: {id}\nversion: 1\ntier: special\n{serves}requirement: [\"3.1\"]\n\
             clause: {{zh: 测速, en: for measuring}}\nbasis: plan\neffective: {{from: 2010-01-01}}\n\
             lines: [p2p, insurance, payment, fund]\nanswerable: analyst\n\
             title: {{zh: 限额, en: A limit}}\ntext: {{zh: 测速用, en: For measuring}}\n\
             stream: transaction\n{when}group_by: {}\nwindow: {}\nmeasure: {}\nbands: {}\n",
            limit.group_by, limit.window, limit.measure, limit.bands
        );
        files.push(SourceFile::new(format!("special/{id}.yaml"), text));
        files.push(SourceFile::new(format!("special/{id}.cases.yaml"), CASES));
    }
    files
}

/// The rulebook.
pub(super) fn rulebook() -> Fallible<Rulebook> {
    Ok(Rulebook::from_files(files())?)
}

/// Writes the rulebook's files into a folder.
pub(super) fn write(dir: &Path) -> Fallible<()> {
    write_files(dir, files())
}

/// Writes the shipped rulebook's files and those of the thirty rules into a folder.
pub(super) fn write_with_shipped(dir: &Path) -> Fallible<()> {
    write_files(dir, files_with_shipped())
}

fn write_files(dir: &Path, files: Vec<SourceFile>) -> Fallible<()> {
    for file in files {
        let path = dir.join(&file.path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, file.text.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_rules_are_sound() {
        let book = super::rulebook().unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(book.rules().len(), super::COUNT);
        let both = rulebook::Rulebook::from_files(super::files_with_shipped());
        assert!(both.unwrap_or_else(|faults| panic!("{faults}")).rules().len() > super::COUNT);
    }
}
