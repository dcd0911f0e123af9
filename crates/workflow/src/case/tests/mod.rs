use std::collections::BTreeSet;

use model::calendar::Calendar;
use model::text::Text;
use model::time::{Day, Time};

use super::*;
use crate::Refusal;
use crate::actor::{Actor, Post, Who};
use crate::library::tests::library;
use crate::library::{AddresseeKind, FieldValue, Filled, Library};
use crate::life::Word as _;
use crate::numbers::Numbers;
use crate::order::{Addressee, OrderCommand, OrderResult};

mod events;
mod properties;
mod scenario;
mod shipped;
mod table;

const PLATFORM: &str = "p2p-platform-0001";

/// A desk with persons, addressees and a clock.
struct Scene {
    library: Library,
    calendar: Calendar,
    now: Time,
    numbers: Numbers,
    disposal: Disposal,
    events: Vec<DisposalEvent>,
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn calendar() -> Calendar {
    let exceptions = [("2026-10-01", false), ("2026-10-02", false), ("2026-10-10", true)];
    let exceptions = exceptions.map(|(text, works)| (day(text), works));
    Calendar::new(day("2026-01-01"), day("2026-12-31"), exceptions).unwrap()
}

/// A person by the first letter: a, b analysts, c, d officers, e, f heads.
fn person(letter: char) -> Who {
    let post = match letter {
        'a' | 'b' => Post::Analyst,
        'c' | 'd' => Post::Officer,
        _ => Post::Head,
    };
    Who::person(&letter.to_string(), post)
}

fn institution() -> Addressee {
    Addressee {
        kind: AddresseeKind::Institution,
        id: PLATFORM.to_owned(),
        name: Text::new("甲平台", "Platform A"),
    }
}

fn partner(kind: AddresseeKind, id: &str) -> Addressee {
    Addressee { kind, id: id.to_owned(), name: Text::new(kind.zh(), kind.en()) }
}

fn finding(entry: &str, position: u64) -> FindingRef {
    FindingRef { entry: entry.to_owned(), day: day("2026-05-06"), position }
}

fn accounts() -> Filled {
    Filled::from([("accounts".to_owned(), FieldValue::List(vec!["6222-01".to_owned()]))])
}

fn amount(amount: &str) -> Filled {
    Filled::from([("amount".to_owned(), FieldValue::Text(amount.to_owned()))])
}

fn pooling() -> Opening {
    Opening {
        institution: PLATFORM.to_owned(),
        name: Some("甲平台".to_owned()),
        line: Some("p2p".to_owned()),
        bureau: "p2p".to_owned(),
        owner: "c".to_owned(),
        alert: Some("A-2026-000001".to_owned()),
        findings: vec![finding("outside-custody", 4711)],
        ..Opening::default()
    }
}

impl Scene {
    fn new() -> Self {
        Self {
            library: library(),
            calendar: calendar(),
            now: Time::parse("2026-05-07T09:00:00+08:00").unwrap(),
            numbers: Numbers::default(),
            disposal: Disposal::default(),
            events: Vec::new(),
        }
    }

    /// A desk with an open case.
    fn opened() -> Self {
        let mut scene = Self::new();
        scene.open(&pooling(), &Who::SYSTEM).unwrap();
        scene
    }

    fn take(&mut self, events: Result<Vec<DisposalEvent>, Refusal>) -> Result<usize, Refusal> {
        let events = events?;
        events.iter().for_each(|event| self.disposal.apply(event));
        let count = events.len();
        self.events.extend(events);
        Ok(count)
    }

    fn setting(&self) -> Setting<'_> {
        Setting { library: &self.library, calendar: &self.calendar, now: self.now }
    }

    fn open(&mut self, opening: &Opening, who: &Who) -> Result<usize, Refusal> {
        let mut numbers = self.numbers.clone();
        let events = open(&self.disposal, opening, who, &self.setting(), &mut numbers);
        self.numbers = numbers;
        self.take(events)
    }

    fn case(&self) -> &Case {
        self.disposal.cases.iter().next().unwrap()
    }

    fn measure(&self, key: &str) -> &Measure {
        &self.case().measures[key]
    }

