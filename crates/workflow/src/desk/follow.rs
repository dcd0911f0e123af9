//! What one step calls for in other topics: an alert for a push, a letter, a public notice.

use std::collections::{BTreeMap, BTreeSet};

use model::event::Grade;
use model::text::Text;
use model::time::{Day, Time};
use serde_json::{Value, json};

use super::words::{figure, limit};
use super::{Desk, DeskEvent};
use crate::actor::{Actor, Who};
use crate::alert::{self, Alert, AlertEvent, AlertReason, AlertStep, Clock, INDUSTRY, Worse};
use crate::case::{self, FindingRef, Opening};
use crate::delivery::{self, DeliveryEvent, DeliveryStep, Message, Purpose};
use crate::letter::{LetterEvent, LetterStep};
use crate::numbers::{Kind, Numbers};
use crate::plan::{PlanEvent, PlanStep};
use crate::policy::{Channel, Reach};
use crate::public_notice::{Fact, PublicNoticeEvent, PublicNoticeStep};
use crate::setting::Setting;
use crate::term::{Deadline, Term};

/// The partner that publishes what concerns the industry.
const ASSOCIATION: &str = "association";

/// Events of one decision, and the numbers that it gave.
pub(super) struct Following<'d> {
    pub(super) desk: &'d Desk,
    pub(super) setting: &'d Setting<'d>,
    pub(super) numbers: Numbers,
    pub(super) events: Vec<DeskEvent>,
    /// Clocks that were kept in this decision already.
    kept: BTreeSet<(String, Clock)>,
}

/// What is told of an alert that opens or gets worse.
struct News<'e> {
    grade: Grade,
    reasons: &'e [AlertReason],
    bureau: &'e str,
    owner: &'e str,
}

/// A letter that leaves.
pub(super) struct Leaving<'l> {
    pub(super) id: &'l str,
    pub(super) number: &'l str,
    pub(super) institution: &'l str,
    pub(super) to: &'l Actor,
    pub(super) addresses: &'l [String],
    pub(super) copy: &'l [Actor],
    pub(super) title: Text,
}

/// What a letter is called in the mail that brings it.
pub(super) fn title_of(data: &Value) -> Text {
    let said = |language: &str| data.pointer(&format!("/title/{language}")).and_then(Value::as_str);
    match (said("zh"), said("en")) {
        (Some(zh), Some(en)) => Text::new(zh, en),
        _ => Text::new("风险提示函", "Risk notice letter"),
    }
}

/// The operator's channel of mail to addresses that no roster names a channel for.
const MAIL: &str = "mail";

impl<'d> Following<'d> {
    pub(super) fn new(desk: &'d Desk, setting: &'d Setting<'d>) -> Self {
        Self { desk, setting, numbers: desk.numbers.clone(), events: Vec::new(), kept: BTreeSet::new() }
    }

    pub(super) fn push(&mut self, event: impl Into<DeskEvent>) {
        self.events.push(event.into());
    }

    /// An event of an alert, and what it calls for.
    pub(super) fn alert(&mut self, event: AlertEvent) {
        self.push(event.clone());
        let held = self.desk.alerts.get(&event.id);
        let (bureau, owner) = match (&event.step, held) {
            (AlertStep::Opened { bureau, owner, .. }, _) => (bureau.clone(), owner.clone()),
            (_, Some(alert)) => (alert.bureau.clone(), alert.owner.clone()),
            _ => return,
        };
        match &event.step {
            AlertStep::Opened { grade, reasons, .. } | AlertStep::Raised { grade, reasons, .. } => {
                let news = News { grade: *grade, reasons, bureau: &bureau, owner: &owner };
                self.alarm(&event, &news);
            }
            AlertStep::Escalated { to, .. } => {
                let grade = held.map_or(Grade::Red, |alert| alert.grade);
                let what = Text::new(
                    format!("{}色预警{}逾期未确认", grade.zh(), event.id),
                    format!("{} alert {} was not acknowledged in time", grade.en(), event.id),
                );
                self.remind(&event, to, &what, Purpose::Alert);
            }
            AlertStep::Missed { clock } if *clock != Clock::Acknowledge => {
                let what = Text::new(
                    format!("预警{}{}逾期", event.id, clock.zh()),
                    format!("{} of alert {} is overdue", clock.en(), event.id),
                );
                let head = self.head(&bureau);
                self.remind(&event, &head, &what, Purpose::Reminder);
            }
            AlertStep::Dismissed { reason, .. } => {
                let reason = reason.clone();
                self.end_notices(&event, || PublicNoticeStep::Withdrawn { reason: reason.clone() });
            }
            AlertStep::Closed { reason } => {
                let note = reason.clone();
                self.end_notices(&event, || PublicNoticeStep::Settled { note: note.clone() });
            }
            _ => {}
        }
    }

