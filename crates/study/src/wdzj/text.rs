//! The report as text for a terminal.

use std::fmt;

use model::event::Grade;

use super::report::{Area, Areas, PlatformNote, Report};

/// A number with three decimals, or a dash.
struct Three(Option<f64>);

impl fmt::Display for Three {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => f.pad(&format!("{value:.3}")),
            None => f.pad("–"),
        }
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{:.0}%", share * 100.0))
}

fn with_interval(area: &Area) -> String {
    match (area.low, area.high) {
        (Some(low), Some(high)) => format!("{} [{low:.2}, {high:.2}]", Three(area.value)),
        _ => Three(area.value).to_string(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Early-warning points against what became of the platforms  综合预警分与平台结局的对照")?;
        writeln!(
            f,
            "indicator {} · rulebook {} · seed {} · {} draws",
            short(&self.indicator),
            short(&self.rulebook),
            self.seed,
            self.draws
        )?;
        let platforms = &self.platforms;
        writeln!(
            f,
            "{} rows → {} records, {} refused; {} platforms: {} normal, {} failed, {} unknown (left out)",
            self.rows,
            self.records,
            self.refused,
            platforms.all,
            platforms.normal,
            platforms.failed,
            platforms.unknown
        )?;
        let statuses: Vec<_> =
            platforms.statuses.iter().map(|(word, count)| format!("{word} {count}")).collect();
        writeln!(f, "outcomes: {}", statuses.join(", "))?;
        for warning in &self.warnings {
            writeln!(f, "! {warning}")?;
        }
        self.write_grades(f)?;
        self.write_areas(f)?;
        self.write_components(f)?;
        self.write_folds(f)?;
        self.write_leads(f)?;
        write_platforms(f, "Worst misses: failed, with the fewest points  漏判最重的平台", &self.misses)?;
        write_platforms(
            f,
            "Worst false alarms: did not fail, with the most points  误报最重的平台",
            &self.false_alarms,
        )?;
        writeln!(f, "\nNotes")?;
        self.notes.iter().try_for_each(|note| writeln!(f, "- {note}"))
    }
}

fn short(hash: &str) -> &str {
    hash.get(..16).unwrap_or(hash)
}

impl Report {
    fn write_grades(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\nGrades given at each month's end, and how many failed by August 2018  各月评级与后来出险的平台数"
        )?;
        write!(f, "{:9} {:>6} {:>6} {:>6}", "month", "scored", "failed", "undet.")?;
        for grade in Grade::ALL {
            write!(f, " {:>17}", format!("{} {}", grade.zh(), grade.en()))?;
        }
        writeln!(f)?;
        for month in &self.months {
            let mark = if month.marked { " *" } else { "" };
            let name = format!("{}{mark}", month.month);
            write!(f, "{name:9} {:>6} {:>6} {:>6}", month.scored, month.failed, month.undetermined)?;
            for count in &month.grades {
                let cell = format!("{} ({}, {})", count.platforms, count.failed, percent(count.failed_share));
                write!(f, " {cell:>18}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn write_areas(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nArea under the curve with 95 % interval by platform  曲线下面积（AUC）与95%区间")?;
        let heads = ["points", "points, ties by L/B", "grade", "lenders/borrower", "gain over L/B"];
        write!(f, "{:9}", "month")?;
        heads.iter().try_for_each(|head| write!(f, " {head:>20}"))?;
        writeln!(f)?;
        let rows = self.months.iter().map(|month| {
            let mark = if month.marked { " *" } else { "" };
            (format!("{}{mark}", month.month), &month.areas)
        });
        for (name, areas) in rows.chain([("mean of *".to_owned(), &self.marked_mean)]) {
            let Areas { points, points_then_lenders_per_borrower, grade, lenders_per_borrower, gain } = areas;
            write!(f, "{name:9}")?;
            for area in [points, points_then_lenders_per_borrower, grade, lenders_per_borrower, gain] {
                write!(f, " {:>20}", with_interval(area))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn write_components(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nComponents: mean area over the months marked *  各分项")?;
        writeln!(f, "{:24} {:>10} {:>16}", "component", "its points", "all without it")?;
        self.components.iter().try_for_each(|component| {
            let (area, without) = (Three(component.area), Three(component.area_without_it));
            writeln!(f, "{:24} {area:>10} {without:>16}", component.component)
        })
    }

    fn write_folds(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folds = &self.folds;
        writeln!(
            f,
            "\nSpread over {} groups of platforms, divided {} times: mean ± standard deviation  分组离散程度",
            folds.folds, folds.repeats
        )?;
        writeln!(f, "{:9} {:>20} {:>20}", "month", "points, ties by L/B", "lenders/borrower")?;
        let both = folds.points_then_lenders_per_borrower.iter().zip(&folds.lenders_per_borrower);
        for ((name, mean, deviation), (_, other_mean, other_deviation)) in both {
            let cell = |mean: &Option<f64>, deviation: &Option<f64>| {
                format!("{} ± {}", Three(*mean), Three(*deviation))
            };
            let (own, other) = (cell(mean, deviation), cell(other_mean, other_deviation));
            writeln!(f, "{name:9} {own:>20} {other:>20}")?;
        }
        Ok(())
    }

    fn write_leads(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\nHow early: from the first month with the grade to the last month with figures  提前量"
        )?;
        for lead in &self.leads {
            let [low, middle, high] = lead
                .lead_months_quartiles
                .map(|value| value.map_or("–".to_owned(), |value| format!("{value:.0}")));
            writeln!(
                f,
                "{} {}: {} of {} failed had it, median {middle} months before (quartiles {low}–{high}), {} at least \
                 three months, {} at least one, {} still in their last month scored; {} of {} that did not fail had \
                 it: {} of all alarms were false (of all platforms {} did not fail)",
                lead.grade.zh(),
                if lead.grade == Grade::Red { "red" } else { "orange or red" },
                lead.failed_flagged,
                lead.failed,
                lead.at_least_3_months,
                lead.at_least_1_month,
                lead.in_last_month,
                lead.normal_flagged,
                lead.normal,
                percent(lead.false_alarm_share),
                percent(
                    (lead.normal + lead.failed > 0)
                        .then(|| lead.normal as f64 / (lead.normal + lead.failed) as f64)
                )
            )?;
        }
        Ok(())
    }
}

fn write_platforms(f: &mut fmt::Formatter<'_>, title: &str, notes: &[PlatformNote]) -> fmt::Result {
    writeln!(f, "\n{title}")?;
    writeln!(
        f,
        "{:10} {:8} {:>6} {:>7} {:>8} {:>12}",
        "plat_id", "month", "points", "grade", "L/B", "worst ever"
    )?;
    for note in notes {
        let name = |grade: Option<Grade>| grade.map_or("–", Grade::en);
        writeln!(
            f,
            "{:10} {:8} {:>6} {:>7} {:>8.2} {:>12}",
            note.plat_id,
            note.month,
            note.points,
            name(note.grade),
            note.lenders_per_borrower,
            name(note.worst_grade)
        )?;
    }
    Ok(())
}
