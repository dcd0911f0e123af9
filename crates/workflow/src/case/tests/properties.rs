//! What holds whatever people do, in any order.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::Why;
use crate::case::table::{CASE, MEASURE};
use crate::library::{Approval, Stage};
use crate::order::{ORDER, OrderState, OrderStep, OrderVerb};

/// Steps of one run.
const STEPS: usize = 1200;

/// Somebody who gives a command: also the same person written otherwise, and parties outside.
fn somebody(choice: usize) -> Who {
    match choice {
        0..6 => person(['a', 'b', 'c', 'd', 'e', 'f'][choice]),
        6 => Who::person(" Ｃ", Post::Officer),
        7 => Who::person("E", Post::Head),
        8 => Who::party(institution().actor()),
        9 => Who::party(Actor::Partner("bank-1".to_owned())),
        10 => Who::party(Actor::Partner("store-1".to_owned())),
        _ => Who::SYSTEM,
    }
}

/// Somebody who may well give the command, so that the runs get far.
fn fitting(scene: &Scene, attempt: &Try) -> Who {
    match attempt {
        Try::Order(id, OrderCommand::Acknowledge | OrderCommand::Report { .. }) => {
            Who::party(scene.disposal.orders.get(id).unwrap().to.actor())
        }
        Try::Case(CaseCommand::Measure { command, .. }) => match command {
            MeasureCommand::Propose { .. } => person('a'),
            MeasureCommand::Approve | MeasureCommand::Waive | MeasureCommand::Lift => person('e'),
            _ => person('c'),
        },
        Try::Case(CaseCommand::Reopen { .. } | CaseCommand::Skip) => person('f'),
        Try::Open(_) => Who::SYSTEM,
        _ => person('d'),
    }
}

#[derive(Clone, Debug)]
enum Try {
    Case(CaseCommand),
    Order(String, OrderCommand),
    Open(u64),
    Pass(i64),
}

fn of_measure(key: &str, choice: usize) -> CaseCommand {
    let to = match key {
        "freeze-accounts" => vec![partner(AddresseeKind::CustodyBank, "bank-1")],
        "take-down-app" => ["store-1", "store-2"].map(|id| partner(AddresseeKind::AppStore, id)).to_vec(),
        _ => vec![institution()],
    };
    let fields = match key {
        "freeze-accounts" => accounts(),
        "fine" => amount("1.00"),
        _ => Filled::new(),
    };
    let reason = because();
    let command = match choice {
        0..3 => propose(fields),
        3..6 => MeasureCommand::Approve,
        6 => MeasureCommand::SendBack { reason },
        7 => MeasureCommand::Withdraw { reason },
        8 => MeasureCommand::AskWaiver { reason },
        9 => MeasureCommand::RefuseWaiver { reason },
        10 => MeasureCommand::Waive,
        11 => MeasureCommand::AskLift { reason },
        12 => MeasureCommand::RefuseLift { reason },
        13 => MeasureCommand::Lift,
        14 => MeasureCommand::KeepMilestone { milestone: 0, note: None },
        15 => MeasureCommand::SetMilestones {
            milestones: vec![Milestone { day: day("2026-11-30"), amount_fen: None, text: Some(reason) }],
        },
        16 => MeasureCommand::FollowUp { text: reason },
        _ => MeasureCommand::Order { to },
    };
    CaseCommand::Measure { key: key.to_owned(), command }
}

fn of_case(choice: usize, number: usize) -> CaseCommand {
    let reason = because();
    let finding = u32::try_from(number % 3).unwrap();
    let risk = ["fund-pooling", "non-filing", "nonsense"][number % 3].to_owned();
    match choice {
        0..3 => CaseCommand::Advance,
        3..6 => CaseCommand::ConfirmFinding { finding, note: None },
        6 => CaseCommand::DismissFinding { finding, reason },
        7 => CaseCommand::AddRisk { risk, reason },
        8 => CaseCommand::StrikeRisk { risk, reason },
        9 if !number.is_multiple_of(7) => CaseCommand::Claim,
        9 => CaseCommand::AddMeasure { measure: "freeze-accounts".to_owned(), reason },
        10 => CaseCommand::AskSkip { reason },
        11 => CaseCommand::RefuseSkip { reason },
        12 => CaseCommand::Skip,
        13..16 => CaseCommand::Close { reason },
        16 => CaseCommand::Drop { reason },
        17 => CaseCommand::Reopen { reason },
        18 => CaseCommand::Claim,
        19 => CaseCommand::Assign { owner: "d".to_owned() },
        _ => CaseCommand::Note { text: reason },
    }
}

