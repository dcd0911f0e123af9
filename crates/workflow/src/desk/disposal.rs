//! What cases and orders call for: letters and webhooks to addressees, words to the head, the end of
//! their alerts.

use model::text::Text;
use serde_json::{Value, json};

use super::follow::{Following, last_moment};
use super::words::basis_for;
use crate::actor::Actor;
use crate::alert::{self, AlertEvent, AlertStep};
use crate::case::{Case, CaseEvent, CaseStep, DisposalEvent, MeasureStep};
use crate::delivery::{self, Message, Purpose};
use crate::letter::LetterStep;
use crate::library::{AddresseeKind, Stage};
use crate::order::{Addressee, Order, OrderEvent, OrderStep, OrderText};
use crate::policy::{Channel, Reach};
use crate::term::Deadline;

impl Following<'_> {
    /// An event of a case or an order, and what it calls for.
    pub(super) fn disposal(&mut self, event: DisposalEvent) {
        match event {
            DisposalEvent::Case(event) => self.case(event),
            DisposalEvent::Order(event) => self.order(event),
        }
    }

    fn case(&mut self, event: CaseEvent) {
        self.push(event.clone());
        let desk = self.desk;
        let case = desk.disposal.cases.get(&event.id);
        match &event.step {
            CaseStep::Opened(opened) => {
                if let Some(alert) = &opened.alert {
                    self.join(alert, &event);
                }
            }
            CaseStep::Joined { alert: Some(alert), .. } => self.join(alert, &event),
            // Who lets the last stage be skipped closes the case.
            CaseStep::Closed { .. }
            | CaseStep::Dropped { .. }
            | CaseStep::Skipped { to: Stage::Closed, .. } => {
                let is_groundless = matches!(event.step, CaseStep::Dropped { .. });
                let alerts = case.iter().flat_map(|case| case.alerts.iter());
                for alert in alerts.filter_map(|id| desk.alerts.get(id)).filter(|alert| alert.is_open()) {
                    let reason = format!("{}: {}", event.id, if is_groundless { "撤案" } else { "结案" });
                    let step = match is_groundless {
                        true => AlertStep::Dismissed { reason, mute_until: None },
                        false => AlertStep::Closed { reason: Some(reason) },
                    };
                    self.alert(AlertEvent {
                        by: event.by.clone(),
                        ..alert::of_system(alert, self.setting, step)
                    });
                }
            }
            CaseStep::StageMissed { .. } => {
                self.escalate(&event, case, ("阶段期限已过", "a stage is overdue"))
            }
            CaseStep::Measure { step: MeasureStep::FollowUpMissed { .. }, .. } => {
                self.escalate(&event, case, ("跟踪核查逾期", "a follow-up is overdue"));
            }
            CaseStep::Measure { step: MeasureStep::MilestoneMissed { .. }, .. } => {
                self.escalate(&event, case, ("分期履行逾期", "an instalment was missed"));
            }
            _ => {}
        }
    }

    fn join(&mut self, alert: &str, event: &CaseEvent) {
        self.push(AlertEvent {
            id: alert.to_owned(),
            institution: event.institution.clone(),
            at: self.setting.now,
            by: event.by.clone(),
            step: AlertStep::CaseJoined { case: event.id.clone() },
        });
    }

    /// The head is told that something about a case is overdue.
    fn escalate(&mut self, event: &CaseEvent, case: Option<&Case>, what: (&str, &str)) {
        let Some(case) = case else { return };
        self.overdue(&event.id, &event.institution, &case.bureau, what);
    }

    fn overdue(&mut self, about: &str, institution: &str, bureau: &str, what: (&str, &str)) {
        let name = self.setting.name(institution);
        let message = Message {
            about: about.to_owned(),
            institution: institution.to_owned(),
            purpose: Purpose::Reminder,
            title: Text::new(format!("{about}：{}", what.0), format!("{about}: {}", what.1)),
            text: Text::new(name.clone(), name),
            urgent: true,
        };
        let head = self.head(bureau);
        self.tell_person(&message, &head);
    }

    fn order(&mut self, event: OrderEvent) {
        self.push(event.clone());
        let desk = self.desk;
        let case_of = |id: &str| desk.disposal.cases.get(id);
        match &event.step {
            OrderStep::Issued { case, to, order, deadline, .. } => {
                let case = case_of(case);
                self.issue(&event, case, to, order, deadline);
            }
            OrderStep::Lifted { reason } => {
                if let Some(order) = desk.disposal.orders.get(&event.id) {
                    self.tell_lifted(order, reason);
                }
            }
            OrderStep::Missed { .. } => {
                let case = desk.disposal.orders.get(&event.id).and_then(|order| case_of(&order.case));
                if let Some(case) = case {
                    self.overdue(
                        &event.id,
                        &event.institution,
                        &case.bureau,
                        ("指令逾期未回报", "the order is overdue"),
                    );
                }
            }
            _ => {}
        }
    }

    /// An order becomes a letter, and goes to its addressee by the ways that there are; a partner that
    /// gave none fetches it by its key.
    fn issue(
        &mut self,
        event: &OrderEvent,
        case: Option<&Case>,
        to: &Addressee,
        order: &OrderText,
        deadline: &Deadline,
    ) {
        let setting = self.setting;
        let roster = &setting.policy.roster;
        let (id, number) = self.letter_number();
        let partner = roster.partner(&to.id).filter(|_| to.kind != AddresseeKind::Institution);
        let addresses = match (&partner, to.kind) {
            (Some(partner), _) => {
                let mail = partner.reach.iter().filter(|reach| reach.purpose == Channel::Mail);
                mail.map(|reach| reach.to.clone()).collect()
            }
            (None, AddresseeKind::Institution) => self.addresses(&to.id),
            (None, _) => Vec::new(),
        };
        let step = LetterStep::Drafted {
            // What is decided on a penalty has its own letter when the penalty is decided.
            form: "order".to_owned(),
            number: number.clone(),
            about: event.id.clone(),
            to: to.actor(),
            addresses,
            copy: case.map(|case| Actor::Person(case.owner.clone())).into_iter().collect(),
            data: self.order_letter(event, case, &number, (to, order, deadline)),
            four_eyes: false,
        };
        self.letter(&id, &event.institution, step.clone());
        // Two people approved the order; the letter says nothing else.
        self.letter(&id, &event.institution, LetterStep::Released);
        let is_mailed = matches!(&step, LetterStep::Drafted { addresses, .. } if !addresses.is_empty());
        if is_mailed || to.kind == AddresseeKind::Institution {
            self.send(&id, &event.institution, &step);
        }
        let hooks: Vec<Reach> = partner.iter().flat_map(|partner| partner.reach.iter()).cloned().collect();
        if hooks.iter().any(|reach| reach.purpose == Channel::Hook) {
            let message = Message {
                about: event.id.clone(),
                institution: event.institution.clone(),
                purpose: Purpose::Order,
                title: order.title.clone(),
                text: order.text.clone(),
                urgent: true,
            };
            let wanted = delivery::want(&message, &to.actor(), &hooks, setting, &mut self.numbers);
            wanted.into_iter().for_each(|event| self.push(event));
        }
    }

    /// A partner whose system got an order is told there that it holds no longer.
    fn tell_lifted(&mut self, order: &Order, reason: &str) {
        let setting = self.setting;
        let partner = setting.policy.roster.partner(&order.to.id);
        let partner = partner.filter(|_| order.to.kind != AddresseeKind::Institution);
        let hooks = partner.map_or(&[][..], |partner| &partner.reach);
        if !hooks.iter().any(|reach| reach.purpose == Channel::Hook) {
            return;
        }
        let title = &order.order.title;
        let message = Message {
            about: order.id.clone(),
            institution: order.institution.clone(),
            purpose: Purpose::Order,
            title: Text::new(format!("解除：{}", title.zh), format!("Lifted: {}", title.en)),
            text: Text::new(reason, reason),
            urgent: true,
        };
        let wanted = delivery::want(&message, &order.to.actor(), hooks, setting, &mut self.numbers);
        wanted.into_iter().for_each(|event| self.push(event));
    }

    /// What the form of an order is filled with.
    fn order_letter(
        &self,
        event: &OrderEvent,
        case: Option<&Case>,
        number: &str,
        (to, order, deadline): (&Addressee, &OrderText, &Deadline),
    ) -> Value {
        let setting = self.setting;
        let roster = &setting.policy.roster;
        let name = setting.name(&event.institution);
        let kind = match to.kind {
            AddresseeKind::Institution => "decision",
            AddresseeKind::Police | AddresseeKind::Court => "referral",
            _ => "assistance",
        };
        let facts: Vec<Text> = case
            .iter()
            .flat_map(|case| case.findings.iter())
            .filter(|finding| finding.judgement.is_confirmed())
            .map(|finding| {
                let title = setting.entries.get(&finding.finding.entry).map(|entry| entry.title.clone());
                let title =
                    title.unwrap_or_else(|| Text::new(&*finding.finding.entry, &*finding.finding.entry));
                let day = finding.finding.day;
                Text::new(format!("{}（{day}）", title.zh), format!("{} ({day})", title.en))
            })
            .collect();
        let line = case.and_then(|case| case.line.as_deref());
        let basis: Vec<Text> = order.basis.iter().filter_map(|basis| basis_for(line, basis)).collect();
        let (due, due_at) = last_moment(deadline);
        let due = due.unwrap_or_else(|| setting.now.day().plus(7));
        let bureau = case.and_then(|case| roster.bureau(&case.bureau)).map(|bureau| bureau.name.clone());
        json!({
            "issuer": roster.authority(),
            "number": number,
            "site": roster.site(),
            "date": setting.now.day().to_string(),
            "kind": kind,
            "addressee": to.name,
            "title": order.title,
            "institution": { "zh": name, "en": name, "id": event.institution },
            "case_number": case.map_or_else(|| event.id.clone(), |case| case.id.clone()),
            "basis": basis,
            "facts": facts,
            "orders": [order.text, order.receipt],
            "deadline": due.to_string(),
            "deadline_at": due_at,
            "reply": true,
            "cc": bureau.into_iter().collect::<Vec<_>>(),
        })
    }
}
