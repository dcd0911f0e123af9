//! A custody bank's statement: for each platform the balance in the morning, the deposits and
//! withdrawals of its clients as the platform's own transactions have them, and the balance at
//! night.

use std::io::{self, Write};

use model::money::Fen;
use model::streams::{CustodyEntryKind, TransactionKind};
use model::time::{MICROS_PER_DAY, Time};

use super::transactions::{Movement, Movements, transaction_id};
use super::{Sink, day_digits};
use crate::world::{Member, World};

/// What a movement adds to the account in custody; `None` when it does not touch it.
fn gain_fen(movement: &Movement) -> Option<i64> {
    match movement.kind {
        TransactionKind::Deposit => Some(movement.amount_fen),
        TransactionKind::Withdrawal => Some(-movement.amount_fen),
        _ => None,
    }
}

/// The balance in the morning of a day.
fn opening(world: &World, platform: &Member, day: u32) -> Fen {
    let gains = world.custody_gains_fen.get(platform.index).map(|cell| {
        cell.get_or_init(|| {
            let of_day =
                |day| Movements::new(world, platform, day).filter_map(|movement| gain_fen(&movement)).sum();
            (0..world.plan.days).map(of_day).collect()
        })
    });
    let gained: i64 = gains.into_iter().flatten().take(day as usize).sum();
    // What the platform's clients had there before the market begins.
    Fen((3e9 * platform.size).round() as i64 + gained)
}

pub(super) fn write<W: Write>(
    world: &World,
    bank: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    let date = world.day(day);
    let (day_text, digits) = (date.to_string(), day_digits(world, day));
    let start = Time::start_of(date);
    for platform in world.members.iter().filter(|member| member.bank == Some(bank.index)) {
        let mut number = 0;
        let mut entry = |kind: CustodyEntryKind, micros: i64, amount: Fen, transaction: Option<String>| {
            let id = format!("S{digits}-{}-{number:07}", platform.index + 1);
            number += 1;
            sink.record(&id, |line| {
                let line = line
                    .time("time", &day_text, Time(start.0 + micros))
                    .text("platform", platform.public.id.as_str())
                    .pseudonym("account", platform.client_money_account)
                    .text("kind", kind.code())
                    .money("amount", amount);
                match &transaction {
                    Some(transaction) => line.text("transaction", transaction),
                    None => line,
                }
            })
        };
        let mut balance = opening(world, platform, day);
        entry(CustodyEntryKind::Opening, 0, balance, None)?;
        for movement in Movements::new(world, platform, day) {
            if let Some(gain) = gain_fen(&movement) {
                balance.0 += gain;
                let transaction = Some(transaction_id(&digits, movement.index));
                entry(CustodyEntryKind::Flow, movement.micros as i64, Fen(gain), transaction)?;
            }
        }
        entry(CustodyEntryKind::Closing, MICROS_PER_DAY - 1, balance, None)?;
    }
    Ok(())
}
