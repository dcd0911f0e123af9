//! What people do with a measure of a case.

use model::text::Text;
use serde::Deserialize;

use super::decide::event;
use super::disposal::{Disposal, DisposalEvent};
use super::event::{CaseStep, Draft, MeasureStep, Milestone};
use super::leave::{may_agree, nothing};
use super::measure::Measure;
use super::setting::Setting;
use super::state::{Case, Said};
use super::table::{MEASURE, MeasureVerb};
use crate::actor::{Actor, Post, Who};
use crate::library::{AddresseeKind, Approval, Filled, MeasureForm, field_faults, fill};
use crate::life::Word as _;
use crate::machine::Kind as _;
use crate::numbers::{Kind, Numbers};
use crate::order::{self, Addressee, OrderEvent, OrderState, OrderStep, OrderText};
use crate::term::Deadline;
use crate::words::{maybe, said};
use crate::{Refusal, Why};

/// Milestones of a measure at most.
const MILESTONES_MAX: usize = 400;
/// Addressees of a measure at most.
const ADDRESSEES_MAX: usize = 200;

/// What a person does with a measure.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum MeasureCommand {
    /// 提出.
    Propose {
        /// What the library asks for, filled in.
        #[serde(default)]
        fields: Filled,
        /// Instalments or steps, as far as they are known.
        #[serde(default)]
        milestones: Vec<Milestone>,
    },
    /// 批准.
    Approve,
    /// 退回.
    SendBack {
        /// Why.
        reason: String,
    },
    /// 撤回.
    Withdraw {
        /// Why.
        reason: String,
    },
    /// 申请免除.
    AskWaiver {
        /// Why.
        reason: String,
    },
    /// 驳回免除.
    RefuseWaiver {
        /// Why.
        reason: String,
    },
    /// 免除.
    Waive,
    /// 下达: one order to each addressee.
    Order {
        /// To whom: the institution itself, or partners of the measure's kind.
        to: Vec<Addressee>,
    },
    /// 申请解除.
    AskLift {
        /// Why.
        reason: String,
    },
    /// 驳回解除.
    RefuseLift {
        /// Why.
        reason: String,
    },
    /// 解除.
    Lift,
    /// 分期安排.
    SetMilestones {
        /// More of them.
        milestones: Vec<Milestone>,
    },
    /// 分期履行.
    KeepMilestone {
        /// The how-manieth, from 0.
        milestone: u32,
        /// Remark.
        #[serde(default)]
        note: Option<String>,
    },
    /// 跟踪核查.
    FollowUp {
        /// What was seen.
        text: String,
    },
}

impl MeasureCommand {
    /// Whether it is about lifting, which is possible also after the case was closed.
    pub(super) fn lifts(&self) -> bool {
        matches!(self, Self::AskLift { .. } | Self::RefuseLift { .. } | Self::Lift)
    }

    fn verb(&self, approval: Approval) -> MeasureVerb {
        match self {
            Self::Propose { .. } if approval == Approval::None => MeasureVerb::ProposeFreely,
            Self::Propose { .. } => MeasureVerb::Propose,
            Self::Approve => MeasureVerb::Approve,
            Self::SendBack { .. } => MeasureVerb::SendBack,
            Self::Withdraw { .. } => MeasureVerb::Withdraw,
            Self::AskWaiver { .. } => MeasureVerb::AskWaiver,
            Self::RefuseWaiver { .. } => MeasureVerb::RefuseWaiver,
            Self::Waive => MeasureVerb::Waive,
            Self::Order { .. } => MeasureVerb::Order,
            Self::AskLift { .. } => MeasureVerb::AskLift,
            Self::RefuseLift { .. } => MeasureVerb::RefuseLift,
            Self::Lift => MeasureVerb::Lift,
            Self::SetMilestones { .. } => MeasureVerb::SetMilestones,
            Self::KeepMilestone { .. } => MeasureVerb::KeepMilestone,
            Self::FollowUp { .. } => MeasureVerb::FollowUp,
        }
    }
}

