//! The JSON of every kind of event, as it lies in ledgers for ever: what is written now, and what was
//! written once, is read alike.

use super::*;
use crate::library::{Approval, Basis, BasisKind, EffectKind, FollowUp, Stage};
use crate::order::{OrderEvent, OrderStep, OrderText};
use crate::term::{Deadline, Term};

const CASES: &str = include_str!("../../../tests/fixtures/v1/case-events.ndjson");
const ORDERS: &str = include_str!("../../../tests/fixtures/v1/order-events.ndjson");

fn now() -> Time {
    Time::parse("2026-05-07T09:00:00+08:00").unwrap()
}

fn deadline() -> Deadline {
    Deadline::start(Term::Hours(4), now(), &calendar())
}

fn order_text() -> OrderText {
    OrderText {
        title: Text::new("冻结账户", "Freeze accounts"),
        text: Text::new("冻结。", "Freeze."),
        receipt: Text::new("回执。", "Report."),
        basis: vec![Basis {
            kind: BasisKind::Law,
            zh: "《商业银行法》第二十九条".to_owned(),
            en: "Commercial Banking Law art. 29".to_owned(),
            confirmed: false,
        }],
        letter: "order".to_owned(),
        fields: Filled::from([
            ("accounts".to_owned(), FieldValue::List(vec!["6222-01".to_owned()])),
            ("amount".to_owned(), FieldValue::Text("12.50".to_owned())),
            (
                "holders".to_owned(),
                FieldValue::Table(vec![[("name".to_owned(), "甲".to_owned())].into_iter().collect()]),
            ),
        ]),
    }
}

fn draft() -> Draft {
    Draft {
        version: 3,
        addressee: AddresseeKind::CustodyBank,
        order: order_text(),
        approval: Approval::FourEyes,
        term: Term::Hours(4),
        effect: Some(EffectKind::FreezeAccounts),
        liftable: true,
        follow_up: Some(FollowUp {
            within: Term::WorkingDays(5),
            zh: "核对余额".to_owned(),
            en: "Compare balances".to_owned(),
        }),
        in_instalments: true,
        milestones: vec![
            Milestone { day: day("2026-06-01"), amount_fen: Some(model::money::Fen(1250)), text: None },
            Milestone { day: day("2026-07-01"), amount_fen: None, text: Some("评估".to_owned()) },
        ],
    }
}

/// The step that follows a step, so that one that is added is not forgotten here.
fn after_measure(step: Option<&MeasureStep>) -> Option<MeasureStep> {
    let reason = because();
    let head = Post::Head;
    Some(match step {
        None => MeasureStep::Proposed { draft: Box::new(draft()) },
        Some(MeasureStep::Proposed { .. }) => MeasureStep::Approved,
        Some(MeasureStep::Approved) => MeasureStep::SentBack { reason },
        Some(MeasureStep::SentBack { .. }) => MeasureStep::Withdrawn { reason },
        Some(MeasureStep::Withdrawn { .. }) => MeasureStep::WaiverAsked { reason },
        Some(MeasureStep::WaiverAsked { .. }) => MeasureStep::WaiverRefused { reason },
        Some(MeasureStep::WaiverRefused { .. }) => MeasureStep::Waived { reason },
        Some(MeasureStep::Waived { .. }) => MeasureStep::Ordered { orders: vec!["O-2026-000001".to_owned()] },
        Some(MeasureStep::Ordered { .. }) => MeasureStep::Acknowledged,
        Some(MeasureStep::Acknowledged) => MeasureStep::Reported,
        Some(MeasureStep::Reported) => MeasureStep::Returned,
        Some(MeasureStep::Returned) => MeasureStep::Done { follow_up: Some(deadline()) },
        Some(MeasureStep::Done { .. }) => MeasureStep::Failed,
        Some(MeasureStep::Failed) => MeasureStep::LiftAsked { reason },
        Some(MeasureStep::LiftAsked { .. }) => MeasureStep::LiftRefused { reason },
        Some(MeasureStep::LiftRefused { .. }) => MeasureStep::Lifted { reason },
        Some(MeasureStep::Lifted { .. }) => MeasureStep::MilestonesSet { milestones: draft().milestones },
        Some(MeasureStep::MilestonesSet { .. }) => MeasureStep::MilestoneKept { milestone: 0, note: None },
        Some(MeasureStep::MilestoneKept { .. }) => {
            MeasureStep::MilestoneMissed { milestone: 1, escalates_to: head }
        }
        Some(MeasureStep::MilestoneMissed { .. }) => MeasureStep::FollowedUp { text: reason },
        Some(MeasureStep::FollowedUp { .. }) => MeasureStep::FollowUpMissed { escalates_to: head },
        Some(MeasureStep::FollowUpMissed { .. }) => return None,
    })
}

