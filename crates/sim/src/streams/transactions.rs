//! Transactions of clients. A platform's follow from its loans; the others' are drawn: activity
//! falls with the square root of a client's rank, and nobody has more than forty ordinary
//! transactions a day or moves 45,000 yuan.

use std::io::{self, Write};

use model::streams::{Channel, Direction, LineOfBusiness, TransactionKind};
use model::time::Time;

use super::{Sink, register, sales};
use crate::cycle::{Flow, day_factor, micros_in_day};
use crate::line::Tag;
use crate::loan::Flows;
use crate::people::{self, House};
use crate::rng::{Rng, mix};
use crate::rows::{About, TransactionRow};
use crate::world::{Member, Topic, World};

/// The most ordinary transactions of a client in a day.
const ORDINARY_COUNT_MAX: u8 = 40;
/// What an ordinary client moves in a day stays below this, short of 45,000 yuan by forty times
/// the small amount that is drawn beyond it.
const ORDINARY_DAY_FEN_MAX: i64 = 4_250_000;
const SMALL_FEN: std::ops::Range<u64> = 100..5_000;

/// A kind of transaction: how many of a thousand, and which way the money goes.
type Share = (u64, TransactionKind, Direction);

/// The kinds of an insurer whose policies are surrendered, and of a fund whose units are redeemed, by
/// many at once.
fn kinds_of_run(line: LineOfBusiness) -> &'static [Share] {
    use Direction::{In, Out};
    use TransactionKind::{Claim, Fee, Premium, Redemption, Subscription, Surrender};
    match line {
        LineOfBusiness::Insurance => &[(540, Premium, Out), (60, Claim, In), (400, Surrender, In)],
        LineOfBusiness::Fund => &[(90, Subscription, Out), (900, Redemption, In), (10, Fee, Out)],
        _ => kinds(line),
    }
}

/// The kinds of each line of business.
fn kinds(line: LineOfBusiness) -> &'static [Share] {
    use Direction::{In, Out};
    use TransactionKind::{
        Claim, Deposit, Fee, Payment, Premium, Redemption, Refund, Subscription, Surrender, Transfer,
        Withdrawal,
    };
    match line {
        LineOfBusiness::Insurance => &[(860, Premium, Out), (100, Claim, In), (40, Surrender, In)],
        LineOfBusiness::Payment => &[
            (760, Payment, Out),
            (110, Transfer, Out),
            (50, Deposit, Out),
            (40, Withdrawal, In),
            (30, Refund, In),
            (10, Fee, Out),
        ],
        LineOfBusiness::Fund => &[(570, Subscription, Out), (420, Redemption, In), (10, Fee, Out)],
        LineOfBusiness::P2p | LineOfBusiness::Custody => &[],
    }
}

/// One movement of money, before it is written.
pub(super) struct Movement {
    pub(super) index: u64,
    pub(super) time: Time,
    /// The client, as a person of the market.
    pub(super) person: u64,
    pub(super) kind: TransactionKind,
    pub(super) direction: Direction,
    pub(super) amount_fen: i64,
    /// What else is drawn about it.
    pub(super) bits: u64,
}

/// The ordinary movements of a day at an institution that does not lend, in order of time.
pub(super) struct Movements<'w> {
    world: &'w World,
    member: &'w Member,
    start: Time,
    rng: Rng,
    next: u64,
    total: u64,
    kinds: Vec<Share>,
    /// By client: transactions so far, and their sum.
    used: Vec<(u8, i64)>,
}

impl<'w> Movements<'w> {
    pub(super) fn new(world: &'w World, member: &'w Member, day: u32) -> Self {
        let line = member.public.line;
        let total = u64::from(world.ordinary_count(member, day));
        let has_run = member.is_run_on(day);
        let mut kinds = if has_run { kinds_of_run(line) } else { kinds(line) }.to_vec();
        if line == LineOfBusiness::Fund && !has_run {
            // More is bought when salaries come, more is sold at the end of the month and after holidays.
            let factor = |flow| day_factor(&world.calendar, line, world.day(day), flow);
            let tilt = factor(Flow::Out) / factor(Flow::In);
            if let [bought, sold, ..] = kinds.as_mut_slice() {
                sold.0 = (sold.0 as f64 * tilt) as u64;
                bought.0 = 990u64.saturating_sub(sold.0);
            }
        }
        Self {
            world,
            member,
            start: Time::start_of(world.day(day)),
            rng: world.rng(Topic::Transactions, member, day),
            next: 0,
            total,
            kinds,
            used: vec![(0, 0); if total > 0 { member.users as usize } else { 0 }],
        }
    }

