//! Versions of one entry in one rulebook, each in force on days of its own.
//!
//! A text that was used is never edited, not even to say that it ends. So the days on which texts
//! are in force stand beside them, in `in-force.yaml`, and texts that were replaced lie below
//! `past/<number>/`, at the path that they had: the number tells several of one entry apart.
//!
//! Of a text that others read (`inputs`) they read the newest version, on every day.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::RangeInclusive;

use model::time::Day;
use serde::Deserialize;
use serde_saphyr::Spanned;
use sha2::{Digest, Sha256};

use crate::book::Rulebook;
use crate::diff::is_entry;
use crate::draft::Draft;
use crate::entry::{Effective, EntryHash, Meta, check_day};
use crate::fault::{Faults, RuleFault};
use crate::reading;
use crate::source::SourceFile;
use crate::yaml::{Reader, Word};

/// The file with the days on which texts are in force.
const SCHEDULE: &str = "in-force.yaml";
/// The folder of texts that were replaced.
const PAST: &str = "past/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPeriod {
    path: Word,
    from: Word,
    to: Option<Word>,
}

/// From which day to which the text at a path is in force.
type Schedule = BTreeMap<String, Effective>;

/// The number and the path of a file below `past/<number>/`.
pub(crate) fn past_path(path: &str) -> Option<(u32, &str)> {
    let (number, path) = path.strip_prefix(PAST)?.split_once('/')?;
    Some((number.parse().ok()?, path))
}

fn id(file: &SourceFile) -> &str {
    file.name().split('.').next().unwrap_or_default()
}

fn is_text(file: &SourceFile) -> bool {
    (is_entry(file) || file.folder() == "duties") && !file.name().ends_with(".cases.yaml")
}

/// Reads a rulebook: the newest texts, and those that were replaced, each for its days.
pub(crate) fn read(files: Vec<SourceFile>) -> Result<Rulebook, Faults> {
    let is_own = |file: &SourceFile| file.path == SCHEDULE || past_path(&file.path).is_some();
    let (mut own, newest): (Vec<_>, Vec<_>) = files.into_iter().partition(is_own);
    if own.is_empty() {
        return reading::read(newest);
    }
    own.sort_by(|left, right| left.path.cmp(&right.path));
    let schedule = match own.iter().find(|file| file.path == SCHEDULE) {
        Some(file) => schedule(file).map_err(Faults)?,
        None => Schedule::new(),
    };
    let mut book = reading::read(newest.clone())?;
    let mut layers: BTreeMap<u32, Vec<SourceFile>> = BTreeMap::new();
    for file in &own {
        if let Some((number, path)) = past_path(&file.path) {
            if !schedule.contains_key(&file.path) {
                let message = format!("{SCHEDULE} does not say when this text was in force");
                return Err(Faults(vec![RuleFault::new(file, None, message)]));
            }
            let file = SourceFile::new(path, std::sync::Arc::clone(&file.text));
            layers.entry(number).or_default().push(file);
        }
    }
    for (number, texts) in layers {
        add(&mut book, number, &texts, &newest)?;
    }
    for meta in metas(&mut book) {
        if let Some(period) = schedule.get(&meta.path) {
            let own_end = meta.effective.to.filter(|to| *to >= period.from);
            meta.effective = Effective { from: period.from, to: period.to.or(own_end) };
        }
    }
    sort(&mut book);
    let mut digest = Sha256::new();
    digest.update(book.hash.0);
    for file in &own {
        digest.update(file.path.len().to_be_bytes());
        digest.update(&file.path);
        digest.update(file.hash().0);
    }
    book.hash = EntryHash(digest.finalize().into());
    book.files.extend(own);
    book.files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(book)
}

fn schedule(file: &SourceFile) -> Result<Schedule, Vec<RuleFault>> {
    let mut reader = Reader::whole(file);
    let raw = reader.read::<Vec<Spanned<RawPeriod>>>().unwrap_or_default();
    let mut schedule = Schedule::new();
    for raw in raw {
        let RawPeriod { path, from, to } = raw.value;
        let from = check_day(&mut reader, &from);
        let to = to.and_then(|to| check_day(&mut reader, &to));
        if let Some(from) = from {
            schedule.insert(path.value, Effective { from, to });
        }
    }
    if reader.faults.is_empty() { Ok(schedule) } else { Err(reader.faults) }
}

