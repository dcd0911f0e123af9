//! What people do at the desk.

use std::collections::BTreeSet;

use model::event::Finding;
use model::text::Text;
use model::time::Day;

use super::follow::{Following, Leaving, title_of};
use super::{Desk, DeskEvent};
use crate::Refusal;
use crate::actor::Who;
use crate::alert::{self, AlertCommand, INDUSTRY};
use crate::case::{self, CaseCommand, DisposalEvent, FindingRef, Opening};
use crate::letter::{self, LetterCommand};
use crate::order::OrderCommand;
use crate::penalty::{self, PenaltyCommand};
use crate::plan;
use crate::public_notice::{PublicNoticeEvent, PublicNoticeStep};
use crate::report::{self, ReportCommand};
use crate::reserve::{self, ReserveCommand};
use crate::review::{self, ReviewCommand, ReviewEvent, ReviewStep};
use crate::setting::Setting;
use crate::{Why, actor::Post};

/// What somebody does at the desk.
#[derive(Clone, Debug, PartialEq)]
pub enum DeskCommand {
    /// With an alert.
    Alert {
        /// Its number.
        id: String,
        /// What.
        command: AlertCommand,
    },
    /// With a letter.
    Letter {
        /// Its number on the desk.
        id: String,
        /// What.
        command: LetterCommand,
    },
    /// An institution files its rectification plan.
    FilePlan {
        /// The alert that it answers.
        alert: String,
        /// What the institution will do.
        text: String,
        /// By when it will be done.
        done_by: Day,
    },
    /// A rectification plan is answered.
    AnswerPlan {
        /// Its number.
        id: String,
        /// Whether it is accepted.
        accepted: bool,
        /// Why it is sent back, or what there is to say.
        said: String,
    },
    /// A person opens a case, or brings more to the open one.
    OpenCase {
        /// The institution.
        institution: String,
        /// Kinds of risk.
        risks: BTreeSet<String>,
        /// Findings.
        findings: Vec<FindingRef>,
        /// Why.
        reason: String,
    },
    /// With a case.
    Case {
        /// Its number.
        id: String,
        /// What.
        command: CaseCommand,
    },
    /// With an order.
    Order {
        /// Its number.
        id: String,
        /// What.
        command: OrderCommand,
    },
    /// With the risk reserve.
    Reserve(ReserveCommand),
    /// Penalties of one offence are drafted.
    DraftPenalties(Box<penalty::Draft>),
    /// With a penalty.
    Penalty {
        /// Its number.
        id: String,
        /// What.
        command: Box<PenaltyCommand>,
    },
    /// With a whistle-blower's report.
    Report {
        /// Its number.
        id: String,
        /// What.
        command: ReportCommand,
    },
    /// A public notice is withdrawn.
    WithdrawNotice {
        /// Its number.
        id: String,
        /// Why.
        reason: String,
    },
    /// With a finding that waits for a person.
    Review {
        /// The finding as it stands.
        finding: Box<Finding>,
        /// Whether two persons have to say the same.
        four_eyes: bool,
        /// What.
        command: ReviewCommand,
    },
}

