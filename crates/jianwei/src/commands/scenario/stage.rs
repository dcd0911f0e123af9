//! The stage: the engine with the story's clock, the dispatcher with the story's channels, and what
//! people, institutions and partners do on it.

use std::sync::Arc;

use dispatch::Dispatcher;
use engine::Engine;
use engine::intake::{ContentCoding, FilingHead, FilingMode};
use engine::scan::Item;
use miette::{Report, miette};
use model::clock::Clock;
use model::institution::InstitutionId;
use model::spec::StreamSpec;
use model::text::Text;
use model::time::{Day, Time};
use workflow::actor::Actor;
use workflow::alert::AlertCommand;
use workflow::case::{CaseCommand, Judgement, MeasureCommand};
use workflow::desk::DeskCommand;
use workflow::library::{AddresseeKind, FieldValue, Filled};
use workflow::order::{Addressee, OrderCommand, OrderResult};
use workflow::penalty::PenaltyCommand;

use super::house;
use super::sinks::{Hooks, MailServer};
use super::tell;
use crate::outcome::plain;
use crate::screen::{Screen, Style};

/// What happens at one moment of the story.
pub(super) struct Beat {
    /// When.
    pub(super) at: Time,
    /// What, for who reads the log.
    pub(super) what: Text,
    /// Makes it happen.
    pub(super) act: Box<Act>,
}

/// What makes it happen.
type Act = dyn FnOnce(&mut Stage) -> Result<(), Report>;

/// A moment of the story.
pub(super) fn beat(
    at: &str,
    zh: &str,
    en: &str,
    act: impl FnOnce(&mut Stage) -> Result<(), Report> + 'static,
) -> Beat {
    Beat { at: moment(at), what: Text::new(zh, en), act: Box::new(act) }
}

/// A moment of 2026 such as `06-02 12:00`.
fn moment(at: &str) -> Time {
    let (day, clock) = at.split_once(' ').unwrap_or((at, "00:00"));
    // A moment that is none stands at the beginning, where it is seen.
    Time::parse(&format!("2026-{day}T{clock}:00+08:00")).unwrap_or_default()
}

/// A day of 2026 such as `06-02`.
pub(super) fn day(text: &str) -> Day {
    moment(text).day()
}

/// The stage.
pub(super) struct Stage {
    pub(super) engine: Arc<Engine>,
    pub(super) clock: Clock,
    pub(super) mail: MailServer,
    pub(super) hooks: Hooks,
    dispatcher: Dispatcher,
    pub(super) screen: Screen,
    /// Up to where the ledger was told.
    told: u64,
}

impl Stage {
    pub(super) fn new(
        engine: Arc<Engine>,
        dispatcher: Dispatcher,
        mail: MailServer,
        hooks: Hooks,
        screen: Screen,
    ) -> Self {
        let (clock, told) = (engine.clock().clone(), engine.reader().size());
        Self { engine, clock, mail, hooks, dispatcher, screen, told }
    }

    /// Lets the channels go; what is left holds the engine alone.
    pub(super) fn over(self) -> (Arc<Engine>, Screen) {
        (self.engine, self.screen)
    }

    /// Plays the story, in the order of time; deadlines that end between two moments are noticed, and
    /// what is sent again is sent again, at their own time.
    pub(super) fn play(&mut self, mut story: Vec<Beat>) -> Result<(), Report> {
        story.sort_by_key(|beat| beat.at);
        for beat in story {
            self.wait_until(beat.at)?;
            let said = format!("{}  {} · {}", tell::moment(beat.at), beat.what.zh, beat.what.en);
            self.screen.line("")?;
            let said = self.screen.paint(Style::Bold, &said);
            self.screen.line(said)?;
            (beat.act)(self)?;
            self.settle(None)?;
        }
        Ok(())
    }

    fn wait_until(&mut self, at: Time) -> Result<(), Report> {
        loop {
            let next = {
                let desk = self.engine.desk();
                [desk.next_timer(), desk.deliveries.next_at()].into_iter().flatten().min()
            };
            let Some(next) = next.filter(|next| *next <= at) else { break };
            self.clock.advance(next);
            self.engine.tick_desk().map_err(plain)?;
            self.settle(Some(next))?;
        }
        self.clock.advance(at);
        Ok(())
    }

