//! A measure of a case as it stands.

use std::collections::BTreeSet;

use model::time::Time;
use serde::Serialize;

use super::event::{CaseEvent, Draft, Listed, MeasureStep, Milestone};
use super::state::{Cases, Said};
use super::table::MeasureState;
use crate::actor::Actor;
use crate::library::{Approval, EffectKind, Filled};
use crate::term::Deadline;

/// An instalment as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Instalment {
    /// Which.
    pub milestone: Milestone,
    /// Who recorded that it was paid, and when.
    pub kept: Option<(Actor, Time)>,
    /// Remark.
    pub note: Option<String>,
    /// When it was noticed that it was not.
    pub missed: Option<Time>,
}

impl Instalment {
    fn new(milestone: &Milestone) -> Self {
        Self { milestone: milestone.clone(), kept: None, note: None, missed: None }
    }

    /// When it is over, while it runs.
    fn timer(&self) -> Option<Time> {
        let runs = self.kept.is_none() && self.missed.is_none();
        runs.then(|| Time::start_of(self.milestone.day.plus(1)))
    }

    /// Whether it runs and is over.
    pub(super) fn is_over(&self, now: Time) -> bool {
        self.timer().is_some_and(|due| now >= due)
    }
}

/// 跟踪核查: what is looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FollowUpCheck {
    /// Until when.
    pub deadline: Deadline,
    /// What was seen, when somebody looked.
    pub seen: Option<Said>,
}

/// A span of time in which a measure takes effect inside the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InForce {
    /// What it does.
    pub kind: EffectKind,
    /// From the moment when its order was issued.
    pub from: Time,
    /// Until it was lifted.
    pub until: Option<Time>,
    /// What was filled in: which accounts, which persons.
    pub fields: Filled,
}

/// A measure of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// What the case lists.
    pub listed: Listed,
    /// Where it stands.
    pub state: MeasureState,
    /// What was proposed last.
    pub draft: Option<Draft>,
    /// Who proposed it, and when.
    pub proposed: Option<(Actor, Time)>,
    /// Who agreed, and when.
    pub approved: Option<(Actor, Time)>,
    /// Why it was sent back or withdrawn last.
    pub returned: Option<Said>,
    /// Who asks for a waiver.
    pub waiver: Option<Said>,
    /// Who waived it; the reason is that of the one who asked.
    pub waived: Option<Said>,
    /// Who asks to lift it.
    pub lift: Option<Said>,
    /// Who lifted it; the reason is that of the one who asked.
    pub lifted: Option<Said>,
    /// Its orders, of all times that it was ordered.
    pub orders: Vec<String>,
    /// Those of the last time.
    pub current: BTreeSet<String>,
    /// When it was ordered last.
    pub ordered_at: Option<Time>,
    /// When it was done.
    pub done_at: Option<Time>,
    /// When it takes effect.
    pub in_force: Vec<InForce>,
    /// Instalments.
    pub instalments: Vec<Instalment>,
    /// What is looked at again.
    pub follow_up: Option<FollowUpCheck>,
}

impl Measure {
    pub(super) fn new(listed: Listed) -> Self {
        Self {
            listed,
            state: MeasureState::Suggested,
            draft: None,
            proposed: None,
            approved: None,
            returned: None,
            waiver: None,
            waived: None,
            lift: None,
            lifted: None,
            orders: Vec::new(),
            current: BTreeSet::new(),
            ordered_at: None,
            done_at: None,
            in_force: Vec::new(),
            instalments: Vec::new(),
            follow_up: None,
        }
    }

    /// Whether it asks nothing more of who would leave its stage: it was done, also when it was lifted
    /// after that, or it was waived.
    pub fn is_settled(&self) -> bool {
        match self.state {
            MeasureState::Waived | MeasureState::Done => true,
            MeasureState::Lifted => self.done_at.is_some(),
            _ => false,
        }
    }

    /// Whether somebody waits for somebody: it was proposed or ordered, and did not end yet.
    pub fn is_under_way(&self) -> bool {
        matches!(
            self.state,
            MeasureState::Proposed
                | MeasureState::Approved
                | MeasureState::Ordered
                | MeasureState::Acknowledged
                | MeasureState::Reported
        )
    }

    /// Whether what it ordered holds.
    pub fn is_ordered(&self) -> bool {
        matches!(
            self.state,
            MeasureState::Ordered | MeasureState::Acknowledged | MeasureState::Reported | MeasureState::Done
        )
    }

    /// Instalments that run, while the measure holds.
    pub(super) fn running_instalments(&self) -> impl Iterator<Item = &Instalment> {
        let holds = self.is_ordered();
        self.instalments.iter().filter(move |instalment| holds && instalment.timer().is_some())
    }

    /// Whether it has instalments or steps by nature and none of them is known.
    pub(super) fn lacks_instalments(&self) -> bool {
        let wants = self.draft.as_ref().is_some_and(|draft| draft.in_instalments);
        wants && self.state == MeasureState::Done && self.instalments.is_empty()
    }

    /// What is to be looked at again, while the measure holds and nobody did.
    pub(super) fn open_follow_up(&self) -> Option<&FollowUpCheck> {
        self.follow_up.as_ref().filter(|check| self.state == MeasureState::Done && check.seen.is_none())
    }

    /// When the next of its clocks goes off.
    pub(super) fn timer(&self) -> Option<Time> {
        let follow_up = self.open_follow_up().and_then(|check| check.deadline.timer());
        self.running_instalments().filter_map(Instalment::timer).chain(follow_up).min()
    }

