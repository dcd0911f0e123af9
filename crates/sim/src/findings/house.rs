//! What the register says of an institution on each day.

use model::spec::Record;
use model::streams::{LineOfBusiness, Policy};
use model::time::Time;

use super::Found;
use crate::rows::{RegisterRow, Row};
use crate::streams::{has_records, register};
use crate::world::{Member, World};

/// The entry in force on a day.
fn in_force(world: &World, member: &Member, day: u32) -> RegisterRow {
    let since = day / register::RENEWED_DAYS * register::RENEWED_DAYS;
    let renewed = register::entry(world, member, since);
    let planted = member.extras.all().filter_map(|(_, row)| match row {
        Row::Register(row) => Some((**row).clone()),
        _ => None,
    });
    let in_time = planted.filter(|row| row.effective_from <= world.day(day));
    in_time
        .fold(renewed, |latest, row| if row.effective_from >= latest.effective_from { row } else { latest })
}

pub(super) fn find(found: &mut Found<'_>, member: &Member) {
    for day in 0..found.days() {
        let row = in_force(found.world, member, day);
        let at = Time::start_of(found.world.day(day));
        match member.public.line {
            LineOfBusiness::Custody => continue,
            LineOfBusiness::P2p => custodian(found, member, day, &row),
            LineOfBusiness::Insurance => licence(found, member, day, &row),
            LineOfBusiness::Payment | LineOfBusiness::Fund => {}
        }
        if row.paid_in_capital.0 / 100 < register::capital_minimum_yuan(member.public.line) {
            found.planted(member, day, "paid-in-capital", Vec::new(), "low-capital", at);
        }
        let date = found.world.day(day);
        let is_unqualified = row.executives.iter().any(|one| {
            one.qualification.is_none() || one.qualified_until.is_some_and(|until| until < date.plus(30))
        });
        if is_unqualified {
            found.planted(member, day, "executive-qualification", Vec::new(), "unqualified-executive", at);
        }
        if date.0 - row.security_assessed_on.0 > 365 || row.security_level < 3 {
            found.planted(member, day, "security-assessment", Vec::new(), "old-assessment", at);
        }
    }
}

fn licence(found: &mut Found<'_>, member: &Member, day: u32, row: &RegisterRow) {
    let has_ended =
        row.licence.is_none() || row.licence_until.is_some_and(|until| until < found.world.day(day));
    if has_ended && has_records(found.world, member, Policy::STREAM, day) {
        let at = Time::start_of(found.world.day(day));
        found.planted(member, day, "sales-qualification", Vec::new(), "licence-ended", at);
    }
}

fn custodian(found: &mut Found<'_>, member: &Member, day: u32, row: &RegisterRow) {
    let world = found.world;
    let is_qualified = |id: &model::institution::InstitutionId| {
        world.members.iter().any(|bank| {
            bank.public.id == *id
                && bank.public.line == LineOfBusiness::Custody
                && in_force(world, bank, day).licence_until.is_none_or(|until| until >= world.day(day))
        })
    };
    // Named by the register, or by the account itself.
    let named = [row.custody_bank.as_ref(), member.public.custody_bank.as_ref()];
    if named.into_iter().flatten().any(|bank| !is_qualified(bank)) {
        let at = Time::start_of(world.day(day));
        found.planted(member, day, "custodian-qualification", Vec::new(), "unqualified-bank", at);
    }
}
