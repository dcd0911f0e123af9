//! What people do with a case, and what the system opens by itself.

use std::collections::BTreeSet;

use model::text::Text;
use serde::Deserialize;

use super::disposal::{Disposal, DisposalEvent};
use super::event::{CaseEvent, CaseStep, FindingRef, Listed, MeasureStep, Opened};
use super::leave;
use super::measures::{self, MeasureCommand};
use super::setting::Setting;
use super::state::{Case, Judgement};
use super::table::{CASE, CaseVerb};
use crate::actor::{Actor, Who};
use crate::library::{Approval, Stage};
use crate::life::Word as _;
use crate::machine::{Kind as _, need};
use crate::numbers::{Kind, Numbers};
use crate::term::Deadline;
use crate::words::{maybe, said};
use crate::{Refusal, Why};

/// What a case begins with, or what joins one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// The institution.
    pub institution: String,
    /// Its name, where it is known.
    pub name: Option<String>,
    /// Its line of business, where one is known.
    pub line: Option<String>,
    /// The bureau that looks after it.
    pub bureau: String,
    /// Who is to own the case.
    pub owner: String,
    /// The alert that brings it.
    pub alert: Option<String>,
    /// Kinds of risk that somebody names; those of the findings are added.
    pub risks: BTreeSet<String>,
    /// Findings.
    pub findings: Vec<FindingRef>,
    /// Why a person opens it.
    pub reason: Option<String>,
}

/// What a person does with a case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum CaseCommand {
    /// 认领.
    Claim,
    /// 转办. Whether there is such a person is the roster's to say.
    Assign {
        /// To whom.
        owner: String,
    },
    /// 确认发现.
    ConfirmFinding {
        /// The how-manieth, from 0.
        finding: u32,
        /// Remark.
        #[serde(default)]
        note: Option<String>,
    },
    /// 排除发现.
    DismissFinding {
        /// The how-manieth, from 0.
        finding: u32,
        /// Why.
        reason: String,
    },
    /// 认定风险.
    AddRisk {
        /// Which.
        risk: String,
        /// Why.
        reason: String,
    },
    /// 撤销风险.
    StrikeRisk {
        /// Which.
        risk: String,
        /// Why.
        reason: String,
    },
    /// 增列措施.
    AddMeasure {
        /// Which, of the library.
        measure: String,
        /// Why.
        reason: String,
    },
    /// Something about a measure.
    #[serde(skip)]
    Measure {
        /// Which, by its key in the case.
        key: String,
        /// What.
        command: MeasureCommand,
    },
    /// 申请跳过.
    AskSkip {
        /// Why.
        reason: String,
    },
    /// 驳回跳过.
    RefuseSkip {
        /// Why.
        reason: String,
    },
    /// 批准跳过.
    Skip,
    /// 推进.
    Advance,
    /// 结案.
    Close {
        /// What came of it.
        reason: String,
    },
    /// 撤案.
    Drop {
        /// Why.
        reason: String,
    },
    /// 重启.
    Reopen {
        /// Why.
        reason: String,
    },
    /// 记录.
    Note {
        /// What.
        text: String,
    },
}

impl CaseCommand {
    pub(super) fn verb(&self) -> CaseVerb {
        match self {
            Self::Claim => CaseVerb::Claim,
            Self::Assign { .. } => CaseVerb::Assign,
            Self::ConfirmFinding { .. } => CaseVerb::ConfirmFinding,
            Self::DismissFinding { .. } => CaseVerb::DismissFinding,
            Self::AddRisk { .. } => CaseVerb::AddRisk,
            Self::StrikeRisk { .. } => CaseVerb::StrikeRisk,
            Self::AddMeasure { .. } => CaseVerb::AddMeasure,
            Self::Measure { command, .. } if command.lifts() => CaseVerb::LiftMeasure,
            Self::Measure { .. } => CaseVerb::HandleMeasure,
            Self::AskSkip { .. } => CaseVerb::AskSkip,
            Self::RefuseSkip { .. } => CaseVerb::RefuseSkip,
            Self::Skip => CaseVerb::Skip,
            Self::Advance => CaseVerb::Advance,
            Self::Close { .. } => CaseVerb::Close,
            Self::Drop { .. } => CaseVerb::Drop,
            Self::Reopen { .. } => CaseVerb::Reopen,
            Self::Note { .. } => CaseVerb::Note,
        }
    }
}

