//! What people do at the desk.

use model::text::Text;
use model::time::Day;

use super::follow::Following;
use super::{Desk, DeskEvent};
use crate::Refusal;
use crate::actor::Who;
use crate::alert::{self, AlertCommand};
use crate::letter::{self, LetterCommand, LetterState};
use crate::plan;
use crate::public_notice::{PublicNoticeEvent, PublicNoticeStep};
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
    /// A public notice is withdrawn.
    WithdrawNotice {
        /// Its number.
        id: String,
        /// Why.
        reason: String,
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
                if *command == LetterCommand::Release && letter.state == LetterState::Draft {
                    let letter = letter.clone();
                    let to = &letter.to;
                    following.send_letter(
                        id,
                        &letter.number,
                        &letter.institution,
                        to,
                        &letter.addresses,
                        &letter.copy,
                    );
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
        }
        Ok(following.events)
    }
}

fn none(what: (&str, &str), id: &str) -> Refusal {
    Refusal::not_found(&Text::new(what.0, what.1), id)
}
