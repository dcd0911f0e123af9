//! The table of the reserve, and every step from every state of a draw.

use super::*;
use crate::life::Word;
use crate::life::testing::{plain, printed, speaks};

#[test]
fn the_table_as_it_is_printed() {
    let expected = "
        accrue                 - -> -: the system or officer
        receive                - -> -: the system or officer
        reverse_receipt        - -> paid: head, another person
        request_draw           - -> requested: the party outside or officer
        approve_draw           requested -> approved: head, another person
        reject_draw            requested -> rejected: head, another person
        withdraw_draw          requested, approved -> withdrawn: the party outside or officer
        pay_draw               approved -> paid: officer, another person
        repay                  paid, written off -> paid, repaid, written off: the system or officer
        propose_write_off      paid -> paid: officer
        approve_write_off      paid -> paid, written off: head, another person
        reject_write_off       paid -> paid: head, another person
    ";
    assert_eq!(printed(&super::super::table()), plain(expected));
}

/// A draw of 100 yuan in a state, and a write-off proposed where one can be.
fn in_state(state: DrawState) -> Books {
    let mut books = Books::at("2026-10-08T09:00:00+08:00");
    let id = || draw(1);
    let approve = || ReserveCommand::ApproveDraw { draw: id() };
    let pay = || ReserveCommand::PayDraw { draw: id(), reference: "bank-2".into() };
    let propose =
        || ReserveCommand::ProposeWriteOff { draw: id(), amount: yuan("100.00"), reason: "破产".into() };
    let end = |reason: &str| (id(), reason.to_owned());
    let steps: Vec<(Who, ReserveCommand)> = match state {
        DrawState::Requested => vec![],
        DrawState::Approved => vec![(head(), approve())],
        DrawState::Paid => vec![(head(), approve()), (wang(), pay()), (li(), propose())],
        DrawState::Repaid => {
            let (draw, reference) = end("bank-3");
            let repay = ReserveCommand::Repay { draw, amount: yuan("100.00"), reference };
            vec![(head(), approve()), (wang(), pay()), (li(), repay)]
        }
        DrawState::WrittenOff => {
            let off = ReserveCommand::ApproveWriteOff { draw: id() };
            vec![(head(), approve()), (wang(), pay()), (li(), propose()), (head(), off)]
        }
        DrawState::Rejected => {
            let (draw, reason) = end("不符合条件");
            vec![(head(), ReserveCommand::RejectDraw { draw, reason })]
        }
        DrawState::Withdrawn => {
            let (draw, reason) = end("不再需要");
            vec![(li(), ReserveCommand::WithdrawDraw { draw, reason })]
        }
    };
    books.tell(&li(), &receive("1000.00", "bank-1")).unwrap();
    books.tell(&li(), &request("100.00", &[("30 days", "100.00")])).unwrap();
    for (who, told) in steps {
        books.tell(&who, &told).unwrap();
    }
    assert_eq!(books.reserve.draw(&id()).unwrap().state, state);
    books
}

/// A command that takes a step, by somebody who may.
fn taking(step: Step) -> Option<(Who, ReserveCommand)> {
    let (draw, reason, amount) = (draw(1), "理由".to_owned(), yuan("40.00"));
    Some(match step {
        Step::Accrue | Step::Receive | Step::Reverse | Step::Request => return None,
        Step::Approve => (head(), ReserveCommand::ApproveDraw { draw }),
        Step::Reject => (head(), ReserveCommand::RejectDraw { draw, reason }),
        Step::Withdraw => (li(), ReserveCommand::WithdrawDraw { draw, reason }),
        Step::Pay => (wang(), ReserveCommand::PayDraw { draw, reference: "bank-9".into() }),
        Step::Repay => (li(), ReserveCommand::Repay { draw, amount, reference: "bank-9".into() }),
        Step::ProposeWriteOff => (li(), ReserveCommand::ProposeWriteOff { draw, amount, reason }),
        Step::ApproveWriteOff => (head(), ReserveCommand::ApproveWriteOff { draw }),
        Step::RejectWriteOff => (head(), ReserveCommand::RejectWriteOff { draw, reason }),
    })
}

