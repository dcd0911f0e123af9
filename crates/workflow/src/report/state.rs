//! The state of reports. It changes by events alone.

use std::collections::BTreeMap;

use model::text::Text;
use model::time::Time;
use serde::Serialize;

use super::event::{Clock, CloseReason, Contact, ReportEvent, ReportStep, Subject};
use super::life::ReportState;
use super::token::TokenHash;
use crate::actor::Actor;
use crate::life::Word;
use crate::term::Deadline;

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// 举报人.
    Reporter,
    /// 监管部门.
    Authority,
}

/// A message of the exchange with the reporter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// When.
    pub at: Time,
    /// From whom.
    pub from: Sender,
    /// What.
    pub text: String,
}

/// 举报: a report. Written out, it does not show the way to answer nor the hash of the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its number.
    pub id: String,
    /// About whom.
    pub subject: Subject,
    /// What the reporter says.
    pub text: String,
    /// When it came.
    pub received_at: Time,
    /// Through whom: `anonymous`, a partner, or the person who took it down.
    pub received_by: Actor,
    /// Whether the reporter left a way to answer.
    pub answerable: bool,
    /// Where it stands.
    pub state: ReportState,
    /// Who deals with it.
    pub owner: Option<String>,
    /// The exchange with the reporter, in its order.
    pub messages: Vec<Message>,
    /// The case that it led to.
    pub case: Option<String>,
    /// The report that it was merged with.
    pub into: Option<String>,
    /// In which way it was closed.
    pub closed: Option<CloseReason>,
    /// What was said when it was closed.
    pub closing: Option<String>,
    /// Whether its time was extended.
    pub is_extended: bool,
    /// Its clocks.
    pub clocks: BTreeMap<Clock, Deadline>,
    #[serde(skip)]
    contact: Option<Contact>,
    #[serde(skip)]
    token: TokenHash,
}

/// What a reporter sees who gives the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReporterView {
    /// The number.
    pub id: String,
    /// Where it stands.
    pub state: Text,
    /// When it came.
    pub received_at: Time,
    /// Until when it is dealt with, as far as that is known.
    pub due: Option<Time>,
    /// In which way it was closed, and what was said.
    pub closed: Option<Text>,
    /// What was said when it was closed.
    pub closing: Option<String>,
    /// The exchange.
    pub messages: Vec<Message>,
}

impl Report {
    /// The way to answer, for who deals with the report.
    pub const fn contact(&self) -> Option<&Contact> {
        self.contact.as_ref()
    }

    /// Whether this is its token, however it is typed.
    pub fn knows(&self, token: &str) -> bool {
        TokenHash::of(token) == self.token
    }

    /// Whether it still has to be dealt with.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, ReportState::Received | ReportState::Acknowledged | ReportState::Assigned)
    }

    /// Messages of the reporter's.
    pub fn asked(&self) -> usize {
        self.messages.iter().filter(|message| message.from == Sender::Reporter).count()
    }

    /// What the reporter sees: nothing of who deals with it, nor of a case.
    pub fn for_reporter(&self) -> ReporterView {
        let due = self.clocks.values().filter(|deadline| deadline.runs()).filter_map(|deadline| deadline.due);
        ReporterView {
            id: self.id.clone(),
            state: Text::new(self.state.zh(), self.state.en()),
            received_at: self.received_at,
            due: due.min(),
            closed: self.closed.map(|reason| Text::new(reason.zh(), reason.en())),
            closing: self.closing.clone(),
            messages: self.messages.clone(),
        }
    }

    /// The earliest running deadline.
    pub fn timer(&self) -> Option<Time> {
        self.clocks.values().filter_map(Deadline::timer).min()
    }

    fn say(&mut self, at: Time, from: Sender, text: &str) {
        self.messages.push(Message { at, from, text: text.to_owned() });
    }

    fn keep(&mut self, clock: Clock, at: Time) {
        if let Some(deadline) = self.clocks.get_mut(&clock) {
            deadline.kept.get_or_insert(at);
        }
    }

    fn end(&mut self, state: ReportState, at: Time) {
        self.state = state;
        self.keep(Clock::Acknowledge, at);
        self.keep(Clock::Handle, at);
    }

    fn apply(&mut self, event: &ReportEvent) {
        let at = event.at;
        match &event.step {
            ReportStep::Received { .. } => {}
            ReportStep::Acknowledged { handle } => {
                self.state = ReportState::Acknowledged;
                self.keep(Clock::Acknowledge, at);
                self.clocks.insert(Clock::Handle, *handle);
            }
            ReportStep::Assigned { to } => {
                self.state = ReportState::Assigned;
                self.owner = Some(to.clone());
            }
            ReportStep::Asked { text } => self.say(at, Sender::Reporter, text),
            ReportStep::Answered { text } => self.say(at, Sender::Authority, text),
            ReportStep::Extended { handle, .. } => {
                self.is_extended = true;
                self.clocks.insert(Clock::Handle, *handle);
            }
            ReportStep::Led { case } => {
                self.case = Some(case.clone());
                self.end(ReportState::Led, at);
            }
            ReportStep::Closed { reason, text } => {
                self.closed = Some(*reason);
                self.closing = Some(text.clone());
                self.end(ReportState::Closed, at);
            }
            ReportStep::Merged { into } => {
                self.into = Some(into.clone());
                self.end(ReportState::Merged, at);
            }
            ReportStep::Reopened { handle, .. } => {
                self.state = ReportState::Assigned;
                self.closed = None;
                self.closing = None;
                self.owner = event.by.person().map(str::to_owned).or(self.owner.take());
                self.clocks.insert(Clock::Handle, *handle);
            }
            ReportStep::Missed { clock } => {
                if let Some(deadline) = self.clocks.get_mut(clock) {
                    deadline.missed.get_or_insert(at);
                }
            }
        }
    }
}

/// All reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reports(BTreeMap<String, Report>);

impl Reports {
    /// One by its number.
    pub fn get(&self, id: &str) -> Option<&Report> {
        self.0.get(id)
    }

    /// All, in the order of their numbers.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Report> {
        self.0.values()
    }

    /// One by its number, for who has its token; nothing else is told, not even that it is there.
    pub fn with_token(&self, id: &str, token: &str) -> Option<&Report> {
        self.0.get(id).filter(|report| report.knows(token))
    }

    /// Those that were merged with one.
    pub fn merged_with<'r>(&'r self, id: &'r str) -> impl Iterator<Item = &'r Report> {
        self.0.values().filter(move |report| report.into.as_deref() == Some(id))
    }

    /// The earliest running deadline.
    pub fn timer(&self) -> Option<Time> {
        self.0.values().filter_map(Report::timer).min()
    }

    /// Takes in what happened.
    pub fn apply(&mut self, event: &ReportEvent) {
        if let ReportStep::Received { subject, text, token_sha256, contact, acknowledge } = &event.step {
            let report = Report {
                id: event.id.clone(),
                subject: subject.clone(),
                text: text.clone(),
                received_at: event.at,
                received_by: event.by.clone(),
                answerable: contact.is_some(),
                state: ReportState::Received,
                owner: None,
                messages: Vec::new(),
                case: None,
                into: None,
                closed: None,
                closing: None,
                is_extended: false,
                clocks: BTreeMap::from([(Clock::Acknowledge, *acknowledge)]),
                contact: contact.clone(),
                token: token_sha256.clone(),
            };
            self.0.insert(event.id.clone(), report);
        } else if let Some(report) = self.0.get_mut(&event.id) {
            report.apply(event);
        }
    }
}
