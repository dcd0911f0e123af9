//! A platform that pools its lenders' money, from the red alert to the closed case.

use super::table::same;
use super::*;

/// The whole state after a step, in a few aligned lines.
fn state(scene: &Scene) -> String {
    let case = scene.case();
    let deadline = case.stay().and_then(|stay| stay.deadline);
    let until = deadline.map_or_else(String::new, |deadline| {
        let due = deadline.due.map_or_else(|| "open".to_owned(), |due| due.to_string());
        format!(" until {due}{}", if deadline.missed.is_some() { " missed" } else { "" })
    });
    let mut lines = vec![format!("  {} {}{until}", case.id, case.stage.code())];
    let findings = case.findings.iter().map(|finding| {
        let judged = match &finding.judgement {
            Judgement::Open => "open",
            Judgement::Confirmed { .. } => "confirmed",
            Judgement::Dismissed(_) => "dismissed",
        };
        format!("{} {judged}", finding.finding.entry)
    });
    lines.push(format!("  findings: {}", findings.collect::<Vec<_>>().join(", ")));
    for measure in case.measures.values() {
        if measure.state == MeasureState::Suggested && !case.is_mandatory(measure) {
            continue;
        }
        let must = if case.is_mandatory(measure) { "!" } else { " " };
        lines.push(format!("  {must} {:<22}{}", measure.listed.key, measure.state.code()));
    }
    for order in scene.disposal.orders.iter() {
        let late = if order.deadline.missed.is_some() { " late" } else { "" };
        lines.push(format!("    {} {:<18}{}{late}", order.id, order.to.id, order.state.code()));
    }
    let effects: Vec<_> =
        scene.disposal.cases.effects(PLATFORM, scene.now).iter().map(|effect| effect.kind.code()).collect();
    if !effects.is_empty() {
        lines.push(format!("  in force: {}", effects.join(", ")));
    }
    lines.join("\n")
}

