//! The desk: everything that has an owner, a deadline and an end, in one state. It changes by events
//! and by nothing else; what the system decides by itself (on grades, on the time) and what people
//! decide comes out as events that are sealed together.

mod commands;
mod disposal;
mod event;
mod follow;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use model::event::GradeEvent;
use model::time::Time;

pub use commands::DeskCommand;
pub use event::{DeskEvent, Topic};

use crate::alert::{self, Alerts};
use crate::case::{self, Case, Disposal};
use crate::delivery::{self, Deliveries, Outcome};
use crate::letter::Letters;
use crate::numbers::Numbers;
use crate::order::Order;
use crate::penalty::{self, Penalties, Penalty};
use crate::plan::{self, Plans};
use crate::public_notice::PublicNotices;
use crate::report::{self, Report, Reports};
use crate::reserve::{self, Reserve};
use crate::review::Reviews;
use crate::setting::Setting;
use follow::Following;

/// What a timer wakes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Alert(String),
    Plan(String),
    Case(String),
    Order(String),
    Penalty(String),
    Report(String),
}

/// Everything that is under way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Desk {
    /// Alerts.
    pub alerts: Alerts,
    /// What goes out.
    pub deliveries: Deliveries,
    /// Letters.
    pub letters: Letters,
    /// Public notices.
    pub notices: PublicNotices,
    /// Rectification plans.
    pub plans: Plans,
    /// What people did with flagged findings.
    pub reviews: Reviews,
    /// Cases and their orders.
    pub disposal: Disposal,
    /// The industry's risk reserve.
    pub reserve: Reserve,
    /// Penalties.
    pub penalties: Penalties,
    /// Reports of whistle-blowers.
    pub reports: Reports,
    numbers: Numbers,
    timers: BTreeSet<(Time, Timer)>,
    timer_of: BTreeMap<Timer, Time>,
}

impl Desk {
    /// Takes in what happened, with its place in the ledger.
    pub fn apply(&mut self, event: &DeskEvent, position: u64) {
        self.numbers.take(event.id());
        match event {
            DeskEvent::Alert(event) => {
                self.alerts.apply(event);
                let timer = self.alerts.get(&event.id).and_then(alert::Alert::timer);
                self.set_timer(Timer::Alert(event.id.clone()), timer);
            }
            DeskEvent::Delivery(event) => self.deliveries.apply(event),
            DeskEvent::Letter(event) => self.letters.apply(event, position),
            DeskEvent::PublicNotice(event) => self.notices.apply(event),
            DeskEvent::Plan(event) => {
                self.plans.apply(event);
                let timer = self.plans.get(&event.id).and_then(|plan| plan.answer.timer());
                self.set_timer(Timer::Plan(event.id.clone()), timer);
            }
            DeskEvent::Review(event) => self.reviews.apply(event),
            DeskEvent::Case(event) => {
                self.disposal.cases.apply(event);
                let timer = self.disposal.cases.get(&event.id).and_then(Case::timer);
                self.set_timer(Timer::Case(event.id.clone()), timer);
            }
            DeskEvent::Order(event) => {
                self.disposal.orders.apply(event);
                let timer = self.disposal.orders.get(&event.id).and_then(Order::timer);
                self.set_timer(Timer::Order(event.id.clone()), timer);
            }
            DeskEvent::Reserve(event) => self.reserve.apply(event),
            DeskEvent::Penalty(event) => {
                self.penalties.apply(event);
                let timer = self.penalties.get(&event.id).and_then(Penalty::timer);
                self.set_timer(Timer::Penalty(event.id.clone()), timer);
            }
            DeskEvent::Report(event) => {
                self.reports.apply(event);
                let timer = self.reports.get(&event.id).and_then(Report::timer);
                self.set_timer(Timer::Report(event.id.clone()), timer);
            }
        }
    }

    /// Takes in the grade of a day as it was sealed.
    pub fn take_grade(&mut self, grade: &GradeEvent) {
        self.alerts.take_grade(grade);
    }

