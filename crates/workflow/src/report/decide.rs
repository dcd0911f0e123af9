//! What may be done with a report, and what comes of it.

use model::text::Text;
use model::time::Time;
use serde::{Deserialize, Serialize};

use super::Terms;
use super::event::{Clock, CloseReason, Contact, ReportEvent, ReportStep, Subject};
use super::life::{ReportState, Step, TABLE};
use super::state::{Report, Reports};
use super::token::Token;
use crate::actor::{Actor, Who};
use crate::life::{Under, admit, written};
use crate::numbers::{Kind, Numbers};
use crate::term::{Deadline, Term};
use crate::{Refusal, Why};

/// Characters of a report at most.
const REPORT_CHARS_MAX: usize = 10_000;
/// Characters of a message or reason at most.
const TEXT_CHARS_MAX: usize = 5_000;
/// Characters of a name, a number or a way to answer at most.
const NAME_CHARS_MAX: usize = 200;
/// Messages of a reporter's at most.
const ASKED_MAX: usize = 100;

/// A report as it comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// About whom.
    pub subject: Subject,
    /// What the reporter says.
    pub text: String,
    /// A way to answer, if the reporter leaves one.
    #[serde(default)]
    pub contact: Option<String>,
}

/// A command to a report, by the supervisor's people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReportCommand {
    /// 受理.
    Acknowledge,
    /// 分派.
    Assign {
        /// To whom, by the identifier of the roster.
        to: String,
    },
    /// 答复.
    Answer {
        /// What the reporter is told or asked.
        text: String,
    },
    /// 延期.
    Extend {
        /// Why.
        reason: String,
    },
    /// 转案件.
    Lead {
        /// The case.
        case: String,
    },
    /// 办结.
    Close {
        /// In which way.
        reason: CloseReason,
        /// Why; the reporter reads it.
        text: String,
    },
    /// 并案.
    Merge {
        /// With which report.
        into: String,
    },
    /// 重新办理.
    Reopen {
        /// Why.
        reason: String,
    },
}

impl ReportCommand {
    /// The step of the table that it is.
    pub const fn step(&self) -> Step {
        match self {
            Self::Acknowledge => Step::Acknowledge,
            Self::Assign { .. } => Step::Assign,
            Self::Answer { .. } => Step::Answer,
            Self::Extend { .. } => Step::Extend,
            Self::Lead { .. } => Step::Lead,
            Self::Close { .. } => Step::Close,
            Self::Merge { .. } => Step::Merge,
            Self::Reopen { .. } => Step::Reopen,
        }
    }
}

fn event(id: &str, by: &Actor, at: Time, step: ReportStep) -> ReportEvent {
    ReportEvent { id: id.to_owned(), at, by: by.clone(), step }
}

fn reason(text: &str) -> Result<String, Refusal> {
    written(text, ("理由", "why"), TEXT_CHARS_MAX)
}

/// Takes a report. The token is made of the randomness that is handed in; it is shown to the
/// reporter once, and only its hash stands in the event.
///
/// # Errors
/// [`Refusal`].
pub fn submit(
    submission: &Submission,
    random: [u8; 25],
    who: &Who,
    under: &Under<'_, Terms>,
    numbers: &mut Numbers,
) -> Result<(ReportEvent, Token), Refusal> {
    admit(TABLE, Step::Submit, None::<ReportState>, who, &Text::default())?;
    let subject = match &submission.subject {
        Subject::Institution(id) => Subject::Institution(id.clone()),
        Subject::Named(name) => {
            Subject::Named(written(name, ("被举报人名称", "whom it is about"), NAME_CHARS_MAX)?)
        }
    };
    let text = written(&submission.text, ("举报内容", "what you report"), REPORT_CHARS_MAX)?;
    let contact = match submission.contact.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(contact) => {
            Some(Contact::new(written(contact, ("联系方式", "a way to answer"), NAME_CHARS_MAX)?))
        }
    };
    let token = Token::from_random(random);
    let acknowledge = Deadline::start(under.terms.acknowledge, under.now, under.calendar);
    let step = ReportStep::Received { subject, text, token_sha256: token.hash(), contact, acknowledge };
    Ok((event(&numbers.next(Kind::Report, under.now), &who.actor, under.now, step), token))
}

/// The reporter, who has the token, says or asks something.
///
/// # Errors
/// [`Refusal`]; the same one whether the number or the token is wrong.
pub fn ask(reports: &Reports, id: &str, token: &str, text: &str, now: Time) -> Result<ReportEvent, Refusal> {
    let report = reports.with_token(id, token).ok_or_else(|| {
        Refusal::new(
            Why::NotFound,
            "没有与该编号和查询码相符的举报。",
            "There is no report with this number and this token.",
        )
    })?;
    let reporter = Who::party(Actor::Anonymous);
    admit(TABLE, Step::Ask, Some(report.state), &reporter, &named(id))?;
    if report.asked() >= ASKED_MAX {
        return Err(Refusal::new(
            Why::NotNow,
            format!("同一举报的补充不超过{ASKED_MAX}条，请另行举报。"),
            format!("A report takes {ASKED_MAX} messages; send another report."),
        ));
    }
    let text = written(text, ("补充或询问的内容", "what you add or ask"), TEXT_CHARS_MAX)?;
    Ok(event(id, &Actor::Anonymous, now, ReportStep::Asked { text }))
}

