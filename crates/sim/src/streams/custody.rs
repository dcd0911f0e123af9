//! A custody bank's statement of a platform: for the clients' account and for each account that a
//! project raises money in, the balance in the morning, the flows, and the balance at night. The
//! flows are those of the platform's own transactions, but for what is planted.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::streams::CustodyEntryKind;
use model::time::{MICROS_PER_DAY, Time};

use super::Sink;
use crate::extras::FlowTwist;
use crate::line::Tag;
use crate::loan::{self, Flows};
use crate::people::{self, House};
use crate::rows::{About, Row, StatementRow, TransactionRow};
use crate::world::{Member, World};

/// A flow as the bank books it.
struct Flow {
    time: Time,
    amount_fen: i64,
    counter: Option<u128>,
    transaction: Tag,
}

/// What a transaction adds to an account.
fn gain_fen(row: &TransactionRow, account: u128) -> Option<i64> {
    if row.payee == account {
        Some(row.amount_fen)
    } else if row.payer == account {
        Some(-row.amount_fen)
    } else {
        None
    }
}

/// A day of a platform's accounts at its bank.
struct Statement {
    custody: u128,
    /// Flows on the clients' account, then by account of a project.
    clients: Vec<Flow>,
    projects: BTreeMap<u128, Vec<Flow>>,
}

impl Statement {
    fn of(world: &World, platform: &Member, day: u32) -> Self {
        let custody = people::house_account(platform.index, House::Clients);
        let mut statement = Self { custody, clients: Vec::new(), projects: BTreeMap::new() };
        let client = |slot| world.lender(platform, slot);
        let flows = Flows::of(world, platform, day);
        for event in &flows.events {
            if let Some(loan) = flows.loans.get(event.loan as usize) {
                statement.book(platform, &loan.transaction(platform, &client, event, day));
            }
        }
        for row in
            platform.extras.rows(<model::streams::Transaction as model::spec::Record>::STREAM.number, day)
        {
            if let Row::Transaction(row) = row {
                statement.book(platform, row);
            }
        }
        statement.book_later(platform, day);
        for (on, time, amount_fen, transaction) in &platform.extras.bank.ghosts {
            if *on == day {
                let (time, amount_fen, transaction) = (*time, *amount_fen, *transaction);
                statement.clients.push(Flow { time, amount_fen, counter: None, transaction });
            }
        }
        statement
    }

    fn book(&mut self, platform: &Member, row: &TransactionRow) {
        let twist = platform.extras.bank.flows.get(&row.id);
        let more = match twist {
            Some(FlowTwist::Missing | FlowTwist::Later(..)) => return,
            Some(FlowTwist::Amount(more)) => *more,
            None => 0,
        };
        for (account, counter) in [(row.payer, row.payee), (row.payee, row.payer)] {
            let Some(gain) = gain_fen(row, account) else { continue };
            let flow = Flow {
                time: row.time,
                amount_fen: gain + gain.signum() * more,
                counter: Some(counter),
                transaction: row.id,
            };
            if account == self.custody {
                self.clients.push(flow);
            } else if is_project(row, account) {
                self.projects.entry(account).or_default().push(flow);
            }
        }
    }

    /// Books what the bank booked only now of transactions of the day before.
    fn book_later(&mut self, platform: &Member, day: u32) {
        for (tag, twist) in &platform.extras.bank.flows {
            let FlowTwist::Later(on, time) = twist else { continue };
            let row = platform.extras.all().find_map(|(_, row)| match row {
                Row::Transaction(row) if row.id == *tag && *on == day => Some(row),
                _ => None,
            });
            if let Some(row) = row
                && let Some(amount_fen) = gain_fen(row, self.custody)
            {
                let counter = Some(if row.payee == self.custody { row.payer } else { row.payee });
                self.clients.push(Flow { time: *time, amount_fen, counter, transaction: *tag });
            }
        }
    }
}

/// Whether an account on the other side of a project's money is the project's own.
fn is_project(row: &TransactionRow, account: u128) -> bool {
    use model::streams::TransactionKind::{Disbursement, Lending, Refund};
    match row.kind {
        Lending => row.payee == account,
        Disbursement => row.payer == account,
        // Of a project that failed; other money given back is the platform's own.
        Refund => row.payer == account && matches!(row.about, About::Project(_)),
        _ => false,
    }
}

