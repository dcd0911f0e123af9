//! Policies sold, and the recordings of their sale.

use model::money::Fen;
use model::time::{Day, Time};

use super::optional;
use crate::line::{Line, Tag};
use crate::rng::mix;

/// The sale of a policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PolicyRow {
    pub(crate) id: Tag,
    pub(crate) time: Time,
    pub(crate) user: u128,
    pub(crate) policy: Tag,
    pub(crate) product: Tag,
    pub(crate) premium_fen: i64,
    pub(crate) yield_hundredths: Option<i64>,
    pub(crate) ends_on: Option<Day>,
}

impl PolicyRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let mut line = line
            .time("time", self.time)
            .pseudonym("user", self.user)
            .tag("policy", self.policy)
            .tag("product", self.product)
            .money("premium", Fen(self.premium_fen));
        optional!(line, hundredths, "annual_yield_percent", self.yield_hundredths);
        optional!(line, day, "ends_on", self.ends_on);
        line
    }
}

/// A recording in sound and picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordingRow {
    pub(crate) id: Tag,
    pub(crate) time: Time,
    pub(crate) user: u128,
    pub(crate) policy: Tag,
    pub(crate) product: Tag,
    pub(crate) yield_hundredths: i64,
    pub(crate) has_sound: bool,
    pub(crate) has_picture: bool,
    pub(crate) retained_until: Day,
}

impl RecordingRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let seed = mix(self.time.0 as u64 ^ self.user as u64);
        let digest = |channel: u64| -> String {
            (0..4).map(|part| format!("{:016x}", mix(seed ^ channel << 8 ^ part))).collect()
        };
        let mut line = line
            .time("time", self.time)
            .pseudonym("user", self.user)
            .tag("policy", self.policy)
            .tag("product", self.product)
            .hundredths("annual_yield_percent", self.yield_hundredths);
        optional!(line, text, "sound_sha256", self.has_sound.then(|| digest(1)).as_deref());
        optional!(line, text, "picture_sha256", self.has_picture.then(|| digest(2)).as_deref());
        line.day("retained_until", self.retained_until)
    }
}