fn after_case(step: Option<&CaseStep>) -> Option<CaseStep> {
    let reason = because();
    let key = "freeze-accounts".to_owned();
    let listed = Listed {
        key: key.clone(),
        measure: key.clone(),
        title: Text::new("冻结账户", "Freeze accounts"),
        stage: Stage::Isolate,
        mandatory: BTreeSet::from(["fund-pooling".to_owned()]),
        approval: Approval::FourEyes,
    };
    Some(match step {
        None => CaseStep::Opened(Opened {
            name: Some("甲平台".to_owned()),
            line: Some("p2p".to_owned()),
            bureau: "p2p".to_owned(),
            owner: "li.na".to_owned(),
            alert: Some("A-2026-000001".to_owned()),
            risks: BTreeSet::from(["fund-pooling".to_owned()]),
            findings: vec![finding("outside-custody", 4711)],
            reason: Some(reason),
            stage: Stage::Identify,
            deadline: Some(deadline()),
            library: "0".repeat(64),
        }),
        Some(CaseStep::Opened(_)) => CaseStep::Joined {
            alert: Some("A-2026-000002".to_owned()),
            findings: vec![finding("late-filing", 4800)],
            risks: BTreeSet::from(["non-filing".to_owned()]),
            reason: None,
        },
        Some(CaseStep::Joined { .. }) => CaseStep::Suggested { measures: vec![listed] },
        Some(CaseStep::Suggested { .. }) => CaseStep::MeasureAdded { measure: listed, reason },
        Some(CaseStep::MeasureAdded { .. }) => CaseStep::Assigned { owner: "wang.lei".to_owned() },
        Some(CaseStep::Assigned { .. }) => CaseStep::FindingConfirmed { finding: 0, note: Some(reason) },
        Some(CaseStep::FindingConfirmed { .. }) => CaseStep::FindingDismissed { finding: 0, reason },
        Some(CaseStep::FindingDismissed { .. }) => CaseStep::RiskAdded { risk: "aml".to_owned(), reason },
        Some(CaseStep::RiskAdded { .. }) => CaseStep::RiskStruck { risk: "aml".to_owned(), reason },
        Some(CaseStep::RiskStruck { .. }) => CaseStep::Measure { key, step: after_measure(None)? },
        Some(CaseStep::Measure { step, .. }) => match after_measure(Some(step)) {
            Some(step) => CaseStep::Measure { key, step },
            None => CaseStep::SkipAsked { reason },
        },
        Some(CaseStep::SkipAsked { .. }) => CaseStep::SkipRefused { reason },
        Some(CaseStep::SkipRefused { .. }) => CaseStep::Skipped { to: Stage::Closed, deadline: None, reason },
        Some(CaseStep::Skipped { .. }) => {
            CaseStep::Advanced { to: Stage::Isolate, deadline: Some(deadline()) }
        }
        Some(CaseStep::Advanced { .. }) => CaseStep::StageMissed { escalates_to: Post::Head },
        Some(CaseStep::StageMissed { .. }) => CaseStep::Dated { clock: CaseClock::Stage, due: now() },
        Some(CaseStep::Dated { clock: CaseClock::Stage, .. }) => {
            CaseStep::Dated { clock: CaseClock::FollowUp { measure: key }, due: now() }
        }
        Some(CaseStep::Dated { clock: CaseClock::FollowUp { .. }, .. }) => CaseStep::Closed { reason },
        Some(CaseStep::Closed { .. }) => CaseStep::Dropped { reason },
        Some(CaseStep::Dropped { .. }) => {
            CaseStep::Reopened { to: Stage::Identify, deadline: Some(deadline()), reason }
        }
        Some(CaseStep::Reopened { .. }) => CaseStep::Noted { text: reason },
        Some(CaseStep::Noted { .. }) => return None,
    })
}

