//! The study on a made-up market.

use std::path::Path;
use std::sync::LazyLock;

use rulebook::Rulebook;

use super::load::load;
use super::score::{Month, Score, score};
use super::*;
use crate::rng::Rng;

const HEADER: &str = "_id,day,plat_id,investor_0to1w,investor_1to10w,investor_10to100w,investor_100w_up,borrower_0to20w,\
borrower_20to100w,borrower_100w_up,return_rate_diff_0to1m,return_rate_diff_1to2m,return_rate_diff_2to3m,\
return_rate_diff_3to6m,return_rate_diff_6m_up,top_ten_borrower_to_repay,top_ten_investor_to_receice,\
top_fifty_borrower_to_repay,top_fifty_investor_to_receice";
const MONTHS: [&str; 6] =
    ["2017-12-31", "2018-01-31", "2018-03-31", "2018-04-30", "2018-05-31", "2018-06-30"];

/// Rows of made-up platforms; every fourth fails and has few borrowers with high returns.
fn rows(platforms: usize) -> Vec<(usize, &'static str, String)> {
    let mut rng = Rng::new(7);
    let mut rows = Vec::new();
    for platform in 0..platforms {
        let fails = platform % 4 == 0;
        for (number, day) in MONTHS.iter().enumerate() {
            if fails && number > 1 + platform % 5 {
                continue;
            }
            let mut between = |low: usize, high: usize| low + rng.below(high - low);
            let lenders = between(100, 20_000);
            let borrowers = if fails { between(10, 900) } else { between(50, 9_000) };
            let top = between(1, 60);
            let row = format!(
                "x,{day},{},{lenders},{},{},{},{borrowers},{},{},{},{},{}.5,{},{}.25,{top},{},{},{}",
                name(platform),
                lenders / 2,
                between(0, 1000),
                between(0, 10),
                between(0, 10),
                between(0, 3),
                between(0, 2) * 7,
                between(6, 10),
                between(6, 12),
                between(6, if fails { 18 } else { 12 }),
                between(6, 12),
                between(1, 30),
                top + between(0, 40),
                between(30, 60),
            );
            rows.push((platform, *day, row));
        }
    }
    rows
}

fn name(platform: usize) -> String {
    if platform.is_multiple_of(2) { format!("wd{platform}") } else { format!("{}", 1000 + platform) }
}

fn write(folder: &Path, rows: &[(usize, &str, String)], outcome: &str) {
    let body: Vec<&str> = rows.iter().map(|(_, _, row)| row.as_str()).collect();
    std::fs::write(folder.join("monthly.csv"), format!("{HEADER}\n{}\n", body.join("\n"))).unwrap();
    std::fs::write(folder.join("outcome.csv"), outcome).unwrap();
}

fn outcome(platforms: usize, column: &str) -> String {
    let mut text = format!("plat_id,name,{column}\n");
    for platform in 0..platforms {
        let status = match platform % 8 {
            0 => "提现困难",
            4 => "跑路",
            7 => "",
            _ => "normal",
        };
        text += &format!("{},甲,{status}\n", name(platform));
    }
    text
}

static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(|| rulebook::load::embedded().unwrap());

/// The scores of one month, by the platforms' numbers.
fn scores_of(month: &str, rows: &[(usize, &str, String)]) -> Vec<(String, Score)> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), rows, "plat_id,status\n");
    let panel = load(folder.path()).unwrap();
    let scores = score(&panel, &RULEBOOK).unwrap();
    let of_month = scores.months.into_iter().find(|(other, _)| other.to_string() == month);
    let named = of_month.unwrap().1.into_iter().map(|score| {
        let name = panel.platforms[score.platform].id.clone();
        (name, Score { platform: 0, ..score })
    });
    named.collect()
}

#[test]
fn a_month_is_scored_by_its_own_figures_alone() {
    let all = rows(24);
    let month = |day: &str| day[..7].to_owned();
    for (day, next) in MONTHS.iter().zip(&MONTHS[1..]) {
        let whole = scores_of(&month(day), &all);
        assert!(!whole.is_empty());
        let known_by_then: Vec<_> = all.iter().filter(|(_, other, _)| other <= day).cloned().collect();
        assert_eq!(scores_of(&month(day), &known_by_then), whole, "{day}: later rows were looked at");
        let alone: Vec<_> = all.iter().filter(|(_, other, _)| other == day).cloned().collect();
        assert_eq!(scores_of(&month(day), &alone), whole, "{day}: the length of the history enters");
        let gap: Vec<_> = all.iter().filter(|(_, other, _)| other != day).cloned().collect();
        let after = scores_of(&month(next), &all);
        assert_eq!(scores_of(&month(next), &gap), after, "{next}: a missing month enters");
    }
}