fn of_order(choice: usize) -> OrderCommand {
    match choice {
        0 => OrderCommand::Acknowledge,
        1 => report(OrderResult::Done),
        2 => report(OrderResult::Impossible),
        3..6 => OrderCommand::Accept { note: None },
        _ => OrderCommand::Return { reason: because(), term: None },
    }
}

/// Nothing new from here on: what is under way comes to its end, or no case would ever be closed.
fn winding_down(scene: &Scene, attempt: Try, number: usize) -> Try {
    let case = scene.case();
    match attempt {
        Try::Open(_) => Try::Pass(1),
        Try::Case(CaseCommand::AddMeasure { .. } | CaseCommand::AddRisk { .. }) => {
            Try::Case(CaseCommand::Close { reason: because() })
        }
        Try::Case(CaseCommand::Measure { key, command: MeasureCommand::Propose { .. } })
            if case.unsettled_mandatory(case.stage).iter().all(|measure| measure.listed.key != key) =>
        {
            let command = match number % 2 {
                0 => MeasureCommand::FollowUp { text: because() },
                _ => MeasureCommand::KeepMilestone {
                    milestone: u32::try_from(number % 5).unwrap(),
                    note: None,
                },
            };
            Try::Case(CaseCommand::Measure { key, command })
        }
        Try::Case(CaseCommand::Measure { key, command: MeasureCommand::SetMilestones { .. } }) => {
            let command =
                MeasureCommand::KeepMilestone { milestone: u32::try_from(number % 9).unwrap(), note: None };
            Try::Case(CaseCommand::Measure { key, command })
        }
        other => other,
    }
}

/// What is tried, of what there is: a case, its measures, its orders.
fn attempt(scene: &Scene, topic: usize, choice: usize, number: usize) -> Try {
    let orders: Vec<&String> = scene
        .disposal
        .orders
        .iter()
        .filter(|order| !order.state.is_settled())
        .map(|order| &order.id)
        .collect();
    match topic {
        0..5 => {
            let measures: Vec<&String> = scene.case().measures.keys().collect();
            match measures.get(number % measures.len().max(1)) {
                Some(key) => Try::Case(of_measure(key, choice)),
                None => Try::Open(1),
            }
        }
        5..8 if !orders.is_empty() => Try::Order(orders[number % orders.len()].clone(), of_order(choice % 7)),
        8 if choice == 0 => Try::Open(u64::try_from(number % 3).unwrap()),
        8 if choice < 3 => Try::Pass(i64::try_from(number % 48).unwrap()),
        _ => Try::Case(of_case(choice, number)),
    }
}

/// Which step of the table an event is.
fn verb_of(step: &MeasureStep) -> Option<MeasureVerb> {
    Some(match step {
        MeasureStep::Proposed { draft } if draft.approval == Approval::None => MeasureVerb::ProposeFreely,
        MeasureStep::Proposed { .. } => MeasureVerb::Propose,
        MeasureStep::Approved => MeasureVerb::Approve,
        MeasureStep::SentBack { .. } => MeasureVerb::SendBack,
        MeasureStep::Withdrawn { .. } => MeasureVerb::Withdraw,
        MeasureStep::WaiverAsked { .. } => MeasureVerb::AskWaiver,
        MeasureStep::WaiverRefused { .. } => MeasureVerb::RefuseWaiver,
        MeasureStep::Waived { .. } => MeasureVerb::Waive,
        MeasureStep::Ordered { .. } => MeasureVerb::Order,
        MeasureStep::Acknowledged => MeasureVerb::Acknowledge,
        MeasureStep::Reported => MeasureVerb::Report,
        MeasureStep::Returned => MeasureVerb::Return,
        MeasureStep::Done { .. } => MeasureVerb::Finish,
        MeasureStep::Failed => MeasureVerb::Fail,
        MeasureStep::LiftAsked { .. } => MeasureVerb::AskLift,
        MeasureStep::LiftRefused { .. } => MeasureVerb::RefuseLift,
        MeasureStep::Lifted { .. } => MeasureVerb::Lift,
        MeasureStep::MilestonesSet { .. } => MeasureVerb::SetMilestones,
        MeasureStep::MilestoneKept { .. } => MeasureVerb::KeepMilestone,
        MeasureStep::FollowedUp { .. } => MeasureVerb::FollowUp,
        MeasureStep::MilestoneMissed { .. } | MeasureStep::FollowUpMissed { .. } => return None,
    })
}