    /// Everything that was filed is evaluated, what has to go out is sent, and all of it is told; with
    /// the time, where nobody did anything and a deadline ended or something was sent again.
    fn settle(&mut self, by_itself: Option<Time>) -> Result<(), Report> {
        self.engine.settle().map_err(plain)?;
        self.dispatcher.run_once();
        let mut events = Vec::new();
        let (reader, keys) = (self.engine.reader(), self.engine.keys());
        let range = self.told..reader.size();
        self.told = range.end;
        let take = |item| {
            if let Item::Desk(event, _) = item {
                events.push(*event);
            }
            Ok(())
        };
        engine::scan::scan(reader, keys, range, &[], take).map_err(plain)?;
        let lines: Vec<Text> = events.iter().flat_map(|event| tell::lines(event, &self.engine)).collect();
        if let Some(at) = by_itself.filter(|_| !lines.is_empty()) {
            let said =
                format!("{}  时限届满或者重新发送 · A deadline ends, or it is sent again", tell::moment(at));
            self.screen.line("")?;
            self.screen.line(said)?;
        }
        lines.iter().try_for_each(|line| self.screen.line(format_args!("    {} · {}", line.zh, line.en)))
    }

    /// Noon has passed, by which what is owed for the day before came due.
    pub(super) fn judge(&mut self) -> Result<(), Report> {
        self.engine.judge_obligations();
        Ok(())
    }

    /// An institution files the records of a date.
    pub(super) fn file(
        &mut self,
        who: &InstitutionId,
        stream: &'static StreamSpec,
        date: Day,
        lines: &[String],
    ) -> Result<(), Report> {
        let head = FilingHead {
            stream,
            institution: who.clone(),
            date: Some(date),
            is_final: true,
            announced: None,
            mode: FilingMode::Lines,
            coding: ContentCoding::Identity,
        };
        let receipt = self
            .engine
            .file(head, lines.join("\n").as_bytes())
            .map_err(|error| miette!("{} of {who}: {:?}", stream.name, error.fault))?;
        if receipt.sealed.refused > 0 {
            return Err(miette!("{} of {who} was refused: {:?}", stream.name, receipt.refusals));
        }
        let (count, name) = (receipt.sealed.accepted, stream.name);
        self.screen
            .line(format_args!("    报送 {name} {count} 条 · filed {name}, {count} records, for {date}"))?;
        self.engine.settle().map_err(plain)
    }

    fn command(&mut self, by: Actor, command: &DeskCommand) -> Result<(), Report> {
        self.engine.at_desk(command, by).map(drop).map_err(plain)
    }

    /// A person does something at the desk.
    pub(super) fn person(&mut self, who: &str, command: &DeskCommand) -> Result<(), Report> {
        self.command(Actor::Person(who.to_owned()), command)
    }

    /// An institution does something at the desk.
    pub(super) fn institution(&mut self, who: &InstitutionId, command: &DeskCommand) -> Result<(), Report> {
        self.command(Actor::Institution(who.to_string()), command)
    }

    /// The number of an institution's open alert.
    pub(super) fn alert(&self, of: &InstitutionId) -> Result<String, Report> {
        let desk = self.engine.desk();
        let alert = desk.alerts.open_of(of.as_str()).map(|alert| alert.id.clone());
        alert.ok_or_else(|| miette!("{of} has no open alert"))
    }

    /// The number of an institution's open case.
    pub(super) fn case(&self, of: &InstitutionId) -> Result<String, Report> {
        let desk = self.engine.desk();
        let case = desk.disposal.cases.open_of(of.as_str()).map(|case| case.id.clone());
        case.ok_or_else(|| miette!("{of} has no open case"))
    }

    /// A person does something with an institution's open alert.
    pub(super) fn on_alert(
        &mut self,
        who: &str,
        of: &InstitutionId,
        command: AlertCommand,
    ) -> Result<(), Report> {
        let id = self.alert(of)?;
        self.person(who, &DeskCommand::Alert { id, command })
    }

