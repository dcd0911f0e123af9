//! 调阅: which recordings the supervisor asks for, and what comes for them (requirement 1.8).
//!
//! A recording is a few hundred bytes that follow from the market's seed, the institution, the
//! policy and the part: the digest that is filed with the recording is that of the very bytes
//! which the institution sends when it is asked, and nobody keeps them in between.

use model::event::Medium;
use model::institution::InstitutionId;
use model::time::Time;
use sha2::{Digest, Sha256};

use crate::line::Tag;
use crate::rng::{Rng, mix};
use crate::streams::sales;
use crate::world::{Member, Topic, World};

/// Hours that an institution has.
pub(crate) const HOURS: u32 = 24;
/// Days between the spot checks of an insurer.
const SPOT_CHECK_DAYS: u32 = 20;
/// A recording is asked for two days after the sale: it has been filed by then.
pub(crate) const ASKED_AFTER_DAYS: u32 = 2;

/// A recording that the supervisor asks for, and what comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallUp {
    /// Whose recording.
    pub institution: InstitutionId,
    /// The policy whose sale was recorded.
    pub policy: String,
    /// Which part.
    pub medium: Medium,
    /// When it is asked for.
    pub asked_at: Time,
    /// Within how many hours it is to come.
    pub hours: u32,
    /// On what ground.
    pub ground: &'static str,
    /// What comes, in order of time; nothing where the institution does not answer.
    pub answers: Vec<CallUpAnswer>,
}

/// What an institution sends for a call-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallUpAnswer {
    /// When it comes.
    pub at: Time,
    key: u64,
    medium: Medium,
    sent: Sent,
}

impl CallUpAnswer {
    /// The file that is sent.
    pub fn bytes(&self) -> Vec<u8> {
        content(self.key, self.medium, self.sent)
    }
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The recording whose digest was filed.
    AsFiled,
    /// The same with its end cut off.
    Cut,
}

/// A call-up of an institution's recording.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) policy: Tag,
    pub(crate) medium: Medium,
    pub(crate) asked_at: Time,
    pub(crate) ground: &'static str,
    pub(crate) answers: Vec<(Time, Sent)>,
}

impl Asked {
    pub(crate) fn due_at(&self) -> Time {
        self.asked_at.plus_seconds(i64::from(HOURS) * 3600)
    }

    pub(crate) fn public(&self, seed: u64, member: &Member) -> CallUp {
        let key = key(seed, member.index, self.policy);
        let answer = |&(at, sent)| CallUpAnswer { at, key, medium: self.medium, sent };
        CallUp {
            institution: member.public.id.clone(),
            policy: self.policy.to_string(),
            medium: self.medium,
            asked_at: self.asked_at,
            hours: HOURS,
            ground: self.ground,
            answers: self.answers.iter().map(answer).collect(),
        }
    }
}

/// What a recording's bytes are drawn from.
pub(crate) fn key(seed: u64, institution: usize, policy: Tag) -> u64 {
    let of_prefix = policy.prefix.bytes().fold(0, |sum, byte| sum << 8 | u64::from(byte));
    [institution as u64, of_prefix, policy.day.0 as u64, policy.number]
        .into_iter()
        .fold(mix(seed), |state, part| mix(state ^ mix(part)))
}

fn content(key: u64, medium: Medium, sent: Sent) -> Vec<u8> {
    let mut rng = Rng::keyed(key, &[medium as u64]);
    let mut bytes = format!("模拟双录 simulated recording: {}\n", medium.code()).into_bytes();
    let drawn = 200 + rng.below(300);
    bytes.extend((0..drawn).map(|_| rng.bits() as u8));
    if sent == Sent::Cut {
        bytes.truncate(bytes.len() * 2 / 3);
    }
    bytes
}

/// The digest that is filed of a part of a recording.
pub(crate) fn digest(key: u64, medium: Medium) -> String {
    let digest = Sha256::digest(content(key, medium, Sent::AsFiled));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Spot checks: every twenty days an ordinary sale of each insurer, both parts, answered in time.
pub(crate) fn spot_checks(world: &World, member: &Member) -> Vec<Asked> {
    let mut asked = Vec::new();
    let latest = world.plan.days.saturating_sub(ASKED_AFTER_DAYS + 2);
    for from in (0..latest).step_by(SPOT_CHECK_DAYS as usize) {
        let days = from..(from + SPOT_CHECK_DAYS).min(latest);
        let first = |day| sales::first_recorded(world, member, day).map(|policy| (day, policy));
        let Some((day, policy)) = days.into_iter().find_map(first) else { continue };
        let mut rng = world.rng(Topic::CallUps, member, day);
        for medium in Medium::ALL {
            let asked_at = Time::start_of(world.day(day + ASKED_AFTER_DAYS))
                .plus_seconds(9 * 3600 + rng.below(8 * 3600) as i64);
            let at = asked_at.plus_seconds(2 * 3600 + rng.below(18 * 3600) as i64);
            let answers = vec![(at, Sent::AsFiled)];
            asked.push(Asked { policy, medium, asked_at, ground: "例行抽查 spot check", answers });
        }
    }
    asked
}
