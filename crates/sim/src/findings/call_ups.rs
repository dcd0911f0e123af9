//! Recordings that were asked for and did not come as they must.

use std::collections::BTreeMap;

use model::event::Medium;
use model::time::Time;

use super::Found;
use crate::call_ups::{Asked, Sent};
use crate::line::Tag;
use crate::rows::Row;
use crate::world::Member;

pub(super) fn find(found: &mut Found<'_>, member: &Member) {
    let mut faults: BTreeMap<(u32, Tag), (Time, &'static str)> = BTreeMap::new();
    for asked in &member.extras.call_ups {
        let Ok(day) = u32::try_from(asked.asked_at.day().0 - found.world.plan.first_day.0) else { continue };
        if let Some(fault) = fault(member, asked) {
            let known = faults.entry((day, asked.policy)).or_insert(fault);
            *known = (*known).min(fault);
        }
    }
    for ((day, policy), (at, conduct)) in faults {
        found.planted(member, day, "call-up", vec![("policy", policy.to_string())], conduct, at);
    }
}

/// What is wrong with what came, and since when.
fn fault(member: &Member, asked: &Asked) -> Option<(Time, &'static str)> {
    // The first that fits counts, before it the latest.
    let fits = |(_, sent): &&(Time, Sent)| is_comparable(member, asked) && *sent == Sent::AsFiled;
    match asked.answers.iter().find(fits).or(asked.answers.last()) {
        None => Some((asked.due_at(), "recording-not-produced")),
        Some((at, Sent::Cut)) if is_comparable(member, asked) => Some((*at, "another-recording")),
        Some((at, _)) => (*at > asked.due_at()).then_some((asked.due_at(), "recording-produced-late")),
    }
}

/// Whether a digest of the part was filed; of ordinary sales both are.
fn is_comparable(member: &Member, asked: &Asked) -> bool {
    member.extras.all().all(|(_, row)| match row {
        Row::Recording(row) if row.policy == asked.policy => match asked.medium {
            Medium::Sound => row.has_sound,
            Medium::Picture => row.has_picture,
        },
        _ => true,
    })
}
