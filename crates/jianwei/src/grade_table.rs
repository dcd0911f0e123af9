//! Grades for people: one line for each institution, the worst first, with reasons in a few words.

use std::collections::BTreeMap;

use analysis::grade::current;
use analysis::obligations::Duties;
use miette::Report;
use model::event::{Grade, GradeEvent, Reason, Verdict};
use model::streams::LineOfBusiness;
use model::time::Day;
use rulebook::{Entry, Rulebook, Unit};

use crate::graded::{Graded, INDUSTRY, SealedGrade};
use crate::language::Lang;
use crate::screen::{Screen, Style};
use crate::table::{Cell, Table};

/// Days without a grade, while others have some, after which a line says so.
const SILENT_DAYS: i32 = 31;
/// Reasons shown in a line of the table; `grade --institution` shows all.
const REASONS_SHOWN: usize = 2;
/// Positions of findings shown under a reason.
const FINDINGS_SHOWN: usize = 16;

/// How bad a verdict is; nothing determined comes before green.
fn weight(verdict: Option<Verdict>) -> u8 {
    match verdict {
        None => 0,
        Some(Verdict::Undetermined) => 1,
        Some(Verdict::Graded(grade)) => 2 + grade as u8,
    }
}

/// The word for a verdict.
pub(crate) fn word(verdict: Verdict, lang: Lang) -> String {
    match verdict.grade() {
        Some(grade) => lang.words(grade.zh(), grade.en()),
        None => lang.words("无法判定", "undetermined"),
    }
}

/// What a table is about.
pub(crate) struct Shown<'a> {
    pub(crate) graded: &'a Graded,
    pub(crate) book: &'a Rulebook,
    pub(crate) lang: Lang,
    /// Grades of later days are left out.
    pub(crate) until: Option<Day>,
}

/// An institution's line.
struct Line<'a> {
    institution: String,
    latest: Option<&'a GradeEvent>,
    worst: Option<&'a GradeEvent>,
}

