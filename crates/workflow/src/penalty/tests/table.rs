//! The table of penalties, and every step from every state.

use super::super::life::TABLE;
use super::*;
use crate::life::testing::{plain, printed, speaks};

#[test]
fn the_table_as_it_is_printed() {
    let expected = "
        draft                  - -> drafted: officer
        revise                 drafted, notified, in hearing -> drafted: officer
        notify                 drafted -> notified: officer
        defend                 notified, in hearing -> -: the party outside or officer
        review_defence         notified, in hearing -> -: officer
        waive                  notified, in hearing -> -: the party outside or officer
        ask_hearing            notified -> in hearing: the party outside or officer
        call_hearing           in hearing -> -: officer
        hold_hearing           in hearing -> -: officer
        propose                notified, in hearing -> proposed: officer
        send_back              proposed -> notified, in hearing: head, another person
        decide                 proposed -> decided: head, another person
        drop                   drafted, notified, in hearing, proposed -> dropped: head, another person
        serve                  decided -> served: officer
        pay                    served, appealed -> -: the system or officer
        refund                 served, appealed, final, overturned -> -: the system or officer
        defer                  served, appealed -> -: head
        appeal                 served, final -> appealed: officer
        uphold                 appealed -> served: officer
        change                 served, appealed, final -> served: officer
        overturn               decided, served, appealed, final -> overturned: officer
        publish                served, appealed, final -> -: officer
        withdraw_publication   served, appealed, final, overturned -> -: officer
        conclude               served -> final: the system
    ";
    assert_eq!(printed(&super::super::table()), plain(expected));
}

/// The manager's penalty in a state.
pub(super) fn in_state(state: PenaltyState) -> Desk {
    in_state_of(MANAGER, state)
}

pub(super) fn in_state_of(id: &str, state: PenaltyState) -> Desk {
    use PenaltyCommand as C;
    let mut desk = Desk::at("2026-09-28T09:00:00+08:00");
    desk.draft(&li(), &drafted()).unwrap();
    let today = desk.today();
    let (way, document) = (ServiceWay::Direct, "文书1号".to_owned());
    let notify = C::Notify { on: today, way };
    let decide = C::Decide { document: document.clone(), discussed_on: Some(today) };
    let appeal =
        C::Appeal {
            kind: AppealKind::Reconsideration, on: day("2026-10-12"), reference: "复受1号".into()
        };
    let overturn = C::Overturn { ground: Ground::Own, document, on: day("2026-10-12") };
    let defend = C::Defend { text: "情节轻微".into() };
    let review = C::ReviewDefence { defence: 1, adopted: false, reason: "不成立".into() };
    let propose = || C::Propose { sanctions: None };
    let mut steps: Vec<(Who, C)> = vec![
        (li(), notify),
        (li(), defend),
        (li(), review),
        (li(), C::Waive),
        (li(), propose()),
        (head(), decide),
        (li(), C::Serve { on: day("2026-10-12"), way }),
    ];
    let taken = match state {
        PenaltyState::Drafted => 0,
        PenaltyState::Notified => 3,
        PenaltyState::Hearing => {
            steps.truncate(1);
            steps.push((li(), C::AskHearing { on: today }));
            2
        }
        PenaltyState::Proposed => 5,
        PenaltyState::Decided => 6,
        PenaltyState::Served | PenaltyState::Final => 7,
        PenaltyState::Appealed => {
            steps.push((li(), appeal));
            8
        }
        PenaltyState::Overturned => {
            steps.push((head(), overturn));
            8
        }
        PenaltyState::Dropped => {
            steps.insert(0, (head(), C::Drop { reason: "轻微".into() }));
            1
        }
    };
    for (number, (who, told)) in steps.into_iter().take(taken).enumerate() {
        if number == 6 {
            desk.go_to("2026-10-12T09:00:00+08:00");
        }
        desk.tell(id, &who, &told).unwrap();
    }
    if state == PenaltyState::Final {
        let owed = desk.get(id).owed(desk.today());
        for (kind, reference) in [(PaymentKind::Fine, "bank-1"), (PaymentKind::Confiscation, "bank-2")] {
            let (on, reference) = (desk.today(), reference.to_owned());
            let paid = C::Pay { kind, amount: owed.of(kind), on, reference };
            if owed.of(kind).0 > 0 {
                desk.tell(id, &li(), &paid).unwrap();
            }
        }
        desk.go_to("2027-04-13T00:00:00+08:00");
    }
    assert_eq!(desk.get(id).state, state);
    desk
}

