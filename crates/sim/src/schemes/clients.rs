//! What single clients do: many transactions, large sums, sums in pieces.

use std::collections::BTreeMap;

use model::money::Fen;
use model::pseudonym::Pseudonym;
use model::spec::Record;
use model::streams::{Direction, KycMethod, KycResult, LineOfBusiness, Transaction, TransactionKind};
use model::time::Time;

use super::Stage;
use super::lending::withdrawal_to;
use crate::line::Tag;
use crate::people::{self, APART, House};
use crate::planted::Conduct;
use crate::plots::Plot;
use crate::rng::Rng;
use crate::rows::{About, KycRow, Row, TransactionRow};
use crate::streams::{register, transactions::channel};
use crate::truth::{Expected, Truth, by};
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

/// A transfer from one person to another.
pub(super) fn transfer(from: u64, to: u64, time: Time, amount_fen: i64, number: u64) -> TransactionRow {
    TransactionRow {
        id: Tag::new("X", time.day(), number),
        time,
        user: people::person(from),
        payer: people::account(from),
        payee: people::account(to),
        counterparty: Some(people::person(to)),
        amount_fen,
        kind: TransactionKind::Transfer,
        direction: Direction::Out,
        about: About::Nothing,
        channel: channel(number),
        host: people::host(from),
    }
}

/// Clients' money goes into the institution's own account, or out of it.
pub(super) fn through_own_account(stage: &mut Stage<'_>) {
    let own = people::house_account(stage.member.index, House::Own);
    for yuan in [18_000, 9_500] {
        let Some(day) = stage.someday(3) else { return };
        let (person, time) = (stage.someone(), stage.office(day));
        let mut row = pays(stage.world, stage.member, person, time, yuan * 100);
        row.payee = own;
        row.counterparty = None;
        stage.push(day, Row::Transaction(row));
    }
    if stage.member.public.line == LineOfBusiness::P2p {
        // Here the bank sees it: out of custody into the platform's own account.
        let Some(day) = stage.someday(3) else { return };
        let (person, time) = (stage.someone(), stage.office(day));
        let row = pays(stage.world, stage.member, person, time, 2_100_000);
        let row = withdrawal_to(stage.member.index, person, own, row);
        stage.push(day, Row::Transaction(row));
    }
}

pub(super) fn outside_custody(stage: &mut Stage<'_>) {
    for yuan in [15_000, 22_000] {
        let Some(day) = stage.someday(3) else { return };
        let (person, time) = (stage.someone(), stage.office(day));
        let mut row = pays(stage.world, stage.member, person, time, yuan * 100);
        row.payee = people::strange_account(person);
        stage.push(day, Row::Transaction(row));
    }
}

/// Fees into the institution's own account, and money that comes back.
pub(super) fn fees_and_refunds(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(3) else { return };
    let house = |house| people::house_account(stage.member.index, house);
    let (own, fee, clients_account) = (house(House::Own), house(House::Fee), house(House::Clients));
    let is_platform = stage.member.public.line == LineOfBusiness::P2p;
    let (person, time) = (stage.someone(), stage.office(day));
    let mut row = pays(stage.world, stage.member, person, time, 3_600);
    row.kind = TransactionKind::Fee;
    row.payer = if is_platform { clients_account } else { row.payer };
    row.payee = own;
    row.counterparty = None;
    row.about = About::Nothing;
    stage.push(day, Row::Transaction(row));
    let (person, time) = (stage.someone(), stage.office(day));
    let mut row = pays(stage.world, stage.member, person, time, 12_900);
    row.kind = TransactionKind::Refund;
    row.direction = Direction::In;
    row.payee = row.payer;
    row.payer = fee;
    row.counterparty = None;
    stage.push(day, Row::Transaction(row));
    stage.lawful(
        "client-money-own-account",
        day,
        Vec::new(),
        "a fee into the own account, and a fee given back",
    );
}

pub(super) fn large_day(stage: &mut Stage<'_>) {
    for yuan in [[24_000, 31_000], [52_000, 800]] {
        let Some(day) = stage.someday(1) else { return };
        let person = stage.someone();
        pay_often(stage.world, stage.member, person, day, yuan.into_iter().map(|yuan| yuan * 100));
    }
}

pub(super) fn exactly_fifty_thousand(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(1) else { return };
    let person = stage.someone();
    pay_often(stage.world, stage.member, person, day, [2_000_000, 3_000_000].into_iter());
    let group = by("user", people::person(person));
    stage.lawful("fifty-thousand-yuan-day", day, group, "50,000 yuan sharp are not above 50,000");
}

