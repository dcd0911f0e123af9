//! Random sequences of commands: what always holds, holds.

use proptest::prelude::*;

use super::*;
use crate::life::testing::speaks;

/// One try: who, what, and how much time passes before.
fn attempt() -> impl Strategy<Value = (Who, ReserveCommand, i64)> {
    let who = prop_oneof![
        3 => Just(Who::SYSTEM),
        3 => Just(li()),
        2 => Just(wang()),
        4 => Just(head()),
        1 => Just(Who::person("chen", Post::Analyst)),
        1 => Just(Who::party(crate::actor::Actor::Institution(firm(2).as_str().to_owned()))),
    ];
    let amount = prop_oneof![8 => 1_i64..50_000, 1 => Just(0), 1 => Just(-5), 1 => Just(AMOUNT_FEN_MAX)];
    let anybody = proptest::option::weighted(0.2, who);
    (anybody, 0..40_u8, 0..3_u32, amount, 0..400_u32, 0..40_i64).prop_map(
        |(who, kind, member, fen, tag, days)| {
            let (institution, amount) = (firm(member), Fen(fen));
            let draw = format!("B-2026-{:06}", tag % 5 + 1);
            let (reference, reason) = (format!("bank-{tag}"), "理由".to_owned());
            let receipt = format!("2026-{:02}-{:04}", 8 + tag % 3, tag % 8 + 1);
            let months = ["2026-05", "2026-06", "2026-07"];
            let of = months[tag as usize % months.len()];
            let half = Fen(fen / 2);
            let instalments = vec![
                Instalment { within: crate::term::Term::Days(10), amount: half },
                Instalment { within: crate::term::Term::Days(20), amount: Fen(fen - half.0) },
            ];
            use ReserveCommand as C;
            let told = match kind {
                0..4 => C::Accrue { institution, month: month(of), income: Fen(fen.saturating_mul(200)) },
                4..10 => C::Receive { institution, amount: Fen(fen.saturating_mul(5)), reference },
                10..13 => C::ReverseReceipt { receipt, reason },
                13..16 => C::RequestDraw { institution, amount, purpose: reason, case: None, instalments },
                16..21 => C::ApproveDraw { draw },
                21..27 => C::PayDraw { draw, reference },
                27..33 => C::Repay { draw, amount: Fen(fen / 4), reference },
                33..36 => C::ProposeWriteOff { draw, amount: Fen(fen / 4), reason },
                36 | 37 => C::ApproveWriteOff { draw },
                38 => C::RejectWriteOff { draw, reason },
                _ if tag % 3 == 0 => C::WithdrawDraw { draw, reason },
                _ => C::RejectDraw { draw, reason },
            };
            // Mostly somebody who may.
            let fitting = match &told {
                C::ApproveDraw { .. } | C::RejectDraw { .. } | C::ApproveWriteOff { .. } => head(),
                C::RejectWriteOff { .. } | C::ReverseReceipt { .. } => head(),
                C::PayDraw { .. } => wang(),
                _ => li(),
            };
            (who.unwrap_or(fitting), told, days)
        },
    )
}

/// What always holds.
fn hold(books: &Books) -> Result<(), TestCaseError> {
    let reserve = &books.reserve;
    let trial = reserve.trial_balance();
    prop_assert!(trial.is_balanced(), "{trial:?}");
    for entry in reserve.entries() {
        prop_assert!(entry.balances(), "{entry:?}");
    }
    prop_assert!(reserve.cash().0 >= 0 && reserve.available().0 >= 0);
    let fen = |account, serial: u32| reserve.balance(account, &firm(serial)).0;
    for serial in 0..3 {
        for account in Account::ALL {
            prop_assert!(fen(account, serial) >= 0, "{account:?} of {serial}");
        }
        // The parts of the fund are what the accounts of the other side say.
        prop_assert_eq!(fen(Account::FundAssessed, serial), fen(Account::ContributionsReceivable, serial));
        let member = reserve.member(&firm(serial)).cloned().unwrap_or_default();
        let unpaid: i64 = member.accruals.values().map(|accrual| accrual.unpaid().0).sum();
        let paid: i64 = member.accruals.values().map(|accrual| accrual.paid.0).sum();
        prop_assert_eq!(unpaid, fen(Account::ContributionsReceivable, serial));
        prop_assert_eq!(paid, fen(Account::FundPaidIn, serial));
        prop_assert_eq!(member.in_advance.0, fen(Account::ContributionsPrepaid, serial));
        let own = reserve.draws().filter(|draw| draw.institution == firm(serial));
        let (mut out, mut lost) = (0, 0);
        for draw in own {
            out += draw.outstanding().0;
            lost += draw.written_off.0 - draw.recovered().0;
        }
        prop_assert_eq!(out, fen(Account::DrawsReceivable, serial));
        prop_assert_eq!(lost, fen(Account::WriteOffs, serial));
    }
    Ok(())
}

/// The statement of an institution is the sum of its lines, from day to day.
fn statements(books: &Books) -> Result<(), TestCaseError> {
    let (start, end) = (day("2026-01-01"), books.now.day());
    let middle = Day((day("2026-08-01").0 + end.0) / 2);
    for serial in 0..3 {
        let of = |from, to| books.reserve.statement(&firm(serial), from, to);
        let (whole, early, late) = (of(start, end), of(start, middle), of(middle.plus(1), end));
        for account in Account::ALL.into_iter().filter(|account| account.is_per_institution()) {
            let row = |statement: &Statement| statement.account(account).unwrap().clone();
            prop_assert_eq!(row(&whole).closing, books.reserve.balance(account, &firm(serial)));
            prop_assert_eq!(row(&early).closing, row(&late).opening);
            prop_assert_eq!(row(&late).closing, row(&whole).closing);
            let own = whole.movements.iter().filter(|movement| movement.account == account);
            let sum: i64 = own
                .map(|movement| movement.debit.unwrap_or_default().0 - movement.credit.unwrap_or_default().0)
                .sum();
            let sign = if account.side() == Side::Debit { 1 } else { -1 };
            prop_assert_eq!(row(&whole).closing.0, sum * sign);
        }
        prop_assert_eq!(early.movements.len() + late.movements.len(), whole.movements.len());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn the_books_balance_whatever_is_tried(attempts in proptest::collection::vec(attempt(), 1..160)) {
        let mut books = Books::at("2026-08-01T09:00:00+08:00");
        for (who, told, days) in attempts {
            if days < 3 {
                books.now = books.now.plus_seconds(86_400 * days);
                books.tick();
            }
            let before = books.reserve.clone();
            match books.tell(&who, &told) {
                Ok(()) => hold(&books)?,
                Err(refusal) => {
                    prop_assert!(speaks(&refusal), "{refusal:?}");
                    prop_assert_eq!(&before, &books.reserve);
                }
            }
        }
        statements(&books)?;
        // The ledger gives it again.
        let mut again = Reserve::default();
        for event in &books.events {
            let sealed = serde_json::to_vec(event).unwrap();
            again.apply(&serde_json::from_slice(&sealed).unwrap());
        }
        prop_assert_eq!(&again, &books.reserve);
        // What is over is noticed once.
        books.now = books.now.plus_seconds(86_400 * 60);
        books.tick();
        let noticed = books.events.len();
        books.tick();
        prop_assert_eq!(noticed, books.events.len());
        prop_assert_eq!(books.reserve.timer(), None);
    }
}