/// Adds texts that were replaced, checked among the newest texts of all others.
fn add(book: &mut Rulebook, number: u32, texts: &[SourceFile], newest: &[SourceFile]) -> Result<(), Faults> {
    let ids: BTreeSet<&str> = texts.iter().map(id).collect();
    let mut files: Vec<SourceFile> =
        newest.iter().filter(|file| !(is_text(file) && ids.contains(id(file)))).cloned().collect();
    files.extend(texts.iter().cloned());
    let mut layer = reading::read(files)?;
    for meta in metas(&mut layer) {
        meta.path = format!("{PAST}{number}/{}", meta.path);
    }
    let is_its = |meta: &Meta| ids.contains(meta.id.as_str());
    book.rules.extend(layer.rules.into_iter().filter(|rule| is_its(&rule.meta)));
    book.indicators.extend(layer.indicators.into_iter().filter(|one| is_its(&one.meta)));
    book.duties.extend(layer.duties.into_iter().filter(|duty| is_its(&duty.meta)));
    Ok(())
}

fn metas(book: &mut Rulebook) -> impl Iterator<Item = &mut Meta> {
    let rules = book.rules.iter_mut().map(|rule| &mut rule.meta);
    let indicators = book.indicators.iter_mut().map(|indicator| &mut indicator.meta);
    let duties = book.duties.iter_mut().map(|duty| &mut duty.meta);
    rules.chain(indicators).chain(duties).chain(book.principles.iter_mut().map(|one| &mut one.meta))
}

/// By id, of one id the newest first.
fn sort(book: &mut Rulebook) {
    let key = |meta: &Meta| (meta.id.clone(), std::cmp::Reverse(meta.effective.from));
    book.rules.sort_by_key(|rule| key(&rule.meta));
    book.indicators.sort_by_key(|indicator| key(&indicator.meta));
    book.duties.sort_by_key(|duty| key(&duty.meta));
}

/// The newest texts, each with the days that it gives itself, which are those that its cases rest
/// on; none when the rulebook has no schedule.
pub(crate) fn without_schedule(book: &Rulebook) -> Option<Rulebook> {
    let has_schedule = book.files.iter().any(|file| file.path == SCHEDULE);
    let is_newest = |file: &&SourceFile| file.path != SCHEDULE && past_path(&file.path).is_none();
    has_schedule.then(|| reading::read(book.files.iter().filter(is_newest).cloned().collect()).ok())?
}

impl Rulebook {
    fn versions<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Meta> {
        let rules = self.rules.iter().map(|rule| &rule.meta);
        rules.chain(self.indicators.iter().map(|one| &one.meta)).filter(move |meta| meta.id == id)
    }

    /// Whether a version of an entry is in force on a day; also when there is no such entry.
    pub fn holds(&self, id: &str, day: Day) -> bool {
        let mut own = self.versions(id).peekable();
        own.peek().is_none() || own.any(|meta| meta.effective.contains(day))
    }

    /// Whether a version of an entry answers for a day: the only version for every day, one of
    /// several for its own.
    pub fn answers(&self, meta: &Meta, day: Day) -> bool {
        meta.effective.contains(day) || self.versions(&meta.id).nth(1).is_none()
    }

    /// Those of some days for which a version of an entry answers.
    pub fn days_of(&self, meta: &Meta, days: RangeInclusive<Day>) -> Option<RangeInclusive<Day>> {
        if self.versions(&meta.id).nth(1).is_none() {
            return Some(days);
        }
        let Effective { from, to } = meta.effective;
        let own = (*days.start()).max(from)..=to.map_or(*days.end(), |to| to.min(*days.end()));
        (!own.is_empty()).then_some(own)
    }

    /// The files of the rulebook in which a draft is in force from a day on, and the text that it
    /// replaces, if there is one, ended the day before. Both texts stay as they are.
    ///
    /// # Errors
    /// All faults of the rulebook that comes of it.
    pub fn succeeded_by(&self, draft: &Draft, from: Day) -> Result<Self, Faults> {
        let mut schedule = Schedule::new();
        for meta in metas(&mut self.clone()) {
            if past_path(&meta.path).is_some() || self.files.iter().any(|file| file.path == SCHEDULE) {
                schedule.insert(meta.path.clone(), meta.effective);
            }
        }
        // Of its earlier versions none holds from the day on, also none that was still to come.
        let mut never = BTreeSet::new();
        for meta in metas(&mut self.clone()).filter(|meta| meta.id == draft.id) {
            if past_path(&meta.path).is_some() && meta.effective.from >= from {
                schedule.remove(&meta.path);
                never.insert(meta.path.clone());
            } else if let Some(period) = schedule.get_mut(&meta.path) {
                period.to = Some(period.to.map_or(from.plus(-1), |to| to.min(from.plus(-1))));
            }
        }
        let replaced: Vec<SourceFile> = self
            .files
            .iter()
            .filter(|file| past_path(&file.path).is_none() && is_text(file) && id(file) == draft.id)
            .cloned()
            .collect();
        let mut files = draft.among(&self.files);
        files.retain(|file| !never.contains(&file.path));
        for file in replaced {
            let own = metas(&mut self.clone()).find(|meta| meta.path == file.path).map(|meta| meta.effective);
            schedule.remove(&file.path);
            let Some(own) = own.filter(|own| own.from < from) else { continue };
            let is_taken = |number: u32| {
                let taken = |other: &&SourceFile| {
                    past_path(&other.path).is_some_and(|(own, _)| own == number) && id(other) == draft.id
                };
                self.files.iter().any(|other| taken(&other))
            };
            let number = (1..).find(|number| !is_taken(*number)).unwrap_or(1);
            let path = format!("{PAST}{number}/{}", file.path);
            let last = own.to.map_or(from.plus(-1), |to| to.min(from.plus(-1)));
            schedule.insert(path.clone(), Effective { from: own.from, to: Some(last) });
            files.push(SourceFile::new(path, file.text));
        }
        schedule.insert(draft.text.path.clone(), Effective { from, to: None });
        scheduled(files, schedule)
    }

