//! The rulebook that is shipped: sound, covered by cases, its queries as they were agreed.
#![expect(clippy::panic, reason = "a fixture that fails fails its test")]

use std::collections::BTreeSet;

use model::time::Day;
use rulebook::{Entry, Expected, Language, Rulebook, Verdict, load};

fn book() -> Rulebook {
    load::embedded().unwrap_or_else(|faults| panic!("{}", faults.render(100)))
}

#[test]
fn it_is_sound_and_the_folder_is_what_is_embedded() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rulebook");
    let from_folder = load::directory(&folder).unwrap();
    assert_eq!(book().hash(), from_folder.hash());
    let list: String = book()
        .entries()
        .iter()
        .map(|entry| {
            let meta = entry.meta();
            let lines: Vec<_> = meta.lines.iter().map(|line| line.code()).collect();
            let requirements = meta.requirements.join(" ");
            format!(
                "{:26} {:10} {:10} {:8} {}\n",
                meta.id,
                meta.tier.code(),
                meta.basis.code(),
                requirements,
                lines.join(" ")
            )
        })
        .collect();
    insta::assert_snapshot!(list);
}

/// The pages of the standard tell institutions what they owe; they say what the rulebook says.
#[test]
fn the_pages_of_the_standard_show_the_duties() {
    let (mut zh, mut en) = (String::new(), String::new());
    for duty in book().duties() {
        let meta = &duty.meta;
        let joined = |texts: Vec<&str>, with: &str| texts.join(with);
        let streams =
            duty.streams.iter().map(|stream| format!("`{}`", stream.name)).collect::<Vec<_>>().join(" ");
        let nil = |yes, no| if duty.nil_return { yes } else { no };
        zh.push_str(&format!(
            "| {} | {streams} | {} | {} | {} | {} |\n",
            meta.title.zh,
            joined(meta.lines.iter().map(|line| line.zh()).collect(), "、"),
            duty.period.zh(),
            duty.due.zh(),
            nil("零报告", "不报"),
        ));
        en.push_str(&format!(
            "| {} | {streams} | {} | {} | {} | {} |\n",
            meta.title.en,
            joined(meta.lines.iter().map(|line| line.code()).collect(), ", "),
            duty.period.en(),
            duty.due.en(),
            nil("an empty filing", "nothing"),
        ));
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/standard");
    for (page, table) in [("README.zh-CN.md", zh), ("README.md", en)] {
        let text = std::fs::read_to_string(folder.join(page)).unwrap();
        assert!(text.contains(&table), "docs/standard/{page} should hold this table:\n{table}");
    }
}

/// Each stream is owed by somebody, or it is known why it has no date by which it is owed.
#[test]
fn every_stream_is_owed_by_somebody() {
    let book = book();
    let owed: BTreeSet<_> =
        book.duties().iter().flat_map(|duty| &duty.streams).map(|stream| stream.name).collect();
    let without_date: BTreeSet<_> = [
        // Filed when it changes; it may take effect later.
        "register",
        // Owed ten working days after a yellow finding, not for a date.
        "rectification_plan",
    ]
    .into();
    for stream in model::streams::STREAMS {
        assert_ne!(owed.contains(stream.name), without_date.contains(stream.name), "{}", stream.name);
    }
}

#[test]
fn every_entry_finds_what_its_cases_expect() {
    let book = book();
    let failures: Vec<String> = book
        .entries()
        .iter()
        .flat_map(|entry| {
            let id = &entry.meta().id;
            let failures = book.run_cases(id).unwrap_or_else(|error| panic!("{id}: {error}"));
            failures.into_iter().map(move |failure| format!("{id}: {}: {}", failure.case.en, failure.message))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_can_be_undetermined_has_a_case_for_it() {
    let book = book();
    let never: BTreeSet<_> = [
        // Required fields only: nothing that they read can be missing.
        "frequent-transactions",
        "fifty-thousand-yuan-day",
        "late-filing",
        "disclosure-late",
        "incident-report",
        "large-transfer",
        "one-sided-kyc",
        "recording-one-channel",
        "recording-retention",
        "structuring",
        "rolled-over-projects",
        "borrower-many-projects",
        "regular-projects",
        "self-financing",
        "repeated-non-filing",
        "transaction-concentration",
        "maturity-mismatch",
        "system-failures",
        "complaint-resolution",
    ]
    .into();
    for entry in book.entries() {
        let id = entry.meta().id.as_str();
        let mut expectations = book.cases(id).iter().flat_map(|case| &case.expect);
        let has = expectations.any(|expectation| expectation.expected == Expected::Undetermined);
        assert_eq!(has, !never.contains(id), "{id}");
    }
}

#[test]
fn every_requirement_of_monitoring_has_an_entry() {
    let book = book();
    for requirement in ["2.1", "2.3", "2.4", "2.5", "2.6"] {
        let has = |entry: &Entry<'_>| entry.meta().requirements.iter().any(|own| own == requirement);
        assert!(book.entries().iter().any(has), "{requirement}");
    }
}

#[test]
fn rules_as_queries() {
    let text: String =
        book().rules().iter().map(|rule| format!("-- {}\n{}\n\n", rule.meta.id, rule.batch_sql())).collect();
    insta::assert_snapshot!(text);
}

#[test]
fn a_composite_holds_the_queries_of_its_inputs() {
    let book = book();
    let Some(Entry::Indicator(points)) = book.entry("early-warning-points") else { panic!("no such entry") };
    assert_eq!(points.inputs.len(), 6);
    for input in &points.inputs {
        let Some(Entry::Indicator(input)) = book.entry(input) else { panic!("{input}") };
        assert!(input.weight_only && points.sql().contains(input.sql()));
    }
    assert_eq!(points.condition(Verdict::Undetermined), "value >= 6");
}

#[test]
fn entries_in_words() {
    let book = book();
    let mut text = String::new();
    for id in ["frequent-transactions", "liquidity", "monthly-disclosure", "major-events"] {
        for language in [Language::Zh, Language::En] {
            text.push_str(&book.explain(id, language).unwrap());
            text.push_str("────\n");
        }
    }
    insta::assert_snapshot!(text);
    assert_eq!(book.explain("nothing", Language::En), None);
}

#[test]
fn entries_hold_in_their_time() {
    let book = book();
    let holds = |day: &str| {
        book.entries_on(Day::parse(day).unwrap()).iter().any(|entry| entry.meta().id == "reserve-deposit")
    };
    assert!(!holds("2019-01-13"));
    assert!(holds("2019-01-14"));
}

#[test]
fn working_days_are_the_state_councils() {
    let book = book();
    let calendar = book.calendar();
    let day = |text: &str| Day::parse(text).unwrap();
    for (text, works) in [
        ("2024-02-09", true),  // Friday before the Spring Festival
        ("2024-02-10", false), // Spring Festival
        ("2024-02-16", false), // Friday within it
        ("2024-02-18", true),  // Sunday worked for it
        ("2024-02-17", false), // Saturday within it
        ("2020-01-31", false), // the festival prolonged by the epidemic
        ("2026-10-10", true),  // Saturday worked for National Day
        ("2026-11-24", true),
    ] {
        assert_eq!(calendar.is_working_day(day(text)), Ok(works), "{text}");
    }
    assert_eq!(calendar.working_days_after(day("2024-09-30"), 1), Ok(day("2024-10-08")));
    assert_eq!(calendar.working_days_after(day("2024-09-27"), 10), Ok(day("2024-10-16")));
    assert!(calendar.is_working_day(day("2027-01-01")).is_err());
    assert!(calendar.is_working_day(day("2014-12-31")).is_err());
    assert!(calendar.working_days_after(day("2026-12-31"), 1).is_err());
}

/// What the source demands is met, line by line, by entries with cases of either kind; the page
/// says how.
#[test]
fn every_demand_is_met_and_the_page_shows_by_what() {
    let book = book();
    let gaps: Vec<String> = book.coverage().iter().filter_map(|covered| covered.gap()).collect();
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
    let demanded: BTreeSet<&str> = book.demands().iter().map(|demand| demand.requirement.as_str()).collect();
    let wanted = ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "3.1"];
    let missing: Vec<&str> = wanted.into_iter().filter(|number| !demanded.contains(number)).collect();
    assert_eq!(missing, [""; 0]);
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/coverage.md");
    let published = std::fs::read_to_string(page).unwrap();
    assert!(
        published == rulebook::coverage::page(&book),
        "docs/coverage.md is not what the rulebook says: run `jianwei rules coverage > docs/coverage.md`"
    );
}
