//! The tables as aligned text: which step leads where from which state.

use super::*;
use crate::Cell;

/// A table with a line for each step and a column for each state: the state that it leads to, `·`
/// where the state stays, nothing where it is refused.
fn drawn(machine: &str) -> String {
    let rows: Vec<Cell> = states_table().into_iter().filter(|row| row.machine.en == machine).collect();
    let states: Vec<&str> = rows.iter().map(|row| row.state_code).fold(Vec::new(), |mut states, state| {
        if states.last() != Some(&state) {
            states.push(state);
        }
        states
    });
    let mut steps: Vec<&str> = Vec::new();
    for row in &rows {
        if !steps.contains(&row.step_code) {
            steps.push(row.step_code);
        }
    }
    let wide = |text: &str| format!("{text:<13}");
    let mut lines = vec![format!("{:<16}{}", "", states.iter().map(|state| wide(state)).collect::<String>())];
    for step in steps {
        let cells = states.iter().map(|state| {
            let row = rows.iter().find(|row| row.state_code == *state && row.step_code == step);
            match row.and_then(|row| row.next_code) {
                Some(next) if next == *state => wide("."),
                Some(next) => wide(next),
                None => wide(""),
            }
        });
        lines.push(format!("{step:<16}{}", cells.collect::<String>()));
    }
    let lines: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n")
}

/// Compares aligned texts line by line, without the indentation of the expected one.
pub(super) fn same(found: &str, expected: &str) {
    let expected: Vec<&str> =
        expected.lines().skip(1).map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    let expected = expected.join("\n");
    assert_eq!(found.trim_end(), expected.trim_end(), "\n--- found\n{found}\n---");
}

#[test]
fn steps_of_a_case() {
    same(
        &drawn("case"),
        "
                    identify     isolate      resolve      account      closed
    join            .            .            .            .
    claim           .            .            .            .
    assign          .            .            .            .
    confirm_finding .            .            .            .
    dismiss_finding .            .            .            .
    add_risk        .            .            .            .
    strike_risk     .            .            .            .
    add_measure     .            .            .            .
    handle_measure  .            .            .            .
    lift_measure    .            .            .            .            .
    ask_skip        .            .            .            .
    refuse_skip     .            .            .            .
    skip            isolate      resolve      account      closed
    advance         isolate      resolve      account
    close                                                  closed
    drop            closed       closed       closed       closed
    reopen                                                              identify
    note            .            .            .            .            .
",
    );
}

#[test]
fn steps_of_a_measure() {
    same(
        &drawn("measure"),
        "
                    suggested    proposed     approved     ordered      acknowledged reported     done         failed       lifted       waived       withdrawn
    propose         proposed                                                                                   proposed                               proposed
    propose_freely  approved                                                                                   approved                               approved
    approve                      approved
    send_back                    suggested
    withdraw                     withdrawn    withdrawn
    ask_waiver      .            .                                                                             .                                      .
    refuse_waiver   .            .                                                                             .                                      .
    waive           waived       waived                                                                        waived                                 waived
    order                                     ordered
    acknowledge                                            acknowledged
    report                                                 reported     reported
    return                                                                           acknowledged
    finish                                                                           done
    fail                                                                             failed
    ask_lift                                               .            .            .            .
    refuse_lift                                            .            .            .            .
    lift                                                   lifted       lifted       lifted       lifted
    set_milestones                                         .            .            .            .
    keep_milestone                                         .            .            .            .
    follow_up                                                                                     .
",
    );
}

#[test]
fn steps_of_an_order() {
    same(
        &drawn("order"),
        "
                    issued       acknowledged reported     returned     accepted     lifted
    acknowledge     acknowledged
    report          reported     reported                  reported
    accept                                    accepted
    return                                    returned
    lift            lifted       lifted       lifted       lifted       lifted
",
    );
}

#[test]
fn every_refused_step_says_so_in_both_languages() {
    for row in states_table() {
        assert_eq!(row.next.is_none(), row.refusal.is_some());
        if let Some(refusal) = row.refusal {
            let both =
                [(&refusal.zh, &row.state.zh, &row.step.zh), (&refusal.en, &row.state.en, &row.step.en)];
            for (sentence, state, step) in both {
                assert!(sentence.contains(state.as_str()) && sentence.contains(step.as_str()), "{sentence}");
            }
        }
    }
}

