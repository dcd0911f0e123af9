//! Random histories of a desk, made through what the desk itself offers.

use model::calendar::Calendar;
use model::event::{Finding, Grade, GradeEvent, Reason, Rows, Verdict};
use model::time::{Day, Time};
use proptest::prelude::*;
use serde_json::json;
use workflow::Setting;
use workflow::actor::{Actor, Who};
use workflow::alert::{AlertCommand, AlertEvent, AlertStep};
use workflow::delivery::Outcome;
use workflow::desk::{Desk, DeskCommand, DeskEvent};
use workflow::letter::{LetterCommand, LetterEvent, LetterStep};
use workflow::policy::{Directory, Policy};
use workflow::review::{self, ReviewCommand};
use workflow::{Entries, Refusal};

const ROSTER: &str = "\
authority: {zh: 局, en: Bureau}
document_mark: 见微
bureaus:
  - {id: one, name: {zh: 一处, en: One}, chain: [wang, li, zhao]}
  - {id: two, name: {zh: 二处, en: Two}, chain: [li], takes: {institutions: [careful]}, four_eyes_letters: true}
people:
  - {id: wang, name: {zh: 王, en: Wang}, post: analyst, reach: [{for: push, channel: phone, to: 13800138000}]}
  - {id: li, name: {zh: 李, en: Li}, post: officer, reach: [{for: mail, channel: mail, to: li@bureau.example}]}
  - {id: zhao, name: {zh: 赵, en: Zhao}, post: head, reach: [{for: push, channel: phone, to: zhao}]}
partners:
  - {id: ass, kind: association, name: {zh: 协会, en: Association}, reach: [{for: hook, channel: ass}]}
contacts: {insurer: [ceo@insurer.example], careful: [a@careful.example, b@careful.example]}
";

/// What people say in these histories: it must be found nowhere.
pub(super) const SAID: &str = "致电张三核实";
/// What the other side of a channel says; the address in it must be found nowhere.
const WHY: &str = "550 <ceo@insurer.example> unknown";

const INSTITUTIONS: [&str; 4] = ["platform", "insurer", "careful", "*"];
const PEOPLE: [&str; 4] = ["wang", "li", "zhao", "platform"];

/// What may happen.
#[derive(Clone, Debug)]
pub(super) enum Happening {
    Graded(u8, u8, u8),
    TimePasses(u32),
    Tick,
    Sends(u8),
    Alert(u8, u8, u8),
    Letter(u8, u8, u8),
    Read(u8),
    File(u8),
    Answer(bool, u8),
    Withdraw(u8),
    Review(u8, u8, u8),
    /// Something else is filed: positions have gaps.
    Filed(u8),
}

pub(super) fn happenings(most: usize) -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        4 => (0u8..4, 0u8..6, 0u8..4).prop_map(|(who, back, grade)| Happening::Graded(who, back, grade)),
        3 => (1u32..200_000).prop_map(Happening::TimePasses),
        2 => Just(Happening::Tick),
        2 => (0u8..3).prop_map(Happening::Sends),
        3 => (0u8..8, 0u8..6, 0u8..4).prop_map(|(which, what, who)| Happening::Alert(which, what, who)),
        3 => (0u8..8, 0u8..5, 0u8..4).prop_map(|(which, what, who)| Happening::Letter(which, what, who)),
        1 => (0u8..8).prop_map(Happening::Read),
        2 => (0u8..4).prop_map(Happening::File),
        2 => (any::<bool>(), 0u8..4).prop_map(|(yes, who)| Happening::Answer(yes, who)),
        1 => (0u8..8).prop_map(Happening::Withdraw),
        3 => (0u8..4, 0u8..5, 0u8..3).prop_map(|(which, what, who)| Happening::Review(which, what, who)),
        1 => (1u8..100).prop_map(Happening::Filed),
    ];
    prop::collection::vec(one, 1..most)
}

/// A desk with all that decisions look at, and what was sealed of it.
pub(super) struct House {
    policy: Policy,
    calendar: Calendar,
    directory: Directory,
    entries: Entries,
    pub(super) now: Time,
    pub(super) desk: Desk,
    /// What was sealed, each with its position and the desk after it.
    pub(super) sealed: Vec<(u64, DeskEvent)>,
    pub(super) position: u64,
}