    /// The last of a bureau's chain.
    pub(super) fn head(&self, bureau: &str) -> String {
        let bureau = self.setting.policy.roster.bureau(bureau);
        bureau.and_then(|bureau| bureau.chain.last()).cloned().unwrap_or_default()
    }

    fn alarm(&mut self, event: &AlertEvent, news: &News<'_>) {
        let name = self.setting.name(&event.institution);
        let title = Text::new(
            format!("{}色预警：{name}", news.grade.zh()),
            format!("{} alert: {name}", capitalised(news.grade.en())),
        );
        let message = Message {
            about: event.id.clone(),
            institution: event.institution.clone(),
            purpose: Purpose::Alert,
            title,
            text: self.reasons_text(news.reasons),
            urgent: news.grade == Grade::Red,
        };
        self.tell_person(&message, news.owner);
        if event.institution == INDUSTRY {
            return;
        }
        let facts = self.facts(event, news.reasons);
        match news.grade {
            Grade::Red => self.open_case(event, news),
            Grade::Orange => self.draft_letter(event, news, &facts),
            Grade::Yellow => self.publish(event, facts),
            Grade::Green => {}
        }
    }

    /// 应急处置: a red alert opens a case in the same step, or joins the one that is open.
    fn open_case(&mut self, event: &AlertEvent, news: &News<'_>) {
        let setting = self.setting;
        let position = match &event.step {
            AlertStep::Opened { as_of, .. } | AlertStep::Raised { as_of, .. } => *as_of,
            _ => return,
        };
        let mut findings: Vec<FindingRef> = (news.reasons.iter())
            .map(|reason| FindingRef { entry: reason.entry.clone(), day: reason.day, position })
            .collect();
        findings.sort();
        findings.dedup();
        let profile = setting.profile(&event.institution);
        let opening = Opening {
            institution: event.institution.clone(),
            name: profile.and_then(|profile| profile.name.clone()),
            line: profile.and_then(|profile| profile.lines.first().cloned()),
            bureau: news.bureau.to_owned(),
            owner: news.owner.to_owned(),
            alert: Some(event.id.clone()),
            risks: BTreeSet::new(),
            findings,
            reason: None,
        };
        let (disposal, of_cases) = (&self.desk.disposal, setting.of_cases());
        // What the system opens names no risk, so that nothing is refused.
        let opened = case::open(disposal, &opening, &Who::SYSTEM, &of_cases, &mut self.numbers);
        opened.unwrap_or_default().into_iter().for_each(|event| self.disposal(event));
    }

    fn reasons_text(&self, reasons: &[AlertReason]) -> Text {
        let mut worst: Vec<&AlertReason> = reasons.iter().collect();
        worst.sort_by(|one, other| other.grade.cmp(&one.grade).then(other.day.cmp(&one.day)));
        let lines = worst.iter().take(5).map(|reason| {
            let title = self.setting.entries.get(&reason.entry).map(|entry| entry.title.clone());
            let title = title.unwrap_or_else(|| Text::new(&*reason.entry, &*reason.entry));
            let value = reason.value.as_deref().map(|value| format!(" {value}")).unwrap_or_default();
            Text::new(
                format!("{}色：{}{value}（{}）", reason.grade.zh(), title.zh, reason.day),
                format!("{}: {}{value} ({})", reason.grade.en(), title.en, reason.day),
            )
        });
        let lines: Vec<Text> = lines.collect();
        let join =
            |pick: fn(&Text) -> &String| lines.iter().map(pick).cloned().collect::<Vec<_>>().join("\n");
        Text { zh: join(|line| &line.zh), en: join(|line| &line.en) }
    }

