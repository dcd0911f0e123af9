//! What must be found of what was planted: the definitions of the rulebook's entries, written out
//! once more in plain Rust over the records, independently of the rules.
//!
//! Only what is planted is looked at. Ordinary business is made so that it meets none of the
//! definitions; the tests of this crate hold that against the written lines.

mod call_ups;
mod clients;
mod custody;
mod figures;
mod house;
mod lending;
mod sales;
mod watch;

use model::time::Time;

use crate::truth::{Expected, Truth};
use crate::world::{Member, World};

/// Works out the truth and adds it to what schemes have told.
pub(crate) fn settle(world: &mut World) {
    let mut found = Found { world, truths: Vec::new() };
    for member in &world.members {
        clients::find(&mut found, member);
        lending::find(&mut found, member);
        custody::find(&mut found, member);
        house::find(&mut found, member);
        sales::find(&mut found, member);
        call_ups::find(&mut found, member);
        watch::find(&mut found, member);
        figures::find(&mut found, member);
    }
    lending::find_across(&mut found);
    figures::find_across(&mut found);
    let mut truths = found.truths;
    truths.append(&mut world.truths);
    truths.sort_by(|a, b| {
        let key = |one: &Truth| (one.entry, one.day, one.institution.clone(), one.group.clone(), rank(one));
        key(a).cmp(&key(b))
    });
    // What must be found is not said to be possible or lawful besides: where institutions are few, one
    // has several schemes.
    truths.dedup_by(|later, first| {
        later.entry.is_some()
            && later.entry == first.entry
            && later.day == first.day
            && later.institution == first.institution
            && later.group == first.group
    });
    world.truths = truths;
}

fn rank(truth: &Truth) -> u8 {
    match truth.expected {
        Expected::Planted { .. } => 0,
        Expected::Possible { .. } => 1,
        Expected::Lawful { .. } => 2,
    }
}

/// What has been found so far.
struct Found<'w> {
    world: &'w World,
    truths: Vec<Truth>,
}

type Group = Vec<(&'static str, String)>;

impl Found<'_> {
    /// Days of the market.
    fn days(&self) -> u32 {
        self.world.plan.days
    }

    fn add(&mut self, member: &Member, day: u32, entry: &'static str, group: Group, expected: Expected) {
        if day < self.days() {
            self.truths.push(Truth {
                entry: Some(entry),
                institution: member.public.id.clone(),
                day: self.world.day(day),
                group,
                expected,
                transactions: Vec::new(),
            });
        }
    }

    fn planted(
        &mut self,
        member: &Member,
        day: u32,
        entry: &'static str,
        group: Group,
        conduct: &'static str,
        first_at: Time,
    ) {
        self.add(member, day, entry, group, Expected::Planted { conduct, first_at });
    }

    fn possible(
        &mut self,
        member: &Member,
        day: u32,
        entry: &'static str,
        group: Group,
        conduct: &'static str,
    ) {
        let first_at = self.noon(day);
        self.add(member, day, entry, group, Expected::Possible { conduct, first_at });
    }

    /// The time that stands for a figure of a day.
    fn noon(&self, day: u32) -> Time {
        Time::start_of(self.world.day(day)).plus_seconds(12 * 3600)
    }
}