    /// The rulebook in which the newest text of an entry is taken out, as if it had never been to come,
    /// and the one before it holds on. `cases` are those of the text before, where they are known;
    /// an entry that had no text before goes wholly.
    ///
    /// # Errors
    /// All faults of the rulebook that comes of it.
    pub fn without_newest(&self, entry: &str, cases: Option<&str>) -> Result<Self, Faults> {
        let mut whole = self.clone();
        let periods = metas(&mut whole).map(|meta| (meta.path.clone(), meta.effective));
        let mut schedule: Schedule = periods.collect();
        let is_own = |file: &&SourceFile| id(file) == entry;
        let past = self.files.iter().filter(|file| past_path(&file.path).is_some()).filter(is_own);
        let before = past.max_by_key(|file| schedule.get(&file.path).map(|period| period.from)).cloned();
        let is_newest = |file: &SourceFile| {
            past_path(&file.path).is_none()
                && (is_entry(file) || file.folder() == "duties")
                && id(file) == entry
        };
        let is_kept = |file: &&SourceFile| {
            !is_newest(file) && before.as_ref().is_none_or(|before| before.path != file.path)
        };
        let mut files: Vec<SourceFile> = self.files.iter().filter(is_kept).cloned().collect();
        for gone in self.files.iter().filter(|file| is_newest(file)) {
            schedule.remove(&gone.path);
        }
        if let Some(before) = before {
            let (_, path) = past_path(&before.path).unwrap_or((0, &before.path));
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let newer = self.files.iter().find(|file| is_newest(file) && !is_text(file));
            if let Some(cases) = cases.or(newer.map(|file| &*file.text)) {
                files.push(SourceFile::new(format!("{folder}/{entry}.cases.yaml"), cases));
            }
            if let Some(Effective { from, .. }) = schedule.remove(&before.path) {
                schedule.insert(path.to_owned(), Effective { from, to: None });
            }
            files.push(SourceFile::new(path, before.text));
        }
        // What a text says of its days itself need not be said beside it: of a rulebook that was changed
        // and changed back the same comes as before.
        let is_past = |file: &SourceFile| past_path(&file.path).is_some() || file.path == SCHEDULE;
        let mut plain = reading::read(files.iter().filter(|file| !is_past(file)).cloned().collect())?;
        for meta in metas(&mut plain) {
            let own = meta.effective;
            let says_more = |period: &Effective| {
                period.from != own.from || period.to.is_some_and(|to| own.to != Some(to))
            };
            if schedule.get(&meta.path).is_some_and(|period| !says_more(period)) {
                schedule.remove(&meta.path);
            }
        }
        scheduled(files, schedule)
    }
}