/// 立案: opens a case, or joins the open one of the institution; nothing where that has it all.
///
/// # Errors
/// [`Refusal`]; what the system opens is refused for nothing but a risk that the library does not know.
pub fn open(
    disposal: &Disposal,
    opening: &Opening,
    who: &Who,
    setting: &Setting<'_>,
    numbers: &mut Numbers,
) -> Result<Vec<DisposalEvent>, Refusal> {
    let reason = match who.actor {
        Actor::System => None,
        _ => {
            need(who, Text::new("立案", "open a case"), Some(crate::actor::Post::Officer))?;
            Some(said(opening.reason.as_deref().unwrap_or_default())?)
        }
    };
    if let Some(risk) = opening.risks.iter().find(|risk| setting.library.risk(risk).is_none()) {
        return Err(Refusal::not_found(&risk_word(), risk));
    }
    let mut risks = opening.risks.clone();
    for finding in &opening.findings {
        risks.extend(setting.library.risks_of(&finding.entry, opening.line.as_deref()));
    }
    match disposal.cases.open_of(&opening.institution) {
        Some(case) => Ok(join(case, opening, risks, reason, who, setting)),
        None => Ok(open_new(opening, risks, reason, who, setting, numbers)),
    }
}

fn open_new(
    opening: &Opening,
    risks: BTreeSet<String>,
    reason: Option<String>,
    who: &Who,
    setting: &Setting<'_>,
    numbers: &mut Numbers,
) -> Vec<DisposalEvent> {
    let stage = Stage::Identify;
    let deadline =
        leave::term_of(stage, setting).map(|term| Deadline::start(term, setting.now, setting.calendar));
    let id = numbers.next(Kind::Case, setting.now);
    let event = |by: &Actor, step| {
        DisposalEvent::Case(CaseEvent {
            id: id.clone(),
            institution: opening.institution.clone(),
            at: setting.now,
            by: by.clone(),
            step,
        })
    };
    let opened = Opened {
        name: opening.name.clone(),
        line: opening.line.clone(),
        bureau: opening.bureau.clone(),
        owner: opening.owner.clone(),
        alert: opening.alert.clone(),
        risks: risks.clone(),
        findings: opening.findings.clone(),
        reason,
        stage,
        deadline,
        library: setting.library.digest().to_owned(),
    };
    let suggested = suggested(None, &risks, opening.line.as_deref(), setting);
    let mut events = vec![event(&who.actor, CaseStep::Opened(opened))];
    events.extend(suggested.map(|step| event(&Actor::System, step)));
    events
}

fn join(
    case: &Case,
    opening: &Opening,
    mut risks: BTreeSet<String>,
    reason: Option<String>,
    who: &Who,
    setting: &Setting<'_>,
) -> Vec<DisposalEvent> {
    let mut findings: Vec<FindingRef> = Vec::new();
    for finding in &opening.findings {
        let known = case.findings.iter().any(|held| held.finding == *finding) || findings.contains(finding);
        if !known {
            findings.push(finding.clone());
        }
    }
    risks.retain(|risk| !case.risks.contains(risk) && !case.struck.contains_key(risk));
    let alert = opening.alert.clone().filter(|alert| !case.alerts.contains(alert));
    if findings.is_empty() && risks.is_empty() && alert.is_none() {
        return Vec::new();
    }
    let all = case.risks.union(&risks).cloned().collect();
    let suggested = suggested(Some(case), &all, case.line.as_deref(), setting);
    let joined = CaseStep::Joined { alert, findings, risks, reason };
    let mut events = vec![event(case, &who.actor, setting, joined)];
    events.extend(suggested.map(|step| event(case, &Actor::System, setting, step)));
    events
}

