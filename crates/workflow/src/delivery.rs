//! 送达: what has to reach somebody, and what became of it. A message is wanted in the same step as
//! what calls for it; an attempt is sealed before its first byte leaves and its outcome after, so
//! that nothing is lost, and what may have left twice bears the same key.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::text::Text;
use model::time::Time;
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::numbers::{Kind, Numbers};
use crate::policy::{Channel, Reach};
use crate::setting::Setting;

/// Failures that are shown of a delivery.
const FAILURES_SHOWN: usize = 10;

/// Something that happened to a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryEvent {
    /// Its number, which is also the key by which a receiver tells a doubled sending.
    pub id: String,
    /// The institution that it is about; `*` for the industry.
    pub institution: String,
    /// When.
    pub at: Time,
    /// What.
    pub step: DeliveryStep,
}

/// Why something is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// 预警推送: the responsible supervisor is told of an alert.
    Alert,
    /// 函件: a letter to the institution's executives.
    Letter,
    /// 抄送: the supervisor's copy.
    Copy,
    /// 公示: a public notice for the association.
    Publication,
    /// 指令: an order to a partner.
    Order,
    /// 提醒: something is overdue, or waits for a person.
    Reminder,
}

impl Purpose {
    /// The sort of channel that it goes by.
    pub const fn channel(self) -> Channel {
        match self {
            Self::Alert | Self::Reminder => Channel::Push,
            Self::Letter | Self::Copy => Channel::Mail,
            Self::Publication | Self::Order => Channel::Hook,
        }
    }

    /// Its name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Alert => "预警推送",
            Self::Letter => "函件",
            Self::Copy => "抄送",
            Self::Publication => "公示",
            Self::Order => "指令",
            Self::Reminder => "提醒",
        }
    }

    /// Its name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Letter => "letter",
            Self::Copy => "copy",
            Self::Publication => "publication",
            Self::Order => "order",
            Self::Reminder => "reminder",
        }
    }
}

/// A step in the life of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStep {
    /// 待送: it has to go out.
    Wanted {
        /// What it is about, by its number.
        about: String,
        /// Why it is sent.
        purpose: Purpose,
        /// To whom.
        to: Actor,
        /// By which of the operator's channels; nothing when nobody said how to reach them.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        channel: Option<String>,
        /// Whom it addresses there.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        address: String,
        /// Title.
        title: Text,
        /// Text.
        text: Text,
        /// Whether it rings.
        urgent: bool,
    },
    /// 发送: an attempt begins.
    Trying {
        /// The how-manieth, from 1.
        attempt: u32,
    },
    /// 失败: it did not go through and will be tried again.
    Failed {
        /// Which attempt.
        attempt: u32,
        /// Why.
        why: String,
        /// When it is tried again.
        again_at: Time,
    },
    /// 送达: the other side took it.
    Delivered {
        /// Which attempt.
        attempt: u32,
        /// What the other side answered, such as an identifier.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        receipt: Option<String>,
    },
    /// 退回: the other side will never take it.
    Refused {
        /// Which attempt.
        attempt: u32,
        /// Why.
        why: String,
    },
    /// 已阅: the other side read it.
    Read {
        /// How that is known.
        how: String,
    },
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It waits for its next attempt.
    Waiting,
    /// An attempt is under way, or its outcome was lost with the process.
    Trying,
    /// Delivered.
    Delivered,
    /// Refused for good.
    Refused,
    /// Nobody said how to reach them.
    Unreachable,
}

impl DeliveryState {
    /// Its name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Waiting => "待发送",
            Self::Trying => "发送中",
            Self::Delivered => "已送达",
            Self::Refused => "被退回",
            Self::Unreachable => "无联系方式",
        }
    }

    /// Its name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Trying => "under way",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
        }
    }
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Number.
    pub id: String,
    /// The institution that it is about.
    pub institution: String,
    /// What it is about, by its number.
    pub about: String,
    /// Why it is sent.
    pub purpose: Purpose,
    /// To whom.
    pub to: Actor,
    /// By which channel.
    pub channel: Option<String>,
    /// Whom it addresses there.
    pub address: String,
    /// Title.
    pub title: Text,
    /// Text.
    pub text: Text,
    /// Whether it rings.
    pub urgent: bool,
    /// Where it stands.
    pub state: DeliveryState,
    /// When it was wanted.
    pub wanted_at: Time,
    /// When it is tried next.
    pub next_at: Time,
    /// Attempts so far.
    pub attempts: u32,
    /// When it was delivered or refused.
    pub ended_at: Option<Time>,
    /// When it was read.
    pub read_at: Option<Time>,
    /// The latest failures.
    pub failures: VecDeque<(Time, String)>,
}

