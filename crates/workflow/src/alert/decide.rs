//! What follows on grades, on the time that went by and on what people say.

use std::collections::BTreeMap;

use model::event::{Grade, GradeEvent, Reason, Verdict};
use model::text::Text;
use model::time::Day;
use serde::Deserialize;

use super::event::{AlertEvent, AlertReason, AlertStep, Clock, Started, Worse};
use super::state::{Alert, Alerts};
use crate::actor::{Actor, Post, Who};
use crate::numbers::{Kind, Numbers};
use crate::setting::Setting;
use crate::term::{Deadline, Term};
use crate::{Refusal, Why};

/// The institution of what concerns the industry.
pub(crate) const INDUSTRY: &str = "*";
/// Characters of a reason at most.
const REASON_CHARS_MAX: usize = 2000;

/// What a person does with an alert.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum AlertCommand {
    /// 确认收悉.
    Acknowledge,
    /// 转办: to another person of the roster.
    Assign {
        /// To whom.
        owner: String,
    },
    /// 降级: by a person's judgement.
    Ease {
        /// To which grade; green closes it.
        grade: Grade,
        /// Why.
        reason: String,
    },
    /// 排除: a false alarm.
    Dismiss {
        /// Why.
        reason: String,
        /// Until when the same reasons raise no new one.
        #[serde(default)]
        mute_until: Option<Day>,
    },
    /// 解除.
    Close {
        /// Why.
        reason: String,
    },
}

/// The reasons of a grade that raise an alert: what could be evaluated and is not green.
fn reasons(grade: &GradeEvent) -> impl Iterator<Item = AlertReason> {
    let day = grade.day;
    let alarming =
        |reason: &&Reason| matches!(reason.verdict, Verdict::Graded(grade) if grade > Grade::Green);
    grade.reasons.iter().filter(alarming).map(move |reason| AlertReason {
        entry: reason.entry.clone(),
        entry_hash: reason.entry_hash.clone(),
        line: reason.line.clone(),
        day,
        grade: reason.verdict.grade().unwrap_or(Grade::Yellow),
        value: reason.value.clone(),
        condition: reason.condition.clone(),
    })
}

/// The clocks that an alert of a grade starts.
fn clocks(institution: &str, grade: Grade, setting: &Setting<'_>) -> Vec<Started> {
    let policy = &setting.policy.alerts;
    let start = |(clock, term): (Clock, Term)| Started {
        clock,
        deadline: Deadline::start(term, setting.now, setting.calendar),
    };
    let of_grade = match grade {
        Grade::Red => vec![(Clock::Push, policy.red.push), (Clock::Acknowledge, policy.red.acknowledge)],
        // Nobody writes a letter to the industry as a whole, and it files no plan.
        _ if institution == INDUSTRY => {
            policy.acknowledge(grade).map(|term| (Clock::Acknowledge, term)).into_iter().collect()
        }
        Grade::Orange => {
            vec![(Clock::Letter, policy.orange.letter), (Clock::Acknowledge, policy.orange.acknowledge)]
        }
        Grade::Yellow => vec![(Clock::Publish, policy.yellow.publish), (Clock::Plan, policy.yellow.plan)],
        Grade::Green => Vec::new(),
    };
    of_grade.into_iter().map(start).collect()
}

/// What follows on grades that were sealed in the same step: an alert opens, more joins it, it gets
/// worse, or a lasting improvement makes it better.
pub fn react(
    alerts: &Alerts,
    grades: &[GradeEvent],
    setting: &Setting<'_>,
    numbers: &mut Numbers,
) -> Vec<AlertEvent> {
    let oldest =
        setting.now.day().plus(-i32::try_from(setting.policy.alerts.considers_days).unwrap_or(i32::MAX));
    let mut of_each: BTreeMap<&str, Vec<&GradeEvent>> = BTreeMap::new();
    for grade in grades.iter().filter(|grade| grade.day >= oldest) {
        of_each.entry(&grade.institution).or_default().push(grade);
    }
    let mut events = Vec::new();
    for (institution, grades) in of_each {
        let found: Vec<AlertReason> = grades.iter().flat_map(|grade| reasons(grade)).collect();
        match alerts.open_of(institution) {
            Some(alert) => events.extend(react_open(alert, &grades, found, setting)),
            None => {
                let answered = alerts.answered(institution);
                let news = |reason: &AlertReason| answered.is_none_or(|answered| !answered.covers(reason));
                let found: Vec<_> = found.into_iter().filter(news).collect();
                events.extend(open(institution, found, &grades, setting, numbers));
            }
        }
    }
    events
}

