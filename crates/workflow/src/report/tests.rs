//! Reports: the exchange with a reporter who stays anonymous, every step from every state, random
//! sequences.

use model::calendar::Calendar;
use model::institution::InstitutionId;
use model::time::Time;
use proptest::prelude::*;

use super::life::TABLE;
use super::*;
use crate::actor::{Actor, Post, Who};
use crate::life::testing::{calendar, kinds, plain, printed, speaks, stays, time};
use crate::life::{Under, Word};
use crate::numbers::Numbers;
use crate::{Refusal, Why};

struct Desk {
    reports: Reports,
    events: Vec<ReportEvent>,
    tokens: Vec<Token>,
    now: Time,
    terms: Terms,
    calendar: Calendar,
    numbers: Numbers,
}

impl Desk {
    fn at(now: &str) -> Self {
        Self {
            reports: Reports::default(),
            events: Vec::new(),
            tokens: Vec::new(),
            now: time(now),
            terms: Terms::default(),
            calendar: calendar(),
            numbers: Numbers::default(),
        }
    }

    fn take(&mut self, events: Vec<ReportEvent>) {
        for event in events {
            self.reports.apply(&event);
            self.events.push(event);
        }
    }

    fn submit(&mut self, who: &Who, submission: &Submission) -> Result<String, Refusal> {
        let under = Under { terms: &self.terms, calendar: &self.calendar, now: self.now };
        let random = [u8::try_from(self.tokens.len() % 256).unwrap(); 25];
        let (event, token) = submit(submission, random, who, &under, &mut self.numbers)?;
        self.tokens.push(token);
        let id = event.id.clone();
        self.take(vec![event]);
        Ok(id)
    }

    fn tell(&mut self, id: &str, who: &Who, told: &ReportCommand) -> Result<(), Refusal> {
        let under = Under { terms: &self.terms, calendar: &self.calendar, now: self.now };
        let events = command(&self.reports, id, told, who, &under)?;
        self.take(events);
        Ok(())
    }

    fn ask(&mut self, id: &str, token: &str, text: &str) -> Result<(), Refusal> {
        let event = ask(&self.reports, id, token, text, self.now)?;
        self.take(vec![event]);
        Ok(())
    }

    fn tick(&mut self) {
        let events: Vec<_> = self.reports.all().flat_map(|report| due(report, self.now)).collect();
        self.take(events);
    }

    fn go_to(&mut self, now: &str) {
        self.now = time(now);
        self.tick();
    }

    fn get(&self, id: &str) -> &Report {
        self.reports.get(id).unwrap()
    }
}

const FIRST: &str = "R-2026-000001";
const SECOND: &str = "R-2026-000002";

fn nobody() -> Who {
    Who::party(Actor::Anonymous)
}

fn li() -> Who {
    Who::person("li", Post::Officer)
}

fn head() -> Who {
    Who::person("zhao", Post::Head)
}

fn named(text: &str, contact: Option<&str>) -> Submission {
    let subject = Subject::Named("某理财平台".into());
    Submission { subject, text: text.into(), contact: contact.map(str::to_owned) }
}

fn close(reason: CloseReason) -> ReportCommand {
    ReportCommand::Close { reason, text: "已核查。".into() }
}