    /// A person does something with an institution's open case.
    pub(super) fn on_case(
        &mut self,
        who: &str,
        of: &InstitutionId,
        command: CaseCommand,
    ) -> Result<(), Report> {
        let id = self.case(of)?;
        self.person(who, &DeskCommand::Case { id, command })
    }

    /// A person does something with a measure of an institution's open case.
    pub(super) fn on_measure(
        &mut self,
        who: &str,
        of: &InstitutionId,
        key: &str,
        command: MeasureCommand,
    ) -> Result<(), Report> {
        self.on_case(who, of, CaseCommand::Measure { key: key.to_owned(), command })
    }

    /// A person confirms every finding of an institution's case that nobody judged yet.
    pub(super) fn confirm_findings(
        &mut self,
        who: &str,
        of: &InstitutionId,
        note: &str,
    ) -> Result<(), Report> {
        let id = self.case(of)?;
        let open: Vec<u32> = {
            let desk = self.engine.desk();
            let findings = desk.disposal.cases.get(&id).map(|case| case.findings.as_slice());
            let numbered = (0_u32..).zip(findings.unwrap_or_default());
            numbered.filter(|(_, one)| one.judgement == Judgement::Open).map(|(number, _)| number).collect()
        };
        for finding in open {
            let note = Some(note.to_owned());
            self.on_case(who, of, CaseCommand::ConfirmFinding { finding, note })?;
        }
        Ok(())
    }

    /// A person proposes a measure, filled in.
    pub(super) fn propose(
        &mut self,
        who: &str,
        of: &InstitutionId,
        key: &str,
        fields: Filled,
    ) -> Result<(), Report> {
        self.on_measure(who, of, key, MeasureCommand::Propose { fields, milestones: Vec::new() })
    }

    /// A person approves a measure.
    pub(super) fn approve(&mut self, who: &str, of: &InstitutionId, key: &str) -> Result<(), Report> {
        self.on_measure(who, of, key, MeasureCommand::Approve)
    }

    /// A person has a measure ordered from the institution itself.
    pub(super) fn order_institution(
        &mut self,
        who: &str,
        of: &InstitutionId,
        key: &str,
    ) -> Result<(), Report> {
        let name = self.engine.institution_name(of.as_str()).unwrap_or_default();
        let name = Text::new(name.clone(), name);
        let to = Addressee { kind: AddresseeKind::Institution, id: of.to_string(), name };
        self.on_measure(who, of, key, MeasureCommand::Order { to: vec![to] })
    }

    /// A person has a measure ordered from partners.
    pub(super) fn order_partners(
        &mut self,
        who: &str,
        of: &InstitutionId,
        key: &str,
        kind: AddresseeKind,
        partners: &[&str],
    ) -> Result<(), Report> {
        let roster = &self.engine.policy().roster;
        let to = partners.iter().filter_map(|id| roster.partner(id));
        let to = to.map(|partner| Addressee { kind, id: partner.id.clone(), name: partner.name.clone() });
        let to = to.collect();
        self.on_measure(who, of, key, MeasureCommand::Order { to })
    }

    /// The order of a measure to somebody, by its number.
    fn order(&self, of: &InstitutionId, key: &str, to: &Actor) -> Result<String, Report> {
        let case = self.case(of)?;
        let desk = self.engine.desk();
        let mut orders = desk.disposal.orders.of_case(&case);
        let order = orders.find(|order| order.measure == key && order.to.actor() == *to);
        order.map(|order| order.id.clone()).ok_or_else(|| miette!("{to} has no order of {key}"))
    }