/// A command that takes a step, by somebody who may.
fn taking(step: Step, desk: &Desk) -> Option<(Who, PenaltyCommand)> {
    use PenaltyCommand as C;
    let today = desk.today();
    let (way, reason, document) = (ServiceWay::Direct, "理由".to_owned(), "文书9号".to_owned());
    let reference = "bank-9".to_owned();
    let lighter = Sanctions { referral: None, bar: Some(Bar::Months(12)), ..manager_sanctions() };
    let ground = match desk.get(MANAGER).state {
        PenaltyState::Appealed => Ground::Reconsideration,
        _ => Ground::Own,
    };
    Some(match step {
        Step::Draft | Step::Conclude => return None,
        Step::Revise => (li(), C::Revise { sanctions: lighter, reason }),
        Step::Notify => (li(), C::Notify { on: today, way }),
        Step::Defend => (li(), C::Defend { text: reason }),
        Step::ReviewDefence => (li(), C::ReviewDefence { defence: 1, adopted: true, reason }),
        Step::Waive => (li(), C::Waive),
        Step::AskHearing => (li(), C::AskHearing { on: today }),
        Step::CallHearing => (li(), C::CallHearing { on: today.plus(30), place: reason }),
        Step::HoldHearing => (li(), C::HoldHearing { record: reason }),
        Step::Propose => (li(), C::Propose { sanctions: None }),
        Step::SendBack => (head(), C::SendBack { reason }),
        Step::Decide => (head(), C::Decide { document, discussed_on: Some(today) }),
        Step::Drop => (head(), C::Drop { reason }),
        Step::Serve => (li(), C::Serve { on: today, way }),
        Step::Pay => (li(), C::Pay { kind: PaymentKind::Fine, amount: yuan("1"), on: today, reference }),
        Step::Refund => (li(), C::Refund { amount: yuan("1"), reference }),
        Step::Defer => (head(), C::Defer { until: today.plus(60), reason }),
        Step::Appeal => (li(), C::Appeal { kind: AppealKind::Lawsuit, on: today, reference }),
        Step::Uphold => (li(), C::Uphold { document, on: today }),
        Step::Change => (head(), C::Change { ground, document, on: today, sanctions: lighter }),
        Step::Overturn => (head(), C::Overturn { ground, document, on: today }),
        Step::Publish => (li(), C::Publish { until: day("2027-09-28"), authority: authority() }),
        Step::WithdrawPublication => (li(), C::WithdrawPublication { reason }),
    })
}

#[test]
fn every_step_from_every_state() {
    let mut found = String::new();
    for state in PenaltyState::ALL {
        let mut line = format!("{}:", state.code());
        for step in Step::ALL {
            let mut desk = in_state(*state);
            let Some((who, told)) = taking(*step, &desk) else { continue };
            match desk.tell(MANAGER, &who, &told) {
                Ok(()) => {
                    let to = desk.get(MANAGER).state;
                    let row = TABLE.iter().find(|row| row.step == *step).unwrap();
                    assert!(row.from.contains(state), "{state:?} {step:?}");
                    assert!(if row.to.is_empty() { to == *state } else { row.to.contains(&to) });
                    line += &format!(" {}", step.code());
                    if to != *state {
                        line += &format!("={}", to.code());
                    }
                }
                Err(refusal) => assert!(speaks(&refusal), "{refusal:?}"),
            }
        }
        found += &(line + "\n");
    }
    let expected = "
        drafted: revise notify=notified drop=dropped
        notified: revise=drafted defend waive ask_hearing=hearing drop=dropped
        hearing: revise=drafted defend waive call_hearing drop=dropped
        proposed: send_back=notified decide=decided drop=dropped
        decided: serve=served overturn=overturned
        served: pay defer appeal=appealed change overturn=overturned publish
        appealed: pay defer uphold=served change=served overturn=overturned publish
        final: appeal=appealed change=served overturn=overturned publish
        overturned:
        dropped:
    ";
    assert_eq!(found, plain(expected));
}