/// A measure in a state, at the stage of isolation, as the commands bring it there; with the order, if
/// there is one.
fn in_state(state: MeasureState) -> (Scene, Option<String>) {
    let key = "freeze-accounts";
    let bank = partner(AddresseeKind::CustodyBank, "bank-1");
    let who = Who::party(bank.actor());
    let mut scene = Scene::isolating();
    let mut order = None;
    let far = |wanted: &[MeasureState]| wanted.contains(&state);
    use MeasureState as S;
    match state {
        S::Suggested => {}
        S::Waived => {
            scene.do_measure('a', key, MeasureCommand::AskWaiver { reason: because() }).unwrap();
            scene.do_measure('d', key, MeasureCommand::Waive).unwrap();
        }
        _ => {
            scene.do_measure('c', key, propose(accounts())).unwrap();
        }
    }
    if state == S::Withdrawn {
        scene.do_measure('c', key, MeasureCommand::Withdraw { reason: because() }).unwrap();
    }
    if far(&[S::Approved, S::Ordered, S::Acknowledged, S::Reported, S::Done, S::Failed, S::Lifted]) {
        scene.do_measure('d', key, MeasureCommand::Approve).unwrap();
    }
    if far(&[S::Ordered, S::Acknowledged, S::Reported, S::Done, S::Failed, S::Lifted]) {
        order = Some(scene.order(key, bank));
    }
    if let Some(id) = &order {
        if state == S::Acknowledged {
            scene.do_order(&who, id, OrderCommand::Acknowledge).unwrap();
        }
        if far(&[S::Reported, S::Done, S::Failed]) {
            let result = if state == S::Failed { OrderResult::Impossible } else { OrderResult::Done };
            scene.do_order(&who, id, report(result)).unwrap();
        }
        if far(&[S::Done, S::Failed]) {
            scene.do_order(&person('c'), id, OrderCommand::Accept { note: None }).unwrap();
        }
        if state == S::Lifted {
            scene.do_measure('a', key, MeasureCommand::AskLift { reason: because() }).unwrap();
            scene.do_measure('d', key, MeasureCommand::Lift).unwrap();
        }
    }
    assert_eq!(scene.measure(key).state, state);
    (scene, order)
}

/// What becomes of a measure in each state at each command, by the decisions themselves: the state, or
/// why not.
#[test]
fn commands_to_a_measure() {
    let bank = partner(AddresseeKind::CustodyBank, "bank-1");
    let milestone = Milestone { day: day("2026-06-01"), amount_fen: None, text: Some(because()) };
    let commands = [
        ("propose", 'a', propose(accounts())),
        ("approve", 'd', MeasureCommand::Approve),
        ("approve own", 'c', MeasureCommand::Approve),
        ("send_back", 'd', MeasureCommand::SendBack { reason: because() }),
        ("withdraw", 'c', MeasureCommand::Withdraw { reason: because() }),
        ("withdraw other", 'b', MeasureCommand::Withdraw { reason: because() }),
        ("ask_waiver", 'a', MeasureCommand::AskWaiver { reason: because() }),
        ("waive", 'd', MeasureCommand::Waive),
        ("order", 'c', MeasureCommand::Order { to: vec![bank] }),
        ("order nobody", 'c', MeasureCommand::Order { to: Vec::new() }),
        ("ask_lift", 'a', MeasureCommand::AskLift { reason: because() }),
        ("lift", 'd', MeasureCommand::Lift),
        ("set_milestones", 'a', MeasureCommand::SetMilestones { milestones: vec![milestone] }),
        ("follow_up", 'a', MeasureCommand::FollowUp { text: because() }),
    ];
    let wide = |text: &str| format!("{text:<13}");
    let header: String = MeasureState::ALL.iter().map(|state| wide(state.code())).collect();
    let mut lines = vec![format!("{:<16}{header}", "").trim_end().to_owned()];
    for (name, who, command) in commands {
        let mut line = format!("{name:<16}");
        for state in MeasureState::ALL {
            let (mut scene, _) = in_state(*state);
            let cell = match scene.do_measure(who, "freeze-accounts", command.clone()) {
                Ok(_) => scene.measure("freeze-accounts").state.code().to_owned(),
                Err(refusal) => {
                    assert!(!refusal.zh.is_empty() && !refusal.en.is_empty());
                    format!("{:?}", refusal.why)
                }
            };
            line.push_str(&wide(&cell));
        }
        lines.push(line.trim_end().to_owned());
    }
    same(
        &lines.join("\n"),
        "
                    suggested    proposed     approved     ordered      acknowledged reported     done         failed       lifted       waived       withdrawn
    propose         proposed     NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       proposed     NotNow       NotNow       proposed
    approve         NotNow       approved     NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow
    approve own     NotNow       FourEyes     NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow
    send_back       NotNow       suggested    NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow
    withdraw        NotNow       withdrawn    withdrawn    NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow
    withdraw other  NotNow       NotAllowed   NotAllowed   NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow
    ask_waiver      suggested    proposed     NotNow       NotNow       NotNow       NotNow       NotNow       failed       NotNow       NotNow       withdrawn
    waive           Missing      Missing      NotNow       NotNow       NotNow       NotNow       NotNow       Missing      NotNow       NotNow       Missing
    order           NotNow       NotNow       ordered      NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow
    order nobody    NotNow       NotNow       Missing      NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow
    ask_lift        NotNow       NotNow       NotNow       ordered      acknowledged reported     done         NotNow       NotNow       NotNow       NotNow
    lift            NotNow       NotNow       NotNow       Missing      Missing      Missing      Missing      NotNow       NotNow       NotNow       NotNow
    set_milestones  NotNow       NotNow       NotNow       Missing      Missing      Missing      Missing      NotNow       NotNow       NotNow       NotNow
    follow_up       NotNow       NotNow       NotNow       NotNow       NotNow       NotNow       done         NotNow       NotNow       NotNow       NotNow
",
    );
}

