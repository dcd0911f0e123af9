//! Random sequences of commands: what always holds, holds.

use proptest::prelude::*;

use super::super::life::TABLE;
use super::*;
use crate::life::testing::speaks;
use crate::life::{By, Transition};

fn sanctions() -> impl Strategy<Value = Sanctions> {
    let hundredths = prop_oneof![4 => 1..=500_u32, 1 => 0..900_u32];
    let months = prop_oneof![3 => 1..120_u32, 1 => Just(0), 1 => Just(9_999)];
    (hundredths, months, any::<bool>(), 0..5_u8).prop_map(|(hundredths, months, is_life, kind)| {
        let multiple = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let bar = Some(if is_life { Bar::Life } else { Bar::Months(months) });
        match kind {
            0 => times(&multiple),
            1 => Sanctions { bar, ..Sanctions::default() },
            2 => Sanctions { bar, ..times(&multiple) },
            3 => manager_sanctions(),
            _ => Sanctions { revoked: firm_sanctions().revoked, ..times(&multiple) },
        }
    })
}

/// One try: on whose penalty, by whom, what, and how many days pass before. Half of them take a
/// step of the table that is possible from where the penalty stands: others lead nowhere.
#[derive(Clone, Debug)]
struct Attempt {
    is_firm: bool,
    who: u8,
    step: Step,
    possible: Option<usize>,
    sanctions: Sanctions,
    days: i64,
    shift: i32,
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let days = prop_oneof![6 => Just(0_i64), 3 => 1..8_i64, 1 => 20..80_i64];
    let but_drop = Step::ALL.iter().copied().filter(|step| *step != Step::Drop);
    let step = proptest::sample::select(but_drop.collect::<Vec<_>>());
    let possible = proptest::option::of(any::<usize>());
    (any::<bool>(), 0..5_u8, step, possible, sanctions(), days, -3..4_i32).prop_map(
        |(is_firm, who, step, possible, sanctions, days, shift)| Attempt {
            is_firm,
            who,
            step,
            possible,
            sanctions,
            days,
            shift,
        },
    )
}

impl Attempt {
    /// The step, and who takes it.
    fn of(&self, state: PenaltyState) -> (Step, Who) {
        // What ends a life, or begins it again, is tried less often.
        let is_tried = |step| match step {
            Step::Drop | Step::Overturn => self.shift == 3,
            Step::Revise | Step::SendBack | Step::Uphold => self.shift > 1,
            _ => true,
        };
        let possible = |row: &&Transition<_, Step>| row.from.contains(&state) && is_tried(row.step);
        let rows: Vec<_> = TABLE.iter().filter(possible).collect();
        let row = self.possible.filter(|_| !rows.is_empty()).map(|number| rows[number % rows.len()]);
        let who = match self.who {
            0 => head(),
            1 => Who::person("sun", Post::Head),
            2 => itself(),
            _ => li(),
        };
        match row {
            Some(row) if row.by.contains(&By::Post(Post::Head)) => (row.step, head()),
            Some(row) => (row.step, who),
            None => (self.step, who),
        }
    }
}

fn told(
    step: Step,
    sanctions: Sanctions,
    on: Day,
    number: usize,
    penalty: &Penalty,
) -> Option<PenaltyCommand> {
    use PenaltyCommand as C;
    let (way, reason) = (ServiceWay::Mail, "理由".to_owned());
    let (document, reference) = (format!("文书{number}号"), format!("bank-{}", number % 150));
    let is_odd = number % 2 == 1;
    let ground = [Ground::Own, Ground::Court, Ground::Reconsideration][number % 3];
    let kind = [PaymentKind::Fine, PaymentKind::Confiscation, PaymentKind::Surcharge][number % 3];
    let some = Fen(i64::try_from(number).unwrap_or(0) * 3_000_000);
    let owed = penalty.owed(on);
    let amount = if is_odd { owed.of(kind) } else { some };
    Some(match step {
        Step::Draft | Step::Conclude => return None,
        Step::Revise => C::Revise { sanctions, reason },
        Step::Notify => C::Notify { on, way },
        Step::Defend => C::Defend { text: reason },
        Step::ReviewDefence => C::ReviewDefence { defence: 1, adopted: is_odd, reason },
        Step::Waive => C::Waive,
        Step::AskHearing => C::AskHearing { on },
        Step::CallHearing => C::CallHearing { on: on.plus(14), place: reason },
        Step::HoldHearing => C::HoldHearing { record: reason },
        Step::Propose => C::Propose { sanctions: is_odd.then_some(sanctions) },
        Step::SendBack => C::SendBack { reason },
        Step::Decide => C::Decide { document, discussed_on: Some(on) },
        Step::Drop => C::Drop { reason },
        Step::Serve => C::Serve { on, way },
        Step::Pay => C::Pay { kind, amount, on, reference },
        Step::Refund => C::Refund { amount: if is_odd { owed.refund } else { some }, reference },
        Step::Defer => C::Defer { until: on.plus(40), reason },
        Step::Appeal if is_odd => C::Appeal { kind: AppealKind::Lawsuit, on, reference },
        Step::Appeal => C::Appeal { kind: AppealKind::Reconsideration, on, reference },
        Step::Uphold => C::Uphold { document, on },
        Step::Change => C::Change { ground, document, on, sanctions },
        Step::Overturn => C::Overturn { ground, document, on },
        Step::Publish => C::Publish { until: on.plus(400), authority: authority() },
        Step::WithdrawPublication => C::WithdrawPublication { reason },
    })
}