impl House {
    pub(super) fn new() -> Self {
        let day = |text: &str| Day::parse(text).unwrap();
        Self {
            policy: Policy::shipped(Some(ROSTER)).unwrap(),
            calendar: Calendar::new(day("2026-01-01"), day("2026-06-30"), []).unwrap(),
            directory: Directory::default(),
            entries: Entries::default(),
            now: Time::parse("2026-06-01T09:00:00+08:00").unwrap(),
            desk: Desk::default(),
            sealed: Vec::new(),
            position: 5,
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

    pub(super) fn seal(&mut self, events: Vec<DeskEvent>) {
        for event in events {
            self.desk.apply(&event, self.position);
            self.sealed.push((self.position, event));
            self.position += 1;
        }
    }

    pub(super) fn graded(&mut self, institution: &str, day: Day, grade: Grade) {
        let reason = Reason {
            entry: format!("{}-rule", grade.en()),
            entry_hash: "00".to_owned(),
            line: (grade == Grade::Yellow).then(|| "payment".to_owned()),
            verdict: Verdict::Graded(grade),
            value: (grade != Grade::Orange).then(|| "1".to_owned()),
            condition: "value > 0".to_owned(),
            rows: Rows::default(),
        };
        let event = GradeEvent {
            institution: institution.to_owned(),
            day,
            verdict: Verdict::Graded(grade),
            reasons: vec![reason],
            passed: Vec::new(),
            as_of: self.position,
        };
        let events = self.desk.react(std::slice::from_ref(&event), &self.setting());
        self.desk.take_grade(&event);
        self.seal(events);
    }

    pub(super) fn tick(&mut self) {
        let events = self.desk.tick(1000, &self.setting());
        self.seal(events);
    }

    pub(super) fn send_all(&mut self, outcome: &Outcome) {
        loop {
            let next = self.desk.deliveries.due(self.now).next().map(|one| one.id.clone());
            let Some(id) = next else { break };
            let trying = self.desk.attempt(&id, self.now).unwrap();
            self.seal(vec![trying]);
            let events = self.desk.delivered(vec![(id, outcome.clone())], &self.setting());
            self.seal(events);
        }
    }

    pub(super) fn who(&self, person: &str) -> Who {
        match person {
            "wang" | "li" | "zhao" => self.policy.roster.who(Actor::Person(person.to_owned())),
            institution => Who::party(Actor::Institution(institution.to_owned())),
        }
    }

    /// An alert ends, as it does when its case is closed or dropped.
    pub(super) fn ends(&mut self, institution: &str, person: &str, step: AlertStep) {
        let id = self.desk.alerts.open_of(institution).unwrap().id.clone();
        let (institution, by) = (institution.to_owned(), Actor::Person(person.to_owned()));
        self.seal(vec![AlertEvent { id, institution, at: self.now, by, step }.into()]);
    }

    pub(super) fn does(&mut self, command: &DeskCommand, person: &str) -> Result<(), Refusal> {
        let events = self.desk.command(command, &self.who(person), &self.setting())?;
        self.seal(events);
        Ok(())
    }

    /// What does not happen, since it may not, happens not.
    pub(super) fn happens(&mut self, what: &Happening) {
        let nth = |at: u8, of: Vec<String>| of.get(at as usize % of.len().max(1)).cloned();
        let name = |names: &[&str], at: u8| names[at as usize % names.len()].to_owned();
        match *what {
            Happening::Graded(institution, back, grade) => {
                let day = self.now.day().plus(-i32::from(back));
                self.graded(&name(&INSTITUTIONS, institution), day, Grade::ALL[grade as usize % 4]);
            }
            Happening::TimePasses(seconds) => self.now = self.now.plus_seconds(i64::from(seconds)),
            Happening::Tick => {
                // The State Council says how next year is worked.
                if self.now.day() > Day::parse("2026-06-20").unwrap() {
                    let (from, to) = (self.calendar.known_from, Day::parse("2026-12-31").unwrap());
                    self.calendar = Calendar::new(from, to, []).unwrap();
                }
                self.tick();
            }
            Happening::Sends(how) => self.send_all(&match how {
                0 => Outcome::Delivered { receipt: None },
                1 => Outcome::Failed { why: WHY.to_owned(), again_at: self.now.plus_seconds(60) },
                _ => Outcome::Refused { why: WHY.to_owned() },
            }),
            Happening::Alert(which, what, by) => {
                let Some(id) = nth(which, self.desk.alerts.all().map(|alert| alert.id.clone()).collect())
                else {
                    return;
                };
                let reason = SAID.to_owned();
                let command = match what {
                    0 => AlertCommand::Acknowledge,
                    1 => AlertCommand::Assign { owner: "li".to_owned() },
                    2 => AlertCommand::Ease { grade: Grade::Yellow, reason },
                    3 => AlertCommand::Ease { grade: Grade::Green, reason },
                    4 => AlertCommand::Dismiss { reason, mute_until: None },
                    _ => AlertCommand::Close { reason },
                };
                let _ = self.does(&DeskCommand::Alert { id, command }, &name(&PEOPLE, by));
            }
            Happening::Letter(which, what, by) => {
                let Some(id) = nth(which, self.desk.letters.all().map(|letter| letter.id.clone()).collect())
                else {
                    return;
                };
                if what == 4 {
                    return self.set(&id);
                }
                let command = match what {
                    0 => LetterCommand::Edit { data: json!({ "asked": SAID }) },
                    1 => LetterCommand::Check,
                    2 => LetterCommand::Release,
                    _ => LetterCommand::Recall { reason: SAID.to_owned() },
                };
                let _ = self.does(&DeskCommand::Letter { id, command }, &name(&PEOPLE, by));
            }
            Happening::Read(which) => {
                let Some(id) = nth(which, self.desk.letters.all().map(|letter| letter.id.clone()).collect())
                else {
                    return;
                };
                let events = self.desk.letter_read(&id, "portal", self.now);
                self.seal(events);
            }
            Happening::File(by) => {
                let Some(alert) = self.desk.alerts.open().next().map(|alert| alert.id.clone()) else {
                    return;
                };
                let done_by = self.now.day().plus(30);
                let command = DeskCommand::FilePlan { alert, text: SAID.to_owned(), done_by };
                let _ = self.does(&command, &name(&INSTITUTIONS, by));
            }
            Happening::Answer(accepted, by) => {
                let Some(id) = self.desk.plans.all().next_back().map(|plan| plan.id.clone()) else { return };
                let command = DeskCommand::AnswerPlan { id, accepted, said: SAID.to_owned() };
                let _ = self.does(&command, &name(&PEOPLE, by));
            }
            Happening::Withdraw(which) => {
                let Some(id) = nth(which, self.desk.notices.all().map(|notice| notice.id.clone()).collect())
                else {
                    return;
                };
                let _ = self.does(&DeskCommand::WithdrawNotice { id, reason: SAID.to_owned() }, "li");
            }
            Happening::Review(which, what, by) => self.review(which, what, &name(&PEOPLE, by)),
            Happening::Filed(records) => self.position += u64::from(records),
        }
    }

    fn set(&mut self, id: &str) {
        let letter = self.desk.letters.get(id).filter(|letter| letter.set.is_none());
        let Some(institution) = letter.map(|letter| letter.institution.clone()) else { return };
        let step = LetterStep::Set { sha256: "ab".repeat(32), bytes: 1000, pages: 2 };
        let event = LetterEvent { id: id.to_owned(), institution, at: self.now, by: Actor::System, step };
        self.seal(vec![event.into()]);
    }

    fn review(&mut self, which: u8, what: u8, person: &str) {
        let day = self.now.day().first_of_month().plus(i32::from(which));
        let reason = Reason {
            entry: "pooling".to_owned(),
            entry_hash: "00".to_owned(),
            line: None,
            verdict: Verdict::Graded(Grade::Red),
            value: Some("2".to_owned()),
            condition: "value > 0".to_owned(),
            rows: Rows::default(),
        };
        let group = vec![("lender".to_owned(), SAID.to_owned())];
        let finding = Finding { institution: "platform".to_owned(), from: day, day, group, reason, at: 3 };
        let command = match what {
            0 => ReviewCommand::Look,
            1 => ReviewCommand::Claim,
            2 => ReviewCommand::Release,
            3 => ReviewCommand::Confirm { reason: SAID.to_owned() },
            _ => ReviewCommand::Dismiss { reason: SAID.to_owned() },
        };
        let handling = self.desk.reviews.get(&review::identifier(&finding));
        let decided = review::command(&finding, handling, &command, &self.who(person), true, self.now);
        if let Ok(event) = decided {
            self.seal(vec![event.into()]);
        }
    }
}
