//! The desk as a supervisor sees it: what comes in, what is on it after.

use std::fmt::Write as _;

use model::calendar::Calendar;
use model::event::{Grade, GradeEvent, Reason, Rows, Verdict};
use model::time::Day;
use proptest::prelude::*;

use super::*;
use crate::actor::{Actor, Post, Who};
use crate::alert::{AlertCommand, AlertStep};
use crate::case::{Case, CaseCommand};
use crate::delivery::DeliveryState;
use crate::letter::LetterCommand;
use crate::policy::{ALERTS, Directory, Policy};
use crate::public_notice::Standing;
use crate::setting::Entries;

const ROSTER: &str = "\
authority: {zh: 局, en: Bureau}
document_mark: 见微
bureaus:
  - {id: one, name: {zh: 一处, en: One}, chain: [wang, li, zhao]}
  - {id: two, name: {zh: 二处, en: Two}, chain: [li], takes: {institutions: [careful]}, four_eyes_letters: true}
people:
  - {id: wang, name: {zh: 王, en: Wang}, post: analyst, reach: [{for: push, channel: phone, to: wang}]}
  - {id: li, name: {zh: 李, en: Li}, post: officer, reach: [{for: push, channel: phone, to: li}]}
  - {id: zhao, name: {zh: 赵, en: Zhao}, post: head, reach: [{for: push, channel: phone, to: zhao}]}
partners:
  - {id: ass, kind: association, name: {zh: 协会, en: Association}, reach: [{for: hook, channel: ass}]}
contacts: {insurer: [ceo@insurer.example]}
";

struct House {
    policy: Policy,
    calendar: Calendar,
    directory: Directory,
    entries: Entries,
    now: Time,
    desk: Desk,
    sealed: Vec<DeskEvent>,
    grades: Vec<(usize, GradeEvent)>,
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

impl House {
    fn new() -> Self {
        Self {
            policy: Policy::read(ALERTS, ROSTER).unwrap(),
            calendar: Calendar::new(day("2026-01-01"), day("2026-12-31"), []).unwrap(),
            directory: Directory::default(),
            entries: Entries::default(),
            now: Time::parse("2026-06-01T09:00:00+08:00").unwrap(),
            desk: Desk::default(),
            sealed: Vec::new(),
            grades: Vec::new(),
        }
    }

    fn setting(&self) -> Setting<'_> {
        Setting {
            policy: &self.policy,
            calendar: &self.calendar,
            directory: &self.directory,
            entries: &self.entries,
            now: self.now,
            closed: self.now.day().plus(-1),
        }
    }

    fn seal(&mut self, events: Vec<DeskEvent>) -> Vec<DeskEvent> {
        for event in &events {
            self.desk.apply(event, self.sealed.len() as u64);
            self.sealed.push(event.clone());
        }
        events
    }

    fn graded(&mut self, institution: &str, day: Day, grade: Grade) -> Vec<DeskEvent> {
        let reason = Reason {
            entry: format!("{}-rule", grade.en()),
            entry_hash: String::new(),
            line: None,
            verdict: Verdict::Graded(grade),
            value: Some("1".to_owned()),
            condition: "value > 0".to_owned(),
            rows: Rows::default(),
        };
        let event = GradeEvent {
            institution: institution.to_owned(),
            day,
            verdict: Verdict::Graded(grade),
            reasons: vec![reason],
            passed: Vec::new(),
            as_of: 1,
        };
        let events = self.desk.react(std::slice::from_ref(&event), &self.setting());
        self.desk.take_grade(&event);
        self.grades.push((self.sealed.len(), event));
        self.seal(events)
    }

    fn tick(&mut self) -> Vec<DeskEvent> {
        let events = self.desk.tick(1000, &self.setting());
        self.seal(events)
    }

    fn send_all(&mut self, outcome: &Outcome) {
        loop {
            let next = self.desk.deliveries.due(self.now).next().map(|one| one.id.clone());
            let Some(id) = next else { break };
            let trying = self.desk.attempt(&id, self.now).unwrap();
            self.seal(vec![trying]);
            let events = self.desk.delivered(vec![(id, outcome.clone())], &self.setting());
            self.seal(events);
        }
    }

    fn who(&self, person: &str) -> Who {
        match person {
            "wang" | "li" | "zhao" => self.policy.roster.who(Actor::Person(person.to_owned())),
            institution => Who::party(Actor::Institution(institution.to_owned())),
        }
    }

