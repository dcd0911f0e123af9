//! 公示: what the industry association publishes of a yellow alert (requirement 2.9), until it is
//! settled or withdrawn.

use std::collections::BTreeMap;

use model::text::Text;
use model::time::Time;
use serde::{Deserialize, Serialize};

use crate::actor::Actor;

/// Something that happened to a public notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicNoticeEvent {
    /// Its number.
    pub id: String,
    /// The institution.
    pub institution: String,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Actor,
    /// What.
    pub step: PublicNoticeStep,
}

/// A fact of a public notice or a letter, as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The entry of the rulebook.
    pub entry: String,
    /// Its title.
    pub title: Text,
    /// The clause that it rests on.
    pub clause: Text,
    /// The value, with its unit; nothing where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
    /// The condition that it met.
    pub condition: String,
    /// The latest day on which it was found.
    pub day: model::time::Day,
    /// On how many days it was found.
    pub days: u32,
}

/// A step in the life of a public notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicNoticeStep {
    /// 公示.
    Published {
        /// The alert that it is about.
        alert: String,
        /// The institution's name.
        name: String,
        /// Title.
        title: Text,
        /// What was found.
        facts: Vec<Fact>,
        /// Until when the institution files its rectification plan.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        plan_due: Option<Time>,
    },
    /// 已整改: what it was about is done.
    Settled {
        /// What there is to say.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        note: Option<String>,
    },
    /// 撤回: it should not have been published.
    Withdrawn {
        /// Why.
        reason: String,
    },
}

/// Where a public notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is published.
    Published,
    /// It is marked settled.
    Settled,
    /// It was withdrawn, and is shown no more.
    Withdrawn,
}

/// A public notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicNotice {
    /// Number.
    pub id: String,
    /// The institution.
    pub institution: String,
    /// Its name.
    pub name: String,
    /// The alert that it is about.
    pub alert: String,
    /// Title.
    pub title: Text,
    /// What was found.
    pub facts: Vec<Fact>,
    /// Until when the institution files its rectification plan.
    pub plan_due: Option<Time>,
    /// When it was published.
    pub published_at: Time,
    /// Where it stands.
    pub standing: Standing,
    /// When that changed last.
    pub updated_at: Time,
    /// What was said when it was settled or withdrawn: the house's own words, not for the public.
    #[serde(skip_serializing)]
    pub note: Option<String>,
}

/// All public notices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicNotices(BTreeMap<String, PublicNotice>);

impl PublicNotices {
    /// One by its number.
    pub fn get(&self, id: &str) -> Option<&PublicNotice> {
        self.0.get(id)
    }

    /// All, in the order of their numbers.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &PublicNotice> {
        self.0.values()
    }

    /// Those of an alert that are still published.
    pub fn published_of<'n>(&'n self, alert: &'n str) -> impl Iterator<Item = &'n PublicNotice> {
        let is_it =
            move |notice: &&PublicNotice| notice.alert == alert && notice.standing == Standing::Published;
        self.0.values().rev().filter(is_it)
    }

    /// Takes in what happened.
    pub fn apply(&mut self, event: &PublicNoticeEvent) {
        if let PublicNoticeStep::Published { alert, name, title, facts, plan_due } = &event.step {
            let notice = PublicNotice {
                id: event.id.clone(),
                institution: event.institution.clone(),
                name: name.clone(),
                alert: alert.clone(),
                title: title.clone(),
                facts: facts.clone(),
                plan_due: *plan_due,
                published_at: event.at,
                standing: Standing::Published,
                updated_at: event.at,
                note: None,
            };
            self.0.insert(event.id.clone(), notice);
            return;
        }
        let Some(notice) = self.0.get_mut(&event.id) else { return };
        notice.updated_at = event.at;
        match &event.step {
            PublicNoticeStep::Published { .. } => {}
            PublicNoticeStep::Settled { note } => {
                notice.standing = Standing::Settled;
                notice.note.clone_from(note);
            }
            PublicNoticeStep::Withdrawn { reason } => {
                notice.standing = Standing::Withdrawn;
                notice.note = Some(reason.clone());
            }
        }
    }
}
