//! Transactions of clients. Activity falls with the square root of a client's rank; no one but
//! the planted users has more than forty transactions a day or moves 50,000 yuan.

use std::io::{self, Write};

use model::money::Fen;
use model::pseudonym::Pseudonym;
use model::streams::{Channel, Direction, LineOfBusiness, TransactionKind};
use model::time::Time;

use super::{Sink, day_digits, projects};
use crate::cycle::micros_in_day;
use crate::planted::Conduct;
use crate::rng::{Rng, mix};
use crate::world::{Member, Topic, World};

/// The most ordinary transactions of a client in a day.
const ORDINARY_COUNT_MAX: u8 = 40;
/// What an ordinary client moves in a day stays below this, short of 50,000 yuan by forty times
/// the small amount that is drawn beyond it.
const ORDINARY_DAY_FEN_MAX: i64 = 4_500_000;
const SMALL_FEN: std::ops::Range<u64> = 100..5_000;

/// The kinds of each line of business: how many of a hundred, and which way the money goes.
fn kinds(line: LineOfBusiness) -> &'static [(u64, TransactionKind, Direction)] {
    use Direction::{In, Out};
    use TransactionKind::{
        Claim, Deposit, Lending, Payment, Premium, Redemption, Refund, Repayment, Subscription, Surrender,
        Transfer, Withdrawal,
    };
    match line {
        LineOfBusiness::P2p => {
            &[(40, Lending, Out), (25, Deposit, Out), (20, Repayment, Out), (15, Withdrawal, In)]
        }
        LineOfBusiness::Insurance => &[(86, Premium, Out), (10, Claim, In), (4, Surrender, In)],
        LineOfBusiness::Payment => &[(80, Payment, Out), (17, Transfer, Out), (3, Refund, In)],
        LineOfBusiness::Fund => &[(58, Subscription, Out), (42, Redemption, In)],
        LineOfBusiness::Custody => &[],
    }
}

/// One movement of money, before it is written.
pub(super) struct Movement {
    pub(super) index: u64,
    pub(super) micros: u64,
    /// The client, as a person of the market.
    person: u64,
    pub(super) kind: TransactionKind,
    direction: Direction,
    pub(super) amount_fen: i64,
    /// What else is drawn about it.
    bits: u64,
}

/// The movements of a day, in order of time.
pub(super) struct Movements<'w> {
    world: &'w World,
    member: &'w Member,
    rng: Rng,
    next: u64,
    total: u64,
    /// Clients of planted transactions, one for each transaction, in order.
    planted: Vec<u64>,
    planted_given: u64,
    /// By client: transactions so far, and their sum.
    used: Vec<(u8, i64)>,
}

impl<'w> Movements<'w> {
    pub(super) fn new(world: &'w World, member: &'w Member, day: u32) -> Self {
        let mut used = vec![(0, 0); member.users as usize];
        let planted_users = member.planted_users(day);
        for (user, _) in &planted_users {
            // A planted user does nothing else on the day, so that the truth is exact.
            used[*user as usize].0 = ORDINARY_COUNT_MAX;
        }
        let planted: Vec<u64> = planted_users
            .iter()
            .flat_map(|(user, count)| std::iter::repeat_n(*user, *count as usize))
            .collect();
        Self {
            world,
            member,
            rng: world.rng(Topic::Transactions, member, day),
            next: 0,
            total: u64::from(world.ordinary_count(member, day)) + planted.len() as u64,
            planted,
            planted_given: 0,
            used,
        }
    }

    /// Whether the next one is planted: they begin after a third of the day and come at equal
    /// distances for at most another third.
    fn next_planted(&mut self) -> Option<u64> {
        let user = *self.planted.get(self.planted_given as usize)?;
        let distance = (self.total / 3 / self.planted.len() as u64).max(1);
        let begin = (self.total / 3).min(self.total - self.planted.len() as u64);
        if self.next < begin + self.planted_given * distance {
            return None;
        }
        self.planted_given += 1;
        Some(user)
    }

    fn ordinary_user(&mut self) -> u64 {
        let unit = self.rng.unit();
        let clients = self.used.len() as u64;
        let mut user = (unit * unit * clients as f64) as u64;
        for _ in 0..clients {
            if self.used[user as usize].0 < ORDINARY_COUNT_MAX {
                break;
            }
            user = (user + 1) % clients;
        }
        user
    }

    fn ordinary_amount(&mut self, user: u64, kind: TransactionKind) -> i64 {
        let mut fen = self.world.amounts(self.member.public.line).draw_fen(&mut self.rng);
        if kind == TransactionKind::Lending {
            // Shares of projects are sold in hundreds of yuan.
            fen = (fen / 10_000).max(1) * 10_000;
        }
        if self.used[user as usize].1 + fen > ORDINARY_DAY_FEN_MAX {
            fen = (SMALL_FEN.start + self.rng.below(SMALL_FEN.end - SMALL_FEN.start)) as i64;
        }
        fen
    }