    pub(super) fn tell_person(&mut self, message: &Message, person: &str) {
        let reach = self.setting.policy.roster.person(person).map_or(&[][..], |person| &person.reach);
        let to = Actor::Person(person.to_owned());
        let wanted = delivery::want(message, &to, reach, self.setting, &mut self.numbers);
        wanted.into_iter().for_each(|event| self.push(event));
    }

    fn remind(&mut self, event: &AlertEvent, person: &str, what: &Text, purpose: Purpose) {
        let name = self.setting.name(&event.institution);
        let message = Message {
            about: event.id.clone(),
            institution: event.institution.clone(),
            purpose,
            title: what.clone(),
            text: Text::new(name.clone(), name),
            urgent: true,
        };
        self.tell_person(&message, person);
    }

    /// What was found, as people read it: of each entry and line the latest day. What is raised
    /// for other reasons than a finding rests on what was found before.
    fn facts(&self, event: &AlertEvent, reasons: &[AlertReason]) -> Vec<Fact> {
        let mut of_each: BTreeMap<(&str, Option<&str>), (&AlertReason, u32)> = BTreeMap::new();
        let held = self.desk.alerts.get(&event.id);
        for reason in held.iter().flat_map(|alert| alert.reasons.values()) {
            let key = (reason.latest.entry.as_str(), reason.latest.line.as_deref());
            of_each.insert(key, (&reason.latest, u32::try_from(reason.days.len()).unwrap_or(u32::MAX)));
        }
        for reason in reasons {
            let key = (reason.entry.as_str(), reason.line.as_deref());
            let known = of_each.entry(key).or_insert((reason, 0));
            if reason.day >= known.0.day {
                known.0 = reason;
            }
            known.1 += 1;
        }
        let mut facts: Vec<(Grade, Fact)> = of_each
            .into_values()
            .map(|(reason, days)| {
                let entry = self.setting.entries.get(&reason.entry).cloned().unwrap_or_default();
                let value = reason.value.as_ref().map(|value| figure(value, &entry.unit.zh));
                let condition = limit(&reason.condition, &entry.unit.zh);
                let fact = Fact {
                    entry: reason.entry.clone(),
                    title: entry.title,
                    clause: entry.clause,
                    value,
                    condition,
                    day: reason.day,
                    days,
                };
                (reason.grade, fact)
            })
            .collect();
        facts.sort_by_key(|(grade, _)| std::cmp::Reverse(*grade));
        facts.into_iter().map(|(_, fact)| fact).collect()
    }

    /// 风险提示函: drafted at once; released at once too unless the bureau wants four eyes.
    fn draft_letter(&mut self, event: &AlertEvent, news: &News<'_>, facts: &[Fact]) {
        let setting = self.setting;
        let roster = &setting.policy.roster;
        let (id, number) = self.letter_number();
        let data = self.risk_notice(event, news, facts, &number);
        let four_eyes = roster.bureau(news.bureau).is_some_and(|bureau| bureau.four_eyes_letters);
        let step = LetterStep::Drafted {
            form: "risk-notice".to_owned(),
            number: number.clone(),
            about: event.id.clone(),
            to: Actor::Institution(event.institution.clone()),
            addresses: self.addresses(&event.institution),
            copy: vec![Actor::Person(news.owner.to_owned())],
            data,
            four_eyes,
        };
        self.letter(&id, &event.institution, step.clone());
        if four_eyes {
            let what = Text::new(format!("{number}待核签"), format!("Letter {number} waits for its release"));
            let owner = news.owner.to_owned();
            self.remind(event, &owner, &what, Purpose::Reminder);
        } else {
            self.letter(&id, &event.institution, LetterStep::Released);
            self.send(&id, &event.institution, &step);
        }
    }