    /// What stands on the desk, in a few lines.
    fn shown(&self) -> String {
        let mut text = String::new();
        for alert in self.desk.alerts.all() {
            let clocks = alert.clocks.iter().map(|(clock, deadline)| {
                let mark = match (deadline.kept, deadline.missed, deadline.due) {
                    (Some(_), ..) => "+",
                    (None, Some(_), _) => "!",
                    (None, None, Some(_)) => "…",
                    (None, None, None) => "?",
                };
                format!("{}{mark}", clock.en())
            });
            let clocks = clocks.collect::<Vec<_>>().join(" ");
            let end = alert.ended.as_ref().map_or("open", |end| match end.how {
                crate::alert::Ended::Closed => "closed",
                crate::alert::Ended::Dismissed => "dismissed",
            });
            let _ =
                write!(text, "{} {} {} [{clocks}] {end}; ", alert.institution, alert.grade.en(), alert.owner);
        }
        let waiting = self.desk.deliveries.all().map(|one| {
            let to = one.to.to_string();
            let to = to.split(':').nth(1).unwrap_or_default().to_owned();
            let mark = match one.state {
                DeliveryState::Delivered => "+",
                DeliveryState::Refused => "!",
                DeliveryState::Unreachable => "?",
                _ => "…",
            };
            format!("{}>{to}{mark}", one.purpose.en())
        });
        text.push_str(&waiting.collect::<Vec<_>>().join(" "));
        text
    }
}

fn delivered() -> Outcome {
    Outcome::Delivered { receipt: None }
}

#[test]
fn a_red_alert_goes_up_the_chain_until_somebody_takes_note() {
    let mut house = House::new();
    let start = house.now;
    let at = |minutes: i64| start.plus_seconds(minutes * 60);
    house.graded("platform", day("2026-05-31"), Grade::Red);
    assert_eq!(house.shown(), "platform red wang [push… acknowledgement…] open; alert>wang…");
    house.send_all(&delivered());
    assert_eq!(house.shown(), "platform red wang [push+ acknowledgement…] open; alert>wang+");
    house.now = at(9);
    assert_eq!(house.tick(), []);
    house.now = at(10);
    house.tick();
    assert_eq!(house.shown(), "platform red wang [push+ acknowledgement…] open; alert>wang+ alert>li…");
    assert_eq!(house.tick(), []);
    house.now = at(20);
    house.tick();
    assert!(house.shown().ends_with("alert>li… alert>zhao…"), "{}", house.shown());
    // Beyond the head there is nobody: it stays missed and seen.
    house.now = at(60);
    house.tick();
    assert!(
        house.shown().starts_with("platform red wang [push+ acknowledgement!] open"),
        "{}",
        house.shown()
    );
    let id = house.desk.alerts.all().next().unwrap().id.clone();
    let acknowledge = DeskCommand::Alert { id: id.clone(), command: AlertCommand::Acknowledge };
    let events = house.desk.command(&acknowledge, &house.who("zhao"), &house.setting()).unwrap();
    house.seal(events);
    let again = house.desk.command(&acknowledge, &house.who("li"), &house.setting()).unwrap_err();
    assert!(again.en.contains("was acknowledged by person:zhao"), "{again}");
    let alert = house.desk.alerts.get(&id).unwrap();
    let in_time: Vec<_> = alert.earlier_clocks.iter().map(|(_, deadline)| deadline.in_time()).collect();
    assert_eq!(in_time, [Some(false), Some(false)]);
}

#[test]
fn an_orange_alert_writes_its_letter() {
    let mut house = House::new();
    house.graded("insurer", day("2026-05-31"), Grade::Orange);
    assert_eq!(
        house.shown(),
        "insurer orange wang [acknowledgement… risk notice letter…] open; alert>wang… letter>insurer… copy>wang?"
    );
    house.send_all(&delivered());
    assert!(house.shown().contains("risk notice letter+"), "{}", house.shown());
    // Where nobody knows an address the letter cannot leave, and the head is told when it is late.
    house.graded("nowhere", day("2026-05-31"), Grade::Orange);
    assert!(house.shown().contains("letter>nowhere?"), "{}", house.shown());
    house.now = house.now.plus_seconds(24 * 3600);
    house.tick();
    assert!(house.shown().contains("risk notice letter!] open"), "{}", house.shown());
    assert!(house.shown().contains("reminder>zhao…"), "{}", house.shown());
}