/// What follows on a command.
pub(super) fn command(
    disposal: &Disposal,
    case: &Case,
    key: &str,
    command: &MeasureCommand,
    who: &Who,
    setting: &Setting<'_>,
    numbers: &mut Numbers,
) -> Result<Vec<DisposalEvent>, Refusal> {
    let measure = case
        .measures
        .get(key)
        .ok_or_else(|| Refusal::not_found(&Text::new("本案措施", "measure of the case"), key))?;
    let form = setting.library.measure(&measure.listed.measure);
    let approval = form.map_or(measure.listed.approval, |form| form.approval);
    let verb = command.verb(approval);
    MEASURE.step(measure.state, verb, who)?;
    let what = Text::new(
        format!("{}“{}”", verb.name().zh, measure.listed.title.zh),
        format!("{} \"{}\"", verb.name().en, measure.listed.title.en),
    );
    let one = |step| Ok(vec![of(case, measure, &who.actor, setting, step)]);
    match command {
        MeasureCommand::Propose { fields, milestones } => {
            let Some(form) = form else {
                let word = Text::new("措施", "measure of the library");
                return Err(Refusal::not_found(&word, &measure.listed.measure));
            };
            one(MeasureStep::Proposed { draft: Box::new(draft(case, form, fields, milestones, setting)?) })
        }
        MeasureCommand::Approve => {
            let (draft, proposer) = proposed(measure)?;
            may_agree(draft.approval, proposer, who, &what)?;
            one(MeasureStep::Approved)
        }
        MeasureCommand::SendBack { reason } => one(MeasureStep::SentBack { reason: said(reason)? }),
        MeasureCommand::Withdraw { reason } => {
            own_or_officer(measure, who)?;
            one(MeasureStep::Withdrawn { reason: said(reason)? })
        }
        MeasureCommand::AskWaiver { reason } => one(MeasureStep::WaiverAsked { reason: said(reason)? }),
        MeasureCommand::RefuseWaiver { reason } => {
            asked(measure.waiver.as_ref(), &Text::new("免除", "to waive it"))?;
            one(MeasureStep::WaiverRefused { reason: said(reason)? })
        }
        MeasureCommand::Waive => {
            let asked = asked(measure.waiver.as_ref(), &Text::new("免除", "to waive it"))?;
            may_agree(measure.listed.approval.max(Approval::FourEyes), &asked.by, who, &what)?;
            one(MeasureStep::Waived { reason: asked.reason.clone() })
        }
        MeasureCommand::Order { to } => issue(case, measure, to, who, setting, numbers),
        MeasureCommand::AskLift { reason } => {
            liftable(measure)?;
            one(MeasureStep::LiftAsked { reason: said(reason)? })
        }
        MeasureCommand::RefuseLift { reason } => {
            asked(measure.lift.as_ref(), &Text::new("解除", "to lift it"))?;
            one(MeasureStep::LiftRefused { reason: said(reason)? })
        }
        MeasureCommand::Lift => {
            let asked = asked(measure.lift.as_ref(), &Text::new("解除", "to lift it"))?;
            let (draft, _) = proposed(measure)?;
            may_agree(draft.approval, &asked.by, who, &what)?;
            let mut events = lift_orders(disposal, measure, &asked.reason, who, setting);
            let step = MeasureStep::Lifted { reason: asked.reason.clone() };
            events.push(of(case, measure, &who.actor, setting, step));
            Ok(events)
        }
        MeasureCommand::SetMilestones { milestones } => {
            let (draft, _) = proposed(measure)?;
            if milestones.is_empty() {
                return Err(Refusal::new(Why::Missing, "请列明分期或节点。", "Name the milestones."));
            }
            let held = measure.instalments.len();
            nothing(&milestone_faults(draft.in_instalments, milestones, held, setting), &incomplete())?;
            one(MeasureStep::MilestonesSet { milestones: milestones.clone() })
        }
        MeasureCommand::KeepMilestone { milestone, note } => {
            unkept(measure, *milestone)?;
            one(MeasureStep::MilestoneKept { milestone: *milestone, note: maybe(note.as_deref())? })
        }
        MeasureCommand::FollowUp { text } => {
            if measure.open_follow_up().is_none() {
                return Err(Refusal::new(
                    Why::NotNow,
                    "没有待跟踪核查的事项，或者已经核查。",
                    "There is nothing to follow up, or it was done already.",
                ));
            }
            one(MeasureStep::FollowedUp { text: said(text)? })
        }
    }
}

/// A step of a measure as an event.
pub(super) fn of(
    case: &Case,
    measure: &Measure,
    by: &Actor,
    setting: &Setting<'_>,
    step: MeasureStep,
) -> DisposalEvent {
    event(case, by, setting, CaseStep::Measure { key: measure.listed.key.clone(), step })
}

fn incomplete() -> Text {
    Text::new("填写有误", "What was filled in does not do")
}

