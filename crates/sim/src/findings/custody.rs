//! Where the bank and the platform disagree.

use model::streams::LineOfBusiness;
use model::time::Time;

use super::Found;
use crate::extras::FlowTwist;
use crate::loan::{Flows, Part};
use crate::people::{self, House};
use crate::rows::Row;
use crate::world::{Member, World};

pub(super) fn find(found: &mut Found<'_>, member: &Member) {
    if member.public.line != LineOfBusiness::P2p {
        return;
    }
    let bank = &member.extras.bank;
    let mut later: Vec<(u32, Time)> = Vec::new();
    for (day, row) in member.extras.all() {
        let Row::Transaction(row) = row else { continue };
        match bank.flows.get(&row.id) {
            Some(FlowTwist::Missing) => {
                let conduct = "unknown-to-the-bank";
                found.planted(member, day, "custody-missing-at-bank", Vec::new(), conduct, row.time);
            }
            Some(FlowTwist::Amount(_)) => {
                let conduct = "another-amount-at-the-bank";
                found.planted(member, day, "custody-amount-differs", Vec::new(), conduct, row.time);
            }
            // A pair belongs to the day on which the bank booked it.
            Some(FlowTwist::Later(on, time)) => later.push((*on, *time)),
            None => {}
        }
    }
    for (day, time, _, _) in &bank.ghosts {
        let conduct = "unknown-to-the-platform";
        found.planted(member, *day, "custody-missing-at-platform", Vec::new(), conduct, *time);
    }
    for day in bank.gaps.keys() {
        let at = Time::start_of(found.world.day(*day + 1));
        found.planted(member, *day, "custody-balance", Vec::new(), "balance-gap", at);
    }
    let mut days: Vec<u32> = later.iter().map(|(day, _)| *day).collect();
    days.dedup();
    for day in days {
        let on: Vec<Time> = later.iter().filter(|(other, _)| *other == day).map(|(_, time)| *time).collect();
        let matched = entries(found.world, member, day);
        // At least three, and one in twenty.
        if let Some(third) = on.get(2)
            && on.len() * 20 >= matched + on.len()
        {
            found.planted(member, day, "custody-timing", Vec::new(), "booked-a-day-later", *third);
        }
    }
}

/// How many entries the two sides agree on, on a day.
fn entries(world: &World, member: &Member, day: u32) -> usize {
    let of_loans: usize = Flows::of(world, member, day)
        .events
        .iter()
        .map(|event| if matches!(event.part, Part::Lending(_) | Part::Refund(_)) { 2 } else { 1 })
        .sum();
    let custody = people::house_account(member.index, House::Clients);
    let planted = member.extras.all().filter(|(on, row)| match row {
        Row::Transaction(row) => {
            *on == day
                && (row.payer == custody || row.payee == custody)
                && !member.extras.bank.flows.contains_key(&row.id)
        }
        _ => false,
    });
    of_loans + planted.count()
}