#[test]
fn what_became_of_a_platform_does_not_enter_its_scores() {
    let folder = tempfile::tempdir().unwrap();
    let rows = rows(24);
    write(folder.path(), &rows, &outcome(24, "status_2018_08"));
    let before = run(folder.path(), &RULEBOOK, &Options { draws: 0, ..Options::default() }).unwrap();
    let turned = outcome(24, "status")
        .replace("normal", "跑路!")
        .replace("提现困难", "normal")
        .replace("跑路!", "停业");
    write(folder.path(), &rows, &turned);
    let after = run(folder.path(), &RULEBOOK, &Options { draws: 0, ..Options::default() }).unwrap();
    let by_grade = |report: &Report| -> Vec<Vec<u64>> {
        report.months.iter().map(|month| month.grades.iter().map(|count| count.platforms).collect()).collect()
    };
    assert_eq!(by_grade(&before), by_grade(&after));
}

#[test]
fn the_report_of_a_small_market() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &rows(60), &outcome(60, "status_2018_08"));
    let options = Options { draws: 200, repeats: 3, listed: 3, ..Options::default() };
    let report = run(folder.path(), &RULEBOOK, &options).unwrap();
    // The digests change with every edit of the rulebook.
    let text = report.to_string().lines().skip(2).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(text);
    assert_eq!(run(folder.path(), &RULEBOOK, &options).unwrap(), report);
    let other = run(folder.path(), &RULEBOOK, &Options { seed: 1, ..options }).unwrap();
    assert_eq!(other.marked_mean.points.value, report.marked_mean.points.value);
    assert_ne!(other.marked_mean.points.low, report.marked_mean.points.low);
}

#[test]
fn other_data_are_taken_or_refused_clearly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let options = Options { draws: 10, repeats: 1, ..Options::default() };
    let study = || run(path, &RULEBOOK, &options);
    let error = || study().unwrap_err().to_string();
    assert!(error().contains("has no monthly.csv"), "{}", error());

    let rows = rows(12);
    write(path, &rows, "\u{feff}plat_id,fate\nwd0,normal\n");
    assert!(error().contains("plat_id, fate"), "{}", error());
    write(path, &rows, "id,status\nwd0,normal\n");
    assert!(error().contains("no column \"plat_id\""), "{}", error());

    // Another name of the column, words that are not known, platforms without figures or outcome.
    write(
        path,
        &rows,
        "status_then,plat_id\nnormal,wd2\n跑路,wd0\n清盘,1001\n跑路,wd0\nnormal,wd999\n停业, wd4 \n",
    );
    let report = study().unwrap();
    let platforms = &report.platforms;
    assert_eq!((platforms.all, platforms.normal, platforms.failed, platforms.unknown), (12, 1, 2, 9));
    assert_eq!(report.warnings, ["the status \"清盘\" of 1 platforms is not known and counts as unknown"]);

    // Nobody failed: no area, and no panic.
    write(path, &rows, "plat_id,status\nwd2,normal\n");
    assert_eq!(study().unwrap().marked_mean.points.value, None);

    // The same row twice counts once; an empty one is undetermined.
    let mut doubled = rows.clone();
    doubled.push(rows[0].clone());
    doubled.push((0, "2018-01-31", format!("x,2018-01-31,empty{}", ",".repeat(16))));
    write(path, &doubled, "plat_id,status\nwd0,跑路\nempty,normal\n");
    let report = study().unwrap();
    assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
    let month = report.months.iter().find(|month| month.month == "2018-01").unwrap();
    assert_eq!((month.scored, month.failed, month.undetermined), (1, 1, 1));

    let without =
        std::fs::read_to_string(path.join("monthly.csv")).unwrap().replace("investor_1to10w", "other");
    std::fs::write(path.join("monthly.csv"), without).unwrap();
    assert!(error().contains("no column \"investor_1to10w\" in monthly.csv"), "{}", error());
}

#[test]
fn months_are_counted_across_years() {
    let month = |text: &str| Month::of(model::time::Day::parse(text).unwrap());
    assert_eq!(month("2018-02-03").number() - month("2017-11-30").number(), 3);
    assert_eq!(month("2018-02-03").to_string(), "2018-02");
}