    fn do_case(&mut self, who: char, what: CaseCommand) -> Result<usize, Refusal> {
        let id = self.case().id.clone();
        let mut numbers = self.numbers.clone();
        let events = command(&self.disposal, &id, &what, &person(who), &self.setting(), &mut numbers);
        self.numbers = numbers;
        self.take(events)
    }

    fn do_measure(&mut self, who: char, key: &str, command: MeasureCommand) -> Result<usize, Refusal> {
        self.do_case(who, CaseCommand::Measure { key: key.to_owned(), command })
    }

    fn do_order(&mut self, who: &Who, id: &str, command: OrderCommand) -> Result<usize, Refusal> {
        let events = order_command(&self.disposal, id, &command, who, &self.setting());
        self.take(events)
    }

    fn tick(&mut self) -> usize {
        let events = due(&self.disposal, &self.setting());
        self.take(Ok(events)).unwrap()
    }

    fn pass(&mut self, hours: i64) {
        self.now = self.now.plus_seconds(hours * 3600);
    }

    /// Proposed by one and approved by another.
    fn agree(&mut self, key: &str, fields: Filled) {
        self.do_measure('a', key, MeasureCommand::Propose { fields, milestones: Vec::new() }).unwrap();
        self.do_measure('e', key, MeasureCommand::Approve).unwrap();
    }

    /// Ordered, and carried out as the addressee says.
    fn order(&mut self, key: &str, to: Addressee) -> String {
        self.do_measure('c', key, MeasureCommand::Order { to: vec![to] }).unwrap();
        self.measure(key).orders.last().unwrap().clone()
    }

    fn carry_out(&mut self, key: &str, to: Addressee, result: OrderResult) {
        let who = Who::party(to.actor());
        let id = self.order(key, to);
        self.do_order(&who, &id, report(result)).unwrap();
        self.do_order(&person('c'), &id, OrderCommand::Accept { note: None }).unwrap();
    }

    /// A case whose fund pooling was confirmed, at the stage of isolation.
    fn isolating() -> Self {
        let mut scene = Self::opened();
        scene.do_case('c', CaseCommand::ConfirmFinding { finding: 0, note: None }).unwrap();
        scene.do_case('c', CaseCommand::Advance).unwrap();
        scene
    }
}

fn report(result: OrderResult) -> OrderCommand {
    OrderCommand::Report { result, text: "如令办理".to_owned() }
}

fn because() -> String {
    "理由".to_owned()
}

fn propose(fields: Filled) -> MeasureCommand {
    MeasureCommand::Propose { fields, milestones: Vec::new() }
}

#[test]
fn findings_of_an_institution_with_an_open_case_join_it() {
    let mut scene = Scene::opened();
    let again = scene.open(&pooling(), &Who::SYSTEM).unwrap();
    assert_eq!(again, 0, "the same finding and alert once more");
    let more = Opening {
        alert: Some("A-2026-000002".to_owned()),
        findings: vec![finding("outside-custody", 4711), finding("late-filing", 4800)],
        ..pooling()
    };
    assert_eq!(scene.open(&more, &Who::SYSTEM), Ok(1));
    assert_eq!(scene.disposal.cases.iter().count(), 1);
    let case = scene.case();
    assert_eq!((case.findings.len(), case.alerts.len()), (2, 2));
    assert_eq!(case.risks, BTreeSet::from(["fund-pooling".to_owned(), "non-filing".to_owned()]));
    let other = Opening { institution: "p2p-platform-0002".to_owned(), ..pooling() };
    scene.open(&other, &Who::SYSTEM).unwrap();
    assert_eq!(scene.disposal.cases.iter().count(), 2);
}

