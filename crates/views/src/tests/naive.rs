//! The tables as a plain fold of the events, cell by cell, that knows nothing of the desk's states:
//! what the views are held against.

use std::collections::BTreeMap;

use model::event::Grade;
use model::time::Time;
use workflow::alert::{AlertEvent, AlertStep, Clock, Started};
use workflow::delivery::{DeliveryEvent, DeliveryStep};
use workflow::desk::{DeskEvent, Topic};
use workflow::letter::{LetterEvent, LetterStep};
use workflow::plan::{PlanEvent, PlanStep};
use workflow::public_notice::{PublicNoticeEvent, PublicNoticeStep};
use workflow::review::{ReviewEvent, ReviewStep};
use workflow::term::Deadline;

/// Table and key.
type Row = (&'static str, String);

/// Cells as text, by row and column.
#[derive(Default)]
pub(super) struct Naive {
    pub(super) cells: BTreeMap<Row, BTreeMap<&'static str, String>>,
    /// How often each clock of an alert was started.
    runs: BTreeMap<(String, &'static str), u32>,
}

const NOTHING: &str = "-";

fn clock(clock: Clock) -> &'static str {
    match clock {
        Clock::Push => "push",
        Clock::Acknowledge => "acknowledge",
        Clock::Letter => "letter",
        Clock::Publish => "publish",
        Clock::Plan => "plan",
    }
}

fn time(at: Time) -> String {
    at.0.to_string()
}

fn maybe(at: Option<Time>) -> String {
    at.map_or(NOTHING.to_owned(), time)
}

impl Naive {
    pub(super) fn of(events: &[(u64, DeskEvent)]) -> Self {
        let mut naive = Self::default();
        for (position, event) in events {
            naive.happens(*position, event);
        }
        naive
    }

    fn set(&mut self, table: &'static str, key: &str, cells: &[(&'static str, &str)]) {
        let row = self.cells.entry((table, key.to_owned())).or_default();
        row.extend(cells.iter().map(|(column, value)| (*column, (*value).to_owned())));
    }

    fn get(&self, table: &'static str, key: &str, column: &str) -> String {
        self.cells.get(&(table, key.to_owned())).and_then(|row| row.get(column)).cloned().unwrap_or_default()
    }

    fn happens(&mut self, position: u64, event: &DeskEvent) {
        let body: serde_json::Value = serde_json::from_slice(&event.body().unwrap()).unwrap();
        let step = match &body["step"] {
            serde_json::Value::String(step) => step.clone(),
            step => step.as_object().unwrap().keys().next().unwrap().clone(),
        };
        let by = body["by"].as_str().unwrap_or("system").to_owned();
        let topic = match event.topic() {
            Topic::Alert => "alert",
            Topic::Delivery => "delivery",
            Topic::Letter => "letter",
            Topic::PublicNotice => "public_notice",
            Topic::Plan => "plan",
            Topic::Review => "review",
            Topic::Case => "case",
            Topic::Order => "order",
            Topic::Reserve => "reserve",
            Topic::Penalty => "penalty",
            Topic::Report => "report",
        };
        let cells: &[(&'static str, &str)] = &[
            ("topic", topic),
            ("id", event.id()),
            ("institution", event.institution()),
            ("happened_at", &time(event.at())),
            ("actor", &by),
            ("step", &step),
        ];
        self.set("desk_event", &position.to_string(), cells);
        match event {
            DeskEvent::Alert(event) => self.alert(event),
            DeskEvent::Delivery(event) => self.delivery(position, event),
            DeskEvent::Letter(event) => self.letter(position, event),
            DeskEvent::PublicNotice(event) => self.notice(event),
            DeskEvent::Plan(event) => self.plan(event),
            DeskEvent::Review(event) => self.review(position, event),
            _ => {}
        }
    }

    fn clock_key(&self, id: &str, kind: &'static str) -> String {
        let run = self.runs.get(&(id.to_owned(), kind)).copied().unwrap_or_default();
        format!("alert/{id}/{kind}/{run}")
    }

    fn start(&mut self, event: &AlertEvent, kind: Clock, deadline: &Deadline) {
        let kind = clock(kind);
        let before = self.clock_key(&event.id, kind);
        if self.cells.contains_key(&("deadline", before.clone())) {
            self.set("deadline", &before, &[("pending", "0")]);
        }
        *self.runs.entry((event.id.clone(), kind)).or_default() += 1;
        let key = self.clock_key(&event.id, kind);
        let bureau = self.get("alert", &event.id, "bureau");
        let cells: &[(&'static str, &str)] = &[
            ("institution", &event.institution),
            ("bureau", &bureau),
            ("started", &time(deadline.started)),
            ("term", &deadline.term.to_string()),
            ("due", &maybe(deadline.due)),
            ("kept", NOTHING),
            ("missed", NOTHING),
            ("in_time", NOTHING),
            ("pending", "1"),
        ];
        self.set("deadline", &key, cells);
    }

    /// What was due was done, or its time is over.
    fn judge(&mut self, key: &str, kept: Option<Time>, missed: Option<Time>) {
        let is_first = |naive: &Self, column| naive.get("deadline", key, column) == NOTHING;
        if let Some(at) = kept.filter(|_| is_first(self, "kept")) {
            let due = self.get("deadline", key, "due");
            let in_time = due == NOTHING || at.0 < due.parse::<i64>().unwrap();
            let in_time = if in_time { "1" } else { "0" };
            self.set("deadline", key, &[("kept", &time(at)), ("in_time", in_time), ("pending", "0")]);
        }
        if let Some(at) = missed.filter(|_| is_first(self, "missed")) {
            self.set("deadline", key, &[("missed", &time(at))]);
            if is_first(self, "kept") {
                self.set("deadline", key, &[("in_time", "0")]);
            }
        }
    }

    fn grade(&mut self, event: &AlertEvent, grade: Grade) {
        let at = time(event.at);
        let worst = Grade::ALL.iter().find(|known| known.en() == self.get("alert", &event.id, "worst"));
        let worst = worst.copied().unwrap_or(Grade::Green).max(grade);
        let severity = (grade as u8).to_string();
        let cells: &[(&'static str, &str)] =
            &[("grade", grade.en()), ("severity", &severity), ("worst", worst.en()), ("graded_at", &at)];
        self.set("alert", &event.id, cells);
    }

    fn alert(&mut self, event: &AlertEvent) {
        let (id, at) = (event.id.as_str(), time(event.at));
        let by = event.by.to_string();
        match &event.step {
            AlertStep::Opened { grade, bureau, owner, clocks, as_of, reasons } => {
                let cells: &[(&'static str, &str)] = &[
                    ("institution", &event.institution),
                    ("bureau", bureau),
                    ("owner", owner),
                    ("state", "open"),
                    ("opened_at", &at),
                    ("filed_at", NOTHING),
                    ("as_of", &as_of.to_string()),
                    ("rank", "0"),
                    ("acknowledged_at", NOTHING),
                    ("acknowledged_by", NOTHING),
                    ("ended_at", NOTHING),
                    ("ended_by", NOTHING),
                    ("case_id", NOTHING),
                ];
                self.set("alert", id, cells);
                self.grade(event, *grade);
                self.reasons(event, reasons);
                clocks.iter().for_each(|started| self.start(event, started.clock, &started.deadline));
            }
            AlertStep::Joined { reasons, .. } => self.reasons(event, reasons),
            AlertStep::Raised { grade, reasons, clocks, .. } => {
                self.reasons(event, reasons);
                self.grade(event, *grade);
                self.set(
                    "alert",
                    id,
                    &[("rank", "0"), ("acknowledged_at", NOTHING), ("acknowledged_by", NOTHING)],
                );
                clocks.iter().for_each(|started| self.start(event, started.clock, &started.deadline));
            }
            AlertStep::Acknowledged => {
                self.set("alert", id, &[("acknowledged_at", &at), ("acknowledged_by", &by)]);
                let key = self.clock_key(id, "acknowledge");
                if self.cells.contains_key(&("deadline", key.clone())) {
                    self.judge(&key, Some(event.at), None);
                }
            }
            AlertStep::Escalated { rank, deadline, .. } => {
                self.set("alert", id, &[("rank", &rank.to_string())]);
                self.start(event, Clock::Acknowledge, deadline);
            }
            AlertStep::Assigned { owner } => self.set("alert", id, &[("owner", owner)]),
            AlertStep::Started(Started { clock, deadline }) => self.start(event, *clock, deadline),
            AlertStep::Kept { clock: kind } => {
                let key = self.clock_key(id, clock(*kind));
                self.judge(&key, Some(event.at), None);
            }
            AlertStep::Missed { clock: kind } => {
                let key = self.clock_key(id, clock(*kind));
                self.judge(&key, None, Some(event.at));
            }
            AlertStep::Dated { clock: kind, due } => {
                let key = self.clock_key(id, clock(*kind));
                self.set("deadline", &key, &[("due", &time(*due))]);
            }
            AlertStep::CaseJoined { case } => self.set("alert", id, &[("case_id", case)]),
            AlertStep::Eased { grade, .. } => self.grade(event, *grade),
            AlertStep::Dismissed { .. } => self.end(event, "dismissed"),
            AlertStep::Closed { .. } => self.end(event, "closed"),
        }
    }

    fn reasons(&mut self, event: &AlertEvent, reasons: &[workflow::alert::AlertReason]) {
        for reason in reasons {
            let line = reason.line.clone().unwrap_or_default();
            let key = format!("{}/{}/{line}", event.id, reason.entry);
            let day = reason.day.to_string();
            let last = self.get("alert_reason", &key, "last_day").max(day.clone());
            let first = Some(self.get("alert_reason", &key, "first_day")).filter(|first| !first.is_empty());
            let first = first.map_or(day.clone(), |first| first.min(day));
            self.set("alert_reason", &key, &[("first_day", &first), ("last_day", &last)]);
        }
    }

    fn end(&mut self, event: &AlertEvent, how: &str) {
        let (at, by) = (time(event.at), event.by.to_string());
        self.set("alert", &event.id, &[("state", how), ("ended_at", &at), ("ended_by", &by)]);
        for ((table, key), row) in &mut self.cells {
            if *table == "deadline" && key.starts_with(&format!("alert/{}/", event.id)) {
                row.insert("pending", "0".to_owned());
            }
        }
    }

    fn delivery(&mut self, position: u64, event: &DeliveryEvent) {
        let (id, at) = (event.id.as_str(), time(event.at));
        let failed = |naive: &mut Self, attempt: u32, again: &str| {
            let cells: &[(&'static str, &str)] = &[
                ("delivery", id),
                ("attempt", &attempt.to_string()),
                ("failed_at", &at),
                ("again_at", again),
            ];
            naive.set("delivery_failure", &position.to_string(), cells);
            naive.set("delivery_failure", &position.to_string(), &[("why", "550 <…> unknown")]);
        };
        match &event.step {
            DeliveryStep::Wanted { about, channel, to, urgent, .. } => {
                let (state, next) = match channel {
                    Some(_) => ("waiting", at.as_str()),
                    None => ("unreachable", NOTHING),
                };
                let cells: &[(&'static str, &str)] = &[
                    ("about", about),
                    ("channel", channel.as_deref().unwrap_or(NOTHING)),
                    ("addressee", &to.to_string()),
                    ("urgent", if *urgent { "1" } else { "0" }),
                    ("state", state),
                    ("wanted_at", &at),
                    ("next_at", next),
                    ("attempts", "0"),
                    ("ended_at", NOTHING),
                    ("read_at", NOTHING),
                ];
                self.set("delivery", id, cells);
            }
            DeliveryStep::Trying { attempt } => {
                self.set("delivery", id, &[("state", "trying"), ("attempts", &attempt.to_string())]);
            }
            DeliveryStep::Failed { attempt, again_at, .. } => {
                let again = time(*again_at);
                self.set("delivery", id, &[("state", "waiting"), ("next_at", &again)]);
                failed(self, *attempt, &again);
            }
            DeliveryStep::Delivered { .. } => {
                self.set("delivery", id, &[("state", "delivered"), ("next_at", NOTHING), ("ended_at", &at)]);
            }
            DeliveryStep::Refused { attempt, .. } => {
                self.set("delivery", id, &[("state", "refused"), ("next_at", NOTHING), ("ended_at", &at)]);
                failed(self, *attempt, NOTHING);
            }
            DeliveryStep::Read { .. } => {
                if self.get("delivery", id, "read_at") == NOTHING {
                    self.set("delivery", id, &[("read_at", &at)]);
                }
            }
        }
    }

    fn letter(&mut self, position: u64, event: &LetterEvent) {
        let (id, at) = (event.id.as_str(), time(event.at));
        match &event.step {
            LetterStep::Drafted { number, about, four_eyes, .. } => {
                let bureau = self.get("alert", about, "bureau");
                let cells: &[(&'static str, &str)] = &[
                    ("number", number),
                    ("about", about),
                    ("bureau", &bureau),
                    ("state", "draft"),
                    ("four_eyes", if *four_eyes { "1" } else { "0" }),
                    ("drafted_at", &at),
                    ("released_at", NOTHING),
                    ("position", NOTHING),
                    ("pages", NOTHING),
                ];
                self.set("letter", id, cells);
            }
            LetterStep::Edited { .. } | LetterStep::Checked => {}
            LetterStep::Released => {
                let cells: &[(&'static str, &str)] = &[
                    ("state", "released"),
                    ("released_at", &at),
                    ("released_by", &event.by.to_string()),
                    ("position", &position.to_string()),
                ];
                self.set("letter", id, cells);
            }
            LetterStep::Set { pages, .. } => self.set("letter", id, &[("pages", &pages.to_string())]),
            LetterStep::Recalled { .. } => self.set("letter", id, &[("state", "recalled")]),
        }
    }

    fn notice(&mut self, event: &PublicNoticeEvent) {
        let (id, at) = (event.id.as_str(), time(event.at));
        self.set("public_notice", id, &[("updated_at", &at)]);
        match &event.step {
            PublicNoticeStep::Published { alert, .. } => {
                let bureau = self.get("alert", alert, "bureau");
                let cells: &[(&'static str, &str)] = &[
                    ("alert", alert),
                    ("bureau", &bureau),
                    ("published_at", &at),
                    ("standing", "published"),
                ];
                self.set("public_notice", id, cells);
            }
            PublicNoticeStep::Settled { .. } => self.set("public_notice", id, &[("standing", "settled")]),
            PublicNoticeStep::Withdrawn { .. } => self.set("public_notice", id, &[("standing", "withdrawn")]),
        }
    }

    fn plan(&mut self, event: &PlanEvent) {
        let (id, at) = (event.id.as_str(), time(event.at));
        let key = format!("plan/{id}/plan_answer/1");
        let mut answered = |state| {
            self.judge(&key, Some(event.at), None);
            let by = event.by.to_string();
            self.set("plan", id, &[("state", state), ("answered_at", &at), ("answered_by", &by)]);
        };
        match &event.step {
            PlanStep::Filed { alert, done_by, answer, .. } => {
                let cells: &[(&'static str, &str)] = &[
                    ("alert", alert),
                    ("state", "filed"),
                    ("filed_at", &at),
                    ("done_by", &done_by.to_string()),
                    ("answer_due", &maybe(answer.due)),
                    ("answered_at", NOTHING),
                    ("answered_by", NOTHING),
                ];
                self.set("plan", id, cells);
                let bureau = self.get("alert", alert, "bureau");
                let cells: &[(&'static str, &str)] = &[
                    ("bureau", &bureau),
                    ("due", &maybe(answer.due)),
                    ("kept", NOTHING),
                    ("missed", NOTHING),
                    ("in_time", NOTHING),
                    ("pending", "1"),
                ];
                self.set("deadline", &key, cells);
            }
            PlanStep::Accepted { .. } => answered("accepted"),
            PlanStep::SentBack { .. } => answered("sent_back"),
            PlanStep::AnswerMissed => self.judge(&key, None, Some(event.at)),
        }
    }

    fn review(&mut self, position: u64, event: &ReviewEvent) {
        let (id, by) = (event.id.as_str(), event.by.to_string());
        self.set("review", id, &[("institution", &event.institution)]);
        let decision = match &event.step {
            ReviewStep::Confirmed { .. } => "confirmed",
            ReviewStep::Dismissed { .. } => "dismissed",
            ReviewStep::Claimed => return self.set("review", id, &[("claimed_by", &by)]),
            ReviewStep::Released => return self.set("review", id, &[("claimed_by", NOTHING)]),
            ReviewStep::Looked | ReviewStep::CaseJoined { .. } => return,
        };
        self.set("review", id, &[("decision", decision)]);
        let cells: &[(&'static str, &str)] = &[
            ("review", id),
            ("entry", "pooling"),
            ("decision", decision),
            ("decided_at", &time(event.at)),
            ("decided_by", &by),
        ];
        self.set("review_decision", &position.to_string(), cells);
    }
}
