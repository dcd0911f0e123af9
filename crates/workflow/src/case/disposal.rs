//! Cases and orders together: what an addressee does with an order moves the measure, and time
//! moves both.

use model::text::Text;
use model::time::Time;
use serde::Serialize;

use super::decide::event;
use super::event::{CaseClock, CaseEvent, CaseStep, MeasureStep};
use super::measure::Measure;
use super::measures::of;
use super::setting::Setting;
use super::state::{Case, Cases};
use super::table::{CASE, CaseVerb, MEASURE, MeasureState, MeasureVerb};
use crate::Refusal;
use crate::actor::{Actor, Post, Who};
use crate::order::{self, Order, OrderCommand, OrderEvent, OrderResult, OrderState, OrderStep, Orders};
use crate::term::Deadline;

/// Something that happened to a case or to an order; each is sealed as its own kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisposalEvent {
    /// To a case.
    Case(CaseEvent),
    /// To an order.
    Order(OrderEvent),
}

/// 处置: all cases and their orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Disposal {
    /// Cases.
    pub cases: Cases,
    /// Orders.
    pub orders: Orders,
}

impl Disposal {
    /// Takes in an event.
    pub fn apply(&mut self, event: &DisposalEvent) {
        match event {
            DisposalEvent::Case(event) => self.cases.apply(event),
            DisposalEvent::Order(event) => self.orders.apply(event),
        }
    }

    /// When the next clock of all goes off.
    pub fn timer(&self) -> Option<Time> {
        let cases = self.cases.iter().filter_map(Case::timer);
        cases.chain(self.orders.iter().filter_map(Order::timer)).min()
    }
}

/// What an addressee or a person does with an order, and what it means for the measure.
///
/// # Errors
/// [`Refusal`].
pub fn order_command(
    disposal: &Disposal,
    id: &str,
    command: &OrderCommand,
    who: &Who,
    setting: &Setting<'_>,
) -> Result<Vec<DisposalEvent>, Refusal> {
    let held = order::find(&disposal.orders, id)?;
    let changed = order::command(held, command, who, setting.now, setting.calendar)?;
    let measure = disposal
        .cases
        .get(&held.case)
        .and_then(|case| Some((case, case.measures.get(&held.measure)?)))
        .filter(|(_, measure)| measure.current.contains(id));
    let Some((case, measure)) = measure else {
        return Ok(vec![DisposalEvent::Order(changed)]);
    };
    CASE.next(case.stage, CaseVerb::HandleMeasure)?;
    let mut after = disposal.orders.clone_of(&measure.current);
    after.apply(&changed);
    let mut events = vec![DisposalEvent::Order(changed)];
    if let Some((verb, step)) = moves(measure, &after, setting) {
        MEASURE.next(measure.state, verb)?;
        events.push(of(case, measure, &Actor::System, setting, step));
    }
    Ok(events)
}

/// How far an order is.
fn rank(order: &Order) -> u8 {
    match order.state {
        OrderState::Issued => 0,
        OrderState::Acknowledged | OrderState::Returned => 1,
        OrderState::Reported => 2,
        OrderState::Accepted | OrderState::Lifted => 3,
    }
}

/// What becomes of a measure whose orders stand so: it is as far as the last of them.
fn moves(measure: &Measure, orders: &Orders, setting: &Setting<'_>) -> Option<(MeasureVerb, MeasureStep)> {
    let last = orders.iter().map(rank).min()?;
    let could = |order: &Order| order.result().is_some_and(|result| result != OrderResult::Impossible);
    match (last, measure.state) {
        (1, MeasureState::Reported) => Some((MeasureVerb::Return, MeasureStep::Returned)),
        (1, MeasureState::Ordered) => Some((MeasureVerb::Acknowledge, MeasureStep::Acknowledged)),
        (2, MeasureState::Ordered | MeasureState::Acknowledged) => {
            Some((MeasureVerb::Report, MeasureStep::Reported))
        }
        (3, MeasureState::Reported) if !orders.iter().any(could) => {
            Some((MeasureVerb::Fail, MeasureStep::Failed))
        }
        (3, MeasureState::Reported) => {
            let follow_up = measure.draft.as_ref().and_then(|draft| draft.follow_up.as_ref());
            let follow_up =
                follow_up.map(|follow| Deadline::start(follow.within, setting.now, setting.calendar));
            Some((MeasureVerb::Finish, MeasureStep::Done { follow_up }))
        }
        _ => None,
    }
}

