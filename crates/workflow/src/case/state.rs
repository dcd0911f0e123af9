//! Cases as they stand: what was sealed, folded.

use std::collections::{BTreeMap, BTreeSet};

use model::time::Time;
use serde::Serialize;

use super::event::{CaseClock, CaseEvent, CaseStep, FindingRef, Listed, Opened};
use super::measure::Measure;
use crate::actor::Actor;
use crate::library::Stage;
use crate::term::Deadline;

/// Something that somebody did or asked for, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Time,
    /// Why, or what.
    pub reason: String,
}

impl Said {
    pub(super) fn of(event: &CaseEvent, reason: &str) -> Self {
        Self { by: event.by.clone(), at: event.at, reason: reason.to_owned() }
    }
}

/// What a person thinks of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Nobody looked at it yet.
    Open,
    /// 确认.
    Confirmed {
        /// By whom.
        by: Actor,
        /// When.
        at: Time,
        /// Remark.
        note: Option<String>,
    },
    /// 排除.
    Dismissed(Said),
}

impl Judgement {
    /// Whether a person confirmed it.
    pub const fn is_confirmed(&self) -> bool {
        matches!(self, Self::Confirmed { .. })
    }
}

/// A finding of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which.
    pub finding: FindingRef,
    /// What a person thinks of it.
    pub judgement: Judgement,
}

/// The time that a case spends in a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stay {
    /// Which.
    pub stage: Stage,
    /// Since when.
    pub entered_at: Time,
    /// Until when it is to be left.
    pub deadline: Option<Deadline>,
    /// When it was left.
    pub left_at: Option<Time>,
    /// Why it was skipped, if it was.
    pub skipped: Option<String>,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 结案: everything was done.
    Settled,
    /// 撤案: nothing of what was found holds.
    Dropped,
}

/// The end of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// How.
    pub how: Outcome,
    /// Who said so, when and why.
    pub said: Said,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Number.
    pub id: String,
    /// The institution.
    pub institution: String,
    /// Its name, where it is known.
    pub name: Option<String>,
    /// Its line of business, where one is known.
    pub line: Option<String>,
    /// The bureau that looks after it.
    pub bureau: String,
    /// Who owns it.
    pub owner: String,
    /// Who opened it.
    pub opened_by: Actor,
    /// When.
    pub opened_at: Time,
    /// Why, where a person opened it.
    pub reason: Option<String>,
    /// Digest of the library under which it was opened.
    pub library: String,
    /// The alerts that brought it.
    pub alerts: Vec<String>,
    /// The stage in which it is.
    pub stage: Stage,
    /// The stages so far, the present one last.
    pub stays: Vec<Stay>,
    /// Kinds of risk.
    pub risks: BTreeSet<String>,
    /// Kinds of risk that a person struck, and why: no finding brings them back.
    pub struck: BTreeMap<String, Said>,
    /// Findings.
    pub findings: Vec<Finding>,
    /// Measures, by their key.
    pub measures: BTreeMap<String, Measure>,
    /// Who asked to skip the stage.
    pub skip: Option<Said>,
    /// Notes.
    pub notes: Vec<Said>,
    /// How it ended, while it is closed.
    pub ended: Option<Ending>,
    /// When it was reopened, and why.
    pub reopened: Vec<Said>,
}

impl Case {
    fn opened(event: &CaseEvent, opened: &Opened) -> Self {
        let mut case = Self {
            id: event.id.clone(),
            institution: event.institution.clone(),
            name: opened.name.clone(),
            line: opened.line.clone(),
            bureau: opened.bureau.clone(),
            owner: opened.owner.clone(),
            opened_by: event.by.clone(),
            opened_at: event.at,
            reason: opened.reason.clone(),
            library: opened.library.clone(),
            alerts: opened.alert.iter().cloned().collect(),
            stage: opened.stage,
            stays: Vec::new(),
            risks: opened.risks.clone(),
            struck: BTreeMap::new(),
            findings: Vec::new(),
            measures: BTreeMap::new(),
            skip: None,
            notes: Vec::new(),
            ended: None,
            reopened: Vec::new(),
        };
        case.enter(opened.stage, opened.deadline, event.at, None);
        case.take_findings(&opened.findings);
        case
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.stage != Stage::Closed
    }

