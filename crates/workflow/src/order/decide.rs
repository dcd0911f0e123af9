//! What an addressee and the supervisor do with an order.

use model::calendar::Calendar;
use model::text::Text;
use model::time::Time;
use serde::Deserialize;

use super::event::{OrderEvent, OrderResult, OrderStep};
use super::state::{Order, Orders};
use super::table::{ORDER, OrderVerb};
use crate::actor::{Actor, Post, Who};
use crate::machine::{Kind as _, need};
use crate::term::{Deadline, Term};
use crate::words::{maybe, said};
use crate::{Refusal, Why};

/// What somebody does with an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum OrderCommand {
    /// 签收.
    Acknowledge,
    /// 回执.
    Report {
        /// What came of it.
        result: OrderResult,
        /// In words.
        text: String,
    },
    /// 验收.
    Accept {
        /// Remark.
        #[serde(default)]
        note: Option<String>,
    },
    /// 退回.
    Return {
        /// Why.
        reason: String,
        /// How long the addressee has; without it, as long as before.
        #[serde(default)]
        term: Option<Term>,
    },
}

impl OrderCommand {
    pub(crate) fn verb(&self) -> OrderVerb {
        match self {
            Self::Acknowledge => OrderVerb::Acknowledge,
            Self::Report { .. } => OrderVerb::Report,
            Self::Accept { .. } => OrderVerb::Accept,
            Self::Return { .. } => OrderVerb::Return,
        }
    }
}

/// What follows on a command, for the order alone; what it means for the measure is the case's.
pub(crate) fn command(
    order: &Order,
    command: &OrderCommand,
    who: &Who,
    now: Time,
    calendar: &Calendar,
) -> Result<OrderEvent, Refusal> {
    of_addressee(order, command, who)?;
    ORDER.step(order.state, command.verb(), who)?;
    let step = match command {
        OrderCommand::Acknowledge => OrderStep::Acknowledged,
        OrderCommand::Report { result, text } => OrderStep::Reported { result: *result, text: said(text)? },
        OrderCommand::Accept { note } => {
            other_than_reporter(order, who)?;
            OrderStep::Accepted { note: maybe(note.as_deref())? }
        }
        OrderCommand::Return { reason, term } => OrderStep::Returned {
            reason: said(reason)?,
            deadline: Deadline::start_checked(term.unwrap_or(order.deadline.term), now, calendar)?,
        },
    };
    Ok(event(order, &who.actor, now, step))
}

pub(crate) fn event(order: &Order, by: &Actor, at: Time, step: OrderStep) -> OrderEvent {
    OrderEvent { id: order.id.clone(), institution: order.institution.clone(), at, by: by.clone(), step }
}

/// Only the addressee touches an order from outside; for what came on paper an officer does. A
/// party outside learns nothing of orders that are not its own.
fn of_addressee(order: &Order, command: &OrderCommand, who: &Who) -> Result<(), Refusal> {
    let from_addressee = matches!(command, OrderCommand::Acknowledge | OrderCommand::Report { .. });
    match &who.actor {
        Actor::Person(_) if from_addressee => need(who, command.verb().name(), Some(Post::Officer)),
        Actor::Person(_) => Ok(()),
        actor if from_addressee && *actor == order.to.actor() => Ok(()),
        _ => Err(Refusal::new(
            Why::NotAllowed,
            format!("指令{}不是发给您的，或此步骤不由受文单位办理。", order.id),
            format!("Order {} is not addressed to you, or this step is not its addressee's.", order.id),
        )),
    }
}

/// Who entered a report that came on paper does not accept it as well.
fn other_than_reporter(order: &Order, who: &Who) -> Result<(), Refusal> {
    let same = order.reports.last().is_some_and(|report| report.by.is_same_person(&who.actor));
    match same {
        false => Ok(()),
        true => Err(Refusal::new(
            Why::FourEyes,
            format!("指令{}的回执由您本人录入，须由另一人验收。", order.id),
            format!(
                "You entered the report on order {} yourself; another person has to accept it.",
                order.id
            ),
        )),
    }
}

/// What follows on the time that went by: a deadline that was missed is noticed once, and one that
/// the calendar reaches by now is written down.
pub(crate) fn due(order: &Order, now: Time, calendar: &Calendar) -> Option<OrderEvent> {
    if order.state.is_settled() || !order.deadline.runs() {
        return None;
    }
    let step = match order.deadline.due {
        Some(due) if now >= due => OrderStep::Missed { escalates_to: Post::Head },
        Some(_) => return None,
        None => OrderStep::Dated { due: order.deadline.term.due(order.deadline.started, calendar).ok()? },
    };
    Some(event(order, &Actor::System, now, step))
}

/// 逾期指令: orders whose addressee is late and still owes its report, the oldest deadline first.
pub fn overdue(orders: &Orders, now: Time) -> Vec<&Order> {
    let mut late: Vec<_> = orders.iter().filter(|order| order.is_overdue(now)).collect();
    late.sort_by_key(|order| (order.deadline.due, &order.id));
    late
}

/// The order of a number.
pub(crate) fn find<'o>(orders: &'o Orders, id: &str) -> Result<&'o Order, Refusal> {
    orders.get(id).ok_or_else(|| Refusal::not_found(&Text::new("指令", "order"), id))
}