#[test]
fn a_bureau_may_want_four_eyes_on_its_letters() {
    let mut house = House::new();
    house.graded("careful", day("2026-05-31"), Grade::Orange);
    assert!(!house.shown().contains("letter>careful"), "{}", house.shown());
    let id = house.desk.letters.all().next().unwrap().id.clone();
    let mut does = |person: &str, command: LetterCommand| {
        let command = DeskCommand::Letter { id: id.clone(), command };
        let events = house.desk.command(&command, &house.who(person), &house.setting());
        events.map(|events| house.seal(events).len()).map_err(|refusal| refusal.en)
    };
    assert!(does("li", LetterCommand::Release).unwrap_err().contains("has to check"));
    assert_eq!(does("li", LetterCommand::Check), Ok(1));
    assert!(does("li", LetterCommand::Release).unwrap_err().contains("another person"));
    assert_eq!(does("zhao", LetterCommand::Release), Ok(3));
    assert!(house.shown().contains("letter>careful?"), "{}", house.shown());
}

#[test]
fn a_yellow_alert_is_published_and_wants_a_plan() {
    let mut house = House::new();
    house.graded("wallet", day("2026-05-31"), Grade::Yellow);
    assert_eq!(
        house.shown(),
        "wallet yellow wang [publication+ rectification plan…] open; alert>wang… publication>ass…"
    );
    let alert = house.desk.alerts.all().next().unwrap().id.clone();
    let file = |house: &House, who: &str, text: &str| {
        let command =
            DeskCommand::FilePlan { alert: alert.clone(), text: text.to_owned(), done_by: day("2026-07-01") };
        house.desk.command(&command, &house.who(who), &house.setting())
    };
    assert!(file(&house, "other", "…").unwrap_err().en.contains("by the institution"));
    assert!(file(&house, "wallet", " ").unwrap_err().en.contains("Say what will be done"));
    for turn in 0..2 {
        let events = file(&house, "wallet", "整改").unwrap();
        house.seal(events);
        assert!(file(&house, "wallet", "再次").unwrap_err().en.contains("waits for its answer"));
        let id = house.desk.plans.all().next_back().unwrap().id.clone();
        let answer = DeskCommand::AnswerPlan {
            id,
            accepted: false,
            said: if turn == 0 { "不足" } else { "仍不足" }.to_owned(),
        };
        assert!(house.desk.command(&answer, &house.who("wang"), &house.setting()).is_err());
        let events = house.desk.command(&answer, &house.who("li"), &house.setting()).unwrap();
        house.seal(events);
    }
    // Sent back twice: orange, with its letter.
    assert!(house.shown().starts_with("wallet orange wang"), "{}", house.shown());
    assert!(house.shown().contains("letter>wallet?"), "{}", house.shown());
}

#[test]
fn an_overdue_plan_makes_it_orange() {
    let mut house = House::new();
    house.graded("wallet", day("2026-05-31"), Grade::Yellow);
    // Ten working days after Monday the 1st end with Monday the 15th.
    house.now = Time::start_of(day("2026-06-16")).plus_seconds(-1);
    assert_eq!(house.tick(), []);
    house.now = house.now.plus_seconds(1);
    house.tick();
    assert!(house.shown().starts_with("wallet orange wang"), "{}", house.shown());
}

#[test]
fn a_deadline_beyond_the_calendar_is_written_down_when_the_calendar_reaches_it() {
    let mut house = House::new();
    house.now = Time::parse("2026-12-28T09:00:00+08:00").unwrap();
    house.graded("wallet", day("2026-12-27"), Grade::Yellow);
    assert!(house.shown().contains("rectification plan?"), "{}", house.shown());
    assert_eq!(house.tick(), []);
    house.calendar = Calendar::new(day("2026-01-01"), day("2027-12-31"), []).unwrap();
    house.tick();
    assert!(house.shown().contains("rectification plan…"), "{}", house.shown());
    assert_eq!(house.tick(), []);
}

