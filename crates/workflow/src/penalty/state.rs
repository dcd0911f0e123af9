//! The state of penalties. It changes by events alone.

use std::collections::{BTreeMap, BTreeSet};

use model::field_types::Person;
use model::institution::InstitutionId;
use model::money::Fen;
use model::time::{Day, Time};
use serde::Serialize;

use super::credit::CreditRow;
use super::event::{
    Addressee, AppealKind, Authority, Basis, Clock, Offence, PaymentKind, PenaltyEvent, PenaltyStep,
    ServiceWay,
};
use super::life::PenaltyState;
use super::sanction::Sanctions;
use crate::actor::Actor;
use crate::term::Deadline;

/// 事先告知: the notice of what is intended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PriorNotice {
    /// On which day it was served.
    pub on: Day,
    /// In which way.
    pub way: ServiceWay,
    /// Whether there is a right to a hearing.
    pub hearing_right: bool,
    /// What was announced.
    pub announced: Sanctions,
}

/// 陈述申辩: what the party said, and the review of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Defence {
    /// What was said.
    pub text: String,
    /// When.
    pub at: Time,
    /// Whether it is adopted; nothing before it was reviewed.
    pub adopted: Option<bool>,
    /// Why.
    pub reason: Option<String>,
}

/// 听证: a hearing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hearing {
    /// On which day it was asked for.
    pub asked_on: Day,
    /// On which day it is held.
    pub called_on: Option<Day>,
    /// Where.
    pub place: Option<String>,
    /// What the record says, once it was held.
    pub record: Option<String>,
}

/// 决定: the decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// 处罚决定书文号.
    pub document: String,
    /// On which day.
    pub on: Day,
    /// Who decided.
    pub by: Actor,
    /// On which day it was discussed collectively.
    pub discussed_on: Option<Day>,
}

/// 缴纳: a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// What for.
    pub kind: PaymentKind,
    /// How much.
    pub amount: Fen,
    /// On which day.
    pub on: Day,
    /// The bank's reference.
    pub reference: String,
}

/// 复议或诉讼: an appeal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Appeal {
    /// How.
    pub kind: AppealKind,
    /// On which day.
    pub on: Day,
    /// The number under which it was accepted.
    pub reference: String,
    /// On which day its outcome was received.
    pub ended: Option<Day>,
    /// The document that says the outcome.
    pub outcome: Option<String>,
}

/// 公示: what stands, or stood, on the credit platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Publication {
    /// When it was sent.
    pub at: Time,
    /// The row as it was sent.
    pub row: CreditRow,
    /// When it was withdrawn.
    pub withdrawn: Option<Time>,
    /// Why.
    pub reason: Option<String>,
}

/// What is owed on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Owed {
    /// Of the fine.
    pub fine: Fen,
    /// Of the confiscation.
    pub confiscation: Fen,
    /// Of the additional fine for lateness.
    pub surcharge: Fen,
    /// To the party, of what it paid and does not owe.
    pub refund: Fen,
}

impl Owed {
    /// What is owed of one kind.
    pub const fn of(&self, kind: PaymentKind) -> Fen {
        match kind {
            PaymentKind::Fine => self.fine,
            PaymentKind::Confiscation => self.confiscation,
            PaymentKind::Surcharge => self.surcharge,
        }
    }
}

/// 处罚: a penalty of one party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Penalty {
    /// Its number.
    pub id: String,
    /// The institution that it is about.
    pub institution: InstitutionId,
    /// The case that it belongs to.
    pub case: Option<String>,
    /// On whom it is imposed.
    pub addressee: Addressee,
    /// The penalties of the same offence against the others.
    pub with: Vec<String>,
    /// Why nobody else is punished, where it is not double.
    pub single: Option<String>,
    /// What is punished.
    pub offence: Offence,
    /// What it rests on.
    pub basis: Vec<Basis>,
    /// What is imposed.
    pub sanctions: Sanctions,
    /// Where it stands.
    pub state: PenaltyState,
    /// When it was drafted.
    pub drafted_at: Time,
    /// Who drafted it last.
    pub drafted_by: Actor,
    /// The notice of what is intended.
    pub notice: Option<PriorNotice>,
    /// What the party said.
    pub defences: Vec<Defence>,
    /// Whether the party gave up its rights to state, defend and be heard.
    pub is_waived: bool,
    /// The hearing, if one was asked for.
    pub hearing: Option<Hearing>,
    /// Who put it before the head.
    pub proposed_by: Option<Actor>,
    /// The decision.
    pub decision: Option<Decision>,
    /// On which day it was served.
    pub served_on: Option<Day>,
    /// What was paid.
    pub payments: Vec<Payment>,
    /// What was given back.
    pub refunded: Fen,
    /// Appeals, in their order.
    pub appeals: Vec<Appeal>,
    /// What stands, or stood, on the credit platform, in its order.
    pub publications: Vec<Publication>,
    /// Why it was revised, sent back, dropped, changed or overturned last.
    pub reason: Option<String>,
    /// Its clocks.
    pub clocks: BTreeMap<Clock, Deadline>,
}