/// The sentences that say what is missing.
#[test]
fn sentences() {
    let mut scene = Scene::isolating();
    let mut lines = Vec::new();
    let mut hear = |refusal: Result<usize, Refusal>| {
        let refusal = refusal.unwrap_err();
        lines.push(format!("{:?}\n  {}\n  {}", refusal.why, refusal.zh, refusal.en));
    };
    let freeze = "freeze-accounts";
    let bank = || vec![partner(AddresseeKind::CustodyBank, "bank-1")];
    hear(scene.do_case('c', CaseCommand::Advance));
    hear(scene.do_case('a', CaseCommand::Advance));
    hear(scene.do_case('c', CaseCommand::Close { reason: because() }));
    hear(scene.do_case('c', CaseCommand::AskSkip { reason: because() }));
    hear(scene.do_case('e', CaseCommand::Reopen { reason: because() }));
    hear(scene.do_measure('a', freeze, propose(amount("12.5"))));
    hear(scene.do_measure('c', freeze, MeasureCommand::Order { to: bank() }));
    hear(scene.do_measure('d', freeze, MeasureCommand::Waive));
    scene.do_measure('c', freeze, propose(accounts())).unwrap();
    hear(scene.do_measure('c', freeze, MeasureCommand::Approve));
    scene.do_measure('d', freeze, MeasureCommand::Approve).unwrap();
    hear(scene.do_measure('c', freeze, MeasureCommand::Order { to: vec![institution()] }));
    scene.agree("fine", amount("500000.00"));
    hear(scene.do_measure('c', "fine", MeasureCommand::Order { to: vec![institution()] }));
    let id = scene.order(freeze, bank().remove(0));
    hear(scene.do_order(&person('c'), &id, OrderCommand::Accept { note: None }));
    let other = Who::party(Actor::Partner("bank-2".to_owned()));
    hear(scene.do_order(&other, &id, OrderCommand::Acknowledge));
    hear(scene.do_measure('c', freeze, MeasureCommand::AskWaiver { reason: because() }));
    same(
        &lines.join("\n"),
        r#"
    Missing
      案件C-2026-000001尚不能离开“隔离”阶段：必须采取的措施“冻结账户并锁定客户资金”（freeze-accounts）现为“建议”，既未办结也未免除；必须采取的措施“暂停新增项目”（suspend-new-projects）现为“建议”，既未办结也未免除。
      Case C-2026-000001 cannot leave the stage "isolate" yet: the mandatory measure "Freeze accounts and lock client money" (freeze-accounts) is suggested: neither done nor waived; the mandatory measure "Suspend new projects" (suspend-new-projects) is suggested: neither done nor waived.
    NotAllowed
      推进到下一阶段须由监管员或以上职级的人员办理。
      The step "advance" takes a person with the post of officer or above.
    NotNow
      案件现为“隔离”，不能结案；仅在“问责”时可以。
      The case is "isolate"; the step "close" is possible only when it is "account".
    NotNow
      本案涉及资金池，“隔离”阶段不得跳过。
      The case is about Fund pooling, for which the stage "isolate" is never skipped.
    NotNow
      案件现为“隔离”，不能重启；仅在“结案”时可以。
      The case is "isolate"; the step "reopen" is possible only when it is "closed".
    Missing
      填写有误：缺少“账户”（accounts）；“金额”（amount）须为以元计、两位小数的金额，如1234.50。
      What was filled in does not do: "Accounts" (accounts) is missing; "Amount" (amount) takes an amount in yuan with two decimals such as 1234.50.
    NotNow
      措施现为“建议”，不能下达指令；仅在“已批准”时可以。
      The measure is "suggested"; the step "order" is possible only when it is "approved".
    Missing
      尚无人申请免除，请先由一人提出申请并说明理由。
      Nobody asked to waive it yet; somebody asks first, with the reason.
    FourEyes
      批准“冻结账户并锁定客户资金”：由您本人提出，须由另一人办理。
      The step approve "Freeze accounts and lock client money": you proposed it yourself, so another person has to.
    Missing
      填写有误：“p2p-platform-0001”不是本措施的受文单位（存管银行）。
      What was filled in does not do: "p2p-platform-0001" is not whom the measure addresses (custody bank).
    NotNow
      “罚款”属于“问责”阶段，案件C-2026-000001现为“隔离”，须先推进。
      "Fine" belongs to the stage "account"; case C-2026-000001 is at "isolate" and has to advance first.
    NotNow
      指令现为“已下达”，不能验收；仅在“已回执”时可以。
      The order is "issued"; the step "accept" is possible only when it is "reported".
    NotAllowed
      指令O-2026-000001不是发给您的，或此步骤不由受文单位办理。
      Order O-2026-000001 is not addressed to you, or this step is not its addressee's.
    NotNow
      措施现为“已下达”，不能申请免除；仅在“建议”或“已提出”或“未能执行”或“已撤回”时可以。
      The measure is "ordered"; the step "ask for a waiver" is possible only when it is "suggested" or "proposed" or "failed" or "withdrawn".
"#,
    );
}