/// Every kind of event.
fn two_reports() -> Desk {
    use ReportCommand as C;
    let mut desk = Desk::at("2026-09-28T09:00:00+08:00");
    let tell = |desk: &mut Desk, id: &str, who: &Who, told: C| desk.tell(id, who, &told).unwrap();
    desk.submit(&nobody(), &named("出借资金进入平台自己的账户。", None)).unwrap();
    let subject = Subject::Institution(InstitutionId::synthetic(1));
    let second = Submission { subject, ..named("虚假宣传。", Some("13800000000")) };
    desk.submit(&nobody(), &second).unwrap();
    tell(&mut desk, FIRST, &li(), C::Acknowledge);
    tell(&mut desk, FIRST, &li(), C::Assign { to: "li".into() });
    tell(&mut desk, FIRST, &li(), C::Answer { text: "请问账户名称？".into() });
    let token = desk.tokens[0].reveal().to_owned();
    desk.ask(FIRST, &token, "尾号0001。").unwrap();
    // The second is not looked at in fifteen days.
    desk.go_to("2026-10-14T00:00:00+08:00");
    tell(&mut desk, SECOND, &li(), close(CloseReason::NotOurs));
    tell(&mut desk, SECOND, &li(), C::Reopen { reason: "经查属于本局职责".into() });
    tell(&mut desk, FIRST, &head(), C::Extend { reason: "案情复杂".into() });
    tell(&mut desk, SECOND, &li(), C::Merge { into: FIRST.into() });
    tell(&mut desk, FIRST, &li(), C::Lead { case: "C-2026-000001".into() });
    desk
}

#[test]
fn the_table_as_it_is_printed() {
    let expected = "
        submit                 - -> received: the party outside or analyst
        acknowledge            received -> acknowledged: analyst
        assign                 acknowledged, being dealt with -> being dealt with: officer
        ask                    received, acknowledged, being dealt with, led to a case, closed, merged with another -> -: the party outside
        answer                 acknowledged, being dealt with, led to a case, closed, merged with another -> -: analyst
        extend                 acknowledged, being dealt with -> -: head
        lead                   being dealt with -> led to a case: officer
        close                  received, acknowledged, being dealt with -> closed: officer
        merge                  received, acknowledged, being dealt with -> merged with another: officer
        reopen                 closed -> being dealt with: officer
    ";
    assert_eq!(printed(&table()), plain(expected));
}

#[test]
fn events_of_version_1_stay() {
    let events = two_reports().events;
    let steps: Vec<&str> = events.iter().filter_map(|event| event.step.step()).map(Word::code).collect();
    for step in Step::ALL {
        assert!(steps.contains(&step.code()), "{step:?} does not happen");
    }
    assert_eq!(kinds(&events).len(), Step::ALL.len() + 1);
    stays("report", &events);
    let mut again = Reports::default();
    events.iter().for_each(|event| again.apply(event));
    assert_eq!(again, two_reports().reports);
}

#[test]
fn a_reporter_stays_anonymous() {
    let desk = two_reports();
    let sealed = |number: usize| serde_json::to_value(&desk.events[number]).unwrap();
    let received = sealed(0);
    assert_eq!(received["by"], "anonymous");
    let step = received["step"]["received"].as_object().unwrap();
    let fields: Vec<&str> = step.keys().map(String::as_str).collect();
    assert_eq!(fields, ["subject", "text", "token_sha256", "acknowledge"]);
    // Neither token stands anywhere, and a way to answer in its event alone.
    let all: String = desk.events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    assert!(desk.tokens.iter().all(|token| !all.contains(token.reveal())));
    let shown = serde_json::to_string(desk.get(SECOND)).unwrap() + &format!("{:?}", desk.get(SECOND));
    assert!(!shown.contains("13800000000") && desk.get(SECOND).answerable, "{shown}");
    assert_eq!(desk.get(SECOND).contact().map(Contact::reveal), Some("13800000000"));
    assert!(!format!("{:?}", desk.events).contains("13800000000"));
    assert!(!serde_json::to_string(desk.get(SECOND)).unwrap().contains("token"));
}

#[test]
fn nothing_is_told_without_the_token() {
    let mut desk = two_reports();
    let (own, others) = (desk.tokens[0].reveal().to_owned(), desk.tokens[1].reveal().to_owned());
    let wrong_token = desk.ask(FIRST, &others, "？").unwrap_err();
    let wrong_number = desk.ask("R-2026-000009", &own, "？").unwrap_err();
    assert_eq!(wrong_token, wrong_number);
    assert!(desk.reports.with_token(FIRST, "").is_none());
    let typed = own.to_lowercase().replace('-', " ");
    let view = desk.reports.with_token(FIRST, &typed).unwrap().for_reporter();
    let said: Vec<(Sender, &str)> =
        view.messages.iter().map(|message| (message.from, message.text.as_str())).collect();
    assert_eq!(said, [(Sender::Authority, "请问账户名称？"), (Sender::Reporter, "尾号0001。")]);
    assert_eq!(view.state.zh, "已转案件");
    // Neither who deals with it nor the case is told.
    let shown = serde_json::to_string(&view).unwrap();
    assert!(!shown.contains("C-2026") && !shown.contains("\"li\""), "{shown}");
}

