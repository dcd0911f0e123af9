//! What the custody bank's statement says otherwise than the platform, and banks that must not
//! keep clients' money.

use model::institution::InstitutionId;
use model::streams::LineOfBusiness;
use model::time::Time;

use super::Stage;
use super::clients::pays;
use crate::extras::FlowTwist;
use crate::line::Tag;
use crate::rows::{Row, TransactionRow};
use crate::world::World;

/// A deposit of someone into the clients' account at a time.
fn deposit(stage: &mut Stage<'_>, day: u32, time: Time, yuan: i64) -> TransactionRow {
    let person = stage.someone();
    let row = pays(stage.world, stage.member, person, time, yuan * 100);
    stage.push(day, Row::Transaction(row));
    row
}

pub(super) fn missing_at_bank(stage: &mut Stage<'_>) {
    for yuan in [9_000, 12_500] {
        let Some(day) = stage.someday(3) else { return };
        let time = stage.office(day);
        let row = deposit(stage, day, time, yuan);
        stage.member.extras.bank.flows.insert(row.id, FlowTwist::Missing);
    }
}

pub(super) fn missing_at_platform(stage: &mut Stage<'_>) {
    for fen in [-880_000, 640_000] {
        let Some(day) = stage.someday(3) else { return };
        let time = stage.office(day);
        let tag = Tag::new("XG", stage.world.day(day), stage.number());
        stage.member.extras.bank.ghosts.push((day, time, fen, tag));
    }
}

pub(super) fn amount_differs(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(3) else { return };
    let time = stage.office(day);
    let row = deposit(stage, day, time, 7_700);
    stage.member.extras.bank.flows.insert(row.id, FlowTwist::Amount(-70_000));
}

pub(super) fn balance_gap(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(3) else { return };
    stage.member.extras.bank.gaps.insert(day, 35_000_000);
}

/// A deposit just before midnight that the bank books just after it.
fn book_after_midnight(stage: &mut Stage<'_>, day: u32, number: i64) -> TransactionRow {
    let time = stage.at(day, 86_400 - 170 + number);
    let row = deposit(stage, day, time, 1_200 + 100 * number);
    let booked = stage.at(day + 1, 300 + number);
    stage.member.extras.bank.flows.insert(row.id, FlowTwist::Later(day + 1, booked));
    row
}

pub(super) fn timing(stage: &mut Stage<'_>) {
    // As many as a bank leaves that closes its books too early.
    let Some(day) = stage.someday(3) else { return };
    for number in 0..12 {
        book_after_midnight(stage, day, number);
    }
    let why = "booked five minutes after midnight: another day, not missing";
    stage.lawful("custody-missing-at-bank", day, Vec::new(), why);
    stage.lawful("custody-missing-at-platform", day + 1, Vec::new(), why);
}

pub(super) fn two_after_midnight(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(3) else { return };
    for number in 0..2 {
        book_after_midnight(stage, day, number);
    }
    let why = "two deposits booked five minutes after midnight";
    stage.lawful("custody-missing-at-bank", day, Vec::new(), why);
    stage.lawful("custody-missing-at-platform", day + 1, Vec::new(), why);
    stage.lawful("custody-timing", day, Vec::new(), why);
}

pub(super) fn unqualified_bank(stage: &mut Stage<'_>) {
    // The register names an institution that is no custody bank.
    stage.member.extras.flags.custody_bank = Some(InstitutionId::synthetic(900_000));
}

/// The licence of a bank ends; with few banks none is taken, or every platform would be hit.
pub(super) fn licence_of_a_bank_ends(world: &mut World, round: usize) {
    let banks: Vec<usize> = world
        .members
        .iter()
        .filter(|member| member.public.line == LineOfBusiness::Custody)
        .map(|member| member.index)
        .collect();
    let until = world.plan.first_day.plus(world.plan.days as i32 / 2);
    if banks.len() >= 3
        && round == 0
        && let Some(bank) = banks.last().and_then(|last| world.members.get_mut(*last))
    {
        bank.extras.flags.licence_until = Some(until);
    }
}