/// What the clients' account held in the morning of a day, and what the day's statement says of it
/// at night is remembered by [`write`].
fn opening_fen(world: &World, platform: &Member, day: u32) -> i64 {
    // What the platform's clients had there before the market begins.
    let at_first = (3e9 * platform.size).round() as i64;
    let Some(cell) = world.custody_closings_fen.get(platform.index) else { return at_first };
    let Ok(mut closings) = cell.lock() else { return at_first };
    while closings.len() < day as usize {
        let yesterday = closings.len() as u32;
        let opening = closings.last().copied().unwrap_or(at_first);
        let closing = opening + gained_fen(&Statement::of(world, platform, yesterday), platform, yesterday);
        closings.push(closing);
    }
    (day as usize).checked_sub(1).and_then(|before| closings.get(before)).copied().unwrap_or(at_first)
}

fn gained_fen(statement: &Statement, platform: &Member, day: u32) -> i64 {
    let flows: i64 = statement.clients.iter().map(|flow| flow.amount_fen).sum();
    flows - platform.extras.bank.gaps.get(&day).copied().unwrap_or(0)
}

fn remember(world: &World, platform: &Member, day: u32, closing_fen: i64) {
    if let Some(cell) = world.custody_closings_fen.get(platform.index)
        && let Ok(mut closings) = cell.lock()
        && closings.len() == day as usize
    {
        closings.push(closing_fen);
    }
}

pub(super) fn write<W: Write>(
    world: &World,
    bank: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    let platforms = world.members.iter().filter(|member| member.bank == Some(bank.index));
    for (place, platform) in platforms.enumerate() {
        let opening = opening_fen(world, platform, day);
        let mut statement = Statement::of(world, platform, day);
        let closing = opening + gained_fen(&statement, platform, day);
        remember(world, platform, day, closing);
        let mut lines = Lines { world, platform, day, number: place as u64 * 10_000_000, sink };
        lines.account(statement.custody, opening, &statement.clients, closing)?;
        let mut standing: BTreeMap<u128, i64> = BTreeMap::new();
        for loan in loan::touching(world, platform, day).filter(|loan| loan.stands(day)) {
            *standing.entry(loan.receiving).or_default() += loan.raised_fen(day);
        }
        for (account, opening) in standing {
            let flows = statement.projects.remove(&account).unwrap_or_default();
            let closing = opening + flows.iter().map(|flow| flow.amount_fen).sum::<i64>();
            lines.account(account, opening, &flows, closing)?;
        }
    }
    Ok(())
}

/// Writes the lines of one platform.
struct Lines<'s, 'o, W> {
    world: &'s World,
    platform: &'s Member,
    day: u32,
    /// The next line's; those of one platform do not meet another's of the same bank.
    number: u64,
    sink: &'s mut Sink<'o, W>,
}

impl<W: Write> Lines<'_, '_, W> {
    fn account(&mut self, account: u128, opening: i64, flows: &[Flow], closing: i64) -> io::Result<()> {
        let start = Time::start_of(self.world.day(self.day));
        let end = Time(start.0 + MICROS_PER_DAY - 1);
        self.line(account, CustodyEntryKind::Opening, start, opening, None)?;
        for flow in flows {
            self.line(account, CustodyEntryKind::Flow, flow.time, flow.amount_fen, Some(flow))?;
        }
        self.line(account, CustodyEntryKind::Closing, end, closing, None)
    }

    fn line(
        &mut self,
        account: u128,
        kind: CustodyEntryKind,
        time: Time,
        amount_fen: i64,
        flow: Option<&Flow>,
    ) -> io::Result<()> {
        let number = self.number;
        self.number += 1;
        let row = StatementRow {
            id: Tag::new("S", self.world.day(self.day), number),
            time,
            platform: self.platform.public.id.as_str(),
            account,
            kind,
            amount_fen,
            counter_account: flow.and_then(|flow| flow.counter),
            transaction: flow.map(|flow| flow.transaction),
        };
        self.sink.record(row.id, |line| row.fields(line))
    }
}