/// All deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    by_id: BTreeMap<String, Delivery>,
    /// What has to go out, the first due first.
    outbox: BTreeSet<(Time, String)>,
    /// Those about something.
    about: BTreeMap<String, Vec<String>>,
}

impl Deliveries {
    /// One by its number.
    pub fn get(&self, id: &str) -> Option<&Delivery> {
        self.by_id.get(id)
    }

    /// All, in the order of their numbers.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Delivery> {
        self.by_id.values()
    }

    /// Those about something, by its number.
    pub fn about(&self, about: &str) -> impl Iterator<Item = &Delivery> {
        self.about.get(about).into_iter().flatten().filter_map(|id| self.by_id.get(id))
    }

    /// What has to go out by now, the first due first.
    pub fn due(&self, now: Time) -> impl Iterator<Item = &Delivery> {
        let due = self.outbox.iter().take_while(move |(at, _)| *at <= now);
        due.filter_map(|(_, id)| self.by_id.get(id))
    }

    /// When the next attempt is due.
    pub fn next_at(&self) -> Option<Time> {
        self.outbox.first().map(|(at, _)| *at)
    }

    /// How many wait to go out.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// Takes in what happened.
    pub fn apply(&mut self, event: &DeliveryEvent) {
        if let DeliveryStep::Wanted { about, purpose, to, channel, address, title, text, urgent } =
            &event.step
        {
            let state = match channel {
                Some(_) => DeliveryState::Waiting,
                None => DeliveryState::Unreachable,
            };
            let delivery = Delivery {
                id: event.id.clone(),
                institution: event.institution.clone(),
                about: about.clone(),
                purpose: *purpose,
                to: to.clone(),
                channel: channel.clone(),
                address: address.clone(),
                title: title.clone(),
                text: text.clone(),
                urgent: *urgent,
                state,
                wanted_at: event.at,
                next_at: event.at,
                attempts: 0,
                ended_at: None,
                read_at: None,
                failures: VecDeque::new(),
            };
            if state == DeliveryState::Waiting {
                self.outbox.insert((event.at, event.id.clone()));
            }
            self.about.entry(about.clone()).or_default().push(event.id.clone());
            self.by_id.insert(event.id.clone(), delivery);
            return;
        }
        let Some(delivery) = self.by_id.get_mut(&event.id) else { return };
        self.outbox.remove(&(delivery.next_at, event.id.clone()));
        match &event.step {
            DeliveryStep::Wanted { .. } => {}
            DeliveryStep::Trying { attempt } => {
                delivery.state = DeliveryState::Trying;
                delivery.attempts = *attempt;
            }
            DeliveryStep::Failed { why, again_at, .. } => {
                delivery.state = DeliveryState::Waiting;
                delivery.next_at = *again_at;
                delivery.failures.push_back((event.at, why.clone()));
                if delivery.failures.len() > FAILURES_SHOWN {
                    delivery.failures.pop_front();
                }
            }
            DeliveryStep::Delivered { .. } => {
                delivery.state = DeliveryState::Delivered;
                delivery.ended_at = Some(event.at);
            }
            DeliveryStep::Refused { why, .. } => {
                delivery.state = DeliveryState::Refused;
                delivery.ended_at = Some(event.at);
                delivery.failures.push_back((event.at, why.clone()));
            }
            DeliveryStep::Read { .. } => {
                delivery.read_at.get_or_insert(event.at);
            }
        }
        // An attempt whose outcome is not known stays in the outbox: after a crash it is tried again.
        if matches!(delivery.state, DeliveryState::Waiting | DeliveryState::Trying) {
            self.outbox.insert((delivery.next_at, event.id.clone()));
        }
    }
}

/// What is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is about, by its number.
    pub about: String,
    /// The institution that it is about.
    pub institution: String,
    /// Why it is sent.
    pub purpose: Purpose,
    /// Title.
    pub title: Text,
    /// Text.
    pub text: Text,
    /// Whether it rings.
    pub urgent: bool,
}