#[test]
fn a_better_grade_needs_a_person_or_a_lasting_improvement() {
    let mut house = House::new();
    let first = day("2026-05-31");
    house.graded("fund", first, Grade::Orange);
    for (after, grade) in [Grade::Yellow, Grade::Green, Grade::Orange].into_iter().enumerate() {
        house.now = house.now.plus_seconds(86_400);
        house.graded("fund", first.plus(after as i32 + 1), grade);
        assert!(house.shown().starts_with("fund orange"), "{}", house.shown());
    }
    for after in 4..8 {
        house.now = house.now.plus_seconds(86_400);
        house.graded("fund", first.plus(after), Grade::Green);
        assert!(house.shown().starts_with("fund orange"), "{after} {}", house.shown());
    }
    house.now = house.now.plus_seconds(86_400);
    house.graded("fund", first.plus(8), Grade::Yellow);
    // What is yellow joined it, and five better days are over.
    house.now = house.now.plus_seconds(86_400);
    house.graded("fund", first.plus(9), Grade::Green);
    assert!(house.shown().starts_with("fund yellow"), "{}", house.shown());

    // Red never eases by itself.
    house.graded("platform", first.plus(9), Grade::Red);
    for after in 10..20 {
        house.now = house.now.plus_seconds(86_400);
        house.graded("platform", first.plus(after), Grade::Green);
    }
    assert!(house.shown().contains("platform red"), "{}", house.shown());
    let id = house.desk.alerts.open_of("platform").unwrap().id.clone();
    let ease = |person: &str, grade| {
        let command = AlertCommand::Ease { grade, reason: "资金已追回".to_owned() };
        let command = DeskCommand::Alert { id: id.clone(), command };
        house.desk.command(&command, &house.who(person), &house.setting())
    };
    assert!(ease("wang", Grade::Yellow).unwrap_err().en.contains("post of officer"));
    assert!(ease("li", Grade::Red).unwrap_err().en.contains("better grade"));
    assert!(ease("li", Grade::Yellow).is_ok());
}

#[test]
fn what_was_dismissed_raises_no_alert_again() {
    let mut house = House::new();
    let first = day("2026-05-31");
    house.graded("wallet", first, Grade::Yellow);
    let id = house.desk.alerts.all().next().unwrap().id.clone();
    let dismiss = |mute_until| DeskCommand::Alert {
        id: id.clone(),
        command: AlertCommand::Dismiss { reason: "报送有误".to_owned(), mute_until },
    };
    let far = dismiss(Some(day("2026-07-02")));
    assert!(house.desk.command(&far, &house.who("li"), &house.setting()).unwrap_err().en.contains("30 days"));
    let near = dismiss(Some(day("2026-06-03")));
    let events = house.desk.command(&near, &house.who("li"), &house.setting()).unwrap();
    house.seal(events);
    let notice = house.desk.notices.all().next().unwrap();
    assert_eq!(notice.standing, Standing::Withdrawn);
    // The same day again, a muted day, a worse grade, a day after.
    assert_eq!(house.graded("wallet", first, Grade::Yellow), []);
    assert_eq!(house.graded("wallet", day("2026-06-03"), Grade::Yellow), []);
    assert!(!house.graded("wallet", day("2026-06-03"), Grade::Orange).is_empty());
    // What lies too far back is history.
    assert_eq!(house.graded("platform", day("2026-04-01"), Grade::Red), []);
}

/// What may happen in a house.
#[derive(Clone, Debug)]
enum Happening {
    Graded(u8, u8, u8),
    TimePasses(u32),
    Tick,
    Sends(u8),
    Command(u8, u8, u8),
    File(u8),
    Answer(bool, u8),
    Case(u8, u8),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        (0u8..4, 0u8..6, 0u8..4).prop_map(|(who, back, grade)| Happening::Graded(who, back, grade)),
        (1u32..100_000).prop_map(Happening::TimePasses),
        Just(Happening::Tick),
        (0u8..3).prop_map(Happening::Sends),
        (0u8..8, 0u8..6, 0u8..4).prop_map(|(which, what, who)| Happening::Command(which, what, who)),
        (0u8..4).prop_map(Happening::File),
        (any::<bool>(), 0u8..4).prop_map(|(yes, who)| Happening::Answer(yes, who)),
        (0u8..6, 0u8..4).prop_map(|(what, who)| Happening::Case(what, who)),
    ]
}

const INSTITUTIONS: [&str; 4] = ["platform", "insurer", "careful", "*"];
const PEOPLE: [&str; 4] = ["wang", "li", "zhao", "platform"];

fn nth<'t>(names: &[&'t str], at: u8) -> &'t str {
    names.get(at as usize % names.len()).copied().unwrap_or_default()
}