/// All that an order needs, from the library and what was filled in.
fn draft(
    case: &Case,
    form: &MeasureForm,
    fields: &Filled,
    milestones: &[Milestone],
    setting: &Setting<'_>,
) -> Result<Draft, Refusal> {
    let mut faults = field_faults(&form.fields, fields);
    faults.extend(milestone_faults(form.milestones, milestones, 0, setting));
    nothing(&faults, &incomplete())?;
    let own = [("institution", case.called()), ("case", case.id.as_str())];
    Ok(Draft {
        version: form.version,
        addressee: form.addressee,
        order: OrderText {
            title: form.title.clone(),
            text: fill(&form.text, &form.fields, fields, &own),
            receipt: fill(&form.receipt, &form.fields, fields, &own),
            basis: form.basis.clone(),
            letter: form.letter.clone(),
            fields: fields.clone(),
        },
        approval: form.approval,
        term: form.deadline,
        effect: form.effect,
        liftable: form.liftable,
        follow_up: form.follow_up.clone(),
        in_instalments: form.milestones,
        milestones: milestones.to_vec(),
    })
}

/// What is wrong with milestones, of which there are so many already.
fn milestone_faults(wanted: bool, milestones: &[Milestone], held: usize, setting: &Setting<'_>) -> Vec<Text> {
    let mut faults = Vec::new();
    if !wanted && !milestones.is_empty() {
        faults.push(Text::new("本措施没有分期或节点", "the measure has no milestones"));
    }
    if milestones.len() + held > MILESTONES_MAX {
        let (zh, en) =
            (format!("分期不得超过{MILESTONES_MAX}项"), format!("at most {MILESTONES_MAX} milestones"));
        faults.push(Text::new(zh, en));
    }
    for (number, milestone) in milestones.iter().enumerate() {
        let number = number + 1;
        if milestone.day < setting.now.day() {
            faults.push(Text::new(
                format!("第{number}项的日期{}已过", milestone.day),
                format!("milestone {number}: the day {} is past", milestone.day),
            ));
        }
        let has_text = milestone.text.as_deref().is_some_and(|text| maybe(Some(text)) != Ok(None));
        if milestone.amount_fen.is_some_and(|amount| amount.0 <= 0) {
            faults.push(Text::new(
                format!("第{number}项的金额须大于零"),
                format!("milestone {number}: the amount has to be above zero"),
            ));
        } else if milestone.amount_fen.is_none() && !has_text {
            faults.push(Text::new(
                format!("第{number}项须有金额或说明"),
                format!("milestone {number}: it takes an amount or a text"),
            ));
        }
        if milestone.text.as_deref().is_some_and(|text| maybe(Some(text)).is_err()) {
            faults.push(Text::new(
                format!("第{number}项的说明过长"),
                format!("milestone {number}: the text is too long"),
            ));
        }
    }
    if !milestones.windows(2).all(|pair| matches!(pair, [one, next] if one.day <= next.day)) {
        faults.push(Text::new("分期须按日期先后排列", "milestones stand in the order of their days"));
    }
    faults
}

fn proposed(measure: &Measure) -> Result<(&Draft, &Actor), Refusal> {
    match (&measure.draft, &measure.proposed) {
        (Some(draft), Some((by, _))) => Ok((draft, by)),
        _ => Err(Refusal::new(
            Why::Missing,
            format!("措施“{}”尚未提出。", measure.listed.title.zh),
            format!("Nobody proposed \"{}\" yet.", measure.listed.title.en),
        )),
    }
}

fn own_or_officer(measure: &Measure, who: &Who) -> Result<(), Refusal> {
    let own = measure.proposed.as_ref().is_some_and(|(by, _)| by.is_same_person(&who.actor));
    match own || who.is_at_least(Post::Officer) {
        true => Ok(()),
        false => Err(Refusal::new(
            Why::NotAllowed,
            format!("他人提出的措施须由{}或以上职级撤回。", Post::Officer.zh()),
            format!(
                "What another person proposed takes the post of {} or above to withdraw.",
                Post::Officer.en()
            ),
        )),
    }
}

fn asked<'m>(request: Option<&'m Said>, what: &Text) -> Result<&'m Said, Refusal> {
    request.ok_or_else(|| {
        Refusal::new(
            Why::Missing,
            format!("尚无人申请{}，请先由一人提出申请并说明理由。", what.zh),
            format!("Nobody asked {} yet; somebody asks first, with the reason.", what.en),
        )
    })
}