impl Desk {
    /// What somebody does, and what follows on it.
    ///
    /// # Errors
    /// [`Refusal`] with the sentence that says what is missing.
    pub fn command(
        &self,
        command: &DeskCommand,
        who: &Who,
        setting: &Setting<'_>,
    ) -> Result<Vec<DeskEvent>, Refusal> {
        let mut following = Following::new(self, setting);
        match command {
            DeskCommand::Alert { id, command } => {
                let alert = self.alerts.get(id).ok_or_else(|| none(("预警", "alert"), id))?;
                let events = alert::command(alert, command, who, setting)?;
                events.into_iter().for_each(|event| following.alert(event));
            }
            DeskCommand::Letter { id, command } => {
                let letter = self.letters.get(id).ok_or_else(|| none(("函件", "letter"), id))?;
                let event = letter::command(letter, command, who, setting.now)?;
                following.push(event);
                if *command == LetterCommand::Release {
                    following.send_letter(&Leaving {
                        id,
                        number: &letter.number,
                        institution: &letter.institution,
                        to: &letter.to,
                        addresses: &letter.addresses,
                        copy: &letter.copy,
                        title: title_of(&letter.data),
                    });
                }
            }
            DeskCommand::FilePlan { alert, text, done_by } => {
                let alert = self.alerts.get(alert).ok_or_else(|| none(("预警", "alert"), alert))?;
                let numbers = &mut following.numbers;
                let event = plan::file(alert, &self.plans, (text, *done_by), who, setting, numbers)?;
                following.plan(event);
            }
            DeskCommand::AnswerPlan { id, accepted, said } => {
                let plan = self.plans.get(id).ok_or_else(|| none(("整改方案", "rectification plan"), id))?;
                following.plan(plan::answer(plan, *accepted, said, who, setting)?);
            }
            DeskCommand::OpenCase { institution, risks, findings, reason } => {
                let opening = self.opening(institution, risks, findings, reason, setting);
                let (of_cases, numbers) = (setting.of_cases(), &mut following.numbers);
                let events = case::open(&self.disposal, &opening, who, &of_cases, numbers)?;
                events.into_iter().for_each(|event| following.disposal(event));
            }
            DeskCommand::Case { id, command } => {
                if let CaseCommand::Assign { owner } = command
                    && setting.policy.roster.person(owner).is_none()
                {
                    return Err(none(("人员", "person"), owner));
                }
                let (of_cases, numbers) = (setting.of_cases(), &mut following.numbers);
                let events = case::command(&self.disposal, id, command, who, &of_cases, numbers)?;
                events.into_iter().for_each(|event| following.disposal(event));
            }
            DeskCommand::Order { id, command } => {
                let events = case::order_command(&self.disposal, id, command, who, &setting.of_cases())?;
                events.into_iter().for_each(|event| following.disposal(event));
            }
            DeskCommand::Reserve(command) => {
                let under = setting.under(&setting.policy.reserve);
                let numbers = &mut following.numbers;
                let events = reserve::command(&self.reserve, command, who, &under, numbers)?;
                events.into_iter().for_each(|event| following.push(event));
            }
            DeskCommand::DraftPenalties(draft) => {
                let under = setting.under(&setting.policy.penalties);
                let events = penalty::draft(draft, who, &under, &mut following.numbers)?;
                events.into_iter().for_each(|event| following.push(event));
            }
            DeskCommand::Penalty { id, command } => {
                let under = setting.under(&setting.policy.penalties);
                let events = penalty::command(&self.penalties, id, command, who, &under)?;
                events.into_iter().for_each(|event| following.push(event));
            }
            DeskCommand::Report { id, command } => {
                let under = setting.under(&setting.policy.reports);
                let events = report::command(&self.reports, id, command, who, &under)?;
                events.into_iter().for_each(|event| following.push(event));
            }
            DeskCommand::WithdrawNotice { id, reason } => {
                let notice = self.notices.get(id).ok_or_else(|| none(("公示", "public notice"), id))?;
                if !who.is_at_least(Post::Officer) {
                    return Err(Refusal::new(
                        Why::NotAllowed,
                        "公示须由监管员或以上职级撤回。",
                        "A public notice is withdrawn by an officer or above.",
                    ));
                }
                if reason.trim().is_empty() {
                    return Err(Refusal::new(Why::Missing, "请说明撤回理由。", "Say why it is withdrawn."));
                }
                if notice.standing != crate::public_notice::Standing::Published {
                    return Err(Refusal::new(
                        Why::NotNow,
                        format!("公示{id}已不在公示中。"),
                        format!("Notice {id} is not published any more."),
                    ));
                }
                following.push(PublicNoticeEvent {
                    id: id.clone(),
                    institution: notice.institution.clone(),
                    at: setting.now,
                    by: who.actor.clone(),
                    step: PublicNoticeStep::Withdrawn { reason: reason.trim().to_owned() },
                });
            }
            DeskCommand::Review { finding, four_eyes, command } => {
                let handling = self.reviews.get(&review::identifier(finding));
                let event = review::command(finding, handling, command, who, *four_eyes, setting.now)?;
                let mut after = handling.cloned().unwrap_or_default();
                after.take(&event);
                following.push(event.clone());
                let confirmed = matches!(event.step, ReviewStep::Confirmed { .. });
                if confirmed && after.is_decided(finding.reason.verdict, *four_eyes) {
                    self.bring_to_case(finding, &event, &mut following, setting);
                }
            }
        }
        Ok(following.events)
    }
}

impl Desk {
    /// 立案: a finding that was confirmed opens a case, or joins the institution's open one (requirement
    /// 3.1). What concerns the industry has none.
    fn bring_to_case(
        &self,
        finding: &Finding,
        confirmed: &ReviewEvent,
        following: &mut Following<'_>,
        setting: &Setting<'_>,
    ) {
        if finding.institution == INDUSTRY {
            return;
        }
        let entry = finding.reason.entry.clone();
        let found = FindingRef { entry, day: finding.day, position: finding.at };
        let opening = self.opening(&finding.institution, &BTreeSet::new(), &[found], "", setting);
        let numbers = &mut following.numbers;
        let opened = case::open(&self.disposal, &opening, &Who::SYSTEM, &setting.of_cases(), numbers);
        let opened = opened.unwrap_or_default();
        let open = self.disposal.cases.open_of(&finding.institution).map(|case| case.id.clone());
        let new = opened.iter().find_map(|event| match event {
            DisposalEvent::Case(event) => Some(event.id.clone()),
            DisposalEvent::Order(_) => None,
        });
        opened.into_iter().for_each(|event| following.disposal(event));
        if let Some(case) = new.or(open) {
            following.push(ReviewEvent { step: ReviewStep::CaseJoined { case }, ..confirmed.clone() });
        }
    }

    /// What a case begins with that a person opens: the institution's open alert comes with it.
    fn opening(
        &self,
        institution: &str,
        risks: &BTreeSet<String>,
        findings: &[FindingRef],
        reason: &str,
        setting: &Setting<'_>,
    ) -> Opening {
        let alert = self.alerts.open_of(institution);
        let bureau = setting.bureau(institution);
        let first = bureau.and_then(|bureau| bureau.chain.first()).cloned();
        let owner = alert.map(|alert| alert.owner.clone()).or(first);
        let profile = setting.profile(institution);
        Opening {
            institution: institution.to_owned(),
            name: profile.and_then(|profile| profile.name.clone()),
            line: profile.and_then(|profile| profile.lines.first().cloned()),
            bureau: bureau.map(|bureau| bureau.id.clone()).unwrap_or_default(),
            owner: owner.unwrap_or_default(),
            alert: alert.map(|alert| alert.id.clone()),
            risks: risks.clone(),
            findings: findings.to_vec(),
            reason: Some(reason.to_owned()),
        }
    }
}

fn none(what: (&str, &str), id: &str) -> Refusal {
    Refusal::not_found(&Text::new(what.0, what.1), id)
}