#[test]
fn a_person_opens_a_case_with_a_reason_and_the_post_for_it() {
    let mut scene = Scene::new();
    let refused = |scene: &mut Scene, opening: &Opening, letter| {
        scene.open(opening, &person(letter)).map_err(|refusal| refusal.en)
    };
    let with_reason = Opening { reason: Some(because()), ..pooling() };
    let unknown = Opening { risks: BTreeSet::from(["nonsense".to_owned()]), ..with_reason.clone() };
    assert!(refused(&mut scene, &pooling(), 'c').unwrap_err().contains("Say why"));
    assert!(refused(&mut scene, &with_reason, 'a').unwrap_err().contains("officer"));
    assert!(refused(&mut scene, &unknown, 'c').unwrap_err().contains("no kind of risk \"nonsense\""));
    assert_eq!(refused(&mut scene, &with_reason, 'c'), Ok(2));
    assert_eq!(scene.case().reason.as_deref(), Some("理由"));
}

#[test]
fn a_risk_that_a_person_struck_is_not_brought_back_by_a_finding() {
    let mut scene = Scene::opened();
    let late = Opening { findings: vec![finding("late-filing", 1)], ..pooling() };
    scene.open(&late, &Who::SYSTEM).unwrap();
    let strike = |risk: &str| CaseCommand::StrikeRisk { risk: risk.to_owned(), reason: because() };
    scene.do_case('c', strike("non-filing")).unwrap();
    scene.open(&Opening { findings: vec![finding("late-filing", 2)], ..pooling() }, &Who::SYSTEM).unwrap();
    assert!(!scene.case().risks.contains("non-filing"));
    // Nor does one person strike a risk for which measures are mandatory.
    let refused = scene.do_case('c', strike("fund-pooling")).unwrap_err();
    for measure in ["freeze-accounts", "suspend-new-projects", "fine"] {
        assert!(refused.en.contains(measure) && refused.zh.contains(measure), "{refused}");
    }
}

#[test]
fn the_effects_hold_from_the_order_until_it_is_lifted() {
    let mut scene = Scene::isolating();
    scene.agree("freeze-accounts", accounts());
    assert!(scene.disposal.cases.effects(PLATFORM, scene.now).is_empty(), "approved is not ordered");
    scene.order("freeze-accounts", partner(AddresseeKind::CustodyBank, "bank-1"));
    let from = scene.now;
    scene.pass(5);
    let held = scene.disposal.cases.effects(PLATFORM, scene.now);
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].kind.code(), held[0].from, held[0].until), ("freeze-accounts", from, None));
    assert_eq!(held[0].fields, accounts());
    scene.do_measure('a', "freeze-accounts", MeasureCommand::AskLift { reason: because() }).unwrap();
    let own = scene.do_measure('a', "freeze-accounts", MeasureCommand::Lift).unwrap_err();
    assert!(own.en.contains("officer"), "{own}");
    scene.do_measure('d', "freeze-accounts", MeasureCommand::Lift).unwrap();
    let until = scene.now;
    assert!(scene.disposal.cases.effects(PLATFORM, until).is_empty());
    assert_eq!(scene.disposal.cases.effects(PLATFORM, from).len(), 1);
    assert!(scene.disposal.cases.effects(PLATFORM, from.plus_seconds(-1)).is_empty());
    assert!(scene.disposal.cases.effects("another", from).is_empty());
    let all: Vec<_> = scene.disposal.cases.effect_intervals().collect();
    assert_eq!((all.len(), all[0].until), (1, Some(until)));
    let orders: Vec<_> = scene.disposal.orders.iter().map(|order| order.state.code()).collect();
    assert_eq!(orders, ["lifted"]);
}

#[test]
fn an_addressee_touches_only_its_own_orders() {
    let mut scene = Scene::isolating();
    scene.agree("freeze-accounts", accounts());
    let id = scene.order("freeze-accounts", partner(AddresseeKind::CustodyBank, "bank-1"));
    let (own, other) = (Actor::Partner("bank-1".to_owned()), Actor::Partner("bank-2".to_owned()));
    let namesake = Actor::Institution("bank-1".to_owned());
    for stranger in [other.clone(), namesake, Actor::Anonymous] {
        let refused = scene.do_order(&Who::party(stranger), &id, OrderCommand::Acknowledge).unwrap_err();
        assert_eq!(refused.why, crate::Why::NotAllowed, "{refused}");
    }
    let accept = scene.do_order(&Who::party(own.clone()), &id, OrderCommand::Accept { note: None });
    assert_eq!(accept.unwrap_err().why, crate::Why::NotAllowed);
    assert!(order_of(&scene.disposal, &id, &Who::party(other)).is_err());
    assert!(order_of(&scene.disposal, &id, &Who::party(own.clone())).is_ok());
    assert_eq!(scene.do_order(&Who::party(own.clone()), &id, OrderCommand::Acknowledge), Ok(2));
    assert_eq!(scene.disposal.orders.of_addressee(&own).count(), 1);
}