pub(super) fn structuring(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(7) else { return };
    let person = stage.someone();
    for on in [day, day + 1, day + 3, day + 4, day + 6] {
        let fen = (45_500 + stage.rng.below(4_400) as i64) * 100;
        pay_often(stage.world, stage.member, person, on, [fen].into_iter());
    }
}

pub(super) fn twice_below_the_threshold(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(7) else { return };
    let person = stage.someone();
    for on in [day, day + 5] {
        pay_often(stage.world, stage.member, person, on, [4_700_000].into_iter());
    }
    let group = by("user", people::person(person));
    stage.lawful("structuring", day + 5, group, "two large payments in a week, not a pattern");
}

pub(super) fn large_transfer(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(1) else { return };
    let person = stage.someone();
    pay_often(stage.world, stage.member, person, day, [18_000_000, 32_000_000].into_iter());
}

pub(super) fn just_below_a_large_transfer(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(1) else { return };
    let person = stage.someone();
    pay_often(stage.world, stage.member, person, day, [24_900_000, 25_000_000].into_iter());
    let group = by("user", people::person(person));
    stage.lawful("large-transfer", day, group, "499,000 yuan in a day");
}

pub(super) fn busy(stage: &mut Stage<'_>) {
    let Some(day) = stage.someday(1) else { return };
    let count = 55 + stage.rng.below(40) as i64;
    let person = stage.someone();
    pay_often(stage.world, stage.member, person, day, (0..count).map(|n| 900 + n * 130));
    let person = stage.someone();
    pay_often(stage.world, stage.member, person, day, (0..50).map(|n| 700 + n * 90));
    let group = by("user", people::person(person));
    stage.lawful("frequent-transactions", day, group, "fifty sharp are not above fifty");
}

pub(super) fn one_sided_identity(stage: &mut Stage<'_>) {
    for online in [true, false] {
        let Some(day) = stage.someday(1) else { return };
        let person = stage.someone();
        let time = stage.office(day);
        let row = KycRow {
            id: Tag::new("KX", stage.world.day(day), stage.number()),
            time,
            user: people::person(person),
            online: online.then_some(KycMethod::Face),
            offline: (!online).then_some(KycMethod::Document),
            result: KycResult::Passed,
        };
        stage.push(day, Row::Kyc(row));
    }
    // A check of one side that is not finished proves nothing yet.
    let Some(day) = stage.someday(1) else { return };
    let person = stage.someone();
    let time = stage.office(day);
    let row = KycRow {
        id: Tag::new("KX", stage.world.day(day), stage.number()),
        time,
        user: people::person(person),
        online: Some(KycMethod::IdDatabase),
        offline: None,
        result: KycResult::Pending,
    };
    stage.push(day, Row::Kyc(row));
    let group = by("user", people::person(person));
    stage.lawful("one-sided-kyc", day, group, "not finished: nobody has passed");
}

/// Money that goes from hand to hand within hours; at the end it is with someone else, or again
/// where it began.
fn hand_on(stage: &mut Stage<'_>, conduct: &'static str, comes_back: bool) {
    let Some(day) = stage.someday(1) else { return };
    let mut persons: Vec<u64> = (0..6).map(|_| stage.someone()).collect();
    if comes_back && let Some(first) = persons.first().copied() {
        persons.push(first);
    }
    let (mut fen, mut seconds) = (2_900_000, 9 * 3600);
    let mut transactions = Vec::new();
    for (from, to) in persons.iter().zip(persons.iter().skip(1)) {
        let row = transfer(*from, *to, stage.at(day, seconds), fen, stage.number());
        transactions.push(row.id.to_string());
        stage.push(day, Row::Transaction(row));
        fen = fen * 985 / 1000;
        seconds += 900 + stage.rng.below(1800) as i64;
    }
    stage.told.push(Truth {
        entry: None,
        institution: stage.member.public.id.clone(),
        day: stage.world.day(day),
        group: Vec::new(),
        expected: Expected::Planted { conduct, first_at: stage.at(day, 9 * 3600) },
        transactions,
    });
}

pub(super) fn layering(stage: &mut Stage<'_>) {
    hand_on(stage, "layering", false);
}

pub(super) fn cycle(stage: &mut Stage<'_>) {
    hand_on(stage, "cycle", true);
}
