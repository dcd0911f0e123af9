//! Business figures of a day. They are those of the whole institution; the market's transactions
//! are a sample of its clients'.

use std::io::{self, Write};

use model::money::Fen;
use model::streams::LineOfBusiness;

use super::Sink;
use crate::cycle::{Flow, day_factor};
use crate::line::Tag;
use crate::planted::Conduct;
use crate::plots::Plot;
use crate::rng::Rng;
use crate::world::{Member, REDEMPTION_DAYS, Topic, World};

/// A platform's figures that others need too.
pub(crate) struct Lending {
    pub(crate) balance: Fen,
    pub(crate) overdue: Fen,
    pub(crate) nonperforming: Fen,
    pub(crate) cash_reserve: Fen,
    pub(crate) debt_due_30_days: Fen,
    pub(crate) guarantee_funds: Fen,
    pub(crate) lenders: u64,
    average_return_percent: f64,
}

fn fen(yuan: f64) -> Fen {
    Fen((yuan * 100.0).round() as i64)
}

/// How many days a plot has run: 0 on the day before it begins.
fn days_into(from: u32, day: u32) -> u32 {
    (day + 1).saturating_sub(from)
}

/// The two generators of an institution's figures: one that is the same on every day, one that is
/// not.
fn generators(world: &World, member: &Member, day: u32) -> (Rng, Rng) {
    (world.rng(Topic::Business, member, u32::MAX - 1), world.rng(Topic::Business, member, day))
}

pub(crate) fn lending(world: &World, member: &Member, day: u32) -> Lending {
    let (mut fixed, mut daily) = generators(world, member, day);
    let trend = 1.0 + fixed.between(-0.0004, 0.0012) * f64::from(day);
    let mut surge = 1.0;
    if let Some(Plot::LoanSurge { from }) = member.plot {
        // 4.5 % a day, for ten days.
        surge = (0..days_into(from, day).min(10)).fold(1.0, |product, _| product * 1.045);
    }
    let balance = 2.5e8 * member.size * trend * surge * daily.between(0.997, 1.003);
    let due = balance * fixed.between(0.11, 0.18) * daily.between(0.98, 1.02);
    let mut liquidity = fixed.between(1.7, 3.2) * daily.between(0.97, 1.03);
    if let Some(Plot::RunningDry { from }) = member.plot {
        // To a fifth within five days.
        let gone = f64::from(days_into(from, day).min(5)) / 5.0;
        liquidity = liquidity * (1.0 - gone) + 0.2 * gone * daily.between(0.9, 1.1);
    }
    let mut nonperforming = fixed.between(0.004, 0.018) * daily.between(0.98, 1.02);
    if member.plot == Some(Plot::BadLoans) {
        nonperforming = 0.14 * daily.between(0.97, 1.03);
    }
    Lending {
        balance: fen(balance),
        overdue: fen(balance * nonperforming * 1.4),
        nonperforming: fen(balance * nonperforming),
        cash_reserve: fen(due * liquidity),
        debt_due_30_days: fen(due),
        average_return_percent: fixed.between(6.5, 11.0),
        // At a sound platform a tenth is covered at least.
        guarantee_funds: fen(balance * member.extras.flags.guarantee.unwrap_or(fixed.between(0.11, 0.18))),
        // And fewer than a thousand persons lend: the larger it is, the more each of them.
        lenders: ((fixed.between(560.0, 640.0) + 35.0 * member.size) * surge * daily.between(0.99, 1.01))
            as u64,
    }
}

struct Insurance {
    policy_reserve: Fen,
    surrender_payments: Fen,
    policies_in_force: f64,
    policies_surrendered: f64,
}

fn insurance(world: &World, member: &Member, day: u32) -> Insurance {
    let (mut fixed, mut daily) = generators(world, member, day);
    let mut share = fixed.between(0.00006, 0.00013) * daily.between(0.7, 1.3);
    if let Some(Plot::Surrenders { from }) = member.plot
        && days_into(from, day) > 0
    {
        share = 0.006 * daily.between(0.8, 1.2);
    }
    let reserve = 3e9 * member.size * daily.between(0.998, 1.002);
    let in_force = reserve / fixed.between(6_000.0, 11_000.0);
    Insurance {
        policy_reserve: fen(reserve),
        surrender_payments: fen(reserve * share),
        policies_in_force: in_force,
        policies_surrendered: in_force * share,
    }
}

