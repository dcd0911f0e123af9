//! Events as rows. Of what an event touched, the row is written anew from the desk after it; what
//! only grows (events, failures, decisions) gets a row of its own for each event.

use std::collections::{BTreeMap, BTreeSet};

use model::time::Time;
use workflow::delivery::{DeliveryEvent, DeliveryStep};
use workflow::desk::{Desk, DeskEvent};
use workflow::review::{Decision, ReviewEvent, ReviewStep};

use crate::shape::{Around, Shape, Table, Value};
use crate::tables::alert::{ALERT, ALERT_REASON, Found};
use crate::tables::deadline::{DEADLINE, Due};
use crate::tables::delivery::{DELIVERY, DELIVERY_FAILURE, Failure};
use crate::tables::event::{DESK_EVENT, Happened};
use crate::tables::letter::LETTER;
use crate::tables::plan::PLAN;
use crate::tables::public_notice::PUBLIC_NOTICE;
use crate::tables::review::{Decided, REVIEW, REVIEW_DECISION, Reviewed};

/// Rows of one table, each once.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) shape: Shape,
    pub(crate) rows: Vec<Vec<Value>>,
}

/// Events as rows that are written together. Made while the desk is at hand, written when it is not.
#[derive(Debug)]
pub struct Batch {
    /// The first position; nothing where there are no events.
    pub(crate) first: Option<u64>,
    /// The position after the last.
    pub(crate) end: u64,
    pub(crate) events: usize,
    pub(crate) rows: Vec<Rows>,
}

impl Batch {
    /// Events in the order of the ledger, each with its position, and the desk after the last of
    /// them or later.
    pub fn of(events: &[(u64, DeskEvent)], desk: &Desk) -> Self {
        Self::with_filing(events, desk, &|_| None)
    }

    /// As [`Batch::of`], by somebody who knows when the latest record was received that lies before
    /// a position of the ledger: from it comes the time from record to alert. The answer has to be
    /// the same each time.
    pub fn with_filing(
        events: &[(u64, DeskEvent)],
        desk: &Desk,
        filed_at: &dyn Fn(u64) -> Option<Time>,
    ) -> Self {
        let mut making = Making { around: Around { desk, filed_at }, rows: BTreeMap::new() };
        let mut touched = BTreeSet::new();
        for (position, event) in events {
            making.put(&DESK_EVENT, &Happened::of(*position, event));
            match event {
                DeskEvent::Delivery(event) => making.failure(*position, event),
                DeskEvent::Review(event) => making.decision(*position, event),
                _ => {}
            }
            if touched.insert((event.topic(), event.id())) {
                making.state(event);
            }
        }
        Self {
            first: events.first().map(|(position, _)| *position),
            end: events.last().map_or(0, |(position, _)| position + 1),
            events: events.len(),
            rows: making.rows.into_values().collect(),
        }
    }
}

struct Making<'a> {
    around: Around<'a>,
    rows: BTreeMap<&'static str, Rows>,
}

impl Making<'_> {
    fn put<T>(&mut self, table: &Table<T>, of: &T) {
        let row = table.row(of, &self.around);
        let rows =
            self.rows.entry(table.name).or_insert_with(|| Rows { shape: table.shape(), rows: Vec::new() });
        rows.rows.push(row);
    }

    /// What an event touched, as it stands after.
    fn state(&mut self, event: &DeskEvent) {
        let desk = self.around.desk;
        let id = event.id();
        match event {
            DeskEvent::Alert(_) => {
                let Some(alert) = desk.alerts.get(id) else { return };
                self.put(&ALERT, alert);
                for reason in alert.reasons.values() {
                    let (alert, institution) = (alert.id.clone(), alert.institution.clone());
                    self.put(&ALERT_REASON, &Found { alert, institution, reason: reason.clone() });
                }
                Due::of_alert(alert).iter().for_each(|due| self.put(&DEADLINE, due));
            }
            DeskEvent::Delivery(_) => {
                if let Some(delivery) = desk.deliveries.get(id) {
                    self.put(&DELIVERY, delivery);
                }
            }
            DeskEvent::Letter(_) => {
                if let Some(letter) = desk.letters.get(id) {
                    self.put(&LETTER, letter);
                }
            }
            DeskEvent::PublicNotice(_) => {
                if let Some(notice) = desk.notices.get(id) {
                    self.put(&PUBLIC_NOTICE, notice);
                }
            }
            DeskEvent::Plan(_) => {
                if let Some(plan) = desk.plans.get(id) {
                    self.put(&PLAN, plan);
                    self.put(&DEADLINE, &Due::of_plan(plan));
                }
            }
            DeskEvent::Review(event) => {
                if let Some(handling) = desk.reviews.get(id) {
                    let (id, institution) = (event.id.clone(), event.institution.clone());
                    self.put(&REVIEW, &Reviewed { id, institution, handling: handling.clone() });
                }
            }
            // What happened to them stands in `desk_event`; they have no table of their own yet.
            DeskEvent::Case(_)
            | DeskEvent::Order(_)
            | DeskEvent::Reserve(_)
            | DeskEvent::Penalty(_)
            | DeskEvent::Report(_) => {}
        }
    }

    fn failure(&mut self, position: u64, event: &DeliveryEvent) {
        let (attempt, why, again_at) = match &event.step {
            DeliveryStep::Failed { attempt, why, again_at } => (*attempt, why, Some(*again_at)),
            DeliveryStep::Refused { attempt, why } => (*attempt, why, None),
            _ => return,
        };
        let failure = Failure {
            position,
            delivery: event.id.clone(),
            institution: event.institution.clone(),
            attempt,
            at: event.at,
            why: why.clone(),
            again_at,
        };
        self.put(&DELIVERY_FAILURE, &failure);
    }

    fn decision(&mut self, position: u64, event: &ReviewEvent) {
        let (decision, finding) = match &event.step {
            ReviewStep::Confirmed { finding, .. } => (Decision::Confirmed, finding),
            ReviewStep::Dismissed { finding, .. } => (Decision::Dismissed, finding),
            _ => return,
        };
        let decided = Decided {
            position,
            review: event.id.clone(),
            institution: event.institution.clone(),
            entry: finding.entry.clone(),
            day: finding.day,
            decision,
            at: event.at,
            by: event.by.clone(),
        };
        self.put(&REVIEW_DECISION, &decided);
    }
}