#[test]
fn a_report_that_came_on_paper_is_accepted_by_another_person() {
    let mut scene = Scene::isolating();
    scene.agree("suspend-new-projects", Filled::new());
    let id = scene.order("suspend-new-projects", institution());
    assert!(scene.do_order(&person('a'), &id, report(OrderResult::Done)).is_err(), "an analyst");
    scene.do_order(&person('c'), &id, report(OrderResult::Done)).unwrap();
    let own = scene.do_order(&person('c'), &id, OrderCommand::Accept { note: None }).unwrap_err();
    assert_eq!(own.why, crate::Why::FourEyes);
    scene.do_order(&person('d'), &id, OrderCommand::Accept { note: None }).unwrap();
    assert_eq!(scene.measure("suspend-new-projects").state, MeasureState::Done);
}

#[test]
fn a_measure_with_several_addressees_is_as_far_as_the_last_of_them() {
    let mut scene = Scene::isolating();
    scene.agree("take-down-app", Filled::new());
    let stores = ["store-1", "store-2"].map(|id| partner(AddresseeKind::AppStore, id));
    scene.do_measure('c', "take-down-app", MeasureCommand::Order { to: stores.to_vec() }).unwrap();
    let orders = scene.measure("take-down-app").orders.clone();
    let who = |number: usize| Who::party(stores[number].actor());
    let accept = || OrderCommand::Accept { note: None };
    let back = || OrderCommand::Return { reason: because(), term: None };
    let steps = [
        (0, who(0), OrderCommand::Acknowledge, "ordered"),
        (1, who(1), OrderCommand::Acknowledge, "acknowledged"),
        (0, who(0), report(OrderResult::Impossible), "acknowledged"),
        (0, person('c'), accept(), "acknowledged"),
        (1, who(1), report(OrderResult::Partly), "reported"),
        (1, person('c'), back(), "acknowledged"),
        (1, who(1), report(OrderResult::Done), "reported"),
        (1, person('c'), accept(), "done"),
    ];
    for (number, who, command, state) in steps {
        let said = format!("{command:?}");
        scene.do_order(&who, &orders[number], command).unwrap();
        assert_eq!(scene.measure("take-down-app").state.code(), state, "{said}");
    }
}

#[test]
fn what_nobody_could_carry_out_failed_and_may_be_proposed_again_or_waived() {
    let mut scene = Scene::isolating();
    scene.agree("freeze-accounts", accounts());
    let bank = partner(AddresseeKind::CustodyBank, "bank-1");
    scene.carry_out("freeze-accounts", bank.clone(), OrderResult::Impossible);
    assert_eq!(scene.measure("freeze-accounts").state, MeasureState::Failed);
    assert!(scene.disposal.cases.effects(PLATFORM, scene.now).is_empty(), "it was given up");
    let missing = scene.do_case('c', CaseCommand::Advance).unwrap_err();
    assert!(missing.zh.contains("freeze-accounts") && missing.zh.contains("未能执行"), "{missing}");
    scene.agree("freeze-accounts", accounts());
    scene.carry_out("freeze-accounts", bank, OrderResult::Done);
    assert!(scene.measure("freeze-accounts").is_settled());
    assert_eq!(scene.measure("freeze-accounts").orders.len(), 2);
}

