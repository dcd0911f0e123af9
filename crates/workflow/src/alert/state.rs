//! Alerts as they stand: what was sealed, folded.

use std::collections::{BTreeMap, BTreeSet};

use model::event::{Grade, GradeEvent};
use model::time::{Day, Time};
use serde::Serialize;

use super::event::{AlertEvent, AlertReason, AlertStep, Clock};
use crate::actor::Actor;
use crate::term::Deadline;

/// What a reason is told apart by: entry and line.
pub(crate) type ReasonKey = (String, Option<String>);
/// The grade that a reason gave on each day.
type ReasonDays = BTreeMap<Day, Grade>;

/// A reason of an alert, with all days on which it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldReason {
    /// As it was found last.
    pub latest: AlertReason,
    /// The worst grade that it gave.
    pub worst: Grade,
    /// The grade of each day.
    pub days: ReasonDays,
}

/// How an alert ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// A false alarm.
    Dismissed,
    /// What it was about is over.
    Closed,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// Number.
    pub id: String,
    /// The institution; `*` for the industry.
    pub institution: String,
    /// Its grade now.
    pub grade: Grade,
    /// The worst that it was.
    pub worst: Grade,
    /// When it was opened.
    pub opened_at: Time,
    /// Since when it has its grade.
    pub graded_at: Time,
    /// The ledger's size that the grades took account of that opened it.
    pub as_of: u64,
    /// Bureau.
    pub bureau: String,
    /// Who owns it.
    pub owner: String,
    /// Who was told last, as a place in the bureau's chain.
    pub rank: u32,
    /// Why, by entry and line.
    #[serde(serialize_with = "reasons_as_list")]
    pub reasons: BTreeMap<ReasonKey, HeldReason>,
    /// Its clocks.
    pub clocks: BTreeMap<Clock, Deadline>,
    /// Clocks that were run out or kept before the same one was started again.
    pub earlier_clocks: Vec<(Clock, Deadline)>,
    /// Who acknowledged it, and when.
    pub acknowledged: Option<(Actor, Time)>,
    /// The case.
    pub case: Option<String>,
    /// How and when it ended, by whom and why.
    pub ended: Option<End>,
    /// The grade of each of the institution's days since it was opened, as far as it counts for easing.
    #[serde(skip)]
    pub(crate) days: BTreeMap<Day, Grade>,
}

/// The end of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct End {
    /// How.
    pub how: Ended,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Actor,
    /// Why, where a person said so.
    pub reason: Option<String>,
}

fn reasons_as_list<S: serde::Serializer>(
    reasons: &BTreeMap<ReasonKey, HeldReason>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(reasons.values())
}

impl Alert {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// When the next of its clocks goes off.
    pub fn timer(&self) -> Option<Time> {
        match self.is_open() {
            true => self.clocks.values().filter_map(Deadline::timer).min(),
            false => None,
        }
    }

    fn keep(&mut self, clock: Clock, at: Time) {
        if let Some(deadline) = self.clocks.get_mut(&clock) {
            deadline.kept.get_or_insert(at);
        }
    }

    fn start(&mut self, clock: Clock, deadline: Deadline) {
        if let Some(before) = self.clocks.insert(clock, deadline) {
            self.earlier_clocks.push((clock, before));
        }
    }

    fn take_reasons(&mut self, reasons: &[AlertReason]) {
        for reason in reasons {
            let key = (reason.entry.clone(), reason.line.clone());
            let held = self.reasons.entry(key).or_insert_with(|| HeldReason {
                latest: reason.clone(),
                worst: reason.grade,
                days: BTreeMap::new(),
            });
            if reason.day >= held.latest.day {
                held.latest = reason.clone();
            }
            held.worst = held.worst.max(reason.grade);
            held.days.insert(reason.day, reason.grade);
            let worst_of_day = self.days.entry(reason.day).or_insert(reason.grade);
            *worst_of_day = (*worst_of_day).max(reason.grade);
        }
    }
}

/// What was answered of an institution already: the same does not raise an alert again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answered {
    /// Reasons of alerts that ended.
    days: BTreeMap<ReasonKey, ReasonDays>,
    /// Reasons that raise none until a day, up to a grade.
    muted: BTreeMap<ReasonKey, (Day, Grade)>,
}

impl Answered {
    pub(crate) fn covers(&self, reason: &AlertReason) -> bool {
        let key = (reason.entry.clone(), reason.line.clone());
        let was = self.days.get(&key).and_then(|days| days.get(&reason.day));
        let muted = self.muted.get(&key);
        was.is_some_and(|grade| *grade >= reason.grade)
            || muted.is_some_and(|(until, grade)| reason.day <= *until && *grade >= reason.grade)
    }
}

/// Days that are remembered of what was answered: at least as many as any policy considers.
const REMEMBERED_DAYS: i32 = 400;

/// All alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    by_id: BTreeMap<String, Alert>,
    open: BTreeMap<String, String>,
    answered: BTreeMap<String, Answered>,
    /// Open alerts with a clock whose deadline is not known.
    undated: BTreeSet<String>,
}

impl Alerts {
    /// An alert by its number.
    pub fn get(&self, id: &str) -> Option<&Alert> {
        self.by_id.get(id)
    }