/// What follows on the time that went by: what is over is noticed once, and deadlines that the
/// calendar reaches by now are written down.
pub fn due(disposal: &Disposal, setting: &Setting<'_>) -> Vec<DisposalEvent> {
    let mut events: Vec<_> = disposal.cases.iter().flat_map(|case| due_of(case, setting)).collect();
    let orders = disposal.orders.iter();
    let late = orders.filter_map(|held| order::due(held, setting.now, setting.calendar));
    events.extend(late.map(DisposalEvent::Order));
    events
}

/// As [`due`], of one case.
pub(crate) fn case_due(disposal: &Disposal, id: &str, setting: &Setting<'_>) -> Vec<DisposalEvent> {
    disposal.cases.get(id).map(|case| due_of(case, setting)).unwrap_or_default()
}

/// As [`due`], of one order.
pub(crate) fn order_due(disposal: &Disposal, id: &str, setting: &Setting<'_>) -> Option<DisposalEvent> {
    let held = disposal.orders.get(id)?;
    order::due(held, setting.now, setting.calendar).map(DisposalEvent::Order)
}

/// Deadlines alone that the calendar reaches by now.
pub(crate) fn dated(disposal: &Disposal, setting: &Setting<'_>) -> Vec<DisposalEvent> {
    let is_dated = |event: &DisposalEvent| match event {
        DisposalEvent::Case(event) => matches!(event.step, CaseStep::Dated { .. }),
        DisposalEvent::Order(event) => matches!(event.step, OrderStep::Dated { .. }),
    };
    due(disposal, setting).into_iter().filter(is_dated).collect()
}

fn due_of(case: &Case, setting: &Setting<'_>) -> Vec<DisposalEvent> {
    let mut events = Vec::new();
    if !case.is_open() {
        return events;
    }
    let mut tell = |step| events.push(event(case, &Actor::System, setting, step));
    if let Some(deadline) = case.stay().and_then(|stay| stay.deadline.as_ref()) {
        match over(deadline, setting) {
            Some(Over::Missed) => tell(CaseStep::StageMissed { escalates_to: Post::Head }),
            Some(Over::Dated(due)) => tell(CaseStep::Dated { clock: CaseClock::Stage, due }),
            None => {}
        }
    }
    for (key, measure) in &case.measures {
        let of_measure = |step| CaseStep::Measure { key: key.clone(), step };
        if let Some(check) = measure.open_follow_up() {
            match over(&check.deadline, setting) {
                Some(Over::Missed) => {
                    tell(of_measure(MeasureStep::FollowUpMissed { escalates_to: Post::Head }));
                }
                Some(Over::Dated(due)) => {
                    let clock = CaseClock::FollowUp { measure: key.clone() };
                    tell(CaseStep::Dated { clock, due });
                }
                None => {}
            }
        }
        let holds = measure.is_ordered();
        let late = measure.instalments.iter().zip(0..).filter(|(one, _)| holds && one.is_over(setting.now));
        for (_, milestone) in late {
            tell(of_measure(MeasureStep::MilestoneMissed { milestone, escalates_to: Post::Head }));
        }
    }
    events
}

/// What is to be said of a deadline.
enum Over {
    /// It is over, and nobody said so yet.
    Missed,
    /// The calendar reaches it now.
    Dated(Time),
}

fn over(deadline: &Deadline, setting: &Setting<'_>) -> Option<Over> {
    match deadline.due {
        _ if !deadline.runs() => None,
        Some(due) => (setting.now >= due).then_some(Over::Missed),
        None => deadline.term.due(deadline.started, setting.calendar).ok().map(Over::Dated),
    }
}

/// An order with its case, for whoever shows it.
///
/// # Errors
/// There is none, or it is not the party's own.
pub fn order_of<'d>(disposal: &'d Disposal, id: &str, who: &Who) -> Result<&'d Order, Refusal> {
    let held = order::find(&disposal.orders, id)?;
    match &who.actor {
        Actor::System | Actor::Person(_) => Ok(held),
        actor if *actor == held.to.actor() => Ok(held),
        // A party outside does not learn which orders of others there are.
        _ => Err(Refusal::not_found(&Text::new("指令", "order"), id)),
    }
}