#[test]
fn deadlines_are_noticed_once_and_escalate() {
    let mut scene = Scene::isolating();
    scene.agree("freeze-accounts", accounts());
    let id = scene.order("freeze-accounts", partner(AddresseeKind::CustodyBank, "bank-1"));
    assert_eq!(scene.tick(), 0);
    assert_eq!(scene.disposal.timer(), Some(scene.now.plus_seconds(4 * 3600)));
    scene.pass(4);
    assert_eq!((scene.tick(), scene.tick()), (1, 0), "the order");
    assert_eq!(crate::order::overdue(&scene.disposal.orders, scene.now).len(), 1);
    assert_eq!(scene.disposal.timer(), Some(scene.now.plus_seconds(20 * 3600)));
    scene.pass(20);
    assert_eq!((scene.tick(), scene.tick()), (1, 0), "the stage");
    // Late is late, also when it was done after all.
    let bank = Who::party(Actor::Partner("bank-1".to_owned()));
    scene.do_order(&bank, &id, report(OrderResult::Done)).unwrap();
    assert!(crate::order::overdue(&scene.disposal.orders, scene.now).is_empty());
    assert_eq!(scene.disposal.orders.get(&id).unwrap().deadline.in_time(), Some(false));
    // What was returned has a deadline of its own.
    let back = OrderCommand::Return { reason: because(), term: Some("1 hour".parse().unwrap()) };
    scene.do_order(&person('c'), &id, back).unwrap();
    scene.pass(1);
    assert_eq!((scene.tick(), scene.tick()), (1, 0), "the order once more");
    scene.do_order(&bank, &id, report(OrderResult::Done)).unwrap();
    scene.do_order(&person('c'), &id, OrderCommand::Accept { note: None }).unwrap();
    // The follow-up of five working days.
    scene.pass(24 * 9);
    assert_eq!((scene.tick(), scene.tick()), (1, 0), "the follow-up");
    scene.do_measure('a', "freeze-accounts", MeasureCommand::FollowUp { text: because() }).unwrap();
    assert_eq!(scene.disposal.timer(), None);
}

#[test]
fn instalments_are_kept_or_missed() {
    let mut scene = Scene::isolating();
    for key in ["freeze-accounts", "suspend-new-projects"] {
        scene.do_measure('a', key, MeasureCommand::AskWaiver { reason: because() }).unwrap();
        scene.do_measure('d', key, MeasureCommand::Waive).unwrap();
    }
    scene.do_case('c', CaseCommand::Advance).unwrap();
    let milestone =
        |text: &str| Milestone { day: day(text), amount_fen: Some(model::money::Fen(100)), text: None };
    let wrong = MeasureCommand::Propose {
        fields: Filled::new(),
        milestones: vec![milestone("2026-07-01"), milestone("2026-06-01"), milestone("2026-05-01")],
    };
    let refused = scene.do_measure('a', "instalments", wrong).unwrap_err();
    assert!(
        refused.en.contains("2026-05-01 is past") && refused.en.contains("order of their days"),
        "{refused}"
    );
    let proposal =
        MeasureCommand::Propose { fields: Filled::new(), milestones: vec![milestone("2026-06-01")] };
    scene.do_measure('a', "instalments", proposal).unwrap();
    let officer = scene.do_measure('c', "instalments", MeasureCommand::Approve).unwrap_err();
    assert!(officer.en.contains("head"), "{officer}");
    scene.do_measure('e', "instalments", MeasureCommand::Approve).unwrap();
    scene.carry_out("instalments", institution(), OrderResult::Done);
    let more = MeasureCommand::SetMilestones { milestones: vec![milestone("2026-07-01")] };
    scene.do_measure('a', "instalments", more).unwrap();
    let keep = |milestone| MeasureCommand::KeepMilestone { milestone, note: None };
    scene.do_measure('a', "instalments", keep(0)).unwrap();
    assert!(scene.do_measure('a', "instalments", keep(0)).is_err(), "kept twice");
    scene.now = Time::start_of(day("2026-07-02"));
    assert_eq!((scene.tick(), scene.tick()), (1, 0));
    let second = &scene.measure("instalments").instalments[1];
    assert!(second.kept.is_none() && second.missed.is_some());
    scene.do_measure('a', "instalments", keep(1)).unwrap();
    assert!(scene.do_measure('a', "instalments", keep(2)).is_err(), "there are two");
}