/// The rulebook of files with another schedule.
fn scheduled(mut files: Vec<SourceFile>, schedule: Schedule) -> Result<Rulebook, Faults> {
    files.retain(|file| file.path != SCHEDULE);
    if !schedule.is_empty() {
        let mut text = String::from(
            "# Which text is in force on which days. Written by `jianwei rules enact`; the texts themselves are never edited.\n",
        );
        for (path, Effective { from, to }) in schedule {
            let to = to.map(|to| format!(", to: {to}")).unwrap_or_default();
            let _ = writeln!(text, "- {{path: {path}, from: {from}{to}}}");
        }
        files.push(SourceFile::new(SCHEDULE, text));
    }
    Rulebook::from_files(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "frequent-transactions";

    fn draft(book: &Rulebook, version: u32, threshold: u32) -> Draft {
        let file = book.files().iter().find(|file| file.path.ends_with(&format!("{ID}.yaml"))).unwrap();
        let mut lines: Vec<String> = file.text.lines().map(str::to_owned).collect();
        for line in &mut lines {
            if line.starts_with("version:") {
                *line = format!("version: {version}");
            }
            if line.starts_with("bands:") {
                *line = format!("bands: {{yellow: \"> {threshold}\"}}");
            }
        }
        Draft::new(&format!("{ID}.yaml"), &(lines.join("\n") + "\n"), None)
    }

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    /// The versions of the rule with the days on which they are in force.
    fn told(book: &Rulebook) -> Vec<String> {
        let own = book.rules().iter().filter(|rule| rule.meta.id == ID);
        own.map(|rule| {
            let Effective { from, to } = rule.meta.effective;
            let to = to.map(|to| to.to_string()).unwrap_or_default();
            format!("v{} {from}–{to}", rule.meta.version)
        })
        .collect()
    }

    #[test]
    fn versions_follow_each_other_and_texts_stay() {
        let first = crate::load::embedded().unwrap();
        let own = first.entry(ID).unwrap().meta();
        let (version, from, hash) = (own.version, own.effective.from, own.hash);
        let second = first.succeeded_by(&draft(&first, version + 1, 40), day("2026-04-01")).unwrap();
        let third = second.succeeded_by(&draft(&first, version + 2, 30), day("2026-07-01")).unwrap();
        assert_eq!(
            told(&third),
            [
                format!("v{} 2026-07-01–", version + 2),
                format!("v{} 2026-04-01–2026-06-30", version + 1),
                format!("v{version} {from}–2026-03-31"),
            ]
        );
        assert_eq!(third.entry(ID).unwrap().meta().version, version + 2, "the newest stands for all");
        assert!(third.rules().iter().any(|rule| rule.meta.hash == hash), "the used text is the same text");
        assert!(third.holds(ID, day("2026-05-01")) && !third.holds(ID, day("2000-01-01")));
        let hashes = [first.hash(), second.hash(), third.hash()];
        assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2]);
        // Its cases are of days before it came in force, and hold all the same.
        assert_eq!(third.run_cases("fifty-thousand-yuan-day").unwrap(), []);
        assert!(third.run_cases(ID).unwrap().iter().all(|failure| failure.message.contains("yellow")));
        // Kept and read again it is the same rulebook.
        let again = Rulebook::from_files(third.files().to_vec()).unwrap();
        assert_eq!((again.hash(), told(&again)), (third.hash(), told(&third)));
        // A version that is replaced before its first day never was in force.
        let instead = second.succeeded_by(&draft(&first, version + 2, 30), day("2026-03-01")).unwrap();
        assert_eq!(
            told(&instead),
            [format!("v{} 2026-03-01–", version + 2), format!("v{version} {from}–2026-02-28")]
        );
    }

    #[test]
    fn a_text_that_is_taken_out_leaves_the_one_before_as_it_was() {
        let first = crate::load::embedded().unwrap();
        let own = first.entry(ID).unwrap().meta();
        let (version, from) = (own.version, own.effective.from);
        let cases =
            first.files().iter().find(|file| file.path.ends_with(&format!("{ID}.cases.yaml"))).unwrap();
        let second = first.succeeded_by(&draft(&first, version + 1, 40), day("2026-04-01")).unwrap();
        let third = second.succeeded_by(&draft(&first, version + 2, 30), day("2026-07-01")).unwrap();
        let back = third.without_newest(ID, Some(&cases.text)).unwrap();
        assert_eq!(
            told(&back),
            [format!("v{} 2026-04-01–", version + 1), format!("v{version} {from}–2026-03-31")]
        );
        let again = back.without_newest(ID, Some(&cases.text)).unwrap();
        assert_eq!((told(&again), again.hash()), (told(&first), first.hash()), "to the letter as it began");
        assert_eq!(again.run_cases(ID).unwrap(), []);
        // An entry that had no text before goes, with its cases.
        let text = draft(&first, 1, 40).text.text.to_string();
        let new = Draft::new(
            "wholly-new.yaml",
            &text.replace(&format!("id: {ID}"), "id: wholly-new"),
            Some(&cases.text),
        );
        let more = first.succeeded_by(&new, day("2026-04-01")).unwrap();
        assert_eq!(more.without_newest("wholly-new", None).unwrap().hash(), first.hash());
    }

    #[test]
    fn a_past_text_without_its_days_is_refused() {
        let first = crate::load::embedded().unwrap();
        let own = first.entry(ID).unwrap().meta().version;
        let second = first.succeeded_by(&draft(&first, own + 1, 40), day("2026-04-01")).unwrap();
        let files: Vec<_> = second.files().iter().filter(|file| file.path != SCHEDULE).cloned().collect();
        let faults = Rulebook::from_files(files).unwrap_err();
        assert!(faults.render(100).contains("in-force.yaml does not say"), "{}", faults.render(100));
    }
}