    fn set_timer(&mut self, timer: Timer, at: Option<Time>) {
        if let Some(before) = self.timer_of.remove(&timer) {
            self.timers.remove(&(before, timer.clone()));
        }
        if let Some(at) = at {
            self.timer_of.insert(timer.clone(), at);
            self.timers.insert((at, timer));
        }
    }

    /// When the next timer goes off.
    pub fn next_timer(&self) -> Option<Time> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// How many timers run.
    pub fn timers(&self) -> usize {
        self.timers.len()
    }

    /// What follows on grades that are sealed in the same step.
    pub fn react(&self, grades: &[GradeEvent], setting: &Setting<'_>) -> Vec<DeskEvent> {
        let mut following = Following::new(self, setting);
        let events = alert::react(&self.alerts, grades, setting, &mut following.numbers);
        events.into_iter().for_each(|event| following.alert(event));
        following.events
    }

    /// What follows on the time that went by: timers that went off, each once; `most` at a time.
    pub fn tick(&self, most: usize, setting: &Setting<'_>) -> Vec<DeskEvent> {
        let mut following = Following::new(self, setting);
        for alert in self.alerts.undated() {
            alert::dated(alert, setting).into_iter().for_each(|event| following.alert(event));
        }
        for event in case::dated(&self.disposal, &setting.of_cases()) {
            following.disposal(event);
        }
        let terms = &setting.policy.reserve;
        if self.reserve.timer().is_some_and(|at| at <= setting.now) {
            let events = reserve::due(&self.reserve, &setting.under(terms));
            events.into_iter().for_each(|event| following.push(event));
        }
        let over = self.timers.iter().take_while(|(at, _)| *at <= setting.now).take(most);
        for (_, timer) in over {
            match timer {
                Timer::Alert(id) => {
                    let events = self.alerts.get(id).map(|alert| alert::overdue(alert, setting));
                    events.into_iter().flatten().for_each(|event| following.alert(event));
                }
                Timer::Case(id) => {
                    let events = case::case_due(&self.disposal, id, &setting.of_cases());
                    events.into_iter().for_each(|event| following.disposal(event));
                }
                Timer::Order(id) => {
                    let events = case::order_due(&self.disposal, id, &setting.of_cases());
                    events.into_iter().for_each(|event| following.disposal(event));
                }
                Timer::Penalty(id) => {
                    let under = setting.under(&setting.policy.penalties);
                    let events = self.penalties.get(id).map(|penalty| penalty::due(penalty, &under));
                    events.into_iter().flatten().for_each(|event| following.push(event));
                }
                Timer::Report(id) => {
                    let events = self.reports.get(id).map(|report| report::due(report, setting.now));
                    events.into_iter().flatten().for_each(|event| following.push(event));
                }
                Timer::Plan(id) => {
                    let event = self.plans.get(id).and_then(|plan| plan::overdue(plan, setting));
                    event.into_iter().for_each(|event| following.plan(event));
                }
            }
        }
        following.events
    }

    /// That the institution read a letter: each delivery of it to the institution, once.
    pub fn letter_read(&self, letter: &str, how: &str, now: Time) -> Vec<DeskEvent> {
        let of_letter = self.deliveries.about(letter);
        let unread =
            of_letter.filter(|one| one.purpose == delivery::Purpose::Letter && one.read_at.is_none());
        unread.map(|one| delivery::read(one, how, now).into()).collect()
    }

    /// The beginning of the next attempt of a delivery.
    pub fn attempt(&self, id: &str, now: Time) -> Option<DeskEvent> {
        Some(delivery::attempt(self.deliveries.get(id)?, now).into())
    }

    /// What became of the latest attempts of deliveries, and what follows on it.
    pub fn delivered(&self, outcomes: Vec<(String, Outcome)>, setting: &Setting<'_>) -> Vec<DeskEvent> {
        let mut following = Following::new(self, setting);
        for (id, outcome) in outcomes {
            let event = self.deliveries.get(&id).and_then(|one| delivery::outcome(one, outcome, setting.now));
            event.into_iter().for_each(|event| following.delivery(event));
        }
        following.events
    }
}