#[test]
fn a_stage_is_skipped_by_two_people_and_waives_its_measures() {
    let mut scene = Scene::new();
    let late = Opening { findings: vec![finding("late-filing", 1)], ..pooling() };
    scene.open(&late, &Who::SYSTEM).unwrap();
    let ask = || CaseCommand::AskSkip { reason: because() };
    let never = scene.do_case('c', ask()).unwrap_err();
    assert!(never.en.contains("never skipped"), "{never}");
    scene.do_case('c', CaseCommand::ConfirmFinding { finding: 0, note: None }).unwrap();
    scene.do_case('c', CaseCommand::Advance).unwrap();
    assert!(scene.do_case('d', CaseCommand::Skip).unwrap_err().en.contains("Nobody asked"));
    scene.do_case('c', ask()).unwrap();
    assert_eq!(scene.do_case('c', CaseCommand::Skip).unwrap_err().why, crate::Why::FourEyes);
    scene.do_case('d', CaseCommand::Skip).unwrap();
    assert_eq!(scene.case().stage.code(), "resolve");
    assert_eq!(scene.case().stays[1].skipped.as_deref(), Some("理由"));
    // With fund pooling isolation is not skipped, and accountability only by a head, who waives its fine.
    let mut scene = Scene::isolating();
    assert!(scene.do_case('c', ask()).unwrap_err().zh.contains("资金池"));
    for key in ["freeze-accounts", "suspend-new-projects"] {
        scene.do_measure('a', key, MeasureCommand::AskWaiver { reason: because() }).unwrap();
        scene.do_measure('d', key, MeasureCommand::Waive).unwrap();
    }
    scene.do_case('c', CaseCommand::Advance).unwrap();
    scene.do_case('c', CaseCommand::Advance).unwrap();
    assert!(scene.do_case('c', CaseCommand::Close { reason: because() }).unwrap_err().en.contains("fine"));
    scene.do_case('c', ask()).unwrap();
    assert!(scene.do_case('d', CaseCommand::Skip).unwrap_err().en.contains("head"));
    scene.do_case('e', CaseCommand::Skip).unwrap();
    assert_eq!(scene.measure("fine").state, MeasureState::Waived);
    assert!(!scene.case().is_open());
}

#[test]
fn a_case_of_which_nothing_holds_is_dropped_by_another_person() {
    let mut scene = Scene::opened();
    let drop = || CaseCommand::Drop { reason: because() };
    assert!(scene.do_case('c', drop()).unwrap_err().en.contains("neither confirmed nor dismissed"));
    scene.do_case('c', CaseCommand::DismissFinding { finding: 0, reason: because() }).unwrap();
    assert_eq!(scene.do_case('c', drop()).unwrap_err().why, crate::Why::FourEyes);
    scene.do_case('d', drop()).unwrap();
    assert_eq!(scene.case().ended.as_ref().map(|end| end.how), Some(Outcome::Dropped));
    // Only a head reopens it, and it begins anew.
    let reopen = || CaseCommand::Reopen { reason: because() };
    assert!(scene.do_case('c', reopen()).unwrap_err().en.contains("head"));
    scene.do_case('e', reopen()).unwrap();
    assert_eq!(scene.case().stage.code(), "identify");
    // Not beside another one of the same institution.
    scene.do_case('d', drop()).unwrap();
    scene.open(&Opening { findings: vec![finding("late-filing", 9)], ..pooling() }, &Who::SYSTEM).unwrap();
    assert!(scene.do_case('e', reopen()).unwrap_err().en.contains("C-2026-000002"));
}

#[test]
fn a_deadline_that_the_calendar_does_not_reach_is_written_down_when_it_does() {
    let mut scene = Scene::new();
    scene.now = Time::parse("2026-12-30T09:00:00+08:00").unwrap();
    scene.open(&pooling(), &Who::SYSTEM).unwrap();
    assert_eq!((scene.disposal.timer(), scene.tick()), (None, 0));
    scene.calendar =
        Calendar::new(day("2026-01-01"), day("2027-12-31"), [(day("2027-01-01"), false)]).unwrap();
    assert_eq!((scene.tick(), scene.tick()), (1, 0));
    assert_eq!(scene.disposal.timer(), Some(Time::start_of(day("2027-01-06"))));
}