fn event(alert: &Alert, by: &Actor, setting: &Setting<'_>, step: AlertStep) -> AlertEvent {
    AlertEvent {
        id: alert.id.clone(),
        institution: alert.institution.clone(),
        at: setting.now,
        by: by.clone(),
        step,
    }
}

fn as_of(grades: &[&GradeEvent]) -> u64 {
    grades.iter().map(|grade| grade.as_of).max().unwrap_or_default()
}

fn open(
    institution: &str,
    reasons: Vec<AlertReason>,
    grades: &[&GradeEvent],
    setting: &Setting<'_>,
    numbers: &mut Numbers,
) -> Option<AlertEvent> {
    let grade = reasons.iter().map(|reason| reason.grade).max()?;
    let bureau = setting.bureau(institution)?;
    Some(AlertEvent {
        id: numbers.next(Kind::Alert, setting.now),
        institution: institution.to_owned(),
        at: setting.now,
        by: Actor::System,
        step: AlertStep::Opened {
            grade,
            reasons,
            bureau: bureau.id.clone(),
            owner: bureau.chain.first()?.clone(),
            clocks: clocks(institution, grade, setting),
            as_of: as_of(grades),
        },
    })
}

fn react_open(
    alert: &Alert,
    grades: &[&GradeEvent],
    mut found: Vec<AlertReason>,
    setting: &Setting<'_>,
) -> Option<AlertEvent> {
    found.retain(|reason| {
        let held = alert.reasons.get(&(reason.entry.clone(), reason.line.clone()));
        held.and_then(|held| held.days.get(&reason.day)).is_none_or(|known| *known < reason.grade)
    });
    let as_of = as_of(grades);
    let worst = found.iter().map(|reason| reason.grade).max();
    let step = match worst {
        Some(grade) if grade > alert.grade => AlertStep::Raised {
            grade,
            because: Worse::Found,
            reasons: found,
            clocks: clocks(&alert.institution, grade, setting),
            as_of,
        },
        Some(_) => AlertStep::Joined { reasons: found, as_of },
        None => lasting_improvement(alert, grades, setting)?,
    };
    Some(event(alert, &Actor::System, setting, step))
}

/// The better grade of an alert whose institution had so many better days in a row.
fn lasting_improvement(alert: &Alert, grades: &[&GradeEvent], setting: &Setting<'_>) -> Option<AlertStep> {
    let easing = setting.policy.alerts.easing;
    if alert.grade >= easing.person_from {
        return None;
    }
    let mut days = alert.days.clone();
    let graded = grades.iter().filter_map(|grade| Some((grade.day, grade.verdict.grade()?)));
    days.extend(graded);
    let closed = days.range(..=setting.closed).rev();
    let last: Vec<Grade> = closed.take(easing.days as usize).map(|(_, grade)| *grade).collect();
    // What was found on a day that is not over counts already.
    let since = days.range(setting.closed.plus(1)..).map(|(_, grade)| *grade).max();
    let now = last.iter().copied().chain(since).max()?;
    if last.len() < easing.days as usize || now >= alert.grade {
        return None;
    }
    Some(match now {
        // With a case it is over when the case is.
        Grade::Green if alert.case.is_none() => AlertStep::Closed { reason: None },
        Grade::Green => return None,
        grade => AlertStep::Eased { grade, reason: None },
    })
}