#[test]
fn a_report_has_its_deadlines() {
    let mut desk = Desk::at("2026-09-28T09:00:00+08:00");
    desk.submit(&nobody(), &named("x", None)).unwrap();
    let timer = |desk: &Desk| desk.reports.timer().map(|time| time.to_string()).unwrap();
    assert_eq!(timer(&desk), "2026-10-14T00:00:00+08:00");
    desk.go_to("2026-10-10T09:00:00+08:00");
    desk.tell(FIRST, &li(), &ReportCommand::Acknowledge).unwrap();
    assert_eq!(timer(&desk), "2026-12-10T00:00:00+08:00");
    let extend = ReportCommand::Extend { reason: "情况复杂".into() };
    desk.tell(FIRST, &head(), &extend).unwrap();
    assert_eq!(timer(&desk), "2027-01-09T00:00:00+08:00");
    let refusal = desk.tell(FIRST, &head(), &extend).unwrap_err();
    assert_eq!(refusal.zh, "举报R-2026-000001的办理期限只能在届满前延长一次。");
    desk.go_to("2027-01-09T00:00:00+08:00");
    assert_eq!(desk.get(FIRST).clocks[&Clock::Handle].missed, Some(desk.now));
}

#[test]
fn a_report_is_bounded() {
    let mut desk = Desk::at("2026-09-28T09:00:00+08:00");
    let why = |found: Result<String, Refusal>| found.map(drop).map_err(|refusal| refusal.why);
    assert_eq!(why(desk.submit(&nobody(), &named("", None))), Err(Why::Missing));
    assert_eq!(why(desk.submit(&nobody(), &named(&"字".repeat(10_001), None))), Err(Why::BadValue));
    assert_eq!(why(desk.submit(&nobody(), &named(&"字".repeat(10_000), Some(" ")))), Ok(()));
    assert!(!desk.get(FIRST).answerable);
    let unnamed = Submission { subject: Subject::Named(" ".into()), ..named("x", None) };
    assert_eq!(why(desk.submit(&nobody(), &unnamed)), Err(Why::Missing));
    let token = desk.tokens[0].reveal().to_owned();
    for _ in 0..100 {
        desk.ask(FIRST, &token, "补充").unwrap();
    }
    assert_eq!(desk.ask(FIRST, &token, "补充").unwrap_err().why, Why::NotNow);
}

/// The first report in a state; the second is acknowledged.
fn in_state(state: ReportState) -> Desk {
    use ReportCommand as C;
    let mut desk = Desk::at("2026-09-28T09:00:00+08:00");
    for _ in 0..2 {
        desk.submit(&nobody(), &named("x", None)).unwrap();
    }
    desk.tell(SECOND, &li(), &C::Acknowledge).unwrap();
    let assign = || C::Assign { to: "li".into() };
    let steps = match state {
        ReportState::Received => vec![],
        ReportState::Acknowledged => vec![C::Acknowledge],
        ReportState::Assigned => vec![C::Acknowledge, assign()],
        ReportState::Led => vec![C::Acknowledge, assign(), C::Lead { case: "C-2026-000001".into() }],
        ReportState::Closed => vec![close(CloseReason::NotOurs)],
        ReportState::Merged => vec![C::Merge { into: SECOND.into() }],
    };
    for told in steps {
        desk.tell(FIRST, &li(), &told).unwrap();
    }
    assert_eq!(desk.get(FIRST).state, state);
    desk
}

