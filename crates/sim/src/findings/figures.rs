//! What an institution's daily figures show: the ratios of the indicators, for everyone and on
//! every day.

use model::spec::Record;
use model::streams::{BusinessDaily, LineOfBusiness};

use super::Found;
use super::watch::is_filed;
use crate::streams::business::{self, Figures};
use crate::truth::Expected;
use crate::world::Member;

/// Institutions from which on no ten of them have four fifths of what is moved.
const SPREAD_FROM: usize = 40;
/// Days of grades that a first rating needs.
const RATED_DAYS: i32 = 30;

pub(super) fn find(found: &mut Found<'_>, member: &Member) {
    // The figures of each day that is filed.
    let figures: Vec<Option<Figures>> = (0..found.days())
        .map(|day| {
            let filed = is_filed(member, BusinessDaily::STREAM.number, day);
            filed.then(|| business::figures(found.world, member, day)).flatten()
        })
        .collect();
    for day in 0..figures.len() {
        let Some(today) = figures.get(day).and_then(Option::as_ref) else { continue };
        let shown: Vec<(&'static str, &'static str)> = match member.public.line {
            LineOfBusiness::P2p => lending(&figures, day, today),
            LineOfBusiness::Insurance => surrenders(&figures, day),
            LineOfBusiness::Payment => reserve(found, member, day as u32, today),
            LineOfBusiness::Fund => redemptions(&figures, day, today),
            LineOfBusiness::Custody => Vec::new(),
        };
        let at = found.noon(day as u32);
        for (entry, conduct) in shown {
            found.planted(member, day as u32, entry, Vec::new(), conduct, at);
        }
    }
    if let Some(last) = found.days().checked_sub(1)
        && member.public.line == LineOfBusiness::P2p
        && member.plot.is_none()
    {
        let entries = [
            ("guarantee-coverage", "guarantees for a tenth of the loans and more"),
            ("public-reach", "fewer than a thousand lenders"),
        ];
        for (entry, why) in entries {
            found.add(member, last, entry, Vec::new(), Expected::Lawful { why });
        }
    }
    if member.public.line == LineOfBusiness::Payment {
        // It rests on all grades of the quarter before.
        for day in 0..found.days() {
            found.possible(member, day, "payment-rating", Vec::new(), "rating");
        }
    }
}

/// What the whole industry's transactions show: from forty institutions on the ten largest have less
/// than four fifths, of fewer they may have more by nature.
pub(super) fn find_across(found: &mut Found<'_>) {
    let world = found.world;
    let Some(first) = world.members.iter().find(|member| member.public.line != LineOfBusiness::Custody)
    else {
        return;
    };
    let entry = "transaction-concentration";
    for day in 0..found.days() {
        if world.members.len() < SPREAD_FROM {
            found.possible(first, day, entry, Vec::new(), "few-institutions");
        } else {
            let why = "the ten largest have less than four fifths";
            found.add(first, day, entry, Vec::new(), Expected::Lawful { why });
        }
    }
}

type Shown = Vec<(&'static str, &'static str)>;

fn lending(figures: &[Option<Figures>], day: usize, today: &Figures) -> Shown {
    let mut shown = Vec::new();
    let before = day.checked_sub(7).and_then(|before| figures.get(before)?.as_ref());
    if before.is_some_and(|before| today.balance * 10 >= before.balance * 13) {
        shown.push(("loan-balance-surge", "loan-surge"));
    }
    if today.cash < today.due {
        shown.push(("liquidity", "running-dry"));
    }
    if today.nonperforming * 20 > today.balance {
        shown.push(("nonperforming-ratio", "bad-loans"));
    }
    if today.overdue * 10 > today.balance {
        shown.push(("overdue-ratio", "bad-loans"));
    }
    if today.guarantee * 10 < today.balance {
        shown.push(("guarantee-coverage", "thin-guarantee"));
    }
    if today.lenders >= 1000 {
        shown.push(("public-reach", "loan-surge"));
    }
    shown
}

/// Surrenders of ninety days, a year's worth of them over the reserve at the beginning and the
/// premiums since.
fn surrenders(figures: &[Option<Figures>], day: usize) -> Shown {
    let window: Vec<&Figures> =
        figures.get(day.saturating_sub(89)..=day).into_iter().flatten().flatten().collect();
    let paid: i128 = window.iter().map(|one| one.out).sum();
    let premiums: i128 = window.iter().map(|one| one.into).sum();
    let opening = window.first().map_or(0, |one| one.balance);
    let below = window.len() as i128 * opening + 365 * premiums;
    let is_high = window.len() >= 30 && 36_500 * paid >= 5 * below;
    if is_high { vec![("surrender-rate", "surrenders")] } else { Vec::new() }
}

fn redemptions(figures: &[Option<Figures>], day: usize, today: &Figures) -> Shown {
    let mut shown = Vec::new();
    let filed = |back: usize| day.checked_sub(back).and_then(|day| figures.get(day)?.as_ref());
    if let Some(before) = (1..=7).find_map(filed)
        && 20 * (today.out - today.into) >= before.balance
    {
        shown.push(("large-redemption", "mass-redemption"));
    }
    let week: Vec<&Figures> = (0..14).filter_map(filed).take(7).collect();
    let (bought, sold) = week.iter().fold((0, 0), |(into, out), one| (into + one.into, out + one.out));
    if week.len() == 7 && 2 * sold >= 3 * bought {
        shown.push(("redemption-pressure", "mass-redemption"));
    }
    shown
}

fn reserve(found: &mut Found<'_>, member: &Member, day: u32, today: &Figures) -> Shown {
    if today.cash >= today.balance {
        return Vec::new();
    }
    // Without a rating everything has to be deposited, with the best one a tenth. A rating of the
    // grades before a quarter holds from the quarter's second month on.
    let date = found.world.day(day);
    let mut quarter = date.first_of_month().plus(-1).first_of_month();
    while quarter.month() % 3 != 1 {
        quarter = quarter.plus(-1).first_of_month();
    }
    let is_unrated = quarter.0 - found.world.plan.first_day.0 < RATED_DAYS;
    if is_unrated || today.cash * 10 < today.balance {
        return vec![("reserve-deposit", "reserve-short"), ("reserve-ratio", "reserve-short")];
    }
    found.possible(member, day, "reserve-ratio", Vec::new(), "reserve-short");
    vec![("reserve-deposit", "reserve-short")]
}