impl Shown<'_> {
    /// The last day whose filings had come due when they were judged last.
    fn closed(&self) -> Day {
        Duties::of(self.book).all_closed_until(self.graded.judged)
    }

    fn lines(&self) -> Vec<Line<'_>> {
        let institutions = self.graded.institutions();
        let closed = self.closed();
        let mut lines: Vec<Line<'_>> = institutions
            .into_iter()
            .map(|institution| {
                let latest = current(self.graded.of(&institution, self.until), closed);
                let worst =
                    self.graded.of(&institution, self.until).max_by_key(|grade| weight(Some(grade.verdict)));
                Line { institution, latest, worst }
            })
            .collect();
        let weights =
            |line: &Line<'_>| [line.latest, line.worst].map(|grade| weight(grade.map(|grade| grade.verdict)));
        lines.sort_by(|a, b| weights(b).cmp(&weights(a)).then_with(|| a.institution.cmp(&b.institution)));
        lines
    }

    /// Prints the table and a line with the count of each grade.
    pub(crate) fn print(&self, screen: &mut Screen) -> Result<(), Report> {
        let lang = self.lang;
        let headings = [
            lang.words("机构", "institution"),
            lang.words("名称", "name"),
            lang.words("业态", "line"),
            lang.words("现评级", "grade"),
            lang.words("日期", "day"),
            lang.words("期内最差", "worst"),
            lang.words("日期", "day"),
            lang.words("理由", "reasons"),
        ];
        let mut table = Table::new(&headings.each_ref().map(String::as_str));
        let lines = self.lines();
        let newest = lines.iter().filter_map(|line| line.latest).map(|grade| grade.day).max();
        let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
        for line in &lines {
            if let Some(latest) = line.latest {
                *counts.entry(latest.verdict).or_default() += 1;
            }
            table.row(self.cells(line, newest));
        }
        table.print(screen)?;
        self.industry(screen)?;
        self.summary(screen, lines.len(), &counts)
    }

    fn cells(&self, line: &Line<'_>, newest: Option<Day>) -> [Cell; 8] {
        let registered = self.graded.registered.get(&line.institution);
        let name = registered.map(|registered| registered.name.clone()).unwrap_or_default();
        let lines = registered.map(|registered| registered.lines.as_slice()).unwrap_or_default();
        let lines: Vec<String> = lines.iter().map(|line| self.lang.words(line.zh(), line.code())).collect();
        let verdict = |grade: Option<&GradeEvent>| match grade {
            Some(grade) => Cell::styled(word(grade.verdict, self.lang), Style::of_verdict(grade.verdict)),
            None => Cell::styled("–", Style::Dim),
        };
        let day = |grade: Option<&GradeEvent>| grade.map(|grade| grade.day.to_string()).unwrap_or_default();
        [
            line.institution.as_str().into(),
            name.into(),
            lines.join(", ").into(),
            verdict(line.latest),
            day(line.latest).into(),
            verdict(line.worst),
            day(line.worst).into(),
            self.remarks(line, newest).into(),
        ]
    }

    /// Why the grade is what it is; beside a green one, also why the worst was what it was.
    fn remarks(&self, line: &Line<'_>, newest: Option<Day>) -> String {
        let Some(latest) = line.latest else { return String::new() };
        let is_green = |grade: &GradeEvent| grade.verdict == Verdict::Graded(Grade::Green);
        let mut remarks = Vec::new();
        if newest.is_some_and(|newest| newest.0 - latest.day.0 > SILENT_DAYS) {
            remarks.push(format!("{} {}", self.lang.words("此后再无数据：", "no figures since"), latest.day));
        }
        remarks.push(self.reasons(latest));
        if let Some(worst) = line.worst.filter(|worst| is_green(latest) && !is_green(worst)) {
            remarks.push(format!("{} {}", self.lang.words("最差时：", "at worst:"), self.reasons(worst)));
        }
        remarks.retain(|remark| !remark.is_empty());
        remarks.join("; ")
    }

    /// The worst reasons of a grade in a few words.
    fn reasons(&self, grade: &GradeEvent) -> String {
        let telling = || grade.reasons.iter().filter(|reason| self.book.makes_grades(&reason.entry));
        let hits: Vec<&Reason> = telling().filter(|reason| is_hit(reason)).collect();
        let mut words: Vec<String> =
            hits.iter().take(REASONS_SHOWN).map(|reason| self.reason(reason)).collect();
        if hits.len() > REASONS_SHOWN {
            words.push(format!("+{}", hits.len() - REASONS_SHOWN));
        }
        let unknown = telling().filter(|reason| reason.verdict == Verdict::Undetermined).count();
        if unknown > 0 {
            words.push(format!("{unknown} {}", self.lang.words("项无法判定", "undetermined")));
        }
        if words.is_empty() && grade.reasons.is_empty() {
            words.push(format!(
                "{} {}",
                grade.passed.len(),
                self.lang.words("条规则无发现", "rules found nothing")
            ));
        }
        words.join("; ")
    }

    /// A reason in a few words: what, how much.
    fn reason(&self, reason: &Reason) -> String {
        format!("{} {}", self.title(&reason.entry), self.value(reason))
    }

    fn title(&self, id: &str) -> String {
        self.book.entry(id).map_or_else(|| id.to_owned(), |entry| self.lang.text(&entry.meta().title))
    }

    /// A value with its unit.
    fn value(&self, reason: &Reason) -> String {
        let Some(value) = &reason.value else { return "–".to_owned() };
        let unit = match self.book.entry(&reason.entry) {
            Some(Entry::Rule(rule)) => Some(rule.unit()),
            Some(Entry::Indicator(indicator)) => Some(indicator.unit),
            None => None,
        };
        let value = shortened(value);
        match unit {
            None | Some(Unit::Count) => value,
            Some(Unit::Percent) => format!("{value}%"),
            Some(unit) => format!("{value} {}", if self.lang == Lang::Zh { unit.zh() } else { unit.en() }),
        }
    }

    fn industry(&self, screen: &mut Screen) -> Result<(), Report> {
        let Some(grade) = current(self.graded.of(INDUSTRY, self.until), self.closed()) else { return Ok(()) };
        let verdict = screen.paint(Style::of_verdict(grade.verdict), &word(grade.verdict, self.lang));
        let name = self.lang.words("全行业指标", "Indicators of the whole industry");
        screen.line(format_args!("\n{name}: {verdict} ({}) {}", grade.day, self.reasons(grade)))
    }

    fn summary(
        &self,
        screen: &mut Screen,
        institutions: usize,
        counts: &BTreeMap<Verdict, usize>,
    ) -> Result<(), Report> {
        let mut words = Vec::new();
        let graded = Grade::ALL.into_iter().rev().map(Verdict::Graded);
        for verdict in graded.chain([Verdict::Undetermined]) {
            let count = counts.get(&verdict).copied().unwrap_or(0);
            words.push(
                screen.paint(Style::of_verdict(verdict), &format!("{} {count}", word(verdict, self.lang))),
            );
        }
        let all = self.lang.words("家机构", "institutions");
        screen.line(format_args!("\n{institutions} {all}: {}", words.join(" · ")))
    }

    /// All grades of an institution, each with every reason: rule, version, value, condition, rows.
    pub(crate) fn print_institution(
        &self,
        screen: &mut Screen,
        institution: &str,
        day: Option<Day>,
    ) -> Result<bool, Report> {
        let mut shown = false;
        let closed = self.closed();
        let wanted = |sealed: &&SealedGrade| day.is_none_or(|day| sealed.grade.day == day);
        for SealedGrade { grade, position } in self.graded.sealed_of(institution, self.until).filter(wanted) {
            shown = true;
            let verdict = screen.paint(Style::of_verdict(grade.verdict), &word(grade.verdict, self.lang));
            let sealed = self.lang.words("封存于账本位置", "sealed at ledger position");
            let mut remark = format!("{sealed} {position}");
            if grade.day > closed {
                remark += "; ";
                remark += &self.lang.words("当日报送尚未截止", "filings of the day are not due yet");
            }
            screen.line(format_args!("{}  {institution}  {verdict}  ({remark})", grade.day))?;
            for reason in &grade.reasons {
                // The calm ones only when one day is asked for.
                if day.is_some() || is_hit(reason) || reason.verdict == Verdict::Undetermined {
                    self.print_reason(screen, reason)?;
                    self.print_findings(screen, grade, reason)?;
                }
            }
            if day.is_some() {
                self.print_passed(screen, &grade.passed)?;
            }
        }
        Ok(shown)
    }

    fn print_passed(&self, screen: &mut Screen, passed: &[String]) -> Result<(), Report> {
        if passed.is_empty() {
            return Ok(());
        }
        let titles: Vec<String> = passed.iter().map(|id| self.title(id)).collect();
        let between = if self.lang == Lang::Zh { "、" } else { ", " };
        screen.line(format_args!(
            "  {}: {}",
            self.lang.words("无发现的规则", "Rules that found nothing"),
            titles.join(between)
        ))
    }

    /// Where the findings behind a reason are sealed, so that each can be proved.
    fn print_findings(&self, screen: &mut Screen, grade: &GradeEvent, reason: &Reason) -> Result<(), Report> {
        let behind = self.graded.findings_behind(&grade.institution, grade.day, &reason.entry);
        if behind.is_empty() {
            return Ok(());
        }
        let shown: Vec<String> = behind.iter().take(FINDINGS_SHOWN).map(u64::to_string).collect();
        let more = behind.len().saturating_sub(FINDINGS_SHOWN);
        let more = if more > 0 { format!(" +{more}") } else { String::new() };
        let sealed = self.lang.words("发现封存于账本位置", "found at ledger positions");
        screen.line(format_args!("      {sealed}: {}{more}", shown.join(" ")))
    }

    fn print_reason(&self, screen: &mut Screen, reason: &Reason) -> Result<(), Report> {
        let verdict = screen.paint(Style::of_verdict(reason.verdict), &word(reason.verdict, self.lang));
        let hash = reason.entry_hash.get(..16).unwrap_or(&reason.entry_hash);
        let mut title = self.title(&reason.entry);
        if let Some(line) = reason.line.as_deref().and_then(LineOfBusiness::from_code) {
            title += &format!(", {}", self.lang.words(line.zh(), line.code()));
        }
        if !self.book.makes_grades(&reason.entry) {
            title += &format!(" ({})", self.lang.words("不单独评级", "does not grade by itself"));
        }
        screen.line(format_args!("  {verdict}  {title}"))?;
        screen.line(format_args!(
            "      {} ({hash}): {} = {}, {}: {}",
            reason.entry,
            self.lang.words("值", "value"),
            self.value(reason),
            self.lang.words("条件", "condition"),
            reason.condition
        ))?;
        if reason.rows.count > 0 {
            let positions: Vec<String> = reason.rows.positions.iter().map(u64::to_string).collect();
            let more = reason.rows.count.saturating_sub(positions.len() as u64);
            let more = if more > 0 { format!(" +{more}") } else { String::new() };
            screen.line(format_args!(
                "      {}: {}{more}",
                self.lang.words("账本位置", "ledger positions"),
                positions.join(" ")
            ))?;
        }
        Ok(())
    }
}

/// Whether a reason makes a grade worse than green.
fn is_hit(reason: &Reason) -> bool {
    reason.verdict.grade().is_some_and(|grade| grade > Grade::Green)
}

/// At most two decimals: a table is no place for more. What was sealed has all.
fn shortened(value: &str) -> String {
    match value.split_once('.') {
        Some((whole, decimals)) if decimals.len() > 2 => {
            format!("{whole}.{}", decimals.get(..2).unwrap_or(decimals))
        }
        _ => value.to_owned(),
    }
}