#[test]
fn a_pooling_platform_from_the_alert_to_the_closed_case() {
    let mut scene = Scene::new();
    let mut told = Vec::new();
    let mut tell = |scene: &Scene, step: &str| told.push(format!("{} {step}\n{}", scene.now, state(scene)));

    scene.open(&pooling(), &Who::SYSTEM).unwrap();
    tell(&scene, "a red alert opens the case");

    scene.pass(1);
    scene.do_case('c', CaseCommand::ConfirmFinding { finding: 0, note: None }).unwrap();
    scene.do_case('c', CaseCommand::Advance).unwrap();
    tell(&scene, "an officer confirms, the case is isolated");

    scene.agree("freeze-accounts", accounts());
    scene.agree("suspend-new-projects", Filled::new());
    let bank = partner(AddresseeKind::CustodyBank, "bank-1");
    let freeze = scene.order("freeze-accounts", bank.clone());
    let suspend = scene.order("suspend-new-projects", institution());
    tell(&scene, "two measures are approved by another person and ordered");

    scene.pass(4);
    scene.tick();
    tell(&scene, "the bank is late");

    let bank = Who::party(bank.actor());
    scene.do_order(&bank, &freeze, report(OrderResult::Done)).unwrap();
    scene.do_order(&person('c'), &freeze, OrderCommand::Accept { note: None }).unwrap();
    let platform = Who::party(institution().actor());
    scene.do_order(&platform, &suspend, OrderCommand::Acknowledge).unwrap();
    scene.do_order(&platform, &suspend, report(OrderResult::Partly)).unwrap();
    let back = OrderCommand::Return { reason: because(), term: None };
    scene.do_order(&person('c'), &suspend, back).unwrap();
    tell(&scene, "the bank reports, what the platform reports is returned");

    scene.do_order(&platform, &suspend, report(OrderResult::Done)).unwrap();
    scene.do_order(&person('d'), &suspend, OrderCommand::Accept { note: None }).unwrap();
    scene.do_measure('a', "freeze-accounts", MeasureCommand::FollowUp { text: because() }).unwrap();
    scene.do_case('c', CaseCommand::Advance).unwrap();
    tell(&scene, "both are done, the case is resolved");

    let instalment = Milestone { day: day("2026-06-01"), amount_fen: Some(model::money::Fen(1)), text: None };
    let plan = MeasureCommand::Propose { fields: Filled::new(), milestones: vec![instalment] };
    scene.do_measure('a', "instalments", plan).unwrap();
    scene.do_measure('f', "instalments", MeasureCommand::Approve).unwrap();
    scene.carry_out("instalments", institution(), OrderResult::Done);
    scene.pass(24 * 20);
    scene.do_measure('a', "instalments", MeasureCommand::KeepMilestone { milestone: 0, note: None }).unwrap();
    for key in ["freeze-accounts", "suspend-new-projects"] {
        scene.do_measure('c', key, MeasureCommand::AskLift { reason: because() }).unwrap();
        scene.do_measure('d', key, MeasureCommand::Lift).unwrap();
    }
    scene.do_case('c', CaseCommand::Advance).unwrap();
    tell(&scene, "lenders are paid, what isolated it is lifted");

    scene.agree("fine", amount("500000.00"));
    scene.carry_out("fine", institution(), OrderResult::Done);
    scene.do_case('c', CaseCommand::Close { reason: because() }).unwrap();
    tell(&scene, "it is fined, the case is closed");

    same(
        &told.join("\n"),
        "
    2026-05-07T09:00:00+08:00 a red alert opens the case
      C-2026-000001 identify until 2026-05-13T00:00:00+08:00
      findings: outside-custody open
      ! fine                  suggested
      ! freeze-accounts       suggested
      ! suspend-new-projects  suggested
    2026-05-07T10:00:00+08:00 an officer confirms, the case is isolated
      C-2026-000001 isolate until 2026-05-08T10:00:00+08:00
      findings: outside-custody confirmed
      ! fine                  suggested
      ! freeze-accounts       suggested
      ! suspend-new-projects  suggested
    2026-05-07T10:00:00+08:00 two measures are approved by another person and ordered
      C-2026-000001 isolate until 2026-05-08T10:00:00+08:00
      findings: outside-custody confirmed
      ! fine                  suggested
      ! freeze-accounts       ordered
      ! suspend-new-projects  ordered
        O-2026-000001 bank-1            issued
        O-2026-000002 p2p-platform-0001 issued
      in force: freeze-accounts, suspend-new-projects
    2026-05-07T14:00:00+08:00 the bank is late
      C-2026-000001 isolate until 2026-05-08T10:00:00+08:00
      findings: outside-custody confirmed
      ! fine                  suggested
      ! freeze-accounts       ordered
      ! suspend-new-projects  ordered
        O-2026-000001 bank-1            issued late
        O-2026-000002 p2p-platform-0001 issued
      in force: freeze-accounts, suspend-new-projects
    2026-05-07T14:00:00+08:00 the bank reports, what the platform reports is returned
      C-2026-000001 isolate until 2026-05-08T10:00:00+08:00
      findings: outside-custody confirmed
      ! fine                  suggested
      ! freeze-accounts       done
      ! suspend-new-projects  acknowledged
        O-2026-000001 bank-1            accepted late
        O-2026-000002 p2p-platform-0001 returned
      in force: freeze-accounts, suspend-new-projects
    2026-05-07T14:00:00+08:00 both are done, the case is resolved
      C-2026-000001 resolve until 2026-08-06T00:00:00+08:00
      findings: outside-custody confirmed
      ! fine                  suggested
      ! freeze-accounts       done
      ! suspend-new-projects  done
        O-2026-000001 bank-1            accepted late
        O-2026-000002 p2p-platform-0001 accepted
      in force: freeze-accounts, suspend-new-projects
    2026-05-27T14:00:00+08:00 lenders are paid, what isolated it is lifted
      C-2026-000001 account until 2026-08-26T00:00:00+08:00
      findings: outside-custody confirmed
      ! fine                  suggested
      ! freeze-accounts       lifted
        instalments           done
      ! suspend-new-projects  lifted
        O-2026-000001 bank-1            lifted late
        O-2026-000002 p2p-platform-0001 lifted
        O-2026-000003 p2p-platform-0001 accepted
    2026-05-27T14:00:00+08:00 it is fined, the case is closed
      C-2026-000001 closed
      findings: outside-custody confirmed
      ! fine                  done
      ! freeze-accounts       lifted
        instalments           done
      ! suspend-new-projects  lifted
        O-2026-000001 bank-1            lifted late
        O-2026-000002 p2p-platform-0001 lifted
        O-2026-000003 p2p-platform-0001 accepted
        O-2026-000004 p2p-platform-0001 accepted
",
    );
    // The ledger gives the same state.
    let mut replayed = Disposal::default();
    scene.events.iter().for_each(|event| replayed.apply(event));
    assert_eq!(replayed, scene.disposal);
}