fn happens(house: &mut House, what: &Happening) {
    let who = |house: &House, at: u8| house.who(nth(&PEOPLE, at));
    let decided = match *what {
        Happening::Graded(institution, back, grade) => {
            let day = house.now.day().plus(-i32::from(back));
            let grade = Grade::ALL.get(grade as usize).copied().unwrap_or(Grade::Red);
            house.graded(nth(&INSTITUTIONS, institution), day, grade);
            return;
        }
        Happening::TimePasses(seconds) => {
            house.now = house.now.plus_seconds(i64::from(seconds));
            return;
        }
        Happening::Tick => {
            house.tick();
            // A timer goes off once.
            assert_eq!(house.tick(), []);
            return;
        }
        Happening::Sends(how) => {
            let outcome = match how {
                0 => delivered(),
                1 => Outcome::Failed { why: "busy".to_owned(), again_at: house.now.plus_seconds(60) },
                _ => Outcome::Refused { why: "unknown".to_owned() },
            };
            house.send_all(&outcome);
            return;
        }
        Happening::Command(which, what, by) => {
            let ids: Vec<String> = house.desk.alerts.all().map(|alert| alert.id.clone()).collect();
            let Some(id) = ids.get(which as usize % ids.len().max(1)).cloned() else { return };
            let reason = "理由".to_owned();
            let command = match what {
                0 => AlertCommand::Acknowledge,
                1 => AlertCommand::Assign { owner: "li".to_owned() },
                2 => AlertCommand::Ease { grade: Grade::Yellow, reason },
                3 => AlertCommand::Ease { grade: Grade::Green, reason },
                4 => AlertCommand::Dismiss { reason, mute_until: None },
                _ => AlertCommand::Close { reason },
            };
            house.desk.command(&DeskCommand::Alert { id, command }, &who(house, by), &house.setting())
        }
        Happening::File(by) => {
            let Some(alert) = house.desk.alerts.open().next().map(|alert| alert.id.clone()) else { return };
            let done_by = house.now.day().plus(30);
            let command = DeskCommand::FilePlan { alert, text: "整改".to_owned(), done_by };
            let by = Who::party(Actor::Institution(nth(&INSTITUTIONS, by).to_owned()));
            house.desk.command(&command, &by, &house.setting())
        }
        Happening::Case(what, by) => {
            let open = house.desk.disposal.cases.iter().filter(|case| case.is_open()).last();
            let Some(id) = open.map(|case| case.id.clone()) else { return };
            let reason = "理由".to_owned();
            let command = match what {
                0 => CaseCommand::Claim,
                1 => CaseCommand::ConfirmFinding { finding: 0, note: None },
                2 => CaseCommand::DismissFinding { finding: 0, reason },
                3 => CaseCommand::Advance,
                4 => CaseCommand::Drop { reason },
                _ => CaseCommand::Close { reason },
            };
            house.desk.command(&DeskCommand::Case { id, command }, &who(house, by), &house.setting())
        }
        Happening::Answer(accepted, by) => {
            let Some(id) = house.desk.plans.all().next_back().map(|plan| plan.id.clone()) else { return };
            let command = DeskCommand::AnswerPlan { id, accepted, said: "意见".to_owned() };
            house.desk.command(&command, &who(house, by), &house.setting())
        }
    };
    match decided {
        Ok(events) => drop(house.seal(events)),
        Err(refusal) => assert!(!refusal.zh.is_empty() && !refusal.en.is_empty()),
    }
}

