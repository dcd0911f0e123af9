//! Sales of what is not on file, and recordings that are not as they must be.

use std::collections::BTreeMap;

use model::streams::{ProductKind, TransactionKind};
use model::time::{Day, Time};

use super::Found;
use crate::calendar::years_after;
use crate::line::Tag;
use crate::rows::{About, PolicyRow, ProductRow, RecordingRow, Row};
use crate::streams::register::products;
use crate::world::Member;

type Group = Vec<(&'static str, String)>;

pub(super) fn find(found: &mut Found<'_>, member: &Member) {
    let mut registered: BTreeMap<Tag, ProductRow> = BTreeMap::new();
    let mut policies: Vec<(u32, PolicyRow)> = Vec::new();
    let mut recordings: Vec<(u32, RecordingRow)> = Vec::new();
    for (day, row) in member.extras.all() {
        match row {
            Row::Product(row) => {
                registered.insert(row.product, row.clone());
            }
            Row::Policy(row) => policies.push((day, *row)),
            Row::Recording(row) => recordings.push((day, *row)),
            _ => {}
        }
    }
    let is_off = |product: Tag, on: Day| {
        registered
            .get(&product)
            .is_some_and(|row| row.filing.is_none() || row.on_sale_until.is_some_and(|until| until < on))
    };
    let mut first = First::default();
    for (day, policy) in &policies {
        let group = vec![("product", policy.product.to_string())];
        if is_off(policy.product, found.world.day(*day)) {
            first.note(*day, "unfiled-insurance-product", group.clone(), "product-not-on-file", policy.time);
        }
        let promises = registered
            .get(&policy.product)
            .is_some_and(|row| row.kind == ProductKind::ShortHealth && row.guaranteed_renewal == Some(true));
        if promises {
            first.note(*day, "short-health-renewal", group, "renewal-promised", policy.time);
        }
    }
    for (day, row) in member.extras.all() {
        if let Row::Transaction(row) = row
            && row.kind == TransactionKind::Subscription
            && let About::Fund(fund) = row.about
            && is_off(fund, found.world.day(day))
        {
            let group = vec![("fund_product", fund.to_string())];
            first.note(day, "unfiled-fund", group, "fund-not-on-file", row.time);
        }
    }
    recorded(found, member, &policies, &recordings, &mut first);
    for ((day, entry, group), (conduct, at)) in first.0 {
        found.planted(member, day, entry, group, conduct, at);
    }
}

/// For each finding the first record that shows it.
#[derive(Default)]
struct First(BTreeMap<(u32, &'static str, Group), (&'static str, Time)>);

impl First {
    fn note(&mut self, day: u32, entry: &'static str, group: Group, conduct: &'static str, at: Time) {
        let known = self.0.entry((day, entry, group)).or_insert((conduct, at));
        known.1 = known.1.min(at);
    }
}

fn recorded(
    found: &Found<'_>,
    member: &Member,
    policies: &[(u32, PolicyRow)],
    recordings: &[(u32, RecordingRow)],
    first: &mut First,
) {
    use ProductKind::{Annuity, Participating, UnitLinked, UniversalLife};
    let wealth: Vec<Tag> = products(found.world, member)
        .iter()
        .filter(|one| matches!(one.kind, UniversalLife | UnitLinked | Participating | Annuity))
        .map(|one| one.tag)
        .collect();
    for (day, policy) in policies {
        let is_recorded =
            recordings.iter().any(|(on, one)| one.policy == policy.policy && (*day..=*day + 1).contains(on));
        if policy.yield_hundredths > Some(500) && wealth.contains(&policy.product) && !is_recorded {
            let group = vec![("policy", policy.policy.to_string())];
            first.note(*day, "sale-without-recording", group, "not-recorded", policy.time);
        }
    }
    for (day, one) in recordings {
        let group = || vec![("policy", one.policy.to_string())];
        if !one.has_sound || !one.has_picture {
            first.note(*day, "recording-one-channel", Vec::new(), "one-channel", one.time);
        }
        let recorded = found.world.day(*day);
        if one.retained_until < years_after(recorded, 10) {
            first.note(*day, "recording-retention", group(), "kept-too-short", one.time);
        }
        let contract = policies.iter().find(|(_, policy)| policy.policy == one.policy);
        if let Some((sold, PolicyRow { ends_on: Some(end), .. })) = contract {
            let is_short = *end <= years_after(found.world.day(*sold), 1);
            if one.retained_until < years_after(*end, if is_short { 5 } else { 10 }) {
                first.note(*day, "recording-retention-law", group(), "kept-too-short-by-law", one.time);
            }
        }
    }
}