    fn user(&mut self) -> u64 {
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

    fn amount(&mut self, user: u64, kind: TransactionKind) -> i64 {
        let mut fen = self.world.amounts(self.member.public.line).draw_fen(&mut self.rng);
        if kind == TransactionKind::Fee {
            fen = (fen / 100).max(10);
        }
        if self.used[user as usize].1 + fen > ORDINARY_DAY_FEN_MAX {
            fen = (SMALL_FEN.start + self.rng.below(SMALL_FEN.end - SMALL_FEN.start)) as i64;
        }
        fen
    }
}

impl Iterator for Movements<'_> {
    type Item = Movement;

    fn next(&mut self) -> Option<Movement> {
        if self.next >= self.total {
            return None;
        }
        let bits = self.rng.bits();
        let mut place = bits % 1000;
        let mut chosen = self.kinds.first().copied()?;
        for kind in &self.kinds {
            chosen = *kind;
            if place < kind.0 {
                break;
            }
            place -= kind.0;
        }
        let (_, kind, direction) = chosen;
        let user = self.user();
        let amount_fen = self.amount(user, kind);
        let (count, sum) = &mut self.used[user as usize];
        *count += 1;
        *sum += amount_fen;
        let shake = self.rng.unit();
        let index = self.next;
        self.next += 1;
        Some(Movement {
            index,
            time: Time(self.start.0 + micros_in_day(index, self.total, shake) as i64),
            person: self.world.client(self.member, user),
            kind,
            direction,
            amount_fen,
            bits: mix(bits),
        })
    }
}

pub(super) fn write<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    if member.public.line == LineOfBusiness::P2p {
        return write_of_loans(world, member, day, sink);
    }
    let products = register::products(world, member);
    let house = |house| people::house_account(member.index, house);
    let (clients_account, fee_account) = (house(House::Clients), house(House::Fee));
    for movement in Movements::new(world, member, day) {
        let bits = movement.bits;
        let (counterparty, other_account) = match movement.kind {
            TransactionKind::Payment | TransactionKind::Refund => {
                let merchant = bits % (world.persons / 50 + 5);
                (Some(people::merchant(merchant)), people::merchant_account(merchant))
            }
            TransactionKind::Transfer => {
                let other = (movement.person + 1 + bits % (world.persons - 1)) % world.persons;
                (Some(people::person(other)), people::account(other))
            }
            TransactionKind::Fee => (None, fee_account),
            _ => (None, clients_account),
        };
        let own_account = people::account(movement.person);
        let (payer, payee) = match movement.direction {
            Direction::Out => (own_account, other_account),
            Direction::In => (other_account, own_account),
        };
        let about = match (member.public.line, movement.kind) {
            (LineOfBusiness::Insurance, _) => About::Policy(sales::policy_of(world, &movement, day).0),
            (LineOfBusiness::Payment, TransactionKind::Payment | TransactionKind::Refund) => {
                About::Order(Tag::new("DD", world.day(day), movement.index))
            }
            (LineOfBusiness::Fund, TransactionKind::Subscription | TransactionKind::Redemption) => products
                .get(bits as usize % products.len().max(1))
                .map_or(About::Nothing, |product| About::Fund(product.tag)),
            _ => About::Nothing,
        };
        let row = TransactionRow {
            id: Tag::new("T", world.day(day), movement.index),
            time: movement.time,
            user: people::person(movement.person),
            payer,
            payee,
            counterparty,
            amount_fen: movement.amount_fen,
            kind: movement.kind,
            direction: movement.direction,
            about,
            channel: channel(bits),
            host: people::host(movement.person),
        };
        sink.record(row.id, |line| row.fields(line))?;
    }
    Ok(())
}

fn write_of_loans<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    let client = |slot| world.lender(member, slot);
    let flows = Flows::of(world, member, day);
    for event in &flows.events {
        if let Some(loan) = flows.loans.get(event.loan as usize) {
            let row = loan.transaction(member, &client, event, day);
            sink.record(row.id, |line| row.fields(line))?;
        }
    }
    Ok(())
}

pub(crate) fn channel(bits: u64) -> Channel {
    match bits >> 40 & 15 {
        0..9 => Channel::App,
        9..12 => Channel::Web,
        12..14 => Channel::MiniProgram,
        _ => Channel::Automatic,
    }
}