/// What follows on the time that went by: deadlines that were missed, once each.
pub fn overdue(alert: &Alert, setting: &Setting<'_>) -> Vec<AlertEvent> {
    if !alert.is_open() {
        return Vec::new();
    }
    let mut events = Vec::new();
    let mut tell = |step| events.push(event(alert, &Actor::System, setting, step));
    let over = alert.clocks.iter().filter(|(_, deadline)| deadline.is_over(setting.now));
    for clock in over.map(|(clock, _)| clock) {
        tell(AlertStep::Missed { clock: *clock });
        match clock {
            Clock::Acknowledge => {
                if let Some((to, rank)) = next_in_chain(alert, setting)
                    && let Some(term) = setting.policy.alerts.acknowledge(alert.grade)
                {
                    let deadline = Deadline::start(term, setting.now, setting.calendar);
                    tell(AlertStep::Escalated { to, rank, deadline });
                }
            }
            Clock::Plan if alert.grade < Grade::Orange => {
                tell(raised_by_plan(alert, Worse::PlanOverdue, setting))
            }
            _ => {}
        }
    }
    events
}

/// Deadlines that the calendar reaches by now.
pub fn dated(alert: &Alert, setting: &Setting<'_>) -> Vec<AlertEvent> {
    let open = alert.clocks.iter().filter(|(_, deadline)| deadline.runs() && deadline.due.is_none());
    let due = open.filter_map(|(clock, deadline)| {
        Some((*clock, deadline.term.due(deadline.started, setting.calendar).ok()?))
    });
    due.map(|(clock, due)| event(alert, &Actor::System, setting, AlertStep::Dated { clock, due })).collect()
}

/// A plan that is overdue or was sent back too often: the alert is orange.
pub(crate) fn raised_by_plan(alert: &Alert, because: Worse, setting: &Setting<'_>) -> AlertStep {
    AlertStep::Raised {
        grade: Grade::Orange,
        because,
        reasons: Vec::new(),
        clocks: clocks(&alert.institution, Grade::Orange, setting),
        as_of: alert.as_of,
    }
}

/// Who is told next when nobody acknowledged it.
fn next_in_chain(alert: &Alert, setting: &Setting<'_>) -> Option<(String, u32)> {
    let chain = &setting.policy.roster.bureau(&alert.bureau)?.chain;
    let rank = alert.rank + 1;
    Some((chain.get(rank as usize)?.clone(), rank))
}

/// What a person does with an alert.
///
/// # Errors
/// [`Refusal`].
pub fn command(
    alert: &Alert,
    command: &AlertCommand,
    who: &Who,
    setting: &Setting<'_>,
) -> Result<Vec<AlertEvent>, Refusal> {
    if !alert.is_open() {
        return Err(Refusal::new(
            Why::NotNow,
            format!("预警{}已经结束，不能再作处理。", alert.id),
            format!("Alert {} has ended; nothing more is done with it.", alert.id),
        ));
    }
    let step = match command {
        AlertCommand::Acknowledge => match &alert.acknowledged {
            Some((by, _)) => {
                return Err(Refusal::new(
                    Why::NotNow,
                    format!("预警{}已由{by}确认。", alert.id),
                    format!("Alert {} was acknowledged by {by}.", alert.id),
                ));
            }
            None => {
                need(who, Post::Analyst)?;
                AlertStep::Acknowledged
            }
        },
        AlertCommand::Assign { owner } => {
            need(who, Post::Officer)?;
            if setting.policy.roster.person(owner).is_none() {
                return Err(Refusal::not_found(&Text::new("人员", "person"), owner));
            }
            AlertStep::Assigned { owner: owner.clone() }
        }
        AlertCommand::Ease { grade, reason } => {
            need(who, Post::Officer)?;
            let reason = said(reason)?;
            if *grade >= alert.grade {
                return Err(Refusal::new(
                    Why::BadValue,
                    format!("预警{}现为{}，只能降到更好的等级。", alert.id, alert.grade.zh()),
                    format!(
                        "Alert {} is {}; it can only be eased to a better grade.",
                        alert.id,
                        alert.grade.en()
                    ),
                ));
            }
            match grade {
                Grade::Green => {
                    without_case(alert)?;
                    AlertStep::Closed { reason: Some(reason) }
                }
                grade => AlertStep::Eased { grade: *grade, reason: Some(reason) },
            }
        }
        AlertCommand::Dismiss { reason, mute_until } => {
            need(who, Post::Officer)?;
            let reason = said(reason)?;
            without_case(alert)?;
            check_mute(*mute_until, setting)?;
            AlertStep::Dismissed { reason, mute_until: *mute_until }
        }
        AlertCommand::Close { reason } => {
            need(who, Post::Officer)?;
            let reason = said(reason)?;
            without_case(alert)?;
            acknowledged(alert)?;
            AlertStep::Closed { reason: Some(reason) }
        }
    };
    Ok(vec![event(alert, &who.actor, setting, step)])
}