/// A command that takes a step, by somebody who may.
fn taking(step: Step) -> Option<(Who, ReportCommand)> {
    use ReportCommand as C;
    let (reason, case) = ("理由".to_owned(), "C-2026-000001".to_owned());
    Some(match step {
        Step::Submit | Step::Ask => return None,
        Step::Acknowledge => (li(), C::Acknowledge),
        Step::Assign => (li(), C::Assign { to: "wang".into() }),
        Step::Answer => (li(), C::Answer { text: reason }),
        Step::Extend => (head(), C::Extend { reason }),
        Step::Lead => (li(), C::Lead { case }),
        Step::Close => (li(), close(CloseReason::NotOurs)),
        Step::Merge => (li(), C::Merge { into: SECOND.into() }),
        Step::Reopen => (li(), C::Reopen { reason }),
    })
}

#[test]
fn every_step_from_every_state() {
    let mut found = String::new();
    for state in ReportState::ALL {
        let mut line = format!("{}:", state.code());
        for (step, (who, told)) in Step::ALL.iter().filter_map(|step| Some((step, taking(*step)?))) {
            let mut desk = in_state(*state);
            match desk.tell(FIRST, &who, &told) {
                Ok(()) => {
                    let to = desk.get(FIRST).state;
                    line += &format!(" {}", step.code());
                    if to != *state {
                        line += &format!("={}", to.code());
                    }
                }
                Err(refusal) => assert!(speaks(&refusal), "{refusal:?}"),
            }
            // Somebody outside takes none of them.
            let outside = in_state(*state).tell(FIRST, &nobody(), &told).unwrap_err();
            assert!(speaks(&outside), "{outside:?}");
        }
        found += &(line + "\n");
    }
    let expected = "
        received: acknowledge=acknowledged close=closed merge=merged
        acknowledged: assign=assigned answer extend close=closed merge=merged
        assigned: assign answer extend lead=led close=closed merge=merged
        led: answer
        closed: answer reopen=assigned
        merged: answer
    ";
    assert_eq!(found, plain(expected));
}

#[test]
fn a_refusal_says_what_is_missing() {
    use ReportCommand as C;
    let told = |state, told: C| in_state(state).tell(FIRST, &li(), &told).unwrap_err();
    let merge = |into: &str| C::Merge { into: into.into() };
    let table = [
        (
            told(ReportState::Received, C::Lead { case: "C-1".into() }),
            Why::NotNow,
            "举报R-2026-000001处于“已收到”，不能“转案件”；须处于“办理中”。",
        ),
        (
            told(ReportState::Received, close(CloseReason::Unfounded)),
            Why::Missing,
            "尚未受理的举报只能以不予受理或不属于职责范围办结，查处结论须先受理。",
        ),
        (
            told(ReportState::Assigned, close(CloseReason::NotAccepted)),
            Why::BadValue,
            "已经受理的举报不能再以不予受理办结。",
        ),
        (
            told(ReportState::Assigned, C::Extend { reason: "x".into() }),
            Why::NotAllowed,
            "“延期”须由负责人作出。",
        ),
        (told(ReportState::Assigned, merge(FIRST)), Why::BadValue, "举报不能并入自己。"),
        (told(ReportState::Assigned, merge("R-1")), Why::NotFound, "没有举报“R-1”。"),
        (
            told(ReportState::Assigned, C::Assign { to: "li".into() }),
            Why::NotNow,
            "举报R-2026-000001已经由li办理。",
        ),
    ];
    for (refusal, why, zh) in table {
        assert_eq!((refusal.why, refusal.zh.as_str()), (why, zh));
        assert!(speaks(&refusal), "{refusal:?}");
    }
}

#[derive(Clone, Debug)]
enum Attempt {
    Submit(bool),
    Ask(usize, usize),
    Tell(usize, bool, ReportCommand),
    Wait(i64),
}