fn order_verb_of(step: &OrderStep) -> Option<OrderVerb> {
    Some(match step {
        OrderStep::Acknowledged => OrderVerb::Acknowledge,
        OrderStep::Reported { .. } => OrderVerb::Report,
        OrderStep::Accepted { .. } => OrderVerb::Accept,
        OrderStep::Returned { .. } => OrderVerb::Return,
        OrderStep::Lifted { .. } => OrderVerb::Lift,
        OrderStep::Issued { .. } | OrderStep::Missed { .. } | OrderStep::Dated { .. } => return None,
    })
}

/// Applies events one by one and holds each against what was before.
fn watch(before: &mut Disposal, events: &[DisposalEvent]) -> Result<(), TestCaseError> {
    for event in events {
        let was = before.clone();
        before.apply(event);
        match event {
            DisposalEvent::Order(event) => {
                let state = |disposal: &Disposal| disposal.orders.get(&event.id).map(|order| order.state);
                if let Some(verb) = order_verb_of(&event.step) {
                    let from = state(&was).unwrap();
                    prop_assert_eq!(ORDER.leads(from, verb), state(before), "{:?}", event);
                }
                let own = was.orders.get(&event.id).map(|order| order.to.actor());
                if matches!(event.by, Actor::Institution(_) | Actor::Partner(_)) {
                    prop_assert_eq!(Some(&event.by), own.as_ref());
                }
            }
            DisposalEvent::Case(event) => watch_case(was.cases.get(&event.id), before, event)?,
        }
    }
    Ok(())
}

fn watch_case(was: Option<&Case>, disposal: &Disposal, event: &CaseEvent) -> Result<(), TestCaseError> {
    let case = disposal.cases.get(&event.id).unwrap();
    let Some(was) = was else { return Ok(()) };
    if was.stage != case.stage && was.stage != Stage::Closed {
        let open: Vec<_> =
            case.unsettled_mandatory(was.stage).iter().map(|measure| measure.listed.key.clone()).collect();
        prop_assert!(open.is_empty(), "left {} with {open:?}", was.stage.code());
    }
    let leads = match &event.step {
        CaseStep::Advanced { .. } => CASE.leads(was.stage, CaseVerb::Advance),
        CaseStep::Skipped { .. } => CASE.leads(was.stage, CaseVerb::Skip),
        CaseStep::Closed { .. } => CASE.leads(was.stage, CaseVerb::Close),
        CaseStep::Dropped { .. } => CASE.leads(was.stage, CaseVerb::Drop),
        CaseStep::Reopened { .. } => CASE.leads(was.stage, CaseVerb::Reopen),
        _ => Some(was.stage),
    };
    prop_assert_eq!(leads, Some(case.stage));
    if !case.is_open() && was.is_open() {
        prop_assert!(disposal.orders.of_case(&case.id).all(|order| order.state.is_settled()));
        prop_assert!(case.findings.iter().all(|finding| finding.judgement != Judgement::Open));
        prop_assert_eq!(case.timer(), None);
    }
    if let CaseStep::Measure { key, step } = &event.step {
        let (old, new) = (&was.measures[key], &case.measures[key]);
        if let Some(verb) = verb_of(step) {
            prop_assert_eq!(MEASURE.leads(old.state, verb), Some(new.state), "{:?}", verb);
        }
        watch_eyes(old, &was.skip, step, event)?;
        prop_assert!(new.in_force.iter().filter(|span| span.until.is_none()).count() <= 1);
    }
    Ok(())
}

/// What needs two people has two.
fn watch_eyes(
    measure: &Measure,
    skip: &Option<Said>,
    step: &MeasureStep,
    event: &CaseEvent,
) -> Result<(), TestCaseError> {
    let approval = measure.draft.as_ref().map_or(Approval::None, |draft| draft.approval);
    let is_head = |by: &Actor| by.person().is_some_and(|id| ["e", "f", "E"].contains(&id));
    match step {
        MeasureStep::Approved => {
            let (proposer, _) = measure.proposed.as_ref().unwrap();
            prop_assert!(!proposer.is_same_person(&event.by));
            prop_assert!(approval != Approval::Head || is_head(&event.by));
        }
        MeasureStep::Ordered { .. } if approval != Approval::None => {
            let (proposer, approver) =
                (measure.proposed.as_ref().unwrap(), measure.approved.as_ref().unwrap());
            prop_assert!(!proposer.0.is_same_person(&approver.0) && approver.1 >= proposer.1);
        }
        MeasureStep::Waived { .. } => {
            let asked = [&measure.waiver, skip].into_iter().flatten();
            prop_assert!(asked.into_iter().any(|asked| !asked.by.is_same_person(&event.by)));
            prop_assert!(measure.listed.approval != Approval::Head || is_head(&event.by));
        }
        MeasureStep::Lifted { .. } if approval != Approval::None => {
            prop_assert!(!measure.lift.as_ref().unwrap().by.is_same_person(&event.by));
        }
        _ => {}
    }
    Ok(())
}