/// What the library suggests for some risks and the case does not list.
fn suggested(
    case: Option<&Case>,
    risks: &BTreeSet<String>,
    line: Option<&str>,
    setting: &Setting<'_>,
) -> Option<CaseStep> {
    let listed = |id: &str| {
        case.is_some_and(|case| case.measures.values().any(|measure| measure.listed.measure == id))
    };
    let fresh = setting.library.suggested(risks, line).into_iter().filter(|form| !listed(&form.id));
    let measures: Vec<Listed> = fresh.map(|form| Listed::new(form, form.id.clone())).collect();
    (!measures.is_empty()).then_some(CaseStep::Suggested { measures })
}

pub(super) fn event(case: &Case, by: &Actor, setting: &Setting<'_>, step: CaseStep) -> DisposalEvent {
    DisposalEvent::Case(CaseEvent {
        id: case.id.clone(),
        institution: case.institution.clone(),
        at: setting.now,
        by: by.clone(),
        step,
    })
}

fn risk_word() -> Text {
    Text::new("风险种类", "kind of risk")
}

/// What a person does with a case.
///
/// # Errors
/// [`Refusal`].
pub fn command(
    disposal: &Disposal,
    id: &str,
    command: &CaseCommand,
    who: &Who,
    setting: &Setting<'_>,
    numbers: &mut Numbers,
) -> Result<Vec<DisposalEvent>, Refusal> {
    let case = disposal.cases.get(id).ok_or_else(|| Refusal::not_found(&Text::new("案件", "case"), id))?;
    let verb = command.verb();
    let to = CASE.step(case.stage, verb, who)?;
    let one = |step| Ok(vec![event(case, &who.actor, setting, step)]);
    match command {
        CaseCommand::Claim => one(CaseStep::Assigned { owner: claimant(case, who)? }),
        CaseCommand::Assign { owner } => one(CaseStep::Assigned { owner: said(owner)? }),
        CaseCommand::ConfirmFinding { finding, note } => {
            unlike(case, *finding, |judgement| matches!(judgement, Judgement::Confirmed { .. }))?;
            one(CaseStep::FindingConfirmed { finding: *finding, note: maybe(note.as_deref())? })
        }
        CaseCommand::DismissFinding { finding, reason } => {
            unlike(case, *finding, |judgement| matches!(judgement, Judgement::Dismissed(_)))?;
            one(CaseStep::FindingDismissed { finding: *finding, reason: said(reason)? })
        }
        CaseCommand::AddRisk { risk, reason } => add_risk(case, risk, reason, who, setting),
        CaseCommand::StrikeRisk { risk, reason } => {
            strike(case, risk)?;
            one(CaseStep::RiskStruck { risk: risk.clone(), reason: said(reason)? })
        }
        CaseCommand::AddMeasure { measure, reason } => {
            let form = setting
                .library
                .measure(measure)
                .ok_or_else(|| Refusal::not_found(&Text::new("措施", "measure of the library"), measure))?;
            let measure = Listed::new(form, free_key(case, measure));
            one(CaseStep::MeasureAdded { measure, reason: said(reason)? })
        }
        CaseCommand::Measure { key, command } => {
            measures::command(disposal, case, key, command, who, setting, numbers)
        }
        CaseCommand::AskSkip { reason } => {
            leave::may_skip(case, setting)?;
            one(CaseStep::SkipAsked { reason: said(reason)? })
        }
        CaseCommand::RefuseSkip { reason } => {
            asked_to_skip(case)?;
            one(CaseStep::SkipRefused { reason: said(reason)? })
        }
        CaseCommand::Skip => skip(disposal, case, to, who, setting),
        CaseCommand::Advance => {
            let missing = leave::to_advance(case, &disposal.orders, setting);
            leave::nothing(&missing, &leave::not_yet(case, false))?;
            one(CaseStep::Advanced { to, deadline: deadline(to, setting)? })
        }
        CaseCommand::Close { reason } => {
            let mut missing = leave::to_advance(case, &disposal.orders, setting);
            for end in leave::loose_ends(case, &disposal.orders) {
                if !missing.contains(&end) {
                    missing.push(end);
                }
            }
            leave::nothing(&missing, &leave::not_yet(case, true))?;
            one(CaseStep::Closed { reason: said(reason)? })
        }
        CaseCommand::Drop { reason } => {
            leave::nothing(&leave::to_drop(case, &disposal.orders), &leave::not_yet(case, true))?;
            other_than_dismisser(case, who)?;
            one(CaseStep::Dropped { reason: said(reason)? })
        }
        CaseCommand::Reopen { reason } => {
            if let Some(other) = disposal.cases.open_of(&case.institution) {
                return Err(Refusal::new(
                    Why::NotNow,
                    format!("该机构已有在办案件{}，请在该案中办理。", other.id),
                    format!("The institution has an open case, {}; go on with that one.", other.id),
                ));
            }
            one(CaseStep::Reopened { to, deadline: deadline(to, setting)?, reason: said(reason)? })
        }
        CaseCommand::Note { text } => one(CaseStep::Noted { text: said(text)? }),
    }
}

