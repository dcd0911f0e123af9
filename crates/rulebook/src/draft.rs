//! A draft of one entry, put in its place in a rulebook, so that it is checked as strictly as
//! everything else and tried on its cases.

use crate::book::Rulebook;
use crate::diff::{header_word, id_and_version};
use crate::fault::Faults;
use crate::source::SourceFile;

/// The text of an entry or filing duty that is not in force, and its cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its id: the file's name without its ending.
    pub id: String,
    /// The text, at the path that it would have in a rulebook.
    pub text: SourceFile,
    /// The cases beside it; none when those of the rulebook are to do.
    pub cases: Option<SourceFile>,
}

impl Draft {
    /// A draft from a file's name and text: its tier and level say where it would lie. The texts
    /// of tiers that are none lie among the special rules, where the check names what is wrong.
    pub fn new(name: &str, text: &str, cases: Option<&str>) -> Self {
        let own = SourceFile::new(name, text);
        let word = |key: &str| header_word(&own, key).unwrap_or_default();
        let folder = match word("tier").as_str() {
            "basic" => "basic".to_owned(),
            "guidance" => "guidance".to_owned(),
            "duty" => "duties".to_owned(),
            "indicator" => format!("indicators/{}", word("level")),
            _ => "special".to_owned(),
        };
        let id = name.split('.').next().unwrap_or_default().to_owned();
        let cases = cases.map(|cases| SourceFile::new(format!("{folder}/{id}.cases.yaml"), cases));
        Self { text: SourceFile::new(format!("{folder}/{name}"), text), id, cases }
    }

    /// The number of version that it gives itself.
    pub fn version(&self) -> Option<u32> {
        id_and_version(&self.text).map(|(_, version)| version)
    }

    /// A rulebook's files with the draft instead of the entry of its id. Where the draft has no
    /// cases, those of the entry stay.
    pub fn among(&self, files: &[SourceFile]) -> Vec<SourceFile> {
        let is_text = |file: &SourceFile| {
            let is_entry = file.folder() == "duties" || crate::diff::is_entry(file);
            is_entry && file.name().split('.').next() == Some(&self.id)
        };
        let is_cases = |file: &SourceFile| file.name().ends_with(".cases.yaml");
        let mut all: Vec<SourceFile> = files.iter().filter(|file| !is_text(file)).cloned().collect();
        let kept = files.iter().find(|file| is_text(file) && is_cases(file));
        let folder = self.text.folder();
        let kept = kept.map(|file| {
            SourceFile::new(format!("{folder}/{}.cases.yaml", self.id), std::sync::Arc::clone(&file.text))
        });
        all.push(self.text.clone());
        all.extend(self.cases.clone().or(kept));
        all
    }

    /// The rulebook with the draft in it, checked strictly.
    ///
    /// # Errors
    /// All faults of all files.
    pub fn rulebook(&self, files: &[SourceFile]) -> Result<Rulebook, Faults> {
        Rulebook::from_files(self.among(files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedded(path: &str) -> String {
        let files = crate::load::embedded_files();
        files.into_iter().find(|file| file.path == path).unwrap().text.to_string()
    }

    #[test]
    fn a_draft_takes_the_place_of_its_entry() {
        let files = crate::load::embedded_files();
        let text = embedded("special/frequent-transactions.yaml");
        let own = crate::load::embedded().unwrap().entry("frequent-transactions").unwrap().meta().version;
        let raised = text.replace(&format!("version: {own}\n"), "version: 7\n");
        let raised = raised.replace("\"> 50\"", "\"> 49\"");
        let draft = Draft::new("frequent-transactions.yaml", &raised, None);
        assert_eq!((draft.id.as_str(), draft.version()), ("frequent-transactions", Some(7)));
        assert_eq!(draft.among(&files).len(), files.len());
        let book = draft.rulebook(&files).unwrap();
        assert_eq!(book.entry("frequent-transactions").unwrap().meta().version, 7);
        assert!(!book.run_cases("frequent-transactions").unwrap().is_empty(), "50 is found now");
        let sql = embedded("indicators/micro/liquidity.sql");
        assert_eq!(Draft::new("liquidity.sql", &sql, None).text.path, "indicators/micro/liquidity.sql");
        let duty = Draft::new("projects.yaml", &embedded("duties/projects.yaml"), None);
        assert_eq!(
            (duty.text.path.as_str(), duty.among(&files).len()),
            ("duties/projects.yaml", files.len())
        );
    }

    #[test]
    fn a_draft_that_is_not_sound_is_told_where() {
        let text = embedded("special/frequent-transactions.yaml").replace("answerable: analyst\n", "");
        let draft = Draft::new("frequent-transactions.yaml", &text, None);
        let faults = draft.rulebook(&crate::load::embedded_files()).unwrap_err();
        assert!(faults.render(100).contains("special/frequent-transactions.yaml"));
        let without = Draft::new("wholly-new.yaml", &embedded("special/frequent-transactions.yaml"), None);
        assert!(without.rulebook(&crate::load::embedded_files()).is_err());
    }
}