#[test]
fn every_step_from_every_state() {
    let mut found = String::new();
    for state in DrawState::ALL {
        let mut line = format!("{}:", state.code());
        for (step, (who, told)) in Step::ALL.iter().filter_map(|step| Some((step, taking(*step)?))) {
            let mut books = in_state(*state);
            match books.tell(&who, &told) {
                Ok(()) => {
                    let state = books.reserve.draw(&draw(1)).unwrap().state;
                    line += &format!(" {}={}", step.code(), state.code());
                }
                Err(refusal) => assert!(speaks(&refusal), "{refusal:?}"),
            }
        }
        found += &(line + "\n");
    }
    let expected = "
        requested: approve_draw=approved reject_draw=rejected withdraw_draw=withdrawn
        approved: withdraw_draw=withdrawn pay_draw=paid
        paid: repay=paid approve_write_off=written_off reject_write_off=paid
        repaid:
        written_off: repay=written_off
        rejected:
        withdrawn:
    ";
    assert_eq!(found, plain(expected));
}

#[test]
fn a_refusal_says_what_is_missing() {
    let told = |state, who: &Who, told| in_state(state).tell(who, &told).unwrap_err();
    let approve = || ReserveCommand::ApproveDraw { draw: draw(1) };
    let table = [
        (
            told(
                DrawState::Requested,
                &wang(),
                ReserveCommand::PayDraw { draw: draw(1), reference: "x".into() },
            ),
            Why::NotNow,
            "动用申请B-2026-000001处于“待批准”，不能“拨付”；须处于“已批准”。",
        ),
        (told(DrawState::Requested, &li(), approve()), Why::NotAllowed, "“批准动用”须由负责人作出。"),
        (
            told(
                DrawState::Paid,
                &li(),
                ReserveCommand::ProposeWriteOff { draw: draw(1), amount: yuan("1"), reason: "再次".into() },
            ),
            Why::NotNow,
            "动用申请B-2026-000001已有一项核销待批准。",
        ),
        (
            told(
                DrawState::WrittenOff,
                &li(),
                ReserveCommand::Repay { draw: draw(1), amount: yuan("100.01"), reference: "x".into() },
            ),
            Why::BadValue,
            "偿还100.01元超过尚未收回的100.00元。",
        ),
        (
            told(DrawState::Requested, &head(), ReserveCommand::ApproveDraw { draw: "B-1".into() }),
            Why::NotFound,
            "没有动用申请“B-1”。",
        ),
    ];
    for (refusal, why, zh) in table {
        assert_eq!((refusal.why, refusal.zh.as_str()), (why, zh));
        assert!(speaks(&refusal), "{refusal:?}");
    }
}

#[test]
fn four_eyes_are_two_peoples() {
    let mut books = Books::at("2026-10-08T09:00:00+08:00");
    books.tell(&li(), &receive("1000.00", "bank-1")).unwrap();
    books.tell(&head(), &request("100.00", &[("30 days", "100.00")])).unwrap();
    let approve = ReserveCommand::ApproveDraw { draw: draw(1) };
    assert_eq!(books.tell(&head(), &approve).unwrap_err().why, Why::FourEyes);
    // The same person, written otherwise.
    assert_eq!(books.tell(&Who::person("Ｚhao", Post::Head), &approve).unwrap_err().why, Why::FourEyes);
    assert_eq!(books.tell(&Who::SYSTEM, &approve).unwrap_err().why, Why::NotAllowed);
    books.tell(&Who::person("sun", Post::Head), &approve).unwrap();
    let pay = ReserveCommand::PayDraw { draw: draw(1), reference: "bank-2".into() };
    assert_eq!(books.tell(&Who::person("sun", Post::Head), &pay).unwrap_err().why, Why::FourEyes);
    books.tell(&li(), &pay).unwrap();
}

#[test]
fn an_institution_asks_for_itself_alone() {
    let mut books = Books::at("2026-10-08T09:00:00+08:00");
    let party = |serial| Who::party(crate::actor::Actor::Institution(firm(serial).as_str().to_owned()));
    let told = request("100.00", &[("30 days", "100.00")]);
    assert_eq!(books.tell(&party(1), &told).unwrap_err().why, Why::NotAllowed);
    books.tell(&party(2), &told).unwrap();
    let parts = [("60 days", "50.00"), ("30 days", "50.00")];
    assert_eq!(books.tell(&party(2), &request("100.00", &parts)).unwrap_err().why, Why::BadValue);
    let parts = [("30 days", "50.00"), ("60 days", "49.99")];
    let refusal = books.tell(&party(2), &request("100.00", &parts)).unwrap_err();
    assert_eq!(refusal.zh, "各期偿还合计99.99元，与动用金额100.00元不符。");
}