/// What a clock ran for was done.
pub(crate) fn kept(alert: &Alert, clock: Clock, by: &Actor, setting: &Setting<'_>) -> Option<AlertEvent> {
    let deadline = alert.clocks.get(&clock)?;
    let is_new = alert.is_open() && deadline.kept.is_none();
    is_new.then(|| event(alert, by, setting, AlertStep::Kept { clock }))
}

/// A step of an alert that another topic calls for.
pub(crate) fn of_system(alert: &Alert, setting: &Setting<'_>, step: AlertStep) -> AlertEvent {
    event(alert, &Actor::System, setting, step)
}

fn need(who: &Who, post: Post) -> Result<(), Refusal> {
    match who.is_at_least(post) {
        true => Ok(()),
        false => Err(Refusal::new(
            Why::NotAllowed,
            format!("此项须由{}或以上职级办理。", post.zh()),
            format!("This takes the post of {} or above.", post.en()),
        )),
    }
}

fn said(reason: &str) -> Result<String, Refusal> {
    let reason = reason.trim();
    match (1..=REASON_CHARS_MAX).contains(&reason.chars().count()) {
        true => Ok(reason.to_owned()),
        false => Err(Refusal::new(
            Why::Missing,
            format!("请说明理由，不超过{REASON_CHARS_MAX}字。"),
            format!("Say why, in at most {REASON_CHARS_MAX} characters."),
        )),
    }
}

fn without_case(alert: &Alert) -> Result<(), Refusal> {
    match &alert.case {
        None => Ok(()),
        Some(case) => Err(Refusal::new(
            Why::NotNow,
            format!("预警{}已立案{case}，随案件了结，请先办结案件。", alert.id),
            format!("Alert {} belongs to case {case} and ends with it; close the case first.", alert.id),
        )),
    }
}

fn acknowledged(alert: &Alert) -> Result<(), Refusal> {
    let wants = alert.clocks.contains_key(&Clock::Acknowledge) && alert.acknowledged.is_none();
    match wants {
        false => Ok(()),
        true => Err(Refusal::new(
            Why::Missing,
            format!("预警{}尚未有人确认收悉，请先确认。", alert.id),
            format!("Nobody acknowledged alert {} yet; acknowledge it first.", alert.id),
        )),
    }
}

fn check_mute(until: Option<Day>, setting: &Setting<'_>) -> Result<(), Refusal> {
    let max = setting.policy.alerts.dismissal.mute_days_max;
    let latest = setting.now.day().plus(i32::try_from(max).unwrap_or(i32::MAX));
    match until {
        Some(day) if day < setting.now.day() || day > latest => Err(Refusal::new(
            Why::BadValue,
            format!("静默截止日须在今日至{latest}之间（最长{max}日）。"),
            format!("A reason is muted until a day from today to {latest} (at most {max} days)."),
        )),
        _ => Ok(()),
    }
}
