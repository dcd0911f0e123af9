//! 整改方案: what an institution means to do about a yellow alert (requirement 2.9), and the
//! supervisor's answer to it.

use std::collections::BTreeMap;

use model::time::{Day, Time};
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Post, Who};
use crate::alert::{Alert, Clock};
use crate::numbers::{Kind, Numbers};
use crate::setting::Setting;
use crate::term::Deadline;
use crate::{Refusal, Why};

/// Characters of a plan or an answer at most.
const TEXT_CHARS_MAX: usize = 20_000;

/// Something that happened to a rectification plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanEvent {
    /// Its number.
    pub id: String,
    /// The institution.
    pub institution: String,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Actor,
    /// What.
    pub step: PlanStep,
}

/// A step in the life of a rectification plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanStep {
    /// 提交.
    Filed {
        /// The alert that it answers.
        alert: String,
        /// What the institution will do.
        text: String,
        /// By when it will be done.
        done_by: Day,
        /// Until when the supervisor answers.
        answer: Deadline,
    },
    /// 采纳.
    Accepted {
        /// What there is to say.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        note: Option<String>,
    },
    /// 退回.
    SentBack {
        /// Why.
        reasons: String,
    },
    /// 答复逾期: the supervisor did not answer in time.
    AnswerMissed,
}

/// Where a plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// It waits for the supervisor's answer.
    Filed,
    /// Accepted.
    Accepted,
    /// Sent back.
    SentBack,
}

/// A rectification plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Number.
    pub id: String,
    /// The institution.
    pub institution: String,
    /// The alert that it answers.
    pub alert: String,
    /// What the institution will do.
    pub text: String,
    /// By when it will be done.
    pub done_by: Day,
    /// When it was filed.
    pub filed_at: Time,
    /// Until when the supervisor answers.
    pub answer: Deadline,
    /// Where it stands.
    pub state: PlanState,
    /// Who answered.
    pub answered_by: Option<Actor>,
    /// What was answered.
    pub said: Option<String>,
}

/// All plans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plans(BTreeMap<String, Plan>);

impl Plans {
    /// One by its number.
    pub fn get(&self, id: &str) -> Option<&Plan> {
        self.0.get(id)
    }

    /// All, in the order of their numbers.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Plan> {
        self.0.values()
    }

    /// Those of an alert, in the order in which they came.
    pub fn of<'p>(&'p self, alert: &'p str) -> impl DoubleEndedIterator<Item = &'p Plan> {
        self.0.values().filter(move |plan| plan.alert == alert)
    }

    /// Takes in what happened.
    pub fn apply(&mut self, event: &PlanEvent) {
        if let PlanStep::Filed { alert, text, done_by, answer } = &event.step {
            let plan = Plan {
                id: event.id.clone(),
                institution: event.institution.clone(),
                alert: alert.clone(),
                text: text.clone(),
                done_by: *done_by,
                filed_at: event.at,
                answer: *answer,
                state: PlanState::Filed,
                answered_by: None,
                said: None,
            };
            self.0.insert(event.id.clone(), plan);
            return;
        }
        let Some(plan) = self.0.get_mut(&event.id) else { return };
        match &event.step {
            PlanStep::Filed { .. } => {}
            PlanStep::AnswerMissed => drop(plan.answer.missed.get_or_insert(event.at)),
            PlanStep::Accepted { note } => {
                plan.state = PlanState::Accepted;
                plan.said.clone_from(note);
            }
            PlanStep::SentBack { reasons } => {
                plan.state = PlanState::SentBack;
                plan.said = Some(reasons.clone());
            }
        }
        if plan.state != PlanState::Filed {
            plan.answer.kept.get_or_insert(event.at);
            plan.answered_by = Some(event.by.clone());
        }
    }
}