    /// The addressee of an order acknowledges it. A partner that has a system takes the number
    /// from the webhook that came there.
    pub(super) fn acknowledge(&mut self, of: &InstitutionId, key: &str, to: Actor) -> Result<(), Report> {
        let id = self.order(of, key, &to)?;
        if let Actor::Partner(partner) = &to
            && house::HOOKED.contains(&partner.as_str())
        {
            let came = |hook: &super::sinks::Hook| {
                let said = hook.body.pointer("/data/id").and_then(serde_json::Value::as_str);
                hook.partner == *partner && said == Some(&id)
            };
            if !self.hooks.hooks().iter().any(came) {
                return Err(miette!("order {id} did not come to the system of {partner}"));
            }
        }
        self.command(to, &DeskCommand::Order { id, command: OrderCommand::Acknowledge })
    }

    /// The addressee of an order reports back that it is done.
    pub(super) fn report(
        &mut self,
        of: &InstitutionId,
        key: &str,
        by: Actor,
        text: &str,
    ) -> Result<(), Report> {
        let id = self.order(of, key, &by)?;
        let command = OrderCommand::Report { result: OrderResult::Done, text: text.to_owned() };
        self.command(by, &DeskCommand::Order { id, command })
    }

    /// A person accepts every report on a measure.
    pub(super) fn accept(&mut self, who: &str, of: &InstitutionId, key: &str) -> Result<(), Report> {
        let case = self.case(of)?;
        let reported: Vec<String> = {
            let desk = self.engine.desk();
            let orders = desk.disposal.orders.of_case(&case).filter(|order| order.measure == key);
            orders.filter(|order| !order.state.is_settled()).map(|order| order.id.clone()).collect()
        };
        for id in reported {
            self.person(who, &DeskCommand::Order { id, command: OrderCommand::Accept { note: None } })?;
        }
        Ok(())
    }

    /// A person looked again at what was done.
    pub(super) fn follow_up(
        &mut self,
        who: &str,
        of: &InstitutionId,
        key: &str,
        text: &str,
    ) -> Result<(), Report> {
        self.on_measure(who, of, key, MeasureCommand::FollowUp { text: text.to_owned() })
    }

    /// The number of the first penalty of an institution's case.
    pub(super) fn penalty(&self, of: &InstitutionId) -> Result<String, Report> {
        let desk = self.engine.desk();
        let penalty = desk.penalties.all().find(|penalty| penalty.institution == *of);
        penalty.map(|penalty| penalty.id.clone()).ok_or_else(|| miette!("{of} has no penalty"))
    }

    /// The number of an institution's latest plan.
    pub(super) fn plan(&self, of: &InstitutionId) -> Result<String, Report> {
        let desk = self.engine.desk();
        let plan = desk.plans.all().rfind(|plan| plan.institution == of.as_str());
        plan.map(|plan| plan.id.clone()).ok_or_else(|| miette!("{of} filed no plan"))
    }

    /// The number of an institution's latest letter of a form.
    pub(super) fn letter(&self, of: &InstitutionId, form: &str) -> Result<String, Report> {
        let desk = self.engine.desk();
        let letter =
            desk.letters.all().rfind(|letter| letter.institution == of.as_str() && letter.form == form);
        letter.map(|letter| letter.id.clone()).ok_or_else(|| miette!("{of} has no letter of {form}"))
    }

    /// A person does something with each penalty of an institution's case.
    pub(super) fn on_penalties(
        &mut self,
        who: &str,
        of: &InstitutionId,
        command: impl Fn(usize) -> PenaltyCommand,
    ) -> Result<(), Report> {
        let ids: Vec<String> = {
            let desk = self.engine.desk();
            let penalties = desk.penalties.all().filter(|penalty| penalty.institution == *of);
            penalties.map(|penalty| penalty.id.clone()).collect()
        };
        for (number, id) in ids.into_iter().enumerate() {
            self.person(who, &DeskCommand::Penalty { id, command: Box::new(command(number)) })?;
        }
        Ok(())
    }
}

/// What is filled in: texts, and lists where the lines of a value are several.
pub(super) fn filled(fields: &[(&str, FieldValue)]) -> Filled {
    fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// A text that is filled in.
pub(super) fn text(text: &str) -> FieldValue {
    FieldValue::Text(text.to_owned())
}

/// A list that is filled in.
pub(super) fn list(items: &[&str]) -> FieldValue {
    FieldValue::List(items.iter().map(|item| (*item).to_owned()).collect())
}
