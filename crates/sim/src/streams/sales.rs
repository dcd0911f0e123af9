//! Policies sold and the recordings of their sale: of the premiums of a day, those that are the
//! first of a policy.

use std::io::{self, Write};

use model::time::Day;

use super::Sink;
use super::register::{Product, products};
use super::transactions::{Movement, Movements};
use crate::call_ups;
use crate::line::Tag;
use crate::people;
use crate::rng::mix;
use crate::rows::{PolicyRow, RecordingRow, Row};
use crate::world::{Member, World};

/// Above this yield a sale of a wealth-type product is recorded (requirement 1.8).
const RECORDED_HUNDREDTHS: i64 = 500;
/// Until when a recording of a policy without an end is kept.
const KEPT_FOR_LIFE: Day = Day(62_000);

/// A policy that was sold with a movement.
struct Sale {
    movement: Movement,
    policy: Tag,
    product: Product,
    yield_hundredths: Option<i64>,
    ends_on: Option<Day>,
}

/// The policy that a premium belongs to. Four of ten premiums are the first.
pub(super) fn policy_of(world: &World, movement: &Movement, day: u32) -> (Tag, bool) {
    let bits = mix(movement.bits);
    if bits % 10 < 4 {
        (Tag::new("Y", world.day(day), movement.index), true)
    } else {
        // Sold in the two years before the market begins.
        let sold = world.plan.first_day.plus(-1 - (bits >> 8) as i32 % 700);
        (Tag::new("Y", sold, bits >> 32), false)
    }
}

fn sales<'w>(world: &'w World, member: &'w Member, day: u32) -> impl Iterator<Item = Sale> + 'w {
    let products = products(world, member);
    Movements::new(world, member, day).filter_map(move |movement| {
        if movement.kind != model::streams::TransactionKind::Premium {
            return None;
        }
        let (policy, is_first) = policy_of(world, &movement, day);
        if !is_first {
            return None;
        }
        let bits = mix(movement.bits ^ 0x5a1e);
        let product = products.get(bits as usize % products.len().max(1)).copied()?;
        let yields = product.yields.map(|(low, high)| low + (bits >> 16) as i64 % (high - low + 1));
        let ends_on = product.term_days.map(|days| world.day(day).plus(days as i32));
        Some(Sale { movement, policy, product, yield_hundredths: yields, ends_on })
    })
}

/// Until when a recording has to be kept: ten years from the sale (requirement 1.8); by the rules
/// on recorded sales five years after the end of a contract of up to a year, ten after others'.
pub(crate) fn kept_until(sold: Day, ends_on: Option<Day>, is_short: bool) -> Day {
    let years = |day: Day, years: i32| day.plus(years * 365 + years / 4 + 1);
    let by_plan = years(sold, 10);
    match ends_on {
        None => KEPT_FOR_LIFE,
        Some(end) if is_short => by_plan.max(years(end, 5)),
        Some(end) => by_plan.max(years(end, 10)),
    }
}

impl Sale {
    fn policy_row(&self) -> PolicyRow {
        PolicyRow {
            id: Tag::new("BD", self.policy.day, self.policy.number),
            time: self.movement.time,
            user: people::person(self.movement.person),
            policy: self.policy,
            product: self.product.tag,
            premium_fen: self.movement.amount_fen,
            yield_hundredths: self.yield_hundredths,
            ends_on: self.ends_on,
        }
    }

    fn recording_row(&self, world: &World, member: &Member) -> Option<RecordingRow> {
        let yield_hundredths = self.yield_hundredths.filter(|shown| *shown > RECORDED_HUNDREDTHS)?;
        let sold = self.policy.day;
        let is_short = self.product.term_days.is_some_and(|days| days <= 366);
        Some(RecordingRow {
            id: Tag::new("LY", sold, self.policy.number),
            time: self.movement.time,
            user: people::person(self.movement.person),
            policy: self.policy,
            product: self.product.tag,
            yield_hundredths,
            key: call_ups::key(world.plan.seed, member.index, self.policy),
            has_sound: true,
            has_picture: true,
            retained_until: kept_until(sold, self.ends_on, is_short),
        })
    }
}

pub(super) fn has_policies(world: &World, member: &Member, day: u32) -> bool {
    sales(world, member, day).next().is_some()
}

pub(super) fn has_recordings(world: &World, member: &Member, day: u32) -> bool {
    sales(world, member, day).any(|sale| sale.recording_row(world, member).is_some())
}

/// The first policy of a day whose sale is recorded.
pub(crate) fn first_recorded(world: &World, member: &Member, day: u32) -> Option<Tag> {
    sales(world, member, day).find_map(|sale| sale.recording_row(world, member)).map(|row| row.policy)
}

pub(super) fn write_policies<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    sales(world, member, day).try_for_each(|sale| sink.row(&Row::Policy(sale.policy_row())))
}

pub(super) fn write_recordings<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    sales(world, member, day)
        .filter_map(|sale| sale.recording_row(world, member))
        .try_for_each(|row| sink.row(&Row::Recording(row)))
}