impl Penalty {
    /// Whether the decision was served and stands: it binds from service on, also while an appeal
    /// is pending (art. 73).
    pub const fn is_in_force(&self) -> bool {
        matches!(self.state, PenaltyState::Served | PenaltyState::Appealed | PenaltyState::Final)
    }

    /// The appeal that is pending.
    pub fn pending(&self) -> Option<&Appeal> {
        self.appeals.last().filter(|_| self.state == PenaltyState::Appealed)
    }

    /// What stands on the credit platform.
    pub fn published(&self) -> Option<&Publication> {
        self.publications.last().filter(|publication| publication.withdrawn.is_none())
    }

    /// The earliest running deadline.
    pub fn timer(&self) -> Option<Time> {
        self.clocks.values().filter_map(Deadline::timer).min()
    }

    /// Whether a clock runs.
    pub(super) fn runs(&self, clock: Clock) -> bool {
        self.clocks.get(&clock).is_some_and(Deadline::runs)
    }

    /// What was paid of one kind.
    pub fn paid(&self, kind: PaymentKind) -> Fen {
        let paid = self.payments.iter().filter(|payment| payment.kind == kind);
        Fen(paid.fold(0_i64, |fen, payment| fen.saturating_add(payment.amount.0)))
    }

    /// 加处罚款 up to a day: 3 % for each day that the fine is late, at most as much as the fine
    /// (art. 72); days on which an appeal is pending are not counted (art. 73). The law says "of the
    /// fine"; of a fine that was paid in part, the part that is late is taken, in the party's favour.
    pub fn surcharge(&self, day: Day) -> Fen {
        let due = self.clocks.get(&Clock::Pay).and_then(|pay| pay.due);
        let (Some(due), true) = (due, self.is_in_force()) else { return Fen(0) };
        let fine = i128::from(self.sanctions.fine_amount().0);
        let is_pending = |day: Day| {
            let covers = |appeal: &Appeal| appeal.on <= day && appeal.ended.is_none_or(|ended| day <= ended);
            self.appeals.iter().any(covers)
        };
        let mut late_fen_days = 0_i128;
        for late in (due.day().0..=day.0).map(Day).filter(|late| !is_pending(*late)) {
            let before = |payment: &&Payment| payment.kind == PaymentKind::Fine && payment.on < late;
            let paid: i128 =
                self.payments.iter().filter(before).map(|payment| i128::from(payment.amount.0)).sum();
            late_fen_days += (fine - paid).max(0);
            if paid >= fine || late_fen_days * 3 >= fine * 100 {
                break;
            }
        }
        let surcharge = ((late_fen_days * 3 + 50) / 100).min(fine);
        Fen(i64::try_from(surcharge).unwrap_or(i64::MAX))
    }

    /// What is owed on a day.
    pub fn owed(&self, day: Day) -> Owed {
        let due = |kind| match (self.is_in_force(), kind) {
            (false, _) => 0,
            (true, PaymentKind::Fine) => self.sanctions.fine_amount().0,
            (true, PaymentKind::Confiscation) => self.sanctions.confiscated.0,
            (true, PaymentKind::Surcharge) => self.surcharge(day).0,
        };
        let left = |kind| due(kind).saturating_sub(self.paid(kind).0);
        let [fine, confiscation, surcharge] =
            [PaymentKind::Fine, PaymentKind::Confiscation, PaymentKind::Surcharge].map(left);
        let beyond = [fine, confiscation, surcharge]
            .into_iter()
            .fold(0_i64, |sum, left| sum.saturating_add(left.min(0).saturating_neg()));
        let owed = |left: i64| Fen(left.max(0));
        Owed {
            fine: owed(fine),
            confiscation: owed(confiscation),
            surcharge: owed(surcharge),
            refund: owed(beyond.saturating_sub(self.refunded.0)),
        }
    }

