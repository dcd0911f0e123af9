//! Lists, filters, pages, readable views.

use model::event::Grade;
use model::time::Time;
use workflow::alert::{AlertCommand, AlertStep};
use workflow::delivery::{DeliveryState, Outcome, Purpose};
use workflow::desk::{DeskCommand, Topic};

use super::fixture::{cell, shown};
use super::history::House;
use super::{Database, on_both};
use crate::{
    AlertFilter, DeliveryFilter, EventFilter, Listing, Page, Paged, Reader, Value, Which, Words, tables,
};

on_both!(
    alerts_are_filtered_and_ordered,
    pages_follow_one_another_whatever_comes_in,
    what_is_overdue_is_found,
    deliveries_and_events_are_found,
    people_read_times_and_codes,
    the_time_of_filing_is_asked_for,
);

fn column(listing: &Listing, head: &str) -> Vec<String> {
    (0..listing.rows.len()).map(|row| shown(listing.value(row, head).unwrap())).collect()
}

fn house() -> House {
    let mut house = House::new();
    for (hour, (institution, grade)) in [
        ("wallet", Grade::Yellow),
        ("platform", Grade::Red),
        ("careful", Grade::Orange),
        ("bank", Grade::Yellow),
    ]
    .into_iter()
    .enumerate()
    {
        house.now = house.now.plus_seconds(3600 * i64::from(hour > 0));
        house.graded(institution, house.now.day(), grade);
    }
    house
}

fn taken_in(database: &Database, house: &House) -> Reader {
    database.open().apply(&house.sealed, &house.desk).unwrap();
    database.reader()
}

fn alerts_are_filtered_and_ordered(database: &Database) {
    let mut house = house();
    let id = house.desk.alerts.open_of("bank").unwrap().id.clone();
    let command = AlertCommand::Dismiss { reason: "误报".to_owned(), mute_until: None };
    house.does(&DeskCommand::Alert { id, command }, "li").unwrap();
    let reader = taken_in(database, &house);
    let found = |filter: AlertFilter| {
        let page = reader.alerts(&filter, &Page::default()).unwrap();
        assert_eq!(page.next, None);
        column(&page.rows, "institution").join(" ")
    };
    let any = AlertFilter::default;
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(found(any()), "bank careful platform wallet");
    assert_eq!(found(AlertFilter { is_worst_first: true, ..any() }), "platform careful bank wallet");
    assert_eq!(found(AlertFilter { is_open: Some(true), ..any() }), "careful platform wallet");
    assert_eq!(found(AlertFilter { is_open: Some(false), ..any() }), "bank");
    assert_eq!(found(AlertFilter { from_grade: Some(Grade::Orange), ..any() }), "careful platform");
    assert_eq!(found(AlertFilter { bureau: some("two"), ..any() }), "careful");
    assert_eq!(found(AlertFilter { owner: some("wang"), ..any() }), "bank platform wallet");
    assert_eq!(found(AlertFilter { institution: some("wallet"), ..any() }), "wallet");
    assert_eq!(found(AlertFilter { institution: some("' OR 1=1 --"), ..any() }), "");
    let start = Time::parse("2026-06-01T09:00:00+08:00").unwrap();
    let since = Some(start.plus_seconds(3600));
    assert_eq!(found(AlertFilter { since, before: Some(start.plus_seconds(7200)), ..any() }), "platform");
}

/// Everything, page by page.
fn all(page: impl Fn(&Page) -> Paged, limit: usize, head: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let next = page(&Page { after, limit });
        assert!(next.rows.rows.len() <= limit);
        found.extend(column(&next.rows, head));
        match next.next {
            Some(mark) => after = Some(mark),
            None => return found,
        }
    }
}