#[test]
fn a_refusal_says_what_is_missing() {
    use PenaltyCommand as C;
    let told = |state, who: &Who, told| in_state(state).tell(MANAGER, who, &told).unwrap_err();
    let decide = |document: &str, discussed_on| C::Decide { document: document.into(), discussed_on };
    let table = [
        (
            told(PenaltyState::Drafted, &head(), decide("1号", None)),
            Why::NotNow,
            "处罚F-2026-000002处于“已拟定”，不能“决定”；须处于“待决定”。",
        ),
        (told(PenaltyState::Proposed, &li(), decide("1号", None)), Why::NotAllowed, "“决定”须由负责人作出。"),
        (
            told(PenaltyState::Proposed, &head(), decide("1号", None)),
            Why::Missing,
            "重大处罚须由负责人集体讨论决定，请写明讨论日期（行政处罚法第五十七条）。",
        ),
        (
            told(PenaltyState::Notified, &li(), C::Propose { sanctions: None }),
            Why::NotNow,
            "陈述申辩和申请听证的期限至2026-10-07，届满或当事人放弃后方可提请决定。",
        ),
        (
            told(PenaltyState::Hearing, &li(), C::Propose { sanctions: None }),
            Why::Missing,
            "当事人申请了听证，须先举行听证（行政处罚法第六十五条）。",
        ),
        (
            told(
                PenaltyState::Hearing,
                &li(),
                C::CallHearing { on: day("2026-10-08"), place: "三楼".into() },
            ),
            Why::BadValue,
            "听证须提前7个工作日通知，最早为2026-10-09（行政处罚法第六十四条）。",
        ),
        (
            told(
                PenaltyState::Served,
                &li(),
                C::Publish { until: day("2029-09-29"), authority: authority() },
            ),
            Why::BadValue,
            "公示截止期须在2026-12-28至2029-09-28之间（自决定之日起3至36个月）。",
        ),
        (
            told(
                PenaltyState::Served,
                &li(),
                C::Pay {
                    kind: PaymentKind::Fine,
                    amount: yuan("300000.01"),
                    on: day("2026-10-12"),
                    reference: "x".into(),
                },
            ),
            Why::BadValue,
            "罚款300000.01元须大于零且不超过应付的300000.00元。",
        ),
        (
            told(PenaltyState::Overturned, &li(), C::WithdrawPublication { reason: "x".into() }),
            Why::NotNow,
            "没有公示中的信息可撤回。",
        ),
    ];
    for (refusal, why, zh) in table {
        assert_eq!((refusal.why, refusal.zh.as_str()), (why, zh));
        assert!(speaks(&refusal), "{refusal:?}");
    }
}

#[test]
fn a_decision_takes_two_persons() {
    let mut desk = in_state(PenaltyState::Notified);
    desk.tell(MANAGER, &li(), &PenaltyCommand::Waive).unwrap();
    desk.tell(MANAGER, &head(), &PenaltyCommand::Propose { sanctions: None }).unwrap();
    let decide = PenaltyCommand::Decide { document: "1号".into(), discussed_on: Some(desk.today()) };
    assert_eq!(desk.tell(MANAGER, &head(), &decide).unwrap_err().why, Why::FourEyes);
    let same = Who::person("ＺＨＡＯ ", Post::Head);
    assert_eq!(desk.tell(MANAGER, &same, &decide).unwrap_err().why, Why::FourEyes);
    assert_eq!(desk.tell(MANAGER, &Who::SYSTEM, &decide).unwrap_err().why, Why::NotAllowed);
    desk.tell(MANAGER, &Who::person("sun", Post::Head), &decide).unwrap();
    // The number of a decision is used once.
    desk.tell(FIRM, &li(), &PenaltyCommand::Notify { on: desk.today(), way: ServiceWay::Direct }).unwrap();
    desk.tell(FIRM, &itself(), &PenaltyCommand::Waive).unwrap();
    desk.tell(FIRM, &li(), &PenaltyCommand::Propose { sanctions: None }).unwrap();
    assert_eq!(desk.tell(FIRM, &head(), &decide).unwrap_err().why, Why::BadValue);
}

#[test]
fn a_hearing_is_asked_for_within_five_working_days() {
    let asked = |on: &str| {
        let mut desk = in_state_of(FIRM, PenaltyState::Notified);
        desk.go_to("2026-10-09T09:00:00+08:00");
        desk.tell(FIRM, &itself(), &PenaltyCommand::AskHearing { on: day(on) })
    };
    assert_eq!(asked("2026-10-07"), Ok(()));
    let refusal = asked("2026-10-08").unwrap_err();
    assert_eq!(refusal.zh, "申请听证的期限已于2026-10-07届满（行政处罚法第六十四条）。");
    // Another party does not speak for it, and the institution not for its manager.
    let other = Who::party(Actor::Institution("another".to_owned()));
    let mut desk = in_state_of(FIRM, PenaltyState::Notified);
    assert_eq!(desk.tell(FIRM, &other, &PenaltyCommand::Waive).unwrap_err().why, Why::NotAllowed);
    let mut desk = in_state(PenaltyState::Notified);
    assert_eq!(desk.tell(MANAGER, &itself(), &PenaltyCommand::Waive).unwrap_err().why, Why::NotAllowed);
}

#[test]
fn nothing_becomes_heavier_than_announced() {
    let mut desk = in_state_of(FIRM, PenaltyState::Notified);
    desk.tell(FIRM, &itself(), &PenaltyCommand::Waive).unwrap();
    let heavier = Sanctions { revoked: firm_sanctions().revoked, ..times("3.5") };
    let propose = |sanctions: Sanctions| PenaltyCommand::Propose { sanctions: Some(sanctions) };
    let refusal = desk.tell(FIRM, &li(), &propose(heavier)).unwrap_err();
    assert_eq!(
        refusal.zh,
        "不得重于已告知的处罚（行政处罚法第四十五条）：罚款由6000000.00元增至7000000.00元；确需加重的，须重新告知。"
    );
    desk.tell(FIRM, &li(), &propose(times("2"))).unwrap();
}