    /// Whether all that it imposes in money is paid by a day.
    pub fn is_paid(&self, day: Day) -> bool {
        let Owed { fine, confiscation, surcharge, .. } = self.owed(day);
        [fine, confiscation, surcharge] == [Fen(0); 3]
    }

    /// Whether it ends on a day: it may be appealed no more, and all is paid.
    pub(super) fn ends(&self, day: Day) -> bool {
        self.state == PenaltyState::Served
            && !self.runs(Clock::Reconsideration)
            && !self.runs(Clock::Lawsuit)
            && self.is_paid(day)
    }

    fn keep(&mut self, clock: Clock, at: Time) {
        if let Some(deadline) = self.clocks.get_mut(&clock) {
            deadline.kept.get_or_insert(at);
        }
    }

    fn start(&mut self, clock: Clock, deadline: Option<Deadline>) {
        if let Some(deadline) = deadline {
            self.clocks.insert(clock, deadline);
        }
    }

    /// No clock of an appeal, of paying or of serving runs on.
    fn stop(&mut self, at: Time) {
        for clock in [Clock::Respond, Clock::Serve, Clock::Publish, Clock::Pay] {
            self.keep(clock, at);
        }
        for clock in [Clock::Reconsideration, Clock::Lawsuit] {
            self.keep(clock, at);
        }
    }

    fn end_appeal(&mut self, on: Day, document: &str) {
        let pending = self.appeals.last_mut().filter(|appeal| appeal.ended.is_none());
        if let Some(appeal) = pending {
            appeal.ended = Some(on);
            appeal.outcome = Some(document.to_owned());
        }
    }

    /// The clock of paying is kept once all is paid.
    fn settle(&mut self, event: &PenaltyEvent) {
        if self.is_paid(event.at.day()) {
            self.keep(Clock::Pay, event.at);
        }
    }

    fn apply(&mut self, event: &PenaltyEvent) {
        match &event.step {
            PenaltyStep::Drafted { .. } => {}
            PenaltyStep::Revised { .. }
            | PenaltyStep::Notified { .. }
            | PenaltyStep::Defended { .. }
            | PenaltyStep::DefenceReviewed { .. }
            | PenaltyStep::Waived
            | PenaltyStep::HearingAsked { .. }
            | PenaltyStep::HearingCalled { .. }
            | PenaltyStep::HearingHeld { .. } => self.apply_before(event),
            PenaltyStep::Proposed { .. }
            | PenaltyStep::SentBack { .. }
            | PenaltyStep::Decided { .. }
            | PenaltyStep::Dropped { .. } => self.apply_decision(event),
            PenaltyStep::Appealed { .. }
            | PenaltyStep::Upheld { .. }
            | PenaltyStep::Changed { .. }
            | PenaltyStep::Overturned { .. } => self.apply_appeal(event),
            _ => self.apply_after(event),
        }
    }