fn pages_follow_one_another_whatever_comes_in(database: &Database) {
    let mut house = House::new();
    let day = house.now.day();
    // Many at the same instant: the number tells them apart.
    for number in 0..23 {
        house.graded(&format!("机构{number}"), day, if number % 3 == 0 { Grade::Red } else { Grade::Yellow });
    }
    let mut views = database.open();
    views.apply(&house.sealed, &house.desk).unwrap();
    let reader = database.reader();
    for is_worst_first in [false, true] {
        let filter = AlertFilter { is_worst_first, ..AlertFilter::default() };
        let whole = reader.alerts(&filter, &Page { after: None, limit: 100 }).unwrap().rows;
        for limit in [1, 7, 23] {
            let found = all(|page| reader.alerts(&filter, page).unwrap(), limit, "id");
            assert_eq!(found, column(&whole, "id"), "{limit}");
        }
    }
    let running = |page: &Page| reader.deadlines(Which::Running(house.now), None, page).unwrap();
    assert_eq!(all(running, 5, "id").len(), running(&Page { after: None, limit: 1000 }).rows.rows.len());
    let events = |page: &Page| reader.events(&EventFilter::default(), page).unwrap();
    assert_eq!(all(events, 10, "position").len(), house.sealed.len());
    // A newer one does not shift what comes after.
    let first = reader.alerts(&AlertFilter::default(), &Page { after: None, limit: 5 }).unwrap();
    let second =
        || reader.alerts(&AlertFilter::default(), &Page { after: first.next.clone(), limit: 5 }).unwrap();
    let before = second();
    let count = house.sealed.len();
    house.now = house.now.plus_seconds(60);
    house.graded("newest", day, Grade::Red);
    views.apply(&house.sealed[count..], &house.desk).unwrap();
    assert_eq!(second(), before);
    // A mark of another list, or of nobody's.
    for mark in ["", "x", "1~2~3", "x~A-2026-000001", "99999999999999999999~A"] {
        let page = Page { after: Some(mark.to_owned()), limit: 5 };
        let refused = reader.alerts(&AlertFilter::default(), &page).unwrap_err();
        assert!(matches!(refused, crate::ViewsError::BadQuestion(_)), "{mark}: {refused}");
    }
}