fn after_order(step: Option<&OrderStep>) -> Option<OrderStep> {
    let reason = because();
    Some(match step {
        None => OrderStep::Issued {
            case: "C-2026-000001".to_owned(),
            measure: "freeze-accounts".to_owned(),
            to: partner(AddresseeKind::CustodyBank, "bank-1"),
            order: Box::new(order_text()),
            deadline: deadline(),
        },
        Some(OrderStep::Issued { .. }) => OrderStep::Acknowledged,
        Some(OrderStep::Acknowledged) => OrderStep::Reported { result: OrderResult::Partly, text: reason },
        Some(OrderStep::Reported { .. }) => OrderStep::Returned { reason, deadline: deadline() },
        Some(OrderStep::Returned { .. }) => OrderStep::Accepted { note: Some(reason) },
        Some(OrderStep::Accepted { .. }) => OrderStep::Missed { escalates_to: Post::Head },
        Some(OrderStep::Missed { .. }) => OrderStep::Dated { due: now() },
        Some(OrderStep::Dated { .. }) => OrderStep::Lifted { reason },
        Some(OrderStep::Lifted { .. }) => return None,
    })
}

fn every<T: Clone>(after: impl Fn(Option<&T>) -> Option<T>) -> Vec<T> {
    let first = after(None);
    std::iter::successors(first, |step| after(Some(step))).collect()
}

#[test]
fn every_kind_of_event_is_written_and_read_as_in_the_fixture() {
    let by = Actor::Person("li.na".to_owned());
    let (institution, at) = (PLATFORM.to_owned(), now());
    let cases: Vec<CaseEvent> = every(after_case)
        .into_iter()
        .map(|step| CaseEvent {
            id: "C-2026-000001".to_owned(),
            institution: institution.clone(),
            at,
            by: by.clone(),
            step,
        })
        .collect();
    let orders: Vec<OrderEvent> = every(after_order)
        .into_iter()
        .map(|step| OrderEvent {
            id: "O-2026-000001".to_owned(),
            institution: institution.clone(),
            at,
            by: Actor::System,
            step,
        })
        .collect();
    let written: Vec<String> = cases.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    assert_eq!(written, CASES.lines().collect::<Vec<_>>(), "\n{}\n", written.join("\n"));
    let written: Vec<String> = orders.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    assert_eq!(written, ORDERS.lines().collect::<Vec<_>>(), "\n{}\n", written.join("\n"));
    let read: Vec<CaseEvent> = CASES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, cases);
    let read: Vec<OrderEvent> = ORDERS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, orders);
}

#[test]
fn commands_are_read_as_they_are_posted() {
    let case = |text: &str| serde_json::from_str::<CaseCommand>(text);
    let measure = |text: &str| serde_json::from_str::<MeasureCommand>(text);
    let order = |text: &str| serde_json::from_str::<OrderCommand>(text);
    assert_eq!(case(r#"{"command": "claim"}"#).unwrap(), CaseCommand::Claim);
    assert_eq!(
        case(r#"{"command": "confirm_finding", "finding": 2}"#).unwrap(),
        CaseCommand::ConfirmFinding { finding: 2, note: None }
    );
    assert_eq!(
        measure(
            r#"{"command": "propose", "fields": {"accounts": ["6222-01"]},
                "milestones": [{"day": "2026-06-01", "amount": "12.50"}]}"#
        )
        .unwrap(),
        MeasureCommand::Propose { fields: accounts(), milestones: vec![draft().milestones.remove(0)] }
    );
    assert_eq!(
        order(r#"{"command": "return", "reason": "理由", "term": "2 working days"}"#).unwrap(),
        OrderCommand::Return { reason: because(), term: Some(Term::WorkingDays(2)) }
    );
    for wrong in [
        r#"{"command": "shout"}"#,
        r#"{"command": "drop"}"#,
        r#"{"command": "drop", "reason": "a", "reasom": "b"}"#,
        r#"{"command": "measure", "key": "a"}"#,
    ] {
        assert!(case(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_not_known_changes_nothing() {
    let mut disposal = Disposal::default();
    for line in CASES.lines().skip(1) {
        disposal.apply(&DisposalEvent::Case(serde_json::from_str(line).unwrap()));
    }
    for line in ORDERS.lines().skip(1) {
        disposal.apply(&DisposalEvent::Order(serde_json::from_str(line).unwrap()));
    }
    assert_eq!(disposal, Disposal::default());
}
