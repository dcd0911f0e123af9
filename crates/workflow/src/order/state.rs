//! Orders as they stand: what was sealed, folded.

use std::collections::{BTreeMap, BTreeSet};

use model::time::Time;
use serde::Serialize;

use super::event::{Addressee, OrderEvent, OrderResult, OrderStep, OrderText};
use super::table::OrderState;
use crate::actor::Actor;
use crate::term::Deadline;

/// A report of an addressee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderReport {
    /// What came of it.
    pub result: OrderResult,
    /// In the addressee's words.
    pub text: String,
    /// When.
    pub at: Time,
    /// Who entered it.
    pub by: Actor,
    /// Why it was returned, if it was.
    pub returned: Option<String>,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Number.
    pub id: String,
    /// The institution that it is about.
    pub institution: String,
    /// The case.
    pub case: String,
    /// The measure of the case that it carries out.
    pub measure: String,
    /// To whom.
    pub to: Addressee,
    /// What it says.
    pub order: OrderText,
    /// Where it stands.
    pub state: OrderState,
    /// When it was issued.
    pub issued_at: Time,
    /// By whom.
    pub issued_by: Actor,
    /// Until when the addressee reports back.
    pub deadline: Deadline,
    /// Deadlines of reports that were returned.
    pub earlier_deadlines: Vec<Deadline>,
    /// When the addressee took note of it.
    pub acknowledged_at: Option<Time>,
    /// What was reported back, the last one last.
    pub reports: Vec<OrderReport>,
    /// Who accepted it, and when.
    pub accepted: Option<(Actor, Time)>,
    /// Who lifted it, and when.
    pub lifted: Option<(Actor, Time)>,
}

impl Order {
    /// When its deadline goes off.
    pub fn timer(&self) -> Option<Time> {
        if self.state.is_settled() { None } else { self.deadline.timer() }
    }

    /// Whether the addressee is late, and still owes its report.
    pub fn is_overdue(&self, now: Time) -> bool {
        !self.state.is_settled()
            && self.deadline.kept.is_none()
            && self.deadline.due.is_some_and(|due| now >= due)
    }

    /// What was reported last.
    pub fn result(&self) -> Option<OrderResult> {
        self.reports.last().map(|report| report.result)
    }
}

/// All orders, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Orders(BTreeMap<String, Order>);

impl Orders {
    /// An order.
    pub fn get(&self, id: &str) -> Option<&Order> {
        self.0.get(id)
    }

    /// All, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Order> {
        self.0.values()
    }

    /// Those of a case.
    pub fn of_case<'a>(&'a self, case: &'a str) -> impl Iterator<Item = &'a Order> {
        self.0.values().filter(move |order| order.case == case)
    }

    /// Those that an addressee received.
    pub fn of_addressee<'a>(&'a self, actor: &'a Actor) -> impl Iterator<Item = &'a Order> {
        self.0.values().filter(move |order| order.to.actor() == *actor)
    }

    /// These orders alone.
    pub(crate) fn clone_of(&self, ids: &BTreeSet<String>) -> Self {
        let these = self.0.iter().filter(|(id, _)| ids.contains(*id));
        Self(these.map(|(id, order)| (id.clone(), order.clone())).collect())
    }

    /// Takes in an event. One of an order that is not known changes nothing.
    pub fn apply(&mut self, event: &OrderEvent) {
        if let OrderStep::Issued { case, measure, to, order, deadline } = &event.step {
            let order = Order {
                id: event.id.clone(),
                institution: event.institution.clone(),
                case: case.clone(),
                measure: measure.clone(),
                to: to.clone(),
                order: OrderText::clone(order),
                state: OrderState::Issued,
                issued_at: event.at,
                issued_by: event.by.clone(),
                deadline: *deadline,
                earlier_deadlines: Vec::new(),
                acknowledged_at: None,
                reports: Vec::new(),
                accepted: None,
                lifted: None,
            };
            self.0.entry(event.id.clone()).or_insert(order);
        } else if let Some(order) = self.0.get_mut(&event.id) {
            order.apply(event);
        }
    }
}

impl Order {
    fn apply(&mut self, event: &OrderEvent) {
        match &event.step {
            OrderStep::Issued { .. } => {}
            OrderStep::Acknowledged => {
                self.state = OrderState::Acknowledged;
                self.acknowledged_at.get_or_insert(event.at);
            }
            OrderStep::Reported { result, text } => {
                self.state = OrderState::Reported;
                self.acknowledged_at.get_or_insert(event.at);
                self.deadline.kept.get_or_insert(event.at);
                self.reports.push(OrderReport {
                    result: *result,
                    text: text.clone(),
                    at: event.at,
                    by: event.by.clone(),
                    returned: None,
                });
            }
            OrderStep::Returned { reason, deadline } => {
                self.state = OrderState::Returned;
                self.earlier_deadlines.push(std::mem::replace(&mut self.deadline, *deadline));
                if let Some(report) = self.reports.last_mut() {
                    report.returned = Some(reason.clone());
                }
            }
            OrderStep::Accepted { .. } => {
                self.state = OrderState::Accepted;
                self.accepted = Some((event.by.clone(), event.at));
            }
            OrderStep::Missed { .. } => {
                self.deadline.missed.get_or_insert(event.at);
            }
            OrderStep::Dated { due } => {
                self.deadline.due.get_or_insert(*due);
            }
            OrderStep::Lifted { .. } => {
                self.state = OrderState::Lifted;
                self.lifted = Some((event.by.clone(), event.at));
            }
        }
    }
}