    /// The next letter's number on the desk, and its 发文字号.
    pub(super) fn letter_number(&mut self) -> (String, String) {
        let setting = self.setting;
        let id = self.numbers.next(Kind::Letter, setting.now);
        let year = setting.now.day().year();
        let count = id.rsplit('-').next().map(|count| count.trim_start_matches('0')).unwrap_or_default();
        let number = format!("{}函〔{year}〕{count}号", setting.policy.roster.document_mark());
        (id, number)
    }

    /// The mail addresses of an institution's executives.
    pub(super) fn addresses(&self, institution: &str) -> Vec<String> {
        let profile = self.setting.profile(institution);
        let mut addresses = profile.map(|profile| profile.mail.clone()).unwrap_or_default();
        addresses.extend(self.setting.policy.roster.contacts(institution).iter().cloned());
        addresses.sort();
        addresses.dedup();
        addresses
    }

    pub(super) fn letter(&mut self, id: &str, institution: &str, step: LetterStep) {
        self.push(LetterEvent {
            id: id.to_owned(),
            institution: institution.to_owned(),
            at: self.setting.now,
            by: Actor::System,
            step,
        });
    }

    /// A letter goes out as it was drafted.
    pub(super) fn send(&mut self, id: &str, institution: &str, drafted: &LetterStep) {
        if let LetterStep::Drafted { number, to, addresses, copy, data, .. } = drafted {
            let leaving = Leaving { id, number, institution, to, addresses, copy, title: title_of(data) };
            self.send_letter(&leaving);
        }
    }

    /// What the form of the risk notice letter is filled with.
    fn risk_notice(&self, event: &AlertEvent, news: &News<'_>, facts: &[Fact], number: &str) -> Value {
        let setting = self.setting;
        let orange = &setting.policy.alerts.orange;
        let name = setting.name(&event.institution);
        let named = Text::new(name.clone(), name);
        // Where the calendar ends before, the term is counted in calendar days: a letter says a day.
        let beyond = || setting.now.day().plus(7);
        let answer_by = orange
            .answer
            .due(setting.now, setting.calendar)
            .map_or_else(|_| beyond(), |due| due.plus_seconds(-1).day());
        let last = facts.iter().map(|fact| fact.day).max().unwrap_or(setting.now.day());
        let facts: Vec<Value> = facts
            .iter()
            .map(|fact| {
                json!({
                    "rule": fact.title,
                    "basis": fact.clause,
                    "value": fact.value.as_deref().unwrap_or("—"),
                    "limit": fact.condition,
                    "day": fact.day.to_string(),
                })
            })
            .collect();
        json!({
            "issuer": setting.policy.roster.authority(),
            "number": number,
            "site": setting.policy.roster.site(),
            "date": setting.now.day().to_string(),
            "addressee": named,
            "institution": { "zh": named.zh, "en": named.en, "id": event.institution },
            "grade": {
                "zh": format!("{}色", news.grade.zh()),
                "en": news.grade.en(),
                "day": last.to_string(),
            },
            "facts": facts,
            "cc": setting.policy.roster.bureau(news.bureau).map(|bureau| bureau.name.clone()).into_iter().collect::<Vec<_>>(),
            "requests": orange.requests,
            "answer_by": answer_by.to_string(),
            "answer_how": orange.answer_how,
        })
    }