    /// All, in the order of their numbers.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Alert> {
        self.by_id.values()
    }

    /// The open alert of an institution.
    pub fn open_of(&self, institution: &str) -> Option<&Alert> {
        self.by_id.get(self.open.get(institution)?)
    }

    /// The open ones.
    pub fn open(&self) -> impl Iterator<Item = &Alert> {
        self.open.values().filter_map(|id| self.by_id.get(id))
    }

    pub(crate) fn answered(&self, institution: &str) -> Option<&Answered> {
        self.answered.get(institution)
    }

    /// Open alerts with a clock whose deadline lies beyond what the calendar knew.
    pub(crate) fn undated(&self) -> impl Iterator<Item = &Alert> {
        self.undated.iter().filter_map(|id| self.by_id.get(id))
    }

    /// Takes in the grade of a day as it was sealed: what easing looks at.
    pub fn take_grade(&mut self, grade: &GradeEvent) {
        let Some(alert) = self.open.get(&grade.institution).and_then(|id| self.by_id.get_mut(id)) else {
            return;
        };
        if let Some(of_day) = grade.verdict.grade()
            && grade.day >= alert.opened_at.day().plus(-REMEMBERED_DAYS)
        {
            alert.days.insert(grade.day, of_day);
        }
    }

    /// Takes in what happened.
    pub fn apply(&mut self, event: &AlertEvent) {
        if let AlertStep::Opened { grade, reasons, bureau, owner, clocks, as_of } = &event.step {
            let mut alert = Alert {
                id: event.id.clone(),
                institution: event.institution.clone(),
                grade: *grade,
                worst: *grade,
                opened_at: event.at,
                graded_at: event.at,
                as_of: *as_of,
                bureau: bureau.clone(),
                owner: owner.clone(),
                rank: 0,
                reasons: BTreeMap::new(),
                clocks: clocks.iter().map(|started| (started.clock, started.deadline)).collect(),
                earlier_clocks: Vec::new(),
                acknowledged: None,
                case: None,
                ended: None,
                days: BTreeMap::new(),
            };
            alert.take_reasons(reasons);
            self.open.insert(event.institution.clone(), event.id.clone());
            self.note_dates(&alert);
            self.by_id.insert(event.id.clone(), alert);
            return;
        }
        let Some(mut alert) = self.by_id.remove(&event.id) else { return };
        apply_to(&mut alert, event);
        if !alert.is_open() {
            if self.open.get(&alert.institution) == Some(&alert.id) {
                self.open.remove(&alert.institution);
            }
            self.remember(&alert, event);
        }
        self.note_dates(&alert);
        self.by_id.insert(event.id.clone(), alert);
    }

    fn note_dates(&mut self, alert: &Alert) {
        let has_none = |deadline: &Deadline| deadline.runs() && deadline.due.is_none();
        match alert.is_open() && alert.clocks.values().any(has_none) {
            true => self.undated.insert(alert.id.clone()),
            false => self.undated.remove(&alert.id),
        };
    }

    fn remember(&mut self, alert: &Alert, event: &AlertEvent) {
        let oldest = event.at.day().plus(-REMEMBERED_DAYS);
        let answered = self.answered.entry(alert.institution.clone()).or_default();
        for (key, reason) in &alert.reasons {
            let days = answered.days.entry(key.clone()).or_default();
            for (day, grade) in &reason.days {
                let known = days.entry(*day).or_insert(*grade);
                *known = (*known).max(*grade);
            }
            days.retain(|day, _| *day >= oldest);
            if let AlertStep::Dismissed { mute_until: Some(until), .. } = &event.step {
                answered.muted.insert(key.clone(), (*until, reason.worst));
            }
        }
        answered.muted.retain(|_, (until, _)| *until >= event.at.day());
    }
}

fn apply_to(alert: &mut Alert, event: &AlertEvent) {
    let at = event.at;
    match &event.step {
        AlertStep::Opened { .. } => {}
        AlertStep::Joined { reasons, .. } => alert.take_reasons(reasons),
        AlertStep::Raised { grade, reasons, clocks, .. } => {
            alert.take_reasons(reasons);
            alert.grade = *grade;
            alert.worst = alert.worst.max(*grade);
            alert.graded_at = at;
            alert.rank = 0;
            // What somebody acknowledged was less.
            alert.acknowledged = None;
            for started in clocks {
                alert.start(started.clock, started.deadline);
            }
        }
        AlertStep::Acknowledged => {
            alert.acknowledged.get_or_insert((event.by.clone(), at));
            alert.keep(Clock::Acknowledge, at);
        }
        AlertStep::Escalated { rank, deadline, .. } => {
            alert.rank = *rank;
            alert.start(Clock::Acknowledge, *deadline);
        }
        AlertStep::Assigned { owner } => alert.owner.clone_from(owner),
        AlertStep::Started(started) => alert.start(started.clock, started.deadline),
        AlertStep::Kept { clock } => alert.keep(*clock, at),
        AlertStep::Missed { clock } => {
            if let Some(deadline) = alert.clocks.get_mut(clock) {
                deadline.missed.get_or_insert(at);
            }
        }
        AlertStep::Dated { clock, due } => {
            if let Some(deadline) = alert.clocks.get_mut(clock) {
                deadline.due.get_or_insert(*due);
            }
        }
        AlertStep::CaseJoined { case } => alert.case = Some(case.clone()),
        AlertStep::Eased { grade, .. } => {
            alert.grade = *grade;
            alert.graded_at = at;
        }
        AlertStep::Dismissed { reason, .. } => {
            let reason = Some(reason.clone());
            alert.ended = Some(End { how: Ended::Dismissed, at, by: event.by.clone(), reason });
        }
        AlertStep::Closed { reason } => {
            let reason = reason.clone();
            alert.ended = Some(End { how: Ended::Closed, at, by: event.by.clone(), reason });
        }
    }
}
