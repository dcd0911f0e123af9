//! Policies sold, and the recordings of their sale.

use model::event::Medium;
use model::money::Fen;
use model::time::{Day, Time};

use super::optional;
use crate::call_ups::digest;
use crate::line::{Line, Tag};

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
    /// What its bytes are drawn from.
    pub(crate) key: u64,
    pub(crate) has_sound: bool,
    pub(crate) has_picture: bool,
    pub(crate) retained_until: Day,
}

impl RecordingRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let filed = |has_part: bool, medium| has_part.then(|| digest(self.key, medium));
        let mut line = line
            .time("time", self.time)
            .pseudonym("user", self.user)
            .tag("policy", self.policy)
            .tag("product", self.product)
            .hundredths("annual_yield_percent", self.yield_hundredths);
        optional!(line, text, "sound_sha256", filed(self.has_sound, Medium::Sound).as_deref());
        optional!(line, text, "picture_sha256", filed(self.has_picture, Medium::Picture).as_deref());
        line.day("retained_until", self.retained_until)
    }
}