pub(crate) fn payment_reserve(world: &World, member: &Member, day: u32) -> (Fen, Fen) {
    let (_, mut daily) = generators(world, member, day);
    let total = 2.5e9 * member.size * daily.between(0.93, 1.07);
    let deposited = match (member.plot, member.extras.flags.reserve) {
        (Some(Plot::ReserveShort { from }), _) if days_into(from, day) > 0 => total * 0.41,
        (_, Some((from, share))) if days_into(from, day) > 0 => total * share,
        _ => total,
    };
    (fen(deposited), fen(total))
}

struct FundSales {
    subscriptions: Fen,
    redemptions: Fen,
    units_value: Fen,
}

fn fund_sales(world: &World, member: &Member, day: u32) -> FundSales {
    let (mut fixed, mut daily) = generators(world, member, day);
    let mut value = 5e9 * member.size * (1.0 + fixed.between(0.0, 0.0008) * f64::from(day));
    // Orders come and go with weekdays and holidays; after a holiday more is redeemed than on any
    // other day, and that is no run.
    let date = world.day(day);
    let busy = |flow| day_factor(&world.calendar, LineOfBusiness::Fund, date, flow);
    let mut redeemed = daily.between(0.006, 0.012) * busy(Flow::Out);
    if let Some(Plot::Redemptions { from }) = member.plot {
        let days = days_into(from, day);
        if member.is_run_on(day) {
            redeemed = daily.between(0.09, 0.16);
        }
        // What is redeemed is gone from the value held.
        value *= (0..days.min(REDEMPTION_DAYS)).fold(1.0, |product, _| product * 0.89);
    }
    FundSales {
        subscriptions: fen(value * daily.between(0.007, 0.014) * busy(Flow::In)),
        redemptions: fen(value * redeemed),
        units_value: fen(value),
    }
}

/// The figures that the indicators look at, in fen; of an insurer and a fund `balance` is the
/// reserve or the value held, of a payment firm the whole reserve and `cash` what is deposited.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) balance: i128,
    pub(crate) overdue: i128,
    pub(crate) nonperforming: i128,
    pub(crate) cash: i128,
    pub(crate) due: i128,
    /// Premiums or subscriptions of the day.
    pub(crate) into: i128,
    /// Surrenders or redemptions of the day.
    pub(crate) out: i128,
    /// Of a platform: what guarantees stand for its loans, and how many persons lend.
    pub(crate) guarantee: i128,
    pub(crate) lenders: u64,
}

/// The figures of a day as they are filed.
pub(crate) fn figures(world: &World, member: &Member, day: u32) -> Option<Figures> {
    let of = |fen: Fen| i128::from(fen.0);
    Some(match member.public.line {
        LineOfBusiness::P2p => {
            let one = lending(world, member, day);
            Figures {
                balance: of(one.balance),
                overdue: of(one.overdue),
                nonperforming: of(one.nonperforming),
                cash: of(one.cash_reserve),
                due: of(one.debt_due_30_days),
                guarantee: of(one.guarantee_funds),
                lenders: one.lenders,
                ..Figures::default()
            }
        }
        LineOfBusiness::Insurance => {
            let one = insurance(world, member, day);
            let (balance, out) = (of(one.policy_reserve), of(one.surrender_payments));
            Figures { balance, out, into: of(premium(world, member, day)), ..Figures::default() }
        }
        LineOfBusiness::Payment => {
            let (deposited, total) = payment_reserve(world, member, day);
            Figures { balance: of(total), cash: of(deposited), ..Figures::default() }
        }
        LineOfBusiness::Fund => {
            let one = fund_sales(world, member, day);
            Figures {
                balance: of(one.units_value),
                into: of(one.subscriptions),
                out: of(one.redemptions),
                ..Figures::default()
            }
        }
        LineOfBusiness::Custody => return None,
    })
}

/// The premiums of a day.
fn premium(world: &World, member: &Member, day: u32) -> Fen {
    let mut daily = world.rng(Topic::Business, member, day + (1 << 20));
    fen(3.5e6 * member.size * daily.between(0.7, 1.4))
}