    /// Its name as a text for people: the registered name, else the identifier.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.institution)
    }

    /// The stage in which it is, with its deadline.
    pub fn stay(&self) -> Option<&Stay> {
        self.stays.last()
    }

    /// Whether a measure must be done or waived for the case's risks.
    pub fn is_mandatory(&self, measure: &Measure) -> bool {
        !measure.listed.mandatory.is_disjoint(&self.risks)
    }

    /// Mandatory measures of the stages up to one that are neither done nor waived. A measure that
    /// the case lists more than once is settled when one of them is.
    pub fn unsettled_mandatory(&self, up_to: Stage) -> Vec<&Measure> {
        let mut of_each: BTreeMap<&str, Vec<&Measure>> = BTreeMap::new();
        for measure in self.measures.values().filter(|measure| measure.listed.stage <= up_to) {
            of_each.entry(&measure.listed.measure).or_default().push(measure);
        }
        of_each.retain(|_, same| {
            same.iter().any(|measure| self.is_mandatory(measure)) && !same.iter().any(|one| one.is_settled())
        });
        let mut first: Vec<_> = of_each.values().filter_map(|same| same.first().copied()).collect();
        first.sort_by_key(|measure| (measure.listed.stage, &measure.listed.key));
        first
    }

    /// When the next of its clocks goes off.
    pub fn timer(&self) -> Option<Time> {
        if !self.is_open() {
            return None;
        }
        let stage = self.stay().and_then(|stay| stay.deadline).and_then(|deadline| deadline.timer());
        self.measures.values().filter_map(Measure::timer).chain(stage).min()
    }

    fn enter(&mut self, stage: Stage, deadline: Option<Deadline>, at: Time, skipped: Option<String>) {
        if let Some(stay) = self.stays.last_mut() {
            stay.left_at.get_or_insert(at);
            stay.skipped = skipped;
            if let Some(deadline) = &mut stay.deadline {
                deadline.kept.get_or_insert(at);
            }
        }
        self.stage = stage;
        self.skip = None;
        self.stays.push(Stay { stage, entered_at: at, deadline, left_at: None, skipped: None });
    }

    fn list(&mut self, listed: &Listed) {
        self.measures.entry(listed.key.clone()).or_insert_with(|| Measure::new(listed.clone()));
    }

    fn take_findings(&mut self, findings: &[FindingRef]) {
        for finding in findings {
            if !self.findings.iter().any(|known| known.finding == *finding) {
                self.findings.push(Finding { finding: finding.clone(), judgement: Judgement::Open });
            }
        }
    }

    fn judge(&mut self, number: u32, judgement: Judgement) {
        if let Some(finding) = self.findings.get_mut(number as usize) {
            finding.judgement = judgement;
        }
    }

    fn stay_deadline(&mut self) -> Option<&mut Deadline> {
        self.stays.last_mut().and_then(|stay| stay.deadline.as_mut())
    }

    fn apply(&mut self, event: &CaseEvent) {
        match &event.step {
            CaseStep::Opened(_) => {}
            CaseStep::Joined { alert, findings, risks, .. } => {
                if let Some(alert) = alert.as_ref().filter(|alert| !self.alerts.contains(alert)) {
                    self.alerts.push(alert.clone());
                }
                self.take_findings(findings);
                self.risks.extend(risks.iter().cloned());
            }
            CaseStep::Suggested { measures } => measures.iter().for_each(|listed| self.list(listed)),
            CaseStep::MeasureAdded { measure, .. } => self.list(measure),
            CaseStep::Assigned { owner } => self.owner.clone_from(owner),
            CaseStep::FindingConfirmed { finding, note } => {
                let (by, at, note) = (event.by.clone(), event.at, note.clone());
                self.judge(*finding, Judgement::Confirmed { by, at, note });
            }
            CaseStep::FindingDismissed { finding, reason } => {
                self.judge(*finding, Judgement::Dismissed(Said::of(event, reason)));
            }
            CaseStep::RiskAdded { risk, .. } => {
                self.struck.remove(risk);
                self.risks.insert(risk.clone());
            }
            CaseStep::RiskStruck { risk, reason } => {
                self.risks.remove(risk);
                self.struck.insert(risk.clone(), Said::of(event, reason));
            }
            CaseStep::Measure { key, step } => {
                if let Some(measure) = self.measures.get_mut(key) {
                    measure.apply(step, event);
                }
            }
            CaseStep::SkipAsked { reason } => self.skip = Some(Said::of(event, reason)),
            CaseStep::SkipRefused { .. } => self.skip = None,
            CaseStep::Skipped { to, deadline, reason } => {
                self.enter(*to, *deadline, event.at, Some(reason.clone()));
                if *to == Stage::Closed {
                    self.end(Outcome::Settled, event, reason);
                }
            }
            CaseStep::Advanced { to, deadline } => self.enter(*to, *deadline, event.at, None),
            CaseStep::StageMissed { .. } => {
                if let Some(deadline) = self.stay_deadline() {
                    deadline.missed.get_or_insert(event.at);
                }
            }
            CaseStep::Dated { clock: CaseClock::Stage, due } => {
                if let Some(deadline) = self.stay_deadline() {
                    deadline.due.get_or_insert(*due);
                }
            }
            CaseStep::Dated { clock: CaseClock::FollowUp { measure }, due } => {
                let measure = self.measures.get_mut(measure);
                if let Some(check) = measure.and_then(|measure| measure.follow_up.as_mut()) {
                    check.deadline.due.get_or_insert(*due);
                }
            }
            CaseStep::Closed { reason } => {
                self.enter(Stage::Closed, None, event.at, None);
                self.end(Outcome::Settled, event, reason);
            }
            CaseStep::Dropped { reason } => {
                self.enter(Stage::Closed, None, event.at, None);
                self.end(Outcome::Dropped, event, reason);
            }
            CaseStep::Reopened { to, deadline, reason } => {
                self.enter(*to, *deadline, event.at, None);
                self.ended = None;
                self.reopened.push(Said::of(event, reason));
            }
            CaseStep::Noted { text } => self.notes.push(Said::of(event, text)),
        }
    }

    fn end(&mut self, how: Outcome, event: &CaseEvent, reason: &str) {
        self.ended = Some(Ending { how, said: Said::of(event, reason) });
    }
}

/// All cases, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Cases(BTreeMap<String, Case>);

impl Cases {
    /// A case.
    pub fn get(&self, id: &str) -> Option<&Case> {
        self.0.get(id)
    }

    /// All, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Case> {
        self.0.values()
    }

    /// The open case of an institution: it has one at most.
    pub fn open_of(&self, institution: &str) -> Option<&Case> {
        self.0.values().find(|case| case.is_open() && case.institution == institution)
    }

    /// Takes in an event. One of a case that is not known changes nothing.
    pub fn apply(&mut self, event: &CaseEvent) {
        if let CaseStep::Opened(opened) = &event.step {
            self.0.entry(event.id.clone()).or_insert_with(|| Case::opened(event, opened));
        } else if let Some(case) = self.0.get_mut(&event.id) {
            case.apply(event);
        }
    }
}