/// Wants a message to reach somebody by each of the ways that fit; without one, that is written
/// down and seen.
pub fn want(
    message: &Message,
    to: &Actor,
    reach: &[Reach],
    setting: &Setting<'_>,
    numbers: &mut Numbers,
) -> Vec<DeliveryEvent> {
    let wanted = message.purpose.channel();
    let fitting: Vec<_> = reach.iter().filter(|reach| reach.purpose == wanted).collect();
    let mut event = |channel: Option<String>, address: String| DeliveryEvent {
        id: numbers.next(Kind::Delivery, setting.now),
        institution: message.institution.clone(),
        at: setting.now,
        step: DeliveryStep::Wanted {
            about: message.about.clone(),
            purpose: message.purpose,
            to: to.clone(),
            channel,
            address,
            title: message.title.clone(),
            text: message.text.clone(),
            urgent: message.urgent,
        },
    };
    match fitting.is_empty() {
        true => vec![event(None, String::new())],
        false => {
            fitting.into_iter().map(|reach| event(Some(reach.channel.clone()), reach.to.clone())).collect()
        }
    }
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side took it.
    Delivered {
        /// What it answered.
        receipt: Option<String>,
    },
    /// It did not go through.
    Failed {
        /// Why.
        why: String,
        /// When it is tried again.
        again_at: Time,
    },
    /// It never will.
    Refused {
        /// Why.
        why: String,
    },
}

/// That it was read.
pub fn read(delivery: &Delivery, how: &str, now: Time) -> DeliveryEvent {
    let step = DeliveryStep::Read { how: how.to_owned() };
    DeliveryEvent { id: delivery.id.clone(), institution: delivery.institution.clone(), at: now, step }
}

/// The beginning of the next attempt.
pub fn attempt(delivery: &Delivery, now: Time) -> DeliveryEvent {
    let step = DeliveryStep::Trying { attempt: delivery.attempts + 1 };
    DeliveryEvent { id: delivery.id.clone(), institution: delivery.institution.clone(), at: now, step }
}

/// What became of the latest attempt; nothing where the delivery has ended.
pub fn outcome(delivery: &Delivery, outcome: Outcome, now: Time) -> Option<DeliveryEvent> {
    if matches!(delivery.state, DeliveryState::Delivered | DeliveryState::Refused) {
        return None;
    }
    let attempt = delivery.attempts;
    let step = match outcome {
        Outcome::Delivered { receipt } => DeliveryStep::Delivered { attempt, receipt },
        Outcome::Failed { why, again_at } => DeliveryStep::Failed { attempt, why, again_at },
        Outcome::Refused { why } => DeliveryStep::Refused { attempt, why },
    };
    Some(DeliveryEvent { id: delivery.id.clone(), institution: delivery.institution.clone(), at: now, step })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(channel: Option<&str>) -> DeliveryEvent {
        DeliveryEvent {
            id: "D-2026-000001".to_owned(),
            institution: "i".to_owned(),
            at: Time(0),
            step: DeliveryStep::Wanted {
                about: "A-2026-000001".to_owned(),
                purpose: Purpose::Alert,
                to: Actor::Person("a".to_owned()),
                channel: channel.map(str::to_owned),
                address: String::new(),
                title: Text::default(),
                text: Text::default(),
                urgent: true,
            },
        }
    }

    #[test]
    fn what_was_not_sent_stays_in_the_outbox() {
        let mut deliveries = Deliveries::default();
        deliveries.apply(&wanted(Some("phone")));
        let first = |deliveries: &Deliveries, now| deliveries.due(Time(now)).next().cloned();
        let delivery = first(&deliveries, 0).unwrap();
        deliveries.apply(&attempt(&delivery, Time(1)));
        // The process ends here: after a start it is tried again.
        let delivery = first(&deliveries, 1).unwrap();
        assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Trying, 1));
        let failed = Outcome::Failed { why: "no route".to_owned(), again_at: Time(50) };
        deliveries.apply(&outcome(&delivery, failed, Time(2)).unwrap());
        assert_eq!(first(&deliveries, 49), None);
        let delivery = first(&deliveries, 50).unwrap();
        deliveries.apply(&attempt(&delivery, Time(50)));
        let delivery = first(&deliveries, 50).unwrap();
        assert_eq!(delivery.attempts, 2);
        deliveries.apply(&outcome(&delivery, Outcome::Delivered { receipt: None }, Time(51)).unwrap());
        assert_eq!((first(&deliveries, i64::MAX), deliveries.waiting()), (None, 0));
        let delivered = deliveries.get("D-2026-000001").unwrap();
        assert_eq!(outcome(delivered, Outcome::Refused { why: String::new() }, Time(52)), None);
    }

    #[test]
    fn who_cannot_be_reached_is_seen() {
        let mut deliveries = Deliveries::default();
        deliveries.apply(&wanted(None));
        assert_eq!(deliveries.all().next().unwrap().state, DeliveryState::Unreachable);
        assert_eq!(deliveries.due(Time(i64::MAX)).count(), 0);
    }
}
