//! Products that are not on file or not sold as they must be.

use model::streams::ProductKind;
use model::time::Day;

use super::Stage;
use super::clients::pays;
use crate::calendar::years_after;
use crate::call_ups;
use crate::line::Tag;
use crate::people;
use crate::rows::{About, PolicyRow, RecordingRow, Row};
use crate::streams::register::{Product, product_row, products};

/// Registers a product of its own.
fn product(
    stage: &mut Stage<'_>,
    kind: ProductKind,
    is_filed: bool,
    on_sale_until: Option<Day>,
    promises_renewal: bool,
) -> Tag {
    let first_day = stage.world.plan.first_day;
    let tag = Tag::new("CX", first_day, stage.member.index as u64 * 10_000 + stage.number());
    let product = Product { tag, kind, term_days: Some(365), yields: None };
    let filing = is_filed.then(|| Tag::new("BX", first_day, tag.number));
    let mut row = product_row(&product, first_day, filing);
    row.on_sale_until = on_sale_until;
    if promises_renewal {
        row.guaranteed_renewal = Some(true);
    }
    stage.push(0, Row::Product(row));
    tag
}

/// How a sale is planted.
pub(super) struct Sale {
    product: Tag,
    yield_hundredths: Option<i64>,
    ends_on: Option<Day>,
    /// Sound, picture, and until when it is kept; none where nothing is recorded.
    recording: Option<(bool, bool, Day)>,
}

/// Plants a sale: policy, premium and recording. Gives the policy's number.
pub(super) fn sell(stage: &mut Stage<'_>, day: u32, sale: &Sale) -> Tag {
    let person = stage.someone();
    let time = stage.office(day);
    let premium_fen = (3_000 + stage.rng.below(90) as i64 * 100) * 100;
    let mut row = pays(stage.world, stage.member, person, time, premium_fen);
    let policy = Tag::new("YX", time.day(), row.id.number);
    row.about = About::Policy(policy);
    stage.push(day, Row::Transaction(row));
    let user = people::person(person);
    stage.push(
        day,
        Row::Policy(PolicyRow {
            id: Tag::new("BX", time.day(), row.id.number),
            time,
            user,
            policy,
            product: sale.product,
            premium_fen,
            yield_hundredths: sale.yield_hundredths,
            ends_on: sale.ends_on,
        }),
    );
    if let (Some((has_sound, has_picture, retained_until)), Some(yield_hundredths)) =
        (sale.recording, sale.yield_hundredths)
    {
        stage.push(
            day,
            Row::Recording(RecordingRow {
                id: Tag::new("LX", time.day(), row.id.number),
                time,
                user,
                policy,
                product: sale.product,
                yield_hundredths,
                key: call_ups::key(stage.world.plan.seed, stage.member.index, policy),
                has_sound,
                has_picture,
                retained_until,
            }),
        );
    }
    policy
}

/// A plain sale, of nothing that has to be recorded.
fn plain(product: Tag) -> Sale {
    Sale { product, yield_hundredths: None, ends_on: None, recording: None }
}

pub(super) fn unfiled_product(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(3) else { return };
    let product = product(stage, ProductKind::Property, false, None, false);
    for on in [day, day, day + 1] {
        sell(stage, on, &plain(product));
    }
}

pub(super) fn stopped_product(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(5) else { return };
    let last = stage.world.day(day);
    let product = product(stage, ProductKind::Property, true, Some(last), false);
    for on in [day, day + 3] {
        sell(stage, on, &plain(product));
    }
    let group = vec![("product", product.to_string())];
    stage.lawful("unfiled-insurance-product", day, group, "the last day of its sale");
}

pub(super) fn renewal_promised(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(3) else { return };
    let product = product(stage, ProductKind::ShortHealth, true, None, true);
    for on in [day, day + 1] {
        sell(stage, on, &plain(product));
    }
}

/// The sale of a wealth-type product with a high yield and a contract of five years.
pub(super) fn wealth(stage: &Stage<'_>, day: u32, recording: Option<(bool, bool, u32)>) -> Option<Sale> {
    let sold = stage.world.day(day);
    let universal =
        products(stage.world, stage.member).into_iter().find(|one| one.kind == ProductKind::UniversalLife)?;
    Some(Sale {
        product: universal.tag,
        yield_hundredths: Some(560),
        ends_on: Some(years_after(sold, 5)),
        recording: recording.map(|(sound, picture, years)| (sound, picture, years_after(sold, years))),
    })
}

pub(super) fn not_recorded(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(3) else { return };
    for on in [day, day, day + 1] {
        if let Some(sale) = wealth(stage, on, None) {
            sell(stage, on, &sale);
        }
    }
    // Five per cent sharp need not be recorded.
    if let Some(mut sale) = wealth(stage, day, None) {
        sale.yield_hundredths = Some(500);
        let policy = sell(stage, day, &sale);
        let group = vec![("policy", policy.to_string())];
        stage.lawful("sale-without-recording", day, group, "five per cent sharp is not above five");
    }
}

pub(super) fn one_channel(stage: &mut Stage<'_>) {
    for (sound, picture) in [(true, false), (false, true)] {
        let Some(day) = stage.someday(3) else { return };
        if let Some(sale) = wealth(stage, day, Some((sound, picture, 16))) {
            sell(stage, day, &sale);
        }
    }
}

pub(super) fn kept_too_short(stage: &mut Stage<'_>) {
    // Nine years are too short by the plan, twelve by the law: the contract runs for five.
    for years in [9, 12] {
        let Some(day) = stage.someday(3) else { return };
        if let Some(sale) = wealth(stage, day, Some((true, true, years))) {
            sell(stage, day, &sale);
        }
    }
}

pub(super) fn kept_as_long_as_wanted(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(3) else { return };
    if let Some(mut sale) = wealth(stage, day, Some((true, true, 10))) {
        sale.ends_on = Some(years_after(stage.world.day(day), 1));
        let policy = sell(stage, day, &sale);
        for entry in ["recording-retention", "recording-retention-law"] {
            let group = vec![("policy", policy.to_string())];
            stage.lawful(entry, day, group, "ten years to the day, for a contract of one year");
        }
    }
}

/// Someone buys a fund.
fn subscribe(stage: &mut Stage<'_>, day: u32, fund: Tag) {
    let person = stage.someone();
    let time = stage.office(day);
    let mut row = pays(stage.world, stage.member, person, time, 600_000);
    row.about = About::Fund(fund);
    stage.push(day, Row::Transaction(row));
}

pub(super) fn unfiled_fund(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(3) else { return };
    let fund = product(stage, ProductKind::Fund, false, None, false);
    for on in [day, day, day + 2] {
        subscribe(stage, on, fund);
    }
}

pub(super) fn stopped_fund(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(5) else { return };
    let last = stage.world.day(day);
    let fund = product(stage, ProductKind::Fund, true, Some(last), false);
    for on in [day, day + 2, day + 3] {
        subscribe(stage, on, fund);
    }
    stage.lawful("unfiled-fund", day, vec![("fund_product", fund.to_string())], "the last day of its sale");
}
