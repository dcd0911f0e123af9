//! What is wrong with an institution itself: capital, executives, licence, security, solvency,
//! the clients' reserve.

use model::money::Fen;

use super::Stage;
use crate::rows::Row;
use crate::streams::register::{capital_minimum_yuan, entry};

pub(super) fn low_capital(stage: &mut Stage<'_>) {
    let minimum = capital_minimum_yuan(stage.member.public.line);
    stage.member.extras.flags.paid_in_capital = Some(Fen::from_yuan(minimum / 10 * 8));
}

pub(super) fn unqualified_executive(stage: &mut Stage<'_>) {
    stage.member.extras.flags.is_unqualified = true;
}

pub(super) fn qualification_ends(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(2) else { return };
    stage.member.extras.flags.qualified_until = Some(stage.world.day(day));
}

pub(super) fn old_assessment(stage: &mut Stage<'_>) {
    let back = 420 + stage.rng.below(200) as i32;
    stage.member.extras.flags.assessed_on = Some(stage.world.plan.first_day.plus(-back));
}

pub(super) fn licence_ends(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(3) else { return };
    stage.member.extras.flags.licence_until = Some(stage.world.day(day));
}

pub(super) fn licence_renewed(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(5) else { return };
    stage.member.extras.flags.licence_until = Some(stage.world.day(day + 2));
    stage.member.extras.flags.licence_renewed = Some(stage.world.day(day));
    let row = entry(stage.world, stage.member, day);
    stage.push(day, Row::Register(Box::new(row)));
    let why = "renewed two days before the licence ended";
    for day in [day + 3, day + 4] {
        stage.lawful("sales-qualification", day, Vec::new(), why);
    }
}

pub(super) fn low_core_solvency(stage: &mut Stage<'_>) {
    stage.member.extras.flags.solvency = Some((4_400, 11_000));
}

pub(super) fn low_solvency(stage: &mut Stage<'_>) {
    stage.member.extras.flags.solvency = Some((7_500, 9_300));
}

pub(super) fn reserve_short(stage: &mut Stage<'_>) {
    // Below the lowest ratio that any rating leads to.
    let Some(day) = stage.someday(3) else { return };
    stage.member.extras.flags.reserve = Some((day, 0.06));
}

pub(super) fn thin_guarantee(stage: &mut Stage<'_>) {
    stage.member.extras.flags.guarantee = Some(0.07);
}