    /// What comes before the decision.
    fn apply_before(&mut self, event: &PenaltyEvent) {
        match &event.step {
            PenaltyStep::Revised { sanctions, reason } => {
                self.sanctions = sanctions.clone();
                self.reason = Some(reason.clone());
                self.state = PenaltyState::Drafted;
                self.drafted_by = event.by.clone();
                self.notice = None;
                self.hearing = None;
                self.is_waived = false;
                self.keep(Clock::Respond, event.at);
            }
            PenaltyStep::Notified { on, way, hearing_right, respond } => {
                self.state = PenaltyState::Notified;
                self.notice = Some(PriorNotice {
                    on: *on,
                    way: *way,
                    hearing_right: *hearing_right,
                    announced: self.sanctions.clone(),
                });
                self.clocks.insert(Clock::Respond, *respond);
            }
            PenaltyStep::Defended { text } => {
                let defence = Defence { text: text.clone(), at: event.at, adopted: None, reason: None };
                self.defences.push(defence);
            }
            PenaltyStep::DefenceReviewed { defence, adopted, reason } => {
                let found = (1..).zip(&mut self.defences).find(|(number, _)| number == defence);
                if let Some((_, defence)) = found {
                    defence.adopted = Some(*adopted);
                    defence.reason = Some(reason.clone());
                }
            }
            PenaltyStep::Waived => {
                self.is_waived = true;
                self.keep(Clock::Respond, event.at);
            }
            PenaltyStep::HearingAsked { on } => {
                self.state = PenaltyState::Hearing;
                self.hearing = Some(Hearing { asked_on: *on, called_on: None, place: None, record: None });
                self.keep(Clock::Respond, event.at);
            }
            PenaltyStep::HearingCalled { on, place } => {
                if let Some(hearing) = &mut self.hearing {
                    hearing.called_on = Some(*on);
                    hearing.place = Some(place.clone());
                }
            }
            PenaltyStep::HearingHeld { record } => {
                if let Some(hearing) = &mut self.hearing {
                    hearing.record = Some(record.clone());
                }
            }
            _ => {}
        }
    }

    fn apply_decision(&mut self, event: &PenaltyEvent) {
        match &event.step {
            PenaltyStep::Proposed { sanctions } => {
                self.sanctions = sanctions.clone();
                self.state = PenaltyState::Proposed;
                self.proposed_by = Some(event.by.clone());
            }
            PenaltyStep::SentBack { reason } => {
                self.reason = Some(reason.clone());
                let is_heard = self.hearing.is_some();
                self.state = if is_heard { PenaltyState::Hearing } else { PenaltyState::Notified };
            }
            PenaltyStep::Decided { document, discussed_on, serve, publish } => {
                self.state = PenaltyState::Decided;
                self.decision = Some(Decision {
                    document: document.clone(),
                    on: event.at.day(),
                    by: event.by.clone(),
                    discussed_on: *discussed_on,
                });
                self.keep(Clock::Respond, event.at);
                self.clocks.insert(Clock::Serve, *serve);
                self.clocks.insert(Clock::Publish, *publish);
            }
            PenaltyStep::Dropped { reason } => {
                self.state = PenaltyState::Dropped;
                self.reason = Some(reason.clone());
                self.stop(event.at);
            }
            _ => {}
        }
    }

    fn apply_appeal(&mut self, event: &PenaltyEvent) {
        match &event.step {
            PenaltyStep::Appealed { kind, on, reference } => {
                self.state = PenaltyState::Appealed;
                let (kind, on, reference) = (*kind, *on, reference.clone());
                self.appeals.push(Appeal { kind, on, reference, ended: None, outcome: None });
                self.keep(Clock::Reconsideration, event.at);
                self.keep(Clock::Lawsuit, event.at);
            }
            PenaltyStep::Upheld { document, on, lawsuit } => {
                self.state = PenaltyState::Served;
                self.end_appeal(*on, document);
                self.start(Clock::Lawsuit, *lawsuit);
            }
            PenaltyStep::Changed { document, on, sanctions, lawsuit, withdraw, .. } => {
                self.state = PenaltyState::Served;
                self.end_appeal(*on, document);
                self.sanctions = sanctions.clone();
                self.reason = Some(document.clone());
                self.start(Clock::Lawsuit, *lawsuit);
                self.start(Clock::WithdrawPublication, *withdraw);
                self.settle(event);
            }
            PenaltyStep::Overturned { document, on, withdraw, .. } => {
                self.end_appeal(*on, document);
                self.state = PenaltyState::Overturned;
                self.reason = Some(document.clone());
                self.stop(event.at);
                self.start(Clock::WithdrawPublication, *withdraw);
            }
            _ => {}
        }
    }