    /// A released letter goes to each address, and a copy to each of those who get one.
    pub(super) fn send_letter(&mut self, leaving: &Leaving<'_>) {
        let Leaving { id, number, institution, to, addresses, copy, title } = leaving;
        let authority = self.setting.policy.roster.authority();
        let name = self.setting.name(institution);
        let mut message = Message {
            about: (*id).to_owned(),
            institution: (*institution).to_owned(),
            purpose: Purpose::Letter,
            title: Text::new(format!("{}（{number}）", title.zh), format!("{} ({number})", title.en)),
            text: Text::new(
                format!("现送达关于{name}的{number}，内容见附件，请按文中要求办理。\n{}", authority.zh),
                format!(
                    "Letter {number} about {name} is attached; please do what it asks.\n{}",
                    authority.en
                ),
            ),
            urgent: true,
        };
        let reach: Vec<Reach> = addresses
            .iter()
            .map(|address| Reach { purpose: Channel::Mail, channel: MAIL.to_owned(), to: address.clone() })
            .collect();
        let wanted = delivery::want(&message, to, &reach, self.setting, &mut self.numbers);
        wanted.into_iter().for_each(|event| self.push(event));
        message.purpose = Purpose::Copy;
        for person in copy.iter().filter_map(Actor::person) {
            self.tell_person(&message, person);
        }
    }

    /// 公示: on the own page at once, and to the association.
    fn publish(&mut self, event: &AlertEvent, facts: Vec<Fact>) {
        let setting = self.setting;
        let name = setting.name(&event.institution);
        let title = Text::new(format!("关于{name}的风险公示"), format!("Public risk notice: {name}"));
        let plan_due = match &event.step {
            AlertStep::Opened { clocks, .. } | AlertStep::Raised { clocks, .. } => {
                let plan = clocks.iter().find(|started| started.clock == Clock::Plan);
                plan.and_then(|started| started.deadline.due)
            }
            _ => None,
        };
        let id = self.numbers.next(Kind::PublicNotice, setting.now);
        let step = PublicNoticeStep::Published {
            alert: event.id.clone(),
            name,
            title: title.clone(),
            facts,
            plan_due,
        };
        self.push(PublicNoticeEvent {
            id: id.clone(),
            institution: event.institution.clone(),
            at: setting.now,
            by: Actor::System,
            step,
        });
        self.push(AlertEvent {
            id: event.id.clone(),
            institution: event.institution.clone(),
            at: setting.now,
            by: Actor::System,
            step: AlertStep::Kept { clock: Clock::Publish },
        });
        self.tell_association(&id, &event.institution, title);
    }

    fn tell_association(&mut self, notice: &str, institution: &str, title: Text) {
        let setting = self.setting;
        for partner in setting.policy.roster.partners_for(ASSOCIATION, institution) {
            // An association that reads the feed needs no message.
            if partner.reach.is_empty() {
                continue;
            }
            let message = Message {
                about: notice.to_owned(),
                institution: institution.to_owned(),
                purpose: Purpose::Publication,
                title: title.clone(),
                text: Text::default(),
                urgent: false,
            };
            let to = Actor::Partner(partner.id.clone());
            let wanted = delivery::want(&message, &to, &partner.reach, setting, &mut self.numbers);
            wanted.into_iter().for_each(|event| self.push(event));
        }
    }

    fn end_notices(&mut self, event: &AlertEvent, step: impl Fn() -> PublicNoticeStep) {
        let desk = self.desk;
        for notice in desk.notices.published_of(&event.id) {
            self.push(PublicNoticeEvent {
                id: notice.id.clone(),
                institution: notice.institution.clone(),
                at: self.setting.now,
                by: event.by.clone(),
                step: step(),
            });
            self.tell_association(&notice.id, &notice.institution, notice.title.clone());
        }
    }

    /// What a clock ran for was done: said once, however many deliveries do it.
    fn keep(&mut self, alert: &Alert, clock: Clock, by: &Actor) {
        let kept = alert::kept(alert, clock, by, self.setting);
        if let Some(event) = kept.filter(|event| self.kept.insert((event.id.clone(), clock))) {
            self.push(event);
        }
    }

