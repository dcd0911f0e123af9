//! Whether the rulebook covers what the source demands: demand by demand, line by line, with the
//! entries that meet it and the cases that try them (requirement 1.1, 业务全覆盖).

use std::fmt::Write;

use model::streams::LineOfBusiness;

use crate::book::Rulebook;
use crate::cases::{Case, Expected};
use crate::demand::{Demand, MetBy};
use crate::entry::Meta;

/// How a demand is met in a line of business.
#[derive(Clone, Debug)]
pub struct Covered<'a> {
    /// The demand.
    pub demand: &'a Demand,
    /// The line of business.
    pub line: LineOfBusiness,
    /// The entries and duties that meet it.
    pub entries: Vec<Meeting<'a>>,
}

/// An entry that meets a demand, and how it is tried.
#[derive(Clone, Debug)]
pub struct Meeting<'a> {
    /// What the entry says about itself.
    pub meta: &'a Meta,
    /// Cases in which it must find something.
    pub firing: usize,
    /// Cases in which it must be silent.
    pub silent: usize,
}

impl Covered<'_> {
    /// What is missing, in words; `None` when the demand is met.
    pub fn gap(&self) -> Option<String> {
        let place = format!("{} ({}, {})", self.demand.id, self.demand.requirement, self.line.code());
        if self.demand.met_by == MetBy::Chain {
            return None;
        }
        if self.entries.is_empty() {
            return Some(format!("{place}: no entry meets it"));
        }
        let untried = self.entries.iter().find(|entry| entry.firing == 0 || entry.silent == 0)?;
        Some(format!("{place}: {} lacks a case that fires or one that is silent", untried.meta.id))
    }
}

impl Rulebook {
    /// How every demand is met, in the order of the list and of its lines.
    pub fn coverage(&self) -> Vec<Covered<'_>> {
        let mut covered = Vec::new();
        for demand in self.demands() {
            for line in &demand.lines {
                let meets = |meta: &Meta| meta.demands.contains(&demand.id) && meta.lines.contains(line);
                let entries = self.entries().into_iter().map(|entry| entry.meta()).filter(|meta| meets(meta));
                let entries = entries.map(|meta| {
                    let cases = self.cases(&meta.id);
                    let firing = count(cases, |expected| matches!(expected, Expected::Graded(_)));
                    let silent = count(cases, |expected| matches!(expected, Expected::Silent));
                    Meeting { meta, firing, silent }
                });
                covered.push(Covered { demand, line: *line, entries: entries.collect() });
            }
        }
        covered
    }
}

fn count(cases: &[Case], wanted: fn(&Expected) -> bool) -> usize {
    cases.iter().filter(|case| case.expect.iter().any(|expectation| wanted(&expectation.expected))).count()
}

/// The coverage as a page: a table of demand, lines, entries and cases.
pub fn page(book: &Rulebook) -> String {
    let mut page = String::from(
        "# 要求与规则对照表 · Coverage\n\n\
         Every demand of requirements 1 and 3.1, by line of business, with the entries that meet it and how many of \
         their cases fire and stay silent. Made from the rulebook by `jianwei rules coverage`; a test fails when it is \
         not, or when a demand has no entry or an entry no case of either kind.\n\n\
         | 要求 | 内容 · demand | 业态 · line | 条目 · entries | 责任人 · answerable | 触发/不触发用例 · firing/silent |\n|---|---|---|---|---|---|\n",
    );
    for covered in book.coverage() {
        let demand = covered.demand;
        let (ids, roles, cases) = match demand.met_by {
            MetBy::Chain => ("`jianwei rules tree`".to_owned(), "–".to_owned(), "–".to_owned()),
            MetBy::Entries => {
                let join = |text: &dyn Fn(&Meeting<'_>) -> String| {
                    let texts: Vec<String> = covered.entries.iter().map(text).collect();
                    if texts.is_empty() { "**missing**".to_owned() } else { texts.join("<br>") }
                };
                (
                    join(&|entry| format!("`{}` ({})", entry.meta.id, entry.meta.basis.code())),
                    join(&|entry| entry.meta.answerable.zh().to_owned()),
                    join(&|entry| format!("{}/{}", entry.firing, entry.silent)),
                )
            }
        };
        // The text stands once, in the row of the first line of business.
        let is_first = demand.lines.first() == Some(&covered.line);
        let text =
            if is_first { format!("{}<br>{}", demand.text.zh, demand.text.en) } else { "〃".to_owned() };
        let line = covered.line;
        let _ = writeln!(
            page,
            "| {} | {text} | {} `{}` | {ids} | {roles} | {cases} |",
            demand.requirement,
            line.zh(),
            line.code()
        );
    }
    page
}
