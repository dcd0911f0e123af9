//! The ratio of a payment institution's reserve moves with its rating (requirement 1.9): it is rated
//! by its grades, told a month before, judged by the old ratio until then; told again when its
//! grades are corrected. With a restart, and a replay.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod common;

use common::open;
use engine::Engine;
use engine::intake::{ContentCoding, FilingHead, FilingMode};
use engine::replay::replay;
use model::clock::Clock;
use model::event::{Grade, GradeEvent, Verdict};
use model::institution::InstitutionId;
use model::spec::{Record, StreamSpec};
use model::streams::{BusinessDaily, Disclosure, OperationsDaily, Register, Transaction};
use model::time::{Day, Time};

fn wallet() -> InstitutionId {
    InstitutionId::synthetic(1)
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn file(engine: &Engine, stream: &'static StreamSpec, date: Day, lines: &str) {
    let head = FilingHead {
        stream,
        institution: wallet(),
        date: Some(date),
        is_final: true,
        announced: None,
        mode: FilingMode::Lines,
        coding: ContentCoding::Identity,
    };
    let receipt = engine.file(head, lines.as_bytes()).unwrap();
    assert_eq!(receipt.sealed.refused, 0, "{:?}", receipt.refusals);
}

/// The figures of a day with `deposited` of 10,000.00 yuan of clients' money, as its revision.
fn figures(engine: &Engine, date: Day, deposited: &str, revision: u32) {
    let line = format!(
        r#"{{"id":"b-{date}","revision":{revision},"date":"{date}","line":"payment","reserve_deposited":"{deposited}","reserve_total":"10000.00","income":"10.00"}}"#
    );
    file(engine, BusinessDaily::STREAM, date, &line);
}

/// Files all that is owed for a day, at two in the night after it.
fn file_day(engine: &Engine, date: Day, deposited: &str) {
    let night = Time::start_of(date.plus(1)).plus_seconds(2 * 3600);
    engine.clock().advance(night);
    figures(engine, date, deposited, 0);
    let operations = format!(
        r#"{{"id":"o-{date}","date":"{date}","servers":[{{"address":"10.0.2.1","role":"web"}}],"visits":9,"complaints_received":0,"complaints_due":0,"complaints_resolved_in_time":0,"incidents":[]}}"#
    );
    file(engine, OperationsDaily::STREAM, date, &operations);
    file(engine, Transaction::STREAM, date, "");
    if date.plus(1).to_string().ends_with("-01") {
        file(engine, Disclosure::STREAM, date, "");
    }
}

/// Noon has passed on a day.
fn judged(engine: &Engine, on: Day) {
    engine.clock().advance(Time::start_of(on).plus_seconds(13 * 3600));
    engine.judge_obligations();
    engine.settle().unwrap();
}

/// Effect, before, after and the corrected one, of each notice.
fn notices(engine: &Engine) -> Vec<String> {
    let all = engine.board().notices(|_| true);
    let shown = all.iter().map(|notice| {
        let given = notice.given_at.day();
        let corrects = notice.corrects.as_deref().unwrap_or("nothing");
        format!(
            "{given}: {} → {} from {}, corrects {corrects}",
            notice.before, notice.term, notice.effective_from
        )
    });
    shown.collect()
}

/// What the entry comes to on a day.
fn reserve_ratio(engine: &Engine, on: Day) -> Option<Verdict> {
    let grades = engine.board().grades(|grade| grade.day == on && grade.institution == wallet().as_str());
    let reasons = grades.first()?.reasons.iter();
    reasons.filter(|reason| reason.entry == "reserve-ratio").map(|reason| reason.verdict).next()
}

#[test]
fn the_ratio_moves_with_the_rating_after_a_notice() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Time::parse("2026-01-01T09:00:00+08:00").unwrap());
    let engine = open(dir.path(), clock.clone());
    let register = r#"{"id":"r","effective_from":"2026-01-01","name":"示例支付","line":"payment","licence":"XK1","licence_until":"2030-01-01","registered_on":"2016-12-07","paid_in_capital":"200000000.00","security_assessed_on":"2026-01-01","security_level":3,"executives":[{"person":"p1:e915bf9c13484a3e2ddd18293307e6","post":"chairman","qualification":"RZ1","qualified_until":"2029-06-01"}]}"#;
    file(&engine, Register::STREAM, day("2026-01-01"), register);
    let mut on = day("2026-01-01");
    while on < day("2026-04-01") {
        file_day(&engine, on, "10000.00");
        on = on.plus(1);
    }
    judged(&engine, day("2026-04-01"));
    let quarter =
        |grade: &GradeEvent| grade.institution == wallet().as_str() && grade.day < day("2026-04-01");
    let grades = engine.board().grades(quarter);
    assert_eq!(grades.len(), 90);
    for grade in grades {
        assert_eq!(grade.verdict, Verdict::Graded(Grade::Green), "{grade:#?}");
    }
    assert_eq!(
        notices(&engine),
        [""; 0],
        "the first quarter's grades are complete, April has not closed a day"
    );

    // The first of April closes: three green months are class A.
    file_day(&engine, day("2026-04-01"), "10000.00");
    judged(&engine, day("2026-04-02"));
    let first = "2026-04-02: 100 → 10 from 2026-05-01, corrects nothing".to_owned();
    assert_eq!(notices(&engine), std::slice::from_ref(&first));
    let text = engine.board().notices(|_| true).remove(0).text;
    assert!(text.zh.contains("自 2026-05-01 起为 10%"), "{}", text.zh);
    assert!(text.en.contains("rated in class A"), "{}", text.en);
    assert!(!text.zh.contains('{') && !text.en.contains('{'), "{text:?}");

    // Half is too little until the day of effect, and enough from then on; nothing is told twice,
    // nor after a restart.
    drop(engine);
    let engine = open(dir.path(), clock);
    for date in ["2026-04-29", "2026-04-30", "2026-05-01"] {
        file_day(&engine, day(date), "5000.00");
    }
    judged(&engine, day("2026-05-02"));
    assert_eq!(reserve_ratio(&engine, day("2026-04-30")), Some(Verdict::Graded(Grade::Red)));
    assert_eq!(reserve_ratio(&engine, day("2026-05-01")), Some(Verdict::Graded(Grade::Green)));
    assert_eq!(notices(&engine), std::slice::from_ref(&first));

    // In fact hardly anything was deposited in March: 59 green days and 31 red ones are 65.6 points,
    // class D. What was told is corrected, and half is too little after all.
    for number in 1..=31 {
        figures(&engine, day(&format!("2026-03-{number:02}")), "100.00", 1);
    }
    judged(&engine, day("2026-05-03"));
    let id = format!("{}-payment-rating-2026-05-01-1", wallet());
    // Where an evaluation came in between, it told of what had been filed by then.
    let told = notices(&engine);
    let corrected = told.get(1).is_some_and(|second| second.ends_with(&format!("corrects {id}")));
    assert!(told.first() == Some(&first) && corrected, "{told:?}");
    let last = told.last().map(String::as_str).unwrap_or_default();
    assert!(last.contains("→ 80 from 2026-05-01"), "{told:?}");
    assert_eq!(reserve_ratio(&engine, day("2026-05-01")), Some(Verdict::Graded(Grade::Red)));
    drop(engine);

    let scratch = tempfile::tempdir().unwrap();
    let book = std::sync::Arc::new(rulebook::load::embedded().unwrap());
    let report = replay(dir.path(), book, scratch.path()).unwrap();
    assert_eq!((report.difference, report.other_rulebook), (None, 0));
}