pub(super) fn write<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    let id = Tag::new("B", world.day(day), 0);
    let line_of_business = member.public.line;
    // Drawn after the figures above, whose generators these are again from the start.
    let mut fixed = world.rng(Topic::Business, member, u32::MAX - 2);
    let mut daily = world.rng(Topic::Business, member, day + (1 << 20));
    sink.record(id, |line| {
        let line = line.day("date", world.day(day)).text("line", line_of_business.code());
        match line_of_business {
            LineOfBusiness::P2p => {
                let figures = lending(world, member, day);
                let balance = figures.balance.0 as f64 / 100.0;
                // A sound platform by the measure of early warning: lenders of some means, many borrowers,
                // none of them large.
                let lenders = figures.lenders as f64;
                let borrowers = balance / fixed.between(9_000.0, 14_000.0);
                let top10 = fixed.between(0.35, 0.6);
                let top10_lender = fixed.between(2.2, 4.0);
                line.money("loan_balance", figures.balance)
                    .money("overdue_balance", figures.overdue)
                    .money("nonperforming_balance", figures.nonperforming)
                    .money("cash_reserve", figures.cash_reserve)
                    .money("debt_due_30_days", figures.debt_due_30_days)
                    .money("guarantee_funds", figures.guarantee_funds)
                    .count("lenders", figures.lenders)
                    .count("borrowers", borrowers as u64)
                    .count("small_lenders", (lenders * fixed.between(0.2, 0.4)) as u64)
                    .count("large_lenders", (lenders * fixed.between(0.17, 0.3)) as u64)
                    .count("large_borrowers", (borrowers * 0.001) as u64)
                    .percent("top10_borrower_share_percent", top10)
                    .percent("top50_borrower_share_percent", top10 * fixed.between(1.8, 3.0))
                    .percent("top10_lender_share_percent", top10_lender)
                    .percent("top50_lender_share_percent", top10_lender * fixed.between(1.8, 3.0))
                    .percent("average_return_percent", figures.average_return_percent)
                    .count("filling_minutes", daily.between(15.0, 600.0) as u64)
                    .money("income", fen(balance * 0.03 / 365.0 * daily.between(0.9, 1.1)))
            }
            LineOfBusiness::Insurance => {
                let figures = insurance(world, member, day);
                // The first that is drawn for a day.
                let premium = 3.5e6 * member.size * daily.between(0.7, 1.4);
                let health = premium * fixed.between(0.2, 0.35);
                line.money("premium_income", fen(premium))
                    .money("surrender_payments", figures.surrender_payments)
                    .money("policy_reserve", figures.policy_reserve)
                    .count("policies_in_force", figures.policies_in_force as u64)
                    .count("policies_surrendered", figures.policies_surrendered as u64)
                    .money("health_claims", fen(health * daily.between(0.5, 0.68)))
                    .money("health_earned_premium", fen(health))
                    .money("income", fen(premium * 0.14))
            }
            LineOfBusiness::Payment => {
                let (deposited, total) = payment_reserve(world, member, day);
                line.money("reserve_deposited", deposited)
                    .money("reserve_total", total)
                    .money("income", fen(total.0 as f64 / 100.0 * 0.0004 * daily.between(0.8, 1.2)))
            }
            LineOfBusiness::Fund => {
                let figures = fund_sales(world, member, day);
                line.money("subscriptions", figures.subscriptions)
                    .money("redemptions", figures.redemptions)
                    .money("fund_units_value", figures.units_value)
                    .money("income", fen(figures.units_value.0 as f64 / 100.0 * 0.005 / 365.0))
            }
            LineOfBusiness::Custody => line,
        }
    })
}

/// What is planted in the figures of a day.
pub(crate) fn planted(world: &World, member: &Member, day: u32) -> Option<Conduct> {
    match member.plot {
        Some(Plot::LoanSurge { .. }) if day >= 7 => {
            let (balance, before) =
                (lending(world, member, day).balance, lending(world, member, day - 7).balance);
            (balance.0 * 10 > before.0 * 13).then_some(Conduct::LoanSurge { balance, before })
        }
        Some(Plot::RunningDry { .. }) => {
            let Lending { cash_reserve, debt_due_30_days, .. } = lending(world, member, day);
            (cash_reserve.0 * 2 < debt_due_30_days.0)
                .then_some(Conduct::RunningDry { cash_reserve, debt_due_30_days })
        }
        Some(Plot::BadLoans) => {
            let Lending { nonperforming, balance, .. } = lending(world, member, day);
            (nonperforming.0 * 10 > balance.0).then_some(Conduct::BadLoans { nonperforming, balance })
        }
        Some(Plot::Surrenders { .. }) => {
            let Insurance { surrender_payments: paid, policy_reserve, .. } = insurance(world, member, day);
            (paid.0 * 1000 > policy_reserve.0 * 3).then_some(Conduct::Surrenders { paid, policy_reserve })
        }
        Some(Plot::ReserveShort { .. }) => {
            let (deposited, total) = payment_reserve(world, member, day);
            (deposited.0 * 2 < total.0).then_some(Conduct::ReserveShort { deposited, total })
        }
        Some(Plot::Redemptions { .. }) => {
            let FundSales { redemptions: redeemed, units_value, .. } = fund_sales(world, member, day);
            (redeemed.0 * 20 > units_value.0).then_some(Conduct::MassRedemption { redeemed, units_value })
        }
        _ => None,
    }
}
