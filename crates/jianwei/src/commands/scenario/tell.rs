//! What happened at the desk, told in a line or two of both languages, with each deadline and whether
//! it was kept.

use engine::Engine;
use model::text::Text;
use model::time::Time;
use workflow::actor::Actor;
use workflow::alert::{AlertEvent, AlertStep};
use workflow::case::{CaseEvent, CaseStep, MeasureStep};
use workflow::delivery::{DeliveryEvent, DeliveryStep};
use workflow::desk::{Desk, DeskEvent};
use workflow::letter::{LetterEvent, LetterStep};
use workflow::life::Word as _;
use workflow::order::{OrderEvent, OrderStep};
use workflow::penalty::{Addressee, PenaltyEvent, PenaltyStep};
use workflow::plan::{PlanEvent, PlanStep};
use workflow::public_notice::{PublicNoticeEvent, PublicNoticeStep};
use workflow::term::Deadline;

/// A moment, in the supervisor's time.
pub(super) fn moment(at: Time) -> String {
    at.to_string().chars().take(19).collect::<String>().replace('T', " ")
}

/// A line of both languages.
fn line(zh: impl Into<String>, en: impl Into<String>) -> Vec<Text> {
    vec![Text::new(zh, en)]
}

/// Until when, by a deadline.
fn until(deadline: &Deadline) -> Text {
    let due = deadline.due.map_or_else(|| "?".to_owned(), moment);
    Text::new(format!("限 {due}"), format!("until {due}"))
}

/// Whether a deadline was kept.
pub(super) fn stands(deadline: Option<&Deadline>) -> Text {
    match deadline.and_then(Deadline::in_time) {
        Some(true) => Text::new("按期", "in time"),
        Some(false) => Text::new("逾期", "late"),
        None => Text::new("未到期", "running"),
    }
}

/// What a line has on an event; nothing where other lines say it.
pub(super) fn lines(event: &DeskEvent, engine: &Engine) -> Vec<Text> {
    let desk = engine.desk();
    let teller = Teller { engine, desk: &desk };
    match event {
        DeskEvent::Alert(event) => teller.alert(event),
        DeskEvent::Delivery(event) => teller.delivery(event),
        DeskEvent::Letter(event) => teller.letter(event),
        DeskEvent::PublicNotice(event) => notice(event),
        DeskEvent::Plan(event) => teller.plan(event),
        DeskEvent::Case(event) => teller.case(event),
        DeskEvent::Order(event) => teller.order(event),
        DeskEvent::Penalty(event) => teller.penalty(event),
        DeskEvent::Review(_) | DeskEvent::Reserve(_) | DeskEvent::Report(_) => Vec::new(),
    }
}

struct Teller<'t> {
    engine: &'t Engine,
    desk: &'t Desk,
}