/// The deadline of a stage that a person enters.
fn deadline(stage: Stage, setting: &Setting<'_>) -> Result<Option<Deadline>, Refusal> {
    leave::term_of(stage, setting)
        .map(|term| Deadline::start_checked(term, setting.now, setting.calendar))
        .transpose()
}

fn claimant(case: &Case, who: &Who) -> Result<String, Refusal> {
    let person = who.actor.person().unwrap_or_default();
    match case.owner == person {
        false => Ok(person.to_owned()),
        true => Err(Refusal::new(
            Why::NotNow,
            format!("案件{}已由您负责。", case.id),
            format!("Case {} is yours already.", case.id),
        )),
    }
}

/// Refuses a finding that there is not, or that a person thinks so of already.
fn unlike(case: &Case, number: u32, is_so: impl Fn(&Judgement) -> bool) -> Result<(), Refusal> {
    let Some(finding) = case.findings.get(number as usize) else {
        return Err(Refusal::not_found(&Text::new("发现", "finding"), &number.to_string()));
    };
    match is_so(&finding.judgement) {
        false => Ok(()),
        true => Err(Refusal::new(
            Why::NotNow,
            format!("第{number}项发现（{}）已经如此认定。", finding.finding.entry),
            format!("Finding {number} ({}) is judged so already.", finding.finding.entry),
        )),
    }
}

fn add_risk(
    case: &Case,
    risk: &str,
    reason: &str,
    who: &Who,
    setting: &Setting<'_>,
) -> Result<Vec<DisposalEvent>, Refusal> {
    if setting.library.risk(risk).is_none() {
        return Err(Refusal::not_found(&risk_word(), risk));
    }
    if case.risks.contains(risk) {
        return Err(Refusal::new(
            Why::NotNow,
            format!("案件{}已认定风险“{risk}”。", case.id),
            format!("Case {} names the risk \"{risk}\" already.", case.id),
        ));
    }
    let added = CaseStep::RiskAdded { risk: risk.to_owned(), reason: said(reason)? };
    let mut risks = case.risks.clone();
    risks.insert(risk.to_owned());
    let mut events = vec![event(case, &who.actor, setting, added)];
    let suggested = suggested(Some(case), &risks, case.line.as_deref(), setting);
    events.extend(suggested.map(|step| event(case, &Actor::System, setting, step)));
    Ok(events)
}