type Choice = (usize, usize, usize, usize);

/// Runs the choices on a fresh desk; gives it, with the kinds of refusal that were met.
fn run(choices: &[Choice]) -> Result<(Scene, BTreeSet<String>), TestCaseError> {
    let mut scene = Scene::opened();
    let mut watched = scene.disposal.clone();
    let mut refusals = BTreeSet::new();
    for (step, (topic, choice, number, who)) in choices.iter().enumerate() {
        let mut attempt = attempt(&scene, *topic, *choice, *number);
        if step > choices.len() / 3 {
            attempt = winding_down(&scene, attempt, *number);
        }
        let who = if *who < 12 { somebody(*who) } else { fitting(&scene, &attempt) };
        let known = scene.events.len();
        let found = match attempt.clone() {
            Try::Case(what) => {
                let id = scene.case().id.clone();
                let mut numbers = scene.numbers.clone();
                let events = command(&scene.disposal, &id, &what, &who, &scene.setting(), &mut numbers);
                scene.numbers = numbers;
                scene.take(events)
            }
            Try::Order(id, what) => scene.do_order(&who, &id, what),
            Try::Open(position) => {
                let findings = vec![finding("late-filing", position)];
                scene.open(&Opening { findings, reason: Some(because()), ..pooling() }, &who)
            }
            Try::Pass(hours) => {
                scene.pass(hours);
                scene.tick();
                prop_assert_eq!(scene.tick(), 0, "a second tick finds nothing");
                Ok(0)
            }
        };
        if let Err(refusal) = found {
            prop_assert!(!refusal.zh.trim().is_empty() && !refusal.en.trim().is_empty(), "{:?}", attempt);
            prop_assert!(refusal.zh.ends_with('。') && refusal.en.ends_with('.'), "{refusal:?}");
            prop_assert_eq!(scene.events.len(), known);
            refusals.insert(format!("{:?}", refusal.why));
        }
        watch(&mut watched, &scene.events[known..])?;
        prop_assert_eq!(&watched, &scene.disposal);
        let mut open: BTreeMap<&str, usize> = BTreeMap::new();
        for case in scene.disposal.cases.iter().filter(|case| case.is_open()) {
            *open.entry(&case.institution).or_default() += 1;
        }
        prop_assert!(open.values().all(|count| *count == 1), "one open case for an institution");
    }
    let mut accepted: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &scene.events {
        if let DisposalEvent::Order(event) = event
            && matches!(event.step, OrderStep::Accepted { .. })
        {
            *accepted.entry(&event.id).or_default() += 1;
        }
    }
    prop_assert!(accepted.values().all(|count| *count == 1), "an order is accepted once");
    Ok((scene, refusals))
}

#[test]
fn whatever_people_do() {
    let choice = (0..9usize, 0..24usize, 0..1000usize, 0..24usize);
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let reached =
        std::cell::RefCell::new((BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new()));
    let result = runner.run(&proptest::collection::vec(choice, STEPS), |choices| {
        let (scene, refusals) = run(&choices)?;
        let mut replayed = Disposal::default();
        let mut reached = reached.borrow_mut();
        for event in &scene.events {
            // By way of the ledger.
            let again = match event {
                DisposalEvent::Case(event) => {
                    DisposalEvent::Case(serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap())
                }
                DisposalEvent::Order(event) => DisposalEvent::Order(
                    serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap(),
                ),
            };
            replayed.apply(&again);
            for case in replayed.cases.iter() {
                reached.0.insert(case.stage);
                reached.1.extend(case.measures.values().map(|measure| measure.state));
            }
            reached.2.extend(replayed.orders.iter().map(|order| order.state));
        }
        prop_assert_eq!(&replayed, &scene.disposal);
        reached.3.extend(refusals);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    // The runs went everywhere, or they would prove nothing.
    let (stages, measures, orders, refusals) = reached.into_inner();
    assert_eq!(stages, Stage::ALL.iter().copied().collect());
    assert_eq!(measures, MeasureState::ALL.iter().copied().collect());
    assert_eq!(orders, OrderState::ALL.iter().copied().collect());
    let kinds = [Why::NotFound, Why::NotNow, Why::Missing, Why::FourEyes, Why::NotAllowed];
    for why in kinds {
        assert!(refusals.contains(&format!("{why:?}")), "{why:?} among {refusals:?}");
    }
}
