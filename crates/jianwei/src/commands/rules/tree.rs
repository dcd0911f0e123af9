//! `jianwei rules tree`: the chain of the tiers (requirement 1.1), then indicators and duties.

use miette::Report;
use model::event::{Grade, Verdict};
use rulebook::{Entry, Level, Meta, Rulebook, Tier};

use crate::language::Lang;
use crate::outcome::{Done, Outcome};
use crate::screen::{Screen, Style};

pub(super) fn tree(screen: &mut Screen, book: &Rulebook, lang: Lang) -> Done {
    let mut tree = Tree { screen, book, lang };
    tree.heading("", &lang.words(Tier::Basic.zh(), Tier::Basic.en()))?;
    for basic in tree.basic() {
        tree.line("  ", basic)?;
        tree.entries("    ", &|meta| meta.serves.as_ref() == Some(&basic.id))?;
    }
    // A rulebook without basic rules has no chain; its rules are shown all the same.
    for tier in [Tier::Special, Tier::Guidance] {
        let loose = |meta: &Meta| meta.tier == tier && meta.serves.is_none() && meta.details.is_none();
        if book.entries().iter().any(|entry| loose(entry.meta())) {
            tree.heading("", &lang.words(tier.zh(), tier.en()))?;
            tree.entries("  ", &loose)?;
        }
    }
    tree.heading("", &lang.words(Tier::Indicator.zh(), Tier::Indicator.en()))?;
    for level in Level::ALL {
        tree.heading("  ", &lang.words(level.zh(), level.en()))?;
        let of_level = |entry: &Entry<'_>| matches!(entry, Entry::Indicator(one) if one.level == *level);
        let ids: Vec<&str> =
            book.entries().into_iter().filter(of_level).map(|entry| entry.meta().id.as_str()).collect();
        tree.entries("    ", &|meta| meta.tier == Tier::Indicator && ids.contains(&meta.id.as_str()))?;
    }
    tree.heading("", &lang.words(Tier::Duty.zh(), Tier::Duty.en()))?;
    tree.duties()
}

struct Tree<'a> {
    screen: &'a mut Screen,
    book: &'a Rulebook,
    lang: Lang,
}

impl<'a> Tree<'a> {
    /// Every basic rule, principles and those with a condition of their own.
    fn basic(&self) -> Vec<&'a Meta> {
        let with_condition = self.book.entries().into_iter().map(|entry| entry.meta());
        let principles = self.book.principles().iter().map(|principle| &principle.meta);
        let mut all: Vec<&Meta> =
            principles.chain(with_condition.filter(|meta| meta.tier == Tier::Basic)).collect();
        all.sort_by(|left, right| left.id.cmp(&right.id));
        all
    }

    fn heading(&mut self, indent: &str, text: &str) -> Result<(), Report> {
        let text = self.screen.paint(Style::Bold, text);
        self.screen.line(format_args!("{indent}{text}"))
    }

    fn line(&mut self, indent: &str, meta: &Meta) -> Result<(), Report> {
        let requirements = meta.requirements.join(" ");
        let title = self.lang.text(&meta.title);
        let tier = self.lang.words(meta.tier.zh(), meta.tier.en());
        let basis = meta.basis.code();
        self.screen.line(format_args!("{indent}{}  {title}  [{tier}; {requirements}; {basis}]", meta.id))
    }

    /// Entries with their bands, and under each the guidance that details it.
    fn entries(&mut self, indent: &str, belongs: &dyn Fn(&Meta) -> bool) -> Result<(), Report> {
        for entry in self.book.entries().into_iter().filter(|entry| belongs(entry.meta())) {
            self.line(indent, entry.meta())?;
            self.bands(&format!("{indent}  "), entry)?;
            let id = &entry.meta().id;
            self.entries(&format!("{indent}    "), &|meta| meta.details.as_ref() == Some(id))?;
        }
        Ok(())
    }

    fn bands(&mut self, indent: &str, entry: Entry<'_>) -> Result<(), Report> {
        let bands: Vec<(Grade, String)> = match entry {
            Entry::Rule(rule) => {
                rule.bands.iter().map(|band| (band.grade, band.comparison.to_string())).collect()
            }
            Entry::Indicator(one) => {
                one.bands.iter().map(|band| (band.grade, band.condition.sql().to_owned())).collect()
            }
        };
        for (grade, condition) in bands {
            let style = Style::of_verdict(Verdict::Graded(grade));
            let name = self.screen.paint(style, &self.lang.words(grade.zh(), grade.en()));
            self.screen.line(format_args!("{indent}{name} {condition}"))?;
        }
        Ok(())
    }

    fn duties(&mut self) -> Done {
        for duty in self.book.duties() {
            self.line("  ", &duty.meta)?;
            let due = self.lang.words(&duty.due.zh(), &duty.due.en());
            let streams: Vec<_> = duty.streams.iter().map(|stream| stream.name).collect();
            self.screen.line(format_args!("    {}: {due}", streams.join(" ")))?;
        }
        Ok(Outcome::Fine)
    }
}