/// Refuses to strike a risk that the case does not name, or for which alone a measure is mandatory
/// that is neither done nor waived: one person's word would take the place of two.
fn strike(case: &Case, risk: &str) -> Result<(), Refusal> {
    if !case.risks.contains(risk) {
        return Err(Refusal::not_found(&Text::new("本案认定的风险", "risk of the case"), risk));
    }
    let mut without = case.clone();
    without.risks.remove(risk);
    let relieved = case.unsettled_mandatory(Stage::Closed).into_iter();
    let relieved: Vec<Text> =
        relieved.filter(|measure| !without.is_mandatory(measure)).map(leave::unsettled).collect();
    leave::nothing(
        &relieved,
        &Text::new(
            format!("撤销风险“{risk}”之前，须先办结或经批准免除"),
            format!("The risk \"{risk}\" is struck after this was done or waived"),
        ),
    )
}

/// The name of one more measure of the same kind: `freeze-accounts`, then `freeze-accounts-2`.
fn free_key(case: &Case, measure: &str) -> String {
    let mut key = measure.to_owned();
    let mut number = 1;
    while case.measures.contains_key(&key) {
        number += 1;
        key = format!("{measure}-{number}");
    }
    key
}

fn asked_to_skip(case: &Case) -> Result<&super::state::Said, Refusal> {
    case.skip.as_ref().ok_or_else(|| {
        Refusal::new(
            Why::Missing,
            format!("尚无人申请跳过案件{}的“{}”阶段。", case.id, case.stage.zh()),
            format!("Nobody asked to skip the stage \"{}\" of case {} yet.", case.stage.en(), case.id),
        )
    })
}

fn skip(
    disposal: &Disposal,
    case: &Case,
    to: Stage,
    who: &Who,
    setting: &Setting<'_>,
) -> Result<Vec<DisposalEvent>, Refusal> {
    let asked = asked_to_skip(case)?;
    let approval = leave::may_skip(case, setting)?;
    let (waived, mut missing) = leave::waived_by_skip(case);
    if to == Stage::Closed {
        missing.extend(leave::loose_ends(case, &disposal.orders));
    }
    leave::nothing(&missing, &leave::not_yet(case, to == Stage::Closed))?;
    // Who lets the stage be skipped waives its measures, and has to be one who could waive each.
    let strictest =
        waived.iter().map(|measure| measure.listed.approval).max().unwrap_or(approval).max(approval);
    leave::may_agree(strictest.max(Approval::FourEyes), &asked.by, who, &CaseVerb::Skip.name())?;
    let reason = asked.reason.clone();
    let waive = |key: &String| {
        let step = MeasureStep::Waived { reason: reason.clone() };
        event(case, &who.actor, setting, CaseStep::Measure { key: key.clone(), step })
    };
    let mut events: Vec<_> = waived.iter().map(|measure| waive(&measure.listed.key)).collect();
    let skipped = CaseStep::Skipped { to, deadline: deadline(to, setting)?, reason: reason.clone() };
    events.push(event(case, &who.actor, setting, skipped));
    Ok(events)
}

/// Who dismissed a finding, or opened a case without one, does not drop the case as well.
fn other_than_dismisser(case: &Case, who: &Who) -> Result<(), Refusal> {
    let dismissed = case.findings.iter().any(|finding| {
        matches!(&finding.judgement, Judgement::Dismissed(said) if said.by.is_same_person(&who.actor))
    });
    let opened = case.findings.is_empty() && case.opened_by.is_same_person(&who.actor);
    match dismissed || opened {
        false => Ok(()),
        true => Err(Refusal::new(
            Why::FourEyes,
            format!("案件{}的发现由您排除（或案件由您提出），须由另一人撤案。", case.id),
            format!(
                "You dismissed a finding of case {}, or opened it; another person has to drop it.",
                case.id
            ),
        )),
    }
}
