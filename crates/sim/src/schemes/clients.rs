//! What single clients do: many transactions, large sums, sums in pieces.

use std::collections::BTreeMap;

use model::money::Fen;
use model::pseudonym::Pseudonym;
use model::spec::Record;
use model::streams::{Direction, LineOfBusiness, Transaction, TransactionKind};
use model::time::Time;

use crate::line::Tag;
use crate::people::{self, APART, House};
use crate::planted::Conduct;
use crate::plots::Plot;
use crate::rng::Rng;
use crate::rows::{About, Row, TransactionRow};
use crate::streams::{register, transactions::channel};
use crate::world::{Member, Topic, World};

/// Transactions of a user who moves a large sum.
const LARGE_DAY_TRANSACTIONS: u64 = 4;
/// Persons apart that each institution has for what is planted with it.
const PERSONS_EACH: u64 = 100_000;

/// A person of whom nothing is known but what is planted.
pub(crate) fn someone(member: &mut Member) -> u64 {
    let number = member.extras.number();
    APART + member.index as u64 * PERSONS_EACH + number
}

/// A payment of a person in the institution's line of business, by number of the product that it
/// is for.
pub(crate) fn pays(
    world: &World,
    member: &mut Member,
    person: u64,
    time: Time,
    amount_fen: i64,
) -> TransactionRow {
    let line = member.public.line;
    let number = member.extras.number();
    let clients_account = people::house_account(member.index, House::Clients);
    let (kind, counterparty, payee) = match line {
        LineOfBusiness::P2p | LineOfBusiness::Custody => (TransactionKind::Deposit, None, clients_account),
        LineOfBusiness::Insurance => (TransactionKind::Premium, None, clients_account),
        LineOfBusiness::Fund => (TransactionKind::Subscription, None, clients_account),
        LineOfBusiness::Payment => (
            TransactionKind::Payment,
            Some(people::merchant(number % 997)),
            people::merchant_account(number % 997),
        ),
    };
    let about = match line {
        LineOfBusiness::Insurance => About::Policy(Tag::new("YX", time.day(), number)),
        LineOfBusiness::Payment => About::Order(Tag::new("DX", time.day(), number)),
        LineOfBusiness::Fund => register::products(world, member)
            .get(number as usize % 6)
            .map_or(About::Nothing, |product| About::Fund(product.tag)),
        _ => About::Nothing,
    };
    TransactionRow {
        id: Tag::new("X", time.day(), number),
        time,
        user: people::person(person),
        payer: people::account(person),
        payee,
        counterparty,
        amount_fen,
        kind,
        direction: Direction::Out,
        about,
        channel: channel(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        host: people::host(person),
    }
}

/// Plants `count` payments of one person at equal distances between eight and twenty o'clock.
pub(crate) fn pay_often(
    world: &World,
    member: &mut Member,
    person: u64,
    day: u32,
    amounts_fen: impl Iterator<Item = i64>,
) {
    let amounts: Vec<i64> = amounts_fen.collect();
    let start = Time::start_of(world.day(day)).plus_seconds(8 * 3600);
    for (place, amount_fen) in amounts.iter().enumerate() {
        let time = start.plus_seconds(place as i64 * 12 * 3600 / amounts.len() as i64);
        let row = pays(world, member, person, time, *amount_fen);
        member.extras.push(day, Row::Transaction(row));
    }
}

/// Plants the clients of the plots.
pub(super) fn plant_plots(world: &mut World) {
    let mut members = std::mem::take(&mut world.members);
    for member in &mut members {
        let mut rng = Rng::keyed(world.plan.seed, &[Topic::Schemes as u64, member.index as u64]);
        match member.plot {
            Some(Plot::BusyUser { day, transactions }) => {
                let person = someone(member);
                // Many small ones: their sum stays far from the other threshold.
                let amounts = (0..transactions).map(|_| rng.between(500.0, 25_000.0) as i64);
                pay_often(world, member, person, day, amounts);
            }
            Some(Plot::LargeDay { day, users }) => {
                for _ in 0..users {
                    let person = someone(member);
                    let amounts = (0..LARGE_DAY_TRANSACTIONS).map(|_| rng.between(2e6, 9e6) as i64);
                    pay_often(world, member, person, day, amounts);
                }
            }
            _ => {}
        }
    }
    world.members = members;
}

/// What the planted users of a plot did on a day.
pub(crate) fn planted(member: &Member, day: u32) -> Vec<Conduct> {
    let mut users: BTreeMap<u128, (u32, i64)> = BTreeMap::new();
    for row in member.extras.rows(Transaction::STREAM.number, day) {
        if let Row::Transaction(row) = row {
            let (count, sum) = users.entry(row.user).or_default();
            *count += 1;
            *sum += row.amount_fen;
        }
    }
    let conduct = |(user, (transactions, sum))| {
        let user = Pseudonym(user);
        if transactions > 50 {
            Some(Conduct::BusyUser { user, transactions })
        } else {
            (sum > 5_000_000).then_some(Conduct::LargeDay { user, amount: Fen(sum) })
        }
    };
    users.into_iter().filter_map(conduct).collect()
}