fn attempt() -> impl Strategy<Value = Attempt> {
    use ReportCommand as C;
    let reason = || "理由".to_owned();
    let id = |number: usize| format!("R-2026-{:06}", number + 1);
    let why = proptest::sample::select(CloseReason::ALL.to_vec());
    let told = prop_oneof![
        4 => Just(C::Acknowledge),
        4 => Just(C::Assign { to: "li".into() }),
        2 => Just(C::Answer { text: reason() }),
        2 => Just(C::Extend { reason: reason() }),
        1 => Just(C::Lead { case: "C-2026-000001".into() }),
        1 => why.prop_map(close),
        1 => (0..6_usize).prop_map(move |into| C::Merge { into: id(into) }),
        1 => Just(C::Reopen { reason: reason() }),
    ];
    prop_oneof![
        1 => any::<bool>().prop_map(Attempt::Submit),
        2 => (0..6_usize, 0..6_usize).prop_map(|(id, token)| Attempt::Ask(id, token)),
        8 => (0..6_usize, any::<bool>(), told).prop_map(|(id, is_head, told)| Attempt::Tell(id, is_head, told)),
        2 => (0..30_i64).prop_map(Attempt::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn every_report_has_its_end_whatever_is_tried(attempts in proptest::collection::vec(attempt(), 1..150)) {
        let mut desk = Desk::at("2026-01-05T09:00:00+08:00");
        desk.submit(&nobody(), &named("x", None)).unwrap();
        for attempt in attempts {
            let before = desk.reports.clone();
            let id = |number: usize| format!("R-2026-{:06}", number + 1);
            let found = match &attempt {
                Attempt::Submit(has_contact) => {
                    let submission = named("x", has_contact.then_some("13800000000"));
                    desk.submit(&nobody(), &submission).map(drop)
                }
                Attempt::Ask(number, token) => {
                    let token = desk.tokens.get(*token).map_or(String::new(), |token| token.reveal().to_owned());
                    desk.ask(&id(*number), &token, "补充")
                }
                Attempt::Tell(number, is_head, told) => {
                    let who = if *is_head { head() } else { li() };
                    let found = desk.tell(&id(*number), &who, told);
                    if let (Ok(()), Some(was)) = (&found, before.get(&id(*number))) {
                        let row = TABLE.iter().find(|row| row.step == told.step()).unwrap();
                        let state = desk.get(&id(*number)).state;
                        prop_assert!(row.from.contains(&was.state));
                        let stays = row.to.is_empty() && state == was.state;
                        prop_assert!(stays || row.to.contains(&state));
                    }
                    found
                }
                Attempt::Wait(days) => {
                    desk.now = desk.now.plus_seconds(86_400 * days);
                    desk.tick();
                    continue;
                }
            };
            if let Err(refusal) = found {
                prop_assert!(speaks(&refusal), "{refusal:?}");
                prop_assert_eq!(&before, &desk.reports);
            }
        }
        for report in desk.reports.all() {
            // What still has to be dealt with has a clock; what ended has none that runs.
            let has_clock = report.clocks.values().any(|clock| clock.runs() || clock.missed.is_some());
            prop_assert!(has_clock || !report.is_open());
            prop_assert!(report.is_open() || report.timer().is_none());
            let ends = [report.case.is_some(), report.closed.is_some(), report.into.is_some()];
            prop_assert_eq!(ends.iter().filter(|is_so| **is_so).count(), usize::from(!report.is_open()));
            // Merged reports lead to one that is not merged, in the end.
            let mut at = report;
            for _ in 0..desk.reports.all().count() {
                at = at.into.as_deref().and_then(|into| desk.reports.get(into)).unwrap_or(at);
            }
            prop_assert!(at.into.is_none());
        }
        let mut again = Reports::default();
        for event in &desk.events {
            let sealed = serde_json::to_vec(event).unwrap();
            again.apply(&serde_json::from_slice(&sealed).unwrap());
        }
        prop_assert_eq!(&again, &desk.reports);
        desk.now = desk.now.plus_seconds(86_400 * 400);
        desk.tick();
        let noticed = desk.events.len();
        desk.tick();
        prop_assert_eq!(noticed, desk.events.len());
    }
}