    pub(super) fn apply(&mut self, step: &MeasureStep, event: &CaseEvent) {
        match step {
            MeasureStep::Proposed { draft } => self.propose(draft, event),
            MeasureStep::Approved => {
                self.state = MeasureState::Approved;
                self.approved = Some((event.by.clone(), event.at));
            }
            MeasureStep::SentBack { reason } => {
                self.state = MeasureState::Suggested;
                self.returned = Some(Said::of(event, reason));
            }
            MeasureStep::Withdrawn { reason } => {
                self.state = MeasureState::Withdrawn;
                self.returned = Some(Said::of(event, reason));
                self.waiver = None;
            }
            MeasureStep::WaiverAsked { reason } => self.waiver = Some(Said::of(event, reason)),
            MeasureStep::WaiverRefused { .. } => self.waiver = None,
            MeasureStep::Waived { reason } => {
                self.state = MeasureState::Waived;
                self.waiver = None;
                self.waived = Some(Said::of(event, reason));
            }
            MeasureStep::Ordered { orders } => self.order(orders, event),
            MeasureStep::Acknowledged | MeasureStep::Returned => self.state = MeasureState::Acknowledged,
            MeasureStep::Reported => self.state = MeasureState::Reported,
            MeasureStep::Done { follow_up } => {
                self.state = MeasureState::Done;
                self.done_at = Some(event.at);
                self.follow_up = follow_up.map(|deadline| FollowUpCheck { deadline, seen: None });
            }
            // Who accepts that nobody could carry it out has given it up.
            MeasureStep::Failed => {
                self.state = MeasureState::Failed;
                self.end_effect(event.at);
            }
            MeasureStep::LiftAsked { reason } => self.lift = Some(Said::of(event, reason)),
            MeasureStep::LiftRefused { .. } => self.lift = None,
            MeasureStep::Lifted { reason } => {
                self.state = MeasureState::Lifted;
                self.lift = None;
                self.lifted = Some(Said::of(event, reason));
                self.end_effect(event.at);
            }
            MeasureStep::MilestonesSet { milestones } => {
                self.instalments.extend(milestones.iter().map(Instalment::new));
            }
            MeasureStep::MilestoneKept { milestone, note } => {
                if let Some(instalment) = self.instalments.get_mut(*milestone as usize) {
                    instalment.kept.get_or_insert((event.by.clone(), event.at));
                    instalment.note.clone_from(note);
                }
            }
            MeasureStep::MilestoneMissed { milestone, .. } => {
                if let Some(instalment) = self.instalments.get_mut(*milestone as usize) {
                    instalment.missed.get_or_insert(event.at);
                }
            }
            MeasureStep::FollowedUp { text } => {
                if let Some(check) = &mut self.follow_up {
                    check.deadline.kept.get_or_insert(event.at);
                    check.seen = Some(Said::of(event, text));
                }
            }
            MeasureStep::FollowUpMissed { .. } => {
                if let Some(check) = &mut self.follow_up {
                    check.deadline.missed.get_or_insert(event.at);
                }
            }
        }
    }

    fn propose(&mut self, draft: &Draft, event: &CaseEvent) {
        self.state = match draft.approval {
            Approval::None => MeasureState::Approved,
            Approval::FourEyes | Approval::Head => MeasureState::Proposed,
        };
        self.draft = Some(draft.clone());
        self.proposed = Some((event.by.clone(), event.at));
        (self.approved, self.waiver, self.lift) = (None, None, None);
    }

    fn order(&mut self, orders: &[String], event: &CaseEvent) {
        self.state = MeasureState::Ordered;
        self.ordered_at = Some(event.at);
        self.current = orders.iter().cloned().collect();
        self.orders.extend(orders.iter().cloned());
        // Ordered once more, it takes the place of what it was before.
        self.end_effect(event.at);
        let Some(draft) = &self.draft else { return };
        self.instalments = draft.milestones.iter().map(Instalment::new).collect();
        if let Some(kind) = draft.effect {
            let fields = draft.order.fields.clone();
            self.in_force.push(InForce { kind, from: event.at, until: None, fields });
        }
    }

    fn end_effect(&mut self, at: Time) {
        for effect in &mut self.in_force {
            effect.until.get_or_insert(at);
        }
    }
}

/// What a measure does inside the system, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// What it does.
    pub kind: EffectKind,
    /// The institution.
    pub institution: String,
    /// The case.
    pub case: String,
    /// The measure of the case, by its key.
    pub measure: String,
    /// From this moment on.
    pub from: Time,
    /// Up to this moment, at which it holds no longer.
    pub until: Option<Time>,
    /// What was filled in: which accounts, which persons.
    pub fields: Filled,
}

impl Effect {
    /// Whether it holds at a time.
    pub fn holds(&self, at: Time) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

impl Cases {
    /// Every effect that there ever was, in the order of cases, measures and time.
    pub fn effect_intervals(&self) -> impl Iterator<Item = Effect> {
        let of_case = self.iter().flat_map(|case| case.measures.values().map(move |measure| (case, measure)));
        let spans = of_case
            .flat_map(|(case, measure)| measure.in_force.iter().map(move |span| (case, measure, span)));
        spans.map(|(case, measure, span)| Effect {
            kind: span.kind,
            institution: case.institution.clone(),
            case: case.id.clone(),
            measure: measure.listed.key.clone(),
            from: span.from,
            until: span.until,
            fields: span.fields.clone(),
        })
    }

    /// The effects that hold for an institution at a time.
    pub fn effects(&self, institution: &str, at: Time) -> Vec<Effect> {
        let holds = |effect: &Effect| effect.institution == institution && effect.holds(at);
        self.effect_intervals().filter(holds).collect()
    }
}