fn what_is_overdue_is_found(database: &Database) {
    let mut house = house();
    let start = house.now;
    let mut views = database.open();
    views.apply(&house.sealed, &house.desk).unwrap();
    let reader = database.reader();
    let listed = |which, bureau| {
        let page = reader.deadlines(which, bureau, &Page::default()).unwrap().rows;
        let parts = [column(&page, "institution"), column(&page, "clock"), column(&page, "run")];
        (0..page.rows.len())
            .map(|row| parts.iter().map(|part| part[row].as_str()).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    // Ten minutes to acknowledge the red one, opened two hours before; the others have a day and more.
    assert_eq!(listed(Which::Overdue(start), None), ["platform acknowledge 1", "platform push 1"]);
    assert_eq!(listed(Which::Overdue(start), Some("two")), [""; 0]);
    assert_eq!(listed(Which::Running(start), Some("two")), ["careful acknowledge 1", "careful letter 1"]);
    assert_eq!(listed(Which::Undated, None), [""; 0]);
    // The system notices it: the clock of the next in the chain takes its place.
    let count = house.sealed.len();
    house.tick();
    views.apply(&house.sealed[count..], &house.desk).unwrap();
    assert_eq!(listed(Which::Overdue(start), None), ["platform push 1"]);
    let later = start.plus_seconds(86_400);
    assert_eq!(listed(Which::Overdue(later), Some("one")), ["platform push 1", "platform acknowledge 2"]);
    // What ends is asked for no more.
    let count = house.sealed.len();
    let id = house.desk.alerts.open_of("platform").unwrap().id.clone();
    house.ends("platform", "li", AlertStep::Dismissed { reason: "误报".to_owned(), mute_until: None });
    views.apply(&house.sealed[count..], &house.desk).unwrap();
    assert_eq!(listed(Which::Overdue(later), Some("one")), [""; 0]);
    let dump = database.dump();
    let missed = cell(&dump, "deadline", &format!("alert/{id}/acknowledge/1"), "missed");
    assert_eq!(missed, Some(&Value::Time(start)));
}

fn deliveries_and_events_are_found(database: &Database) {
    let mut house = house();
    house.graded("insurer", house.now.day(), Grade::Orange);
    let again_at = house.now.plus_seconds(60);
    let why = "450 <ceo@insurer.example>: try 13800138000".to_owned();
    house.send_all(&Outcome::Failed { why, again_at });
    let reader = taken_in(database, &house);
    let found = |filter: DeliveryFilter| {
        column(&reader.deliveries(&filter, &Page::default()).unwrap().rows, "purpose").join(" ")
    };
    let any = DeliveryFilter::default;
    let insurer = DeliveryFilter { institution: Some("insurer".to_owned()), ..any() };
    assert_eq!(found(insurer), "copy letter alert");
    let letter = house.desk.letters.all().find(|letter| letter.institution == "insurer").unwrap().id.clone();
    assert_eq!(found(DeliveryFilter { about: Some(letter), ..any() }), "copy letter");
    assert_eq!(found(DeliveryFilter { bureau: Some("two".to_owned()), ..any() }), "reminder alert");
    assert_eq!(found(DeliveryFilter { purpose: Some(Purpose::Letter), ..any() }), "letter");
    assert_eq!(found(DeliveryFilter { state: Some(DeliveryState::Delivered), ..any() }), "");
    let waiting = house.desk.deliveries.waiting();
    let by_state = DeliveryFilter { state: Some(DeliveryState::Waiting), ..any() };
    assert_eq!(found(by_state).split(' ').count(), waiting);
    let mail = house.desk.deliveries.all().find(|one| one.purpose == Purpose::Letter).unwrap();
    let failures = reader.failures_of(&mail.id, &Page::default()).unwrap().rows;
    assert_eq!(column(&failures, "why"), ["450 <…>: try …"]);
    let steps = column(&reader.events_of(&mail.id, &Page::default()).unwrap().rows, "step");
    assert_eq!(steps, ["wanted", "trying", "failed"]);
    let filter = EventFilter {
        institution: Some("insurer".to_owned()),
        topic: Some(Topic::Letter),
        ..EventFilter::default()
    };
    assert_eq!(column(&reader.events(&filter, &Page::default()).unwrap().rows, "step_zh"), ["签发", "拟稿"]);
    assert_eq!(reader.letters(None, &Page::default()).unwrap().rows.rows.len(), 2);
    assert_eq!(reader.plans(Some("insurer"), &Page::default()).unwrap().rows.rows.len(), 0);
}

fn people_read_times_and_codes(database: &Database) {
    let reader = taken_in(database, &house());
    let time = database.texts("SELECT opened_at FROM alert_readable ORDER BY id", "opened_at");
    assert_eq!(time[1].as_deref(), Some("2026-06-01T10:00:00+08:00"));
    assert_eq!(database.texts("SELECT ended_at FROM alert_readable", "ended_at")[0], None);
    let sql = "SELECT \"机构\", \"等级\" || \"状态\" AS \"说\" FROM \"预警\" ORDER BY \"编号\"";
    let said: Vec<_> = database.texts(sql, "说").into_iter().flatten().collect();
    assert_eq!(said, ["黄处理中", "红处理中", "橙处理中", "黄处理中"]);
    assert_eq!(
        database.texts("SELECT DISTINCT pending FROM deadline_readable ORDER BY pending", "pending"),
        ["no", "yes"].map(|said| Some(said.to_owned()))
    );
    // Every view can be read whole.
    for shape in tables::all() {
        for view in [format!("{}_readable", shape.name), format!("\"{}\"", shape.zh)] {
            reader.ask(&format!("SELECT * FROM {view}"), &[]).unwrap();
        }
    }
    let page = reader
        .alerts(&AlertFilter { is_worst_first: true, ..AlertFilter::default() }, &Page::default())
        .unwrap();
    let csv = page.rows.csv(Words::Chinese);
    assert!(csv.starts_with("编号,机构,处室,责任人,状态,等级,"), "{csv}");
    assert!(csv.contains(",platform,one,wang,处理中,红,3,红,2026-06-01T10:00:00+08:00,"), "{csv}");
    let json = serde_json::to_value(&page).unwrap();
    assert_eq!(json["rows"][0]["opened_at"], "2026-06-01T10:00:00+08:00");
    assert_eq!(json["rows"][0]["ended_at"], serde_json::Value::Null);
    assert_eq!(json["next"], serde_json::Value::Null);
}

fn the_time_of_filing_is_asked_for(database: &Database) {
    let house = house();
    let filed_at = |as_of: u64| (as_of > 5).then_some(Time(as_of.cast_signed() * 1_000_000));
    let batch = crate::Batch::with_filing(&house.sealed, &house.desk, &filed_at);
    database.open().write(&batch).unwrap();
    let dump = database.dump();
    let times: Vec<String> = column(&dump["alert"], "filed_at");
    let wanted: Vec<String> = house
        .desk
        .alerts
        .all()
        .map(|alert| filed_at(alert.as_of).map_or("-".to_owned(), |at| at.0.to_string()))
        .collect();
    assert_eq!(times, wanted);
    assert_eq!(times[0], "-");
}

#[test]
fn the_usual_lists_are_found_by_an_index() {
    let database = Database::sqlite();
    let reader = taken_in(&database, &house());
    let table = [
        (
            "SELECT id FROM alert WHERE state = 'open' ORDER BY opened_at DESC, id DESC LIMIT 100",
            "alert_state",
        ),
        (
            "SELECT id FROM alert WHERE bureau = 'one' AND state = 'open' ORDER BY opened_at DESC, id DESC LIMIT 9",
            "alert_bureau",
        ),
        (
            "SELECT id FROM alert WHERE bureau = 'one' AND state = 'open' ORDER BY severity DESC, opened_at DESC, id DESC",
            "alert_bureau_worst",
        ),
        (
            "SELECT id FROM alert WHERE state = 'open' ORDER BY severity DESC, opened_at DESC, id DESC LIMIT 9",
            "alert_worst",
        ),
        (
            "SELECT id FROM alert WHERE owner = 'wang' AND state = 'open' ORDER BY opened_at DESC, id DESC LIMIT 9",
            "alert_owner",
        ),
        (
            "SELECT id FROM deadline WHERE pending = 1 AND due <= 5 ORDER BY due, topic, id, clock, run LIMIT 9",
            "deadline_pending",
        ),
        (
            "SELECT id FROM deadline WHERE pending = 1 AND due <= 5 AND bureau = 'one' ORDER BY due, topic, id, clock, run LIMIT 9",
            "deadline_pending_bureau",
        ),
        (
            "SELECT id FROM delivery WHERE state = 'waiting' ORDER BY wanted_at DESC, id DESC LIMIT 9",
            "delivery_state",
        ),
        (
            "SELECT id FROM delivery WHERE about = 'A' ORDER BY wanted_at DESC, id DESC LIMIT 9",
            "delivery_about",
        ),
        ("SELECT id FROM desk_event WHERE id = 'A' ORDER BY position LIMIT 9", "desk_event_id"),
        (
            "SELECT id FROM desk_event WHERE institution = 'A' ORDER BY happened_at DESC, position DESC LIMIT 9",
            "desk_event_institution",
        ),
    ];
    for (sql, index) in table {
        let rows = reader.ask(&format!("EXPLAIN QUERY PLAN {sql}"), &[]).unwrap();
        let plan: Vec<String> = rows.iter().map(|row| reader.text(row, "detail").unwrap()).collect();
        let plan = plan.join("; ");
        assert!(plan.contains(&format!("INDEX {index} ")) || plan.ends_with(index), "{sql}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{sql}: {plan}");
    }
}