fn text(what: (&str, &str), text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    match (1..=TEXT_CHARS_MAX).contains(&text.chars().count()) {
        true => Ok(text.to_owned()),
        false => Err(Refusal::new(
            Why::Missing,
            format!("请写明{}，不超过{TEXT_CHARS_MAX}字。", what.0),
            format!("Say {}, in at most {TEXT_CHARS_MAX} characters.", what.1),
        )),
    }
}

/// An institution files its plan for its alert.
///
/// # Errors
/// [`Refusal`].
pub fn file(
    alert: &Alert,
    plans: &Plans,
    plan: (&str, Day),
    who: &Who,
    setting: &Setting<'_>,
    numbers: &mut Numbers,
) -> Result<PlanEvent, Refusal> {
    let (said, done_by) = plan;
    if who.actor != Actor::Institution(alert.institution.clone()) {
        return Err(Refusal::new(
            Why::NotAllowed,
            "整改方案由被预警的机构自己提交。",
            "A rectification plan is filed by the institution that the alert is about.",
        ));
    }
    if !alert.is_open() || !alert.clocks.contains_key(&Clock::Plan) {
        return Err(Refusal::new(
            Why::NotNow,
            format!("预警{}不要求提交整改方案。", alert.id),
            format!("Alert {} asks for no rectification plan.", alert.id),
        ));
    }
    if let Some(before) = plans.of(&alert.id).next_back()
        && before.state != PlanState::SentBack
    {
        let (zh, en) = match before.state {
            PlanState::Accepted => ("已采纳", "was accepted"),
            _ => ("正在审核", "waits for its answer"),
        };
        return Err(Refusal::new(
            Why::NotNow,
            format!("整改方案{}{zh}，无须另行提交。", before.id),
            format!("Plan {} {en}; no other one is needed.", before.id),
        ));
    }
    let said = text(("整改措施", "what will be done"), said)?;
    if done_by < setting.now.day() {
        return Err(Refusal::new(
            Why::BadValue,
            "完成日期不得早于今日。",
            "The day by which it is done cannot lie before today.",
        ));
    }
    let answer = Deadline::start(setting.policy.alerts.yellow.plan_answer, setting.now, setting.calendar);
    Ok(PlanEvent {
        id: numbers.next(Kind::Plan, setting.now),
        institution: alert.institution.clone(),
        at: setting.now,
        by: who.actor.clone(),
        step: PlanStep::Filed { alert: alert.id.clone(), text: said, done_by, answer },
    })
}

/// The supervisor's answer to a plan: accepted, or sent back with reasons.
///
/// # Errors
/// [`Refusal`].
pub fn answer(
    plan: &Plan,
    is_accepted: bool,
    said: &str,
    who: &Who,
    setting: &Setting<'_>,
) -> Result<PlanEvent, Refusal> {
    if !who.is_at_least(Post::Officer) || who.actor == Actor::System {
        return Err(Refusal::new(
            Why::NotAllowed,
            "整改方案须由监管员或以上职级审核。",
            "A plan is answered by an officer or above.",
        ));
    }
    if plan.state != PlanState::Filed {
        return Err(Refusal::new(
            Why::NotNow,
            format!("整改方案{}已经答复。", plan.id),
            format!("Plan {} has its answer.", plan.id),
        ));
    }
    let step = match is_accepted {
        true => PlanStep::Accepted { note: (!said.trim().is_empty()).then(|| said.trim().to_owned()) },
        false => PlanStep::SentBack { reasons: text(("退回理由", "why it is sent back"), said)? },
    };
    Ok(PlanEvent {
        id: plan.id.clone(),
        institution: plan.institution.clone(),
        at: setting.now,
        by: who.actor.clone(),
        step,
    })
}

/// A plan whose answer is overdue, once.
pub fn overdue(plan: &Plan, setting: &Setting<'_>) -> Option<PlanEvent> {
    let is_over = plan.state == PlanState::Filed && plan.answer.is_over(setting.now);
    is_over.then(|| PlanEvent {
        id: plan.id.clone(),
        institution: plan.institution.clone(),
        at: setting.now,
        by: Actor::System,
        step: PlanStep::AnswerMissed,
    })
}