/// What always holds.
fn hold(penalty: &Penalty, today: Day) -> Result<(), TestCaseError> {
    let is_person = penalty.addressee.person().is_some();
    prop_assert_eq!(penalty.sanctions.check(is_person), Ok(()));
    let fine = penalty.sanctions.fine_amount();
    if matches!(penalty.sanctions.fine, Some(Fine::Multiple { .. })) {
        prop_assert!(fine.0 <= penalty.sanctions.illegal_income.0 * 5);
    }
    prop_assert!(penalty.surcharge(today.plus(4000)) <= fine);
    if let Some(decision) = &penalty.decision {
        let notice = penalty.notice.as_ref().unwrap();
        prop_assert_eq!(penalty.sanctions.heavier_than(&notice.announced), None);
        let proposer = penalty.proposed_by.as_ref().unwrap();
        prop_assert!(!decision.by.is_same_person(proposer));
        prop_assert!(penalty.defences.iter().all(|defence| defence.adopted.is_some()));
    }
    if penalty.is_in_force() {
        prop_assert!(penalty.served_on.is_some() && penalty.decision.is_some());
    }
    if penalty.state == PenaltyState::Final {
        prop_assert!(penalty.is_paid(today));
    }
    let paid: i64 = penalty.payments.iter().map(|payment| payment.amount.0).sum();
    prop_assert!(penalty.refunded.0 <= paid);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn the_law_is_kept_whatever_is_tried(attempts in proptest::collection::vec(attempt(), 1..300)) {
        let mut desk = Desk::at("2026-03-02T09:00:00+08:00");
        desk.draft(&li(), &drafted()).unwrap();
        for (number, attempt) in attempts.into_iter().enumerate() {
            desk.now = desk.now.plus_seconds(86_400 * attempt.days);
            desk.tick();
            let id = if attempt.is_firm { FIRM } else { MANAGER };
            let before = desk.get(id).clone();
            let (step, who) = attempt.of(before.state);
            let on = desk.today().plus(attempt.shift.min(0));
            let Some(told) = told(step, attempt.sanctions, on, number, &before) else { continue };
            match desk.tell(id, &who, &told) {
                Ok(()) => {
                    let after = desk.get(id);
                    let row = TABLE.iter().find(|row| row.step == step).unwrap();
                    prop_assert!(row.from.contains(&before.state));
                    let is_kept = row.to.is_empty() && after.state == before.state;
                    prop_assert!(is_kept || row.to.contains(&after.state));
                    hold(after, desk.today())?;
                }
                Err(refusal) => {
                    prop_assert!(speaks(&refusal), "{refusal:?}");
                    prop_assert_eq!(&before, desk.get(id));
                }
            }
        }
        // The ledger gives it again.
        let mut again = Penalties::default();
        for event in &desk.events {
            let sealed = serde_json::to_vec(event).unwrap();
            again.apply(&serde_json::from_slice(&sealed).unwrap());
        }
        prop_assert_eq!(&again, &desk.penalties);
        // What is over is noticed once.
        desk.now = desk.now.plus_seconds(86_400 * 4000);
        desk.tick();
        let noticed = desk.events.len();
        desk.tick();
        prop_assert_eq!(noticed, desk.events.len());
        prop_assert_eq!(desk.penalties.timer(), None);
    }
}
