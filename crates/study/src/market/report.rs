//! The scores as a table for people.

use std::fmt;

use super::{Score, Scores};

impl fmt::Display for Scores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:28} {:10} {:>7} {:>7} {:>7} {:>7} {:>7} {:>9} {:>9} {:>9} {:>8} {:>8}",
            "entry",
            "nature",
            "planted",
            "found",
            "recall",
            "raised",
            "right",
            "precision",
            "likeness",
            "withdrawn",
            "h median",
            "h max"
        )?;
        for score in &self.entries {
            line(f, score)?;
        }
        let sum = |count: fn(&Score) -> usize| self.entries.iter().map(count).sum();
        let total = Score {
            entry: "all".to_owned(),
            nature: "",
            planted: sum(|score| score.planted),
            found: sum(|score| score.found),
            raised: sum(|score| score.raised),
            right: sum(|score| score.right),
            likenesses: sum(|score| score.likenesses),
            likenesses_found: sum(|score| score.likenesses_found),
            withdrawn: sum(|score| score.withdrawn),
            // The middle of all entries together would say nothing of any.
            hours_median: None,
            hours_max: self.entries.iter().filter_map(|score| score.hours_max).reduce(f64::max),
            missed: Vec::new(),
            wrong: Vec::new(),
        };
        line(f, &total)?;
        writeln!(
            f,
            "\nplanted, found: expectations, and those of them that were found (recall). raised, right: findings that stand at the\n\
             end, and those of them that were planted (precision); what the truth calls possible counts for neither.\n\
             likeness: lawful likenesses found all the same, of how many. withdrawn: findings that later filings took back.\n\
             h median, h max: hours from the first offending record to the finding."
        )?;
        for score in self.entries.iter().filter(|score| !score.missed.is_empty() || !score.wrong.is_empty()) {
            writeln!(f, "\n{}", score.entry)?;
            for missed in &score.missed {
                writeln!(f, "  missed: {missed}")?;
            }
            for wrong in &score.wrong {
                writeln!(f, "  not planted: {wrong}")?;
            }
        }
        if !self.others.is_empty() {
            writeln!(f, "\nFindings of entries of which the truth does not speak:")?;
            for (entry, findings) in &self.others {
                writeln!(f, "  {entry}: {findings}")?;
            }
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, score: &Score) -> fmt::Result {
    let share = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.3}"));
    let hours = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.1}"));
    writeln!(
        f,
        "{:28} {:10} {:>7} {:>7} {:>7} {:>7} {:>7} {:>9} {:>9} {:>9} {:>8} {:>8}",
        score.entry,
        score.nature,
        score.planted,
        score.found,
        share(score.recall()),
        score.raised,
        score.right,
        share(score.precision()),
        format!("{}/{}", score.likenesses_found, score.likenesses),
        score.withdrawn,
        hours(score.hours_median),
        hours(score.hours_max)
    )
}