fn check(house: &House) {
    let desk = &house.desk;
    let mut open: Vec<&str> =
        desk.alerts.all().filter(|a| a.is_open()).map(|a| a.institution.as_str()).collect();
    open.sort_unstable();
    let count = open.len();
    open.dedup();
    assert_eq!(open.len(), count, "an institution has one open alert at most");
    for alert in desk.alerts.all() {
        assert!(house.policy.roster.person(&alert.owner).is_some(), "every alert has an owner");
        let told = desk.deliveries.all().filter(|one| one.about == alert.id).count();
        assert!(told > 0, "somebody is told of every alert");
        if !alert.is_open() {
            assert!(desk.notices.published_of(&alert.id).next().is_none(), "an ended alert is not published");
        }
    }
    let timers = desk.alerts.open().filter_map(crate::alert::Alert::timer).count()
        + desk.plans.all().filter_map(|plan| plan.answer.timer()).count()
        + desk.disposal.cases.iter().filter_map(Case::timer).count();
    assert_eq!(desk.timers(), timers, "every clock that runs has its timer, and no other");
    let mut missed = std::collections::BTreeMap::new();
    for case in desk.disposal.cases.iter().filter(|case| !case.is_open()) {
        let open = case
            .alerts
            .iter()
            .filter_map(|id| desk.alerts.get(id))
            .filter(|alert| alert.is_open() && alert.case.as_ref() == Some(&case.id));
        assert_eq!(open.count(), 0, "an alert ends with its case");
    }
    for event in &house.sealed {
        if let DeskEvent::Alert(event) = event
            && let AlertStep::Missed { clock } = &event.step
        {
            *missed.entry((event.id.clone(), *clock)).or_insert(0usize) += 1;
        }
    }
    for ((id, clock), count) in missed {
        let alert = desk.alerts.get(&id).unwrap();
        let started = 1 + alert.earlier_clocks.iter().filter(|(kind, _)| *kind == clock).count();
        assert!(count <= started, "{id}: {clock:?} was missed {count} times and started {started} times");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn whatever_happens_the_desk_is_in_order(all in prop::collection::vec(happening(), 1..60)) {
        let mut house = House::new();
        for what in &all {
            happens(&mut house, what);
            check(&house);
        }
        // What was sealed gives the desk again, body by body.
        let mut again = Desk::default();
        let mut grades = house.grades.iter().peekable();
        for (at, event) in house.sealed.iter().enumerate() {
            while let Some((_, grade)) = grades.next_if(|(before, _)| *before <= at) {
                again.take_grade(grade);
            }
            let read = event.topic().read(&event.body().unwrap()).unwrap();
            prop_assert_eq!(&read, event);
            again.apply(&read, at as u64);
        }
        grades.for_each(|(_, grade)| again.take_grade(grade));
        prop_assert_eq!(&again, &house.desk);
    }
}

#[test]
fn an_alert_ends_with_its_case_also_when_the_last_stage_is_skipped() {
    let mut house = House::new();
    house.graded("platform", day("2026-05-31"), Grade::Red);
    let id = house.desk.disposal.cases.iter().next().unwrap().id.clone();
    let reason = "轻微并及时改正".to_owned();
    let steps = [
        ("li", CaseCommand::ConfirmFinding { finding: 0, note: None }),
        ("li", CaseCommand::Advance),
        ("li", CaseCommand::Advance),
        ("li", CaseCommand::Advance),
        ("li", CaseCommand::AskSkip { reason }),
        ("zhao", CaseCommand::Skip),
    ];
    for (person, command) in steps {
        assert!(house.desk.alerts.open_of("platform").is_some(), "{command:?}");
        let command = DeskCommand::Case { id: id.clone(), command };
        let events = house.desk.command(&command, &house.who(person), &house.setting()).unwrap();
        house.seal(events);
    }
    assert!(!house.desk.disposal.cases.get(&id).unwrap().is_open());
    assert_eq!(house.desk.alerts.open_of("platform"), None);
    check(&house);
}

#[test]
fn posts_are_checked() {
    let mut house = House::new();
    house.graded("insurer", day("2026-05-31"), Grade::Orange);
    let id = house.desk.alerts.all().next().unwrap().id.clone();
    let reason = "理由".to_owned();
    // Who may do what.
    let table = [
        ("platform", AlertCommand::Acknowledge, false),
        ("wang", AlertCommand::Acknowledge, true),
        ("wang", AlertCommand::Assign { owner: "li".to_owned() }, false),
        ("li", AlertCommand::Assign { owner: "li".to_owned() }, true),
        ("li", AlertCommand::Assign { owner: "nobody".to_owned() }, false),
        ("wang", AlertCommand::Dismiss { reason: reason.clone(), mute_until: None }, false),
        ("li", AlertCommand::Dismiss { reason: reason.clone(), mute_until: None }, true),
        ("li", AlertCommand::Dismiss { reason: " ".to_owned(), mute_until: None }, false),
        // Nobody took note of it yet.
        ("zhao", AlertCommand::Close { reason }, false),
    ];
    for (person, command, may) in table {
        let asked = DeskCommand::Alert { id: id.clone(), command: command.clone() };
        let decided = house.desk.command(&asked, &house.who(person), &house.setting());
        assert_eq!(decided.is_ok(), may, "{person} {command:?}: {decided:?}");
    }
    assert!(Who::SYSTEM.is_at_least(Post::Head));
}