impl Teller<'_> {
    /// Somebody, by name.
    fn who(&self, actor: &Actor) -> Text {
        let roster = &self.engine.policy().roster;
        let named = match actor {
            Actor::System => Some(Text::new("系统", "the system")),
            Actor::Person(id) => roster.person(id).map(|person| person.name.clone()),
            Actor::Partner(id) => roster.partner(id).map(|partner| partner.name.clone()),
            Actor::Institution(id) => {
                self.engine.institution_name(id).map(|name| Text::new(name.clone(), name))
            }
            Actor::Anonymous => Some(Text::new("匿名", "somebody")),
        };
        named.unwrap_or_else(|| Text::new(actor.to_string(), actor.to_string()))
    }

    fn person(&self, id: &str) -> Text {
        self.who(&Actor::Person(id.to_owned()))
    }

    fn alert(&self, event: &AlertEvent) -> Vec<Text> {
        let id = &event.id;
        let alert = self.desk.alerts.get(id);
        let by = self.who(&event.by);
        match &event.step {
            AlertStep::Opened { grade, reasons, owner, clocks, .. } => {
                let owner = self.person(owner);
                let entries: Vec<&str> = reasons.iter().map(|reason| reason.entry.as_str()).collect();
                let entries = entries.join("、");
                let name = self.who(&Actor::Institution(event.institution.clone()));
                let mut said = line(
                    format!("【{}色预警】{id} {}：{entries}；责任人{}", grade.zh(), name.zh, owner.zh),
                    format!("{} alert, owner {}", grade.en().to_uppercase(), owner.en),
                );
                for started in clocks {
                    let until = until(&started.deadline);
                    said.push(Text::new(
                        format!("  {}{}", started.clock.zh(), until.zh),
                        format!("{} {}", started.clock.en(), until.en),
                    ));
                }
                said
            }
            AlertStep::Joined { reasons, .. } => {
                let entries: Vec<&str> = reasons.iter().map(|reason| reason.entry.as_str()).collect();
                let entries = entries.join("、");
                line(format!("预警{id}并入：{entries}"), "more joins the alert")
            }
            AlertStep::Raised { grade, .. } => line(
                format!("预警{id}升级为{}色", grade.zh()),
                format!("the alert is {} from now on", grade.en()),
            ),
            AlertStep::Acknowledged => {
                line(format!("预警{id}由{}确认", by.zh), format!("acknowledged by {}", by.en))
            }
            AlertStep::Escalated { to, deadline, .. } => {
                let (to, until) = (self.person(to), until(deadline));
                line(
                    format!("预警{id}逐级上报{}，{}", to.zh, until.zh),
                    format!("escalated to {}, {}", to.en, until.en),
                )
            }
            AlertStep::Started(started) => {
                let until = until(&started.deadline);
                line(
                    format!("预警{id}{}重新起算，{}", started.clock.zh(), until.zh),
                    format!("{} starts again, {}", started.clock.en(), until.en),
                )
            }
            AlertStep::Kept { clock } => {
                let stands = stands(alert.and_then(|alert| alert.clocks.get(clock)));
                line(
                    format!("预警{id}{}：{}", clock.zh(), stands.zh),
                    format!("{}: {}", clock.en(), stands.en),
                )
            }
            AlertStep::Missed { clock } => {
                line(format!("预警{id}{}：逾期", clock.zh()), format!("{}: missed", clock.en()))
            }
            AlertStep::CaseJoined { case } => {
                line(format!("预警{id}并入案件{case}"), format!("the alert belongs to case {case}"))
            }
            AlertStep::Eased { grade, .. } => {
                line(format!("预警{id}降为{}色", grade.zh()), format!("the alert is eased to {}", grade.en()))
            }
            AlertStep::Dismissed { .. } => line(format!("预警{id}排除"), "the alert is dismissed"),
            AlertStep::Closed { .. } => line(format!("预警{id}解除"), format!("alert {id} is closed")),
            AlertStep::Assigned { .. } | AlertStep::Dated { .. } => Vec::new(),
        }
    }

    fn delivery(&self, event: &DeliveryEvent) -> Vec<Text> {
        let Some(delivery) = self.desk.deliveries.get(&event.id) else { return Vec::new() };
        let (id, about, to) = (&event.id, &delivery.about, self.who(&delivery.to));
        let purpose = delivery.purpose;
        let way = delivery.channel.as_deref().unwrap_or_default();
        let address = match delivery.address.is_empty() || way == "phones" {
            true => String::new(),
            false => format!(" <{}>", delivery.address),
        };
        match &event.step {
            DeliveryStep::Delivered { attempt, .. } => line(
                format!("→ {}{about} 送达{}{address}（{way}，第{attempt}次，{id}）", purpose.zh(), to.zh),
                format!("{} delivered to {}", purpose.en(), to.en),
            ),
            DeliveryStep::Failed { again_at, why, .. } => {
                // Without the port, which is another one every time.
                let why = why.split_once(' ').map_or(why.as_str(), |(_, rest)| rest);
                let again = moment(*again_at);
                line(
                    format!("→ {}{about} 未送达{}（{way}）：{why}；{again} 重试", purpose.zh(), to.zh),
                    format!("not delivered, tried again at {again}"),
                )
            }
            DeliveryStep::Refused { .. } => {
                line(format!("→ {}{about} 被{}退回", purpose.zh(), to.zh), "refused for good")
            }
            DeliveryStep::Read { how } => {
                line(format!("{}已阅{}：{how}", to.zh, delivery.about), format!("read by {}", to.en))
            }
            DeliveryStep::Wanted { channel: None, .. } => line(
                format!("→ {}{about} 无法送达{}：没有联系方式", purpose.zh(), to.zh),
                format!("nobody said how to reach {}", to.en),
            ),
            DeliveryStep::Wanted { .. } | DeliveryStep::Trying { .. } => Vec::new(),
        }
    }

    fn letter(&self, event: &LetterEvent) -> Vec<Text> {
        let id = &event.id;
        match &event.step {
            LetterStep::Drafted { form, number, about, to, .. } => {
                let to = self.who(to);
                line(
                    format!("函件{id} {number}（{form}），关于{about}，致{}", to.zh),
                    format!("letter to {}", to.en),
                )
            }
            LetterStep::Set { pages, .. } => line(
                format!("函件{id}成文，{pages}页，摘要记入账本"),
                format!("set, {pages} pages, its digest is in the ledger"),
            ),
            LetterStep::Recalled { .. } => line(format!("函件{id}作废"), "recalled"),
            LetterStep::Edited { .. } | LetterStep::Checked | LetterStep::Released => Vec::new(),
        }
    }

    fn plan(&self, event: &PlanEvent) -> Vec<Text> {
        let id = &event.id;
        let plan = self.desk.plans.get(id);
        let stands = stands(plan.map(|plan| &plan.answer));
        let by = self.who(&event.by);
        match &event.step {
            PlanStep::Filed { answer, done_by, .. } => {
                let until = until(answer);
                line(
                    format!("整改方案{id}提交，完成日期{done_by}；审核{}", until.zh),
                    format!("plan filed, done by {done_by}; answered {}", until.en),
                )
            }
            PlanStep::Accepted { .. } => line(
                format!("整改方案{id}由{}采纳（{}）", by.zh, stands.zh),
                format!("accepted by {} ({})", by.en, stands.en),
            ),
            PlanStep::SentBack { reasons } => line(
                format!("整改方案{id}由{}退回（{}）：{reasons}", by.zh, stands.zh),
                format!("sent back by {} ({})", by.en, stands.en),
            ),
            PlanStep::AnswerMissed => line(format!("整改方案{id}审核逾期"), "the answer is overdue"),
        }
    }

    fn case(&self, event: &CaseEvent) -> Vec<Text> {
        let id = &event.id;
        let by = self.who(&event.by);
        let case = self.desk.disposal.cases.get(id);
        match &event.step {
            CaseStep::Opened(opened) => {
                let until = opened.deadline.as_ref().map(until).unwrap_or_default();
                let risks: Vec<&str> = opened.risks.iter().map(String::as_str).collect();
                let (risks, owner) = (risks.join("、"), self.person(&opened.owner));
                line(
                    format!("【立案】{id}，由{}；风险 {risks}；责任人{}；识别{}", by.zh, owner.zh, until.zh),
                    format!("CASE opened by {}; identify {}", by.en, until.en),
                )
            }
            CaseStep::Suggested { measures } => {
                let is_mandatory = |case: &workflow::case::Case, key: &str| {
                    case.measures.get(key).is_some_and(|measure| case.is_mandatory(measure))
                };
                let mandatory =
                    measures.iter().filter(|one| case.is_some_and(|case| is_mandatory(case, &one.key)));
                let mandatory: Vec<&str> = mandatory.map(|one| one.key.as_str()).collect();
                line(
                    format!("  建议措施{}项，必须采取：{}", measures.len(), mandatory.join("、")),
                    format!("{} measures suggested, {} of them mandatory", measures.len(), mandatory.len()),
                )
            }
            CaseStep::FindingConfirmed { finding, .. } => {
                let found = case.and_then(|case| case.findings.get(*finding as usize));
                let entry = found.map_or("?", |found| found.finding.entry.as_str());
                line(format!("案件{id}：{}确认发现 {entry}", by.zh), format!("confirmed by {}", by.en))
            }
            CaseStep::Advanced { to, deadline } => {
                let left = case.and_then(|case| case.stays.iter().rev().nth(1));
                let stands = stands(left.and_then(|stay| stay.deadline.as_ref()));
                let until = deadline.as_ref().map(until).unwrap_or_default();
                line(
                    format!("案件{id}进入{}阶段（上一阶段{}），{}", to.zh(), stands.zh, until.zh),
                    format!("stage {} (the one before {}), {}", to.en(), stands.en, until.en),
                )
            }
            CaseStep::SkipAsked { .. } => line(
                format!("案件{id}：{}申请跳过本阶段", by.zh),
                format!("{} asks to skip the stage", by.en),
            ),
            CaseStep::Skipped { to, .. } => line(
                format!("案件{id}：{}批准跳过，{}", by.zh, to.zh()),
                format!("skipped by {}: {}", by.en, to.en()),
            ),
            CaseStep::StageMissed { .. } => line(format!("案件{id}阶段逾期"), "the stage is overdue"),
            CaseStep::Closed { reason } => {
                line(format!("【结案】{id}，由{}：{reason}", by.zh), format!("CASE closed by {}", by.en))
            }
            CaseStep::Measure { key, step } => self.measure(event, key, step),
            _ => Vec::new(),
        }
    }

    fn measure(&self, event: &CaseEvent, key: &str, step: &MeasureStep) -> Vec<Text> {
        let by = self.who(&event.by);
        let case = self.desk.disposal.cases.get(&event.id);
        let title = case.and_then(|case| case.measures.get(key)).map(|measure| &measure.listed.title);
        let title = title.map_or(key, |title| title.zh.as_str());
        let said = |zh: String, en: &str| line(format!("  措施“{title}”（{key}）：{zh}"), en);
        match step {
            MeasureStep::Proposed { .. } => said(format!("{}提出", by.zh), &format!("proposed by {}", by.en)),
            MeasureStep::Approved => said(format!("{}批准", by.zh), &format!("approved by {}", by.en)),
            MeasureStep::Done { follow_up: Some(deadline) } => {
                let until = until(deadline);
                said(format!("办结，跟踪核查{}", until.zh), &format!("done; looked at again {}", until.en))
            }
            MeasureStep::Done { follow_up: None } => said("办结".to_owned(), "done"),
            MeasureStep::Waived { .. } => said(format!("{}批准免除", by.zh), &format!("waived by {}", by.en)),
            MeasureStep::LiftAsked { .. } => {
                said(format!("{}申请解除", by.zh), &format!("{} asks to lift it", by.en))
            }
            MeasureStep::Lifted { .. } => said(format!("{}批准解除", by.zh), &format!("lifted by {}", by.en)),
            MeasureStep::MilestonesSet { milestones } => {
                let days: Vec<String> = milestones.iter().map(|one| one.day.to_string()).collect();
                said(format!("分期 {}", days.join("、")), "milestones set")
            }
            MeasureStep::MilestoneKept { milestone, .. } => {
                said(format!("第{}期履行", milestone + 1), &format!("milestone {} kept", milestone + 1))
            }
            MeasureStep::FollowedUp { .. } => {
                let measure = case.and_then(|case| case.measures.get(key));
                let check = measure.and_then(|measure| measure.follow_up.as_ref());
                let stands = stands(check.map(|check| &check.deadline));
                said(format!("跟踪核查（{}）", stands.zh), &format!("looked at again ({})", stands.en))
            }
            MeasureStep::FollowUpMissed { .. } => said("跟踪核查逾期".to_owned(), "its follow-up is overdue"),
            _ => Vec::new(),
        }
    }

    fn order(&self, event: &OrderEvent) -> Vec<Text> {
        let id = &event.id;
        let order = self.desk.disposal.orders.get(id);
        let by = self.who(&event.by);
        match &event.step {
            OrderStep::Issued { measure, to, deadline, .. } => {
                let until = until(deadline);
                line(
                    format!("指令{id}（{measure}）致{}，回执{}", to.name.zh, until.zh),
                    format!("ORDER to {}, to report {}", to.name.en, until.en),
                )
            }
            OrderStep::Acknowledged => {
                line(format!("指令{id}：{}签收", by.zh), format!("acknowledged by {}", by.en))
            }
            OrderStep::Reported { result, text } => {
                let stands = stands(order.map(|order| &order.deadline));
                line(
                    format!("指令{id}：{}回执，{}（{}）：{text}", by.zh, result.zh(), stands.zh),
                    format!("reported: {} ({})", result.en(), stands.en),
                )
            }
            OrderStep::Accepted { .. } => {
                line(format!("指令{id}：{}验收", by.zh), format!("accepted by {}", by.en))
            }
            OrderStep::Missed { .. } => line(format!("指令{id}逾期未回执"), "the order is overdue"),
            OrderStep::Lifted { .. } => line(format!("指令{id}解除"), "the order is lifted"),
            OrderStep::Returned { .. } | OrderStep::Dated { .. } => Vec::new(),
        }
    }

    fn penalty(&self, event: &PenaltyEvent) -> Vec<Text> {
        let id = &event.id;
        let by = self.who(&event.by);
        match &event.step {
            PenaltyStep::Drafted { addressee, sanctions, .. } => {
                let (party, en) = match addressee {
                    Addressee::Institution { name } => (name.clone(), "the institution"),
                    Addressee::Person { .. } => ("责任人员".to_owned(), "the person who answers for it"),
                };
                line(
                    format!("处罚{id}由{}拟定，{party}：{}", by.zh, sanctions.content_zh()),
                    format!("PENALTY drafted, on {en}"),
                )
            }
            PenaltyStep::Notified { way, hearing_right, respond, .. } => {
                let until = until(respond);
                let (zh, en) = if *hearing_right {
                    ("可申请听证", "a right to a hearing")
                } else {
                    ("可陈述申辩", "no right to a hearing")
                };
                line(
                    format!("处罚{id}事先告知，{}，{zh}，{}", way.zh(), until.zh),
                    format!("notice served, {en}, {}", until.en),
                )
            }
            PenaltyStep::Waived => {
                line(format!("处罚{id}：当事人放弃陈述申辩与听证"), "defence and hearing waived")
            }
            PenaltyStep::Proposed { .. } => {
                line(format!("处罚{id}由{}提请决定", by.zh), format!("proposed by {}", by.en))
            }
            PenaltyStep::Decided { document, serve, .. } => {
                let until = until(serve);
                line(
                    format!("处罚{id}由{}决定，{document}，送达{}", by.zh, until.zh),
                    format!("decided by {}, served {}", by.en, until.en),
                )
            }
            PenaltyStep::Served { pay, lawsuit, .. } => {
                let pay = pay.as_ref().map(until).unwrap_or_default();
                let lawsuit = until(lawsuit);
                line(
                    format!("处罚{id}送达；缴纳{}；起诉{}", pay.zh, lawsuit.zh),
                    format!("served; paid {}; lawsuit {}", pay.en, lawsuit.en),
                )
            }
            PenaltyStep::Paid { kind, amount, .. } => line(
                format!("处罚{id}缴纳{}{amount}元", kind.zh()),
                format!("{amount} yuan paid: {}", kind.en()),
            ),
            PenaltyStep::Published { until, .. } => line(
                format!("处罚{id}归集至信用平台，公示至{until}"),
                format!("on the credit platform until {until}"),
            ),
            PenaltyStep::Lapsed { clock } => {
                line(format!("处罚{id}{}期满", clock.zh()), format!("{}: over", clock.en()))
            }
            PenaltyStep::Concluded => line(format!("处罚{id}终结"), "concluded"),
            _ => Vec::new(),
        }
    }
}

fn notice(event: &PublicNoticeEvent) -> Vec<Text> {
    let id = &event.id;
    match &event.step {
        PublicNoticeStep::Published { title, plan_due, .. } => {
            let due = plan_due.map(moment).unwrap_or_default();
            line(
                format!("【公示】{id} {}，整改方案限 {due}", title.zh),
                format!("PUBLIC NOTICE, the plan until {due}"),
            )
        }
        PublicNoticeStep::Settled { .. } => line(format!("公示{id}标为已整改"), "the notice is settled"),
        PublicNoticeStep::Withdrawn { .. } => line(format!("公示{id}撤回"), "the notice is withdrawn"),
    }
}