    /// What comes after the decision.
    fn apply_after(&mut self, event: &PenaltyEvent) {
        match &event.step {
            PenaltyStep::Served { on, pay, reconsideration, lawsuit, .. } => {
                self.state = PenaltyState::Served;
                self.served_on = Some(*on);
                self.keep(Clock::Serve, event.at);
                self.start(Clock::Pay, *pay);
                self.clocks.insert(Clock::Reconsideration, *reconsideration);
                self.clocks.insert(Clock::Lawsuit, *lawsuit);
            }
            PenaltyStep::Paid { kind, amount, on, reference } => {
                let (kind, amount, on, reference) = (*kind, *amount, *on, reference.clone());
                self.payments.push(Payment { kind, amount, on, reference });
                self.settle(event);
            }
            PenaltyStep::Refunded { amount, .. } => {
                self.refunded.0 = self.refunded.0.saturating_add(amount.0);
            }
            PenaltyStep::Deferred { pay, reason } => {
                self.reason = Some(reason.clone());
                self.clocks.insert(Clock::Pay, *pay);
            }
            PenaltyStep::Published { until, authority } => self.publish(event, *until, authority),
            PenaltyStep::PublicationWithdrawn { reason } => {
                if let Some(publication) = self.publications.last_mut() {
                    publication.withdrawn.get_or_insert(event.at);
                    publication.reason.get_or_insert(reason.clone());
                }
                self.keep(Clock::WithdrawPublication, event.at);
            }
            PenaltyStep::Lapsed { clock } => {
                if let Some(deadline) = self.clocks.get_mut(clock) {
                    deadline.missed.get_or_insert(event.at);
                }
            }
            PenaltyStep::Concluded => self.state = PenaltyState::Final,
            _ => {}
        }
    }

    fn publish(&mut self, event: &PenaltyEvent, until: Day, authority: &Authority) {
        if let Some(row) = CreditRow::of(self, until, authority) {
            self.publications.push(Publication { at: event.at, row, withdrawn: None, reason: None });
            self.keep(Clock::Publish, event.at);
        }
    }
}

/// All penalties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Penalties {
    all: BTreeMap<String, Penalty>,
    by_person: BTreeMap<Person, BTreeSet<String>>,
    by_institution: BTreeMap<InstitutionId, BTreeSet<String>>,
    documents: BTreeSet<String>,
}

impl Penalties {
    /// One by its number.
    pub fn get(&self, id: &str) -> Option<&Penalty> {
        self.all.get(id)
    }

    /// All, in the order of their numbers.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Penalty> {
        self.all.values()
    }

    /// Those against a person.
    pub fn of_person(&self, person: Person) -> impl Iterator<Item = &Penalty> {
        self.by_person.get(&person).into_iter().flatten().filter_map(|id| self.all.get(id))
    }

    /// Those that are about an institution, its persons' with them.
    pub fn of_institution(&self, institution: &InstitutionId) -> impl Iterator<Item = &Penalty> {
        self.by_institution.get(institution).into_iter().flatten().filter_map(|id| self.all.get(id))
    }

    /// Whether a decision has this number.
    pub fn knows_document(&self, document: &str) -> bool {
        self.documents.contains(document)
    }

    /// The earliest running deadline.
    pub fn timer(&self) -> Option<Time> {
        self.all.values().filter_map(Penalty::timer).min()
    }

    /// Takes in what happened.
    pub fn apply(&mut self, event: &PenaltyEvent) {
        if let PenaltyStep::Drafted { case, addressee, with, single, offence, basis, sanctions } = &event.step
        {
            let penalty = Penalty {
                id: event.id.clone(),
                institution: event.institution.clone(),
                case: case.clone(),
                addressee: addressee.clone(),
                with: with.clone(),
                single: single.clone(),
                offence: offence.clone(),
                basis: basis.clone(),
                sanctions: sanctions.clone(),
                state: PenaltyState::Drafted,
                drafted_at: event.at,
                drafted_by: event.by.clone(),
                notice: None,
                defences: Vec::new(),
                is_waived: false,
                hearing: None,
                proposed_by: None,
                decision: None,
                served_on: None,
                payments: Vec::new(),
                refunded: Fen(0),
                appeals: Vec::new(),
                publications: Vec::new(),
                reason: None,
                clocks: BTreeMap::new(),
            };
            if let Some(person) = addressee.person() {
                self.by_person.entry(person).or_default().insert(event.id.clone());
            }
            self.by_institution.entry(event.institution.clone()).or_default().insert(event.id.clone());
            self.all.insert(event.id.clone(), penalty);
            return;
        }
        let Some(penalty) = self.all.get_mut(&event.id) else { return };
        penalty.apply(event);
        if let PenaltyStep::Decided { document, .. } = &event.step {
            self.documents.insert(document.clone());
        }
    }
}