fn liftable(measure: &Measure) -> Result<(), Refusal> {
    match measure.draft.as_ref().is_some_and(|draft| draft.liftable) {
        true => Ok(()),
        false => Err(Refusal::new(
            Why::NotNow,
            format!("措施“{}”不得解除。", measure.listed.title.zh),
            format!("The measure \"{}\" cannot be lifted.", measure.listed.title.en),
        )),
    }
}

fn unkept(measure: &Measure, number: u32) -> Result<(), Refusal> {
    match measure.instalments.get(number as usize) {
        None => Err(Refusal::not_found(&Text::new("分期", "milestone"), &number.to_string())),
        Some(instalment) if instalment.kept.is_some() => Err(Refusal::new(
            Why::NotNow,
            format!("第{number}项分期已记为履行。"),
            format!("Milestone {number} is recorded as kept already."),
        )),
        Some(_) => Ok(()),
    }
}

/// One order to each addressee, with what was approved.
fn issue(
    case: &Case,
    measure: &Measure,
    to: &[Addressee],
    who: &Who,
    setting: &Setting<'_>,
    numbers: &mut Numbers,
) -> Result<Vec<DisposalEvent>, Refusal> {
    let (draft, _) = proposed(measure)?;
    if measure.listed.stage > case.stage {
        return Err(Refusal::new(
            Why::NotNow,
            format!(
                "“{}”属于“{}”阶段，案件{}现为“{}”，须先推进。",
                measure.listed.title.zh,
                measure.listed.stage.zh(),
                case.id,
                case.stage.zh()
            ),
            format!(
                "\"{}\" belongs to the stage \"{}\"; case {} is at \"{}\" and has to advance first.",
                measure.listed.title.en,
                measure.listed.stage.en(),
                case.id,
                case.stage.en()
            ),
        ));
    }
    nothing(&addressee_faults(case, draft, to), &incomplete())?;
    let deadline = Deadline::start_checked(draft.term, setting.now, setting.calendar)?;
    let mut events = Vec::new();
    let mut orders = Vec::new();
    for addressee in to {
        let id = numbers.next(Kind::Order, setting.now);
        orders.push(id.clone());
        events.push(DisposalEvent::Order(OrderEvent {
            id,
            institution: case.institution.clone(),
            at: setting.now,
            by: who.actor.clone(),
            step: OrderStep::Issued {
                case: case.id.clone(),
                measure: measure.listed.key.clone(),
                to: addressee.clone(),
                order: Box::new(draft.order.clone()),
                deadline,
            },
        }));
    }
    events.push(of(case, measure, &who.actor, setting, MeasureStep::Ordered { orders }));
    Ok(events)
}

fn addressee_faults(case: &Case, draft: &Draft, to: &[Addressee]) -> Vec<Text> {
    let kind = draft.addressee;
    let mut faults = Vec::new();
    if to.is_empty() || to.len() > ADDRESSEES_MAX {
        faults.push(Text::new(
            format!("请指明受文单位（{}），1至{ADDRESSEES_MAX}家", kind.zh()),
            format!("say to whom it goes ({}), 1 to {ADDRESSEES_MAX} of them", kind.en()),
        ));
    }
    for (number, addressee) in to.iter().enumerate() {
        let twice = to.iter().take(number).any(|other| other.id == addressee.id);
        let wrong = addressee.kind != kind
            || (kind == AddresseeKind::Institution && addressee.id != case.institution);
        if wrong {
            faults.push(Text::new(
                format!("“{}”不是本措施的受文单位（{}）", addressee.id, kind.zh()),
                format!("\"{}\" is not whom the measure addresses ({})", addressee.id, kind.en()),
            ));
        } else if twice {
            let (zh, en) = (format!("“{}”重复", addressee.id), format!("\"{}\" stands twice", addressee.id));
            faults.push(Text::new(zh, en));
        }
    }
    faults
}

/// The orders of a measure that is lifted hold no longer either.
fn lift_orders(
    disposal: &Disposal,
    measure: &Measure,
    reason: &str,
    who: &Who,
    setting: &Setting<'_>,
) -> Vec<DisposalEvent> {
    let orders = measure.current.iter().filter_map(|id| disposal.orders.get(id));
    let held = orders.filter(|order| order.state != OrderState::Lifted);
    let step = || OrderStep::Lifted { reason: reason.to_owned() };
    held.map(|held| DisposalEvent::Order(order::event(held, &who.actor, setting.now, step()))).collect()
}