    fn planted_amount(&mut self) -> i64 {
        if self.planted.len() > 50 {
            // Many small ones: their sum stays far from the other threshold.
            self.rng.between(500.0, 25_000.0) as i64
        } else {
            self.rng.between(2_000_000.0, 9_000_000.0) as i64
        }
    }
}

impl Iterator for Movements<'_> {
    type Item = Movement;

    fn next(&mut self) -> Option<Movement> {
        if self.next >= self.total {
            return None;
        }
        let planted = self.next_planted();
        let bits = self.rng.bits();
        let kinds = kinds(self.member.public.line);
        let mut place = bits % 100;
        let mut chosen = kinds.first().copied()?;
        for kind in kinds {
            chosen = *kind;
            if place < kind.0 {
                break;
            }
            place -= kind.0;
        }
        let (_, kind, direction) = chosen;
        let (user, amount_fen) = match planted {
            Some(user) => (user, self.planted_amount()),
            None => {
                let user = self.ordinary_user();
                let amount_fen = self.ordinary_amount(user, kind);
                let (count, sum) = &mut self.used[user as usize];
                *count += 1;
                *sum += amount_fen;
                (user, amount_fen)
            }
        };
        let shake = self.rng.unit();
        let index = self.next;
        self.next += 1;
        Some(Movement {
            index,
            micros: micros_in_day(index, self.total, shake),
            person: self.world.client(self.member, user),
            kind,
            direction,
            amount_fen,
            bits: mix(bits),
        })
    }
}

/// The id of a transaction.
pub(super) fn transaction_id(day_digits: &str, index: u64) -> String {
    format!("T{day_digits}-{index:07}")
}

pub(super) fn write<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    let start = Time::start_of(world.day(day));
    let (day_text, digits) = (world.day(day).to_string(), day_digits(world, day));
    for movement in Movements::new(world, member, day) {
        let id = transaction_id(&digits, movement.index);
        sink.record(&id, |line| {
            let own_account = world.people.account(movement.person);
            let other_person =
                (movement.person + 1 + movement.bits % (world.people.count() - 1)) % world.people.count();
            let (counterparty, other_account) = match movement.kind {
                TransactionKind::Payment | TransactionKind::Refund => {
                    let (merchant, account) = world.people.merchant(movement.bits % 100_003);
                    (Some(merchant), account)
                }
                TransactionKind::Transfer | TransactionKind::Lending => {
                    (Some(world.people.person(other_person)), world.people.account(other_person))
                }
                _ => (None, member.client_money_account),
            };
            let (payer, payee) = match movement.direction {
                Direction::Out => (own_account, other_account),
                Direction::In => (other_account, own_account),
            };
            let mut line = line
                .time("time", &day_text, Time(start.0 + movement.micros as i64))
                .pseudonym("user", world.people.person(movement.person))
                .pseudonym("payer_account", payer)
                .pseudonym("payee_account", payee);
            if let Some(counterparty) = counterparty {
                line = line.pseudonym("counterparty", counterparty);
            }
            line = line
                .money("amount", Fen(movement.amount_fen))
                .text("kind", movement.kind.code())
                .text("direction", movement.direction.code());
            line = match member.public.line {
                LineOfBusiness::P2p if movement.kind == TransactionKind::Lending => {
                    line.text("project", &projects::one_of(world, member, day, movement.bits))
                }
                LineOfBusiness::Insurance => {
                    line.text("policy", &format!("Y{:08}", movement.bits % 20_000_000))
                }
                LineOfBusiness::Payment => line.text("order", &format!("D{digits}{:07}", movement.index)),
                LineOfBusiness::Fund => {
                    line.text("fund_product", &format!("F{:05}", member.index as u64 * 8 + movement.bits % 8))
                }
                _ => line,
            };
            line.text("channel", channel(movement.bits).code()).address("ip", movement.person as u32)
        })?;
    }
    Ok(())
}

fn channel(bits: u64) -> Channel {
    match bits >> 40 & 15 {
        0..9 => Channel::App,
        9..12 => Channel::Web,
        12..14 => Channel::MiniProgram,
        _ => Channel::Automatic,
    }
}

/// What the planted users of a day did.
pub(crate) fn planted(world: &World, member: &Member, day: u32) -> Vec<Conduct> {
    let users = member.planted_users(day);
    if users.is_empty() {
        return Vec::new();
    }
    let mut sums_fen = vec![0; users.len()];
    let persons: Vec<u64> = users.iter().map(|(user, _)| world.client(member, *user)).collect();
    for movement in Movements::new(world, member, day) {
        if let Some(place) = persons.iter().position(|person| *person == movement.person) {
            sums_fen[place] += movement.amount_fen;
        }
    }
    let conduct = |((person, (_, transactions)), sum_fen)| {
        let user = Pseudonym(world.people.person(person));
        if transactions > 50 {
            Conduct::BusyUser { user, transactions }
        } else {
            Conduct::LargeDay { user, amount: Fen(sum_fen) }
        }
    };
    persons.into_iter().zip(users).zip(sums_fen).map(conduct).collect()
}