    /// What became of a delivery, and what it calls for.
    pub(super) fn delivery(&mut self, event: DeliveryEvent) {
        self.push(event.clone());
        let desk = self.desk;
        let Some(delivery) = desk.deliveries.get(&event.id) else { return };
        match &event.step {
            DeliveryStep::Delivered { .. } => {
                let (alert, clock) = match delivery.purpose {
                    Purpose::Alert => (Some(delivery.about.as_str()), Clock::Push),
                    Purpose::Letter => {
                        (desk.letters.get(&delivery.about).map(|letter| letter.about.as_str()), Clock::Letter)
                    }
                    _ => (None, Clock::Push),
                };
                if let Some(alert) = alert.and_then(|alert| desk.alerts.get(alert)) {
                    self.keep(alert, clock, &Actor::System);
                }
            }
            DeliveryStep::Refused { why, .. } if delivery.purpose == Purpose::Letter => {
                let letter = desk.letters.get(&delivery.about);
                let alert = letter.and_then(|letter| desk.alerts.get(&letter.about));
                if let (Some(letter), Some(alert)) = (letter, alert) {
                    let message = Message {
                        about: letter.id.clone(),
                        institution: delivery.institution.clone(),
                        purpose: Purpose::Reminder,
                        title: Text::new(
                            format!("{}未能送达", letter.number),
                            format!("Letter {} was not delivered", letter.number),
                        ),
                        text: Text::new(why.clone(), why.clone()),
                        urgent: true,
                    };
                    self.tell_person(&message, &alert.owner);
                }
            }
            _ => {}
        }
    }

    /// An event of a plan, and what it calls for.
    pub(super) fn plan(&mut self, event: PlanEvent) {
        self.push(event.clone());
        let desk = self.desk;
        let alert = match &event.step {
            PlanStep::Filed { alert, .. } => desk.alerts.get(alert),
            _ => desk.plans.get(&event.id).and_then(|plan| desk.alerts.get(&plan.alert)),
        };
        let Some(alert) = alert else { return };
        let setting = self.setting;
        match &event.step {
            PlanStep::Filed { .. } => {
                self.keep(alert, Clock::Plan, &event.by);
                let message = self.plan_message(&event, ("待审核", "waits for its answer"));
                self.tell_person(&message, &alert.owner);
            }
            PlanStep::AnswerMissed => {
                let message = self.plan_message(&event, ("审核逾期", "was not answered in time"));
                let head = self.head(&alert.bureau);
                self.tell_person(&message, &head);
            }
            // Of an alert that has ended nothing more is asked.
            PlanStep::SentBack { .. } if alert.is_open() => {
                let before = desk.plans.of(&alert.id);
                let is_sent_back = |plan: &&crate::plan::Plan| plan.state == crate::plan::PlanState::SentBack;
                let rejections = before.filter(is_sent_back).count() + 1;
                let policy = &setting.policy.alerts.yellow;
                let step =
                    match rejections >= policy.plan_rejections_max as usize && alert.grade < Grade::Orange {
                        true => alert::raised_by_plan(alert, Worse::PlanRejected, setting),
                        false => AlertStep::Started(alert::Started {
                            clock: Clock::Plan,
                            deadline: Deadline::start(policy.plan_again, setting.now, setting.calendar),
                        }),
                    };
                self.alert(alert::of_system(alert, setting, step));
            }
            PlanStep::SentBack { .. } | PlanStep::Accepted { .. } => {}
        }
    }

    fn plan_message(&self, event: &PlanEvent, what: (&str, &str)) -> Message {
        let name = self.setting.name(&event.institution);
        Message {
            about: event.id.clone(),
            institution: event.institution.clone(),
            purpose: Purpose::Reminder,
            title: Text::new(
                format!("整改方案{}{}", event.id, what.0),
                format!("Rectification plan {} {}", event.id, what.1),
            ),
            text: Text::new(name.clone(), name),
            urgent: false,
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The day by which something is done, with the hour where there are hours and no days.
pub(super) fn last_moment(deadline: &Deadline) -> (Option<Day>, Option<String>) {
    match deadline.term {
        Term::Minutes(_) | Term::Hours(_) => {
            let at = deadline.due.map(|due| due.to_string());
            let hour = at.as_deref().and_then(|at| at.get(11..16)).map(str::to_owned);
            (deadline.due.map(Time::day), hour)
        }
        Term::Days(_) | Term::WorkingDays(_) => (deadline.due.map(|due| due.plus_seconds(-1).day()), None),
    }
}
