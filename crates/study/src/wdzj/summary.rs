//! Scores and outcomes held against each other.

use model::event::Grade;
use query::Number;
use rulebook::Rulebook;

use super::Options;
use super::load::Panel;
use super::outcome::{Fate, Outcomes};
use super::report::{ComponentArea, GradeCount, Lead, MonthReport, PlatformNote, Platforms, Report};
use super::resample::{Known, KnownMonth, areas_with_intervals, component_area, folds};
use super::score::{COMPOSITE, Month, Score, Scores};
use crate::auc::quantile;
use crate::rng::Rng;

/// The months of the published comparison.
const MARKED: [&str; 4] = ["2018-01", "2018-03", "2018-05", "2018-06"];

pub(super) fn summarise(
    panel: &Panel,
    scores: &Scores,
    outcomes: &Outcomes,
    rulebook: &Rulebook,
    options: &Options,
) -> Report {
    let fates: Vec<Fate> = panel.platforms.iter().map(|platform| outcomes.of(&platform.id)).collect();
    let fate = |score: &Score| fates.get(score.platform).copied().unwrap_or(Fate::Unknown);
    let months: Vec<KnownMonth<'_>> = scores
        .months
        .iter()
        .map(|(month, scores)| {
            let known = scores.iter().filter(|score| fate(score) != Fate::Unknown).filter_map(|score| {
                score.points.map(|points| Known { score, points, failed: fate(score) == Fate::Failed })
            });
            let name = month.to_string();
            KnownMonth { marked: MARKED.contains(&name.as_str()), name, known: known.collect() }
        })
        .collect();
    let members: Vec<(usize, bool)> = fates
        .iter()
        .enumerate()
        .filter(|(_, fate)| **fate != Fate::Unknown)
        .map(|(member, fate)| (member, *fate == Fate::Failed))
        .collect();
    let all: Vec<usize> = members.iter().map(|(member, _)| *member).collect();
    let mut rng = Rng::new(options.seed);
    let count = panel.platforms.len();
    let (areas, marked_mean) = areas_with_intervals(&months, &all, count, options.draws, &mut rng);
    let folds = folds(&months, &members, count, (options.folds, options.repeats), &mut rng);
    let month_reports = months.iter().zip(areas).zip(&scores.months).map(|((month, areas), (_, scores))| {
        let with_outcome = scores.iter().filter(|score| fate(score) != Fate::Unknown);
        MonthReport {
            month: month.name.clone(),
            marked: month.marked,
            scored: month.known.len() as u64,
            failed: month.known.iter().filter(|known| known.failed).count() as u64,
            undetermined: with_outcome.filter(|score| score.points.is_none()).count() as u64,
            partly_undetermined: month.known.iter().filter(|known| known.score.undetermined > 0).count()
                as u64,
            grades: Grade::ALL.iter().map(|grade| grade_count(month, *grade)).collect(),
            areas,
        }
    });
    let components = scores.components.iter().enumerate().map(|(index, id)| ComponentArea {
        component: id.clone(),
        area: component_area(&months, index, false),
        area_without_it: component_area(&months, index, true),
    });
    let (misses, false_alarms) = wrong(panel, scores, &fates, options.listed);
    Report {
        rulebook: rulebook.hash().to_string(),
        indicator: rulebook.entry(COMPOSITE).map(|entry| entry.meta().hash.to_string()).unwrap_or_default(),
        seed: options.seed,
        draws: options.draws,
        rows: panel.import.rows(),
        records: panel.import.records(),
        refused: panel.import.refused(),
        platforms: Platforms {
            all: panel.platforms.len() as u64,
            normal: fates.iter().filter(|fate| **fate == Fate::Normal).count() as u64,
            failed: fates.iter().filter(|fate| **fate == Fate::Failed).count() as u64,
            unknown: fates.iter().filter(|fate| **fate == Fate::Unknown).count() as u64,
            statuses: outcomes.words.clone(),
        },
        months: month_reports.collect(),
        marked_mean,
        components: components.collect(),
        folds,
        leads: [Grade::Orange, Grade::Red].iter().map(|grade| lead(panel, scores, &fates, *grade)).collect(),
        misses,
        false_alarms,
        notes: notes(),
        warnings: panel.warnings.iter().chain(&outcomes.warnings).cloned().collect(),
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn grade_count(month: &KnownMonth<'_>, grade: Grade) -> GradeCount {
    let with_it = month.known.iter().filter(|known| known.score.grade == Some(grade));
    let failed: Vec<bool> = with_it.map(|known| known.failed).collect();
    let (platforms, failed) = (failed.len() as u64, failed.iter().filter(|failed| **failed).count() as u64);
    GradeCount { grade, platforms, failed, failed_share: share(failed, platforms) }
}

/// The months and scores of a platform, the earliest first.
fn history(scores: &Scores, platform: usize) -> impl Iterator<Item = (Month, &Score)> {
    scores.months.iter().filter_map(move |(month, scores)| {
        scores.iter().find(|score| score.platform == platform).map(|score| (*month, score))
    })
}

fn lead(panel: &Panel, scores: &Scores, fates: &[Fate], grade: Grade) -> Lead {
    let mut leads = Vec::new();
    let (mut failed, mut normal, mut normal_flagged, mut in_last_month) = (0, 0, 0, 0);
    for (index, (platform, fate)) in panel.platforms.iter().zip(fates).enumerate() {
        if *fate == Fate::Unknown || history(scores, index).next().is_none() {
            continue;
        }
        let has_it = |score: &Score| score.grade.is_some_and(|own| own >= grade);
        let first = history(scores, index).find(|(_, score)| has_it(score)).map(|(month, _)| month);
        match fate {
            Fate::Failed => {
                failed += 1;
                let last = platform.days.iter().copied().max().map(Month::of);
                if let (Some(first), Some(last)) = (first, last) {
                    leads.push(last.number() - first.number());
                }
                in_last_month +=
                    u64::from(history(scores, index).last().is_some_and(|(_, score)| has_it(score)));
            }
            _ => {
                normal += 1;
                normal_flagged += u64::from(first.is_some());
            }
        }
    }
    let at_least = |months: i32| leads.iter().filter(|lead| **lead >= months).count() as u64;
    let mut sorted: Vec<f64> = leads.iter().map(|lead| f64::from(*lead)).collect();
    let failed_flagged = leads.len() as u64;
    Lead {
        grade,
        failed,
        failed_flagged,
        lead_months_quartiles: [0.25, 0.5, 0.75].map(|part| quantile(&mut sorted, part)),
        at_least_1_month: at_least(1),
        at_least_3_months: at_least(3),
        in_last_month,
        normal,
        normal_flagged,
        false_alarm_share: share(normal_flagged, normal_flagged + failed_flagged),
    }
}

/// Platforms that failed with the fewest points, and that did not with the most.
fn wrong(
    panel: &Panel,
    scores: &Scores,
    fates: &[Fate],
    listed: usize,
) -> (Vec<PlatformNote>, Vec<PlatformNote>) {
    let mut of: [Vec<(Number, PlatformNote)>; 2] = [Vec::new(), Vec::new()];
    for (index, (platform, fate)) in panel.platforms.iter().zip(fates).enumerate() {
        let [misses, alarms] = &mut of;
        let list = match fate {
            Fate::Failed => misses,
            Fate::Normal => alarms,
            Fate::Unknown => continue,
        };
        let marked = history(scores, index).filter(|(month, _)| MARKED.contains(&month.to_string().as_str()));
        let Some((month, score)) = marked.last() else { continue };
        let Some(points) = score.points else { continue };
        list.push((
            points,
            PlatformNote {
                plat_id: platform.id.clone(),
                month: month.to_string(),
                points: points.to_f64(),
                grade: score.grade,
                lenders_per_borrower: score.lenders_per_borrower.to_f64(),
                worst_grade: history(scores, index).filter_map(|(_, score)| score.grade).max(),
            },
        ));
    }
    let [mut misses, mut alarms] = of;
    misses.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.plat_id.cmp(&b.1.plat_id)));
    alarms.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.plat_id.cmp(&b.1.plat_id)));
    let take =
        |list: Vec<(Number, PlatformNote)>| list.into_iter().take(listed).map(|(_, note)| note).collect();
    (take(misses), take(alarms))
}

fn notes() -> Vec<String> {
    [
        "A month's scores rest on that month's own filing alone; neither the length of a history nor a missing \
         month enters.",
        "The bands are fixed in the rulebook and nothing is fitted here. The groups therefore show how far the \
         figures spread from one set of platforms to another, not how well a fitted model would carry over.",
        "The bands were set while looking at the 276 platforms of the public set. On those the figures are \
         optimistic: choosing the bands inside training groups gave 0.73 to 0.77. On platforms that were not \
         looked at the figures are what they are.",
        "Failed: 提现困难, 停业, 跑路, 经侦介入 or 转型 by August 2018. Unknown outcomes are left out.",
        "An undetermined component gives no points. Lenders per borrower counts as zero where it is undetermined, \
         so that both are judged on the same platforms.",
        "Figures begin in August 2017, so longer leads cannot be seen. False alarms are counted against the \
         outcome in August 2018: a platform that failed after it still counts as one.",
    ]
    .map(str::to_owned)
    .to_vec()
}