fn named(id: &str) -> Text {
    Text::new(format!("举报{id}"), format!("Report {id}"))
}

/// What a command to a report comes to.
///
/// # Errors
/// [`Refusal`].
pub fn command(
    reports: &Reports,
    id: &str,
    command: &ReportCommand,
    who: &Who,
    under: &Under<'_, Terms>,
) -> Result<Vec<ReportEvent>, Refusal> {
    let found = reports.get(id);
    let report = found.ok_or_else(|| Refusal::not_found(&Text::new("举报", "report"), id))?;
    admit(TABLE, command.step(), Some(report.state), who, &named(id))?;
    use ReportCommand as C;
    let start = |term: Term| Deadline::start_checked(term, under.now, under.calendar);
    let step = match command {
        C::Acknowledge => ReportStep::Acknowledged { handle: start(under.terms.handle)? },
        C::Assign { to } => assign(report, to)?,
        C::Answer { text } => {
            let what = ("答复内容", "what the reporter is told");
            ReportStep::Answered { text: written(text, what, TEXT_CHARS_MAX)? }
        }
        C::Extend { reason: why } => extend(report, why, under)?,
        C::Lead { case } => ReportStep::Led {
            case: written(case, ("案件编号", "the number of the case"), NAME_CHARS_MAX)?,
        },
        C::Close { reason, text } => close(report, *reason, text)?,
        C::Merge { into } => merge(reports, id, into)?,
        C::Reopen { reason: why } => {
            ReportStep::Reopened { reason: reason(why)?, handle: start(under.terms.handle)? }
        }
    };
    Ok(vec![event(id, &who.actor, under.now, step)])
}

fn assign(report: &Report, to: &str) -> Result<ReportStep, Refusal> {
    let to = written(to, ("办理人", "who deals with it"), NAME_CHARS_MAX)?;
    match report.owner.as_ref() == Some(&to) && report.state == ReportState::Assigned {
        false => Ok(ReportStep::Assigned { to }),
        true => Err(Refusal::new(
            Why::NotNow,
            format!("举报{}已经由{to}办理。", report.id),
            format!("Report {} is dealt with by {to} already.", report.id),
        )),
    }
}

/// The term is extended once, before it is over, and from where it ended.
fn extend(report: &Report, why: &str, under: &Under<'_, Terms>) -> Result<ReportStep, Refusal> {
    let handle = report.clocks.get(&Clock::Handle).filter(|handle| !handle.is_over(under.now));
    let due = handle.and_then(Deadline::timer).filter(|_| !report.is_extended);
    let Some(due) = due else {
        return Err(Refusal::new(
            Why::NotNow,
            format!("举报{}的办理期限只能在届满前延长一次。", report.id),
            format!("The term of report {} is extended once, before it is over.", report.id),
        ));
    };
    // The last moment of the term, so that days are counted from its last day.
    let last = due.plus_seconds(-1);
    let longer = Deadline::start_checked(under.terms.extend, last, under.calendar)?;
    let handle = Deadline { started: under.now, ..longer };
    Ok(ReportStep::Extended { handle, reason: reason(why)? })
}

/// What was not acknowledged can only be not accepted.
fn close(report: &Report, why: CloseReason, text: &str) -> Result<ReportStep, Refusal> {
    let is_early = report.state == ReportState::Received;
    let is_refusal = matches!(why, CloseReason::NotAccepted | CloseReason::NotOurs);
    if is_early && !is_refusal {
        return Err(Refusal::new(
            Why::Missing,
            "尚未受理的举报只能以不予受理或不属于职责范围办结，查处结论须先受理。",
            "A report that was not acknowledged can only be closed as not accepted or another's; acknowledge it before it is judged.",
        ));
    }
    if !is_early && why == CloseReason::NotAccepted {
        return Err(Refusal::new(
            Why::BadValue,
            "已经受理的举报不能再以不予受理办结。",
            "A report that was acknowledged cannot be closed as not accepted.",
        ));
    }
    let text = written(text, ("办结说明", "why it is closed"), TEXT_CHARS_MAX)?;
    Ok(ReportStep::Closed { reason: why, text })
}

/// A report is merged with one that still stands by itself.
fn merge(reports: &Reports, id: &str, into: &str) -> Result<ReportStep, Refusal> {
    let target = reports.get(into);
    let target = target.ok_or_else(|| Refusal::not_found(&Text::new("举报", "report"), into))?;
    if into == id {
        return Err(Refusal::new(Why::BadValue, "举报不能并入自己。", "A report is not merged with itself."));
    }
    match target.state {
        ReportState::Acknowledged | ReportState::Assigned | ReportState::Led => {
            Ok(ReportStep::Merged { into: into.to_owned() })
        }
        _ => Err(Refusal::new(
            Why::NotNow,
            format!("举报{into}未受理、已办结或已并入其他举报，不能并入。"),
            format!("Report {into} was not acknowledged, or is closed or merged; nothing is merged with it."),
        )),
    }
}

/// What is over by now, each noticed once.
pub fn due(report: &Report, now: Time) -> Vec<ReportEvent> {
    let over = report.clocks.iter().filter(|(_, deadline)| deadline.is_over(now));
    over.map(|(clock, _)| event(&report.id, &Actor::System, now, ReportStep::Missed { clock: *clock }))
        .collect()
}
